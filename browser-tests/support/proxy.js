// A wire between browser and hub that a test can cut.

import { connect, createServer } from 'node:net';
import { reset } from './reset.js';

/** A proxy to a port of this machine, on a free port of its own. */
export async function startProxy(target) {
  const proxy = new Proxy(target);
  await proxy.listen();
  return proxy;
}

class Proxy {
  #target;
  #server = createServer((socket) => this.#carry(socket));
  #sockets = new Set();
  #isCut = false;

  /** What browsers sent, one text for each connection. */
  sent = [];

  constructor(target) {
    this.#target = target;
  }

  async listen() {
    await new Promise((resolve) => { this.#server.listen(0, '127.0.0.1', resolve); });
    this.url = `http://localhost:${this.#server.address().port}`;
  }

  /** Resets every connection, and each new one, until the wire is mended. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) reset(socket);
  }

  mend() {
    this.#isCut = false;
  }

  async close() {
    this.cut();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  #carry(near) {
    if (this.#isCut) {
      near.on('error', () => {});
      reset(near);
      return;
    }
    const index = this.sent.push('') - 1;
    near.on('data', (chunk) => { this.sent[index] += chunk; });
    const far = connect(this.#target, '127.0.0.1');
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
