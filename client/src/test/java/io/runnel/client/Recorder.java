package io.runnel.client;

import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamTooLongException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes down, in words, what a source tells its handler. */
final class Recorder implements EventHandler {
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  volatile @Nullable ConnectionFailedException closedBy;

  @Override
  public void event(Event event) {
    told.add(event.type() + " " + event.data() + " #" + event.id());
  }

  @Override
  public void opened(URI from, HttpHeaders headers) {
    told.add("opened " + from.getPath());
  }

  @Override
  public void comment(String text) {
    told.add("comment " + text);
  }

  @Override
  public void gap(Gap gap) {
    told.add("gap " + gap);
  }

  @Override
  public void skipped(EventStreamTooLongException tooLong) {
    told.add("skipped " + tooLong.part());
  }

  @Override
  public void interrupted(ConnectionFailedException cause, Duration delay) {
    told.add("interrupted " + cause.reason());
  }

  @Override
  public void closed(@Nullable ConnectionFailedException cause) {
    closedBy = cause;
    told.add("closed" + (cause == null ? "" : " " + cause.reason()));
  }

  /** The next things told, as many as that. */
  List<String> next(int count) throws InterruptedException {
    List<String> lines = new ArrayList<>();
    while (lines.size() < count) {
      String line = told.poll(30, TimeUnit.SECONDS);
      if (line == null) {
        lines.add("(nothing more within 30 s)");
        break;
      }
      lines.add(line);
    }
    return lines;
  }

  /**
   * Everything told up to this line, and each line once: where an attempt has a time limit, a busy
   * machine may let more than one of them run into it.
   */
  List<String> eachOnceUntil(String line) throws InterruptedException {
    var lines = new LinkedHashSet<String>();
    while (!lines.contains(line) && lines.add(next(1).get(0))) {}
    return List.copyOf(lines);
  }

  /** Everything told until the source is closed. */
  List<String> untilClosed() throws InterruptedException {
    List<String> lines = new ArrayList<>();
    do lines.addAll(next(1));
    while (!lines.get(lines.size() - 1).startsWith("closed")
        && !lines.get(lines.size() - 1).startsWith("(nothing"));
    return lines;
  }

  int waiting() {
    return told.size();
  }
}
