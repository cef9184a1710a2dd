import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { source } from '../support/source.js';

const { openConnection } = await source('connection');
const { originOf, withQuery } = await source('request');
const { CLOSED, CONNECTING } = await source('options');

const STREAM = { status: 200, statusText: 'OK', url: 'http://localhost/events', header: (name) => name === 'content-type' ? 'text/event-stream' : null };
const HUB_OPENS = 'retry: 2500\nid: e-0\nevent: runnel.open\ndata: {"recovered":null,"heartbeat":15000}\n\n';

// What one test has found out of a network is not known of another's.
let hubs = 0;

/** A connection over a transport that the test plays, in time that the test turns. */
function play(t, init = {}, { url = `http://hub${++hubs}.example/events`, origin = originOf(url), reaches = (answer) => answer(false), ...transport } = {}) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  // Without channels a task is done at once, which saves the test from waiting for real ones.
  const { MessageChannel } = globalThis;
  globalThis.MessageChannel = undefined;
  const random = mock.method(Math, 'random', () => 0.5);
  const requests = [];
  const told = [];
  let wake;
  const played = {
    name: 'fetch', streams: true, suits: () => true,
    open(request, receiver) {
      const exchange = { request, receiver, aborted: false, abort() { exchange.aborted = true; } };
      requests.push(exchange);
      return exchange;
    },
    ...transport,
  };
  const connection = openConnection(url, init, {
    opened: () => told.push('open'),
    event: (type, data, id) => told.push([type, data, id]),
    failed: ({ reason }) => told.push(`${reason} ${connection.readyState}`),
  }, {
    transports: [played], origin,
    reaches: (_, __, answer) => reaches(answer),
    onWake: (awake) => { wake = awake; return () => {}; },
  });
  t.after(() => {
    connection.close();
    mock.timers.reset();
    random.mock.restore();
    globalThis.MessageChannel = MessageChannel;
  });
  return {
    connection, requests, told,
    wake: (...how) => wake(...how),
    last: () => requests.at(-1).receiver,
    /** How many milliseconds pass before there is another request. */
    untilNext(most = 200_000) {
      const before = requests.length;
      for (let passed = 0; passed <= most; passed += 10) {
        if (requests.length > before) return passed;
        mock.timers.tick(10);
      }
      return Infinity;
    },
  };
}

test('after an answer that ended it waits as long as the server says, exactly', (t) => {
  const { last, told, untilNext } = play(t);
  last().answered(STREAM);
  last().text('retry: 3000\ndata: x\n\n');
  last().ended();
  assert.deepEqual(told, ['open', ['message', 'x', ''], 'ended 0']);
  assert.equal(untilNext(), 3_000);
});

test('failures in a row wait twice as long each time, with jitter, up to a bound', (t) => {
  const { last, untilNext } = play(t, { maxBackoff: 10_000 });
  const waits = Array.from({ length: 5 }, () => {
    last().failed('network');
    return untilNext();
  });
  assert.deepEqual(waits, [2_500, 5_000, 10_000, 12_500, 12_500]);
});

test('a wait that failures made long ends when the network is back', (t) => {
  const { last, untilNext, wake } = play(t);
  for (let i = 0; i < 4; i++) {
    last().failed('network');
    untilNext();
  }
  last().failed('network');
  wake(false);
  assert.equal(untilNext(), 250);
});

test('a steady stream of a hub that is cut is asked for again within a second', (t) => {
  const { last, untilNext } = play(t);
  last().answered(STREAM);
  last().text(HUB_OPENS);
  mock.timers.tick(5_000);
  last().failed('network');
  assert.equal(untilNext(), 500);
});

test('a hub that says when to come back is obeyed', (t) => {
  const { last, untilNext } = play(t);
  last().answered(STREAM);
  last().text(HUB_OPENS);
  mock.timers.tick(5_000);
  last().text('retry: 7000\n\n');
  last().ended();
  assert.equal(untilNext(), 7_000);
});

test('a hub that is silent for twice its heartbeat and five seconds is left, and its comments are no silence', (t) => {
  const { last, told, untilNext } = play(t);
  last().answered(STREAM);
  last().text(HUB_OPENS);
  mock.timers.tick(30_000);
  last().text(':\n');
  mock.timers.tick(34_000);
  assert.equal(told.length, 2);
  assert.ok(untilNext(3_000) <= 2_000);
  assert.equal(told.at(-1), 'heartbeat 0');
});

test('a server that announces no heartbeat may be silent for ever', (t) => {
  const { last, untilNext } = play(t);
  last().answered(STREAM);
  last().text('data: x\n\n');
  assert.equal(untilNext(), Infinity);
});

test('it goes on from the last event that was told, or from an id that came without one', (t) => {
  const { last, requests, untilNext } = play(t);
  last().answered(STREAM);
  last().text('id: …\ndata: x\n\nid: 9\ndata: unfinished');
  last().ended();
  untilNext();
  assert.equal(requests.at(-1).request.headers['Last-Event-ID'], Buffer.from('…').toString('latin1'));
  last().answered(STREAM);
  last().text('id: 10\n\n');
  last().ended();
  untilNext();
  assert.equal(requests.at(-1).request.headers['Last-Event-ID'], '10');
});

test('where no header can be sent the query says where it is, and no longer where it began', (t) => {
  const { last, requests, untilNext } = play(t, {}, { url: 'http://localhost/events?topic=a&lastEventId=e-1', headless: true });
  assert.equal(requests[0].request.url, 'http://localhost/events?topic=a&lastEventId=e-1');
  last().answered(STREAM);
  last().text('id: e-7\ndata: x\n\n');
  last().ended();
  untilNext();
  assert.equal(new URL(requests[1].request.url).searchParams.getAll('lastEventId').join(), 'e-7');
});

test('a stream that is held back is polled beside it, and given up when the poll is answered', (t) => {
  const { last, requests, told, untilNext } = play(t);
  assert.equal(untilNext(), 5_000);
  assert.match(requests[1].request.url, /transport=poll$/);
  assert.equal(requests[0].aborted, false);
  last().answered(STREAM);
  last().text(HUB_OPENS);
  assert.deepEqual(told, []);
  last().ended();
  assert.deepEqual(told, ['open', ['runnel.open', '{"recovered":null,"heartbeat":15000}', 'e-0']]);
  assert.equal(requests[0].aborted, true);
  untilNext();
  assert.match(requests[2].request.url, /transport=long-poll$/);
  assert.equal(requests[2].request.headers['Last-Event-ID'], 'e-0');
});

test('a server that is merely slow keeps its stream', (t) => {
  const { requests, told, untilNext } = play(t);
  untilNext();
  requests[0].receiver.answered(STREAM);
  requests[0].receiver.text('data: x\n\n');
  assert.deepEqual([told, requests[0].aborted, requests[1].aborted], [['open', ['message', 'x', '']], false, true]);
});

test('a quiet stream that is no hub\'s is not polled once its head is there', (t) => {
  const { last, untilNext } = play(t);
  last().answered(STREAM);
  assert.equal(untilNext(20_000), Infinity);
});

test('polls go on at once while they bring events, and an empty one that comes at once is no reason for a storm', (t) => {
  const { last, requests, told, untilNext } = play(t, { mode: 'long-poll' });
  const answer = (text) => {
    last().answered(STREAM);
    last().text(text);
    last().ended();
  };
  answer(HUB_OPENS);
  assert.deepEqual(told.shift(), 'open');
  answer('');
  assert.equal(untilNext(), 2_500);
  answer('id: 1\ndata: x\n\n');
  assert.deepEqual(requests.map(({ request }) => new URL(request.url).search), ['?transport=poll', ...Array(3).fill('?transport=long-poll')]);
  assert.deepEqual(told.at(-1), ['message', 'x', '1']);
});

test('an interval is waited only after a poll that brought nothing', (t) => {
  const { last, requests, untilNext } = play(t, { mode: 'poll', pollInterval: 700 });
  last().answered(STREAM);
  last().text('id: 1\ndata: x\n\n');
  last().ended();
  assert.equal(requests.length, 2);
  last().answered(STREAM);
  last().text(HUB_OPENS);
  last().ended();
  assert.equal(untilNext(), 700);
});

test('what is closed by a handler stays closed', (t) => {
  const { connection, last, requests, told } = play(t);
  last().answered(STREAM);
  connection.close();
  last().text('data: x\n\n');
  last().ended();
  mock.timers.tick(60_000);
  assert.deepEqual([told, connection.readyState, requests.length, requests[0].aborted], [['open'], CLOSED, 1, true]);
});

test('a server of another origin that can be reached, and twice could not be read, forbids it', (t) => {
  const { last, told, untilNext, requests } = play(t, {}, { origin: 'http://page.example', reaches: (answer) => answer(true) });
  last().failed('network');
  assert.equal(requests.length, 2);
  last().failed('network');
  assert.deepEqual(told, ['cors 2']);
  assert.equal(untilNext(), Infinity);
});

test('what is closed while it asks whether a server can be reached stays closed', (t) => {
  for (const reached of [true, false]) {
    let answer;
    const { connection, last, told, untilNext } = play(t, {}, { origin: 'http://page.example', reaches: (asked) => { answer = asked; } });
    last().failed('network');
    connection.close();
    answer(reached);
    assert.equal(untilNext(), Infinity);
    assert.deepEqual(told, []);
    mock.timers.reset();
  }
});

test('any status but 200, and any type but an event stream, is final', (t) => {
  for (const head of [{ ...STREAM, status: 204 }, { ...STREAM, status: 503 }, { ...STREAM, header: () => 'text/plain' }, { ...STREAM, header: () => null }]) {
    const { connection, last, untilNext } = play(t);
    assert.equal(last().answered(head), false);
    assert.equal(connection.readyState, CLOSED);
    assert.equal(untilNext(100_000), Infinity);
    mock.timers.reset();
  }
});

test('an event above the limit is final, with its reason', (t) => {
  const { last, told } = play(t, { maxEventLength: 10 });
  last().answered(STREAM);
  last().text('data: 0123456789');
  assert.deepEqual(told, ['open', `length ${CLOSED}`]);
});

test('an option that fails is tried again', (t) => {
  let asked = 0;
  const { told, untilNext } = play(t, { headers: () => { if (asked++ === 0) throw new Error('no token'); return {}; } });
  assert.ok(untilNext() < 5_000);
  assert.deepEqual([told, asked], [[`options ${CONNECTING}`], 2]);
});

test('a mode that is none is told at once', () => {
  assert.throws(() => openConnection('http://localhost/', { mode: 'pull' }, {}, { transports: [] }),
    { name: 'TypeError', message: 'mode pull is none of auto|stream|long-poll|poll' });
});

test('parameters take the place of the fragment, which is not sent; origins have no name and no path', () => {
  assert.equal(withQuery('http://a/b?c=d#e', { f: 'g h' }), 'http://a/b?c=d&f=g%20h');
  assert.equal(originOf('http://user:secret@a:81/b@c'), 'http://a:81');
  assert.equal(originOf('data:text/event-stream,x'), 'null');
});
