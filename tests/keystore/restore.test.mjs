// A branch key whose active record is gone: what reads and writers say of it, and how it comes back.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { BranchKeyStoreNode } from '@aws-crypto/branch-keystore-node';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { EncryptionClient, awsKmsHierarchicalKeyring } from '../../pkg/entrypoints/index.js';
import { CONTEXT, CREDENTIALS, refused, sameKey, startWorld } from './support.mjs';

let world;
let store;
before(async () => {
  world = await startWorld();
  store = world.store();
  await store.createKeyStore();
});
after(() => world?.close());
beforeEach(() => {
  world.proxy.reset();
  world.kms.clearCalls();
});

const remove = (branchKeyId, type) => {
  const Key = { 'branch-key-id': { S: branchKeyId }, type: { S: type } };
  return world.official.send(new DeleteItemCommand({ TableName: world.table, Key }));
};

/** A branch key of two versions that has lost its active record. */
async function lost() {
  const { branchKeyId, version: first } = await store.createKey({ encryptionContext: CONTEXT });
  const { version: second } = await store.versionKey({ branchKeyId });
  const active = await store.getActiveBranchKey({ branchKeyId });
  const record = await world.item(branchKeyId, 'branch:ACTIVE');
  await remove(branchKeyId, 'branch:ACTIVE');
  return { branchKeyId, first, second, active, record };
}

describe('without its active record a branch key', () => {
  test('is not taken for one that was never there', async () => {
    const { branchKeyId, first } = await lost();
    const wanted = {
      code: 'BRANCH_KEY_NOT_ACTIVE',
      name: 'KeyStoreError',
      branchKeyId,
      table: world.table,
      message: /branch:ACTIVE.*restoreActive/,
    };
    await refused(store.getActiveBranchKey({ branchKeyId }), wanted);
    await refused(store.versionKey({ branchKeyId }), wanted);
    const keyring = awsKmsHierarchicalKeyring({ keyStore: store, branchKeyId, ttlSeconds: 60 });
    const sealing = new EncryptionClient().encrypt(new Uint8Array(1), { keyring });
    await refused(sealing, { ...wanted, message: /restoreActive/ });
    // What is left can be read.
    await store.getBranchKeyVersion({ branchKeyId, version: first });
    await store.getBeaconKey({ branchKeyId });
  });

  test('gets it back, from the version that it was or from another one', async () => {
    for (const which of ['second', 'first']) {
      const { branchKeyId, active, record, ...versions } = await lost();
      const version = versions[which];
      world.kms.clearCalls();
      const restored = await store.restoreActive({ branchKeyId, version });
      assert.deepEqual(restored, { branchKeyId, version });
      assert.deepEqual(
        world.kms.calls.map(({ operation }) => operation),
        ['ReEncrypt'],
        'the key itself does not come here',
      );
      const { enc: _, ...common } = record;
      const { enc, ...rest } = await world.item(branchKeyId, 'branch:ACTIVE');
      const source = await world.item(branchKeyId, `branch:version:${version}`);
      assert.deepEqual(rest, {
        ...common,
        'create-time': source['create-time'],
        version: source.type,
      });
      assert.ok(enc.B.length > 32);
      const again = await store.getActiveBranchKey({ branchKeyId });
      const stored = await store.getBranchKeyVersion({ branchKeyId, version });
      sameKey(again.branchKey, stored.branchKey);
      assert.equal(again.version, version);
      assert.deepEqual(again.encryptionContext, CONTEXT);
      if (which === 'second') sameKey(again.branchKey, active.branchKey);
      await store.versionKey({ branchKeyId });
    }
  });

  test('is used and versioned by the key store of AWS when it is back', async () => {
    const { branchKeyId, second, active } = await lost();
    const kmsClient = new KMSClient({
      endpoint: world.kms.url,
      region: world.region,
      credentials: CREDENTIALS,
    });
    const theirs = new BranchKeyStoreNode({
      kmsConfiguration: { identifier: world.key.arn },
      logicalKeyStoreName: 'LogicalName',
      storage: { ddbClient: world.official, ddbTableName: world.table },
      keyManagement: { kmsClient },
    });
    try {
      await assert.rejects(theirs.getActiveBranchKey(branchKeyId));
      await store.restoreActive({ branchKeyId, version: second });
      const read = await theirs.getActiveBranchKey(branchKeyId);
      sameKey(read.branchKey(), active.branchKey);
      assert.equal(Buffer.from(read.branchKeyVersion).toString(), second);
      assert.deepEqual({ ...read.encryptionContext }, CONTEXT);
      await theirs.versionKey({ branchKeyIdentifier: branchKeyId });
      const next = await store.getActiveBranchKey({ branchKeyId });
      assert.notEqual(next.version, second);
    } finally {
      kmsClient.destroy();
    }
  });
});

describe('restoreActive refuses', () => {
  const nothingWritten = async (branchKeyId, act, wanted) => {
    const before = await world.records(branchKeyId);
    await refused(act, wanted);
    assert.deepEqual(await world.records(branchKeyId), before);
  };

  test('where an active record is', async () => {
    const { branchKeyId, version } = await store.createKey();
    await store.versionKey({ branchKeyId });
    await nothingWritten(branchKeyId, () => store.restoreActive({ branchKeyId, version }), {
      code: 'BRANCH_KEY_EXISTS',
      message: /'branch:ACTIVE' is there/,
    });
  });

  test('of two at once, one', async () => {
    const { branchKeyId, first, second } = await lost();
    const results = await Promise.allSettled(
      [first, second].map((version) => store.restoreActive({ branchKeyId, version })),
    );
    const won = results.filter(({ status }) => status === 'fulfilled');
    assert.equal(won.length, 1);
    const { reason } = results.find(({ status }) => status === 'rejected');
    assert.equal(reason.code, 'BRANCH_KEY_EXISTS');
    const { version } = await store.getActiveBranchKey({ branchKeyId });
    assert.equal(version, won[0].value.version);
  });

  test('not itself, when an answer gets lost', async () => {
    const { branchKeyId, second } = await lost();
    world.proxy.faults.push({ operation: 'TransactWriteItems', after: () => ({ drop: true }) });
    await store.restoreActive({ branchKeyId, version: second });
  });

  test('a version that is not there, or whose record was changed', async () => {
    const { branchKeyId, first, second } = await lost();
    const restore = (version, from = store) => from.restoreActive({ branchKeyId, version });
    await nothingWritten(branchKeyId, () => restore(randomUUID()), {
      code: 'BRANCH_KEY_NOT_FOUND',
    });
    const record = await world.item(branchKeyId, `branch:version:${first}`);
    for (const [change, code] of [
      [{ 'create-time': { S: '2024-01-01T00:00:00.000000Z' } }, 'BRANCH_KEY_MISMATCH'],
      [{ 'aws-crypto-ec:tenant': { S: 'b' } }, 'BRANCH_KEY_MISMATCH'],
      [
        { enc: (await world.item(branchKeyId, `branch:version:${second}`)).enc },
        'BRANCH_KEY_MISMATCH',
      ],
      [{ 'kms-arn': { S: (await world.kms.createKey()).arn } }, 'BRANCH_KEY_WRONG_KMS_KEY'],
      [{ enc: { S: 'x' } }, 'MALFORMED_BRANCH_KEY'],
    ]) {
      await world.put({ ...record, ...change });
      await nothingWritten(branchKeyId, () => restore(first), { code });
    }
    await nothingWritten(
      branchKeyId,
      () => restore(second, world.store({ logicalKeyStoreName: 'Other' })),
      { code: 'BRANCH_KEY_MISMATCH' },
    );
  });

  test('a KMS that answers with another key', async () => {
    const { branchKeyId, second } = await lost();
    const other = (await world.kms.createKey()).arn;
    for (const change of [{ KeyId: other }, { SourceKeyId: other }]) {
      const kms = world.kmsClient({
        fetch: async (url, init) =>
          Response.json({ ...(await (await fetch(url, init)).json()), ...change }),
      });
      await nothingWritten(
        branchKeyId,
        () => world.store({ kms }).restoreActive({ branchKeyId, version: second }),
        { code: 'BRANCH_KEY_WRONG_KMS_KEY' },
      );
    }
  });

  test('wrong calls, and a store that only reads', async () => {
    const { branchKeyId, second: version } = await lost();
    const wrong = { code: 'INVALID_ARGUMENT', name: 'UsageError' };
    for (const request of [
      undefined,
      {},
      { branchKeyId },
      { version },
      { branchKeyId: '', version },
      { branchKeyId, version: 'x' },
      { branchKeyId, version: `branch:version:${version}` },
      { branchKeyId, version: 5 },
    ]) {
      await refused(store.restoreActive(request), wrong);
    }
    const reader = world.store({ kmsConfiguration: { type: 'discovery' } });
    await refused(reader.restoreActive({ branchKeyId, version }), {
      code: 'INVALID_CONFIG',
      message: /restoreActive/,
    });
  });
});
