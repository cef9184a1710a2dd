package io.runnel.engine;

import io.runnel.engine.PublishedEvents.Entry;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A history that does what it is told late, in its own order, and now and then fails to read; the
 * model hears of everything that it really did. Also the place where bugs of histories are planted.
 */
final class SimulatedHistory implements History {
  private final History real;
  private final PublishedEvents model;
  private final SplittableRandom random;
  private final Trace trace;
  private final PlantedBug bug;
  private final int windowEvents;

  /** How many of a hundred operations are late; how many of a hundred readings fail. */
  private final int latePercent;

  private final int failPercent;

  private final List<Runnable> late = new ArrayList<>();
  private final ArrayDeque<EncodedEvent> newest = new ArrayDeque<>();

  /** What the hub is about to append, and what the real history is about to place. */
  private @Nullable Entry publishing;

  private @Nullable Entry placing;

  SimulatedHistory(
      History real,
      PublishedEvents model,
      SplittableRandom random,
      Trace trace,
      PlantedBug bug,
      int windowEvents,
      int latePercent,
      int failPercent) {
    this.real = real;
    this.model = model;
    this.random = random;
    this.trace = trace;
    this.bug = bug;
    this.windowEvents = windowEvents;
    this.latePercent = latePercent;
    this.failPercent = failPercent;
  }

  @Override
  public Opened open(HistoryListener listener) throws IOException {
    Opened opened = real.open(new Recorder(listener));
    model.epoch(opened.epoch());
    return opened;
  }

  void publishing(Entry entry) {
    publishing = entry;
  }

  /** Does one of the things that are late; false if there are none. */
  boolean doOneLate() {
    if (late.isEmpty()) return false;
    late.remove(random.nextInt(late.size())).run();
    return true;
  }

  private void soonOrLate(String what, Runnable task) {
    if (random.nextInt(100) >= latePercent) {
      task.run();
      return;
    }
    trace.add("late", what);
    late.add(
        () -> {
          trace.add("now", what);
          task.run();
        });
  }

  @Override
  public void append(Publication publication) {
    Entry entry = publishing;
    soonOrLate(
        "append",
        () -> {
          placing = entry;
          if (bug == PlantedBug.ACKNOWLEDGED_BEFORE_KEPT && random.nextInt(50) == 0) {
            publication.placeAt(model.epoch(), model.head() + 1, 0);
            publication.acknowledge(Kept.MEMORY);
          } else {
            real.append(publication);
          }
        });
  }

  @Override
  public void read(List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
    soonOrLate(
        "read", () -> readNow(topics, after, through, maxBytes, new LateAnswer(answer, after)));
  }

  private void readNow(
      List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
    if (random.nextInt(100) < failPercent) {
      trace.add("read fails");
      answer.failed(new IOException("planted"));
      return;
    }
    long from = after;
    if (bug == PlantedBug.READ_BEGINS_ONE_LATE) from++;
    if (bug == PlantedBug.READ_BEGINS_ONE_EARLY) from = Math.max(0, from - 1);
    real.read(topics, from, through, maxBytes, answer);
  }

  @Override
  public void find(List<Topic> topics, String publisherId, FindAnswer answer) {
    soonOrLate("find", () -> findNow(topics, publisherId, answer));
  }

  private void findNow(List<Topic> topics, String publisherId, FindAnswer answer) {
    real.find(
        topics,
        publisherId,
        (offset, repeats) -> {
          long place = offset;
          if (bug == PlantedBug.ID_INDEX_ONE_BEHIND && place > 1) place--;
          if (bug == PlantedBug.ID_INDEX_FINDS_THE_NEWEST && place > 0) {
            for (EncodedEvent event : newest) {
              if (publisherId.equals(event.publisherId()) && topics.contains(event.topic())) {
                place = event.offset();
              }
            }
          }
          long found = place;
          boolean said = repeats && bug != PlantedBug.REPETITION_NOT_SAID;
          soonOrLate("found", () -> answer.found(found, said));
        });
  }

  @Override
  public void maintain(Instant now) {
    real.maintain(now);
  }

  @Override
  public void forget(Topic topic) {
    real.forget(topic);
  }

  @Override
  public void close() {
    real.close();
  }

  /** The model hears first, then the hub. */
  private final class Recorder implements HistoryListener {
    private final HistoryListener hub;

    Recorder(HistoryListener hub) {
      this.hub = hub;
    }

    @Override
    public void topic(
        Topic topic,
        long lastOffset,
        long trimmedThrough,
        @Nullable EncodedEvent newest,
        boolean completed) {
      hub.topic(topic, lastOffset, trimmedThrough, newest, completed);
    }

    @Override
    public void appended(EncodedEvent event) {
      Entry entry = placing;
      if (entry == null) throw new IllegalStateException("appended by nobody");
      model.placed(entry, event);
      trace.add("placed", entry, event.topic());
      newest.add(event);
      if (newest.size() > windowEvents) newest.remove();
      hub.appended(altered(event));
    }

    private EncodedEvent altered(EncodedEvent event) {
      if (bug == PlantedBug.ENCODED_TWICE && random.nextInt(50) == 0) {
        byte[] bytes = event.bytes();
        byte[] twice = Arrays.copyOf(bytes, 2 * bytes.length);
        System.arraycopy(bytes, 0, twice, bytes.length, bytes.length);
        return EncodedEvent.of(
            event.topic(), event.offset(), event.time(), event.publisherId(), twice);
      }
      if (bug == PlantedBug.END_NOT_TOLD && event.isEnd()) {
        return EncodedEvent.of(
            event.topic(), event.offset(), event.time(), null, new byte[] {'\n'});
      }
      return event;
    }

    @Override
    public void trimmed(Topic topic, long through) {
      model.trimmed(topic, through);
      trace.add("trimmed", topic, through);
      if (bug == PlantedBug.TRIMMED_NOT_SAID) return;
      hub.trimmed(topic, bug == PlantedBug.TRIMMED_SAID_ONE_SHORT ? through - 1 : through);
    }

    @Override
    public void wake() {
      if (bug == PlantedBug.LOST_WAKE_UP && random.nextInt(20) == 0) return;
      soonOrLate("wake", hub::wake);
    }
  }

  /** What was read is told soon or late, and wrongly where the bug says so. */
  private final class LateAnswer implements ReadAnswer {
    private final ReadAnswer answer;
    private final long after;

    LateAnswer(ReadAnswer answer, long after) {
      this.answer = answer;
      this.after = after;
    }

    @Override
    public void read(List<EncodedEvent> events, long through, long[] trimmedThrough) {
      List<EncodedEvent> told = new ArrayList<>(events);
      long[] trimmed = trimmedThrough.clone();
      switch (bug) {
        case READ_LOSES_ITS_LAST_EVENT -> {
          if (told.size() > 1) told.remove(told.size() - 1);
        }
        case READS_ONLY_WHAT_THE_WINDOW_HAS -> told.removeIf(event -> !newest.contains(event));
        case TRIMMED_SAID_ONE_SHORT -> Arrays.setAll(trimmed, i -> Math.max(0, trimmed[i] - 1));
        case TRIMMED_NOT_SAID -> Arrays.fill(trimmed, 0);
        default -> {}
      }
      trace.add("read", after, through, told.size());
      soonOrLate("answer", () -> answer.read(told, through, trimmed));
    }

    @Override
    public void failed(IOException failure) {
      soonOrLate("answer", () -> answer.failed(failure));
    }
  }
}
