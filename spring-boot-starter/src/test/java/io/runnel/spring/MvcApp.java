package io.runnel.spring;

import static org.springframework.http.MediaType.APPLICATION_JSON;
import static org.springframework.http.MediaType.TEXT_EVENT_STREAM_VALUE;

import io.runnel.engine.Start;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** A Boot application with MVC on a port of its own. */
final class MvcApp implements AutoCloseable {
  final ConfigurableApplicationContext context;
  final int port;

  MvcApp(String... arguments) {
    this(new Class<?>[] {Main.class}, arguments);
  }

  MvcApp(Class<?>[] sources, String... arguments) {
    var all = new java.util.ArrayList<>(List.of(arguments));
    all.add("--server.port=0");
    all.add("--server.address=127.0.0.1");
    all.add("--spring.main.banner-mode=off");
    all.add("--spring.main.web-application-type=servlet");
    context = new SpringApplication(sources).run(all.toArray(String[]::new));
    port = ((WebServerApplicationContext) context).getWebServer().getPort();
  }

  MvcHub hub() {
    return context.getBean(MvcHub.class);
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

  record Order(long number, String item, Instant placedAt) {}

  /** What most tests run: no database. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration(
      excludeName = {"org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration"})
  static class Main {
    @Bean
    Streams streams(MvcHub hub) {
      return new Streams(hub);
    }
  }

  @RestController
  static class Streams {
    final Map<String, SseEmitter> emitters = new ConcurrentHashMap<>();
    final List<String> called = new CopyOnWriteArrayList<>();
    final BlockingQueue<RunnelEmitter> answers = new LinkedBlockingQueue<>();
    final MvcHub hub;

    Streams(MvcHub hub) {
      this.hub = hub;
    }

    /** As the tutorials do it, with the type changed in one place. */
    @GetMapping(path = "/register/{name}", produces = TEXT_EVENT_STREAM_VALUE)
    SseEmitter register(@PathVariable String name) {
      SseEmitter emitter = new RunnelEmitter();
      emitters.put(name, emitter);
      emitter.onCompletion(
          () -> {
            emitters.remove(name);
            called.add("completed " + name);
          });
      emitter.onTimeout(() -> called.add("timed out " + name));
      emitter.onError(e -> called.add("failed " + name + reason(e)));
      return emitter;
    }

    private static String reason(Throwable failure) {
      return " " + ((EventStreamEndedException) failure).reason();
    }

    @GetMapping(path = "/timeout", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter timeout() {
      var emitter = new RunnelEmitter(200L);
      emitter.onTimeout(
          () -> {
            throw new IllegalStateException("onTimeout throws");
          });
      emitter.onTimeout(() -> called.add("timed out"));
      emitter.onCompletion(() -> called.add("completed"));
      emitter.onError(e -> called.add("failed"));
      return emitter;
    }

    @GetMapping(path = "/early", produces = TEXT_EVENT_STREAM_VALUE)
    ResponseEntity<SseEmitter> early() throws IOException {
      var emitter = new RunnelEmitter();
      emitter.send("first");
      emitter.send(
          SseEmitter.event()
              .id("7")
              .name("placed")
              .reconnectTime(1234)
              .comment("a\nb")
              .data(new Order(1, "tea", Instant.EPOCH), APPLICATION_JSON)
              .data("second line"));
      emitter.complete();
      return ResponseEntity.ok().header("X-Shop", "open").body(emitter);
    }

    @GetMapping(path = "/broken", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter broken() {
      var emitter = new RunnelEmitter();
      emitter.completeWithError(new IllegalStateException("no such thing"));
      return emitter;
    }

    @GetMapping(path = "/events/{user}", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter events(@PathVariable String user, HttpServletRequest request) {
      var emitter = hub.emitter(request).topics("orders", RunnelHub.userTopic(user));
      emitters.put("events " + user, emitter);
      return emitter;
    }

    @GetMapping(path = "/answers/{id}", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter answer(@PathVariable String id, HttpServletRequest request) {
      return hub.emitter(request).topics("answers/" + id).from(Start.OLDEST);
    }

    @GetMapping(path = "/raw/{user}", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter raw(@PathVariable String user, HttpServletRequest request) {
      return hub.emitter(request).topics("user/" + user);
    }

    @GetMapping(path = "/all", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter all(HttpServletRequest request) {
      return hub.emitter(request).matching("user/*");
    }

    @GetMapping(path = "/unwritable", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter unwritable() throws IOException {
      var emitter = new RunnelEmitter();
      emitter.send(new Object(), APPLICATION_JSON);
      emitter.send(SseEmitter.event().data(Thread.currentThread(), MediaType.IMAGE_PNG));
      return emitter;
    }

    @GetMapping(path = "/mine", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter mine(HttpServletRequest request) {
      request.getSession(true);
      return hub.emitter(request).personal();
    }

    /** As a language model answers: word by word, each when the test says so. */
    @GetMapping(path = "/resumable", produces = TEXT_EVENT_STREAM_VALUE)
    RunnelEmitter resumable() {
      return hub.resumable(
          emitter -> {
            emitter.onCompletion(() -> called.add("answered"));
            emitter.onError(e -> called.add("given up: " + e.getMessage()));
            answers.add(emitter);
          });
    }

    @GetMapping("/login/{name}")
    String login(@PathVariable String name, HttpServletRequest request) {
      request.getSession(true).setAttribute("name", name);
      return name;
    }

    @GetMapping("/logout")
    String logout(HttpSession session) {
      session.invalidate();
      return "gone";
    }

    @GetMapping("/hello")
    String hello() {
      return "hello";
    }
  }
}
