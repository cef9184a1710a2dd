package io.runnel.spring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.runnel.engine.Hub;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Meters, and the endpoint {@code /actuator/runnel}, where an application has them. */
@AutoConfiguration(after = RunnelServiceAutoConfiguration.class)
public final class RunnelActuatorAutoConfiguration {
  RunnelActuatorAutoConfiguration() {}

  /** Where there is Micrometer. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({MeterRegistry.class, MeterBinder.class})
  static class Meters {
    @Bean
    @ConditionalOnMissingBean
    static RunnelMetrics runnelMetrics(
        Hub hub, ObjectProvider<StreamCounts> streams, TopicBridge bridge) {
      return new RunnelMetrics(hub, streams.getIfAvailable(() -> StreamCounts.NONE), bridge);
    }
  }

  /** Where there is the actuator. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
  static class Status {
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint(RunnelEndpoint.class)
    static RunnelEndpoint runnelEndpoint(Hub hub, ObjectProvider<StreamCounts> streams) {
      return new RunnelEndpoint(hub, streams.getIfAvailable(() -> StreamCounts.NONE));
    }
  }
}
