package io.runnel.eventstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.eventstream.Recorder.Comment;
import io.runnel.eventstream.Recorder.LastEventId;
import io.runnel.eventstream.Recorder.ReconnectionTime;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What the conformance cases do not say: comments, callbacks, restarts, buffers, handlers. */
class EventStreamParserTest {
  private final Recorder recorder = new Recorder();
  private final EventStreamParser parser = new EventStreamParser(recorder);

  @Test
  void aCommentIsItsTextWithoutOneLeadingSpace() throws EventStreamTooLongException {
    feed(":\n: \n:a\n: b\n:  c \n::d\n: é\r\n");
    assertThat(recorder.heard)
        .containsExactly(
            new Comment(""),
            new Comment(""),
            new Comment("a"),
            new Comment("b"),
            new Comment(" c "),
            new Comment(":d"),
            new Comment("é"));
  }

  @Test
  void theReconnectionTimeIsHeardAtItsLineAndSaturates() throws EventStreamTooLongException {
    feed("retry: 5\n" + "retry: -1\nretry: 1.5\nretry: +7\nretry\nretry:  8\n");
    feed("retry: 00000000000000000000000000000000000009\n");
    feed("retry: 9223372036854775806\n");
    feed("retry: 9223372036854775807\n");
    feed("retry: 9223372036854775808\n");
    feed("retry: 92233720368547758070\n");
    feed("retry: 99999999999999999999999999999999999999999\n");
    feed("retry: 99999999999999999999999999999999999999999x\n");
    var never = new ReconnectionTime(Duration.ofMillis(Long.MAX_VALUE));
    assertThat(recorder.heard)
        .containsExactly(
            new ReconnectionTime(Duration.ofMillis(5)),
            new ReconnectionTime(Duration.ofMillis(9)),
            new ReconnectionTime(Duration.ofMillis(Long.MAX_VALUE - 1)),
            never,
            never,
            never,
            never);
  }

  @Test
  void theLastEventIdIsHeardBeforeItsEventAndWithoutAnEventAndAlsoWhenSetAgain()
      throws EventStreamTooLongException {
    feed("id: 1\ndata: a\n\n" + "data: b\n\n" + "id: 1\n\n" + "id: 2\nid: 3\n\n" + "id\n\n\n");
    assertThat(recorder.heard)
        .containsExactly(
            new LastEventId("1"),
            new Event("message", "a", "1"),
            new Event("message", "b", "1"),
            new LastEventId("1"),
            new LastEventId("3"),
            new LastEventId(""));
  }

  @Test
  void theLastEventIdIsThatOfTheLastDispatchedBlock() throws EventStreamTooLongException {
    feed("id: 1\n\nid: 2\n");
    assertThat(parser.lastEventId()).isEqualTo("1");
  }

  @Test
  void aCrSplitFromItsLfAcrossChunksEndsOneLine() throws EventStreamTooLongException {
    feed("data: a\r");
    feed("");
    feed("\n");
    feed("data: b\r\n\r");
    assertThat(recorder.heard).containsExactly(new Event("message", "a\nb", ""));
  }

  @Test
  void anEventIsDispatchedAtTheCrThatEndsItsBlankLineNotAtTheNextByte()
      throws EventStreamTooLongException {
    feed("data: a\r\r");
    assertThat(recorder.heard).containsExactly(new Event("message", "a", ""));
  }

  @Test
  void aRestartForgetsAllThatIsIncompleteAndKeepsTheLastEventId()
      throws EventStreamTooLongException {
    feed("id: 1\n\nid: 2\nevent: e\ndata: a\ndata: b");
    parser.restart();
    feed("\n\ndata: c\n\n");
    assertThat(recorder.heard)
        .containsExactly(new LastEventId("1"), new Event("message", "c", "1"));
  }

  @Test
  void aRestartExpectsAByteOrderMarkAgainAndOnlyAtTheBeginning()
      throws EventStreamTooLongException {
    feed("\uFEFFdata: a\n\n\uFEFFdata: unknown\n\n");
    parser.restart();
    feed("\uFEFFdata: b\n\n");
    parser.restart();
    feed("\n\uFEFFdata: unknown\n\n");
    assertThat(recorder.heard)
        .containsExactly(new Event("message", "a", ""), new Event("message", "b", ""));
  }

  @Test
  void aRestartInTheMiddleOfAByteOrderMarkExpectsAWholeOne() throws EventStreamTooLongException {
    parser.feed(new byte[] {(byte) 0xEF, (byte) 0xBB}, 0, 2);
    parser.restart();
    feed("\uFEFFdata: a\n\n");
    assertThat(recorder.heard).containsExactly(new Event("message", "a", ""));
  }

  @Test
  void aRestartWithAnIdSeedsIt() throws EventStreamTooLongException {
    parser.restart("7");
    assertThat(parser.lastEventId()).isEqualTo("7");
    feed("data: a\n\n");
    assertThat(recorder.heard).containsExactly(new Event("message", "a", "7"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> parser.restart("8\n"))
        .withMessage("event id has LF at index 1; CR, LF and NUL are not allowed");
    assertThat(parser.lastEventId()).isEqualTo("7");
  }

  @Test
  void aBufferIsReadFromItsPositionToItsLimitWhateverItsKind() throws EventStreamTooLongException {
    byte[] bytes = "??data: a\n\ndata: b\n\n??".getBytes(UTF_8);
    ByteBuffer slice = ByteBuffer.wrap(bytes).position(1).slice().position(1).limit(19);
    ByteBuffer readOnly = slice.asReadOnlyBuffer();
    ByteBuffer direct = ByteBuffer.allocateDirect(40).position(3).put(slice.duplicate()).flip();
    direct.position(3);
    for (ByteBuffer buffer : List.of(slice, readOnly, direct)) {
      recorder.heard.clear();
      parser.feed(buffer);
      assertThat(recorder.events()).extracting(Event::data).containsExactly("a", "b");
      assertThat(buffer.remaining()).isZero();
    }
    parser.feed(bytes, 2, 11);
    assertThat(recorder.events()).extracting(Event::data).containsExactly("a", "b", "a");
  }

  @Test
  void aLargeDirectBufferIsReadWholeAndOnce() throws EventStreamTooLongException {
    var stream = new StringBuilder();
    var expected = new ArrayList<String>();
    for (int i = 0; i < 10_000; i++) {
      stream.append("data: é").append(i).append("\n\n");
      expected.add("é" + i);
    }
    byte[] bytes = stream.toString().getBytes(UTF_8);
    parser.feed(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
    assertThat(recorder.events()).extracting(Event::data).isEqualTo(expected);
  }

  @Test
  void aRangeOutsideItsArrayIsRefusedAndHarmsNothing() throws EventStreamTooLongException {
    feed("data: a");
    byte[] bytes = "\n\n".getBytes(UTF_8);
    assertThatThrownBy(() -> parser.feed(bytes, 0, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> parser.feed(bytes, 2, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> parser.feed(bytes, -1, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    parser.feed(bytes, 0, 2);
    assertThat(recorder.events()).extracting(Event::data).containsExactly("a");
  }

  @Test
  void whatAHandlerThrowsComesOutWhenAllIsReadAndNothingIsLost()
      throws EventStreamTooLongException {
    var heard = new ArrayList<String>();
    var throwing =
        new EventStreamHandler() {
          @Override
          public void event(Event event) {
            heard.add("event " + event.data());
            throw new IllegalStateException("event " + event.data());
          }

          @Override
          public void comment(String comment) {
            heard.add("comment " + comment);
            throw new IllegalStateException("comment " + comment);
          }

          @Override
          public void reconnectionTime(Duration time) {
            heard.add("retry " + time.toMillis());
            throw new IllegalStateException("retry " + time.toMillis());
          }

          @Override
          public void lastEventId(String id) {
            heard.add("id " + id);
            throw new IllegalStateException("id " + id);
          }

          @Override
          public void tooLong(EventStreamTooLongException skipped) {
            heard.add("too long");
            throw new IllegalStateException("too long");
          }
        };
    var limits = new ParserLimits(20, 20, ParserLimits.TooLong.SKIP);
    var harmed = new EventStreamParser(throwing, limits);
    String[] all = {"comment c", "retry 1", "id 1", "event a", "too long", "event b"};
    byte[] bytes =
        (": c\nretry: 1\nid: 1\ndata: a\n\n" + "x".repeat(21) + "\n\ndata: b\n\ndata: ")
            .getBytes(UTF_8);
    assertThatIllegalStateException()
        .isThrownBy(() -> harmed.feed(bytes, 0, bytes.length))
        .withMessage(all[0])
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .containsExactly(List.of(all).subList(1, all.length).toArray(String[]::new)));
    assertThat(heard).containsExactly(all);
    assertThat(harmed.lastEventId()).isEqualTo("1");

    heard.clear();
    byte[] rest = "d\n\n".getBytes(UTF_8);
    assertThatIllegalStateException()
        .isThrownBy(() -> harmed.feed(rest, 0, rest.length))
        .withMessage("event d");
    assertThat(heard).containsExactly("event d");
    harmed.feed(rest, 0, 0);
  }

  @Test
  void aHandlerThatThrowsForEachOfManyEventsFillsNoMemory() {
    var one = new IllegalStateException("always the same");
    for (boolean same : new boolean[] {true, false}) {
      var throwing =
          new EventStreamParser(
              event -> {
                throw same ? one : new IllegalStateException("each its own");
              });
      byte[] bytes = "data\n\n".repeat(1_000).getBytes(UTF_8);
      assertThatIllegalStateException()
          .isThrownBy(() -> throwing.feed(bytes, 0, bytes.length))
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(same ? 0 : 8));
    }
  }

  @Test
  void anErrorOfAHandlerLeavesAtOnceAndTheParserMustBeRestarted()
      throws EventStreamTooLongException {
    var heard = new ArrayList<String>();
    var stopped =
        new EventStreamParser(
            event -> {
              heard.add(event.data());
              if (event.data().equals("0")) throw new IllegalStateException("go on");
              if (event.data().equals("a")) throw new AssertionError("stop");
            });
    byte[] bytes = "data: a\n\ndata: b\n\n".getBytes(UTF_8);
    byte[] before = "data: 0\n\ndata: a\n\ndata: b\n\n".getBytes(UTF_8);
    assertThatThrownBy(() -> stopped.feed(before, 0, before.length))
        .isInstanceOf(AssertionError.class)
        .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("go on"));
    assertThat(heard).containsExactly("0", "a");
    heard.clear();
    stopped.restart();
    assertThatThrownBy(() -> stopped.feed(bytes, 0, bytes.length))
        .isInstanceOf(AssertionError.class)
        .hasMessage("stop");
    assertThatIllegalStateException()
        .isThrownBy(() -> stopped.feed(bytes, 9, bytes.length))
        .withMessage("the parser stopped within a stream: restart it first");
    assertThat(heard).containsExactly("a");
    stopped.restart();
    stopped.feed(bytes, 9, bytes.length);
    assertThat(heard).containsExactly("a", "b");
  }

  @Test
  void aHandlerThatCallsItsParserIsToldSo() {
    List<Consumer<EventStreamParser>> calls =
        List.of(
            EventStreamParser::restart,
            p -> p.restart("1"),
            p -> {
              try {
                p.feed(new byte[0], 0, 0);
              } catch (EventStreamTooLongException e) {
                throw new AssertionError(e);
              }
            });
    for (Consumer<EventStreamParser> call : calls) {
      var parsers = new ArrayList<EventStreamParser>();
      var calling = new EventStreamParser(event -> call.accept(parsers.get(0)));
      parsers.add(calling);
      byte[] bytes = "data\n\n".getBytes(UTF_8);
      assertThatIllegalStateException()
          .isThrownBy(() -> calling.feed(bytes, 0, bytes.length))
          .withMessage("called by a handler while the parser reads");
    }
  }

  @Test
  void aHandlerMayAskForTheLastEventId() throws EventStreamTooLongException {
    var ids = new ArrayList<String>();
    var parsers = new ArrayList<EventStreamParser>();
    parsers.add(new EventStreamParser(event -> ids.add(parsers.get(0).lastEventId())));
    byte[] bytes = "id: 1\ndata\n\nid: 2\ndata\n\n".getBytes(UTF_8);
    parsers.get(0).feed(bytes, 0, bytes.length);
    assertThat(ids).containsExactly("1", "2");
  }

  private void feed(String text) throws EventStreamTooLongException {
    byte[] bytes = text.getBytes(UTF_8);
    parser.feed(bytes, 0, bytes.length);
  }
}
