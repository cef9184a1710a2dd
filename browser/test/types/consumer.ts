// What users write: this must compile against the types of the package.
import { EventSource, type EventSourceErrorEvent, type EventSourceInit } from 'runnel-eventsource';

const init: EventSourceInit = {
  headers: async () => ({ Authorization: 'Bearer x' }),
  body: () => new Blob([]),
  retryStatuses: [503],
  shared: true,
};
const source = new EventSource(new URL('https://example.org/events'), init);
source.onmessage = (event) => event.data.toUpperCase();
source.onerror = ({ reason, status, header }: EventSourceErrorEvent) => [reason.length, status + 1, header('x')?.length];
source.addEventListener('placed', (event) => event.lastEventId.length);
const state: 0 | 1 | 2 = source.readyState === EventSource.CLOSED ? source.CLOSED : source.readyState;
// It stands in for the browser's own.
const native: globalThis.EventSource = source as unknown as globalThis.EventSource;
export { native, state };

// @ts-expect-error a mode that is none
new EventSource('/', { mode: 'pull' });
