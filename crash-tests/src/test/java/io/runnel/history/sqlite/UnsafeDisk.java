package io.runnel.history.sqlite;

import io.runnel.crash.Strace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A disk that keeps only what was synchronised: the recorded calls are done on it one after the
 * other, and at any point it says what a crash may leave.
 *
 * <p>What was done to a file since its last sync is pending. A crash may lose it, keep it, or keep
 * any part of it in any order; of a write it may keep any of the sectors of 512 bytes. A file that
 * was made and never synchronised, nor its directory, may be missing; a name that was taken away or
 * moved since the directory was synchronised may be the old one.
 */
final class UnsafeDisk {
  private static final int SECTOR = 512;

  /** What a crash does with what is pending. */
  enum Crash {
    LOSES_ALL,
    TEARS_THE_LAST,
    KEEPS_ANY_PART
  }

  private interface Change {
    /** The file after it, of which sectors may be left out. */
    byte[] applyTo(byte[] before, SplittableRandom torn);
  }

  private static final class File {
    byte[] durable = {};
    boolean exists; // Whether its name is durable.
    final List<Change> pending = new ArrayList<>();
  }

  private final String directory;
  private final Map<String, File> files = new LinkedHashMap<>();

  /** What was taken away and not yet synchronised. */
  private final Map<String, File> removed = new HashMap<>();

  UnsafeDisk(Path directory) {
    this.directory = directory.toString() + "/";
  }

  /** Whether the call does something to the disk. */
  boolean concerns(Strace.Call call) {
    return call.result() >= 0 && !name(call).isEmpty();
  }

  private String name(Strace.Call call) {
    String path =
        switch (call.name()) {
          case "openat" -> call.arguments().contains("O_CREAT") ? path(call, 0) : "";
          case "unlink", "unlinkat" -> path(call, 0);
          case "fsync", "fdatasync", "pwrite64", "ftruncate", "write" -> call.file();
          default -> "";
        };
    if (path.equals(directory.substring(0, directory.length() - 1))) return ".";
    if (!path.startsWith(directory)) return "";
    String name = path.substring(directory.length());
    return name.endsWith("-shm") ? "" : name; // Shared memory, made anew by whoever opens.
  }

  private static String path(Strace.Call call, int index) {
    List<byte[]> strings = call.strings();
    return index < strings.size() ? new String(strings.get(index)) : "";
  }

  void apply(Strace.Call call) {
    String name = name(call);
    switch (call.name()) {
      case "openat" -> files.computeIfAbsent(name, created -> new File());
      case "unlink", "unlinkat" -> {
        File file = files.remove(name);
        if (file != null) removed.put(name, file);
      }
      case "pwrite64" -> {
        byte[] bytes = Arrays.copyOf(call.strings().get(0), (int) call.result());
        file(name).pending.add(write(bytes, (int) call.lastNumber()));
      }
      case "ftruncate" -> {
        int length = (int) call.lastNumber();
        file(name).pending.add((before, torn) -> Arrays.copyOf(before, length));
      }
      case "fsync", "fdatasync" -> sync(name);
      default -> throw new IllegalStateException(call.name() + " of " + name);
    }
  }

  private File file(String name) {
    return files.computeIfAbsent(name, created -> new File());
  }

  private static Change write(byte[] bytes, int position) {
    return (before, torn) -> {
      byte[] after = Arrays.copyOf(before, Math.max(before.length, position + bytes.length));
      for (int i = 0; i < bytes.length; ) {
        int end = Math.min(bytes.length, i + SECTOR - (position + i) % SECTOR);
        if (torn == null || torn.nextInt(2) == 0) {
          System.arraycopy(bytes, i, after, position + i, end - i);
        }
        i = end;
      }
      return after;
    };
  }

  private void sync(String name) {
    if (name.equals(".")) {
      for (File file : files.values()) file.exists = true;
      removed.clear();
      return;
    }
    File file = file(name);
    file.exists = true; // As the file systems of Linux do it.
    for (Change change : file.pending) file.durable = change.applyTo(file.durable, null);
    file.pending.clear();
  }

  /** Writes what is left after a crash now. */
  void crash(Path to, Crash crash, SplittableRandom random) throws IOException {
    Map<String, File> left = new LinkedHashMap<>(files);
    boolean keepsNames = crash == Crash.TEARS_THE_LAST || random.nextInt(2) == 0;
    if (!keepsNames) {
      left.values().removeIf(file -> !file.exists);
      left.putAll(removed);
    }
    for (Map.Entry<String, File> entry : left.entrySet()) {
      Files.write(to.resolve(entry.getKey()), content(entry.getValue(), crash, random));
    }
  }

  private static byte[] content(File file, Crash crash, SplittableRandom random) {
    byte[] bytes = file.durable;
    for (int i = 0; i < file.pending.size(); i++) {
      Change change = file.pending.get(i);
      boolean isLast = i == file.pending.size() - 1;
      switch (crash) {
        case LOSES_ALL -> {}
        case TEARS_THE_LAST -> bytes = change.applyTo(bytes, isLast ? random : null);
        case KEEPS_ANY_PART -> {
          int dice = random.nextInt(3);
          if (dice > 0) bytes = change.applyTo(bytes, dice == 1 ? random : null);
        }
      }
    }
    return bytes;
  }

  /** How many changes are pending. */
  int pending() {
    return files.values().stream().mapToInt(file -> file.pending.size()).sum();
  }
}
