package io.runnel.eventstream;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Random text of all that has ever tricked an encoder or a parser. */
final class Hostile {
  private static final String[] PIECES = {
    "\r",
    "\n",
    "\r\n",
    "\n\n",
    "\0",
    "\u2028",
    "\u2029",
    "\u0085",
    "\u000B",
    "\f",
    "\t",
    "\uFEFF",
    "\uD800",
    "\uDC00",
    "\uD83D\uDE00",
    "\uFFFD",
    "\uFFFF",
    " ",
    "  ",
    ":",
    ": ",
    "data",
    "data:",
    "id: 1",
    "event: x",
    "retry: 1",
    "a",
    "é",
    "€",
    "{\"a\": 1}",
    "\u007F",
    "\u0080",
    "\uD7FF",
    "\uE000"
  };

  private static final byte[][] WIRE = {
    ascii("\n"),
    ascii("\n"),
    ascii("\n\n"),
    ascii("\r"),
    ascii("\r\n"),
    ascii("data"),
    ascii("data:"),
    ascii("data: "),
    ascii("data: x\n"),
    ascii("event"),
    ascii("event:"),
    ascii("event: e"),
    ascii("id"),
    ascii("id:"),
    ascii("id: 1"),
    ascii("id: 2\n\n"),
    ascii("retry:"),
    ascii("retry: 12"),
    ascii("9999999999999999999"),
    ascii(":"),
    ascii(": c"),
    ascii(" "),
    ascii("\0"),
    ascii("a"),
    ascii("d"),
    ascii("longer than all known names"),
    {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF},
    {(byte) 0xEF},
    {(byte) 0xBB},
    {(byte) 0xBF},
    {(byte) 0xC3, (byte) 0xA9},
    {(byte) 0xC3},
    {(byte) 0xF0, (byte) 0x9F},
    {(byte) 0x80},
    {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
    {(byte) 0xFF}
  };

  private final Random random;

  Hostile(Random random) {
    this.random = random;
  }

  /** A seed of its own for each run, or the one given with {@code -Drunnel.seed}. */
  static long seed() {
    return Long.getLong("runnel.seed", new Random().nextLong());
  }

  Event event() {
    return new Event(name(), text(), random.nextInt(4) == 0 ? null : name());
  }

  String text() {
    int pieces = random.nextInt(100) == 0 ? 400 : random.nextInt(10);
    var text = new StringBuilder();
    for (int i = 0; i < pieces; i++) text.append(PIECES[random.nextInt(PIECES.length)]);
    return text.toString();
  }

  /** Text that may be a type or an id. */
  String name() {
    return text().replaceAll("[\r\n\0]", "");
  }

  /** Bytes that look like an event stream, and are not always UTF-8. */
  byte[] stream(int pieces) {
    var stream = new ByteArrayOutputStream();
    for (int i = 0; i < pieces; i++) stream.writeBytes(WIRE[random.nextInt(WIRE.length)]);
    return stream.toByteArray();
  }

  /** Feeds the bytes in chunks of random lengths, some of them empty. */
  void feed(EventStreamParser parser, byte[] bytes, int longest)
      throws EventStreamTooLongException {
    for (int from = 0, to; from < bytes.length; from = to) {
      to = Math.min(bytes.length, from + random.nextInt(longest + 1));
      parser.feed(bytes, from, to);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
