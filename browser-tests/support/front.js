// A proxy before the hub, at the level of HTTP: it puts our EventSource into the hub's pages, serves pages of the tests' own, counts
// the streams, and can do what networks do: cut, hold back, end after a time.

import { readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { reset } from './reset.js';

const dist = (name) => readFileSync(new URL(`../../browser/dist/${name}`, import.meta.url), 'utf8');
const TAKE_OVER = '<script src="/test/classic.js"></script><script>EventSource = RunnelEventSource;</script>';

/**
 * @param hub the port of the hub
 * @param inject what comes first in each page of the hub
 * @param routes more answers, by path: functions of request and response
 */
export async function startFront(hub, { inject = TAKE_OVER, routes = {} } = {}) {
  const front = new Front(hub, inject, routes);
  await front.listen();
  return front;
}

class Front {
  #hub;
  #inject;
  #routes;
  #server = createServer((request, response) => this.#answer(request, response));
  #isCut = false;

  /** Each request for events: `{ url, method, headers }`. */
  requests = [];
  /** The answers to such requests that are open now. */
  streams = new Set();
  /** How many bytes of an answer must be there before anything of it goes on: the head, too. The end counts as enough. */
  hold = 0;
  /** Headers that are added to answers with events. */
  headers = {};
  /** Whether the hub hears of `padding=true`. */
  pads = true;

  constructor(hub, inject, routes) {
    this.#hub = hub;
    this.#inject = inject;
    this.#routes = routes;
  }

  async listen() {
    // A browser that has kept the connection open finds it closed less often so.
    this.#server.keepAliveTimeout = 60_000;
    await new Promise((resolve) => { this.#server.listen(0, '127.0.0.1', resolve); });
    this.port = this.#server.address().port;
    this.url = `http://localhost:${this.port}`;
  }

  /** Whether the hub has answered each request for events that is open now, and so knows of it. */
  get isAnswered() {
    return this.streams.size > 0 && [...this.streams].every((response) => response.headersSent);
  }

  /** The answers with events that are open now are reset; new ones are carried. */
  cutStreams() {
    for (const response of this.streams) reset(response.socket);
  }

  /** Every connection is reset, and each new one until the wire is mended. */
  cut() {
    this.#isCut = true;
    this.cutStreams();
    this.#server.closeAllConnections();
  }

  mend() {
    this.#isCut = false;
  }

  async close() {
    this.cut();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  #answer(request, response) {
    if (this.#isCut) return reset(request.socket);
    const path = request.url.split('?')[0];
    const own = this.#routes[path] ?? OWN[path];
    if (own) return own(request, response);
    const isEvents = request.method === 'GET' && path.startsWith('/events');
    if (isEvents) {
      this.requests.push({ url: request.url, method: request.method, headers: request.headers });
      this.streams.add(response);
      response.on('close', () => this.streams.delete(response));
    }
    return this.#carry(request, response, isEvents);
  }

  #carry(request, response, isEvents) {
    const { host, 'accept-encoding': encodings, ...headers } = request.headers;
    const up = ask({ host: '127.0.0.1', port: this.#hub, path: this.pads ? request.url : request.url.replace('padding=true', ''), method: request.method, headers: { ...headers, host: `localhost:${this.port}` } });
    up.on('error', () => reset(response.socket));
    response.on('close', () => up.destroy());
    up.on('response', (answer) => {
      const html = answer.headers['content-type']?.startsWith('text/html');
      const { 'content-length': _, ...head } = answer.headers;
      const headersOn = html ? head : answer.headers;
      answer.on('error', () => reset(response.socket));
      if (html) {
        let page = '';
        answer.setEncoding('utf8').on('data', (part) => { page += part; }).on('end', () => {
          // A policy for scripts is the hub's; this one is ours.
          delete headersOn['content-security-policy'];
          response.writeHead(answer.statusCode, headersOn).end(page.replace(/<head>/i, `<head>${this.#inject}`));
        });
        return;
      }
      const held = [];
      let size = 0;
      let released = !isEvents || this.hold === 0;
      const release = () => {
        released = true;
        response.writeHead(answer.statusCode, { ...headersOn, ...isEvents && this.headers });
        response.flushHeaders();
        for (const part of held.splice(0)) response.write(part);
      };
      if (released) release();
      answer.on('data', (part) => {
        size += part.length;
        if (released) response.write(part);
        else {
          held.push(part);
          if (size >= this.hold) release();
        }
      });
      answer.on('end', () => {
        if (!released) release();
        response.end();
      });
    });
    request.pipe(up);
  }
}

function file(type, text) {
  return (_, response) => response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' }).end(text);
}

const OWN = {
  '/test/classic.html': file('text/html', `<!doctype html><title>classic</title>${TAKE_OVER}`),
  '/test/modern.html': file('text/html', `<!doctype html><title>modern</title><script type="module">
    import { EventSource } from '/test/modern.js'; self.EventSource = self.RunnelEventSource = EventSource;</script>`),
  '/test/classic.js': file('text/javascript', dist('runnel-eventsource.classic.js')),
  '/test/xdr-emulator.js': file('text/javascript', readFileSync(new URL('xdr-emulator.js', import.meta.url), 'utf8')),
  '/test/modern.js': file('text/javascript', dist('runnel-eventsource.js')),
};
