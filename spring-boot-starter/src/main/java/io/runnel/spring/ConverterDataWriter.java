package io.runnel.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpOutputMessage;
import org.springframework.http.MediaType;
import org.springframework.http.converter.HttpMessageConverter;

/** Writes data as the application's message converters do: JSON by its own mapper. Any thread. */
final class ConverterDataWriter implements BuiltEvent.DataWriter {
  private final List<HttpMessageConverter<?>> converters;

  ConverterDataWriter(List<HttpMessageConverter<?>> converters) {
    this.converters = List.copyOf(converters);
  }

  @Override
  @SuppressWarnings("unchecked")
  public String write(Object data, @Nullable MediaType mediaType) throws IOException {
    for (HttpMessageConverter<?> converter : converters) {
      if (converter.canWrite(data.getClass(), mediaType)) {
        var message = new Message();
        ((HttpMessageConverter<Object>) converter).write(data, mediaType, message);
        return message.body.toString(UTF_8);
      }
    }
    throw new IllegalArgumentException(
        "no message converter writes "
            + data.getClass().getName()
            + (mediaType == null ? "" : " as " + mediaType));
  }

  private static final class Message implements HttpOutputMessage {
    private final HttpHeaders headers = new HttpHeaders();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    @Override
    public HttpHeaders getHeaders() {
      return headers;
    }

    @Override
    public OutputStream getBody() {
      return body;
    }
  }
}
