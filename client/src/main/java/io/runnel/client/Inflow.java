package io.runnel.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one connection that came and were not read yet, decoded as they are read: so nothing
 * is inflated before somebody wants it. One thread at a time.
 */
sealed class Inflow implements AutoCloseable permits GzipInflow {
  private final Deque<ByteBuffer> chunks = new ArrayDeque<>(2);

  /** The inflow for a content encoding: gzip, or none. */
  static Inflow decoding(String contentEncoding) {
    return contentEncoding.equals("gzip") ? new GzipInflow() : new Inflow();
  }

  final void add(List<ByteBuffer> more) {
    for (ByteBuffer chunk : more) {
      if (chunk.hasRemaining()) chunks.add(chunk);
    }
  }

  /**
   * Fills the array from its beginning, with 0 or more bytes; 0 means that all is read.
   *
   * @throws IOException if the encoding is broken, or inflates beyond proportion
   */
  int read(byte[] target) throws IOException {
    ByteBuffer chunk = chunk();
    if (chunk == null) return 0;
    int count = Math.min(chunk.remaining(), target.length);
    chunk.get(target, 0, count);
    return count;
  }

  /** The first chunk that has bytes, or null. */
  final @Nullable ByteBuffer chunk() {
    while (!chunks.isEmpty() && !chunks.element().hasRemaining()) chunks.remove();
    return chunks.peek();
  }

  /** Frees what is held outside the heap; idempotent. */
  @Override
  public void close() {
    chunks.clear();
  }
}
