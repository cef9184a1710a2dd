// What the tests of EventSource have in common: a hub, each of the engines, pages that are gone when their test is over.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { startEngine, wantedEngines } from './engines.js';
import { eventually } from './eventually.js';
import { startFront } from './front.js';
import { startHub } from './hub.js';

export const STREAM = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };

/** The browser's own, as far as it suffices, and ours from the beginning. */
export const CARRIERS = [['the browser\'s own', {}], ['ours', { mode: 'auto' }]];

let topics = 0;
/** A topic that no other test has. */
export const newTopic = () => `test/${process.pid}-${++topics}`;

/** Registers tests for each engine that is wanted; `body` is given what they need. */
export function inEachEngine(body) {
  const kit = new Kit();
  before(async () => { kit.hub = await startHub(); });
  after(async () => { await kit.hub?.stop(); });
  for (const name of wantedEngines()) {
    describe(name, () => {
      before(async () => { kit.engine = await startEngine(name); });
      after(async () => { await kit.engine?.close(); });
      body(kit, name);
    });
  }
}

class Kit {
  /** The hub; from the first test on. */
  hub;
  /** The engine in which the test runs. */
  engine;

  /** Publishes, and answers the id. */
  publish = async (topic, data) => {
    const answer = await fetch(`${this.hub.url}/events/${topic}`, { method: 'POST', body: data });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()).id;
  };

  /** A front before the hub. */
  frontOf = async (t, options) => {
    const front = await startFront(this.hub.port, options);
    t.after(() => front.close());
    return front;
  };

  /** A page in which an `EventSource` is there. */
  open = async (t, url) => {
    const page = await this.engine.open(url);
    t.after(() => page.close());
    await eventually('the script is there', () => page.evaluate(() => typeof RunnelEventSource === 'function' || typeof EventSource === 'function'));
    return page;
  };
}
