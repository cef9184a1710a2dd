package io.runnel.spring.test;

import io.runnel.spring.RunnelAutoConfiguration;
import io.runnel.spring.RunnelTime;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** A {@link RunnelTestClient}, and a hub whose clock it can turn. */
@AutoConfiguration(before = RunnelAutoConfiguration.class)
@ConditionalOnMissingBean(RunnelTime.class)
public final class RunnelTestAutoConfiguration {
  RunnelTestAutoConfiguration() {}

  @Bean
  static TurnableTime runnelTime() {
    return new TurnableTime();
  }

  @Bean
  static RunnelTestClient runnelTestClient(Environment environment, TurnableTime time) {
    return new RunnelTestClient(environment, time);
  }
}
