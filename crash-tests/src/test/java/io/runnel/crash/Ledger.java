package io.runnel.crash;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the publishers know: which events they sent, and which of them were acknowledged under which
 * offset. Each publisher writes its own part; read when they have ended.
 */
final class Ledger {
  private final Part[] parts;
  private final AtomicLong newest = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();

  private static final class Part {
    /** By sequence: the offset acknowledged, or 0. */
    long[] offsets = new long[1024];

    /** By sequence: the newest offset that anybody had been answered when this was first sent. */
    long[] floors = new long[1024];

    int sent;
    int batch = 1;
    String mistake = "";
  }

  Ledger(int publishers) {
    parts = new Part[publishers];
    for (int i = 0; i < publishers; i++) parts[i] = new Part();
  }

  /** All that the publisher sends comes in batches of this size. */
  void batches(int publisher, int size) {
    parts[publisher].batch = size;
  }

  int batch(int publisher) {
    return parts[publisher].batch;
  }

  /** A new event is about to be sent; answers its payload. */
  int begin(int publisher) {
    Part part = parts[publisher];
    int sequence = part.sent++;
    if (sequence == part.offsets.length) {
      part.offsets = Arrays.copyOf(part.offsets, 2 * sequence);
      part.floors = Arrays.copyOf(part.floors, 2 * sequence);
    }
    part.floors[sequence] = newest.get();
    return Payload.of(publisher, sequence);
  }

  void acknowledged(int payload, long offset) {
    Part part = parts[Payload.publisher(payload)];
    part.offsets[Payload.sequence(payload)] = offset;
    newest.accumulateAndGet(offset, Math::max);
    acknowledged.incrementAndGet();
  }

  /** Notes an answer that must not be. */
  void mistake(int publisher, String what) {
    if (parts[publisher].mistake.isEmpty()) parts[publisher].mistake = what;
  }

  String mistake(int publisher) {
    return parts[publisher].mistake;
  }

  long acknowledged() {
    return acknowledged.get();
  }

  int publishers() {
    return parts.length;
  }

  int sent(int publisher) {
    return parts[publisher].sent;
  }

  boolean wasSent(int payload) {
    int publisher = Payload.publisher(payload);
    return publisher < parts.length && Payload.sequence(payload) < parts[publisher].sent;
  }

  /** The offset under which it was acknowledged; 0 if it was not. */
  long offset(int payload) {
    return parts[Payload.publisher(payload)].offsets[Payload.sequence(payload)];
  }

  long floor(int payload) {
    return parts[Payload.publisher(payload)].floors[Payload.sequence(payload)];
  }
}
