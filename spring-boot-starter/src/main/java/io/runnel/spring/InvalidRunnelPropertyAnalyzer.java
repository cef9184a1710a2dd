package io.runnel.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says why the application did not start in one line, not in a stack trace. */
final class InvalidRunnelPropertyAnalyzer
    extends AbstractFailureAnalyzer<InvalidRunnelPropertyException> {
  @Override
  protected FailureAnalysis analyze(Throwable failure, InvalidRunnelPropertyException cause) {
    return new FailureAnalysis(
        cause.getMessage(),
        "Correct it where the application's properties are set; docs/spring.md lists them all.",
        cause);
  }
}
