package io.runnel.servlet;

import static io.runnel.servlet.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.runnel.engine.Hub;
import io.runnel.eventstream.Event;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams that are for one login session: they end with it, and can be resumed within it. */
@Tag("slow")
class PrivateStreamTest {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final BlockingQueue<PrivateStream> begun = new LinkedBlockingQueue<>();
  private final BlockingQueue<StreamEnd> ends = new LinkedBlockingQueue<>();

  private interface Body {
    void run(Container container, EventStreams streams) throws Exception;
  }

  private void in(Containers each, EventStreamsSettings settings, Body test) throws Exception {
    Container container = each.make();
    try (Hub hub = ContainerTest.newHub();
        var streams = new EventStreams(hub, settings.withHeartbeat(Duration.ofSeconds(1)))) {
      container.start(
          Map.of(
              "/events/*",
              new TopicServlet(),
              "/source",
              new Sources(),
              "/resumable",
              new Resumable(),
              "/session",
              new Sessions()),
          20,
          streams);
      test.run(container, streams);
      container.stop();
    }
  }

  @ParameterizedTest
  @EnumSource
  void streamsEndWithTheSessionThatTheyWereOpenedIn(Containers each) throws Exception {
    in(
        each,
        EventStreamsSettings.DEFAULT,
        (container, streams) -> {
          String session = logIn(container);
          try (var topic = new Received(client, container.url("/events/a"), "Cookie", session);
              var source = new Received(client, container.url("/source"), "Cookie", session);
              var other =
                  new Received(client, container.url("/events/a"), "Cookie", logIn(container))) {
            topic.next();
            other.next();
            assertThat(get(container, "/session?end=yes", session).body()).isEqualTo("ended");
            topic.awaitEnd();
            source.awaitEnd();
            assertThat(ends.poll(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.LOGGED_OUT);
            await(() -> streams.statistics().loggedOut() == 2);
            assertThat(streams.statistics().open()).isEqualTo(1);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void aStreamThatIsCutIsResumedByItsClientAndByNobodyElse(Containers each) throws Exception {
    in(
        each,
        EventStreamsSettings.DEFAULT,
        (container, streams) -> {
          String session = logIn(container);
          String url = container.url("/resumable");
          Event first;
          PrivateStream stream;
          try (var cut = new Received(client, url, "Cookie", session)) {
            assertThat(cut.next().type()).isEqualTo(PrivateStream.BEGIN);
            stream = begun.take();
            stream.event("word", "one");
            first = cut.next();
          }
          assertThat(streams.privateStreams().size()).isEqualTo(1);
          stream.data("two");
          stream.data("three");
          try (var again =
                  new Received(client, url, "Cookie", session, "Last-Event-ID", first.id());
              var foreign =
                  new Received(
                      client, url, "Cookie", logIn(container), "Last-Event-ID", first.id())) {
            assertThat(List.of(again.nextData(), again.nextData())).containsExactly("two", "three");
            assertThat(foreign.next().type()).isEqualTo("runnel.gap");
            assertThat(foreign.next().type()).isEqualTo(PrivateStream.BEGIN);
            stream.close();
            assertThat(again.endsNow()).isTrue();
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void aStreamThatNobodyComesBackForIsGivenUp(Containers each) throws Exception {
    in(
        each,
        EventStreamsSettings.DEFAULT.withResumableFor(Duration.ofSeconds(1)),
        (container, streams) -> {
          try (var left = new Received(client, container.url("/resumable"))) {
            left.next();
          }
          PrivateStream stream = begun.take();
          stream.onEnd(ends::add);
          assertThat(ends.poll(60, TimeUnit.SECONDS)).isEqualTo(StreamEnd.LEFT);
          assertThat(streams.privateStreams().size()).isZero();
          assertThat(stream.isOpen()).isFalse();
          stream.data("nobody reads this");
        });
  }

  @Test
  void thereAreNoMoreThanTheLimitAndThoseWhoseClientsAreThereStay() {
    try (Hub hub = Hub.inMemory()) {
      var streams = new PrivateStreams(hub, 3, Duration.ofMinutes(10));
      PrivateStream there = streams.find(StreamRequest.PRIVATE, "anna").stream();
      Runnable leaves = streams.attach(there);
      for (int i = 0; i < 10; i++) {
        streams.tick();
        assertThat(streams.find(StreamRequest.PRIVATE, "anna").begins()).isTrue();
        assertThat(streams.size()).isLessThanOrEqualTo(3);
        assertThat(there.isOpen()).isTrue();
      }
      leaves.run();
      streams.tick();
      for (int i = 0; i < 3; i++) streams.find(StreamRequest.PRIVATE, "anna");
      assertThat(there.isOpen()).isFalse();
    }
  }

  @Test
  void anIdOfItsOwnWouldHideTheCursor() {
    try (Hub hub = Hub.inMemory()) {
      PrivateStream stream =
          new PrivateStreams(hub, 3, Duration.ofMinutes(10))
              .find(StreamRequest.PRIVATE, "").stream();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> stream.send(Event.of("x").withId("7")))
          .withMessageContaining("would hide the cursor");
      assertThatIllegalStateException().isThrownBy(() -> stream.id("7"));
    }
  }

  // ---------------------------------------------------------------- parts

  private String logIn(Container container) throws Exception {
    return get(container, "/session", "")
        .headers()
        .firstValue("Set-Cookie")
        .orElseThrow()
        .replaceAll(";.*", "");
  }

  private HttpResponse<String> get(Container container, String path, String cookie)
      throws Exception {
    var request = HttpRequest.newBuilder(URI.create(container.url(path)));
    if (!cookie.isEmpty()) request.header("Cookie", cookie);
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private final class Sources extends EventSourceServlet {
    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      return new EventSource() {
        @Override
        public void onOpen(Emitter emitter) {}

        @Override
        public void onClose(StreamEnd why) {
          ends.add(why);
        }
      };
    }
  }

  private final class Resumable extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      EventStreams.of(getServletContext()).openResumable(request, response, begun::add);
    }
  }

  private static final class Sessions extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      if (request.getParameter("end") == null) {
        request.getSession(true);
        response.getWriter().write("begun");
      } else {
        request.getSession(false).invalidate();
        response.getWriter().write("ended");
      }
    }
  }
}
