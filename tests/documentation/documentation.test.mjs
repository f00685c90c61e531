// Every exported name is documented, with an example that compiles, runs, and prints what it says.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import prettier from '../../js/node_modules/prettier/index.mjs';
import { startMiniStack } from '../kms/ministack.mjs';
import { makeProgramFolder } from '../packaging/programs.mjs';
import { root } from '../packaging/support.mjs';
import { compileExamples, runExamples } from './examples.mjs';
import { exportedNames } from './names.mjs';
import { examplesOf, missing } from './rules.mjs';

const names = exportedNames();
const examples = examplesOf(names);

let folder;
let stack;
before(async () => {
  folder = makeProgramFolder();
  stack = await startMiniStack();
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack?.stop();
});

describe('exported names', () => {
  test('have comments, examples, and links that lead somewhere', () => {
    const all = [...names.values()];
    const members = all.flatMap(({ members }) => members);
    const linked = all.filter(({ examples }) => examples.length === 0);
    console.log(
      `${all.length} exported names: ${all.length - linked.length} with examples of their own, ` +
        `${linked.length} that link to one; ${members.length} members`,
    );
    assert.ok(all.length >= 200 && members.length >= 500, 'the names were not found');
    assert.deepEqual(missing(names), []);
  });

  test('each kind of fault is found', (t) => {
    const copy = mkdtempSync(join(tmpdir(), 'fieldseal-declarations-'));
    t.after(() => rmSync(copy, { recursive: true, force: true }));
    cpSync(join(root, 'pkg'), copy, {
      recursive: true,
      filter: (path) => !/\.(js|wasm)$/.test(path),
    });
    const change = (path, before, after) => {
      const text = readFileSync(join(copy, 'cjs', path), 'utf8');
      const changed = text.replace(before, after);
      assert.notEqual(changed, text, path);
      writeFileSync(join(copy, 'cjs', path), changed);
    };
    const comment = (declaration) => new RegExp(`/\\*\\*(?:(?!\\*/)[^])*\\*/\\n(?=${declaration})`);
    change('keyrings/raw-aes.d.ts', comment('export declare function rawAesKeyring'), '');
    change('keyrings/raw-aes.d.ts', / \* @example[^]*?\*\//, ' */');
    change('keyrings/multi.d.ts', '```ts', '```');
    change('cmm/default.d.ts', '@throws', 'Throws');
    change('caches/cache.d.ts', comment(' +clear\\(\\)'), '');
    // Named is not called, and what a class links to does not show its methods.
    change('kms/client.d.ts', /\.rotateKeyOnDemand\(/g, '.rotate(rotateKeyOnDemand');
    change('errors.d.ts', /await kms\.disableKey\(/, 'kms.rotateKeyOnDemand(');
    change('kms/types.d.ts', '{@link KmsClient.sign}', '{@link KmsClient.signs}');
    change('inspect.d.ts', '{@link inspect}', '`inspect`');
    const found = missing(exportedNames(`${copy}/`)).join('\n');
    for (const fault of [
      /^fieldseal: rawAesKeyring has no comment$/m,
      /^fieldseal: RawAesKeyringOptions \(options\) has no example$/m,
      /^fieldseal: \w*ultiKeyring\w*: an @example has no block of ```ts$/m,
      /^fieldseal: defaultCmm does not say what it throws$/m,
      /^fieldseal: MaterialsCache\.clear has no comment$/m,
      /^fieldseal: KmsClient\.rotateKeyOnDemand\(\) is in no example/m,
      /^fieldseal: \w+: \{@link KmsClient\.signs\} leads nowhere$/m,
      /^fieldseal: \w+ has neither an example nor a \{@link\}/m,
    ]) {
      assert.match(found, fault);
    }
  });
});

describe('examples', () => {
  const env = () => ({ AWS_ENDPOINT_URL_DYNAMODB: stack.url });

  test('are formatted like those of the pages', async () => {
    const style = { parser: 'typescript', semi: false, singleQuote: true, printWidth: 100 };
    for (const { name, code } of examples) {
      assert.equal(code, await prettier.format(code, style), name);
    }
  });

  test('compile, run, and print what they say', async () => {
    console.log(`${examples.length} examples`);
    assert.ok(examples.length >= 100, `${examples.length} examples`);
    assert.equal(await compileExamples(folder, examples), '');
    assert.deepEqual(await runExamples(folder, examples, env()), []);
  });

  const says = (name, code) => ({ name, code });

  test('one that does not compile is found', async () => {
    const wrong = [
      ['unused', `import { inspect } from 'fieldseal'`],
      ['name', `import { aesKeyring } from 'fieldseal'`],
      ['option', `import { localCache } from 'fieldseal'\nlocalCache({ size: 1 })`],
      [
        'undefined',
        `import { inspect } from 'fieldseal'\nconst maxHeaderLength: string | undefined = '1'\ninspect(new Uint8Array(), { maxHeaderLength })`,
      ],
    ].map((one) => says(...one));
    const said = await compileExamples(folder, wrong);
    for (const { name } of wrong) assert.match(said, new RegExp(`^${name}\\.ts`, 'm'));
  });

  test('one that throws, prints something else, more, less or nothing is found', async () => {
    const wrong = [
      ['throws', `console.log(1) // → 1\nthrow new Error('no')`],
      ['rejects', `console.log(1) // → 1\nvoid Promise.reject(new Error('no'))`],
      ['other', `console.log(1) // → 2`],
      ['more', `console.log(1) // → 1\nconsole.log(2)`],
      ['less', `if (Date.now() < 0) console.log(1) // → 1`],
      ['silent', `export const one = 1`],
      ['anything', `console.log('12') // → …`],
      ['longer', `console.log('12') // → 1`],
    ].map((one) => says(...one));
    const right = says('right', `console.log('a.b', 12) // → a.b …`);
    assert.equal(await compileExamples(folder, [...wrong, right]), '');
    const faults = await runExamples(folder, [...wrong, right], {});
    assert.deepEqual(
      faults.map((fault) => fault.split(' ')[0]).sort(),
      wrong.map(({ name }) => name).sort(),
    );
  });
});
