package io.runnel.crash;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** System calls of a process and its threads, in the order in which the kernel saw them. */
public final class Strace {
  private static final Pattern LINE =
      Pattern.compile("(?<pid>[0-9]+) +(?:<\\.\\.\\. (?<resumed>\\w+) resumed>)?(?<rest>.*)");
  private static final Pattern RESULT =
      Pattern.compile("^(.*)\\) += (-?[0-9]+|0x[0-9a-f]+|\\?).*$");
  private static final String UNFINISHED = " <unfinished ...>";

  private Strace() {}

  /**
   * A system call.
   *
   * @param name its name
   * @param arguments its arguments as strace writes them
   * @param entry when it began: the number of a line
   * @param exit when it returned
   * @param result what it returned
   */
  public record Call(String name, String arguments, int entry, int exit, long result) {
    /** The path of the file that its first argument is, which {@code -y} shows. */
    public String file() {
      int begin = arguments.indexOf('<');
      int end = arguments.indexOf('>', begin);
      return begin < 0 || end < 0 ? "" : text(arguments.substring(begin + 1, end));
    }

    /** Its strings. */
    public List<byte[]> strings() {
      var strings = new ArrayList<byte[]>();
      for (int i = arguments.indexOf('"'); i >= 0; i = arguments.indexOf('"', i + 1)) {
        int end = i + 1;
        while (arguments.charAt(end) != '"') end += arguments.charAt(end) == '\\' ? 2 : 1;
        strings.add(bytes(arguments.substring(i + 1, end)));
        i = end;
      }
      return strings;
    }

    /** What stands behind its strings: the numbers. */
    public long lastNumber() {
      return Long.decode(arguments.substring(arguments.lastIndexOf(',') + 1).strip());
    }
  }

  /** Ends the test where strace does not run; continuous integration must have it. */
  public static void require() throws InterruptedException {
    try {
      Process process = new ProcessBuilder("strace", "-o", "/dev/null", "true").start();
      if (process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0) return;
    } catch (IOException e) {
      // Said below.
    }
    String message = "strace does not run here";
    if ("true".equals(System.getenv("CI"))) fail(message);
    abort(message);
  }

  /**
   * What stands before a command to have its calls written to a file.
   *
   * @param calls the names of the calls, with commas between them
   * @param bytes how much of each string is written, in hexadecimal
   */
  public static String[] writing(Path file, String calls, int bytes) {
    return new String[] {
      "strace",
      "-f",
      "-y",
      "-xx",
      "-s",
      Integer.toString(bytes),
      "-e",
      "trace=" + calls,
      "-e",
      "signal=none",
      "-o",
      file.toString()
    };
  }

  /** The calls in a file, in the order in which they began. */
  public static List<Call> read(Path file) throws IOException {
    var calls = new ArrayList<Call>();
    Map<String, Integer> unfinished = new HashMap<>();
    int number = 0;
    try (BufferedReader lines = Files.newBufferedReader(file, ISO_8859_1)) {
      for (String line; (line = lines.readLine()) != null; number++) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) continue;
        String rest = matcher.group("rest");
        int call;
        if (matcher.group("resumed") != null) {
          Integer begun = unfinished.remove(matcher.group("pid"));
          if (begun == null) continue;
          call = begun;
        } else {
          int bracket = rest.indexOf('(');
          if (bracket < 0 || !rest.substring(0, bracket).matches("\\w+")) continue;
          call = calls.size();
          calls.add(new Call(rest.substring(0, bracket), "", number, Integer.MAX_VALUE, -1));
          rest = rest.substring(bracket + 1);
        }
        Call begun = calls.get(call);
        Matcher result = RESULT.matcher(rest);
        if (rest.endsWith(UNFINISHED)) {
          String arguments = rest.substring(0, rest.length() - UNFINISHED.length());
          calls.set(call, new Call(begun.name, arguments, begun.entry, begun.exit, begun.result));
          unfinished.put(matcher.group("pid"), call);
        } else if (result.matches()) {
          String arguments = begun.arguments + result.group(1);
          calls.set(
              call, new Call(begun.name, arguments, begun.entry, number, number(result.group(2))));
        }
      }
    }
    return calls;
  }

  private static long number(String text) {
    return text.equals("?") ? -1 : Long.decode(text);
  }

  /** Decodes what {@code -xx} wrote. */
  static byte[] bytes(String hexadecimal) {
    var bytes = new ByteArrayOutputStream(hexadecimal.length() / 4);
    for (int i = 0; i < hexadecimal.length(); ) {
      if (hexadecimal.startsWith("\\x", i)) {
        bytes.write(Integer.parseInt(hexadecimal, i + 2, i + 4, 16));
        i += 4;
      } else {
        bytes.write(hexadecimal.charAt(i));
        i++;
      }
    }
    return bytes.toByteArray();
  }

  private static String text(String hexadecimal) {
    return new String(bytes(hexadecimal), ISO_8859_1);
  }
}
