package io.runnel.history.sqlite;

import io.runnel.engine.History.FindAnswer;
import io.runnel.engine.History.ReadAnswer;
import io.runnel.engine.Topic;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that read old events, each with a connection of its own.
 *
 * <p>What waits for them needs no bound of its own: a subscriber asks once at a time.
 */
final class Readers {
  private static final int THREADS = 2;

  /** Fair, so that whoever wants them all gets them, however much is read. */
  private final BlockingQueue<Reader> idle = new ArrayBlockingQueue<>(THREADS, true);

  private final ExecutorService executor =
      Executors.newFixedThreadPool(THREADS, daemon("runnel-history-reader"));
  private final Path file;
  private final Map<Topic, TopicSummary> summaries;
  private final Head head;
  private final Damage damage;
  private final Failure failure;

  /** Hears of damaged events. */
  interface Damage {
    /**
     * Events have to be given up.
     *
     * @param retry to be called when they are: then it is read again
     * @param giveUp to be called when that is not possible
     */
    void found(TopicDamageException damage, Runnable retry, Runnable giveUp);
  }

  Readers(Path file, Writer writer, Damage damage, Failure failure) throws SQLException {
    this.file = file;
    summaries = writer.summaries();
    head = writer.head();
    this.damage = damage;
    this.failure = failure;
    for (int i = 0; i < THREADS; i++) {
      idle.add(newReader());
    }
  }

  private Reader newReader() throws SQLException {
    return new Reader(file, summaries, head);
  }

  /** The driver closes statements that fail, so the connection is made anew. */
  private Reader renew(Reader failed) {
    try {
      Reader reader = newReader();
      failed.close();
      return reader;
    } catch (SQLException e) {
      return failed; // It fails again, and is tried again.
    }
  }

  static ThreadFactory daemon(String name) {
    var count = new AtomicInteger();
    return task -> {
      var thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  private Reader take() {
    while (true) {
      try {
        return idle.take();
      } catch (InterruptedException e) {
        // Nobody interrupts these threads: they end when there is nothing left to read.
      }
    }
  }

  /**
   * Does something while nothing is read; waits for the readings that have begun, which are short.
   */
  void pause(Pause pause) throws SQLException, InterruptedException {
    var held = new ArrayList<Reader>();
    try {
      while (held.size() < THREADS) held.add(idle.take());
      pause.run();
    } finally {
      idle.addAll(held);
    }
  }

  /** What is done while nothing is read. */
  interface Pause {
    void run() throws SQLException;
  }

  void read(List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
    try {
      executor.execute(() -> readNow(topics, after, through, maxBytes, answer));
    } catch (RejectedExecutionException e) {
      answer.failed(new IOException("the history is closed", e));
    }
  }

  private void readNow(
      List<Topic> topics, long after, long through, int maxBytes, ReadAnswer answer) {
    Reader.Events events;
    Reader reader = take();
    try {
      events = reader.read(topics, after, through, maxBytes);
    } catch (TopicDamageException e) {
      damage.found(
          e,
          () -> read(topics, after, through, maxBytes, answer),
          () -> answer.failed(new IOException(e)));
      return;
    } catch (DamageException e) {
      failure.becauseOf(e);
      answer.failed(e);
      return;
    } catch (SQLException e) {
      if (Database.isDamage(e)) failure.becauseOf(e);
      reader = renew(reader);
      answer.failed(new IOException(e));
      return;
    } finally {
      idle.add(reader);
    }
    answer.read(events.events(), events.through(), events.trimmedThrough());
  }

  /** What cannot be read is not found: a gap is said, and nothing wrong delivered. */
  void find(List<Topic> topics, String publisherId, FindAnswer answer) {
    try {
      executor.execute(() -> findNow(topics, publisherId, answer));
    } catch (RejectedExecutionException e) {
      answer.found(0, false);
    }
  }

  private void findNow(List<Topic> topics, String publisherId, FindAnswer answer) {
    var found = new Reader.Found(0, false);
    Reader reader = take();
    try {
      found = reader.find(topics, publisherId);
    } catch (DamageException e) {
      failure.becauseOf(e);
    } catch (SQLException e) {
      if (Database.isDamage(e)) failure.becauseOf(e);
      reader = renew(reader);
    } finally {
      idle.add(reader);
    }
    answer.found(found.offset(), found.repeats());
  }

  /** Waits for what is going on, and ends. */
  void close() throws SQLException, InterruptedException {
    executor.shutdown();
    if (!executor.awaitTermination(1, TimeUnit.MINUTES)) return;
    for (Reader reader : idle) reader.close();
  }
}
