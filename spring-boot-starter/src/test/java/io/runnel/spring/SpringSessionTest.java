package io.runnel.spring;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.session.MapSession;
import org.springframework.session.MapSessionRepository;
import org.springframework.session.config.annotation.web.http.EnableSpringHttpSession;
import org.springframework.session.events.SessionDeletedEvent;

/** Login sessions that Spring Session keeps, of which the container knows nothing. */
class SpringSessionTest {
  /** A store in memory that tells of the sessions that end, as those of Redis and Hazelcast do. */
  private static final class Telling extends MapSessionRepository {
    private final ApplicationEventPublisher events;

    Telling(ApplicationEventPublisher events) {
      super(new ConcurrentHashMap<>());
      this.events = events;
    }

    @Override
    public void deleteById(String id) {
      MapSession session = findById(id);
      super.deleteById(id);
      if (session != null) events.publishEvent(new SessionDeletedEvent(this, session));
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableSpringHttpSession
  static class TellingStore {
    @Bean
    MapSessionRepository sessions(ApplicationEventPublisher events) {
      return new Telling(events);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableSpringHttpSession
  static class SilentStore {
    @Bean
    MapSessionRepository sessions() {
      return new MapSessionRepository(new ConcurrentHashMap<>());
    }
  }

  private static String login(MvcApp app) throws Exception {
    try (Wire wire = app.get("/login/anna")) {
      wire.toEnd();
      String cookie = wire.header("Set-Cookie").split(";")[0];
      assertThat(cookie).startsWith("SESSION=");
      return "Cookie: " + cookie;
    }
  }

  private static void logout(MvcApp app, String session) throws Exception {
    try (Wire wire = app.get("/logout", session)) {
      assertThat(wire.body()).isEqualTo("gone");
    }
  }

  @Test
  void streamsEndWithTheirSessionWhereItsStoreTellsOfTheEnd() throws Exception {
    try (var app = new MvcApp(new Class<?>[] {MvcApp.Main.class, TellingStore.class})) {
      String session = login(app);
      String others = login(app);
      try (Wire own = app.get("/mine", session);
          Wire other = app.get("/mine", others)) {
        own.opening();
        other.opening();
        logout(app, session);
        own.toEnd();
        app.hub().sendToEverybody("notice", "still there?");
        assertThat(other.next().data()).isEqualTo("still there?");
      }
    }
  }

  /** Such as the one over JDBC: the application, which logs out, says so. */
  @Test
  void whereAStoreSaysNothingTheApplicationEndsTheStreams() throws Exception {
    try (var app = new MvcApp(new Class<?>[] {MvcApp.Main.class, SilentStore.class})) {
      String session = login(app);
      try (Wire own = app.get("/mine", session)) {
        own.opening();
        logout(app, session);
        app.hub().sendToEverybody("notice", "not yet told");
        assertThat(own.next().data()).isEqualTo("not yet told");
        app.hub().endStreamsOfSession(idOf(session));
        own.toEnd();
      }
    }
  }

  /** The cookie is the id in Base64. */
  private static String idOf(String cookie) {
    byte[] id = Base64.getDecoder().decode(cookie.replaceAll(".*SESSION=", ""));
    return new String(id, US_ASCII);
  }
}
