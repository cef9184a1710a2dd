import type { Exchange, Receiver, Request, Transport } from './transport.js';

// Looked up once, before anybody puts ours in its place.
const Native = typeof EventSource === 'function' ? EventSource : undefined;

/** The browser's own `EventSource`: it sees no comments, no status, and sends no headers of ours. */
export const nativeTransport: Transport = {
  name: 'native',
  streams: true,
  headless: true,
  whole: true,

  suits(_url, custom) {
    return !!Native && !custom.headers && !custom.method && !custom.body;
  },

  open(request: Request, receiver: Receiver): Exchange {
    const source = new Native!(request.url, { withCredentials: request.withCredentials });
    const heard: Record<string, boolean> = {};

    function hear(event: MessageEvent): void {
      receiver.event(event.type, event.data, event.lastEventId, event.origin);
    }

    function listen(type: string): void {
      if (heard[' ' + type]) return;
      heard[' ' + type] = true;
      // Its own open and error are of the connection, and have no data.
      source.addEventListener(type, (event) => { if ('data' in event) hear(event as MessageEvent); });
    }

    source.onopen = () => {
      const answer = { status: 200, statusText: '', url: request.url, header: (name: string) => name === 'content-type' ? 'text/event-stream' : null };
      if (!receiver.answered(answer)) source.close();
    };
    source.onerror = (event) => {
      if ('data' in event) return;
      if (source.readyState === 2) receiver.failed('native', true);
      else receiver.reconnecting();
    };
    for (let i = 0; i < request.types.length; i++) listen(request.types[i]!);

    return { abort: () => source.close(), listen };
  },
};
