// The classic script: EventSource as a function, for engines from Internet Explorer 7 to those of today, in pages
// and in workers. It defines RunnelEventSource, and EventSource where there is none.

import { openConnection } from './connection.js';
import { EmulatedEvent, EmulatedTarget } from './emulated-target.js';
import { withFailure } from './failure.js';
import { fetchTransport } from './fetch.js';
import { followNative, nativeFor, type Carried } from './native.js';
import { CLOSED, CONNECTING, OPEN, type EventSourceInit } from './options.js';
import { canShare, openShared, serveSharedWorker } from './shared.js';
import type { Source } from './source.js';
import { parseUrl, surroundingsOf } from './surroundings.js';
import { xdrTransport } from './xdr.js';
import { xhrTransport } from './xhr.js';

/** What belongs to one EventSource. */
interface State {
  url: string;
  withCredentials: boolean;
  source: Source;
  emulated?: EmulatedTarget;
  handlers: Record<string, { handler: unknown; listener: (event: Event) => void }>;
  hearsGaps: boolean;
}

declare const SharedWorkerGlobalScope: unknown;

type Global = typeof globalThis & { RunnelEventSource?: unknown };

// Workers have no window, and the oldest windows may lack self.
const global = (typeof self !== 'undefined' ? self : window) as Global;
const surroundings = surroundingsOf(global, [fetchTransport, xdrTransport, xhrTransport]);
const HANDLERS = ['open', 'message', 'error', 'runnel.gap'];
const CONSTANTS: Record<string, number> = { CONNECTING, OPEN, CLOSED };

/** Whether there are real event targets and real events. */
const canMakeTargets = works(() => {
  Object.setPrototypeOf(new EventTarget(), null);
  new MessageEvent('message', { data: '' });
});
const hasAccessors = works(() => Object.defineProperty({}, 'x', { get: () => 0 }));
const states = typeof WeakMap === 'function' ? new WeakMap<object, State>() : undefined;

function works(task: () => void): boolean {
  try {
    task();
    return true;
  } catch {
    return false;
  }
}

function stateOf(source: unknown): State {
  const state = states ? states.get(source as object) : (source as { _state?: State })._state;
  if (!state) throw new TypeError('Illegal invocation');
  return state;
}

function EventSource(this: unknown, url: string, init?: EventSourceInit): unknown {
  if (!(this instanceof (EventSource as never as typeof Object))) throw new TypeError('EventSource is a constructor');
  if (arguments.length === 0) throw new TypeError('EventSource needs a URL');
  const options = init === undefined || init === null ? {} : init;
  if (Object(options) !== options) throw new TypeError('init is no object');
  const given = '' + url;
  const parsed = parseUrl(given);
  if (parsed === undefined) throw syntaxError("'" + given + "' is no URL");
  // The browser's own would need listeners of ours before those of the page: only where ours are real ones, too.
  const own = canMakeTargets ? nativeFor(parsed, given, options) : undefined;
  const target = (canMakeTargets ? Object.setPrototypeOf(own || new EventTarget(), Object.getPrototypeOf(this)) : this) as Instance;
  const state = { url: parsed, withCredentials: !!options.withCredentials, handlers: {}, hearsGaps: false } as unknown as State;
  if (!canMakeTargets) state.emulated = new EmulatedTarget();
  if (states) states.set(target, state);
  else target._state = state;
  const sink = sinkOf(target, state);
  state.source = own ? followNative(own, parsed, options, sink, surroundings)
    : (canShare(options) ? openShared : openConnection)(parsed, options, sink, surroundings);
  if (!hasAccessors) {
    target.url = state.url;
    target.withCredentials = state.withCredentials;
    target.readyState = CONNECTING;
    for (let i = 0; i < HANDLERS.length; i++) target[attribute(HANDLERS[i]!)] = null;
  }
  return target;
}

interface Instance extends EventTarget {
  _state?: State;
  url: string;
  withCredentials: boolean;
  readyState: number;
  [attribute: string]: unknown;
}

/** `message` is handled by `onmessage`, `runnel.gap` by `ongap`. */
function attribute(type: string): string {
  return 'on' + type.substring(type.lastIndexOf('.') + 1);
}

function syntaxError(message: string): unknown {
  try {
    return new DOMException(message, 'SyntaxError');
  } catch {
    const error = new Error(message) as Error & { code: number };
    error.name = 'SyntaxError';
    error.code = 12;
    return error;
  }
}

function sinkOf(target: Instance, state: State): Carried {
  const gap = (data: string): void => {
    if (state.hearsGaps || (!hasAccessors && target.ongap) || typeof console === 'undefined') return;
    console.error(state.url + ': events may be missing and nobody hears runnel.gap: ' + data);
  };
  return {
    opened: () => dispatch(target, state, canMakeTargets ? new Event('open') : new EmulatedEvent('open')),
    event: (type, data, lastEventId, origin) => {
      if (type === 'runnel.gap') gap(data);
      if (canMakeTargets) return dispatch(target, state, new MessageEvent(type, { data, lastEventId, origin }));
      const event = new EmulatedEvent(type);
      event.data = data;
      event.lastEventId = lastEventId;
      event.origin = origin;
      dispatch(target, state, event);
    },
    failed: (failure) => dispatch(target, state, withFailure(canMakeTargets ? new Event('error') : new EmulatedEvent('error'), failure)),
    gap,
    replaced: (source) => { state.source = source; },
  };
}

function dispatch(target: Instance, state: State, event: Event | EmulatedEvent): void {
  if (!hasAccessors) target.readyState = state.source.readyState;
  if (canMakeTargets) {
    EventTarget.prototype.dispatchEvent.call(target, event as Event);
    return;
  }
  state.emulated!.dispatch(target, event as EmulatedEvent);
  // Without accessors a handler is a plain property, looked up when it is needed.
  const handler = hasAccessors ? undefined : target[attribute(event.type)];
  if (typeof handler === 'function' && isHandled(event.type)) handler.call(target, event);
}

function isHandled(type: string): boolean {
  for (let i = 0; i < HANDLERS.length; i++) if (HANDLERS[i] === type) return true;
  return false;
}

function handle(target: Instance, type: string, handler: unknown): void {
  const { handlers } = stateOf(target);
  const known = handlers[type];
  if (Object(handler) !== handler) {
    if (known) target.removeEventListener(type, known.listener);
    delete handlers[type];
  } else if (known) {
    known.handler = handler;
  } else {
    const made = {
      handler,
      listener: (event: Event) => {
        if (typeof made.handler === 'function' && made.handler.call(target, event) === false) event.preventDefault();
      },
    };
    handlers[type] = made;
    target.addEventListener(type, made.listener);
  }
}

const methods: Record<string, (this: Instance, ...given: never[]) => unknown> = {
  close: function close(this: Instance) {
    stateOf(this).source.close();
    if (!hasAccessors) this.readyState = CLOSED;
  } as never,
  addEventListener: function addEventListener(this: Instance, type: string, listener: EventListener | null, options?: AddEventListenerOptions) {
    const state = stateOf(this);
    if (state.emulated) state.emulated.add('' + type, listener, options);
    else EventTarget.prototype.addEventListener.call(this, type, listener, options);
    if (!listener) return;
    if ('' + type === 'runnel.gap') state.hearsGaps = true;
    // The constructor's caller is not through before there is a source.
    state.source?.listen?.('' + type);
  } as never,
};

const getters: Record<string, (state: State) => unknown> = {
  url: (state) => state.url,
  withCredentials: (state) => state.withCredentials,
  readyState: (state) => state.source.readyState,
  lastEventId: (state) => state.source.lastEventId,
};

function define(holder: object, name: string, descriptor: PropertyDescriptor): void {
  if (hasAccessors) Object.defineProperty(holder, name, descriptor);
  else if ('value' in descriptor) (holder as Record<string, unknown>)[name] = descriptor.value;
}

function named(get: () => unknown, name: string): () => unknown {
  works(() => Object.defineProperty(get, 'name', { value: name, configurable: true }));
  return get;
}

const prototype = EventSource.prototype as Instance;
if (canMakeTargets) {
  Object.setPrototypeOf(EventSource, EventTarget);
  Object.setPrototypeOf(prototype, EventTarget.prototype);
} else {
  methods.removeEventListener = function removeEventListener(this: Instance, type: string, listener: EventListener | null, options?: EventListenerOptions) {
    stateOf(this).emulated!.remove('' + type, listener, options);
  } as never;
  methods.dispatchEvent = function dispatchEvent(this: Instance, event: never) {
    return stateOf(this).emulated!.dispatch(this, event);
  } as never;
}
for (const name in CONSTANTS) {
  define(EventSource, name, { value: CONSTANTS[name], enumerable: true, writable: false, configurable: false });
  define(prototype, name, { value: CONSTANTS[name], enumerable: true, writable: false, configurable: false });
}
for (const name in methods) define(prototype, name, { value: methods[name], enumerable: true, writable: true, configurable: true });
if (hasAccessors) {
  for (const name in getters) {
    const get = getters[name]!;
    define(prototype, name, {
      get: named(function (this: unknown) { return get(stateOf(this)); } as () => unknown, 'get ' + name),
      enumerable: true, configurable: true,
    });
  }
  for (let i = 0; i < HANDLERS.length; i++) {
    const type = HANDLERS[i]!;
    const name = attribute(type);
    define(prototype, name, {
      get: named(function (this: unknown) {
        const known = stateOf(this).handlers[type];
        return known ? known.handler : null;
      } as () => unknown, 'get ' + name),
      set: named(function (this: Instance, handler: unknown) { handle(this, type, handler); } as never, 'set ' + name) as never,
      enumerable: true, configurable: true,
    });
  }
}
if (typeof Symbol === 'function' && Symbol.toStringTag) define(prototype, Symbol.toStringTag as never, { value: 'EventSource', configurable: true });
define(prototype, 'constructor', { value: EventSource, enumerable: false, writable: true, configurable: true });
if (hasAccessors) {
  define(EventSource, 'name', { value: 'EventSource', configurable: true });
  define(EventSource, 'length', { value: 1, configurable: true });
  define(EventSource, 'prototype', { writable: false });
}

// Who loads this twice keeps the first.
if (!global.RunnelEventSource) global.RunnelEventSource = EventSource;
if (typeof global.EventSource === 'undefined') global.EventSource = EventSource as never;
if (typeof SharedWorkerGlobalScope === 'function' && (global as unknown as { name: string }).name === 'runnel-eventsource') {
  serveSharedWorker(global as never, surroundings);
}
