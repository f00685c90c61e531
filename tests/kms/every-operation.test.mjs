// Every operation of the client, one by one: each call is one event, and each refusal an error that
// says which operation, which key, what the service called it, its request id and what to do.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { KmsClient } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, refused, utf8 } from './support.mjs';

const keyId = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const bytes = utf8('bytes');
const pair = { keyId, keyPairSpec: 'ECC_NIST_P256' };
const signing = { keyId, message: bytes, signingAlgorithm: 'ECDSA_SHA_256' };
const mac = { keyId, message: bytes, macAlgorithm: 'HMAC_SHA_256' };
const alias = { aliasName: 'alias/a', targetKeyId: keyId };

/** A request for each method that calls KMS; and the key id of its errors, if it has another. */
const REQUESTS = {
  getPublicKey: [{ keyId }],
  generateDataKey: [{ keyId, keySpec: 'AES_256' }],
  generateDataKeyWithoutPlaintext: [{ keyId, keySpec: 'AES_256' }],
  generateDataKeyPair: [pair],
  generateDataKeyPairWithoutPlaintext: [pair],
  generateRandom: [{ numberOfBytes: 32 }, undefined],
  encrypt: [{ keyId, plaintext: bytes }],
  decrypt: [{ keyId, ciphertextBlob: bytes }],
  reEncrypt: [{ ciphertextBlob: bytes, destinationKeyId: keyId }],
  sign: [signing],
  verify: [{ ...signing, signature: bytes }],
  generateMac: [mac],
  verifyMac: [{ ...mac, mac: bytes }],
  deriveSharedSecret: [{ keyId, publicKey: bytes }],
  describeKey: [{ keyId }],
  replicateKey: [{ keyId, replicaRegion: 'eu-west-1' }],
  updatePrimaryRegion: [{ keyId, primaryRegion: 'eu-west-1' }],
  createAlias: [alias],
  updateAlias: [alias],
  deleteAlias: [{ aliasName: 'alias/a' }, 'alias/a'],
  listAliases: [{ keyId }],
  enableKeyRotation: [{ keyId }],
  rotateKeyOnDemand: [{ keyId }],
  createGrant: [{ keyId, granteePrincipal: 'arn:aws:iam::1:user/a', operations: ['Decrypt'] }],
  enableKey: [{ keyId }],
  disableKey: [{ keyId }],
  scheduleKeyDeletion: [{ keyId }],
  cancelKeyDeletion: [{ keyId }],
  listKeys: [{}, undefined],
  createKey: [{}, undefined],
  updateKeyDescription: [{ keyId, description: 'orders' }],
  tagResource: [{ keyId, tags: [{ tagKey: 'team', tagValue: '' }] }],
  untagResource: [{ keyId, tagKeys: ['team'] }],
  listResourceTags: [{ keyId }],
  getKeyPolicy: [{ keyId }],
  putKeyPolicy: [{ keyId, policy: '{}' }],
  listKeyPolicies: [{ keyId }],
  listGrants: [{ keyId }],
  listRetirableGrants: [{ retiringPrincipal: 'arn:aws:iam::1:user/a' }, undefined],
  retireGrant: [{ keyId, grantId: 'a' }],
  revokeGrant: [{ keyId, grantId: 'a' }],
  getParametersForImport: [
    { keyId, wrappingAlgorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec: 'RSA_2048' },
  ],
  importKeyMaterial: [{ keyId, importToken: bytes, encryptedKeyMaterial: bytes }],
  deleteImportedKeyMaterial: [{ keyId }],
  getKeyRotationStatus: [{ keyId }],
  disableKeyRotation: [{ keyId }],
  listKeyRotations: [{ keyId }],
};

const REFUSALS = {
  AccessDeniedException: 'KMS_ACCESS_DENIED',
  NotFoundException: 'KMS_KEY_NOT_FOUND',
  DisabledException: 'KMS_KEY_DISABLED',
  KMSInvalidStateException: 'KMS_INVALID_STATE',
  InvalidKeyUsageException: 'KMS_WRONG_KEY_USAGE',
  UnsupportedOperationException: 'KMS_WRONG_KEY_USAGE',
  KMSInvalidSignatureException: 'KMS_INVALID_SIGNATURE',
  KMSInvalidMacException: 'KMS_INVALID_SIGNATURE',
  AlreadyExistsException: 'KMS_ALREADY_EXISTS',
  LimitExceededException: 'KMS_QUOTA_EXCEEDED',
  InvalidGrantTokenException: 'KMS_INVALID_GRANT',
  ExpiredTokenException: 'KMS_CREDENTIALS',
  ValidationException: 'KMS_REJECTED',
  ConflictException: 'KMS_REJECTED',
};

let dev;
let kms;
let events;
before(async () => {
  dev = await startDevKms();
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
  events = [];
  kms = clientOf(dev, { maxAttempts: 2, onEvent: (event) => events.push(event) });
});

test('the list has every method that calls KMS', () => {
  // Those of `fieldseal/items` are inherited.
  const methods = [KmsClient, Object.getPrototypeOf(KmsClient)].flatMap((client) =>
    Object.getOwnPropertyNames(client.prototype),
  );
  const others = ['constructor', 'forgetPublicKey', 'listAllKeys', 'listAllAliases'];
  const calls = methods.filter((name) => !others.includes(name) && !name.startsWith('_'));
  assert.deepEqual(calls.sort(), Object.keys(REQUESTS).sort());
});

for (const [method, entry] of Object.entries(REQUESTS)) {
  const operation = method[0].toUpperCase() + method.slice(1);
  const [request, key] = entry.length === 2 ? entry : [entry[0], keyId];

  describe(operation, () => {
    test('each refusal of the service', async () => {
      const nexts = new Set();
      for (const [serviceError, code] of Object.entries(REFUSALS)) {
        dev.faults.failNext(1, 400, { operation, errorName: serviceError });
        const error = await refused(kms[method](request), {
          code,
          name: 'KmsError',
          operation,
          keyId: key,
          serviceError,
          status: 400,
          attempts: 1,
        });
        assert.equal(error.requestId, dev.calls.at(-1).requestId);
        assert.ok(error.message.includes(serviceError) && error.message.includes(operation));
        nexts.add(error.next);
        const { host, startedMs, durationMs, ...event } = events.at(-1);
        assert.equal(host, new URL(dev.url).host);
        assert.ok(startedMs > 0 && durationMs >= 0);
        assert.deepEqual(event, {
          operation,
          ...(key && { keyId: key }),
          region: dev.region,
          attempts: 1,
          outcome: code,
          requestId: error.requestId,
          encryptionContextKeys: [],
        });
      }
      assert.equal(events.length, Object.keys(REFUSALS).length);
      assert.equal(nexts.size, new Set(Object.values(REFUSALS)).size, 'an advice for each');
    });

    test('throttling and failures end after the attempts', async () => {
      for (const [arm, code] of [
        [() => dev.faults.throttleNext(2), 'KMS_THROTTLED'],
        [() => dev.faults.failNext(2, 500), 'KMS_FAILED'],
        [() => dev.faults.dropNext(2), 'KMS_UNREACHABLE'],
      ]) {
        arm();
        await refused(kms[method](request), { code, operation, keyId: key, attempts: 2 });
        assert.equal(events.at(-1).outcome, code);
      }
      assert.equal(events.length, 3);
    });

    test('what is no request sends nothing', async () => {
      for (const wrong of [null, 5, 'text']) {
        await refused(kms[method](wrong), {
          code: 'INVALID_ARGUMENT',
          message: new RegExp(operation),
        });
      }
      await refused(kms[method]({ ...request, dryRun: 'yes' }), {
        code: 'INVALID_ARGUMENT',
        message: /'dryRun' is not known/,
      });
      assert.equal(dev.calls.length + events.length, 0);
    });
  });
}
