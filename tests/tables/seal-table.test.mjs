// `sealTable` on a table of a server: each mode, other writers meanwhile, and runs that are ended and go on.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import {
  ItemEncryptor,
  awsKmsHierarchicalKeyring,
  staticKeyStore,
} from '../../pkg/entrypoints/index.js';
import { sealTable, standardBeacon } from '../../pkg/entrypoints/tables.js';
import { startWorld } from './live.mjs';
import {
  codes,
  counts,
  meddleWith,
  number,
  openedOf,
  plainItems,
  runOf,
} from './migration-support.mjs';
import { branchKey, people } from './search-support.mjs';
import { SDK, customers, keyring } from './support.mjs';

let world;
before(async () => (world = await startWorld()));
after(() => world?.close());

/** Makes a table with these items; with what a run over it takes. */
async function tableOf(items, options) {
  const { TableName, tables } = await world.makeTable(options);
  await put(TableName, items);
  return { TableName, table: tables[TableName] };
}
const put = (TableName, items, client = world.plain) =>
  Promise.all(items.map((Item) => client.send(new SDK.PutItemCommand({ TableName, Item }))));
const sealedBy = async (table, items) =>
  (await new ItemEncryptor(table).encryptItems(items)).map(({ item }) => item);
const byId = (items) => new Map(items.map((item) => [item.id.S, item]));
/** A client whose commands are listed. */
function listed(meddling) {
  const client = world.client(SDK);
  return { client, sent: meddleWith(client, meddling) };
}
const own = ({ logicalTableName }) => ({ logicalTableName });

describe('modes', () => {
  test('seal: what is in plaintext is sealed, the rest stays; again, it costs reads only', async () => {
    const items = plainItems(60);
    const { TableName, table } = await tableOf(items.slice(0, 50));
    const before = await sealedBy(table, items.slice(50));
    await put(TableName, before);
    const { client, sent } = listed();
    const run = await runOf(client, { TableName, table, mode: 'seal', totalSegments: 4 });
    assert.deepEqual(counts(run), { read: 60, changed: 50, unchanged: 10, gone: 0, failed: 0 });
    assert.equal(number(sent, 'UpdateItemCommand'), 50);
    const stored = await world.stored(TableName);
    assert.deepEqual(await openedOf(stored, own(table)), byId(items));
    assert.deepEqual(byId(stored).get('c-55'), before[5]);

    sent.length = 0;
    const again = await runOf(client, { TableName, table, mode: 'seal', totalSegments: 4 });
    assert.deepEqual(counts(again), { read: 60, changed: 0, unchanged: 60, gone: 0, failed: 0 });
    assert.deepEqual(new Set(sent), new Set(['DescribeTableCommand', 'ScanCommand']));
    assert.deepEqual(await world.stored(TableName), stored);
  });

  test('seal: with the plugin on the client, with beacons, and whatever plaintextOverride says', async () => {
    const { TableName, table } = await tableOf(plainItems(3));
    const forced = { ...table, plaintextOverride: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' };
    const { client } = world.encrypted({ [TableName]: forced }, SDK);
    const run = await runOf(client, { TableName, table: forced, mode: 'seal' });
    assert.equal(run.changed, 3);
    assert.ok((await world.stored(TableName)).every(({ aws_dbe_foot }) => aws_dbe_foot));

    const searched = { ...people(), ...(await searchedTable()) };
    const { TableName: name, ...options } = searched;
    await put(name, [{ id: { S: 'p-1' }, ssn: { S: '078-05-1120' }, line: undefined }].map(strip));
    assert.equal(
      (await runOf(world.plain, { TableName: name, table: options, mode: 'seal' })).changed,
      1,
    );
    const [stored] = await world.stored(name);
    assert.match(stored.aws_dbe_b_ssn.S, /^[0-9a-f]{8}$/);
  });

  test('verify: says what does not open, and writes nothing', async () => {
    const items = plainItems(6);
    const { TableName, table } = await tableOf([]);
    const sealed = await sealedBy(table, items);
    sealed[1].city = { S: 'Basel' };
    delete sealed[2].aws_dbe_foot;
    const [other] = await sealedBy({ ...table, keyring: keyring('other') }, [items[3]]);
    const legacy = { ...items[5], '*amzn-ddb-map-desc*': { B: new Uint8Array(4) } };
    await put(TableName, [sealed[0], sealed[1], sealed[2], other, items[4], legacy]);
    const before = await world.stored(TableName);
    const run = await runOf(world.plain, { TableName, table, mode: 'verify' });
    assert.deepEqual(counts(run), { read: 6, changed: 0, unchanged: 1, gone: 0, failed: 5 });
    assert.deepEqual(codes(run.errors), {
      'c-1': 'SIGNATURE_MISMATCH',
      'c-2': 'MALFORMED_FOOTER',
      'c-3': 'NO_KEYRING_OPENED',
      'c-4': 'PLAINTEXT_ITEM',
      'c-5': 'PLAINTEXT_ITEM',
    });
    assert.deepEqual(run.errors[0].key.line, { N: '1' });
    assert.equal(run.errors[0].error.table, TableName);
    assert.deepEqual(await world.stored(TableName), before);
  });

  test('seal: what is half sealed, legacy or without an action is reported, and stays', async () => {
    const items = plainItems(4);
    const { TableName, table } = await tableOf([items[0]]);
    const [half] = await sealedBy(table, [items[1]]);
    delete half.aws_dbe_head;
    const legacy = { ...items[2], '*amzn-ddb-map-desc*': { B: new Uint8Array(4) } };
    const bad = [half, legacy, { ...items[3], note: { S: 'x' } }];
    await put(TableName, bad);
    const run = await runOf(world.plain, { TableName, table, mode: 'seal' });
    assert.equal(run.changed, 1);
    assert.deepEqual(codes(run.errors), {
      'c-1': 'MALFORMED_HEADER',
      'c-2': 'PLAINTEXT_ITEM',
      'c-3': 'ATTRIBUTE_WITHOUT_ACTION',
    });
    const stored = byId(await world.stored(TableName));
    for (const item of bad) assert.deepEqual(stored.get(item.id.S), item);
  });

  test('reseal: from one keyring to another; what is under it already is left', async () => {
    const items = plainItems(10, { ':views': { N: '3' } });
    const { TableName, table: before } = await tableOf([]);
    const table = { ...before, keyring: keyring('key-2') };
    await put(TableName, await sealedBy(before, items.slice(0, 6)));
    await put(TableName, await sealedBy(table, items.slice(6, 9)));
    await put(TableName, items.slice(9));
    const from = new ItemEncryptor(before);
    const { client, sent } = listed();
    const run = await runOf(client, { TableName, table, mode: 'reseal', from });
    assert.deepEqual(counts(run), { read: 10, changed: 6, unchanged: 3, gone: 0, failed: 1 });
    assert.deepEqual(codes(run.errors), { 'c-9': 'PLAINTEXT_ITEM' });
    const sealed = (await world.stored(TableName)).filter(({ aws_dbe_foot }) => aws_dbe_foot);
    const opened = await openedOf(sealed, { ...own(table), keyring: keyring('key-2') });
    assert.deepEqual(opened, byId(items.slice(0, 9)));
    sent.length = 0;
    const again = await runOf(client, { TableName, table, mode: 'reseal', from });
    assert.equal(again.changed, 0);
    assert.ok(!sent.includes('UpdateItemCommand'));
  });

  test('reseal: under the present version of a branch key', async () => {
    const [old, now] = [branchKey('b', 1), branchKey('b', 2)];
    const under = (...keys) =>
      awsKmsHierarchicalKeyring({
        keyStore: staticKeyStore(keys),
        branchKeyId: 'b',
        ttlSeconds: 60,
      });
    const { TableName, table } = await tableOf([], { keyring: under(old) });
    const rotated = { ...table, keyring: under(old, now) };
    await put(TableName, await sealedBy(table, plainItems(4)));
    const run = await runOf(world.plain, { TableName, table: rotated, mode: 'reseal' });
    assert.equal(run.changed, 4);
    const again = await runOf(world.plain, { TableName, table: rotated, mode: 'reseal' });
    assert.deepEqual(counts(again), { read: 4, changed: 0, unchanged: 4, gone: 0, failed: 0 });
    const alone = { ...own(table), keyring: under(now) };
    assert.equal((await openedOf(await world.stored(TableName), alone)).size, 4);
  });

  test('reseal: an attribute that would be in plaintext is not', async () => {
    const { TableName, table } = await tableOf([]);
    await put(TableName, await sealedBy(table, plainItems(1)));
    const attributeActions = { ...table.attributeActions, ssn: 'SIGN_ONLY' };
    const next = { ...table, attributeActions, keyring: keyring('key-2') };
    const from = new ItemEncryptor(table);
    const run = await runOf(world.plain, { TableName, table: next, mode: 'reseal', from });
    assert.deepEqual(codes(run.errors), { 'c-0': 'INVALID_CONFIG' });
    assert.equal(run.errors[0].error.attribute, 'ssn');
    assert.ok((await world.stored(TableName))[0].ssn.B);
  });

  test('addBeacons: to items that lack them or have others, of any partition', async () => {
    const { TableName, ...table } = { ...people(), ...(await searchedTable()) };
    const { search: _, ...without } = table;
    const item = (i) => ({
      id: { S: `p-${i}` },
      ssn: { S: `078-05-${1000 + i}` },
      tags: { SS: ['b', 'a', 'c'] },
      country: { S: 'CH' },
      joined: { S: '2020' },
    });
    const items = Array.from({ length: 9 }, (_, i) => item(i));
    await put(TableName, await sealedBy(without, items.slice(0, 3)));
    await put(TableName, await sealedBy(table, items.slice(3, 6)));
    const shorter = people({ ...without }, (usual) => ({
      ...usual,
      compoundBeacons: [],
      standardBeacons: [
        standardBeacon('ssn', { length: 8 }),
        standardBeacon('notes', { length: 8 }),
      ],
      virtualFields: [],
    }));
    await put(TableName, await sealedBy(shorter, items.slice(6, 8)));
    await put(TableName, items.slice(8));
    const options = { TableName, table, mode: 'addBeacons' };
    const run = await runOf(world.plain, options);
    assert.deepEqual(counts(run), { read: 9, changed: 5, unchanged: 3, gone: 0, failed: 1 });
    assert.deepEqual(codes(run.errors), { 'p-8': 'PLAINTEXT_ITEM' });
    const sealed = (await world.stored(TableName)).filter(({ aws_dbe_foot }) => aws_dbe_foot);
    for (const { aws_dbe_b_ssn, cohort } of sealed) {
      assert.equal(aws_dbe_b_ssn.S.length, 8);
      assert.equal(cohort.S, 'N+CH|J+2020');
    }
    const again = await runOf(world.plain, options);
    assert.deepEqual(counts(again), { read: 9, changed: 0, unchanged: 8, gone: 0, failed: 1 });

    const spread = (maximumNumberOfPartitions) => ({
      ...table,
      search: { ...table.search, maximumNumberOfPartitions },
    });
    // Without `search`, resealing would take them away.
    const resealed = { ...without, keyring: keyring('key-2') };
    const from = new ItemEncryptor(without);
    const dropping = await runOf(world.plain, {
      ...{ TableName, table: resealed, mode: 'reseal', from },
    });
    assert.deepEqual(
      new Set(dropping.errors.map(({ error }) => error.code)),
      new Set(['RESERVED_NAME', 'PLAINTEXT_ITEM']),
    );
    assert.equal(dropping.changed, 0);

    const wide = await runOf(world.plain, { ...options, table: spread(5) });
    // Those that are in the first partition by chance, or rather all.
    assert.equal(wide.unchanged, 8);
    await put(TableName, await sealedBy(spread(5), items));
    const partitions = await runOf(world.plain, { ...options, table: spread(5) });
    assert.equal(partitions.unchanged, 9);
    const none = await runOf(world.plain, { TableName, table: without, mode: 'verify' });
    assert.equal(none.unchanged, 9);
  });

  test('a dry run writes nothing, and counts what it would', async () => {
    const { TableName, table } = await tableOf(plainItems(5));
    const before = await world.stored(TableName);
    const { client, sent } = listed();
    const dry = await runOf(client, { TableName, table, mode: 'seal', dryRun: true });
    assert.deepEqual(counts(dry), { read: 5, changed: 5, unchanged: 0, gone: 0, failed: 0 });
    assert.equal(dry.estimate.writeUnits, 0);
    assert.ok(!sent.includes('UpdateItemCommand'));
    assert.deepEqual(await world.stored(TableName), before);
  });
});

const strip = (item) => JSON.parse(JSON.stringify(item));

/** A table for people. */
async function searchedTable() {
  const TableName = `people-${Math.random().toString(36).slice(2)}`;
  await world.plain.send(
    new SDK.CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  return { TableName };
}

describe('other writers', () => {
  const key = { id: { S: 'c-0' }, line: { N: '1' } };
  const update = (TableName, UpdateExpression, values) => (client) =>
    client.send(
      new SDK.UpdateItemCommand({
        TableName,
        Key: key,
        UpdateExpression,
        ...(values && { ExpressionAttributeValues: values }),
      }),
    );

  /** Runs while something is done once before the first write. */
  async function meanwhile(what, options = {}) {
    const made = await tableOf(plainItems(1, options.more));
    const { TableName, table } = made;
    let done = false;
    const { client, sent } = listed({
      async before(command) {
        if (command !== 'UpdateItemCommand' || done) return;
        done = true;
        await what(TableName, table);
      },
    });
    const run = await runOf(client, { TableName, table, mode: 'seal' });
    const [stored] = await world.stored(TableName);
    return { ...made, run, stored, sent };
  }

  for (const [what, expression, values, expected] of [
    ['changes an attribute', 'SET city = :c', { ':c': { S: 'Basel' } }, { city: { S: 'Basel' } }],
    ['changes what is encrypted', 'SET ssn = :c', { ':c': { S: '1' } }, { ssn: { S: '1' } }],
    ['changes its type', 'SET ssn = :c', { ':c': { N: '1' } }, { ssn: { N: '1' } }],
    ['adds an attribute', 'SET expires = :c', { ':c': { N: '1' } }, { expires: { N: '1' } }],
    ['adds what is encrypted', 'SET #p = :c', { ':c': { S: 'x' } }, { profile: { S: 'x' } }],
  ]) {
    test(`one that ${what}: it is read again, and its write stays`, async () => {
      const { run, stored, table } = await meanwhile((TableName) =>
        world.plain.send(
          new SDK.UpdateItemCommand({
            TableName,
            Key: key,
            UpdateExpression: expression,
            ExpressionAttributeValues: values,
            ...(expression.includes('#p') && { ExpressionAttributeNames: { '#p': 'profile' } }),
          }),
        ),
      );
      assert.deepEqual([run.changed, run.conflicts, run.failed], [1, 1, 0]);
      const opened = await openedOf([stored], own(table));
      assert.deepEqual(opened.get('c-0'), { ...plainItems(1)[0], ...expected });
    });
  }

  test('one that removes an attribute', async () => {
    const { run, stored, table } = await meanwhile((TableName) =>
      update(TableName, 'REMOVE city')(world.plain),
    );
    assert.deepEqual([run.changed, run.conflicts], [1, 1]);
    const { city: _, ...rest } = plainItems(1)[0];
    assert.deepEqual((await openedOf([stored], own(table))).get('c-0'), rest);
  });

  test('one that counts what is not signed: nothing has to be read again, and the count stays', async () => {
    const count = (TableName) =>
      world.plain.send(
        new SDK.UpdateItemCommand({
          TableName,
          Key: key,
          UpdateExpression: 'ADD #v :one, #w :one',
          ExpressionAttributeNames: { '#v': ':views', '#w': ':new' },
          ExpressionAttributeValues: { ':one': { N: '1' } },
        }),
      );
    const { run, stored, table } = await meanwhile(count, { more: { ':views': { N: '1' } } });
    assert.deepEqual([run.changed, run.conflicts], [1, 0]);
    const opened = (await openedOf([stored], own(table))).get('c-0');
    assert.deepEqual([opened[':views'], opened[':new']], [{ N: '2' }, { N: '1' }]);
  });

  test('one that deletes the item: it is not made again', async () => {
    const { run, stored } = await meanwhile((TableName) =>
      world.plain.send(new SDK.DeleteItemCommand({ TableName, Key: key })),
    );
    assert.equal(stored, undefined);
    assert.deepEqual([run.changed, run.gone, run.conflicts], [0, 1, 1]);
  });

  test('one that seals it by itself, as the plugin does: its item stays', async () => {
    let theirs;
    const { run, stored } = await meanwhile(async (TableName, table) => {
      [theirs] = await sealedBy(table, [{ ...plainItems(1)[0], ssn: { S: 'theirs' } }]);
      await put(TableName, [theirs]);
    });
    assert.deepEqual(stored, theirs);
    assert.deepEqual([run.changed, run.unchanged, run.conflicts], [0, 1, 1]);
  });

  test('one that adds what no configuration names: it stays, and verify finds it', async () => {
    const { run, stored, TableName, table } = await meanwhile((name) =>
      update(name, 'SET stray = :s', { ':s': { S: 'kept' } })(world.plain),
    );
    assert.equal(run.changed, 1);
    assert.deepEqual(stored.stray, { S: 'kept' });
    const { errors } = await runOf(world.plain, { TableName, table, mode: 'verify' });
    assert.equal(errors.length, 1);
  });

  test('one that writes at every attempt: the item is left to it', async (t) => {
    t.mock.method(Math, 'random', () => 0);
    const { TableName, table } = await tableOf(plainItems(2));
    let n = 0;
    const { client } = listed({
      async before(command, { Key }) {
        if (command !== 'UpdateItemCommand' || Key.id.S !== 'c-0') return;
        await update(TableName, 'SET city = :c', { ':c': { S: `city-${++n}` } })(world.plain);
      },
    });
    const run = await runOf(client, { TableName, table, mode: 'seal' });
    assert.deepEqual(counts(run), { read: 2, changed: 1, unchanged: 0, gone: 0, failed: 1 });
    assert.deepEqual(codes(run.errors), { 'c-0': 'DYNAMODB_CONDITION_FAILED' });
    assert.equal(run.errors[0].error.attempts, 10);
    assert.equal(n, 10);
    assert.deepEqual(byId(await world.stored(TableName)).get('c-0').city, { S: 'city-10' });
  });

  test('reseal: one that seals it meanwhile, and one that deletes it', async () => {
    const { TableName, table: before } = await tableOf([]);
    const table = { ...before, keyring: keyring('key-2') };
    const items = plainItems(3);
    await put(TableName, await sealedBy(before, items));
    const meddled = new Set();
    const [theirs] = await sealedBy(before, [{ ...items[0], ssn: { S: 'theirs' } }]);
    const { client } = listed({
      async before(command, { Key }) {
        if (command !== 'UpdateItemCommand' || meddled.has(Key.id.S)) return;
        meddled.add(Key.id.S);
        if (Key.id.S === 'c-0') await put(TableName, [theirs]);
        if (Key.id.S === 'c-1') {
          await world.plain.send(new SDK.DeleteItemCommand({ TableName, Key }));
        }
      },
    });
    const from = new ItemEncryptor(before);
    const run = await runOf(client, { TableName, table, mode: 'reseal', from });
    assert.deepEqual([run.changed, run.gone, run.conflicts], [2, 1, 2]);
    const stored = await world.stored(TableName);
    const opened = await openedOf(stored, { ...own(table), keyring: keyring('key-2') });
    assert.deepEqual(opened, byId([{ ...items[0], ssn: { S: 'theirs' } }, items[2]]));
  });
});

describe('reseal with more that is signed than before', () => {
  for (const [what, action, first, expression] of [
    ['changes what will be encrypted', 'ENCRYPT_AND_SIGN', { N: '1' }, 'ADD #v :v'],
    ['changes what will be signed', 'SIGN_ONLY', { N: '1' }, 'ADD #v :v'],
    ['adds what will be signed', 'SIGN_ONLY', undefined, 'ADD #v :v'],
    ['removes what will be signed', 'SIGN_ONLY', { N: '1' }, 'REMOVE #v'],
  ]) {
    test(`one that ${what}, which leaves the footer as it is: its write stays`, async () => {
      const { TableName, table: before } = await tableOf([]);
      const actions = { ...before.attributeActions };
      delete actions[':views'];
      const views = { allowedUnsignedAttributePrefix: undefined };
      const from = { ...before, ...views, attributeActions: { ...actions, views: 'DO_NOTHING' } };
      from.allowedUnsignedAttributes = ['views'];
      const table = {
        ...{ ...before, ...views, keyring: keyring('key-2') },
        attributeActions: { ...actions, views: action },
      };
      await put(TableName, await sealedBy(from, plainItems(1, first && { views: first })));
      let done = false;
      const { client } = listed({
        async before(command, { Key }) {
          if (command !== 'UpdateItemCommand' || done) return;
          done = true;
          await world.plain.send(
            new SDK.UpdateItemCommand({
              ...{ TableName, Key, UpdateExpression: expression },
              ExpressionAttributeNames: { '#v': 'views' },
              ...(expression.includes(':v') && { ExpressionAttributeValues: { ':v': { N: '7' } } }),
            }),
          );
        },
      });
      const given = { TableName, table, mode: 'reseal', from: new ItemEncryptor(from) };
      const run = await runOf(client, given);
      assert.deepEqual([run.changed, run.conflicts, run.failed], [1, 1, 0]);
      const { item } = await new ItemEncryptor(table).decryptItem(
        (await world.stored(TableName))[0],
      );
      const expected = expression === 'REMOVE #v' ? undefined : { N: first ? '8' : '7' };
      assert.deepEqual(item.views, expected);
    });
  }
});

describe('runs that are ended', () => {
  for (const [type, value] of [
    ['S', (i) => ({ S: `key ${i} ü` })],
    ['N', (i) => ({ N: String(i * 1.5 - 100) })],
    ['B', (i) => ({ B: new Uint8Array([0, 255, i >> 8, i & 255]) })],
  ]) {
    test(`go on from a checkpoint with keys of type ${type}`, async () => {
      const TableName = `keys-${Math.random().toString(36).slice(2)}`;
      await world.plain.send(
        new SDK.CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'id', AttributeType: type },
            { AttributeName: 'line', AttributeType: type },
          ],
          KeySchema: [
            { AttributeName: 'id', KeyType: 'HASH' },
            { AttributeName: 'line', KeyType: 'RANGE' },
          ],
        }),
      );
      const items = Array.from({ length: 300 }, (_, i) => ({ id: value(i), line: value(1) }));
      for (let at = 0; at < items.length; at += 25) {
        const puts = items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }));
        const RequestItems = { [TableName]: puts };
        await world.plain.send(new SDK.BatchWriteItemCommand({ RequestItems }));
      }
      const table = customers({ logicalTableName: `logical-${TableName}` });
      const options = { TableName, table, mode: 'seal', totalSegments: 1 };
      let checkpoint;
      let read = 0;
      let pages = 0;
      // Stopped after each page: by asking no more, or by the signal.
      for (let runs = 0; runs < 10; runs++) {
        const stop = new AbortController();
        const run = sealTable(world.plain, {
          ...options,
          checkpoint,
          signal: stop.signal,
          onCheckpoint: (stored) => (checkpoint = stored),
        });
        let last;
        try {
          for await (const progress of run) {
            last = progress;
            if (progress.read === 0) continue;
            if (runs % 2) break;
            stop.abort(new Error('stopped'));
          }
        } catch (error) {
          assert.equal(error.message, 'stopped');
        }
        read += last.read;
        pages += last.read > 0 ? 1 : 0;
        if (last.read === 0) break;
      }
      assert.ok(pages > 1);
      assert.equal(read, items.length, 'pages that were done are not read again');
      const stored = await world.stored(TableName);
      assert.equal(stored.length, items.length);
      assert.ok(stored.every(({ aws_dbe_foot }) => aws_dbe_foot));
      const again = await runOf(world.plain, { ...options, checkpoint });
      assert.equal(again.read, 0, 'the checkpoint says that all is done');
    });
  }

  test('a checkpoint is of one run, and of no other', async () => {
    const { TableName, table } = await tableOf(plainItems(1));
    const other = await tableOf(plainItems(1));
    const options = { TableName, table, mode: 'seal', totalSegments: 4, segments: [1, 2] };
    const { checkpoint } = await runOf(world.plain, options);
    assert.match(checkpoint, /^[A-Za-z0-9+/]+=*$/);
    for (const [what, changed] of [
      ['table', other],
      ['mode', { mode: 'verify' }],
      ['dryRun', { dryRun: true }],
      ['totalSegments', { totalSegments: 5 }],
      ['segments', { segments: [1, 3] }],
      ['segments', { segments: undefined }],
    ]) {
      await assert.rejects(
        runOf(world.plain, { ...options, ...changed, checkpoint }),
        ({ code, message }) => code === 'INVALID_ARGUMENT' && message.includes(`another ${what}`),
      );
    }
    for (const garbage of ['', 'x', checkpoint.slice(4), `${checkpoint}AAAA`, '{}', '\u0000']) {
      await assert.rejects(runOf(world.plain, { ...options, checkpoint: garbage }), {
        code: 'INVALID_ARGUMENT',
        message: /checkpoint is not one/,
      });
    }
    // In another order, they are the same.
    const { read } = await runOf(world.plain, { ...options, segments: [2, 1, 1], checkpoint });
    assert.equal(read, 0);
  });

  test('a table of the same name that was made anew has other checkpoints', async () => {
    const { TableName, table } = await tableOf(plainItems(1));
    const options = { TableName, table, mode: 'seal' };
    const { checkpoint } = await runOf(world.plain, options);
    const { Table } = await world.plain.send(new SDK.DescribeTableCommand({ TableName }));
    assert.ok(Table.TableId, 'the server gives ids');
    await world.plain.send(new SDK.DeleteTableCommand({ TableName }));
    const { AttributeDefinitions, KeySchema } = Table;
    const BillingMode = 'PAY_PER_REQUEST';
    await world.plain.send(
      new SDK.CreateTableCommand({ TableName, AttributeDefinitions, KeySchema, BillingMode }),
    );
    await assert.rejects(runOf(world.plain, { ...options, checkpoint }), /another table/);
  });
});
