package io.runnel.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the subscribers of a lane asked for, and the topics that it means. Belongs to the lane's
 * thread.
 */
final class LaneInterests {
  private final Topics topics;
  private final int lane;
  private final Map<List<TopicPattern>, Interest> interests = new HashMap<>();
  private final List<Interest> patternInterests = new ArrayList<>();

  LaneInterests(Topics topics, int lane) {
    this.topics = topics;
    this.lane = lane;
  }

  /**
   * The interest in these patterns, in whatever order, with one more that refers to it.
   *
   * @throws TooManyTopicsException if a topic asked for is new and there is no room for it
   */
  Interest of(List<TopicPattern> patterns) {
    List<TopicPattern> key = patterns.size() == 1 ? patterns : sorted(patterns);
    Interest interest = interests.get(key);
    if (interest == null) {
      interest = new Interest(key);
      interests.put(key, interest);
      try {
        attach(interest);
      } catch (TooManyTopicsException e) {
        detach(interest);
        throw e;
      }
    }
    interest.references++;
    return interest;
  }

  /** One less refers to the interest. */
  void release(Interest interest) {
    if (--interest.references == 0) detach(interest);
  }

  private static List<TopicPattern> sorted(List<TopicPattern> patterns) {
    return patterns.stream().sorted((a, b) -> a.text().compareTo(b.text())).toList();
  }

  private void attach(Interest interest) {
    for (TopicPattern pattern : interest.patterns) {
      if (pattern.isExact()) attach(interest, topics.interesting(new Topic(pattern.text())));
    }
    if (interest.isExact) return;
    patternInterests.add(interest);
    topics.forEach(
        state -> {
          LaneTopic known = state.laneTopic(lane);
          if (known == null) topic(state);
          else attachIfMeant(interest, known);
        });
  }

  private void attach(Interest interest, TopicState state) {
    LaneTopic topic = topic(state);
    if (interest.contains(topic)) state.removeInterest();
    else attach(interest, topic);
  }

  private void attach(Interest interest, LaneTopic topic) {
    topic.interests.add(interest);
    interest.add(topic);
    topic.state.wantedBy(lane, true);
  }

  /**
   * A pattern does not keep a topic alive, or one subscriber of {@code **} would keep every topic
   * there ever was: {@link #forgetRetiredTopics}.
   */
  private void attachIfMeant(Interest interest, LaneTopic topic) {
    if (!interest.contains(topic) && interest.matches(topic.state.topic)) attach(interest, topic);
  }

  private void detach(Interest interest) {
    interests.remove(interest.patterns);
    if (!interest.isExact) patternInterests.remove(interest);
    interest.forEachTopic(
        topic -> {
          topic.interests.remove(interest);
          if (topic.interests.isEmpty()) topic.state.wantedBy(lane, false);
          if (interest.names(topic.state.topic)) topic.state.removeInterest();
        });
  }

  /** The lane's side of a topic; when it is new, each pattern is tested once. */
  LaneTopic topic(TopicState state) {
    LaneTopic topic = state.laneTopic(lane);
    if (topic != null) return topic;
    topic = new LaneTopic(state);
    state.laneTopic(lane, topic);
    for (Interest interest : patternInterests) attachIfMeant(interest, topic);
    if (topic.interests.isEmpty()) state.wantedBy(lane, false);
    return topic;
  }

  /** The lane did not look at the window for a while: there may be topics that it has not met. */
  void meetEveryTopic() {
    topics.forEach(this::topic);
  }

  /** Topics that are retired leave the patterns that meant them, once nobody there lags behind. */
  void forgetRetiredTopics() {
    for (Interest interest : patternInterests) {
      if (interest.liveCount() == interest.references) interest.removeRetiredTopics();
    }
  }
}
