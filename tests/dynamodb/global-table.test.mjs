// A global table and a multi-Region key: sealed in one Region, replicated by DynamoDB, opened with the replica key in
// the other, without a call that crosses the border. MiniStack replicates the table; KMS in both Regions is the
// development KMS, whose log names the Region of each call.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  DeleteItemCommand,
  DescribeTableCommand,
  PutItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import {
  awsKmsHierarchicalKeyring,
  awsKmsKeyring,
  awsKmsMrkDiscoveryKeyring,
  awsKmsMrkKeyring,
  DynamoDbClient,
  inspect,
  ItemEncryptor,
  keyStore,
} from '../../pkg/entrypoints/index.js';
import { until } from '../support/until.mjs';
import { CREDENTIALS, keyOf, notOpened, read, refused, startWorld } from './support.mjs';

const HERE = 'us-east-1';
const THERE = 'eu-west-1';
const NOWHERE = 'ap-south-1';

let world;
let table;
let mrk;
let replica;
let single;
before(async () => {
  world = await startWorld();
  table = await world.makeTable();
  await replicate(table);
  mrk = (await world.kms.createKey({ multiRegion: true, replicaRegions: [THERE] })).arn;
  replica = mrk.replace(HERE, THERE);
  single = (await world.kms.createKey()).arn;
});
after(() => world?.close());
beforeEach(() => world.kms.clearCalls());

/** Makes a table one of both Regions, and waits until it is. */
async function replicate(TableName) {
  const ReplicaUpdates = [{ Create: { RegionName: THERE } }];
  await world.dynamodb(HERE).send(new UpdateTableCommand({ TableName, ReplicaUpdates }));
  await until('replication', async () => {
    const command = new DescribeTableCommand({ TableName });
    const { Table } = await world.dynamodb(HERE).send(command);
    const states = (Table.Replicas ?? []).map((one) => [one.RegionName, one.ReplicaStatus]);
    return states.some(([region, state]) => region === THERE && state === 'ACTIVE');
  });
}

const encryptor = (keyring, options = {}) =>
  new ItemEncryptor({
    logicalTableName: 'customers',
    partitionKeyName: 'customer_id',
    sortKeyName: 'line',
    attributeActions: {
      customer_id: 'SIGN_ONLY',
      line: 'SIGN_ONLY',
      ssn: 'ENCRYPT_AND_SIGN',
      country: 'SIGN_ONLY',
    },
    keyring,
    ...options,
  });

let next = 0;
const customer = () => ({
  customer_id: { S: `c-${next++}` },
  line: { N: '1' },
  ssn: { S: '756.1234.5678.97' },
  country: { S: 'CH' },
});

const put = (region, Item) =>
  world.dynamodb(region).send(new PutItemCommand({ TableName: table, Item }));
/** The item as the other Region has it, once it is this one. */
const arrived = (region, item) =>
  until('replication', async () => {
    const found = await read(world.dynamodb(region), table, keyOf(item));
    const same = (a, b) => Buffer.from(a.B).equals(Buffer.from(b.B));
    return found && same(found.aws_dbe_foot, item.aws_dbe_foot) && found;
  });
const regions = () => world.kms.calls.map(({ region }) => region);
const owners = (item) =>
  inspect(item).encryptedDataKeys.map((key) => Buffer.from(key.keyProviderInfo).toString());

const inRegion = {
  [HERE]: () => awsKmsMrkKeyring({ kms: world.kmsClient(HERE), generatorKeyId: mrk }),
  [THERE]: () => awsKmsMrkKeyring({ kms: world.kmsClient(THERE), generatorKeyId: replica }),
};
const discovery = (region) => awsKmsMrkDiscoveryKeyring({ kms: world.kmsClient(region), region });

for (const algorithmSuite of ['6700', '6701']) {
  for (const [from, to] of [
    [HERE, THERE],
    [THERE, HERE],
  ]) {
    test(`sealed in ${from}, opened in ${to}, no call across: suite ${algorithmSuite}`, async () => {
      const original = customer();
      const { item } = await encryptor(inRegion[from](), { algorithmSuite }).encryptItem(original);
      await put(from, item);
      const found = await arrived(to, item);
      assert.deepEqual(regions(), [from]);
      assert.deepEqual(owners(found), [from === HERE ? mrk : replica]);
      for (const keyring of [inRegion[to](), discovery(to)]) {
        world.kms.clearCalls();
        const opened = await encryptor(keyring, { algorithmSuite }).decryptItem(found);
        assert.deepEqual(opened.item, original);
        assert.deepEqual(regions(), [to]);
      }
    });
  }
}

test('written by turns in both Regions, each opens the last', async () => {
  const original = customer();
  for (const [round, from] of [HERE, THERE, HERE, THERE].entries()) {
    const to = from === HERE ? THERE : HERE;
    const changed = { ...original, ssn: { S: `round ${round}` } };
    const { item } = await encryptor(inRegion[from]()).encryptItem(changed);
    await put(from, item);
    const found = await arrived(to, item);
    assert.deepEqual((await encryptor(inRegion[to]()).decryptItem(found)).item, changed);
  }
  await world
    .dynamodb(THERE)
    .send(new DeleteItemCommand({ TableName: table, Key: keyOf(original) }));
  await until(
    'replication',
    async () => !(await read(world.dynamodb(HERE), table, keyOf(original))),
  );
});

test('the first Region’s KMS is out: the other opens all the same', async () => {
  const original = customer();
  const { item } = await encryptor(inRegion[HERE]()).encryptItem(original);
  await put(HERE, item);
  const found = await arrived(THERE, item);
  // A client that knows no other Region cannot call it.
  const lost = world.kmsClient(HERE, { endpoint: 'http://127.0.0.1:9', maxAttempts: 1 });
  const dead = awsKmsMrkKeyring({ kms: lost, generatorKeyId: mrk });
  await notOpened(encryptor(dead).decryptItem(found), 'KMS_UNREACHABLE');
  assert.deepEqual((await encryptor(inRegion[THERE]()).decryptItem(found)).item, original);
});

describe('a key of one Region', () => {
  let found;
  before(async () => {
    const keyring = awsKmsMrkKeyring({ kms: world.kmsClient(HERE), generatorKeyId: single });
    const { item } = await encryptor(keyring).encryptItem(customer());
    await put(HERE, item);
    found = await arrived(THERE, item);
    assert.deepEqual(owners(found), [single]);
  });

  test('is refused in the other, with the key and both Regions named, and no call', async () => {
    const [reason] = await notOpened(
      encryptor(discovery(THERE)).decryptItem(found),
      'KEYRING_NOT_MINE',
    );
    assert.match(reason.message, /single-Region key/);
    for (const text of [single, HERE, THERE]) assert.ok(reason.message.includes(text));
    assert.equal(world.kms.calls.length, 0);
  });

  test('is refused by a keyring of an ARN moved there, and of the real replica', async () => {
    for (const generatorKeyId of [single.replace(HERE, THERE), replica]) {
      const kms = world.kmsClient(THERE);
      const keyring = awsKmsMrkKeyring({ kms, generatorKeyId });
      const [reason] = await notOpened(encryptor(keyring).decryptItem(found), 'KEYRING_NOT_MINE');
      assert.ok(reason.message.includes(single) && reason.message.includes(generatorKeyId));
    }
    assert.equal(world.kms.calls.length, 0);
  });

  test('opens where it is', async () => {
    assert.equal((await encryptor(discovery(HERE)).decryptItem(found)).item.country.S, 'CH');
    assert.deepEqual(regions(), [HERE]);
  });
});

test('a keyring that is not MRK-aware refuses the replica, and says which one would not', async () => {
  const { item } = await encryptor(inRegion[HERE]()).encryptItem(customer());
  await put(HERE, item);
  const found = await arrived(THERE, item);
  world.kms.clearCalls();
  const plain = awsKmsKeyring({ kms: world.kmsClient(THERE), generatorKeyId: replica });
  const [reason] = await notOpened(encryptor(plain).decryptItem(found), 'KEYRING_NOT_MINE');
  assert.match(reason.message, /awsKmsMrkKeyring/);
  assert.equal(world.kms.calls.length, 0);
});

test('a Region that has the data and no replica key', async () => {
  const { item } = await encryptor(inRegion[HERE]()).encryptItem(customer());
  world.kms.clearCalls();
  const [reason] = await notOpened(
    encryptor(discovery(NOWHERE)).decryptItem(item),
    'KMS_KEY_NOT_FOUND',
  );
  assert.ok(reason.message.includes(mrk.replace(HERE, NOWHERE)));
  assert.deepEqual(regions(), [NOWHERE]);
});

test('a changed replica does not open', async () => {
  const { item } = await encryptor(inRegion[HERE]()).encryptItem(customer());
  await put(HERE, item);
  const found = await arrived(THERE, item);
  await put(THERE, { ...found, country: { S: 'LI' } });
  const back = await until('replication', async () => {
    const seen = await read(world.dynamodb(HERE), table, keyOf(item));
    return seen.country.S === 'LI' && seen;
  });
  await refused(encryptor(inRegion[HERE]()).decryptItem(back), { name: 'AuthenticationError' });
});

describe('branch keys on a global table', () => {
  const tableName = 'branch-keys';
  const store = (region, kmsConfiguration) =>
    keyStore({
      dynamodb: new DynamoDbClient({
        endpoint: world.stack.url,
        region,
        credentials: CREDENTIALS,
      }),
      tableName,
      logicalKeyStoreName: 'keys',
      kms: world.kmsClient(region),
      kmsConfiguration,
    });
  const configuration = {
    [HERE]: () => ({ type: 'kmsMrkArn', kmsKeyArn: mrk }),
    [THERE]: () => ({ type: 'kmsMrkArn', kmsKeyArn: replica }),
  };
  const hierarchical = (region, branchKeyId, kms = configuration[region]()) =>
    encryptor(
      awsKmsHierarchicalKeyring({ keyStore: store(region, kms), branchKeyId, ttlSeconds: 60 }),
    );
  before(async () => {
    await store(HERE, configuration[HERE]()).createKeyStore();
    await replicate(tableName);
  });
  const Key = (branchKeyId) => ({
    'branch-key-id': { S: branchKeyId },
    type: { S: 'branch:ACTIVE' },
  });
  /** Waits until the other Region has this version. */
  const known = (region, { branchKeyId, version }) =>
    until('replication', async () => {
      const found = await read(world.dynamodb(region), tableName, Key(branchKeyId));
      return found?.version.S === `branch:version:${version}`;
    });

  test('created in one Region, used and versioned in both; no call across', async () => {
    const made = await store(HERE, configuration[HERE]()).createKey();
    const { branchKeyId } = made;
    await known(THERE, made);
    const items = [];
    for (const [region, other] of [
      [HERE, THERE],
      [THERE, HERE],
    ]) {
      world.kms.clearCalls();
      items.push((await hierarchical(region, branchKeyId).encryptItem(customer())).item);
      assert.deepEqual(regions(), [region]);
      const version = await store(region, configuration[region]()).versionKey({ branchKeyId });
      assert.ok(regions().every((one) => one === region));
      await known(other, version);
      items.push((await hierarchical(region, branchKeyId).encryptItem(customer())).item);
    }
    for (const region of [HERE, THERE]) {
      for (const kms of [configuration[region](), { type: 'mrkDiscovery', region }]) {
        world.kms.clearCalls();
        const opened = await hierarchical(region, branchKeyId, kms).decryptItems(items);
        assert.ok(opened.every(({ item }) => item.ssn.S === '756.1234.5678.97'));
        assert.ok(regions().every((one) => one === region));
        // Three versions of the branch key.
        assert.equal(world.kms.calls.length, 3);
      }
    }
  });

  test('a store under a single-Region key is of no use in the other Region', async () => {
    const made = await store(HERE, { type: 'kmsKeyArn', kmsKeyArn: single }).createKey();
    await known(THERE, made);
    world.kms.clearCalls();
    for (const [kms, code] of [
      [{ type: 'kmsMrkArn', kmsKeyArn: replica }, 'BRANCH_KEY_WRONG_KMS_KEY'],
      [{ type: 'kmsKeyArn', kmsKeyArn: single.replace(HERE, THERE) }, 'BRANCH_KEY_WRONG_KMS_KEY'],
    ]) {
      await refused(hierarchical(THERE, made.branchKeyId, kms).encryptItem(customer()), { code });
    }
    assert.equal(world.kms.calls.length, 0);
    const discovering = hierarchical(THERE, made.branchKeyId, {
      type: 'mrkDiscovery',
      region: THERE,
    });
    const error = await refused(discovering.encryptItem(customer()), { code: 'KMS_KEY_NOT_FOUND' });
    assert.ok(error.message.includes(single));
    assert.deepEqual(regions(), [THERE]);
  });
});
