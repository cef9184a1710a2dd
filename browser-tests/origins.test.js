// Pages of other origins in a real Chromium: a listed one reads all that the hub says, any other nothing.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { pagesOf, startBrowser } from './support/browser.js';
import { startHub } from './support/hub.js';

const TOKEN = 'sesame-0123456789';

let hub, browser, listed, stranger;

before(async () => {
  listed = await startSite();
  stranger = await startSite();
  hub = await startHub({ RUNNEL_CORS_ORIGIN: listed.origin, RUNNEL_SUBSCRIBE_TOKEN: TOKEN });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await hub?.stop();
  listed?.close();
  stranger?.close();
});

/** An empty page of an origin of its own. */
async function startSite() {
  const server = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html>'));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } };
}

/** What the page can make of the hub in each way: the status or first message that it sees, or why it sees none. */
function tryAll(page) {
  return page.evaluate(async (url, token) => {
    const patience = 60_000;
    const seen = async (request) => {
      try {
        const answer = await request;
        const reader = answer.body?.getReader();
        const text = new TextDecoder().decode((await reader?.read())?.value);
        reader?.cancel();
        return `${answer.status} ${/runnel\.open|"title":"[^"]*"/.exec(text)?.[0]}`;
      } catch (failure) {
        return failure.name;
      }
    };
    const first = (source, types, close) => new Promise((resolve) => {
      const tell = (event) => { close(); resolve(event.type === 'close' ? `close ${event.code}` : event.type); };
      for (const type of types) source.addEventListener(type, tell);
      setTimeout(() => resolve('nothing'), patience);
    });
    const authorized = { Authorization: `Bearer ${token}`, 'Last-Event-ID': 'x', 'Idempotency-Key': 'k' };
    const stream = new EventSource(`${url}/events/a?token=${token}`, { withCredentials: true });
    const socket = (query) => new WebSocket(`${url.replace('http', 'ws')}/events/a${query}`);
    const [opened, forbidden] = [socket(`?token=${token}`), socket('')];
    const firsts = {
      eventSource: first(stream, ['runnel.open', 'error'], () => stream.close()),
      webSocket: first(opened, ['message', 'close'], () => opened.close()),
      webSocketWithoutToken: first(forbidden, ['message', 'close'], () => forbidden.close()),
    };
    return {
      withHeaders: await seen(fetch(`${url}/events/a`, { headers: authorized, credentials: 'include' })),
      withoutToken: await seen(fetch(`${url}/events/a`)),
      nothingThere: await seen(fetch(`${url}/nothing`)),
      posted: await seen(fetch(`${url}/events/a?_method=GET`, { method: 'POST', body: `token=${token}&padding=true&transport=poll` })),
      published: await seen(fetch(`${url}/events/a`, { method: 'POST', body: 'x' })),
      eventSource: await firsts.eventSource,
      webSocket: await firsts.webSocket,
      webSocketWithoutToken: await firsts.webSocketWithoutToken,
    };
  }, hub.url, TOKEN);
}

test('a page on the list sees every answer, and why it is refused', async (t) => {
  const page = await pagesOf(browser, t)(listed.origin);
  assert.deepEqual(await tryAll(page), {
    withHeaders: '200 runnel.open',
    withoutToken: '401 "title":"Unauthorized"',
    nothingThere: '404 "title":"Not found"',
    posted: '200 runnel.open',
    published: '200 undefined',
    eventSource: 'runnel.open',
    webSocket: 'message',
    webSocketWithoutToken: 'close 1008',
  });
});

test('a page that is not on the list sees nothing, though it has the token', async (t) => {
  const page = await pagesOf(browser, t)(stranger.origin);
  const before = (await (await fetch(`${hub.url}/events/a?transport=poll&token=${TOKEN}&from=oldest`)).text()).match(/^data: x$/gm)?.length ?? 0;
  assert.deepEqual(await tryAll(page), {
    withHeaders: 'TypeError',
    withoutToken: 'TypeError',
    nothingThere: 'TypeError',
    posted: 'TypeError',
    published: 'TypeError',
    eventSource: 'error',
    webSocket: 'close 1006',
    webSocketWithoutToken: 'close 1006',
  });
  const now = (await (await fetch(`${hub.url}/events/a?transport=poll&token=${TOKEN}&from=oldest`)).text()).match(/^data: x$/gm)?.length ?? 0;
  assert.equal(now, before, 'it published nothing either');
});
