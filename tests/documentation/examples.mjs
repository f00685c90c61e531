// The examples of the comments: compiled all at once, run each in a process of its own, and held against what they say
// they print.

import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { compile } from '../packaging/programs.mjs';

/** One that takes longer hangs: most are done in a quarter of a second. */
const TIMEOUT_MS = 60_000;
const PAGE = new URL('page.mjs', import.meta.url).href;

/** What the compiler says of examples, under the strictest settings that a user may have. */
export const compileExamples = (folder, examples) =>
  compile(folder, examples, {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    outDir: 'out',
  });

/** Runs compiled examples, as many at a time as there are processors; returns one sentence for each that is wrong. */
export async function runExamples(folder, examples, env) {
  const waiting = examples.values();
  const faults = [];
  const worker = async () => {
    for (const { name, code } of waiting) {
      const fault = await runExample(join(folder, 'out', `${name}.js`), code, env);
      if (fault) faults.push(`${name} ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return faults;
}

function runExample(file, code, env) {
  const expected = expectedLines(code);
  if (expected.includes('…')) return 'says of a line only that it is printed: // → …';
  if (expected.length === 0) return 'does not say what it prints: console.log(…) // → …';
  const options = { timeout: TIMEOUT_MS, env: { ...process.env, ...env, NO_COLOR: '1' } };
  // What is about a page has one.
  const args = /\bdocument\.(body|querySelector)/.test(code) ? ['--import', PAGE, file] : [file];
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error) return resolve(`fails (${error.signal ?? error.code}): ${stderr}`);
      const printed = stdout.split('\n').slice(0, -1);
      const same =
        expected.length === printed.length && expected.every((one, i) => matches(one, printed[i]));
      return resolve(same ? undefined : `prints\n${stdout}and says\n${expected.join('\n')}`);
    });
  });
}

/** The lines that an example says it prints, each after an arrow. */
const expectedLines = (code) => [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line);

/** `…` stands for what differs from run to run. */
function matches(expected, line) {
  const parts = expected.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(line);
}
