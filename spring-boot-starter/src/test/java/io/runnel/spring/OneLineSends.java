package io.runnel.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;

/** What one line sends to a session or to everybody arrives there, in MVC and WebFlux. */
final class OneLineSends {
  private OneLineSends() {}

  /** With {@code /mine} of the application on the port, and its cookie of the session. */
  static void assertArrive(RunnelHub hub, int port, String cookie) throws IOException {
    try (Wire one = new Wire(port, "/mine");
        Wire other = new Wire(port, "/mine")) {
      one.opening();
      other.opening();
      String session = one.header("Set-Cookie").replaceAll(cookie + "=([^;]+).*", "$1");
      hub.sendToSession(session, "cart", "for one");
      hub.sendToEverybody("notice", "for all");
      assertThat(one.data(2)).containsExactly("for one", "for all");
      assertThat(other.data(1)).containsExactly("for all");
    }
  }
}
