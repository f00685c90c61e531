// The installed package in Node: ESM, require(), the slim entry, the development KMS, and
// TypeScript consumers.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { DONE, makeApp, node, onItems, pack, PUBLIC_KEY, root, run } from './support.mjs';

let tarball;
before(() => {
  tarball = pack().tarball;
});

const key = JSON.stringify(PUBLIC_KEY);

describe('Node', () => {
  test('import', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `import { main } from './main.mjs'\nconsole.log(await main(${key}))`,
    });
    assert.match(await node(app, 'run.mjs'), DONE);
  });

  test('require()', async (t) => {
    const app = makeApp(t, tarball, {
      'run.cjs': `
        const fieldseal = require('fieldseal')
        const { startDevKms } = require('fieldseal/testing')
        const { main } = require('./main.mjs')
        if (typeof fieldseal.ItemEncryptor !== 'function') throw new Error('no ItemEncryptor')
        if (typeof startDevKms !== 'function') throw new Error('no startDevKms')
        main(${key}).then(console.log)`,
    });
    assert.match(await node(app, 'run.cjs'), DONE);
  });

  test('nothing happens on import: no compilation, no file, no timer, no global', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `
        const globals = Reflect.ownKeys(globalThis).length
        const { Module, Instance } = WebAssembly
        let compiled = 0
        WebAssembly.Module = function (...a) { compiled++; return new Module(...a) }
        await import('fieldseal')
        const first = compiled
        const { toDynamoJson, rawAesKeyring } = await import('fieldseal')
        toDynamoJson({ a: { S: 'x' } })
        const second = compiled
        console.log(Reflect.ownKeys(globalThis).length - globals)
        rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey: new Uint8Array(32) })
        rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey: new Uint8Array(32) })
        // Then there is what it shares with itself as CommonJS.
        const own = Reflect.ownKeys(globalThis).slice(globals).map(String)
        console.log(first, second, compiled, own.join(), Object.keys(globalThis).includes(own[0]))`,
    });
    assert.match(
      await node(app, 'run.mjs'),
      /^0\n0 0 1 Symbol\(fieldseal \d+\.\d+\.\d+ core\) false$/,
    );
  });

  test('fieldseal/testing: a KMS to test with', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `
        import { KmsClient } from 'fieldseal'
        import { startDevKms } from 'fieldseal/testing'
        const dev = await startDevKms()
        const { arn } = await dev.createKey({ alias: 'alias/customers' })
        const kms = new KmsClient({ endpoint: dev.url })
        const { ciphertextBlob } = await kms.encrypt({ keyId: arn, plaintext: new Uint8Array([7]) })
        const { plaintext } = await kms.decrypt({ ciphertextBlob })
        console.log(plaintext[0], dev.countCalls())
        await dev.close()`,
    });
    assert.equal(await node(app, 'run.mjs'), '7 2');
  });
});

describe('fieldseal/slim', () => {
  const load = `
    import { readFileSync } from 'node:fs'
    import { fileURLToPath } from 'node:url'
    import * as fieldseal from 'fieldseal/slim'
    const { init, rawAesKeyring, toDynamoJson } = fieldseal
    const bytes = readFileSync(fileURLToPath(import.meta.resolve('fieldseal/core.wasm')))
    const ring = () =>
      rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey: new Uint8Array(32) })
    async function cycle() {
      const items = new fieldseal.ItemEncryptor({
        logicalTableName: 't', partitionKeyName: 'id',
        attributeActions: { id: 'SIGN_ONLY', s: 'ENCRYPT_AND_SIGN' }, keyring: ring(),
      })
      const { item } = await items.encryptItem({ id: { S: '1' }, s: { S: 'secret' } })
      return (await items.decryptItem(item)).item.s.S
    }
    async function codeOf(act) {
      try { await act(); return 'nothing' } catch (error) { return error.code ?? error.name }
    }
  `;

  for (const [what, argument] of [
    ['bytes', 'bytes'],
    ['an ArrayBuffer', 'new Uint8Array(bytes).buffer'],
    ['a compiled module', 'new WebAssembly.Module(bytes)'],
    ['a Response', "new Response(bytes, { headers: { 'content-type': 'text/plain' } })"],
    ['a promise of a Response', 'Promise.resolve(new Response(bytes))'],
  ]) {
    test(`init with ${what}`, async (t) => {
      const app = makeApp(t, tarball, {
        'run.mjs': `${load}\nawait init(${argument})\nconsole.log(await cycle())`,
      });
      assert.equal(await node(app, 'run.mjs'), 'secret');
    });
  }

  test('before init: a coded error that says what to call; what needs no core works', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `${load}
        let error
        try { ring() } catch (caught) { error = caught }
        console.log(error.code, error instanceof fieldseal.UsageError, error.message)
        console.log(toDynamoJson({ a: { B: new Uint8Array([1]) } }))
        console.log(await codeOf(() => new fieldseal.KmsClient({ region: 'us-east-1' })))
        await init(bytes)
        console.log(await cycle())`,
    });
    const [first, ...rest] = (await node(app, 'run.mjs')).split('\n');
    assert.equal(first, 'NOT_INITIALIZED true the core is not loaded. Call `await init(…)` first.');
    assert.deepEqual(rest, ['{"a":{"B":"AQ=="}}', 'NOT_INITIALIZED', 'secret']);
  });

  test('init with what is no core', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `${load}
        const html = new Response('<html></html>', { headers: { 'content-type': 'text/html' } })
        const missing = new Response('not found', { status: 404 })
        for (const wrong of [undefined, null, 5, 'core.wasm', {}, [], new URL('file:///x')]) {
          console.log(await codeOf(() => init(wrong)))
        }
        const other = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])
        for (const wrong of [new Uint8Array(), bytes.subarray(0, 1000), html, missing, other]) {
          console.log(await codeOf(() => init(wrong)))
        }
        console.log(await codeOf(ring))
        await init(bytes)
        console.log(await cycle())`,
    });
    assert.deepEqual((await node(app, 'run.mjs')).split('\n'), [
      ...Array(7).fill('INVALID_ARGUMENT'),
      ...Array(5).fill('INVALID_ARGUMENT'),
      'NOT_INITIALIZED',
      'secret',
    ]);
  });
});

describe('the exports map', () => {
  test('offers what the design names, and no deep imports', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `
        const results = []
        for (const name of process.argv.slice(2)) {
          results.push(await import(name).then(() => 'loads', (error) => error.code))
        }
        console.log(results.join())`,
    });
    const open = ['', '/slim', '/items', '/tables', '/forms', '/workers', '/testing'].map(
      (path) => `fieldseal${path}`,
    );
    assert.equal(await node(app, 'run.mjs', ...open), open.map(() => 'loads').join());
    const shut = [
      'core/core.js',
      'kms/client.js',
      'entrypoints/index.js',
      'generated/glue.js',
      'testing/index.js',
      'errors.js',
      'nothing',
    ];
    const answers = await node(app, 'run.mjs', ...shut.map((file) => `fieldseal/${file}`));
    assert.equal(answers, shut.map(() => 'ERR_PACKAGE_PATH_NOT_EXPORTED').join());
  });

  test('main entry and slim have the same names, but for init', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `
        const names = async (from) => Object.keys(await import(from)).sort().join()
        console.log(await names('fieldseal'))
        console.log((await names('fieldseal/slim')).replace('init,', ''))`,
    });
    const [main, slim] = (await node(app, 'run.mjs')).split('\n');
    assert.ok(main.includes('ItemEncryptor') && main.includes('KmsClient'));
    assert.equal(slim, main);
  });
});

describe('TypeScript consumers', () => {
  const consumer = `
    import {
      ItemEncryptor, KmsClient, KmsError, awsKmsKeyring, awsKmsRsaKeyring, inspect, multiKeyring,
      rawRsaKeyring, type AttributeMap, type FieldsealErrorCode, type KmsEvent,
    } from 'fieldseal'
    import { init } from 'fieldseal/slim'
    import { startDevKms, type DevKms } from 'fieldseal/testing'

    const kms = new KmsClient({
      region: 'eu-central-1',
      credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b', expiration: new Date() }),
      onEvent: (event: KmsEvent) => console.log(event.operation, event.encryptionContextKeys),
    })
    const keyring = multiKeyring({
      generator: awsKmsKeyring({ kms, generatorKeyId: 'alias/a' }),
      children: [awsKmsRsaKeyring({ kmsKeyId: 'x', publicKey: new Uint8Array() })],
    })
    const items = new ItemEncryptor({
      logicalTableName: 't', partitionKeyName: 'id',
      attributeActions: { id: 'SIGN_ONLY', s: 'ENCRYPT_AND_SIGN' }, keyring,
    })
    export async function main(item: AttributeMap): Promise<string> {
      await init(new Uint8Array())
      const dev: DevKms = await startDevKms({ port: 0 })
      const { item: sealed, header } = await items.encryptItem(item)
      const code: FieldsealErrorCode = 'KMS_TIMED_OUT'
      const suite: '6700' | '6701' | undefined = header?.algorithmSuite
      try { await kms.decrypt({ ciphertextBlob: new Uint8Array() }) } catch (error) {
        if (error instanceof KmsError && error.code === code) return error.requestId ?? error.next
      }
      const { document } = await items.decryptDocument({ id: 1 })
      return String(document['id']) + inspect(sealed).encryptedDataKeys.length + suite + dev.url
    }
    // @ts-expect-error an action that does not exist
    new ItemEncryptor({ logicalTableName: 't', partitionKeyName: 'i', attributeActions: { i: 'HIDE' } })
    // @ts-expect-error keyrings are made by functions of the package only
    multiKeyring({ generator: {} })
    // @ts-expect-error a padding that does not exist
    rawRsaKeyring({ keyNamespace: 'a', keyName: 'b', paddingScheme: 'OAEP' })
    // @ts-expect-error exactly one word for the key id
    kms.describeKey({ KeyId: 'x' })
    // @ts-expect-error text is not bytes
    kms.encrypt({ keyId: 'x', plaintext: 'text' })
    // @ts-expect-error no such code
    const wrong: FieldsealErrorCode = 'KMS_SOMETHING'
    export { wrong }
  `;
  const strict = {
    noEmit: true,
    strict: true,
    target: 'ES2022',
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    typeRoots: [join(root, 'js/node_modules/@types')],
  };
  const variants = {
    'nodenext, with DOM': { module: 'nodenext', lib: ['ES2022', 'DOM'], types: ['node'] },
    'nodenext, without DOM': { module: 'nodenext', lib: ['ES2022'], types: ['node'] },
    bundler: {
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['ES2022', 'DOM'],
      types: ['node'],
    },
  };
  for (const [what, options] of Object.entries(variants)) {
    test(what, async (t) => {
      const app = makeApp(t, tarball, { 'consumer.ts': consumer }, { type: 'module' });
      const compilerOptions = { ...strict, ...options };
      const compile = () => {
        const config = { compilerOptions, include: ['*.ts', '*.cts'] };
        writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(config));
        return run(join(root, 'js/node_modules/.bin/tsc'), ['-p', app], { cwd: app });
      };
      const { code, stdout } = await compile();
      assert.equal(code, 0, stdout);
      // The check can fail: a mistake is found.
      writeFileSync(
        join(app, 'mistake.ts'),
        `import { nothing } from 'fieldseal'\nexport { nothing }`,
      );
      const wrong = await compile();
      assert.notEqual(wrong.code, 0);
      assert.match(wrong.stdout, /nothing/);
    });
  }

  test('browser code alone needs no types of Node', async (t) => {
    const app = makeApp(t, tarball, {
      'consumer.ts': `
        import { ItemEncryptor, rawRsaKeyring } from 'fieldseal'
        export const make = (privateKey: CryptoKey) =>
          rawRsaKeyring({ keyNamespace: 'a', keyName: 'b', paddingScheme: 'OAEP_SHA256_MGF1', privateKey })
        export { ItemEncryptor }`,
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          ...strict,
          module: 'esnext',
          moduleResolution: 'bundler',
          lib: ['ES2022', 'DOM'],
          types: [],
        },
      }),
    });
    const { code, stdout } = await run(join(root, 'js/node_modules/.bin/tsc'), ['-p', app]);
    assert.equal(code, 0, stdout);
  });

  test('CommonJS in TypeScript', async (t) => {
    const app = makeApp(t, tarball, {
      'consumer.cts': `
        import fieldseal = require('fieldseal')
        export = new fieldseal.KmsClient({ region: 'us-east-1' })`,
      'tsconfig.json': JSON.stringify({
        compilerOptions: { ...strict, module: 'nodenext', lib: ['ES2022', 'DOM'], types: ['node'] },
      }),
    });
    const { code, stdout } = await run(join(root, 'js/node_modules/.bin/tsc'), ['-p', app]);
    assert.equal(code, 0, stdout);
  });
});

describe('fieldseal/items', () => {
  const items = `
    const table = {
      logicalTableName: 't', partitionKeyName: 'id',
      attributeActions: { id: 'SIGN_ONLY', s: 'ENCRYPT_AND_SIGN' },
    }
    const wrappingKey = new Uint8Array(32).fill(7)
    const ring = ({ rawAesKeyring }) => rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey })
    const plain = { id: { S: '1' }, s: { S: 'secret' } }
    const sealed = async (entry) =>
      (await new entry.ItemEncryptor({ ...table, keyring: ring(entry) }).encryptItem(plain)).item
    const opened = async (entry, item) =>
      (await new entry.ItemEncryptor({ ...table, keyring: ring(entry) }).decryptItem(item)).item.s.S
    `;

  test('import and require(), the whole program', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `import { main } from './main-items.mjs'\nconsole.log(await main(${key}))`,
      'run.cjs': `
        const { ItemEncryptor, EncryptionClient } = require('fieldseal/items')
        const { main } = require('./main-items.mjs')
        if (typeof ItemEncryptor !== 'function' || EncryptionClient) throw new Error('other exports')
        main(${key}).then(console.log)`,
    });
    onItems(app);
    assert.match(await node(app, 'run.mjs'), DONE);
    assert.match(await node(app, 'run.cjs'), DONE);
  });

  test('its names are the main entry’s, with the same classes', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `
        import * as main from 'fieldseal'
        import * as items from 'fieldseal/items'
        const other = Object.keys(items).filter((name) => items[name] !== main[name])
        console.log(other.join(), main.KmsClient.prototype instanceof items.KmsClient)
        console.log(Object.keys(items).filter((name) => !(name in main)).join())
        console.log(['EncryptionClient', 'cachingCmm', 'keyStore', 'rawEcdhKeyring'].filter((name) => name in items).join())`,
    });
    assert.equal(await node(app, 'run.mjs'), 'KmsClient,inspect true');
  });

  test('what one entry seals the other opens, each alone', async (t) => {
    const run = (from) => `
      import * as entry from '${from}'
      ${items}
      const item = process.argv[2] === 'seal' ? await sealed(entry) : entry.fromDynamoJson(process.argv[2])
      console.log(process.argv[2] === 'seal' ? entry.toDynamoJson(item) : await opened(entry, item))`;
    const app = makeApp(t, tarball, {
      'main-entry.mjs': run('fieldseal'),
      'items-entry.mjs': run('fieldseal/items'),
    });
    for (const [from, to] of [
      ['main-entry.mjs', 'items-entry.mjs'],
      ['items-entry.mjs', 'main-entry.mjs'],
    ]) {
      assert.equal(await node(app, to, await node(app, from, 'seal')), 'secret');
    }
  });

  test('the whole core takes over from the items core in use, and its objects go on', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `
        import * as entry from 'fieldseal/items'
        ${items}
        const { Module } = WebAssembly
        const sizes = []
        WebAssembly.Module = function (bytes) { sizes.push(bytes.length); return new Module(bytes) }
        const keyring = ring(entry)
        const encryptor = new entry.ItemEncryptor({ ...table, keyring })
        // A call that is under way when the other core comes: the old one ends it.
        let answer
        const kms = new entry.KmsClient({
          endpoint: 'http://127.0.0.1:9', maxAttempts: 1,
          fetch: () => new Promise((resolve) => { answer = resolve }),
        })
        const waiting = kms.decrypt({ ciphertextBlob: new Uint8Array(9) }).catch((error) => error)
        const { item } = await encryptor.encryptItem(plain)
        const whole = await import('fieldseal')
        const before = (await encryptor.decryptItem(item)).item.s.S
        const { ciphertext } = await new whole.EncryptionClient().encrypt(new Uint8Array(3), { keyring })
        const { plaintext } = await new whole.EncryptionClient().decrypt(ciphertext, { keyring })
        answer(new Response('{"__type":"AccessDeniedException"}', { status: 400 }))
        const { code } = await waiting
        // The other way round nothing changes.
        await import('fieldseal/items')
        await encryptor.decryptItem(item)
        console.log(before, plaintext.length, code, sizes.length, sizes[0] < sizes[1])`,
    });
    assert.equal(await node(app, 'run.mjs'), 'secret 3 KMS_ACCESS_DENIED 2 true');
  });

  test('slim: its own file, and no other', async (t) => {
    const app = makeApp(t, tarball, {
      'run.mjs': `
        import { readFileSync } from 'node:fs'
        import { fileURLToPath } from 'node:url'
        import * as entry from 'fieldseal/items/slim'
        import { EncryptionClient, init, rawEcdhKeyring } from 'fieldseal/slim'
        ${items}
        const bytes = (name) => readFileSync(fileURLToPath(import.meta.resolve(name)))
        const code = (promise) => promise.then(() => 'none', (error) => error.code + ' ' + error.name)
        const results = [await code(sealed(entry)), await code(entry.init(bytes('fieldseal/core.wasm')))]
        results.push(await code(init(bytes('fieldseal/items.wasm'))))
        await entry.init(bytes('fieldseal/items.wasm'))
        const item = await sealed(entry)
        results.push(await opened(entry, item))
        // What the items core lacks is refused by name, until the whole one is there.
        const message = () => new EncryptionClient().encrypt(new Uint8Array(3), { keyring: ring(entry) })
        results.push(await code(message()))
        const curve = { curveSpec: 'P256', keyAgreementScheme: { type: 'discovery', recipientPrivateKey: process.argv[2] } }
        results.push(await code((async () => rawEcdhKeyring(curve))()))
        await init(bytes('fieldseal/core.wasm'))
        results.push(await code(message()), await opened(entry, item))
        console.log(results.join('; '))`,
    });
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const wrong = 'INVALID_ARGUMENT UsageError';
    const lacks = 'UNSUPPORTED UnsupportedError';
    assert.equal(
      await node(app, 'run.mjs', privateKey),
      `NOT_INITIALIZED UsageError; ${wrong}; ${wrong}; secret; ${lacks}; ${lacks}; none; secret`,
    );
  });
});
