// Every function that may wait ends when its signal aborts: with the signal's reason, and with nothing left under way.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';

import * as fieldseal from '../../pkg/entrypoints/index.js';

const { DynamoDbClient, EncryptionClient, ItemEncryptor, KmsClient } = fieldseal;
const { awsKmsKeyring, keyStore } = fieldseal;

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/k';

/** A KMS that never answers, and what is under way with it. */
function silentKms() {
  const state = { active: 0, sent: 0 };
  const fetch = (_url, { signal }) => {
    state.sent++;
    state.active++;
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        state.active--;
        reject(signal.reason);
      });
    });
  };
  return { state, fetch, kms: new KmsClient({ endpoint: 'http://localhost:1', fetch }) };
}

const keyring = (kms) => awsKmsKeyring({ kms, generatorKeyId: KEY });
const encryptor = (kms) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    keyring: keyring(kms),
  });
const ITEM = { id: { S: '1' }, secret: { S: 'x' } };

/** An item and a message that were sealed under the key: opening them asks KMS. */
const sealed = await (async () => {
  const answer = {
    KeyId: KEY,
    Plaintext: Buffer.alloc(32).toString('base64'),
    CiphertextBlob: 'AAAA',
  };
  const fetch = async () => Response.json(answer);
  const kms = new KmsClient({ endpoint: 'http://localhost:1', fetch });
  const { item } = await encryptor(kms).encryptItem(ITEM);
  const options = { keyring: keyring(kms) };
  const { ciphertext } = await new EncryptionClient().encrypt(new Uint8Array(10), options);
  return { item, ciphertext };
})();

const client = new EncryptionClient();

/** Reads a stream to its end. */
async function drain(stream, input) {
  const writer = stream.writable.getWriter();
  writer.closed.catch(() => {});
  writer.write(input).catch(() => {});
  writer.close().catch(() => {});
  for await (const chunk of stream.readable) void chunk;
}

const store = (kms, fetch) =>
  keyStore({
    kms,
    dynamodb: new DynamoDbClient({ endpoint: 'http://localhost:1', fetch }),
    tableName: 't',
    logicalKeyStoreName: 't',
    kmsKeyArn: KEY,
  });

/** Each of them waits for a service that never answers, and takes `{ signal }`. */
const CALLS = {
  'KmsClient.decrypt': (kms, options) =>
    kms.decrypt({ ciphertextBlob: Uint8Array.of(1), keyId: KEY }, options),
  'KmsClient.listAllKeys': (kms, options) => kms.listAllKeys({}, options).next(),
  encryptItem: (kms, options) => encryptor(kms).encryptItem(ITEM, options),
  decryptItem: (kms, options) => encryptor(kms).decryptItem(sealed.item, options),
  encryptItems: (kms, options) => encryptor(kms).encryptItems([ITEM, ITEM], options),
  'encryptItems, settling': (kms, options) =>
    encryptor(kms).encryptItems([ITEM, ITEM], { ...options, settle: true }),
  decryptItems: (kms, options) => encryptor(kms).decryptItems([sealed.item], options),
  resealItems: (kms, options) => encryptor(kms).resealItems([sealed.item], options),
  resealAll: (kms, options) => encryptor(kms).resealAll([sealed.item], options).next(),
  encryptDocument: (kms, options) => encryptor(kms).encryptDocument({ id: '1' }, options),
  decryptDocument: (kms, options) =>
    encryptor(kms).decryptDocument(
      Object.fromEntries(Object.entries(sealed.item).map(([name, v]) => [name, v.S ?? v.B])),
      options,
    ),
  encryptDocuments: (kms, options) => encryptor(kms).encryptDocuments([{ id: '1' }], options),
  'EncryptionClient.encrypt': (kms, options) =>
    client.encrypt(new Uint8Array(10), { keyring: keyring(kms), ...options }),
  'EncryptionClient.encrypt, in pieces': (kms, options) =>
    client.encrypt(new Uint8Array(5 << 20), { keyring: keyring(kms), ...options }),
  'EncryptionClient.decrypt': (kms, options) =>
    client.decrypt(sealed.ciphertext, { keyring: keyring(kms), ...options }),
  'EncryptionClient.reseal': (kms, options) => {
    const how = { keyring: keyring(kms) };
    return client.reseal(sealed.ciphertext, { from: how, to: how, ...options });
  },
  encryptStream: (kms, options) =>
    drain(client.encryptStream({ keyring: keyring(kms), ...options }), new Uint8Array(10)),
  decryptStream: (kms, options) =>
    drain(client.decryptStream({ keyring: keyring(kms), ...options }), sealed.ciphertext),
  'keyStore.getActiveBranchKey': (kms, options, fetch) =>
    store(kms, fetch).getActiveBranchKey({ branchKeyId: 'b' }, options),
  'keyStore.createKey': (kms, options, fetch) => store(kms, fetch).createKey({}, options),
  'keyStore.createKeyStore': (kms, options, fetch) => store(kms, fetch).createKeyStore(options),
};

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name} ends when its signal aborts`, async () => {
    const { state, fetch, kms } = silentKms();
    const controller = new AbortController();
    const why = new Error('no longer wanted');
    const outcome = assert.rejects(
      call(kms, { signal: controller.signal }, fetch),
      (error) => error === why,
    );
    while (state.active === 0) await later(1);
    controller.abort(why);
    await outcome;
    await later(5);
    assert.equal(state.active, 0, 'nothing is under way');
    const { sent } = state;
    await later(20);
    assert.equal(state.sent, sent, 'and nothing is sent later');
  });

  test(`${name} does not begin under a signal that has aborted, or under no signal`, async () => {
    const { state, fetch, kms } = silentKms();
    const why = new Error('never wanted');
    await assert.rejects(
      async () => call(kms, { signal: AbortSignal.abort(why) }, fetch),
      (error) => error === why,
    );
    await assert.rejects(async () => call(kms, { signal: 'stop' }, fetch), {
      code: 'INVALID_ARGUMENT',
    });
    assert.equal(state.sent, 0);
  });
}

for (const side of ['from', 'to']) {
  test(`EncryptionClient.reseal ends when the signal of ${side} aborts, beside others`, async () => {
    const { state, kms } = silentKms();
    const [controller, other] = [new AbortController(), new AbortController()];
    const why = new Error('no longer wanted');
    const how = { keyring: keyring(kms), signal: other.signal };
    const call = client.reseal(sealed.ciphertext, {
      ...{ from: how, to: how, signal: other.signal },
      [side]: { ...how, signal: controller.signal },
    });
    const outcome = assert.rejects(call, (error) => error === why);
    while (state.active === 0) await later(1);
    controller.abort(why);
    await outcome;
  });
}

test('a signal that aborts while the item is read ends the call', async () => {
  const { kms } = silentKms();
  const controller = new AbortController();
  const why = new Error('no longer wanted');
  const item = {
    ...ITEM,
    get secret() {
      controller.abort(why);
      return { S: 'x' };
    },
  };
  await assert.rejects(
    encryptor(kms).encryptItem(item, { signal: controller.signal }),
    (error) => error === why,
  );
});

test('many calls with one signal leave it with one listener, and with none when they have ended', async () => {
  const warnings = [];
  const warn = (warning) => warnings.push(warning.name);
  process.on('warning', warn);
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = () => getEventListeners(signal, 'abort').length;
  const { kms } = silentKms();
  const options = { keyring: keyring(kms), signal };
  const calls = () => [
    encryptor(kms).encryptItem(ITEM, { signal }),
    kms.describeKey({ keyId: KEY }, { signal }),
    client.encrypt(new Uint8Array(10), options),
    client.encrypt(new Uint8Array(3 << 20), options),
    drain(client.encryptStream(options), new Uint8Array(10)),
  ];
  const all = Promise.allSettled(Array.from({ length: 20 }, calls).flat());
  const single = new AbortController();
  const ended = kms.describeKey({ keyId: KEY }, { signal: single.signal });
  await new Promise(setImmediate);
  assert.equal(listeners(), 1);
  assert.equal(getEventListeners(single.signal, 'abort').length, 1);
  const why = new Error('enough');
  controller.abort(why);
  for (const { reason } of await all) assert.equal(reason, why);
  assert.equal(listeners(), 0);
  single.abort(why);
  await assert.rejects(ended, (error) => error === why);
  assert.equal(getEventListeners(single.signal, 'abort').length, 0);
  await new Promise(setImmediate);
  process.off('warning', warn);
  assert.deepEqual(warnings, []);
});
