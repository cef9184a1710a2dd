package io.runnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.client.ConnectionFailedException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReconnectPolicyTest {
  private static final ConnectionFailedException LOST =
      new ConnectionFailedException(Reason.NETWORK, "lost");

  private static Interruption interruption(
      ConnectionFailedException cause, int failures, long reconnectionMillis, double chance) {
    return new Interruption(
        cause, failures, Duration.ZERO, Duration.ofMillis(reconnectionMillis), chance);
  }

  private static List<Long> delays(long reconnectionMillis, double chance) {
    var millis = new ArrayList<Long>();
    for (int failures = 1; failures <= 8; failures++) {
      var asked = interruption(LOST, failures, reconnectionMillis, chance);
      millis.add(ReconnectPolicy.standard().delay(asked).orElseThrow().toMillis());
    }
    return millis;
  }

  @Test
  void theDelayDoublesUpToItsBound() {
    assertThat(delays(1000, 0))
        .containsExactly(1000L, 2000L, 4000L, 8000L, 16000L, 30000L, 30000L, 30000L);
  }

  @Test
  void chanceAddsUpToHalf() {
    assertThat(delays(1000, 0.5))
        .containsExactly(1250L, 2500L, 5000L, 10000L, 20000L, 37500L, 37500L, 37500L);
  }

  @Test
  void zeroIsTakenAtItsWordOnce() {
    assertThat(delays(0, 0)).startsWith(0L, 500L, 1000L, 2000L);
  }

  @Test
  void theServersReconnectionTimeIsNeverUndercut() {
    assertThat(delays(300_000, 0)).containsOnly(300_000L);
  }

  @Test
  void manyFailuresDoNotOverflow() {
    var asked = interruption(LOST, Integer.MAX_VALUE, 300_000, 0.999);
    assertThat(ReconnectPolicy.standard().delay(asked).orElseThrow().toMillis())
        .isBetween(300_000L, 450_000L);
  }

  @Test
  void retryAfterIsTheLeast() {
    var busy = new ConnectionFailedException(503, "busy", Duration.ofSeconds(20));
    assertThat(ReconnectPolicy.standard().delay(interruption(busy, 1, 1000, 0)))
        .contains(Duration.ofSeconds(20));
    assertThat(ReconnectPolicy.standard().delay(interruption(busy, 6, 1000, 0)))
        .contains(Duration.ofSeconds(30));
  }

  @Test
  void retryAfterIsSecondsOrADateAndAtMostAnHour() {
    Instant now = Instant.parse("2026-11-21T10:00:00Z");
    var read = new ArrayList<Object>();
    for (String value :
        List.of(
            "0",
            " 17 ",
            "99999999999999999999",
            "Sat, 21 Nov 2026 10:01:00 GMT",
            "Sat, 21 Nov 2026 09:00:00 GMT",
            "Sun, 22 Nov 2026 10:00:00 GMT",
            "-5",
            "soon")) {
      read.add(String.valueOf(HttpConnection.retryAfter(value, now)));
    }
    assertThat(read)
        .containsExactly("PT0S", "PT17S", "PT1H", "PT1M", "PT0S", "PT1H", "null", "null");
  }

  @Test
  void whatWillNotPassIsNotTriedAgainAndOtherPoliciesBoundTheirTries() {
    var gone = new ConnectionFailedException(401, "no", null);
    assertThat(ReconnectPolicy.standard().delay(interruption(gone, 1, 0, 0))).isEmpty();
    assertThat(ReconnectPolicy.never().delay(interruption(LOST, 1, 0, 0))).isEmpty();
    var twice = ReconnectPolicy.fixed(Duration.ofMillis(5)).atMost(2);
    var asked = new ArrayList<Optional<Duration>>();
    for (int i = 1; i <= 3; i++) asked.add(twice.delay(interruption(LOST, i, 0, 0)));
    assertThat(asked)
        .containsExactly(
            Optional.of(Duration.ofMillis(5)), Optional.of(Duration.ofMillis(5)), Optional.empty());
  }
}
