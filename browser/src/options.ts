export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSED = 2;

export type ReadyState = typeof CONNECTING | typeof OPEN | typeof CLOSED;

/** A value, or a function that is asked for it at each attempt to connect; it may answer with a promise. */
export type AtEachAttempt<T> = T | (() => T | PromiseLike<T>);

/** A way to carry the stream. */
export type TransportName = 'fetch' | 'native' | 'xhr' | 'xdr';

/** How the requests follow each other: one that stays open, or many that end. */
export type Mode = 'stream' | 'long-poll' | 'poll';

/** The second argument of `new EventSource(url, …)`. Without any of it but `withCredentials`: the browser's own, as far as it suffices. */
export interface EventSourceInit {
  /** Whether cookies go to other origins, too. */
  withCredentials?: boolean;
  /** Headers of the request. */
  headers?: AtEachAttempt<Record<string, string>>;
  /** Parameters that are added to the query, such as a token where headers cannot be sent. */
  query?: AtEachAttempt<Record<string, string>>;
  /** The method of the request; GET, or POST if there is a body. */
  method?: AtEachAttempt<string>;
  /** The body of the request. */
  body?: AtEachAttempt<BodyInit | null>;
  /** The last event ID to begin with, as if an event with it had been seen. */
  lastEventId?: string;
  /**
   * Carry the stream so, and not as the browser allows best. With `'native'` it is the browser's own `EventSource` and nothing else, so
   * that any other option but `withCredentials` is a TypeError.
   */
  transport?: TransportName;
  /**
   * `'auto'`: stream, and go over to polling if the network holds the stream back. `'stream'`: never poll. `'long-poll'` or
   * `'poll'`: poll from the beginning, which needs a server that knows `transport=long-poll` and `transport=poll`.
   */
  mode?: Mode | 'auto';
  /** After how many milliseconds without a byte a stream counts as held back; 5,000. */
  firstBlockTimeout?: number;
  /** Milliseconds between two requests with `mode: 'poll'`; 2,000. */
  pollInterval?: number;
  /**
   * After how many milliseconds without a byte, comments included, an open connection counts as dead; 0 for never. Default:
   * twice the heartbeat that a Runnel hub announces and 5 s, never for a server that announces none.
   */
  heartbeatTimeout?: number;
  /** The longest wait in milliseconds between two attempts that fail; 30,000. The server's `retry` may be longer. */
  maxBackoff?: number;
  /** Statuses after which to try again; the standard gives up on anything but 200. Default: none. */
  retryStatuses?: number[];
  /** The longest event in UTF-16 code units, above which the connection fails; 16,777,216. */
  maxEventLength?: number;
  /**
   * How many UTF-16 code units of an answer may be kept, by an XMLHttpRequest, which keeps all that came, or by a browser that does not slow
   * down a server that is faster than the page; 4,194,304. The rest is then asked for anew, from the last event ID; without one all is kept.
   */
  maxResponseLength?: number;
  /**
   * One connection for every page of this origin that asks for the same URL with the same options. A string is the address of
   * the classic script, from which to make a SharedWorker; `true` elects one of the pages.
   */
  shared?: boolean | string;
}

/** What an `error` event tells beyond the standard. */
export interface EventSourceErrorEvent extends Event {
  /** Why, in words: `'status'`, `'type'`, `'network'`, `'cors'`, `'heartbeat'`, `'ended'`, … */
  readonly reason: string;
  /** The status of the answer; 0 if there was none or it may not be seen. */
  readonly status: number;
  readonly statusText: string;
  /** A header of the answer, or null. */
  header(name: string): string | null;
}
