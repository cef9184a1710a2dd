package io.runnel.engine;

import static java.lang.System.Logger.Level.ERROR;

/** Hears of what went wrong in a lane's sinks. Called on the lane's thread; it must not throw. */
public interface LaneListener {
  /** Writes it to the log of this interface's name, as an error. */
  LaneListener LOGGING =
      (sink, failure) ->
          System.getLogger(LaneListener.class.getName())
              .log(ERROR, sink.getClass().getName() + " failed; its subscription ends", failure);

  /**
   * A sink threw. Its subscription ends with {@link EventSink.EndReason#FAILED}, the others do not
   * notice.
   */
  void sinkFailed(EventSink sink, RuntimeException failure);
}
