package io.runnel.spring;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** One request over a socket of its own, read as an event stream, and closed as a test wants it. */
final class Wire implements AutoCloseable {
  private static final int PATIENCE = 60_000;

  final Socket socket = new Socket();
  private final InputStream in;
  private final ArrayDeque<Event> events = new ArrayDeque<>();
  private final EventStreamParser parser;
  private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
  final List<String> comments = new ArrayList<>();
  final List<Duration> reconnectionTimes = new ArrayList<>();
  final String head;
  private final boolean chunked;
  private boolean ended;

  Wire(int port, String path, String... headers) throws IOException {
    this("GET", port, path, headers);
  }

  Wire(String method, int port, String path, String... headers) throws IOException {
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    socket.setSoTimeout(PATIENCE);
    var request = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) request.append(header).append("\r\n");
    socket.getOutputStream().write(request.append("\r\n").toString().getBytes(UTF_8));
    in = new BufferedInputStream(socket.getInputStream());
    parser =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void event(Event event) {
                events.add(event);
              }

              @Override
              public void comment(String comment) {
                comments.add(comment);
              }

              @Override
              public void reconnectionTime(Duration time) {
                reconnectionTimes.add(time);
              }
            });
    head = readHead();
    chunked = head.toLowerCase().contains("transfer-encoding: chunked");
  }

  int status() {
    return Integer.parseInt(head.split(" ")[1]);
  }

  String header(String name) {
    for (String line : head.split("\r\n")) {
      if (line.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
        return line.substring(name.length() + 1).strip();
      }
    }
    return null;
  }

  /** The next event, but for {@code runnel.open}. */
  Event next() throws IOException {
    return next(event -> !event.type().equals("runnel.open"));
  }

  Event opening() throws IOException {
    return next(event -> true);
  }

  private Event next(Predicate<Event> wanted) throws IOException {
    while (true) {
      Event event = events.poll();
      if (event == null) {
        if (!read()) throw new IOException("the stream ended: " + text());
      } else if (wanted.test(event)) return event;
    }
  }

  List<Event> take(int count) throws IOException {
    var taken = new ArrayList<Event>();
    while (taken.size() < count) taken.add(next());
    return taken;
  }

  List<String> data(int count) throws IOException {
    return take(count).stream().map(Event::data).toList();
  }

  /** Reads until a comment has come. */
  void awaitComment() throws IOException {
    while (comments.isEmpty()) if (!read()) throw new IOException("the stream ended");
  }

  /** Reads to the end of the answer. */
  Wire toEnd() throws IOException {
    while (read()) {}
    return this;
  }

  /** The whole body. */
  String body() throws IOException {
    return toEnd().text();
  }

  boolean isQuietFor(Duration time) throws IOException {
    socket.setSoTimeout((int) time.toMillis());
    try {
      while (events.isEmpty()) if (!read()) return true;
      return false;
    } catch (SocketTimeoutException quiet) {
      return true;
    } finally {
      socket.setSoTimeout(PATIENCE);
    }
  }

  /** All the bytes of the body so far. */
  String text() {
    return seen.toString(UTF_8);
  }

  /** Leaves by a reset, as a process that is killed does. */
  void cut() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private boolean read() throws IOException {
    if (ended) return false;
    byte[] bytes;
    if (chunked) {
      int length = Integer.parseInt(readLine(), 16);
      bytes = in.readNBytes(length);
      readLine();
      if (length == 0) return !(ended = true);
    } else if (header("Content-Length") != null) {
      bytes = in.readNBytes(Integer.parseInt(header("Content-Length")));
      ended = true;
    } else {
      bytes = new byte[8192];
      int count = in.read(bytes);
      if (count < 0) return !(ended = true);
      bytes = java.util.Arrays.copyOf(bytes, count);
    }
    seen.write(bytes);
    parser.feed(bytes, 0, bytes.length);
    return true;
  }

  private String readHead() throws IOException {
    var head = new StringBuilder();
    for (String line; !(line = readLine()).isEmpty(); ) head.append(line).append("\r\n");
    return head.toString();
  }

  private String readLine() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b; (b = in.read()) != '\n'; ) {
      if (b < 0) throw new IOException("closed within a line: " + line);
      if (b != '\r') line.write(b);
    }
    return line.toString(US_ASCII);
  }
}
