package io.runnel.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which names a hub answers to: on loopback none that a stranger can own. */
class HostNamesTest {
  private static final List<String> ANYBODYS_OWN =
      List.of(
          "localhost",
          "localhost:8080",
          "LOCALHOST.:8080",
          "shop.localhost:8080",
          "127.0.0.1:8080",
          "127.0.0.42",
          "[::1]:8080",
          "[::1]",
          "192.168.1.7:8080",
          "runnel",
          "hub:8080");

  private static final List<String> STRANGERS =
      List.of(
          "evil.example",
          "evil.example:8080",
          "evil.example.:8080",
          "127.0.0.1.evil.example",
          "localhost.evil.example:8080",
          "evillocalhost.example");

  private static String status(HubUnderTest hub, String request) throws IOException {
    try (RawConnection connection = hub.connect().send(request)) {
      return connection.until("\r\n\r\n").substring(9, 12);
    }
  }

  private static String publish(String host) {
    return "POST /events/a HTTP/1.1\nHost: %s\nOrigin: http://%s\nContent-Length: 1\n\nx"
        .formatted(host, host);
  }

  private static String get(String path, String host) {
    return "GET " + path + " HTTP/1.1\nHost: " + host + "\n\n";
  }

  @Test
  void onLoopbackOnlyNamesAreAnsweredThatNoStrangerCanOwn() throws Exception {
    try (var hub = new HubUnderTest()) {
      for (String host : ANYBODYS_OWN) {
        assertThat(status(hub, get("/events/a", host))).as(host).isEqualTo("200");
        assertThat(status(hub, publish(host))).as(host).isEqualTo("200");
      }
      for (String host : STRANGERS) {
        for (String path : List.of("/", "/events/a", "/events/a?transport=poll", "/nothing")) {
          assertThat(status(hub, get(path, host))).as(host + path).isEqualTo("421");
        }
        assertThat(status(hub, publish(host))).as(host).isEqualTo("421");
      }
      assertThat(status(hub, "GET / HTTP/1.0\n\n")).as("no Host: no browser").isEqualTo("200");
    }
  }

  @Test
  void theAnswerNamesTheNameAndTheSetting() throws Exception {
    try (var hub = new HubUnderTest();
        RawConnection connection = hub.connect().send(get("/", "evil.example:8080"))) {
      assertThat(connection.answer())
          .contains(
              "\"status\":421",
              "this hub does not answer to the name evil.example;"
                  + " if it is one of its own, set server-name = evil.example");
    }
  }

  @Test
  void aNameThatIsListedIsAnsweredToAndCountsAsTheHubsOwnOrigin() throws Exception {
    var names = List.of("shop.example", "Hub.Shop.Example");
    try (var hub = new HubUnderTest(HubConfig.DEFAULT.with(ConfigKey.SERVER_NAME, names))) {
      for (String host : List.of("shop.example", "SHOP.example:8443", "hub.shop.example")) {
        assertThat(status(hub, publish(host))).as(host).isEqualTo("200");
      }
      assertThat(status(hub, get("/", "www.shop.example"))).isEqualTo("421");
    }
  }

  @Test
  void widerThanLoopbackEveryNameCountsUnlessSomeAreListed() throws Exception {
    var wide = HubConfig.DEFAULT.with(ConfigKey.HOST, "0.0.0.0");
    try (var hub = new HubUnderTest(wide)) {
      assertThat(status(hub, get("/", "shop.example"))).isEqualTo("200");
    }
    try (var hub = new HubUnderTest(wide.with(ConfigKey.SERVER_NAME, List.of("shop.example")))) {
      assertThat(status(hub, get("/", "shop.example"))).isEqualTo("200");
      assertThat(status(hub, get("/", "evil.example"))).isEqualTo("421");
    }
  }

  @Test
  void overTlsTheCertificateKeepsStrangersOut() throws Exception {
    var tls = HubConfig.DEFAULT.with(ConfigKey.TLS_CERT, java.nio.file.Path.of("cert.pem"));
    assertThat(HostNames.of(tls).contain("shop.example")).isTrue();
    assertThat(HostNames.of(HubConfig.DEFAULT).contain("shop.example")).isFalse();
  }

  @Test
  void aNameHasNoPortAndNoAddress() {
    for (String name : List.of("shop.example:80", "http://shop.example", "", "shop example", "*")) {
      assertThatThrownBy(() -> HubConfig.DEFAULT.with(ConfigKey.SERVER_NAME, List.of(name)))
          .hasMessage(
              "server-name = "
                  + name
                  + ": must be a host name without a port, such as shop.example");
    }
  }
}
