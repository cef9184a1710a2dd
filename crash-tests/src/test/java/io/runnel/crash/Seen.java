package io.runnel.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What one subscriber was given, in the order in which it came: an offset and a payload for each
 * event. Written by the subscriber's thread; read when that has ended, but for what is volatile.
 */
final class Seen {
  /** Stands for a payload that no publisher ever writes. */
  static final int STRANGE = -1;

  final String subscriber;
  private long[] offsets = new long[1024];
  private int[] payloads = new int[1024];
  private volatile int size;
  private final List<String> gaps = new ArrayList<>();
  private final List<String> strange = new ArrayList<>();

  /** How often it was connected. */
  final AtomicInteger connections = new AtomicInteger();

  /** The epoch of its ids; null before the first. */
  private String epoch = "";

  Seen(String subscriber) {
    this.subscriber = subscriber;
  }

  /** An event came. */
  synchronized void event(String type, String id, String data) {
    if (type.equals("runnel.gap")) {
      gaps.add(size + ": " + data);
      return;
    }
    if (type.startsWith("runnel.")) return;
    long offset = offset(id);
    int payload = Payload.parse(data);
    if (offset < 0 || payload == STRANGE) {
      if (strange.size() < 20) strange.add(id + " " + data);
      payload = STRANGE;
    }
    add(Math.max(0, offset), payload);
  }

  /** The offset of an id that the hub minted; -1 if it is none, or one of another epoch. */
  private long offset(String id) {
    int dash = id.indexOf('-');
    if (dash < 0) return -1;
    if (epoch.isEmpty()) epoch = id.substring(0, dash);
    if (!id.startsWith(epoch) || dash != epoch.length()) return -1;
    return Long.parseLong(id.substring(dash + 1));
  }

  synchronized void add(long offset, int payload) {
    if (size == offsets.length) {
      offsets = Arrays.copyOf(offsets, 2 * size);
      payloads = Arrays.copyOf(payloads, 2 * size);
    }
    offsets[size] = offset;
    payloads[size] = payload;
    size++;
  }

  void gap(String what) {
    synchronized (this) {
      gaps.add(size + ": " + what);
    }
  }

  int size() {
    return size;
  }

  synchronized long offset(int index) {
    return offsets[index];
  }

  synchronized int payload(int index) {
    return payloads[index];
  }

  synchronized long lastOffset() {
    return size == 0 ? 0 : offsets[size - 1];
  }

  synchronized List<String> gaps() {
    return List.copyOf(gaps);
  }

  synchronized List<String> strange() {
    return List.copyOf(strange);
  }
}
