// Keys looked after on servers that nobody here wrote: one test for each operation that they are taught for, registered by
// the suites of MiniStack and LocalStack. What a server lacks, or does otherwise than AWS, is a gap that its suite names: the test
// then asserts that it is there, and prints the request that shows it. It fails when the server closes the gap.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KmsClient, wrapKeyMaterial } from '../../pkg/entrypoints/index.js';
import { refused, utf8 } from './support.mjs';

const PRINCIPAL = 'arn:aws:iam::000000000000:role/using';
const RETIRING = 'arn:aws:iam::000000000000:role/retiring';
const DAY_MS = 86_400_000;
const material = () => crypto.getRandomValues(new Uint8Array(32));

/** A key without material, and what it takes to import some. */
async function toImport(kms, wrappingAlgorithm) {
  const { keyId, keyState, origin } = await kms.createKey({ origin: 'EXTERNAL' });
  assert.deepEqual([origin, keyState], ['EXTERNAL', 'PendingImport']);
  const wrapping = { keyId, wrappingAlgorithm, wrappingKeySpec: 'RSA_2048' };
  return { keyId, ...(await kms.getParametersForImport(wrapping)) };
}

async function importing(kms, wrappingAlgorithm, more = {}) {
  const { keyId, importToken, publicKey } = await toImport(kms, wrappingAlgorithm);
  const wrapped = { keyMaterial: material(), publicKey, wrappingAlgorithm };
  const encryptedKeyMaterial = await wrapKeyMaterial(wrapped);
  const expirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE';
  await kms.importKeyMaterial({
    keyId,
    importToken,
    encryptedKeyMaterial,
    ...('validToMs' in more ? more : { expirationModel, ...more }),
  });
  return keyId;
}

async function seals(kms, keyId) {
  const { ciphertextBlob } = await kms.encrypt({ keyId, plaintext: utf8('grüezi') });
  const { plaintext } = await kms.decrypt({ keyId, ciphertextBlob });
  assert.deepEqual(plaintext, utf8('grüezi'));
}

async function granted(kms, more = {}) {
  const { keyId } = await kms.createKey();
  const grant = {
    keyId,
    granteePrincipal: PRINCIPAL,
    retiringPrincipal: RETIRING,
    operations: ['Decrypt', 'Encrypt'],
    constraints: { encryptionContextSubset: { tenant: 'a' } },
    name: 'orders',
    ...more,
  };
  return { ...grant, ...(await kms.createGrant(grant)) };
}

const CASES = {
  CreateKey: async (kms) => {
    const made = await kms.createKey({ description: 'orders' });
    assert.deepEqual(
      [made.description, made.keyState, made.origin, made.keySpec, made.keyUsage],
      ['orders', 'Enabled', 'AWS_KMS', 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'],
    );
    await seals(kms, made.keyId);
    const spec = { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' };
    assert.equal((await kms.createKey(spec)).keySpec, 'HMAC_256');
    assert.equal((await kms.createKey({ multiRegion: true })).multiRegion, true);
  },
  'CreateKey with tags': async (kms) => {
    const tags = [{ tagKey: 'team', tagValue: 'shop' }];
    const { keyId } = await kms.createKey({ tags });
    assert.deepEqual((await kms.listResourceTags({ keyId })).tags, tags);
  },
  'CreateKey with a policy': async (kms) => {
    const policy = JSON.stringify({ Version: '2012-10-17', Id: 'own', Statement: [] });
    const bypassPolicyLockoutSafetyCheck = true;
    const { keyId } = await kms.createKey({ policy, bypassPolicyLockoutSafetyCheck });
    assert.equal(JSON.parse((await kms.getKeyPolicy({ keyId })).policy).Id, 'own');
  },
  'CreateKey refuses a key specification that does not fit its usage': async (kms) => {
    const spec = { keySpec: 'HMAC_256', keyUsage: 'ENCRYPT_DECRYPT' };
    await refused(kms.createKey(spec), { code: 'KMS_REJECTED', operation: 'CreateKey' });
  },
  UpdateKeyDescription: async (kms) => {
    const { keyId } = await kms.createKey({ description: 'orders' });
    await kms.updateKeyDescription({ keyId, description: 'invoices' });
    assert.equal((await kms.describeKey({ keyId })).description, 'invoices');
    await kms.updateKeyDescription({ keyId, description: '' });
    assert.equal((await kms.describeKey({ keyId })).description, undefined);
  },
  'TagResource, UntagResource, ListResourceTags': async (kms) => {
    const { keyId } = await kms.createKey();
    const tags = [
      { tagKey: 'a', tagValue: '1' },
      { tagKey: 'b', tagValue: '' },
    ];
    await kms.tagResource({ keyId, tags });
    assert.deepEqual((await kms.listResourceTags({ keyId })).tags, tags);
    await kms.tagResource({ keyId, tags: [{ tagKey: 'a', tagValue: '2' }] });
    await kms.untagResource({ keyId, tagKeys: ['b'] });
    const { tags: left, truncated } = await kms.listResourceTags({ keyId });
    assert.deepEqual([left, truncated], [[{ tagKey: 'a', tagValue: '2' }], false]);
  },
  'ListResourceTags in pages': async (kms) => {
    const { keyId } = await kms.createKey();
    const tags = ['a', 'b', 'c'].map((tagKey) => ({ tagKey, tagValue: '' }));
    await kms.tagResource({ keyId, tags });
    const found = [];
    for (let marker; ;) {
      const page = await kms.listResourceTags({ keyId, limit: 1, ...(marker && { marker }) });
      found.push(...page.tags);
      marker = page.nextMarker;
      if (marker === undefined) break;
      assert.equal(page.tags.length, 1);
    }
    assert.deepEqual(found, tags);
  },
  'TagResource of no key': async (kms) => {
    const keyId = '00000000-0000-4000-8000-000000000000';
    const tags = [{ tagKey: 'a', tagValue: '' }];
    await refused(kms.tagResource({ keyId, tags }), { code: 'KMS_KEY_NOT_FOUND', keyId });
  },
  'GetKeyPolicy, PutKeyPolicy, ListKeyPolicies': async (kms) => {
    const { keyId } = await kms.createKey();
    const { policyNames } = await kms.listKeyPolicies({ keyId });
    assert.deepEqual(policyNames, ['default']);
    const before = JSON.parse((await kms.getKeyPolicy({ keyId })).policy);
    assert.equal(before.Statement.length, 1);
    const policy = JSON.stringify({ ...before, Id: 'changed' });
    await kms.putKeyPolicy({ keyId, policy });
    assert.equal(JSON.parse((await kms.getKeyPolicy({ keyId })).policy).Id, 'changed');
  },
  'GetKeyPolicy, PutKeyPolicy by its name': async (kms) => {
    const { keyId } = await kms.createKey();
    const named = { keyId, policyName: 'default' };
    const policy = JSON.parse((await kms.getKeyPolicy(named)).policy);
    await kms.putKeyPolicy({ ...named, policy: JSON.stringify({ ...policy, Id: 'named' }) });
    assert.equal(JSON.parse((await kms.getKeyPolicy(named)).policy).Id, 'named');
  },
  'PutKeyPolicy refuses what is not a policy': async (kms) => {
    const { keyId } = await kms.createKey();
    await refused(kms.putKeyPolicy({ keyId, policyName: 'default', policy: '{' }), {
      code: 'KMS_REJECTED',
      serviceError: 'MalformedPolicyDocumentException',
    });
  },
  'CreateGrant, ListGrants, RevokeGrant': async (kms) => {
    const { keyId, grantId, operations } = await granted(kms);
    const { grants } = await kms.listGrants({ keyId });
    const [grant] = grants;
    assert.deepEqual(
      [grants.length, grant.grantId, grant.granteePrincipal, grant.operations, grant.name],
      [1, grantId, PRINCIPAL, operations, 'orders'],
    );
    assert.deepEqual(grant.constraints, { encryptionContextSubset: { tenant: 'a' } });
    assert.ok(Math.abs(grant.creationDateMs - Date.now()) < 600_000);
    await kms.revokeGrant({ keyId, grantId });
    assert.deepEqual((await kms.listGrants({ keyId })).grants, []);
    const again = await refused(kms.revokeGrant({ keyId, grantId }), { operation: 'RevokeGrant' });
    // AWS has both for it.
    assert.match(again.code, /^KMS_(KEY_NOT_FOUND|INVALID_GRANT)$/);
  },
  'ListGrants of one grant': async (kms) => {
    const { keyId, grantId } = await granted(kms);
    await kms.createGrant({ keyId, granteePrincipal: PRINCIPAL, operations: ['Decrypt'] });
    const { grants } = await kms.listGrants({ keyId, grantId });
    assert.deepEqual(
      grants.map((grant) => grant.grantId),
      [grantId],
    );
  },
  'RetireGrant by its token': async (kms) => {
    const { keyId, grantToken } = await granted(kms);
    await kms.retireGrant({ grantToken });
    assert.deepEqual((await kms.listGrants({ keyId })).grants, []);
  },
  'RetireGrant by its id': async (kms) => {
    const { keyId, grantId } = await granted(kms);
    const { arn } = await kms.describeKey({ keyId });
    await kms.retireGrant({ keyId: arn, grantId });
    assert.deepEqual((await kms.listGrants({ keyId })).grants, []);
  },
  ListRetirableGrants: async (kms) => {
    const retiringPrincipal = `${RETIRING}-of-this-test`;
    const { grantId } = await granted(kms, { retiringPrincipal });
    const { grants } = await kms.listRetirableGrants({ retiringPrincipal });
    assert.deepEqual(
      grants.map((grant) => [grant.grantId, grant.retiringPrincipal]),
      [[grantId, retiringPrincipal]],
    );
  },
  'EnableKeyRotation, GetKeyRotationStatus, DisableKeyRotation': async (kms) => {
    const { keyId } = await kms.createKey();
    const status = async () => (await kms.getKeyRotationStatus({ keyId })).keyRotationEnabled;
    assert.equal(await status(), false);
    await kms.enableKeyRotation({ keyId });
    assert.equal(await status(), true);
    await kms.disableKeyRotation({ keyId });
    assert.equal(await status(), false);
  },
  'GetKeyRotationStatus says the period': async (kms) => {
    const { keyId } = await kms.createKey();
    await kms.enableKeyRotation({ keyId, rotationPeriodInDays: 90 });
    const { rotationPeriodInDays, nextRotationDateMs } = await kms.getKeyRotationStatus({ keyId });
    assert.equal(rotationPeriodInDays, 90);
    assert.ok(Math.abs(nextRotationDateMs - Date.now() - 90 * DAY_MS) < DAY_MS);
  },
  'EnableKeyRotation of an HMAC key': async (kms) => {
    const spec = { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' };
    const { keyId } = await kms.createKey(spec);
    await refused(kms.enableKeyRotation({ keyId }), { code: 'KMS_WRONG_KEY_USAGE' });
  },
  'RotateKeyOnDemand, ListKeyRotations': async (kms) => {
    const { keyId } = await kms.createKey();
    const { ciphertextBlob } = await kms.encrypt({ keyId, plaintext: utf8('before') });
    await kms.rotateKeyOnDemand({ keyId });
    const { rotations } = await kms.listKeyRotations({ keyId });
    assert.deepEqual(
      rotations.map(({ rotationType }) => rotationType),
      ['ON_DEMAND'],
    );
    assert.ok(Math.abs(rotations[0].rotationDateMs - Date.now()) < 600_000);
    assert.deepEqual((await kms.decrypt({ ciphertextBlob })).plaintext, utf8('before'));
  },
  'ListKeyRotations of a key that was not rotated': async (kms) => {
    const { keyId } = await kms.createKey();
    assert.deepEqual((await kms.listKeyRotations({ keyId })).rotations, []);
  },
  ...Object.fromEntries(
    ['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256'].map((algorithm) => [
      `GetParametersForImport, ImportKeyMaterial, ${algorithm}`,
      async (kms) => {
        const keyId = await importing(kms, algorithm);
        const { keyState, expirationModel } = await kms.describeKey({ keyId });
        assert.deepEqual([keyState, expirationModel], ['Enabled', 'KEY_MATERIAL_DOES_NOT_EXPIRE']);
        await seals(kms, keyId);
      },
    ]),
  ),
  'ImportKeyMaterial that expires': async (kms) => {
    const validToMs = (Math.floor(Date.now() / 1000) + 3600) * 1000;
    const keyId = await importing(kms, 'RSAES_OAEP_SHA_256', { validToMs });
    const { expirationModel, validToMs: until } = await kms.describeKey({ keyId });
    assert.deepEqual([expirationModel, until], ['KEY_MATERIAL_EXPIRES', validToMs]);
  },
  'ImportKeyMaterial with the token of another key': async (kms) => {
    const wrappingAlgorithm = 'RSAES_OAEP_SHA_256';
    const { keyId } = await toImport(kms, wrappingAlgorithm);
    const { importToken, publicKey } = await toImport(kms, wrappingAlgorithm);
    const encryptedKeyMaterial = await wrapKeyMaterial({
      keyMaterial: material(),
      publicKey,
      wrappingAlgorithm,
    });
    const expirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE';
    const request = { keyId, importToken, encryptedKeyMaterial, expirationModel };
    const { serviceError } = await refused(kms.importKeyMaterial(request), {
      code: 'KMS_REJECTED',
      operation: 'ImportKeyMaterial',
    });
    // AWS has the former for a token of another key.
    assert.match(serviceError, /^(InvalidImportToken|IncorrectKeyMaterial)Exception$/);
    assert.equal((await kms.describeKey({ keyId })).keyState, 'PendingImport');
  },
  'ImportKeyMaterial of nonsense': async (kms) => {
    const { keyId, importToken } = await toImport(kms, 'RSAES_OAEP_SHA_256');
    const expirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE';
    const encryptedKeyMaterial = crypto.getRandomValues(new Uint8Array(256));
    const request = { keyId, importToken, encryptedKeyMaterial, expirationModel };
    await refused(kms.importKeyMaterial(request), {
      operation: 'ImportKeyMaterial',
      serviceError: 'InvalidCiphertextException',
    });
    assert.equal((await kms.describeKey({ keyId })).keyState, 'PendingImport');
  },
  DeleteImportedKeyMaterial: async (kms) => {
    const keyId = await importing(kms, 'RSAES_OAEP_SHA_256');
    await kms.deleteImportedKeyMaterial({ keyId });
    assert.equal((await kms.describeKey({ keyId })).keyState, 'PendingImport');
    await refused(kms.encrypt({ keyId, plaintext: utf8('x') }), {
      serviceError: 'KMSInvalidStateException',
    });
  },
  'ScheduleKeyDeletion, CancelKeyDeletion': async (kms) => {
    const { keyId } = await kms.createKey();
    await kms.scheduleKeyDeletion({ keyId, pendingWindowInDays: 7 });
    await refused(kms.encrypt({ keyId, plaintext: utf8('x') }), {
      serviceError: 'KMSInvalidStateException',
    });
    await kms.cancelKeyDeletion({ keyId });
    assert.equal((await kms.describeKey({ keyId })).keyState, 'Disabled');
    await kms.enableKey({ keyId });
    await seals(kms, keyId);
  },
  'CancelKeyDeletion of a key that nobody deletes': async (kms) => {
    const { keyId } = await kms.createKey();
    await refused(kms.cancelKeyDeletion({ keyId }), { code: 'KMS_INVALID_STATE' });
  },
};

/**
 * Registers a test for each case.
 *
 * @param {string} name of the server
 * @param {() => { url: string, region: string }} server once it runs
 * @param {Record<string, { operation: string, what: string }>} gaps by the names of cases: the operation whose request shows it,
 *   with which the case ends, and what there is otherwise
 */
export function administration(name, server, gaps) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

  test(`each gap of ${name} is one of a case`, () => {
    assert.deepEqual(
      Object.keys(gaps).filter((gap) => !(gap in CASES)),
      [],
    );
  });

  for (const [what, act] of Object.entries(CASES)) {
    test(what, async (t) => {
      const sent = [];
      const kms = new KmsClient({
        endpoint: server().url,
        region: server().region,
        credentials,
        maxAttempts: 1,
        // LocalStack loads what it needs at the first request, a second on a machine with nothing else to do.
        timeoutMs: 120_000,
        fetch: async (url, init) => {
          const request = { operation: init.headers.find(([n]) => n === 'x-amz-target')[1] };
          request.operation = request.operation.split('.')[1];
          request.body = new TextDecoder().decode(init.body);
          sent.push(request);
          const response = await fetch(url, init);
          const body = await response.clone().text();
          Object.assign(request, { status: response.status, response: body });
          return response;
        },
      });
      const gap = gaps[what];
      const failed = await act(kms).then(
        () => undefined,
        (error) => error,
      );
      const show = ({ operation, body, status, response }) =>
        `${operation} ${body.slice(0, 300)}\n  → ${status} ${response?.slice(0, 300)}`;
      if (!gap) {
        if (failed) for (const request of sent) t.diagnostic(show(request));
        if (failed) throw failed;
        return;
      }
      assert.ok(failed, `${name} has it now: take it from the gaps`);
      // A gap is the server's: a client that fails by itself is another matter.
      assert.ok(failed.code === 'ERR_ASSERTION' || failed.name === 'KmsError', failed.stack);
      const shown = sent.at(-1);
      assert.equal(shown.operation, gap.operation, failed.stack);
      t.diagnostic(`${name} otherwise than AWS: ${gap.what}\n  ${show(shown)}`);
    });
  }
}
