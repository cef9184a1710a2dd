// The pages of the examples on our EventSource, in real engines and on what Internet Explorer had.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from './support/eventually.js';
import { startHub } from './support/hub.js';
import { inEachEngine } from './support/in-engines.js';

const TOKEN = 'sesame-0123456789';
const PUBLISHER = 'publisher-0123456789';

// What Internet Explorer 9 had. What makes up for the rest, the page has to bring itself.
const OLD_BROWSER = '<script src="/test/xdr-emulator.js"></script>';

inEachEngine((kit) => {
  const { frontOf, open } = kit;

  test('the office of the orders example lives on it: a cut, and a hub that restarts', async (t) => {
    const front = await frontOf(t);
    const page = await open(t, `${front.url}/examples/orders/office.html?user=anna`);
    const shown = (selector) => page.evaluate((selector) => document.querySelector(selector).textContent.trim(), selector);
    const numbers = () => page.evaluate(() => [...document.querySelectorAll('.order')].map((row) => Number(row.dataset.number)));
    const isLive = () => eventually('the page is live', async () => await shown('#connection') === 'live');
    await isLive();
    assert.equal(await page.evaluate(() => EventSource === RunnelEventSource), true);
    const before = await kit.hub.placeOrder('before the cut');
    await eventually('it is there', async () => (await numbers())[0] === before.number);
    front.cut();
    await eventually('the page notices', async () => await shown('#connection') !== 'live');
    const placed = [];
    for (const item of ['first', 'second', 'third']) placed.push((await kit.hub.placeOrder(item)).number);
    front.mend();
    await isLive();
    await eventually('the three are there, once, in order', async () =>
      JSON.stringify((await numbers()).slice(0, 4)) === JSON.stringify([...placed.toReversed(), before.number]));
    assert.ok(front.requests.at(-1).headers['last-event-id'], 'it resumed by the header');
    await kit.hub.kill();
    await eventually('the page notices', async () => await shown('#connection') !== 'live');
    await kit.hub.start();
    await eventually('the page says so', async () => (await shown('#notices')).includes('Some orders may be missing; list reloaded.'));
    await isLive();
    const order = await kit.hub.placeOrder('the first of the new hub');
    await eventually('it is there', async () => JSON.stringify(await numbers()) === `[${order.number}]`);
  });

  test('the box of the movement example walks on it', async (t) => {
    const front = await frontOf(t);
    await kit.hub.setPeriod(50);
    t.after(() => kit.hub.setPeriod(2_000));
    const page = await open(t, `${front.url}/examples/movement/`);
    await eventually('the box moves', () => page.evaluate(() => Number(document.getElementById('events').textContent) > 10));
    assert.equal(await page.evaluate(() => EventSource === RunnelEventSource), true);
  });

  for (const pads of [true, false]) {
    test(`the office lives on an XDomainRequest, ${pads ? 'which streams after 2 KB of padding' : 'and polls where nothing pads'}`, async (t) => {
      const front = await frontOf(t, { inject: OLD_BROWSER });
      front.pads = pads;
      // An XDomainRequest wants to be allowed by its own origin, too. The hub does so; not so who knows no padding.
      if (!pads) front.headers = { 'Access-Control-Allow-Origin': '*' };
      const page = await open(t, `${front.url}/examples/orders/office.html?user=anna`);
      const numbers = () => page.evaluate(() => [...document.querySelectorAll('.order')].map((row) => Number(row.dataset.number)));
      await eventually('the page is live', () => page.evaluate(() => document.querySelector('#connection').textContent === 'live'));
      const placed = [];
      for (const item of ['first', 'second', 'third']) {
        placed.unshift((await kit.hub.placeOrder(item)).number);
        await eventually('it is there', async () => JSON.stringify((await numbers()).slice(0, placed.length)) === JSON.stringify(placed));
      }
      const log = await page.evaluate(() => window.__xdrLog);
      assert.ok(log.every((line) => /^GET .*[?&]padding=true|[?&]transport=(long-)?poll/.test(line)), `${log}`);
      assert.equal(log.some((line) => /transport=long-poll/.test(line)), !pads);
      assert.ok(front.requests.every(({ headers }) => !headers.cookie && !headers['last-event-id']));
    });
  }

  test('an XDomainRequest that must say who it is POSTs, and shows its token in no address', async (t) => {
    const front = await frontOf(t, { inject: OLD_BROWSER });
    const guarded = await startHub({ RUNNEL_SUBSCRIBE_TOKEN: TOKEN, RUNNEL_PUBLISH_TOKEN: PUBLISHER, RUNNEL_CORS_ORIGIN: front.url });
    t.after(() => guarded.stop());
    const page = await open(t, `${front.url}/examples/orders/office.html?user=anna`);
    // Of another origin, which is what it was made for.
    const url = `${guarded.url}/events/secrets`;
    await page.evaluate((url, token) => {
      window.came = [];
      window.source = new EventSource(url, { query: { _method: 'GET' }, body: () => `token=${token}` });
      window.source.onopen = () => window.came.push('open');
      window.source.onmessage = (event) => window.came.push(event.data);
    }, url, TOKEN);
    await eventually('it is open', async () => (await page.evaluate(() => window.came))[0] === 'open');
    for (const data of ['a', 'b']) {
      const answer = await fetch(url, { method: 'POST', body: data, headers: { Authorization: `Bearer ${PUBLISHER}` } });
      assert.equal(answer.status, 200);
    }
    await eventually('both are there', async () => JSON.stringify(await page.evaluate(() => window.came)) === '["open","a","b"]');
    const posts = (await page.evaluate(() => window.__xdrLog)).filter((line) => line.startsWith('POST'));
    assert.deepEqual(posts, [`POST ${url}?_method=GET&padding=true`]);
  });
});
