package io.runnel.hub;

import io.runnel.client.ConnectionFailedException;
import io.runnel.client.LargeEvent;
import io.runnel.eventstream.Event;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;

/** Prints events, each as a line of JSON or as text for a person. */
abstract class EventPrinter {
  final PrintStream out;

  private EventPrinter(PrintStream out) {
    this.out = out;
  }

  static EventPrinter json(PrintStream out) {
    return new Json(out);
  }

  static EventPrinter text(PrintStream out, boolean inColour) {
    return new Text(out, inColour);
  }

  /** Prints the event; false if nobody reads any more, as behind {@code head -1}. */
  boolean print(Event event) {
    begin(event.type(), String.valueOf(event.id()));
    piece(event.data());
    end("");
    return !out.checkError();
  }

  /**
   * Prints an event while its data comes; false if nobody reads any more.
   *
   * @throws ConnectionFailedException if it was cut off, which is printed as well
   */
  boolean print(LargeEvent event) throws IOException {
    begin(event.type(), event.lastEventId());
    char[] piece = new char[8 << 10];
    try (Reader data = event.data()) {
      for (int length; (length = data.read(piece)) >= 0; ) {
        piece(new String(piece, 0, length));
        if (out.checkError()) return false;
      }
      end("");
    } catch (ConnectionFailedException cut) {
      end("cut");
      throw cut;
    }
    return !out.checkError();
  }

  abstract void begin(String type, String id);

  abstract void piece(String data);

  /** Ends the line; {@code how} is empty, or what happened to the event. */
  abstract void end(String how);

  private static final class Json extends EventPrinter {
    Json(PrintStream out) {
      super(out);
    }

    @Override
    void begin(String type, String id) {
      out.print("{\"id\":" + Problem.quoted(id) + ",\"type\":" + Problem.quoted(type));
      out.print(",\"data\":\"");
    }

    @Override
    void piece(String data) {
      String quoted = Problem.quoted(data);
      out.print(quoted.substring(1, quoted.length() - 1));
    }

    @Override
    void end(String how) {
      out.println(how.isEmpty() ? "\"}" : "\",\"" + how + "\":true}");
    }
  }

  private static final class Text extends EventPrinter {
    private static final String DIM = "\u001b[2m";
    private static final String BOLD = "\u001b[1m";
    private static final String PLAIN = "\u001b[0m";

    private final boolean inColour;

    Text(PrintStream out, boolean inColour) {
      super(out);
      this.inColour = inColour;
    }

    @Override
    void begin(String type, String id) {
      out.print(in(DIM, "[" + Printable.line(id) + "]") + " ");
      if (!type.equals(Event.MESSAGE)) out.print(in(BOLD, Printable.line(type) + ":") + " ");
    }

    @Override
    void piece(String data) {
      out.print(Printable.lines(data, "    "));
    }

    @Override
    void end(String how) {
      out.println(how.isEmpty() ? "" : " " + in(DIM, "(" + how + ")"));
    }

    private String in(String style, String text) {
      return inColour ? style + text + PLAIN : text;
    }
  }
}
