package io.runnel.history.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A CRC-32C over values, each with its length or its absence, so that no two lists of values read
 * the same. Used by one thread.
 */
final class Checksum {
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

  Checksum add(long value) {
    crc.update(number.putLong(0, value).position(0));
    return this;
  }

  Checksum add(@Nullable String text) {
    return add(text == null ? null : text.getBytes(UTF_8));
  }

  Checksum add(byte @Nullable [] bytes) {
    add(bytes == null ? -1 : bytes.length);
    if (bytes != null) crc.update(bytes);
    return this;
  }

  /** The checksum of what was added since the last one was taken. */
  int take() {
    int value = (int) crc.getValue();
    crc.reset();
    return value;
  }
}
