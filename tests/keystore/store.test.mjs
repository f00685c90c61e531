// The key store at work: what it writes, what it reads back, and what it asks of KMS for it.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { keyStore, KmsClient } from '../../pkg/entrypoints/index.js';
import { contextOf, CONTEXT, CREDENTIALS, sameKey, startWorld, UUID } from './support.mjs';

let world;
let store;
before(async () => {
  world = await startWorld();
  console.log(`MiniStack ${world.stack.version}`);
  store = world.store();
  await store.createKeyStore();
});
after(() => world?.close());
beforeEach(() => {
  world.proxy.reset();
  world.kms.clearCalls();
});

describe('CreateKeyStore', () => {
  test('makes the table once, and finds it again', async () => {
    const tableName = `new-${randomUUID()}`;
    const made = await world.store({ tableName }).createKeyStore();
    assert.match(made.tableArn, new RegExp(`^arn:aws:dynamodb:.*:table/${tableName}$`));
    assert.ok(world.proxy.operations().includes('CreateTable'));
    const { Table } = await world.official.send(new DescribeTableCommand({ TableName: tableName }));
    assert.equal(Table.TableArn, made.tableArn);
    assert.deepEqual(Table.KeySchema, [
      { AttributeName: 'branch-key-id', KeyType: 'HASH' },
      { AttributeName: 'type', KeyType: 'RANGE' },
    ]);
    world.proxy.reset();
    assert.deepEqual(await world.store({ tableName }).createKeyStore(), made);
    assert.deepEqual(world.proxy.operations(), ['DescribeTable']);
    assert.equal(world.kms.countCalls(), 0);
  });

  test('waits until the table is active', async () => {
    const tableName = `slow-${randomUUID()}`;
    const creating = (answer) => {
      const part = answer.body.TableDescription ?? answer.body.Table;
      part.TableStatus = 'CREATING';
      return answer;
    };
    world.proxy.faults.push({ operation: 'CreateTable', after: creating });
    await world.store({ tableName }).createKeyStore();
    const [first, second, ...polls] = world.proxy.operations();
    assert.deepEqual([first, second], ['DescribeTable', 'CreateTable']);
    assert.ok(polls.length >= 1 && polls.every((operation) => operation === 'DescribeTable'));
  });

  test('two at once', async () => {
    const tableName = `both-${randomUUID()}`;
    const two = [world.store({ tableName }), world.store({ tableName })];
    const [a, b] = await Promise.all(two.map((one) => one.createKeyStore()));
    assert.deepEqual(a, b);
  });

  test('an answer to CreateTable that gets lost', async () => {
    const tableName = `lost-${randomUUID()}`;
    world.proxy.faults.push({ operation: 'CreateTable', after: () => ({ drop: true }) });
    await world.store({ tableName }).createKeyStore();
    assert.deepEqual(
      world.proxy.operations().filter((operation) => operation === 'CreateTable').length,
      2,
    );
  });

  test('with a configuration that only reads', () =>
    world.store({ kmsConfiguration: { type: 'discovery' } }).createKeyStore());
});

describe('CreateKey', () => {
  test('three records of one layout, keys that KMS made', async () => {
    const started = Date.now();
    const made = await store.createKey({ branchKeyId: 'tenant-a', encryptionContext: CONTEXT });
    assert.equal(made.branchKeyId, 'tenant-a');
    assert.match(made.version, UUID);
    assert.deepEqual(
      world.kms.calls.map(({ operation, keyId }) => [operation, keyId]),
      ['GenerateDataKeyWithoutPlaintext', 'ReEncrypt', 'GenerateDataKeyWithoutPlaintext'].map(
        (operation) => [operation, world.key.arn],
      ),
    );
    assert.deepEqual(world.proxy.operations(), ['TransactWriteItems']);

    const records = await world.records('tenant-a');
    assert.equal(records.length, 3);
    const byType = Object.fromEntries(records.map((record) => [record.type.S, record]));
    const created = byType['branch:ACTIVE']['create-time'];
    const common = {
      'branch-key-id': { S: 'tenant-a' },
      'kms-arn': { S: world.key.arn },
      'create-time': created,
      'hierarchy-version': { N: '1' },
      'aws-crypto-ec:tenant': { S: 'a' },
      'aws-crypto-ec:straße': { S: 'grün 😀' },
    };
    const version = `branch:version:${made.version}`;
    for (const [type, more] of [
      ['branch:ACTIVE', { version: { S: version } }],
      [version, {}],
      ['beacon:ACTIVE', {}],
    ]) {
      const { enc, ...rest } = byType[type];
      assert.deepEqual(rest, { ...common, type: { S: type }, ...more });
      assert.ok(enc.B.length > 32);
    }
    assert.match(created.S, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    const at = Date.parse(created.S);
    assert.ok(at >= started - 1 && at <= Date.now() + 1, created.S);
  });

  test('every attribute is bound: KMS opens each record by itself', async () => {
    const { branchKeyId } = await store.createKey({ encryptionContext: CONTEXT });
    const kms = world.kmsClient();
    const opened = {};
    for (const record of await world.records(branchKeyId)) {
      const request = { keyId: world.key.arn, ciphertextBlob: new Uint8Array(record.enc.B) };
      const answer = await kms.decrypt({ ...request, encryptionContext: contextOf(record) });
      opened[record.type.S] = answer.plaintext;
    }
    const active = await store.getActiveBranchKey({ branchKeyId });
    const beacon = await store.getBeaconKey({ branchKeyId });
    sameKey(active.branchKey, opened['branch:ACTIVE']);
    sameKey(active.branchKey, opened[`branch:version:${active.version}`]);
    sameKey(beacon.beaconKey, opened['beacon:ACTIVE']);
    assert.notDeepEqual(active.branchKey, beacon.beaconKey);
  });

  test('without an id, without a context', async () => {
    const made = await store.createKey();
    assert.match(made.branchKeyId, UUID);
    const key = await store.getActiveBranchKey({ branchKeyId: made.branchKeyId });
    assert.deepEqual(key.encryptionContext, {});
    assert.equal(key.version, made.version);
    const other = await store.createKey({});
    assert.notEqual(other.branchKeyId, made.branchKeyId);
  });

  test('a write is signed, has a token, and says for whom KMS is called', async () => {
    const seen = [];
    const kms = world.kmsClient({
      userAgent: 'my-app/1',
      fetch: (url, init) => {
        seen.push(new Headers(init.headers).get('x-amz-user-agent'));
        return fetch(url, init);
      },
    });
    await world.store({ kms }).createKey();
    assert.equal(seen.length, 3);
    for (const agent of seen) assert.match(agent, /^fieldseal\/\S+ my-app\/1 aws-kms-hierarchy$/);
    const [{ headers, body }] = world.proxy.calls;
    assert.equal(headers['content-type'], 'application/x-amz-json-1.0');
    assert.equal(headers['x-amz-target'], 'DynamoDB_20120810.TransactWriteItems');
    assert.match(headers.authorization, /Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/dynamodb\//);
    assert.doesNotMatch(headers['x-amz-user-agent'], /hierarchy/);
    assert.match(body.ClientRequestToken, UUID);
  });

  test('a user agent that is switched off stays off', async () => {
    const seen = [];
    const kms = world.kmsClient({
      userAgent: '',
      fetch: (url, init) => {
        seen.push(new Headers(init.headers).has('x-amz-user-agent'));
        return fetch(url, init);
      },
    });
    await world.store({ kms }).createKey();
    assert.deepEqual(seen, [false, false, false]);
  });

  test('grant tokens go along', async () => {
    const seen = [];
    const kms = world.kmsClient({
      fetch: (url, init) => {
        seen.push(JSON.parse(new TextDecoder().decode(init.body)).GrantTokens);
        return fetch(url, init);
      },
    });
    const granted = world.store({ kms, grantTokens: ['token'] });
    const { branchKeyId } = await granted.createKey();
    await granted.versionKey({ branchKeyId });
    await granted.getActiveBranchKey({ branchKeyId });
    assert.deepEqual(seen, Array(3 + 3 + 1).fill(['token']));
  });
});

describe('reading', () => {
  test('one GetItem, consistent, and one Decrypt', async () => {
    const { branchKeyId, version } = await store.createKey({ encryptionContext: CONTEXT });
    for (const [read, type] of [
      [() => store.getActiveBranchKey({ branchKeyId }), 'branch:ACTIVE'],
      [() => store.getBranchKeyVersion({ branchKeyId, version }), `branch:version:${version}`],
      [() => store.getBeaconKey({ branchKeyId }), 'beacon:ACTIVE'],
    ]) {
      world.proxy.reset();
      world.kms.clearCalls();
      const key = await read();
      assert.deepEqual(key.encryptionContext, CONTEXT);
      assert.equal(key.branchKeyId, branchKeyId);
      const [{ operation, body }] = world.proxy.calls;
      assert.equal(operation, 'GetItem');
      assert.deepEqual(body, {
        TableName: world.table,
        ConsistentRead: true,
        Key: { 'branch-key-id': { S: branchKeyId }, type: { S: type } },
      });
      assert.deepEqual(
        world.kms.calls.map(({ operation }) => operation),
        ['Decrypt'],
      );
    }
  });

  test('names that JavaScript treats specially', async () => {
    const encryptionContext = JSON.parse('{"__proto__":"a","constructor":"b","":"c"}');
    const { branchKeyId } = await store.createKey({ encryptionContext });
    const key = await store.getActiveBranchKey({ branchKeyId });
    assert.deepEqual(Object.entries(key.encryptionContext).sort(), [
      ['', 'c'],
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  test('the bytes are the caller’s own', async () => {
    const { branchKeyId } = await store.createKey();
    const first = await store.getActiveBranchKey({ branchKeyId });
    const copy = first.branchKey.slice();
    first.branchKey.fill(0);
    sameKey((await store.getActiveBranchKey({ branchKeyId })).branchKey, copy);
  });
});

describe('VersionKey', () => {
  test('a new version encrypts, all old ones open, the beacon key stays', async () => {
    const { branchKeyId, version } = await store.createKey({ encryptionContext: CONTEXT });
    const versions = [version];
    const keys = [(await store.getActiveBranchKey({ branchKeyId })).branchKey];
    const { beaconKey } = await store.getBeaconKey({ branchKeyId });
    for (let i = 0; i < 3; i++) {
      world.kms.clearCalls();
      const next = await store.versionKey({ branchKeyId });
      assert.deepEqual(
        world.kms.calls.map(({ operation }) => operation),
        ['ReEncrypt', 'GenerateDataKeyWithoutPlaintext', 'ReEncrypt'],
      );
      assert.equal(next.branchKeyId, branchKeyId);
      const active = await store.getActiveBranchKey({ branchKeyId });
      assert.equal(active.version, next.version);
      assert.deepEqual(active.encryptionContext, CONTEXT);
      versions.push(next.version);
      keys.push(active.branchKey);
      sameKey((await store.getBeaconKey({ branchKeyId })).beaconKey, beaconKey);
    }
    assert.equal(new Set(versions).size, 4);
    assert.equal(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size, 4);
    for (const [i, version] of versions.entries()) {
      const old = await store.getBranchKeyVersion({ branchKeyId, version });
      assert.equal(old.version, version);
      assert.deepEqual(old.encryptionContext, CONTEXT);
      sameKey(old.branchKey, keys[i]);
    }
    assert.equal((await world.records(branchKeyId)).length, 4 + 2);
  });

  test('attributes that are not ours come along, as their author bound them', async () => {
    const { branchKeyId } = await store.createKey();
    const active = await world.item(branchKeyId, 'branch:ACTIVE');
    const bound = { ...active, 'made-by': { S: 'hand' } };
    const moved = await world.kmsClient().reEncrypt({
      ciphertextBlob: new Uint8Array(active.enc.B),
      sourceEncryptionContext: contextOf(active),
      destinationKeyId: world.key.arn,
      destinationEncryptionContext: contextOf(bound),
    });
    await world.put({ ...bound, enc: { B: moved.ciphertextBlob } });
    await store.getActiveBranchKey({ branchKeyId });
    const { version } = await store.versionKey({ branchKeyId });
    const key = await store.getBranchKeyVersion({ branchKeyId, version });
    assert.deepEqual(key.encryptionContext, {});
    for (const type of ['branch:ACTIVE', `branch:version:${version}`]) {
      assert.deepEqual((await world.item(branchKeyId, type))['made-by'], { S: 'hand' });
    }
  });
});

describe('KMS configurations', () => {
  const WEST = 'us-west-2';
  let mrk;
  let replicaArn;
  let home;
  let branchKeyId;
  before(async () => {
    mrk = await world.kms.createKey({ multiRegion: true, replicaRegions: [WEST] });
    replicaArn = mrk.arn.replace(mrk.region, WEST);
    home = world.store({ kmsConfiguration: { type: 'kmsMrkArn', kmsKeyArn: mrk.arn } });
    ({ branchKeyId } = await home.createKey({ encryptionContext: CONTEXT }));
  });
  const west = () => new KmsClient({ endpoint: world.kms.urlFor(WEST), region: WEST });

  test('a replica opens what the primary wrapped', async () => {
    const { branchKey } = await home.getActiveBranchKey({ branchKeyId });
    for (const kmsConfiguration of [
      { type: 'kmsMrkArn', kmsKeyArn: replicaArn },
      { type: 'mrkDiscovery', region: WEST },
    ]) {
      const away = world.store({ kms: west(), kmsConfiguration });
      world.kms.clearCalls();
      sameKey((await away.getActiveBranchKey({ branchKeyId })).branchKey, branchKey);
      assert.deepEqual(
        world.kms.calls.map(({ keyId, region }) => [keyId, region]),
        [[replicaArn, WEST]],
      );
    }
    for (const kmsConfiguration of [
      { type: 'discovery' },
      { type: 'mrkDiscovery', region: world.region },
    ]) {
      const reader = world.store({ kmsConfiguration });
      sameKey((await reader.getActiveBranchKey({ branchKeyId })).branchKey, branchKey);
    }
  });

  test('a version made in another Region keeps the record’s ARN', async () => {
    const kmsConfiguration = { type: 'kmsMrkArn', kmsKeyArn: replicaArn };
    const away = world.store({ kms: west(), kmsConfiguration });
    const { version } = await away.versionKey({ branchKeyId });
    const record = await world.item(branchKeyId, `branch:version:${version}`);
    assert.equal(record['kms-arn'].S, mrk.arn);
    const [ours, theirs] = await Promise.all(
      [home, away].map((one) => one.getBranchKeyVersion({ branchKeyId, version })),
    );
    sameKey(ours.branchKey, theirs.branchKey);
  });

  test('a key of one Region is found by discovery where it is', async () => {
    const { branchKeyId } = await store.createKey();
    for (const kmsConfiguration of [
      { type: 'discovery' },
      { type: 'mrkDiscovery', region: WEST },
    ]) {
      await world.store({ kmsConfiguration }).getActiveBranchKey({ branchKeyId });
    }
  });
});

test('GetKeyStoreInfo', async () => {
  const kmsKeyArn = world.key.arn;
  const info = await world.store({ grantTokens: ['t'] }).getKeyStoreInfo();
  assert.match(info.keyStoreId, UUID);
  assert.deepEqual(info, {
    keyStoreId: info.keyStoreId,
    tableName: world.table,
    logicalKeyStoreName: 'LogicalName',
    grantTokens: ['t'],
    kmsConfiguration: { type: 'kmsKeyArn', kmsKeyArn },
  });
  const named = await world.store({ keyStoreId: 'mine' }).getKeyStoreInfo();
  assert.equal(named.keyStoreId, 'mine');
  assert.notEqual((await store.getKeyStoreInfo()).keyStoreId, info.keyStoreId);
  assert.equal(world.kms.countCalls() + world.proxy.calls.length, 0);
});

test('events: one for each call of DynamoDB, with the table and no value', async () => {
  const events = [];
  const dynamodb = world.dynamodb({ onEvent: (event) => events.push(event) });
  const observed = world.store({ dynamodb });
  const { branchKeyId } = await observed.createKey({ encryptionContext: CONTEXT });
  await observed.getActiveBranchKey({ branchKeyId });
  await assert.rejects(observed.getActiveBranchKey({ branchKeyId: 'nobody' }));
  assert.deepEqual(
    events.map(({ operation, table, outcome, attempts }) => [operation, table, outcome, attempts]),
    [
      ['TransactWriteItems', world.table, 'OK', 1],
      ['GetItem', world.table, 'OK', 1],
      ['GetItem', world.table, 'OK', 1],
      // Of nobody: whether anything but the active record is there.
      ['GetItem', world.table, 'OK', 1],
    ],
  );
  for (const event of events) {
    assert.equal(event.region, world.region);
    assert.ok(!('keyId' in event));
    assert.ok(!JSON.stringify(event).includes('grün'));
  }
});

test('clients are shared: credentials are fetched once', async () => {
  let fetched = 0;
  const credentials = async () => {
    fetched++;
    return CREDENTIALS;
  };
  const shared = {
    dynamodb: world.dynamodb({ credentials }),
    kms: world.kmsClient({ credentials }),
  };
  const { branchKeyId } = await world.store(shared).createKey();
  await world.store(shared).getActiveBranchKey({ branchKeyId });
  assert.equal(fetched, 2);
});

test('keyStore() itself sends nothing', () => {
  const info = keyStore({
    dynamodb: world.dynamodb({ endpoint: 'http://127.0.0.1:9' }),
    kms: world.kmsClient({ endpoint: 'http://127.0.0.1:9' }),
    tableName: 't',
    logicalKeyStoreName: 'l',
    kmsKeyArn: world.key.arn,
  });
  assert.ok(info);
});
