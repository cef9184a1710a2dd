package io.runnel.engine;

import static io.runnel.engine.BrokenPromise.unless;

import io.runnel.engine.EventSink.EndReason;
import io.runnel.engine.PublishedEvents.Entry;
import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Holds what one connection is given against the model: the promise of DESIGN section 6, as far as
 * it can be said of one connection.
 *
 * <p>It knows the position up to which the connection has everything. An event beyond makes all
 * that was skipped <em>missing</em>, for good, since everything comes in one order. What is missing
 * must have been said in a gap, and nobody may say a gap unless something is missing.
 */
final class PromiseChecker implements EventStreamHandler {
  /** How a connection begins, as the model sees it when it is asked for. */
  enum Beginning {
    NOW,
    OLDEST,
    LATEST,
    /** After an id that the hub minted. */
    POSITION,
    /** After an id that a publisher supplied. */
    PUBLISHER_ID,
    /** After a text that names nothing. */
    BROKEN
  }

  private static final Pattern GAP =
      Pattern.compile(
          "\\{\"reason\":\"([a-z]+)\",\"first\":(?:null|\"[0-9a-z]{8}-(\\d+)\"),"
              + "\"missed\":(null|\\d+)\\}");

  private final PublishedEvents model;
  private final TopicRules<SlowConsumerPolicy> policies;
  private final boolean[] wanted;
  private final boolean isExact;
  private final Beginning beginning;
  private final String cursor;
  private final long standsAt;
  private final boolean asksForOpening;
  private final EventStreamParser parser = new EventStreamParser(this);

  /** Of each topic, what may be missing without a word: it was not asked for. */
  private final long[] notAskedFor;

  private final long oldestKeptAtFirst;
  private final long headAtFirst;

  // What it has been given.
  private boolean opened;
  private boolean openingSeen;
  private @Nullable Boolean recovered;
  private long position;
  private long lastDelivered;
  private long ambiguousThrough;
  private boolean isFirstBatch = true;
  private int eventsAndGaps;
  private long first = -1;

  // Gaps: said and found.
  private final boolean[] gapSinceLastOf;
  private boolean gapIsExcused;
  private int gapsWithoutNumber;
  private long saidMissing;
  private long foundMissing;
  private long perhapsMissing;
  private long trimmedEnds;
  private boolean wasHeldUp;

  /**
   * A checker of one connection.
   *
   * @param standsAt the position at which its client really stands, if it resumes
   */
  PromiseChecker(
      PublishedEvents model,
      TopicRules<SlowConsumerPolicy> policies,
      boolean[] wanted,
      boolean isExact,
      Beginning beginning,
      String cursor,
      long standsAt,
      boolean asksForOpening) {
    this.model = model;
    this.policies = policies;
    this.wanted = wanted;
    this.isExact = isExact;
    this.beginning = beginning;
    this.cursor = cursor;
    this.standsAt = standsAt;
    this.asksForOpening = asksForOpening;
    notAskedFor = new long[wanted.length];
    gapSinceLastOf = new boolean[wanted.length];
    headAtFirst = model.head();
    oldestKeptAtFirst =
        beginning == Beginning.PUBLISHER_ID ? model.oldestKept(wanted, cursor, headAtFirst) : 0;
    if (beginning == Beginning.LATEST) noteLatest();
  }

  private void noteLatest() {
    for (int i = 0; i < wanted.length; i++) {
      Entry newest = model.newest(i);
      notAskedFor[i] = newest == null ? model.head() : newest.offset - 1;
    }
  }

  // ---------------------------------------------------------------- beginning

  void opened(Opening opening) {
    unless(!opened, "opened twice");
    opened = true;
    recovered = opening.recovered();
    unless(Cursor.isOf(model.epoch(), opening.cursor()), "cursor %s", opening.cursor());
    long base = Cursor.offset(opening.cursor());
    position = base;
    switch (beginning) {
      case NOW -> {
        if (base == headAtFirst) break;
        unless(base == 0 && isComplete(), "begins at %d, not at %d", base, headAtFirst);
        askForWhatIsKept();
      }
      case OLDEST -> {
        unless(base == 0, "the oldest begins at %d", base);
        askForWhatIsKept();
      }
      case LATEST -> {
        // If its lane was in the middle of a turn, the latest are those after the turn.
        long least = latest();
        noteLatest();
        unless(
            base >= least && base <= latest(),
            "the latest begins at %d, not at %d to %d",
            base,
            least,
            latest());
        askForWhatIsKept();
      }
      case POSITION -> unless(base == standsAt, "resumes at %d, not at %d", base, standsAt);
      case PUBLISHER_ID -> openedAtId(base);
      case BROKEN -> unless(base == 0, "a broken cursor resumes at %d", base);
    }
    boolean hasCursor =
        beginning == Beginning.POSITION
            || beginning == Beginning.PUBLISHER_ID
            || beginning == Beginning.BROKEN;
    unless(hasCursor == (recovered != null), "recovered is %s", recovered);
    if (beginning == Beginning.BROKEN) unless(recovered == Boolean.FALSE, "recovered a nothing");
    lastDelivered = base;
    if (opening.finished()) {
      skip(model.head() + 1);
      unless(isComplete() && foundMissing == 0, "finished, but there is more");
    }
  }

  private void openedAtId(long base) {
    if (base == 0) {
      long kept = model.oldestKept(wanted, cursor, headAtFirst);
      unless(oldestKeptAtFirst == 0 || kept != oldestKeptAtFirst, "id %s not found", cursor);
      return;
    }
    Event event = model.at(base).event;
    unless(event != null && cursor.equals(event.id()), "id %s is not at %d", cursor, base);
    long kept = model.oldestKept(wanted, cursor, headAtFirst);
    unless(base >= oldestKeptAtFirst, "id %s at %d was gone", cursor, base);
    unless(kept == 0 || base <= kept, "id %s is at %d, not at %d", cursor, kept, base);
    if (base > standsAt) {
      position = standsAt;
      ambiguousThrough = base;
    }
  }

  private long latest() {
    long oldest = model.head();
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i]) oldest = Math.min(oldest, notAskedFor[i]);
    }
    return oldest;
  }

  private void askForWhatIsKept() {
    for (int i = 0; i < wanted.length; i++) {
      notAskedFor[i] = Math.max(notAskedFor[i], model.trimmedThrough(i));
    }
  }

  private boolean isComplete() {
    if (!isExact) return false;
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] && !model.isCompleted(i)) return false;
    }
    return true;
  }

  // ---------------------------------------------------------------- what is given

  void given(byte[] bytes) {
    unless(opened, "a batch before the opening");
    eventsAndGaps = 0;
    try {
      parser.feed(bytes, 0, bytes.length);
    } catch (IOException e) {
      throw new BrokenPromise(e.toString());
    }
    if (isFirstBatch) unless(openingSeen == asksForOpening, "opening is %s", openingSeen);
    isFirstBatch = false;
  }

  @Override
  public void event(Event event) {
    switch (event.type()) {
      case "runnel.open" -> opening(event);
      case "runnel.gap" -> gap(event.data());
      case "runnel.heartbeat" -> {}
      default -> delivered(event);
    }
  }

  private void opening(Event event) {
    unless(isFirstBatch && !openingSeen && eventsAndGaps == 0, "opening out of place");
    openingSeen = true;
    unless(event.data().startsWith("{\"recovered\":" + recovered + ","), "%s", event);
  }

  private void gap(String data) {
    Matcher gap = GAP.matcher(data);
    unless(gap.matches(), "gap is %s", data);
    unless(eventsAndGaps++ == 0, "a gap in the middle of a batch");
    // Whoever begins now may have waited for a turn longer than events are kept.
    if (isFirstBatch && beginning != Beginning.NOW) {
      unless(recovered == Boolean.FALSE, "recovered %s, but %s", recovered, data);
    }
    first = gap.group(2) == null ? -1 : Long.parseLong(gap.group(2));
    java.util.Arrays.fill(gapSinceLastOf, true);
    String reason = gap.group(1);
    if (!reason.equals("trimmed") && !reason.equals("slow")) {
      checkReason(reason);
      gapIsExcused = true;
    } else if (gap.group(3).equals("null")) {
      gapsWithoutNumber++;
    } else {
      long missed = Long.parseLong(gap.group(3));
      unless(missed > 0, "a gap of nothing");
      saidMissing += missed;
    }
  }

  private void checkReason(String reason) {
    unless(isFirstBatch, "%s in the middle", reason);
    boolean isRight =
        switch (beginning) {
          case BROKEN -> true;
          case PUBLISHER_ID -> reason.equals("unknown") || reason.equals("ambiguous");
          default -> false;
        };
    unless(isRight, "gap %s for %s %s", reason, beginning, cursor);
  }

  private void delivered(Event event) {
    Entry entry = entryOf(event);
    if (isFirstBatch && eventsAndGaps == 0) {
      unless(recovered != Boolean.FALSE, "not recovered, but no gap");
    }
    eventsAndGaps++;
    unless(entry.offset > 0, "%s before it has a place", entry);
    unless(wanted[entry.topic], "%s was not asked for", entry);
    unless(entry.offset > lastDelivered, "%s after %d", entry, lastDelivered);
    if (first >= 0) unless(first == entry.offset, "%s after a gap until %d", entry, first);
    first = -1;
    lastDelivered = entry.offset;
    skip(entry.offset);
    if (entry.offset > position) position = entry.offset;
    gapSinceLastOf[entry.topic] = false;
  }

  /** The event that it is to a character. */
  private Entry entryOf(Event event) {
    String data = event.data();
    unless(data.startsWith("n"), "a stranger: %s", event);
    Entry entry = model.numbered(Integer.parseInt(data.substring(1, data.indexOf(';'))));
    Event published = entry.event;
    unless(
        published != null && event.equals(published.withId(model.id(entry))),
        "%s is not what was published: %s",
        event,
        published);
    return entry;
  }

  /** What was asked for between the position and here is missing. */
  private void skip(long until) {
    for (long offset = position + 1; offset < until; offset++) {
      Entry entry = model.at(offset);
      if (!wanted[entry.topic]) continue;
      if (!entry.isEnd()) missing(entry);
      else if (!model.isKept(entry)) trimmedEnds++;
    }
    position = Math.max(position, until - 1);
  }

  private void missing(Entry entry) {
    if (entry.offset <= notAskedFor[entry.topic]) {
      perhapsMissing++;
      return;
    }
    unless(gapSinceLastOf[entry.topic], "%s is missing, and no gap said so", entry);
    if (entry.offset <= ambiguousThrough) return;
    foundMissing++;
    unless(!model.isKept(entry) || isPassedOver(entry), "%s is kept, and missing", entry);
  }

  /** Whether the policy for slow consumers is to give the newest event only. */
  private boolean isPassedOver(Entry entry) {
    Entry newest = model.newest(entry.topic);
    return wasHeldUp
        && policy(entry) == SlowConsumerPolicy.LATEST
        && newest != null
        && newest.offset > entry.offset;
  }

  private SlowConsumerPolicy policy(Entry entry) {
    return policies.of(model.topic(entry.topic));
  }

  // ---------------------------------------------------------------- held up, ended, at rest

  void heldUp() {
    wasHeldUp = true;
  }

  void ended(EndReason reason, boolean isTimedOut, boolean isDraining, boolean mayFail) {
    switch (reason) {
      case COMPLETED -> {
        unless(isComplete(), "ended as complete");
        atRest();
      }
      case SLOW -> unless(isTimedOut || missesSomething(), "ended as slow");
      case SHUTDOWN -> unless(isDraining, "ended by shutdown");
      case FAILED -> unless(mayFail, "ended by a failure");
    }
  }

  private boolean missesSomething() {
    for (long offset = position + 1; offset <= model.head(); offset++) {
      Entry entry = model.at(offset);
      if (!wanted[entry.topic] || model.isKept(entry)) continue;
      if (policy(entry) == SlowConsumerPolicy.DISCONNECT) return true;
    }
    return false;
  }

  /** Nothing is under way any more: it must have everything, and know of everything it has not. */
  void atRest() {
    unless(opened, "never opened");
    skip(model.head() + 1);
    if (gapIsExcused) return;
    unless(
        gapsWithoutNumber == 0
            ? saidMissing >= foundMissing && saidMissing <= foundMissing + perhapsMissing
            : saidMissing + gapsWithoutNumber <= foundMissing + perhapsMissing + trimmedEnds,
        "%d missing were said, and %d gaps without a number; missing are %d",
        saidMissing,
        gapsWithoutNumber,
        foundMissing);
  }

  /** At rest, a subscription of complete topics has ended; unless the ends are no longer kept. */
  boolean shouldHaveEnded() {
    if (!isComplete()) return false;
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] && !model.isKept(model.at(model.lastOffset(i)))) return false;
    }
    return true;
  }
}
