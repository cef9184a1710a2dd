package io.runnel.history.sqlite;

import io.runnel.engine.Publication;
import io.runnel.engine.Topic;
import java.util.List;
import java.util.function.Consumer;

/** What the history's thread is asked to do. */
sealed interface Work {
  /** It is not done. */
  default void refuse(Throwable why) {}

  /** Keeps publications, all or none of them; {@code bytes} in all. */
  record Append(List<Publication> publications, long bytes) implements Work {
    @Override
    public void refuse(Throwable why) {
      publications.forEach(publication -> publication.refuse(why));
    }
  }

  /** Looks for what is too old. */
  record Maintain(long now) implements Work {}

  /** Forgets a topic of which nothing is kept. */
  record Forget(Topic topic) implements Work {}

  /** Gives up damaged events; then says whether that was possible. */
  record GiveUp(Topic topic, long through, Consumer<Boolean> then) implements Work {
    @Override
    public void refuse(Throwable why) {
      then.accept(false);
    }
  }

  /** Says that the turn is over in which it was taken. */
  record Barrier(Runnable then) implements Work {
    @Override
    public void refuse(Throwable why) {
      then.run();
    }
  }

  /** Ends. */
  record Stop() implements Work {}
}
