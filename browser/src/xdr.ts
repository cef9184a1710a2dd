import { growing } from './xhr.js';
import type { Exchange, Receiver, Request, Transport } from './transport.js';

/** What Internet Explorer 8 and 9 have in place of an XMLHttpRequest that reads other origins and shows what has come. */
interface XDomainRequest {
  responseText: string;
  contentType: string;
  timeout: number;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onprogress: (() => void) | null;
  ontimeout: (() => void) | null;
  open(method: string, url: string): void;
  send(body?: string): void;
  abort(): void;
}

declare const XDomainRequest: { new(): XDomainRequest } | undefined;

/**
 * `XDomainRequest`: GET, or POST with a `text/plain` body; no headers, no cookies, no status, the scheme of the page, and nothing
 * shows before 2 KB, for which the hub is asked for padding.
 */
export const xdrTransport: Transport = {
  name: 'xdr',
  streams: true,
  headless: true,

  suits(url, { headers, withCredentials }) {
    return typeof XDomainRequest !== 'undefined' && !growing() && !headers && !withCredentials && url.indexOf(location.protocol) === 0;
  },

  open(request: Request, receiver: Receiver): Exchange {
    const xdr = new XDomainRequest!();
    let over = false;
    let answered = false;
    let seen = 0;

    function finish(): void {
      over = true;
      pending.remove(xdr);
    }

    function read(): void {
      if (over) return;
      if (!answered) {
        answered = true;
        const wanted = receiver.answered({
          status: 200,
          statusText: '',
          url: request.url,
          // The type is not always told; that it was none of ours is.
          header: (name) => name === 'content-type' ? (xdr.contentType || 'text/event-stream') : null,
        });
        if (!wanted) return abort();
      }
      const text = xdr.responseText;
      const fresh = text.substring(seen);
      seen = text.length;
      const resumable = !!fresh && receiver.text(fresh);
      if (resumable && !over && seen > request.room) {
        abort();
        receiver.ended(true);
      }
    }

    function abort(): void {
      if (over) return;
      finish();
      xdr.abort();
    }

    function failed(): void {
      if (over) return;
      finish();
      receiver.failed('network');
    }

    // One without all of its handlers is dropped silently by Internet Explorer 9, and so is one that nobody holds.
    xdr.onprogress = read;
    xdr.onerror = failed;
    xdr.ontimeout = failed;
    xdr.onload = () => {
      read();
      if (over) return;
      finish();
      receiver.ended();
    };
    pending.add(xdr);
    setTimeout(() => {
      if (over) return;
      try {
        xdr.open(request.method, request.url);
        xdr.send(request.body == null ? '' : `${request.body as string}`);
      } catch {
        failed();
      }
    }, 0);
    return { abort };
  },
};

const pending = {
  requests: [] as XDomainRequest[],

  add(request: XDomainRequest): void {
    this.requests.push(request);
  },

  remove(request: XDomainRequest): void {
    const left: XDomainRequest[] = [];
    for (let i = 0; i < this.requests.length; i++) if (this.requests[i] !== request) left.push(this.requests[i]!);
    this.requests = left;
  },
};
