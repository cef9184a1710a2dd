package io.runnel.spring;

import java.security.Principal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/**
 * Who sent the request of a stream, and the session that the stream depends on. Any thread.
 *
 * @param user the name of the principal, or null
 * @param session the login session, if one was started
 */
record FluxLogin(@Nullable String user, @Nullable WebSession session) {
  static Mono<FluxLogin> of(ServerWebExchange exchange) {
    Mono<Optional<String>> user =
        exchange
            .getPrincipal()
            .map(Principal::getName)
            .map(Optional::of)
            .defaultIfEmpty(Optional.empty());
    return Mono.zip(
        user,
        exchange.getSession(),
        (name, session) -> new FluxLogin(name.orElse(null), session.isStarted() ? session : null));
  }

  /** A name that no two users share, nor an anonymous session with a user. */
  String owner() {
    if (user != null) return "user " + user;
    return session == null ? "" : "session " + session.getId();
  }

  boolean isSession(String id) {
    return session != null && session.getId().equals(id);
  }

  /** Whether there was a session and it is no longer valid; asking is no use of it. */
  boolean hasEnded() {
    return session != null && session.isExpired();
  }
}
