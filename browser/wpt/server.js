// A small server for the folder eventsource/ of web-platform-tests: the files, the pages that are made of .any.js,
// .window.js and .worker.js, and the handlers that the tests ask for. Into every page and worker goes the script under test.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The tests of ours, and the folder that they seem to be in. */
const OWN = fileURLToPath(new URL('.', import.meta.url));
/** Files that are asked for under another name than theirs. */
const MOVED = { '/resources/WebIDLParser.js': '/resources/webidl2/lib/webidl2.js' };
const OWN_TESTS = /^\/eventsource\/idlharness\.any\./;

const TYPES = { '.html': 'text/html', '.htm': 'text/html', '.js': 'text/javascript', '.idl': 'text/plain', '.json': 'application/json', '.css': 'text/css' };

/** @param injected the script under test, or nothing: then the browser's own is tested */
export async function startWptServer(folder, injected) {
  const results = new Map();
  const stash = new Map();
  const server = createServer((request, response) => {
    answer({ folder, injected, results, stash }, request, response).catch((failure) => {
      if (!response.headersSent) response.writeHead(failure.code === 'ENOENT' ? 404 : 500);
      response.end(`${failure.message}\n`);
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  return {
    // Below localhost every name is this machine, to each of the engines; www2.web.localhost is another origin of the same site.
    url: `http://web.localhost:${port}`,
    results,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}

async function answer(context, request, response) {
  const { folder, injected, results } = context;
  const question = request.url.indexOf('?');
  const asked = question < 0 ? request.url : request.url.slice(0, question);
  const path = MOVED[asked] ?? asked;
  const search = question < 0 ? '' : request.url.slice(question + 1);
  const root = OWN_TESTS.test(path) ? OWN : folder;
  const file = join(root, normalize(decodeURIComponent(root === OWN ? path.replace('/eventsource', '') : path)));
  if (!file.startsWith(root)) throw new Error(`${path} is outside`);
  const send = (type, text) => {
    response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' });
    response.end(text);
  };
  if (path === '/results') {
    let body = '';
    for await (const part of request) body += part;
    results.get(search)?.(JSON.parse(body));
    return send('text/plain', '');
  }
  if (path === '/under-test.js') return send('text/javascript', injected);
  if (path === '/resources/testharnessreport.js') return send('text/javascript', REPORT);

  const handler = HANDLERS[path];
  if (handler) return handle(handler, context, request, response, search);

  // x.any.html, x.any.worker.html, x.any.sharedworker.html, x.window.html, x.worker.html: none of them is a file.
  const made = /^(.*\.any)\.(html|worker\.html|worker\.js|sharedworker\.html|sharedworker\.js)$/.exec(file)
    ?? /^(.*\.(?:window|worker))\.(html)$/.exec(file);
  if (made && !exists(file)) {
    const [, source, kind] = made;
    const scripts = metas(readFileSync(`${source}.js`, 'utf8'), 'script');
    const at = path.slice(0, path.lastIndexOf('/') + 1);
    const name = `${source.slice(source.lastIndexOf('/') + 1)}.js`;
    if (kind.endsWith('.js')) {
      return send('text/javascript', [
        injected && "importScripts('/under-test.js');",
        "self.GLOBAL = { isWindow: () => false, isWorker: () => true };",
        "importScripts('/resources/testharness.js');",
        ...scripts.map((script) => `importScripts('${script}');`),
        `importScripts('${at}${name}');`,
        'done();',
      ].filter(Boolean).join('\n'));
    }
    const inWorker = kind === 'worker.html' ? `new Worker('${at}${name.replace(/\.js$/, '.worker.js')}')`
      : kind === 'sharedworker.html' ? `new SharedWorker('${at}${name.replace(/\.js$/, '.sharedworker.js')}')`
        : source.endsWith('.worker') ? `new Worker('${at}${name}')` : undefined;
    const title = metas(readFileSync(`${source}.js`, 'utf8'), 'title')[0] ?? '';
    return send('text/html', page(injected, `<title>${title}</title>
      <script>self.GLOBAL = { isWindow: () => true, isWorker: () => false };</script>
      <script src="/resources/testharness.js"></script><script src="/resources/testharnessreport.js"></script>
      ${inWorker ? `<script>fetch_tests_from_worker(${inWorker});</script>`
    : `${scripts.map((script) => `<script src="${script}"></script>`).join('')}<div id="log"></div><script src="${at}${name}"></script>`}`));
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  const bytes = readFileSync(file);
  if (type === 'text/html') return send(type, page(injected, bytes.toString()));
  // A worker of its own has nothing but what its script loads.
  const isWorker = /-worker\/[^/]*\.js$/.test(path) && !path.endsWith('.any.js') || path.endsWith('.worker.js');
  return send(type, injected && isWorker ? `importScripts('/under-test.js');\n${bytes}` : bytes);
}

function page(injected, html) {
  return injected ? html.replace(/^(<!doctype html>)?/i, '$1<script src="/under-test.js"></script>') : html;
}

function metas(source, name) {
  return [...source.matchAll(/^\/\/ META: (\w+)=(.*)$/gm)].filter(([, key]) => key === name).map(([, , value]) => value.trim());
}

function exists(file) {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

const REPORT = `setup({ output: false });
add_completion_callback((tests, status) => {
  if (window.top !== window) return;
  fetch('/results?' + location.pathname, { method: 'POST', body: JSON.stringify({
    status: status.status, message: status.message,
    tests: tests.map(({ name, status, message }) => ({ name, status, message })),
  }) });
});`;

// ---- Handlers. Headers and bodies are strings of bytes, as in the .py files that these stand for.

async function handle(handler, context, request, response, search) {
  const query = new Map(search.split('&').filter(Boolean).map((pair) => {
    const [name, ...value] = pair.split('=');
    return [bytesOf(name), bytesOf(value.join('='))];
  }));
  const cookies = new Map((request.headers.cookie ?? '').split('; ').map((pair) => pair.split('=')));
  const headers = [];
  const result = await handler({
    query, cookies, request, response, headers, stash: context.stash,
    header: (name) => request.headers[name] ?? '',
    set: (name, value) => headers.push([name, value]),
    setCookie: (name, value, more = '') => headers.push(['Set-Cookie', `${name}=${value}; Path=/${more}`]),
  });
  if (result === undefined) return;
  const { status = 200, reason = 'OK', body = '' } = typeof result === 'string' ? { body: result } : result;
  response.writeHead(status, reason, headers.flat());
  response.end(Buffer.from(body, 'latin1'));
}

function bytesOf(text) {
  return Buffer.concat(text.replace(/\+/g, ' ').split(/(%[0-9a-f]{2})/i).map((part) =>
    /^%[0-9a-f]{2}$/i.test(part) ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part))).toString('latin1');
}

const STREAM = 'text/event-stream';

async function message({ query, set }) {
  set('Content-Type', query.get('mime') ?? STREAM);
  const sleep = Number(query.get('sleep') ?? 0);
  if (sleep) await new Promise((resolve) => { setTimeout(resolve, sleep); });
  return (query.get('message') ?? 'data: data') + (query.get('newline') === 'none' ? '' : '\n\n') + '\n';
}

function redirect({ query, set, request, header }) {
  set('Location', query.get('location'));
  if (query.get('enable-cors') === 'true' || request.url.includes('/cors.py')) set('Access-Control-Allow-Origin', header('origin') || '*');
  return { status: Number(query.get('status') ?? 302), reason: 'Redirect' };
}

function statusReconnect({ query, cookies, set, setCookie }) {
  const status = query.get('status') ?? '204';
  const name = `request${query.get('id') ?? status}`;
  set('Content-Type', STREAM);
  if (cookies.get(name) === status) {
    setCookie(name, '', '; Max-Age=0');
    return 'data: data\n\n';
  }
  setCookie(name, status);
  return { status: Number(status), reason: 'TEST', body: `retry: 2\n${query.has('ok_first') ? 'data: ok\n\n' : ''}` };
}

function echoHeader(name) {
  return ({ header, set }) => {
    set('Content-Type', STREAM);
    return `data: ${header(name)}\n\n`;
  };
}

const HANDLERS = {
  '/common/redirect.py': redirect,
  '/eventsource/resources/accept.event_stream': echoHeader('accept'),
  '/eventsource/resources/cache-control.event_stream': echoHeader('cache-control'),
  '/eventsource/resources/message.py': message,
  '/eventsource/resources/status-reconnect.py': statusReconnect,

  async '/eventsource/resources/message2.py'({ request, response }) {
    response.writeHead(200, { 'Content-Type': STREAM, 'Cache-Control': 'no-cache' });
    while (!request.destroyed && !response.destroyed) {
      response.write('data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n');
      await new Promise((resolve) => { setTimeout(resolve, 2_000); });
    }
  },

  '/eventsource/resources/last-event-id.py'({ query, header, set }) {
    set('Content-Type', STREAM);
    const id = header('last-event-id');
    return id ? `data: ${id}\n\n` : `id: ${query.get('idvalue') ?? Buffer.from('…').toString('latin1')}\nretry: 200\ndata: hello\n\n`;
  },

  '/eventsource/resources/last-event-id2.py'({ query, set }) {
    set('Content-Type', STREAM);
    return {
      1: 'id: 1\ndata: 1\n\ndata: 2\n\nid: 2\ndata:3\n\ndata:4\n\n',
      2: 'id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n',
      3: 'id: 1\ndata: 1\n\nid\ndata:2\n\ndata:3\n\n',
    }[query.get('type') ?? 1];
  },

  '/eventsource/resources/reconnect-fail.py'({ query, cookies, set, setCookie }) {
    const name = `recon_fail_${query.get('id')}`;
    set('Content-Type', STREAM);
    if (cookies.get(name) === 'opened') {
      setCookie(name, 'reconnected');
      return { reason: 'RECONNECT', body: 'data: reconnected\n\n' };
    }
    if (cookies.get(name) === 'reconnected') {
      setCookie(name, '', '; Max-Age=0');
      return { status: 204, reason: 'NO CONTENT (CLOSE)' };
    }
    setCookie(name, 'opened');
    return { reason: 'OPEN', body: 'retry: 2\ndata: opened\n\n' };
  },

  '/eventsource/resources/status-error.py'({ query, set }) {
    set('Content-Type', STREAM);
    const status = Number(query.get('status') ?? 404);
    return { status, reason: 'HAHAHAHA', body: status === 204 || status === 205 ? '' : 'data: data\n\n' };
  },

  '/eventsource/resources/cors.py'(context) {
    const { query, header, set } = context;
    set('Access-Control-Allow-Origin', query.get('origin') ?? header('origin'));
    set('Access-Control-Allow-Credentials', query.get('credentials') ?? 'true');
    const run = { 'status-reconnect': statusReconnect, message, redirect, 'cache-control': echoHeader('cache-control') }[query.get('run')];
    if (run !== redirect) return run?.(context) ?? '';
    context.query.set('enable-cors', 'false');
    set('Location', query.get('location'));
    return { status: 302, reason: 'Found' };
  },

  '/eventsource/resources/cors-cookie.py'({ query, cookies, header, set, setCookie }) {
    const id = header('last-event-id');
    const ident = query.get('ident') ?? 'test';
    const cookie = cookies.has(ident) ? 'COOKIE' : 'NO_COOKIE';
    set('Access-Control-Allow-Origin', query.get('origin') ?? header('origin'));
    set('Access-Control-Allow-Credentials', query.get('credentials') ?? 'true');
    if (id === '') {
      set('Content-Type', STREAM);
      setCookie(ident, 'COOKIE');
      return `id: 1\nretry: 200\ndata: first ${cookie}\n\n`;
    }
    if (id === '1') {
      set('Content-Type', STREAM);
      setCookie(ident, 'COOKIE', '; Max-Age=0');
      return `id: 2\ndata: second ${cookie}\n\n`;
    }
    set('Content-Type', 'stop');
    return `data: ${id}${cookie}\n\n`;
  },

  // Answers an id that is safe, unsafe or too long for CORS, and then says whether a preflight came before it.
  '/eventsource/resources/cors-unsafe-last-event-id.py'({ query, header, set, stash, request }) {
    const fixture = query.get('fixture');
    const ids = { safe: 'abc', unsafe: 'e5p3n<3k0k0s', long: 'a'.repeat(255) };
    const id = header('last-event-id');
    const asked = header('access-control-request-headers');
    if (header('origin')) set('Access-Control-Allow-Origin', header('origin'));
    if (asked) set('Access-Control-Allow-Headers', asked);
    if (request.method === 'OPTIONS') {
      if (id === '') return { status: 400, reason: 'Bad Request' };
      stash.set(query.get('token'), asked);
      return '';
    }
    set('Content-Type', STREAM);
    if (id === '') return `id: ${ids[fixture]}\nretry: 200\ndata: ${fixture}\n\n`;
    const preflight = stash.get(query.get('token'));
    const right = (preflight?.toLowerCase() === 'last-event-id') === (fixture !== 'safe') && id === ids[fixture];
    return `event: ${right ? 'success' : 'failure'}\ndata: ${preflight ? 'with' : 'without'} a preflight\n\n`;
  },

  async '/eventsource/resources/bfcache-counter.py'({ query, response, set, stash }) {
    const token = query.get('token');
    if (query.has('query')) {
      set('Content-Type', 'application/json');
      return JSON.stringify({ count: stash.get(token) ?? 0 });
    }
    stash.set(token, (stash.get(token) ?? 0) + 1);
    response.writeHead(200, { 'Content-Type': STREAM, 'Cache-Control': 'no-store' });
    response.write('data: opened\n\n');
    const timer = setInterval(() => response.write(': keepalive\n\n'), 100);
    response.on('close', () => {
      clearInterval(timer);
      stash.set(token, stash.get(token) - 1);
    });
  },
};
