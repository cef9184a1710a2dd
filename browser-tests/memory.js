// How much memory a page takes while a stream goes through it: node memory.js [--engine chromium] [--transport fetch] [--megabytes 1024] [--event 1024] [--pace 0]
//
// A pace is how many megabytes a second are sent at most; 0 for as many as are taken.
// Prints, each 128 MB, the memory of all processes of the engine, and of the page's heap where the engine tells it.

import { readFileSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startEngine } from './support/engines.js';
import { startFront } from './support/front.js';

const { values } = parseArgs({ options: {
  engine: { type: 'string', default: 'chromium' },
  transport: { type: 'string', default: 'fetch' },
  megabytes: { type: 'string', default: '1024' },
  event: { type: 'string', default: '1024' },
  pace: { type: 'string', default: '0' },
} });
const total = Number(values.megabytes) * 1_000_000;
const step = 128_000_000;
const pace = Number(values.pace) * 1_000; // bytes a millisecond
let begin = Date.now();
let sent = 0;
let resume = 0;

const front = await startFront(0, { routes: {
  // Goes on from where the page says that it is, since an XMLHttpRequest asks again and again.
  '/flood'(request, response) {
    let at = Number(request.headers['last-event-id'] ?? 0);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const data = 'x'.repeat(Number(values.event));
    const pump = () => {
      while (at * Number(values.event) < total && !response.destroyed) {
        let batch = '';
        for (let i = 0; i < 32; i++) batch += `id: ${++at}\ndata: ${data}\n\n`;
        sent += batch.length;
        const isFull = !response.write(batch);
        const early = pace && sent / pace - (Date.now() - begin);
        if (early > 5) return setTimeout(pump, early);
        if (isFull) return response.once('drain', pump);
      }
      return undefined;
    };
    resume++;
    pump();
  },
} });
const engine = await startEngine(values.engine);
const page = await engine.open(`${front.url}/test/classic.html`);
await page.evaluate((transport) => {
  const source = new RunnelEventSource('/flood', { transport });
  window.seen = { bytes: 0, events: 0, broken: 0, last: 0 };
  source.onmessage = ({ data, lastEventId }) => {
    window.seen.bytes += data.length;
    window.seen.events++;
    if (Number(lastEventId) !== ++window.seen.last) window.seen.broken++;
  };
}, values.transport);
begin = Date.now();
console.log(`${values.engine}, ${values.transport}, events of ${values.event} bytes`);
for (let mark = step; ; mark += step) {
  let seen;
  do {
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    seen = await page.evaluate(() => window.seen);
  } while (seen.bytes < Math.min(mark, total));
  const heap = values.engine === 'chromium' ? `${((await page.metrics()).JSHeapUsedSize / 1e6).toFixed(1)} MB heap` : '';
  console.log(`${(seen.bytes / 1e6).toFixed(0)} MB  ${((Date.now() - begin) / 1000).toFixed(1)} s  ${(resident(engine.process.pid) / 1e6).toFixed(0)} MB resident  ${heap}  ${seen.events} events, ${seen.broken} out of order, ${resume} requests`);
  if (seen.bytes >= total) break;
}
await engine.close();
await front.close();

/** Of a process and all below it. */
function resident(root) {
  const children = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const parent = Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8'))[1]);
      children.set(parent, [...children.get(parent) ?? [], Number(entry)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const sum = (pid) => {
    let own = 0;
    try {
      own = 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
    return (children.get(pid) ?? []).reduce((all, child) => all + sum(child), own);
  };
  return sum(root);
}
