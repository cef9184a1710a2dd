import type { Exchange, Receiver, Request, Transport } from './transport.js';

/** Whether this is the classic script; the module is for browsers that have all of this. */
declare const LEGACY: boolean;

/**
 * Whether an answer that is not read slows its server down. Where there are no streams of bytes (WebKit), it is kept in memory instead, and
 * comes before anything else that the page has to do.
 */
const SLOWS_DOWN = typeof ReadableByteStreamController === 'function';

/**
 * `fetch`, with an answer that is read as it is told. Where that does not slow the server down, all is read at once, and an answer that is
 * too far ahead of the page is given up for a new one, from where the page is.
 */
export const fetchTransport: Transport = {
  name: 'fetch',
  streams: true,

  suits() {
    if (!LEGACY) return true;
    // Each browser that has these three has fetch; some that have fetch lack one of them.
    return typeof AbortController === 'function' && typeof TextDecoder === 'function' && typeof ReadableStream === 'function';
  },

  open(request: Request, receiver: Receiver): Exchange {
    const controller = new AbortController();
    let over = false;

    function failed(failure: unknown): void {
      if (over) return;
      over = true;
      // An abort that is not ours comes from the user, or from window.stop(): "if res is an aborted network error, then fail the connection".
      if (failure && (failure as Error).name === 'AbortError') receiver.failed('aborted', true);
      else receiver.failed('network');
    }

    function end(full?: boolean): void {
      over = true;
      receiver.ended(full);
    }

    function read(reader: ReadableStreamDefaultReader<Uint8Array>): void {
      const decoder = new TextDecoder();
      let ahead = 0;
      // Each read has a promise of its own: a chain of them would grow for as long as the stream lasts.
      const next = (): void => {
        if (!over) reader.read().then(({ done, value }) => {
          if (over) return;
          if (done) return end();
          const text = decoder.decode(value, { stream: true });
          if (SLOWS_DOWN) return receiver.text(text, next);
          ahead += text.length;
          const resumable = receiver.text(text, () => { ahead -= text.length; });
          if (!resumable || ahead < request.room) return next();
          controller.abort();
          end(true);
        }, failed);
      };
      next();
    }

    fetch(request.url, {
      method: request.method,
      headers: request.headers,
      credentials: request.withCredentials ? 'include' : 'same-origin',
      cache: 'no-store',
      signal: controller.signal,
      body: request.body ?? null,
    }).then((response) => {
      if (over) return;
      const wanted = receiver.answered({
        status: response.status,
        statusText: response.statusText,
        url: response.url,
        header: (name) => response.headers.get(name),
      });
      if (!wanted) {
        over = true;
        controller.abort();
      } else if (response.body) {
        read(response.body.getReader());
      } else {
        end();
      }
    }).catch(failed);

    return {
      abort() {
        over = true;
        controller.abort();
      },
    };
  },
};
