package io.runnel.spring;

import static io.runnel.spring.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.servlet.EventStreams;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Streams end with the login session that they were opened in. */
class LoggingOutTest {
  private static String login(int port) throws IOException {
    try (Wire wire = new Wire(port, "/login/anna")) {
      wire.body();
      return "Cookie: " + wire.header("Set-Cookie").split(";")[0];
    }
  }

  private static void logout(int port, String session) throws IOException {
    try (Wire wire = new Wire(port, "/logout", session)) {
      assertThat(wire.body()).isEqualTo("gone");
    }
  }

  @Test
  void mvcStreamsEndWithTheirSession() throws Exception {
    try (var app = new MvcApp()) {
      String session = login(app.port);
      String others = login(app.port);
      try (Wire own = app.get("/mine", session);
          Wire register = app.get("/register/out", session);
          Wire other = app.get("/mine", others);
          Wire without = app.get("/events/nobody")) {
        own.opening();
        logout(app.port, session);
        app.hub().sendToEverybody("notice", "still there?");
        own.toEnd();
        register.toEnd();
        assertThat(other.next().data()).isEqualTo("still there?");
        app.hub().publish("orders", "1");
        assertThat(without.next().data()).isEqualTo("1");
        var streams = app.context.getBean(EventStreams.class);
        eventually(() -> assertThat(streams.statistics().loggedOut()).isEqualTo(2));
        eventually(() -> assertThat(app.streams().called).contains("completed out"));
        assertThat(app.streams().called).noneMatch(call -> call.startsWith("failed"));
      }
    }
  }

  @Test
  void webFluxStreamsEndWithTheirSession() throws Exception {
    try (var app = new WebFluxApp()) {
      String session = login(app.port);
      String others = login(app.port);
      try (Wire own = app.get("/mine", session);
          Wire other = app.get("/mine", others)) {
        own.opening();
        other.opening();
        logout(app.port, session);
        own.toEnd();
        app.hub().sendToEverybody("notice", "still there?");
        assertThat(other.next().data()).isEqualTo("still there?");
        app.hub().endStreamsOfSession(others.replaceAll(".*=", ""));
        other.toEnd();
        eventually(() -> assertThat(app.hub().streams().open()).isZero());
      }
    }
  }

  /** A session that is kept elsewhere may fail in many ways. */
  @Test
  void aSessionThatCannotBeAskedKeepsNoOtherStreamFromEnding() throws Exception {
    try (var app = new WebFluxApp()) {
      String session = login(app.port);
      try (Wire broken = app.get("/mine", "Broken-Session: yes");
          Wire own = app.get("/mine", session)) {
        broken.opening();
        own.opening();
        TimeUnit.MILLISECONDS.sleep(1_500);
        logout(app.port, session);
        own.toEnd();
        app.hub().sendToEverybody("notice", "still there?");
        assertThat(broken.next().data()).isEqualTo("still there?");
      }
    }
  }

  @Test
  void anApplicationMayWantItOtherwise() throws Exception {
    try (var app = new MvcApp("--runnel.end-with-session=false")) {
      String session = login(app.port);
      try (Wire own = app.get("/mine", session)) {
        own.opening();
        logout(app.port, session);
        TimeUnit.MILLISECONDS.sleep(2_500);
        app.hub().sendToEverybody("notice", "still there?");
        assertThat(own.next().data()).isEqualTo("still there?");
        app.hub().endStreamsOfSession(session.replaceAll(".*=", ""));
        own.toEnd();
      }
    }
  }
}
