package io.runnel.spring;

import static org.springframework.http.MediaType.TEXT_EVENT_STREAM_VALUE;

import io.netty.channel.ChannelOption;
import io.runnel.engine.Start;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebExchangeDecorator;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A Boot application with WebFlux on Reactor Netty, on a port of its own. */
final class WebFluxApp implements AutoCloseable {
  final ConfigurableApplicationContext context;
  final int port;

  WebFluxApp(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.add("--server.port=0");
    all.add("--server.address=127.0.0.1");
    all.add("--spring.main.banner-mode=off");
    all.add("--spring.main.web-application-type=reactive");
    context = new SpringApplication(Main.class).run(all.toArray(String[]::new));
    port = ((WebServerApplicationContext) context).getWebServer().getPort();
  }

  WebFluxHub hub() {
    return context.getBean(WebFluxHub.class);
  }

  Streams streams() {
    return context.getBean(Streams.class);
  }

  Wire get(String path, String... headers) throws IOException {
    return new Wire(port, path, headers);
  }

  @Override
  public void close() {
    context.close();
  }

  record Order(long number, String item) {}

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration(
      excludeName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
  static class Main {
    @Bean
    WebFilter brokenSessions() {
      return (exchange, chain) ->
          chain.filter(
              exchange.getRequest().getHeaders().containsHeader("Broken-Session")
                  ? new WithBrokenSession(exchange)
                  : exchange);
    }

    /** How much the kernel keeps for each client; 0 is as much as it likes. */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> sendBuffers(
        @Value("${send-buffer:0}") int bytes) {
      return factory -> {
        if (bytes == 0) return;
        factory.addServerCustomizers(server -> server.childOption(ChannelOption.SO_SNDBUF, bytes));
      };
    }

    @Bean
    Streams streams(WebFluxHub hub) {
      return new Streams(hub, new LinkedBlockingQueue<>(), new CopyOnWriteArrayList<>());
    }
  }

  /** The session of which is there and cannot be asked whether it has expired. */
  private static final class WithBrokenSession extends ServerWebExchangeDecorator {
    WithBrokenSession(ServerWebExchange exchange) {
      super(exchange);
    }

    @Override
    public Mono<WebSession> getSession() {
      return super.getSession().map(WithBrokenSession::broken);
    }

    private static WebSession broken(WebSession session) {
      return (WebSession)
          Proxy.newProxyInstance(
              WebSession.class.getClassLoader(),
              new Class<?>[] {WebSession.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("isExpired")) throw new IllegalStateException("lost");
                return method.invoke(session, arguments);
              });
    }
  }

  @RestController
  record Streams(WebFluxHub hub, BlockingQueue<Sinks.Many<Object>> answers, List<String> called) {
    @GetMapping(path = "/events/{user}", produces = TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<String>> events(@PathVariable String user, ServerWebExchange exchange) {
      return hub.stream(exchange).topics("orders", RunnelHub.userTopic(user)).events();
    }

    @GetMapping(path = "/large", produces = TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<Order>> large(ServerWebExchange exchange) {
      return hub.stream(exchange)
          .topics("typed")
          .events(Order.class)
          .filter(event -> event.data() == null || event.data().number() >= 10);
    }

    @GetMapping(path = "/answers/{id}", produces = TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<String>> answer(@PathVariable String id, ServerWebExchange exchange) {
      return hub.stream(exchange).topics("answers/" + id).from(Start.OLDEST).events();
    }

    @GetMapping(path = "/mine", produces = TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<String>> mine(ServerWebExchange exchange) {
      return exchange
          .getSession()
          .doOnNext(session -> session.getAttributes().put("there", true))
          .thenMany(Flux.defer(() -> hub.stream(exchange).personal().events()));
    }

    @GetMapping(path = "/own", produces = TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<Order>> own() {
      return Flux.just(ServerSentEvent.builder(new Order(1, "tea")).id("5").event("x").build());
    }

    @GetMapping(path = "/resumable", produces = TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<String>> resumable(ServerWebExchange exchange) {
      return hub.resumable(
          exchange,
          () -> {
            Sinks.Many<Object> answer = Sinks.many().unicast().onBackpressureBuffer();
            answers.add(answer);
            return answer.asFlux().doOnCancel(() -> called.add("cancelled"));
          });
    }

    @GetMapping("/login/{name}")
    Mono<String> login(@PathVariable String name, WebSession session) {
      session.getAttributes().put("name", name);
      return Mono.just(name);
    }

    @GetMapping("/logout")
    Mono<String> logout(WebSession session) {
      return session.invalidate().thenReturn("gone");
    }

    @GetMapping("/hello")
    String hello() {
      return "hello";
    }
  }
}
