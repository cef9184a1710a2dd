// What the tests of EventSource do in a page; each function runs there, and answers what can be written as JSON.

/** Opens a source under a name, and keeps what it tells. */
export function openSource(page, name, url, init = {}) {
  return page.evaluate((name, url, init) => {
    const sources = window.sources ??= {};
    const told = [];
    const source = new EventSource(url, init);
    sources[name] = { source, told };
    source.onopen = () => told.push('open');
    source.onmessage = (event) => told.push(event.data);
    source.onerror = (event) => told.push(`error ${event.reason} ${event.status} ${source.readyState}`);
    source.ongap = (event) => told.push(`gap ${JSON.parse(event.data).reason}`);
  }, name, url, init);
}

/** What was told, in order, without what the tests of a matter do not look at. */
export async function toldTo(page, name) {
  return page.evaluate((name) => window.sources[name].told, name);
}

/** Only the events. */
export async function eventsOf(page, name) {
  return (await toldTo(page, name)).filter((one) => !/^(open|error |gap )/.test(one));
}

export function closeSource(page, name) {
  return page.evaluate((name) => { window.sources[name].source.close(); }, name);
}
