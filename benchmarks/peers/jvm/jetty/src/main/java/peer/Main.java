package peer;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.ee10.servlets.EventSource;
import org.eclipse.jetty.ee10.servlets.EventSourceServlet;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Jetty's EventSourceServlet: -Dport. */
public final class Main {
  private static final Map<String, List<Subscriber>> topics = new ConcurrentHashMap<>();

  public static void main(String[] args) throws Exception {
    var server = new Server();
    var connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.getInteger("port"));
    connector.setAcceptQueueSize(65_535);
    server.addConnector(connector);
    var context = new ServletContextHandler("/");
    var subscribe = new ServletHolder(new Subscribe());
    subscribe.setAsyncSupported(true);
    context.addServlet(subscribe, "/sub/*");
    context.addServlet(new ServletHolder(new Publish()), "/pub/*");
    server.setHandler(context);
    server.start();
    server.join();
  }

  static final class Subscriber implements EventSource {
    private final List<Subscriber> subscribers;
    private volatile Emitter emitter;

    Subscriber(List<Subscriber> subscribers) {
      this.subscribers = subscribers;
    }

    @Override
    public void onOpen(Emitter emitter) {
      this.emitter = emitter;
      subscribers.add(this);
    }

    @Override
    public void onClose() {
      subscribers.remove(this);
    }
  }

  static final class Subscribe extends EventSourceServlet {
    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      return new Subscriber(
          topics.computeIfAbsent(request.getPathInfo(), any -> new CopyOnWriteArrayList<>()));
    }
  }

  static final class Publish extends HttpServlet {
    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      String data = new String(request.getInputStream().readAllBytes(), UTF_8);
      List<Subscriber> subscribers = topics.getOrDefault(request.getPathInfo(), List.of());
      for (Subscriber subscriber : subscribers) {
        try {
          subscriber.emitter.data(data);
        } catch (IOException e) {
          subscribers.remove(subscriber);
        }
      }
    }
  }
}
