// The KMS keyrings against MiniStack, a KMS that nobody here wrote. It is right on data keys and on
// RSA-OAEP; what it answers to tampering and to wrong keys is not what AWS answers, so that here
// only the outcome counts: the item does not open.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import {
  awsKmsKeyring,
  awsKmsRsaKeyring,
  FieldsealError,
  inspect,
  KmsClient,
} from '../../pkg/entrypoints/index.js';
import { startMiniStack } from './ministack.mjs';
import { customers, CUSTOMER, refused, roundTrip, tampered, text, utf8 } from './support.mjs';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const CONTEXT = { table: 'customers' };

let stack;
let kms;
let key;
let other;
before(async () => {
  stack = await startMiniStack();
  console.log(`MiniStack ${stack.version}`);
  kms = new KmsClient({ endpoint: stack.url, region: stack.region, credentials });
  key = await createKey();
  other = await createKey();
});
after(() => stack?.stop());

/** By hand: what makes the keys of these tests is not what they test. */
async function createKey(input = {}) {
  const response = await fetch(stack.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.CreateKey',
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kms/aws4_request',
    },
    body: JSON.stringify(input),
  });
  assert.equal(response.status, 200);
  const { KeyMetadata } = await response.json();
  return { arn: KeyMetadata.Arn, keyId: KeyMetadata.KeyId };
}

const rsaKey = (KeySpec, KeyUsage = 'ENCRYPT_DECRYPT') => createKey({ KeySpec, KeyUsage });

/** Whatever MiniStack answers, our side ends in a coded error. */
async function doesNotOpen(opening) {
  const error = await opening.then(
    () => assert.fail('it opened'),
    (error) => error,
  );
  assert.ok(error instanceof FieldsealError && error.code !== 'INTERNAL', error.stack);
  console.log(`  ${error.code} ${error.reasons?.map((reason) => reason.code) ?? ''}`);
}

describe('client', () => {
  test('DescribeKey, Encrypt, Decrypt, GenerateDataKey and without plaintext', async () => {
    assert.equal((await kms.describeKey({ keyId: key.arn })).arn, key.arn);
    const common = { keyId: key.arn, encryptionContext: CONTEXT };
    const { ciphertextBlob } = await kms.encrypt({ ...common, plaintext: utf8('grüezi') });
    assert.equal(text((await kms.decrypt({ ...common, ciphertextBlob })).plaintext), 'grüezi');
    for (const size of [{ keySpec: 'AES_128' }, { keySpec: 'AES_256' }, { numberOfBytes: 64 }]) {
      const made = await kms.generateDataKey({ ...common, ...size });
      const { ciphertextBlob } = made;
      const opened = await kms.decrypt({ ...common, ciphertextBlob });
      assert.deepEqual(opened.plaintext, made.plaintext);
    }
    const unseen = await kms.generateDataKeyWithoutPlaintext({ ...common, keySpec: 'AES_256' });
    const { plaintext } = await kms.decrypt({ ...common, ciphertextBlob: unseen.ciphertextBlob });
    assert.equal(plaintext.length, 32);
  });

  test('no such key: the operation, the key and the request id', async () => {
    const keyId = key.arn.replace(/key\/.*/, 'key/00000000-0000-4000-8000-000000000000');
    for (const [operation, call] of [
      ['DescribeKey', () => kms.describeKey({ keyId })],
      ['GenerateDataKey', () => kms.generateDataKey({ keyId, keySpec: 'AES_256' })],
      ['GetPublicKey', () => kms.getPublicKey({ keyId })],
    ]) {
      const error = await refused(call, {
        code: 'KMS_KEY_NOT_FOUND',
        operation,
        keyId,
        attempts: 1,
        serviceError: 'NotFoundException',
      });
      assert.ok(error.requestId?.length > 0);
    }
  });

  test('4,097 bytes do not reach it', () =>
    refused(kms.encrypt({ keyId: key.arn, plaintext: new Uint8Array(4097) }), {
      code: 'LIMIT_EXCEEDED',
      message: /envelope encryption/,
    }));

  test('another path of it is no KMS', async () => {
    const lost = new KmsClient({ endpoint: `${stack.url}/_ministack/health`, maxAttempts: 1 });
    await refused(lost.generateDataKey({ keyId: key.arn, keySpec: 'AES_256' }), {});
  });
});

describe('KMS keyring', () => {
  for (const algorithmSuite of ['6700', '6701']) {
    test(`round trip with suite ${algorithmSuite}`, async () => {
      const keyring = awsKmsKeyring({ kms, generatorKeyId: key.arn, keyIds: [other.arn] });
      const sealed = await roundTrip(customers({ keyring }, { algorithmSuite }));
      assert.equal(inspect(sealed).algorithmSuite, algorithmSuite);
      for (const { arn } of [key, other]) {
        const alone = customers({ keyring: awsKmsKeyring({ kms, generatorKeyId: arn }) });
        assert.deepEqual((await alone.decryptItem(sealed)).item, CUSTOMER);
      }
    });

    test(`suite ${algorithmSuite}: changed items do not open`, async () => {
      const keyring = awsKmsKeyring({ kms, generatorKeyId: key.arn });
      const items = customers({ keyring }, { algorithmSuite });
      const { item } = await items.encryptItem(CUSTOMER);
      const { ciphertext } = inspect(item).encryptedDataKeys[0];
      const start = Buffer.from(item.aws_dbe_head.B).indexOf(Buffer.from(ciphertext));
      await doesNotOpen(items.decryptItem(tampered(item, 'ssn', -1)));
      await doesNotOpen(items.decryptItem(tampered(item, 'aws_dbe_foot', -1)));
      await doesNotOpen(items.decryptItem(tampered(item, 'aws_dbe_head', start)));
      await doesNotOpen(items.decryptItem(tampered(item, 'aws_dbe_head', start + 47)));
      const end = start + ciphertext.length - 1;
      await doesNotOpen(items.decryptItem(tampered(item, 'aws_dbe_head', end)));
      const elsewhere = customers({ keyring }, { algorithmSuite, logicalTableName: 'archive' });
      await doesNotOpen(elsewhere.decryptItem(item));
      await doesNotOpen(items.decryptItem({ ...item, customer_id: { S: 'c-2' } }));
      const stranger = awsKmsKeyring({ kms, generatorKeyId: other.arn });
      await doesNotOpen(customers({ keyring: stranger }, { algorithmSuite }).decryptItem(item));
    });
  }

  test('25 items', async () => {
    const items = customers({ keyring: awsKmsKeyring({ kms, generatorKeyId: key.arn }) });
    const sealed = await items.encryptItems(Array(25).fill(CUSTOMER));
    const opened = await items.decryptItems(sealed.map(({ item }) => item));
    assert.deepEqual(
      opened.map(({ item }) => item),
      Array(25).fill(CUSTOMER),
    );
  });
});

describe('KMS RSA keyring', () => {
  for (const keySpec of ['RSA_2048', 'RSA_3072', 'RSA_4096']) {
    for (const encryptionAlgorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']) {
      test(`${keySpec}, ${encryptionAlgorithm}: sealed offline, opened by it`, async () => {
        const { arn: kmsKeyId } = await rsaKey(keySpec);
        const downloaded = await kms.getPublicKey({ keyId: kmsKeyId });
        assert.equal(downloaded.keySpec, keySpec);
        for (const publicKey of [downloaded.publicKey, downloaded.publicKeyPem]) {
          const offline = awsKmsRsaKeyring({ kmsKeyId, publicKey, encryptionAlgorithm });
          const online = awsKmsRsaKeyring({ kmsKeyId, kms, encryptionAlgorithm });
          await roundTrip(customers({ keyring: offline }), customers({ keyring: online }));
          await roundTrip(customers({ keyring: online }));
        }
      });
    }
  }

  test('changed items, another key, another algorithm do not open', async () => {
    const { arn: kmsKeyId } = await rsaKey('RSA_2048');
    const { arn: stranger } = await rsaKey('RSA_2048');
    const { publicKey } = await kms.getPublicKey({ keyId: kmsKeyId });
    const sealer = customers({ keyring: awsKmsRsaKeyring({ kmsKeyId, publicKey }) });
    const { item } = await sealer.encryptItem(CUSTOMER);
    const opener = (options = {}, config = {}) =>
      customers({ keyring: awsKmsRsaKeyring({ kmsKeyId, kms, ...options }) }, config);
    assert.deepEqual((await opener().decryptItem(item)).item, CUSTOMER);

    const { ciphertext } = inspect(item).encryptedDataKeys[0];
    const start = Buffer.from(item.aws_dbe_head.B).indexOf(Buffer.from(ciphertext));
    await doesNotOpen(opener().decryptItem(tampered(item, 'ssn', 0)));
    await doesNotOpen(opener().decryptItem(tampered(item, 'aws_dbe_head', start)));
    await doesNotOpen(opener().decryptItem(tampered(item, 'aws_dbe_head', start + 100)));
    await doesNotOpen(opener({}, { logicalTableName: 'archive' }).decryptItem(item));
    await doesNotOpen(opener().decryptItem({ ...item, country: { S: 'LI' } }));
    await doesNotOpen(opener({ kmsKeyId: stranger }).decryptItem(item));
    await doesNotOpen(opener({ encryptionAlgorithm: 'RSAES_OAEP_SHA_1' }).decryptItem(item));
    const mixed = awsKmsRsaKeyring({ kmsKeyId: stranger, publicKey, kms });
    const { item: misdirected } = await customers({ keyring: mixed }).encryptItem(CUSTOMER);
    await doesNotOpen(customers({ keyring: mixed }).decryptItem(misdirected));
  });

  test('suite 6701 and an RSA key for signing are refused', async () => {
    const { arn: kmsKeyId } = await rsaKey('RSA_2048', 'SIGN_VERIFY');
    const keyring = awsKmsRsaKeyring({ kmsKeyId, kms });
    await refused(customers({ keyring }).encryptItem(CUSTOMER), { code: 'KEYRING_CANNOT' });
    await refused(customers({ keyring }, { algorithmSuite: '6701' }).encryptItem(CUSTOMER), {
      code: 'SUITE_NOT_ALLOWED',
    });
  });
});
