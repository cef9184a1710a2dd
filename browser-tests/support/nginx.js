// The real nginx with the configuration that its package installs; only where it writes and what it serves is ours.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

const PACKAGED = '/etc/nginx/nginx.conf';

export const isInstalled = !spawnSync('nginx', ['-v']).error;

/** Starts nginx in front of a port of this machine; `locations` is what stands in its `server` block. */
export async function startNginx(locations, { http = '' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'runnel-nginx-'));
  const port = await freePort();
  const server = `server { listen 127.0.0.1:${port}; listen [::1]:${port}; ${locations} }`;
  const config = readFileSync(PACKAGED, 'utf8')
    .replace(/^pid .*;/m, `pid ${folder}/nginx.pid;`)
    .replace(/^error_log .*;/m, `error_log ${folder}/error.log;`)
    .replace(/access_log .*;/, `access_log ${folder}/access.log;`)
    .replace(/include \/etc\/nginx\/conf\.d.*;/, http)
    .replace(/include \/etc\/nginx\/sites-enabled.*;/, server);
  writeFileSync(join(folder, 'nginx.conf'), config);
  // The workers are another user's.
  const nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [nginx.stdout, nginx.stderr]) stream.on('data', (chunk) => { output += chunk; });
  const failed = new Promise((resolve) => { nginx.once('error', (failure) => { output += failure; resolve(); }); });
  const ended = new Promise((resolve) => { nginx.once('close', resolve); });
  const isOver = () => nginx.exitCode !== null || nginx.pid === undefined;
  await Promise.race([failed, eventually('nginx listens', () => {
    if (isOver()) throw new Error(`nginx ended:\n${output}\n${config}`);
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
  }, { giveUpOn: isOver })]);
  if (isOver()) throw new Error(`nginx does not run: ${output}`);
  return {
    port,
    url: `http://localhost:${port}`,
    async close() {
      nginx.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
