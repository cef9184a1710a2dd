package io.runnel.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Topics of which nothing is kept and nothing else is known, and how far they had gone. The last
 * {@value #REMEMBERED} are known by name; of older ones only the newest offset of them all, so that
 * a cursor older than that is answered with a gap that may be one too many, but never with silence.
 */
final class ForgottenTopics {
  static final int REMEMBERED = 4096;

  // Guarded by this.
  private final LinkedHashMap<Topic, Long> trimmedThrough = new LinkedHashMap<>();
  private long othersThrough;

  synchronized void add(Topic topic, long through) {
    if (through == 0) return;
    trimmedThrough.remove(topic);
    trimmedThrough.put(topic, through);
    if (trimmedThrough.size() <= REMEMBERED) return;
    Map.Entry<Topic, Long> oldest = trimmedThrough.entrySet().iterator().next();
    othersThrough = Math.max(othersThrough, oldest.getValue());
    trimmedThrough.remove(oldest.getKey());
  }

  /** Topics that are not known by name had gone up to here. */
  synchronized void addOthers(long through) {
    othersThrough = Math.max(othersThrough, through);
  }

  /**
   * How far the topic had gone. It stays here when it comes back: a lane hears of that only with
   * its first event, and until then a subscriber of a pattern finds here what it missed.
   */
  synchronized long trimmedThrough(Topic topic) {
    Long through = trimmedThrough.get(topic);
    return through == null ? othersThrough : through;
  }

  /** How far the topics meant had gone at the most. */
  synchronized long trimmedThrough(List<TopicPattern> patterns) {
    long most = othersThrough;
    for (Map.Entry<Topic, Long> entry : trimmedThrough.entrySet()) {
      if (entry.getValue() > most && isMeant(entry.getKey(), patterns)) most = entry.getValue();
    }
    return most;
  }

  /** The names that are known of the topics meant. */
  synchronized List<Topic> names(List<TopicPattern> patterns) {
    return trimmedThrough.keySet().stream().filter(topic -> isMeant(topic, patterns)).toList();
  }

  private static boolean isMeant(Topic topic, List<TopicPattern> patterns) {
    return patterns.stream().anyMatch(pattern -> pattern.matches(topic));
  }
}
