/** What a stream says, in its order. */
export interface StreamReader {
  /** A block with data. `lastEventId` is the last event ID string from here on. */
  event(type: string, data: string, lastEventId: string): void;
  /** A block without data that may have changed the last event ID string. */
  id(lastEventId: string): void;
  /** The reconnection time, in milliseconds. */
  retry(millis: number): void;
}

/** A line or an event is longer than the parser may keep. */
export const TOO_LONG = 'length';

/**
 * Parses an event stream as the HTML standard says (9.2.5 and 9.2.6), from text cut anywhere.
 *
 * The text comes from a streaming UTF-8 decoder that has dropped one leading byte order mark. What is
 * kept is the unfinished line and the data of the unfinished event, together at most `maxLength`
 * UTF-16 code units; each part of the input is looked at once.
 */
export class EventStreamParser {
  private line = '';        // the unfinished line
  private afterCr = false;  // the last text ended with CR, so that a LF now belongs to it
  private dataBuffer = '';
  private typeBuffer = '';

  constructor(
    private readonly reader: StreamReader,
    private idBuffer: string,
    private readonly maxLength: number,
  ) {}

  /** Throws {@link TOO_LONG}; the parser is of no use after that. */
  push(text: string): void {
    let start = 0;
    if (this.afterCr && text.length > 0) {
      this.afterCr = false;
      if (text.charAt(0) === '\n') start = 1;
    }
    let cr = text.indexOf('\r', start);
    let lf = text.indexOf('\n', start);
    while (cr >= 0 || lf >= 0) {
      const end = lf < 0 || (cr >= 0 && cr < lf) ? cr : lf;
      this.keep(text.substring(start, end));
      const line = this.line;
      this.line = '';
      this.processLine(line);
      start = end + 1;
      if (end === cr) {
        if (start === text.length) this.afterCr = true;
        else if (start === lf) start++;
        cr = text.indexOf('\r', start);
      }
      if (lf >= 0 && lf < start) lf = text.indexOf('\n', start);
    }
    this.keep(text.substring(start));
  }

  private keep(part: string): void {
    if (this.line.length + part.length + this.dataBuffer.length > this.maxLength) throw new Error(TOO_LONG);
    this.line += part;
  }

  private processLine(line: string): void {
    if (line === '') return this.dispatchTheEvent();
    const colon = line.indexOf(':');
    if (colon < 0) this.processTheField(line, '');
    else if (colon > 0) this.processTheField(line.substring(0, colon), line.substring(line.charAt(colon + 1) === ' ' ? colon + 2 : colon + 1));
  }

  private processTheField(name: string, value: string): void {
    if (name === 'data') this.dataBuffer += value + '\n';
    else if (name === 'event') this.typeBuffer = value;
    // "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value."
    else if (name === 'id') { if (value.indexOf('\0') < 0) this.idBuffer = value; }
    // "If the field value consists of only ASCII digits …"
    else if (name === 'retry') { if (/^[0-9]+$/.test(value)) this.reader.retry(parseInt(value, 10)); }
  }

  private dispatchTheEvent(): void {
    const { dataBuffer: data, typeBuffer: type } = this;
    this.dataBuffer = this.typeBuffer = '';
    // "Set the last event ID string of the event source to the value of the last event ID buffer."
    // That comes before: "If the data buffer is an empty string, … return."
    if (data === '') this.reader.id(this.idBuffer);
    else this.reader.event(type || 'message', data.substring(0, data.length - 1), this.idBuffer);
  }
}
