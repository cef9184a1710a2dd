package io.runnel.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.runnel.engine.Hub;
import io.runnel.engine.Retention;
import io.runnel.engine.Topic;
import io.runnel.engine.TopicRules;
import io.runnel.eventstream.Event;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetentionRulesTest {
  @Test
  void theFirstRuleThatMatchesCountsAndWhatIsNotGivenIsTheDefault() {
    TopicRules<Retention> rules =
        RetentionRules.parse(" orders/**=100000,64MB,24h ; movement/*=1,-,1m;x=7;");
    assertThat(rules.of(new Topic("orders/17")))
        .isEqualTo(new Retention(100_000, 64 << 20, Duration.ofHours(24)));
    assertThat(rules.of(new Topic("movement/box")))
        .isEqualTo(new Retention(1, 16 << 20, Duration.ofMinutes(1)));
    assertThat(rules.of(new Topic("x"))).isEqualTo(new Retention(7, 16 << 20, Duration.ofDays(1)));
    assertThat(rules.of(new Topic("y"))).isEqualTo(Retention.DEFAULT);
    assertThat(RetentionRules.parse(null).of(new Topic("y"))).isEqualTo(Retention.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "orders | no =",
        "orders=many | \"many\"",
        "orders=1,2XB | \"2XB\" has no unit of b kb mb gb",
        "orders=0 | retention of 0 events",
        "orders=1,2,3,4 | more than three bounds",
        "a b=1 | white space",
      })
  void whatIsNoneIsRefusedWithItsRule(String text, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetentionRules.parse("ok=1; " + text))
        .withMessageContaining("runnel.retain=" + text + " is not pattern=events,bytes,age")
        .withMessageContaining(why);
  }

  @Test
  void theContextParameterOfARunningContainerRulesTheDefaultHub(@TempDir Path base)
      throws Exception {
    var tomcat = new Tomcat();
    tomcat.setBaseDir(base.toString());
    tomcat.setPort(0);
    var context = tomcat.addContext("", base.toString());
    context.addParameter("runnel.retain", "orders=2");
    var servlet = Tomcat.addServlet(context, "events", new TopicServlet());
    servlet.setAsyncSupported(true);
    servlet.setLoadOnStartup(1);
    servlet.addMapping("/events/*");
    tomcat.start();
    try {
      Hub hub = EventStreams.of(context.getServletContext()).hub();
      for (String data : List.of("1", "2", "3")) {
        hub.publish(new Topic("orders"), Event.of(data)).join();
        hub.publish(new Topic("others"), Event.of(data)).join();
      }
      String url = "http://localhost:" + tomcat.getConnector().getLocalPort() + "/events/";
      HttpClient client = HttpClient.newHttpClient();
      String query = "?from=oldest&open=no";
      try (Received ruled = new Received(client, url + "orders" + query);
          Received others = new Received(client, url + "others" + query)) {
        assertThat(ruled.nextData()).isEqualTo("2");
        assertThat(others.nextData()).isEqualTo("1");
      }
    } finally {
      tomcat.stop();
      tomcat.destroy();
    }
  }
}
