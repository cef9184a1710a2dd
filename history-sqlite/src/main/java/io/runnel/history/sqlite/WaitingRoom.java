package io.runnel.history.sqlite;

import io.runnel.engine.HistoryBusyException;
import io.runnel.engine.HistoryFailedException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The bounded queue between those who publish and the thread that writes. Any thread enters and
 * never waits; the history's thread takes.
 */
final class WaitingRoom {
  private final long maxEvents;
  private final long maxBytes;
  private final BlockingQueue<Work> queue;
  private final AtomicLong events = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicBoolean maintains = new AtomicBoolean();
  private volatile boolean isClosed;

  WaitingRoom(int maxEvents, long maxBytes) {
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
    queue = new ArrayBlockingQueue<>(maxEvents);
  }

  /** Lets publications in, or refuses them. One that is too large for the room may enter alone. */
  void enter(Work.Append append) {
    int count = append.publications().size();
    long others = events.getAndAdd(count);
    long otherBytes = bytes.getAndAdd(append.bytes());
    boolean hasRoom =
        others == 0 || (others + count <= maxEvents && otherBytes + append.bytes() <= maxBytes);
    if (hasRoom && offer(append)) return;
    left(append);
    append.refuse(new HistoryBusyException(others, otherBytes));
  }

  /** Lets other work in, if there is room. */
  boolean offer(Work work) {
    boolean isIn = queue.offer(work);
    if (isClosed) refuseAll();
    return isIn;
  }

  /** Nobody takes any more: who is in, and who enters after this, is refused. */
  void close() {
    isClosed = true;
    refuseAll();
  }

  private void refuseAll() {
    for (Work work = poll(); work != null; work = poll()) {
      work.refuse(new HistoryFailedException("the history is closed"));
    }
  }

  /** How many publications wait. */
  long events() {
    return events.get();
  }

  /** Asks for maintenance, unless it has been asked for already. */
  void maintain(long now) {
    if (maintains.compareAndSet(false, true) && !offer(new Work.Maintain(now))) maintained();
  }

  void maintained() {
    maintains.set(false);
  }

  /** Asks the thread that takes to end. Waits for room. */
  void stop() throws InterruptedException {
    queue.put(new Work.Stop());
  }

  @Nullable Work poll() {
    return left(queue.poll());
  }

  Work take() throws InterruptedException {
    Work work = queue.take();
    left(work);
    return work;
  }

  private @Nullable Work left(@Nullable Work work) {
    if (work instanceof Work.Append append) {
      events.addAndGet(-append.publications().size());
      bytes.addAndGet(-append.bytes());
    }
    return work;
  }
}
