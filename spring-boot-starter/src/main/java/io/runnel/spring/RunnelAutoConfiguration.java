package io.runnel.spring;

import io.runnel.engine.History;
import io.runnel.engine.HistoryProvider;
import io.runnel.engine.Hub;
import io.runnel.engine.MemoryHistory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** A {@link Hub} as {@code runnel.*} says, unless the application has one of its own. */
@AutoConfiguration(
    afterName = "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration")
@EnableConfigurationProperties(RunnelProperties.class)
public final class RunnelAutoConfiguration {
  RunnelAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  static RunnelTime runnelTime() {
    return RunnelTime.system();
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  static Hub hub(RunnelProperties properties, RunnelTime time) throws IOException {
    var random = new SplittableRandom();
    History history = history(properties, time, random.split());
    return new Hub(properties.hubSettings(), history, time.clock(), random);
  }

  private static History history(
      RunnelProperties properties, RunnelTime time, SplittableRandom random) {
    long maxBytes = properties.historyMaxBytes().toBytes();
    Path data = properties.data();
    if (data == null) {
      return new MemoryHistory(properties.retention(), maxBytes, time.clock(), random);
    }
    HistoryProvider provider =
        ServiceLoader.load(HistoryProvider.class)
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidRunnelPropertyException(
                        "data", data, "it needs the dependency io.runnel:runnel-history-sqlite"));
    try {
      return provider.open(data, properties.retention(), maxBytes, time.clock(), random);
    } catch (IOException e) {
      throw new InvalidRunnelPropertyException(
          "runnel.data=" + data + " cannot be used: " + e.getMessage(), e);
    }
  }

  @Bean
  @ConditionalOnMissingBean(EventDataMapper.class)
  static EventDataMapper eventDataMapper(ObjectProvider<JacksonMapping> jackson) {
    JacksonMapping mapping = jackson.getIfAvailable();
    return mapping == null ? TextDataMapper.INSTANCE : mapping.mapper();
  }

  /** Apart, since an application need not have Jackson. */
  interface JacksonMapping {
    EventDataMapper mapper();
  }

  /** Where the application has a mapper. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(JsonMapper.class)
  static class Jackson {
    @Bean
    @ConditionalOnSingleCandidate(JsonMapper.class)
    static JacksonMapping jacksonMapping(JsonMapper mapper) {
      return () -> new JacksonDataMapper(mapper);
    }
  }
}
