package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A little of a hub's day, in a few seconds: readers come and are sent what is published, leave,
 * and come back all at once with their cursors. The first start of a build plays it, so that later
 * starts know how a busy hub runs (scripts/common.sh, {@code train}). Nobody else needs it.
 */
final class Rehearsal {
  private static final int ROUNDS = 25;
  private static final int READERS = 300;
  private static final int EVENTS = 60;
  private static final String PATH = "/events/rehearsal";
  private static final String DATA = "x".repeat(120);

  private final int port;
  private final byte[] bytes = new byte[16 << 10];

  private Rehearsal(int port) {
    this.port = port;
  }

  /** Plays it with the hub that listens on a port of this machine, the only argument. */
  public static void main(String[] arguments) throws IOException {
    new Rehearsal(Integer.parseInt(arguments[0])).play();
  }

  private void play() throws IOException {
    try (var publisher = new Connection()) {
      String cursor = publish(publisher, "first of all");
      for (int round = 0; round < ROUNDS; round++) cursor = round(publisher, cursor, round);
    }
  }

  /** All readers come back, hear of what they missed, and of some more; answers their cursor. */
  private String round(Connection publisher, String cursor, int round) throws IOException {
    String missed = publish(publisher, "missed in " + round);
    List<Connection> readers = new ArrayList<>();
    try {
      for (int i = 0; i < READERS; i++) readers.add(reader(cursor));
      for (Connection reader : readers) reader.readPast("missed in " + round);
      publish(publisher, "heard in " + round);
      for (Connection reader : readers) reader.readPast("heard in " + round);
    } finally {
      for (Connection reader : readers) reader.close();
    }
    return missed;
  }

  private Connection reader(String cursor) throws IOException {
    var reader = new Connection();
    reader.write(
        "GET " + PATH + " HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + cursor + "\r\n\r\n");
    return reader;
  }

  /** Publishes many events, the last of them with this data; answers the first one's id. */
  private static String publish(Connection publisher, String last) throws IOException {
    for (int i = 1; i < EVENTS; i++) publisher.write(request("?event=rehearsed", DATA));
    publisher.write(request("", last));
    String first = "";
    for (int i = 0; i < EVENTS; i++) {
      publisher.readPast("{\"id\":\"");
      String id = publisher.readPast("\"");
      if (i == 0) first = id;
    }
    return first;
  }

  private static String request(String query, String data) {
    return "POST "
        + PATH
        + query
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        + data.length()
        + "\r\n\r\n"
        + data;
  }

  /** A connection to the hub. */
  private final class Connection implements AutoCloseable {
    private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    private final StringBuilder unread = new StringBuilder();

    Connection() throws IOException {
      socket.setSoTimeout(10_000);
    }

    void write(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    /** Reads on until the text has come; answers what stood before it. */
    String readPast(String text) throws IOException {
      int at;
      while ((at = unread.indexOf(text)) < 0) {
        int length = socket.getInputStream().read(bytes);
        if (length < 0) throw new IOException("the hub closed the connection before: " + text);
        unread.append(new String(bytes, 0, length, US_ASCII));
      }
      String before = unread.substring(0, at);
      unread.delete(0, at + text.length());
      return before;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
