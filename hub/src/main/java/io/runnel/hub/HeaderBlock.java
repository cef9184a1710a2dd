package io.runnel.hub;

import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The header of an answer as HPACK writes it (RFC 7541), in its plainest form: literals without
 * indexing and without Huffman's code. An answer is sent once a stream; a table for each connection
 * would cost more than it saves.
 */
final class HeaderBlock {
  /** RFC 9113, 8.2.2: what speaks of the connection has no place here. */
  private static final Set<String> OF_THE_CONNECTION =
      Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  /** RFC 7541, 6.3: the dynamic table has no room; true whatever size the peer allows. */
  private static final int EMPTY_TABLE = 0x20;

  private static final int LITERAL = 0x00;

  private HeaderBlock() {}

  static byte[] of(int status, HttpHeaders headers) {
    var block = new ByteArrayOutputStream();
    block.write(EMPTY_TABLE);
    literal(block, ":status", Integer.toString(status));
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!OF_THE_CONNECTION.contains(name)) literal(block, name, header.getValue());
    }
    return block.toByteArray();
  }

  /** RFC 7541, 6.2.2, with a new name. */
  private static void literal(ByteArrayOutputStream block, String name, String value) {
    block.write(LITERAL);
    text(block, name);
    text(block, value);
  }

  /**
   * RFC 7541, 5.2: its length, as 5.1 writes a number with a prefix of seven bits, and its bytes.
   */
  private static void text(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    int length = bytes.length;
    if (length < 0x7f) {
      block.write(length);
    } else {
      block.write(0x7f);
      for (length -= 0x7f; length >= 0x80; length >>>= 7) block.write((length & 0x7f) | 0x80);
      block.write(length);
    }
    block.writeBytes(bytes);
  }
}
