// Keyrings of functions that the caller wrote: the same bytes as the core's own keyrings, what such functions do wrong, and
// what becomes of the keys that they were handed.

import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';

import * as items from '../../pkg/entrypoints/items.js';
import { core } from '../../pkg/core/core.js';
import {
  EncryptionClient,
  ItemEncryptor,
  KmsClient,
  UsageError,
  awsKmsKeyring,
  cachingCmm,
  customKeyring,
  localCache,
  multiKeyring,
  rawAesKeyring,
  requiredEncryptionContextCmm,
} from '../../pkg/entrypoints/index.js';

const NAMESPACE = 'people';
const NAME = Buffer.from('key-1');
const WRAPPING_KEY = Buffer.alloc(32, 9);

/** The encryption context as the formats write it, made from the description and not from the code. */
function serialized(context) {
  const keys = Object.keys(context).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  if (keys.length === 0) return Buffer.alloc(0);
  const u16 = (n) => Buffer.from([n >> 8, n & 255]);
  const texts = keys.flatMap((key) => [Buffer.from(key), Buffer.from(context[key])]);
  return Buffer.concat([u16(keys.length), ...texts.flatMap((t) => [u16(t.length), t])]);
}

/** Functions that wrap as the raw AES keyring does. */
function rawAesFunctions(changes = {}) {
  const sizes = Buffer.from([0, 0, 0, 128, 0, 0, 0, 12]);
  return {
    providerId: NAMESPACE,
    async onEncrypt({ dataKey, encryptionContext }) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', WRAPPING_KEY, iv);
      cipher.setAAD(serialized(encryptionContext));
      const body = Buffer.concat([cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
      return { providerInfo: Buffer.concat([NAME, sizes, iv]), ciphertext: body };
    },
    async onDecrypt({ encryptedDataKey: { providerInfo, ciphertext }, encryptionContext }) {
      if (!Buffer.from(providerInfo).subarray(0, -20).equals(NAME)) return undefined;
      const iv = providerInfo.slice(-12);
      const cipher = createDecipheriv('aes-256-gcm', WRAPPING_KEY, iv);
      cipher.setAAD(serialized(encryptionContext)).setAuthTag(ciphertext.slice(-16));
      return Buffer.concat([cipher.update(ciphertext.slice(0, -16)), cipher.final()]);
    },
    ...changes,
  };
}

const rawAes = (keyName = NAME.toString(), fill = 9) =>
  rawAesKeyring({ keyNamespace: NAMESPACE, keyName, wrappingKey: Buffer.alloc(32, fill) });
const custom = (changes) => customKeyring(rawAesFunctions(changes));

const client = new EncryptionClient();
const encryptor = (materials, options = {}) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    ...(materials.cmm ? materials : { keyring: materials }),
    ...options,
  });
const ITEM = { id: { S: '1' }, secret: { S: 'quiet' } };
const MESSAGE = Buffer.from('quiet');

/** Seals and opens with these keyrings, in each format and with suites that sign and do not. */
const FORMATS = {
  ...Object.fromEntries(
    ['6700', '6701'].map((algorithmSuite) => [
      `items ${algorithmSuite}`,
      async (seals, opens, change = (item) => item) => {
        const { item } = await encryptor(seals, { algorithmSuite }).encryptItem(ITEM);
        const opened = await encryptor(opens, { algorithmSuite }).decryptItem(change(item));
        assert.deepEqual(opened.item, ITEM);
      },
    ]),
  ),
  ...Object.fromEntries(
    ['0478', '0578'].map((algorithmSuite) => [
      `messages ${algorithmSuite}`,
      async (seals, opens) => {
        const encryptionContext = { 'tenant é': 'a', '\uff61': '1', '\u{10002}': '2' };
        const sealed = await client.encrypt(MESSAGE, {
          keyring: seals,
          algorithmSuite,
          encryptionContext,
        });
        const { plaintext } = await client.decrypt(sealed.ciphertext, { keyring: opens });
        assert.deepEqual(Buffer.from(plaintext), MESSAGE);
      },
    ]),
  ),
};

for (const [format, roundtrip] of Object.entries(FORMATS)) {
  describe(format, () => {
    test('what a custom keyring wraps as the raw AES keyring does, that opens', () =>
      roundtrip(custom(), rawAes()));
    test('what the raw AES keyring wraps, a custom one opens', () => roundtrip(rawAes(), custom()));
    test('a custom keyring opens its own', () => roundtrip(custom(), custom()));
    test('as the generator of a multi-keyring and as its child', async () => {
      for (const mixed of [
        multiKeyring({ generator: custom(), children: [rawAes('other', 1)] }),
        multiKeyring({ generator: rawAes('other', 1), children: [custom()] }),
      ]) {
        await roundtrip(mixed, custom());
        await roundtrip(mixed, rawAes('other', 1));
        await roundtrip(custom(), mixed);
      }
    });
    test('a key of another name is not mine, one that does not verify is refused', async () => {
      const other = rawAes('another');
      const notMine = await rejected(roundtrip(other, custom()), 'NO_KEYRING_OPENED');
      assert.deepEqual(
        notMine.reasons.map(({ code }) => code),
        ['KEYRING_NOT_MINE'],
      );
      assert.match(notMine.reasons[0].message, /another/);
      const refused = await rejected(
        roundtrip(rawAes(undefined, 1), custom()),
        'NO_KEYRING_OPENED',
      );
      assert.deepEqual(
        refused.reasons.map(({ code }) => code),
        ['KEYRING_CANNOT'],
      );
      assert.match(refused.reasons[0].message, /onDecrypt of keyring 'people' failed: .*auth/i);
    });
  });
}

async function rejected(work, code, message = /(?:)/) {
  let error;
  await work.catch((thrown) => (error = thrown));
  assert.equal(error?.code, code, error?.stack);
  assert.match(error.message, message);
  return error;
}

test('functions are told everything, in the form that is documented', async () => {
  const seen = {};
  const record = (name) => async (request, options) => {
    const { dataKey, ...others } = request;
    seen[name] = { ...others, options, names: Object.keys(request).sort() };
    return rawAesFunctions()[name](request, options);
  };
  const keyring = custom({ onEncrypt: record('onEncrypt'), onDecrypt: record('onDecrypt') });
  const encryptionContext = { b: '2', a: '1' };
  const { ciphertext } = await client.encrypt(MESSAGE, {
    keyring,
    encryptionContext,
    algorithmSuite: '0578',
  });
  await client.decrypt(ciphertext, { keyring });
  const common = ['aad', 'encryptionContext', 'keyLength', 'suite'];
  assert.deepEqual(seen.onEncrypt.names, [...common, 'dataKey'].sort());
  assert.deepEqual(seen.onDecrypt.names, [...common, 'encryptedDataKey'].sort());
  for (const { suite, keyLength, aad, encryptionContext: full, options } of Object.values(seen)) {
    assert.deepEqual([suite, keyLength], ['0578', 32]);
    const { 'aws-crypto-public-key': publicKey, ...others } = full;
    assert.deepEqual([typeof publicKey, others], ['string', encryptionContext]);
    assert.deepEqual(Buffer.from(aad), serialized(full));
    assert.deepEqual([Object.keys(options), options.signal.aborted], [['signal'], false]);
  }
  const legacy = new EncryptionClient({ commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' });
  await legacy.encrypt(MESSAGE, { keyring, algorithmSuite: '0114' });
  assert.deepEqual([seen.onEncrypt.suite, seen.onEncrypt.keyLength], ['0114', 16]);
});

describe('onGenerate', () => {
  const generating = (changes) =>
    custom({
      async onGenerate({ keyLength, encryptionContext }) {
        const dataKey = randomBytes(keyLength);
        const wrapped = await rawAesFunctions().onEncrypt({ dataKey, encryptionContext });
        return { dataKey, ...wrapped };
      },
      ...changes,
    });
  const never = { onEncrypt: () => assert.fail('there was no data key yet') };

  for (const [format, roundtrip] of Object.entries(FORMATS)) {
    test(`makes the data key: ${format}`, () => roundtrip(generating(never), rawAes()));
    test(`as a generator, and its child wraps the same key: ${format}`, async () => {
      const generator = generating(never);
      const mixed = multiKeyring({ generator, children: [rawAes('other', 1)] });
      await roundtrip(mixed, rawAes('other', 1));
    });
    test(`is not asked where there is a data key: ${format}`, async () => {
      const onGenerate = () => assert.fail('there is a data key');
      const child = generating({ onGenerate });
      await roundtrip(multiKeyring({ generator: rawAes('a', 1), children: [child] }), rawAes());
    });
  }

  const wrapped = { providerInfo: new Uint8Array(), ciphertext: new Uint8Array(3) };
  const CASES = {
    'no data key': [() => wrapped, /dataKey must be a Uint8Array, not undefined/],
    'a short data key': [
      () => ({ ...wrapped, dataKey: Buffer.alloc(16) }),
      /dataKey has 16 bytes, not 32/,
    ],
    'a string': [
      () => ({ ...wrapped, dataKey: 'k'.repeat(32) }),
      /dataKey must be .* not a string/,
    ],
    'the data key alone': [() => Buffer.alloc(32), /what it returned must be an object/],
  };
  for (const [what, [onGenerate, message]] of Object.entries(CASES)) {
    test(`refused: ${what}`, async () => {
      const keyring = generating({ onGenerate });
      const failed = /^onGenerate of keyring 'people' failed: /;
      for (const work of [
        client.encrypt(MESSAGE, { keyring }),
        encryptor(keyring).encryptItem(ITEM),
      ]) {
        const error = await rejected(work, 'KEYRING_CANNOT', message);
        assert.match(error.message, failed);
      }
    });
  }
});

const bytes = (length, fill = 1) => new Uint8Array(length).fill(fill);
const key = { providerInfo: bytes(1), ciphertext: bytes(1) };

describe('what onEncrypt does wrong is said', () => {
  const CASES = {
    'throws at once': [
      () => {
        throw new Error('no such slot');
      },
      /failed: no such slot/,
    ],
    rejects: [() => Promise.reject(new Error('the token is locked')), /the token is locked/],
    'rejects with a string': [() => Promise.reject('locked'), /failed: locked/],
    'throws bytes': [() => Promise.reject(bytes(32, 77)), /it threw an instance of Uint8Array/],
    'throws nothing': [() => Promise.reject(), /it threw undefined/],
    'an error without a message': [
      () => Promise.reject(Object.assign(new Error(), { message: {} })),
      /the provider failed/,
    ],
    'returns nothing': [() => {}, /what it returned must be an object, not undefined/],
    'returns null': [() => null, /what it returned must be an object, not null/],
    'returns bytes': [() => bytes(48), /must be an object, not an instance of Uint8Array/],
    'returns 65,536 wrapped keys': [
      () => Array(65_536).fill(key),
      /must be an object, not an array/,
    ],
    'forgets the provider info': [
      () => ({ ciphertext: bytes(1) }),
      /providerInfo must be a Uint8Array, not undefined/,
    ],
    'forgets the ciphertext': [
      () => ({ providerInfo: bytes(1) }),
      /ciphertext must be a Uint8Array/,
    ],
    'a string for the provider info': [
      () => ({ ...key, providerInfo: 'key-1' }),
      /providerInfo must be a Uint8Array, not a string/,
    ],
    'a string for the ciphertext': [() => ({ ...key, ciphertext: 'AAAA' }), /not a string/],
    'an array of numbers': [() => ({ ...key, ciphertext: [1, 2, 3] }), /not an array/],
    'a field of another name': [
      () => ({ ...key, keyProviderInfo: bytes(1) }),
      /'keyProviderInfo' is not known; did you mean 'providerInfo'/,
    ],
    'the data key, although it was given': [
      () => ({ ...key, dataKey: bytes(32) }),
      /'dataKey' is not known/,
    ],
    'no ciphertext': [() => ({ ...key, ciphertext: bytes(0) }), /wrapped a key into no bytes/],
    'too much provider info': [
      () => ({ ...key, providerInfo: bytes(65_536) }),
      /providerInfo has 65536 bytes, more than 65535/,
    ],
    'too much ciphertext': [
      () => ({ ...key, ciphertext: bytes(1 << 24) }),
      /ciphertext has 16777216 bytes/,
    ],
    'detached bytes': [
      () => {
        const { buffer } = bytes(8);
        const ciphertext = new Uint8Array(buffer);
        structuredClone(buffer, { transfer: [buffer] });
        return { ...key, ciphertext };
      },
      /detached/,
    ],
    'a getter that throws': [
      () =>
        Object.defineProperty({ ...key }, 'ciphertext', {
          get: () => assert.fail('gone'),
          enumerable: true,
        }),
      /failed: gone/,
    ],
  };
  for (const [what, [onEncrypt, message]] of Object.entries(CASES)) {
    test(what, async () => {
      const keyring = custom({ onEncrypt });
      for (const work of [
        client.encrypt(MESSAGE, { keyring }),
        encryptor(keyring).encryptItem(ITEM),
      ]) {
        const error = await rejected(work, 'KEYRING_CANNOT', message);
        assert.ok(error instanceof UsageError);
        assert.match(error.message, /people/);
        assert.match(error.next, /function/);
      }
    });
  }

  test('the longest fields that the formats hold, and one byte more', async () => {
    const sealing = (ciphertext, providerInfo = 65_535) =>
      custom({
        onEncrypt: () => ({ providerInfo: bytes(providerInfo), ciphertext: bytes(ciphertext) }),
      });
    const message = (n) => client.encrypt(MESSAGE, { keyring: sealing(n) });
    const item = (n) => encryptor(sealing(n)).encryptItem(ITEM);
    await message(65_535);
    await item(65_487);
    const error = await rejected(item(65_488), 'LIMIT_EXCEEDED', /65536/);
    assert.match(error.message, /encrypted data key/);
  });
});

describe('what onDecrypt does wrong is a reason', () => {
  const CASES = {
    'throws at once': [
      () => {
        throw new Error('no such slot');
      },
      'KEYRING_CANNOT',
      /onDecrypt of keyring 'people' failed: no such slot/,
    ],
    rejects: [() => Promise.reject(new Error('the token is locked')), 'KEYRING_CANNOT', /locked/],
    'a long message with control characters': [
      () => Promise.reject(new Error(`\u001b[31m${'x'.repeat(5000)}`)),
      'KEYRING_CANNOT',
      /^(?=.{900,1100}$)[^\u001b]*\\u\{1b\}\[31mx+…\. Correct [^x]+$/,
    ],
    'returns null': [() => null, 'KEYRING_CANNOT', /the key must be a Uint8Array, not null/],
    'returns a string': [() => 'k'.repeat(32), 'KEYRING_CANNOT', /not a string/],
    'returns an object': [() => ({ dataKey: bytes(32) }), 'KEYRING_CANNOT', /not an object/],
    'returns nothing but a length': [() => ({ length: 32 }), 'KEYRING_CANNOT', /not an object/],
    'returns a short key': [() => bytes(16), 'KEYRING_CANNOT', /the key has 16 bytes, not 32/],
    'returns no bytes': [() => bytes(0), 'KEYRING_CANNOT', /the key has 0 bytes, not 32/],
    'returns a long key': [() => bytes(1 << 24), 'KEYRING_CANNOT', /the key has 16777216 bytes/],
    'says that it is not its own': [() => undefined, 'KEYRING_NOT_MINE', /keyring 'people'/],
  };
  for (const [what, [onDecrypt, code, message]] of Object.entries(CASES)) {
    test(what, async () => {
      const { item } = await encryptor(rawAes()).encryptItem(ITEM);
      const { ciphertext } = await client.encrypt(MESSAGE, { keyring: rawAes() });
      const keyring = custom({ onDecrypt });
      for (const work of [
        client.decrypt(ciphertext, { keyring }),
        encryptor(keyring).decryptItem(item),
      ]) {
        const { reasons } = await rejected(work, 'NO_KEYRING_OPENED');
        assert.deepEqual(
          reasons.map((reason) => reason.code),
          [code],
        );
        assert.match(reasons[0].message, message);
      }
      // Others are tried, before it and after it.
      const both = multiKeyring({ children: [keyring, rawAes()] });
      assert.deepEqual((await encryptor(both).decryptItem(item)).item, ITEM);
      assert.deepEqual(
        Buffer.from((await client.decrypt(ciphertext, { keyring: both })).plaintext),
        MESSAGE,
      );
    });
  }

  test('another key of the right length opens no item and no message', async () => {
    const { item } = await encryptor(rawAes()).encryptItem(ITEM);
    const { ciphertext } = await client.encrypt(MESSAGE, { keyring: rawAes() });
    const keyring = custom({ onDecrypt: () => bytes(32) });
    const { reasons } = await rejected(encryptor(keyring).decryptItem(item), 'NO_KEYRING_OPENED');
    assert.equal(reasons[0].code, 'WRAPPED_KEY_MISMATCH');
    await rejected(client.decrypt(ciphertext, { keyring }), 'COMMITMENT_MISMATCH');
  });

  test('is asked for keys of its own provider id only, one after the other, until one opens', async () => {
    const asked = [];
    const onDecrypt = async (request, options) => {
      asked.push(Buffer.from(request.encryptedDataKey.providerInfo.slice(0, -20)).toString());
      return rawAesFunctions().onDecrypt(request, options);
    };
    const foreign = rawAesKeyring({ keyNamespace: 'places', keyName: 'x', wrappingKey: bytes(32) });
    const generator = multiKeyring({
      generator: foreign,
      children: [rawAes('a', 1), rawAes(), rawAes('b', 2)],
    });
    const { ciphertext } = await client.encrypt(MESSAGE, { keyring: generator });
    await client.decrypt(ciphertext, { keyring: custom({ onDecrypt }) });
    assert.deepEqual(asked, ['a', 'key-1']);
  });
});

test('what functions change in what they were given has no effect', async () => {
  const spoil = (name) => async (request, options) => {
    const result = await rawAesFunctions()[name](request, options);
    request.dataKey?.fill(0);
    request.encryptedDataKey?.ciphertext.fill(0);
    request.aad.fill(0);
    for (const field of Object.keys(request)) delete request[field];
    request.keyLength = 1;
    return result;
  };
  const keyring = custom({ onEncrypt: spoil('onEncrypt'), onDecrypt: spoil('onDecrypt') });
  for (const roundtrip of Object.values(FORMATS)) {
    await roundtrip(keyring, rawAes());
    await roundtrip(rawAes(), keyring);
    await roundtrip(keyring, keyring);
  }
});

test('keys are wiped in JavaScript, too, as soon as they were read', async () => {
  const keys = [];
  const keep = (name) => async (request, options) => {
    const result = await rawAesFunctions()[name](request, options);
    const kept = request.dataKey ?? result;
    assert.ok(kept.some((byte) => byte !== 0));
    keys.push(kept);
    return result;
  };
  const onGenerate = async ({ keyLength, encryptionContext }) => {
    const dataKey = randomBytes(keyLength);
    keys.push(dataKey);
    return { dataKey, ...(await rawAesFunctions().onEncrypt({ dataKey, encryptionContext })) };
  };
  const keyring = custom({ onEncrypt: keep('onEncrypt'), onDecrypt: keep('onDecrypt') });
  for (const roundtrip of Object.values(FORMATS)) {
    await roundtrip(keyring, keyring);
    await roundtrip(custom({ onGenerate }), rawAes());
  }
  let failing;
  const onEncrypt = ({ dataKey }) => Promise.reject(((failing = dataKey), new Error('no')));
  await rejected(client.encrypt(MESSAGE, { keyring: custom({ onEncrypt }) }), 'KEYRING_CANNOT');
  keys.push(failing);
  assert.equal(keys.length, 3 * Object.keys(FORMATS).length + 1);
  for (const bytes of keys) assert.ok(bytes.every((byte) => byte === 0));
});

/** Every array of bytes that is made in JavaScript while `work` is done, but for views of linear memory. */
async function bytesMadeBy(work) {
  const made = [];
  const own = globalThis.Uint8Array;
  globalThis.Uint8Array = new Proxy(own, {
    construct(target, args, Class) {
      const array = Reflect.construct(target, args, Class === globalThis.Uint8Array ? own : Class);
      made.push(array);
      return array;
    },
  });
  try {
    await work();
  } finally {
    globalThis.Uint8Array = own;
  }
  return made.filter(({ buffer }) => buffer !== core().memory.buffer);
}

describe('what was withdrawn before it was served is wiped: the first of three ends them all', () => {
  const list = ['1', '2', '3'].map((id) => ({ ...ITEM, id: { S: id } }));
  async function ended(keyringOf) {
    const controller = new AbortController();
    let asked = 0;
    const keyring = keyringOf(() => {
      asked++;
      controller.abort(new Error('no longer wanted'));
      return new Promise(() => {});
    });
    const made = await bytesMadeBy(async () => {
      const { signal } = controller;
      const work = encryptor(keyring).encryptItems(list, { signal });
      await assert.rejects(work, /no longer wanted/);
      await new Promise(setImmediate);
    });
    assert.equal(asked, 1);
    return made;
  }

  test('keys for functions', async () => {
    const made = await ended((onEncrypt) => custom({ onEncrypt }));
    const keys = made.filter(({ length }) => length === 32);
    assert.ok(keys.length >= 3);
    assert.ok(keys.every((key) => key.every((byte) => byte === 0)));
  });

  test('requests with keys in them', async () => {
    const arn = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const made = await ended((fetch) => {
      const kms = new KmsClient({ endpoint: 'http://localhost/', fetch });
      const child = awsKmsKeyring({ kms, keyIds: [arn] });
      return multiKeyring({ generator: rawAes(), children: [child] });
    });
    const bodies = made.filter(({ length }) => length > 100);
    assert.ok(bodies.length >= 3);
    for (const body of bodies) assert.ok(!Buffer.from(body).includes('Plaintext'));
  });
});

test('a key may be transferred to a worker', async () => {
  const onEncrypt = async ({ dataKey, ...request }) => {
    const moved = structuredClone(dataKey, { transfer: [dataKey.buffer] });
    return rawAesFunctions().onEncrypt({ dataKey: moved, ...request });
  };
  for (const roundtrip of Object.values(FORMATS)) await roundtrip(custom({ onEncrypt }), rawAes());
});

test('a function that never answers is given up, and what it gives later is wiped', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { ciphertext } = await client.encrypt(MESSAGE, { keyring: rawAes() });
  const late =
    Promise.withResolvers?.() ??
    (() => {
      const made = {};
      made.promise = new Promise((resolve) => (made.resolve = resolve));
      return made;
    })();
  let signal;
  let given;
  const waits = (request, options) => {
    ({ signal } = options);
    given = request.dataKey;
    return late.promise;
  };
  const keyring = custom({ onEncrypt: waits, onDecrypt: waits });
  for (const [start, code] of [
    [() => client.decrypt(ciphertext, { keyring }), 'NO_KEYRING_OPENED'],
    [() => client.encrypt(MESSAGE, { keyring }), 'KEYRING_CANNOT'],
  ]) {
    signal = undefined;
    const work = start();
    while (!signal) await new Promise(setImmediate);
    t.mock.timers.tick(9_999);
    await new Promise(setImmediate);
    assert.equal(signal.aborted, false);
    t.mock.timers.tick(1);
    const error = await rejected(work, code);
    assert.match((error.reasons?.[0] ?? error).message, /it did not answer within 10000 ms/);
    assert.ok(signal.aborted);
  }
  assert.ok(given.every((byte) => byte === 0));
  const key = bytes(32, 5);
  late.resolve(key);
  await new Promise(setImmediate);
  assert.ok(key.every((byte) => byte === 0));
});

test('the signal of the call ends a function, too', async () => {
  const controller = new AbortController();
  let told;
  const onEncrypt = (_, { signal }) =>
    new Promise((_, reject) => {
      told = signal;
      signal.addEventListener('abort', () => reject(new Error('called off')));
      setImmediate(() => controller.abort(new Error('no longer wanted')));
    });
  const work = encryptor(custom({ onEncrypt })).encryptItem(ITEM, { signal: controller.signal });
  await assert.rejects(work, /no longer wanted/);
  assert.ok(told.aborted);
});

test('in batches that settle, one that fails leaves the others alone', async () => {
  let n = 0;
  const onEncrypt = (request, options) => {
    if (++n % 3 === 0) throw new Error('every third');
    return rawAesFunctions().onEncrypt(request, options);
  };
  const list = Array.from({ length: 9 }, (_, i) => ({ ...ITEM, id: { S: `${i}` } }));
  const sealed = await encryptor(custom({ onEncrypt })).encryptItems(list, { settle: true });
  assert.equal(sealed.filter(({ error }) => error?.code === 'KEYRING_CANNOT').length, 3);
  const opened = await encryptor(custom()).decryptItems(
    sealed.map(({ item }) => item ?? { ...ITEM }),
    { settle: true },
  );
  assert.equal(opened.filter(({ item }) => item).length, 6);
});

test('below CMMs: cached, and with context that is required', async () => {
  let asked = 0;
  const onEncrypt = (request, options) => {
    asked++;
    return rawAesFunctions().onEncrypt(request, options);
  };
  const keyring = custom({ onEncrypt });
  const cmm = cachingCmm({ keyring, cache: localCache(), maxAgeSeconds: 60 });
  for (let i = 0; i < 5; i++) await client.encrypt(MESSAGE, { cmm });
  assert.equal(asked, 1);
  const required = requiredEncryptionContextCmm({ keyring, requiredKeys: ['tenant'] });
  const encryptionContext = { tenant: 'a' };
  const { ciphertext } = await client.encrypt(MESSAGE, { cmm: required, encryptionContext });
  await client.decrypt(ciphertext, { keyring: rawAes(), encryptionContext });
  await rejected(client.decrypt(ciphertext, { keyring: custom() }), 'NO_KEYRING_OPENED');
});

test('the core of fieldseal/items has it, too', async () => {
  assert.equal(items.customKeyring, customKeyring);
});

describe('options that are refused, and why', () => {
  const CASES = [
    [{ providerId: 'aws-kms' }, 'INVALID_CONFIG', /providerId must not begin with 'aws-kms'/],
    [{ providerId: 'aws-kms-of-mine' }, 'INVALID_CONFIG', /providerId/],
    [{ providerId: 'é'.repeat(32_768) }, 'INVALID_CONFIG', /at most 65,535 bytes/],
    [{ providerId: undefined }, 'INVALID_ARGUMENT', /providerId must be a string/],
    [{ providerId: 7 }, 'INVALID_ARGUMENT', /providerId must be a string/],
    [{ providerId: 'x\ud800' }, 'INVALID_ARGUMENT', /lone surrogate/],
    [{ onEncrypt: undefined }, 'INVALID_ARGUMENT', /onEncrypt must be a function/],
    [{ onEncrypt: 'wrap' }, 'INVALID_ARGUMENT', /onEncrypt must be a function, not a string/],
    [{ onDecrypt: undefined }, 'INVALID_ARGUMENT', /onDecrypt must be a function/],
    [{ onDecrypt: {} }, 'INVALID_ARGUMENT', /onDecrypt must be a function/],
    [{ onGenerate: null }, 'INVALID_ARGUMENT', /onGenerate must be a function, not null/],
    [{ generates: true }, 'INVALID_ARGUMENT', /'generates' is not known/],
  ];
  for (const [changes, code, message] of CASES) {
    test(`${Object.keys(changes)}: ${message}`, () => {
      assert.throws(() => custom(changes), { code, message });
    });
  }
  test('options that are no plain object', () => {
    for (const options of [undefined, null, 'people', [], new (class {})()]) {
      assert.throws(() => customKeyring(options), { code: 'INVALID_ARGUMENT' });
    }
  });
});
