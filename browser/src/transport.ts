import type { EventSourceInit, TransportName } from './options.js';

/** A request, ready to be sent. */
export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: BodyInit | null | undefined;
  readonly withCredentials: boolean;
  /** How many UTF-16 code units may be kept of an answer, before the rest of it is asked for anew. */
  readonly room: number;
}

/** The head of an answer. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly header: (name: string) => string | null;
}

/** What becomes of a request. `ended`, `failed` or a false `answered` is the last that is said. */
export interface Receiver {
  /** The head is here. False: nobody wants the rest. */
  answered(answer: Answer): boolean;
  /**
   * More of the stream; `told` is called when the page has heard it. Answers whether the rest may be asked for anew, since this answer has
   * brought an id from which to go on.
   */
  text(text: string, told?: () => void): boolean;
  /** The answer is over; `full` if only the room for it is. */
  ended(full?: boolean): void;
  /** There is no answer, or no more of it. `final`: trying again is futile. */
  failed(reason: string, final?: boolean): void;
}

export interface Exchange {
  abort(): void;
}

/** A way to carry a request and its answer. */
export interface Transport {
  readonly name: TransportName;
  /** Whether text arrives before the answer is over. */
  readonly streams: boolean;
  /** Whether the last event ID, and a token, must stand in the query since no header can be sent. */
  readonly headless?: boolean;
  /** Whether this browser has it, and it can send what is asked for. */
  suits(url: string, init: EventSourceInit): boolean;
  open(request: Request, receiver: Receiver): Exchange;
}
