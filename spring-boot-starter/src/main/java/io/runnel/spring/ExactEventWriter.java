package io.runnel.spring;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.Encoder;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.codec.ServerSentEventHttpMessageWriter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Spring's writer of {@code ServerSentEvent}s, with a space behind each colon: without one a value
 * that begins with a space loses it at the receiver. Any thread.
 */
final class ExactEventWriter extends ServerSentEventHttpMessageWriter {
  private static final String CONTROL = "runnel.";

  ExactEventWriter(@Nullable Encoder<?> encoder) {
    super(encoder);
  }

  static boolean isControl(ServerSentEvent<?> event) {
    String type = event.event();
    return type != null && type.startsWith(CONTROL);
  }

  @Override
  public boolean canWrite(ResolvableType elementType, @Nullable MediaType mediaType) {
    return ServerSentEvent.class.isAssignableFrom(elementType.toClass());
  }

  @Override
  public Mono<Void> write(
      Publisher<?> input,
      ResolvableType elementType,
      @Nullable MediaType mediaType,
      ReactiveHttpOutputMessage message,
      Map<String, Object> hints) {
    Flux<?> exact =
        Flux.from(input).map(event -> event instanceof ServerSentEvent<?> sse ? exact(sse) : event);
    return super.write(exact, elementType, mediaType, message, hints);
  }

  private static ServerSentEvent<?> exact(ServerSentEvent<?> event) {
    Object data = event.data();
    String comment = event.comment();
    if (data == null && isControl(event)) {
      data = comment;
      comment = null;
    }
    var exact = ServerSentEvent.builder();
    if (event.id() != null) exact.id(' ' + event.id());
    if (event.event() != null) exact.event(' ' + event.event());
    if (event.retry() != null) exact.retry(event.retry());
    if (comment != null) exact.comment(comment);
    if (data instanceof String text) exact.data(spaced(text));
    else if (data != null) exact.data(data);
    return exact.build();
  }

  private static String spaced(String text) {
    return ' ' + text.replace("\r\n", "\n").replace('\r', '\n').replace("\n", "\n ");
  }
}
