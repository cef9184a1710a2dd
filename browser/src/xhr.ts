import type { Exchange, Receiver, Request, Transport } from './transport.js';

/** Whether `responseText` may be read, and is told of, while it grows: not before Internet Explorer 10. */
export function growing(): boolean {
  return typeof XMLHttpRequest !== 'undefined' && 'onprogress' in new XMLHttpRequest();
}

/** Whether it is of the page's own origin. */
function isOwn(url: string): boolean {
  return url.indexOf(location.protocol + '//' + location.host + '/') === 0;
}

/**
 * `XMLHttpRequest`. Its `responseText` keeps all that ever came, so at a certain size another one goes on from there. In old engines it
 * shows nothing before the end, and reads its own origin only: there it polls.
 */
export const xhrTransport: Transport = {
  name: 'xhr',
  streams: growing(),

  suits(url) {
    return typeof XMLHttpRequest !== 'undefined' && (growing() || isOwn(url));
  },

  open(request: Request, receiver: Receiver): Exchange {
    const xhr = new XMLHttpRequest();
    let over = false;
    let answered = false;
    let seen = 0;

    function finish(): void {
      over = true;
      xhr.onreadystatechange = xhr.onprogress = null as never;
    }

    function read(ended: boolean): void {
      if (over || xhr.readyState < (growing() ? 2 : 4)) return;
      // An answer that did not come has status 0; the very old throw.
      let status = 0;
      try {
        status = xhr.status;
      } catch {}
      if (status === 0) {
        if (ended) {
          finish();
          receiver.failed('network');
        }
        return;
      }
      if (!answered) {
        answered = true;
        const wanted = receiver.answered({
          // Internet Explorer's name for 204.
          status: status === 1223 ? 204 : status,
          statusText: xhr.statusText,
          url: xhr.responseURL || '',
          header: (name) => xhr.getResponseHeader(name),
        });
        if (!wanted) {
          finish();
          xhr.abort();
          return;
        }
      }
      if (xhr.readyState > 2) {
        const text = xhr.responseText;
        const fresh = text.substring(seen);
        seen = text.length;
        const resumable = !!fresh && receiver.text(fresh);
        if (over) return;
        if (resumable && !ended && seen > request.room) {
          finish();
          xhr.abort();
          receiver.ended(true);
          return;
        }
      }
      if (ended) {
        finish();
        receiver.ended();
      }
    }

    xhr.open(request.method, request.url, true);
    // Where it needs no permission: an old browser answers from its cache otherwise.
    if (isOwn(request.url)) xhr.setRequestHeader('Cache-Control', 'no-cache');
    for (const name in request.headers) xhr.setRequestHeader(name, request.headers[name]!);
    if (growing()) {
      xhr.withCredentials = request.withCredentials;
      xhr.onprogress = () => read(false);
      // Whatever the answer says of its encoding: an event stream is UTF-8.
      if (xhr.overrideMimeType) xhr.overrideMimeType('text/plain; charset=utf-8');
    }
    xhr.onreadystatechange = () => read(xhr.readyState === 4);
    xhr.send((request.body == null ? null : request.body) as XMLHttpRequestBodyInit | null);

    return {
      abort() {
        if (over) return;
        finish();
        xhr.abort();
      },
    };
  },
};
