package io.runnel.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.runnel.engine.Hub;
import io.runnel.engine.Topic;
import io.runnel.eventstream.Event;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.http.HttpClient;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.authorization.AuthenticatedAuthorizationManager;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.access.ExceptionTranslationFilter;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.security.web.authentication.www.BasicAuthenticationEntryPoint;
import org.springframework.security.web.authentication.www.BasicAuthenticationFilter;
import org.springframework.security.web.context.RequestAttributeSecurityContextRepository;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.context.request.async.WebAsyncManagerIntegrationFilter;
import org.springframework.security.web.header.HeaderWriterFilter;
import org.springframework.security.web.header.writers.CacheControlHeadersWriter;
import org.springframework.security.web.servletapi.SecurityContextHolderAwareRequestFilter;
import org.springframework.security.web.util.matcher.AnyRequestMatcher;

/** Behind Spring Security, which authorises every dispatch of a request, the asynchronous too. */
class SpringSecurityTest {
  private final Queue<DispatcherType> dispatches = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  @ParameterizedTest
  @EnumSource
  void streamsLiveAndEndBehindTheFilterChain(Containers each) throws Exception {
    Container container = each.make();
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    try (Hub hub = Hub.inMemory();
        var streams = new EventStreams(hub, EventStreamsSettings.DEFAULT)) {
      container.filter(new Watched(filterChain()));
      container.start(
          Map.of(
              "/events/*", new TopicServlet(),
              "/source", new Greeting(),
              "/dispatched", new Dispatching()),
          20,
          streams);
      try (Received anonymous = new Received(client, container.url("/events/orders"))) {
        assertThat(anonymous.response.statusCode()).isEqualTo(401);
      }
      String anna = "Basic " + Base64.getEncoder().encodeToString("anna:anna".getBytes(UTF_8));
      for (String path : List.of("/events/orders?open=no", "/dispatched")) {
        dispatches.clear();
        try (Received stream = new Received(client, container.url(path), "Authorization", anna)) {
          assertThat(stream.response.statusCode()).isEqualTo(200);
          assertThat(stream.nextRetry()).isPositive();
          hub.publish(new Topic("orders"), Event.of("placed"));
          assertThat(stream.nextData()).isEqualTo("placed");
        }
        assertThat(dispatches)
            .containsExactlyElementsOf(
                path.equals("/dispatched")
                    ? List.of(DispatcherType.REQUEST, DispatcherType.ASYNC)
                    : List.of(DispatcherType.REQUEST));
      }
      try (Received greeted =
              new Received(client, container.url("/source"), "Authorization", anna);
          Received ended =
              new Received(client, container.url("/events/job?open=no"), "Authorization", anna)) {
        assertThat(greeted.nextData()).isEqualTo("anna");
        assertThat(greeted.endsNow()).isTrue();
        assertThat(ended.nextRetry()).isPositive();
        hub.complete(new Topic("job"));
        assertThat(ended.endsNow()).isTrue();
      }
      container.stop();
      assertThat(failures).isEmpty();
      assertThat(streams.statistics().gateTimeouts()).isZero();
    }
  }

  private static Filter filterChain() throws ServletException {
    AuthenticationManager users =
        authentication -> {
          String name = authentication.getName();
          if (!name.equals(authentication.getCredentials()))
            throw new BadCredentialsException(name);
          return UsernamePasswordAuthenticationToken.authenticated(name, name, List.of());
        };
    var entryPoint = new BasicAuthenticationEntryPoint();
    entryPoint.setRealmName("test");
    var aware = new SecurityContextHolderAwareRequestFilter();
    aware.afterPropertiesSet();
    return new FilterChainProxy(
        new DefaultSecurityFilterChain(
            AnyRequestMatcher.INSTANCE,
            new WebAsyncManagerIntegrationFilter(),
            new SecurityContextHolderFilter(new RequestAttributeSecurityContextRepository()),
            new HeaderWriterFilter(List.of(new CacheControlHeadersWriter())),
            new BasicAuthenticationFilter(users, entryPoint),
            aware,
            new AnonymousAuthenticationFilter("key"),
            new ExceptionTranslationFilter(entryPoint),
            new AuthorizationFilter(AuthenticatedAuthorizationManager.authenticated())));
  }

  /** Writes down every dispatch, and whatever it throws. */
  private final class Watched implements Filter {
    private final Filter watched;

    Watched(Filter watched) {
      this.watched = watched;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      dispatches.add(request.getDispatcherType());
      try {
        watched.doFilter(request, response, chain);
      } catch (IOException | ServletException | RuntimeException e) {
        failures.add(e);
        throw e;
      }
    }
  }

  private static final class Greeting extends EventSourceServlet {
    @Override
    protected EventSource newEventSource(HttpServletRequest request) {
      String name = request.getUserPrincipal().getName();
      return emitter -> {
        emitter.data(name);
        emitter.close();
      };
    }
  }

  /** Comes to the topics by an asynchronous dispatch of its own. */
  private static final class Dispatching extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      AsyncContext context = request.startAsync();
      new Thread(() -> context.dispatch("/events/orders?open=no")).start();
    }
  }
}
