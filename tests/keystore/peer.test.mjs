// AWS's own key store for Node as a peer: one table, one KMS, two libraries. What either creates
// or versions, the other reads, byte for byte.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { BranchKeyStoreNode } from '@aws-crypto/branch-keystore-node';
import { KMSClient } from '@aws-sdk/client-kms';
import { KmsClient } from '../../pkg/entrypoints/index.js';
import { CONTEXT, CREDENTIALS, refused, sameKey, startWorld } from './support.mjs';

let world;
let ours;
let theirs;
const kmsClients = [];
before(async () => {
  world = await startWorld();
  ours = world.store();
  await ours.createKeyStore();
  theirs = official({ identifier: world.key.arn });
});
after(() => {
  for (const client of kmsClients) client.destroy();
  return world?.close();
});

/** The official key store on the same table. */
function official(kmsConfiguration, { region = world.region, name = 'LogicalName' } = {}) {
  const endpoint = world.kms.url;
  const kmsClient = new KMSClient({ endpoint, region, credentials: CREDENTIALS });
  kmsClients.push(kmsClient);
  return new BranchKeyStoreNode({
    kmsConfiguration,
    logicalKeyStoreName: name,
    storage: { ddbClient: world.official, ddbTableName: world.table },
    keyManagement: { kmsClient },
  });
}

/** Both libraries say the same of the active version; answers ours. */
async function agree(branchKeyId, a = ours, b = theirs) {
  const mine = await a.getActiveBranchKey({ branchKeyId });
  const other = await b.getActiveBranchKey(branchKeyId);
  compare(mine, other);
  const { version } = mine;
  compare(
    await a.getBranchKeyVersion({ branchKeyId, version }),
    await b.getBranchKeyVersion(branchKeyId, version),
  );
  return mine;
}

function compare(mine, other) {
  sameKey(mine.branchKey, other.branchKey());
  assert.equal(Buffer.from(other.branchKeyVersion).toString(), mine.version);
  assert.equal(other.branchKeyIdentifier, mine.branchKeyId);
  assert.deepEqual({ ...other.encryptionContext }, mine.encryptionContext);
}

describe('created here', () => {
  for (const [name, request] of [
    ['without an id', {}],
    ['with an encryption context', { encryptionContext: CONTEXT }],
    ['with an id', { branchKeyId: `a-${randomUUID()}`, encryptionContext: CONTEXT }],
    ['with an id that is not ASCII', { branchKeyId: 'schlüssel/😀', encryptionContext: { a: '' } }],
  ]) {
    test(name, async () => {
      const { branchKeyId, version } = await ours.createKey(request);
      const active = await agree(branchKeyId);
      assert.equal(active.version, version);
      assert.deepEqual(active.encryptionContext, request.encryptionContext ?? {});
    });
  }

  test('versioned here', async () => {
    const { branchKeyId, version } = await ours.createKey({ encryptionContext: CONTEXT });
    const old = await agree(branchKeyId);
    const next = await ours.versionKey({ branchKeyId });
    const active = await agree(branchKeyId);
    assert.equal(active.version, next.version);
    assert.notDeepEqual(active.branchKey, old.branchKey);
    compare(old, await theirs.getBranchKeyVersion(branchKeyId, version));
  });

  test('versioned there', async () => {
    const { branchKeyId, version } = await ours.createKey({ encryptionContext: CONTEXT });
    const old = await agree(branchKeyId);
    const { beaconKey } = await ours.getBeaconKey({ branchKeyId });
    await theirs.versionKey({ branchKeyIdentifier: branchKeyId });
    const active = await agree(branchKeyId);
    assert.notEqual(active.version, version);
    assert.notDeepEqual(active.branchKey, old.branchKey);
    compare(old, await theirs.getBranchKeyVersion(branchKeyId, version));
    sameKey((await ours.getBeaconKey({ branchKeyId })).beaconKey, beaconKey);
  });
});

describe('created there', () => {
  for (const [name, request, encryptionContext] of [
    ['without an id', undefined, {}],
    [
      'with an id',
      { branchKeyIdentifier: `b-${randomUUID()}`, encryptionContext: CONTEXT },
      CONTEXT,
    ],
  ]) {
    test(name, async () => {
      const { branchKeyIdentifier } = await theirs.createKey(request);
      const active = await agree(branchKeyIdentifier);
      assert.deepEqual(active.encryptionContext, encryptionContext);
      const beacon = await ours.getBeaconKey({ branchKeyId: branchKeyIdentifier });
      assert.deepEqual(beacon.encryptionContext, encryptionContext);
      assert.equal(beacon.beaconKey.length, 32);
    });
  }

  test('versioned by turns, every version read by both', async () => {
    const { branchKeyIdentifier: branchKeyId } = await theirs.createKey();
    const seen = [await agree(branchKeyId)];
    const { beaconKey } = await ours.getBeaconKey({ branchKeyId });
    for (let i = 0; i < 4; i++) {
      if (i % 2 === 0) await ours.versionKey({ branchKeyId });
      else await theirs.versionKey({ branchKeyIdentifier: branchKeyId });
      seen.push(await agree(branchKeyId));
    }
    assert.equal(new Set(seen.map(({ version }) => version)).size, 5);
    for (const key of seen) {
      const { version } = key;
      compare(key, await theirs.getBranchKeyVersion(branchKeyId, version));
      sameKey((await ours.getBranchKeyVersion({ branchKeyId, version })).branchKey, key.branchKey);
    }
    sameKey((await ours.getBeaconKey({ branchKeyId })).beaconKey, beaconKey);
  });
});

test('records of both are of one form', async () => {
  const request = { encryptionContext: CONTEXT };
  const mine = await ours.createKey({ branchKeyId: 'form-a', ...request });
  await theirs.createKey({ branchKeyIdentifier: 'form-b', ...request });
  const form = async (branchKeyId) => {
    const records = await world.records(branchKeyId);
    return records
      .map((record) => {
        const types = Object.entries(record).map(([name, value]) => [name, Object.keys(value)[0]]);
        const type = record.type.S.replace(/[0-9a-f-]{36}$/, '<uuid>');
        const time = record['create-time'].S.replace(/\d/g, '0');
        return [type, time, record['kms-arn'].S, record.enc.B.length, types.sort()];
      })
      .sort();
  };
  const [a, b] = [await form(mine.branchKeyId), await form('form-b')];
  // Texts of other lengths only.
  assert.deepEqual(a, b);
});

describe('multi-Region keys', () => {
  const WEST = 'us-west-2';
  let mrk;
  let replica;
  before(async () => {
    mrk = await world.kms.createKey({ multiRegion: true, replicaRegions: [WEST] });
    replica = mrk.arn.replace(mrk.region, WEST);
  });
  const west = () => new KmsClient({ endpoint: world.kms.urlFor(WEST), region: WEST });

  test('created in one Region by either, read and versioned in another by either', async () => {
    const home = {
      ours: world.store({ kmsConfiguration: { type: 'kmsMrkArn', kmsKeyArn: mrk.arn } }),
      theirs: official({ mrkIdentifier: mrk.arn }),
    };
    const away = {
      ours: world.store({
        kms: west(),
        kmsConfiguration: { type: 'kmsMrkArn', kmsKeyArn: replica },
      }),
      theirs: official({ mrkIdentifier: replica }, { region: WEST }),
    };
    const discovery = {
      ours: world.store({ kms: west(), kmsConfiguration: { type: 'mrkDiscovery', region: WEST } }),
      theirs: official({ region: WEST }, { region: WEST }),
    };
    const { branchKeyId } = await home.ours.createKey();
    const { branchKeyIdentifier } = await home.theirs.createKey();
    for (const id of [branchKeyId, branchKeyIdentifier]) {
      const first = await agree(id, home.ours, home.theirs);
      await agree(id, away.ours, home.theirs);
      await agree(id, home.ours, away.theirs);
      await agree(id, discovery.ours, discovery.theirs);
      await away.ours.versionKey({ branchKeyId: id });
      const second = await agree(id, home.ours, away.theirs);
      await away.theirs.versionKey({ branchKeyIdentifier: id });
      const third = await agree(id, away.ours, home.theirs);
      assert.equal(new Set([first, second, third].map(({ version }) => version)).size, 3);
    }
  });
});

describe('what one refuses, the other refuses', () => {
  test('another logical name, another KMS key, no such key', async () => {
    const { branchKeyId } = await ours.createKey();
    const other = await world.kms.createKey();
    for (const [code, mine, other_, id] of [
      [
        'BRANCH_KEY_MISMATCH',
        world.store({ logicalKeyStoreName: 'Other' }),
        official({ identifier: world.key.arn }, { name: 'Other' }),
        branchKeyId,
      ],
      [
        'BRANCH_KEY_WRONG_KMS_KEY',
        world.store({ kmsKeyArn: other.arn }),
        official({ identifier: other.arn }),
        branchKeyId,
      ],
      ['BRANCH_KEY_NOT_FOUND', ours, theirs, 'nobody'],
    ]) {
      await refused(mine.getActiveBranchKey({ branchKeyId: id }), { code });
      await assert.rejects(other_.getActiveBranchKey(id));
      await refused(mine.versionKey({ branchKeyId: id }), { code });
      await assert.rejects(other_.versionKey({ branchKeyIdentifier: id }));
    }
  });

  test('an attribute added to a record', async () => {
    const { branchKeyId } = await ours.createKey();
    const record = await world.item(branchKeyId, 'branch:ACTIVE');
    await world.put({ ...record, note: { S: 'x' } });
    await refused(ours.getActiveBranchKey({ branchKeyId }), { code: 'BRANCH_KEY_MISMATCH' });
    await assert.rejects(theirs.getActiveBranchKey(branchKeyId));
  });

  test('an id of one’s own without an encryption context; discovery that writes', async () => {
    await refused(ours.createKey({ branchKeyId: 'x' }), { code: 'INVALID_ARGUMENT' });
    await assert.rejects(theirs.createKey({ branchKeyIdentifier: 'x' }));
    const reader = world.store({ kmsConfiguration: { type: 'discovery' } });
    await refused(reader.createKey(), { code: 'INVALID_CONFIG' });
    await assert.rejects(official('discovery').createKey());
  });

  test('an alias', async () => {
    const alias = world.key.arn.replace(/key\/.*/, 'alias/a');
    await refused(() => world.store({ kmsKeyArn: alias }), { code: 'MALFORMED_KEY_ID' });
    assert.throws(() => official({ identifier: alias }));
  });
});

test('both write at once: what won is there, and nothing is lost', async () => {
  const { branchKeyId, version } = await ours.createKey();
  const known = new Set([version]);
  for (let round = 0; round < 5; round++) {
    const results = await Promise.allSettled([
      ours.versionKey({ branchKeyId }),
      theirs.versionKey({ branchKeyIdentifier: branchKeyId }),
    ]);
    assert.ok(results.some(({ status }) => status === 'fulfilled'));
    const [mine] = results;
    if (mine.status === 'fulfilled') known.add(mine.value.version);
    else assert.equal(mine.reason.code, 'BRANCH_KEY_CHANGED');
    known.add((await agree(branchKeyId)).version);
  }
  const types = (await world.records(branchKeyId)).map(({ type }) => type.S);
  for (const one of known) assert.ok(types.includes(`branch:version:${one}`));
});
