package io.runnel.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.security.Principal;
import org.jspecify.annotations.Nullable;

/**
 * Who sent the request of a stream, and what the stream depends on as long as it is open. Any
 * thread.
 */
final class Login {
  private final @Nullable String user;
  private final @Nullable String sessionId;
  private final @Nullable HttpSession session;

  private Login(@Nullable String user, @Nullable String sessionId, @Nullable HttpSession session) {
    this.user = user;
    this.sessionId = sessionId;
    this.session = session;
  }

  static Login of(HttpServletRequest request) {
    return of(request, false);
  }

  /** With {@code endsWithSession} false the session's end is never noticed. */
  static Login of(HttpServletRequest request, boolean endsWithSession) {
    Principal user = request.getUserPrincipal();
    HttpSession session = request.getSession(false);
    return new Login(
        user == null ? null : user.getName(),
        session == null ? null : session.getId(),
        endsWithSession ? session : null);
  }

  /** A name that no two users share, nor an anonymous session with a user. */
  String owner() {
    if (user != null) return "user " + user;
    return sessionId == null ? "" : "session " + sessionId;
  }

  boolean isUser(String name) {
    return name.equals(user);
  }

  /** Whether it is the session of this id, or was when the stream began. */
  boolean isSession(String id) {
    return id.equals(sessionId);
  }

  /**
   * Whether there was a session and it is no longer valid. It is asked, as a listener would have to
   * be registered before the web application starts; asking does not count as a use of it.
   */
  boolean hasEnded() {
    if (session == null) return false;
    try {
      session.getCreationTime();
      return false;
    } catch (IllegalStateException invalidated) {
      return true;
    }
  }
}
