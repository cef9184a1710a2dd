// The shop of the orders example, and what programs are answered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagesOf, text } from './support/browser.js';
import { eventually } from './support/eventually.js';
import { browser, hub, withHubAndBrowser } from './support/hub-and-browser.js';
import { deserted, fillIn, office, openOffice, SHOP } from './support/orders.js';

withHubAndBrowser();

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
