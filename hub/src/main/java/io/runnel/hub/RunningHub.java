package io.runnel.hub;

import io.netty.handler.ssl.SslContext;
import io.runnel.engine.History;
import io.runnel.engine.HistoryProvider;
import io.runnel.engine.Hub;
import io.runnel.engine.HubStatistics;
import io.runnel.engine.MemoryHistory;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A hub and everything that it runs with: its history, its two servers, its sites. */
final class RunningHub implements AutoCloseable {
  private final HubConfig config;
  private final AdminServer admin;
  private final Hub hub;
  private final HubServer server;
  private final List<Site> sites;

  private RunningHub(
      HubConfig config, AdminServer admin, Hub hub, HubServer server, List<Site> sites) {
    this.config = config;
    this.admin = admin;
    this.hub = hub;
    this.server = server;
    this.sites = sites;
  }

  /**
   * Starts it all: when this returns, requests are answered. The admin port answers from the
   * beginning, and says that the hub is starting.
   *
   * @throws ConfigException if events are to be kept on disk and nothing can, or if the certificate
   *     or its key cannot be used
   * @throws IOException if the history cannot be opened or a port not be bound
   */
  static RunningHub start(HubConfig config) throws IOException, ConfigException {
    SslContext tls = Tls.context(config);
    CompletableFuture<?> loaded = HubServer.loadBeside(config);
    AdminServer admin = AdminServer.start(config);
    Hub hub = null;
    boolean started = false;
    try {
      hub = openHub(config);
      List<Site> sites = load(Site.class);
      loaded.join();
      HubServer server = HubServer.start(config, tls, hub, sites);
      var running = new RunningHub(config, admin, hub, server, sites);
      admin.watch(running.new Watched());
      started = true;
      return running;
    } finally {
      if (!started) {
        admin.close();
        if (hub != null) hub.close();
      }
    }
  }

  private static Hub openHub(HubConfig config) throws IOException, ConfigException {
    InstantSource clock = InstantSource.system();
    var random = new SplittableRandom();
    History history = history(config, clock, random.split());
    return new Hub(config.engineSettings(), history, clock, random);
  }

  private static History history(HubConfig config, InstantSource clock, SplittableRandom random)
      throws IOException, ConfigException {
    Path data = config.data();
    long most = config.historyMaxBytes();
    if (data == null) return new MemoryHistory(config.retention(), most, clock, random);
    List<HistoryProvider> providers = load(HistoryProvider.class);
    if (providers.size() != 1) {
      String found =
          providers.isEmpty()
              ? "nothing on the class path keeps events on disk; leave it out to keep them in memory"
              : "several histories are on the class path: " + providers;
      throw new ConfigException("data = " + data + ": " + found);
    }
    try {
      return providers.get(0).open(data, config.retention(), most, clock, random);
    } catch (IOException e) {
      throw new IOException(
          "data = "
              + data
              + ": "
              + e.getMessage()
              + "; choose another with --data DIRECTORY, or none with --memory",
          e);
    }
  }

  private static <T> List<T> load(Class<T> type) {
    var found = new ArrayList<T>();
    ServiceLoader.load(type).forEach(found::add);
    return found;
  }

  /** What a person wants to know who just started it. */
  String welcome() {
    String scheme = config.tlsCert() == null ? "http" : "https";
    String origin = origin(scheme, config.host(), server.port());
    var text = new StringBuilder();
    line(text, "Runnel " + Runnel.version() + " listens on " + origin + "/");
    for (Site site : sites) line(text, "  " + origin + site.path() + "/");
    line(text, "  subscribe  curl -N " + origin + "/events/orders");
    line(text, "  publish    curl -d hello " + origin + "/events/orders");
    line(text, "  operate    " + origin("http", config.adminHost(), admin.port()) + "/metrics");
    Path data = config.data();
    line(
        text,
        data == null
            ? "Events are kept in memory, until it stops; on disk with --data DIRECTORY."
            : "Events are kept in " + data + ", over a restart; in memory only with --memory.");
    line(text, "Ctrl-C stops it.");
    return text.toString();
  }

  private static void line(StringBuilder text, String line) {
    text.append(line).append(System.lineSeparator());
  }

  /** Addresses that mean "here" or "everywhere" are shown as what a browser here can open. */
  static String origin(String scheme, String host, int port) {
    String name = host;
    try {
      InetAddress address = InetAddress.getByName(host);
      if (address.isAnyLocalAddress() || host.equals("127.0.0.1")) name = "localhost";
    } catch (IOException e) {
      // It was bound, so this does not happen; its name will do.
    }
    if (name.indexOf(':') >= 0 && !name.startsWith("[")) name = "[" + name + "]";
    return scheme + "://" + name + ":" + port;
  }

  /** The port for subscribers and publishers. */
  int port() {
    return server.port();
  }

  /** The port for operators. */
  int adminPort() {
    return admin.port();
  }

  /** Lets the connections go, spread over the drain time, and takes no new ones. */
  void drain() {
    server.drain();
  }

  @Override
  public void close() {
    server.close();
    hub.close();
    admin.close();
  }

  private final class Watched implements AdminServer.Subject {
    @Override
    public ServerState state() {
      return server.isDraining() ? ServerState.DRAINING : ServerState.READY;
    }

    @Override
    public @Nullable String failure() {
      return hub.failure();
    }

    @Override
    public @Nullable String shortage() {
      return hub.shortage();
    }

    @Override
    public CompletableFuture<?> ping() {
      return server.ping();
    }

    @Override
    public ServerCounters counters() {
      return server.counters();
    }

    @Override
    public HubStatistics statistics() {
      return hub.statistics();
    }
  }
}
