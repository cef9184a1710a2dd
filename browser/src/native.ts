// The browser's own EventSource, for whoever asks for nothing that it does not have. The object that a page holds is the
// browser's: its events are the browser's, too, and trusted.

import { openConnection } from './connection.js';
import { withFailure } from './failure.js';
import { heartbeatOf, isPublished, patienceFor } from './hub.js';
import { isHeldBack, probeForPolling } from './held-back.js';
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

/**
 * The browser's own, if it suffices for this address.
 *
 * @param given the address as it was given: in a page the document's encoding counts for the query
 */
export function nativeFor(url: string, given: string, init: EventSourceInit): EventSource | undefined {
  const { transport, withCredentials } = init;
  let more: string | undefined;
  for (const name in init) if (name !== 'withCredentials' && name !== 'transport' && init[name as 'mode'] !== undefined) more = name;
  if (transport !== 'native' && (transport || more || isHeldBack(url))) return undefined;
  if (more) throw new TypeError('transport native has no ' + more);
  return Native && new Native(given, { withCredentials: !!withCredentials });
}

/**
 * What we know of the browser's own, and what becomes of it where it does not suffice: a network that holds the stream back, and a
 * stream of a Runnel hub that was cut, or is silent for longer than its heartbeat, which the browser cannot see. A
 * connection of ours then goes on from where it was.
 */
export function followNative(own: EventSource, url: string, init: EventSourceInit, sink: Carried, surroundings: Surroundings): Source {
  const source: Source = { readyState: CONNECTING, lastEventId: '', listen, close };
  let expectsHub = false;  // the page listens to what only a hub says
  let announced = 0;       // the heartbeat of a hub, in milliseconds
  let openedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let probe: Exchange | undefined;

  function listen(type: string): void {
    if (!isPublished(type)) expectsHub = true;
    hear(type);
  }

  function close(): void {
    source.readyState = CLOSED;
    stop();
    closeOwn();
  }

  function closeOwn(): void {
    Native!.prototype.close.call(own);
  }

  /** Before anybody else hears of it, and once, however often this is called. */
  function hear(type: string): void {
    EventTarget.prototype.addEventListener.call(own, type, happened);
  }

  function happened(event: Event): void {
    if (!event.isTrusted) return;
    const { data, lastEventId, type } = event as MessageEvent<string>;
    // The server may call its events so, too.
    if (data !== undefined) told(type, data, lastEventId);
    else if (type === 'open') opened();
    else failed(event);
  }

  function opened(): void {
    source.readyState = OPEN;
    openedAt = +new Date();
    if (!expectsHub) stop();
  }

  function failed(event: Event): void {
    source.readyState = Reflect.get(Native!.prototype, 'readyState', own) as ReadyState;
    const isOver = source.readyState === CLOSED;
    withFailure(event, { reason: isOver ? 'native' : 'network' });
    if (isOver) stop();
    // It would wait for some seconds. A stream that was never steady is left to it.
    else if (announced && +new Date() - openedAt > STEADY_AFTER) {
      closeOwn();
      after(Math.random() * 1_000, goOn);
    }
  }

  function told(type: string, data: string, lastEventId: string): void {
    source.lastEventId = lastEventId;
    stop();
    if (type === 'runnel.gap') sink.gap(data);
    if (type === 'runnel.open') announced = heartbeatOf(data);
    if (announced) after(patienceFor(announced), goOn);
  }

  /** Nothing has come. If a poll is answered meanwhile, then something holds the stream back. */
  function askBeside(): void {
    const transport = surroundings.transports[0]!;
    probe = probeForPolling(transport, requestFor(url, init, {}, transport, 'poll', source.lastEventId), goOn);
  }

  function goOn(): void {
    close();
    const { lastEventId } = source;
    sink.replaced(openConnection(url, { withCredentials: !!init.withCredentials, lastEventId }, sink, surroundings));
  }

  function after(delay: number, task: () => void): void {
    clearTimeout(timer);
    if (!init.transport) timer = setTimeout(task, delay);
  }

  function stop(): void {
    clearTimeout(timer);
    probe?.abort();
    probe = undefined;
  }

  for (const type of ['open', 'error', 'message', 'runnel.open', 'runnel.gap']) hear(type);
  after(FIRST_BLOCK, () => {
    if (source.readyState === CONNECTING || expectsHub) askBeside();
  });
  return source;
}
