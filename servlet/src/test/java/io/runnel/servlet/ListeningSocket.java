package io.runnel.servlet;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A WebSocket as a client has it: a recorder of its messages. */
final class ListeningSocket implements WebSocket.Listener, AutoCloseable {
  final WebSocket socket;
  private final StringBuilder message = new StringBuilder();
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> controls = new LinkedBlockingQueue<>();

  ListeningSocket(HttpClient client, String url, String... headers) {
    WebSocket.Builder builder = client.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) builder.header(headers[i], headers[i + 1]);
    socket = builder.buildAsync(URI.create(url.replaceFirst("http", "ws")), this).join();
  }

  @Override
  public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
    message.append(data);
    if (last) {
      heard.add(message.toString());
      message.setLength(0);
    }
    socket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    heard.add("closed " + code + " " + reason);
    return null;
  }

  @Override
  public void onError(WebSocket socket, Throwable error) {
    heard.add("lost");
  }

  @Override
  public CompletionStage<?> onPing(WebSocket socket, ByteBuffer body) {
    controls.add("ping");
    socket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onPong(WebSocket socket, ByteBuffer body) {
    controls.add("pong " + body.remaining());
    socket.request(1);
    return null;
  }

  /** The next message; {@code closed <code> <reason>} at its end. */
  String next() throws InterruptedException {
    return taken(heard);
  }

  /** The next ping or pong. */
  String nextControl() throws InterruptedException {
    return taken(controls);
  }

  private static String taken(BlockingQueue<String> from) throws InterruptedException {
    String taken = from.poll(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (taken == null) throw new AssertionError("nothing came");
    return taken;
  }

  @Override
  public void close() {
    socket.abort();
  }
}
