package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.runnel.engine.Hub;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * No user ever gets a byte of another: clients go without a word in the middle of writes, while
 * others, ordinary requests among them, take their place in the container. Every byte sent is part
 * of its user's canary. Also nothing may stand still: a watchdog looks for deadlocks and for
 * progress.
 *
 * <p>As a command: {@code CanaryProof [closes a container] [container...]}; see docs/servlet.md.
 */
final class CanaryProof {
  private static final int CLIENTS = 16;
  private static final int STREAMS_A_CONNECTION = 100;
  private static final long STANDSTILL_SECONDS = 60;
  private static final Pattern CANARY = Pattern.compile("user-(\\d+)!");

  private final Container container;
  private final int closes;
  private final Map<Integer, Emitter> emitters = new ConcurrentHashMap<>();
  private final AtomicInteger users = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final Queue<String> foreign = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private volatile HttpClient http2 = newHttp2Client();

  CanaryProof(Container container, int closes) {
    this.container = container;
    this.closes = closes;
  }

  /** What was seen. */
  record Result(
      int closes,
      long bytes,
      List<String> foreign,
      EventStreamsStatistics statistics,
      long millis) {}

  public static void main(String[] args) throws Exception {
    int closes = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
    boolean failed = false;
    for (Containers each : Containers.named(args, 1)) {
      Result result = new CanaryProof(each.make(), closes).run();
      System.out.printf(
          "%-9s %,7d abrupt closes, %,13d bytes read, %d foreign, %d gate timeouts, %,d ms%n",
          each,
          result.closes,
          result.bytes,
          result.foreign.size(),
          result.statistics.gateTimeouts(),
          result.millis);
      result.foreign.stream().limit(5).forEach(System.out::println);
      failed |= !result.foreign.isEmpty() || result.statistics.gateTimeouts() > 0;
    }
    System.exit(failed ? 1 : 0);
  }

  /** Runs it; throws if anything stands still, or is left over at the end. */
  Result run() throws Exception {
    long start = System.nanoTime();
    try (Hub hub = Hub.inMemory();
        var streams =
            new EventStreams(
                hub,
                EventStreamsSettings.DEFAULT
                    .withLanes(2)
                    .withHeartbeat(Duration.ofSeconds(1))
                    .withMaxSources(4000))) {
      container.start(Map.of("/canary", new Canaries(), "/plain", new Plain()), 40, streams);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) threads.add(new Thread(this::beClients, "client-" + i));
      for (int i = 0; i < 2; i++) threads.add(new Thread(this::send, "sender-" + i));
      threads.forEach(Thread::start);
      watch();
      stopped.set(true);
      for (Thread thread : threads) thread.join(20_000);
      Waiting.await(() -> streams.statistics().open() == 0);
      Waiting.await(() -> streams.statistics().sources() == 0);
      container.stop();
      long millis = (System.nanoTime() - start) / 1_000_000;
      return new Result(
          closed.get(), bytes.get(), List.copyOf(foreign), streams.statistics(), millis);
    }
  }

  private void watch() throws InterruptedException {
    int seen = -1;
    long since = System.nanoTime();
    while (closed.get() < closes) {
      Thread.sleep(200);
      long[] locked = ManagementFactory.getThreadMXBean().findDeadlockedThreads();
      if (locked != null) throw new AssertionError("deadlock of " + Arrays.toString(locked));
      if (closed.get() != seen) {
        seen = closed.get();
        since = System.nanoTime();
      } else if (System.nanoTime() - since > STANDSTILL_SECONDS * 1_000_000_000) {
        throw new AssertionError("standstill after " + seen + " closes: " + dump());
      }
    }
  }

  private static String dump() {
    var text = new StringBuilder();
    Thread.getAllStackTraces()
        .forEach(
            (thread, stack) -> text.append(thread).append(Arrays.toString(stack)).append('\n'));
    return text.toString();
  }

  // ---------------------------------------------------------------- clients

  private void beClients() {
    while (closed.get() < closes) {
      int user = users.incrementAndGet();
      try {
        switch (user % 4) {
          case 0 -> askPlainly(user);
          case 1 -> streamOverHttp2(user);
          default -> stream(user);
        }
      } catch (IOException e) {
        // The connection was cut: that is what this is about.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Reads some of a stream and goes: by RST, by FIN, or half closed. */
  private void stream(int user) throws IOException {
    var random = ThreadLocalRandom.current();
    try (var socket = new Socket("127.0.0.1", container.port())) {
      socket.setSoTimeout(20_000);
      if (random.nextInt(4) == 0) socket.setReceiveBufferSize(2048);
      socket.getOutputStream().write(get("/canary?user=" + user, "Connection: close\r\n"));
      int most = random.nextInt(20_000);
      check(user, socket.getInputStream(), most);
      int way = random.nextInt(3);
      if (way == 0) socket.setSoLinger(true, 0);
      else if (way == 1) socket.shutdownOutput();
    }
    closed.incrementAndGet();
  }

  /**
   * Many streams on one connection, which are cancelled; not all on one, since the client of Java
   * 17 does not give the connection's window back for what it had not read of them.
   */
  private void streamOverHttp2(int user) throws IOException, InterruptedException {
    if (user % STREAMS_A_CONNECTION == 1) http2 = newHttp2Client();
    var request = HttpRequest.newBuilder(URI.create(container.url("/canary?user=" + user))).build();
    try (InputStream in = http2.send(request, HttpResponse.BodyHandlers.ofInputStream()).body()) {
      check(user, in, ThreadLocalRandom.current().nextInt(20_000));
    }
    closed.incrementAndGet();
  }

  private static HttpClient newHttp2Client() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
  }

  /** Ordinary requests on one connection, which get the responses that streams have left. */
  private void askPlainly(int user) throws IOException {
    try (var socket = new Socket("127.0.0.1", container.port())) {
      socket.setSoTimeout(20_000);
      for (int i = 0; i < 5; i++) socket.getOutputStream().write(get("/plain?user=" + user));
      socket.shutdownOutput();
      check(user, socket.getInputStream(), Integer.MAX_VALUE);
    }
  }

  private static byte[] get(String path) {
    return get(path, "");
  }

  private static byte[] get(String path, String header) {
    return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n")
        .getBytes(ISO_8859_1);
  }

  /** Reads at least so many bytes, or to the end, and looks for others' canaries. */
  private void check(int user, InputStream in, int atLeast) throws IOException {
    var buffer = new byte[8192];
    var text = new StringBuilder();
    for (int read = 0; read <= atLeast; ) {
      int count = in.read(buffer);
      if (count < 0) break;
      read += count;
      bytes.addAndGet(count);
      text.append(new String(buffer, 0, count, ISO_8859_1));
      Matcher canaries = CANARY.matcher(text);
      int end = 0;
      while (canaries.find()) {
        end = canaries.end();
        int owner = Integer.parseInt(canaries.group(1));
        if (owner != user) foreign.add("user " + user + " got " + canaries.group());
      }
      text.delete(0, end);
    }
  }

  // ---------------------------------------------------------------- the server's side

  /** Other threads send as well, to anybody; not so fast that nobody could follow. */
  private void send() {
    while (!stopped.get()) {
      emitters.forEach(
          (user, emitter) -> {
            try {
              emitter.event("shared", canary(user, 3));
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static String canary(int user, int times) {
    return ("user-" + user + "! ").repeat(times);
  }

  private static int user(HttpServletRequest request) {
    return Integer.parseInt(request.getParameter("user"));
  }

  private final class Canaries extends EventSourceServlet {
    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      int user = user(request);
      return new EventSource() {
        @Override
        public void onOpen(Emitter emitter) throws IOException {
          emitters.put(user, emitter);
          while (emitter.isOpen()) emitter.data(canary(user, 20));
        }

        @Override
        public void onClose() {
          emitters.remove(user);
        }
      };
    }
  }

  private static final class Plain extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getWriter().write(canary(user(request), 500));
    }
  }
}
