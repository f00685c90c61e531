// RSA PKCS #1 v1.5: whatever is wrong with a padding, the outcome is that of a wrong key.

import assert from 'node:assert/strict';
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { test } from 'node:test';

import {
  EncryptionClient,
  ItemEncryptor,
  inspect,
  rawRsaKeyring,
} from '../../pkg/entrypoints/index.js';

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const { publicKey, privateKey } = pair();
const SIZE = 256;

const keyring = (keys) =>
  rawRsaKeyring({ keyNamespace: 'ns', keyName: 'old', paddingScheme: 'PKCS1', ...keys });
const opener = (key = privateKey) => keyring({ privateKey: key, hazmatAllowPkcs1Decryption: true });

// Suites of all three lengths of data keys, with key derivation, commitment and neither.
const SUITES = ['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0478', '0578'];
const client = new EncryptionClient({ commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' });
const committing = new EncryptionClient({ commitmentPolicy: 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' });
const clientOf = (suite) => (suite[1] === '4' || suite[1] === '5' ? committing : client);
const seal = async (algorithmSuite) => {
  const options = { keyring: keyring({ publicKey }), algorithmSuite };
  return (await clientOf(algorithmSuite).encrypt(Buffer.from('quiet'), options)).ciphertext;
};

for (const suite of SUITES) {
  test(`opens what it sealed under suite ${suite}`, async () => {
    const { plaintext } = await clientOf(suite).decrypt(await seal(suite), { keyring: opener() });
    assert.equal(Buffer.from(plaintext).toString(), 'quiet');
  });
}

/** The message with another wrapped data key: that of this encoding, without any check. */
function withEncoding(message, encoding) {
  const [{ ciphertext }] = inspect(message).encryptedDataKeys;
  const at = Buffer.from(message).indexOf(ciphertext);
  assert.ok(at > 0);
  const key = { key: createPublicKey(publicKey), padding: constants.RSA_NO_PADDING };
  const copy = new Uint8Array(message);
  copy.set(publicEncrypt(key, encoding), at);
  return copy;
}

function encodings(len) {
  const good = () => {
    const encoding = Buffer.alloc(SIZE, 0x55);
    encoding.set([0, 2]);
    encoding[SIZE - len - 1] = 0;
    return encoding;
  };
  const changed = (at, byte) => {
    const encoding = good();
    encoding[at] = byte;
    return encoding;
  };
  return {
    'a good padding of another key': good(),
    'a first byte of 1': changed(0, 1),
    'block type 1': changed(1, 1),
    'block type 0': changed(1, 0),
    'a zero at the beginning of the padding': changed(2, 0),
    'a zero at its end, and a longer key': changed(SIZE - len - 2, 0),
    'no zero before the key': changed(SIZE - len - 1, 7),
    'an empty key': changed(SIZE - len - 1, 7).fill(0, SIZE - 1),
    'nothing but zeros': Buffer.alloc(SIZE),
  };
}

for (const [suite, len] of [
  ['0014', 16],
  ['0146', 24],
  ['0178', 32],
  ['0478', 32],
]) {
  test(`all bad paddings end as a wrong key does, suite ${suite}`, async () => {
    const message = await seal(suite);
    const told = new Set();
    for (const [what, encoding] of Object.entries(encodings(len))) {
      const bad = withEncoding(message, encoding);
      const error = await clientOf(suite)
        .decrypt(bad, { keyring: opener() })
        .then(
          () => assert.fail(what),
          (reason) => reason,
        );
      told.add(`${error.name} ${error.code} ${error.message}`);
    }
    assert.deepEqual([...told].length, 1, [...told].join('\n'));
    assert.match([...told][0], /^AuthenticationError /);
    // Nor does a key pair of somebody else.
    await assert.rejects(clientOf(suite).decrypt(message, { keyring: opener(pair().privateKey) }));
  });
}

test('items: bad paddings end as a wrong key does', async () => {
  const encryptor = (keys) =>
    new ItemEncryptor({
      logicalTableName: 't',
      partitionKeyName: 'pk',
      attributeActions: { pk: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
      algorithmSuite: '6700',
      keyring: keys,
    });
  const plain = { pk: { S: 'a' }, secret: { S: 'quiet' } };
  const { item } = await encryptor(keyring({ publicKey })).encryptItem(plain);
  assert.deepEqual((await encryptor(opener()).decryptItem(item)).item, plain);
  const head = Buffer.from(item.aws_dbe_head.B);
  const [{ ciphertext }] = inspect(item).encryptedDataKeys;
  const at = head.indexOf(ciphertext) + 48;
  const told = new Set();
  for (const [what, encoding] of Object.entries(encodings(32))) {
    const key = { key: createPublicKey(publicKey), padding: constants.RSA_NO_PADDING };
    const bad = new Uint8Array(head);
    bad.set(publicEncrypt(key, encoding), at);
    const error = await encryptor(opener())
      .decryptItem({ ...item, aws_dbe_head: { B: bad } })
      .then(
        () => assert.fail(what),
        (reason) => reason,
      );
    told.add(`${error.code} ${error.message}`);
  }
  assert.equal(told.size, 1, [...told].join('\n'));
  assert.match([...told][0], /^NO_KEYRING_OPENED /);
});

test('it is off unless it is asked for by its name', async () => {
  const message = await seal('0178');
  for (const hazmatAllowPkcs1Decryption of [undefined, false]) {
    const off = keyring({ privateKey, hazmatAllowPkcs1Decryption });
    await assert.rejects(client.decrypt(message, { keyring: off }), /hazmatAllowPkcs1Decryption/);
  }
});

/** Runs with another `node:crypto`, or none. */
async function withNodeCrypto(replacement, act) {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = (id) =>
    id === 'node:crypto' ? replacement(getBuiltinModule(id)) : getBuiltinModule(id);
  try {
    return await act();
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
}

test('a host without the bare operation says so, and names the ways out', async () => {
  const message = await seal('0178');
  const failing = (real) => ({
    ...real,
    privateDecrypt: () => {
      throw new Error('unsupported padding');
    },
  });
  for (const replacement of [() => undefined, failing]) {
    await withNodeCrypto(replacement, async () => {
      const failed = client.decrypt(message, { keyring: opener() });
      await assert.rejects(failed, /not supported.*OAEP.*KMS/s);
    });
  }
});

test('a ciphertext that the bare operation refuses is a wrapped key that does not fit', async () => {
  const message = await seal('0178');
  const [{ ciphertext }] = inspect(message).encryptedDataKeys;
  const at = Buffer.from(message).indexOf(ciphertext);
  const bad = new Uint8Array(message).fill(0xff, at, at + SIZE);
  await assert.rejects(client.decrypt(bad, { keyring: opener() }), (error) => {
    assert.equal(error.code, 'NO_KEYRING_OPENED');
    assert.ok(!/not supported/.test(error.message), error.message);
    return true;
  });
});
