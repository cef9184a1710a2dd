package io.runnel.servlet;

import static java.util.Objects.requireNonNull;

import io.runnel.engine.TopicPattern;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The topics of the web application's hub: GET subscribes. It must be registered with {@code
 * asyncSupported = true}, as must every filter before it.
 *
 * <p>Mapped to {@code /events/*}, it answers {@code GET /events/orders} and {@code GET
 * /events?topic=orders&topic=user/42}, with patterns and all parameters of the hub.
 */
public class TopicServlet extends HttpServlet {
  private transient @Nullable EventStreams streams;

  /** A servlet over the event streams of its web application: {@link EventStreams#of}. */
  public TopicServlet() {}

  @Override
  public void init() throws ServletException {
    streams = Shared.acquire(getServletContext());
  }

  @Override
  public void destroy() {
    streams = null;
    Shared.release(getServletContext());
  }

  /** The event streams of the web application. */
  protected final EventStreams eventStreams() {
    return requireNonNull(streams, "init() of this servlet was not called");
  }

  /**
   * Whether the sender of the request may subscribe to all of the topics: everybody may, unless
   * this is overridden.
   *
   * @param topics what is asked for; a pattern means every topic that it matches
   */
  protected boolean maySubscribe(HttpServletRequest request, List<TopicPattern> topics) {
    return true;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    try {
      subscribe(request, response);
    } catch (IllegalArgumentException e) {
      new Problem(400, "Bad request", String.valueOf(e.getMessage())).send(response);
    }
  }

  private void subscribe(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    var query = new Query(request);
    List<TopicPattern> topics = topics(request, query);
    StreamRequest asked = StreamRequest.of(query).withTopics(topics);
    if (!maySubscribe(request, topics)) {
      new Problem(403, "Forbidden", "these topics are not for you").send(response);
      return;
    }
    eventStreams().open(request, response, asked, () -> {});
  }

  private static List<TopicPattern> topics(HttpServletRequest request, Query query) {
    var topics = new ArrayList<TopicPattern>();
    String path = request.getPathInfo();
    if (path != null && path.length() > 1) topics.add(new TopicPattern(path.substring(1)));
    for (String topic : query.all("topic")) topics.add(new TopicPattern(topic));
    if (topics.isEmpty()) {
      throw new IllegalArgumentException("no topic: GET /events/<topic> or /events?topic=<topic>");
    }
    return topics;
  }
}
