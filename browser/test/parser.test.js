import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { source } from '../support/source.js';

const { newParser, TOO_LONG } = await source('parser');
const cases = JSON.parse(readFileSync(new URL('../../conformance/event-stream/cases.json', import.meta.url), 'utf8'));

/** What a parser makes of pieces of text: `[type, data, lastEventId]` for each event, `{ id }` and `{ retry }` for the rest. */
function parse(pieces, { lastEventId = '', limit = 1 << 20 } = {}) {
  const told = [];
  const push = newParser({
    event: (...event) => told.push(event),
    id: (id) => told.push({ id }),
    retry: (retry) => told.push({ retry }),
  }, lastEventId, limit);
  for (const piece of pieces) push(piece);
  return told;
}

function decode(chunks) {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true }));
}

function outcome(chunks) {
  const told = parse(decode(chunks));
  const events = told.filter(Array.isArray).map(([type, data, lastEventId]) => ({ type, data, lastEventId }));
  const ids = told.map((one) => Array.isArray(one) ? one[2] : one.id).filter((id) => id !== undefined);
  return { events, retry: told.findLast((one) => 'retry' in one)?.retry ?? null, lastEventIdAfter: ids.at(-1) ?? '' };
}

for (const { name, chunks, events, retry, lastEventIdAfter } of cases) {
  test(`conformance: ${name}`, () => {
    const given = chunks.map((chunk) => Buffer.from(chunk, 'base64'));
    const whole = Buffer.concat(given);
    const expected = { events, retry, lastEventIdAfter };
    assert.deepEqual(outcome(given), expected, 'as given');
    assert.deepEqual(outcome([whole]), expected, 'joined');
    if (whole.length <= 20_000) assert.deepEqual(outcome(Array.from(whole, (byte) => Buffer.of(byte))), expected, 'byte by byte');
  });
}

test('there are cases', () => assert.ok(cases.length > 50));

test('the last event ID goes on over a new connection', () => {
  assert.deepEqual(parse(['data: a\n\n'], { lastEventId: '7' }), [['message', 'a', '7']]);
});

test('a block with an id and without data moves the last event ID and is no event', () => {
  assert.deepEqual(parse(['id: 8\n\n', 'data: a\n\n']), [{ id: '8' }, ['message', 'a', '8']]);
});

test('a line, or the lines of an event, above the limit are refused, whether they come whole or in pieces', () => {
  assert.throws(() => parse(['data: ' + 'a'.repeat(100)], { limit: 100 }), { message: TOO_LONG });
  assert.throws(() => parse(Array.from('data: ' + 'a'.repeat(100)), { limit: 100 }), { message: TOO_LONG });
  assert.throws(() => parse(Array(30).fill('data: a\ndata: b\n'), { limit: 100 }), { message: TOO_LONG });
  assert.throws(() => parse([':' + 'a'.repeat(101)], { limit: 100 }), { message: TOO_LONG });
  assert.equal(parse(Array(100).fill('data: aaaaaaaaaa\n\n'), { limit: 100 }).length, 100);
});

test('time grows with the length of the input, not with its square', () => {
  const work = (length) => {
    const pieces = Array.from({ length }, () => 'a');
    const begin = process.cpuUsage();
    parse(['data: ', ...pieces, '\n\n'], { limit: 1 << 30 });
    // The kernel counts the two together, and only guesses how they divide.
    const { user, system } = process.cpuUsage(begin);
    return user + system;
  };
  work(100_000);
  // Four times as much, by a square sixteen times as dear; other work on the machine is not counted as ours.
  assert.ok(work(1_600_000) < 12 * Math.max(work(400_000), 5_000));
});
