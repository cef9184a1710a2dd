package io.runnel.benchmarks.histories;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runnel.engine.EncodedEvent;
import io.runnel.engine.Topic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Events in RocksDB by topic and offset, one synchronised batch for each turn. Retention deletes
 * the range before the oldest that is kept, once in as many events as are kept.
 */
final class RocksHistory extends GroupCommitHistory {
  private static final byte[] HEAD = {0};

  private final Path directory;
  private final int keptPerTopic;
  private final Map<Topic, long[]> kept = new HashMap<>();
  private final Options options = new Options().setCreateIfMissing(true);
  private final WriteOptions synced = new WriteOptions().setSync(true);
  private RocksDB db;

  RocksHistory(Path directory, int keptPerTopic) throws IOException {
    this.directory = directory;
    this.keptPerTopic = keptPerTopic;
    RocksDB.loadLibrary();
    Files.createDirectories(directory);
    try {
      db = RocksDB.open(options, directory.toString());
    } catch (RocksDBException e) {
      throw new IOException(e);
    }
  }

  @Override
  long open() throws IOException {
    try {
      byte[] head = db.get(HEAD);
      return head == null ? 0 : ByteBuffer.wrap(head).getLong();
    } catch (RocksDBException e) {
      throw new IOException(e);
    }
  }

  private static byte[] key(Topic topic, long offset) {
    byte[] name = topic.name().getBytes(UTF_8);
    return ByteBuffer.allocate(1 + name.length + 9)
        .put((byte) 1)
        .put(name)
        .put((byte) 0)
        .putLong(offset)
        .array();
  }

  @Override
  void keep(List<EncodedEvent> events) throws IOException {
    try (var batch = new WriteBatch()) {
      for (EncodedEvent event : events) {
        batch.put(key(event.topic(), event.offset()), event.bytes());
        trim(batch, event);
      }
      long last = events.get(events.size() - 1).offset();
      batch.put(HEAD, ByteBuffer.allocate(8).putLong(last).array());
      db.write(synced, batch);
    } catch (RocksDBException e) {
      throw new IOException(e);
    }
  }

  private void trim(WriteBatch batch, EncodedEvent event) throws RocksDBException {
    // A ring of the offsets kept: two rounds of it, of which the older one goes at once.
    long[] ring = kept.computeIfAbsent(event.topic(), topic -> new long[keptPerTopic + 1]);
    int at = (int) (ring[keptPerTopic]++ % keptPerTopic);
    ring[at] = event.offset();
    if (at == 0)
      batch.deleteRange(key(event.topic(), 0), key(event.topic(), ring[keptPerTopic / 2]));
  }

  @Override
  int read(Topic topic, long after, int maxBytes) {
    int bytes = 0;
    byte[] first = key(topic, after + 1);
    byte[] prefix = Arrays.copyOf(first, first.length - 8);
    try (RocksIterator events = db.newIterator()) {
      for (events.seek(first); events.isValid() && bytes < maxBytes; events.next()) {
        byte[] key = events.key();
        if (!Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length)) break;
        bytes += events.value().length;
      }
    }
    return bytes;
  }

  @Override
  void closeFiles() {
    db.close();
    options.close();
    synced.close();
  }
}
