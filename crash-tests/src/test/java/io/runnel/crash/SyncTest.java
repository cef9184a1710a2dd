package io.runnel.crash;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The system calls of the real process: an event is written to the log, then the log is
 * synchronised, and only then its publisher is answered and its subscribers are given it.
 */
@Tag("slow")
class SyncTest {
  private static final int PUBLISHERS = 8;
  private static final int EACH = 60;
  private static final Pattern MARK = Pattern.compile("mark-[0-9]+-[0-9]+;");
  private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-z]{8}-[0-9]+)\"");

  @TempDir Path directory;

  @Test
  void theLogIsSynchronisedBeforeAnybodyHearsOfAnEvent() throws Exception {
    Strace.require();
    Path file = directory.resolve("calls");
    Path data = directory.resolve("data");
    int port = HubProcess.ownPort();
    Map<String, String> marks;
    String calls = "write,writev,sendto,sendmsg,pwrite64,fdatasync,fsync";
    try (HubProcess hub =
        new HubProcess.Builder(port, data).prefix(Strace.writing(file, calls, 8000)).start()) {
      hub.awaitReady();
      URI uri = URI.create("http://127.0.0.1:" + port + "/events/a");
      try (var subscriber = new Subscriber.Plain(0, uri, 0)) {
        while (subscriber.seen.connections.get() == 0) Thread.sleep(5);
        marks = publish(port);
        while (subscriber.seen.size() < marks.size()) Thread.sleep(5);
      }
      hub.terminate();
      hub.waitFor();
    }
    check(Strace.read(file), marks, data.resolve("events.db-wal").toString());
  }

  /** By the ids, what was published under them. */
  private static Map<String, String> publish(int port) throws InterruptedException {
    Map<String, String> marks = new HashMap<>();
    var threads = new ArrayList<Thread>();
    for (int p = 0; p < PUBLISHERS; p++) {
      int publisher = p;
      var thread =
          new Thread(
              () -> {
                for (int i = 0; i < EACH; i++) {
                  String mark = "mark-" + publisher + "-" + i + ";";
                  String id = published(port, mark);
                  synchronized (marks) {
                    marks.put(id, mark);
                  }
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) thread.join();
    assertThat(marks).hasSize(PUBLISHERS * EACH);
    return marks;
  }

  private static String published(int port, String mark) {
    try {
      HttpCalls.Answer answer = HttpCalls.publish(port, "a", mark);
      Matcher id = ID.matcher(answer.body());
      if (id.find() && answer.body().contains("\"kept\":\"disk\"")) return id.group(1);
      throw new AssertionError(answer.toString());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void check(List<Strace.Call> calls, Map<String, String> marks, String log) {
    Map<String, Integer> written = new HashMap<>();
    Map<String, Integer> heard = new HashMap<>();
    Map<Integer, Integer> syncs = new HashMap<>();
    for (Strace.Call call : calls) {
      if (call.file().equals(log)) {
        if (call.name().endsWith("sync") && call.result() == 0) {
          syncs.put(call.entry(), call.exit());
        } else {
          marksIn(call, mark -> written.putIfAbsent(mark, call.exit()));
        }
      } else if (call.file().startsWith("socket:")) {
        marksIn(call, mark -> heard.merge(mark, call.entry(), Math::min));
        for (byte[] text : call.strings()) {
          Matcher id = ID.matcher(new String(text, ISO_8859_1));
          while (id.find()) heard.merge(marks.get(id.group(1)), call.entry(), Math::min);
        }
      }
    }
    var begun = new TreeSet<>(syncs.keySet());
    for (String mark : marks.values()) {
      Integer sync = begun.higher(written.get(mark));
      assertThat(heard).as("answers and deliveries").containsKey(mark);
      assertThat(sync).as("a sync after %s was written", mark).isNotNull();
      assertThat(heard.get(mark)).as(mark + " is heard of").isGreaterThan(syncs.get(sync));
    }
    Reports.say(
        "%d events, %d syncs of the log: each answer and each delivery after its sync",
        marks.size(), syncs.size());
  }

  private static void marksIn(Strace.Call call, java.util.function.Consumer<String> each) {
    for (byte[] bytes : call.strings()) {
      Matcher mark = MARK.matcher(new String(bytes, ISO_8859_1));
      while (mark.find()) each.accept(mark.group());
    }
  }
}
