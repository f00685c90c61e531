// `sealTable` on services that fail, refuse and lie, and what it refuses itself.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  ItemEncryptor,
  KmsClient,
  awsKmsKeyring,
  multiKeyring,
} from '../../pkg/entrypoints/index.js';
import { sealTable } from '../../pkg/entrypoints/tables.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { codes, counts, openedOf, plainItems, runOf, scripted } from './migration-support.mjs';
import { NEWEST, SDK, TABLE, customers, keyring, refused, serviceError, wire } from './support.mjs';

const options = { TableName: TABLE, table: customers(), mode: 'seal' };
/** No wait takes any time: all of them are random, up to a limit. */
const withoutWaits = (t) => t.mock.method(Math, 'random', () => 0);
const throttled = serviceError('ProvisionedThroughputExceededException');

describe('services that fail', () => {
  test('throttled requests of each kind are sent again', async (t) => {
    withoutWaits(t);
    const items = plainItems(5);
    const [update] = plainItems(1);
    let conflicts = 0;
    const seen = new Map();
    const { client } = scripted(SDK, items, (operation, { Key }) => {
      const n = (seen.get(operation) ?? 0) + 1;
      seen.set(operation, n);
      if (n <= 4) return n % 2 ? throttled : serviceError('InternalServerError', {}, 500);
      if (operation === 'UpdateItem' && Key.id.S === update.id.S && conflicts++ === 0) {
        return serviceError('ConditionalCheckFailedException');
      }
      return undefined;
    });
    const run = await runOf(client, options);
    assert.deepEqual(counts(run), { read: 5, changed: 5, unchanged: 0, gone: 0, failed: 0 });
    assert.equal(seen.get('GetItem'), 5);
    assert.equal(seen.get('UpdateItem'), 4 + 5 + 1);
    assert.deepEqual([...(await openedOf(items)).values()], plainItems(5));
  });

  test('one that stays too busy ends the run, with the checkpoint of what was done', async (t) => {
    withoutWaits(t);
    let sent = 0;
    const { client } = scripted(SDK, plainItems(1), (operation) => {
      if (operation !== 'UpdateItem') return undefined;
      sent++;
      return throttled;
    });
    const run = sealTable(client, { ...options, totalSegments: 1 });
    const { value } = await run.next();
    assert.equal(value.read, 0);
    await assert.rejects(run.next(), { name: 'ProvisionedThroughputExceededException' });
    assert.equal(sent, 13);
    assert.deepEqual(await run.next(), { done: true, value: undefined });
    const { client: better } = scripted(SDK, plainItems(1));
    assert.equal((await runOf(better, { ...options, checkpoint: value.checkpoint })).changed, 1);
  });

  test('a broken connection, after the write: it is counted once, and not written twice', async (t) => {
    withoutWaits(t);
    const items = plainItems(2);
    let lost = true;
    const { client, sent } = scripted(SDK, items, (operation, input) => {
      if (operation !== 'UpdateItem' || input.Key.id.S !== 'c-0') return undefined;
      if (!lost) return serviceError('ConditionalCheckFailedException');
      lost = false;
      const head = Object.entries(input.ExpressionAttributeNames);
      for (const term of input.UpdateExpression.slice(4).split(',')) {
        const [name, value] = term.split('=');
        const [, attribute] = head.find(([placeholder]) => placeholder === name);
        items[0][attribute] = {
          B: Buffer.from(input.ExpressionAttributeValues[value].B, 'base64'),
        };
      }
      return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    });
    const run = await runOf(client, options);
    assert.deepEqual(counts(run), { read: 2, changed: 2, unchanged: 0, gone: 0, failed: 0 });
    assert.equal(run.conflicts, 1);
    assert.equal(sent.filter(({ operation }) => operation === 'UpdateItem').length, 3);
  });

  for (const operation of ['DescribeTable', 'Scan', 'UpdateItem', 'GetItem']) {
    for (const name of [
      'AccessDeniedException',
      'ResourceNotFoundException',
      'ExpiredTokenException',
    ]) {
      test(`${name} of ${operation} ends the run at once`, async () => {
        const { client, sent } = scripted(SDK, plainItems(3), (asked) => {
          if (asked === operation) return serviceError(name);
          if (asked === 'UpdateItem') return serviceError('ConditionalCheckFailedException');
          return undefined;
        });
        await assert.rejects(runOf(client, options), { name });
        // Those that were under way at once.
        assert.ok(sent.filter((one) => one.operation === operation).length <= 3);
      });
    }
  }

  test('an item that the service does not store is reported, and ends nothing', async () => {
    const { client } = scripted(SDK, plainItems(3), (operation, { Key }) =>
      operation === 'UpdateItem' && Key.id.S === 'c-1'
        ? serviceError('ValidationException', {
            message: 'Type mismatch for Index Key: 078-05-1001',
          })
        : undefined,
    );
    const run = await runOf(client, options);
    assert.deepEqual(counts(run), { read: 3, changed: 2, unchanged: 0, gone: 0, failed: 1 });
    const [{ error }] = run.errors;
    assert.deepEqual(
      [error.code, error.serviceError],
      ['DYNAMODB_REJECTED', 'ValidationException'],
    );
    assert.ok(!JSON.stringify(error).includes('078-05'));
  });

  for (const name of ['TransactionConflictException', 'ReplicatedWriteConflictException']) {
    test(`an item that others keep busy (${name}) is reported, and ends nothing`, async (t) => {
      withoutWaits(t);
      const { client } = scripted(SDK, plainItems(3), (operation, { Key }) =>
        operation === 'UpdateItem' && Key.id.S === 'c-1' ? serviceError(name) : undefined,
      );
      const run = await runOf(client, options);
      assert.deepEqual(counts(run), { read: 3, changed: 2, unchanged: 0, gone: 0, failed: 1 });
      assert.deepEqual(codes(run.errors), { 'c-1': 'DYNAMODB_CONDITION_FAILED' });
      assert.equal(run.errors[0].error.attempts, 13);
    });
  }

  test('items that are too large once they are sealed are reported', async () => {
    const near = { profile: { S: 'x'.repeat(409_300) } };
    const items = [...plainItems(2), { ...plainItems(3)[2], ...near }];
    const run = await runOf(scripted(SDK, items).client, options);
    assert.equal(run.changed, 2);
    assert.deepEqual(codes(run.errors), { 'c-2': 'LIMIT_EXCEEDED' });
    assert.equal(items[2].aws_dbe_foot, undefined);
  });

  test('items with more attributes than a condition can compare are reported', async () => {
    const names = Array.from({ length: 160 }, (_, i) => `attribute_${i}`);
    const actions = Object.fromEntries(names.map((name) => [name, 'SIGN_ONLY']));
    const table = customers({ attributeActions: { ...customers().attributeActions, ...actions } });
    const wide = (count) =>
      Object.fromEntries(names.slice(0, count).map((name) => [name, { S: 'x' }]));
    // Whether they are there or not, each is compared.
    const all = [{ ...plainItems(1)[0], ...wide(160) }];
    const some = plainItems(1);
    for (const items of [all, some]) {
      const before = structuredClone(items);
      const run = await runOf(scripted(SDK, items).client, { ...options, table });
      assert.deepEqual(codes(run.errors), { 'c-0': 'LIMIT_EXCEEDED' });
      assert.deepEqual(items, before);
      const dry = await runOf(scripted(SDK, items).client, { ...options, table, dryRun: true });
      assert.deepEqual([dry.changed, codes(dry.errors)], [0, { 'c-0': 'LIMIT_EXCEEDED' }]);
    }
    // Of a sealed one, the footer is compared.
    const { client } = scripted(SDK, await sealed(table, all));
    const next = { ...table, keyring: keyring('key-2') };
    const from = new ItemEncryptor(table);
    const run = await runOf(client, { ...options, table: next, mode: 'reseal', from });
    assert.equal(run.changed, 1);
  });

  test('the condition names every attribute that is signed, there or not', async () => {
    const items = [{ ...plainItems(1)[0], ':views': { N: '1' } }];
    const { client, last } = scripted(SDK, items);
    await runOf(client, options);
    const { ConditionExpression, ExpressionAttributeNames: names } = last();
    const terms = ConditionExpression.replace(/#\w+/g, (name) => names[name]).split(' AND ');
    const equal = terms.filter((term) => term.includes('='));
    assert.deepEqual(equal.map((term) => term.split('=')[0]).sort(), ['city', 'ssn']);
    assert.deepEqual(terms.filter((term) => !term.includes('=')).sort(), [
      'attribute_exists(id)',
      'attribute_not_exists(__proto__)',
      'attribute_not_exists(aws_dbe_foot)',
      'attribute_not_exists(aws_dbe_head)',
      'attribute_not_exists(expires)',
      'attribute_not_exists(profile)',
    ]);
  });
});

const sealed = async (table, items) =>
  (await new ItemEncryptor(table).encryptItems(items)).map(({ item }) => item);

describe('a KMS that fails', () => {
  /** Runs with a keyring of KMS, while the KMS does what `faults` says. */
  async function withKms(
    run,
    keyringOf = (kms, generatorKeyId) => awsKmsKeyring({ kms, generatorKeyId }),
  ) {
    const dev = await startDevKms();
    try {
      const { arn } = await dev.createKey();
      const kms = new KmsClient({ endpoint: dev.url, region: dev.region, maxAttempts: 1 });
      const table = customers({ keyring: keyringOf(kms, arn) });
      return await run(dev, { ...options, table }, table);
    } finally {
      await dev.close();
    }
  }

  test('throttled for a while: items wait for it, and none is left behind', async (t) => {
    withoutWaits(t);
    await withKms(async (dev, given) => {
      const items = plainItems(8);
      const { client } = scripted(SDK, items, (operation) => {
        // After the estimate.
        if (operation === 'UpdateItem') dev.faults.clear();
        return undefined;
      });
      const run = sealTable(client, { ...given, totalSegments: 1 });
      const { value } = await run.next();
      assert.equal(value.estimate.kmsCalls, 8);
      dev.faults.throttleNext(21);
      let last;
      for await (const progress of run) last = progress;
      assert.deepEqual(counts(last), { read: 8, changed: 8, unchanged: 0, gone: 0, failed: 0 });
    });
  });

  test('throttled for good: the run ends, and the page is not passed over', async (t) => {
    withoutWaits(t);
    await withKms(async (dev, given) => {
      dev.faults.throttleNext(10_000);
      const { client } = scripted(SDK, plainItems(3));
      const checkpoints = [];
      const onCheckpoint = (checkpoint) => checkpoints.push(checkpoint);
      await assert.rejects(runOf(client, { ...given, onCheckpoint }), { code: 'KMS_THROTTLED' });
      assert.deepEqual(checkpoints, []);
    });
  });

  test('a key out of reach for a few items of a page: they are reported; for most, the run ends', async (t) => {
    withoutWaits(t);
    const other = await startDevKms();
    try {
      await withKms(async (dev, given, table) => {
        const far = new KmsClient({ endpoint: other.url, region: other.region, maxAttempts: 1 });
        const { arn } = await other.createKey();
        const farKeyring = awsKmsKeyring({ kms: far, generatorKeyId: arn });
        const there = await sealed({ ...table, keyring: farKeyring }, plainItems(3));
        const keyring = multiKeyring({ generator: table.keyring, children: [farKeyring] });
        const verify = async (items) => {
          const checkpoints = [];
          const run = await runOf(scripted(SDK, items).client, {
            ...given,
            table: { ...table, keyring },
            mode: 'verify',
            totalSegments: 1,
            onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
          });
          return { run, checkpoints };
        };
        const here = await sealed(table, plainItems(7).slice(3));
        other.faults.throttleNext(10_000);
        const { run, checkpoints } = await verify([...there, ...here]);
        assert.deepEqual([run.unchanged, run.failed], [4, 3]);
        assert.deepEqual([...new Set(Object.values(codes(run.errors)))], ['NO_KEYRING_OPENED']);
        assert.equal(checkpoints.length, 1);
        await assert.rejects(verify([...there, ...here.slice(1)]), { retryable: true });
      });
    } finally {
      await other.close();
    }
  });

  test('access denied: each item is reported', async () => {
    await withKms(async (dev, given) => {
      dev.faults.failNext(10_000, 400, { errorName: 'AccessDeniedException' });
      const run = await runOf(scripted(SDK, plainItems(3)).client, given);
      assert.equal(run.estimate.kmsCalls, undefined);
      assert.deepEqual([...new Set(Object.values(codes(run.errors)))], ['KMS_ACCESS_DENIED']);
      assert.equal(run.failed, 3);
    });
  });

  test('reseal asks KMS once where nothing is to be done', async () => {
    await withKms(async (dev, given, table) => {
      const { client } = scripted(SDK, await sealed(table, plainItems(40)));
      const run = sealTable(client, { ...given, mode: 'reseal', totalSegments: 1 });
      const { value } = await run.next();
      assert.equal(value.estimate.kmsCalls, 80);
      const before = dev.calls.length;
      const { value: last } = await run.next();
      assert.equal(last.unchanged, 40);
      assert.equal(dev.calls.length - before, 1);
      await run.return();
    });
  });

  test('reseal to a second KMS key', async () => {
    await withKms(async (dev, given, table) => {
      const items = await sealed(table, plainItems(3));
      const { arn } = await dev.createKey();
      const kms = new KmsClient({ endpoint: dev.url, region: dev.region });
      const both = multiKeyring({
        generator: table.keyring,
        children: [awsKmsKeyring({ kms, generatorKeyId: arn })],
      });
      const next = { ...given, table: { ...table, keyring: both }, mode: 'reseal' };
      const { client } = scripted(SDK, items);
      assert.equal((await runOf(client, next)).changed, 3);
      assert.equal((await runOf(client, next)).changed, 0);
    });
  });
});

describe('services that lie', () => {
  const lies = (served, more) =>
    runOf(
      scripted(SDK, plainItems(2), (operation, input, n) => served(operation, input, n)).client,
      { ...options, ...more },
    );

  test('a scan that would never end', async () => {
    const LastEvaluatedKey = { id: { S: 'c-1' }, line: { N: '1' } };
    const endless = (operation) =>
      operation === 'Scan' ? { Items: [], LastEvaluatedKey } : undefined;
    await assert.rejects(lies(endless), {
      code: 'MALFORMED_DYNAMODB_RESPONSE',
      message: /never end/,
    });
  });

  for (const [what, body] of [
    ['Items that are no list', { Items: {} }],
    ['a key that is no map', { Items: [], LastEvaluatedKey: ['id'] }],
  ]) {
    test(`${what} in a scan`, async () => {
      const outcome = lies((operation) => (operation === 'Scan' ? body : undefined));
      await assert.rejects(outcome, (error) => {
        // The SDK refuses some by itself.
        return error.code === 'MALFORMED_DYNAMODB_RESPONSE' || error instanceof TypeError;
      });
    });
  }

  test('a LastEvaluatedKey that no key is', async () => {
    const LastEvaluatedKey = { id: { L: [] } };
    await assert.rejects(
      lies((operation) => (operation === 'Scan' ? { Items: [], LastEvaluatedKey } : undefined)),
      { code: /INVALID_ARGUMENT|MALFORMED_DYNAMODB_RESPONSE/ },
    );
  });

  test('items that are none are reported, and the others sealed', async () => {
    const items = wire(plainItems(1));
    const bad = [{ id: { S: 'c-8' }, ssn: { S: 'x' } }, {}];
    // What the oldest SDK refuses by itself, as a whole.
    if (SDK === NEWEST) {
      bad.push({ ...items[0], id: { S: 'c-7' }, city: { S: 5 } });
      bad.push({ id: { S: 'c-9' }, line: { N: 'one' }, city: {} });
    }
    const run = await lies((operation) =>
      operation === 'Scan' ? { Items: [...items, ...bad] } : undefined,
    );
    assert.equal(run.changed, 1);
    assert.equal(run.failed, bad.length);
    for (const { error } of run.errors) assert.match(error.code, /^(MALFORMED_|ATTRIBUTE_MISSING)/);
  });

  test('another record than the one that was asked for', async (t) => {
    withoutWaits(t);
    const run = await lies((operation) => {
      if (operation === 'UpdateItem') return serviceError('ConditionalCheckFailedException');
      return operation === 'GetItem' ? { Item: wire(plainItems(9)[8]) } : undefined;
    });
    assert.equal(run.changed, 0);
    assert.deepEqual(codes(run.errors), { 'c-0': 'RECORD_MISMATCH', 'c-1': 'RECORD_MISMATCH' });
  });

  test('a table of another key, and sizes that are no numbers', async () => {
    const describes = (Table) => (operation) =>
      operation === 'DescribeTable' ? { Table } : undefined;
    const KeySchema = [{ AttributeName: 'pk', KeyType: 'HASH' }];
    await assert.rejects(lies(describes({ KeySchema })), {
      code: 'INVALID_CONFIG',
      table: TABLE,
      message: /partition key is 'pk'/,
    });
    const key = (AttributeName, KeyType) => ({ AttributeName, KeyType });
    const odd = {
      KeySchema: [key('id', 'HASH'), key('line', 'RANGE')],
      ItemCount: -1,
      TableSizeBytes: 1e300,
    };
    const { estimate, changed } = await lies(describes(odd), { capacityUnitsPerSecond: 1e9 });
    assert.deepEqual([estimate.items, estimate.bytes, estimate.seconds, changed], [0, 0, 0, 2]);
  });

  test('an attribute called __proto__, which some of the SDK lose', async () => {
    const items = plainItems(1);
    Object.defineProperty(items[0], '__proto__', { value: { S: 'x' }, enumerable: true });
    const { client, last } = scripted(SDK, items);
    const run = await runOf(client, options);
    if (run.failed === 1) assert.equal(items[0].aws_dbe_foot, undefined);
    // DynamoDB does not lose it.
    else assert.ok(Object.values(last().ExpressionAttributeNames).includes('__proto__'));
  });
});

describe('the rate', () => {
  test('no more capacity is consumed in a second than was asked for', async (t) => {
    let now = 0;
    const ends = [];
    t.mock.method(performance, 'now', () => now);
    const real = globalThis.setTimeout;
    t.mock.method(globalThis, 'setTimeout', (run, ms = 0, ...more) =>
      real(() => {
        now += ms > 60_000 ? 0 : ms;
        run(...more);
      }, 0),
    );
    const consumed = { Scan: 40, UpdateItem: 3 };
    const { client } = scripted(SDK, plainItems(50), (operation) => {
      ends.push(now);
      const CapacityUnits = consumed[operation];
      if (operation === 'Scan') {
        return { Items: wire(plainItems(50)), ConsumedCapacity: { CapacityUnits } };
      }
      return CapacityUnits && { ConsumedCapacity: { CapacityUnits } };
    });
    const run = await runOf(client, { ...options, capacityUnitsPerSecond: 10 });
    // Two scans, one of them for the estimate.
    assert.equal(run.capacityUnits, 2 * 40 + 50 * 3);
    assert.ok(now >= 0.9 * 1000 * (run.capacityUnits / 10 - 3), `${now} ms`);
    assert.equal(run.estimate.seconds, (run.estimate.readUnits + run.estimate.writeUnits) / 10);
  });
});

describe('the caller', () => {
  test('onCheckpoint is waited for, one call after another, behind the progress', async () => {
    const items = plainItems(4);
    const { client } = scripted(SDK, items, (operation, { Segment = 0 }) =>
      operation === 'Scan' ? { Items: wire([items[Segment]]) } : undefined,
    );
    let under = 0;
    const stored = [];
    const onCheckpoint = async (checkpoint) => {
      assert.equal(under++, 0);
      await new Promise((done) => setImmediate(done));
      under--;
      stored.push(checkpoint);
    };
    let last;
    const run = sealTable(client, { ...options, totalSegments: 4, onCheckpoint });
    for await (const { read, checkpoint } of run) {
      last = checkpoint;
      if (read > 0) assert.ok(stored.length < read);
    }
    assert.equal(stored.length, 4);
    assert.equal(stored.at(-1), last);
  });

  for (const pages of [1, 2, 3]) {
    test(`who leaves after page ${pages} goes on to the errors that were not shown`, async () => {
      const items = plainItems(4, { note: { S: 'has no action' } });
      const { client } = scripted(SDK, items, (operation, { Segment = 0 }) =>
        operation === 'Scan' ? { Items: wire([items[Segment]]) } : undefined,
      );
      const stored = [];
      const onCheckpoint = async (checkpoint) => {
        await new Promise((done) => setTimeout(done, 5));
        stored.push(checkpoint);
      };
      const given = { ...options, totalSegments: 4 };
      const shown = [];
      let last;
      for await (const { checkpoint, errors } of sealTable(client, { ...given, onCheckpoint })) {
        shown.push(...errors);
        last = checkpoint;
        // Time for the other segments to get ahead.
        await new Promise((done) => setTimeout(done, 20));
        if (shown.length === pages) break;
      }
      assert.equal(stored.at(-1), last);
      for (const checkpoint of stored) {
        const rest = await runOf(client, { ...given, checkpoint });
        const seen = shown.slice(0, stored.indexOf(checkpoint) + 1);
        assert.deepEqual(
          Object.keys(codes([...seen, ...rest.errors])).sort(),
          items.map(({ id }) => id.S),
        );
      }
    });
  }

  test('what onCheckpoint throws ends the run, and reaches who leaves it', async () => {
    const { client } = scripted(SDK, plainItems(1));
    const onCheckpoint = async () => {
      throw new Error('the disk is full');
    };
    await assert.rejects(runOf(client, { ...options, onCheckpoint }), /the disk is full/);
    await assert.rejects(async () => {
      const run = sealTable(client, { ...options, totalSegments: 1, onCheckpoint });
      for await (const { read } of run) if (read > 0) break;
    }, /the disk is full/);
  });

  test('the signal ends a run whose onCheckpoint never ends', async () => {
    const stop = new AbortController();
    const onCheckpoint = () => {
      setImmediate(() => stop.abort(new Error('stopped')));
      return new Promise(() => undefined);
    };
    const { client } = scripted(SDK, plainItems(1));
    const given = { ...options, onCheckpoint, signal: stop.signal };
    await assert.rejects(runOf(client, given), /stopped/);
  });

  test('nothing is sent before the first result is asked for, nor after the last', async () => {
    const { client, sent } = scripted(SDK, plainItems(3));
    const run = sealTable(client, { ...options, totalSegments: 1 });
    await new Promise((done) => setImmediate(done));
    assert.equal(sent.length, 0);
    const { value } = await run.next();
    assert.deepEqual([value.read, value.estimate.items], [0, 3]);
    assert.ok(!sent.some(({ operation }) => operation === 'UpdateItem'));
    await run.return();
    const before = sent.length;
    await new Promise((done) => setTimeout(done, 20));
    assert.equal(sent.length, before);
  });

  test('the signal ends it, also while it waits for its turn', async () => {
    const stop = new AbortController();
    const { client } = scripted(SDK, plainItems(50), (operation) => {
      if (operation === 'UpdateItem') stop.abort(new Error('stopped'));
      return undefined;
    });
    const given = { ...options, capacityUnitsPerSecond: 0.001, signal: stop.signal };
    setTimeout(() => stop.abort(new Error('stopped')), 50).unref();
    await assert.rejects(runOf(client, given), /stopped/);
    await assert.rejects(runOf(client, { ...options, signal: stop.signal }), /stopped/);
  });

  test('options that cannot be are refused', async () => {
    const { client } = scripted(SDK, []);
    const all = { ...options, totalSegments: 4 };
    for (const [given, wanted] of [
      [undefined, {}],
      [{ ...all, TableName: 5 }, { message: /TableName/ }],
      [{ ...all, TableName: 'no table' }, { code: 'INVALID_CONFIG' }],
      [{ ...all, table: undefined }, { message: /table/ }],
      [{ ...all, table: 'customers' }, { message: /table/ }],
      [{ ...all, table: { ...all.table, keyring: undefined } }, { code: 'INVALID_CONFIG' }],
      [{ ...all, mode: 'open' }, { message: /mode/ }],
      [
        { ...all, mode: 'addBeacons' },
        { code: 'INVALID_CONFIG', message: /search/ },
      ],
      [{ ...all, totalSegments: 0 }, { message: /totalSegments/ }],
      [{ ...all, totalSegments: 1.5 }, { message: /totalSegments/ }],
      [{ ...all, totalSegments: 1_000_001 }, { message: /totalSegments/ }],
      [{ ...all, segments: [] }, { message: /segments/ }],
      [{ ...all, segments: [4] }, { message: /segments/ }],
      [{ ...all, segments: ['1'] }, { message: /segments/ }],
      [{ ...all, segments: 1 }, { message: /segments/ }],
      [{ ...all, capacityUnitsPerSecond: 0 }, { message: /capacityUnitsPerSecond/ }],
      [{ ...all, capacityUnitsPerSecond: NaN }, { message: /capacityUnitsPerSecond/ }],
      [{ ...all, capacityUnitsPerSecond: '5' }, { message: /capacityUnitsPerSecond/ }],
      [{ ...all, checkpoint: 5 }, { message: /checkpoint/ }],
      [{ ...all, onCheckpoint: 'save' }, { message: /onCheckpoint/ }],
      [{ ...all, dryRun: 1 }, { message: /dryRun/ }],
      [{ ...all, signal: {} }, { message: /signal/ }],
      [{ ...all, from: new ItemEncryptor(customers()) }, { message: /from/ }],
      [{ ...all, mode: 'reseal', from: customers() }, { message: /from/ }],
      [{ ...all, rate: 5 }, { message: /'rate' is not known/ }],
    ]) {
      await refused(() => sealTable(client, given), wanted);
    }
    await refused(() => sealTable({}, all), { message: /client/ });
  });
});
