package io.runnel.engine;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where in a topic the ids stand that its publisher supplied. Guarded by the history's lock.
 *
 * <p>Such ids may repeat. A subscriber that resumes from one starts after its oldest occurrence; if
 * an older one has been trimmed, it may have stood there, and events between may be missing. So a
 * topic remembers the last {@value #REMEMBERED} ids trimmed, and whether ids of it repeat: among
 * what is kept and these.
 */
final class PublisherIds {
  static final int REMEMBERED = 512;

  /** Offsets of one id: nearly always one. */
  private final Map<String, ArrayDeque<Long>> offsets = new HashMap<>();

  private long @Nullable [] trimmed;
  private long trimmedCount;
  private boolean repeat;

  void add(String id, long offset) {
    ArrayDeque<Long> places = offsets.computeIfAbsent(id, key -> new ArrayDeque<>(1));
    repeat = repeat || !places.isEmpty() || wasTrimmed(id);
    places.add(offset);
  }

  /** The oldest event of the topic goes, and it has this id. */
  void removeOldest(String id) {
    ArrayDeque<Long> places = offsets.get(id);
    if (places == null) return;
    places.poll();
    if (places.isEmpty()) offsets.remove(id);
    if (trimmed == null) trimmed = new long[REMEMBERED];
    trimmed[(int) (trimmedCount++ % REMEMBERED)] = hash(id);
  }

  /** The oldest offset kept under the id, or 0. */
  long oldest(String id) {
    ArrayDeque<Long> places = offsets.get(id);
    return places == null ? 0 : places.element();
  }

  /** Whether events were trimmed that had ids. */
  boolean hasTrimmed() {
    return trimmedCount > 0;
  }

  /** Whether the id, found here or in another topic, may also have stood at an event trimmed. */
  boolean mayHaveBeenTrimmed(String id) {
    boolean isAnyOfSeveral = repeat && offsets.containsKey(id);
    return isAnyOfSeveral ? hasTrimmed() : wasTrimmed(id);
  }

  private boolean wasTrimmed(String id) {
    if (trimmed == null) return false;
    long hash = hash(id);
    for (int i = (int) Math.min(trimmedCount, REMEMBERED) - 1; i >= 0; i--) {
      if (trimmed[i] == hash) return true;
    }
    return false;
  }

  /** 64 bits: a collision says "repeats" where nothing did, and costs a gap event too many. */
  private static long hash(String id) {
    long hash = 1125899906842597L;
    for (int i = 0; i < id.length(); i++) hash = 31 * hash + id.charAt(i);
    return hash;
  }
}
