package io.runnel.spring;

import io.runnel.eventstream.Event;
import io.runnel.servlet.PrivateStream;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** What a publisher of the application makes, on its way into a private stream. Any thread. */
final class FluxAnswer {
  private static final Logger log = LoggerFactory.getLogger(FluxAnswer.class);

  private final WebFluxHub hub;
  private final PrivateStream to;

  private FluxAnswer(WebFluxHub hub, PrivateStream to) {
    this.hub = hub;
    this.to = to;
  }

  /** Begins to send; nobody is waited for. Cancelled if nobody comes back for the stream. */
  static void begin(WebFluxHub hub, Supplier<? extends Publisher<?>> from, PrivateStream to) {
    var answer = new FluxAnswer(hub, to);
    Disposable sending =
        Flux.<Object>defer(() -> Flux.<Object>from(from.get()))
            .subscribe(answer::send, answer::failed, to::close);
    to.onEnd(end -> sending.dispose());
  }

  private void send(Object item) {
    if (!(item instanceof ServerSentEvent<?> event)) {
      to.data(hub.text(item));
      return;
    }
    Object data = event.data();
    if (data == null) return; // What is no event is not kept.
    String type = event.event();
    to.send(Event.of(type == null ? Event.MESSAGE : type, hub.text(data)));
  }

  private void failed(Throwable failure) {
    log.warn("a resumable answer ends early", failure);
    to.close();
  }
}
