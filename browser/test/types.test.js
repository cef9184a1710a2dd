import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

test('what users write compiles against the types, as a bundler and as Node resolve them', () => {
  const file = fileURLToPath(new URL('types/consumer.ts', import.meta.url));
  for (const [module, moduleResolution] of [
    [ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
    [ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
  ]) {
    // The package finds itself by its own name, through `exports`.
    const program = ts.createProgram([file], {
      module, moduleResolution, strict: true, noEmit: true, types: [], target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    });
    const problems = ts.getPreEmitDiagnostics(program).map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    assert.deepEqual(problems, []);
  }
});
