package io.runnel.spring;

import io.runnel.engine.Hub;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.http.codec.CodecCustomizer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.codec.Encoder;
import org.springframework.http.codec.json.JacksonJsonEncoder;
import org.springframework.web.reactive.DispatcherHandler;
import tools.jackson.databind.json.JsonMapper;

/** Event streams of a reactive application. */
@AutoConfiguration(after = RunnelAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnClass({DispatcherHandler.class, CodecCustomizer.class})
public final class RunnelWebFluxAutoConfiguration {
  RunnelWebFluxAutoConfiguration() {}

  @Bean(destroyMethod = "close")
  static FluxStreams runnelFluxStreams(Hub hub, RunnelProperties properties, RunnelTime time) {
    return new FluxStreams(hub, properties, time);
  }

  @Bean
  @ConditionalOnMissingBean(RunnelHub.class)
  static WebFluxHub runnelHub(Hub hub, EventDataMapper mapper, FluxStreams streams) {
    return new WebFluxHub(hub, mapper, streams);
  }

  @Bean
  static RunnelLifecycle runnelLifecycle(
      ApplicationContext context, FluxStreams streams, RunnelProperties properties) {
    return new RunnelLifecycle(context, streams, properties.drain());
  }

  @Bean
  static CodecCustomizer runnelEventWriter(ObjectProvider<JsonEncoding> json) {
    JsonEncoding encoding = json.getIfAvailable();
    @Nullable Encoder<?> encoder = encoding == null ? null : encoding.encoder();
    return codecs -> codecs.customCodecs().register(new ExactEventWriter(encoder));
  }

  /** Apart, since an application need not have Jackson. */
  interface JsonEncoding {
    Encoder<?> encoder();
  }

  /** Where the application has a mapper. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(JsonMapper.class)
  @ConditionalOnBean(JsonMapper.class)
  static class Jackson {
    @Bean
    static JsonEncoding runnelJsonEncoding(JsonMapper mapper) {
      return () -> new JacksonJsonEncoder(mapper);
    }
  }
}
