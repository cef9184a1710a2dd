package io.runnel.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * An application event that subscribers of a topic get: what {@code
 * ApplicationEventPublisher.publishEvent} is called with. Within a transaction they get it after
 * the commit, and never after a rollback; without one at once.
 *
 * <pre>{@code
 * @PublishedTo(value = "orders", type = "placed")
 * @PublishedTo(value = "user/{assignee}", type = "assigned")
 * record OrderPlaced(long number, String item, String assignee) {}
 * }</pre>
 *
 * <p>The event is written as data when it is published in the application, so what cannot be
 * written fails there, and later changes of it are not seen. Nothing keeps the event between the
 * commit and the hub: if the process dies there, subscribers never hear of it.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(PublishedTo.All.class)
public @interface PublishedTo {
  /**
   * The topic. An expression in braces stands for a property of the event: its value becomes one
   * segment, escaped as in {@link RunnelHub#userTopic}; where it is null, the event is not
   * published to this topic.
   */
  String value();

  /** The event type; without one, the class's name with a small first letter. */
  String type() default "";

  /** Several topics. */
  @Documented
  @Target(ElementType.TYPE)
  @Retention(RetentionPolicy.RUNTIME)
  @interface All {
    /** Each of them. */
    PublishedTo[] value();
  }
}
