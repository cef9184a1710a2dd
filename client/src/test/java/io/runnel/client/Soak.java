package io.runnel.client;

import static io.runnel.client.ScriptedServer.OK;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reconnects again and again, in every way that a connection can end, and weighs what is left.
 *
 * <p>As a command, with the number of reconnects (100,000 without one) and the class path of the
 * module's tests: {@code java -Xmx64m -cp ... io.runnel.client.Soak 100000}. It ends with status 1
 * if a thread, a socket or memory stayed behind.
 */
final class Soak {
  private Soak() {}

  /** What a process holds. */
  record Holdings(int threads, long files, long heapBytes) {
    static Holdings now() {
      for (int i = 0; i < 3; i++) System.gc();
      var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
      return new Holdings(
          Thread.activeCount(), system.getOpenFileDescriptorCount(), heap.getUsed());
    }

    /** Some threads of the HTTP client may rest, and the last sockets be on their way out. */
    boolean isNear(Holdings before) {
      return threads <= before.threads + 8
          && files <= before.files + 16
          && heapBytes <= before.heapBytes + (4 << 20);
    }
  }

  /** Each connection brings one event, and then ends in one of four ways. */
  private static ScriptedServer.Script endings() {
    var number = new AtomicInteger();
    return peer -> {
      peer.readRequest();
      int n = number.incrementAndGet();
      String event = "id: abcdefgh-" + n + "\ndata: " + n + "\n\n";
      String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
      switch (n % 4) {
        case 0 -> peer.write(OK + event);
        case 1 -> peer.write(head + "Content-Length: " + event.length() + "\r\n\r\n" + event);
        case 2 ->
            peer.write(
                head
                    + "Transfer-Encoding: chunked\r\n\r\n"
                    + Integer.toHexString(event.length())
                    + "\r\n"
                    + event
                    + "\r\n0\r\n\r\n");
        default -> {
          peer.write(head + "Content-Length: 1000\r\n\r\n" + event);
        }
      }
    };
  }

  /** Runs so many reconnects; returns what was held after a tenth of them, and at the end. */
  static Holdings[] run(int reconnects) throws IOException, InterruptedException {
    var warm = new CountDownLatch(Math.max(1, reconnects / 10));
    var all = new CountDownLatch(reconnects);
    var server = new ScriptedServer(endings()).recordingNothing();
    var source =
        EventSource.to(server.uri("/"))
            .reconnect(ReconnectPolicy.fixed(Duration.ZERO))
            .start(
                event -> {
                  warm.countDown();
                  all.countDown();
                });
    try (server) {
      warm.await();
      Holdings before = Holdings.now();
      all.await();
      source.close();
      Holdings after = Holdings.now();
      // The HTTP client closes sockets in its own time.
      for (int i = 0; i < 300 && !after.isNear(before); i++) {
        Thread.sleep(100);
        after = Holdings.now();
      }
      return new Holdings[] {before, after};
    }
  }

  /** Prints what was held, and how long it took. */
  public static void main(String[] arguments) throws Exception {
    int reconnects = arguments.length == 0 ? 100_000 : Integer.parseInt(arguments[0]);
    long start = System.nanoTime();
    Holdings[] held = run(reconnects);
    long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
    System.out.printf(
        "%d reconnects in %d s%nbefore %s%nafter  %s%n", reconnects, seconds, held[0], held[1]);
    System.exit(held[1].isNear(held[0]) ? 0 : 1);
  }
}
