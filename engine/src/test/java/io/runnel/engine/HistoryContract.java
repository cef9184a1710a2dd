package io.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.runnel.eventstream.Event;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every history does, whether it answers at once or later on another thread. */
public abstract class HistoryContract {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Topic A = new Topic("a");
  private static final Topic B = new Topic("b");

  private long millis = 1_000_000;
  private final Heard heard = new Heard();
  private @Nullable History history;
  private @Nullable String epoch;

  /** For histories of other modules, too. */
  protected HistoryContract() {}

  /** A new and empty history. */
  protected abstract History newHistory(
      TopicRules<Retention> retention, long maxBytes, InstantSource clock) throws IOException;

  @AfterEach
  void close() {
    if (history != null) history.close();
  }

  // ---------------------------------------------------------------- order

  @Test
  void aNewHistoryIsEmptyAndHasAnEpoch() throws Exception {
    History.Opened opened = open(Retention.DEFAULT);
    assertThat(opened.lastOffset()).isZero();
    assertThat(opened.epoch()).matches("[0-9a-z]{8}");
    assertThat(read(0, 100, 1000, A, B)).isEqualTo("[] through 100 trimmed [0, 0]");
  }

  @Test
  void offsetsGrowByOneOverAllTopics() throws Exception {
    open(Retention.DEFAULT);
    append(A, "1");
    append(B, "2");
    append(A, "3");
    assertThat(heard.appended()).containsExactly("1 a", "2 b", "3 a");
  }

  @Test
  void theAnswerNamesTheIdAndComesAfterTheHubHasHeard() throws Exception {
    open(Retention.DEFAULT);
    assertThat(append(A, "x").id()).isEqualTo(epoch + "-1");
    assertThat(appendWithId(A, "10,20").id()).isEqualTo("10,20");
    assertThat(heard.appended()).containsExactly("1 a", "2 a");
    assertThat(heard.wakesAfterLastEvent()).isPositive();
  }

  @Test
  void anEventIsToldAsTheBlockThatIsSent() throws Exception {
    open(Retention.DEFAULT);
    append(A, "x");
    appendWithId(A, "10,20");
    assertThat(heard.blocks())
        .containsExactly("id: " + epoch + "-1\ndata: x\n\n", "id: 10,20\ndata: 10,20\n\n");
  }

  // ---------------------------------------------------------------- reading

  @Test
  void readsWhatLiesBetweenOfTheTopicsAskedInOneOrder() throws Exception {
    open(Retention.DEFAULT);
    for (int i = 1; i <= 6; i++) append(i % 3 == 0 ? new Topic("c") : i % 2 == 0 ? B : A, "" + i);
    assertThat(read(0, 6, 10_000, A, B)).isEqualTo("[1, 2, 4, 5] through 6 trimmed [0, 0]");
    assertThat(read(1, 5, 10_000, A, B)).isEqualTo("[2, 4, 5] through 5 trimmed [0, 0]");
    assertThat(read(1, 4, 10_000, A)).isEqualTo("[] through 4 trimmed [0]");
    assertThat(read(6, 6, 10_000, A)).isEqualTo("[] through 6 trimmed [0]");
  }

  @Test
  void aReadingThatIsFullSaysHowFarItCame() throws Exception {
    open(Retention.DEFAULT);
    for (int i = 1; i <= 4; i++) append(A, "" + i);
    append(B, "5");
    assertThat(read(0, 5, 1, A, B)).isEqualTo("[1] through 1 trimmed [0, 0]");
    assertThat(read(3, 5, 1, A, B)).isEqualTo("[4] through 4 trimmed [0, 0]");
    assertThat(read(4, 5, 1, A, B)).isEqualTo("[5] through 5 trimmed [0, 0]");
  }

  // ---------------------------------------------------------------- retention

  @Test
  void keepsTheNewestEventsOfATopic() throws Exception {
    open(new Retention(2, 1 << 20, DAY));
    for (int i = 1; i <= 4; i++) append(A, "" + i);
    append(B, "5");
    assertThat(read(0, 5, 10_000, A, B)).isEqualTo("[3, 4, 5] through 5 trimmed [2, 0]");
    assertThat(heard.trimmed()).contains("a 2").doesNotContain("b 1");
  }

  @Test
  void keepsTheNewestBytesOfATopicButAlwaysTheNewestEvent() throws Exception {
    open(new Retention(100, 100, DAY));
    append(A, "x".repeat(40));
    append(A, "x".repeat(10));
    append(A, "x".repeat(10));
    assertThat(read(0, 3, 10_000, A)).isEqualTo("[2, 3] through 3 trimmed [1]");
    append(A, "x".repeat(1000));
    assertThat(read(0, 4, 10_000, A)).isEqualTo("[4] through 4 trimmed [3]");
  }

  @Test
  void whatIsTooOldGoesWithTheNewest() throws Exception {
    open(new Retention(100, 1 << 20, Duration.ofSeconds(10)));
    append(A, "1");
    millis += 6_000;
    append(A, "2");
    millis += 6_000;
    maintain();
    assertThat(read(0, 2, 10_000, A)).isEqualTo("[2] through 2 trimmed [1]");
    millis += 6_000;
    maintain();
    assertThat(read(0, 2, 10_000, A)).isEqualTo("[] through 2 trimmed [2]");
    assertThat(heard.trimmed()).endsWith("a 2");
  }

  /** Whoever publishes and resumes meanwhile notices nothing; no key is forgotten too early. */
  @Test
  void whatIsTrimmedIsCountedUnderTheLimitThatMadeIt() throws Exception {
    var retention = new Retention(3, 200, Duration.ofSeconds(10));
    open(retention);
    for (int i = 1; i <= 5; i++) append(A, "" + i);
    long each = ("id: " + epoch + "-1\ndata: 1\n\n").length();
    assertThat(trimmed()).isEqualTo(new TrimStatistics(of(2, 2 * each), of(0, 0), NONE, NONE));
    append(B, "x".repeat(100));
    append(B, "x".repeat(100));
    assertThat(trimmed())
        .isEqualTo(new TrimStatistics(of(2, 2 * each), of(1, each + 99), NONE, NONE));
    millis += 11_000;
    maintain();
    assertThat(trimmed())
        .isEqualTo(
            new TrimStatistics(of(2, 2 * each), of(1, each + 99), of(4, 4 * each + 99), NONE));
    assertThat(opened().statistics().events()).isZero();
  }

  @Test
  void whatAllTopicsHaveTooMuchIsCountedToo() throws Exception {
    open(TopicRules.always(Retention.DEFAULT), 10_000);
    long published = 0;
    for (int i = 0; i < 100; i++) {
      append(i % 2 == 0 ? A : B, "x".repeat(200));
      published += ("id: " + epoch + "-" + (i + 1) + "\ndata: \n\n").length() + 200;
    }
    TrimStatistics trimmed = trimmed();
    HistoryStatistics kept = opened().statistics();
    assertThat(trimmed.allTopics().events()).isPositive().isEqualTo(100 - kept.events());
    assertThat(trimmed.allTopics().bytes()).isEqualTo(published - kept.bytes());
    assertThat(trimmed.events().events() + trimmed.bytes().events()).isZero();
  }

  private static final TrimStatistics.Trimmed NONE = new TrimStatistics.Trimmed(0, 0);

  private static TrimStatistics.Trimmed of(long events, long bytes) {
    return new TrimStatistics.Trimmed(events, bytes);
  }

  private TrimStatistics trimmed() {
    return opened().statistics().trimmed();
  }

  @Test
  void aClockThatIsSetBackKeepsEventsLongerAndOneThatIsSetForwardLetsThemGo() throws Exception {
    open(new Retention(100, 1 << 20, Duration.ofSeconds(10)));
    answer(Publication.of(A, Event.of("1"), "key"));
    millis -= 3_600_000;
    maintain();
    append(A, "2");
    assertThat(answer(Publication.of(A, Event.of("1"), "key")).id()).isEqualTo(epoch + "-1");
    millis += 3_600_000;
    maintain();
    assertThat(read(0, 2, 10_000, A)).isEqualTo("[1, 2] through 2 trimmed [0]");
    millis += 11_000;
    append(A, "3");
    maintain();
    assertThat(read(0, 3, 10_000, A)).isEqualTo("[3] through 3 trimmed [2]");
  }

  @Test
  void whatIsTrimmedStaysKnownUntilTheHubForgetsTheTopic() throws Exception {
    open(new Retention(100, 1 << 20, Duration.ofSeconds(10)));
    append(A, "1");
    millis += 20_000;
    maintain();
    maintain();
    append(B, "2");
    assertThat(read(0, 2, 10_000, A)).isEqualTo("[] through 2 trimmed [1]");
    append(A, "3");
    assertThat(read(0, 3, 10_000, A)).isEqualTo("[3] through 3 trimmed [1]");
  }

  @Test
  void aTopicOfWhichSomethingIsKeptIsNotForgotten() throws Exception {
    open(new Retention(1, 1 << 20, DAY));
    append(A, "1");
    append(A, "2");
    opened().forget(A);
    assertThat(read(0, 2, 10_000, A)).isEqualTo("[2] through 2 trimmed [1]");
  }

  // ---------------------------------------------------------------- finding

  @Test
  void findsTheOldestEventKeptUnderAnId() throws Exception {
    open(Retention.DEFAULT);
    appendWithId(A, "x");
    appendWithId(B, "y");
    appendWithId(A, "y");
    appendWithId(A, "x");
    assertThat(find("x", A, B)).isEqualTo("1");
    assertThat(find("y", A, B)).isEqualTo("2");
    assertThat(find("y", A)).isEqualTo("3");
    assertThat(find("z", A, B)).isEqualTo("0");
    assertThat(find("x", new Topic("c"))).isEqualTo("0");
  }

  @Test
  void anIdThatMayHaveStoodAtAnEventTrimmedIsInDoubt() throws Exception {
    open(new Retention(2, 1 << 20, DAY));
    appendWithId(A, "x");
    appendWithId(A, "y");
    appendWithId(A, "x");
    assertThat(find("x", A)).isEqualTo("3 in doubt");
    appendWithId(B, "x");
    assertThat(find("x", A, B)).isEqualTo("3 in doubt");
  }

  @Test
  void anIdTrimmedInOneTopicIsInDoubtInAnother() throws Exception {
    open(new Retention(1, 1 << 20, DAY));
    appendWithId(A, "x");
    appendWithId(A, "y");
    appendWithId(B, "x");
    assertThat(find("x", A, B)).isEqualTo("3 in doubt");
    assertThat(find("x", B)).isEqualTo("3");
  }

  @Test
  void anIdIsInDoubtAlsoIfItsTopicWasForgottenMeanwhile() throws Exception {
    open(new Retention(100, 1 << 20, Duration.ofSeconds(10)));
    appendWithId(A, "x");
    millis += 20_000;
    maintain();
    opened().forget(A);
    appendWithId(A, "x");
    assertThat(find("x", A)).isEqualTo("2 in doubt");
  }

  // ---------------------------------------------------------------- completing

  @Test
  void aCompleteTopicRefusesWhatFollows() throws Exception {
    open(Retention.DEFAULT);
    append(A, "1");
    answer(Publication.endOf(A));
    append(B, "3");
    assertThatThrownBy(() -> append(A, "4"))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(TopicCompletedException.class);
    assertThatThrownBy(() -> answer(Publication.endOf(A)))
        .hasCauseInstanceOf(TopicCompletedException.class);
    assertThat(heard.appended()).containsExactly("1 a", "2 a end", "3 b");
    assertThat(read(0, 3, 10_000, A)).isEqualTo("[1, 2] through 3 trimmed [0]");
  }

  @Test
  void theMarkOfTheEndDoesNotPushTheNewestEventOut() throws Exception {
    open(new Retention(1, 1, DAY));
    append(A, "1");
    answer(Publication.endOf(A));
    assertThat(read(0, 2, 10_000, A)).isEqualTo("[1, 2] through 2 trimmed [0]");
  }

  // ---------------------------------------------------------------- keys and batches

  @Test
  void aRetryIsAnsweredWithTheFirstIdAndNotKeptAgain() throws Exception {
    open(Retention.DEFAULT);
    Receipt first = answer(Publication.of(A, Event.of("x"), "key"));
    append(A, "y");
    assertThat(answer(Publication.of(A, Event.of("x"), "key"))).isEqualTo(first);
    assertThat(answer(Publication.of(B, Event.of("x"), "key")).id()).isEqualTo(epoch + "-3");
    assertThat(heard.appended()).containsExactly("1 a", "2 a", "3 b");
  }

  @Test
  void aKeyThatComesWithSomethingElseIsRefused() throws Exception {
    open(Retention.DEFAULT);
    answer(Publication.of(A, Event.of("x"), "key"));
    assertThatThrownBy(() -> answer(Publication.of(A, Event.of("y"), "key")))
        .hasCauseInstanceOf(IdempotencyKeyReusedException.class);
    assertThat(heard.appended()).containsExactly("1 a");
  }

  @Test
  void aKeyIsForgottenAfterADay() throws Exception {
    open(Retention.DEFAULT);
    answer(Publication.of(A, Event.of("x"), "key"));
    millis += DAY.toMillis() - 1;
    assertThat(answer(Publication.of(A, Event.of("x"), "key")).id()).isEqualTo(epoch + "-1");
    millis += 2;
    assertThat(answer(Publication.of(A, Event.of("x"), "key")).id()).isEqualTo(epoch + "-2");
  }

  @Test
  void aBatchIsKeptAsAWholeOrNotAtAll() throws Exception {
    open(Retention.DEFAULT);
    List<Publication> kept = batch(A, B, A);
    opened().appendAll(kept);
    for (Publication publication : kept) publication.receipt().get(30, SECONDS);
    answer(Publication.endOf(B));
    List<Publication> refused = batch(A, B, A);
    opened().appendAll(refused);
    for (Publication publication : refused) {
      assertThatThrownBy(() -> publication.receipt().get(30, SECONDS))
          .hasCauseInstanceOf(TopicCompletedException.class);
    }
    assertThat(heard.appended()).containsExactly("1 a", "2 b", "3 a", "4 b end");
  }

  @Test
  void aBatchThatComesAgainIsAnsweredWithItsFirstIdsAndAnotherUnderItsKeyIsRefused()
      throws Exception {
    open(Retention.DEFAULT);
    for (int retry = 0; retry < 2; retry++) {
      assertThat(ids(underKey(batch(A, A, A))))
          .containsExactly(epoch + "-1", epoch + "-2", epoch + "-3");
    }
    List<Publication> ends = batch(A, A, A);
    ends.set(2, Publication.of(A, Event.of("y")));
    for (List<Publication> other :
        List.of(batch(A), batch(A, A), batch(A, A, A, A), batch(A, A, B), ends)) {
      assertThatThrownBy(() -> ids(underKey(other)))
          .hasCauseInstanceOf(IdempotencyKeyReusedException.class);
    }
    assertThat(heard.appended()).containsExactly("1 a", "2 a", "3 a");
    assertThat(opened().statistics().keys()).isEqualTo(1);
  }

  @Test
  void aBatchThatComesAgainIsAnsweredWithItsPublishersIdsToo() throws Exception {
    open(Retention.DEFAULT);
    append(B, "before");
    for (int retry = 0; retry < 2; retry++) {
      List<Publication> batch = batch(A, A, B);
      batch.set(0, Publication.of(A, Event.of("x").withId("first")));
      assertThat(ids(underKey(batch))).containsExactly("first", epoch + "-3", epoch + "-4");
    }
    assertThat(heard.appended()).containsExactly("1 b", "2 a", "3 a", "4 b");
  }

  @Test
  void anEndThatComesAgainIsAnsweredWithItsFirstIdAlthoughTheTopicIsComplete() throws Exception {
    open(Retention.DEFAULT);
    for (int retry = 0; retry < 2; retry++) {
      List<Publication> ending = batch(A);
      ending.add(Publication.endOf(A));
      assertThat(ids(underKey(ending))).containsExactly(epoch + "-1", epoch + "-2");
      assertThat(ids(underKey(List.of(Publication.endOf(B))))).containsExactly(epoch + "-3");
    }
    assertThat(heard.appended()).containsExactly("1 a", "2 a end", "3 b end");
  }

  private static List<Publication> underKey(List<Publication> batch) {
    Publication.setKey(batch, "key");
    return batch;
  }

  private List<String> ids(List<Publication> batch) throws Exception {
    opened().appendAll(batch);
    var ids = new ArrayList<String>();
    for (Publication publication : batch) ids.add(publication.receipt().get(30, SECONDS).id());
    return ids;
  }

  private static List<Publication> batch(Topic... topics) {
    var batch = new ArrayList<Publication>();
    for (Topic topic : topics) batch.add(Publication.of(topic, Event.of("x")));
    return batch;
  }

  // ---------------------------------------------------------------- locks

  /** Whoever hangs on an answer may call the history from another thread, and wait for it. */
  @Test
  void answersHoldNoLock() throws Exception {
    open(Retention.DEFAULT);
    append(A, "1");
    answer(Publication.endOf(A));
    for (Publication publication :
        List.of(Publication.of(B, Event.of("x")), Publication.of(A, Event.of("refused")))) {
      CompletableFuture<String> read =
          publication.receipt().handle((receipt, failure) -> readElsewhere());
      opened().append(publication);
      assertThat(read.get(30, SECONDS)).startsWith("[1, 2]");
    }
    var nested = new CompletableFuture<String>();
    opened().find(List.of(A), "x", (offset, repeats) -> nested.complete(readElsewhere()));
    assertThat(nested.get(30, SECONDS)).startsWith("[1, 2]");
    var nestedInRead = new CompletableFuture<String>();
    read(List.of(A), 0, 2, 1000).whenComplete((r, f) -> nestedInRead.complete(readElsewhere()));
    assertThat(nestedInRead.get(30, SECONDS)).startsWith("[1, 2]");
  }

  private String readElsewhere() {
    try {
      return CompletableFuture.supplyAsync(() -> read(List.of(A), 0, 2, 1000))
          .thenCompose(answer -> answer)
          .get(20, SECONDS);
    } catch (Exception e) {
      return e.toString();
    }
  }

  // ---------------------------------------------------------------- for tests

  protected final History.Opened open(Retention retention) throws IOException {
    return open(TopicRules.always(retention), 1 << 20);
  }

  protected final History.Opened open(TopicRules<Retention> retention, long maxBytes)
      throws IOException {
    history = newHistory(retention, maxBytes, () -> Instant.ofEpochMilli(millis));
    History.Opened opened = history.open(heard);
    epoch = opened.epoch();
    return opened;
  }

  private History opened() {
    if (history == null) throw new IllegalStateException("not open");
    return history;
  }

  private void maintain() {
    opened().maintain(Instant.ofEpochMilli(millis));
  }

  protected final Receipt append(Topic topic, String data) throws Exception {
    return answer(Publication.of(topic, Event.of(data)));
  }

  private Receipt appendWithId(Topic topic, String id) throws Exception {
    return answer(Publication.of(topic, Event.of(id).withId(id)));
  }

  private Receipt answer(Publication publication) throws Exception {
    opened().append(publication);
    return publication.receipt().get(30, SECONDS);
  }

  protected final String read(long after, long through, int maxBytes, Topic... topics)
      throws Exception {
    return read(List.of(topics), after, through, maxBytes).get(30, SECONDS);
  }

  private CompletableFuture<String> read(
      List<Topic> topics, long after, long through, int maxBytes) {
    var answer = new CompletableFuture<String>();
    opened()
        .read(
            topics,
            after,
            through,
            maxBytes,
            new History.ReadAnswer() {
              @Override
              public void read(List<EncodedEvent> events, long through, long[] trimmedThrough) {
                List<Long> offsets = events.stream().map(EncodedEvent::offset).toList();
                answer.complete(
                    offsets
                        + " through "
                        + through
                        + " trimmed "
                        + Arrays.toString(trimmedThrough));
              }

              @Override
              public void failed(IOException failure) {
                answer.completeExceptionally(failure);
              }
            });
    return answer;
  }

  private String find(String id, Topic... topics) throws Exception {
    var answer = new CompletableFuture<String>();
    opened()
        .find(
            List.of(topics),
            id,
            (offset, repeats) -> answer.complete(offset + (repeats ? " in doubt" : "")));
    return answer.get(30, SECONDS);
  }

  /** What the hub hears. */
  private static final class Heard implements HistoryListener {
    private final List<EncodedEvent> events = new ArrayList<>();
    private final List<String> trimmed = new ArrayList<>();
    private int wakesAfterLastEvent;

    @Override
    public void topic(
        Topic topic,
        long lastOffset,
        long trimmedThrough,
        @Nullable EncodedEvent newest,
        boolean completed) {}

    @Override
    public synchronized void appended(EncodedEvent event) {
      events.add(event);
      wakesAfterLastEvent = 0;
    }

    @Override
    public synchronized void trimmed(Topic topic, long through) {
      trimmed.add(topic + " " + through);
    }

    @Override
    public synchronized void wake() {
      wakesAfterLastEvent++;
    }

    synchronized List<String> appended() {
      return events.stream()
          .map(event -> event.offset() + " " + event.topic() + (event.isEnd() ? " end" : ""))
          .toList();
    }

    synchronized List<String> blocks() {
      return events.stream().map(event -> new String(event.bytes(), UTF_8)).toList();
    }

    synchronized List<String> trimmed() {
      return List.copyOf(trimmed);
    }

    synchronized int wakesAfterLastEvent() {
      return wakesAfterLastEvent;
    }
  }
}
