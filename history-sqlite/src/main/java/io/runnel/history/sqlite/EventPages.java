package io.runnel.history.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The events that stand in the pages of a database's file, found page by page: of a tree that has
 * lost a page SQLite finds nothing that is below it, and near the root that is nearly all.
 *
 * <p>What looks like an event and has its checksum is one: also one that was trimmed, in a page
 * that has not been used again. A row is never changed, and no place is given twice, so there is no
 * older version of one. The log is not looked at: it may hold what was never committed.
 *
 * <p>Pages and records are read as <a href="https://www.sqlite.org/fileformat2.html">the format of
 * SQLite's file</a> says; its sections are named below. Used by one thread.
 */
final class EventPages {
  private static final int DEFAULT_PAGE_SIZE = 4096;
  private static final int PAGE_SIZE_AT = 16;
  private static final int RESERVED_AT = 20;
  private static final int INTERIOR = 2;
  private static final int LEAF = 10;
  private static final int COLUMNS = 8;
  private static final long MOST_BYTES = 64L << 20;

  private final FileChannel file;
  private final int pageSize;
  private final int usable;
  private final Checksum checksum = new Checksum();

  /** Takes what was found. */
  interface Taker {
    void take(EventRow event) throws SQLException;
  }

  private EventPages(FileChannel file) throws IOException {
    this.file = file;
    ByteBuffer header = read(0, RESERVED_AT + 1);
    int size = header.limit() > RESERVED_AT ? header.getShort(PAGE_SIZE_AT) & 0xffff : 0;
    boolean isSize = size >= 512 && Integer.bitCount(size) == 1;
    pageSize = isSize ? size : size == 1 ? 65536 : DEFAULT_PAGE_SIZE;
    usable = pageSize - (isSize ? header.get(RESERVED_AT) & 0xff : 0);
  }

  /** Finds all of them, in no order. */
  static void read(Path database, Taker taker) throws IOException, SQLException {
    try (FileChannel file = FileChannel.open(database, StandardOpenOption.READ)) {
      var pages = new EventPages(file);
      // The first page is the schema's.
      for (long at = pages.pageSize; at < file.size(); at += pages.pageSize) {
        pages.readPage(pages.read(at, pages.pageSize), taker);
      }
    }
  }

  private ByteBuffer read(long at, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining() && file.read(buffer, at + buffer.position()) > 0) {}
    return buffer.flip();
  }

  /** 1.6, B-tree Pages: those of an index, which a table without row ids is too. */
  private void readPage(ByteBuffer page, Taker taker) throws IOException, SQLException {
    if (page.limit() < pageSize || (page.get(0) != LEAF && page.get(0) != INTERIOR)) return;
    boolean isLeaf = page.get(0) == LEAF;
    int cells = page.getShort(3) & 0xffff;
    for (int i = 0; i < cells; i++) {
      EventRow event = null;
      try {
        int cell = page.getShort((isLeaf ? 8 : 12) + 2 * i) & 0xffff;
        page.position(isLeaf ? cell : cell + 4);
        ByteBuffer payload = payload(page);
        if (payload != null) event = event(payload);
      } catch (IndexOutOfBoundsException | BufferUnderflowException | IllegalArgumentException e) {
        // It points out of the page: no event.
      }
      if (event != null) taker.take(event);
    }
  }

  /** 1.6 and 1.7: what does not fit stands in a chain of overflow pages. */
  private @Nullable ByteBuffer payload(ByteBuffer page) throws IOException {
    long length = varint(page);
    if (length < COLUMNS || length > Math.min(MOST_BYTES, file.size())) return null;
    int most = (usable - 12) * 64 / 255 - 23;
    int least = (usable - 12) * 32 / 255 - 23;
    if (length <= most) return page.slice(page.position(), (int) length);
    int local = least + (int) ((length - least) % (usable - 4));
    if (local > most) local = least;
    ByteBuffer payload = ByteBuffer.allocate((int) length);
    payload.put(page.slice(page.position(), local));
    int next = page.getInt(page.position() + local);
    while (payload.hasRemaining()) {
      ByteBuffer overflow = read((next - 1L) * pageSize, usable);
      next = overflow.getInt();
      if (!overflow.hasRemaining()) return null; // Cut off there: a chain of these may be a ring.
      payload.put(overflow.limit(Math.min(usable, Integer.BYTES + payload.remaining())));
    }
    return payload.flip();
  }

  /** 2.1, Record Format: the columns of {@link EventRow}, the key first, as they are declared. */
  private @Nullable EventRow event(ByteBuffer record) {
    int headerLength = (int) varint(record);
    ByteBuffer types = record.slice(record.position(), headerLength - record.position());
    ByteBuffer values = record.position(headerLength);
    long topic = number(varint(types), values);
    long offset = number(varint(types), values);
    long before = number(varint(types), values);
    long same = number(varint(types), values);
    long time = number(varint(types), values);
    byte[] publisherId = bytes(varint(types), values);
    byte[] body = bytes(varint(types), values);
    long sum = number(varint(types), values);
    if (types.hasRemaining()) return null;
    var event =
        new EventRow(
            topic,
            offset,
            before,
            same,
            time,
            publisherId == null ? null : new String(publisherId, UTF_8),
            body == null ? new byte[0] : body);
    return event.checksum(checksum) == (int) sum ? event : null;
  }

  private static long number(long type, ByteBuffer values) {
    if (type == 8 || type == 9) return type - 8;
    if (type < 1 || type > 6) throw new IllegalArgumentException("no number");
    int length = type <= 4 ? (int) type : type == 5 ? 6 : 8;
    long number = values.get();
    for (int i = 1; i < length; i++) number = number << 8 | (values.get() & 0xff);
    return number;
  }

  private static byte @Nullable [] bytes(long type, ByteBuffer values) {
    if (type == 0) return null;
    if (type < 12 || (type - 12) / 2 > values.remaining()) {
      throw new IllegalArgumentException("neither text nor bytes");
    }
    byte[] bytes = new byte[(int) ((type - 12) / 2)];
    values.get(bytes);
    return bytes;
  }

  /** 1.6: seven bits a byte, the highest first; the ninth has eight. */
  private static long varint(ByteBuffer from) {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      byte next = from.get();
      value = value << 7 | (next & 0x7f);
      if (next >= 0) return value;
    }
    return value << 8 | (from.get() & 0xff);
  }
}
