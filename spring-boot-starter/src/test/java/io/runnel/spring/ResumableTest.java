package io.runnel.spring;

import static io.runnel.spring.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.eventstream.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import reactor.core.publisher.Sinks;

/** Answers that are written while they are read, and survive it when their client is cut off. */
@Tag("slow")
class ResumableTest {
  private static final String[] SHORT = {"--runnel.resumable-for=2s", "--runnel.heartbeat=1s"};

  /** Both web stacks, with what makes an answer. */
  enum Stack {
    MVC,
    WEB_FLUX;

    App start(String... arguments) {
      return this == MVC ? new Mvc(new MvcApp(arguments)) : new WebFlux(new WebFluxApp(arguments));
    }
  }

  private interface App extends AutoCloseable {
    Wire get(String path, String... headers) throws IOException;

    /** Who writes the answer that was begun last. */
    Writer writer() throws Exception;

    List<String> called();

    @Override
    void close();
  }

  private interface Writer {
    void write(Object token) throws IOException;

    void end();
  }

  private record Mvc(MvcApp app) implements App {
    @Override
    public Wire get(String path, String... headers) throws IOException {
      return app.get(path, headers);
    }

    @Override
    public Writer writer() throws Exception {
      RunnelEmitter emitter = app.streams().answers.poll(60, TimeUnit.SECONDS);
      return new Writer() {
        @Override
        public void write(Object token) throws IOException {
          emitter.send(token);
        }

        @Override
        public void end() {
          emitter.complete();
        }
      };
    }

    @Override
    public List<String> called() {
      return app.streams().called;
    }

    @Override
    public void close() {
      app.close();
    }
  }

  private record WebFlux(WebFluxApp app) implements App {
    @Override
    public Wire get(String path, String... headers) throws IOException {
      return app.get(path, headers);
    }

    @Override
    public Writer writer() throws Exception {
      Sinks.Many<Object> sink = app.streams().answers().poll(60, TimeUnit.SECONDS);
      return new Writer() {
        @Override
        public void write(Object token) {
          sink.tryEmitNext(token).orThrow();
        }

        @Override
        public void end() {
          sink.tryEmitComplete().orThrow();
        }
      };
    }

    @Override
    public List<String> called() {
      return app.streams().called();
    }

    @Override
    public void close() {
      app.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatIsCutAnywhereComesWholeAndNothingOfItTwice(Stack stack) throws Exception {
    int tokens = 300;
    var random = new Random(20261121);
    try (App app = stack.start()) {
      List<String> seen = new ArrayList<>();
      Wire wire = app.get("/resumable");
      assertThat(wire.next()).extracting(Event::type).isEqualTo("begin");
      Writer writer = app.writer();
      var writing =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < tokens; i++) {
                    writer.write("token " + i);
                    if (i % 10 == 0) Thread.sleep(5);
                  }
                } catch (IOException | InterruptedException e) {
                  throw new AssertionError(e);
                }
                writer.end();
              });
      writing.start();
      String id = "";
      while (seen.size() < tokens) {
        int more = Math.min(1 + random.nextInt(40), tokens - seen.size());
        for (Event event : wire.take(more)) {
          seen.add(event.data());
          id = event.id();
        }
        wire.cut();
        wire = app.get("/resumable", "Last-Event-ID: " + id);
      }
      List<String> whole = new ArrayList<>();
      for (int i = 0; i < tokens; i++) whole.add("token " + i);
      assertThat(seen).isEqualTo(whole);
      writing.join();
      wire.close();
      // Whoever has all of it is told so, which stops an EventSource.
      try (Wire again = app.get("/resumable?lastEventId=" + id)) {
        assertThat(again.status()).isEqualTo(204);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerIsForNobodyButWhomItWasBegunFor(Stack stack) throws Exception {
    try (App app = stack.start()) {
      String anna = session(app, "anna");
      String ben = session(app, "ben");
      String id;
      Writer toAnna;
      try (Wire wire = app.get("/resumable", anna)) {
        toAnna = app.writer();
        toAnna.write("a secret of anna");
        id = wire.take(2).get(1).id();
      }
      toAnna.write("another one");
      try (Wire wire = app.get("/resumable", ben, "Last-Event-ID: " + id)) {
        Event gap = wire.next();
        assertThat(gap.type()).isEqualTo("runnel.gap");
        assertThat(gap.data()).contains("\"reason\":\"unknown\"");
        app.writer().write("for ben");
        assertThat(wire.take(2)).extracting(Event::data).containsExactly("{}", "for ben");
        assertThat(wire.text()).doesNotContain("secret", "another");
      }
      try (Wire wire = app.get("/resumable", anna, "Last-Event-ID: " + id)) {
        assertThat(wire.next().data()).isEqualTo("another one");
      }
    }
  }

  private static String session(App app, String name) throws IOException {
    try (Wire wire = app.get("/login/" + name)) {
      wire.body();
      return "Cookie: " + wire.header("Set-Cookie").split(";")[0];
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatNobodyComesBackForIsGivenUpAndItsWriterIsTold(Stack stack) throws Exception {
    try (App app = stack.start(SHORT)) {
      String id;
      Writer writer;
      try (Wire wire = app.get("/resumable")) {
        writer = app.writer();
        writer.write("one");
        id = wire.take(2).get(1).id();
      }
      String told =
          stack == Stack.MVC
              ? "given up: the event stream is over: its client has left"
              : "cancelled";
      eventually(() -> assertThat(app.called()).contains(told));
      try (Wire late = app.get("/resumable", "Last-Event-ID: " + id)) {
        assertThat(late.next().type()).isEqualTo("runnel.gap");
        app.writer().write("anew");
        assertThat(late.take(2)).extracting(Event::data).containsExactly("{}", "anew");
      }
    }
  }

  @Test
  void anEmitterOfAnAnswerIsStillAnSseEmitter() throws Exception {
    try (var app = new MvcApp();
        Wire wire = app.get("/resumable")) {
      RunnelEmitter emitter = app.streams().answers.take();
      emitter.send(SseEmitter.event().name("word").data(new MvcApp.Order(1, "tea", null)));
      assertThat(wire.take(2).get(1))
          .satisfies(event -> assertThat(event.type()).isEqualTo("word"))
          .satisfies(event -> assertThat(event.data()).startsWith("{\"number\":1,"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> emitter.send(SseEmitter.event().id("1").data("x")))
          .withMessageContaining("would hide the cursor");
      emitter.complete();
      assertThatThrownBy(() -> emitter.send("late"))
          .isInstanceOf(EventStreamEndedException.class)
          .hasMessage("the event stream is over: it was completed");
      wire.toEnd();
      eventually(() -> assertThat(app.streams().called).contains("answered"));
      assertThat(app.streams().called).noneMatch(call -> call.startsWith("given up"));
    }
  }
}
