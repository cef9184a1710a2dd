package io.runnel.crash;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One publisher on one connection after the other, with several requests on their way at a time: of
 * one event each, or batches.
 *
 * <p>What was not answered when the connection broke is either given up, or sent again under its
 * idempotency key before anything new.
 */
final class Publisher extends Thread {
  private static final Pattern ID = Pattern.compile("\"([0-9a-z]{8})-([0-9]+)\"");
  private static final int PATIENCE_MILLIS = 20_000;

  private final int number;
  private final Wire wire;
  private final String topic;
  private final int batch;
  private final int inFlight;
  private final boolean retries;
  private final double eventsPerSecond;
  private final Ledger ledger;
  private final Gate gate;
  private final ArrayDeque<Request> unanswered = new ArrayDeque<>();
  private String epoch = "";
  private int requests;

  private record Request(List<Integer> payloads, String text) {}

  /**
   * A publisher.
   *
   * @param batch events in a request; 1 for requests that are no batches
   * @param inFlight requests on their way at a time
   */
  Publisher(
      int number,
      Wire wire,
      String topic,
      int batch,
      int inFlight,
      boolean retries,
      double eventsPerSecond,
      Ledger ledger,
      Gate gate) {
    super("publisher-" + number);
    setDaemon(true);
    this.number = number;
    this.wire = wire;
    this.topic = topic;
    this.batch = batch;
    this.inFlight = inFlight;
    this.retries = retries;
    this.eventsPerSecond = eventsPerSecond;
    this.ledger = ledger;
    this.gate = gate;
    ledger.batches(number, batch);
  }

  @Override
  public void run() {
    try {
      while (gate.await()) {
        try (Socket socket = wire.connect()) {
          socket.setSoTimeout(PATIENCE_MILLIS);
          publish(socket);
        } catch (IOException e) {
          TimeUnit.MILLISECONDS.sleep(5); // The hub is gone; what was not answered is not known.
        }
        if (!retries) unanswered.clear();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void publish(Socket socket) throws IOException, InterruptedException {
    var in = new BufferedInputStream(socket.getInputStream());
    boolean isRetry = !unanswered.isEmpty();
    while (gate.isOpen() || isRetry) {
      long begin = System.nanoTime();
      if (!isRetry) {
        for (int i = 0; i < inFlight; i++) unanswered.add(newRequest());
      }
      isRetry = false;
      int count = unanswered.size();
      var text = new StringBuilder();
      for (Request request : unanswered) text.append(request.text);
      socket.getOutputStream().write(text.toString().getBytes(ISO_8859_1));
      for (int i = 0; i < count; i++) {
        String answer = answer(in);
        acknowledge(unanswered.element(), answer);
        unanswered.remove();
      }
      long took = System.nanoTime() - begin;
      long least = (long) (1e9 * count * batch / eventsPerSecond);
      if (took < least) TimeUnit.NANOSECONDS.sleep(least - took);
    }
  }

  private Request newRequest() {
    var payloads = new ArrayList<Integer>();
    var body = new StringBuilder();
    for (int i = 0; i < batch; i++) {
      int payload = ledger.begin(number);
      payloads.add(payload);
      if (batch == 1) body.append(Payload.text(payload));
      else body.append("{\"data\":\"").append(Payload.text(payload)).append("\"}\n");
    }
    String text =
        "POST /events/"
            + topic
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
            + (batch == 1 ? "text/plain" : "application/x-ndjson")
            + (retries ? "\r\nIdempotency-Key: " + number + "-" + requests++ : "")
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    return new Request(payloads, text);
  }

  /** The body of the next answer; throws if it is no success: then nothing is known. */
  private static String answer(InputStream in) throws IOException {
    String status = line(in);
    int length = 0;
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Integer.parseInt(header.substring(15).strip());
      }
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) throw new EOFException();
    String text = new String(body, ISO_8859_1);
    if (!status.startsWith("HTTP/1.1 200")) throw new IOException(status + ": " + text);
    return text;
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) throw new EOFException();
      if (c != '\r') line.append((char) c);
    }
    return line.toString();
  }

  private void acknowledge(Request request, String answer) {
    if (!answer.contains("\"kept\":\"disk\"")) ledger.mistake(number, answer);
    Matcher id = ID.matcher(answer);
    for (int payload : request.payloads) {
      if (!id.find()) {
        ledger.mistake(number, "too few ids: " + answer);
        return;
      }
      if (epoch.isEmpty()) epoch = id.group(1);
      if (!epoch.equals(id.group(1))) ledger.mistake(number, "another epoch: " + answer);
      ledger.acknowledged(payload, Long.parseLong(id.group(2)));
    }
  }
}
