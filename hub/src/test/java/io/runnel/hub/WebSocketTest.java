package io.runnel.hub;

import static io.runnel.hub.HubUnderTest.await;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.HubSettings;
import io.runnel.engine.SlowConsumerPolicy;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import io.runnel.eventstream.Event;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** {@code GET /events} with {@code Upgrade: websocket}, by the byte. */
class WebSocketTest {
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
  private static final String[] HANDSHAKE = {
    "Connection: keep-alive, Upgrade",
    "Upgrade: WebSocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: " + KEY,
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
  };

  private HubUnderTest hub;

  @BeforeEach
  void start() throws Exception {
    hub = new HubUnderTest();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private void restart(HubConfig config, HubSettings settings) throws Exception {
    hub.close();
    hub = new HubUnderTest(config, settings, List.of());
  }

  private Client open(String pathAndQuery, String... more) throws IOException {
    var headers = new ArrayList<>(List.of(HANDSHAKE));
    headers.addAll(List.of(more));
    var client = new Client(hub.connect());
    client.connection.get(pathAndQuery, headers.toArray(String[]::new));
    return client;
  }

  private String answer(String pathAndQuery, String... headers) throws IOException {
    try (RawConnection connection = hub.connect().get(pathAndQuery, headers)) {
      return connection.answer();
    }
  }

  // ---------------------------------------------------------------- what comes

  @Test
  void theHandshakeIsThatOfTheRfcWithoutAnyExtension() throws Exception {
    try (Client client = open("/events/orders")) {
      assertThat(client.head())
          .isEqualTo(
              """
              HTTP/1.1 101 Switching Protocols
              Upgrade: websocket
              Connection: Upgrade
              Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=

              """
                  .replace("\n", "\r\n"));
    }
    try (Client client = open("/events/orders", "Sec-WebSocket-Protocol: chat, runnel")) {
      assertThat(client.head()).contains("\r\nSec-WebSocket-Protocol: runnel\r\n");
    }
  }

  @Test
  void eachEventIsATextMessageWithItsFieldsAndTheFirstIsTheOpening() throws Exception {
    try (Client client = open("/events/orders")) {
      client.head();
      Map<String, String> opening = client.message();
      assertThat(opening)
          .containsEntry("event", "runnel.open")
          .containsEntry("id", hub.hub.cursor())
          .containsEntry("data", "{\"recovered\":null,\"heartbeat\":15000}");
      assertThat(Integer.parseInt(opening.get("retry"))).isBetween(2000, 3000);
      String id = hub.publishedId("orders?event=placed", "one\ntwo");
      assertThat(client.message())
          .isEqualTo(Map.of("id", id, "event", "placed", "data", "one\ntwo"));
      id = hub.publishedId("orders", "");
      assertThat(client.message()).isEqualTo(Map.of("id", id, "data", ""));
    }
  }

  @Test
  void anyTextSurvivesAloneAndManyInOneBatch() throws Exception {
    var random = new Random(7);
    var texts = new ArrayList<>(List.of("", "\n", "\n\n", " ", "\"\\\b\f\t\u0001\u001f\u007f"));
    texts.addAll(List.of("\u2028\u2029", "\ud83d\ude80 \u00fc\u20ac", "x".repeat(65_535)));
    for (int length :
        new int[] {90, 91, 92, 93, 94, 95, 96, 125, 126, 127, 65_400, 65_500, 200_000})
      texts.add("y".repeat(length));
    for (int i = 0; i < 300; i++) texts.add(hostile(random));

    try (Client client = open("/events/orders?open=no")) {
      client.head();
      assertThat(client.message()).containsOnlyKeys("retry");
      for (String text : texts) hub.hub.publish(new Topic("orders"), Event.of(text));
      for (String text : texts) assertThat(client.message().get("data")).isEqualTo(text);
    }
    try (Client client = open("/events/orders?from=oldest")) { // joined: read from the history
      client.head();
      client.message();
      for (String text : texts) assertThat(client.message().get("data")).isEqualTo(text);
    }
  }

  private static String hostile(Random random) {
    String alphabet = "\"\\\n\t\u0002{}[]:, \u00e9\u4e2d\u2028abc";
    var text = new StringBuilder();
    for (int i = random.nextInt(300); i > 0; i--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  @Test
  void whoResumesGetsWhatItMissedAndHearsOfAGap() throws Exception {
    String first = hub.publishedId("orders", "1");
    hub.publish("orders", "2");
    try (Client client = open("/events/orders?lastEventId=" + first)) {
      client.head();
      assertThat(client.message().get("data")).contains("\"recovered\":true");
      assertThat(client.message()).containsEntry("data", "2");
    }
    try (Client client = open("/events/orders", "Last-Event-ID: never-heard-of")) {
      client.head();
      assertThat(client.message().get("data")).contains("\"recovered\":false");
      Map<String, String> gap = client.message();
      assertThat(gap).containsEntry("event", "runnel.gap");
      assertThat(gap.get("data")).contains("\"reason\":\"unknown\"");
      assertThat(client.message()).containsEntry("data", "1");
    }
  }

  @Test
  void streamsAndSocketsOfOneTopicShareEachBatch() throws Exception {
    try (RawConnection stream = hub.connect().get("/events/orders");
        Client one = open("/events/orders");
        RawConnection other = hub.connect().get("/events/orders");
        Client two = open("/events/orders")) {
      stream.until("runnel.open");
      other.until("runnel.open");
      for (Client client : List.of(one, two)) {
        client.head();
        client.message();
      }
      for (int i = 0; i < 200; i++) {
        hub.hub.publish(new Topic("orders"), Event.of("event " + i));
      }
      for (Client client : List.of(one, two)) {
        for (int i = 0; i < 200; i++) {
          assertThat(client.message()).containsEntry("data", "event " + i);
        }
      }
      for (RawConnection subscriber : List.of(stream, other)) subscriber.until("data: event 199\n");
    }
  }

  @Test
  void aQuietSocketGetsPingsOrHeartbeatEvents() throws Exception {
    HubConfig config = HubConfig.DEFAULT.with(ConfigKey.HEARTBEAT, Duration.ofSeconds(1));
    restart(config, config.engineSettings());
    try (Client pinged = open("/events/orders");
        Client told = open("/events/orders?heartbeat=event")) {
      for (Client client : List.of(pinged, told)) {
        client.head();
        client.message();
      }
      assertThat(pinged.frame()).isEqualTo(new Frame(0x89, new byte[0]));
      assertThat(told.message()).isEqualTo(Map.of("event", "runnel.heartbeat", "data", "{}"));
    }
  }

  @Test
  @Tag("slow")
  void whoAnswersNoPingIsNotBelievedToBeThere() throws Exception {
    HubConfig config = HubConfig.DEFAULT.with(ConfigKey.HEARTBEAT, Duration.ofSeconds(1));
    restart(config, config.engineSettings());
    try (Client silent = open("/events/orders");
        Client alive = open("/events/orders")) {
      for (Client client : List.of(silent, alive)) {
        client.head();
        client.message();
      }
      for (int pings = 0; pings < 8; pings++) {
        assertThat(alive.frame().head).isEqualTo(0x89);
        alive.send(0x8a, "");
      }
      assertThat(hub.hub.statistics().subscriptions()).isEqualTo(1);
    }
  }

  // ---------------------------------------------------------------- what a client sends

  @Test
  void aPingIsAnsweredEvenOneThatCameWithTheHandshake() throws Exception {
    try (Client client = new Client(hub.connect())) {
      var early = new java.io.ByteArrayOutputStream();
      early.writeBytes(
          ("GET /events/orders HTTP/1.1\r\nHost: a\r\n"
                  + String.join("\r\n", HANDSHAKE)
                  + "\r\n\r\n")
              .getBytes(ISO_8859_1));
      early.writeBytes(masked(0x89, "early".getBytes(UTF_8)));
      client.connection.socket().getOutputStream().write(early.toByteArray());
      client.head();
      client.message();
      assertThat(client.frame()).isEqualTo(new Frame(0x8a, "early".getBytes(UTF_8)));
      client.send(0x89, "later");
      assertThat(client.frame()).isEqualTo(new Frame(0x8a, "later".getBytes(UTF_8)));
    }
  }

  @Test
  void aFloodOfPingsThatNobodyReadsTheAnswersOfBreaksNoFrame() throws Exception {
    String data = "z".repeat(5_000);
    try (Client client = open("/events/orders")) {
      client.head();
      client.message();
      byte[] pings = repeated(masked(0x89, new byte[125]), 1000);
      for (int i = 0; i < 100; i++) client.connection.socket().getOutputStream().write(pings);
      // Now pongs wait in the hub, and the events come behind them.
      for (int i = 0; i < 100; i++) hub.hub.publish(new Topic("orders"), Event.of(i + data));
      int events = 0;
      int pongs = 0;
      while (events < 100) {
        Frame frame = client.frame();
        if (frame.head == 0x8a) pongs++;
        else assertThat(json(frame).get("data")).isEqualTo(events++ + data);
      }
      assertThat(pongs)
          .as("of many pings that came meanwhile the newest is answered")
          .isBetween(1, 99_999);
    }
  }

  private static byte[] repeated(byte[] bytes, int times) {
    byte[] all = new byte[bytes.length * times];
    for (int i = 0; i < all.length; i++) all[i] = bytes[i % bytes.length];
    return all;
  }

  @Test
  void whatNoClientMaySendClosesTheSocketWithItsCode() throws Exception {
    var cases =
        Map.of(
            1003, masked(0x81, "hello".getBytes(UTF_8)),
            1009, masked(0x82, new byte[2000]),
            1002, new byte[] {(byte) 0x81, 1, 'x'}); // not masked
    for (var one : cases.entrySet()) {
      try (Client client = open("/events/orders")) {
        client.head();
        client.message();
        client.connection.socket().getOutputStream().write(one.getValue());
        Frame close = client.frame();
        assertThat(List.of(close.head, close.code())).containsExactly(0x88, one.getKey());
        client.send(0x88, "");
        assertThat(client.isAtEnd()).isTrue();
      }
    }
    await(() -> hub.hub.statistics().subscriptions() == 0 && hub.server.connections() == 0);
  }

  @Test
  void aClientThatClosesIsAnsweredAndForgotten() throws Exception {
    try (Client client = open("/events/orders")) {
      client.head();
      client.message();
      client.send(0x88, "\u0003\u00e8bye"); // 1000
      Frame close = client.frame();
      assertThat(List.of(close.head, close.code())).containsExactly(0x88, 1000);
      assertThat(client.isAtEnd()).isTrue();
    }
    for (int i = 0; i < 10; i++) {
      Client client = open("/events/orders");
      client.head();
      if (i % 2 == 0) client.connection.reset();
      else client.connection.close();
    }
    await(() -> hub.hub.statistics().subscriptions() == 0 && hub.server.connections() == 0);
  }

  // ---------------------------------------------------------------- how it ends

  @Test
  void aCompleteTopicClosesItsSocketsNormally() throws Exception {
    try (Client client = open("/events/job")) {
      client.head();
      client.message();
      String last = hub.publishedId("job?complete=true", "done");
      assertThat(client.message()).containsEntry("data", "done");
      assertThat(client.frame().closing()).isEqualTo("1000 complete");
      try (Client returning = open("/events/job?lastEventId=" + last)) {
        returning.head();
        assertThat(returning.frame().closing()).isEqualTo("1000 complete");
      }
    }
  }

  @Test
  void aStoppingHubTellsEachSocketWhenToComeBack() throws Exception {
    HubConfig config = HubConfig.DEFAULT.with(ConfigKey.DRAIN, Duration.ofSeconds(1));
    restart(config, config.engineSettings());
    try (Client client = open("/events/orders")) {
      client.head();
      client.message();
      var stopped = CompletableFuture.runAsync(hub.server::drain);
      String retry = client.message().get("retry");
      assertThat(client.frame().closing()).isEqualTo("1001 retry: " + retry);
      stopped.join();
    }
  }

  @Test
  void beyondTheLimitOfConnectionsASocketIsToldToComeBack() throws Exception {
    HubConfig config = HubConfig.DEFAULT.with(ConfigKey.MAX_CONNECTIONS, 20);
    restart(config, config.engineSettings());
    var open = new ArrayList<Client>();
    for (int i = 0; i < 20; i++) {
      open.add(open("/events/orders"));
      open.get(i).head();
    }
    try (Client oneMore = open("/events/orders")) {
      oneMore.head();
      String retry = oneMore.message().get("retry");
      assertThat(oneMore.frame().closing()).isEqualTo("1013 retry: " + retry);
    }
    for (Client client : open) client.close();
  }

  @Test
  void aSocketThatStallsIsDisconnectedAndTheOthersGoOn() throws Exception {
    HubSettings d = HubSettings.DEFAULT;
    var settings =
        new HubSettings(
            TopicRules.always(SlowConsumerPolicy.DISCONNECT),
            d.heartbeat(),
            d.reconnectionTime(),
            Duration.ofSeconds(1),
            d.maxTopics(),
            d.maxTopicsPerSubscription(),
            d.maxEventBytes(),
            d.windowEvents(),
            d.windowBytes());
    restart(HubConfig.DEFAULT, settings);
    try (Client stalled = open("/events/orders");
        Client reader = open("/events/orders")) {
      for (Client client : List.of(stalled, reader)) {
        client.head();
        client.message();
      }
      String data = "x".repeat(60_000);
      for (int i = 0; i < 400; i++) {
        hub.hub.publish(new Topic("orders"), Event.of(i + data)).join();
        assertThat(reader.message().get("data")).startsWith(i + "x");
      }
      await(() -> hub.hub.statistics().subscriptions() == 1);
      assertThat(hub.hub.statistics().slowDisconnects()).isEqualTo(1);
    }
  }

  // ---------------------------------------------------------------- who may

  @Test
  void aPageOfAnotherOriginOpensNoSocketUnlessItIsOnTheList() throws Exception {
    HubConfig config =
        HubConfig.DEFAULT.with(ConfigKey.CORS_ORIGIN, List.of("https://shop.example"));
    restart(config, config.engineSettings());
    for (String origin : List.of("null", "https://evil.example", "http://shop.example")) {
      try (Client page = open("/events/orders", "Origin: " + origin)) {
        assertThat(page.connection.answer())
            .startsWith("HTTP/1.1 403")
            .contains("a page of " + origin + " may open no WebSocket here");
      }
    }
    for (String origin : List.of("https://shop.example", "http://localhost", "https://localhost")) {
      try (Client page = open("/events/orders", "Origin: " + origin)) {
        assertThat(page.head()).startsWith("HTTP/1.1 101");
      }
    }
  }

  @Test
  void aSocketWithoutTheTokenIsClosedInAWayThatAPageCanSee() throws Exception {
    HubConfig config =
        HubConfig.DEFAULT.with(ConfigKey.SUBSCRIBE_TOKEN, List.of("sesame-0123456789"));
    restart(config, config.engineSettings());
    try (Client page = open("/events/orders")) {
      page.head();
      assertThat(page.frame().closing()).startsWith("1008 subscribing needs a token");
    }
    try (Client page = open("/events/orders?token=sesame-0123456789")) {
      page.head();
      assertThat(page.message()).containsEntry("event", "runnel.open");
    }
  }

  @Test
  void aHandshakeThatIsNoneIsRefusedWithItsRule() throws Exception {
    String[] stripped = {"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + KEY};
    for (String path : List.of("/events/orders", "/events/orders?transport=websocket")) {
      assertThat(answer(path, stripped))
          .startsWith("HTTP/1.1 426")
          .contains("upgrade: websocket", "sec-websocket-version: 13", "a proxy in between");
    }
    assertThat(answer("/events/orders?transport=websocket")).startsWith("HTTP/1.1 426");
    String[] old = HANDSHAKE.clone();
    old[2] = "Sec-WebSocket-Version: 8";
    assertThat(answer("/events/orders", old))
        .startsWith("HTTP/1.1 426")
        .contains("sec-websocket-version: 13", "Sec-WebSocket-Version: 8 is not 13");
    String[] keyless = HANDSHAKE.clone();
    for (String key : List.of("", "AAAA", "?".repeat(24))) {
      keyless[3] = "Sec-WebSocket-Key: " + key;
      assertThat(answer("/events/orders", keyless))
          .startsWith("HTTP/1.1 400")
          .contains("is not 16 bytes in Base64");
    }
    assertThat(answer("/events", HANDSHAKE)).startsWith("HTTP/1.1 400").contains("no topic");
    assertThat(answer("/events/orders?from=x", HANDSHAKE)).startsWith("HTTP/1.1 400");
  }

  // ---------------------------------------------------------------- a client by the byte

  private record Frame(int head, byte[] body) {
    int code() {
      return (body[0] & 255) << 8 | body[1] & 255;
    }

    String closing() {
      assertThat(head).isEqualTo(0x88);
      return code() + " " + new String(body, 2, body.length - 2, UTF_8);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Frame frame
          && frame.head == head
          && java.util.Arrays.equals(frame.body, body);
    }

    @Override
    public int hashCode() {
      return head;
    }

    @Override
    public String toString() {
      return Integer.toHexString(head) + " " + new String(body, UTF_8);
    }
  }

  private static final class Client implements AutoCloseable {
    final RawConnection connection;
    private final DataInputStream in;

    Client(RawConnection connection) throws IOException {
      this.connection = connection;
      in =
          new DataInputStream(
              new java.io.BufferedInputStream(connection.socket().getInputStream()));
    }

    String head() throws IOException {
      var head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) head.append((char) in.readUnsignedByte());
      return head.toString();
    }

    Frame frame() throws IOException {
      int head = in.readUnsignedByte();
      long length = in.readUnsignedByte();
      if (length == 126) {
        length = in.readUnsignedShort();
        assertThat(length).as("in as few bytes as possible").isGreaterThan(125);
      } else if (length == 127) {
        length = in.readLong();
        assertThat(length).as("in as few bytes as possible").isGreaterThan(65_535);
      }
      return new Frame(head, in.readNBytes((int) length));
    }

    Map<String, String> message() throws IOException {
      Frame frame = frame();
      assertThat(frame.head).as(frame.toString()).isEqualTo(0x81);
      return json(frame);
    }

    void send(int head, String body) throws IOException {
      connection.socket().getOutputStream().write(masked(head, body.getBytes(ISO_8859_1)));
    }

    boolean isAtEnd() throws IOException {
      return in.read() < 0;
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }

  private static byte[] masked(int head, byte[] body) {
    var frame = new java.io.ByteArrayOutputStream();
    frame.write(head);
    if (body.length < 126) frame.write(0x80 | body.length);
    else frame.writeBytes(new byte[] {(byte) 0xfe, (byte) (body.length >> 8), (byte) body.length});
    byte[] mask = {1, 2, 3, 4};
    frame.writeBytes(mask);
    for (int i = 0; i < body.length; i++) frame.write(body[i] ^ mask[i & 3]);
    return frame.toByteArray();
  }

  private static Map<String, String> json(Frame frame) {
    var fields = new TreeMap<String, String>();
    try (JsonParser parser =
        new JsonFactory().createParser(ObjectReadContext.empty(), frame.body)) {
      assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        assertThat(fields.put(name, parser.getString())).as(name + " once").isNull();
      }
      assertThat(parser.nextToken()).isNull();
    }
    return fields;
  }
}
