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
 * The events of one command on their way to a hub, many to a request. Requests are answered for in
 * the order in which they were sent; with one at a time, the next is sent when the one before is
 * acknowledged. One thread.
 */
final class Publishing {
  static final String NOT_KNOWN = "it is not known whether the event was stored";

  /** What is sent together, all or none. */
  private static final int MOST_EVENTS = 1000;

  private static final int MOST_CHARACTERS = 64 << 10;

  private final Console console;
  private final URI hub;
  private final int inFlight;
  private final boolean printsReceipts;
  private final List<Addressed> gathered = new ArrayList<>();
  private int gatheredCharacters;
  private final Deque<Sent> sent = new ArrayDeque<>();
  private final List<String> complaints = new ArrayList<>();
  private int exitCode = Runnel.DONE;

  // Any thread may ask.
  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();

  /** Events on their way together. */
  private record Sent(List<Addressed> events, CompletableFuture<List<Receipt>> receipts) {}

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
   * Gathers an event, to be sent with those that come next.
   *
   * @return false if an older one failed, so that no more shall be sent
   */
  boolean add(RunnelPublisher publisher, Addressed event) throws InterruptedException {
    int characters = event.event().data().length();
    if (!gathered.isEmpty()) {
      boolean fits =
          gathered.size() < MOST_EVENTS && gatheredCharacters + characters <= MOST_CHARACTERS;
      if (!fits || !gathered.get(0).topic().equals(event.topic())) flush(publisher);
    }
    gathered.add(event);
    gatheredCharacters += characters;
    return exitCode == Runnel.DONE;
  }

  /**
   * Sends what is gathered; waits for older ones while too many are on their way.
   *
   * @return false if an older one failed, so that no more shall be sent
   */
  boolean flush(RunnelPublisher publisher) throws InterruptedException {
    if (!gathered.isEmpty() && exitCode == Runnel.DONE) send(publisher, List.copyOf(gathered));
    gathered.clear();
    gatheredCharacters = 0;
    while (sent.size() >= inFlight && exitCode == Runnel.DONE) settleOldest(publisher);
    return exitCode == Runnel.DONE;
  }

  /** Sends what is gathered, waits for all that are on their way, and answers the exit code. */
  int settle(RunnelPublisher publisher) throws InterruptedException {
    flush(publisher);
    while (!sent.isEmpty()) settleOldest(publisher);
    return exitCode;
  }

  /** What went wrong, to be said when nothing else is being written. */
  void complain() {
    complaints.forEach(console::complain);
  }

  private void send(RunnelPublisher publisher, List<Addressed> events) throws InterruptedException {
    begun.addAndGet(events.size());
    sent.add(new Sent(events, receipts(publisher, events)));
  }

  private static CompletableFuture<List<Receipt>> receipts(
      RunnelPublisher publisher, List<Addressed> events) throws InterruptedException {
    Addressed first = events.get(0);
    try {
      return events.size() == 1
          ? publisher.publish(first.topic(), first.event()).thenApply(List::of)
          : publisher.publishAll(first.topic(), events.stream().map(Addressed::event).toList());
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void settleOldest(RunnelPublisher publisher) throws InterruptedException {
    Sent oldest = sent.remove();
    Throwable failure = failure(oldest);
    if (failure == null) return;
    if (oldest.events().size() == 1 || !isRefused(failure)) {
      failed(lines(oldest.events()), failure);
      return;
    }
    // One of them cannot be published. Those before it are, and it is named.
    for (Addressed event : oldest.events()) {
      var alone = List.of(event);
      failure = failure(new Sent(alone, receipts(publisher, alone)));
      if (failure != null) {
        failed(lines(alone), failure);
        return;
      }
    }
  }

  /** Waits for the answer; null if it is an acknowledgement. */
  private @Nullable Throwable failure(Sent request) throws InterruptedException {
    try {
      request.receipts().get().forEach(this::acknowledged);
      return null;
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }

  /** Whether nothing of it was published, because of what it says. */
  private static boolean isRefused(Throwable failure) {
    if (failure instanceof IllegalArgumentException) return true;
    return failure instanceof PublishFailedException refusal
        && !refusal.mayBePublished()
        && refusal.status() >= 400
        && refusal.status() < 500
        && HubCalls.exitCode(refusal.status()) != Runnel.NOT_ALLOWED;
  }

  private static String lines(List<Addressed> events) {
    long first = events.get(0).line();
    long last = events.get(events.size() - 1).line();
    if (first == 0) return "";
    return first == last ? "line " + first + ": " : "lines " + first + " to " + last + ": ";
  }

  private void acknowledged(Receipt receipt) {
    acknowledged.incrementAndGet();
    if (!printsReceipts) return;
    String id = Problem.quoted(receipt.id());
    String kept = Problem.quoted(receipt.kept());
    console.out().println("{\"id\":" + id + ",\"kept\":" + kept + "}");
  }

  private void failed(String where, @Nullable Throwable failure) {
    if (failure instanceof IllegalArgumentException) {
      complaints.add(where + failure.getMessage());
      if (exitCode == Runnel.DONE) exitCode = Runnel.MISUSED;
      return;
    }
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
