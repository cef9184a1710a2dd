package io.runnel.history.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.Receipt;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The script of the crash points: two lives of a history, with small and large events, batches,
 * publishers' ids, keys, retention, checkpoints and a clean end. Writes a line to its output for
 * each acknowledgement: {@code acknowledged kept 3fa9c2d1-17 text}.
 */
final class RecordedRun {
  private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

  private RecordedRun() {}

  public static void main(String[] args) throws Exception {
    for (int life = 0; life < 2; life++) {
      try (var store = new SmallLogStore(Path.of(args[0]))) {
        live(store, "life " + life + " ");
      }
    }
  }

  private static void live(SmallLogStore store, String prefix) throws Exception {
    for (int i = 0; i < 24; i++) {
      String data = prefix + "event " + i;
      publish(store, SmallLogStore.KEPT, Event.of(data + (i % 6 == 5 ? "x".repeat(9000) : "")));
      String id = i % 3 == 0 ? prefix.replace(' ', '.') + i : null;
      publish(store, SmallLogStore.TRIMMED, Event.of(data).withId(id));
      if (i % 8 == 7) publishAll(store, data);
    }
    // Several in one commit.
    var receipts = new ArrayList<CompletableFuture<Receipt>>();
    for (int i = 0; i < 20; i++) {
      Event event = Event.of(prefix + "together " + i);
      receipts.add(store.hub.publish(SmallLogStore.KEPT, event, prefix + i));
    }
    for (int i = 0; i < 20; i++) {
      say(SmallLogStore.KEPT, receipts.get(i).get(), prefix + "together " + i);
    }
  }

  private static void publish(SmallLogStore store, Topic topic, Event event) throws Exception {
    say(topic, store.hub.publish(topic, event).get(), event.data());
  }

  private static void publishAll(SmallLogStore store, String data) throws Exception {
    List<Event> events =
        List.of(Event.of(data + " a"), Event.of(data + " b"), Event.of(data + " c"));
    List<Receipt> receipts = store.hub.publishAll(SmallLogStore.KEPT, events, null).get();
    for (int i = 0; i < events.size(); i++) {
      say(SmallLogStore.KEPT, receipts.get(i), events.get(i).data());
    }
  }

  /** One write of one line, so that the recording shows when it was said. */
  private static void say(Topic topic, Receipt receipt, String data) throws IOException {
    OUT.write(("acknowledged " + topic + " " + receipt.id() + " " + data + "\n").getBytes(UTF_8));
  }
}
