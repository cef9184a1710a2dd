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

/** Takes more of a stream. Throws {@link TOO_LONG}, and is of no use after that. */
export type Parser = (text: string) => void;

/**
 * Parses an event stream as the HTML standard says (9.2.5 and 9.2.6), from text cut anywhere.
 *
 * The text comes from a streaming UTF-8 decoder that has dropped one leading byte order mark. What is
 * kept is the unfinished line and the data of the unfinished event, together at most `maxLength`
 * UTF-16 code units; each part of the input is looked at once.
 */
export function newParser(reader: StreamReader, idBuffer: string, maxLength: number): Parser {
  let line = '';        // the unfinished line
  let afterCr = false;  // the last text ended with CR, so that a LF now belongs to it
  let dataBuffer = '';
  let typeBuffer = '';

  function keep(part: string): void {
    if (line.length + part.length + dataBuffer.length > maxLength) throw new Error(TOO_LONG);
    line += part;
  }

  function processLine(whole: string): void {
    if (whole === '') return dispatchTheEvent();
    const colon = whole.indexOf(':');
    if (colon < 0) processTheField(whole, '');
    else if (colon > 0) processTheField(whole.substring(0, colon), whole.substring(whole.charAt(colon + 1) === ' ' ? colon + 2 : colon + 1));
  }

  function processTheField(name: string, value: string): void {
    if (name === 'data') dataBuffer += value + '\n';
    else if (name === 'event') typeBuffer = value;
    // "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value."
    else if (name === 'id') { if (value.indexOf('\0') < 0) idBuffer = value; }
    // "If the field value consists of only ASCII digits …"
    else if (name === 'retry') { if (/^[0-9]+$/.test(value)) reader.retry(parseInt(value, 10)); }
  }

  function dispatchTheEvent(): void {
    const data = dataBuffer;
    const type = typeBuffer;
    dataBuffer = typeBuffer = '';
    // "Set the last event ID string of the event source to the value of the last event ID buffer."
    // That comes before: "If the data buffer is an empty string, … return."
    if (data === '') reader.id(idBuffer);
    else reader.event(type || 'message', data.substring(0, data.length - 1), idBuffer);
  }

  return (text) => {
    let start = 0;
    if (afterCr && text.length > 0) {
      afterCr = false;
      if (text.charAt(0) === '\n') start = 1;
    }
    let cr = text.indexOf('\r', start);
    let lf = text.indexOf('\n', start);
    while (cr >= 0 || lf >= 0) {
      const end = lf < 0 || (cr >= 0 && cr < lf) ? cr : lf;
      keep(text.substring(start, end));
      const whole = line;
      line = '';
      processLine(whole);
      start = end + 1;
      if (end === cr) {
        if (start === text.length) afterCr = true;
        else if (start === lf) start++;
        cr = text.indexOf('\r', start);
      }
      if (lf >= 0 && lf < start) lf = text.indexOf('\n', start);
    }
    keep(text.substring(start));
  };
}
