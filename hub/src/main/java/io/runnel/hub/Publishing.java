package io.runnel.hub;

import io.runnel.client.Interruption;
import io.runnel.client.PublishFailedException;
import io.runnel.client.Receipt;
import io.runnel.client.ReconnectPolicy;
import io.runnel.client.RunnelPublisher;
import io.runnel.hub.InputEvents.Addressed;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The events of one command on their way to a hub. They are answered for in the order in which they
 * were sent; with one at a time, the next is sent when the one before is acknowledged. One thread.
 */
final class Publishing {
  static final String NOT_KNOWN = "it is not known whether the event was stored";

  private final Console console;
  private final URI hub;
  private final int inFlight;
  private final boolean printsReceipts;
  private final Deque<Sent> sent = new ArrayDeque<>();
  private final List<String> complaints = new ArrayList<>();
  private int exitCode = Runnel.DONE;

  // Any thread may ask.
  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();

  /** An event on its way, and the line that it stood in; 0 if it stood in none. */
  private record Sent(long line, CompletableFuture<Receipt> receipt) {}

  Publishing(Console console, URI hub, int inFlight, boolean printsReceipts) {
    this.console = console;
    this.hub = hub;
    this.inFlight = inFlight;
    this.printsReceipts = printsReceipts;
  }

  /** How many events are without an answer. Any thread. */
  long unanswered() {
    return begun.get() - acknowledged.get();
  }

  /** How many events were acknowledged. Any thread. */
  long acknowledged() {
    return acknowledged.get();
  }

  /**
   * When an attempt is repeated: not where nobody ever answered, which is mistyped or not there.
   */
  Optional<Duration> delay(Interruption interruption) {
    boolean neverWas = acknowledged.get() == 0 && interruption.failures() == 1;
    if (neverWas && HubCalls.isNobodyThere(interruption.cause())) return Optional.empty();
    return ReconnectPolicy.exponential(Duration.ofSeconds(10)).delay(interruption);
  }

  /**
   * Sends an event; waits for older ones while too many are on their way.
   *
   * @return false if an older one failed, so that no more shall be sent
   * @throws IllegalArgumentException if there can be no such event or topic; nothing was sent
   */
  boolean send(RunnelPublisher publisher, Addressed event, long line) throws InterruptedException {
    begun.incrementAndGet();
    sent.add(new Sent(line, publisher.publish(event.topic(), event.event())));
    while (sent.size() >= inFlight && exitCode == Runnel.DONE) settleOldest();
    return exitCode == Runnel.DONE;
  }

  /** Waits for all that are on their way, and answers with the exit code. */
  int settle() throws InterruptedException {
    while (!sent.isEmpty()) settleOldest();
    return exitCode;
  }

  /** What went wrong, to be said when nothing else is being written. */
  void complain() {
    complaints.forEach(console::complain);
  }

  private void settleOldest() throws InterruptedException {
    Sent oldest = sent.remove();
    try {
      acknowledged(oldest.receipt().get());
    } catch (ExecutionException e) {
      String where = oldest.line() == 0 ? "" : "line " + oldest.line() + ": ";
      failed(where, e.getCause());
    }
  }

  private void acknowledged(Receipt receipt) {
    acknowledged.incrementAndGet();
    if (!printsReceipts) return;
    String id = Problem.quoted(receipt.id());
    String kept = Problem.quoted(receipt.kept());
    console.out().println("{\"id\":" + id + ",\"kept\":" + kept + "}");
  }

  private void failed(String where, @Nullable Throwable failure) {
    Throwable cause = failure;
    boolean mayBePublished = false;
    int status = 0;
    if (failure instanceof PublishFailedException failed) {
      mayBePublished = failed.mayBePublished();
      status = failed.status();
      if (status == 0 && failed.getCause() != null) cause = failed.getCause();
    }
    String said = where + HubCalls.explained(cause, hub);
    complaints.add(mayBePublished ? said + ": " + NOT_KNOWN : said);
    if (exitCode == Runnel.DONE) {
      exitCode = mayBePublished ? Runnel.NOT_KNOWN : HubCalls.exitCode(status);
    }
  }
}
