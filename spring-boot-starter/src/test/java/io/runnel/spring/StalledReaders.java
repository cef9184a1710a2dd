package io.runnel.spring;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.springframework.http.MediaType.TEXT_EVENT_STREAM_VALUE;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * 500 clients that do not read, one that does, and 20 container threads: how long other requests
 * take with the list of {@code SseEmitter}s that tutorials show, and with {@link RunnelEmitter},
 * which takes its place in the same list. {@code ./prove spring}; docs/spring.md has the figures.
 */
final class StalledReaders {
  private static final int PUBLISHES_A_SECOND = 5;
  private static final int TIMEOUT = 5_000;
  private static final String EVENT = "x".repeat(4 << 10);

  private StalledReaders() {}

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration(
      excludeName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
  static class App {
    @Bean
    Shop shop() {
      return new Shop();
    }

    /** Full soon: else Linux would take megabytes for a client that does not read. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> smallSendBuffers() {
      return factory ->
          factory.addConnectorCustomizers(
              connector -> connector.setProperty("socket.txBufSize", "16384"));
    }
  }

  @RestController
  static class Shop {
    private final List<SseEmitter> naive = new CopyOnWriteArrayList<>();
    private final List<SseEmitter> runnel = new CopyOnWriteArrayList<>();

    @GetMapping(path = "/naive", produces = TEXT_EVENT_STREAM_VALUE)
    SseEmitter naive() {
      return added(new SseEmitter(0L), naive);
    }

    @GetMapping(path = "/runnel", produces = TEXT_EVENT_STREAM_VALUE)
    SseEmitter runnel() {
      return added(new RunnelEmitter(), runnel);
    }

    private static SseEmitter added(SseEmitter emitter, List<SseEmitter> to) {
      to.add(emitter);
      emitter.onCompletion(() -> to.remove(emitter));
      return emitter;
    }

    @GetMapping("/publish-naive")
    String publishNaive() {
      return publish(naive);
    }

    @GetMapping("/publish-runnel")
    String publishRunnel() {
      return publish(runnel);
    }

    private static String publish(List<SseEmitter> emitters) {
      for (SseEmitter emitter : emitters) {
        try {
          emitter.send(EVENT);
        } catch (IOException | IllegalStateException left) {
          emitters.remove(emitter);
        }
      }
      return "published";
    }

    @GetMapping("/hello")
    String hello() {
      return "hello";
    }
  }

  /**
   * Measures, and fails if a client that stalls kept other requests waiting with {@link
   * RunnelEmitter}.
   *
   * @param arguments how many stall, and for how many seconds each way is measured
   */
  public static void main(String[] arguments) throws Exception {
    int stalled = Integer.parseInt(arguments[0]);
    int seconds = Integer.parseInt(arguments[1]);
    ConfigurableApplicationContext context =
        new SpringApplication(App.class)
            .run(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--server.tomcat.threads.max=20",
                "--spring.main.banner-mode=off",
                "--logging.level.root=error");
    int port = ((WebServerApplicationContext) context).getWebServer().getPort();
    for (int i = 0; i < 2000; i++) request(port, "/hello"); // warm
    System.out.printf(
        "%d stalled readers, one that reads, 20 container threads, an event of 4 KiB %d times a"
            + " second for %d s%n%n",
        stalled, PUBLISHES_A_SECOND, seconds);
    System.out.println(
        "| emitters | other requests: answered | p50 | p99 | longest | events to the reader | heap"
            + " in use |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
    measure(port, "nobody", "/none", "/hello", 0, seconds);
    boolean answered =
        measure(port, "`RunnelEmitter`", "/runnel", "/publish-runnel", stalled, seconds);
    measure(port, "`SseEmitter`, a list", "/naive", "/publish-naive", stalled, seconds);
    System.exit(answered ? 0 : 1);
  }

  /** Whether every other request was answered. */
  private static boolean measure(
      int port, String name, String stream, String publish, int stalled, int seconds)
      throws Exception {
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < stalled; i++) sockets.add(stall(port, stream));
    var received = new AtomicInteger();
    Socket reader = stalled > 0 ? read(port, stream, received) : new Socket();
    ExecutorService publishers = Executors.newCachedThreadPool();
    List<Long> times = new ArrayList<>();
    int asked = 0;
    long began = System.nanoTime();
    long nextPublish = began;
    while (System.nanoTime() - began < TimeUnit.SECONDS.toNanos(seconds)) {
      if (System.nanoTime() >= nextPublish) {
        nextPublish += TimeUnit.SECONDS.toNanos(1) / PUBLISHES_A_SECOND;
        publishers.execute(() -> request(port, publish));
      }
      asked++;
      long time = request(port, "/hello");
      if (time >= 0) times.add(time);
      TimeUnit.MILLISECONDS.sleep(20);
    }
    System.gc();
    long heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
    System.out.printf(
        "| %s | %d of %d | %s | %s | %s | %d | %d MiB |%n",
        name,
        sorted.length,
        asked,
        at(sorted, 0.5),
        at(sorted, 0.99),
        at(sorted, 1),
        received.get() / EVENT.length(),
        heap >> 20);
    for (Socket socket : sockets) socket.close();
    reader.close();
    publishers.shutdownNow();
    TimeUnit.SECONDS.sleep(3);
    return sorted.length == asked;
  }

  private static String at(long[] sorted, double quantile) {
    if (sorted.length == 0) return "never";
    long nanos = sorted[(int) Math.min(sorted.length - 1, quantile * sorted.length)];
    return String.format("%.1f ms", nanos / 1e6);
  }

  /** How long it took in nanoseconds, -1 if it took longer than anybody waits. */
  private static long request(int port, String path) {
    long began = System.nanoTime();
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT);
      socket.setSoTimeout(TIMEOUT);
      ask(socket, path, "Connection: close\r\n");
      socket.getInputStream().readAllBytes();
      return System.nanoTime() - began;
    } catch (IOException tooLong) {
      return -1;
    }
  }

  private static Socket stall(int port, String path) throws IOException {
    var socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    ask(socket, path, "");
    return socket;
  }

  private static Socket read(int port, String path, AtomicInteger received) throws IOException {
    var socket = new Socket("127.0.0.1", port);
    ask(socket, path, "");
    InputStream in = socket.getInputStream();
    var thread =
        new Thread(
            () -> {
              byte[] bytes = new byte[64 << 10];
              try {
                for (int count; (count = in.read(bytes)) >= 0; ) {
                  for (byte b : Arrays.copyOf(bytes, count))
                    if (b == 'x') received.incrementAndGet();
                }
              } catch (IOException closed) {
                // The measurement is over.
              }
            });
    thread.setDaemon(true);
    thread.start();
    return socket;
  }

  private static void ask(Socket socket, String path, String more) throws IOException {
    String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
    socket.getOutputStream().write(request.getBytes(US_ASCII));
  }
}
