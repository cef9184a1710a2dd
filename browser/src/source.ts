// What stands between an EventSource and that which carries its stream.

import type { ReadyState } from './options.js';
import type { Answer, Transport } from './transport.js';

/** What went wrong, for the `error` event. */
export interface Failure {
  reason: string;
  answer?: Answer | undefined;
}

/** Who is told of what happens: an EventSource, or what stands for several. Never called before the constructor's caller is through. */
export interface Sink {
  opened(): void;
  event(type: string, data: string, lastEventId: string, origin: string): void;
  failed(failure: Failure): void;
}

/** A stream as an EventSource sees it: its own, or one that it shares. */
export interface Source {
  readyState: ReadyState;
  lastEventId: string;
  /** Somebody listens to this type. */
  listen?(type: string): void;
  close(): void;
}

/** The world around a connection. */
export interface Surroundings {
  readonly transports: readonly Transport[];
  /** The origin of the page or worker. */
  readonly origin: string;
  /** Whether a server of another origin answers at all, were it but with something that may not be read. */
  reaches(url: string, withCredentials: boolean, answer: (reached: boolean) => void): void;
  /** Calls when the machine, the network or the page is back; `frozen` when the page is put away. Answers how to stop that. */
  onWake(awake: (restored: boolean) => void, frozen: () => void): () => void;
}
