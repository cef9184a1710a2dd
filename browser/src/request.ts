// From the options to a request.

import type { AtEachAttempt, EventSourceInit, Mode } from './options.js';
import type { Request, Transport } from './transport.js';

/** Whether this is the classic script; in the module what is only for old browsers is left out. */
declare const LEGACY: boolean;

/** What the options say at one attempt. */
export interface Asked {
  headers?: Record<string, string> | undefined;
  query?: Record<string, string> | undefined;
  method?: string | undefined;
  body?: BodyInit | null | undefined;
}

/** Asks for all that may be a function; `failed` is called at most once, and then `known` never. */
export function askOptions(init: EventSourceInit, known: (asked: Asked) => void, failed: () => void): void {
  whenKnown(init.headers, (headers) =>
    whenKnown(init.query, (query) =>
      whenKnown(init.method, (method) =>
        whenKnown(init.body, (body) => known({ headers, query, method, body }), failed), failed), failed), failed);
}

/** Calls back with a value that may have to be waited for. */
function whenKnown<T>(value: AtEachAttempt<T>, known: (value: T) => void, failed: () => void): void {
  try {
    const asked = typeof value === 'function' ? (value as () => T | PromiseLike<T>)() : value;
    if (asked && typeof (asked as PromiseLike<T>).then === 'function') (asked as PromiseLike<T>).then(known, failed);
    else known(asked as T);
  } catch {
    failed();
  }
}

export function requestFor(
  url: string,
  init: EventSourceInit,
  { headers: given, query, method, body }: Asked,
  { headless, name }: Transport,
  mode: Mode,
  lastEventId: string,
): Request {
  const headers: Record<string, string> = { Accept: 'text/event-stream' };
  const parameters: Record<string, string> = {};
  for (const key in given) headers[key] = given[key]!;
  for (const key in query) parameters[key] = query[key]!;
  if (mode !== 'stream') parameters.transport = mode;
  else if (LEGACY && name === 'xdr') parameters.padding = 'true';
  if (LEGACY && lastEventId && headless) {
    // Where the page began is not where it is now.
    url = url.replace(/([?&])lastEventId=[^&#]*/g, '$1');
    parameters.lastEventId = lastEventId;
  } else if (lastEventId) {
    headers['Last-Event-ID'] = headerBytes(lastEventId);
  }
  return {
    url: withQuery(url, parameters),
    method: method || (body == null ? 'GET' : 'POST'),
    headers,
    body,
    withCredentials: !!init.withCredentials,
    room: init.maxResponseLength || 4_194_304,
  };
}

export function originOf(url: string): string {
  if (!LEGACY) return new URL(url).origin;
  const match = /^(https?:\/\/)(?:[^\/?#]*@)?([^\/?#]+)/i.exec(url);
  return match ? match[1]! + match[2]! : 'null';
}

export function withQuery(url: string, parameters: Record<string, string>): string {
  let bare = url.replace(/#.*/, '');
  for (const name in parameters) {
    bare += (bare.indexOf('?') < 0 ? '?' : '&') + encodeURIComponent(name) + '=' + encodeURIComponent(parameters[name]!);
  }
  return bare;
}

/** The bytes of UTF-8 as the characters of a header: what is escaped as bytes is unescaped as characters. */
function headerBytes(text: string): string {
  return unescape(encodeURIComponent(text));
}
