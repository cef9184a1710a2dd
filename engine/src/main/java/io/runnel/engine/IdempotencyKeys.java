package io.runnel.engine;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The idempotency keys of the last {@link History#IDEMPOTENCY_KEYS_KEPT}, but at most {@value
 * #MOST}: beyond that the oldest are forgotten early. Guarded by the history's lock.
 */
final class IdempotencyKeys {
  static final int MOST = 100_000;

  private record Key(Topic topic, String key) {}

  private record Kept(String position, int fingerprint, long time) {}

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
   * Where a publication, the first of its batch, was kept before; null if it was not.
   *
   * @throws IdempotencyKeyReusedException if its key came with something else then
   */
  @Nullable String position(Publication first, long now) {
    forgetOld(now);
    String key = first.idempotencyKey();
    Kept before = key == null ? null : kept.get(new Key(first.topic(), key));
    if (before == null) return null;
    if (before.fingerprint != first.fingerprint()) {
      throw new IdempotencyKeyReusedException(first.topic());
    }
    return before.position;
  }

  /** Remembers a publication that has its place. */
  void add(Publication publication, long now) {
    String key = publication.idempotencyKey();
    if (key == null) return;
    kept.put(
        new Key(publication.topic(), key),
        new Kept(publication.position(), publication.fingerprint(), now));
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
