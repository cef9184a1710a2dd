import type { EventSourceErrorEvent } from './options.js';
import type { Failure } from './source.js';
import type { Answer } from './transport.js';

/** There was none, or it may not be seen. */
export const NO_ANSWER: Answer = { status: 0, statusText: '', url: '', header: () => null };

/** Adds to an `error` event what it tells beyond the standard. */
export function withFailure<E extends object>(event: E, { reason, answer = NO_ANSWER }: Failure): E & Pick<EventSourceErrorEvent, 'reason' | 'status' | 'statusText' | 'header'> {
  const error = event as E & { reason: string; status: number; statusText: string; header(name: string): string | null };
  error.reason = reason;
  error.status = answer.status;
  error.statusText = answer.statusText;
  error.header = answer.header;
  return error;
}
