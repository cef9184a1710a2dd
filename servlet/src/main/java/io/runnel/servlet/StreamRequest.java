package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.runnel.engine.Start;
import io.runnel.engine.SubscriptionRequest;
import io.runnel.engine.SubscriptionRequest.Heartbeat;
import io.runnel.engine.TopicPattern;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for: an event stream of topics, or of none, when only an {@link Emitter} is to
 * speak to it.
 *
 * @param topics topics and patterns; may be empty
 * @param start where in the topics to begin
 * @param opening whether to send {@code runnel.open} first; only with topics
 * @param heartbeat how to show that a quiet stream lives; without topics always a comment
 * @param padding length of a comment to begin with, for clients that show the first bytes late; 0
 *     to {@value #MAX_PADDING}
 */
public record StreamRequest(
    List<TopicPattern> topics, Start start, boolean opening, Heartbeat heartbeat, int padding) {
  /** The longest comment that a stream begins with, in bytes. */
  public static final int MAX_PADDING = 8192;

  /** What most clients that ask for it need. */
  private static final int USUAL_PADDING = 2048;

  /** A stream of no topics. */
  public static final StreamRequest PRIVATE =
      new StreamRequest(List.of(), Start.NOW, false, Heartbeat.COMMENT, 0);

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if the padding is out of its range
   */
  public StreamRequest {
    topics = List.copyOf(topics);
    if (padding < 0 || padding > MAX_PADDING) {
      throw new IllegalArgumentException(
          "padding=" + padding + " is out of its range of 0 to " + MAX_PADDING);
    }
  }

  /**
   * What the request's headers and query say, but for its topics: {@code Last-Event-ID} or {@code
   * lastEventId}, {@code from}, {@code open}, {@code heartbeat}, {@code padding}.
   *
   * @throws IllegalArgumentException if a parameter has a value that it cannot have; the message
   *     says which, and may be shown to the client
   */
  public static StreamRequest of(HttpServletRequest request) {
    return of(new Query(request));
  }

  /**
   * The same of a request that no servlet container read.
   *
   * @param lastEventId the header {@code Last-Event-ID}, or null
   * @param parameters the values of a parameter of the query, decoded; none if it is not there
   * @throws IllegalArgumentException as {@link #of(HttpServletRequest)} does
   */
  public static StreamRequest of(
      @Nullable String lastEventId, Function<String, List<String>> parameters) {
    return of(new Query(lastEventId, parameters));
  }

  static StreamRequest of(Query query) {
    return new StreamRequest(
        List.of(), start(query), opening(query), heartbeat(query), padding(query));
  }

  /** This request with other topics. */
  public StreamRequest withTopics(List<TopicPattern> topics) {
    return new StreamRequest(topics, start, opening, heartbeat, padding);
  }

  /** This request with topics and patterns by their names. */
  public StreamRequest withTopics(String... topics) {
    var patterns = new ArrayList<TopicPattern>();
    for (String topic : topics) patterns.add(new TopicPattern(topic));
    return withTopics(patterns);
  }

  /** This request beginning elsewhere. */
  public StreamRequest withStart(Start start) {
    return new StreamRequest(topics, start, opening, heartbeat, padding);
  }

  boolean hasTopics() {
    return !topics.isEmpty();
  }

  SubscriptionRequest subscription() {
    return new SubscriptionRequest(topics, start, opening, heartbeat);
  }

  byte[] paddingBytes() {
    return (":" + " ".repeat(padding) + "\n\n").getBytes(US_ASCII);
  }

  /** The head of an answer that is an event stream. */
  static void writeHead(HttpServletResponse response) {
    response.setContentType("text/event-stream");
    response.setHeader("Cache-Control", "no-store, no-transform");
    response.setHeader("X-Accel-Buffering", "no");
  }

  /** A cursor counts before {@code from}, which is what a client without one may say. */
  private static Start start(Query query) {
    String cursor = query.lastEventId();
    if (cursor != null) return Start.after(cursor);
    String from = query.first("from");
    if (from == null || from.equals("now")) return Start.NOW;
    if (from.equals("oldest")) return Start.OLDEST;
    if (from.equals("latest")) return Start.LATEST;
    throw new IllegalArgumentException("from=" + from + " is none of now, oldest, latest");
  }

  private static boolean opening(Query query) {
    String open = query.first("open");
    if (open == null || open.equals("yes")) return true;
    if (open.equals("no")) return false;
    throw new IllegalArgumentException("open=" + open + " is neither yes nor no");
  }

  private static Heartbeat heartbeat(Query query) {
    String heartbeat = query.first("heartbeat");
    if (heartbeat == null || heartbeat.equals("comment")) return Heartbeat.COMMENT;
    if (heartbeat.equals("event")) return Heartbeat.EVENT;
    throw new IllegalArgumentException("heartbeat=" + heartbeat + " is neither comment nor event");
  }

  /** Whether it is of a client that wants padding, or would say so rightly. */
  static boolean asksForPadding(HttpServletRequest request) {
    return padding(new Query(request)) > 0;
  }

  /** {@code padding=true}, or what a widespread polyfill for old browsers says. */
  private static int padding(Query query) {
    String padding = query.first("padding");
    if (padding != null && isTrue(padding)) return USUAL_PADDING;
    String preamble = query.first("evs_preamble");
    return preamble == null ? 0 : preambleLength(preamble);
  }

  private static boolean isTrue(String padding) {
    if (padding.equals("true")) return true;
    if (padding.equals("false")) return false;
    throw new IllegalArgumentException("padding=" + padding + " is neither true nor false");
  }

  private static int preambleLength(String preamble) {
    if (preamble.isEmpty() || preamble.equals("true")) return USUAL_PADDING;
    if (!preamble.matches("[0-9]{1,9}")) {
      throw new IllegalArgumentException(
          "evs_preamble=" + preamble + " is neither true nor a number of bytes");
    }
    int asked = Integer.parseInt(preamble);
    return asked == 0 ? 0 : Math.min(Math.max(asked, USUAL_PADDING), MAX_PADDING);
  }

  /** A poll that ends without an event has its position from the opening, and from nothing else. */
  void requirePosition() {
    if (opening || !start.equals(Start.NOW)) return;
    throw new IllegalArgumentException(
        "open=no leaves a poll without a cursor no position to go on from: events would be lost");
  }
}
