package io.runnel.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is given later than the request came, by its lane.
 *
 * <p>{@link #answer} may be called by any thread, once; the rest belongs to the lane.
 */
final class DeferredAnswer implements NonBlockingResponse.Owner {
  private final StreamLane lane;
  private final NonBlockingResponse response;
  private final Runnable onGone;
  private boolean begun;
  private @Nullable Answer answer;

  /**
   * Makes the request asynchronous. Container thread.
   *
   * @param onGone called on the lane's thread when the answer is given, or the client has left
   */
  DeferredAnswer(
      HttpServletRequest request, HttpServletResponse response, StreamLane lane, Runnable onGone)
      throws IOException {
    this.lane = lane;
    this.onGone = onGone;
    this.response = new NonBlockingResponse(request, response, lane, this);
  }

  /** Container thread. */
  void start() {
    lane.execute(() -> lane.add(response));
    response.listen();
  }

  void answer(Answer answer) {
    lane.execute(
        () -> {
          if (this.answer != null) return;
          this.answer = answer;
          if (begun) send(answer);
        });
  }

  @Override
  public void begin() {
    begun = true;
    if (answer != null) send(answer);
  }

  private void send(Answer answer) {
    response.head(answer::writeHead);
    if (answer.body().length > 0) response.write(answer.body());
    response.end();
    onGone.run();
  }

  @Override
  public void writable() {}

  @Override
  public void gone() {
    onGone.run();
  }
}
