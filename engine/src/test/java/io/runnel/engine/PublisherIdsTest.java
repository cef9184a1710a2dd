package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PublisherIdsTest {
  private final PublisherIds ids = new PublisherIds();

  @Test
  void anIdIsAtItsOldestPlaceKept() {
    ids.add("a", 1);
    ids.add("b", 2);
    ids.add("a", 3);
    assertThat(ids.oldest("a")).isEqualTo(1);
    ids.removeOldest("a");
    assertThat(ids.oldest("a")).isEqualTo(3);
    ids.removeOldest("b");
    ids.removeOldest("a");
    assertThat(ids.oldest("a")).isZero();
    assertThat(ids.oldest("b")).isZero();
  }

  @Test
  void anIdThatNeverRepeatsIsNeverInDoubt() {
    for (int i = 0; i < 2000; i++) {
      ids.add("id" + i, i + 1);
      if (i >= 10) ids.removeOldest("id" + (i - 10));
    }
    assertThat(ids.oldest("id1999")).isEqualTo(2000);
    assertThat(ids.mayHaveBeenTrimmed("id1999")).isFalse();
  }

  @Test
  void anIdThatWasTrimmedIsInDoubtWhenItComesBack() {
    ids.add("a", 1);
    ids.removeOldest("a");
    ids.add("a", 2);
    assertThat(ids.mayHaveBeenTrimmed("a")).isTrue();
  }

  @Test
  void anIdThatWasTrimmedIsInDoubtForOtherTopicsToo() {
    ids.add("a", 1);
    ids.removeOldest("a");
    assertThat(ids.mayHaveBeenTrimmed("a")).isTrue();
    assertThat(ids.mayHaveBeenTrimmed("b")).isFalse();
  }

  @Test
  void theLast512TrimmedAreRemembered() {
    for (int i = 0; i < 513; i++) {
      ids.add("id" + i, i + 1);
      ids.removeOldest("id" + i);
    }
    assertThat(ids.mayHaveBeenTrimmed("id0")).isFalse();
    assertThat(ids.mayHaveBeenTrimmed("id1")).isTrue();
  }

  @Test
  void whereIdsRepeatEveryIdIsInDoubtOnceSomethingIsTrimmed() {
    ids.add("a", 1);
    ids.add("a", 2);
    ids.add("b", 3);
    assertThat(ids.mayHaveBeenTrimmed("b")).isFalse();
    ids.removeOldest("a");
    assertThat(ids.mayHaveBeenTrimmed("b")).isTrue();
  }
}
