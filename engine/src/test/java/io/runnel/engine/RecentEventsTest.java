package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecentEventsTest {
  @Test
  void holdsTheNewestSoMany() {
    var recent = new RecentEvents(4, 1000, 0);
    for (int i = 1; i <= 6; i++) recent.append(event(i, 1));
    assertThat(held(recent, 0, 9)).containsExactly(3L, 4L, 5L, 6L);
    assertThat(recent.size()).isEqualTo(4);
    assertThat(recent.head()).isEqualTo(6);
  }

  @Test
  void holdsTheNewestSoManyBytesButAlwaysOne() {
    var recent = new RecentEvents(8, 10, 0);
    for (int i = 1; i <= 4; i++) recent.append(event(i, 4));
    assertThat(held(recent, 0, 9)).containsExactly(3L, 4L);
    recent.append(event(5, 100));
    assertThat(held(recent, 0, 9)).containsExactly(5L);
    recent.append(event(6, 10));
    assertThat(held(recent, 0, 9)).containsExactly(6L);
    recent.append(event(7, 0));
    assertThat(held(recent, 0, 9)).containsExactly(6L, 7L);
  }

  @Test
  void beginsAfterWhatTheHistoryHadAlready() {
    var recent = new RecentEvents(4, 1000, 100);
    assertThat(recent.head()).isEqualTo(100);
    assertThat(recent.get(100)).isNull();
    recent.append(event(101, 1));
    assertThat(held(recent, 95, 105)).containsExactly(101L);
  }

  @Test
  void refusesAnEventOutOfItsOrder() {
    var recent = new RecentEvents(4, 1000, 0);
    recent.append(event(1, 1));
    assertThatIllegalStateException().isThrownBy(() -> recent.append(event(1, 1)));
    assertThatIllegalStateException().isThrownBy(() -> recent.append(event(3, 1)));
  }

  private static EncodedEvent event(long offset, int bytes) {
    return EncodedEvent.of(new Topic("t"), offset, 0, null, new byte[bytes]);
  }

  private static List<Long> held(RecentEvents recent, long from, long to) {
    List<Long> held = new ArrayList<>();
    for (long offset = from; offset <= to; offset++) {
      EncodedEvent event = recent.get(offset);
      if (event != null) held.add(event.offset());
    }
    return held;
  }
}
