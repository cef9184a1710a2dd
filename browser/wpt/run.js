// Runs the folder eventsource/ of a checkout of web-platform-tests in real engines, on our EventSource or on theirs.
//
//   node wpt/run.js --wpt DIR [--engine chromium,firefox,webkit] [--build classic|modern|native] [--transport fetch|xhr] [--only TEXT] [--verbose]
//
// With a transport, what is better than it is hidden from our script.

import { build } from 'esbuild';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ENGINES, startEngine } from '../../browser-tests/support/engines.js';
import { startWptServer } from './server.js';

const STATUS = ['pass', 'fail', 'timeout', 'not run', 'precondition failed'];
const LONGEST = 30_000;

const { values } = parseArgs({ options: {
  wpt: { type: 'string' },
  engine: { type: 'string', default: ENGINES.join(',') },
  build: { type: 'string', default: 'classic' },
  transport: { type: 'string' },
  only: { type: 'string', default: '' },
  verbose: { type: 'boolean', default: false },
} });
if (!values.wpt) {
  console.error('--wpt is missing: it must name a checkout of web-platform-tests');
  process.exit(2);
}
// What a page must not have so that ours takes a transport. An XMLHttpRequest is for browsers without streams, and in the classic script.
const HIDDEN = { fetch: 'self.EventSource = undefined;', xhr: 'self.EventSource = self.ReadableStream = undefined;' };
const folder = resolve(values.wpt);
const server = await startWptServer(folder, (HIDDEN[values.transport] ?? '') + await scriptUnderTest(values.build));
const OWN = ['', 'worker.', 'sharedworker.'].map((kind) => `/eventsource/idlharness.any.${kind}html`);
const urls = [...testUrls(join(folder, 'eventsource'), '/eventsource'), ...OWN].filter((url) => url.includes(values.only));
for (const name of values.engine.split(',')) await runIn(name);
await server.close();

async function scriptUnderTest(kind) {
  if (kind === 'native') return '';
  if (kind === 'classic') {
    return `${readFileSync(new URL('../dist/runnel-eventsource.classic.js', import.meta.url), 'utf8')}\nself.EventSource = RunnelEventSource;\n`;
  }
  const source = new URL('../dist/runnel-eventsource.js', import.meta.url).pathname;
  const { outputFiles } = await build({
    stdin: { contents: `import { EventSource } from ${JSON.stringify(source)}; self.EventSource = EventSource;`, resolveDir: '/' },
    bundle: true, write: false, format: 'iife', target: 'es2022',
  });
  return outputFiles[0].text;
}

/** Every page of tests, as the manifest of web-platform-tests would list it. */
function testUrls(directory, at) {
  const found = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const { name } = entry;
    if (entry.isDirectory()) {
      if (name !== 'resources') found.push(...testUrls(join(directory, name), `${at}/${name}`));
    } else if (name.endsWith('.any.js')) {
      const source = readFileSync(join(directory, name), 'utf8');
      const global = /^\/\/ META: global=(.*)$/m.exec(source)?.[1] ?? 'window,dedicatedworker';
      const base = `${at}/${name.slice(0, -'.js'.length)}`;
      if (/\bwindow\b/.test(global)) found.push(`${base}.html`);
      if (/\b(dedicated)?worker\b/.test(global)) found.push(`${base}.worker.html`);
      if (/\b(shared)?worker\b/.test(global.replace('dedicatedworker', ''))) found.push(`${base}.sharedworker.html`);
    } else if (/\.(window|worker)\.js$/.test(name)) {
      found.push(`${at}/${name.slice(0, -'.js'.length)}.html`);
    } else if (/\.html?$/.test(name)) {
      found.push(`${at}/${name}`);
    }
  }
  return found.sort();
}

async function runIn(name) {
  const engine = await startEngine(name);
  const page = await engine.open(`${server.url}/common/blank.html`);
  let passed = 0;
  let all = 0;
  for (const url of urls) {
    const came = new Promise((resolve) => {
      server.results.set(url, resolve);
      setTimeout(() => resolve({ status: 2, message: 'no answer', tests: [{ name: '(the page)', status: 2, message: 'no answer' }] }), LONGEST).unref();
    });
    await page.goto(server.url + url).catch((failure) => console.log(`${url}: ${failure.message}`));
    const { status, message, tests } = await came;
    if (status !== 0 && message) console.log(`${name}  ${url}  ${message}`);
    for (const test of tests) {
      all++;
      if (test.status === 0) passed++;
      if (test.status !== 0 || values.verbose) console.log(`${name}  ${STATUS[test.status]}  ${url}  ${test.name}  ${test.message ?? ''}`);
    }
  }
  await engine.close();
  console.log(`${name}: ${passed} of ${all} subtests pass (${[values.build, values.transport].filter(Boolean).join(', ')})`);
}
