import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { source } from '../support/source.js';

/** The browser's own, of which the test says what happens. */
class Native {
  readyStateNow = 0;
  closed = false;
  constructor(url) { this.url = url; }
  get readyState() { return this.readyStateNow; }
  close() { this.closed = true; }
}
globalThis.EventSource = Native;
const { followNative } = await source('native');
delete globalThis.EventSource;

const HUB_OPENS = '{"recovered":null,"heartbeat":15000}';

function play(t) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const random = mock.method(Math, 'random', () => 0.5);
  let happened;
  const listening = mock.method(EventTarget.prototype, 'addEventListener', (_, listener) => { happened = listener; });
  const own = new Native('http://hub.example/events');
  const requests = [];
  const replaced = [];
  const transport = { name: 'fetch', streams: true, suits: () => true, open(request) { requests.push(request); return { abort() {} }; } };
  const following = followNative(own, own.url, {}, {
    opened() {}, event() {}, failed() {}, gap() {}, replaced: (next) => replaced.push(next),
  }, { transports: [transport], origin: 'http://hub.example', reaches() {}, onWake: () => () => {} });
  t.after(() => {
    following.close();
    replaced.forEach((one) => one.close());
    listening.mock.restore();
    random.mock.restore();
    mock.timers.reset();
  });
  return {
    own, requests, replaced, following,
    happens: (type, more) => happened({ type, isTrusted: true, ...more }),
  };
}

test('a steady stream of a hub that is cut is gone on with once, from where it was', (t) => {
  const { happens, own, replaced, requests } = play(t);
  happens('open');
  happens('runnel.open', { data: HUB_OPENS, lastEventId: 'e-0' });
  mock.timers.tick(5_000);
  happens('message', { data: 'x', lastEventId: 'e-7' });
  happens('error');
  assert.ok(own.closed);
  mock.timers.tick(500);
  assert.equal(requests.length, 1);
  assert.equal(requests[0].headers['Last-Event-ID'], 'e-7');
  mock.timers.tick(120_000);
  assert.equal(replaced.length, 1);
});

test('a hub that is silent for twice its heartbeat and five seconds is left', (t) => {
  const { happens, own, replaced } = play(t);
  happens('open');
  happens('runnel.open', { data: HUB_OPENS, lastEventId: 'e-0' });
  mock.timers.tick(34_999);
  assert.equal(replaced.length, 0);
  mock.timers.tick(1);
  assert.equal(replaced.length, 1);
  assert.ok(own.closed);
});

test('what a page has closed is not gone on with', (t) => {
  const { following, happens, replaced } = play(t);
  happens('open');
  happens('runnel.open', { data: HUB_OPENS, lastEventId: 'e-0' });
  mock.timers.tick(5_000);
  happens('error');
  following.close();
  mock.timers.tick(120_000);
  assert.equal(replaced.length, 0);
});
