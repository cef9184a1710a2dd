package io.runnel.benchmarks.histories;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.Topic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Events one after the other in files of 64 MiB, written in advance so that a sync need not note a
 * new length. Where each event stands is in memory, and read anew from all the files at a start.
 * Retention takes away nothing: files would have to be compacted for each topic.
 */
final class SegmentHistory extends GroupCommitHistory {
  private static final int SEGMENT = 64 << 20;

  private final Path directory;
  private final Map<Topic, TreeMap<Long, long[]>> places = new HashMap<>();
  private final CRC32C crc = new CRC32C();
  private ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
  private final Map<Integer, FileChannel> segments = new HashMap<>();
  private int segment;
  private int position;

  SegmentHistory(Path directory) throws IOException {
    this.directory = directory;
    Files.createDirectories(directory);
  }

  @Override
  long open() throws IOException {
    long last = 0;
    while (Files.exists(path(segment))) {
      ByteBuffer all = channel(segment).map(FileChannel.MapMode.READ_ONLY, 0, SEGMENT);
      for (position = 0; position + 24 < SEGMENT; ) {
        int length = all.getInt(position);
        if (length == 0) break;
        last = all.getLong(position + 8);
        byte[] name = new byte[all.getInt(position + 16)];
        all.get(position + 20, name);
        place(new Topic(new String(name, UTF_8)), last, segment, position);
        crc.reset();
        crc.update(all.slice(position + 8, length - 8));
        if ((int) crc.getValue() != all.getInt(position + 4)) break;
        position += length;
      }
      segment++;
    }
    if (segment > 0) segment--;
    return last;
  }

  private Path path(int number) {
    return directory.resolve("segment-" + number);
  }

  private FileChannel channel(int number) throws IOException {
    FileChannel open = segments.get(number);
    if (open != null) return open;
    boolean isNew = !Files.exists(path(number));
    FileChannel channel =
        FileChannel.open(
            path(number),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    if (isNew) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
      for (int at = 0; at < SEGMENT; at += 1 << 20) channel.write(zeros.clear(), at);
      channel.force(true);
    }
    segments.put(number, channel);
    return channel;
  }

  private void place(Topic topic, long offset, int segment, int position) {
    places
        .computeIfAbsent(topic, name -> new TreeMap<>())
        .put(offset, new long[] {segment, position});
  }

  @Override
  void keep(List<EncodedEvent> events) throws IOException {
    buffer.clear();
    int begin = position;
    for (EncodedEvent event : events) {
      byte[] name = event.topic().name().getBytes(UTF_8);
      int length = 20 + name.length + event.bytes().length;
      if (begin + buffer.position() + length + 24 > SEGMENT) {
        write(begin);
        segment++;
        begin = 0;
      }
      if (buffer.remaining() < length) {
        buffer = ByteBuffer.allocateDirect(2 * buffer.capacity() + length).put(buffer.flip());
      }
      int at = buffer.position();
      place(event.topic(), event.offset(), segment, begin + at);
      buffer.putInt(length).putInt(0).putLong(event.offset()).putInt(name.length).put(name);
      buffer.put(event.bytes());
      crc.reset();
      crc.update(buffer.duplicate().limit(at + length).position(at + 8));
      buffer.putInt(at + 4, (int) crc.getValue());
    }
    write(begin);
  }

  private void write(int begin) throws IOException {
    FileChannel channel = channel(segment);
    position = begin + buffer.position();
    channel.write(buffer.flip(), begin);
    channel.force(false);
    buffer.clear();
  }

  @Override
  int read(Topic topic, long after, int maxBytes) throws IOException {
    int bytes = 0;
    ByteBuffer event = ByteBuffer.allocate(maxBytes);
    for (long[] place :
        places.getOrDefault(topic, new TreeMap<>()).tailMap(after, false).values()) {
      if (bytes >= maxBytes) break;
      FileChannel channel = channel((int) place[0]);
      channel.read(event.clear().limit(4), place[1]);
      int length = event.getInt(0);
      channel.read(event.clear().limit(length), place[1]);
      bytes += length;
    }
    return bytes;
  }

  @Override
  void closeFiles() throws IOException {
    for (FileChannel channel : segments.values()) channel.close();
  }
}
