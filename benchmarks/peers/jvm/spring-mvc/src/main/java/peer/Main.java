package peer;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Spring MVC's SseEmitter on Tomcat: -Dserver.port. */
@SpringBootApplication
@RestController
public class Main {
  private final Map<String, List<SseEmitter>> topics = new ConcurrentHashMap<>();

  public static void main(String[] args) {
    SpringApplication.run(Main.class, args);
  }

  @GetMapping("/sub/{topic}")
  SseEmitter subscribe(@PathVariable("topic") String topic) throws IOException {
    var emitter = new SseEmitter(0L);
    List<SseEmitter> subscribers =
        topics.computeIfAbsent(topic, any -> new CopyOnWriteArrayList<>());
    emitter.onCompletion(() -> subscribers.remove(emitter));
    emitter.onTimeout(() -> subscribers.remove(emitter));
    emitter.onError(e -> subscribers.remove(emitter));
    // Without it the head of the answer waits for the first event.
    emitter.send(SseEmitter.event().comment("ok"));
    subscribers.add(emitter);
    return emitter;
  }

  @PostMapping("/pub/{topic}")
  void publish(@PathVariable("topic") String topic, @RequestBody String body) {
    List<SseEmitter> subscribers = topics.getOrDefault(topic, List.of());
    for (SseEmitter emitter : subscribers) {
      try {
        emitter.send(SseEmitter.event().data(body));
      } catch (Exception e) {
        subscribers.remove(emitter);
      }
    }
  }
}
