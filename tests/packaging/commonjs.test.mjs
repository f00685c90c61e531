// The package as CommonJS, which is what Node imports, too; and as both: one program has the ES modules, as bundlers take
// them, and requires it. Then there is one core, objects of either go wherever those of the other do, and `instanceof` takes
// the errors of either.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import vm from 'node:vm';

import { build } from 'esbuild';

import { asCommonJs, DONE, makeApp, node, pack, PUBLIC_KEY } from './support.mjs';

let tarball;
before(() => {
  tarball = pack().tarball;
});

/** As before Node could require ES modules, as Lambda has it, and as Jest does it. */
const OLD = '--no-experimental-require-module';
const key = JSON.stringify(PUBLIC_KEY);

/** What the programs below have in common: `imported` and `required`, the two copies. */
const PROGRAM = `
  const table = {
    logicalTableName: 't', partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', s: 'ENCRYPT_AND_SIGN' },
  }
  const wrappingKey = new Uint8Array(32).fill(7)
  const names = { keyNamespace: 'a', keyName: 'b' }
  const ring = ({ rawAesKeyring }) => rawAesKeyring({ ...names, wrappingKey })
  const plain = { id: { S: '1' }, s: { S: 'secret' } }
  const seal = async ({ ItemEncryptor }, more) =>
    (await new ItemEncryptor({ ...table, ...more }).encryptItem(plain)).item
  const open = async ({ ItemEncryptor }, item, more) =>
    (await new ItemEncryptor({ ...table, ...more }).decryptItem(item)).item.s.S
  async function errorOf(act) {
    try { await act() } catch (error) { return error }
    throw new Error('it did not fail')
  }
  const same = (found, wanted) => {
    const [a, b] = [found, wanted].map((value) => JSON.stringify(value))
    if (a !== b) throw new Error(a + ' is not ' + b)
  }
  async function bothWays(check) {
    await check(imported, required)
    await check(required, imported)
  }`;

/** A program in an app, which has loaded the package twice in this order; `body` prints. */
const both = (order, body, from = 'fieldseal') => ({
  'run.cjs': `
    const counts = { modules: 0, instances: 0 }
    for (const name of ['Module', 'Instance']) {
      const Made = WebAssembly[name]
      WebAssembly[name] = function (...given) {
        counts[name === 'Module' ? 'modules' : 'instances'] += 1
        return new Made(...given)
      }
    }
    let imported, required
    // By the path, as nobody would: a bundler's copy of the modules is the same.
    const modules = require.resolve('${from}').replace(/cjs.entrypoints/, 'entrypoints')
    const load = {
      import: async () => { imported = await import(require('node:url').pathToFileURL(modules)) },
      require: async () => { required = require('${from}') },
    }
    ${PROGRAM}
    async function main() {
      for (const how of ${JSON.stringify(order)}) await load[how]()
      ${body}
    }
    main().catch((error) => { console.error(error); process.exitCode = 1 })`,
});

const ORDERS = {
  'required, then imported': ['require', 'import'],
  'imported, then required': ['import', 'require'],
};

describe('CommonJS alone, where require() takes no ES modules', () => {
  test('every subpath but the cores has it, with the same names', async (t) => {
    const app = makeApp(t, tarball, {
      'run.cjs': `
        async function main() {
          const { exports } = require('fieldseal/package.json')
          const paths = Object.keys(exports).filter((path) => !/wasm|json/.test(path))
          for (const path of paths) {
            const name = 'fieldseal' + path.slice(1)
            const [required, imported] = [require(name), await import(name)]
            if (!require.resolve(name).includes('/cjs/')) throw new Error(name + ' is not CommonJS')
            const [a, b] = [required, imported].map((one) => Object.keys(one).sort().join())
            if (a !== b || a === '') throw new Error(name + ' has ' + a + ', and has ' + b)
          }
          console.log(paths.length)
        }
        main()`,
    });
    assert.ok(Number(await node(app, OLD, 'run.cjs')) >= 5);
  });

  test('it seals and opens; its errors say where they came from', async (t) => {
    const app = makeApp(t, tarball);
    asCommonJs(app);
    writeFileSync(join(app, 'run.cjs'), `require('./main.cjs')(${key}).then(console.log)`);
    assert.match(await node(app, OLD, 'run.cjs'), DONE);
    const fault = `
      try { require('fieldseal').rawAesKeyring({}) } catch ({ code, stack }) { console.log(code, stack) }`;
    writeFileSync(join(app, 'fault.cjs'), fault);
    const stack = await node(app, OLD, 'fault.cjs');
    assert.match(stack, /^INVALID_ARGUMENT |^INVALID_CONFIG /);
    assert.match(
      stack,
      /at Object\.rawAesKeyring \(.*fieldseal\/cjs\/chunks\/keyrings\.js:\d+:\d+\)/,
    );
  });

  test('fieldseal/slim with a core that was compiled', async (t) => {
    const app = makeApp(t, tarball, {
      'run.cjs': `
        const { readFileSync } = require('node:fs')
        const required = require('fieldseal/slim')
        ${PROGRAM}
        async function main() {
          const { code } = await errorOf(() => ring(required))
          await required.init(readFileSync(require.resolve('fieldseal/core.wasm')))
          const keyring = ring(required)
          console.log(code, await open(required, await seal(required, { keyring }), { keyring }))
        }
        main()`,
    });
    assert.equal(await node(app, OLD, 'run.cjs'), 'NOT_INITIALIZED secret');
  });

  test('nothing happens when it is required', async (t) => {
    const app = makeApp(t, tarball, {
      'run.cjs': `
        const globals = Reflect.ownKeys(globalThis).length
        const { rawAesKeyring } = require('fieldseal')
        console.log(Reflect.ownKeys(globalThis).length - globals)
        rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey: new Uint8Array(32) })
        console.log(Object.keys(globalThis).filter((name) => /seal/.test(name)).length)`,
    });
    assert.equal(await node(app, OLD, 'run.cjs'), '0\n0');
  });
});

describe('the core is read from its file, or else from text', () => {
  /** Seals and opens with an entry, and says whether the text was read, before that and then. */
  const program = (entry, before = '') => `
    ${PROGRAM}
    const required = require('${entry}')
    const read = () => Object.keys(require.cache).some((path) => /inlined-/.test(path))
    const first = read()
    ${before}
    const keyring = ring(required)
    seal(required, { keyring })
      .then((item) => open(required, item, { keyring }))
      .then((opened) => console.log(opened, first, read()))`;
  const FILES = { fieldseal: 'core.wasm', 'fieldseal/items': 'items.wasm' };
  const WAYS = {
    'the file is there': { text: false },
    'it is not': { change: (file) => rmSync(file) },
    'it is a folder': { change: (file) => (rmSync(file), mkdirSync(file)) },
    'it is empty': { change: (file) => writeFileSync(file, '') },
    'a byte of it is another': {
      change(file) {
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1] ^= 1;
        writeFileSync(file, bytes);
      },
    },
    'it is the other core': {
      change: (file) =>
        cpSync(
          file.replace(/core|items/, (name) => (name === 'core' ? 'items' : 'core')),
          file,
        ),
    },
    'Deno would ask whether it may be read': { before: 'globalThis.Deno = {}' },
    'it may not be read': {
      options: (app) => [
        '--no-warnings',
        '--experimental-permission',
        ...['run.cjs', 'package.json', 'node_modules/fieldseal/package.json'].map(
          (path) => `--allow-fs-read=${join(app, path)}`,
        ),
        `--allow-fs-read=${join(app, 'node_modules/fieldseal/cjs/*')}`,
      ],
    },
  };
  for (const [entry, name] of Object.entries(FILES)) {
    test(entry, async (t) => {
      const app = realpathSync(makeApp(t, tarball));
      const file = join(app, 'node_modules/fieldseal', name);
      const bytes = readFileSync(file);
      for (const [name, { change, before, options, text = true }] of Object.entries(WAYS)) {
        await t.test(name, async () => {
          writeFileSync(join(app, 'run.cjs'), program(entry, before));
          change?.(file);
          const found = await node(app, ...(options?.(app) ?? []), join(app, 'run.cjs'));
          assert.equal(found, `secret false ${text}`);
          rmSync(file, { recursive: true, force: true });
          writeFileSync(file, bytes);
        });
      }
    });
  }
});

test('a bundle looks for no file, and says nothing of where it is', async (t) => {
  const app = makeApp(t, tarball, {
    'run.cjs': `
      const fs = require('node:fs')
      const { readFileSync } = fs
      fs.readFileSync = (path, ...more) => {
        if (/core.wasm/.test(path)) console.log('read ' + path)
        return readFileSync(path, ...more)
      }
      const { rawAesKeyring } = require('fieldseal')
      rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey: new Uint8Array(32) })
      console.log('done')`,
  });
  const esbuild = { absWorkingDir: app, entryPoints: ['run.cjs'], bundle: true, platform: 'node' };
  const { warnings, metafile } = await build({ ...esbuild, outfile: 'out.cjs', metafile: true });
  assert.deepEqual(warnings, []);
  assert.ok(Object.keys(metafile.inputs).some((path) => path.endsWith('inlined-core.js')));
  assert.equal(await node(app, 'out.cjs'), 'done');
  // Some bundlers warn where it is named.
  assert.doesNotMatch(readFileSync(join(app, 'out.cjs'), 'utf8'), /__dirname/);
});

test('imported or required, Node has the same classes', async (t) => {
  const app = makeApp(t, tarball, {
    'run.mjs': `
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const { exports } = require('fieldseal/package.json')
      for (const path of Object.keys(exports).filter((path) => !/wasm|json/.test(path))) {
        const name = 'fieldseal' + path.slice(1)
        const [imported, required] = [await import(name), require(name)]
        for (const [key, value] of Object.entries(required))
          if (imported[key] !== value) throw new Error(name + ' has another ' + key)
        console.log(Object.keys(required).length > 0)
      }`,
  });
  assert.match(await node(app, OLD, 'run.mjs'), /^(true\n){5,}true$/);
});

for (const [name, order] of Object.entries(ORDERS)) {
  describe(name, () => {
    const runs = (what, body, wanted = '', from) => {
      test(what, async (t) => {
        const app = makeApp(t, tarball, both(order, body, from));
        for (const options of [[], [OLD]]) {
          assert.equal(await node(app, '--no-warnings', ...options, 'run.cjs'), wanted);
        }
      });
    };

    runs(
      'two copies of the classes, and one core',
      `
      if (imported.ItemEncryptor === required.ItemEncryptor) throw new Error('one copy')
      await bothWays(async (a, b) => {
        same(await open(a, await seal(b, { keyring: ring(b) }), { keyring: ring(a) }), 'secret')
        await new a.EncryptionClient().encrypt(new Uint8Array(3), { keyring: ring(a) })
      })
      console.log(JSON.stringify(counts))`,
      '{"modules":1,"instances":1}',
    );

    runs(
      'of fieldseal/items, too, and the whole core takes over for all',
      `
      const keyrings = [ring(imported), ring(required)]
      await bothWays(async (a, b) => {
        const item = await seal(a, { keyring: ring(b) })
        for (const keyring of keyrings) same(await open(b, item, { keyring }), 'secret')
      })
      same(counts.instances, 1)
      const { EncryptionClient } = require('fieldseal')
      for (const keyring of keyrings) {
        const { ciphertext } = await new EncryptionClient().encrypt(new Uint8Array(3), { keyring })
        same((await new EncryptionClient().decrypt(ciphertext, { keyring })).plaintext.length, 3)
        same(await open(imported, await seal(required, { keyring }), { keyring }), 'secret')
      }
      console.log(JSON.stringify(counts))`,
      '{"modules":2,"instances":2}',
      'fieldseal/items',
    );

    runs(
      'keyrings, CMMs, caches, key stores and encryptors of the one in the other',
      `
      const { startDevKms } = require('fieldseal/testing')
      const dev = await startDevKms()
      await bothWays(async (a, b) => {
        const keyring = ring(a)
        const sealed = await seal(b, { keyring })
        same(await open(b, sealed, { keyring: b.multiKeyring({ generator: ring(b), children: [keyring] }) }), 'secret')
        const cmm = a.requiredEncryptionContextCmm({
          cmm: b.defaultCmm(keyring), requiredKeys: ['tenant'],
        })
        const message = { cmm, encryptionContext: { tenant: 'x' } }
        const { ciphertext } = await new b.EncryptionClient().encrypt(new Uint8Array(3), message)
        same((await new a.EncryptionClient().decrypt(ciphertext, message)).plaintext.length, 3)
        const events = []
        const cache = a.localCache({ capacity: 10, onEvent: (event) => events.push(event) })
        const caching = b.cachingCmm({ keyring, cache, maxAgeSeconds: 60 })
        for (let i = 0; i < 3; i++) await new a.EncryptionClient().encrypt(new Uint8Array(3), { cmm: caching })
        if (events.length < 3) throw new Error('the cache was not asked')
        cache.clear()
        const version = '3f2c1c51-9c2a-4f3e-8a7d-0f5a1b2c3d4e'
        const keyStore = a.staticKeyStore([{ branchKeyId: 'k', version, branchKey: new Uint8Array(32) }])
        const branch = b.awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'k', ttlSeconds: 60, cache: a.localCache({ capacity: 9 }) })
        same(await open(a, await seal(b, { keyring: branch }), { keyring: branch }), 'secret')
        const custom = a.customKeyring({
          providerId: 'mine',
          onEncrypt: ({ dataKey }) => ({ providerInfo: new Uint8Array(1), ciphertext: dataKey.slice() }),
          onDecrypt: ({ encryptedDataKey }) => encryptedDataKey.ciphertext,
        })
        same(await open(b, await seal(b, { keyring: custom }), { keyring: custom }), 'secret')
        const from = new a.ItemEncryptor({ ...table, keyring })
        const { items } = await new b.ItemEncryptor({ ...table, keyring: branch }).resealItems([sealed], { from })
        same(await open(a, items[0], { keyring: branch }), 'secret')
        // A KMS client, by itself and as what a function returns.
        const { arn } = await dev.createKey()
        const kms = new a.KmsClient({ endpoint: dev.url })
        const wrapping = b.awsKmsKeyring({ kms, generatorKeyId: arn })
        const discovering = b.awsKmsDiscoveryKeyring({ kms: () => kms, regions: [dev.region] })
        const item = await seal(b, { keyring: wrapping })
        same(await open(a, item, { keyring: wrapping }), 'secret')
        same(await open(a, item, { keyring: discovering }), 'secret')
        const number = new a.NumberValue('1.50')
        same(b.toDynamoJson(b.toAttributeMap({ number })), '{"number":{"N":"1.50"}}')
      })
      await dev.close()
      console.log(JSON.stringify(counts))`,
      '{"modules":1,"instances":1}',
    );

    runs(
      'errors',
      `
      await bothWays(async (a, b) => {
        const item = await seal(a, { keyring: ring(a) })
        item.aws_dbe_foot.B[3] ^= 1
        const found = await errorOf(() => open(a, item, { keyring: ring(a) }))
        for (const { FieldsealError, AuthenticationError, NoKeyError, KmsError } of [a, b]) {
          same([found instanceof Error, found instanceof FieldsealError], [true, true])
          same(found instanceof NoKeyError || found instanceof AuthenticationError, true)
          same(found instanceof KmsError, false)
        }
        const { reasons } = await errorOf(async () =>
          open(b, await seal(b, { keyring: ring(b) }), { keyring: a.rawAesKeyring({ ...names, wrappingKey: new Uint8Array(32) }) }))
        same(reasons.map((reason) => reason instanceof a.FieldsealError && reason instanceof b.FieldsealError), [true])
        const revived = a.FieldsealError.fromJSON(found.toJSON())
        same(revived instanceof b.FieldsealError, true)
        // Classes that the caller derives are nobody else's.
        class Mine extends a.UsageError {}
        const init = { code: 'INVALID_ARGUMENT', message: 'm', next: 'n' }
        same([new Mine(init) instanceof Mine, new Mine(init) instanceof b.UsageError], [true, true])
        same([new a.UsageError(init) instanceof Mine, new b.UsageError(init) instanceof Mine], [false, false])
        same([new a.UsageError(init) instanceof b.KmsError, new a.FieldsealError(init) instanceof b.UsageError], [false, false])
      })`,
    );

    runs(
      'every class takes the other’s objects, and nothing else',
      `
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      const trap = { get: () => true, has: () => true, getOwnPropertyDescriptor: () => undefined }
      const others = [undefined, null, 1, 'x', {}, [], () => {}, Object.create(null), new Error('x'), new Proxy({}, trap), proxy]
      let classes = 0
      await bothWays(async (a, b) => {
        for (const [name, Class] of Object.entries(a)) {
          if (!/^[A-Z]/.test(name) || typeof Class !== 'function') continue
          classes += 1
          same(Object.create(Class.prototype) instanceof b[name], true)
          same(others.map((other) => other instanceof Class), others.map(() => false))
          same(Object.getOwnPropertyDescriptor(Class, Symbol.hasInstance).enumerable, false)
          same(Object.keys(Class.prototype), [])
        }
        for (const keyring of others) {
          const { code } = await errorOf(() => new a.ItemEncryptor({ ...table, keyring }))
          if (!/^INVALID_/.test(code)) throw new Error(code)
          const refused = await errorOf(() => a.awsKmsKeyring({ kms: keyring, generatorKeyId: 'alias/a' }))
          if (!/^INVALID_/.test(refused.code)) throw refused
        }
      })
      console.log(classes >= 30)`,
      'true',
    );
  });
}

test('another version has nothing in common with this one', async (t) => {
  const app = makeApp(t, tarball, {
    'run.cjs': `
      const required = require('fieldseal')
      const imported = require('other')
      ${PROGRAM}
      async function main() {
        await bothWays(async (a, b) => {
          const error = await errorOf(() => seal(a, { keyring: ring(b) }))
          console.log(error.code, error instanceof a.FieldsealError, error instanceof b.FieldsealError)
          same(await open(a, await seal(b, { keyring: ring(b) }), { keyring: ring(a) }), 'secret')
        })
        console.log(Object.getOwnPropertySymbols(globalThis).filter((key) => /^fieldseal/.test(key.description)).length)
      }
      main()`,
  });
  const other = join(app, 'node_modules/other');
  cpSync(join(app, 'node_modules/fieldseal'), other, { recursive: true });
  const common = join(other, 'cjs/chunks/common.js');
  const text = readFileSync(common, 'utf8');
  const version = /\bVERSION = '\d+\.\d+\.\d+'/;
  assert.match(text, version);
  writeFileSync(common, text.replace(version, "VERSION = '0.0.1'"));
  const refused = 'INVALID_ARGUMENT true false';
  assert.equal(await node(app, 'run.cjs'), `${refused}\n${refused}\n2`);
});

test('a page that bundles both: nothing on its global object, and each takes the other’s objects', async (t) => {
  const app = makeApp(t, tarball, {
    'page.mjs': `
      import * as imported from 'fieldseal'
      import { required } from './required.cjs'
      ${PROGRAM}
      export async function main() {
        await bothWays(async (a, b) => {
          const keyring = ring(a)
          for (let i = 0; i < 3; i++) {
            same(await open(b, await seal(a, { keyring }), { keyring }), 'secret')
          }
          const refused = await errorOf(() => open(a, plain, { keyring: ring(b) }))
          same(refused instanceof b.FieldsealError, true)
        })
        return Reflect.ownKeys(globalThis).filter((key) => String(key).includes('fieldseal'))
      }`,
    'required.cjs': `exports.required = require('fieldseal')`,
  });
  const { outputFiles } = await build({
    absWorkingDir: app,
    entryPoints: ['page.mjs'],
    bundle: true,
    format: 'iife',
    globalName: 'page',
    write: false,
  });
  const globals = {
    ...{ TextEncoder, TextDecoder, atob, btoa, crypto, queueMicrotask, setTimeout },
    ...{ AbortController, AbortSignal, performance },
  };
  const context = vm.createContext(globals);
  vm.runInContext(outputFiles[0].text, context);
  // Of the other realm.
  assert.deepEqual([...(await context.page.main())], []);
});

test('TypeScript: one type, imported or required', async (t) => {
  const app = makeApp(t, tarball, {
    'esm.mts': `
      import { rawAesKeyring, type ItemEncryptor } from 'fieldseal'
      import { encryptor, seal } from './cjs.cjs'
      const keyring = rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey: new Uint8Array(32) })
      export const own: ItemEncryptor = encryptor(keyring)
      export const sealed = seal(own)
      // @ts-expect-error a name that neither has
      own.encrypt()`,
    'cjs.cts': `
      import { ItemEncryptor, type Keyring } from 'fieldseal'
      export const encryptor = (keyring: Keyring) => new ItemEncryptor({
        logicalTableName: 't', partitionKeyName: 'id', attributeActions: { id: 'SIGN_ONLY' }, keyring,
      })
      export const seal = (own: ItemEncryptor) => own.encryptItem({ id: { S: '1' } })`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        ...{ noEmit: true, strict: true, skipLibCheck: false, target: 'ES2022' },
        ...{ module: 'node16', moduleResolution: 'node16', lib: ['ES2022', 'DOM'], types: [] },
      },
    }),
  });
  const tsc = new URL('../node_modules/typescript-5.0/bin/tsc', import.meta.url).pathname;
  assert.equal(execFileSync(process.execPath, [tsc, '-p', app], { encoding: 'utf8' }), '');
});
