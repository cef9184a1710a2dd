package io.runnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.client.ConnectionFailedException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Gzip is inflated as it is read, however it is cut, and within bounds. */
@Timeout(60)
@SuppressWarnings("try") // a source may stand in a try only to be closed
class GzipTest {
  static byte[] gzip(byte[] plain) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }

  private static byte[] join(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) all.writeBytes(part);
    return all.toByteArray();
  }

  /** Everything that comes out of pieces of this size, read in slices of that one. */
  private static String inflate(byte[] bytes, int piece, int slice) throws IOException {
    var out = new ByteArrayOutputStream();
    try (Inflow inflow = Inflow.decoding("gzip")) {
      for (int from = 0; from < bytes.length; from += piece) {
        int to = Math.min(bytes.length, from + piece);
        inflow.add(
            List.of(ByteBuffer.wrap(Arrays.copyOfRange(bytes, from, to)).asReadOnlyBuffer()));
        byte[] target = new byte[slice];
        for (int count; (count = inflow.read(target)) > 0; ) out.write(target, 0, count);
      }
    }
    return out.toString(UTF_8);
  }

  /** A member with every optional part that a header can have. */
  private static byte[] withFullHeader(String text) throws IOException {
    var deflater = new Deflater(9, true);
    deflater.setInput(text.getBytes(UTF_8));
    deflater.finish();
    byte[] data = new byte[1000];
    int length = deflater.deflate(data);
    deflater.end();
    var crc = new CRC32();
    crc.update(text.getBytes(UTF_8));
    byte[] head = {0x1f, (byte) 0x8b, 8, 31, 1, 2, 3, 4, 0, 3, 3, 0, 9, 0, 9, 'n', 0, 'c', 0, 1, 2};
    var tail = ByteBuffer.allocate(8).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    tail.putInt((int) crc.getValue()).putInt(text.getBytes(UTF_8).length);
    return join(head, Arrays.copyOf(data, length), tail.array());
  }

  @Test
  void membersCutAnywhereInflateToTheSameText() throws IOException {
    byte[] bytes =
        join(gzip("data: é\n\n".getBytes(UTF_8)), gzip(new byte[0]), withFullHeader("data: b\n\n"));
    for (int piece = 1; piece <= bytes.length; piece++) {
      for (int slice : new int[] {1, 2, 3, 1024}) {
        assertThat(inflate(bytes, piece, slice)).isEqualTo("data: é\n\ndata: b\n\n");
      }
    }
  }

  @Test
  void everyBrokenByteOfTheFrameIsNoticed() throws IOException {
    byte[] good = gzip("data: a\n\n".getBytes(UTF_8));
    for (int at : new int[] {0, 1, 2, good.length - 8, good.length - 5, good.length - 4}) {
      byte[] bad = good.clone();
      bad[at] ^= 0x40;
      assertThatThrownBy(() -> inflate(bad, 100, 100))
          .as("byte %d", at)
          .isInstanceOfSatisfying(
              ConnectionFailedException.class,
              e -> assertThat(e.reason()).isEqualTo(Reason.CONTENT_ENCODING));
    }
  }

  @Test
  void aHeaderWithoutEndIsRefused() {
    byte[] endless = new byte[100_000];
    Arrays.fill(endless, (byte) 'n');
    byte[] head = {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 0};
    assertThatThrownBy(() -> inflate(join(head, endless), 1000, 100))
        .hasMessageContaining("header has no end");
  }

  @Test
  void aBombOfBlankLinesIsRefusedLongBeforeItsEnd() throws IOException {
    byte[] lines = new byte[64 << 20];
    Arrays.fill(lines, (byte) '\n');
    byte[] bomb = gzip(lines);
    assertThatThrownBy(
            () -> {
              try (Inflow inflow = Inflow.decoding("gzip")) {
                inflow.add(List.of(ByteBuffer.wrap(bomb)));
                byte[] slice = new byte[1024];
                long out = 0;
                for (int count; (count = inflow.read(slice)) > 0; ) out += count;
                throw new AssertionError("read to its end, " + out);
              }
            })
        .isInstanceOfSatisfying(
            ConnectionFailedException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LONG));
  }

  @Test
  void eventsThatAreFlushedArriveBeforeTheStreamGoesOn() throws Exception {
    var told = new Recorder();
    try (var server =
            new ScriptedServer(
                peer -> {
                  peer.readRequest();
                  peer.write(
                      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                          + "Content-Encoding: gzip\r\n\r\n");
                  var gzip = new GZIPOutputStream(peer.socket.getOutputStream(), true);
                  gzip.write("data: a\n\n".getBytes(UTF_8));
                  gzip.flush();
                  peer.awaitEnd();
                });
        var source = EventSource.to(server.uri("/")).acceptGzip().start(told)) {
      assertThat(told.next(2)).containsExactly("opened /", "message a #");
      assertThat(server.next().header("Accept-Encoding")).isEqualTo("gzip");
    }
  }

  @Test
  void anEncodingThatNobodyAskedForFails() throws Exception {
    var told = new Recorder();
    String head = "200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: br";
    try (var server = new ScriptedServer(ScriptedServer.status(head));
        var source = EventSource.to(server.uri("/")).start(told)) {
      assertThat(told.untilClosed()).containsExactly("closed CONTENT_ENCODING");
    }
  }
}
