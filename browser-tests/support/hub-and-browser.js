// A hub and a Chromium for all the tests of a file.

import { after, before } from 'node:test';
import { startBrowser } from './browser.js';
import { startHub } from './hub.js';

/** From the first test of a file on. */
export let hub, browser;

export function withHubAndBrowser() {
  before(async () => {
    hub = await startHub();
    browser = await startBrowser();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });
}
