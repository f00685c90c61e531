// Records of streams, opened: in every form that they come in, every view, and what is wrong with them. The real ones are MiniStack's.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams';
import * as kinesis from '@aws-sdk/client-kinesis';
import { ItemEncryptor, toDynamoJson } from '../../pkg/entrypoints/index.js';
import { openStreamRecord, processStreamEvent } from '../../pkg/entrypoints/tables.js';
import { startWorld } from './live.mjs';
import {
  ITEM,
  KEY,
  NEWEST,
  TABLE,
  customers,
  encryptor,
  keyring,
  refused,
  tables,
} from './support.mjs';

const seal = async (item, options) => (await encryptor(options).encryptItem(item)).item;
/** The error that a call fails with. */
const refusal = (call) => refused(call, {});
const json = (item) => JSON.parse(toDynamoJson(item));

const CHANGED = { ...ITEM, city: { S: 'Lisbon' } };
const OLD = await seal(ITEM);
const NEW = await seal(CHANGED);
const STREAM = `arn:aws:dynamodb:eu-central-1:111122223333:table/${TABLE}/stream/2026-01-01T00:00:00.000`;

/** A record's data, as Lambda has it. */
const data = ({ old, now, view = 'NEW_AND_OLD_IMAGES', ...more } = {}) => ({
  ApproximateCreationDateTime: 1767225600,
  Keys: json(KEY),
  ...(old && { OldImage: json(old) }),
  ...(now && { NewImage: json(now) }),
  SequenceNumber: '111',
  SizeBytes: 26,
  StreamViewType: view,
  ...more,
});
/** A record as Lambda gives it. */
const record = (eventName, images, more = {}) => ({
  eventID: randomUUID(),
  eventName,
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: 'eu-central-1',
  eventSourceARN: STREAM,
  dynamodb: data(images),
  ...more,
});
/** The same change as the Streams API gives it. */
const ofApi = (eventName, { old, now, view = 'NEW_AND_OLD_IMAGES' } = {}, more = {}) => ({
  eventID: randomUUID(),
  eventName,
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: 'eu-central-1',
  dynamodb: {
    ApproximateCreationDateTime: new Date('2026-01-01T00:00:00Z'),
    Keys: KEY,
    ...(old && { OldImage: old }),
    ...(now && { NewImage: now }),
    SequenceNumber: '111',
    StreamViewType: view,
  },
  ...more,
});
/** What a Kinesis stream has of a change: no view, milliseconds. */
const kinesisData = (eventName, images, more = {}) => {
  const { StreamViewType: _, SequenceNumber: __, ...rest } = data(images);
  return {
    awsRegion: 'eu-central-1',
    eventID: randomUUID(),
    eventName,
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: TABLE,
    dynamodb: { ...rest, ApproximateCreationDateTime: 1767225600123 },
    eventSource: 'aws:dynamodb',
    ...more,
  };
};
/** As Lambda gives it. */
const ofKinesis = (change, sequenceNumber = '49590', shard = 'shardId-000000000000') => ({
  kinesis: {
    kinesisSchemaVersion: '1.0',
    partitionKey: '1',
    sequenceNumber,
    data: Buffer.from(typeof change === 'string' ? change : JSON.stringify(change)).toString(
      'base64',
    ),
    approximateArrivalTimestamp: 1767225600.5,
  },
  eventSource: 'aws:kinesis',
  eventID: `${shard}:${sequenceNumber}`,
  eventName: 'aws:kinesis:record',
  eventSourceARN: 'arn:aws:kinesis:eu-central-1:111122223333:stream/changes',
});

const open = (given, options, of = tables()) => openStreamRecord(of, given, options);
const TIME = Date.UTC(2026, 0, 1);

describe('records of DynamoDB Streams', () => {
  const cases = [
    ['INSERT', { now: NEW }, { newItem: CHANGED }],
    ['MODIFY', { old: OLD, now: NEW }, { oldItem: ITEM, newItem: CHANGED }],
    ['REMOVE', { old: OLD }, { oldItem: ITEM }],
    ['MODIFY', { view: 'KEYS_ONLY' }, {}],
    ['MODIFY', { now: NEW, view: 'NEW_IMAGE' }, { newItem: CHANGED }],
    ['REMOVE', { view: 'NEW_IMAGE' }, {}],
    ['INSERT', { view: 'OLD_IMAGE' }, {}],
    ['MODIFY', { old: OLD, view: 'OLD_IMAGE' }, { oldItem: ITEM }],
  ];
  for (const [eventName, images, items] of cases) {
    test(`${eventName}, ${images.view ?? 'both images'}: of Lambda, and of the API`, async () => {
      const expected = {
        eventName,
        table: TABLE,
        keys: KEY,
        ...items,
        expired: false,
        approximateCreationTime: TIME,
      };
      assert.deepEqual(await open(record(eventName, images)), expected);
      const told = { tableName: TABLE };
      assert.deepEqual(await open(ofApi(eventName, images), told), expected);
    });
  }

  test('both images are opened in one go', async (t) => {
    const calls = t.mock.method(ItemEncryptor.prototype, 'decryptItems').mock;
    await open(record('MODIFY', { old: OLD, now: NEW }));
    assert.deepEqual(
      calls.calls.map(({ arguments: [items] }) => items.length),
      [2],
    );
  });

  test('a deletion by the time to live is told: as Lambda spells it, and as the SDK does', async () => {
    const service = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
    const ofSdk = { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' };
    const told = { tableName: TABLE };
    const expired = async (given, options) => (await open(given, options)).expired;
    assert.ok(await expired(record('REMOVE', { old: OLD }, { userIdentity: service })));
    assert.ok(await expired(ofApi('REMOVE', { old: OLD }, { userIdentity: ofSdk }), told));
    const others = [
      record('REMOVE', { old: OLD }, { userIdentity: null }),
      record('REMOVE', { old: OLD }, { userIdentity: { ...service, principalId: 'replication' } }),
      record('INSERT', { now: NEW }, { userIdentity: service }),
    ];
    for (const other of others) assert.equal(await expired(other), false);
  });

  test('a table is found by its name, by its ARN, and by what the caller says', async () => {
    const arn = STREAM.replace(/\/stream.*/, '');
    const [given, api] = [record('INSERT', { now: NEW }), ofApi('INSERT', { now: NEW })];
    const byArn = { [arn]: customers() };
    assert.equal((await open(given, {}, byArn)).table, arn);
    assert.equal((await open(api, { tableName: arn }, byArn)).table, arn);
    assert.equal((await open(api, { tableName: TABLE }, byArn)).table, arn);
    assert.equal((await open(api, { tableName: arn })).table, TABLE);
    assert.equal((await open(given, { tableName: TABLE })).table, TABLE);
  });

  test('of a table that is not encrypted, items are as they are stored', async () => {
    const eventSourceARN = STREAM.replace(TABLE, 'others');
    const numbers = { NS: ['1', '2'] };
    const now = { ...OLD, n: numbers, set: { BS: [new Uint8Array([1, 2])] } };
    const change = await open(record('INSERT', { now }, { eventSourceARN }));
    assert.equal(change.table, undefined);
    assert.deepEqual([change.keys, change.newItem], [KEY, now]);
  });

  test('items in plaintext are opened where they may be read, and refused elsewhere', async () => {
    const given = record('MODIFY', { old: ITEM, now: NEW });
    const reads = tables({ plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' });
    const { oldItem, newItem } = await open(given, {}, reads);
    assert.deepEqual([oldItem, newItem], [ITEM, CHANGED]);
    const error = await refusal(open(given));
    assert.deepEqual([error.code, error.table, error.itemIndex], ['PLAINTEXT_ITEM', TABLE, 0]);
  });

  test("AWS's documented records are read", async () => {
    const { Records } = JSON.parse(
      readFileSync(new URL('aws-records/dynamodb-streams-lambda.json', import.meta.url)),
    );
    const names = [];
    for (const sample of Records) {
      const change = await open(sample, {}, tables());
      names.push([change.eventName, change.newItem?.Message?.S, change.oldItem?.Message?.S]);
      assert.deepEqual(change.keys, { Id: { N: '101' } });
      assert.equal(change.table, undefined);
    }
    assert.deepEqual(names, [
      ['INSERT', 'New item!', undefined],
      ['MODIFY', 'This item has changed', 'New item!'],
      ['REMOVE', undefined, 'This item has changed'],
    ]);
    const inside = { ExampleTableWithStream: { ...customers(), partitionKeyName: 'Id' } };
    delete inside.ExampleTableWithStream.sortKeyName;
    inside.ExampleTableWithStream.attributeActions = { Id: 'SIGN_ONLY', Message: 'SIGN_ONLY' };
    assert.equal((await refusal(open(Records[0], {}, inside))).code, 'PLAINTEXT_ITEM');
  });
});

describe('records of Kinesis streams', () => {
  const expected = {
    eventName: 'MODIFY',
    table: TABLE,
    keys: KEY,
    oldItem: ITEM,
    newItem: CHANGED,
    expired: false,
    approximateCreationTime: TIME + 123,
  };
  const change = kinesisData('MODIFY', { old: OLD, now: NEW });

  test('as Lambda gives them, as the API does, and parsed', async () => {
    assert.deepEqual(await open(ofKinesis(change)), expected);
    const Data = new TextEncoder().encode(JSON.stringify(change));
    assert.deepEqual(await open({ SequenceNumber: '1', PartitionKey: 'k', Data }), expected);
    assert.deepEqual(await open(change), expected);
  });

  test('microseconds are kept', async () => {
    const dynamodb = {
      ...change.dynamodb,
      ApproximateCreationDateTime: 1767225600123456,
      ApproximateCreationDateTimePrecision: 'MICROSECOND',
    };
    const { approximateCreationTime } = await open({ ...change, dynamodb });
    assert.equal(approximateCreationTime, TIME + 123.456);
  });

  const wrong = [
    ['data that is not base64', { kinesis: { data: '%%%' } }],
    ['data of another type', { kinesis: { data: 7 } }],
    ['no data', { kinesis: {} }],
    ['data that is not UTF-8', { kinesis: { data: '/w==' } }],
    ['data that is not JSON', ofKinesis('{"ssn":"078-05-1120"')],
    ['data that is not an object', ofKinesis('[]')],
    ['one image of two', ofKinesis(kinesisData('MODIFY', { now: NEW }))],
  ];
  for (const [name, given] of wrong) {
    test(`${name}: refused`, async () => {
      const error = await refusal(open(given));
      assert.equal(error.code, 'MALFORMED_DYNAMODB_RESPONSE');
      assert.doesNotMatch(error.message, /078-05-1120/);
    });
  }
});

describe('what is wrong with a record', () => {
  const without = (name) => {
    const given = record('INSERT', { now: NEW });
    delete given.dynamodb[name];
    return given;
  };
  const malformed = [
    ['not an object', 'a string'],
    ['an array', []],
    ['no dynamodb', { eventName: 'INSERT', eventSourceARN: STREAM }],
    ['an unknown event', record('UPSERT', { now: NEW })],
    ['an unknown view', record('INSERT', { now: NEW, view: 'ALL' })],
    ["a view that every object's prototype has", record('INSERT', { now: NEW, view: 'toString' })],
    ['no keys', without('Keys')],
    ['half of a key', record('INSERT', { now: NEW, Keys: { id: ITEM.id } })],
    ['a new item without its image', record('INSERT', {})],
    ['a change without the old image', record('MODIFY', { now: NEW })],
    ['a change without the new image', record('MODIFY', { old: OLD })],
    ['a deletion without the old image', record('REMOVE', {})],
    ['an image that is not an object', record('INSERT', { NewImage: 'sealed' })],
    ['a table of another type', record('INSERT', { now: NEW }, { eventSourceARN: 7 })],
    ['a time of another type', record('INSERT', { now: NEW, ApproximateCreationDateTime: '2026' })],
    ['an identity of another type', record('REMOVE', { old: OLD }, { userIdentity: 'me' })],
  ];
  for (const [name, given] of malformed) {
    test(`${name}: refused`, async () => {
      const error = await refusal(open(given));
      assert.equal(error.code, 'MALFORMED_DYNAMODB_RESPONSE');
    });
  }

  const attributes = [
    ['wrong base64', { ssn: { B: 'A=' } }, 'ssn'],
    ['base64 without padding', { ssn: { B: 'AAE' } }, 'ssn'],
    ['bytes that JSON made an object of', { ssn: { B: { 0: 1 } } }, 'ssn'],
    ['a number that is not a string', { line: { N: 1 } }, 'line'],
    ['a member that is not in a list', { profile: { L: 'x' } }, 'profile'],
    ['wrong base64 in a set', { ssn: { BS: ['AAE=', '?'] } }, 'ssn'],
    ['wrong base64 in a map', { profile: { M: { b: { B: '?' } } } }, 'profile.b'],
  ];
  for (const [name, more, attribute] of attributes) {
    test(`${name}: refused`, async () => {
      const given = record('INSERT', { now: NEW });
      Object.assign(given.dynamodb.NewImage, more);
      const error = await refusal(open(given));
      assert.deepEqual([error.code, error.attribute], ['MALFORMED_ATTRIBUTE', attribute]);
    });
  }

  const changed = (change) => {
    const given = record('MODIFY', { old: OLD, now: NEW });
    change(given.dynamodb);
    return given;
  };
  const forged = [
    [
      'a changed attribute',
      ({ NewImage }) => (NewImage.city = { S: 'Bern' }),
      'SIGNATURE_MISMATCH',
      1,
    ],
    ['an attribute less', ({ OldImage }) => delete OldImage.ssn, 'SIGNED_ATTRIBUTES_CHANGED', 0],
    ['no header', ({ NewImage }) => delete NewImage.aws_dbe_head, 'MALFORMED_HEADER', 1],
    [
      'another key than that of the images',
      ({ Keys }) => (Keys.line = { N: '2' }),
      'RECORD_MISMATCH',
      0,
    ],
  ];
  for (const [name, change, code, itemIndex] of forged) {
    test(`${name}: ${code}`, async () => {
      const error = await refusal(open(changed(change)));
      assert.deepEqual([error.code, error.table, error.itemIndex], [code, TABLE, itemIndex]);
    });
  }

  test('an image of another record of the table: RECORD_MISMATCH', async () => {
    const other = await seal({ ...ITEM, line: { N: '2' } });
    const given = record('MODIFY', { old: OLD, now: other });
    assert.equal((await refusal(open(given))).code, 'RECORD_MISMATCH');
  });

  test('a key that is written in another way is the same key', async () => {
    const given = record('INSERT', { now: NEW, Keys: { ...json(KEY), line: { N: '1.0' } } });
    assert.deepEqual((await open(given)).newItem, CHANGED);
  });

  test('an item of another table, or under another key', async () => {
    for (const options of [{ logicalTableName: 'others' }, { keyring: keyring('another') }]) {
      const given = record('INSERT', { now: await seal(ITEM, options) });
      assert.equal((await refusal(open(given))).code, 'NO_KEYRING_OPENED');
    }
  });

  test('a record that says no table, and one that says another', async () => {
    const missing = await refusal(open(ofApi('INSERT', { now: NEW })));
    assert.equal(missing.code, 'INVALID_ARGUMENT');
    assert.match(missing.message, /tableName/);
    const given = record('INSERT', { now: NEW });
    const other = await refusal(open(given, { tableName: 'others' }));
    assert.equal(other.code, 'INVALID_ARGUMENT');
    // The record is of a table that is not encrypted, and the caller says that it is of one that is.
    const eventSourceARN = STREAM.replace(TABLE, 'others');
    const plain = record('INSERT', { now: NEW }, { eventSourceARN });
    assert.equal((await refusal(open(plain, { tableName: TABLE }))).code, 'INVALID_ARGUMENT');
  });

  test('an unknown option, and a signal that has aborted', async () => {
    const given = record('INSERT', { now: NEW });
    assert.equal((await refusal(open(given, { table: TABLE }))).code, 'INVALID_ARGUMENT');
    const reason = new Error('enough');
    await assert.rejects(open(given, { signal: AbortSignal.abort(reason) }), reason);
  });
});

describe('events of Lambda', () => {
  const numbered = (SequenceNumber, images = { now: NEW }) =>
    record('INSERT', { SequenceNumber, ...images });
  const forgery = { now: { ...NEW, city: { S: 'Bern' } } };
  const process = async (Records, onRecord = () => undefined, of = tables()) => {
    const [handled, errors] = [[], []];
    const response = await processStreamEvent(
      of,
      { Records },
      async (change, given) => {
        await onRecord(change, given);
        handled.push(given.dynamodb?.SequenceNumber ?? given.kinesis.sequenceNumber);
      },
      { onError: (error, given) => errors.push([error, given]) },
    );
    return { response, handled, errors };
  };

  test('all records in order, one after another', async () => {
    let running = 0;
    const { response, handled } = await process(
      ['1', '2', '3'].map((n) => numbered(n)),
      async (change) => {
        assert.equal(++running, 1);
        await new Promise((resolve) => setTimeout(resolve, 2));
        assert.deepEqual(change.newItem, CHANGED);
        running -= 1;
      },
    );
    assert.deepEqual(response, { batchItemFailures: [] });
    assert.deepEqual(handled, ['1', '2', '3']);
    assert.deepEqual((await process([])).response, { batchItemFailures: [] });
  });

  test('the first record that fails ends it: Lambda gives it and those after it again', async () => {
    const failure = new Error('the mail server is away');
    const given = ['1', '2', '3', '4'].map((n) => numbered(n));
    const first = await process(given, (_, { dynamodb }) => {
      if (dynamodb.SequenceNumber === '2') throw failure;
    });
    assert.deepEqual(first.response, { batchItemFailures: [{ itemIdentifier: '2' }] });
    assert.deepEqual([first.handled, first.errors], [['1'], [[failure, given[1]]]]);
    // What Lambda does next.
    const second = await process(given.slice(1));
    assert.deepEqual([...first.handled, ...second.handled], ['1', '2', '3', '4']);
  });

  test('one that cannot be opened fails in its turn', async () => {
    const { response, handled, errors } = await process([
      numbered('1'),
      numbered('2', forgery),
      numbered('3'),
    ]);
    assert.deepEqual(response, { batchItemFailures: [{ itemIdentifier: '2' }] });
    assert.deepEqual([handled, errors[0][0].code], [['1'], 'SIGNATURE_MISMATCH']);
  });

  test('one that comes twice is handled twice', async () => {
    const twice = numbered('1');
    assert.deepEqual((await process([twice, twice])).handled, ['1', '1']);
  });

  test('records of Kinesis fail by their number in that stream, each shard by itself', async () => {
    const change = kinesisData('INSERT', { now: NEW });
    const of = (n, shard) => ofKinesis(change, n, shard);
    const fails = (_, { kinesis: { sequenceNumber } }) => {
      if (['2', '4'].includes(sequenceNumber)) throw new Error('no');
    };
    const given = [of('1', 'a'), of('2', 'a'), of('3', 'b'), of('4', 'b'), of('5', 'a')];
    const { response, handled } = await process(given, fails);
    const failed = response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    assert.deepEqual(
      [failed, handled],
      [
        ['2', '4'],
        ['1', '3'],
      ],
    );
  });

  test('records of several tables, one that is not encrypted among them', async () => {
    const eventSourceARN = STREAM.replace(TABLE, 'others');
    const other = record('INSERT', { now: ITEM, SequenceNumber: '2' }, { eventSourceARN });
    const seen = [];
    await process([numbered('1'), other], ({ table, newItem }) => seen.push([table, newItem.ssn]));
    assert.deepEqual(seen, [
      [TABLE, ITEM.ssn],
      [undefined, ITEM.ssn],
    ]);
  });

  test('nothing is handled where a failure could not be told', async () => {
    for (const SequenceNumber of [undefined, '', 7]) {
      const handled = [];
      const given = [numbered('1'), numbered('x')];
      given[1].dynamodb.SequenceNumber = SequenceNumber;
      const error = await refusal(process(given, (_, one) => handled.push(one)));
      assert.deepEqual([error.code, handled], ['MALFORMED_DYNAMODB_RESPONSE', []]);
    }
  });

  test('what is not an event, not a function, or has no onError', async () => {
    const handle = () => undefined;
    const onError = () => undefined;
    const calls = [
      [{}, handle, { onError }],
      [undefined, handle, { onError }],
      [{ Records: 'x' }, handle, { onError }],
      [{ Records: [7] }, handle, { onError }],
      [{ Records: [] }, undefined, { onError }],
      [{ Records: [] }, handle, {}],
      [{ Records: [] }, handle, { onError, onEvent: onError }],
    ];
    for (const [event, onRecord, options] of calls) {
      const call = processStreamEvent(tables(), event, onRecord, options);
      assert.match((await refusal(call)).code, /^(INVALID_ARGUMENT|MALFORMED_DYNAMODB_RESPONSE)$/);
    }
  });

  test('an observer that throws changes nothing', async () => {
    const call = processStreamEvent(
      tables(),
      { Records: [numbered('1', forgery)] },
      () => undefined,
      {
        onError() {
          throw new Error('mine');
        },
      },
    );
    assert.deepEqual(await call, { batchItemFailures: [{ itemIdentifier: '1' }] });
  });

  test('a signal that aborts meanwhile ends it, and Lambda gives the whole batch again', async () => {
    const stop = new AbortController();
    const handled = [];
    const call = processStreamEvent(
      tables(),
      { Records: [numbered('1'), numbered('2')] },
      (_, one) => {
        handled.push(one);
        stop.abort(new Error('enough'));
      },
      { onError: assert.fail, signal: stop.signal },
    );
    await assert.rejects(call, /enough/);
    assert.equal(handled.length, 1);
  });
});

describe('streams of a server', () => {
  let world;
  before(async () => {
    world = await startWorld();
  });
  after(() => world?.close());

  /** A table with a stream, and what happens in it: an item is added, changed and deleted. */
  async function changedTable(StreamViewType, prepare = async () => undefined) {
    const StreamSpecification = { StreamEnabled: true, StreamViewType };
    const made = await world.makeTable({}, { StreamSpecification });
    await prepare(made.TableName);
    const { client } = world.encrypted(made.tables);
    const { TableName } = made;
    await client.send(new NEWEST.PutItemCommand({ TableName, Item: ITEM }));
    await client.send(new NEWEST.PutItemCommand({ TableName, Item: CHANGED }));
    await client.send(new NEWEST.DeleteItemCommand({ TableName, Key: KEY }));
    return made;
  }
  const EVENTS = [
    ['INSERT', undefined, ITEM],
    ['MODIFY', ITEM, CHANGED],
    ['REMOVE', CHANGED, undefined],
  ];
  const seen = (changes) =>
    changes.map(({ eventName, oldItem, newItem }) => [eventName, oldItem, newItem]);

  for (const view of ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']) {
    test(`the API of DynamoDB Streams, ${view}`, async () => {
      const { TableName, tables } = await changedTable(view);
      const streams = new DynamoDBStreamsClient(world.settings);
      const { Streams } = await streams.send(new ListStreamsCommand({ TableName }));
      const { StreamArn } = Streams[0];
      const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
      const { ShardId } = StreamDescription.Shards[0];
      const { ShardIterator } = await streams.send(
        new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      );
      const { Records } = await streams.send(new GetRecordsCommand({ ShardIterator }));
      streams.destroy();
      const opened = await Promise.all(
        Records.map((one) => openStreamRecord(tables, one, { tableName: TableName })),
      );
      const expected = EVENTS.map(([name, old, now]) => [
        name,
        /OLD/.test(view) ? old : undefined,
        /NEW/.test(view) ? now : undefined,
      ]);
      assert.deepEqual(seen(opened), expected);
      for (const { keys } of opened) assert.deepEqual(keys, KEY);
    });
  }

  test('a Kinesis stream', async () => {
    const client = new kinesis.KinesisClient(world.settings);
    const StreamName = `changes-${randomUUID()}`;
    await client.send(new kinesis.CreateStreamCommand({ StreamName, ShardCount: 1 }));
    const { StreamDescription } = await client.send(
      new kinesis.DescribeStreamCommand({ StreamName }),
    );
    const { StreamARN: StreamArn, Shards } = StreamDescription;
    const { tables } = await changedTable('KEYS_ONLY', (TableName) =>
      world.plain.send(
        new NEWEST.EnableKinesisStreamingDestinationCommand({ TableName, StreamArn }),
      ),
    );
    const { ShardIterator } = await client.send(
      new kinesis.GetShardIteratorCommand({
        StreamName,
        ShardId: Shards[0].ShardId,
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const { Records } = await client.send(new kinesis.GetRecordsCommand({ ShardIterator }));
    client.destroy();
    const opened = await Promise.all(Records.map((one) => openStreamRecord(tables, one)));
    assert.deepEqual(seen(opened), EVENTS);
  });
});
