import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { overflow, pagesOf, text } from './support/browser.js';
import { eventually } from './support/eventually.js';
import { browser, hub, withHubAndBrowser } from './support/hub-and-browser.js';
import { startProxy } from './support/proxy.js';

const PAGE = '/examples/movement/';
const STILL = 60_000;       // a pace at which nothing moves while a test looks

withHubAndBrowser();

beforeEach(() => hub.setPeriod(STILL));

const position = async (page) => (await text(page, '#position')).replace(', ', ',');
const events = async (page) => Number(await text(page, '#events'));
const connection = (page) => text(page, '#connection');
const drawnAt = (page) => page.$eval('#box', (box) => box.style.transform);
const boxIsThere = (page) => page.waitForSelector('#box:not([hidden])');

test('the page shows the box at once, where it is', async (t) => {
  const page = await pagesOf(browser, t)(hub.url + PAGE);
  await boxIsThere(page);
  const newest = await hub.newestPosition();
  const [x, y] = newest.split(',');
  assert.deepEqual(
    { position: await position(page), drawn: await drawnAt(page), events: await events(page), connection: await connection(page) },
    { position: newest, drawn: `translate(${x}px, ${y}px)`, events: 1, connection: 'open' },
  );
});

test('two pages show the same box, and it moves', async (t) => {
  const open = pagesOf(browser, t);
  const pages = [await open(hub.url + PAGE), await open(hub.url + PAGE)];
  await Promise.all(pages.map(boxIsThere));
  await hub.setPeriod(50);
  for (const page of pages) await eventually('the box moves', async () => await events(page) > 10);
  await hub.setPeriod(STILL);
  const newest = await hub.newestPosition();
  await eventually('both stand at the newest position', async () => {
    const shown = await Promise.all(pages.map(position));
    return shown.every((at) => at === newest);
  });
  assert.equal(await drawnAt(pages[0]), await drawnAt(pages[1]));
});

test('the slider sets the pace for everybody, by keyboard too', async (t) => {
  const open = pagesOf(browser, t);
  const [mover, other] = [await open(hub.url + PAGE), await open(hub.url + PAGE)];
  await eventually('the page knows the pace', async () => await text(mover, '#pace-text') === '1 min');
  await mover.focus('#period');
  for (let i = 0; i < 60; i++) await mover.keyboard.press('ArrowLeft');
  const shown = await text(mover, '#pace-text');
  await eventually('the hub has the pace', async () => {
    const { period } = await (await fetch(`${hub.url}${PAGE}period`)).json();
    return `${period} ms` === shown;
  });
  await eventually('the other page shows it', async () => await text(other, '#pace-text') === shown);
});

test('a page sees a change of pace that is too small to be off the beat', async (t) => {
  await hub.setPeriod(100);
  const page = await pagesOf(browser, t)(hub.url + PAGE);
  await eventually('the page knows the pace', async () => await text(page, '#pace-text') === '100 ms');
  await hub.setPeriod(120);
  await eventually('it shows the new one', async () => await text(page, '#pace-text') === '120 ms');
});

test('a pace out of range is refused with the rule', async () => {
  const answer = await hub.post(`${PAGE}period`, { period: 19 });
  const { status, detail } = await answer.json();
  assert.deepEqual(
    [answer.status, answer.headers.get('content-type'), status, detail],
    [400, 'application/problem+json', 400,
      'period is "19"; a whole number of milliseconds from 20 to 60000 is allowed'],
  );
});

test('a box of your own goes on from where it stood after the connection was cut', async (t) => {
  const proxy = await startProxy(hub.port);
  t.after(() => proxy.close());
  const page = await pagesOf(browser, t)(proxy.url + PAGE);
  await page.focus('[name=walk]:checked');
  await page.keyboard.press('ArrowRight');
  await eventually('the own walk runs', async () => await text(page, '#story') !== '' && await events(page) > 0);
  proxy.cut();
  await eventually('the page says so', async () => await connection(page) !== 'open');
  const [before, seen] = [await position(page), await events(page)];
  // At the default pace one event tells; a second one could hide a jump.
  await page.evaluate((count) => {
    const shown = document.getElementById('events');
    window.next = new Promise((resolve) => {
      new MutationObserver(() => {
        if (Number(shown.textContent) === count + 1) resolve(document.getElementById('position').textContent);
      }).observe(shown, { childList: true, characterData: true, subtree: true });
    });
  }, seen);
  proxy.mend();
  const [x1, y1] = before.split(',').map(Number);
  const [x2, y2] = (await page.evaluate(() => window.next)).split(', ').map(Number);
  assert.equal(Math.min(Math.abs(x2 - x1), Math.abs(y2 - y1)), 0, `from ${before} straight to ${x2},${y2}`);
  assert.ok(Math.abs(x2 - x1) + Math.abs(y2 - y1) <= 99, `from ${before} not far to ${x2},${y2}`);
  assert.match(proxy.sent.join('\n'), new RegExp(`last-event-id: ${before}\r`, 'i'));
});

test('a walk that is resumed begins one step from its position, and any other id starts a new one', async () => {
  const first = async (id) => {
    const lines = await hub.firstEvent(`${PAGE}walk?period=${STILL}`, { 'Last-Event-ID': id });
    const at = lines.find((line) => line.startsWith('data: ')).slice('data: '.length);
    assert.ok(lines.includes(`id: ${at}`), `${lines}`);
    return at.split(',').map(Number);
  };
  const [x, y] = await first('400,300');
  assert.equal(Math.min(Math.abs(x - 400), Math.abs(y - 300)), 0);
  assert.ok(Math.abs(x - 400) + Math.abs(y - 300) <= 99);
  for (const id of ['800,600', '-1,5', 'abc', '1,2,3', 'x'.repeat(5_000)]) {
    const [newX, newY] = await first(id);
    assert.ok(newX >= 0 && newX < 800 && newY >= 0 && newY < 600, `${id}: ${newX},${newY}`);
  }
});

test('the box sleeps while the hub is away and wakes when it is back', async (t) => {
  const page = await pagesOf(browser, t)(hub.url + PAGE);
  await boxIsThere(page);
  const lids = () => page.$eval('.lids', (element) => getComputedStyle(element).visibility);
  assert.equal(await lids(), 'hidden');
  await hub.kill();
  await eventually('the box sleeps', async () => await lids() === 'visible');
  await hub.start();
  await eventually('the box is awake', async () => await lids() === 'hidden' && await connection(page) === 'open');
  await hub.setPeriod(STILL);
  const newest = await hub.newestPosition();
  await eventually('the box stands where the new hub has it', async () => await position(page) === newest);
});

test('the page fits a small screen and every control is reached by Tab', async (t) => {
  const page = await pagesOf(browser, t)(hub.url + PAGE, { width: 360, height: 740, scheme: 'dark' });
  await boxIsThere(page);
  assert.equal(await overflow(page), 0);
  const reached = [];
  for (let i = 0; i < 4; i++) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => document.activeElement.id || document.activeElement.name));
  }
  assert.deepEqual(reached, ['walk', 'period', 'window', 'cut']);
});
