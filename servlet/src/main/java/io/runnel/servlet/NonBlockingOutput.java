package io.runnel.servlet;

import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** What is to be written to a container's output as soon as it takes it. One thread at a time. */
final class NonBlockingOutput implements FrameOutput {
  /**
   * The most that is given to the container at once: it says nothing before all of that has gone,
   * and a client that takes a large event slowly could not be told from one that takes nothing.
   */
  private static final int PIECE = 64 << 10;

  private final ServletOutputStream out;
  private final Deque<byte[]> rest = new ArrayDeque<>(1);

  /** How much of the first has been written. */
  private int written;

  private boolean flushing;

  NonBlockingOutput(ServletOutputStream out) {
    this.out = out;
  }

  /** Keeps the bytes, which must not be changed any more, to be written. */
  @Override
  public void add(byte[] bytes) {
    rest.add(bytes);
  }

  void clear() {
    rest.clear();
    written = 0;
  }

  /** Writes and flushes; true if all has gone, false if the container will say when to go on. */
  @Override
  public boolean tryWrite() throws IOException {
    while (out.isReady()) {
      byte[] bytes = rest.peek();
      if (bytes != null) {
        out.write(nextPiece(bytes));
        flushing = true;
      } else if (flushing) {
        flushing = false;
        out.flush();
      } else return true;
    }
    return false;
  }

  /** A copy if it is a part: Undertow writes all of an array to a WebSocket, asked for a part. */
  private byte[] nextPiece(byte[] bytes) {
    int from = written;
    written = Math.min(from + PIECE, bytes.length);
    byte[] piece =
        written - from == bytes.length ? bytes : Arrays.copyOfRange(bytes, from, written);
    if (written == bytes.length) {
      rest.remove();
      written = 0;
    }
    return piece;
  }
}
