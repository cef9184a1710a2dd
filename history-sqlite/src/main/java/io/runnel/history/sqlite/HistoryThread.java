package io.runnel.history.sqlite;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.HistoryFullException;
import io.runnel.engine.HistoryListener;
import io.runnel.engine.Kept;
import io.runnel.engine.Publication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The thread that writes: all that waits goes into one transaction, and only when its commit has
 * returned does anybody hear of it.
 */
final class HistoryThread extends Thread {
  /** One transaction takes no more; the rest waits for the next. */
  private static final int MAX_TURN = 4096;

  private static final long MAX_TURN_BYTES = 8L << 20;

  private static final String FULL = "the disk is full";
  private static final String NO_ROOM = ": there is no room for the event";

  private final WaitingRoom waiting;
  private final Writer writer;
  private final Heads heads;
  private final long inode;
  private final Checkpoints checkpoints;
  private final HistoryListener listener;
  private final InstantSource clock;
  private final Failure failure;
  private final Shortage shortage;

  private final List<Work> works = new ArrayList<>();

  /** What to say when the turn is committed. */
  private final List<Runnable> answers = new ArrayList<>();

  /** The last turn could not be committed: retention does not go on by itself. */
  private boolean isStalled;

  /** The index of the log had no room, and nothing is tried before there is some. */
  private boolean isIndexFull;

  private boolean isDamageWitnessed;
  private boolean isStopped;

  HistoryThread(
      WaitingRoom waiting,
      Writer writer,
      Heads heads,
      long inode,
      Checkpoints checkpoints,
      HistoryListener listener,
      InstantSource clock,
      Failure failure,
      Shortage shortage) {
    super("runnel-history-writer");
    setDaemon(true);
    this.waiting = waiting;
    this.writer = writer;
    this.heads = heads;
    this.inode = inode;
    this.checkpoints = checkpoints;
    this.listener = listener;
    this.clock = clock;
    this.failure = failure;
    this.shortage = shortage;
  }

  @Override
  public void run() {
    while (!isStopped) {
      try {
        await();
        turn();
        isStalled = false;
      } catch (Throwable e) {
        failed(e);
      }
    }
    waiting.close();
  }

  // ---------------------------------------------------------------- one turn

  private void await() throws InterruptedException, IOException {
    Work work = next();
    int events = 0;
    for (long bytes = 0; work != null; work = waiting.poll()) {
      if (work instanceof Work.Stop) {
        isStopped = true;
        return; // What came before is done first.
      }
      works.add(work);
      if (work instanceof Work.Append append) {
        bytes += append.bytes();
        events += append.publications().size();
      }
      if (bytes >= MAX_TURN_BYTES || events >= MAX_TURN || works.size() >= MAX_TURN) return;
    }
  }

  /** What comes next; null if nothing waits and there is work all the same. */
  private @Nullable Work next() throws InterruptedException, IOException {
    boolean mayWrite = failure.message() == null && !isStalled && !checkpoints.isBlocked();
    Work work = waiting.poll();
    while (work == null && mayWrite) {
      if (writer.isBehind()) return null;
      if (!checkpoints.prepare(writer)) break;
      work = waiting.poll();
    }
    return work != null ? work : waiting.take();
  }

  private void turn() throws SQLException, IOException, InterruptedException {
    if (failure.message() != null) {
      if (failure.isDamage()) witnessDamage();
      refuse(failure.exception());
      return;
    }
    long now = clock.millis();
    if (works.isEmpty() && !isStopped) writer.open();
    for (Work work : works) begin(work, now);
    if (writer.commit()) {
      witness();
      announce();
      if (shortage.isOn()) lookForRoom(now);
    }
    answers.forEach(Runnable::run);
    answers.clear();
    works.clear();
    List<EncodedEvent> appended = writer.appended();
    long bytes = 0;
    for (EncodedEvent event : appended) bytes += event.bytes().length;
    int events = appended.size();
    writer.clear();
    checkpoints.committed(writer, events, bytes);
  }

  private void begin(Work work, long now) throws SQLException, IOException, InterruptedException {
    if (work instanceof Work.Append append) {
      String full = full();
      if (full == null) append(append, now);
      else refuse(append, full, now);
    } else if (work instanceof Work.Maintain maintain) {
      waiting.maintained();
      checkpoints.retry(writer);
      if (!checkpoints.isBlocked()) writer.maintain(maintain.now());
      // Nobody may be publishing: a commit shows whether it could be done.
      if (shortage.isOn() && full() == null && writer.log().hasRoom()) writer.open();
    } else if (work instanceof Work.Forget forget) {
      writer.forget(forget.topic());
    } else if (work instanceof Work.GiveUp damage) {
      writer.giveUp(damage.topic(), damage.through());
      answers.add(() -> damage.then().accept(true));
    } else if (work instanceof Work.Barrier barrier) {
      answers.add(barrier.then());
    }
  }

  private @Nullable String full() {
    if (isIndexFull) isIndexFull = !writer.log().hasRoom();
    if (isIndexFull) return FULL;
    return checkpoints.isBlocked() ? Checkpoints.BLOCKED : null;
  }

  private void refuse(Work.Append append, String full, long now) {
    answers.add(
        () -> {
          shortage.refused(append.publications().size(), now);
          append.refuse(new HistoryFullException(full + NO_ROOM));
        });
  }

  /** After a commit: whether more than a little can be kept again. */
  private void lookForRoom(long now) {
    if (full() != null) return;
    if (writer.log().hasRoom() || shortage.isQuiet(now)) shortage.isOver(room());
  }

  private String room() {
    try {
      return writer.log().room() + " bytes are free";
    } catch (IOException e) {
      return "how much is free is not known";
    }
  }

  private void append(Work.Append append, long now) throws SQLException, DamageException {
    List<Publication> publications = append.publications();
    try {
      String before = writer.append(publications, now);
      answers.add(() -> acknowledge(publications, before));
    } catch (IllegalStateException | IllegalArgumentException e) {
      answers.add(() -> append.refuse(e));
    }
  }

  private static void acknowledge(List<Publication> publications, @Nullable String before) {
    if (before != null) Publication.acknowledgeAgain(publications, before, Kept.DISK);
    else publications.forEach(publication -> publication.acknowledge(Kept.DISK));
  }

  private void announce() {
    for (EncodedEvent event : writer.appended()) listener.appended(event);
    for (TopicDraft topic : writer.touched()) {
      long before = topic.committed == null ? 0 : topic.committed.trimmedThrough();
      if (topic.trimmedThrough > before) listener.trimmed(topic.topic, topic.trimmedThrough);
    }
    if (!writer.appended().isEmpty()) listener.wake();
  }

  private void witness() throws IOException {
    Head head = writer.head();
    heads.write(new Heads.Witness(head.epoch(), head.offset(), inode, failure.isDamage()));
  }

  // ---------------------------------------------------------------- failing

  /** The turn is taken back, or it is not known whether it was kept: nobody is told that it was. */
  private void failed(Throwable why) {
    isStalled = true;
    writer.rollback();
    if (why instanceof SQLException e && Database.isFull(e) && recovers()) {
      isFull();
      refuse(new HistoryFullException(FULL + NO_ROOM, e));
      return;
    }
    if (why instanceof SQLException e && Database.isIndexFull(e) && recovers()) {
      isIndexFull = true;
      isFull();
      refuse(new UncheckedIOException("the disk was full in the midst of it", new IOException(e)));
      return;
    }
    if (why instanceof DamageException e) failure.becauseOf(e);
    else if (why instanceof SQLException e) failure.becauseOf(e);
    else if (why instanceof IOException e) failure.becauseOf(e);
    else failure.because("its thread failed (" + why + ")", why);
    refuse(failure.exception());
  }

  private void isFull() {
    shortage.begins(FULL, room());
    for (Work work : works) {
      if (work instanceof Work.Append append) {
        shortage.refused(append.publications().size(), clock.millis());
      }
    }
  }

  private boolean recovers() {
    try {
      writer.recover();
      return true;
    } catch (SQLException e) {
      failure.becauseOf(e);
      return false;
    }
  }

  private void refuse(RuntimeException why) {
    for (Work work : works) {
      work.refuse(why);
      if (work instanceof Work.Maintain) waiting.maintained();
    }
    works.clear();
    answers.clear();
  }

  /** The next start must not trust the database. */
  private void witnessDamage() throws IOException {
    if (isDamageWitnessed) return;
    witness();
    heads.sync();
    isDamageWitnessed = true;
  }
}
