import { Connection, type Failure, type Sink, type Source } from './connection.js';
import { fetchTransport } from './fetch.js';
import { nativeTransport } from './native.js';
import { CLOSED, CONNECTING, OPEN, type EventSourceErrorEvent, type EventSourceInit, type ReadyState } from './options.js';
import { SharedSource } from './shared.js';
import { parseUrl, surroundingsOf } from './surroundings.js';

const surroundings = surroundingsOf(globalThis, [fetchTransport, nativeTransport]);

type Handler<E extends Event> = ((this: EventSource, event: E) => unknown) | null;

/** An event handler attribute: what is registered is a listener that asks what the attribute holds now. */
interface HandlerListener {
  handler: object;
  listener: (event: Event) => void;
}

/**
 * The standard's `EventSource`, and more by options.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventSource extends EventTarget {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSED = CLOSED;
  declare readonly CONNECTING: typeof CONNECTING;
  declare readonly OPEN: typeof OPEN;
  declare readonly CLOSED: typeof CLOSED;

  readonly #url: string;
  readonly #withCredentials: boolean;
  readonly #source: Source;
  readonly #handlers = new Map<string, HandlerListener>();
  #hearsGaps = false;

  /** Throws a `SyntaxError` if the URL is none. */
  constructor(url: string | URL, init: EventSourceInit = {}) {
    if (arguments.length === 0) throw new TypeError('EventSource needs a URL');
    if (init !== null && typeof init !== 'object' && typeof init !== 'function') throw new TypeError('init is no object');
    super();
    const given = `${url as string}`;
    const parsed = parseUrl(given);
    if (parsed === undefined) throw new DOMException(`'${given}' is no URL`, 'SyntaxError');
    this.#url = parsed;
    this.#withCredentials = !!init?.withCredentials;
    const Kind = SharedSource.suits(init ?? {}) ? SharedSource : Connection;
    this.#source = new Kind(parsed, init ?? {}, this.#sink(), surroundings);
  }

  get url(): string {
    return this.#url;
  }

  get withCredentials(): boolean {
    return this.#withCredentials;
  }

  get readyState(): ReadyState {
    return this.#source.readyState;
  }

  /** The last event ID string: where in the stream this is. */
  get lastEventId(): string {
    return this.#source.lastEventId;
  }

  get onopen(): Handler<Event> {
    return this.#handler('open');
  }

  set onopen(handler: Handler<Event>) {
    this.#handle('open', handler);
  }

  get onmessage(): Handler<MessageEvent<string>> {
    return this.#handler('message');
  }

  set onmessage(handler: Handler<MessageEvent<string>>) {
    this.#handle('message', handler);
  }

  get onerror(): Handler<EventSourceErrorEvent> {
    return this.#handler('error');
  }

  set onerror(handler: Handler<EventSourceErrorEvent>) {
    this.#handle('error', handler);
  }

  /** Something may be missing: the hub's `runnel.gap`. If nobody listens, the console says so. */
  get ongap(): Handler<MessageEvent<string>> {
    return this.#handler('runnel.gap');
  }

  set ongap(handler: Handler<MessageEvent<string>>) {
    this.#handle('runnel.gap', handler);
  }

  close(): void {
    this.#source.close();
  }

  override addEventListener(type: string, listener: (this: EventSource, event: MessageEvent<string>) => unknown, options?: boolean | AddEventListenerOptions): void;
  override addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  override addEventListener(type: string, listener: never, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options);
    if (!listener) return;
    const name = `${type}`;
    if (name === 'runnel.gap') this.#hearsGaps = true;
    this.#source.listen(name);
  }

  #sink(): Sink {
    return {
      opened: () => { super.dispatchEvent(new Event('open')); },
      event: (type, data, lastEventId, origin) => {
        if (type === 'runnel.gap' && !this.#hearsGaps) console.error(`${this.#url}: events may be missing and nobody hears runnel.gap: ${data}`);
        super.dispatchEvent(new MessageEvent(type, { data, lastEventId, origin }));
      },
      failed: (failure) => { super.dispatchEvent(errorEvent(failure)); },
    };
  }

  #handler(type: string): never {
    return (this.#handlers.get(type)?.handler ?? null) as never;
  }

  #handle(type: string, handler: unknown): void {
    const known = this.#handlers.get(type);
    if (handler === null || (typeof handler !== 'function' && typeof handler !== 'object')) {
      if (known) this.removeEventListener(type, known.listener);
      this.#handlers.delete(type);
    } else if (known) {
      known.handler = handler as object;
    } else {
      const made: HandlerListener = {
        handler: handler as object,
        listener: (event) => {
          if (typeof made.handler === 'function' && made.handler.call(this, event) === false) event.preventDefault();
        },
      };
      this.#handlers.set(type, made);
      this.addEventListener(type, made.listener);
    }
  }
}

function errorEvent({ reason, answer }: Failure): Event {
  return Object.assign(new Event('error'), {
    reason,
    status: answer?.status ?? 0,
    statusText: answer?.statusText ?? '',
    header: (name: string) => answer?.header(name) ?? null,
  });
}

// Web IDL: constants stand on interface and prototype, attributes and methods can be enumerated.
const constants = { CONNECTING, OPEN, CLOSED };
for (const [name, value] of Object.entries(constants)) {
  for (const holder of [EventSource, EventSource.prototype]) {
    Object.defineProperty(holder, name, { value, enumerable: true, writable: false, configurable: false });
  }
}
for (const name of ['url', 'withCredentials', 'readyState', 'lastEventId', 'onopen', 'onmessage', 'onerror', 'ongap', 'close']) {
  Object.defineProperty(EventSource.prototype, name, { enumerable: true });
}
Object.defineProperty(EventSource.prototype, Symbol.toStringTag, { value: 'EventSource', configurable: true });
