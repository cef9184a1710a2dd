import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overflow, pagesOf, screenshot } from './support/browser.js';
import { eventually } from './support/eventually.js';
import { browser, hub, withHubAndBrowser } from './support/hub-and-browser.js';
import { startProxy } from './support/proxy.js';

const PAGE = '/examples/transports/';
const WAYS = ['poll', 'long-poll', 'websocket', 'sse'];

withHubAndBrowser();

const number = (page, way, name) =>
  page.$eval(`[data-way="${way}"] [data-number="${name}"]`, (cell) => cell.textContent);
const events = async (page, way) => Number(await number(page, way, 'events'));

async function setPeriod(period) {
  assert.equal((await hub.post(`${PAGE}period`, { period })).status, 200);
}

for (const [name, view] of Object.entries({ wide: { width: 1200, height: 900 }, dark: { width: 1200, height: 900, scheme: 'dark' }, small: { width: 360, height: 740 } })) {
  test(`the four ways stand side by side, ${name}`, async (t) => {
    await setPeriod(500);
    const page = await pagesOf(browser, t)(hub.url + PAGE, view);
    for (const way of WAYS) await eventually(`${way} hears the beats`, async () => await events(page, way) >= 8);
    assert.deepEqual(await Promise.all(WAYS.map((way) => number(page, way, 'faults'))), WAYS.map(() => '0, 0'));
    // A socket and a stream are one request; long polling is one for each event, or for those that a busy machine joins; polling one for each interval.
    assert.deepEqual([await number(page, 'websocket', 'requests'), await number(page, 'sse', 'requests')], ['1', '1']);
    await eventually('long polling asks again and again', async () => Number(await number(page, 'long-poll', 'requests')) >= 8);
    assert.equal(await overflow(page), 0);
    await screenshot(page, `transports-${name}`);
  });
}

test('what was missed while the wire was cut comes to every way, once', async (t) => {
  await setPeriod(100);
  const proxy = await startProxy(hub.port);
  t.after(() => proxy.close());
  const page = await pagesOf(browser, t)(proxy.url + PAGE);
  for (const way of WAYS) await eventually(`${way} hears the beats`, async () => await events(page, way) >= 5);
  proxy.cut();
  const atCut = await Promise.all(WAYS.map((way) => events(page, way)));
  await new Promise((resolve) => { setTimeout(resolve, 2_000); });
  proxy.mend();
  for (const [index, way] of WAYS.entries()) {
    await eventually(`${way} has what it missed`, async () => await events(page, way) >= atCut[index] + 30);
  }
  assert.deepEqual(await Promise.all(WAYS.map((way) => number(page, way, 'faults'))), WAYS.map(() => '0, 0'));
});

test('a way that was refused comes back', async (t) => {
  let refusals = 0;
  const refuseOnce = async (page) => {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (request.resourceType() === 'eventsource' && refusals++ === 0) return request.respond({ status: 500, body: 'no' });
      return request.continue();
    });
  };
  const page = await pagesOf(browser, t)(hub.url + PAGE, { before: refuseOnce });
  await eventually('the stream hears the beats', async () => await events(page, 'sse') >= 3);
  assert.equal(refusals, 2);
});
