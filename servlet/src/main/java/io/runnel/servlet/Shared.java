package io.runnel.servlet;

import jakarta.servlet.ServletContext;

/**
 * The event streams that the servlets of a web application share: made by the first that asks,
 * closed by the last that is destroyed. Any thread.
 */
final class Shared {
  private static final String USERS = EventStreams.ATTRIBUTE + ".users";
  private static final String DEFAULT = EventStreams.ATTRIBUTE + ".default";

  private Shared() {}

  static synchronized EventStreams of(ServletContext context) {
    if (context.getAttribute(EventStreams.ATTRIBUTE) instanceof EventStreams streams) {
      return streams;
    }
    String retain = context.getInitParameter(RetentionRules.PARAMETER);
    EventStreams streams = EventStreams.inMemory(RetentionRules.parse(retain));
    context.setAttribute(EventStreams.ATTRIBUTE, streams);
    context.setAttribute(DEFAULT, streams);
    return streams;
  }

  static synchronized void install(EventStreams streams, ServletContext context) {
    Object other = context.getAttribute(EventStreams.ATTRIBUTE);
    if (other != null && other != streams) {
      throw new IllegalStateException(
          "the web application \""
              + context.getContextPath()
              + "\" has event streams already: install yours before its servlets start");
    }
    context.setAttribute(EventStreams.ATTRIBUTE, streams);
  }

  /** A servlet begins. */
  static synchronized EventStreams acquire(ServletContext context) {
    EventStreams streams = of(context);
    context.setAttribute(USERS, users(context) + 1);
    return streams;
  }

  /** A servlet ends; with the last one end the event streams, if nobody else made them. */
  static synchronized void release(ServletContext context) {
    int left = users(context) - 1;
    context.setAttribute(USERS, left);
    if (left > 0 || !(context.getAttribute(DEFAULT) instanceof EventStreams streams)) return;
    context.removeAttribute(EventStreams.ATTRIBUTE);
    context.removeAttribute(DEFAULT);
    streams.close();
  }

  private static int users(ServletContext context) {
    return context.getAttribute(USERS) instanceof Integer users ? users : 0;
  }
}
