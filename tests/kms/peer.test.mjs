// The official JavaScript KMS client as a peer: what one side made, the other opens, through the
// development KMS.

import assert from 'node:assert/strict';
import { createDecipheriv, createHash, hkdfSync, publicEncrypt, constants } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GetPublicKeyCommand,
  KMSClient,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { awsKmsKeyring, awsKmsRsaKeyring, inspect } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, customers, CUSTOMER, refused, text, utf8 } from './support.mjs';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const CONTEXT = { table: 'customers', customer_id: 'c-1' };

let dev;
let ours;
let official;
let key;
let rsa;
before(async () => {
  // Both sign, and the same server checks both signatures.
  dev = await startDevKms({ credentials: [CREDENTIALS] });
  ours = clientOf(dev, { credentials: CREDENTIALS });
  official = new KMSClient({ endpoint: dev.url, region: dev.region, credentials: CREDENTIALS });
  key = await dev.createKey();
  rsa = await dev.createKey({ keySpec: 'RSA_2048' });
});
after(() => {
  official.destroy();
  return dev.close();
});
beforeEach(() => dev.clearCalls());

/** The one encrypted data key of a sealed item, as the format's specification divides it. */
function wrappedKeyOf(item) {
  const [{ ciphertext }] = inspect(item).encryptedDataKeys;
  // Data key under AES-GCM (32 + 16 bytes), then what the keyring made of the key for that.
  return { dataKey: ciphertext.subarray(0, 48), keyringPart: ciphertext.subarray(48) };
}

/**
 * The encryption context as the keyrings sign it: count, then sorted pairs, each text with its
 * length.
 */
function serialized(context) {
  const u16 = (n) => Buffer.from([n >> 8, n & 255]);
  const field = (value) => [u16(Buffer.byteLength(value)), Buffer.from(value)];
  const pairs = Object.entries(context).sort(([a], [b]) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  return Buffer.concat([
    u16(pairs.length),
    ...pairs.flatMap(([k, v]) => [...field(k), ...field(v)]),
  ]);
}

describe('what we sealed, the official client decrypts', () => {
  for (const encryptionAlgorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']) {
    test(`an RSA data key wrapped offline with ${encryptionAlgorithm}`, async () => {
      const options = { kmsKeyId: rsa.arn, publicKey: rsa.publicKeyPem, encryptionAlgorithm };
      const { item, header } = await customers({
        keyring: awsKmsRsaKeyring(options),
      }).encryptItem(CUSTOMER);
      assert.equal(dev.calls.length, 0);
      const { dataKey, keyringPart } = wrappedKeyOf(item);
      assert.equal(keyringPart.length, 256);
      const { Plaintext, KeyId } = await official.send(
        new DecryptCommand({
          KeyId: rsa.arn,
          CiphertextBlob: keyringPart,
          EncryptionAlgorithm: encryptionAlgorithm,
        }),
      );
      assert.equal(KeyId, rsa.arn);
      assert.equal(Plaintext.length, 48 + 32);
      const aad = serialized(header.encryptionContext);
      const digest = createHash('sha384').update(aad).digest();
      assert.deepEqual(Buffer.from(Plaintext.subarray(0, 48)), digest);
      // And the key in it opens the data key, by Node's cryptography alone.
      const info = 'AWS_MPL_INTERMEDIATE_KEYWRAP_ENC';
      const kek = hkdfSync('sha512', Plaintext.subarray(48), '', info, 32);
      const decipher = createDecipheriv('aes-256-gcm', Buffer.from(kek), Buffer.alloc(12));
      decipher.setAAD(aad).setAuthTag(dataKey.subarray(32));
      const opened = Buffer.concat([decipher.update(dataKey.subarray(0, 32)), decipher.final()]);
      assert.equal(opened.length, 32);
    });

    test(`not with another algorithm than ${encryptionAlgorithm}`, async () => {
      const options = { kmsKeyId: rsa.arn, publicKey: rsa.publicKey, encryptionAlgorithm };
      const { item } = await customers({ keyring: awsKmsRsaKeyring(options) }).encryptItem(
        CUSTOMER,
      );
      const other =
        encryptionAlgorithm === 'RSAES_OAEP_SHA_1' ? 'RSAES_OAEP_SHA_256' : 'RSAES_OAEP_SHA_1';
      const command = new DecryptCommand({
        KeyId: rsa.arn,
        CiphertextBlob: wrappedKeyOf(item).keyringPart,
        EncryptionAlgorithm: other,
      });
      await assert.rejects(official.send(command), { name: 'InvalidCiphertextException' });
    });
  }

  test('a data key of the KMS keyring, with the whole context and not with less', async () => {
    const items = customers({ keyring: awsKmsKeyring({ kms: ours, generatorKeyId: key.arn }) });
    const { item, header } = await items.encryptItem(CUSTOMER);
    const request = { KeyId: key.arn, CiphertextBlob: wrappedKeyOf(item).keyringPart };
    const EncryptionContext = header.encryptionContext;
    const { Plaintext } = await official.send(
      new DecryptCommand({ ...request, EncryptionContext }),
    );
    assert.equal(Plaintext.length, 32);
    for (const name of Object.keys(EncryptionContext)) {
      const { [name]: _, ...less } = EncryptionContext;
      await assert.rejects(
        official.send(new DecryptCommand({ ...request, EncryptionContext: less })),
        { name: 'InvalidCiphertextException' },
      );
    }
  });

  test('Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncrypt', async () => {
    const common = { keyId: key.arn, encryptionContext: CONTEXT };
    const open = async ({ ciphertextBlob }, EncryptionContext = CONTEXT) => {
      const command = new DecryptCommand({ CiphertextBlob: ciphertextBlob, EncryptionContext });
      return new Uint8Array((await official.send(command)).Plaintext);
    };
    const sealed = await ours.encrypt({ ...common, plaintext: utf8('ours') });
    assert.equal(text(await open(sealed)), 'ours');
    const dataKey = await ours.generateDataKey({ ...common, keySpec: 'AES_256' });
    assert.deepEqual(await open(dataKey), dataKey.plaintext);
    const unseen = await ours.generateDataKeyWithoutPlaintext({ ...common, numberOfBytes: 24 });
    assert.equal((await open(unseen)).length, 24);
    const moved = await ours.reEncrypt({
      ...sealed,
      keyId: undefined,
      encryptionAlgorithm: undefined,
      sourceEncryptionContext: CONTEXT,
      destinationKeyId: key.arn,
    });
    assert.equal(text(await open(moved, {})), 'ours');
    await assert.rejects(open(moved), { name: 'InvalidCiphertextException' });
  });
});

describe('what the official client made, we open', () => {
  test('Encrypt and GenerateDataKey', async () => {
    const common = { KeyId: key.arn, EncryptionContext: CONTEXT };
    const encryptionContext = CONTEXT;
    const sealed = await official.send(
      new EncryptCommand({ ...common, Plaintext: utf8('theirs') }),
    );
    const ciphertextBlob = sealed.CiphertextBlob;
    const opened = await ours.decrypt({ ciphertextBlob, encryptionContext });
    assert.equal(text(opened.plaintext), 'theirs');
    await refused(ours.decrypt({ ciphertextBlob }), { code: 'KMS_INVALID_CIPHERTEXT' });

    const dataKey = await official.send(
      new GenerateDataKeyCommand({ ...common, KeySpec: 'AES_256' }),
    );
    const { plaintext } = await ours.decrypt({
      keyId: key.arn,
      ciphertextBlob: dataKey.CiphertextBlob,
      encryptionContext,
    });
    assert.deepEqual(plaintext, new Uint8Array(dataKey.Plaintext));

    const unseen = await official.send(
      new GenerateDataKeyWithoutPlaintextCommand({ ...common, NumberOfBytes: 48 }),
    );
    const got = await ours.decrypt({ ciphertextBlob: unseen.CiphertextBlob, encryptionContext });
    assert.equal(got.plaintext.length, 48);
  });

  test('ReEncrypt', async () => {
    const { ciphertextBlob } = await ours.encrypt({ keyId: key.arn, plaintext: utf8('moved') });
    const moved = await official.send(
      new ReEncryptCommand({
        CiphertextBlob: ciphertextBlob,
        DestinationKeyId: key.arn,
        DestinationEncryptionContext: CONTEXT,
      }),
    );
    const request = { ciphertextBlob: moved.CiphertextBlob, encryptionContext: CONTEXT };
    assert.equal(text((await ours.decrypt(request)).plaintext), 'moved');
  });

  test('a public key that it downloaded seals our items', async () => {
    const { PublicKey } = await official.send(new GetPublicKeyCommand({ KeyId: rsa.arn }));
    const kmsKeyId = rsa.arn;
    const seal = customers({ keyring: awsKmsRsaKeyring({ kmsKeyId, publicKey: PublicKey }) });
    const { item } = await seal.encryptItem(CUSTOMER);
    const open = customers({ keyring: awsKmsRsaKeyring({ kmsKeyId, kms: ours }) });
    assert.deepEqual((await open.decryptItem(item)).item, CUSTOMER);
    assert.deepEqual((await ours.getPublicKey({ keyId: kmsKeyId })).publicKey, PublicKey);
  });

  test('what Node wraps with the public key we decrypt, as RSA data keys are', async () => {
    const { publicKeyPem } = await ours.getPublicKey({ keyId: rsa.arn });
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const options = { key: publicKeyPem, padding, oaepHash: 'sha256' };
    const ciphertextBlob = new Uint8Array(publicEncrypt(options, utf8('by node')));
    const request = { keyId: rsa.arn, ciphertextBlob };
    const opened = await ours.decrypt({ ...request, encryptionAlgorithm: 'RSAES_OAEP_SHA_256' });
    assert.equal(text(opened.plaintext), 'by node');
    await refused(ours.decrypt({ ...request, encryptionAlgorithm: 'RSAES_OAEP_SHA_1' }), {
      code: 'KMS_INVALID_CIPHERTEXT',
    });
  });
});

test('both clients see the same refusals', async () => {
  const missing = 'alias/nobody';
  const plaintext = utf8('x');
  let theirs;
  await official
    .send(new EncryptCommand({ KeyId: missing, Plaintext: plaintext }))
    .catch((error) => (theirs = error));
  const error = await refused(ours.encrypt({ keyId: missing, plaintext }), {
    code: 'KMS_KEY_NOT_FOUND',
    serviceError: theirs.name,
    status: theirs.$metadata.httpStatusCode,
  });
  assert.ok(error.message.includes(theirs.message));
  assert.deepEqual(
    dev.calls.map(({ requestId }) => requestId),
    [theirs.$metadata.requestId, error.requestId],
  );
});
