package io.runnel.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The command line as a process of its own: exit codes and signals. */
@Timeout(120)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "signals")
class ProcessTest {
  private final List<Process> processes = new ArrayList<>();

  /**
   * What stands before the command. Whoever runs the tests in the background of a shell is deaf to
   * Ctrl-C, and a hub inherits that.
   */
  private List<String> prefix =
      OS.LINUX.isCurrentOs() ? List.of("env", "--default-signal=INT") : List.of();

  private List<String> jvmOptions = List.of();

  @AfterEach
  void killWhatIsLeft() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void sigtermDrainsAndEndsWith0() throws Exception {
    var hub = new StartedHub();
    signal("TERM", hub.process);

    assertThat(hub.process.waitFor()).isZero();
  }

  @Test
  void ctrlCEndsWith0AsWell() throws Exception {
    var hub = new StartedHub();
    signal("INT", hub.process);

    assertThat(hub.process.waitFor()).isZero();
  }

  @Test
  void aSecondCtrlCDoesNotWaitForTheDrain() throws Exception {
    var hub = new StartedHub("--drain", "10m");
    HttpURLConnection stream = hub.subscribe();
    signal("INT", hub.process);
    hub.awaitLine("Stopping");
    signal("INT", hub.process);

    assertThat(hub.process.waitFor()).isEqualTo(130);
    stream.disconnect();
  }

  @Test
  void aHubThatItsShellMadeDeafToCtrlCStaysDeaf() throws Exception {
    prefix = List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh");
    var hub = new StartedHub();
    signal("INT", hub.process);
    signal("INT", hub.process);

    assertThat(hub.admin("/readyz")).isEqualTo(200);
    signal("TERM", hub.process);
    assertThat(hub.process.waitFor()).isZero();
  }

  @Test
  void whereTheJvmHasNoSignalsForUsAShutdownHookTakesTheirPlace() throws Exception {
    // sun.misc.Signal is in jdk.unsupported, which is left out here.
    jvmOptions = List.of("--limit-modules=java.se,jdk.httpserver,jdk.management");
    var hub = new StartedHub();
    HttpURLConnection stream = hub.subscribe();
    signal("TERM", hub.process);

    assertThat(hub.process.waitFor()).isZero();
    stream.disconnect();
  }

  @Test
  void aPortInUseIsOneLineAndEndsWith1() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      Process process = start("serve", "--admin-port", "0", "--port", Integer.toString(port));
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);

      assertThat(process.waitFor()).isEqualTo(1);
      assertThat(output)
          .isEqualTo(
              "runnel: port "
                  + port
                  + " on 127.0.0.1 is in use; choose another with --port PORT, or any that is free"
                  + " with --port 0\n");
    }
  }

  @Test
  void aMistakeEndsWith2AndWithoutAStackTrace() throws Exception {
    Process process = start("serve", "--prot", "1");
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);

    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(output).isEqualTo("runnel: unknown option '--prot'; did you mean '--port'?\n");
  }

  @Test
  void ctrlCInTheMiddleOfAPublishSaysThatItIsNotKnownWhetherTheEventIsStored() throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      Process process =
          start("publish", "--server", "http://127.0.0.1:" + silent.getLocalPort(), "orders", "x");
      try (var socket = silent.accept()) {
        socket.getInputStream().read();
        signal("INT", process);
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);

        assertThat(process.waitFor()).isEqualTo(130);
        assertThat(output)
            .isEqualTo(
                "runnel: interrupted before the answer: it is not known whether the event was"
                    + " stored\n");
      }
    }
  }

  @Test
  void theAdminPortSaysThatTheHubIsReadyAndWell() throws Exception {
    var hub = new StartedHub();

    assertThat(List.of(hub.admin("/readyz"), hub.admin("/healthz"), hub.admin("/metrics")))
        .containsExactly(200, 200, 200);
    signal("TERM", hub.process);
    assertThat(hub.process.waitFor()).isZero();
  }

  @Test
  void clientsThatLeaveAndScrapesAreNoLinesInTheLog() throws Exception {
    var hub = new StartedHub("--request-timeout", "1h");
    for (int i = 0; i < 2; i++) {
      try (var leaving = new Socket(InetAddress.getByName("127.0.0.1"), hub.port)) {
        String half = "POST /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf";
        leaving.getOutputStream().write(half.getBytes(UTF_8));
      }
      hub.awaitConnections(0);
    }
    signal("TERM", hub.process);

    assertThat(hub.lines.lines()).singleElement().asString().startsWith("Stopping;");
  }

  @Test
  void aClientThatEndsItsTlsWithAnAlertIsNoLineInTheLog(@TempDir Path directory) throws Exception {
    var certificate = new TestCertificate(directory);
    var hub =
        new StartedHub(
            "--tls-cert",
            certificate.certificate.toString(),
            "--tls-key",
            certificate.key.toString());
    SSLSocketFactory sockets = certificate.trusted().getSocketFactory();
    for (String protocol : List.of("http/1.1", "h2")) {
      try (var plain = new GarblingSocket(hub.port);
          var tls = (SSLSocket) sockets.createSocket(plain, "localhost", hub.port, false)) {
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol});
        tls.setSSLParameters(parameters);
        tls.startHandshake();
        plain.garbles = true;
        tls.getOutputStream().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
        assertThatThrownBy(() -> tls.getInputStream().read()).isInstanceOf(SSLException.class);
        hub.awaitConnections(0);
      }
    }
    signal("TERM", hub.process);

    assertThat(hub.lines.lines()).singleElement().asString().startsWith("Stopping;");
  }

  /** Hears something else than what was said to it, as soon as it is told to. */
  private static final class GarblingSocket extends Socket {
    volatile boolean garbles;

    GarblingSocket(int port) throws IOException {
      super(InetAddress.getByName("127.0.0.1"), port);
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          int count = super.read(bytes, offset, length);
          // The head of a record, its first five bytes, says how much follows.
          for (int i = offset; garbles && i < offset + count; i++) if (i >= 5) bytes[i] ^= 0x55;
          return count;
        }
      };
    }
  }

  private Process start(String... args) throws IOException {
    var command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    if (Runtime.version().feature() >= 22) command.add("--enable-native-access=ALL-UNNAMED");
    if (Runtime.version().feature() >= 23) command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.runnel.hub.Runnel"));
    command.addAll(List.of(args));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("RUNNEL_"));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  private static void signal(String name, Process process) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private static String awaitLine(BufferedReader lines, String part) throws IOException {
    var seen = new StringBuilder();
    for (String line; (line = lines.readLine()) != null; seen.append(line).append('\n')) {
      if (line.contains(part)) return line;
    }
    throw new AssertionError("no \"" + part + "\" in:\n" + seen);
  }

  /** A hub on ports of its own, ready. */
  private final class StartedHub {
    final Process process;
    private final BufferedReader lines;
    private final int port;
    private final int adminPort;

    StartedHub(String... more) throws IOException {
      var args = new ArrayList<>(List.of("serve", "--port", "0", "--admin-port", "0"));
      args.addAll(List.of(more));
      process = start(args.toArray(String[]::new));
      lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      port = portIn(ProcessTest.awaitLine(lines, "listens on"));
      adminPort = portIn(ProcessTest.awaitLine(lines, "operate"));
      awaitLine("Ctrl-C stops it");
    }

    void awaitLine(String part) throws IOException {
      ProcessTest.awaitLine(lines, part);
    }

    private static int portIn(String line) {
      Matcher matcher = Pattern.compile("localhost:([0-9]+)").matcher(line);
      assertThat(matcher.find()).as(line).isTrue();
      return Integer.parseInt(matcher.group(1));
    }

    int admin(String path) throws IOException {
      var connection =
          (HttpURLConnection) new URL("http://localhost:" + adminPort + path).openConnection();
      return connection.getResponseCode();
    }

    void awaitConnections(int count) throws Exception {
      var metrics = URI.create("http://localhost:" + adminPort + "/metrics").toURL();
      for (String page = ""; !page.contains("\nrunnel_connections " + count); Thread.sleep(10)) {
        try (InputStream answer = metrics.openStream()) {
          page = new String(answer.readAllBytes(), UTF_8);
        }
      }
    }

    /** A subscriber that is there: its stream has begun. */
    HttpURLConnection subscribe() throws IOException {
      var connection =
          (HttpURLConnection) new URL("http://localhost:" + port + "/events/a").openConnection();
      assertThat(connection.getInputStream().read()).isPositive();
      return connection;
    }
  }
}
