// Builds dist/: the module for the browsers of today, the classic script for all of them, and the types.

import { build } from 'esbuild';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import ts from 'typescript';

const root = fileURLToPath(new URL('.', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
/** For a script that was copied from a package; the module stays in its package, which has a version. */
const banner = `/*! runnel-eventsource@${version} */`;

/** The names that only this code uses, to be made short: the members of the interfaces between transport, connection and page. */
const INTERNAL_NAMES = new RegExp(`^(${[
  'answer', 'answered', 'connection', 'ended', 'event', 'failed', 'gap', 'handler', 'handlers', 'headless', 'hearsGaps', 'listen', 'listener',
  'onWake', 'opened', 'reaches', 'replaced', 'retry', 'room', 'source', 'streams', 'suits', 'tellState', 'text', 'transports',
].join('|')})$`);

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
  const text = await bundle('index', 'esm');
  await write('runnel-eventsource.js', text, { ecma: 2020, module: true }, '');
}

/** One file of today's JavaScript, which TypeScript turns into that of 2009, and which is then made small. */
async function classic() {
  const { outputText, diagnostics } = ts.transpileModule(await bundle('classic', 'iife'), {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES5, ignoreDeprecations: '6.0', module: ts.ModuleKind.ESNext, alwaysStrict: false },
  });
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ messageText }) => messageText).join('\n'));
  await write('runnel-eventsource.classic.js', outputText, { ecma: 5, ie8: true }, banner);
}

async function bundle(entry, format) {
  const { outputFiles } = await build({
    entryPoints: [`${root}src/${entry}.ts`],
    bundle: true, write: false, format, target: 'es2022',
    mangleProps: INTERNAL_NAMES, define: { LEGACY: `${entry === 'classic'}` },
  });
  return outputFiles[0].text;
}

async function write(name, text, options, preamble) {
  const { code } = await minify((await minify(text, options)).code, { ...options, compress: { passes: 3, hoist_funs: true, unsafe_methods: true, unsafe_arrows: true, keep_fargs: false, pure_getters: true, toplevel: true }, mangle: { toplevel: true }, format: { comments: false, preamble } });
  writeFileSync(`${root}dist/${name}`, `${code}\n`);
}
