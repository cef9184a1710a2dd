package io.runnel.spring;

import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.web.method.support.HandlerMethodReturnValueHandler;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitterReturnValueHandler;

/**
 * Puts {@link EmitterReturnValueHandler} where Spring's own stands. Handlers that an application
 * adds come after Spring's, which would take every {@code SseEmitter} for its own.
 */
final class EmitterHandlerInstaller implements BeanPostProcessor {
  private final ObjectProvider<MvcStreams> streams;

  EmitterHandlerInstaller(ObjectProvider<MvcStreams> streams) {
    this.streams = streams;
  }

  @Override
  public Object postProcessAfterInitialization(Object bean, String name) {
    if (bean instanceof RequestMappingHandlerAdapter adapter) install(adapter);
    return bean;
  }

  private void install(RequestMappingHandlerAdapter adapter) {
    List<HandlerMethodReturnValueHandler> handlers = adapter.getReturnValueHandlers();
    if (handlers == null) return;
    var writer = new ConverterDataWriter(adapter.getMessageConverters());
    var replaced = new ArrayList<HandlerMethodReturnValueHandler>();
    for (HandlerMethodReturnValueHandler handler : handlers) {
      replaced.add(
          handler instanceof ResponseBodyEmitterReturnValueHandler
              ? new EmitterReturnValueHandler(handler, streams.getObject(), writer)
              : handler);
    }
    adapter.setReturnValueHandlers(replaced);
  }
}
