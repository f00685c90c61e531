// Resealing: the same plaintext under the current version of a key, or under another keyring.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import {
  awsKmsKeyring,
  awsKmsRsaKeyring,
  EncryptionClient,
  inspect,
  ItemEncryptor,
  KmsClient,
  multiKeyring,
  rawAesKeyring,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { administer } from './support.mjs';

const TABLE = {
  logicalTableName: 'customers',
  partitionKeyName: 'id',
  attributeActions: {
    id: 'SIGN_ONLY',
    ssn: 'ENCRYPT_AND_SIGN',
    n: 'ENCRYPT_AND_SIGN',
    note: 'SIGN_ONLY',
  },
  algorithmSuite: '6700',
};
const item = (i) => ({
  id: { S: `c-${i}` },
  ssn: { S: `078-05-${i}` },
  n: { NS: ['3', '1.50', '2'] },
  note: { S: 'readable' },
});
const opened = (i) => ({ ...item(i), n: { NS: ['1.5', '2', '3'] } });
const raw = (byte) =>
  rawAesKeyring({
    keyNamespace: 'ns',
    keyName: String(byte),
    wrappingKey: new Uint8Array(32).fill(byte),
  });

let dev;
let kms;
before(async () => {
  dev = await startDevKms();
  kms = new KmsClient({ endpoint: dev.url, region: dev.region });
});
after(() => dev.close());

const kmsEncryptor = (arn, more = {}) =>
  new ItemEncryptor({ ...TABLE, keyring: awsKmsKeyring({ kms, generatorKeyId: arn }), ...more });

describe('items', () => {
  test('under the current version of a rotated key', async () => {
    const key = await dev.createKey();
    const encryptor = kmsEncryptor(key.arn);
    const sealed = (await encryptor.encryptItem(item(1))).item;
    const wrapped = (i) => inspect(i).encryptedDataKeys[0].ciphertext;
    await administer(dev, 'RotateKeyOnDemand', { KeyId: key.keyId });
    const before = dev.countCalls();
    const { items, kmsCalls } = await encryptor.resealItems([sealed]);
    assert.equal(kmsCalls, 2, 'one Decrypt, one GenerateDataKey');
    assert.equal(dev.countCalls() - before, 2);
    assert.notDeepEqual(wrapped(items[0]), wrapped(sealed));
    assert.deepEqual((await encryptor.decryptItem(items[0])).item, opened(1));
    assert.deepEqual(
      (await encryptor.decryptItem(sealed)).item,
      opened(1),
      'the old one still opens',
    );
  });

  test('under another keyring, which alone opens it then', async () => {
    const { arn } = await dev.createKey();
    const from = new ItemEncryptor({ ...TABLE, keyring: raw(1) });
    const to = kmsEncryptor(arn);
    const sealed = await Promise.all(
      [1, 2, 3].map(async (i) => (await from.encryptItem(item(i))).item),
    );
    const { items, kmsCalls } = await to.resealItems(sealed, { from });
    assert.equal(kmsCalls, 3);
    for (const [i, resealed] of items.entries()) {
      assert.deepEqual((await to.decryptItem(resealed)).item, opened(i + 1));
      await assert.rejects(from.decryptItem(resealed), { code: 'NO_KEYRING_OPENED' });
    }
  });

  test('for one more recipient, by name and version of the header', async () => {
    const key = await dev.createKey({ keySpec: 'RSA_2048' });
    const from = new ItemEncryptor({ ...TABLE, keyring: raw(1) });
    const rsa = awsKmsRsaKeyring({ kmsKeyId: key.arn, publicKey: key.publicKeyPem, kms });
    const to = new ItemEncryptor({
      ...TABLE,
      keyring: multiKeyring({ generator: raw(1), children: [rsa] }),
    });
    const { items, kmsCalls } = await to.resealItems([(await from.encryptItem(item(1))).item], {
      from,
    });
    assert.equal(kmsCalls, 0);
    assert.equal(inspect(items[0]).encryptedDataKeys.length, 2);
    for (const keyring of [raw(1), rsa]) {
      const reader = new ItemEncryptor({ ...TABLE, keyring });
      assert.deepEqual((await reader.decryptItem(items[0])).item, opened(1));
    }
  });

  test('as many as come, in batches that can be resumed', async () => {
    const { arn } = await dev.createKey();
    const from = new ItemEncryptor({ ...TABLE, keyring: raw(1) });
    const to = kmsEncryptor(arn);
    const sealed = (await from.encryptItems(Array.from({ length: 57 }, (_, i) => item(i)))).map(
      (r) => r.item,
    );
    const stored = [];
    const pulled = [];
    async function* source(start) {
      for (const [i, one] of sealed.entries()) {
        if (i < start) continue;
        pulled.push(i);
        yield one;
      }
    }
    for await (const { items, done, kmsCalls } of to.resealAll(source(0), {
      from,
      batchSize: 10,
    })) {
      stored.push(...items);
      assert.equal(done, stored.length);
      assert.equal(kmsCalls, stored.length);
      if (done === 20) break;
    }
    assert.equal(pulled.length, 20, 'nothing is read ahead');
    let calls = 0;
    for await (const batch of to.resealAll(source(stored.length), { from })) {
      stored.push(...batch.items);
      calls = batch.kmsCalls;
    }
    assert.equal(calls, 37);
    assert.equal(stored.length, 57);
    for (const [i, one] of stored.entries()) {
      assert.deepEqual((await to.decryptItem(one)).item, opened(i));
    }
  });

  test('items in plaintext are sealed, or refused', async () => {
    const plaintextOverride = 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ';
    const lenient = new ItemEncryptor({ ...TABLE, keyring: raw(1), plaintextOverride });
    const strict = new ItemEncryptor({ ...TABLE, keyring: raw(1) });
    const { items } = await lenient.resealItems([item(1)]);
    assert.deepEqual((await strict.decryptItem(items[0])).item, opened(1));
    await assert.rejects(strict.resealItems([item(1)]), { code: 'PLAINTEXT_ITEM' });
  });

  test('never makes plaintext of what was encrypted', async () => {
    const from = new ItemEncryptor({ ...TABLE, keyring: raw(1) });
    const { item: sealed } = await from.encryptItem(item(1));
    const attributeActions = { ...TABLE.attributeActions, ssn: 'SIGN_ONLY' };
    const to = new ItemEncryptor({ ...TABLE, attributeActions, keyring: raw(2) });
    await assert.rejects(to.resealItems([sealed], { from }), (error) => {
      assert.equal(error.code, 'INVALID_CONFIG');
      assert.equal(error.attribute, 'ssn');
      return true;
    });
    // The other way round is fine: what was readable becomes secret.
    const more = { ...TABLE.attributeActions, note: 'ENCRYPT_AND_SIGN' };
    const stricter = new ItemEncryptor({ ...TABLE, attributeActions: more, keyring: raw(2) });
    const { items } = await stricter.resealItems([sealed], { from });
    assert.ok(items[0].note.B instanceof Uint8Array);
    assert.deepEqual((await stricter.decryptItem(items[0])).item, opened(1));
  });

  test('refuses what does not open, and a batch of which gives nothing', async () => {
    const { arn } = await dev.createKey();
    const from = new ItemEncryptor({ ...TABLE, keyring: raw(1) });
    const to = kmsEncryptor(arn);
    const good = (await from.encryptItem(item(1))).item;
    const ssn = { B: good.ssn.B.map((byte, i) => (i === 5 ? byte ^ 1 : byte)) };
    await assert.rejects(to.resealItems([good, { ...good, ssn }], { from }), (error) => {
      assert.equal(error.code, 'SIGNATURE_MISMATCH');
      assert.equal(error.itemIndex, 1);
      return true;
    });
    await assert.rejects(to.resealItems([good]), { code: 'NO_KEYRING_OPENED' });
    await assert.rejects(to.resealItems([good], { from: {} }), { code: 'INVALID_ARGUMENT' });
    assert.throws(() => to.resealAll([good], { from, batchSize: 0 }), {
      code: 'INVALID_ARGUMENT',
    });
    await administer(dev, 'DisableKey', { KeyId: arn });
    await assert.rejects(to.resealItems([good], { from }), { code: 'KMS_KEY_DISABLED' });
  });
});

describe('messages', () => {
  const client = new EncryptionClient();
  const encryptionContext = { tenant: 'clinic', document: 'é' };
  const text = (n) => new Uint8Array(n).map((_, i) => i * 3);

  for (const size of [0, 100, 5000, 700_000]) {
    test(`of ${size} bytes: context, suite and frames stay`, async () => {
      const { arn } = await dev.createKey();
      const keyring = awsKmsKeyring({ kms, generatorKeyId: arn });
      const options = {
        keyring: raw(1),
        encryptionContext,
        algorithmSuite: '0478',
        frameLength: 1000,
      };
      const { ciphertext } = await client.encrypt(text(size), options);
      const resealed = await client.reseal(ciphertext, {
        from: { keyring: raw(1) },
        to: { keyring },
      });
      assert.equal(resealed.kmsCalls, 1);
      assert.deepEqual(resealed.header.encryptionContext, encryptionContext);
      assert.equal(resealed.header.algorithmSuite, '0478');
      assert.equal(resealed.header.frameLength, 1000);
      const { plaintext } = await client.decrypt(resealed.ciphertext, {
        keyring,
        encryptionContext,
      });
      assert.deepEqual(plaintext, text(size));
      await assert.rejects(client.decrypt(resealed.ciphertext, { keyring: raw(1) }), {
        code: 'NO_KEYRING_OPENED',
      });
    });
  }

  test('with another suite, context and frame length', async () => {
    const { ciphertext } = await client.encrypt(text(100), { keyring: raw(1), encryptionContext });
    const to = {
      keyring: raw(2),
      algorithmSuite: '0478',
      encryptionContext: { next: '1' },
      frameLength: 7,
    };
    const { header, kmsCalls } = await client.reseal(ciphertext, {
      from: { keyring: raw(1), encryptionContext },
      to,
    });
    assert.equal(kmsCalls, 0);
    assert.deepEqual(header.encryptionContext, { next: '1' });
    assert.equal(header.algorithmSuite, '0478');
    assert.equal(header.frameLength, 7);
  });

  test('what does not open is not resealed', async () => {
    const { ciphertext } = await client.encrypt(text(100), { keyring: raw(1), encryptionContext });
    const to = { keyring: raw(2) };
    const damaged = ciphertext.slice();
    damaged[damaged.length - 1] ^= 1;
    await assert.rejects(client.reseal(damaged, { from: { keyring: raw(1) }, to }), {
      code: 'SIGNATURE_MISMATCH',
    });
    await assert.rejects(
      client.reseal(ciphertext.subarray(0, 300), { from: { keyring: raw(1) }, to }),
      {
        code: 'MALFORMED_MESSAGE',
      },
    );
    await assert.rejects(client.reseal(ciphertext, { from: { keyring: raw(2) }, to }), {
      code: 'NO_KEYRING_OPENED',
    });
    const wrong = { keyring: raw(1), encryptionContext: { tenant: 'other' } };
    await assert.rejects(client.reseal(ciphertext, { from: wrong, to }), {
      code: 'ENCRYPTION_CONTEXT_MISMATCH',
    });
    await assert.rejects(client.reseal('text', { from: { keyring: raw(1) }, to }), {
      code: 'INVALID_ARGUMENT',
    });
  });
});
