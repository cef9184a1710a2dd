package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.engine.HubSettings;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamParser;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The hub behind its own TLS, to the JDK's client, over both versions of HTTP. */
class TlsTest {
  @TempDir private Path directory;
  private TestCertificate certificate;
  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    certificate = new TestCertificate(directory);
    hub = new HubUnderTest(config());
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private HubConfig config() {
    return HubConfig.DEFAULT
        .with(ConfigKey.TLS_CERT, certificate.certificate)
        .with(ConfigKey.TLS_KEY, certificate.key);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + hub.server.port() + path));
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void hostileEventsArriveAsTheyWerePublished(Version version) throws Exception {
    HttpClient client =
        HttpClient.newBuilder().version(version).sslContext(certificate.trusted()).build();
    HttpResponse<InputStream> stream =
        client.send(request("/events/orders?open=no").build(), BodyHandlers.ofInputStream());
    assertThat(stream.version()).isEqualTo(version);
    await(() -> hub.hub.statistics().subscriptions() == 1);

    var random = new SplittableRandom(7);
    var sent = new ArrayList<String>();
    for (int i = 0; i < 300; i++) sent.add(hostile(random));
    sent.add("the end");
    for (String text : sent) {
      HttpResponse<String> answer =
          client.send(
              request("/events/orders").POST(BodyPublishers.ofString(text)).build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
    }
    assertThat(read(stream.body(), sent.size()))
        .isEqualTo(sent.stream().map(TlsTest::asRead).toList());
  }

  @Test
  void aStalledStreamDoesNotKeepItsSiblingsWaiting() throws Exception {
    var socket =
        (SSLSocket)
            certificate.trusted().getSocketFactory().createSocket("localhost", hub.server.port());
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    try (RawHttp2 client = new RawHttp2(socket, RawHttp2.INITIAL_WINDOW_SIZE, 200)) {
      client.get(1, "/events/orders?open=no").get(3, "/events/orders?open=no");
      await(() -> hub.hub.statistics().subscriptions() == 2);
      for (int i = 0; i < 50; i++) {
        hub.hub.publish(new Topic("orders"), Event.of("event number " + i));
        client.sendNumber(RawHttp2.WINDOW_UPDATE, 3, 100).until(3, "event number " + i + "\n\n");
      }
      client.sendNumber(RawHttp2.WINDOW_UPDATE, 1, 100_000);
      String late = client.until(1, "event number 49\n\n");
      assertThat(late).contains("event number 48\n\n");
    }
  }

  /** The format knows one line break. */
  private static String asRead(String text) {
    return text.replace("\r\n", "\n").replace('\r', '\n');
  }

  private static String hostile(SplittableRandom random) {
    String[] parts = {
      "data: ", "\n", "\r", "\r\n", ":", " ", "id: 1", "\n\n", "é", "\u2028", "0\r\n\r\n", "x"
    };
    var text = new StringBuilder();
    for (int i = random.nextInt(1, 12); i > 0; i--)
      text.append(parts[random.nextInt(parts.length)]);
    if (random.nextInt(20) == 0) text.append("long".repeat(8_000));
    return text.toString();
  }

  private static List<String> read(InputStream in, int count) throws Exception {
    var received = new ArrayList<String>();
    var parser = new EventStreamParser(event -> received.add(event.data()));
    byte[] bytes = new byte[8192];
    while (received.size() < count) {
      int length = in.read(bytes);
      if (length < 0) break;
      parser.feed(bytes, 0, length);
    }
    return received;
  }

  @Test
  void aSubscriberThatStoppedReadingGetsItAllLater() throws Exception {
    HttpClient client =
        HttpClient.newBuilder().version(Version.HTTP_1_1).sslContext(certificate.trusted()).build();
    HttpResponse<InputStream> stream =
        client.send(request("/events/orders?open=no").build(), BodyHandlers.ofInputStream());
    await(() -> hub.hub.statistics().subscriptions() == 1);
    String filler = "x".repeat(50_000);
    var sent = new ArrayList<String>();
    for (int i = 0; i < 200; i++) sent.add(i + filler);
    for (String text : sent) hub.hub.publish(new Topic("orders"), Event.of(text)).get();
    await(() -> hub.hub.statistics().heldUp() > 0);
    assertThat(read(stream.body(), sent.size())).isEqualTo(sent);
  }

  @Test
  void aWebSocketIsEncryptedToo() throws Exception {
    var received = new CompletableFuture<String>();
    HttpClient client = HttpClient.newBuilder().sslContext(certificate.trusted()).build();
    URI uri = URI.create("wss://localhost:" + hub.server.port() + "/events/orders?open=no");
    WebSocket socket =
        client
            .newWebSocketBuilder()
            .buildAsync(
                uri,
                new WebSocket.Listener() {
                  private final StringBuilder message = new StringBuilder();

                  @Override
                  public @Nullable CompletionStage<?> onText(
                      WebSocket socket, CharSequence part, boolean last) {
                    message.append(part);
                    if (last && message.indexOf("\"data\"") >= 0) {
                      received.complete(message.toString());
                    } else if (last) message.setLength(0);
                    socket.request(1);
                    return null;
                  }
                })
            .get(30, SECONDS);
    await(() -> hub.hub.statistics().subscriptions() == 1);
    String text = "x".repeat(100_000);
    hub.hub.publish(new Topic("orders"), Event.of(text)).get();
    assertThat(received.get(30, SECONDS)).contains("\"data\":\"" + text + "\"");
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(30, SECONDS);
    await(() -> hub.hub.statistics().subscriptions() == 0);
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void paddingComesFirstAndALongPollIsAnswered(Version version) throws Exception {
    HttpClient client =
        HttpClient.newBuilder().version(version).sslContext(certificate.trusted()).build();
    var poll =
        client.sendAsync(request("/events/a?transport=long-poll").build(), BodyHandlers.ofString());
    var stream =
        client.send(request("/events/a?padding=true").build(), BodyHandlers.ofInputStream());
    byte[] padding = (":" + " ".repeat(2048) + "\n\n").getBytes(UTF_8);
    assertThat(stream.body().readNBytes(padding.length)).isEqualTo(padding);
    assertThat(stream.body().readNBytes(6)).isEqualTo("retry:".getBytes(UTF_8));
    await(() -> hub.hub.statistics().subscriptions() == 2);
    hub.hub.publish(new Topic("a"), Event.of("now")).get();
    assertThat(poll.get(30, SECONDS).body()).endsWith("data: now\n\n");
  }

  @Test
  void whoDoesNotSpeakTlsIsCountedAndHarmsNobody() throws Exception {
    try (RawConnection plain = hub.connect().get("/events/orders")) {
      plain.rest();
    }
    await(() -> hub.server.counters().handshakesFailed.sum() == 1);
  }

  @Test
  void aMissingOrWrongFileIsNamed() throws Exception {
    assertThatThrownBy(
            () -> new HubUnderTest(config().with(ConfigKey.TLS_KEY, Path.of("nowhere.pem"))))
        .hasCauseInstanceOf(ConfigException.class)
        .hasMessage("tls-key = nowhere.pem: no such file, or it may not be read");
    assertThatThrownBy(
            () ->
                new HubUnderTest(
                    HubConfig.DEFAULT.with(ConfigKey.TLS_CERT, certificate.certificate),
                    HubSettings.DEFAULT,
                    List.of()))
        .hasMessage(
            "tls-cert = " + certificate.certificate + ": tls-key is missing, both are needed");
    Path wrong = Files.writeString(directory.resolve("wrong.pem"), "no certificate", UTF_8);
    assertThatThrownBy(() -> new HubUnderTest(config().with(ConfigKey.TLS_CERT, wrong)))
        .hasCauseInstanceOf(ConfigException.class)
        .hasMessageContaining("tls-cert = " + wrong)
        .hasMessageContaining("must be a certificate chain and its private key");
  }
}
