package io.runnel.engine;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The topics that the hub knows, and how far those had gone that it forgot. Safe for any thread.
 *
 * <p>A topic that is retired is in both places or in one, never in neither: whoever finds it
 * retired takes it out and asks again.
 */
final class Topics {
  private final HubSettings settings;
  private final LongAdder refused;
  private final Map<Topic, TopicState> states = new ConcurrentHashMap<>();
  private final ForgottenTopics forgotten = new ForgottenTopics();

  Topics(HubSettings settings, LongAdder refused) {
    this.settings = settings;
    this.refused = refused;
  }

  int size() {
    return states.size();
  }

  Stream<TopicState> all() {
    return states.values().stream();
  }

  void forEach(Consumer<TopicState> action) {
    states.values().forEach(action);
  }

  /** The topic, if the hub knows it. */
  @Nullable TopicState known(Topic topic) {
    return states.get(topic);
  }

  /**
   * The topic, new if need be.
   *
   * @throws TooManyTopicsException if it is new and there is no room for it
   */
  TopicState admit(Topic topic) {
    TopicState state = states.get(topic);
    if (state != null) return state;
    if (states.size() >= settings.maxTopics()) {
      refused.increment();
      throw new TooManyTopicsException(topic, settings.maxTopics());
    }
    return existing(topic);
  }

  /** The state of a topic that exists somewhere already, so that no limit can refuse it. */
  TopicState existing(Topic topic) {
    return states.computeIfAbsent(topic, this::newState);
  }

  private TopicState newState(Topic topic) {
    var state = new TopicState(topic, settings.slowConsumers().of(topic));
    state.trimmed(forgotten.trimmedThrough(topic));
    return state;
  }

  /**
   * The topic, with one more interest in it.
   *
   * @throws TooManyTopicsException if it is new and there is no room for it
   */
  TopicState interesting(Topic topic) {
    while (true) {
      TopicState state = admit(topic);
      if (state.addInterest()) return state;
      states.remove(topic, state);
    }
  }

  /** The topic of an event that the history has appended: each takes note of the other. */
  TopicState appended(EncodedEvent event) {
    TopicState state = event.topicState;
    if (state == null) state = existing(event.topic());
    while (!state.appended(event)) {
      states.remove(event.topic(), state);
      state = existing(event.topic());
    }
    event.topicState = state;
    return state;
  }

  /**
   * Forgets topics in which nobody is interested and of which nothing is kept.
   *
   * @param seenByLanes the offset that every lane has passed
   * @param gone hears of each topic that was forgotten
   */
  void forgetIdle(long seenByLanes, Consumer<Topic> gone) {
    for (Topic topic : states.keySet()) {
      // In one step for everybody else: nobody finds it in neither place.
      if (states.computeIfPresent(topic, (name, state) -> unlessIdle(state, seenByLanes)) == null) {
        gone.accept(topic);
      }
    }
  }

  private @Nullable TopicState unlessIdle(TopicState state, long seenByLanes) {
    if (!state.retire(seenByLanes)) return state;
    forgotten.add(state.topic, state.trimmedThrough());
    return null;
  }

  /** Topics that the history forgot, and cannot name any more, had gone up to here. */
  void forgotten(long through) {
    forgotten.addOthers(through);
  }

  /** How far topics had gone that were forgotten and are meant by the patterns. */
  long forgottenThrough(List<TopicPattern> patterns) {
    return forgotten.trimmedThrough(patterns);
  }

  /** Topics that were forgotten, as far as their names are known, and are meant by the patterns. */
  List<Topic> forgottenNames(List<TopicPattern> patterns) {
    return forgotten.names(patterns);
  }
}
