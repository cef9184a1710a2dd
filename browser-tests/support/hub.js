// The real hub in a process of its own.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND = process.env.RUNNEL_CMD ?? './run';
// The hub refuses a RUNNEL_ variable that it does not know: these are for the tests.
const { RUNNEL_ENGINES: _, RUNNEL_FIREFOX: __, RUNNEL_WEBKIT_DRIVER: ___, RUNNEL_CUT_AFTER: ____, ...HUB_ENVIRONMENT } = process.env;
const BUILD_AND_START = 300_000;
const TO_STOP = 60_000;

/** Starts the hub on a free port; `settings` are environment variables of it. Its events are in memory, unless `RUNNEL_DATA` is set. */
export async function startHub(settings = {}) {
  const hub = new HubProcess(await freePort(), settings);
  try {
    await hub.start();
  } catch (failure) {
    // Nobody else knows of it, and it would keep these tests from ending.
    await hub.kill();
    throw failure;
  }
  return hub;
}

class HubProcess {
  #process;
  #output = '';

  constructor(port, settings) {
    this.settings = settings.RUNNEL_DATA ? settings : { RUNNEL_MEMORY: 'true', ...settings };
    this.port = port;
    this.url = `http://localhost:${port}`;
  }

  async start() {
    // A process group of its own, so that a signal reaches the hub behind the shell as well.
    this.#process = spawn('/bin/sh', ['-c', `exec ${COMMAND} --port ${this.port}`], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A hub that runs here already keeps its admin port.
      env: { RUNNEL_ADMIN_PORT: '0', ...HUB_ENVIRONMENT, ...this.settings },
    });
    const started = this.#process;
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (chunk) => { this.#output = (this.#output + chunk).slice(-20_000); });
    }
    await eventually('the hub answers', async () => {
      if (started.exitCode !== null) throw new Error(`the hub ended with ${started.exitCode}:\n${this.#output}`);
      return (await fetch(this.url + '/examples/movement/').catch(() => undefined))?.ok;
    }, { within: BUILD_AND_START, giveUpOn: () => started.exitCode !== null });
  }

  get pid() {
    return this.#process.pid;
  }

  /** kill -9. */
  async kill() {
    await this.#signal('SIGKILL');
  }

  async stop() {
    await this.#signal('SIGTERM');
  }

  async #signal(name) {
    const { pid, exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const ended = new Promise((resolve) => { this.#process.once('exit', resolve); });
    process.kill(-pid, name);
    const patience = setTimeout(async () => {
      // A JVM that is asked so says what each of its threads does.
      process.kill(pid, 'SIGQUIT');
      await new Promise((resolve) => { setTimeout(resolve, 2_000); });
      process.kill(-pid, 'SIGKILL');
    }, TO_STOP);
    await ended;
    clearTimeout(patience);
    if (name !== 'SIGKILL' && this.#process.signalCode === 'SIGKILL') throw new Error(`the hub did not end by itself:\n${this.#output}`);
  }

  async post(path, fields, headers = {}) {
    return fetch(this.url + path, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' });
  }

  /** Places an order and answers it as the hub did. */
  async placeOrder(item, customer = 'Kim', quantity = 1) {
    const answer = await this.post('/examples/orders/orders', { customer, item, quantity });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  async setPeriod(period) {
    const answer = await this.post('/examples/movement/period', { period });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  }

  /** The first event of a stream that has data of its own, as an array of its lines. */
  async firstEvent(path, headers = {}) {
    const abort = new AbortController();
    const answer = await fetch(this.url + path, { headers, signal: abort.signal });
    let text = '';
    try {
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const blocks = text.split('\n\n').slice(0, -1);
        const event = blocks.find((block) => /^data:/m.test(block) && !/^event: runnel\./m.test(block));
        if (event) return event.split('\n');
      }
    } finally {
      abort.abort();
    }
    throw new Error(`the stream ended without an event: ${text}`);
  }

  async newestPosition() {
    const lines = await this.firstEvent('/events/movement?from=latest');
    return lines.find((line) => line.startsWith('data: ')).slice('data: '.length);
  }
}
