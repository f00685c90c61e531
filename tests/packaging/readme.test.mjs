// The npm README's examples: every block parses, every name in it exists, and the one without a
// service runs.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { transform } from 'esbuild';

import * as main from '../../pkg/entrypoints/index.js';
import * as items from '../../pkg/entrypoints/items.js';
import * as slim from '../../pkg/entrypoints/slim.js';
import * as testing from '../../pkg/testing/index.js';

const pkg = new URL('../../pkg/', import.meta.url);
const readme = readFileSync(new URL('README.md', pkg), 'utf8');
const blocks = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code);
const modules = {
  fieldseal: main,
  'fieldseal/items': items,
  'fieldseal/slim': slim,
  'fieldseal/testing': testing,
};

test('every block parses, and imports what there is', async () => {
  let names = 0;
  for (const code of blocks) {
    await transform(code, { format: 'esm' });
    for (const [, list, from] of code.matchAll(/import \{([^}]+)\} from '(fieldseal[^']*)'/g)) {
      for (const name of list.split(',').map((name) => name.trim())) {
        assert.ok(name in modules[from], `${from} has no ${name}`);
        names += 1;
      }
    }
  }
  assert.ok(blocks.length >= 6 && names >= 10);
});

test('every option in the examples is one that the package knows', () => {
  const options = /\b(\w+)(?=: )|(?<=[{,] )(\w+)(?=[ ,}])/g;
  const declarations = readdirSync(pkg, { recursive: true })
    .filter((name) => name.endsWith('.d.ts'))
    .map((name) => readFileSync(new URL(name, pkg), 'utf8'))
    .join();
  const called =
    /new (?:ItemEncryptor|KmsClient|DynamoDbClient)\(\{([^]*?)\}\)|(?:Keyring|keyStore|createKey|versionKey)\(\{([^]*?)\}\)/g;
  let checked = 0;
  for (const [, a, b] of blocks.join('\n').matchAll(called)) {
    // Without nested maps, whose keys are the user's attribute names, and without comments.
    const flat = (a ?? b).replace(/\/\/.*/g, '').replace(/\{[^}]*\}/g, '');
    for (const [name] of ` ${flat} `.matchAll(options)) {
      assert.match(declarations, new RegExp(`\\b${name}\\b`), `no option ${name}`);
      checked += 1;
    }
  }
  assert.ok(checked >= 10, `${checked} options`);
});

test('the example with a key of one’s own runs', async () => {
  const code = blocks.find((code) => code.includes('rawAesKeyring'));
  const body = code.replace(/^import .*$/gm, '');
  const program = new Function(
    'fieldseal',
    'wrappingKey',
    `
    const { ItemEncryptor, rawAesKeyring } = fieldseal
    return (async () => { ${body}
      return { document, opened } })()`,
  );
  const { document, opened } = await program(main, new Uint8Array(32).fill(9));
  assert.deepEqual(opened, { customer_id: 'c-1', ssn: '756.1234.5678.97' });
  assert.ok(document.ssn instanceof Uint8Array);
});

test('says that it is not audited, and names no runtime that is not tested', () => {
  assert.match(readme, /\*\*Not audited\.\*\*/);
  assert.doesNotMatch(readme, /\b(Bun|Deno|workerd|Cloudflare|React Native)\b/);
});
