// The back office of the orders example: who sees what, and what becomes of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overflow, pagesOf, text } from './support/browser.js';
import { eventually } from './support/eventually.js';
import { browser, hub, withHubAndBrowser } from './support/hub-and-browser.js';
import { arrived, deserted, isLive, notices, numbers, office, openOffice, SHOP } from './support/orders.js';

withHubAndBrowser();

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
