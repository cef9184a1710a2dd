package io.runnel.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short run of the proof that no user gets a byte of another. */
class CanaryTest {
  @ParameterizedTest
  @EnumSource
  @Tag("slow")
  void nobodyGetsAByteOfAnother(Containers container) throws Exception {
    CanaryProof.Result result = new CanaryProof(container.make(), 200).run();
    assertThat(result.foreign()).isEmpty();
    assertThat(result.bytes()).isPositive();
    assertThat(result.statistics().gateTimeouts()).isZero();
    assertThat(result.statistics().opened()).isGreaterThan(100);
  }
}
