// Measures what the four ways to one topic cost, in a real Chromium through a wire that counts, and prints a table.
//
//   node measure-transports.js [seconds for each run]

import { connect, createServer } from 'node:net';
import { startBrowser } from './support/browser.js';
import { eventually } from './support/eventually.js';
import { startHub } from './support/hub.js';

const SECONDS = Number(process.argv[2] ?? 12);
const WAYS = { poll: 'polling, every 2 s', 'long-poll': 'long polling', websocket: 'WebSocket', sse: 'Server-Sent Events' };
const PERIODS = [1_000, 100];

const hub = await startHub();
const browser = await startBrowser();

/** A proxy that counts the bytes of both directions. */
async function startCounter() {
  const counter = { up: 0, down: 0 };
  const server = createServer((near) => {
    const far = connect(hub.port, '127.0.0.1');
    near.setNoDelay().on('data', (chunk) => { counter.up += chunk.length; }).on('error', () => {});
    far.setNoDelay().on('data', (chunk) => { counter.down += chunk.length; }).on('error', () => {});
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { counter, url: `http://localhost:${server.address().port}`, close: () => server.close() };
}

/** What one page that listens in one way (or none) moves in so many seconds, its beginning left out. */
async function run(way) {
  const wire = await startCounter();
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const numbers = () => page.$$eval('[data-number]', (cells) =>
    Object.fromEntries(cells.map((cell) => [cell.dataset.number, cell.textContent])));
  await page.goto(`${wire.url}/examples/transports/?ways=${way}`);
  if (WAYS[way]) await eventually('it hears the beats', async () => Number((await numbers()).events) > 0);
  await new Promise((resolve) => { setTimeout(resolve, 1_000); });
  await page.click('#reset');
  const { up, down } = wire.counter;
  await new Promise((resolve) => { setTimeout(resolve, SECONDS * 1_000); });
  const result = { up: wire.counter.up - up, down: wire.counter.down - down };
  await new Promise((resolve) => { setTimeout(resolve, 300); });      // the page shows its numbers four times a second
  Object.assign(result, await numbers());
  await context.close();
  wire.close();
  return result;
}

for (const period of PERIODS) {
  await hub.post('/examples/transports/period', { period });
  const nothing = await run('none');                                  // the page asks for the time now and then
  console.log(`\nA beat every ${period} ms, ${SECONDS} s:\n`);
  console.log('| way | latency, median | 95 % | requests a minute | bytes up, an event | bytes down, an event |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const [way, name] of Object.entries(WAYS)) {
    const { up, down, events, requests, median, p95, faults } = await run(way);
    if (faults !== '0, 0') throw new Error(`${way} lost or repeated: ${faults}`);
    const each = (total, base) => Math.max(0, Math.round((total - base) / Number(events)));
    console.log(`| ${name} | ${median} | ${p95} | ${Math.round(Number(requests) * 60 / SECONDS)} | ${each(up, nothing.up)} | ${each(down, nothing.down)} |`);
  }
}

await browser.close();
await hub.stop();
