package io.runnel.eventstream;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The standard's text done the plain way: the whole stream is decoded to a string first, cut into
 * lines by a regular expression, and read line by line. Slow, and alike in nothing but the answer:
 * what the parser is compared with.
 */
final class PlainInterpretation {
  private static final Pattern LINE_END = Pattern.compile("\r\n|\n|\r");

  private final List<Object> heard = new ArrayList<>();
  private String data = "";
  private String eventType = "";
  private String lastEventId = "";
  private boolean idIsSet;

  static List<Object> of(byte[] stream) {
    String text = Utf8Decoder.decode(stream, 0, stream.length);
    if (text.startsWith("\uFEFF")) text = text.substring(1);
    String[] lines = LINE_END.split(text, -1);
    var interpretation = new PlainInterpretation();
    // What stands behind the last line end is no line yet.
    for (int i = 0; i < lines.length - 1; i++) interpretation.line(lines[i]);
    return interpretation.heard;
  }

  private void line(String line) {
    int colon = line.indexOf(':');
    String name = colon < 0 ? line : line.substring(0, colon);
    String value = colon < 0 ? "" : line.substring(colon + 1).replaceFirst("^ ", "");
    if (line.isEmpty()) {
      dispatch();
      return;
    }
    switch (name) {
      case "" -> heard.add(new Recorder.Comment(value));
      case "data" -> data += value + "\n";
      case "event" -> eventType = value;
      case "id" -> {
        if (value.indexOf('\0') >= 0) return;
        lastEventId = value;
        idIsSet = true;
      }
      case "retry" -> {
        if (!value.matches("[0-9]+")) return;
        var longest = BigInteger.valueOf(Long.MAX_VALUE);
        long millis = new BigInteger(value).min(longest).longValueExact();
        heard.add(new Recorder.ReconnectionTime(Duration.ofMillis(millis)));
      }
      default -> {}
    }
  }

  private void dispatch() {
    if (idIsSet) heard.add(new Recorder.LastEventId(lastEventId));
    if (!data.isEmpty()) {
      String type = eventType.isEmpty() ? "message" : eventType;
      heard.add(Event.received(type, data.substring(0, data.length() - 1), lastEventId));
    }
    data = "";
    eventType = "";
    idIsSet = false;
  }
}
