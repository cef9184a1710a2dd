package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicPattern;
import io.runnel.eventstream.Event;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of other origins, and browsers that can send no header, in every container. */
@Tag("slow")
class OtherOriginsTest {
  private static final String LISTED = "https://shop.example";
  private static final String STRANGER = "https://shop.example.evil";

  private interface Body {
    void run(Container container, Hub hub) throws Exception;
  }

  private static void in(Containers each, Body body) throws Exception {
    Container container = each.make();
    try (Hub hub = ContainerTest.newHub();
        var streams = new EventStreams(hub, EventStreamsSettings.DEFAULT)) {
      container.start(Map.of("/events/*", new Guarded(), "/source", new Greetings()), 20, streams);
      body.run(container, hub);
      await(() -> streams.statistics().open() == 0);
      container.stop();
    }
  }

  /** For who has the token: in the address or, posted, in the body. */
  private static final class Guarded extends TopicServlet {
    @Override
    public String getInitParameter(String name) {
      return name.equals("cors-origin") ? "http://localhost:1, " + LISTED : null;
    }

    @Override
    protected boolean maySubscribe(HttpServletRequest request, List<TopicPattern> topics) {
      return "sesame".equals(request.getParameter("token"))
          && request.getParameterValues("nothing") == null
          && request.getParameterMap().containsKey("token");
    }

    @Override
    protected boolean mayPublish(HttpServletRequest request, Topic topic) {
      return true;
    }
  }

  private static final class Greetings extends EventSourceServlet {
    @Override
    protected boolean isTrustedOrigin(HttpServletRequest request, String origin) {
      return origin.equals(LISTED);
    }

    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      return emitter -> {
        emitter.data("hello");
        emitter.close();
      };
    }
  }

  private static String head(Container container, String request) throws Exception {
    try (var connection = new RawConnection(container.port())) {
      return connection.send(request).until("\r\n\r\n");
    }
  }

  private static String get(String path, String origin) {
    String line = origin == null ? "" : "Origin: " + origin + "\n";
    return "GET " + path + " HTTP/1.1\nHost: localhost\n" + line + "\n";
  }

  private static String post(String path, String body, String... headers) {
    String lines = headers.length == 0 ? "" : String.join("\n", headers) + "\n";
    int length = body.getBytes(UTF_8).length;
    return "POST %s HTTP/1.1\nHost: localhost\nContent-Length: %d\n%s\n%s"
        .formatted(path, length, lines, body);
  }

  @ParameterizedTest
  @EnumSource
  void aPageOnTheListReadsEveryAnswerAndNoOtherPageDoes(Containers each) throws Exception {
    in(
        each,
        (container, hub) -> {
          for (String path :
              List.of(
                  "/events/a?token=sesame",
                  "/events/a?token=sesame&transport=poll",
                  "/events/a?from=yesterday",
                  "/events/a",
                  "/source")) {
            assertThat(head(container, get(path, LISTED)))
                .as(path)
                .containsOnlyOnce("Vary: Origin")
                .containsOnlyOnce("Access-Control-Allow-Origin: " + LISTED)
                .contains("Access-Control-Allow-Credentials: true")
                .contains("Access-Control-Expose-Headers: ETag, Location, Retry-After");
            for (String none : new String[] {STRANGER, "null", null}) {
              assertThat(head(container, get(path, none)))
                  .as(path)
                  .contains("Vary: Origin")
                  .doesNotContain("Access-Control");
            }
          }
          assertThat(head(container, post("/events/a", "x", "Origin: " + LISTED)))
              .contains(" 200 ", "Access-Control-Allow-Origin: " + LISTED);
          assertThat(head(container, post("/events/a", "x", "Origin: " + STRANGER)))
              .contains(" 403 ")
              .doesNotContain("Access-Control");
        });
  }

  @ParameterizedTest
  @EnumSource
  void aPreflightOfAPageOnTheListIsGranted(Containers each) throws Exception {
    in(
        each,
        (container, hub) -> {
          String preflight =
              "OPTIONS /events/a HTTP/1.1\nHost: localhost\nAccess-Control-Request-Method: GET\n"
                  + "Access-Control-Request-Headers: last-event-id\nOrigin: %s\n\n";
          assertThat(head(container, preflight.formatted(LISTED)))
              .contains(" 204 ", "Access-Control-Allow-Origin: " + LISTED)
              .contains("Access-Control-Allow-Methods: GET, POST\r\n")
              .containsPattern("Access-Control-Allow-Headers: .*Last-Event-ID")
              .contains("Access-Control-Max-Age: 600");
          assertThat(head(container, preflight.formatted(STRANGER)))
              .contains(" 204 ", "Vary: Origin")
              .doesNotContain("Access-Control");
        });
  }

  @ParameterizedTest
  @EnumSource
  void whatXDomainRequestCanSendSubscribesWithTokenAndCursorInItsBody(Containers each)
      throws Exception {
    in(
        each,
        (container, hub) -> {
          String first = hub.publish(new Topic("orders"), Event.of("1")).join().id();
          hub.publish(new Topic("orders"), Event.of("2")).join();
          hub.publish(new Topic("stock"), Event.of("3")).join();
          String fields = "token=sesame&lastEventId=" + first + "&topic=stock";
          String path = "/events?topic=orders&_method=GET&padding=true";
          for (String type : List.of("X-No-Type: x", "Content-Type: Text/Plain; a=b")) {
            try (var page = new RawConnection(container.port())) {
              page.send(post(path, fields, "Origin: " + LISTED, type));
              assertThat(page.until("\r\n\r\n"))
                  .contains(" 200 ", "text/event-stream")
                  .contains("Access-Control-Allow-Origin: " + LISTED);
              assertThat(page.until("data: 3\n\n"))
                  .contains(":" + " ".repeat(2048), "\"recovered\":true", "data: 2\n")
                  .doesNotContain("data: 1\n");
            }
          }
          hub.publish(new Topic("stock"), Event.of("the end")).join();
          hub.publish(new Topic("stock"), Event.of("of them")).join();
          assertThat(head(container, post("/events/orders?_method=GET", "token=wrong")))
              .contains(" 403 ");
          // Where a page asks its own origin, it sends none, and wants to be allowed all the same.
          assertThat(head(container, get("/events/a?token=sesame&padding=true", null)))
              .contains("Access-Control-Allow-Origin: http://localhost");
        });
  }

  @Test
  void aPostIsNeverTakenForTheOther() throws Exception {
    in(
        Containers.TOMCAT,
        (container, hub) -> {
          String before = hub.cursor();
          for (String name : List.of("transport", "padding", "lastEventId")) {
            assertThat(head(container, post("/events/a?" + name + "=x", "token=sesame")))
                .contains(" 400 ");
          }
          for (String name : List.of("event", "id", "complete")) {
            assertThat(head(container, post("/events/a?_method=GET&" + name + "=x", "")))
                .contains(" 400 ");
          }
          String json = "Content-Type: application/json";
          assertThat(head(container, post("/events/a?_method=GET", "{}", json))).contains(" 415 ");
          assertThat(head(container, post("/events/a?_method=GET", "x".repeat(8193))))
              .contains(" 413 ");
          assertThat(hub.cursor()).isEqualTo(before);
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "shop.example",
        "https://shop.example/",
        "https://Shop.example",
        "null",
        "https://shop.example:443"
      })
  void whatIsNoOriginIsRefusedByItsName(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CorsOrigins.parse("https://a.example, " + text))
        .withMessageContaining("cors-origin=" + text + " is no origin");
  }
}
