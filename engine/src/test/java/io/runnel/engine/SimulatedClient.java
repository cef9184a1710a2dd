package io.runnel.engine;

import static io.runnel.engine.BrokenPromise.unless;

import io.runnel.engine.PromiseChecker.Beginning;
import io.runnel.engine.SubscriptionRequest.Heartbeat;
import io.runnel.eventstream.Event;
import io.runnel.eventstream.EventStreamHandler;
import io.runnel.eventstream.EventStreamParser;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A client that connects, reads fast or slowly or not at all, goes away at any time, and comes back
 * with the last event ID that it read from the bytes.
 */
final class SimulatedClient {
  /** How a connection's bytes are taken. */
  enum Pace {
    FAST,
    SLOW,
    STALLED
  }

  final int number;
  private final Simulation simulation;
  private final SplittableRandom random;
  private final Trace trace;

  private List<TopicPattern> patterns = List.of();
  private boolean[] wanted = {};
  private boolean isExact;

  /** What the client has read: the cursor, and the position for which it stands. */
  private String lastEventId = "";

  private long standsAt;

  private @Nullable Connection connection;

  SimulatedClient(int number, Simulation simulation, SplittableRandom random, Trace trace) {
    this.number = number;
    this.simulation = simulation;
    this.random = random;
    this.trace = trace;
  }

  @Nullable Connection connection() {
    Connection connection = this.connection;
    return connection != null && !connection.isOver ? connection : null;
  }

  boolean hasTopics() {
    return !patterns.isEmpty();
  }

  boolean hasCursor() {
    return !lastEventId.isEmpty();
  }

  // ---------------------------------------------------------------- connecting

  void chooseTopics() {
    if (lastEventId.isEmpty() || Cursor.isMinted(lastEventId)) {
      askFor(simulation.somePatterns());
    }
  }

  void askFor(List<TopicPattern> patterns) {
    this.patterns = patterns;
    wanted = simulation.topicsMeantBy(patterns);
    isExact = patterns.stream().noneMatch(pattern -> pattern.text().contains("*"));
  }

  List<String> topicsNamed() {
    return patterns.stream().map(TopicPattern::text).filter(text -> !text.contains("*")).toList();
  }

  /** Connects anew or resumes. */
  void connect(SimulatedLane lane, boolean resumes, Pace pace) {
    Beginning beginning = resumes ? resumption() : someBeginning();
    String cursor = resumes ? lastEventId : "";
    if (beginning == Beginning.BROKEN) cursor = someBrokenCursor();
    boolean asksForOpening = random.nextInt(8) > 0;
    Start start =
        switch (beginning) {
          case NOW -> random.nextInt(8) > 0 ? Start.NOW : Start.after("");
          case OLDEST -> Start.OLDEST;
          case LATEST -> Start.LATEST;
          case POSITION, PUBLISHER_ID, BROKEN -> Start.after(cursor);
        };
    long place = beginning == Beginning.BROKEN ? 0 : standsAt;
    trace.add("connect", number, lane.number, patterns, beginning, cursor, place, pace);
    var checker =
        new PromiseChecker(
            simulation.model(),
            simulation.policies(),
            wanted,
            isExact,
            beginning,
            cursor,
            place,
            asksForOpening);
    var connection = new Connection(checker, pace, lane);
    this.connection = connection;
    Heartbeat heartbeat = random.nextBoolean() ? Heartbeat.COMMENT : Heartbeat.EVENT;
    connection.subscription =
        lane.lane()
            .subscribe(
                new SubscriptionRequest(patterns, start, asksForOpening, heartbeat), connection);
  }

  private Beginning resumption() {
    return Cursor.isOf(simulation.model().epoch(), lastEventId)
        ? Beginning.POSITION
        : Beginning.PUBLISHER_ID;
  }

  private Beginning someBeginning() {
    return switch (random.nextInt(10)) {
      case 0, 1, 2 -> Beginning.OLDEST;
      case 3, 4 -> Beginning.LATEST;
      case 5 -> Beginning.BROKEN;
      default -> Beginning.NOW;
    };
  }

  private String someBrokenCursor() {
    return switch (random.nextInt(4)) {
      case 0 -> "never an id";
      case 1 -> "a\u0001b";
      case 2 -> "00000000-1";
      default -> Cursor.format(simulation.model().epoch(), simulation.model().head() + 1000);
    };
  }

  /** One connection, as the hub sees it. */
  final class Connection implements EventSink, EventStreamHandler {
    private final PromiseChecker checker;
    private final SimulatedLane thread;
    private final Lane lane;
    private final EventStreamParser parser = new EventStreamParser(this);
    private Pace pace;
    private @Nullable Subscription subscription;
    private byte[] rest = {};
    private boolean isOpened;
    private boolean isHeldUp;
    private long heldUpSince;
    private boolean isOver;

    Connection(PromiseChecker checker, Pace pace, SimulatedLane thread) {
      this.checker = checker;
      this.thread = thread;
      lane = thread.lane();
      this.pace = pace;
    }

    Pace pace() {
      return pace;
    }

    void pace(Pace pace) {
      this.pace = pace;
    }

    boolean isHeldUp() {
      return isHeldUp;
    }

    PromiseChecker checker() {
      return checker;
    }

    // -------------------------------------------------------------- the hub's side

    @Override
    public boolean open(Opening opening) {
      trace.add("open", number, opening);
      unless(!isOver, "opened after its end");
      isOpened = true;
      checker.opened(opening);
      if (opening.finished() && random.nextBoolean()) {
        isOver = true;
        trace.saw("204");
        return false;
      }
      return true;
    }

    @Override
    public boolean write(EventBatch batch) {
      byte[] bytes = batch.toByteArray();
      switch (simulation.bug()) {
        case ORDER_SWAPPED_IN_ONE_LANE ->
            bytes = simulation.swapLastTwoBlocks(thread.number == 0, bytes);
        case GAP_NOT_SENT -> bytes = Simulation.withoutGaps(bytes);
        default -> {}
      }
      boolean all = take(bytes);
      if (simulation.bug() == PlantedBug.BATCH_SENT_TWICE && all && random.nextInt(100) == 0) {
        return take(bytes);
      }
      return all;
    }

    private boolean take(byte[] bytes) {
      trace.addBytes("write", number, bytes);
      unless(isOpened, "a batch before the opening");
      unless(!isOver, "a batch after the end");
      unless(!isHeldUp, "a batch while it is held up");
      checker.given(bytes);
      int taken = bytes.length;
      if (pace == Pace.STALLED) taken = random.nextInt(8) == 0 ? random.nextInt(bytes.length) : 0;
      if (pace == Pace.SLOW && random.nextInt(3) == 0) taken = random.nextInt(bytes.length);
      arrived(bytes, 0, taken);
      if (random.nextInt(100) == 0) simulation.publishWhileWriting();
      Subscription subscription = this.subscription;
      if (subscription != null && random.nextInt(200) == 0) {
        trace.add("gone while written to", number);
        isOver = true;
        subscription.close();
        return random.nextBoolean();
      }
      if (taken == bytes.length) return true;
      rest = Arrays.copyOfRange(bytes, taken, bytes.length);
      isHeldUp = true;
      heldUpSince = simulation.seconds();
      checker.heldUp();
      return false;
    }

    @Override
    public void end(EndReason reason) {
      trace.add("end", number, reason);
      trace.saw("end " + reason);
      unless(!isOver, "ended twice");
      isOver = true;
      boolean isTimedOut =
          isHeldUp && simulation.seconds() - heldUpSince >= simulation.writeTimeoutSeconds() - 1;
      // A lane that is closed in the middle of a turn closes them after it.
      boolean isDraining = simulation.isDraining() || thread.lane() != lane;
      checker.ended(reason, isTimedOut, isDraining, simulation.mayFail());
    }

    // -------------------------------------------------------------- the client's side

    /** Takes some of what is kept; when nothing is left, the hub may write again. */
    void drain(boolean all) {
      int taken = all ? rest.length : random.nextInt(rest.length + 1);
      arrived(rest, 0, taken);
      rest = Arrays.copyOfRange(rest, taken, rest.length);
      trace.add("drain", number, taken, rest.length);
      if (rest.length > 0) return;
      isHeldUp = false;
      if (simulation.bug() == PlantedBug.WRITABLE_NOT_HEARD && random.nextInt(20) == 0) return;
      if (subscription != null) subscription.writable();
    }

    void leave() {
      trace.add("leave", number);
      isOver = true;
      if (subscription != null) subscription.close();
    }

    private void arrived(byte[] bytes, int from, int to) {
      try {
        parser.feed(bytes, from, to);
      } catch (IOException e) {
        throw new BrokenPromise(e.toString());
      }
    }

    @Override
    public void lastEventId(String id) {
      lastEventId = id;
    }

    @Override
    public void event(Event event) {
      if (event.type().equals("runnel.gap")) trace.saw(event.data().replaceAll("\\W+first.*", ""));
      else if (event.type().equals("runnel.open")) standsAt = Cursor.offset(event.id());
      else if (!event.type().startsWith("runnel.")) standsAt = simulation.offsetOf(event);
    }
  }
}
