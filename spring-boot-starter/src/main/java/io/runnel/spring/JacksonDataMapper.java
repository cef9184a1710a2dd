package io.runnel.spring;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** JSON, by the application's own mapper. */
final class JacksonDataMapper implements EventDataMapper {
  private final JsonMapper mapper;

  JacksonDataMapper(JsonMapper mapper) {
    this.mapper = mapper;
  }

  @Override
  public String write(Object data) {
    try {
      return mapper.writeValueAsString(data);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          data.getClass().getName() + " cannot be written as JSON: " + e.getOriginalMessage(), e);
    }
  }

  @Override
  public <T> T read(String data, Class<T> type) {
    try {
      return mapper.readValue(data, type);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "the data of an event is no " + type.getName() + ": " + e.getOriginalMessage(), e);
    }
  }
}
