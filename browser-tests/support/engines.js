// Chromium, Firefox and WebKitGTK, headless, behind one small set of methods: what a test needs to open pages and to
// run something in them. Tests that need more of Chromium use browser.js.

import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { CHROMIUM_ARGUMENTS, PATIENCE } from './browser.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

export const ENGINES = ['chromium', 'firefox', 'webkit'];

/** The engines to test in: those that RUNNEL_ENGINES names, divided by commas, else all. */
export function wantedEngines() {
  const names = process.env.RUNNEL_ENGINES?.split(',').filter((name) => name !== '') ?? ENGINES;
  for (const name of names) {
    if (!ENGINES.includes(name)) throw new Error(`RUNNEL_ENGINES has "${name}": it may name ${ENGINES.join(', ')}`);
  }
  return names;
}

/** Starts an engine: `open(url)` answers a page with `goto`, `back`, `evaluate` and `close`. */
export async function startEngine(name) {
  if (name === 'webkit') return startWebKit();
  const firefox = name === 'firefox';
  const browser = await puppeteer.launch({
    browser: firefox ? 'firefox' : 'chrome',
    executablePath: firefox ? process.env.RUNNEL_FIREFOX ?? which('firefox-esr', 'firefox') : process.env.RUNNEL_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    timeout: PATIENCE,
    args: firefox ? [] : CHROMIUM_ARGUMENTS,
    ...firefox && { extraPrefsFirefox: { 'dom.min_background_timeout_value': 4 } },
  });
  return {
    name,
    process: browser.process(),
    async open(url) {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      await page.goto(url);
      page.back = () => page.goBack();
      return page;
    },
    close: () => browser.close(),
  };
}

// ---- WebKitGTK speaks the older WebDriver

async function startWebKit() {
  const folder = mkdtempSync(join(tmpdir(), 'runnel-webkit-'));
  const children = [];
  const end = async () => {
    for (const child of children.reverse()) {
      const ended = new Promise((resolve) => { child.removeAllListeners('exit').once('exit', resolve); });
      if (child.exitCode === null && child.signalCode === null && child.kill()) await ended;
    }
    // What the driver has started may still be on its way out, and write.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  try {
    return await openSession(folder, children, end);
  } catch (failure) {
    // Nobody else knows of them, and they would keep these tests from ending.
    await end();
    throw failure;
  }
}

async function openSession(folder, children, end) {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1200x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  children.push(screen);
  const display = await new Promise((resolve, reject) => {
    screen.on('error', reject);
    screen.on('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    screen.stdio[3].once('data', (number) => resolve(`:${`${number}`.trim()}`));
  });
  const port = await freePort();
  const driver = spawn(process.env.RUNNEL_WEBKIT_DRIVER ?? 'WebKitWebDriver', [`--port=${port}`], {
    stdio: 'ignore',
    env: { ...process.env, DISPLAY: display, XDG_DATA_HOME: folder, XDG_CACHE_HOME: folder, XDG_RUNTIME_DIR: folder, GDK_BACKEND: 'x11', WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
  });
  children.push(driver);
  const command = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...body && { body: JSON.stringify(body) } });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`WebKitWebDriver: ${value.error}: ${value.message}`);
    return value;
  };
  await eventually('WebKitWebDriver is ready', async () => (await command('GET', '/status')).ready, { giveUpOn: () => driver.exitCode !== null });
  const { sessionId } = await command('POST', '/session', { capabilities: { alwaysMatch: { timeouts: { script: PATIENCE, pageLoad: PATIENCE } } } });
  const session = `/session/${sessionId}`;

  // A command goes to the window that was switched to last, so they take turns.
  let turn = Promise.resolve();
  const inWindow = (handle, task) => {
    const mine = turn.then(async () => {
      await command('POST', `${session}/window`, { handle });
      return task();
    });
    turn = mine.catch(() => {});
    return mine;
  };
  // The session ends with its last window, and opens no other from one that is closed: the first is kept.
  const home = await command('GET', `${session}/window`);

  return {
    name: 'webkit',
    process: driver,
    async open(url) {
      const { handle } = await inWindow(home, () => command('POST', `${session}/window/new`, { type: 'tab' }));
      const page = {
        goto: (to) => inWindow(handle, () => command('POST', `${session}/url`, { url: to })),
        back: () => inWindow(handle, () => command('POST', `${session}/back`, {})),
        async evaluate(task, ...args) {
          const script = `const done = arguments[arguments.length - 1];
            Promise.resolve().then(() => (${task}).apply(null, arguments[0])).then((value) => done({ value }), (failure) => done({ failure: String(failure) }));`;
          const answer = await inWindow(handle, () => command('POST', `${session}/execute/async`, { script, args: [args] }));
          if ('failure' in answer) throw new Error(answer.failure);
          return answer.value ?? undefined;
        },
        close: () => inWindow(handle, () => command('DELETE', `${session}/window`)),
      };
      await page.goto(url);
      return page;
    },
    async close() {
      await command('DELETE', session).catch(() => {});
      await end();
    },
  };
}

function which(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(':')) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // The next one.
      }
    }
  }
  throw new Error(`none of ${names.join(', ')} is on the PATH`);
}
