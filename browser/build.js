// Builds dist/: the module for the browsers of today, the classic script for all of them, and the types.

import { build } from 'esbuild';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('.', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const banner = `/* runnel-eventsource ${version}, Apache License 2.0 */`;

rmSync(`${root}dist`, { recursive: true, force: true });
mkdirSync(`${root}dist`);
types();
await modern();
await classic();

/** Checks the types, and writes them. */
function types() {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(fileNames, { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true });
  // Of the modules only what index.ts exports is public.
  const wanted = ['index', 'event-source', 'options'];
  const { diagnostics } = program.emit(undefined, (name, text) => {
    if (wanted.some((one) => name.endsWith(`/${one}.d.ts`))) writeFileSync(name, text);
  });
  const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => root, getNewLine: () => '\n' };
  const all = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (all.length > 0) throw new Error(ts.formatDiagnostics(all, host));
}

async function modern() {
  await build({
    entryPoints: [`${root}src/index.ts`],
    outfile: `${root}dist/runnel-eventsource.js`,
    bundle: true, minify: true, format: 'esm', target: 'es2022', banner: { js: banner },
  });
}

/** One file of today's JavaScript, which TypeScript turns into that of 2009, and which is then made small. */
async function classic() {
  const bundled = await build({
    entryPoints: [`${root}src/classic.ts`],
    bundle: true, write: false, format: 'iife', target: 'es2022', supported: { 'object-rest-spread': false },
  });
  const { outputText, diagnostics } = ts.transpileModule(bundled.outputFiles[0].text, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES5, ignoreDeprecations: '6.0', module: ts.ModuleKind.ESNext, alwaysStrict: false },
  });
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ messageText }) => messageText).join('\n'));
  await build({
    stdin: { contents: outputText, loader: 'js' },
    outfile: `${root}dist/runnel-eventsource.classic.js`,
    minify: true, target: 'es5', banner: { js: banner },
  });
}
