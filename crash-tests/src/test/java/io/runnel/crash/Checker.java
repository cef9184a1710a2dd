package io.runnel.crash;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;

/**
 * Sorts every event into what became of it. It knows what publishers were answered, what the
 * history holds in the end (a last reading from its oldest event), and what a subscriber was given.
 */
final class Checker {
  private final Ledger ledger;

  /** By publisher and sequence: the offset in the history; 0 if it is not there. */
  private final long[][] history;

  private final Verdict ofHistory;

  Checker(Ledger ledger, Seen history) {
    this.ledger = ledger;
    this.history = new long[ledger.publishers()][];
    for (int p = 0; p < this.history.length; p++) this.history[p] = new long[ledger.sent(p)];
    long unexpected = 0;
    long duplicated = 0;
    long reordered = 0;
    long last = 0;
    long newestFloor = 0;
    for (int i = 0; i < history.size(); i++) {
      int payload = history.payload(i);
      long offset = history.offset(i);
      if (payload == Seen.STRANGE || !ledger.wasSent(payload)) {
        unexpected++;
        continue;
      }
      long[] offsets = this.history[Payload.publisher(payload)];
      if (offsets[Payload.sequence(payload)] != 0) duplicated++;
      offsets[Payload.sequence(payload)] = offset;
      // Whoever was sent after another had been answered comes after it.
      if (offset <= last || offset <= ledger.floor(payload)) reordered++;
      last = offset;
      newestFloor = Math.max(newestFloor, ledger.floor(payload));
    }
    long kept = 0;
    long lost = 0;
    for (int p = 0; p < this.history.length; p++) {
      for (int s = 0; s < this.history[p].length; s++) {
        long acknowledged = ledger.offset(Payload.of(p, s));
        if (acknowledged == 0) continue;
        if (this.history[p][s] == 0) lost++;
        else if (this.history[p][s] != acknowledged) unexpected++;
        else kept++;
      }
      if (!ledger.mistake(p).isEmpty()) unexpected++;
      unexpected += keptInPart(this.history[p], ledger.batch(p));
    }
    ofHistory =
        new Verdict(kept, 0, lost, 0, unexpected, duplicated, reordered, history.gaps().size());
  }

  /** How many batches are there that should be there as a whole or not at all. */
  private static long keptInPart(long[] offsets, int batch) {
    long count = 0;
    for (int from = 0; from < offsets.length; from += batch) {
      int to = Math.min(offsets.length, from + batch);
      long kept = Arrays.stream(offsets, from, to).filter(offset -> offset != 0).count();
      if (kept > 0 && kept < batch) count++;
    }
    return count;
  }

  /** Of the history itself, against the acknowledgements; where something is lost is not told. */
  Verdict ofHistory() {
    return ofHistory;
  }

  /** How many events are in the history of which their publishers never heard. */
  long keptUnknown() {
    long count = 0;
    for (int p = 0; p < history.length; p++) {
      for (int s = 0; s < history[p].length; s++) {
        if (history[p][s] != 0 && ledger.offset(Payload.of(p, s)) == 0) count++;
      }
    }
    return count;
  }

  /**
   * Of a subscriber.
   *
   * @param asked whether it subscribed to the topic of a payload
   */
  Verdict of(Seen seen, IntPredicate asked) {
    BitSet[] has = new BitSet[history.length];
    Arrays.setAll(has, p -> new BitSet());
    long kept = 0;
    long unexpected = 0;
    long duplicated = 0;
    long reordered = 0;
    long first = Long.MAX_VALUE;
    long last = 0;
    for (int i = 0; i < seen.size(); i++) {
      int payload = seen.payload(i);
      long offset = seen.offset(i);
      boolean isKnown = payload != Seen.STRANGE && ledger.wasSent(payload) && asked.test(payload);
      if (!isKnown || place(payload) != offset) {
        unexpected++;
        continue;
      }
      BitSet its = has[Payload.publisher(payload)];
      if (its.get(Payload.sequence(payload))) {
        duplicated++;
        continue;
      }
      its.set(Payload.sequence(payload));
      if (offset < last) reordered++;
      else kept++;
      first = Math.min(first, offset);
      last = Math.max(last, offset);
    }
    long[] lost = new long[3];
    for (int p = 0; p < history.length; p++) {
      for (int s = 0; s < history[p].length; s++) {
        int payload = Payload.of(p, s);
        long place = place(payload);
        if (place == 0 || has[p].get(s) || !asked.test(payload)) continue;
        lost[place < first ? 0 : place > last ? 2 : 1]++;
      }
    }
    return new Verdict(
        kept, lost[0], lost[1], lost[2], unexpected, duplicated, reordered, seen.gaps().size());
  }

  /** Where an event stands: in the history, or else where its publisher was told that it stands. */
  private long place(int payload) {
    long place = history[Payload.publisher(payload)][Payload.sequence(payload)];
    return place != 0 ? place : ledger.offset(payload);
  }
}
