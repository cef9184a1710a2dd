package io.runnel.servlet;

import io.runnel.engine.EventBatch;
import io.runnel.engine.EventSink;
import io.runnel.engine.Opening;
import io.runnel.engine.Subscription;
import io.runnel.engine.TooManyTopicsException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber that cannot stream: its answer ends at once, or after the first events or a gap
 * come, or after a time without any. The same events, in the same form, at the same positions.
 * Lane.
 */
final class Poll implements EventSink, StreamLane.Member {
  private static final int LONGEST_WAIT_TICKS = 25;

  private final EventStreams streams;
  private final StreamLane lane;
  private final StreamRequest request;
  private final Login login;
  private final DeferredAnswer answer;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable Subscription subscription;
  private boolean waits;
  private boolean open = true;
  private boolean answered;
  private int ticks;

  /** Container thread. */
  Poll(
      EventStreams streams,
      StreamLane lane,
      HttpServletRequest httpRequest,
      HttpServletResponse httpResponse,
      StreamRequest request,
      boolean waits)
      throws IOException {
    this.streams = streams;
    this.lane = lane;
    this.request = request;
    this.waits = waits;
    login = streams.login(httpRequest);
    answer = new DeferredAnswer(httpRequest, httpResponse, lane, this::letGo);
  }

  /** Container thread. */
  void start() {
    answer.start();
    lane.execute(this::subscribe);
  }

  private void subscribe() {
    lane.add(this);
    try {
      Subscription subscription = lane.lane.subscribe(request.subscription(), this);
      if (answered) subscription.close();
      else this.subscription = subscription;
    } catch (TooManyTopicsException e) {
      answer(Problem.tooManyTopics(e).answer());
    } catch (IllegalArgumentException e) {
      answer(Problem.badRequest(e).answer());
    }
  }

  @Override
  public boolean open(Opening opening) {
    if (opening.finished()) {
      answer(new Answer(HttpServletResponse.SC_NO_CONTENT, "", new byte[0]));
      return false;
    }
    // Whoever has missed something hears of it now, and not when the next event comes.
    if (Boolean.FALSE.equals(opening.recovered())) waits = false;
    return true;
  }

  @Override
  public boolean write(EventBatch batch) {
    if (answered) return true;
    body.writeBytes(batch.toByteArray());
    if (!waits || batch.events() > 0) answer(Answer.ofStream(body.toByteArray()));
    return true;
  }

  @Override
  public void end(EndReason reason) {
    subscription = null;
    if (reason == EndReason.FAILED) {
      String detail = "the history failed to read what is asked for";
      answer(new Problem(503, "History failed", detail).answer());
    } else release();
  }

  @Override
  public boolean tick() {
    if (open && ++ticks >= LONGEST_WAIT_TICKS) release();
    return !open;
  }

  /** Answers with what there is. */
  @Override
  public void release() {
    if (!answered) answer(Answer.ofStream(body.toByteArray()));
  }

  @Override
  public Login login() {
    return login;
  }

  @Override
  public void logOut() {
    release();
  }

  private void answer(Answer answer) {
    if (answered) return;
    answered = true;
    unsubscribe();
    this.answer.answer(answer);
  }

  private void unsubscribe() {
    if (subscription != null) subscription.close();
    subscription = null;
  }

  private void letGo() {
    if (!open) return;
    open = false;
    answered = true;
    unsubscribe();
    streams.admission.ended(lane);
  }
}
