// Hosts that are not here, imitated: contexts of their own (`node:vm`) that lack what those hosts lack. Every one of them is
// also a foreign realm, as a frame or a test runner's sandbox is: encoders, cryptography and streams are those of Node's.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import vm from 'node:vm';

import { build } from 'esbuild';

import * as fieldseal from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { makeFixtures } from './fixtures.mjs';
import * as suite from './suite.mjs';

const GLOBALS = {
  ...{ TextEncoder, TextDecoder, atob, btoa, queueMicrotask, setTimeout, clearTimeout },
  ...{ ReadableStream, WritableStream, TransformStream, AbortController, AbortSignal },
  ...{ fetch, Headers, Request, Response, URL, crypto, performance },
};

const pkg = fileURLToPath(new URL('../../pkg/', import.meta.url));
const bytesOf = (file) => readFileSync(`${pkg}${file}`);

/** The package and the suite as scripts, by entry. */
const scripts = new Map();
let fixtures;
let kms;
before(async () => {
  for (const entry of ['index', 'slim', 'items', 'items-slim']) {
    const contents = `
      export * as fieldseal from './pkg/entrypoints/${entry}.js';
      export { core } from './pkg/core/core.js';
      export { runSuite } from './tests/hosts/suite.mjs';`;
    const resolveDir = fileURLToPath(new URL('../../', import.meta.url));
    const stdin = { contents, resolveDir };
    const options = { bundle: true, format: 'iife', globalName: 'bundle', write: false };
    const { outputFiles } = await build({ stdin, ...options });
    scripts.set(entry, new vm.Script(outputFiles[0].text, { filename: `${entry}.js` }));
  }
  fixtures = { ...(await makeFixtures(fieldseal, suite)), messageLength: 50_001 };
  kms = await startDevKms();
  const { arn } = await kms.createKey();
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  fixtures.kms = { endpoint: kms.url, region: kms.region, credentials, keyId: arn };
});
after(() => kms.close());

/**
 * A host with an entry of the package loaded.
 *
 * @param change - makes it what it is: takes its global object
 */
function host(entry, change = () => {}, options = {}) {
  const context = vm.createContext({ ...GLOBALS }, options);
  change(context);
  scripts.get(entry).runInContext(context);
  return { context, ...context.bundle };
}

/** Everything works. */
async function works(loaded, given = fixtures) {
  const { passed, failed } = await loaded.runSuite(loaded.fieldseal, given);
  assert.equal(failed.map(({ name, error }) => `${name}: ${error}`).join('\n'), '');
  assert.ok(passed.length >= ('EncryptionClient' in loaded.fieldseal ? 27 : 13), `${passed}`);
}

/** What is made with raw keys in a host. */
function encryptorIn({ fieldseal }, keyring, more) {
  const { ItemEncryptor, rawAesKeyring } = fieldseal;
  const key = { keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32) };
  return new ItemEncryptor({ ...suite.ALL, keyring: keyring ?? rawAesKeyring(key), ...more });
}

/** The error of the package that something ends with. */
async function refusal({ fieldseal }, run) {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof fieldseal.FieldsealError, `${error?.name}: ${error?.message}`);
    return error;
  }
  assert.fail('it was not refused');
}

const withNode = (crypto) => (context) => {
  context.process = { getBuiltinModule: (id) => (id === 'node:crypto' ? crypto : undefined) };
};
const nodeCrypto = process.getBuiltinModule('node:crypto');

describe('realms', () => {
  test('the package in another realm than its encoders and its cryptography', async () => {
    await works(host('index'));
    await works(host('items'));
  });

  test('the same with the cryptography of Node', async () => {
    await works(host('index', withNode(nodeCrypto)));
  });

  test('the program in another realm than the package', async () => {
    const { runSuite } = host('index');
    await works({ fieldseal, runSuite });
    await works({ fieldseal: host('index').fieldseal, runSuite: suite.runSuite });
  });
});

describe('Node’s cryptography', () => {
  test('a process that cannot be read (Next’s edge routes)', async () => {
    const change = (context) => {
      context.process = {
        get getBuiltinModule() {
          throw new Error('A Node.js API is used which is not supported in the Edge Runtime');
        },
      };
    };
    await works(host('index', change));
  });

  test('ways to give the host its turn that throw (Next’s edge routes), or none', async () => {
    const refuse = () => {
      throw new Error('A Node.js API is used which is not supported in the Edge Runtime');
    };
    // Long enough for the host to be given its turn.
    const given = { ...fixtures, messageLength: 1 << 20 };
    for (const changes of [
      {},
      { setImmediate: refuse },
      { MessageChannel: refuse },
      { setImmediate: refuse, MessageChannel: refuse },
    ])
      await works(
        host('index', (context) => Object.assign(context, changes)),
        given,
      );
  });

  test('a process whose modules cannot be had', async () => {
    const getBuiltinModule = () => {
      throw new Error('not here');
    };
    await works(host('index', (context) => (context.process = { getBuiltinModule })));
    await works(host('index', (context) => (context.process = { getBuiltinModule: () => ({}) })));
  });

  /** Functions that take no KeyObject among their options. */
  const refusing =
    (name) =>
    (first, second, ...more) => {
      const [options] = [first, second, ...more].filter((value) => value?.key ?? value?.privateKey);
      if (options) throw new TypeError('The "key" argument must be of another type');
      return nodeCrypto[name](first, second, ...more);
    };
  /** Gives what is not a whole block at the end. */
  const inBlocks = (cipher) => {
    const { update, final } = cipher;
    let rest;
    cipher.update = (bytes) => {
      const all = update.call(cipher, bytes);
      const whole = all.length & ~15;
      rest = all.subarray(whole);
      return all.subarray(0, whole);
    };
    cipher.final = () => Buffer.concat([rest, final.call(cipher)]);
    return cipher;
  };
  const missing = undefined;
  for (const [what, changes] of Object.entries({
    'as in workerd': {
      verify: refusing('verify'),
      publicEncrypt: refusing('publicEncrypt'),
      privateDecrypt: refusing('privateDecrypt'),
      diffieHellman: missing,
    },
    'with nothing': Object.fromEntries(Object.keys(nodeCrypto).map((name) => [name, missing])),
    'whose verify takes everything': { verify: () => true },
    'whose verify takes nothing': { verify: () => false },
    'whose RSA takes no other hash than SHA-1': {
      publicEncrypt: ({ oaepHash, ...options }, data) => nodeCrypto.publicEncrypt(options, data),
      privateDecrypt: ({ oaepHash, ...options }, data) => nodeCrypto.privateDecrypt(options, data),
    },
    'whose key agreement gives something else': { diffieHellman: () => Buffer.alloc(48, 1) },
    'whose hashes are wrong': { createHash: () => nodeCrypto.createHash('md5') },
    'without constants': { constants: undefined },
    'that makes no private keys': {
      createPrivateKey() {
        throw new Error('The method is not implemented');
      },
    },
    'whose keys say nothing of themselves': {
      createPrivateKey(options) {
        const key = nodeCrypto.createPrivateKey(options);
        // Node's own key agreement asks for the type.
        const type = key.asymmetricKeyType === 'ec' ? 'ec' : undefined;
        return Object.defineProperties(key, {
          asymmetricKeyType: { value: type },
          asymmetricKeyDetails: { value: undefined },
        });
      },
    },
    'that makes no public key of a private one': {
      createPublicKey(options) {
        if (options.type === 'private') throw new TypeError('The "key" must be of another type');
        return nodeCrypto.createPublicKey(options);
      },
    },
    'whose AES-GCM gives whole blocks, and the rest at the end': {
      createCipheriv: (...args) => inBlocks(nodeCrypto.createCipheriv(...args)),
      createDecipheriv: (...args) => inBlocks(nodeCrypto.createDecipheriv(...args)),
    },
  })) {
    test(`a crypto ${what}: WebCrypto or the core instead`, async () => {
      const own = { ...nodeCrypto, ...changes };
      await works(host('index', withNode(own)));
      await works(host('items', withNode(own)));
    });
  }

  for (const [what, again] of [
    ['fails', () => assert.fail('it takes one piece')],
    ['gives something else', (bytes) => Buffer.alloc(bytes.length)],
  ]) {
    test(`an AES-GCM whose second piece ${what}: long frames, too, go elsewhere`, async () => {
      const once = (cipher) => {
        const { update } = cipher;
        cipher.update = (bytes) => {
          cipher.update = again;
          return update.call(cipher, bytes);
        };
        return cipher;
      };
      const own = {
        ...nodeCrypto,
        createCipheriv: (...args) => once(nodeCrypto.createCipheriv(...args)),
        createDecipheriv: (...args) => once(nodeCrypto.createDecipheriv(...args)),
      };
      const plaintext = new Uint8Array(200_000).fill(7);
      // What one seals the other opens: wrong both times is not right.
      const all = [host('index', withNode(own)), host('index')].map(({ fieldseal }) => {
        const { EncryptionClient, rawAesKeyring } = fieldseal;
        const key = { keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32) };
        return { client: new EncryptionClient(), keyring: rawAesKeyring(key) };
      });
      for (const [from, to] of [all, all.toReversed()]) {
        const options = { keyring: from.keyring, frameLength: 200_000 };
        const { ciphertext } = await from.client.encrypt(plaintext, options);
        const opened = await to.client.decrypt(ciphertext, { keyring: to.keyring });
        assert.ok(Buffer.from(opened.plaintext).equals(plaintext));
      }
    });
  }

  test('no AES-GCM with keys of 192 bits (Deno)', async () => {
    const without =
      (name) =>
      (cipher, ...more) => {
        if (cipher === 'aes-192-gcm') throw new Error('Unknown cipher');
        return nodeCrypto[name](cipher, ...more);
      };
    const own = {
      ...nodeCrypto,
      createCipheriv: without('createCipheriv'),
      createDecipheriv: without('createDecipheriv'),
    };
    await works(host('index', withNode(own)));
  });

  test('an AES-GCM that opens what was changed', async () => {
    const createDecipheriv = (...args) => {
      const decipher = nodeCrypto.createDecipheriv(...args);
      decipher.final = () => Buffer.alloc(0);
      return decipher;
    };
    await works(host('index', withNode({ ...nodeCrypto, createDecipheriv })));
  });
});

describe('WebCrypto', () => {
  const { subtle } = crypto;
  /** WebCrypto with other functions. */
  const withSubtle = (changes) => (context) => {
    const own = new Proxy(subtle, {
      get: (_, name) => changes[name] ?? subtle[name].bind(subtle),
    });
    const getRandomValues = (bytes) => crypto.getRandomValues(bytes);
    context.crypto = { subtle: own, getRandomValues };
  };

  test('no AES-GCM with keys of 192 bits (Chromium)', async () => {
    const importKey = async (format, bytes, algorithm, ...more) => {
      if (algorithm === 'AES-GCM' && bytes.length === 24) throw new Error('not supported');
      return subtle.importKey(format, bytes, algorithm, ...more);
    };
    await works(host('index', withSubtle({ importKey })));
  });

  for (const [what, verify] of [
    ['everything', async () => true],
    ['nothing', async () => false],
    ['no call', undefined],
  ]) {
    test(`a verify that takes ${what}: the core instead`, async () => {
      const fails = async () => {
        throw new TypeError('not here');
      };
      const loaded = host('index', withSubtle({ verify: verify ?? fails }));
      await works(loaded);
    });
  }

  test('RSA-OAEP that drops leading zeros (WebKit)', async () => {
    const decrypt = async (algorithm, key, bytes) => {
      const opened = new Uint8Array(await subtle.decrypt(algorithm, key, bytes));
      const start = algorithm.name === 'RSA-OAEP' ? opened.findIndex((byte) => byte !== 0) : 0;
      return opened.slice(start).buffer;
    };
    const loaded = host('index', withSubtle({ decrypt }));
    // The next data key begins with zeros.
    loaded.context.crypto.getRandomValues = (bytes) => crypto.getRandomValues(bytes).fill(0, 0, 3);
    const names = { keyNamespace: 'n', keyName: 'k', paddingScheme: 'OAEP_SHA256_MGF1' };
    const { publicKey, privateKey } = fixtures.rsa;
    const items = encryptorIn(
      loaded,
      loaded.fieldseal.rawRsaKeyring({ ...names, publicKey, privateKey }),
    );
    for (let i = 0; i < 3; i++) {
      const { item } = await items.encryptItem(suite.RECORD);
      assert.equal((await items.decryptItem(item)).item.id.S, 'c-1');
    }
  });

  test('a failure for a moment: the next work asks again', async () => {
    let failures = 1;
    const importKey = async (format, bytes, algorithm, ...more) => {
      if (algorithm.name === 'ECDSA' && failures-- > 0) throw new Error('no memory');
      return subtle.importKey(format, bytes, algorithm, ...more);
    };
    const loaded = host('items', withSubtle({ importKey }));
    const items = encryptorIn(loaded);
    const { item } = await items.encryptItem(suite.RECORD);
    const error = await refusal(loaded, () => items.decryptItem(item));
    assert.equal(error.code, 'UNSUPPORTED');
    assert.equal((await items.decryptItem(item)).item.id.S, 'c-1');
  });

  test('a private key that is not imported for a moment: the next call tries it again', async () => {
    let failures = 0;
    const keys = [];
    const importKey = async (format, bytes, ...more) => {
      if (format === 'pkcs8') keys.push(bytes);
      if (format === 'pkcs8' && failures-- > 0) throw new Error('no memory');
      return subtle.importKey(format, bytes, ...more);
    };
    const loaded = host('index', withSubtle({ importKey }));
    const { publicKey, privateKey } = fixtures.rsa;
    const names = { keyNamespace: 'n', keyName: 'k', paddingScheme: 'OAEP_SHA256_MGF1' };
    const keyring = loaded.fieldseal.rawRsaKeyring({ ...names, publicKey, privateKey });
    const items = encryptorIn(loaded, keyring);
    const { item } = await items.encryptItem(suite.RECORD);
    failures = 2;
    for (let i = 0; i < 2; i++) {
      const error = await refusal(loaded, () => items.decryptItem(item));
      assert.equal(error.code, 'NO_KEYRING_OPENED');
    }
    assert.equal((await items.decryptItem(item)).item.id.S, 'c-1');
    assert.equal((await items.decryptItem(item)).item.id.S, 'c-1');
    // Imported once and for all; then its bytes are wiped.
    assert.equal(keys.length, 3);
    assert.ok(keys.every((bytes) => bytes.every((byte) => byte === 0)));
  });

  test('AES-GCM that fails later: the host’s failure, and no opening of what was changed', async () => {
    let sealed = 0;
    const encrypt = async (...args) => {
      if (sealed++ > 0) throw new Error('no memory');
      return subtle.encrypt(...args);
    };
    const loaded = host('index', withSubtle({ encrypt }));
    const { EncryptionClient, rawAesKeyring } = loaded.fieldseal;
    const key = { keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32) };
    const keyring = rawAesKeyring(key);
    const error = await refusal(loaded, () =>
      new EncryptionClient().encrypt(new Uint8Array(50_000), { keyring }),
    );
    assert.ok(error instanceof loaded.fieldseal.HostError, `${error.name}: ${error.message}`);
    assert.ok(sealed > 1);
  });

  test('none on a page that is not served over https: an error says so', async () => {
    const change = (context) => {
      context.crypto = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
    };
    const loaded = host('index', change);
    const { passed, failed } = await loaded.runSuite(loaded.fieldseal, fixtures);
    // All that needs a private key, and nothing else. Copied, for they are of another realm.
    assert.deepEqual(
      Array.from(failed, ({ name }) => name.replace(/(SHA-|on P).*/, '$1')),
      [
        ...Array(4).fill('an RSA public key, offline, OAEP with SHA-'),
        ...Array(3).fill('ECDH on P'),
      ],
    );
    for (const { name, error } of failed) {
      assert.match(error, /UnsupportedError \[UNSUPPORTED\].*WebCrypto.*HTTPS/i, name);
    }
    assert.ok(passed.length >= 20);
  });
});

describe('WebAssembly', () => {
  const noWasm = { codeGeneration: { wasm: false, strings: true } };

  test('none (React Native): the package loads, and an error says so', async () => {
    const loaded = host('index', (context) =>
      vm.runInContext('delete globalThis.WebAssembly', context),
    );
    const error = await refusal(loaded, () => encryptorIn(loaded));
    assert.equal(error.code, 'UNSUPPORTED');
    assert.match(error.message, /without WebAssembly/);
  });

  for (const entry of ['index', 'items']) {
    test(`a policy that lets nothing be compiled, ${entry}: an error names the directive`, async () => {
      const loaded = host(entry, undefined, noWasm);
      const error = await refusal(loaded, () => encryptorIn(loaded));
      assert.equal(error.code, 'UNSUPPORTED');
      assert.match(error.message, /'wasm-unsafe-eval'/);
      assert.ok(error.cause);
    });
  }

  test('the same with a slim entry: from bytes refused, from a module it works', async () => {
    for (const [entry, file] of [
      ['slim', 'core.wasm'],
      ['items-slim', 'items.wasm'],
    ]) {
      const loaded = host(entry, undefined, noWasm);
      const error = await refusal(loaded, () => loaded.fieldseal.init(bytesOf(file)));
      assert.equal(error.code, 'UNSUPPORTED');
      assert.match(error.message, /'wasm-unsafe-eval'/);
      await loaded.fieldseal.init(new WebAssembly.Module(bytesOf(file)));
      await works(loaded);
    }
  });

  /** Chromium up to 114, on a page's main thread. */
  const nothingLarge = (context) => {
    const small = new WeakSet();
    context.make = (name, Class, given, more) => {
      const isSmall = name === 'Module' ? given.byteLength <= 4096 : small.has(given);
      if (!isSmall) throw new RangeError(`WebAssembly.${name} is disallowed on the main thread`);
      const made = new Class(given, ...more);
      small.add(made);
      return made;
    };
    vm.runInContext(
      `for (const name of ['Module', 'Instance']) {
        WebAssembly[name] = new Proxy(WebAssembly[name], {
          construct: (Class, [given, ...more]) => make(name, Class, given, more),
        });
      }`,
      context,
    );
  };

  test('nothing large is compiled at once (Chromium up to 114): an error names the way', async () => {
    const loaded = host('index', nothingLarge);
    const error = await refusal(loaded, () => encryptorIn(loaded));
    assert.equal(error.code, 'UNSUPPORTED');
    assert.match(error.message, /fieldseal\/slim.*init/);
  });

  for (const [what, given] of [
    ['bytes', (file) => bytesOf(file)],
    ['a response', async (file) => new Response(bytesOf(file))],
    ['a module', (file) => new WebAssembly.Module(bytesOf(file))],
  ]) {
    test(`the same with a slim entry and ${what}: all works`, async () => {
      for (const [entry, file] of [
        ['slim', 'core.wasm'],
        ['items-slim', 'items.wasm'],
      ]) {
        const loaded = host(entry, nothingLarge);
        const error = await refusal(loaded, () => encryptorIn(loaded));
        assert.equal(error.code, 'NOT_INITIALIZED');
        assert.match(error.message, /init/);
        await loaded.fieldseal.init(given(file));
        await works(loaded);
      }
    });
  }

  test('the same after an instance was replaced', async () => {
    const loaded = host('slim', nothingLarge);
    await loaded.fieldseal.init(bytesOf('core.wasm'));
    const items = encryptorIn(loaded);
    for (let i = 0; i < 3; i++) {
      const large = Array.from({ length: 3 }, () => ({
        ...suite.RECORD,
        photo: { B: new Uint8Array(30 << 20) },
      }));
      assert.equal((await items.encryptItems(large)).length, 3);
      const { item } = await items.encryptItem(suite.RECORD);
      assert.equal((await items.decryptItem(item)).item.id.S, 'c-1');
    }
  });

  test('the same after the next instance could not be made once', async () => {
    const loaded = host('slim', nothingLarge);
    await loaded.fieldseal.init(bytesOf('core.wasm'));
    const wasm = vm.runInContext('WebAssembly', loaded.context);
    const { instantiate } = wasm;
    wasm.instantiate = async () => {
      throw new RangeError('out of memory');
    };
    const items = encryptorIn(loaded);
    await new Promise(setImmediate);
    let next;
    wasm.instantiate = (...given) => (next = instantiate(...given));
    const spent = vm.runInContext(
      "() => { throw new RangeError('no stack left') }",
      loaded.context,
    );
    assert.throws(() => loaded.core().read(spent), { code: 'INTERNAL' });
    const error = await refusal(loaded, () => items.encryptItem(suite.RECORD));
    assert.equal(error.code, 'UNSUPPORTED');
    await next;
    await new Promise(setImmediate);
    const { item } = await items.encryptItem(suite.RECORD);
    assert.equal((await items.decryptItem(item)).item.id.S, 'c-1');
  });

  test('the file of another version: an error names it', async () => {
    const loaded = host('slim');
    // It exports what a core does, and imports what this version does not have.
    const of = (text) => [text.length, ...new TextEncoder().encode(text)];
    const section = (id, ...bytes) => [id, bytes.length, ...bytes];
    const functions = ['reserve_input', 'encrypt_message'].flatMap((name) => [...of(name), 0, 0]);
    const module = Uint8Array.from([
      ...[0, 97, 115, 109, 1, 0, 0, 0],
      ...section(1, 1, 0x60, 0, 0),
      ...section(2, 1, ...of('./fieldseal_bg.js'), ...of('gone'), 0, 0),
      ...section(7, 2, ...functions),
    ]);
    const error = await refusal(loaded, () => loaded.fieldseal.init(module));
    assert.equal(error.code, 'INVALID_ARGUMENT');
    assert.match(error.message, /another version.*core\.wasm/);
  });

  test('the file of a version that lacks a function: an error names it', async () => {
    const loaded = host('slim');
    const module = Buffer.from(bytesOf('core.wasm'));
    const at = module.indexOf('set_host_crypto');
    assert.ok(at > 0);
    module.write('set_h0st_crypt0', at);
    const error = await refusal(loaded, () => loaded.fieldseal.init(new Uint8Array(module)));
    assert.equal(error.code, 'INVALID_ARGUMENT');
    assert.match(error.message, /another version.*core\.wasm/);
  });
});

describe('what else a host may lack', () => {
  test('FinalizationRegistry and WeakRef', async () => {
    const change = (context) =>
      vm.runInContext('delete globalThis.FinalizationRegistry; delete globalThis.WeakRef', context);
    await works(host('index', change));
  });

  test('encoders while the package loads (jsdom), there later', async () => {
    const loaded = host('index', (context) => {
      delete context.TextDecoder;
      delete context.TextEncoder;
    });
    Object.assign(loaded.context, { TextDecoder, TextEncoder });
    await works(loaded);
  });

  test('everything but the language while the package loads', () => {
    for (const entry of scripts.keys()) {
      const loaded = host(entry, (context) => {
        for (const name of Object.keys(GLOBALS)) delete context[name];
      });
      assert.equal(typeof loaded.fieldseal.ItemEncryptor, 'function');
    }
  });
});

describe('requests', () => {
  const client = ({ fieldseal: { KmsClient } }, more) => {
    const { keyId, ...options } = fixtures.kms;
    return new KmsClient({ ...options, maxAttempts: 1, ...more });
  };
  const dataKey = () => ({ keyId: fixtures.kms.keyId, keySpec: 'AES_256' });

  test('a fetch that knows no redirect but follow and manual (workerd)', async () => {
    const own = (url, init) => {
      if (!['follow', 'manual'].includes(init.redirect)) throw new TypeError('Invalid redirect');
      return fetch(url, init);
    };
    await works(host('index', (context) => (context.fetch = own)));
  });

  test('a fetch that refuses to be told about caches (workerd before 2024-11-11)', async () => {
    const own = (url, init) => {
      if ('cache' in init) throw new Error("The 'cache' field is not implemented");
      return fetch(url, init);
    };
    const change = (context) => Object.assign(context, { fetch: own, Request: class {} });
    await works(host('index', change));
  });

  for (const [what, response] of [
    [
      'a page’s',
      () => ({
        type: 'opaqueredirect',
        status: 0,
        headers: [],
        body: null,
        arrayBuffer: async () => new ArrayBuffer(0),
      }),
    ],
    [
      'a server’s',
      () => new Response(null, { status: 307, headers: { location: 'https://x.example' } }),
    ],
    [
      'one whose body cannot be cancelled',
      () => {
        const cancel = async () => {
          throw new Error('it is locked');
        };
        return new Response(new ReadableStream({ cancel }), { status: 307 });
      },
    ],
  ]) {
    test(`what a redirect yields, ${what}, is refused`, async () => {
      let asked = 0;
      const own = async () => {
        asked += 1;
        return response();
      };
      const loaded = host('index');
      const error = await refusal(loaded, () =>
        client(loaded, { fetch: own }).generateDataKey(dataKey()),
      );
      assert.match(error.message, /redirect/);
      assert.equal(asked, 1);
    });
  }

  test('a fetch that replaced the global one later (MSW)', async () => {
    const loaded = host('index');
    const kms = client(loaded);
    let asked = 0;
    loaded.context.fetch = (...args) => {
      asked += 1;
      return fetch(...args);
    };
    await kms.generateDataKey(dataKey());
    assert.equal(asked, 1);
  });

  test('no fetch: an error says so', async () => {
    const loaded = host('index', (context) => delete context.fetch);
    const error = await refusal(loaded, () => client(loaded).generateDataKey(dataKey()));
    assert.match(error.message, /fetch/);
  });
});
