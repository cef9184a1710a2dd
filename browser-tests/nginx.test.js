// The hub behind the real nginx: its packaged configuration, and a location with nothing but proxy_pass.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { after, before, test as testOf } from 'node:test';
import { pagesOf, startBrowser } from './support/browser.js';
import { eventually } from './support/eventually.js';
import { startHub } from './support/hub.js';
import { isInstalled, startNginx } from './support/nginx.js';

const WAYS = ['poll', 'long-poll', 'websocket', 'sse'];
const GUIDE = readFileSync(new URL('../docs/transports.md', import.meta.url), 'utf8');

/** Without nginx there is nothing to test; `./test` says that it left this out. */
const test = (name, options, body) => testOf(name, { skip: !isInstalled && 'nginx is not here', ...options }, body);

let hub, browser, bare;

before(async () => {
  if (!isInstalled) return;
  hub = await startHub({ RUNNEL_HEARTBEAT: '1s' });
  browser = await startBrowser();
  bare = await startNginx(`location / { proxy_pass http://127.0.0.1:${hub.port}; }`);
});

after(async () => {
  await bare?.close();
  await browser?.close();
  await hub?.stop();
});

/** What the guide says must stand in nginx for WebSockets, for this hub. */
function locationOfTheGuide() {
  const [, block] = /```nginx\n([\s\S]*?)```/.exec(GUIDE);
  return block.replaceAll('127.0.0.1:8080', `127.0.0.1:${hub.port}`);
}

async function publish(topic, data) {
  const answer = await fetch(`${hub.url}/events/${topic}`, { method: 'POST', body: data });
  assert.equal(answer.status, 200);
}

/** Reads a stream until a text has come; answers everything up to there. */
function readerOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return async (wanted) => {
    while (!text.includes(wanted)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`no ${JSON.stringify(wanted)} before the end of ${JSON.stringify(text)}`);
      text += value;
    }
    const end = text.indexOf(wanted) + wanted.length;
    const read = text.slice(0, end);
    text = text.slice(end);
    return read;
  };
}

// Each event is published after the one before has arrived: whoever held one back would wait for ever.
for (const encoding of ['identity', 'gzip, br']) {
  test(`a stream passes event by event, Accept-Encoding ${encoding}`, { timeout: 120_000 }, async (t) => {
    const abort = new AbortController();
    t.after(() => abort.abort());
    const answer = await fetch(`${bare.url}/events/steps`, { headers: { 'Accept-Encoding': encoding }, signal: abort.signal });
    assert.equal(answer.headers.get('content-encoding'), null);
    assert.equal(answer.headers.get('cache-control'), 'no-store, no-transform');
    const until = readerOf(answer);
    await until('event: runnel.open\n');
    const waits = [];
    for (let i = 0; i < 50; i++) {
      const published = performance.now();
      await publish('steps', `step ${i}.`);
      await until(`data: step ${i}.\n\n`);
      waits.push(performance.now() - published);
    }
    waits.sort((a, b) => a - b);
    t.diagnostic(`publish to arrival behind nginx: median ${waits[25].toFixed(1)} ms, most ${waits[49].toFixed(1)} ms`);
  });
}

test('polls pass, and go on from their position', { timeout: 120_000 }, async () => {
  const lastId = (text) => [...text.matchAll(/^id: (.*)$/gm)].at(-1)[1];
  let text = await (await fetch(`${bare.url}/events/polled?transport=poll`)).text();
  for (let i = 0; i < 5; i++) {
    const answer = fetch(`${bare.url}/events/polled?transport=long-poll&lastEventId=${lastId(text)}`);
    await publish('polled', `news ${i}`);
    text = await (await answer).text();
    assert.match(text, new RegExp(`data: news ${i}\n`));
  }
});

test('a bare location takes the handshake of a WebSocket away, and the answer says so', { timeout: 120_000 }, async () => {
  const [status, body] = await new Promise((resolve, reject) => {
    request(`${bare.url}/events/orders`, {
      headers: {
        Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => { text += chunk; }).on('end', () => resolve([answer.statusCode, text]));
    }).on('error', reject).end();
  });
  assert.equal(status, 426);
  assert.match(body, /a proxy in between has to pass it on/);
});

test('with the location of the guide all four ways pass, in a browser', { timeout: 240_000 }, async (t) => {
  const nginx = await startNginx(locationOfTheGuide());
  t.after(() => nginx.close());
  const page = await pagesOf(browser, t)(`${nginx.url}/examples/transports/`);
  const number = (way, name) => page.$eval(`[data-way="${way}"] [data-number="${name}"]`, (cell) => cell.textContent);
  for (const way of WAYS) await eventually(`${way} hears the beats`, async () => Number(await number(way, 'events')) >= 5);
  assert.deepEqual(await Promise.all(WAYS.map((way) => number(way, 'faults'))), WAYS.map(() => '0, 0'));
  // A page may publish: nginx tells the hub under which name it was asked.
  assert.equal(await page.evaluate(async () => (await fetch('/events/from-a-page', { method: 'POST', body: 'x' })).status), 200);
});

// nginx's own limit is 60 s, and the hub's heartbeat 15 s: here both are shorter, and as far apart that a machine that stalls cuts nothing.
test('heartbeats keep a quiet stream from being cut', { timeout: 120_000 }, async (t) => {
  const slow = await startHub({ RUNNEL_HEARTBEAT: '1h' });
  t.after(() => slow.stop());
  const upstream = (port) => `proxy_read_timeout 8s; location / { proxy_pass http://127.0.0.1:${port}; }`;
  const [kept, cut] = [await startNginx(upstream(hub.port)), await startNginx(upstream(slow.port))];
  t.after(() => Promise.all([kept.close(), cut.close()]));
  const abort = new AbortController();
  t.after(() => abort.abort());
  const [quiet, mute] = await Promise.all([kept, cut].map((nginx) => fetch(`${nginx.url}/events/quiet`, { signal: abort.signal })));
  const until = readerOf(quiet);
  await until('event: runnel.open\n');
  // Without heartbeats the same nginx cuts the stream: that is what they are for.
  await assert.rejects(readerOf(mute)('never comes'));
  for (let i = 0; i < 5; i++) await until(':\n\n');
  await publish('quiet', 'still here');
  await until('data: still here\n');
});
