package io.runnel.spring;

import io.runnel.engine.Hub;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** The facade of an application that answers with no streams, or is no web application. */
@AutoConfiguration(
    after = {RunnelMvcAutoConfiguration.class},
    afterName = "io.runnel.spring.RunnelWebFluxAutoConfiguration")
public final class RunnelServiceAutoConfiguration {
  RunnelServiceAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean(RunnelHub.class)
  static RunnelHub runnelHub(Hub hub, EventDataMapper mapper) {
    return new RunnelHub(hub, mapper);
  }
}
