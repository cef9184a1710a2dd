import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { gzipSync } from 'node:zlib';
import { parse } from 'acorn';
import { ESLint } from 'eslint';
import es from 'eslint-plugin-es-x';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = (name) => readFileSync(`${root}dist/${name}`, 'utf8');
const classic = dist('runnel-eventsource.classic.js');

/** The most bytes that somebody may call the size of a file, packed: by gzip as it comes, with the file's name in it, or by Node, at any level. */
function zipped(name) {
  const text = dist(name);
  const levels = [6, 7, 8, 9].map((level) => gzipSync(text, { level }).length);
  const { error, stdout } = spawnSync('gzip', ['--keep', '--stdout', `${root}dist/${name}`]);
  return Math.max(...levels, error ? 0 : stdout.length);
}

test('the module is at most 6 KB, the classic script at most 10 KB, as they are sent', () => {
  assert.ok(zipped('runnel-eventsource.js') <= 6_000, `${zipped('runnel-eventsource.js')}`);
  assert.ok(zipped('runnel-eventsource.classic.js') <= 10_000, `${zipped('runnel-eventsource.classic.js')}`);
});

test('what the hub and servlet applications serve is the classic script as it is built', () => {
  const served = readFileSync(`${root}served/runnel-eventsource.js`, 'utf8');
  assert.ok(served === classic, 'browser/served/ is another one: npm run serve');
});

test('the classic script is ECMAScript 3 to a parser', () => {
  parse(classic, { ecmaVersion: 3, sourceType: 'script' });
});

test('the classic script is ECMAScript 5 to a linter: no syntax, and no method, of a later edition', async () => {
  const linter = new ESLint({
    overrideConfigFile: true,
    overrideConfig: [{
      ...es.configs['flat/restrict-to-es5'],
      languageOptions: { ecmaVersion: 2022, sourceType: 'script' },
      // What is newer is asked for by typeof first, or within try.
      rules: { ...es.configs['flat/restrict-to-es5'].rules, ...Object.fromEntries([
        'promise', 'weak-map', 'symbol', 'object-setprototypeof', 'reflect', 'map',
      ].map((name) => [`es-x/no-${name}`, 'off'])) },
    }],
    allowInlineConfig: false,
  });
  const [{ messages }] = await linter.lintText(classic, { filePath: 'classic.js' });
  assert.deepEqual(messages.map(({ ruleId, message, column }) => `${ruleId}: ${message} (${column})`), []);
});

test('the classic script runs where there is nothing but ECMAScript 3, a document and timers', () => {
  const window = oldBrowser();
  vm.runInContext(classic, window);
  const told = vm.runInContext(`
    var told = [];
    var source = new RunnelEventSource('http://localhost/events');
    source.onopen = function () { told.push('open ' + source.readyState); };
    source.addEventListener('placed', function (event) { told.push(event.type + ' ' + event.data + ' ' + event.lastEventId + ' ' + event.origin); });
    source.onerror = function (event) { told.push('error ' + source.readyState); };
    told.push(source.url, source.readyState, typeof EventSource);
    told`, window);
  const [request] = window.requests;
  assert.equal(request.url, 'http://localhost/events?transport=poll');
  request.answer(200, 'text/event-stream', 'id: 7\nevent: placed\ndata: x\n\n');
  assert.deepEqual([...told], ['http://localhost/events', 0, 'function', 'open 1', 'placed x 7 http://localhost']);
  assert.deepEqual([window.requests[1].url, window.requests[1].headers['Last-Event-ID']], ['http://localhost/events?transport=long-poll', '7']);
  vm.runInContext('source.close(); told.push(source.readyState)', window);
  assert.equal(told.at(-1), 2);
});

/** About what Internet Explorer 7 has: no fetch, no promises, no accessors, an XMLHttpRequest that shows nothing before the end. */
function oldBrowser() {
  const requests = [];
  const window = { requests, console: undefined, setTimeout, clearTimeout };
  window.window = window;
  window.location = { protocol: 'http:', host: 'localhost', href: 'http://localhost/' };
  window.document = {
    hidden: false,
    addEventListener: undefined,
    createElement: () => ({
      set href(url) { this.url = new URL(url, 'http://localhost/').href; },
      get href() { return this.url; },
      get protocol() { return new URL(this.url).protocol; },
      getAttribute() { return this.url; },
    }),
  };
  window.XMLHttpRequest = function XMLHttpRequest() {
    const xhr = {
      headers: {}, readyState: 0, status: 0, statusText: '', onreadystatechange: null,
      open(method, url) { Object.assign(this, { method, url }); requests.push(this); },
      setRequestHeader(name, value) { this.headers[name] = value; },
      getResponseHeader(name) { return name === 'content-type' ? this.type : null; },
      send() {},
      abort() {},
      get responseText() {
        if (this.readyState < 4) throw new Error('not yet available');
        return this.text;
      },
      answer(status, type, text) {
        Object.assign(this, { status, type, text, readyState: 4 });
        this.onreadystatechange();
      },
    };
    return xhr;
  };
  const context = vm.createContext(window);
  vm.runInContext(`
    (function () {
      var later = ['Promise', 'WeakMap', 'Map', 'Set', 'Symbol', 'Reflect', 'Proxy', 'WeakSet', 'URL', 'fetch', 'MessageChannel'];
      for (var i = 0; i < later.length; i++) delete this[later[i]];
      Object.defineProperty = function () { throw new TypeError('no accessors'); };
      Object.setPrototypeOf = Object.assign = Object.keys = Object.create = Object.entries = undefined;
      Array.prototype.indexOf = Array.prototype.forEach = Array.prototype.map = undefined;
      Function.prototype.bind = String.prototype.trim = Date.now = undefined;
      JSON = undefined;
    }).call(this)`, context);
  return context;
}

test('the package holds the builds, the types and the licence, and nothing else', () => {
  const packed = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  const [{ files }] = Array.isArray(packed) ? packed : Object.values(packed);
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    'LICENSE', 'README.md',
    'dist/event-source.d.ts', 'dist/index.d.ts', 'dist/options.d.ts',
    'dist/runnel-eventsource.classic.js', 'dist/runnel-eventsource.js',
    'package.json',
  ]);
});

test('what exports names is there', () => {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  for (const target of [exports['.'].types, exports['.'].default, exports['./classic']]) readFileSync(root + target);
});

test('nobody is named in the lockfile but by name and hash', () => {
  assert.doesNotMatch(readFileSync(`${root}package-lock.json`, 'utf8'), /"resolved"|https?:\/\/(?!opencollective|github|eslint|tidelift|paypal|sponsor|www\.patreon)/);
});
