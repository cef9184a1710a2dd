package io.runnel.spring;

/**
 * Turns an application's objects into the data of events, and back. By default that is JSON by the
 * application's own {@code JsonMapper}; a bean of this type takes its place. Text never comes here:
 * it is the data already.
 *
 * <p>Called by any thread.
 */
public interface EventDataMapper {
  /**
   * The data of an event.
   *
   * @throws IllegalArgumentException if the object cannot be written
   */
  String write(Object data);

  /**
   * The object that the data of an event means.
   *
   * @throws IllegalArgumentException if it means none of this type
   */
  <T> T read(String data, Class<T> type);
}
