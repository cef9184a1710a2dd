package io.runnel.crash;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The checker sees each kind of mistake, and none where there is none. */
class CheckerTest {
  private static final int UNANSWERED = 4;

  /** One publisher, events 0 to 9 at the offsets 1 to 10; the answer to event 4 never came. */
  private final Ledger ledger = new Ledger(1);

  private final Seen history = new Seen("history");

  private void publish() {
    for (int i = 0; i < 10; i++) {
      int payload = ledger.begin(0);
      history.add(i + 1, payload);
      if (i != UNANSWERED) ledger.acknowledged(payload, i + 1);
    }
  }

  private static Seen seen(int... payloads) {
    var seen = new Seen("subscriber");
    for (int payload : payloads) seen.add(payload + 1, payload);
    return seen;
  }

  private Verdict verdict(int... payloads) {
    publish();
    return new Checker(ledger, history).of(seen(payloads), payload -> true);
  }

  @Test
  void whoHasAllOnceAndInOrderIsClean() {
    Verdict verdict = verdict(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(verdict).isEqualTo(new Verdict(10, 0, 0, 0, 0, 0, 0, 0));
    assertThat(verdict.isClean()).isTrue();
    assertThat(new Checker(ledger, history).ofHistory().isClean()).isTrue();
    assertThat(new Checker(ledger, history).keptUnknown()).isEqualTo(1);
  }

  @Test
  void whatIsMissingIsSortedByItsPlace() {
    assertThat(verdict(2, 3, 4, 6, 7)).isEqualTo(new Verdict(5, 2, 1, 2, 0, 0, 0, 0));
  }

  @Test
  void whoHasNothingHasLostAll() {
    assertThat(verdict().lost()).isEqualTo(10);
  }

  @Test
  void whatComesTwiceIsDuplicated() {
    assertThat(verdict(0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 2))
        .isEqualTo(new Verdict(10, 0, 0, 0, 0, 2, 0, 0));
  }

  @Test
  void whatComesAfterNewerOnesIsReordered() {
    assertThat(verdict(0, 1, 3, 2, 4, 5, 6, 7, 8, 9))
        .isEqualTo(new Verdict(9, 0, 0, 0, 0, 0, 1, 0));
  }

  @Test
  void whatNobodySentOrStandsElsewhereIsUnexpected() {
    publish();
    Seen seen = seen(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    seen.add(11, 10);
    seen.add(12, 9);
    seen.event("message", "elsewhere-13", Payload.text(9));
    seen.event("message", "elsewhere-14", "no publisher writes this");
    assertThat(new Checker(ledger, history).of(seen, payload -> true))
        .isEqualTo(new Verdict(10, 0, 0, 0, 4, 0, 0, 0));
  }

  @Test
  void aGapWithoutReasonIsNoted() {
    publish();
    Seen seen = seen(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    seen.event("runnel.gap", "", "{}");
    assertThat(new Checker(ledger, history).of(seen, payload -> true).isClean()).isFalse();
  }

  @Test
  void anAcknowledgedEventThatTheHistoryDoesNotHaveIsLost() {
    publish();
    ledger.acknowledged(ledger.begin(0), 11);
    var checker = new Checker(ledger, history);
    assertThat(checker.ofHistory().lost()).isEqualTo(1);
    assertThat(checker.of(seen(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), payload -> true))
        .isEqualTo(new Verdict(10, 0, 0, 1, 0, 0, 0, 0));
  }

  @Test
  void anEventThatIsKeptTwiceOrUnderAnotherIdOrBeforeOneAnsweredEarlierIsNoted() {
    publish();
    history.add(11, Payload.of(0, 3));
    assertThat(new Checker(ledger, history).ofHistory().duplicated()).isEqualTo(1);

    ledger.acknowledged(ledger.begin(0), 20);
    history.add(12, Payload.of(0, 10));
    assertThat(new Checker(ledger, history).ofHistory().unexpected()).isEqualTo(2);

    // Sent when 20 had been answered, and yet before it.
    history.add(13, ledger.begin(0));
    assertThat(new Checker(ledger, history).ofHistory().reordered()).isEqualTo(1);
  }

  @Test
  void aBatchThatIsKeptInPartIsNoted() {
    ledger.batches(0, 5);
    publish();
    assertThat(new Checker(ledger, history).ofHistory().unexpected()).isZero();
    for (int i = 0; i < 5; i++) ledger.begin(0);
    assertThat(new Checker(ledger, history).ofHistory().unexpected()).isZero();
    history.add(11, Payload.of(0, 10));
    assertThat(new Checker(ledger, history).ofHistory().unexpected()).isEqualTo(1);
  }

  @Test
  void onlyWhatWasAskedForIsExpected() {
    publish();
    assertThat(
            new Checker(ledger, history)
                .of(seen(0, 2, 4, 6, 8), payload -> Payload.sequence(payload) % 2 == 0))
        .isEqualTo(new Verdict(5, 0, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void aPayloadIsReadOnlyAsItWasWritten() {
    int payload = Payload.of(17, 123_456);
    assertThat(Payload.parse(Payload.text(payload))).isEqualTo(payload);
    assertThat(Payload.parse(Payload.text(payload) + "x")).isEqualTo(Seen.STRANGE);
    assertThat(Payload.parse(Payload.text(payload).replaceFirst("x", "y"))).isEqualTo(Seen.STRANGE);
    assertThat(Payload.parse("")).isEqualTo(Seen.STRANGE);
  }
}
