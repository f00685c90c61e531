// What data from somebody else may cost before anything of it has verified.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  awsKmsKeyring,
  EncryptionClient,
  inspect,
  ItemEncryptor,
  KmsClient,
  multiKeyring,
  rawAesKeyring,
} from '../../pkg/entrypoints/index.js';

const aes = (keyName) =>
  rawAesKeyring({ keyNamespace: 'ns', keyName, wrappingKey: new Uint8Array(32).fill(7) });
const manyKeys = (n) =>
  multiKeyring({
    generator: aes('0'),
    children: Array.from({ length: n - 1 }, (_, i) => aes(String(i + 1))),
  });

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/k';
/** A keyring that counts its calls, all of which fail. */
function counted() {
  const calls = [];
  const kms = new KmsClient({
    region: 'us-east-1',
    endpoint: 'https://kms.test',
    maxAttempts: 1,
    fetch: async () => {
      calls.push(1);
      throw new Error('no network here');
    },
  });
  return { calls, keyring: awsKmsKeyring({ kms, generatorKeyId: ARN }) };
}

const limited = { name: 'LimitError', code: 'LIMIT_EXCEEDED' };
const TEXT = new TextEncoder().encode('text');
const ITEM = { id: { S: '1' }, secret: { S: 'x' } };

const encryptor = (keyring, more = {}) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    keyring,
    ...more,
  });

async function piped(stream, bytes, piece = bytes.length) {
  const source = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += piece) {
        controller.enqueue(bytes.subarray(at, at + piece));
      }
      controller.close();
    },
  });
  return new Uint8Array(await new Response(source.pipeThrough(stream)).arrayBuffer());
}

test('an item has at most 32 encrypted data keys, sealed or opened, unless told', async () => {
  const lifted = { maxEncryptedDataKeys: Infinity };
  for (const [n, fits] of [
    [32, true],
    [33, false],
  ]) {
    const keyring = manyKeys(n);
    const { item } = await encryptor(keyring, lifted).encryptItem(ITEM);
    assert.equal(item.aws_dbe_foot.B.length > n * 48, true);
    if (fits) {
      await encryptor(keyring).encryptItem(ITEM);
      assert.deepEqual((await encryptor(keyring).decryptItem(item)).item, ITEM);
    } else {
      const error = { ...limited, message: /33 exceeds the limit of 32/ };
      await assert.rejects(encryptor(keyring).encryptItem(ITEM), error);
      await assert.rejects(encryptor(keyring).decryptItem(item), error);
      await assert.rejects(encryptor(keyring).resealItems([item]), error);
      assert.deepEqual((await encryptor(keyring, lifted).decryptItem(item)).item, ITEM);
      // No keyring is asked.
      const { calls, keyring: kms } = counted();
      await assert.rejects(encryptor(multiKeyring({ generator: kms })).decryptItem(item), error);
      assert.equal(calls.length, 0);
    }
  }
  await assert.rejects(
    encryptor(manyKeys(2), { maxEncryptedDataKeys: 1 }).encryptItem(ITEM),
    limited,
  );
  for (const maxEncryptedDataKeys of [0, -1, 256, 1.5, NaN, -Infinity, '3', null]) {
    assert.throws(() => encryptor(aes('0'), { maxEncryptedDataKeys }), {
      code: 'INVALID_CONFIG',
      message: /^maxEncryptedDataKeys must be a whole number from 1 to 255, or Infinity/,
    });
  }
});

test('the header of an item is at most 1 MiB', async () => {
  const { item } = await encryptor(aes('0')).encryptItem(ITEM);
  const long = { ...item, aws_dbe_head: { B: new Uint8Array((1 << 20) + 1).fill(2) } };
  await assert.rejects(encryptor(aes('0')).decryptItem(long), limited);
  assert.throws(() => inspect(long), limited);
  // Just as long as allowed: read, and found to be something else.
  const short = { ...item, aws_dbe_head: { B: new Uint8Array(1 << 20).fill(2) } };
  await assert.rejects(encryptor(aes('0')).decryptItem(short), { code: 'MALFORMED_HEADER' });
  // What would not be opened is not sealed.
  const names = Array.from({ length: 17 }, (_, i) => `${i}`.padEnd(65_000, 'n'));
  const keyring = multiKeyring({ generator: aes('0'), children: names.map(aes) });
  await assert.rejects(encryptor(keyring).encryptItem(ITEM), limited);
});

test('a message has at most 64 encrypted data keys, made or opened, unless told', async () => {
  const lifted = new EncryptionClient({ maxEncryptedDataKeys: Infinity });
  const client = new EncryptionClient();
  for (const [n, fits] of [
    [64, true],
    [65, false],
  ]) {
    const keyring = manyKeys(n);
    const { ciphertext } = await lifted.encrypt(TEXT, { keyring });
    const ways = [
      () => client.encrypt(TEXT, { keyring }),
      () => client.decrypt(ciphertext, { keyring }),
      () => client.reseal(ciphertext, { from: { keyring }, to: { keyring } }),
      () => piped(client.encryptStream({ keyring }), TEXT),
      () => piped(client.decryptStream({ keyring }), ciphertext, 100),
    ];
    for (const way of ways) {
      if (fits) await way();
      else await assert.rejects(way(), { ...limited, message: /65 exceeds the limit of 64/ });
    }
    assert.equal(inspect(ciphertext).encryptedDataKeys.length, n);
    if (!fits) {
      const { calls, keyring: kms } = counted();
      await assert.rejects(client.decrypt(ciphertext, { keyring: kms }), limited);
      assert.equal(calls.length, 0);
    }
  }
});

test('the header of a message is at most 1 MiB, made or opened, unless told', async () => {
  const names = Array.from({ length: 17 }, (_, i) => `${i}`.padEnd(65_000, 'n'));
  const keyring = multiKeyring({ generator: aes('0'), children: names.map(aes) });
  const client = new EncryptionClient();
  for (const maxHeaderLength of [2 << 20, Infinity]) {
    const lifted = new EncryptionClient({ maxHeaderLength });
    const { ciphertext, header } = await lifted.encrypt(TEXT, { keyring });
    assert.equal(header.encryptedDataKeys.length, 18);
    const error = { ...limited, message: /maxHeaderLength/ };
    await assert.rejects(client.encrypt(TEXT, { keyring }), error);
    await assert.rejects(client.decrypt(ciphertext, { keyring }), error);
    await assert.rejects(piped(client.decryptStream({ keyring }), ciphertext, 1000), error);
    await assert.rejects(
      lifted
        .reseal(ciphertext, { from: { keyring }, to: { keyring } })
        .then(() => client.reseal(ciphertext, { from: { keyring }, to: { keyring: aes('0') } })),
      error,
    );
    assert.throws(() => inspect(ciphertext), error);
    assert.equal(inspect(ciphertext, { maxHeaderLength }).encryptedDataKeys.length, 18);
    assert.deepEqual((await lifted.decrypt(ciphertext, { keyring })).plaintext, TEXT);
    assert.deepEqual(await piped(lifted.decryptStream({ keyring }), ciphertext, 1000), TEXT);
  }
  for (const maxHeaderLength of [0, -1, 2 ** 32, 1.5, NaN, '3', null]) {
    const error = { code: 'INVALID_CONFIG', message: /^maxHeaderLength must be/ };
    assert.throws(() => new EncryptionClient({ maxHeaderLength }), error);
    assert.throws(() => inspect(new Uint8Array(3), { maxHeaderLength }), error);
  }
});

test('a header without end is refused once it says so, and costs no more than the limit', async () => {
  // Version 2, suite 04 78, an id, no context, and then nothing but the longest keys.
  const start = new Uint8Array(37);
  start.set([2, 0x04, 0x78]);
  const endless = new Uint8Array(1 << 20).fill(0xff);
  let given = 0;
  const source = new ReadableStream({
    pull(controller) {
      controller.enqueue(given === 0 ? start : endless);
      given++;
    },
  });
  const client = new EncryptionClient({ maxEncryptedDataKeys: Infinity });
  const stream = client.decryptStream({ keyring: aes('0') });
  await assert.rejects(new Response(source.pipeThrough(stream)).arrayBuffer(), limited);
  assert.ok(given <= 5, `${given} chunks were taken`);
});

test('an error of a header of 65,535 keys lists 20 of them and counts the rest', async () => {
  const client = new EncryptionClient({ maxEncryptedDataKeys: 65535 });
  const plaintext = new Uint8Array(5);
  const { ciphertext } = await client.encrypt(plaintext, { keyring: aes('a\nb') });
  // Copies of its one encrypted data key behind each other: the header's tag does not matter here.
  const view = new DataView(ciphertext.buffer);
  const count = 35 + 2 + view.getUint16(35);
  let end = count + 2;
  for (let field = 0; field < 3; field++) end += 2 + view.getUint16(end);
  const key = ciphertext.subarray(count + 2, end);
  const many = Buffer.concat([
    ciphertext.subarray(0, count),
    Buffer.from([0xff, 0xff]),
    ...Array(65535).fill(key),
    ciphertext.subarray(end),
  ]);
  const reader = new EncryptionClient({
    maxEncryptedDataKeys: Infinity,
    maxHeaderLength: Infinity,
  });
  await assert.rejects(reader.decrypt(many, { keyring: aes('other') }), (error) => {
    assert.equal(error.name, 'NoKeyError');
    assert.deepEqual([error.reasons.length, error.omittedReasons], [20, 65535 - 20]);
    assert.equal(error.toJSON().omittedReasons, 65515);
    assert.match(error.message, /; and 65515 more\. /);
    assert.doesNotMatch(error.message, /\n/);
    assert.match(error.reasons[0].keyId, /^a\\u\{a\}b/);
    return true;
  });
});
