// A module of src/, as JavaScript.

import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

export async function source(name) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url))],
    bundle: true, write: false, format: 'esm', target: 'es2022', define: { LEGACY: 'true' },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
