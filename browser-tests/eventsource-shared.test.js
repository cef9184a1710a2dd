// One connection for all tabs, in real engines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf, openSource, toldTo } from './support/events-page.js';
import { eventually } from './support/eventually.js';
import { inEachEngine, newTopic } from './support/in-engines.js';

inEachEngine((kit) => {
  const { frontOf, open, publish } = kit;

  for (const shared of [true, '/test/classic.js']) {
    test(`a tab that joins late gets what it asks for, by ${shared === true ? 'an elected page' : 'a SharedWorker'}`, async (t) => {
      const front = await frontOf(t);
      const pages = [];
      t.after(() => Promise.all(pages.map((page) => page.close().catch(() => {}))));
      const join = async (topic, query, init) => {
        const page = await kit.engine.open(`${front.url}/test/classic.html`);
        pages.push(page);
        await openSource(page, 's', `/events/${topic}${query}`, { shared, ...init });
        return page;
      };
      const hears = (page, events) => eventually(`${events} come`, async () => JSON.stringify(await eventsOf(page, 's')) === JSON.stringify(events));
      for (const asksFor of ['oldest', 'what follows the first', 'what follows the newest']) {
        const topic = newTopic();
        const ids = [await publish(topic, '1'), await publish(topic, '2')];
        const [query, init, past] = {
          oldest: ['?from=oldest', {}, ['1', '2']],
          'what follows the first': [`?lastEventId=${ids[0]}`, {}, ['2']],
          'what follows the newest': ['', { lastEventId: ids[1] }, []],
        }[asksFor];
        const first = await join(topic, query, init);
        await eventually('it is open', async () => (await toldTo(first, 's')).includes('open'));
        await hears(first, past);
        await publish(topic, 'a');
        await hears(first, [...past, 'a']);
        const second = await join(topic, query, init);
        await hears(second, [...past, 'a']);
        await publish(topic, 'b');
        for (const page of pages) await hears(page, [...past, 'a', 'b']);
        await eventually('they have one stream', () => front.streams.size === 1);
        await publish(topic, 'c');
        for (const page of pages) await hears(page, [...past, 'a', 'b', 'c']);
        for (const page of pages.splice(0)) await page.close();
        await eventually('no stream', () => front.streams.size === 0);
      }
    });

    test(`twenty tabs have one stream by ${shared === true ? 'an elected page' : 'a SharedWorker'}, and lose nothing when tabs go`, async (t) => {
      const front = await frontOf(t);
      const topic = newTopic();
      const pages = [];
      t.after(() => Promise.all(pages.map((page) => page.close().catch(() => {}))));
      for (let index = 0; index < 20; index++) {
        const page = await kit.engine.open(`${front.url}/test/classic.html`);
        pages.push(page);
        await openSource(page, 's', `/events/${topic}`, { shared });
      }
      const all = (what, claim) => eventually(what, async () => (await Promise.all(pages.map(claim))).every(Boolean));
      await all('all are open', async (page) => (await toldTo(page, 's')).includes('open'));
      await eventually('they have one stream', () => front.streams.size === 1);
      const expected = [];
      const say = async () => {
        expected.push(`${expected.length + 1}`);
        await publish(topic, expected.at(-1));
      };
      await say();
      await all('all hear', async (page) => (await eventsOf(page, 's')).length === 1);
      // The first has been there longest, so that it leads where a page does.
      for (let gone = 0; gone < 2; gone++) {
        const leaving = pages.shift();
        await Promise.all([leaving.close(), say().then(say)]);
        await say();
        await all('all hear', async (page) => (await eventsOf(page, 's')).length >= expected.length);
      }
      for (const page of pages) assert.deepEqual(await eventsOf(page, 's'), expected);
      await eventually('one stream', () => front.streams.size === 1);
      for (const page of pages.splice(0)) await page.close();
      await eventually('no stream', () => front.streams.size === 0);
    });
  }

  test('where the SharedWorker of twenty tabs dies, they go on among themselves, and lose nothing', async (t) => {
    let worker;
    const front = await frontOf(t, { routes: {
      // It ends itself when the answer comes, as a browser ends one that needs too much.
      '/dying.js'(_, response) {
        response.writeHead(200, { 'Content-Type': 'text/javascript' }).end("importScripts('/test/classic.js'); fetch('/last-day').then(() => close());");
      },
      '/last-day'(_, response) { worker = response; },
    } });
    const topic = newTopic();
    const pages = [];
    for (let index = 0; index < 20; index++) {
      const page = await open(t, `${front.url}/test/classic.html`);
      pages.push(page);
      await openSource(page, 's', `/events/${topic}`, { shared: '/dying.js' });
    }
    const all = (what, claim) => eventually(what, async () => (await Promise.all(pages.map(claim))).every(Boolean));
    await all('all are open', async (page) => (await toldTo(page, 's')).includes('open'));
    await eventually('they have one stream', () => front.streams.size === 1);
    await publish(topic, '1');
    await all('all hear', async (page) => (await eventsOf(page, 's')).length === 1);
    worker.writeHead(204).end();
    for (let number = 2; number <= 10; number++) {
      await publish(topic, `${number}`);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    await all('all hear', async (page) => (await eventsOf(page, 's')).length >= 10);
    for (const page of pages) assert.deepEqual(await eventsOf(page, 's'), Array.from({ length: 10 }, (_, index) => `${index + 1}`));
    await eventually('one stream', () => front.streams.size === 1);
  });

  test('what a SharedWorker told to some of its pages only, before it died, comes to the others, too', async (t) => {
    const front = await frontOf(t, { routes: {
      '/half.js'(_, response) {
        response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(`importScripts('/test/classic.js');
          const { postMessage } = MessagePort.prototype;
          let left = 2;
          MessagePort.prototype.postMessage = function (message) {
            if (left > 0) postMessage.call(this, message);
            if (message.data === '2' && --left === 0) setTimeout(close, 200);
          };`);
      },
    } });
    const topic = newTopic();
    const pages = [];
    for (let index = 0; index < 5; index++) {
      const page = await open(t, `${front.url}/test/classic.html`);
      pages.push(page);
      await openSource(page, 's', `/events/${topic}`, { shared: '/half.js' });
      await eventually('it is open', async () => (await toldTo(page, 's')).includes('open'));
    }
    for (const data of ['1', '2', '3']) await publish(topic, data);
    for (const page of pages) await eventually('all is there, once', async () => JSON.stringify(await eventsOf(page, 's')) === '["1","2","3"]');
    await eventually('one stream', () => front.streams.size === 1);
  });

  test('a page that catches up lets its own connection go, also where the leader changes to one that stands behind', async (t) => {
    let own;
    const front = await frontOf(t, { routes: {
      '/steps'(_, response) {
        own = response;
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write('id: abcdefgh-0\nevent: runnel.open\ndata: {}\n\nid: abcdefgh-1\ndata: 1\n\n');
      },
    } });
    const leader = await open(t, `${front.url}/test/classic.html`);
    await leader.evaluate((name) => {
      self.channel = new BroadcastChannel(name);
      return new Promise((resolve) => { navigator.locks.request(name, () => new Promise(() => resolve())); });
    }, `runnel ${front.url}/steps?from=oldest {"mode":"auto"}`);
    const tells = (newest) => leader.evaluate((id) => {
      self.channel.postMessage({ kind: 'state', state: 1, id: '', newest: id, reason: '', status: 200, statusText: '' });
    }, newest);
    const page = await open(t, `${front.url}/test/classic.html`);
    await openSource(page, 's', '/steps?from=oldest', { shared: true });
    await tells('abcdefgh-2');
    await eventually('it has the first', async () => (await eventsOf(page, 's')).length === 1);
    await tells('abcdefgh-1');
    own.write('id: abcdefgh-2\ndata: 2\n\n');
    await eventually('it has the second', async () => (await eventsOf(page, 's')).length === 2);
    await eventually('its own connection has ended', () => own.destroyed);
  });

  test('a page with the module and one with the classic script share a SharedWorker', async (t) => {
    const front = await frontOf(t);
    const topic = newTopic();
    const pages = [];
    for (const build of ['classic', 'modern', 'modern']) {
      const page = await open(t, `${front.url}/test/${build}.html`);
      await eventually('the build is there', () => page.evaluate(() => typeof RunnelEventSource === 'function'));
      pages.push(page);
      await openSource(page, 's', `/events/${topic}?from=oldest`, { shared: '/test/classic.js' });
      await eventually('it is open', async () => (await toldTo(page, 's')).includes('open'));
      await publish(topic, `${pages.length}`);
    }
    for (const page of pages) await eventually('all is there, once', async () => JSON.stringify(await eventsOf(page, 's')) === '["1","2","3"]');
    await eventually('one stream', () => front.streams.size === 1);
  });
});
