package peer;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Vert.x core, one event loop: -Dport. */
public final class Main extends VerticleBase {
  private final Map<String, List<HttpServerResponse>> topics = new HashMap<>();

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    vertx.deployVerticle(new Main(), new DeploymentOptions()).await(20, TimeUnit.SECONDS);
  }

  @Override
  public Future<?> start() {
    var options = new HttpServerOptions().setAcceptBacklog(65_535).setTcpNoDelay(true);
    return vertx
        .createHttpServer(options)
        .requestHandler(this::handle)
        .listen(Integer.getInteger("port"), "127.0.0.1");
  }

  private void handle(HttpServerRequest request) {
    String topic = request.path().substring(5);
    if (request.path().startsWith("/sub/")) subscribe(request.response(), topic);
    else request.body().onSuccess(body -> publish(request.response(), topic, body));
  }

  private void subscribe(HttpServerResponse response, String topic) {
    response.setChunked(true);
    response.putHeader("Content-Type", "text/event-stream").putHeader("Cache-Control", "no-cache");
    response.writeHead();
    List<HttpServerResponse> subscribers = topics.computeIfAbsent(topic, any -> new ArrayList<>(1));
    subscribers.add(response);
    response.closeHandler(closed -> subscribers.remove(response));
  }

  private void publish(HttpServerResponse response, String topic, Buffer body) {
    Buffer event = Buffer.buffer("data: ").appendBuffer(body).appendString("\n\n");
    for (HttpServerResponse subscriber : topics.getOrDefault(topic, List.of())) {
      subscriber.write(event);
    }
    response.end();
  }
}
