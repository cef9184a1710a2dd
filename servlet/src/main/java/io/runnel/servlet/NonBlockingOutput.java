package io.runnel.servlet;

import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** What is to be written to a container's output as soon as it takes it. One thread at a time. */
final class NonBlockingOutput implements FrameOutput {
  private final ServletOutputStream out;
  private final Deque<byte[]> rest = new ArrayDeque<>(1);
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
  }

  /** Writes and flushes; true if all has gone, false if the container will say when to go on. */
  @Override
  public boolean tryWrite() throws IOException {
    while (out.isReady()) {
      byte[] bytes = rest.poll();
      if (bytes != null) {
        out.write(bytes);
        flushing = true;
      } else if (flushing) {
        flushing = false;
        out.flush();
      } else return true;
    }
    return false;
  }
}
