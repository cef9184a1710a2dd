package io.runnel.spring;

import io.runnel.engine.Hub;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.util.ClassUtils;

/**
 * What every application has: the facade, also where no stream is answered, and the way from
 * application events to topics.
 */
@AutoConfiguration(after = {RunnelMvcAutoConfiguration.class, RunnelWebFluxAutoConfiguration.class})
public final class RunnelServiceAutoConfiguration {
  RunnelServiceAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean(RunnelHub.class)
  static RunnelHub runnelHub(Hub hub, EventDataMapper mapper) {
    return new RunnelHub(hub, mapper);
  }

  @Bean
  static TopicBridge runnelTopicBridge(RunnelHub hub) {
    boolean hasTransactions =
        ClassUtils.isPresent(
            "org.springframework.transaction.support.TransactionSynchronization",
            RunnelServiceAutoConfiguration.class.getClassLoader());
    return new TopicBridge(hub, hasTransactions ? new TransactionCommit() : AfterCommit.NOW);
  }
}
