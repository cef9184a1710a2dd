package io.runnel.crash;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.History;
import io.runnel.engine.HistoryListener;
import io.runnel.engine.Kept;
import io.runnel.engine.Publication;
import io.runnel.engine.Topic;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** A real history with a fault before it. */
final class PlantedHistory implements History {
  /** How much later than it should something happens. */
  private static final long LATE_MILLIS = 40;

  private final History real;
  private final Fault fault;
  private final ScheduledExecutorService later =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            var thread = new Thread(task, "later");
            thread.setDaemon(true);
            return thread;
          });
  private @Nullable HistoryListener listener;
  private String epoch = "";
  private long offset;

  PlantedHistory(History real, Fault fault) {
    this.real = real;
    this.fault = fault;
  }

  @Override
  public Opened open(HistoryListener listener) throws IOException {
    this.listener = listener;
    boolean isTold = fault == Fault.DELIVERS_BEFORE_THE_SYNC;
    Opened opened = real.open(isTold ? new Deaf(listener) : listener);
    epoch = opened.epoch();
    offset = opened.lastOffset();
    return opened;
  }

  @Override
  public void append(Publication publication) {
    appendAll(List.of(publication));
  }

  @Override
  public void appendAll(List<Publication> publications) {
    boolean answers = fault == Fault.ANSWERS_BEFORE_THE_SYNC;
    if (!answers && fault != Fault.DELIVERS_BEFORE_THE_SYNC) {
      real.appendAll(publications);
      return;
    }
    synchronized (this) {
      for (Publication publication : publications) {
        EncodedEvent event = publication.placeAt(epoch, ++offset, System.currentTimeMillis());
        if (answers) publication.acknowledge(Kept.DISK);
        else listener.appended(event);
      }
      if (!answers) listener.wake();
      later.schedule(() -> real.appendAll(publications), LATE_MILLIS, MILLISECONDS);
    }
  }

  @Override
  public void read(List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
    long from =
        switch (fault) {
          case RESUMES_ONE_LATE -> Math.min(after + 1, through);
          case RESUMES_ONE_EARLY -> Math.max(0, after - 1);
          default -> after;
        };
    real.read(topics, from, through, maxBytes, fault == Fault.SWAPS_TWO ? swapped(answer) : answer);
  }

  private static ReadAnswer swapped(ReadAnswer answer) {
    return new ReadAnswer() {
      @Override
      public void read(List<EncodedEvent> events, long through, long[] trimmedThrough) {
        var others = new ArrayList<>(events);
        if (others.size() > 2) Collections.swap(others, 0, 1);
        answer.read(others, through, trimmedThrough);
      }

      @Override
      public void failed(IOException failure) {
        answer.failed(failure);
      }
    };
  }

  @Override
  public void find(List<Topic> topics, String publisherId, FindAnswer answer) {
    real.find(topics, publisherId, answer);
  }

  @Override
  public void maintain(Instant now) {
    real.maintain(now);
  }

  @Override
  public void close() {
    real.close();
  }

  /** A hub that has been told of events does not hear of them again. */
  private record Deaf(HistoryListener listener) implements HistoryListener {
    @Override
    public void topic(
        Topic topic,
        long lastOffset,
        long trimmedThrough,
        @Nullable EncodedEvent newest,
        boolean completed) {
      listener.topic(topic, lastOffset, trimmedThrough, newest, completed);
    }

    @Override
    public void appended(EncodedEvent event) {}

    @Override
    public void trimmed(Topic topic, long through) {
      listener.trimmed(topic, through);
    }

    @Override
    public void wake() {}
  }
}
