package io.runnel.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short run of the proof that stalled readers take no threads from others. */
class StalledTest {
  @ParameterizedTest
  @EnumSource(names = "TOMCAT") // which would wait for a client where it may
  @Tag("slow")
  void ordinaryRequestsAreAllAnsweredWhateverTheReadersDo(Containers container) throws Exception {
    for (StalledProof.Row row : new StalledProof(container.make(), 100).run(false)) {
      assertThat(row.unanswered()).as(row.what()).isZero();
      assertThat(row.heap()).as(row.what()).isLessThan(100L * (1 << 20));
    }
  }
}
