// What the tests of the orders example have in common: words for what is on the pages.

import { pagesOf, text } from './browser.js';
import { eventually } from './eventually.js';
import { hub } from './hub-and-browser.js';

export const SHOP = '/examples/orders/';
export const office = (user) => `/examples/orders/office.html?user=${user}`;

export const isLive = (page) => eventually('the page is live', async () => await text(page, '#connection') === 'live');
export const numbers = (page) => page.$$eval('.order', (rows) => rows.map((row) => Number(row.dataset.number)));
export const notices = (page) => page.$$eval('.notice', (all) => all.map((notice) => notice.firstChild.textContent));
export const arrived = (page, order) => page.waitForSelector(`.order[data-number="${order.number}"]`);

/** Nobody is at the window of such a page, so that nothing counts as read by being in view. */
export const deserted = { before: (page) => page.evaluateOnNewDocument(() => { document.hasFocus = () => false; }) };

/** Records each row as it comes, so that one that comes twice, or in the wrong order, shows. */
export const recordRows = (page) => page.evaluate(() => {
  window.came = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const row of addedNodes) window.came.push(Number(row.dataset.number));
    }
  }).observe(document.getElementById('orders'), { childList: true });
});
export const cameSince = (page) => page.evaluate(() => window.came);

export async function openOffice(open, user, { url = hub.url, ...view } = {}) {
  const page = await open(url + office(user), view);
  await isLive(page);
  return page;
}

export async function fillIn(page, { customer, item, quantity }) {
  for (const [field, value] of Object.entries({ customer, item, quantity })) {
    await page.$eval(`#${field}`, (input) => { input.value = ''; });
    await page.type(`#${field}`, value);
  }
}
