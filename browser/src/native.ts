// The browser's own EventSource, for whoever asks for nothing that it does not have. The object that a page holds is the
// browser's: its events are the browser's, too, and trusted.

import { Connection } from './connection.js';
import { withFailure } from './failure.js';
import { heartbeatOf, isPublished, patienceFor } from './hub.js';
import { probeForPolling } from './held-back.js';
import { CLOSED, CONNECTING, OPEN, type EventSourceInit, type ReadyState } from './options.js';
import { requestFor } from './request.js';
import type { Sink, Source, Surroundings } from './source.js';
import type { Exchange } from './transport.js';

// Looked up once, before anybody puts ours in its place.
const Native = typeof EventSource === 'function' ? EventSource : undefined;

const FIRST_BLOCK = 5_000;
const STEADY_AFTER = 1_000;

/** An EventSource that the browser carries. */
export interface Carried extends Sink {
  /** The browser itself tells a page of this. */
  gap(data: string): void;
  /** Another source carries it from here on. */
  replaced(source: Source): void;
}

/** The browser's own for this address, as it was given, if it suffices. In a page the document's encoding counts for the query. */
export function nativeFor(url: string, init: EventSourceInit): EventSource | undefined {
  const { transport, withCredentials } = init;
  let more: string | undefined;
  for (const name in init) if (name !== 'withCredentials' && name !== 'transport' && init[name as 'mode'] !== undefined) more = name;
  if (transport !== 'native' && (transport || more)) return undefined;
  if (more) throw new TypeError('transport native has no ' + more);
  return Native && new Native(url, { withCredentials: !!withCredentials });
}

/**
 * What we know of the browser's own, and what becomes of it where it does not suffice: a network that holds the stream back, and a
 * stream of a Runnel hub that was cut, or is silent for longer than its heartbeat, which the browser cannot see. A
 * {@link Connection} then goes on from where it was.
 */
export class NativeSource implements Source {
  readyState: ReadyState = CONNECTING;
  lastEventId = '';

  private expectsHub = false;  // the page listens to what only a hub says
  private announced = 0;       // the heartbeat of a hub, in milliseconds
  private openedAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private probe: Exchange | undefined;

  constructor(
    private readonly own: EventSource,
    private readonly url: string,
    private readonly init: EventSourceInit,
    private readonly sink: Carried,
    private readonly surroundings: Surroundings,
  ) {
    for (const type of ['open', 'error', 'message', 'runnel.open', 'runnel.gap']) this.hear(type);
    this.after(FIRST_BLOCK, () => {
      if (this.readyState === CONNECTING || this.expectsHub) this.askBeside();
    });
  }

  listen(type: string): void {
    if (!isPublished(type)) this.expectsHub = true;
    this.hear(type);
  }

  close(): void {
    this.readyState = CLOSED;
    this.stop();
    Native!.prototype.close.call(this.own);
  }

  /** Before anybody else hears of it, and once, however often this is called. */
  private hear(type: string): void {
    EventTarget.prototype.addEventListener.call(this.own, type, this.happened);
  }

  private readonly happened = (event: Event): void => {
    if (!event.isTrusted) return;
    const { data, lastEventId, type } = event as MessageEvent<string>;
    // The server may call its events so, too.
    if (data !== undefined) this.told(type, data, lastEventId);
    else if (type === 'open') this.opened();
    else this.failed(event);
  };

  private opened(): void {
    this.readyState = OPEN;
    this.openedAt = +new Date();
    if (!this.expectsHub) this.stop();
  }

  private failed(event: Event): void {
    this.readyState = Reflect.get(Native!.prototype, 'readyState', this.own) as ReadyState;
    withFailure(event, { reason: this.readyState === CLOSED ? 'native' : 'network' });
    if (this.readyState === CLOSED) this.stop();
    // It would wait for some seconds. A stream that was never steady is left to it.
    else if (this.announced && +new Date() - this.openedAt > STEADY_AFTER) {
      Native!.prototype.close.call(this.own);
      this.after(Math.random() * 1_000, () => this.goOn('auto'));
    }
  }

  private told(type: string, data: string, lastEventId: string): void {
    this.lastEventId = lastEventId;
    this.stop();
    if (type === 'runnel.gap') this.sink.gap(data);
    if (type === 'runnel.open') this.announced = heartbeatOf(data);
    if (this.announced) this.after(patienceFor(this.announced), () => this.goOn('auto'));
  }

  /** Nothing has come. If a poll is answered meanwhile, then something holds the stream back. */
  private askBeside(): void {
    const { init, lastEventId, surroundings: { transports }, url } = this;
    const transport = transports[0]!;
    this.probe = probeForPolling(transport, requestFor(url, init, {}, transport, 'poll', lastEventId),
      () => this.goOn('long-poll'));
  }

  private goOn(mode: 'auto' | 'long-poll'): void {
    const { init: { withCredentials }, lastEventId, sink, surroundings, url } = this;
    this.close();
    sink.replaced(new Connection(url, { withCredentials: !!withCredentials, lastEventId, mode }, sink, surroundings));
  }

  private after(delay: number, task: () => void): void {
    if (!this.init.transport) this.timer = setTimeout(task, delay);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.probe?.abort();
    this.probe = undefined;
  }
}
