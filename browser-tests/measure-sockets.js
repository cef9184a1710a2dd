// What a delivery costs the hub over WebSockets and over streams: the CPU of its process, with many raw sockets on one topic. Linux.
//
//   node measure-sockets.js [sockets] [events]

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { startHub } from './support/hub.js';

const SOCKETS = Number(process.argv[2] ?? 500);
const EVENTS = Number(process.argv[3] ?? 400);
const DATA = 'x'.repeat(128);
const HANDSHAKE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const LAST = Buffer.from('the end');

const hub = await startHub();

/** Seconds of CPU that the hub has used: user and system, in ticks of 10 ms. */
function cpu() {
  const fields = readFileSync(`/proc/${hub.pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function publish(data) {
  const answer = await fetch(`${hub.url}/events/many`, { method: 'POST', body: data });
  await answer.arrayBuffer();
}

async function run(name, headers) {
  const sockets = [];
  const opened = [];
  const ended = [];
  for (let i = 0; i < SOCKETS; i++) {
    const socket = connect(hub.port, '127.0.0.1');
    socket.write(`GET /events/many HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
    opened.push(new Promise((resolve) => { socket.once('data', resolve); }));
    ended.push(new Promise((resolve) => { socket.on('data', (chunk) => { if (chunk.includes(LAST)) resolve(); }); }));
    sockets.push(socket);
  }
  await Promise.all(opened);
  const before = cpu();
  for (let i = 0; i < EVENTS; i++) await publish(DATA);
  await publish(LAST);
  await Promise.all(ended);
  const micros = (1e6 * (cpu() - before)) / (SOCKETS * EVENTS);
  for (const socket of sockets) socket.destroy();
  return `${name}: ${micros.toFixed(2)} µs of CPU for each delivery (publishes included)`;
}

await run('warm', '');
await run('warm', HANDSHAKE);
for (let i = 0; i < 3; i++) {
  console.log(await run('stream', ''));
  console.log(await run('WebSocket', HANDSHAKE));
}
await hub.stop();
