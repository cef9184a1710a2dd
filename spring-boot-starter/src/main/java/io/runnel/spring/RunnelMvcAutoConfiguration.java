package io.runnel.spring;

import io.runnel.engine.Hub;
import io.runnel.servlet.EventStreams;
import io.runnel.servlet.EventStreamsSettings;
import jakarta.servlet.http.HttpSessionListener;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Event streams of a servlet application, and {@link RunnelEmitter} in its controllers. */
@AutoConfiguration(after = RunnelAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass(SseEmitter.class)
public final class RunnelMvcAutoConfiguration {
  RunnelMvcAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean(RunnelHub.class)
  static MvcHub runnelHub(Hub hub, EventDataMapper mapper, EventStreams streams) {
    return new MvcHub(hub, mapper, streams);
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  static EventStreams eventStreams(Hub hub, RunnelProperties properties, RunnelTime time) {
    EventStreamsSettings settings =
        EventStreamsSettings.DEFAULT
            .withLanes(properties.laneCount())
            .withMaxStreams(properties.maxStreams())
            .withMaxPendingBytes((int) properties.maxPendingBytes().toBytes())
            .withReconnectionTime(properties.reconnectionTime())
            .withHeartbeat(properties.heartbeat())
            .withWriteTimeout(properties.writeTimeout())
            .withResumableFor(properties.resumableFor())
            .withEndsWithSession(properties.endWithSession());
    return new EventStreams(hub, settings, time.newTimer());
  }

  /** Sessions that no container knows of: Spring Session tells listeners that are beans. */
  @Bean
  static HttpSessionListener runnelSessionListener(
      EventStreams streams, RunnelProperties properties) {
    return new MvcSessionListener(streams, properties.endWithSession());
  }

  /** Servlets of the module {@code servlet} find the same streams. */
  @Bean
  static ServletContextInitializer runnelEventStreamsInstaller(EventStreams streams) {
    return streams::install;
  }

  @Bean(destroyMethod = "close")
  static MvcStreams runnelMvcStreams(EventStreams streams) {
    return new MvcStreams(streams);
  }

  @Bean
  static RunnelLifecycle runnelLifecycle(
      ApplicationContext context, MvcStreams streams, RunnelProperties properties) {
    return new RunnelLifecycle(context, streams, properties.drain());
  }

  @Bean
  static EmitterHandlerInstaller runnelEmitterHandlerInstaller(ObjectProvider<MvcStreams> streams) {
    return new EmitterHandlerInstaller(streams);
  }
}
