package io.runnel.spring;

import static io.runnel.spring.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.runnel.eventstream.Event;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Whatever is sent arrives, through the whole of Spring and a real socket. */
class HostileDataTest {
  private static final List<String> HOSTILE =
      List.of(
          "",
          " ",
          " leading and trailing ",
          "\n",
          "\n\n",
          "a\n\nb\n",
          "a\r\nb\rc\r\r\n",
          "data: x\ndata:y",
          "\ndata:\n",
          "id: 7\n\nevent: evil\ndata: x\n\n",
          ":comment\nretry: 1",
          "\uFEFFbom",
          "nul \0 inside",
          "\u2028\u2029\u0085\u000b\f",
          "emoji \uD83D\uDE00, lone \uD83D end",
          "ü".repeat(5000));

  /** And a few thousand bytes of nothing in particular, always the same. */
  private static List<String> all() {
    var random = new Random(1);
    String alphabet = " \n\r:dataevent\0\uFEFF\t";
    Stream<String> made =
        Stream.generate(
                () ->
                    random
                        .ints(random.nextInt(30), 0, alphabet.length())
                        .mapToObj(i -> String.valueOf(alphabet.charAt(i)))
                        .reduce("", String::concat))
            .limit(300);
    return Stream.concat(HOSTILE.stream(), made).toList();
  }

  private static List<Event> arriving(List<String> data) {
    return data.stream().map(text -> Event.of("x y", text)).toList();
  }

  private static void assertArrives(Wire wire, List<Event> expected) throws Exception {
    for (Event event : expected) assertThat(wire.next().withId(null)).isEqualTo(event);
  }

  @Test
  void throughMvcByAnEmitterAndByTopics() throws Exception {
    try (var app = new MvcApp();
        Wire own = app.get("/register/own");
        Wire topic = app.get("/events/anna")) {
      topic.opening();
      eventually(() -> assertThat(app.streams().emitters).containsKey("own"));
      SseEmitter emitter = app.streams().emitters.get("own");
      for (String data : all()) {
        emitter.send(SseEmitter.event().name("x y").data(data));
        app.hub().publish("orders", "x y", data);
      }
      assertArrives(own, arriving(all()));
      assertArrives(topic, arriving(all()));

      emitter.send(SseEmitter.event().id("5 : 6").name(" n ").data("a").data(" b"));
      assertThat(own.next()).isEqualTo(new Event(" n ", "a\n b", "5 : 6"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> emitter.send(SseEmitter.event().id(" 5 ").data("x")));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> emitter.send(SseEmitter.event().id("a\0b").data("x")));
      assertThatIllegalArgumentException().isThrownBy(() -> SseEmitter.event().name("a\nb"));
    }
  }

  @Test
  void throughWebFlux() throws Exception {
    try (var app = new WebFluxApp();
        Wire wire = app.get("/events/anna")) {
      wire.opening();
      for (String data : all()) app.hub().publish("orders", "x y", data);
      assertArrives(wire, arriving(all()));
      app.hub().publish("orders", new Event(" n ", "a", "5 : 6"));
      assertThat(wire.next()).isEqualTo(new Event(" n ", "a", "5 : 6"));
    }
  }
}
