package io.runnel.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.runnel.engine.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * Answers to publishes that were read together, or kept together by a history that answers later,
 * as they go over the wire: one buffer, one write. What another answer has to come before is
 * {@linkplain #write() written} first. Event loop.
 */
final class PlainAnswers {
  private static final byte[] HEAD =
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ".getBytes(US_ASCII);
  private static final int FIRST_CAPACITY = 2048;

  private final ChannelHandlerContext context;
  private final byte[] headers;
  private @Nullable ByteBuf answers;

  /**
   * Answers that leave from the context.
   *
   * @param moreHeaders lines that each has
   */
  PlainAnswers(ChannelHandlerContext context, String moreHeaders) {
    this.context = context;
    headers = ("\r\ncache-control: no-store\r\n" + moreHeaders + "\r\n").getBytes(US_ASCII);
  }

  void add(Receipt receipt) {
    if (answers == null) answers = context.alloc().ioBuffer(FIRST_CAPACITY);
    String json = EventsResource.json(receipt);
    answers.writeBytes(HEAD);
    answers.writeCharSequence(Integer.toString(json.length()), US_ASCII);
    answers.writeBytes(headers);
    answers.writeCharSequence(json, US_ASCII);
  }

  /** Hands them to the channel, which sends them when it is flushed. */
  void write() {
    ByteBuf all = answers;
    answers = null;
    if (all != null) context.write(all);
  }
}
