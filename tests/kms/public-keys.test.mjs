// Public keys on the client's side: fingerprints, pins, and a store that outlives the client.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { awsKmsRsaKeyring, publicKeyFingerprint } from '../../pkg/entrypoints/index.js';
// Internal: what the core calls.
import { storeHost } from '../../pkg/kms/public-key-store.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, customers, CUSTOMER, refused } from './support.mjs';

const ALIAS = 'alias/pinned';

let dev;
let rsa;
let other;
let fingerprint;
before(async () => {
  dev = await startDevKms();
  rsa = await dev.createKey({ keySpec: 'RSA_2048', alias: ALIAS });
  other = await dev.createKey({ keySpec: 'RSA_2048' });
  fingerprint = createHash('sha256').update(rsa.publicKey).digest('hex');
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
});

function observed(options) {
  const events = [];
  const kms = clientOf(dev, { onEvent: (event) => events.push(event), ...options });
  return { kms, seen: () => events.map(({ operation, outcome }) => [operation, outcome]), events };
}

describe('fingerprints', () => {
  test('of PEM, DER and getPublicKey are the same', async () => {
    const got = await clientOf(dev).getPublicKey({ keyId: rsa.arn });
    assert.equal(got.fingerprint, fingerprint);
    for (const key of [
      rsa.publicKey,
      rsa.publicKeyPem,
      new TextEncoder().encode(rsa.publicKeyPem),
      `\n  ${rsa.publicKeyPem}\n\n`,
      rsa.publicKeyPem.replaceAll('\n', '\r\n'),
      Buffer.from(rsa.publicKey),
    ]) {
      assert.equal(await publicKeyFingerprint(key), fingerprint);
    }
    assert.notEqual(await publicKeyFingerprint(other.publicKey), fingerprint);
  });

  test('of what is no public key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pkcs1 = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    for (const [key, code] of [
      [undefined, 'INVALID_ARGUMENT'],
      [null, 'INVALID_ARGUMENT'],
      [5, 'INVALID_ARGUMENT'],
      [privateKey, 'INVALID_ARGUMENT'],
      ['', 'MALFORMED_KEY'],
      [new Uint8Array(), 'MALFORMED_KEY'],
      [rsa.publicKey.subarray(0, -1), 'MALFORMED_KEY'],
      [new Uint8Array([...rsa.publicKey, 0]), 'MALFORMED_KEY'],
      [rsa.publicKeyPem.replace('PUBLIC', 'EC PUBLIC'), 'MALFORMED_KEY'],
      [rsa.publicKeyPem.slice(0, -10), 'MALFORMED_KEY'],
      [rsa.publicKeyPem.replace('M', '!'), 'MALFORMED_KEY'],
      [privateKey.export({ type: 'pkcs8', format: 'pem' }), 'MALFORMED_KEY'],
      [new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })), 'MALFORMED_KEY'],
      [new Uint8Array(pkcs1.export({ type: 'pkcs1', format: 'der' })), 'MALFORMED_KEY'],
      [pkcs1.export({ type: 'pkcs1', format: 'pem' }), 'MALFORMED_KEY'],
    ]) {
      await refused(publicKeyFingerprint(key), { code });
    }
  });
});

describe('pins', () => {
  test('the right key passes, by any of its names', async () => {
    const pins = { [rsa.arn]: fingerprint, [ALIAS]: fingerprint.toUpperCase() };
    const { kms, seen } = observed({ pinnedPublicKeys: pins });
    for (const keyId of [rsa.arn, rsa.keyId, ALIAS]) {
      assert.equal((await kms.getPublicKey({ keyId })).fingerprint, fingerprint);
    }
    // A key without a pin is as before.
    assert.equal((await kms.getPublicKey({ keyId: other.arn })).keyId, other.arn);
    assert.deepEqual(seen(), Array(4).fill(['GetPublicKey', 'OK']));
  });

  test('another key does not, and the error names both', async () => {
    const found = await publicKeyFingerprint(other.publicKey);
    const { kms, seen } = observed({ pinnedPublicKeys: { [other.arn]: fingerprint } });
    for (const keyId of [other.arn, other.keyId]) {
      const error = await refused(kms.getPublicKey({ keyId }), {
        code: 'PINNED_KEY_MISMATCH',
        name: 'AuthenticationError',
        keyId,
      });
      for (const part of [keyId, fingerprint, found]) {
        assert.ok(error.message.includes(part), error.message);
      }
      assert.match(error.next, /Do not use the key/);
    }
    assert.deepEqual(seen(), Array(2).fill(['GetPublicKey', 'PINNED_KEY_MISMATCH']));
  });

  test('an alias that moved to another key', async () => {
    const key = await dev.createKey({ keySpec: 'RSA_2048' });
    const admin = clientOf(dev);
    const aliasName = 'alias/moves';
    await admin.createAlias({ aliasName, targetKeyId: key.arn });
    const pins = { [aliasName]: await publicKeyFingerprint(key.publicKey) };
    const { kms } = observed({ pinnedPublicKeys: pins });
    assert.equal((await kms.getPublicKey({ keyId: aliasName })).keyId, key.arn);
    await admin.updateAlias({ aliasName, targetKeyId: other.arn });
    // Kept, until it is forgotten.
    assert.equal((await kms.getPublicKey({ keyId: aliasName })).keyId, key.arn);
    assert.equal(kms.forgetPublicKey(aliasName), undefined);
    await refused(kms.getPublicKey({ keyId: aliasName }), { code: 'PINNED_KEY_MISMATCH' });
  });

  test('hold for the KMS RSA keyring too', async () => {
    const keyring = (options) =>
      customers({ keyring: awsKmsRsaKeyring({ kmsKeyId: rsa.arn, kms: clientOf(dev, options) }) });
    const right = keyring({ pinnedPublicKeys: { [rsa.arn]: fingerprint } });
    const { item } = await right.encryptItem(CUSTOMER);
    assert.deepEqual((await right.decryptItem(item)).item, CUSTOMER);
    const wrong = keyring({ pinnedPublicKeys: { [rsa.keyId]: '00'.repeat(32) } });
    const error = await refused(wrong.encryptItem(CUSTOMER), {
      code: 'PINNED_KEY_MISMATCH',
      keyId: rsa.arn,
    });
    assert.ok(error.message.includes('00'.repeat(32)) && error.message.includes(fingerprint));
  });

  test('that are none', async () => {
    for (const [pinnedPublicKeys, code] of [
      [{ [rsa.arn]: '' }, 'INVALID_CONFIG'],
      [{ [rsa.arn]: fingerprint.slice(1) }, 'INVALID_CONFIG'],
      [{ [rsa.arn]: `${fingerprint}0` }, 'INVALID_CONFIG'],
      [{ [rsa.arn]: `g${fingerprint.slice(1)}` }, 'INVALID_CONFIG'],
      [{ [rsa.arn]: fingerprint.match(/../g).join(':') }, 'INVALID_CONFIG'],
      [{ 'key/x': fingerprint }, 'MALFORMED_KEY_ID'],
      [{ [rsa.arn]: Buffer.from(fingerprint, 'hex') }, 'INVALID_ARGUMENT'],
      [[fingerprint], 'INVALID_ARGUMENT'],
      ['pins', 'INVALID_ARGUMENT'],
      [null, 'INVALID_ARGUMENT'],
    ]) {
      await refused(() => clientOf(dev, { pinnedPublicKeys }), { code });
    }
  });
});

describe('a store', () => {
  /** A store that keeps JSON, as a file or the browser's storage would. */
  function jsonStore(entries = {}) {
    const calls = [];
    return {
      entries,
      calls,
      async load(keyId) {
        calls.push(['load', keyId]);
        return entries[keyId] && JSON.parse(entries[keyId]);
      },
      async save(keyId, entry) {
        calls.push(['save', keyId]);
        entries[keyId] = JSON.stringify(entry);
      },
    };
  }

  /** What a client saves for this key. */
  async function entryOf(keyId) {
    const store = jsonStore();
    await clientOf(dev, { publicKeyStore: store }).getPublicKey({ keyId });
    dev.clearCalls();
    return JSON.parse(store.entries[keyId]);
  }

  test('saves what was fetched, and the next client fetches nothing', async () => {
    const store = jsonStore();
    const first = observed({ publicKeyStore: store });
    const fetched = await first.kms.getPublicKey({ keyId: ALIAS });
    await first.kms.getPublicKey({ keyId: ALIAS });
    assert.deepEqual(store.calls, [
      ['load', ALIAS],
      ['save', ALIAS],
    ]);
    const { publicKey, ...entry } = fetched;
    assert.deepEqual(JSON.parse(store.entries[ALIAS]), entry);
    assert.deepEqual(publicKey, rsa.publicKey);

    dev.clearCalls();
    const second = observed({ publicKeyStore: store });
    const stored = await Promise.all(
      [1, 2, 3].map(() => second.kms.getPublicKey({ keyId: ALIAS })),
    );
    for (const key of stored) assert.deepEqual(key, fetched);
    assert.equal(dev.calls.length + second.events.length, 0);
    assert.equal(store.calls.length, 3, 'loaded once, for all of them');

    // Sealing works without any call, too.
    const arn = jsonStore({ [rsa.arn]: JSON.stringify(await entryOf(rsa.arn)) });
    const kms = clientOf(dev, { publicKeyStore: arn });
    const items = customers({ keyring: awsKmsRsaKeyring({ kmsKeyId: rsa.arn, kms }) });
    const { item } = await items.encryptItem(CUSTOMER);
    assert.equal(dev.calls.length, 0);
    assert.deepEqual((await items.decryptItem(item)).item, CUSTOMER);
  });

  test('is asked again after forgetPublicKey', async () => {
    const store = jsonStore();
    const { kms } = observed({ publicKeyStore: store });
    await kms.getPublicKey({ keyId: rsa.arn });
    kms.forgetPublicKey(rsa.arn);
    await kms.getPublicKey({ keyId: rsa.arn });
    assert.equal(store.calls.filter(([call]) => call === 'load').length, 2);
    assert.equal(dev.countCalls('GetPublicKey'), 1);
    for (const keyId of [undefined, null, 5]) {
      await refused(() => kms.forgetPublicKey(keyId), { code: 'INVALID_ARGUMENT' });
    }
  });

  for (const [what, change, outcome] of [
    ['another key', async () => ({ publicKeyPem: other.publicKeyPem }), 'PINNED_KEY_MISMATCH'],
    ['the entry of another key', () => entryOf(other.arn), 'MALFORMED_KEY'],
    ['no key', () => ({ publicKeyPem: '' }), 'MALFORMED_KEY'],
    ['a key of another type', () => ({ publicKeyPem: 5 }), 'MALFORMED_KEY'],
    [
      'a damaged key',
      ({ publicKeyPem }) => ({ publicKeyPem: publicKeyPem.replace('MII', 'MIJ') }),
      'MALFORMED_KEY',
    ],
    ['no key id', () => ({ keyId: undefined }), 'MALFORMED_KEY'],
  ]) {
    test(`that gives ${what}: reported, and the true key fetched`, async () => {
      const entry = await entryOf(rsa.arn);
      const store = jsonStore({
        [rsa.arn]: JSON.stringify({ ...entry, ...(await change(entry)) }),
      });
      dev.clearCalls();
      const { kms, seen, events } = observed({
        publicKeyStore: store,
        pinnedPublicKeys: { [rsa.arn]: fingerprint },
      });
      assert.equal((await kms.getPublicKey({ keyId: rsa.arn })).fingerprint, fingerprint);
      assert.deepEqual(seen(), [
        ['LoadPublicKey', outcome],
        ['GetPublicKey', 'OK'],
      ]);
      assert.deepEqual([events[0].keyId, events[0].attempts], [rsa.arn, 0]);
      // And the store is mended.
      assert.deepEqual(JSON.parse(store.entries[rsa.arn]), entry);
    });
  }

  const fails = () => assert.fail('store');
  const THROWING = { get: (_, name) => (name === 'then' ? undefined : fails()) };
  THROWING.getOwnPropertyDescriptor = fails;
  const throwing = (names) =>
    names
      ? Object.defineProperty({}, names[0], { get: fails, enumerable: true })
      : new Proxy({}, THROWING);

  for (const [what, broken, reported] of [
    ['throws on load', { load: () => assert.fail('store') }, 'LoadPublicKey'],
    ['rejects on load', { load: async () => assert.fail('store') }, 'LoadPublicKey'],
    ['never answers', { load: () => new Promise(() => {}) }, 'LoadPublicKey'],
    ['throws on save', { save: () => assert.fail('store') }, 'SavePublicKey'],
    ['rejects on save', { save: async () => assert.fail('store') }, 'SavePublicKey'],
    ['never ends saving', { save: () => new Promise(() => {}) }, undefined],
    ['gives a text', { load: async () => 'entry' }, undefined],
    ['gives null', { load: async () => null }, undefined],
    [
      'gives an object whose getter throws',
      { load: async () => throwing(['keyId']) },
      'LoadPublicKey',
    ],
    ['gives an object whose traps throw', { load: async () => throwing() }, 'LoadPublicKey'],
    [
      'gives a list whose traps throw',
      { load: async () => ({ signingAlgorithms: new Proxy([], THROWING) }) },
      'LoadPublicKey',
    ],
    [
      'gives an endless list',
      { load: async () => ({ signingAlgorithms: Object.assign([], { length: 2 ** 32 - 1 }) }) },
      'LoadPublicKey',
    ],
    [
      'gives a list that iterates for ever',
      {
        load: async () => ({
          signingAlgorithms: Object.assign([], {
            *[Symbol.iterator]() {
              for (;;) yield 'x';
            },
          }),
        }),
      },
      'LoadPublicKey',
    ],
    [
      'gives an endless text',
      { load: async () => ({ publicKeyPem: 'x'.repeat(1e8) }) },
      'LoadPublicKey',
    ],
  ]) {
    test(`that ${what} holds up nothing`, async () => {
      const unhandled = [];
      const note = (reason) => unhandled.push(reason);
      process.on('unhandledRejection', note);
      const publicKeyStore = { ...jsonStore(), ...broken };
      const { kms, seen, events } = observed({ publicKeyStore, timeoutMs: 300 });
      assert.equal((await kms.getPublicKey({ keyId: rsa.arn })).fingerprint, fingerprint);
      await new Promise((resolve) => setImmediate(resolve));
      process.off('unhandledRejection', note);
      assert.deepEqual(unhandled, []);
      const rest = seen().filter(([operation]) => operation !== 'GetPublicKey');
      const outcome =
        what.startsWith('gives an endless') || what.endsWith('for ever')
          ? 'MALFORMED_KEY'
          : 'HOST_FAILED';
      assert.deepEqual(rest, reported ? [[reported, outcome]] : []);
      const failure = events.find(({ operation }) => operation === reported);
      if (reported) assert.deepEqual([failure.keyId, failure.attempts], [rsa.arn, 0]);
    });
  }

  test('is left when nobody waits for what it loads', async () => {
    const events = [];
    const store = { ...jsonStore(), load: () => new Promise(() => {}) };
    const around = { timeoutMs: 60_000, region: undefined, observe: (event) => events.push(event) };
    const leaving = new AbortController();
    const loading = storeHost(store, around).loadPublicKey(rsa.arn, leaving.signal);
    leaving.abort(new Error('nobody waits'));
    await assert.rejects(loading, /nobody waits/);
    assert.deepEqual(events, []);
  });

  test('gets nothing when the fetch fails', async () => {
    const store = jsonStore();
    const { kms } = observed({ publicKeyStore: store });
    await refused(kms.getPublicKey({ keyId: 'alias/nobody' }), { code: 'KMS_KEY_NOT_FOUND' });
    assert.deepEqual(store.calls, [['load', 'alias/nobody']]);
    const wrong = observed({
      publicKeyStore: store,
      pinnedPublicKeys: { [rsa.arn]: '00'.repeat(32) },
    });
    await refused(wrong.kms.getPublicKey({ keyId: rsa.arn }), { code: 'PINNED_KEY_MISMATCH' });
    assert.deepEqual(Object.keys(store.entries), []);
  });

  test('what is none is refused', async () => {
    for (const publicKeyStore of [null, 'store', {}, { load() {} }, { save() {} }, { load: 1 }]) {
      await refused(() => clientOf(dev, { publicKeyStore }), { code: 'INVALID_ARGUMENT' });
    }
  });
});
