// The official JavaScript KMS client as a peer for the operations beyond encryption: what one side
// made, the other verifies, opens and lists; both are refused in the same words.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import * as aws from '@aws-sdk/client-kms';
import {
  publicKeyFingerprint,
  verifySignature,
  wrapKeyMaterial,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, refused, utf8 } from './support.mjs';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const MESSAGE = utf8('a message');

let dev;
let ours;
let official;
before(async () => {
  // Both sign, and the same server checks both signatures.
  dev = await startDevKms({ credentials: [CREDENTIALS] });
  ours = clientOf(dev, { credentials: CREDENTIALS });
  official = new aws.KMSClient({
    endpoint: dev.url,
    region: dev.region,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
});
after(() => {
  official.destroy();
  return dev.close();
});
beforeEach(() => dev.clearCalls());

const send = (operation, input) => official.send(new aws[`${operation}Command`](input));

/** A name of our client as the official one has it: `keyId` and `KeyId`. */
const upper = (name) => name[0].toUpperCase() + name.slice(1);

/** An object of the official client in our names; dates as milliseconds, bytes as plain arrays. */
function inOurNames(value) {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) {
    return value instanceof Uint8Array ? new Uint8Array(value) : value;
  }
  if (Array.isArray(value)) return value.map(inOurNames);
  const entries = Object.entries(value).filter(
    ([name, v]) => name !== '$metadata' && v !== undefined,
  );
  return Object.fromEntries(
    entries.map(([name, member]) => {
      const own = name[0].toLowerCase() + name.slice(1);
      return member instanceof Date ? [`${own}Ms`, member.getTime()] : [own, inOurNames(member)];
    }),
  );
}

describe('signatures and MACs', () => {
  for (const [keySpec, signingAlgorithm] of [
    ['RSA_2048', 'RSASSA_PSS_SHA_384'],
    ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256'],
    ['ECC_NIST_P256', 'ECDSA_SHA_256'],
    ['ECC_NIST_P521', 'ECDSA_SHA_512'],
  ]) {
    test(`${signingAlgorithm}: each verifies what the other signed`, async () => {
      const { arn } = await dev.createKey({ keySpec, keyUsage: 'SIGN_VERIFY' });
      const request = { keyId: arn, message: MESSAGE, signingAlgorithm };
      const Request = { KeyId: arn, Message: MESSAGE, SigningAlgorithm: signingAlgorithm };
      const { signature } = await ours.sign(request);
      const { SignatureValid } = await send('Verify', { ...Request, Signature: signature });
      assert.equal(SignatureValid, true);
      const { Signature } = await send('Sign', Request);
      assert.equal((await ours.verify({ ...request, signature: Signature })).signatureValid, true);
      // And without KMS, by the public key that the official client downloads.
      const { PublicKey: publicKey } = await send('GetPublicKey', { KeyId: arn });
      const given = { publicKey, message: MESSAGE, signature: Signature, signingAlgorithm };
      assert.equal(await verifySignature(given), true);
      assert.equal(await verifySignature({ ...given, message: utf8('massage') }), false);
      const { fingerprint } = await ours.getPublicKey({ keyId: arn });
      assert.equal(await publicKeyFingerprint(publicKey), fingerprint);
    });
  }

  test('each verifies the other`s MAC', async () => {
    const { arn } = await dev.createKey({ keySpec: 'HMAC_384', keyUsage: 'GENERATE_VERIFY_MAC' });
    const request = { keyId: arn, message: MESSAGE, macAlgorithm: 'HMAC_SHA_384' };
    const Request = { KeyId: arn, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_384' };
    const { mac } = await ours.generateMac(request);
    assert.equal((await send('VerifyMac', { ...Request, Mac: mac })).MacValid, true);
    const { Mac } = await send('GenerateMac', Request);
    assert.deepEqual(new Uint8Array(Mac), mac);
    assert.equal((await ours.verifyMac({ ...request, mac: Mac })).macValid, true);
  });
});

test('key pairs and shared secrets', async () => {
  const { arn } = await dev.createKey();
  const context = { a: 'b' };
  const pair = await ours.generateDataKeyPair({
    keyId: arn,
    keyPairSpec: 'ECC_NIST_P256',
    encryptionContext: context,
  });
  const opened = await send('Decrypt', {
    CiphertextBlob: pair.privateKeyCiphertextBlob,
    EncryptionContext: context,
  });
  assert.deepEqual(new Uint8Array(opened.Plaintext), pair.privateKeyPlaintext);
  const theirs = await send('GenerateDataKeyPairWithoutPlaintext', {
    KeyId: arn,
    KeyPairSpec: 'ECC_NIST_P384',
  });
  const { plaintext } = await ours.decrypt({ ciphertextBlob: theirs.PrivateKeyCiphertextBlob });
  assert.ok(plaintext.length > 100);

  const agree = { keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' };
  const [a, b] = [await dev.createKey(agree), await dev.createKey(agree)];
  const { sharedSecret } = await ours.deriveSharedSecret({ keyId: a.arn, publicKey: b.publicKey });
  const { SharedSecret } = await send('DeriveSharedSecret', {
    KeyId: b.arn,
    KeyAgreementAlgorithm: 'ECDH',
    PublicKey: a.publicKey,
  });
  assert.deepEqual(new Uint8Array(SharedSecret), sharedSecret);
});

test('administration: each sees what the other did', async () => {
  const { arn, keyId } = await dev.createKey();
  await ours.createAlias({ aliasName: 'alias/ours', targetKeyId: arn });
  await send('CreateAlias', { AliasName: 'alias/theirs', TargetKeyId: keyId });
  assert.deepEqual(
    inOurNames(await send('ListAliases', { KeyId: arn })),
    await ours.listAliases({ keyId: arn }),
  );
  assert.deepEqual(
    inOurNames(await send('ListKeys', { Limit: 1 })),
    await ours.listKeys({ limit: 1 }),
  );
  await ours.deleteAlias({ aliasName: 'alias/theirs' });
  const { Aliases } = await send('ListAliases', { KeyId: arn });
  assert.deepEqual(
    Aliases.map(({ AliasName }) => AliasName),
    ['alias/ours'],
  );

  await ours.enableKeyRotation({ keyId: arn, rotationPeriodInDays: 123 });
  const status = await send('GetKeyRotationStatus', { KeyId: arn });
  assert.deepEqual([status.KeyRotationEnabled, status.RotationPeriodInDays], [true, 123]);
  await ours.rotateKeyOnDemand({ keyId: arn });
  const { Rotations } = await send('ListKeyRotations', { KeyId: arn });
  assert.equal(Rotations.length, 1);

  const grant = await ours.createGrant({
    keyId: arn,
    granteePrincipal: 'arn:aws:iam::111122223333:role/app',
    operations: ['Decrypt', 'Encrypt'],
    constraints: { encryptionContextEquals: { a: 'b' } },
    name: 'ours',
  });
  const { Grants } = await send('ListGrants', { KeyId: arn });
  const [{ GrantId, Name, Operations, Constraints }] = Grants;
  assert.deepEqual([GrantId, Name], [grant.grantId, 'ours']);
  assert.deepEqual(Operations, ['Decrypt', 'Encrypt']);
  assert.deepEqual(Constraints, { EncryptionContextEquals: { a: 'b' } });
  await send('RetireGrant', { GrantToken: grant.grantToken });

  await ours.disableKey({ keyId: arn });
  assert.equal((await send('DescribeKey', { KeyId: arn })).KeyMetadata.KeyState, 'Disabled');
  await send('EnableKey', { KeyId: arn });
  const planned = await ours.scheduleKeyDeletion({ keyId: arn, pendingWindowInDays: 9 });
  const { DeletionDate } = (await send('DescribeKey', { KeyId: arn })).KeyMetadata;
  assert.equal(DeletionDate.getTime(), planned.deletionDateMs);
  await send('CancelKeyDeletion', { KeyId: arn });
  assert.equal((await ours.describeKey({ keyId: arn })).keyState, 'Disabled');
});

test('the same request and the same answer for a replica', async () => {
  const { arn } = await dev.createKey({ multiRegion: true });
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  const mine = await ours.replicateKey({
    keyId: arn,
    replicaRegion: 'eu-west-1',
    policy,
    tags: [{ tagKey: 'k', tagValue: 'v' }],
  });
  const theirs = await send('ReplicateKey', {
    KeyId: arn,
    ReplicaRegion: 'eu-west-3',
    Policy: policy,
    Tags: [{ TagKey: 'k', TagValue: 'v' }],
  });
  const { replicaPolicy, replicaTags } = inOurNames(theirs);
  assert.deepEqual([mine.replicaPolicy, mine.replicaTags], [replicaPolicy, replicaTags]);
  assert.equal(theirs.ReplicaKeyMetadata.Arn, mine.replicaKeyMetadata.arn.replace('-1', '-3'));
});

describe('the same refusals', () => {
  for (const [operation, input, code] of [
    ['Verify', { signature: utf8('nonsense') }, 'KMS_INVALID_SIGNATURE'],
    ['Verify', { signingAlgorithm: 'ECDSA_SHA_512', signature: utf8('s') }, 'KMS_WRONG_KEY_USAGE'],
    ['Sign', { keyId: 'alias/nobody' }, 'KMS_KEY_NOT_FOUND'],
    ['VerifyMac', { mac: utf8('nonsense') }, 'KMS_INVALID_SIGNATURE'],
    ['GenerateMac', { macAlgorithm: 'HMAC_SHA_224' }, 'KMS_WRONG_KEY_USAGE'],
    ['CreateAlias', { aliasName: 'alias/refused' }, 'KMS_ALREADY_EXISTS'],
    ['UpdateAlias', { aliasName: 'alias/nobody' }, 'KMS_KEY_NOT_FOUND'],
    ['DeleteAlias', { aliasName: 'alias/nobody' }, 'KMS_KEY_NOT_FOUND'],
    ['RotateKeyOnDemand', {}, 'KMS_WRONG_KEY_USAGE'],
    ['EnableKeyRotation', {}, 'KMS_WRONG_KEY_USAGE'],
    ['CancelKeyDeletion', {}, 'KMS_INVALID_STATE'],
    ['ReplicateKey', { replicaRegion: 'eu-west-1' }, 'KMS_WRONG_KEY_USAGE'],
    ['UpdatePrimaryRegion', { primaryRegion: 'eu-west-1' }, 'KMS_WRONG_KEY_USAGE'],
    ['CreateGrant', { operations: ['Decrypt'] }, 'KMS_REJECTED'],
    ['ListKeys', { marker: 'nonsense' }, 'KMS_REJECTED'],
    ['DeriveSharedSecret', {}, 'KMS_WRONG_KEY_USAGE'],
    ['GenerateDataKeyPair', { keyPairSpec: 'ECC_NIST_P256' }, 'KMS_WRONG_KEY_USAGE'],
  ]) {
    test(`${operation}: ${code}`, async () => {
      const signer = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' });
      const hmac = await dev.createKey({ keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' });
      if (code === 'KMS_ALREADY_EXISTS') {
        await ours.createAlias({ aliasName: 'alias/refused', targetKeyId: signer.arn });
      }
      dev.clearCalls();
      const mac = { keyId: hmac.arn, message: MESSAGE, macAlgorithm: 'HMAC_SHA_256' };
      const sign = { keyId: signer.arn, message: MESSAGE, signingAlgorithm: 'ECDSA_SHA_256' };
      const request = {
        ...({ Sign: sign, Verify: sign, GenerateMac: mac, VerifyMac: mac }[operation] ?? {}),
        ...(/Alias$/.test(operation) && operation !== 'DeleteAlias'
          ? { targetKeyId: signer.arn }
          : {}),
        ...(operation === 'DeriveSharedSecret'
          ? { publicKey: signer.publicKey, keyAgreementAlgorithm: 'ECDH' }
          : {}),
        ...(/^(Sign|Verify|.*Mac|.*Alias|ListKeys)$/.test(operation) ? {} : { keyId: signer.arn }),
        ...input,
      };
      const Request = Object.fromEntries(Object.entries(request).map(([k, v]) => [upper(k), v]));
      const theirs = await send(operation, Request).then(
        () => assert.fail('the official client was not refused'),
        (error) => error,
      );
      const method = operation[0].toLowerCase() + operation.slice(1);
      const error = await refused(ours[method](request), {
        code,
        operation,
        serviceError: theirs.name,
        status: theirs.$metadata.httpStatusCode,
      });
      assert.deepEqual(
        dev.calls.map(({ requestId }) => requestId),
        [theirs.$metadata.requestId, error.requestId],
      );
    });
  }
});

describe('keys looked after', () => {
  const metadata = ({ KeyMetadata: { AWSAccountId, ...rest } }) =>
    inOurNames({ AccountId: AWSAccountId, ...rest });
  /** What the official client says of it, without what only ours fills in. */
  const same = (mine, official) => {
    for (const [name, value] of Object.entries(inOurNames(official))) {
      assert.deepEqual(mine[name], value, name);
    }
  };

  test('CreateKey, UpdateKeyDescription: either client sees what the other made', async () => {
    const tags = [{ tagKey: 'team', tagValue: '' }];
    const mine = await ours.createKey({
      keySpec: 'HMAC_256',
      keyUsage: 'GENERATE_VERIFY_MAC',
      tags,
    });
    const KeyId = mine.keyId;
    const seen = metadata(await send('DescribeKey', { KeyId }));
    for (const [name, value] of Object.entries(seen)) {
      if (name !== 'customerMasterKeySpec') assert.deepEqual(mine[name] ?? '', value, name);
    }
    await ours.updateKeyDescription({ keyId: KeyId, description: 'invoices' });
    const { KeyMetadata } = await send('DescribeKey', { KeyId });
    assert.equal(KeyMetadata.Description, 'invoices');
    await send('UpdateKeyDescription', { KeyId, Description: '' });
    assert.equal((await ours.describeKey({ keyId: KeyId })).description, undefined);

    const theirs = await send('CreateKey', { Description: 'orders', MultiRegion: true });
    const read = await ours.describeKey({ keyId: theirs.KeyMetadata.KeyId });
    assert.deepEqual([read.description, read.multiRegion], ['orders', true]);
  });

  test('TagResource, UntagResource, ListResourceTags', async () => {
    const { keyId } = await ours.createKey();
    const KeyId = keyId;
    await ours.tagResource({ keyId, tags: [{ tagKey: 'a', tagValue: '1' }] });
    await send('TagResource', { KeyId, Tags: [{ TagKey: 'b', TagValue: '' }] });
    const { Tags } = await send('ListResourceTags', { KeyId });
    const { tags, truncated } = await ours.listResourceTags({ keyId });
    assert.deepEqual([tags, truncated], [inOurNames(Tags), false]);
    const first = await ours.listResourceTags({ keyId, limit: 1 });
    const { nextMarker: marker } = first;
    const second = await ours.listResourceTags({ keyId, limit: 1, marker });
    assert.deepEqual([...first.tags, ...second.tags], tags);
    await ours.untagResource({ keyId, tagKeys: ['a'] });
    await send('UntagResource', { KeyId, TagKeys: ['b'] });
    assert.deepEqual((await ours.listResourceTags({ keyId })).tags, []);
    await refused(ours.untagResource({ keyId, tagKeys: [] }), { code: 'INVALID_ARGUMENT' });
  });

  test('GetKeyPolicy, PutKeyPolicy, ListKeyPolicies', async () => {
    const { keyId } = await ours.createKey();
    const KeyId = keyId;
    const { Policy } = await send('GetKeyPolicy', { KeyId });
    assert.equal((await ours.getKeyPolicy({ keyId })).policy, Policy);
    const policy = JSON.stringify({ ...JSON.parse(Policy), Id: 'changed' });
    await ours.putKeyPolicy({ keyId, policy, bypassPolicyLockoutSafetyCheck: true });
    assert.equal((await send('GetKeyPolicy', { KeyId })).Policy, policy);
    await send('PutKeyPolicy', { KeyId, Policy });
    same(await ours.listKeyPolicies({ keyId }), await send('ListKeyPolicies', { KeyId }));
    await refused(ours.putKeyPolicy({ keyId, policy: '{' }), {
      code: 'KMS_REJECTED',
      serviceError: 'MalformedPolicyDocumentException',
    });
  });

  test('ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant', async () => {
    const { keyId, arn } = await ours.createKey();
    const retiringPrincipal = 'arn:aws:iam::111122223333:role/retiring';
    const granteePrincipal = 'arn:aws:iam::111122223333:role/using';
    const encryptionContextSubset = JSON.parse('{ "tenant": "a", "__proto__": "b" }');
    const grant = {
      keyId,
      granteePrincipal,
      retiringPrincipal,
      operations: ['Decrypt', 'Encrypt'],
      constraints: { encryptionContextSubset },
      name: 'orders',
    };
    const { grantId } = await ours.createGrant(grant);
    const other = await send('CreateGrant', {
      KeyId: keyId,
      GranteePrincipal: granteePrincipal,
      RetiringPrincipal: retiringPrincipal,
      Operations: ['Sign'],
    });
    const listed = await ours.listGrants({ keyId });
    same(listed, await send('ListGrants', { KeyId: keyId }));
    const own = listed.grants.find((each) => each.grantId === grantId);
    assert.deepEqual([own.keyId, own.name, own.operations], [arn, 'orders', grant.operations]);
    const pairs = Object.entries(own.constraints.encryptionContextSubset);
    assert.deepEqual(
      new Map(pairs),
      new Map([
        ['tenant', 'a'],
        ['__proto__', 'b'],
      ]),
    );
    assert.equal((await ours.listGrants({ keyId, grantId })).grants.length, 1);
    same(
      await ours.listRetirableGrants({ retiringPrincipal }),
      await send('ListRetirableGrants', { RetiringPrincipal: retiringPrincipal }),
    );
    await ours.retireGrant({ grantToken: other.GrantToken });
    await ours.revokeGrant({ keyId, grantId });
    assert.deepEqual((await ours.listGrants({ keyId })).grants, []);
    await refused(ours.revokeGrant({ keyId, grantId }), { code: 'KMS_KEY_NOT_FOUND' });
    await refused(ours.retireGrant({ grantToken: 'nonsense' }), { code: 'KMS_INVALID_GRANT' });
  });

  test('GetKeyRotationStatus, DisableKeyRotation, ListKeyRotations', async () => {
    const { keyId } = await ours.createKey();
    const KeyId = keyId;
    await ours.enableKeyRotation({ keyId, rotationPeriodInDays: 90 });
    same(await ours.getKeyRotationStatus({ keyId }), await send('GetKeyRotationStatus', { KeyId }));
    await ours.disableKeyRotation({ keyId });
    assert.equal((await ours.getKeyRotationStatus({ keyId })).keyRotationEnabled, false);
    await ours.rotateKeyOnDemand({ keyId });
    for (const includeKeyMaterial of ['ROTATIONS_ONLY', 'ALL_KEY_MATERIAL']) {
      const mine = await ours.listKeyRotations({ keyId, includeKeyMaterial });
      assert.equal(mine.rotations.length, includeKeyMaterial === 'ROTATIONS_ONLY' ? 1 : 2);
      same(mine, await send('ListKeyRotations', { KeyId, IncludeKeyMaterial: includeKeyMaterial }));
    }
    const hmac = await ours.createKey({ keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' });
    await refused(ours.disableKeyRotation({ keyId: hmac.keyId }), { code: 'KMS_WRONG_KEY_USAGE' });
  });

  test('GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial', async () => {
    const { keyId } = await ours.createKey({ origin: 'EXTERNAL' });
    const wrapping = { wrappingAlgorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec: 'RSA_2048' };
    const { importToken, publicKey } = await ours.getParametersForImport({ keyId, ...wrapping });
    const keyMaterial = new Uint8Array(32).fill(7);
    const { wrappingAlgorithm } = wrapping;
    const validToMs = Date.now() + 3_600_123;
    const encryptedKeyMaterial = await wrapKeyMaterial({
      keyMaterial,
      publicKey,
      wrappingAlgorithm,
    });
    await ours.importKeyMaterial({ keyId, importToken, encryptedKeyMaterial, validToMs });
    const { KeyMetadata } = await send('DescribeKey', { KeyId: keyId });
    assert.deepEqual([KeyMetadata.KeyState, KeyMetadata.ValidTo.getTime()], ['Enabled', validToMs]);
    await send('DeleteImportedKeyMaterial', { KeyId: keyId });
    assert.equal((await ours.describeKey({ keyId })).keyState, 'PendingImport');
  });
});
