// A port for a process that is told its port instead of telling it.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that systems give to whoever asks for any: nobody is given this one before its process has it, or while that restarts. */
const [FIRST, END] = [20_000, 32_768];

export async function freePort() {
  for (;;) {
    const port = randomInt(FIRST, END);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', (failure) => (failure.code === 'EADDRINUSE' ? resolve(false) : reject(failure)));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
