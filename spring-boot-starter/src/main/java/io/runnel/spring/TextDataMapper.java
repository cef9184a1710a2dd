package io.runnel.spring;

/** What an application without a mapper has: text is data, and nothing else is. */
enum TextDataMapper implements EventDataMapper {
  INSTANCE;

  @Override
  public String write(Object data) {
    throw noMapper(data.getClass());
  }

  @Override
  public <T> T read(String data, Class<T> type) {
    throw noMapper(type);
  }

  private static IllegalArgumentException noMapper(Class<?> type) {
    return new IllegalArgumentException(
        type.getName()
            + " needs a mapper: add spring-boot-starter-jackson, or a bean of type "
            + EventDataMapper.class.getName());
  }
}
