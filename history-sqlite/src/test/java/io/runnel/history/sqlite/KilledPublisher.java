package io.runnel.history.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.eventstream.Event;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.file.Path;

/** A process that publishes until it is killed, and writes a line for each acknowledgement. */
final class KilledPublisher {
  private static final int THREADS = 8;

  private KilledPublisher() {}

  /** {@code args}: the directory, and what the data of the events begins with. */
  public static void main(String[] args) throws Exception {
    var store = new Store(Path.of(args[0]));
    var out = new FileOutputStream(FileDescriptor.out);
    for (int t = 0; t < THREADS; t++) {
      String prefix = args[1] + '-' + t + '-';
      new Thread(() -> publish(store, out, prefix)).start();
    }
  }

  private static void publish(Store store, FileOutputStream out, String prefix) {
    try {
      for (int i = 0; ; i++) {
        String data = prefix + i;
        String id = store.hub.publish(Store.ORDERS, Event.of(data)).get().id();
        out.write((id + ' ' + data + '\n').getBytes(UTF_8));
      }
    } catch (Exception e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }
}
