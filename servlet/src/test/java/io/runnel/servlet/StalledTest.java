package io.runnel.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short run of the proof that stalled readers take no threads from others. */
class StalledTest {
  @ParameterizedTest
  @EnumSource(names = "TOMCAT") // which would wait for a client where it may
  @Tag("slow")
  void ordinaryRequestsAreAllAnsweredWhateverTheReadersDo(Containers container) throws Exception {
    // A request that a stalled reader held up would wait for that one's write timeout, a minute.
    var proof = new StalledProof(container.make(), 100, Duration.ofSeconds(30));
    for (StalledProof.Row row : proof.run(false)) {
      assertThat(row.unanswered()).as(row.what()).isZero();
      assertThat(row.heap()).as(row.what()).isLessThan(100L * (1 << 20));
    }
  }
}
