// Pictures of every page in target/, for eyes: what they show is proved elsewhere.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overflow, pagesOf, screenshot, text } from './support/browser.js';
import { eventually } from './support/eventually.js';
import { browser, hub, withHubAndBrowser } from './support/hub-and-browser.js';
import { deserted } from './support/orders.js';

const VIEWS = {
  wide: { width: 1200, height: 860 },
  dark: { width: 1200, height: 860, scheme: 'dark' },
  small: { width: 360, height: 740 },
  'small-dark': { width: 360, height: 740, scheme: 'dark' },
};

withHubAndBrowser();

for (const [name, view] of Object.entries(VIEWS)) {
  test(`movement, ${name}`, async (t) => {
    await hub.setPeriod(200);
    const page = await pagesOf(browser, t)(`${hub.url}/examples/movement/`, view);
    await eventually('the box has walked', async () => Number(await text(page, '#events')) > 12);
    await screenshot(page, `movement-${name}`);
    assert.equal(await overflow(page), 0);
  });

  test(`orders, ${name}`, async (t) => {
    const open = pagesOf(browser, t);
    const tea = await hub.placeOrder('Pot of tea', 'Ada', 2);
    await hub.placeOrder('Cheese toastie', 'Grace', 1);
    const office = await open(`${hub.url}/examples/orders/office.html?user=anna`, { ...view, ...deserted });
    await eventually('the page is live', async () => await text(office, '#connection') === 'live');
    await hub.post(`/examples/orders/orders/${tea.number}/assignee`, { user: 'anna' });
    await hub.placeOrder('Cinnamon bun, still warm if there is one', 'Zoë', 3);

    const shop = await open(`${hub.url}/examples/orders/`, view);
    await shop.type('#customer', 'Kim');
    await shop.type('#item', 'Flat white');
    await shop.click('#shop button');
    await shop.waitForSelector('#receipt:not([hidden])');
    const printed = (page) => page.evaluate(() =>
      Promise.all(document.getAnimations().map((animation) => animation.effect.getTiming().iterations === 1 && animation.finished)));
    await printed(shop);
    await screenshot(shop, `shop-${name}`);

    await eventually('all of it is there', async () =>
      await text(office, '#unread') === '2' && (await office.$$('.notice')).length === 1);
    await screenshot(office, `office-${name}`);
    assert.deepEqual([await overflow(office), await overflow(shop)], [0, 0]);
  });
}
