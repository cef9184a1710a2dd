// The back office of the orders example over cuts, kills and refusals: nothing is lost, nothing comes twice.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pagesOf, text } from './support/browser.js';
import { eventually } from './support/eventually.js';
import { startHub } from './support/hub.js';
import { browser, hub, withHubAndBrowser } from './support/hub-and-browser.js';
import { arrived, cameSince, deserted, isLive, notices, numbers, office, openOffice, recordRows } from './support/orders.js';
import { startProxy } from './support/proxy.js';

withHubAndBrowser();

test('where a hub wants a token of its subscribers, the pages pass on the one in their address', async (t) => {
  const token = 'sesame-0123456789';
  const guarded = await startHub({ RUNNEL_SUBSCRIBE_TOKEN: token });
  t.after(() => guarded.stop());
  const open = pagesOf(browser, t);
  const page = await open(`${guarded.url}${office('anna')}&token=${token}`);
  await isLive(page);
  await arrived(page, await guarded.placeOrder('tea'));
  assert.equal(await page.$eval('#users a', (link) => new URL(link.href).searchParams.get('token')), token);
  const movement = await open(`${guarded.url}/examples/movement/?token=${token}`);
  await eventually('the box is there', async () => await text(movement, '#connection') === 'open');
  const transports = await open(`${guarded.url}/examples/transports/?token=${token}`);
  for (const way of ['poll', 'long-poll', 'websocket', 'sse']) {
    await eventually(`${way} hears the beats`, () => transports.$eval(`[data-way="${way}"] [data-number="events"]`, (cell) => Number(cell.textContent) > 0));
  }
});

test('three orders placed while the connection was cut arrive, once, in order', async (t) => {
  const proxy = await startProxy(hub.port);
  t.after(() => proxy.close());
  const page = await openOffice(pagesOf(browser, t), 'anna', { url: proxy.url });
  await arrived(page, await hub.placeOrder('before the cut'));
  const lists = [];
  page.on('request', (request) => { if (request.url().includes('/orders/orders')) lists.push(request.url()); });
  await recordRows(page);
  proxy.cut();
  await eventually('the page notices', async () => await text(page, '#connection') !== 'live');
  const placed = [];
  for (const item of ['first', 'second', 'third']) placed.push((await hub.placeOrder(item)).number);
  assert.deepEqual(await cameSince(page), []);
  proxy.mend();
  await isLive(page);
  const last = await hub.placeOrder('after the cut');
  await arrived(page, last);
  assert.deepEqual(
    { came: await cameSince(page), notices: await notices(page), lists },
    { came: [...placed, last.number], notices: [], lists: [] },
  );
});

test('nothing falls between the list and the stream, and nothing comes twice', async (t) => {
  let release;
  let streamIsAsked;
  const asked = new Promise((resolve) => { streamIsAsked = resolve; });
  const held = async (page) => {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (!request.url().includes('/events?')) return request.continue();
      release = () => request.continue();
      return streamIsAsked();
    });
  };
  const inTheList = await hub.placeOrder('in the list');
  const page = await pagesOf(browser, t)(hub.url + office('anna'), { before: held });
  await asked;
  await arrived(page, inTheList);
  await recordRows(page);
  const between = await hub.placeOrder('between');
  release();
  await arrived(page, between);
  // The hub may bring an order again; a repetition of what is there changes nothing.
  await fetch(`${hub.url}/events/orders?event=placed`, { method: 'POST', body: JSON.stringify(inTheList) });
  const last = await hub.placeOrder('last');
  await arrived(page, last);
  assert.deepEqual(await cameSince(page), [between.number, last.number]);
});

test('a hub that was killed and restarted is found again, and the page says that something may be missing', async (t) => {
  const page = await openOffice(pagesOf(browser, t), 'anna', deserted);
  await arrived(page, await hub.placeOrder('lost with the hub'));
  await hub.kill();
  await eventually('the page notices', async () => await text(page, '#connection') !== 'live');
  await hub.start();
  await eventually('the page says so', async () =>
    (await notices(page)).includes('Some orders may be missing; list reloaded.'));
  await isLive(page);
  assert.deepEqual(await numbers(page), []);
  const order = await hub.placeOrder('the first of the new hub');
  await arrived(page, order);
  assert.deepEqual([order.number, await numbers(page), await text(page, '#count')], [1, [1], '1']);
});

test('a hub with a directory that was killed and restarted has every order, and the page is told of no gap', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'runnel-orders-'));
  const durable = await startHub({ RUNNEL_DATA: data });
  t.after(async () => {
    await durable.stop();
    await rm(data, { recursive: true });
  });
  const page = await pagesOf(browser, t)(durable.url + office('anna'));
  await isLive(page);
  const before = [await durable.placeOrder('lamp'), await durable.placeOrder('desk')];
  for (const order of before) await arrived(page, order);
  await durable.kill();
  await eventually('the page notices', async () => await text(page, '#connection') !== 'live');
  await durable.start();
  const after = await durable.placeOrder('chair');
  await arrived(page, after);
  assert.deepEqual(await numbers(page), [after, ...before.reverse()].map((order) => order.number));
  assert.deepEqual(await notices(page), []);
});

test('an answer that makes the browser give up is not the end', async (t) => {
  let refusals = 0;
  const refuseOnce = async (page) => {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (request.url().includes('/events?') && refusals++ === 0) return request.respond({ status: 500, body: 'no' });
      return request.continue();
    });
  };
  const page = await openOffice(pagesOf(browser, t), 'anna', { before: refuseOnce });
  await arrived(page, await hub.placeOrder('after all'));
  assert.equal(refusals, 2);
});
