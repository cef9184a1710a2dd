package io.runnel.client;

import io.runnel.client.ConnectionFailedException.Reason;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * An inflow that came as gzip (RFC 1952), members one after the other, cut anywhere.
 *
 * <p>A header is read byte by byte through the steps below, the way a stream delivers it. The bytes
 * that come out are bounded by what came in: deflate reaches 1032 to 1, events that are alike come
 * near 100 to 1, and what stays beyond {@value #MOST_TIMES} to 1 is a bomb.
 */
final class GzipInflow extends Inflow {
  private static final int MOST_TIMES = 500;
  private static final long FREE_BYTES = 16L << 20;
  private static final int LONGEST_HEADER = 64 << 10;

  private static final int HAS_CRC = 2;
  private static final int HAS_EXTRA = 4;
  private static final int HAS_NAME = 8;
  private static final int HAS_COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private enum Step {
    FIXED,
    EXTRA_LENGTH,
    EXTRA,
    NAME,
    COMMENT,
    HEADER_CRC,
    DATA,
    TRAILER
  }

  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private boolean closed;

  private Step step = Step.FIXED;
  private int stepBytes;
  private int headerBytes;
  private int flags;
  private int extraLength;
  private long number;
  private long bytesOfMember;

  private long bytesIn;
  private long bytesOut;

  @Override
  int read(byte[] target) throws ConnectionFailedException {
    if (closed) return 0;
    ByteBuffer chunk;
    while ((chunk = chunk()) != null || step == Step.DATA) {
      if (step != Step.DATA) {
        if (chunk == null) return 0;
        bytesIn++;
        frameByte(chunk.get() & 0xff);
        continue;
      }
      int count = inflate(chunk, target);
      if (count > 0) return count;
      if (step == Step.DATA && chunk() == null) return 0;
    }
    return 0;
  }

  @Override
  public void close() {
    super.close();
    if (!closed) inflater.end();
    closed = true;
  }

  private int inflate(@Nullable ByteBuffer chunk, byte[] target) throws ConnectionFailedException {
    if (chunk != null && inflater.needsInput()) inflater.setInput(chunk);
    long before = inflater.getBytesRead();
    int count;
    try {
      count = inflater.inflate(target);
    } catch (DataFormatException e) {
      throw new ConnectionFailedException(Reason.CONTENT_ENCODING, "the gzip data is broken", e);
    }
    if (count == 0 && inflater.needsDictionary()) throw broken("data wants a dictionary");
    bytesIn += inflater.getBytesRead() - before;
    bytesOut += count;
    bytesOfMember += count;
    crc.update(target, 0, count);
    if (bytesOut > FREE_BYTES + MOST_TIMES * bytesIn) {
      throw new ConnectionFailedException(
          Reason.TOO_LONG, bytesIn + " bytes of gzip inflated to more than " + bytesOut);
    }
    if (inflater.finished()) goTo(Step.TRAILER);
    return count;
  }

  private void frameByte(int b) throws ConnectionFailedException {
    int index = stepBytes++;
    if (step != Step.TRAILER && ++headerBytes > LONGEST_HEADER) throw broken("header has no end");
    switch (step) {
      case FIXED -> fixedByte(index, b);
      case EXTRA_LENGTH -> {
        extraLength |= b << (8 * index);
        if (index == 1) goTo(extraLength > 0 ? Step.EXTRA : afterExtra());
      }
      case EXTRA -> {
        if (index == extraLength - 1) goTo(afterExtra());
      }
      case NAME -> {
        if (b == 0) goTo(afterName());
      }
      case COMMENT -> {
        if (b == 0) goTo(afterComment());
      }
      case HEADER_CRC -> {
        if (index == 1) goTo(Step.DATA);
      }
      case TRAILER -> trailerByte(index, b);
      case DATA -> throw new IllegalStateException("data is not framing");
    }
  }

  private void fixedByte(int index, int b) throws ConnectionFailedException {
    switch (index) {
      case 0 -> {
        if (b != 0x1f) throw broken("magic number is wrong");
      }
      case 1 -> {
        if (b != 0x8b) throw broken("magic number is wrong");
      }
      case 2 -> {
        if (b != 8) throw broken("compression method is unknown");
      }
      case 3 -> {
        if ((b & RESERVED) != 0) throw broken("flags are unknown");
        flags = b;
      }
      case 9 -> goTo((flags & HAS_EXTRA) != 0 ? Step.EXTRA_LENGTH : afterExtra());
      default -> {} // the time, and what wrote it: nothing that matters here
    }
  }

  private void trailerByte(int index, int b) throws ConnectionFailedException {
    number |= (long) b << (8 * (index % 4));
    if (index == 3) {
      if (number != crc.getValue()) throw broken("checksum is wrong");
      number = 0;
    } else if (index == 7) {
      if (number != (bytesOfMember & 0xffffffffL)) throw broken("length is wrong");
      beginMember();
    }
  }

  private void beginMember() {
    inflater.reset();
    crc.reset();
    bytesOfMember = 0;
    headerBytes = 0;
    extraLength = 0;
    goTo(Step.FIXED);
  }

  private Step afterExtra() {
    return (flags & HAS_NAME) != 0 ? Step.NAME : afterName();
  }

  private Step afterName() {
    return (flags & HAS_COMMENT) != 0 ? Step.COMMENT : afterComment();
  }

  private Step afterComment() {
    return (flags & HAS_CRC) != 0 ? Step.HEADER_CRC : Step.DATA;
  }

  private void goTo(Step next) {
    step = next;
    stepBytes = 0;
    number = 0;
  }

  private static ConnectionFailedException broken(String what) {
    return new ConnectionFailedException(Reason.CONTENT_ENCODING, "the gzip " + what);
  }
}
