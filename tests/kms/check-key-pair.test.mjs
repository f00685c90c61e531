// The proof that what is sealed can be opened, and what it says is missing.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import {
  awsKmsEcdhKeyring,
  awsKmsKeyring,
  awsKmsRsaKeyring,
  checkKeyPair,
  defaultCmm,
  multiKeyring,
  rawAesKeyring,
  rawEcdhKeyring,
  rawRsaKeyring,
  recipient,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, refused } from './support.mjs';

const pairOf = (type, options) =>
  generateKeyPairSync(type, {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const [ours, theirs] = [
  pairOf('rsa', { modulusLength: 2048 }),
  pairOf('rsa', { modulusLength: 2048 }),
];
const ec = pairOf('ec', { namedCurve: 'P-256' });
const rawRsa = (keys, keyName = 'inbox') =>
  rawRsaKeyring({ keyNamespace: 'shop', keyName, paddingScheme: 'OAEP_SHA256_MGF1', ...keys });
const rawAes = (keyName, byte = 7) =>
  rawAesKeyring({ keyNamespace: 'shop', keyName, wrappingKey: new Uint8Array(32).fill(byte) });

let dev;
let kms;
let rsa;
before(async () => {
  dev = await startDevKms();
  kms = clientOf(dev);
  rsa = await dev.createKey({ keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' });
});
after(() => dev.close());

describe('all is well', () => {
  test('raw keys, both halves or two keyrings', async () => {
    for (const [keyring, opens] of [
      [rawAes('a')],
      [rawRsa(ours)],
      [rawRsa({ publicKey: ours.publicKey }), rawRsa({ privateKey: ours.privateKey })],
      [recipient('rsa:', { key: ours.publicKey }), recipient('rsa:', { key: ours.privateKey })],
      [recipient('ecdh:', { key: ec.publicKey }), recipient('ecdh:', { key: ec.privateKey })],
      [multiKeyring({ generator: rawAes('a'), children: [rawAes('b')] }), rawAes('b')],
    ]) {
      const { encryptedDataKeys } = await checkKeyPair(keyring, { opens });
      assert.ok(encryptedDataKeys.length > 0);
    }
  });
  test('KMS keys', async () => {
    const { arn } = await dev.createKey();
    const { encryptedDataKeys } = await checkKeyPair(awsKmsKeyring({ kms, generatorKeyId: arn }), {
      encryptionContext: { tenant: '1' },
    });
    assert.deepEqual(
      encryptedDataKeys.map(({ keyName }) => keyName),
      [arn],
    );
    const page = awsKmsRsaKeyring({ kmsKeyId: rsa.arn, publicKey: rsa.publicKeyPem });
    await checkKeyPair(page, { opens: awsKmsRsaKeyring({ kmsKeyId: rsa.arn, kms }) });
  });
});

describe('what is missing', () => {
  const denied = (operation) =>
    dev.faults.failNext(1, 400, { operation, errorName: 'AccessDeniedException' });

  test('a permission, on either side', async () => {
    const { arn } = await dev.createKey();
    const keyring = awsKmsKeyring({ kms, generatorKeyId: arn });
    for (const [operation, does] of [
      ['GenerateDataKey', 'the keyring cannot seal'],
      ['Decrypt', 'what it sealed cannot be opened'],
    ]) {
      denied(operation);
      const error = await refused(checkKeyPair(keyring), {
        code: 'KMS_ACCESS_DENIED',
        name: 'KmsError',
        operation,
        keyId: arn,
        serviceError: 'AccessDeniedException',
        status: 400,
        message: new RegExp(
          `^${does}: the permission kms:${operation} for the key '${arn}' is miss`,
        ),
      });
      assert.ok(error.cause.code, 'the error itself');
      await checkKeyPair(keyring);
    }
  });

  test('the key usage', async () => {
    const usage = { keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY' };
    const signing = await dev.createKey(usage);
    await refused(checkKeyPair(awsKmsRsaKeyring({ kmsKeyId: signing.arn, kms })), {
      code: 'KEYRING_CANNOT',
      message: /the keyring cannot seal: .*SIGN_VERIFY.*does not offer RSAES_OAEP_SHA_256/,
    });
    // Downloaded, it seals all the same.
    const page = awsKmsRsaKeyring({ kmsKeyId: signing.arn, publicKey: signing.publicKeyPem, kms });
    await refused(checkKeyPair(page), {
      code: 'KMS_WRONG_KEY_USAGE',
      operation: 'Decrypt',
      message: /cannot be opened: the key '.*' has another key usage or spec than Decrypt needs/,
    });
    const symmetric = awsKmsKeyring({ kms, generatorKeyId: rsa.arn });
    await refused(checkKeyPair(symmetric), { code: 'KMS_WRONG_KEY_USAGE' });
  });

  test('the other half of the key', async () => {
    await refused(checkKeyPair(rawRsa({ publicKey: ours.publicKey })), {
      code: 'KEYRING_CANNOT',
      name: 'UsageError',
      message: /what it sealed cannot be opened: .*has no privateKey to decrypt with/,
    });
    await refused(checkKeyPair(rawRsa({ privateKey: ours.privateKey })), {
      code: 'KEYRING_CANNOT',
      message: /the keyring cannot seal: .*has no publicKey to encrypt with/,
    });
    const page = awsKmsRsaKeyring({ kmsKeyId: rsa.arn, publicKey: rsa.publicKeyPem });
    await refused(checkKeyPair(page), { code: 'KEYRING_CANNOT', message: /no kms client/ });
    const seals = recipient('ecdh:', { key: ec.publicKey });
    await refused(checkKeyPair(seals), { code: 'KEYRING_CANNOT', message: /can only encrypt/ });
    const opens = recipient('ecdh:', { key: ec.privateKey });
    await refused(checkKeyPair(opens), { code: 'KEYRING_CANNOT', message: /can only decrypt/ });
  });

  test('halves of two keys', async () => {
    const mixed = { publicKey: ours.publicKey, privateKey: theirs.privateKey };
    await refused(checkKeyPair(rawRsa(mixed)), {
      code: 'WRAPPED_KEY_MISMATCH',
      name: 'AuthenticationError',
      message: /the private key is not the other half of the public key/,
    });
    const page = awsKmsRsaKeyring({ kmsKeyId: rsa.arn, publicKey: ours.publicKey, kms });
    await refused(checkKeyPair(page), {
      code: 'KMS_INVALID_CIPHERTEXT',
      message: /the public key is not that of the KMS key/,
    });
    await refused(checkKeyPair(rawAes('a', 1), { opens: rawAes('a', 2) }), {
      code: 'WRAPPED_KEY_MISMATCH',
    });
  });

  test('a key of another name', async () => {
    const not = {
      code: 'KEYRING_NOT_MINE',
      message: /the keyring that opens has a key of another/,
    };
    await refused(checkKeyPair(rawAes('a'), { opens: rawAes('b') }), not);
    const other = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' });
    const opens = awsKmsEcdhKeyring({
      kms,
      curveSpec: 'P256',
      keyAgreementScheme: { type: 'discovery', recipientKmsKeyId: other.arn },
    });
    const seals = rawEcdhKeyring({
      curveSpec: 'P256',
      keyAgreementScheme: { type: 'ephemeral', recipientPublicKey: ec.publicKey },
    });
    await refused(checkKeyPair(seals, { opens }), not);
  });

  test('a service that is down is said in its own words', async () => {
    const { arn } = await dev.createKey();
    const gone = clientOf(dev, { endpoint: 'http://127.0.0.1:1', maxAttempts: 1 });
    const error = await refused(checkKeyPair(awsKmsKeyring({ kms: gone, generatorKeyId: arn })), {
      code: 'KMS_UNREACHABLE',
    });
    assert.ok(error.retryable);
  });
});

describe('what is refused', () => {
  test('what is not a keyring', async () => {
    const code = 'INVALID_ARGUMENT';
    for (const value of [undefined, null, {}, 'rsa:', defaultCmm(rawAes('a'))]) {
      await refused(checkKeyPair(value), { code });
    }
    await refused(checkKeyPair(rawAes('a'), { opens: {} }), { code });
    await refused(checkKeyPair(rawAes('a'), { open: rawAes('a') }), {
      code,
      message: /did you mean 'opens'/,
    });
    await refused(checkKeyPair(rawAes('a'), { encryptionContext: { a: 1 } }), {});
  });
  test('of several reasons the one that matters', async () => {
    // Another name, the same name and another key, another name.
    const opens = multiKeyring({
      generator: rawAes('other'),
      children: [rawAes('inbox', 8), rawAes('another')],
    });
    await refused(checkKeyPair(rawAes('inbox'), { opens }), {
      code: 'WRAPPED_KEY_MISMATCH',
      message: /^what it sealed cannot be opened: /,
    });
  });

  test('what is not a keyring is said before anything is sealed', async () => {
    const own = { code: 'INVALID_ARGUMENT', message: /^opens must be a keyring/ };
    const sealed = dev.countCalls();
    const { arn } = await dev.createKey();
    const keyring = awsKmsKeyring({ kms, generatorKeyId: arn });
    await refused(checkKeyPair(keyring, { opens: {} }), own);
    await refused(checkKeyPair({}, { opens: keyring }), { message: /^keyring must be a keyring/ });
    assert.equal(dev.countCalls(), sealed);
  });

  test('what the caller’s own objects throw passes as it is', async () => {
    const reason = new Error('mine');
    const encryptionContext = {
      get a() {
        throw reason;
      },
    };
    const failed = checkKeyPair(rawAes('inbox'), { encryptionContext });
    assert.equal(await failed.catch((error) => error), reason);
  });

  test('an abort keeps its reason', async () => {
    const { arn } = await dev.createKey();
    const reason = new Error('enough');
    dev.faults.hangNext(1, { operation: 'Decrypt' });
    const keyring = awsKmsKeyring({ kms, generatorKeyId: arn });
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(checkKeyPair(keyring, { signal: controller.signal }), reason);
    await assert.rejects(checkKeyPair(keyring, { signal: AbortSignal.abort(reason) }), reason);
  });
});
