// What the message calls take and what they refuse: bytes in every form, contexts, policies,
// suites, limits; and what inspect() reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';

import {
  defaultCmm,
  EncryptionClient,
  inspect,
  ItemEncryptor,
  multiKeyring,
  rawAesKeyring,
  rawRsaKeyring,
  requiredEncryptionContextCmm,
  UsageError,
} from '../../pkg/entrypoints/index.js';
import { generateKeyPairSync } from 'node:crypto';
import { Random } from '../interop/random.mjs';
import { throughStream } from '../support/esdk.mjs';
import { seed } from '../support/seed.mjs';
import {
  aes,
  bytes,
  clientFor,
  commits,
  refused,
  signs,
  SUITES,
  utf8,
  wrappingKey,
} from './messages-support.mjs';

const client = new EncryptionClient();
const keyring = aes();
const TEXT = utf8('a secret text');

async function seal(plaintext = TEXT, options = {}) {
  return (await client.encrypt(plaintext, { keyring, ...options })).ciphertext;
}
const open = async (message, options = {}) =>
  (await client.decrypt(message, { keyring, ...options })).plaintext;

test('round trips of lengths at the edges of frames', async () => {
  for (const frameLength of [1, 2, 16, 4096, undefined, 2 ** 32 - 1]) {
    const frame = Math.min(frameLength ?? 65_536, 65_536);
    for (const length of [0, 1, frame - 1, frame, frame + 1, 2 * frame, 2 * frame + 1]) {
      const plaintext = bytes(length);
      const { ciphertext, header } = await client.encrypt(plaintext, { keyring, frameLength });
      assert.equal(header.frameLength, frameLength ?? 65_536);
      assert.deepEqual(await open(ciphertext), plaintext);
    }
  }
});

test('long messages, which cross in pieces, are the same messages', async () => {
  const plaintext = bytes(5_000_001);
  const encryptionContext = { a: 'b' };
  for (const algorithmSuite of ['0478', '0578']) {
    const options = { keyring, algorithmSuite, encryptionContext, frameLength: 100_000 };
    const { ciphertext, header } = await client.encrypt(plaintext, options);
    const opened = await client.decrypt(ciphertext, { keyring });
    assert.ok(Buffer.from(opened.plaintext).equals(plaintext));
    assert.deepEqual(opened.header, header);
    assert.equal(header.encryptionContext.a, 'b');
    const flipped = ciphertext.slice();
    flipped[flipped.length - 1] ^= 1;
    await refused(() => open(flipped), ['SIGNATURE_MISMATCH', 'FRAME_TAG_MISMATCH']);
    await refused(() => open(ciphertext.subarray(0, -1)), 'MALFORMED_MESSAGE');
    await refused(() => open(Buffer.concat([ciphertext, TEXT])), 'MALFORMED_MESSAGE');
  }
});

test('any view is encrypted and decrypted as exactly its window', async () => {
  const all = bytes(64);
  const pooled = Buffer.from('from the pool of small buffers');
  assert.ok(pooled.buffer.byteLength > pooled.length, 'it is from the pool');
  const foreign = runInNewContext('new Uint8Array([1, 2, 3, 4]).subarray(1, 3)');
  const views = {
    'a subarray': [all.subarray(3, 21), all.slice(3, 21)],
    'an empty subarray': [all.subarray(5, 5), new Uint8Array()],
    'a pooled Buffer': [pooled, Uint8Array.from(pooled)],
    'a DataView': [new DataView(all.buffer, 7, 9), all.slice(7, 16)],
    'a Uint16Array': [new Uint16Array(all.buffer, 8, 5), all.slice(8, 18)],
    'a Float64Array': [new Float64Array(all.buffer, 16, 2), all.slice(16, 32)],
    'an ArrayBuffer': [all.slice(2, 9).buffer, all.slice(2, 9)],
    'an array of another realm': [foreign, Uint8Array.of(2, 3)],
    'a SharedArrayBuffer': [shared(all), all],
  };
  for (const [name, [view, window]] of Object.entries(views)) {
    assert.deepEqual(await open(await seal(view)), window, name);
    const { writable, readable } = client.encryptStream({ keyring });
    const writer = writable.getWriter();
    const message = new Response(readable).arrayBuffer();
    await writer.write(view);
    await writer.close();
    assert.deepEqual(await open(await message), window, `${name} as a chunk`);
  }
  const message = await seal();
  const room = new Uint8Array(message.length + 20).fill(9);
  room.set(message, 10);
  const at = room.byteOffset + 10;
  for (const view of [
    room.subarray(10, 10 + message.length),
    new DataView(room.buffer, at, message.length),
    Buffer.from(room.buffer, at, message.length),
    message.buffer,
  ]) {
    assert.deepEqual(await open(view), TEXT);
  }
  assert.equal(all.byteLength, 64);
  assert.deepEqual(all, bytes(64), 'the caller keeps its bytes');
});

function shared(from) {
  const buffer = new SharedArrayBuffer(from.length);
  new Uint8Array(buffer).set(from);
  return buffer;
}

test('results are the caller’s own', async () => {
  const message = await seal();
  const copy = message.slice();
  const opened = await open(message);
  opened.fill(0);
  assert.deepEqual(message, copy);
  message.fill(0);
  assert.deepEqual(await open(copy), TEXT);
  assert.equal(copy.buffer.byteLength, copy.length, 'no view of something larger');
});

test('what is no bytes is refused, strings with advice', async () => {
  const wrong = [undefined, null, 'text', 5, [1, 2], {}, new Map(), true, Symbol('x'), () => 1];
  for (const value of wrong) {
    const hint = typeof value === 'string' ? /TextEncoder/ : /must be a Uint8Array/;
    const encoded = typeof value === 'string' ? /not a string\. Decode base64 first\.$/ : hint;
    await refused(() => client.encrypt(value, { keyring }), 'INVALID_ARGUMENT', hint);
    await refused(() => client.decrypt(value, { keyring }), 'INVALID_ARGUMENT', encoded);
    for (const stream of [client.encryptStream({ keyring }), client.decryptStream({ keyring })]) {
      const writer = stream.writable.getWriter();
      writer.closed.catch(() => undefined);
      const reader = stream.readable.getReader();
      const reading = reader.read();
      await refused(() => writer.write(value), 'INVALID_ARGUMENT', hint);
      await refused(() => reading, 'INVALID_ARGUMENT');
      await refused(() => stream.header, 'INVALID_ARGUMENT');
    }
  }
});

test('a buffer that a getter of the options takes away is refused', async () => {
  const sealed = (await client.encrypt(new Uint8Array(9), { keyring })).ciphertext;
  for (const [bytes, call] of [
    [new Uint8Array(9), (bytes, options) => client.encrypt(bytes, options)],
    [sealed.slice(), (bytes, options) => client.decrypt(bytes, options)],
    [sealed.slice(), (bytes, to) => client.reseal(bytes, { from: { keyring }, to })],
  ]) {
    const options = {
      keyring,
      get encryptionContext() {
        structuredClone(bytes, { transfer: [bytes.buffer] });
        return {};
      },
    };
    await refused(() => call(bytes, options), 'INVALID_ARGUMENT', /detached/);
  }
});

test('detached buffers are refused', async () => {
  const gone = bytes(10);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  for (const value of [gone, gone.buffer]) {
    await refused(() => client.encrypt(value, { keyring }), 'INVALID_ARGUMENT', /detached/);
    await refused(() => client.decrypt(value, { keyring }), 'INVALID_ARGUMENT', /detached/);
  }
});

const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const names = { keyNamespace: 'ns', keyName: 'rsa', paddingScheme: 'OAEP_SHA256_MGF1' };
/** Opens only after a wait: RSA private keys are the host's. */
const waiting = rawRsaKeyring({ ...names, ...rsa });

test('a buffer that its owner changes while a keyring is awaited', async () => {
  const plaintext = bytes(5000);
  const sealing = client.encrypt(plaintext, { keyring: waiting });
  plaintext.fill(1);
  const { ciphertext } = await sealing;
  const message = ciphertext.slice();
  const opening = client.decrypt(ciphertext, { keyring: waiting });
  ciphertext.fill(2);
  assert.deepEqual((await opening).plaintext, bytes(5000));
  const contexts = { encryptionContext: { a: '1' } };
  const second = client.decrypt(message, { keyring: waiting, ...contexts });
  contexts.encryptionContext.a = '2';
  await refused(() => second);
});

test('a long buffer that is taken away while it is read', async () => {
  const message = await seal(bytes(5_000_000));
  for (const [run, buffer] of [
    [(from) => client.encrypt(from, { keyring: waiting }), bytes(5_000_000)],
    [(from) => client.encrypt(from, { keyring }), bytes(5_000_000)],
    [(from) => client.decrypt(from, { keyring }), message],
  ]) {
    const running = run(buffer);
    structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
    await refused(() => running, 'INVALID_ARGUMENT', /taken away/);
  }
});

const POLICIES = {
  FORBID_ENCRYPT_ALLOW_DECRYPT: { writes: (suite) => !commits(suite), reads: () => true },
  REQUIRE_ENCRYPT_ALLOW_DECRYPT: { writes: commits, reads: () => true },
  REQUIRE_ENCRYPT_REQUIRE_DECRYPT: { writes: commits, reads: commits },
};

test('each policy with each suite', async () => {
  for (const [commitmentPolicy, allows] of Object.entries(POLICIES)) {
    const one = new EncryptionClient({ commitmentPolicy });
    for (const algorithmSuite of SUITES) {
      const options = { keyring, algorithmSuite };
      const about = `${commitmentPolicy} ${algorithmSuite}`;
      const message = (await clientFor(algorithmSuite).encrypt(TEXT, options)).ciphertext;
      if (allows.writes(algorithmSuite)) {
        const { header } = await one.encrypt(TEXT, options);
        assert.equal(header.algorithmSuite, algorithmSuite, about);
        assert.equal(header.version, commits(algorithmSuite) ? 2 : 1, about);
        assert.equal(header.messageId.length, commits(algorithmSuite) ? 32 : 16, about);
        const key = header.encryptionContext['aws-crypto-public-key'];
        assert.equal(key !== undefined, signs(algorithmSuite), about);
      } else {
        await refused(() => one.encrypt(TEXT, options), 'SUITE_NOT_ALLOWED');
        const stream = one.encryptStream(options);
        await refused(() => throughStream(stream, TEXT, 4), 'SUITE_NOT_ALLOWED');
      }
      if (allows.reads(algorithmSuite)) {
        assert.deepEqual((await one.decrypt(message, { keyring })).plaintext, TEXT, about);
      } else {
        await refused(() => one.decrypt(message, { keyring }), 'SUITE_NOT_ALLOWED');
        const stream = one.decryptStream({ keyring });
        await refused(() => throughStream(stream, message, 4), 'SUITE_NOT_ALLOWED');
      }
    }
    const byDefault = (await one.encrypt(TEXT, { keyring })).header.algorithmSuite;
    assert.equal(byDefault, commitmentPolicy.startsWith('FORBID') ? '0378' : '0578');
  }
  assert.deepEqual(await open(await seal()), TEXT, 'without a policy, the strictest');
  const old = (await clientFor('0178').encrypt(TEXT, { keyring })).ciphertext;
  await refused(() => open(old), 'SUITE_NOT_ALLOWED');
});

test('suites and policies that do not exist', async () => {
  const unknown = [
    '0479',
    'ffff',
    '0000',
    '6700',
    '6701',
    '478',
    '0x0478',
    '',
    '047G',
    1144,
    null,
    ['0478'],
  ];
  for (const algorithmSuite of [...unknown, '0478 ']) {
    for (const commitmentPolicy of Object.keys(POLICIES)) {
      const one = new EncryptionClient({ commitmentPolicy });
      await refused(() => one.encrypt(TEXT, { keyring, algorithmSuite }), 'SUITE_NOT_ALLOWED');
    }
  }
  for (const commitmentPolicy of ['', 'require', null, 5, 'DBE.REQUIRE', 'toString']) {
    assert.throws(() => new EncryptionClient({ commitmentPolicy }), { code: 'INVALID_CONFIG' });
  }
});

test('frame lengths', async () => {
  for (const frameLength of [0, -1, 0.5, 2 ** 32, 2 ** 53, NaN, Infinity, '4096', null, 16n]) {
    await refused(() => client.encrypt(TEXT, { keyring, frameLength }), 'INVALID_ARGUMENT');
    assert.throws(() => client.encryptStream({ keyring, frameLength }), UsageError);
  }
  for (const maxFrameLength of [0, -1, 1.5, 2 ** 30 + 1, NaN, '1']) {
    assert.throws(() => client.decryptStream({ keyring, maxFrameLength }), UsageError);
  }
  for (const plaintextLength of [-1, 1.5, NaN, Infinity, '5', 2 ** 53]) {
    assert.throws(() => client.encryptStream({ keyring, plaintextLength }), UsageError);
  }
  for (const frameLength of [1, 2 ** 32 - 1]) {
    assert.deepEqual(await open(await seal(TEXT, { frameLength })), TEXT);
  }
});

test('too many encrypted data keys, both ways', async () => {
  const three = multiKeyring({ generator: aes('1'), children: [aes('2'), aes('3')] });
  const sealed = (await client.encrypt(TEXT, { keyring: three })).ciphertext;
  assert.equal(inspect(sealed).encryptedDataKeys.length, 3);
  for (const maxEncryptedDataKeys of [1, 2, 3, 65535]) {
    const one = new EncryptionClient({ maxEncryptedDataKeys });
    const ways = [
      () => one.encrypt(TEXT, { keyring: three }),
      () => one.decrypt(sealed, { keyring: three }),
      () => one.decrypt(sealed, { keyring: aes('3') }),
      () => throughStream(one.encryptStream({ keyring: three }), TEXT, 3),
      () => throughStream(one.decryptStream({ keyring: three }), sealed, 3),
    ];
    for (const way of ways) {
      if (maxEncryptedDataKeys < 3) await refused(way, 'LIMIT_EXCEEDED', /data keys/);
      else await way();
    }
  }
  for (const maxEncryptedDataKeys of [0, -1, 65536, 1.5, NaN, '3', null]) {
    assert.throws(() => new EncryptionClient({ maxEncryptedDataKeys }), {
      code: 'INVALID_CONFIG',
    });
  }
});

test('an encryption context is bound to the message, stored, and given back', async () => {
  const encryptionContext = { tenant: 'A', é: '', '': 'v', '\u{10002}': '1', '\uff61': '2' };
  const { ciphertext, header } = await client.encrypt(TEXT, {
    keyring,
    encryptionContext,
    algorithmSuite: '0478',
  });
  assert.deepEqual(header.encryptionContext, encryptionContext);
  assert.deepEqual(header.storedEncryptionContext, encryptionContext);
  assert.deepEqual(inspect(ciphertext).storedEncryptionContext, encryptionContext);
  const agrees = [undefined, {}, { tenant: 'A' }, encryptionContext];
  for (const given of agrees) {
    const opened = await client.decrypt(ciphertext, { keyring, encryptionContext: given });
    assert.deepEqual(opened.header.encryptionContext, encryptionContext);
  }
  for (const given of [{ tenant: 'B' }, { é: 'x' }, { tenant: '' }]) {
    const options = { keyring, encryptionContext: given };
    await refused(() => client.decrypt(ciphertext, options), 'ENCRYPTION_CONTEXT_MISMATCH');
  }
  for (const given of [{ more: 'x' }, { ...encryptionContext, Tenant: 'A' }]) {
    await refused(() => open(ciphertext, { encryptionContext: given }));
  }
});

test('required context is authenticated and not stored', async () => {
  const encryptionContext = { tenant: 'A', purpose: 'test' };
  const requiredKeys = ['tenant'];
  for (const algorithmSuite of ['0478', '0578']) {
    for (const inner of [{ keyring }, { cmm: defaultCmm(keyring) }]) {
      const cmm = requiredEncryptionContextCmm({ ...inner, requiredKeys });
      const options = { cmm, encryptionContext, algorithmSuite };
      const { ciphertext, header } = await client.encrypt(TEXT, options);
      assert.equal(header.encryptionContext.tenant, 'A');
      assert.equal(header.storedEncryptionContext.tenant, undefined);
      assert.ok(!Buffer.from(ciphertext).includes('tenant'));
      for (const materials of [{ cmm }, { keyring }]) {
        for (const given of [{ tenant: 'A' }, encryptionContext]) {
          const read = { ...materials, encryptionContext: given };
          const opened = await client.decrypt(ciphertext, read);
          assert.deepEqual(opened.plaintext, TEXT);
          assert.equal(opened.header.encryptionContext.tenant, 'A');
          assert.equal(opened.header.storedEncryptionContext.tenant, undefined);
        }
        for (const given of [undefined, {}, { purpose: 'test' }, { tenant: 'B' }, { Tenant: 'A' }])
          await refused(() =>
            client.decrypt(ciphertext, { ...materials, encryptionContext: given }),
          );
      }
      await refused(() => client.encrypt(TEXT, { cmm, encryptionContext: { purpose: 'x' } }));
    }
  }
});

test('contexts that are refused', async () => {
  const wrong = {
    'a reserved key': [{ 'aws-crypto-public-key': 'x' }, 'RESERVED_NAME', /aws-crypto-/],
    'another reserved key': [{ 'aws-crypto-': 'x' }, 'RESERVED_NAME'],
    'a lone surrogate in a key': [{ '\ud800': 'x' }],
    'a lone surrogate in a value': [{ k: 'a\udc00b' }],
    'a number': [{ k: 5 }, 'INVALID_ARGUMENT', /'k'/],
    'a missing value': [{ k: undefined }, 'INVALID_ARGUMENT'],
    'an array': [['k', 'v'], 'INVALID_ARGUMENT'],
    'a Map': [new Map([['k', 'v']]), 'INVALID_ARGUMENT'],
    'a text': ['k=v', 'INVALID_ARGUMENT'],
    null: [null, 'INVALID_ARGUMENT'],
    'a long key': [{ ['k'.repeat(65536)]: '' }, 'LIMIT_EXCEEDED'],
    'a long value': [{ k: 'é'.repeat(32768) }, 'LIMIT_EXCEEDED'],
    'long in all': [{ a: 'v'.repeat(40_000), b: 'v'.repeat(40_000) }, 'LIMIT_EXCEEDED'],
    'too many pairs': [
      Object.fromEntries(Array.from({ length: 65536 }, (_, i) => [`${i}`, ''])),
      'LIMIT_EXCEEDED',
    ],
  };
  for (const [name, [encryptionContext, code, message]] of Object.entries(wrong)) {
    const options = { keyring, encryptionContext };
    const error = await refused(() => client.encrypt(TEXT, options), code, message);
    assert.ok(!error.message.includes('vvvv') && !error.message.includes('éé'), `${name}: a value`);
    await refused(async () => throughStream(client.encryptStream(options), TEXT, 4), code);
  }
  // The largest that fit: the whole of it has 65,535 bytes when it is written.
  const most = { k: 'v'.repeat(65535 - 2 - 4 - 1) };
  assert.deepEqual(
    inspect(await seal(TEXT, { encryptionContext: most, algorithmSuite: '0478' }))
      .storedEncryptionContext,
    most,
  );
  const more = { k: `${most.k}v` };
  await refused(
    () => seal(TEXT, { encryptionContext: more, algorithmSuite: '0478' }),
    'LIMIT_EXCEEDED',
  );
  const { k: own, ...others } = { ...most };
  assert.ok(own && Object.keys(others).length === 0);
});

test('names that mean something to JavaScript are names like others', async () => {
  const encryptionContext = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}');
  const sealed = await client.encrypt(TEXT, { keyring, encryptionContext });
  for (const context of [
    sealed.header.storedEncryptionContext,
    inspect(sealed.ciphertext).storedEncryptionContext,
    (await client.decrypt(sealed.ciphertext, { keyring })).header.encryptionContext,
  ]) {
    for (const [key, value] of Object.entries(encryptionContext)) {
      assert.ok(Object.hasOwn(context, key) && context[key] === value, key);
    }
  }
  assert.equal({}.a, undefined);
});

test('a keyring or a CMM, and not both', async () => {
  const cmm = defaultCmm(keyring);
  for (const materials of [
    {},
    { keyring, cmm },
    { keyring: {} },
    { cmm: 'x' },
    { keyring: null },
  ]) {
    const code = ['INVALID_ARGUMENT', 'INVALID_CONFIG'];
    await refused(() => client.encrypt(TEXT, materials), code);
    await refused(() => client.decrypt(TEXT, materials), code);
    assert.throws(() => client.encryptStream(materials), UsageError);
    assert.throws(() => client.decryptStream(materials), UsageError);
  }
  const sealed = (await client.encrypt(TEXT, { cmm })).ciphertext;
  assert.deepEqual((await client.decrypt(sealed, { cmm })).plaintext, TEXT);
  const decryptOnly = multiKeyring({ children: [keyring] });
  await refused(() => client.encrypt(TEXT, { keyring: decryptOnly }));
  assert.deepEqual((await client.decrypt(sealed, { keyring: decryptOnly })).plaintext, TEXT);
});

test('another key opens nothing, and the reasons are told', async () => {
  const sealed = await seal();
  const others = [
    rawAesKeyring({ keyNamespace: 'ns', keyName: 'key', wrappingKey: new Uint8Array(32) }),
    rawAesKeyring({ keyNamespace: 'ns', keyName: 'other', wrappingKey }),
    rawAesKeyring({ keyNamespace: 'other', keyName: 'key', wrappingKey }),
    waiting,
  ];
  for (const other of others) {
    const error = await refused(() => open(sealed, { keyring: other }), 'NO_KEYRING_OPENED');
    assert.ok(error.reasons.length > 0);
  }
  assert.deepEqual(
    await open(sealed, { keyring: multiKeyring({ children: [...others, keyring] }) }),
    TEXT,
  );
});

test('options that are none are refused by name', async () => {
  const client = new EncryptionClient();
  const sealed = await seal();
  for (const options of [undefined, null, 'text', 5]) {
    const expected = { code: 'INVALID_ARGUMENT', message: /^options must be an object, not / };
    await assert.rejects(client.encrypt(TEXT, options), expected);
    await assert.rejects(client.decrypt(sealed, options), expected);
    await assert.rejects(client.reseal(sealed, options), expected);
    assert.throws(() => client.encryptStream(options), expected);
    assert.throws(() => client.decryptStream(options), expected);
  }
  await assert.rejects(client.reseal(sealed, { from: { keyring } }), { message: /^to must be/ });
  await assert.rejects(client.reseal(sealed, { to: { keyring } }), { message: /^from must be/ });
});

test('inspect() reads messages, prefixes that hold the header, and items; nothing else', async (t) => {
  for (const algorithmSuite of SUITES) {
    const encryptionContext = { a: 'b' };
    const options = { keyring, algorithmSuite, encryptionContext, frameLength: 5 };
    const { ciphertext, header } = await clientFor(algorithmSuite).encrypt(TEXT, options);
    const { encryptionContext: full, ...stored } = header;
    assert.equal(full.a, 'b');
    assert.deepEqual(inspect(ciphertext), stored);
    assert.equal(stored.encryptedDataKeys[0].keyProviderId, 'ns');
    assert.equal(stored.encryptedDataKeys[0].keyName, 'key');
    let shortest;
    for (let n = 0; n <= ciphertext.length; n++) {
      try {
        assert.deepEqual(inspect(ciphertext.subarray(0, n)), stored);
        shortest ??= n;
      } catch (error) {
        assert.equal(error.code, 'MALFORMED_MESSAGE');
        assert.equal(shortest, undefined, 'once it is whole it stays whole');
      }
    }
    const left = ciphertext.length - shortest;
    assert.ok(left > TEXT.length && left < 400, `the header ends ${left} bytes before the end`);
  }
  for (const garbage of [[], [0], [1], [2], [3, 4, 5], [1, 128], [2, 4, 120], [1, 128, 103, 0]]) {
    assert.throws(() => inspect(Uint8Array.from(garbage)), { code: 'MALFORMED_MESSAGE' });
  }
  const r = new Random(seed(t));
  for (let i = 0; i < 500; i++) {
    const random = r.bytes(1 + (i % 200));
    random[0] = 1 + (i % 2);
    assert.throws(() => inspect(random), { name: 'MalformedInputError' });
  }
  for (const wrong of [undefined, null, 'text', 5, {}, { aws_dbe_head: { S: 'x' } }]) {
    assert.throws(() => inspect(wrong));
  }
  const items = new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'pk',
    attributeActions: { pk: 'SIGN_ONLY', e: 'ENCRYPT_AND_SIGN' },
    keyring,
  });
  const { item } = await items.encryptItem({ pk: { S: 'x' }, e: { S: 'y' } });
  assert.equal(inspect(item).algorithmSuite, '6701');
  // The header of an item is no message, and a message is no item's header.
  assert.throws(() => inspect(item.aws_dbe_head.B), { code: 'MALFORMED_MESSAGE' });
  const sealed = await seal();
  assert.throws(() => inspect({ aws_dbe_head: { B: sealed } }), { code: 'MALFORMED_HEADER' });
});
