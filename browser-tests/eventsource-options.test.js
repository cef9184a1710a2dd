// What options add to EventSource, in real engines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeSource, eventsOf, openSource, toldTo } from './support/events-page.js';
import { eventually } from './support/eventually.js';
import { CARRIERS, inEachEngine, newTopic, STREAM } from './support/in-engines.js';

inEachEngine((kit) => {
  const { frontOf, open, publish } = kit;

  test('headers, method and body may be functions, asked at each attempt', async (t) => {
    const asked = [];
    const front = await frontOf(t, { routes: {
      async '/echo'(request, response) {
        let body = '';
        for await (const part of request) body += part;
        asked.push([request.method, request.headers.authorization, body, request.headers['last-event-id']]);
        response.writeHead(200, STREAM).end(`retry: 10\nid: ${asked.length}\ndata: x\n\n`);
      },
    } });
    const page = await open(t, `${front.url}/test/modern.html`);
    await page.evaluate(() => {
      let attempt = 0;
      window.source = new EventSource('/echo', {
        headers: async () => ({ Authorization: `Bearer ${++attempt}` }),
        method: () => 'POST',
        body: () => `body ${attempt}`,
      });
    });
    await eventually('it asked thrice', async () => asked.length >= 3);
    await page.evaluate(() => window.source.close());
    assert.deepEqual(asked.slice(0, 3), [
      ['POST', 'Bearer 1', 'body 1', undefined],
      ['POST', 'Bearer 2', 'body 2', '1'],
      ['POST', 'Bearer 3', 'body 3', '2'],
    ]);
  });

  test('an error tells the status and the headers of the answer, and is final where the standard says so', async (t) => {
    const front = await frontOf(t, { routes: {
      '/no'(_, response) { response.writeHead(403, { 'X-Why': 'you know' }).end(); },
      '/busy'(_, response) { response.writeHead(503).end(); },
      '/type'(_, response) { response.writeHead(200, { 'Content-Type': 'text/html' }).end('data: x\n\n'); },
    } });
    const page = await open(t, `${front.url}/test/modern.html`);
    const failure = (url, init) => page.evaluate((url, init) => new Promise((resolve) => {
      const source = new EventSource(url, init);
      source.onerror = (event) => {
        resolve([event.reason, event.status, event.header('x-why'), source.readyState]);
        source.close();
      };
    }), url, init);
    assert.deepEqual(
      [await failure('/no', { mode: 'auto' }), await failure('/busy', { mode: 'auto' }), await failure('/busy', { retryStatuses: [503] }), await failure('/type', { mode: 'auto' })],
      [['status', 403, 'you know', 2], ['status', 503, null, 2], ['status', 503, null, 0], ['type', 200, null, 2]],
    );
  });

  test('silence beyond the heartbeat ends a connection, and the next one goes on from there', async (t) => {
    let asked = 0;
    const ids = [];
    const front = await frontOf(t, { routes: {
      '/dead'(request, response) {
        ids.push(request.headers['last-event-id']);
        response.writeHead(200, STREAM).write(`retry: 10\nid: ${++asked}\ndata: ${asked}\n\n`);
      },
      '/alive'(_, response) {
        response.writeHead(200, STREAM).write('data: x\n\n');
        const timer = setInterval(() => response.write(':\n'), 100);
        response.on('close', () => clearInterval(timer));
      },
    } });
    // Both are long, so that a machine that stalls is not taken for a server that does.
    const page = await open(t, `${front.url}/test/classic.html`);
    await openSource(page, 'dead', '/dead', { heartbeatTimeout: 2_000 });
    await openSource(page, 'alive', '/alive', { heartbeatTimeout: 5_000 });
    await eventually('it gave up thrice, while the other one heard no event', async () => asked >= 4);
    await closeSource(page, 'dead');
    assert.deepEqual(ids.slice(0, 3), [undefined, '1', '2']);
    assert.deepEqual((await toldTo(page, 'dead')).slice(0, 4), ['open', '1', 'error heartbeat 0 0', 'open']);
    assert.deepEqual(await toldTo(page, 'alive'), ['open', 'x']);
  });

  for (const [carrier, init] of CARRIERS) {
    test(`a gap that nobody hears is said in the console, one that is heard is not: ${carrier}`, async (t) => {
      const front = await frontOf(t);
      const topic = newTopic();
      // What is missing is told before what is there.
      await publish(topic, 'x');
      const page = await open(t, `${front.url}/test/modern.html`);
      const said = await page.evaluate((topic, init) => new Promise((resolve) => {
        const said = [];
        console.error = (...words) => said.push(words.join(' '));
        const heard = new EventSource(`/events/${topic}?lastEventId=nowhere-1`, init);
        heard.ongap = () => {
          new EventSource(`/events/${topic}?lastEventId=nowhere-2`, init).onmessage = () => resolve(said);
        };
      }), topic, init);
      assert.equal(said.length, 1);
      assert.match(said[0], /nowhere-2: events may be missing and nobody hears runnel.gap: \{"reason":/);
    });
  }
});
