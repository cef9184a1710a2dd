package io.runnel.client;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One attempt to have a stream: a request, its redirects, and the bytes of the answer. */
interface Connection {
  /** Asks for more bytes; to be called once for each {@link Receiver#bytes}, beginning with one. */
  void request();

  /** Cuts the connection, whatever it is doing; idempotent, any thread, does not wait. */
  void cancel();

  /** Begins an attempt. */
  @FunctionalInterface
  interface Connector {
    /** Does not block; what becomes of the attempt is told to the receiver, on any thread. */
    Connection connect(StreamRequest request, Receiver receiver);
  }

  /** Hears of one attempt: opened, then bytes, then ended; or ended at once. */
  interface Receiver {
    /** The answer is a 200 with an event stream. */
    void opened(URI from, HttpHeaders headers);

    /** The next bytes of the answer's body, as they came. */
    void bytes(List<ByteBuffer> chunks);

    /** The attempt is over; null means that the server wants no more of them (204). */
    void ended(@Nullable ConnectionFailedException cause);
  }
}
