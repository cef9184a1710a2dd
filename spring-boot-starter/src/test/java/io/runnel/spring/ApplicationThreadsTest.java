package io.runnel.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Exchanger;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

@ExtendWith(OutputCaptureExtension.class)
class ApplicationThreadsTest {
  /** About one round in a hundred meets the moment; this is why there are many. */
  @Test
  void anEventThatMeetsItsSubscribersCancellationIsPassedOver(CapturedOutput output)
      throws Exception {
    var source = Executors.newSingleThreadExecutor();
    for (int round = 0; round < 2_000; round++) {
      var ready = new AtomicInteger();
      var events = new BaseSubscriber<Integer>() {};
      Future<?> emitted =
          source.submit(
              () ->
                  Flux.<Integer>from(
                          subscriber -> {
                            subscriber.onSubscribe(Operators.emptySubscription());
                            ready.incrementAndGet();
                            while (ready.get() < 2) Thread.onSpinWait();
                            subscriber.onError(new IllegalStateException("too slow"));
                          })
                      .publishOn(ApplicationThreads.INSTANCE)
                      .onErrorComplete()
                      .subscribe(events));
      while (ready.get() < 1) Thread.onSpinWait();
      ready.incrementAndGet();
      events.cancel();
      emitted.get();
    }
    source.shutdown();
    assertThat(output.toString()).doesNotContain("onErrorDropped");
  }

  @Test
  void whatItIsGivenRunsOnAThreadOfTheApplication() throws Exception {
    var ran = new Exchanger<String>();
    Scheduler.Worker worker = ApplicationThreads.INSTANCE.createWorker();
    worker.schedule(
        () -> {
          try {
            ran.exchange(Thread.currentThread().getName());
          } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
          }
        });
    assertThat(ran.exchange("")).startsWith("parallel-");
    worker.dispose();
    assertThat(worker.isDisposed()).isTrue();
  }
}
