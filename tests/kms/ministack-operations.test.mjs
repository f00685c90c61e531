// The operations beyond encryption against MiniStack, a KMS that nobody here wrote: that requests
// are understood and answers read by another's measure. What it does not have (DeriveSharedSecret,
// RotateKeyOnDemand, UpdatePrimaryRegion) is refused by it, and that is asserted too.

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { after, before, test } from 'node:test';

import { KmsClient, publicKeyFingerprint, verifySignature } from '../../pkg/entrypoints/index.js';
import { startMiniStack } from './ministack.mjs';
import { refused, utf8 } from './support.mjs';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const message = utf8('a message');

let stack;
let kms;
let key;
before(async () => {
  stack = await startMiniStack();
  console.log(`MiniStack ${stack.version}`);
  kms = new KmsClient({ endpoint: stack.url, region: stack.region, credentials });
  key = await createKey();
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
  return (await response.json()).KeyMetadata.Arn;
}

function flipped(bytes) {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1] ^= 1;
  return copy;
}

for (const [KeySpec, signingAlgorithm] of [
  ['RSA_2048', 'RSASSA_PSS_SHA_256'],
  ['RSA_2048', 'RSASSA_PSS_SHA_512'],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_384'],
  ['ECC_NIST_P256', 'ECDSA_SHA_256'],
  ['ECC_NIST_P384', 'ECDSA_SHA_384'],
  ['ECC_NIST_P521', 'ECDSA_SHA_512'],
]) {
  test(`${KeySpec}, ${signingAlgorithm}: signed there, verified there and here`, async () => {
    const keyId = await createKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
    const request = { keyId, message, signingAlgorithm };
    const { signature } = await kms.sign(request);
    assert.equal((await kms.verify({ ...request, signature })).signatureValid, true);
    await refused(kms.verify({ ...request, signature: flipped(signature) }), {
      code: 'KMS_INVALID_SIGNATURE',
      serviceError: 'KMSInvalidSignatureException',
      keyId,
    });
    const { publicKeyPem: publicKey, fingerprint } = await kms.getPublicKey({ keyId });
    assert.equal(await publicKeyFingerprint(publicKey), fingerprint);
    const given = { publicKey, message, signature, signingAlgorithm };
    assert.equal(await verifySignature(given), true);
    assert.equal(await verifySignature({ ...given, signature: flipped(signature) }), false);
    assert.equal(await verifySignature({ ...given, message: flipped(message) }), false);
  });
}

test('MACs', async () => {
  const keyId = await createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const request = { keyId, message, macAlgorithm: 'HMAC_SHA_256' };
  const { mac } = await kms.generateMac(request);
  assert.equal((await kms.verifyMac({ ...request, mac })).macValid, true);
  await refused(kms.verifyMac({ ...request, mac: flipped(mac) }), {
    code: 'KMS_INVALID_SIGNATURE',
    serviceError: 'KMSInvalidMacException',
  });
});

test('key pairs and random bytes', async () => {
  for (const keyPairSpec of ['RSA_2048', 'ECC_NIST_P256']) {
    const pair = await kms.generateDataKeyPair({ keyId: key, keyPairSpec });
    const der = { format: 'der' };
    const privateKey = { key: Buffer.from(pair.privateKeyPlaintext), type: 'pkcs8', ...der };
    const publicKey = { key: Buffer.from(pair.publicKey), type: 'spki', ...der };
    const signature = sign('sha256', message, createPrivateKey(privateKey));
    assert.ok(verify('sha256', message, createPublicKey(publicKey), signature));
    const { plaintext } = await kms.decrypt({ ciphertextBlob: pair.privateKeyCiphertextBlob });
    assert.deepEqual(plaintext, pair.privateKeyPlaintext);
    const unseen = await kms.generateDataKeyPairWithoutPlaintext({ keyId: key, keyPairSpec });
    assert.ok(!('privateKeyPlaintext' in unseen) && unseen.publicKey.length > 50);
  }
  assert.equal((await kms.generateRandom({ numberOfBytes: 33 })).plaintext.length, 33);
});

test('aliases', async () => {
  const other = await createKey();
  const aliasName = 'alias/ours';
  await kms.createAlias({ aliasName, targetKeyId: key });
  await refused(kms.createAlias({ aliasName, targetKeyId: key }), {
    code: 'KMS_ALREADY_EXISTS',
    operation: 'CreateAlias',
    keyId: key,
  });
  await kms.updateAlias({ aliasName, targetKeyId: other });
  const found = [];
  for await (const alias of kms.listAllAliases()) found.push(alias);
  const mine = found.find((alias) => alias.aliasName === aliasName);
  assert.ok(other.endsWith(mine.targetKeyId) && mine.aliasArn.endsWith(aliasName));
  await kms.deleteAlias({ aliasName });
  await refused(kms.describeKey({ keyId: aliasName }), { code: 'KMS_KEY_NOT_FOUND' });
});

test('lists', async () => {
  const { keys, truncated } = await kms.listKeys();
  assert.ok(keys.some(({ keyArn }) => keyArn === key));
  assert.equal(truncated, false);
  // It says that there is more, and not where: without a check, the first page for ever.
  await refused(
    async () => {
      for await (const entry of kms.listAllKeys({ limit: 1 })) assert.ok(entry.keyId);
    },
    { code: 'MALFORMED_KMS_RESPONSE', operation: 'ListKeys', message: /no NextMarker/ },
  );
});

test('states, rotation, grants, replicas', async () => {
  const keyId = await createKey();
  await kms.disableKey({ keyId });
  assert.equal((await kms.describeKey({ keyId })).keyState, 'Disabled');
  await kms.enableKey({ keyId });
  await kms.enableKeyRotation({ keyId, rotationPeriodInDays: 180 });
  const grant = await kms.createGrant({
    keyId,
    granteePrincipal: 'arn:aws:iam::000000000000:role/app',
    operations: ['Decrypt'],
    constraints: { encryptionContextSubset: { a: 'b' } },
  });
  assert.ok(grant.grantId && grant.grantToken);
  const { deletionDateMs } = await kms.scheduleKeyDeletion({ keyId, pendingWindowInDays: 8 });
  assert.ok(Math.abs(deletionDateMs - Date.now() - 8 * 86_400_000) < 600_000);
  assert.equal((await kms.describeKey({ keyId })).keyState, 'PendingDeletion');
  assert.equal((await kms.cancelKeyDeletion({ keyId })).keyId, keyId);
  const primary = await createKey({ MultiRegion: true });
  const made = await kms.replicateKey({ keyId: primary, replicaRegion: 'eu-west-1' });
  assert.equal(made.replicaKeyMetadata.arn, primary.replace('us-east-1', 'eu-west-1'));
});

test('operations that it does not have are a definite no', async () => {
  const keyId = await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
  const { publicKey } = await kms.getPublicKey({ keyId });
  for (const [operation, call] of [
    ['DeriveSharedSecret', () => kms.deriveSharedSecret({ keyId, publicKey })],
    ['RotateKeyOnDemand', () => kms.rotateKeyOnDemand({ keyId: key })],
    ['UpdatePrimaryRegion', () => kms.updatePrimaryRegion({ keyId: key, primaryRegion: 'eu-1' })],
  ]) {
    await refused(call, { code: 'KMS_REJECTED', operation, attempts: 1 });
  }
});
