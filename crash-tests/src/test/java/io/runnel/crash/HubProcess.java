package io.runnel.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The hub as a process of its own, on the port of the one before it. For one thread. */
final class HubProcess implements AutoCloseable {
  private static final Pattern OPERATE = Pattern.compile("operate +http://localhost:([0-9]+)/");

  /** Open as long as this process lives. */
  private static final List<Socket> HOLDERS = new CopyOnWriteArrayList<>();

  private final List<String> command = new ArrayList<>();
  private final List<String> log = new ArrayList<>();
  private final CompletableFuture<Integer> ready = new CompletableFuture<>();
  private final int port;
  private final Process process;

  /** How a hub is started. */
  static final class Builder {
    private final int port;
    private final Path data;
    private final List<String> prefix = new ArrayList<>();
    private final List<String> jvmOptions = new ArrayList<>();
    private final List<String> arguments = new ArrayList<>();
    private String main = "io.runnel.hub.Runnel";

    Builder(int port, Path data) {
      this.port = port;
      this.data = data;
    }

    /**
     * What stands before the command, such as {@code strace}; it must become the JVM in the end.
     */
    Builder prefix(String... words) {
      prefix.addAll(List.of(words));
      return this;
    }

    Builder jvm(String... options) {
      jvmOptions.addAll(List.of(options));
      return this;
    }

    /** More arguments of {@code runnel serve}. */
    Builder with(String... words) {
      arguments.addAll(List.of(words));
      return this;
    }

    /** Another program with the same arguments. */
    Builder main(Class<?> type) {
      main = type.getName();
      return this;
    }

    HubProcess start() throws IOException {
      return new HubProcess(this);
    }
  }

  private HubProcess(Builder builder) throws IOException {
    port = builder.port;
    command.addAll(builder.prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xms64m", "-Xmx512m"));
    if (Runtime.version().feature() >= 22) command.add("--enable-native-access=ALL-UNNAMED");
    if (Runtime.version().feature() >= 23) command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(builder.jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), builder.main, "serve"));
    command.addAll(List.of("--port", Integer.toString(port), "--admin-port", "0"));
    command.addAll(List.of("--data", builder.data.toString()));
    command.addAll(builder.arguments);
    var processBuilder = new ProcessBuilder(command).redirectErrorStream(true);
    processBuilder.environment().keySet().removeIf(name -> name.startsWith("RUNNEL_"));
    processBuilder.environment().remove("JAVA_TOOL_OPTIONS");
    process = processBuilder.start();
    var reader = new Thread(this::readLog, "hub-log");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * A port that nobody else is given as long as this process lives. A socket that is bound to it
   * and does not listen keeps it from all who ask for any port; the hub, which asks for this one
   * with {@code SO_REUSEADDR}, gets it again and again.
   */
  static int ownPort() throws IOException {
    var holder = new Socket();
    holder.setReuseAddress(true);
    holder.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
    HOLDERS.add(holder);
    return holder.getLocalPort();
  }

  private void readLog() {
    int adminPort = 0;
    try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) {
        synchronized (log) {
          log.add(line);
        }
        Matcher matcher = OPERATE.matcher(line);
        if (matcher.find()) adminPort = Integer.parseInt(matcher.group(1));
        if (line.contains("Ctrl-C stops it")) ready.complete(adminPort);
      }
    } catch (IOException e) {
      // It was killed in the middle of a line.
    }
    ready.completeExceptionally(new IOException("the hub ended before it was ready"));
  }

  /** Waits until it says that it takes requests; answers its admin port. */
  int awaitReady() throws InterruptedException {
    try {
      return ready.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("no clean start: " + log(), e);
    }
  }

  boolean isReady() {
    return ready.isDone() && !ready.isCompletedExceptionally();
  }

  int port() {
    return port;
  }

  /** Of the JVM. */
  long pid() {
    return jvm().pid();
  }

  /** What stands before it may have become its parent, as strace does. */
  private ProcessHandle jvm() {
    return process.descendants().findFirst().orElse(process.toHandle());
  }

  String log() {
    synchronized (log) {
      return String.join("\n", log);
    }
  }

  /** {@code kill -9}, and waits for the end. */
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().join();
  }

  /** SIGTERM. */
  void terminate() {
    jvm().destroy();
  }

  int waitFor() throws InterruptedException {
    return process.waitFor();
  }

  @Override
  public void close() {
    kill();
  }
}
