// What the standard says of EventSource, by ours in real engines.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventually } from './support/eventually.js';
import { CARRIERS, inEachEngine, newTopic, STREAM } from './support/in-engines.js';

const cases = JSON.parse(readFileSync(new URL('../conformance/event-stream/cases.json', import.meta.url), 'utf8'));

inEachEngine((kit) => {
  const { frontOf, open, publish } = kit;

  for (const build of ['classic', 'modern']) {
    test(`the cases of conformance/ come out of the ${build} build as they should`, async (t) => {
      const front = await frontOf(t, { routes: {
        async '/case'(request, response) {
          response.writeHead(200, STREAM);
          for (const chunk of cases[Number(request.url.split('?')[1])].chunks) {
            response.write(Buffer.from(chunk, 'base64'));
            await new Promise((resolve) => { setImmediate(resolve); });
          }
          response.end();
        },
      } });
      const page = await open(t, `${front.url}/test/${build}.html`);
      await eventually('the build is there', () => page.evaluate(() => typeof RunnelEventSource === 'function'));
      const types = [...new Set(cases.flatMap(({ events }) => events.map(({ type }) => type)))].filter((type) => !['open', 'error'].includes(type));
      const came = await page.evaluate(async (count, types) => {
        const outcome = (index) => new Promise((resolve) => {
          const source = new RunnelEventSource(`/case?${index}`, { transport: 'fetch' });
          const events = [];
          for (const type of types) {
            source.addEventListener(type, ({ type, data, lastEventId }) => events.push({ type, data, lastEventId }));
          }
          source.onerror = (event) => {
            if ('data' in event) return;
            resolve({ events, lastEventIdAfter: source.lastEventId });
            source.close();
          };
        });
        const outcomes = [];
        for (let index = 0; index < count; index += 4) {
          outcomes.push(...await Promise.all([0, 1, 2, 3].filter((more) => index + more < count).map((more) => outcome(index + more))));
        }
        return outcomes;
      }, cases.length, types);
      for (const [index, { name, events, lastEventIdAfter }] of cases.entries()) {
        const heard = events.filter(({ type }) => types.includes(type));
        assert.deepEqual(came[index], { events: heard, lastEventIdAfter }, name);
      }
    });
  }

  test('it works in dedicated and shared workers', async (t) => {
    const topic = newTopic();
    const script = (reply) => (_, response) => response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(`
      importScripts('/test/classic.js');
      ${reply}
      function follow(tell) {
        const source = new RunnelEventSource('/events/${topic}');
        source.onopen = () => tell('open');
        source.onmessage = (event) => tell(event.data);
      }`);
    const front = await frontOf(t, { routes: {
      '/worker.js': script('follow(postMessage);'),
      '/shared.js': script('onconnect = ({ ports: [port] }) => follow((said) => port.postMessage(said));'),
    } });
    const page = await open(t, `${front.url}/test/classic.html`);
    await page.evaluate(() => {
      window.told = { dedicated: [], shared: [] };
      new Worker('/worker.js').onmessage = ({ data }) => window.told.dedicated.push(data);
      new SharedWorker('/shared.js').port.onmessage = ({ data }) => window.told.shared.push(data);
    });
    const told = () => page.evaluate(() => window.told);
    await eventually('both are open', async () => Object.values(await told()).every(([first]) => first === 'open'));
    await publish(topic, 'hello');
    await eventually('both hear', async () => Object.values(await told()).every(([, second]) => second === 'hello'));
  });

  test('another origin that forbids to be read is final; one out of reach is tried again', async (t) => {
    let asked = 0;
    const other = await frontOf(t, { routes: { '/closed'(_, response) { asked++; response.writeHead(200, STREAM).end('data: x\n\n'); } } });
    const front = await frontOf(t);
    const page = await open(t, `${front.url}/test/modern.html`);
    const failure = (url, init) => page.evaluate((url, init) => new Promise((resolve) => {
      const source = new EventSource(url, init);
      source.onerror = () => {
        resolve(source.readyState);
        source.close();
      };
    }), url, init);
    const foreign = other.url.replace('localhost', '127.0.0.1');
    // With an option of ours it goes by fetch, without by the browser's own.
    assert.deepEqual([await failure(`${foreign}/closed`, { heartbeatTimeout: 0 }), await failure(`${foreign}/closed`)], [2, 2]);
    assert.ok(asked >= 2);
    await other.close();
    assert.equal(await failure(`${foreign}/closed`, { heartbeatTimeout: 0 }), 0);
  });

  for (const [carrier, init] of CARRIERS) {
    test(`what a handler promised is kept before the next event comes: ${carrier}`, async (t) => {
      const front = await frontOf(t, { routes: { '/burst'(_, response) { response.writeHead(200, STREAM).end('data: 1\n\ndata: 2\n\ndata: 3\n\n'); } } });
      const page = await open(t, `${front.url}/test/modern.html`);
      assert.deepEqual(await page.evaluate(async (init) => {
        const source = new EventSource('/burst', init);
        const next = () => new Promise((resolve) => { source.addEventListener('message', (event) => resolve(event.data), { once: true }); });
        const came = [];
        for (let i = 0; i < 3; i++) came.push(await next());
        source.close();
        return came;
      }, init), ['1', '2', '3']);
    });
  }

  for (const build of ['classic', 'modern']) {
    test(`asked for no more than the standard has, the ${build} build is the browser's own, with what ours knows`, async (t) => {
      const front = await frontOf(t);
      const topic = newTopic();
      const page = await open(t, `${front.url}/test/${build}.html`);
      const told = page.evaluate((topic) => new Promise((resolve) => {
        class Mine extends RunnelEventSource {}
        const source = new Mine(`/events/${topic}`);
        source.addEventListener('runnel.open', ({ lastEventId }) => { window.knowsCursor = lastEventId !== '' && lastEventId === source.lastEventId; });
        source.onmessage = (event) => {
          resolve([event.isTrusted, event.target === source, source instanceof Mine, source instanceof EventTarget, source.readyState, window.knowsCursor,
            [event.lastEventId, source.lastEventId], source.url, (source.close(), source.readyState)]);
        };
      }), topic);
      await eventually('the hub has answered it', () => front.isAnswered);
      const id = await publish(topic, 'x');
      assert.deepEqual(await told, [true, true, true, true, 1, true, [id, id], `${front.url}/events/${topic}`, 2]);
      await eventually('it is closed', () => front.streams.size === 0);
    });
  }
});
