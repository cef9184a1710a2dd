package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.runnel.engine.Hub;
import io.runnel.engine.RecurringTask;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.TooManyTopicsException;
import io.runnel.hub.EventsResource.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine over HTTP: an event loop for each processor, and on each of them a lane.
 *
 * <p>Safe for any thread.
 */
public final class HubServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HubServer.class);

  /**
   * The most connections that a loop accepts in one go, and the most sockets that it hears of. Few
   * of the first, and the kernel drops who comes in a storm, to try again a second later; many of
   * either, and live subscribers wait for all who come back to be served.
   */
  private static final int MOST_ACCEPTED = 128;

  private static final int MOST_READY = 32;

  /** So many connections more than the most are told to come back later, or a twentieth more. */
  static final int SPARE_CONNECTIONS = 8;

  /**
   * What a connection on Linux has from the socket that listens, at no system call of its own:
   * TCP_NODELAY, SO_KEEPALIVE, a TCP_USER_TIMEOUT of 30 s, and a TCP_NOTSENT_LOWAT of 128 KiB: the
   * kernel would take 4 MiB for a client that has stopped reading, and has not that much for many.
   */
  private static final Map<ChannelOption<Integer>, Integer> INHERITED =
      Map.of(
          new IntegerUnixChannelOption("TCP_NODELAY", 6, 1), 1,
          new IntegerUnixChannelOption("SO_KEEPALIVE", 1, 9), 1,
          new IntegerUnixChannelOption("TCP_USER_TIMEOUT", 6, 18), 30_000,
          new IntegerUnixChannelOption("TCP_NOTSENT_LOWAT", 6, 25), 128 * 1024);

  private final HubConfig config;
  private final Hub hub;
  private final Protocols protocols;
  private final boolean isNative;
  private final Router router;
  private final Cors cors;
  private final Tokens publishTokens;
  private final Tokens subscribeTokens;
  private final ServerCounters counters = new ServerCounters();
  private final List<SiteHost> sites = new ArrayList<>();
  private final IdentityHashMap<EventExecutor, Loop> loops = new IdentityHashMap<>();
  private final EventLoopGroup group;
  private final ScheduledExecutorService timer;
  private final ChannelGroup connections =
      new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private final Channel listening;
  private volatile boolean draining;

  private HubServer(HubConfig config, Hub hub, List<Site> sites, @Nullable SslContext tls)
      throws IOException {
    this.config = config;
    protocols = new Protocols(this, tls);
    this.hub = hub;
    cors = new Cors(new LinkedHashSet<>(config.corsOrigins()));
    publishTokens = new Tokens(config.publishTokens());
    subscribeTokens = new Tokens(config.subscribeTokens());
    for (Site site : sites) this.sites.add(new SiteHost(site, this));
    router = new Router(HostNames.of(config), new EventsResource(hub, this), this.sites);
    isNative = config.nativeIo() && Epoll.isAvailable();
    group =
        new MultiThreadIoEventLoopGroup(
            config.threads(), new DefaultThreadFactory("runnel-loop", true), ioHandler());
    for (EventExecutor loop : group)
      loops.put(loop, Loop.on((SingleThreadEventLoop) loop, this, hub, isNative));
    timer =
        Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("runnel-timer", true));
    var tick =
        new RecurringTask(
            hub::tick, failure -> log.error("the hub's clock missed a tick", failure));
    timer.scheduleWithFixedDelay(tick, 1, 1, TimeUnit.SECONDS);
    SiteContext context = new SiteContext(hub, timer);
    for (Site site : sites) site.start(context);
    listening = bind();
  }

  /**
   * Begins to load Netty and its native library on a thread of its own: a third of a start, and a
   * history on disk, which is opened meanwhile, needs none of it.
   *
   * @return completes when that is done, well or not: if not, {@link #start} gets along without
   */
  static CompletableFuture<?> loadBeside(HubConfig config) {
    if (!config.nativeIo()) return CompletableFuture.completedFuture(null);
    return CompletableFuture.supplyAsync(
            Epoll::isAvailable, task -> new Thread(task, "runnel-loader").start())
        .exceptionally(failure -> false);
  }

  /**
   * Starts: when this returns, requests are answered.
   *
   * @param hub stays the caller's: {@link #close} does not close it
   * @throws IOException if the address cannot be bound, or the certificate or its key not be used
   */
  public static HubServer start(HubConfig config, Hub hub, List<Site> sites) throws IOException {
    try {
      return start(config, Tls.context(config), hub, sites);
    } catch (ConfigException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** The same with what is needed for TLS, or null. */
  static HubServer start(HubConfig config, @Nullable SslContext tls, Hub hub, List<Site> sites)
      throws IOException {
    return new HubServer(config, hub, sites, tls);
  }

  /** The port that is listened on. */
  public int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  /** Connections open now, of subscribers and others. */
  public int connections() {
    return counters.connections.get();
  }

  /**
   * Stops gracefully: takes no new connections, closes the streams spread over the drain time, each
   * with its own {@code retry:}. Blocks until nobody is left or the time is over.
   */
  public void drain() {
    draining = true;
    listening.close().awaitUninterruptibly();
    connections.forEach(channel -> channel.eventLoop().execute(() -> goAway(channel)));
    hub.drain(config.drain());
    long end = System.nanoTime() + config.drain().toNanos() + TimeUnit.SECONDS.toNanos(1);
    while (hub.statistics().subscriptions() > 0 && System.nanoTime() < end) sleep();
  }

  /** Whether it is stopping. */
  public boolean isDraining() {
    return draining;
  }

  /** Clients of HTTP/2 are told, those of HTTP/1.1 notice. */
  private static void goAway(Channel channel) {
    Http2Connection connection = channel.pipeline().get(Http2Connection.class);
    if (connection != null) connection.goAway();
  }

  /** Closes every connection that is left, and its threads. */
  @Override
  public void close() {
    draining = true;
    listening.close().awaitUninterruptibly();
    sites.forEach(SiteHost::close);
    connections.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    timer.shutdownNow();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
  }

  /** Completes when every event loop has answered. */
  CompletableFuture<?> ping() {
    return CompletableFuture.allOf(
        loops.keySet().stream()
            .map(loop -> CompletableFuture.runAsync(() -> {}, loop))
            .toArray(CompletableFuture<?>[]::new));
  }

  private static void sleep() {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---------------------------------------------------------------- for its connections

  /** The kind of socket that is listened on. */
  String listensOn() {
    return listening.getClass().getSimpleName();
  }

  HubConfig config() {
    return config;
  }

  Router router() {
    return router;
  }

  Cors cors() {
    return cors;
  }

  ServerCounters counters() {
    return counters;
  }

  /** Whether anybody may publish who gets here. */
  boolean needsNoPublishToken() {
    return publishTokens.isEmpty();
  }

  /** Whether anybody may subscribe who gets here. */
  boolean needsNoSubscribeToken() {
    return subscribeTokens.isEmpty();
  }

  /** Whether an {@code Authorization} allows to publish. */
  boolean mayPublish(String authorization) {
    return publishTokens.isEmpty() || publishTokens.contains(Tokens.bearer(authorization));
  }

  /** Whether the request carries one of the tokens, if any are needed. */
  boolean mayPublish(HttpExchange exchange) {
    return publishTokens.isEmpty() || publishTokens.contains(Tokens.bearer(exchange));
  }

  /**
   * The same for a subscriber. A browser lets neither {@code EventSource} nor {@code WebSocket}
   * send the header: the parameter {@code token} stands for it. Who may publish may read.
   */
  boolean maySubscribe(HttpExchange exchange) {
    if (subscribeTokens.isEmpty()) return true;
    String bearer = Tokens.bearer(exchange);
    String token = bearer != null ? bearer : exchange.query("token");
    return subscribeTokens.contains(token) || publishTokens.contains(token);
  }

  /**
   * Begins a subscription when the exchange's turn has come. Event loop.
   *
   * @param onRefusal called if the answer is no stream
   */
  void subscribe(
      HttpExchange exchange, SubscriptionRequest request, Transport transport, Runnable onRefusal) {
    exchange.carrier().takeOver(exchange, () -> begin(exchange, request, transport, onRefusal));
  }

  private void begin(
      HttpExchange exchange, SubscriptionRequest request, Transport transport, Runnable onRefusal) {
    if (draining || isOverloaded()) {
      if (transport == Transport.WEBSOCKET) turnAwayWebSocket(exchange);
      else comeBackLater(exchange);
      onRefusal.run();
      return;
    }
    try {
      if (transport == Transport.STREAM) exchange.carrier().stream(exchange, request, onRefusal);
      else if (transport == Transport.WEBSOCKET) EventSocket.begin(exchange, request);
      else Poll.begin(exchange, request, transport == Transport.LONG_POLL);
    } catch (TooManyTopicsException e) {
      exchange.problem(503, "Too many topics", String.valueOf(e.getMessage()));
      onRefusal.run();
    } catch (IllegalArgumentException e) {
      exchange.problem(400, "Bad request", String.valueOf(e.getMessage()));
      onRefusal.run();
    }
  }

  private boolean isOverloaded() {
    return counters.connections.get() > config.maxConnections();
  }

  /**
   * An answer that every {@code EventSource} understands: any other status than 200 would make it
   * give up for good.
   */
  private void comeBackLater(HttpExchange exchange) {
    counters.connectionsRefused.increment();
    byte[] retry = ("retry: " + laterMillis() + "\n\n").getBytes(US_ASCII);
    var response = HttpExchange.response(200, "text/event-stream", retry);
    response.headers().set("Connection", "close");
    exchange.respond(response);
  }

  private void turnAwayWebSocket(HttpExchange exchange) {
    counters.connectionsRefused.increment();
    EventSocket.turnAway(exchange, laterMillis(), draining);
  }

  private long laterMillis() {
    long least = config.reconnectionTime().toMillis();
    return least + ThreadLocalRandom.current().nextLong(4 * least + 1000);
  }

  /** Opens a WebSocket, when its turn has come, to say why it may not be. */
  void forbidWebSocket(HttpExchange exchange, String reason) {
    exchange.carrier().takeOver(exchange, () -> EventSocket.forbid(exchange, reason));
  }

  /** The head of the answer that begins an event stream, and the padding if it is asked for. */
  byte[] streamHead(HttpExchange exchange, boolean chunked) {
    String head =
        "HTTP/1.1 200 OK\r\n"
            + "Content-Type: text/event-stream\r\n"
            + "Cache-Control: no-store, no-transform\r\n"
            + "X-Accel-Buffering: no\r\n"
            + cors.headLines(exchange)
            // A stream ends with its connection: nobody may send another request into that end.
            + "Connection: close\r\n"
            + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n")
            + Padding.of(exchange, chunked);
    return head.getBytes(US_ASCII);
  }

  /** The same as header fields. */
  void addStreamHeaders(HttpExchange exchange, HttpHeaders headers) {
    headers.set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store, no-transform");
    headers.set("x-accel-buffering", "no");
    cors.addTo(exchange, headers);
  }

  // ---------------------------------------------------------------- Netty

  private IoHandlerFactory ioHandler() {
    return isNative
        ? EpollIoHandler.newFactory(MOST_READY, DefaultSelectStrategyFactory.INSTANCE)
        : NioIoHandler.newFactory();
  }

  private Class<? extends ServerChannel> channelType() {
    return isNative ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  private Channel bind() throws IOException {
    var bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(channelType())
            .option(ChannelOption.SO_BACKLOG, 65_535)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(
                ChannelOption.RECVBUF_ALLOCATOR,
                new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(MOST_ACCEPTED))
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                });
    if (isNative) INHERITED.forEach(bootstrap::option);
    else
      bootstrap
          .childOption(ChannelOption.TCP_NODELAY, true)
          .childOption(ChannelOption.SO_KEEPALIVE, true);
    SocketAddress address = new InetSocketAddress(config.host(), config.port());
    var bound = bootstrap.bind(address).awaitUninterruptibly();
    if (bound.isSuccess()) return bound.channel();
    releaseThreads();
    if (String.valueOf(bound.cause().getMessage()).contains("Address already in use")) {
      throw new PortInUseException(ConfigKey.PORT, config.host(), config.port(), bound.cause());
    }
    throw new IOException(
        "cannot listen on " + address + ": " + bound.cause().getMessage(), bound.cause());
  }

  private void releaseThreads() {
    sites.forEach(SiteHost::close);
    timer.shutdownNow();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private void accept(Channel channel) {
    // Some more than the limit may connect, to be told in a way that they understand.
    int open = counters.connections.incrementAndGet();
    channel.closeFuture().addListener(closed -> counters.connections.decrementAndGet());
    if (open > config.maxConnections() + spareConnections()) {
      counters.connectionsRefused.increment();
      channel.close();
      return;
    }
    connections.add(channel);
    protocols.begin(channel);
  }

  private int spareConnections() {
    return Math.max(SPARE_CONNECTIONS, config.maxConnections() / 20);
  }

  /** The loop of a channel. */
  Loop loop(Channel channel) {
    Loop loop = loops.get(channel.eventLoop());
    if (loop == null) throw new IllegalStateException("unknown loop " + channel.eventLoop());
    return loop;
  }
}
