export type { AtEachAttempt, EventSourceErrorEvent, EventSourceInit, Mode, TransportName } from './options.js';
export { EventSource } from './event-source.js';
