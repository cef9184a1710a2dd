package io.runnel.hub;

import io.runnel.client.ConnectionFailedException;
import io.runnel.client.ConnectionFailedException.Reason;
import io.runnel.client.EventHandler;
import io.runnel.client.Gap;
import io.runnel.client.Interruption;
import io.runnel.client.LargeEvent;
import io.runnel.client.ReconnectPolicy;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * What {@code runnel subscribe} does with a stream: prints its events, keeps the position, and
 * tells a person what happens to the connection.
 *
 * <p>The first connection must succeed, as a mistyped address never will; a later one is tried
 * again and again. One handler for one source, whose calls come one at a time.
 */
final class Following implements EventHandler, ReconnectPolicy {
  private final Console console;
  private final EventPrinter printer;
  private final List<String> types;
  private final long count;
  private final @Nullable ResumeFile file;
  private final URI address;

  // The calls of the source.
  private long printed;
  private boolean wasOpen;
  private String interruptedBy = "";
  private boolean isOver;

  // Written before the latch is opened.
  private final CountDownLatch over = new CountDownLatch(1);
  private int exitCode;

  /**
   * Nothing has been followed yet.
   *
   * @param types what is printed; empty for all
   * @param count after how many events that are printed it is over
   */
  Following(
      Console console,
      EventPrinter printer,
      List<String> types,
      long count,
      @Nullable ResumeFile file,
      URI address) {
    this.console = console;
    this.printer = printer;
    this.types = types;
    this.count = count;
    this.file = file;
    this.address = address;
  }

  /** Waits for the end, and answers with the exit code. */
  int untilOver() throws InterruptedException {
    over.await();
    return exitCode;
  }

  private void end(int code) {
    if (isOver) return;
    isOver = true;
    exitCode = code;
    over.countDown();
  }

  @Override
  public void event(Event event) {
    if (isOver) return;
    boolean goesOn = true;
    if (isWanted(event.type())) goesOn = printer.print(event) && ++printed < count;
    keep(String.valueOf(event.id()));
    if (!goesOn) end(Runnel.DONE);
  }

  @Override
  public void largeEvent(LargeEvent event) throws IOException {
    if (isOver || !isWanted(event.type())) return;
    boolean goesOn;
    try {
      goesOn = printer.print(event) && ++printed < count;
    } catch (ConnectionFailedException cut) {
      return; // what that was is told when the connection is
    }
    keep(event.lastEventId());
    if (!goesOn) end(Runnel.DONE);
  }

  private boolean isWanted(String type) {
    return types.isEmpty() || types.contains(type);
  }

  @Override
  public void positionMoved(String lastEventId) {
    if (!isOver) keep(lastEventId);
  }

  /** After printing: what was printed and not kept is printed again, never left out. */
  private void keep(String id) {
    if (file == null) return;
    try {
      file.keep(id);
    } catch (IOException e) {
      console.complain(String.valueOf(e.getMessage()));
      end(Runnel.FAILED);
    }
  }

  @Override
  public void gap(Gap gap) {
    Long missed = gap.missed();
    console.complain(
        "events may be missing here: "
            + Printable.line(gap.reason())
            + (missed == null ? "" : ", " + missed + " of them"));
  }

  @Override
  public void opened(URI from, HttpHeaders headers) {
    if (!interruptedBy.isEmpty()) console.complain("connected again");
    wasOpen = true;
    interruptedBy = "";
  }

  @Override
  public void interrupted(ConnectionFailedException cause, Duration delay) {
    String what =
        switch (cause.reason()) {
          case ENDED -> "the stream ended";
          case NETWORK -> "the connection broke";
          default -> Printable.line(String.valueOf(cause.getMessage()));
        };
    // A hub that is away for an hour is told once, and not at each attempt.
    if (isOver || what.equals(interruptedBy)) return;
    interruptedBy = what;
    String seconds = String.format(Locale.ROOT, "%.1f s", delay.toMillis() / 1000.0);
    console.complain(what + "; reconnecting in " + seconds);
  }

  @Override
  public void closed(@Nullable ConnectionFailedException cause) {
    if (isOver) return;
    if (cause == null) {
      end(Runnel.DONE);
      return;
    }
    console.complain(HubCalls.explained(cause, address));
    end(HubCalls.exitCode(cause.status()));
  }

  @Override
  public Optional<Duration> delay(Interruption interruption) {
    boolean neverWas = !wasOpen && interruption.cause().reason() == Reason.NETWORK;
    return neverWas ? Optional.empty() : ReconnectPolicy.standard().delay(interruption);
  }
}
