package io.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TopicRulesTest {
  @Test
  void theFirstRuleThatMatchesCountsAndTheDefaultIsForTheRest() {
    TopicRules<String> rules =
        TopicRules.always("default")
            .and(new TopicPattern("orders/17"), "one order")
            .and(new TopicPattern("orders/**"), "orders")
            .and(new TopicPattern("orders/18"), "never reached");
    assertThat(rules.of(new Topic("orders/17"))).isEqualTo("one order");
    assertThat(rules.of(new Topic("orders/18"))).isEqualTo("orders");
    assertThat(rules.of(new Topic("orders"))).isEqualTo("orders");
    assertThat(rules.of(new Topic("user"))).isEqualTo("default");
  }

  @Test
  void addingARuleLeavesTheOldRulesAlone() {
    TopicRules<String> rules = TopicRules.always("default");
    rules.and(TopicPattern.ALL, "other");
    assertThat(rules.of(new Topic("a"))).isEqualTo("default");
  }
}
