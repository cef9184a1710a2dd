package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A sink that writes down what it is given, and takes all of it unless told otherwise. */
class Recorder implements EventSink {
  private final StringBuilder text = new StringBuilder();
  private final List<Opening> openings = new ArrayList<>();
  private @Nullable EndReason end;
  boolean isFull;
  @Nullable Subscription subscription;

  @Override
  public boolean open(Opening opening) {
    openings.add(opening);
    return true;
  }

  @Override
  public boolean write(EventBatch batch) {
    text.append(new String(batch.toByteArray(), UTF_8));
    return !isFull;
  }

  @Override
  public void end(EndReason reason) {
    end = reason;
  }

  List<Opening> openings() {
    return openings;
  }

  @Nullable EndReason end() {
    return end;
  }

  /** What was written since the last call, the reconnection time without its random part. */
  String text() {
    String written = text.toString().replaceAll("(?m)^retry: \\d+$", "retry: N");
    text.setLength(0);
    return written;
  }

  /** The data of all published events so far. */
  List<String> data() {
    List<String> data = new ArrayList<>();
    for (String block : text.toString().split("\n\n")) {
      if (block.contains("event: runnel.")) continue;
      var line = Pattern.compile("(?m)^data: (.*)$").matcher(block);
      if (line.find()) data.add(line.group(1));
    }
    return data;
  }

  /** It has room again. */
  void drain() {
    isFull = false;
    if (subscription != null) subscription.writable();
  }
}
