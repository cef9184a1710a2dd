package io.runnel.spring;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.http.ResponseEntity;
import org.springframework.util.Assert;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.filter.ShallowEtagHeaderFilter;
import org.springframework.web.method.support.AsyncHandlerMethodReturnValueHandler;
import org.springframework.web.method.support.HandlerMethodReturnValueHandler;
import org.springframework.web.method.support.ModelAndViewContainer;

/**
 * Answers with a {@link RunnelEmitter}, whatever the method declares: it may say {@code
 * SseEmitter}, or {@code ResponseEntity} of either. Every other value goes to Spring's own handler.
 */
final class EmitterReturnValueHandler implements AsyncHandlerMethodReturnValueHandler {
  private final HandlerMethodReturnValueHandler springs;
  private final MvcStreams streams;
  private final BuiltEvent.DataWriter writer;

  EmitterReturnValueHandler(
      HandlerMethodReturnValueHandler springs, MvcStreams streams, BuiltEvent.DataWriter writer) {
    this.springs = springs;
    this.streams = streams;
    this.writer = writer;
  }

  @Override
  public boolean supportsReturnType(MethodParameter returnType) {
    return springs.supportsReturnType(returnType);
  }

  @Override
  public boolean isAsyncReturnValue(@Nullable Object returnValue, MethodParameter returnType) {
    return emitter(returnValue) != null && supportsReturnType(returnType);
  }

  @Override
  public void handleReturnValue(
      @Nullable Object returnValue,
      MethodParameter returnType,
      ModelAndViewContainer container,
      NativeWebRequest webRequest)
      throws Exception {
    RunnelEmitter emitter = emitter(returnValue);
    if (emitter == null) {
      springs.handleReturnValue(returnValue, returnType, container, webRequest);
      return;
    }
    HttpServletRequest request = webRequest.getNativeRequest(HttpServletRequest.class);
    HttpServletResponse response = webRequest.getNativeResponse(HttpServletResponse.class);
    Assert.state(request != null && response != null, "an emitter answers HTTP requests only");
    if (returnValue instanceof ResponseEntity<?> entity) {
      response.setStatus(entity.getStatusCode().value());
      entity.getHeaders().forEach((name, all) -> all.forEach(one -> response.addHeader(name, one)));
    }
    ShallowEtagHeaderFilter.disableContentCaching(request);
    begin(emitter, request, response);
    // Nobody here may touch the response any more: it belongs to the stream.
    container.setRequestHandled(true);
  }

  private void begin(
      RunnelEmitter emitter, HttpServletRequest request, HttpServletResponse response)
      throws Exception {
    try {
      emitter.begin(request, response, streams, writer);
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("the emitter was completed with an error", e);
    }
  }

  private static @Nullable RunnelEmitter emitter(@Nullable Object returnValue) {
    Object body = returnValue instanceof ResponseEntity<?> entity ? entity.getBody() : returnValue;
    return body instanceof RunnelEmitter emitter ? emitter : null;
  }
}
