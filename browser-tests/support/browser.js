// A real Chromium. RUNNEL_CHROMIUM names another one.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';

const TARGET = fileURLToPath(new URL('../target/', import.meta.url));

// The sandbox does not run for root, which is who runs tests in a container.
export const CHROMIUM_ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** How long a browser may take to start, or to load a page, in milliseconds: a machine that is busy with other things takes its time. */
export const PATIENCE = 120_000;

export async function startBrowser() {
  return puppeteer.launch({
    executablePath: process.env.RUNNEL_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    timeout: PATIENCE,
    args: CHROMIUM_ARGUMENTS,
  });
}

/**
 * Opens pages that close, and whose scripts must not have failed, when the test ends.
 *
 * Each stands in a browser context of its own, as if it were on a computer of its own: pages of one
 * context share six connections.
 */
export function pagesOf(browser, test) {
  return async (url, { width = 1000, height = 800, scheme = 'light', script = true, before } = {}) => {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const failures = [];
    page.on('pageerror', (failure) => failures.push(failure));
    test.after(async () => {
      await context.close();
      if (failures.length > 0) throw new AggregateError(failures, `a script failed at ${url}: ${failures[0].message}`);
    });
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setJavaScriptEnabled(script);
    if (before) await before(page);
    await page.goto(url);
    return page;
  };
}

export function text(page, selector) {
  return page.$eval(selector, (element) => element.textContent.trim());
}

export async function screenshot(page, name) {
  mkdirSync(TARGET, { recursive: true });
  await page.screenshot({ path: `${TARGET}${name}.png`, fullPage: true });
}

/** How many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}
