import { openConnection } from './connection.js';
import { withFailure } from './failure.js';
import { fetchTransport } from './fetch.js';
import { followNative, nativeFor, type Carried } from './native.js';
import { CLOSED, CONNECTING, OPEN, type EventSourceErrorEvent, type EventSourceInit, type ReadyState } from './options.js';
import { canShare, openShared } from './shared.js';
import type { Source } from './source.js';
import { parseUrl, surroundingsOf } from './surroundings.js';

const surroundings = surroundingsOf(globalThis, [fetchTransport]);

type Handler<E extends Event> = ((this: EventSource, event: E) => unknown) | null;

/** An event handler attribute: what is registered is a listener that asks what the attribute holds now. */
interface HandlerListener {
  handler: object;
  listener: (event: Event) => void;
}

/** What belongs to one EventSource. */
interface State {
  readonly url: string;
  readonly withCredentials: boolean;
  readonly handlers: Map<string, HandlerListener>;
  hearsGaps: boolean;
  source: Source;
}

const states = new WeakMap<object, State>();

/** What is none has no state, so that asking for something of it throws the TypeError that Web IDL wants. */
function stateOf(source: object): State {
  return states.get(source)!;
}

/**
 * The standard's `EventSource`, and more by options.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventSource extends EventTarget {
  declare static readonly CONNECTING: typeof CONNECTING;
  declare static readonly OPEN: typeof OPEN;
  declare static readonly CLOSED: typeof CLOSED;
  declare readonly CONNECTING: typeof CONNECTING;
  declare readonly OPEN: typeof OPEN;
  declare readonly CLOSED: typeof CLOSED;

  /** Throws a `SyntaxError` if the URL is none. */
  constructor(url: string | URL, init: EventSourceInit = {}) {
    if (arguments.length === 0) throw new TypeError('EventSource needs a URL');
    const options = init ?? {};
    if (Object(options) !== options) throw new TypeError('init is no object');
    super();
    const given = `${url as string}`;
    const parsed = parseUrl(given);
    if (parsed === undefined) throw new DOMException(`'${given}' is no URL`, 'SyntaxError');
    const own = nativeFor(parsed, given, options);
    const address = own?.url ?? parsed;
    const target: EventSource = own ? Object.setPrototypeOf(own, new.target.prototype) : this;
    const state = { url: address, withCredentials: !!options.withCredentials, handlers: new Map(), hearsGaps: false } as unknown as State;
    states.set(target, state);
    const sink = sinkOf(target, state);
    state.source = own ? followNative(own, address, options, sink, surroundings)
      : (canShare(options) ? openShared : openConnection)(parsed, options, sink, surroundings);
    return target;
  }

  declare readonly url: string;
  declare readonly withCredentials: boolean;
  declare readonly readyState: ReadyState;
  /** The last event ID string: where in the stream this is. */
  declare readonly lastEventId: string;

  declare onopen: Handler<Event>;
  declare onmessage: Handler<MessageEvent<string>>;
  declare onerror: Handler<EventSourceErrorEvent>;
  /** Something may be missing: the hub's `runnel.gap`. If nobody listens, the console says so. */
  declare ongap: Handler<MessageEvent<string>>;

  close(): void {
    stateOf(this).source.close();
  }

  override addEventListener(type: string, listener: (this: EventSource, event: MessageEvent<string>) => unknown, options?: boolean | AddEventListenerOptions): void;
  override addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  override addEventListener(type: string, listener: never, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options);
    if (listener) listened(stateOf(this), `${type}`);
  }
}

function listened(state: State, type: string): void {
  if (type === 'runnel.gap') state.hearsGaps = true;
  // The constructor's caller is not through before there is a source.
  state.source?.listen?.(type);
}

function sinkOf(target: EventSource, state: State): Carried {
  const dispatch = (event: Event): void => { EventTarget.prototype.dispatchEvent.call(target, event); };
  const gap = (data: string): void => {
    if (!state.hearsGaps) console.error(`${state.url}: events may be missing and nobody hears runnel.gap: ${data}`);
  };
  return {
    opened: () => dispatch(new Event('open')),
    event: (type, data, lastEventId, origin) => {
      if (type === 'runnel.gap') gap(data);
      dispatch(new MessageEvent(type, { data, lastEventId, origin }));
    },
    failed: (failure) => dispatch(withFailure(new Event('error'), failure)),
    gap,
    replaced: (source) => { state.source = source; },
  };
}

function handle(source: EventSource, type: string, handler: unknown): void {
  const { handlers } = stateOf(source);
  const known = handlers.get(type);
  if (Object(handler) !== handler) {
    if (known) source.removeEventListener(type, known.listener);
    handlers.delete(type);
  } else if (known) {
    known.handler = handler as object;
  } else {
    const made: HandlerListener = {
      handler: handler as object,
      listener: (event) => {
        if (typeof made.handler === 'function' && made.handler.call(source, event) === false) event.preventDefault();
      },
    };
    handlers.set(type, made);
    source.addEventListener(type, made.listener);
  }
}

// Web IDL: constants stand on interface and prototype, attributes and methods can be enumerated.
const { prototype } = EventSource;
const define = Object.defineProperty;

/** An attribute. An accessor that is written so has the name that Web IDL wants. */
function attribute(name: string, accessor: object): void {
  define(prototype, name, Object.getOwnPropertyDescriptor(accessor, name)!);
}

for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSED })) {
  for (const holder of [EventSource, prototype]) define(holder, name, { value, enumerable: true });
}
for (const name of ['url', 'withCredentials'] as const) attribute(name, { get [name]() { return stateOf(this)[name]; } });
for (const name of ['readyState', 'lastEventId'] as const) attribute(name, { get [name]() { return stateOf(this).source[name]; } });
for (const type of ['open', 'message', 'error', 'runnel.gap']) {
  const name = `on${type.replace('runnel.', '')}`;
  attribute(name, {
    get [name](): unknown { return stateOf(this).handlers.get(type)?.handler ?? null; },
    set [name](handler: unknown) { handle(this as unknown as EventSource, type, handler); },
  });
}
// The minifier calls it otherwise.
define(EventSource, 'name', { value: 'EventSource' });
define(prototype, 'close', { enumerable: true });
define(prototype, Symbol.toStringTag, { value: 'EventSource', configurable: true });
