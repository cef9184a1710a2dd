package io.runnel.engine;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The idempotency keys of the last {@link History#IDEMPOTENCY_KEYS_KEPT}, but at most {@value
 * #MOST}: beyond that the oldest are forgotten early. Guarded by the history's lock.
 */
final class IdempotencyKeys {
  static final int MOST = 100_000;

  private record Key(Topic topic, String key) {}

  private record Kept(String id, int fingerprint, long time) {}

  private final Map<Key, Kept> kept = new LinkedHashMap<>();
  private long forgottenEarly;

  int count() {
    return kept.size();
  }

  /** How many were forgotten before their time. */
  long forgottenEarly() {
    return forgottenEarly;
  }

  /**
   * The ids under which these were kept before; null for each that was not.
   *
   * @throws IdempotencyKeyReusedException if one says something else than the first, or if only a
   *     part of them was kept before
   */
  List<@Nullable String> firstIds(List<Publication> publications, long now) {
    forgetOld(now);
    var ids = new ArrayList<@Nullable String>(publications.size());
    for (Publication publication : publications) {
      Kept first = first(publication);
      if (first != null && first.fingerprint != publication.fingerprint())
        throw reused(publication);
      ids.add(first == null ? null : first.id);
      if ((first == null) != (ids.get(0) == null)) throw reused(publication);
    }
    return ids;
  }

  private static IdempotencyKeyReusedException reused(Publication publication) {
    return new IdempotencyKeyReusedException(publication.topic());
  }

  private @Nullable Kept first(Publication publication) {
    String key = publication.idempotencyKey();
    return key == null ? null : kept.get(new Key(publication.topic(), key));
  }

  /** Remembers a publication that has its place. */
  void add(Publication publication, long now) {
    String key = publication.idempotencyKey();
    if (key == null) return;
    kept.put(
        new Key(publication.topic(), key),
        new Kept(publication.id(), publication.fingerprint(), now));
  }

  void forgetOld(long now) {
    Iterator<Kept> oldest = kept.values().iterator();
    while (oldest.hasNext()) {
      boolean isOld = now - oldest.next().time > History.IDEMPOTENCY_KEYS_KEPT.toMillis();
      if (!isOld && kept.size() <= MOST) return;
      if (!isOld) forgottenEarly++;
      oldest.remove();
    }
  }
}
