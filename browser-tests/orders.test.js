import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { overflow, pagesOf, startBrowser, text } from './support/browser.js';
import { eventually } from './support/eventually.js';
import { startHub } from './support/hub.js';
import { startProxy } from './support/proxy.js';

const SHOP = '/examples/orders/';
const office = (user) => `/examples/orders/office.html?user=${user}`;

let hub, browser;

before(async () => {
  hub = await startHub();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

const isLive = (page) => eventually('the page is live', async () => await text(page, '#connection') === 'live');
const numbers = (page) => page.$$eval('.order', (rows) => rows.map((row) => Number(row.dataset.number)));
const notices = (page) => page.$$eval('.notice', (all) => all.map((notice) => notice.firstChild.textContent));
const arrived = (page, order) => page.waitForSelector(`.order[data-number="${order.number}"]`);

/** Nobody is at the window of such a page, so that nothing counts as read by being in view. */
const deserted = { before: (page) => page.evaluateOnNewDocument(() => { document.hasFocus = () => false; }) };

/** Records each row as it comes, so that one that comes twice, or in the wrong order, shows. */
const recordRows = (page) => page.evaluate(() => {
  window.came = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const row of addedNodes) window.came.push(Number(row.dataset.number));
    }
  }).observe(document.getElementById('orders'), { childList: true });
});
const cameSince = (page) => page.evaluate(() => window.came);

async function openOffice(open, user, { url = hub.url, ...view } = {}) {
  const page = await open(url + office(user), view);
  await isLive(page);
  return page;
}

async function fillIn(page, { customer, item, quantity }) {
  for (const [field, value] of Object.entries({ customer, item, quantity })) {
    await page.$eval(`#${field}`, (input) => { input.value = ''; });
    await page.type(`#${field}`, value);
  }
}

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

test('an order placed in the shop is in the back office, on top, counted and unread', async (t) => {
  const open = pagesOf(browser, t);
  const page = await openOffice(open, 'anna', deserted);
  const count = Number(await text(page, '#count'));
  const shop = await open(hub.url + SHOP);
  await fillIn(shop, { customer: 'Zoë', item: 'Cinnamon bun', quantity: '2' });
  await shop.keyboard.press('Enter');
  await shop.waitForSelector('#receipt:not([hidden])');
  const number = await text(shop, '#receipt-number');
  await page.waitForSelector(`.order[data-number="${number}"]`);
  assert.deepEqual(
    {
      url: shop.url(),
      row: await page.$eval('.order', (row) => [row.dataset.number, row.querySelector('.item').textContent, row.className]),
      customer: (await text(page, '.order .for')).split(' · ')[0],
      counts: [await text(page, '#count'), await text(page, '#unread')],
      title: await page.title(),
    },
    {
      url: hub.url + SHOP,
      row: [number, '2 × Cinnamon bun', 'order unread arriving'],
      customer: 'for Zoë',
      counts: [`${count + 1}`, '1'],
      title: '(1) Orders',
    },
  );
});

test('the shop works without a script', async (t) => {
  const shop = await pagesOf(browser, t)(hub.url + SHOP, { script: false });
  await fillIn(shop, { customer: 'Ada', item: 'Tea & "cake"', quantity: '3' });
  await Promise.all([shop.waitForNavigation(), shop.click('#shop button')]);
  const number = new URL(shop.url()).searchParams.get('placed');
  assert.deepEqual(
    [new URL(shop.url()).pathname, await text(shop, '#receipt-number'), await text(shop, '#receipt-what'), await text(shop, '#receipt-customer')],
    [SHOP, number, '3 × Tea & "cake"', 'Ada'],
  );
  assert.equal((await (await fetch(`${hub.url}${SHOP}orders/${number}`)).json()).item, 'Tea & "cake"');
});

test('without a script, too, a complaint stands at its field and nothing typed is lost', async (t) => {
  const shop = await pagesOf(browser, t)(hub.url + SHOP, { script: false });
  await shop.$eval('#shop', (form) => { form.noValidate = true; });
  await fillIn(shop, { customer: 'Ada <b>', item: 'Tea', quantity: '1000' });
  const [answer] = await Promise.all([shop.waitForNavigation(), shop.click('#shop button')]);
  assert.deepEqual(
    {
      status: answer.status(),
      complaints: await shop.$$eval('.field .complaint', (all) => all.map((complaint) => complaint.textContent)),
      values: await shop.$$eval('#shop input', (all) => all.map((input) => input.value)),
      invalid: await shop.$$eval('[aria-invalid=true]', (all) => all.map((input) => input.id)),
    },
    {
      status: 400,
      complaints: ['', '', 'quantity is "1000": it must be a whole number from 1 to 999'],
      values: ['Ada <b>', 'Tea', '1000'],
      invalid: ['quantity'],
    },
  );
});

test('with its script the shop shows a complaint of the hub at its field', async (t) => {
  const shop = await pagesOf(browser, t)(hub.url + SHOP);
  await shop.$eval('#shop', (form) => { form.noValidate = true; });
  await fillIn(shop, { customer: 'Ada', item: 'Tea', quantity: '0' });
  await shop.click('#shop button');
  await eventually('the complaint is there', async () =>
    await text(shop, '#quantity-complaint') === 'quantity is "0": it must be a whole number from 1 to 999');
  assert.equal(await shop.$eval('#quantity', (input) => input.getAttribute('aria-invalid')), 'true');
});

test('a program is answered in JSON: the order and where it is, or what is wrong', async () => {
  const orders = `${SHOP}orders`;
  const placed = await hub.post(orders, { customer: 'Kim', item: 'Espresso', quantity: 2 });
  const order = await placed.json();
  assert.deepEqual(
    [placed.status, placed.headers.get('location'), order.customer, order.item, order.quantity],
    [201, `${orders}/${order.number}`, 'Kim', 'Espresso', 2],
  );
  assert.deepEqual(await (await fetch(hub.url + placed.headers.get('location'))).json(), order);

  const refused = await hub.post(orders, { customer: 'Kim', quantity: 'two' });
  const problem = await refused.json();
  assert.deepEqual(
    [refused.status, refused.headers.get('content-type'), problem.fields],
    [400, 'application/problem+json', {
      item: 'item is missing: it must be one line of 1 to 80 characters',
      quantity: 'quantity is "two": it must be a whole number from 1 to 999',
    }],
  );
});

test('every user sees every order; an assignment is told to its user only', async (t) => {
  const open = pagesOf(browser, t);
  const pages = {};
  for (const user of ['anna', 'ben', 'chris']) pages[user] = await openOffice(open, user);
  const order = await hub.placeOrder('Flat white');
  for (const page of Object.values(pages)) await arrived(page, order);

  await pages.anna.click(`.order[data-number="${order.number}"] .assign button:nth-of-type(2)`);
  await eventually('ben is told', async () => (await notices(pages.ben)).length > 0);
  // What was told to the others, if anything, was told before this order.
  const marker = await hub.placeOrder('Espresso');
  for (const page of Object.values(pages)) await arrived(page, marker);
  const told = async (page) => [await notices(page), await page.$$eval('.mine', (rows) => rows.map((row) => row.dataset.number))];
  assert.deepEqual(
    { anna: await told(pages.anna), ben: await told(pages.ben), chris: await told(pages.chris) },
    {
      anna: [[], []],
      ben: [[`Order ${order.number} is yours: 1 × Flat white for Kim.`], [`${order.number}`]],
      chris: [[], []],
    },
  );

  await pages.chris.click(`.order[data-number="${order.number}"] .assign button:nth-of-type(3)`);
  await eventually('ben is told that it is no longer his', async () =>
    (await notices(pages.ben))[0] === `Order ${order.number} is no longer yours.`);
  await eventually('chris is told', async () =>
    (await notices(pages.chris))[0] === `Order ${order.number} is yours: 1 × Flat white for Kim.`);

  await pages.chris.reload();
  await isLive(pages.chris);
  assert.deepEqual(await pages.chris.$$eval('.mine', (rows) => rows.map((row) => row.dataset.number)), [`${order.number}`]);
  const list = async (user) => (await (await fetch(`${hub.url}${SHOP}orders?user=${user}`)).json()).orders
    .find(({ number }) => number === order.number).assignee;
  assert.deepEqual([await list('anna'), await list('ben'), await list('chris')], [undefined, undefined, 'chris']);
});

test('an assignment to nobody, or of no order, is refused', async () => {
  const { number } = await hub.placeOrder('Tea');
  const stranger = await hub.post(`${SHOP}orders/${number}/assignee`, { user: 'zed' });
  const nothing = await hub.post(`${SHOP}orders/999999/assignee`, { user: 'anna' });
  assert.deepEqual(
    [stranger.status, (await stranger.json()).detail, nothing.status, (await nothing.json()).detail],
    [400, 'user is "zed": it must be one of anna, ben, chris', 404, 'there is no order 999999'],
  );
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

test('what is unread is read by a click, by the button, or by being looked at', async (t) => {
  const page = await openOffice(pagesOf(browser, t), 'anna', deserted);
  const orders = [];
  for (const item of ['one', 'two', 'three']) orders.push(await hub.placeOrder(item));
  await arrived(page, orders[2]);
  assert.equal(await page.title(), '(3) Orders');
  await page.click(`.order[data-number="${orders[0].number}"]`);
  assert.equal(await page.title(), '(2) Orders');
  await page.click('#read-all');
  assert.equal(await page.title(), 'Orders');
  const another = await hub.placeOrder('four');
  await arrived(page, another);
  // Longer than it takes to look at it, by the page's own clock: nobody is there.
  await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 3_000); }));
  assert.equal(await page.title(), '(1) Orders');
  await page.evaluate(() => {
    document.hasFocus = () => true;
    dispatchEvent(new Event('focus'));
  });
  await eventually('it was looked at', async () => await page.title() === 'Orders');
  assert.equal(await page.$('.unread'), null);
});

test('what customers and strangers write is text and nothing else', async (t) => {
  const page = await openOffice(pagesOf(browser, t), 'anna');
  const order = await hub.placeOrder('<img src=x onerror="document.title=1">', '<script>document.title=2</script>');
  const publish = (query, body) => fetch(`${hub.url}/events/orders${query}`, { method: 'POST', body });
  for (const junk of ['', 'null', '17', '{"number":', '{"number":"5"}', '[]']) await publish('?event=placed', junk);
  await publish('', 'hello <b>');
  await eventually('the greeting is shown', async () => (await notices(page))[0] === 'Somebody says: hello <b>');
  assert.deepEqual(
    [(await numbers(page))[0], await text(page, '.order .item'), (await text(page, '.order .for')).split(' · ')[0], await page.$$eval('.order img, .order script', (all) => all.length)],
    [order.number, '1 × <img src=x onerror="document.title=1">', 'for <script>document.title=2</script>', 0],
  );
});

test('a page without a user asks who it is', async (t) => {
  const page = await pagesOf(browser, t)(hub.url + office('zed'));
  await page.waitForSelector('#who:not([hidden])');
  assert.deepEqual(await page.$$eval('#users a', (links) => links.map((link) => link.textContent)), ['anna', 'ben', 'chris']);
  await Promise.all([page.waitForNavigation(), page.click('#users a:nth-of-type(2)')]);
  await isLive(page);
  assert.equal(await text(page, '[aria-current=page]'), 'ben');
});

test('both pages fit a small screen and are worked by keyboard', async (t) => {
  const open = pagesOf(browser, t);
  const small = { width: 360, height: 740 };
  const order = await hub.placeOrder('W'.repeat(80), 'M'.repeat(80), 999);
  const page = await openOffice(open, 'chris', small);
  const shop = await open(hub.url + SHOP, small);
  assert.deepEqual([await overflow(page), await overflow(shop)], [0, 0]);

  await page.focus(`.order[data-number="${order.number}"] .assign button:nth-of-type(2)`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await eventually('it is assigned', async () => (await notices(page)).length === 1);
  assert.equal(await page.$eval('.mine', (row) => row.dataset.number), `${order.number}`);

  const reached = [];
  await shop.focus('header a:last-of-type');
  for (let i = 0; i < 4; i++) {
    await shop.keyboard.press('Tab');
    reached.push(await shop.evaluate(() => document.activeElement.id || document.activeElement.textContent));
  }
  assert.deepEqual(reached, ['customer', 'item', 'quantity', 'Place the order']);
});
