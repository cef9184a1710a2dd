package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/**
 * Everything that happened in one run, as a hash that tells two runs apart, and as text where
 * somebody wants to read it.
 */
final class Trace {
  private final boolean isRead;
  private long hash = 1125899906842597L;
  private int line;
  private final Set<String> seen = new TreeSet<>();

  Trace(boolean isRead) {
    this.isRead = isRead;
  }

  /** Numbers, truth values and texts only: nothing whose hash differs from run to run. */
  void add(String what, Object... about) {
    mix(what.hashCode());
    for (Object o : about) mix(String.valueOf(o).hashCode());
    line++;
    if (!isRead) return;
    var text = new StringBuilder().append(line).append(' ').append(what);
    for (Object o : about) text.append(' ').append(String.valueOf(o).replace("\n", "\\n"));
    System.out.println(text);
  }

  /** As {@link #add}, for bytes. */
  void addBytes(String what, Object who, byte[] bytes) {
    mix(Arrays.hashCode(bytes));
    add(what, who, isRead ? shortened(new String(bytes, UTF_8)) : "");
  }

  /** Notes that a run came past here. */
  void saw(String what) {
    seen.add(what);
  }

  Set<String> seen() {
    return seen;
  }

  long hash() {
    return hash;
  }

  private static String shortened(String text) {
    return text.length() <= 600 ? text : text.substring(0, 600) + "...";
  }

  private void mix(long value) {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15L;
    hash ^= hash >>> 32;
  }
}
