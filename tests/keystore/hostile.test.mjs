// What a key store must refuse: records that were changed, tables that are none, services that
// fail, writers that come at the same time, and calls that are wrong.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { keyStore } from '../../pkg/entrypoints/index.js';
import { administer } from '../kms/support.mjs';
import { CONTEXT, contextOf, no, refused, sameKey, startWorld } from './support.mjs';

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
  world.kms.faults.clear();
  world.kms.clearCalls();
});

const readers = (branchKeyId, version) => ({
  'branch:ACTIVE': () => store.getActiveBranchKey({ branchKeyId }),
  [`branch:version:${version}`]: () => store.getBranchKeyVersion({ branchKeyId, version }),
  'beacon:ACTIVE': () => store.getBeaconKey({ branchKeyId }),
});

describe('a changed record does not open', () => {
  let id;
  let records;
  let reads;
  before(async () => {
    const made = await store.createKey({ branchKeyId: 'changed', encryptionContext: CONTEXT });
    id = made.branchKeyId;
    reads = readers(id, made.version);
    records = Object.fromEntries((await world.records(id)).map((r) => [r.type.S, r]));
    assert.deepEqual(Object.keys(records).sort(), Object.keys(reads).sort());
  });

  /** Puts each changed record in its place, expects `code` of its reader, and puts it back. */
  async function changed(change, code, only = () => true) {
    for (const [type, record] of Object.entries(records)) {
      if (!only(type)) continue;
      const item = change(structuredClone(record));
      await world.put(item);
      try {
        const codes = [code].flat();
        const error = await refused(reads[type](), {});
        assert.ok(codes.includes(error.code), `${type}: ${error.code}`);
        assert.deepEqual([error.branchKeyId, error.table], [id, world.table]);
        assert.equal(error.name, 'KeyStoreError');
        if (type === 'branch:ACTIVE') {
          const calls = world.proxy.calls.length;
          await refused(store.versionKey({ branchKeyId: id }), { code: error.code });
          const after = world.proxy.calls.slice(calls).map(({ operation }) => operation);
          assert.ok(!after.includes('TransactWriteItems'), 'nothing is built upon it');
        }
      } finally {
        await world.put(record);
      }
      await reads[type]();
    }
  }

  test('any byte of enc', async () => {
    const { length } = records['branch:ACTIVE'].enc.B;
    for (let at = 0; at < length; at++) {
      const change = (record) => {
        record.enc.B = Uint8Array.from(record.enc.B, (byte, i) => (i === at ? byte ^ 1 : byte));
        return record;
      };
      await changed(change, 'BRANCH_KEY_MISMATCH', (type) => at % 16 === 0 || type[1] === 'e');
    }
  });

  test('enc cut short or longer', async () => {
    const cut = (record) => ({ ...record, enc: { B: record.enc.B.slice(0, -1) } });
    await changed(cut, 'BRANCH_KEY_MISMATCH');
    const long = (record) => ({
      ...record,
      enc: { B: Buffer.concat([record.enc.B, record.enc.B]) },
    });
    await changed(long, 'BRANCH_KEY_MISMATCH');
  });

  test('enc of another type of record, or of another branch key', async () => {
    const other = await store.createKey({ branchKeyId: 'other', encryptionContext: CONTEXT });
    const theirs = await world.item(other.branchKeyId, 'branch:ACTIVE');
    await changed((record) => ({ ...record, enc: theirs.enc }), 'BRANCH_KEY_MISMATCH');
    const beacon = records['beacon:ACTIVE'];
    const isBranch = (type) => type !== 'beacon:ACTIVE';
    await changed((record) => ({ ...record, enc: beacon.enc }), 'BRANCH_KEY_MISMATCH', isBranch);
  });

  test('an attribute changed', async () => {
    for (const name of ['create-time', 'aws-crypto-ec:tenant', 'aws-crypto-ec:straße']) {
      const change = (record) => ({ ...record, [name]: { S: `${record[name].S}x` } });
      await changed(change, 'BRANCH_KEY_MISMATCH');
    }
    const active = (type) => type === 'branch:ACTIVE';
    const version = { S: `branch:version:${randomUUID()}` };
    await changed((record) => ({ ...record, version }), 'BRANCH_KEY_MISMATCH', active);
  });

  test('an attribute added', async () => {
    for (const [name, value] of [
      ['note', { S: 'x' }],
      ['aws-crypto-ec:more', { S: 'x' }],
      ['count', { N: '1' }],
    ]) {
      await changed((record) => ({ ...record, [name]: value }), 'BRANCH_KEY_MISMATCH');
    }
    const version = { S: `branch:version:${randomUUID()}` };
    const inactive = (type) => type !== 'branch:ACTIVE';
    await changed((record) => ({ ...record, version }), 'BRANCH_KEY_MISMATCH', inactive);
  });

  test('an attribute that would take the place of the key store’s name', () =>
    changed((record) => ({ ...record, tablename: { S: 'LogicalName' } }), 'MALFORMED_BRANCH_KEY'));

  test('an attribute removed', async () => {
    for (const name of ['enc', 'kms-arn', 'create-time', 'hierarchy-version']) {
      const change = ({ [name]: _, ...rest }) => rest;
      await changed(change, 'MALFORMED_BRANCH_KEY');
    }
    const change = ({ 'aws-crypto-ec:tenant': _, ...rest }) => rest;
    await changed(change, 'BRANCH_KEY_MISMATCH');
    const active = (type) => type === 'branch:ACTIVE';
    await changed(({ version: _, ...rest }) => rest, 'MALFORMED_BRANCH_KEY', active);
  });

  test('an attribute of another type', async () => {
    for (const [name, value] of [
      ['enc', { S: 'AAAA' }],
      ['kms-arn', { B: Buffer.from(world.key.arn) }],
      ['create-time', { BOOL: true }],
      ['hierarchy-version', { S: '1' }],
      ['extra', { L: [] }],
      ['extra', { M: {} }],
      ['extra', { NULL: true }],
      ['extra', { SS: ['a'] }],
      ['extra', { B: Buffer.from('x') }],
    ]) {
      await changed((record) => ({ ...record, [name]: value }), 'MALFORMED_BRANCH_KEY');
    }
    const active = (type) => type === 'branch:ACTIVE';
    for (const version of [{ S: randomUUID() }, { S: 'branch:version:x' }, { N: '5' }, { S: '' }]) {
      await changed((record) => ({ ...record, version }), 'MALFORMED_BRANCH_KEY', active);
    }
  });

  test('another KMS key named', async () => {
    const other = await world.kms.createKey();
    for (const arn of [
      other.arn,
      world.key.arn.replace('us-east-1', 'us-west-2'),
      world.key.arn.replace(/key\/.*/, 'alias/a'),
      `${world.key.arn}0`,
      'x',
    ]) {
      const change = (record) => ({ ...record, 'kms-arn': { S: arn } });
      await changed(change, 'BRANCH_KEY_WRONG_KMS_KEY');
    }
    assert.deepEqual(
      world.kms.calls.filter(({ keyId }) => keyId !== world.key.arn),
      [],
    );
  });

  test('another KMS key named, in a store that believes it', async () => {
    const other = await world.kms.createKey({ alias: 'alias/other' });
    const reader = world.store({ kmsConfiguration: { type: 'discovery' } });
    const read = () => reader.getActiveBranchKey({ branchKeyId: id });
    await read();
    const alias = other.arn.replace(/key\/.*/, 'alias/other');
    for (const [arn, code] of [
      [other.arn, 'BRANCH_KEY_MISMATCH'],
      [alias, 'MALFORMED_KEY_ID'],
      ['alias/other', 'MALFORMED_KEY_ID'],
      [other.keyId, 'MALFORMED_KEY_ID'],
    ]) {
      await world.put({ ...records['branch:ACTIVE'], 'kms-arn': { S: arn } });
      await refused(read(), { code });
    }
    await world.put(records['branch:ACTIVE']);
  });

  test('a layout that is not known', async () => {
    for (const N of ['2', '0', '10']) {
      await world.put({ ...records['branch:ACTIVE'], 'hierarchy-version': { N } });
      await refused(reads['branch:ACTIVE'](), {
        code: 'UNSUPPORTED',
        message: /hierarchy-version/,
      });
    }
    await world.put(records['branch:ACTIVE']);
  });

  test('a record of another branch key or version under this one’s name', async () => {
    const answers = (branchKeyId, type) => (answer) => {
      answer.body.Item['branch-key-id'] = { S: branchKeyId };
      answer.body.Item.type = { S: type };
      return answer;
    };
    const version = records['branch:ACTIVE'].version.S;
    for (const after of [answers('other', 'branch:ACTIVE'), answers(id, version)]) {
      world.proxy.faults.push({ operation: 'GetItem', after });
      await refused(reads['branch:ACTIVE'](), { code: 'MALFORMED_BRANCH_KEY' });
    }
    // An endpoint that answers with the record of an old version, whole.
    const old = Object.values(records).find((r) => r.type.S.startsWith('branch:version'));
    world.proxy.faults.push({
      operation: 'GetItem',
      after: (answer) => {
        answer.body.Item.enc.B = Buffer.from(old.enc.B).toString('base64');
        return answer;
      },
    });
    await refused(reads['branch:ACTIVE'](), { code: 'BRANCH_KEY_MISMATCH' });
  });

  test('under another logical key store name', async () => {
    const renamed = world.store({ logicalKeyStoreName: 'OtherName' });
    const error = await refused(renamed.getActiveBranchKey({ branchKeyId: id }), {
      code: 'BRANCH_KEY_MISMATCH',
      message: /OtherName/,
    });
    assert.match(error.next, /logical key store name/);
    assert.match(error.message, /InvalidCiphertextException/);
    await refused(renamed.versionKey({ branchKeyId: id }), { code: 'BRANCH_KEY_MISMATCH' });
  });

  test('a key of other than 32 bytes', async () => {
    const kms = world.kmsClient();
    const active = records['branch:ACTIVE'];
    for (const length of [16, 31, 33, 64]) {
      const made = await kms.encrypt({
        keyId: world.key.arn,
        plaintext: new Uint8Array(length),
        encryptionContext: contextOf(active),
      });
      await world.put({ ...active, enc: { B: made.ciphertextBlob } });
      await refused(reads['branch:ACTIVE'](), { code: 'BRANCH_KEY_MISMATCH' });
    }
    await world.put(active);
    await reads['branch:ACTIVE']();
  });
});

describe('not there', () => {
  test('no such branch key, no such version', async () => {
    const { branchKeyId } = await store.createKey();
    for (const [act, type] of [
      [() => store.getActiveBranchKey({ branchKeyId: 'nobody' }), /branch:ACTIVE/],
      [() => store.getBeaconKey({ branchKeyId: 'nobody' }), /beacon:ACTIVE/],
      [() => store.versionKey({ branchKeyId: 'nobody' }), /branch:ACTIVE/],
      [() => store.getBranchKeyVersion({ branchKeyId, version: randomUUID() }), /branch:version/],
    ]) {
      await refused(act, {
        code: 'BRANCH_KEY_NOT_FOUND',
        name: 'KeyStoreError',
        table: world.table,
        message: type,
      });
    }
  });

  test('no such table', async () => {
    const tableName = `none-${randomUUID()}`;
    const lost = world.store({ tableName });
    for (const [operation, act] of [
      ['GetItem', () => lost.getActiveBranchKey({ branchKeyId: 'x' })],
      ['GetItem', () => lost.getBeaconKey({ branchKeyId: 'x' })],
      ['GetItem', () => lost.versionKey({ branchKeyId: 'x' })],
      ['TransactWriteItems', () => lost.createKey()],
    ]) {
      const error = await refused(act, {
        code: 'DYNAMODB_TABLE_NOT_FOUND',
        name: 'DynamoDbError',
        operation,
        table: tableName,
        serviceError: 'ResourceNotFoundException',
        attempts: 1,
      });
      assert.ok(error.requestId);
      for (const part of [operation, tableName, error.requestId]) {
        assert.ok(error.message.includes(part));
      }
    }
  });

  test('tables that are no key store', async () => {
    const id = ['branch-key-id', 'HASH', 'S'];
    for (const keys of [
      [id],
      [id, ['type', 'RANGE', 'N']],
      [id, ['version', 'RANGE', 'S']],
      [
        ['branch-key-id', 'HASH', 'N'],
        ['type', 'RANGE', 'S'],
      ],
      [
        ['type', 'HASH', 'S'],
        ['branch-key-id', 'RANGE', 'S'],
      ],
    ]) {
      const tableName = `other-${randomUUID()}`;
      await world.makeTable(tableName, keys);
      await refused(world.store({ tableName }).createKeyStore(), {
        code: 'KEY_STORE_TABLE',
        table: tableName,
      });
    }
  });

  test('a table that is being deleted', async () => {
    const after = (answer) => {
      answer.body.Table.TableStatus = 'DELETING';
      return answer;
    };
    world.proxy.faults.push({ operation: 'DescribeTable', after });
    const code = 'KEY_STORE_TABLE';
    await refused(store.createKeyStore(), { code, message: /DELETING/ });
  });
});

describe('writers at the same time', () => {
  test('two create one branch key: one wins', async () => {
    const request = { branchKeyId: `twice-${randomUUID()}`, encryptionContext: CONTEXT };
    const results = await Promise.allSettled([1, 2, 3].map(() => store.createKey(request)));
    const won = results.filter(({ status }) => status === 'fulfilled');
    assert.equal(won.length, 1);
    for (const { reason } of results.filter(({ status }) => status === 'rejected')) {
      assert.equal(reason.code, 'BRANCH_KEY_EXISTS');
      assert.equal(reason.branchKeyId, request.branchKeyId);
    }
    const records = await world.records(request.branchKeyId);
    assert.equal(records.length, 3);
    const { branchKeyId } = request;
    const active = await store.getActiveBranchKey({ branchKeyId });
    assert.equal(active.version, won[0].value.version);
    await refused(store.createKey(request), { code: 'BRANCH_KEY_EXISTS' });
    assert.deepEqual(await world.records(request.branchKeyId), records);
  });

  test('many version one branch key: what won is there, what lost is not', async () => {
    const { branchKeyId, version } = await store.createKey();
    const versions = [version];
    for (let round = 0; round < 5; round++) {
      const results = await Promise.allSettled(
        Array.from({ length: 4 }, () => store.versionKey({ branchKeyId })),
      );
      const won = results.filter(({ status }) => status === 'fulfilled');
      assert.ok(won.length >= 1);
      versions.push(...won.map(({ value }) => value.version));
      for (const { reason } of results.filter(({ status }) => status === 'rejected')) {
        assert.equal(reason.code, 'BRANCH_KEY_CHANGED', reason.stack);
      }
      const active = await store.getActiveBranchKey({ branchKeyId });
      assert.ok(won.some(({ value }) => value.version === active.version));
      const stored = await store.getBranchKeyVersion({ branchKeyId, version: active.version });
      sameKey(stored.branchKey, active.branchKey);
    }
    const types = (await world.records(branchKeyId)).map(({ type }) => type.S);
    const wanted = versions.map((one) => `branch:version:${one}`);
    assert.deepEqual(types.sort(), [...wanted, 'branch:ACTIVE', 'beacon:ACTIVE'].sort());
  });

  test('exactly one of two that read the same record', async () => {
    const { branchKeyId } = await store.createKey();
    // The second reads what the first read, but writes after it.
    const active = await world.item(branchKeyId, 'branch:ACTIVE');
    const first = await store.versionKey({ branchKeyId });
    const stale = {
      ...Object.fromEntries(Object.entries(active).map(([name, value]) => [name, value])),
      enc: { B: Buffer.from(active.enc.B).toString('base64') },
    };
    world.proxy.faults.push({
      operation: 'GetItem',
      after: (answer) => ({ ...answer, body: { Item: stale } }),
    });
    const before = await world.records(branchKeyId);
    const error = await refused(store.versionKey({ branchKeyId }), {
      code: 'BRANCH_KEY_CHANGED',
      branchKeyId,
    });
    assert.match(error.message, /request id/);
    assert.deepEqual(await world.records(branchKeyId), before);
    assert.equal((await store.getActiveBranchKey({ branchKeyId })).version, first.version);
  });
});

describe('answers that get lost', () => {
  for (const [name, make] of [
    ['CreateKey', () => store.createKey()],
    [
      'VersionKey',
      async () => store.versionKey({ branchKeyId: (await store.createKey()).branchKeyId }),
    ],
  ]) {
    const lose = { operation: 'TransactWriteItems', after: () => ({ drop: true }) };
    const writes = () => world.proxy.calls.filter(({ body }) => body.ClientRequestToken);

    test(`${name}: the repetition is known by its token`, async () => {
      let made;
      if (name === 'CreateKey') {
        world.proxy.faults.push(lose);
        made = await make();
      } else {
        const { branchKeyId } = await store.createKey();
        world.proxy.reset();
        world.proxy.faults.push(lose);
        made = await store.versionKey({ branchKeyId });
      }
      const [a, b] = writes();
      assert.deepEqual(a.body, b.body);
      const active = await store.getActiveBranchKey({ branchKeyId: made.branchKeyId });
      assert.equal(active.version, made.version);
    });

    test(`${name}: with an endpoint that forgets tokens`, async () => {
      const { branchKeyId } = name === 'CreateKey' ? {} : await store.createKey();
      world.proxy.reset();
      const cancelled = no('TransactionCanceledException', 400, {
        CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
      });
      world.proxy.faults.push(lose, { operation: 'TransactWriteItems', before: cancelled });
      const made =
        name === 'CreateKey' ? await store.createKey() : await store.versionKey({ branchKeyId });
      const active = await store.getActiveBranchKey({ branchKeyId: made.branchKeyId });
      assert.equal(active.version, made.version);
      // But not when what is there is another's.
      const request = { branchKeyId: made.branchKeyId };
      world.proxy.faults.push({ operation: 'TransactWriteItems', before: { drop: true } });
      world.proxy.faults.push({ operation: 'TransactWriteItems', before: cancelled });
      await refused(store.versionKey(request), { code: 'BRANCH_KEY_CHANGED' });
      assert.equal((await store.getActiveBranchKey(request)).version, made.version);
    });
  }

  test('a transaction that met another one is repeated', async () => {
    const conflict = no('TransactionCanceledException', 400, {
      CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict', Message: 'x' }],
    });
    const progress = no('TransactionInProgressException');
    for (const before of [conflict, progress]) {
      world.proxy.faults.push({ operation: 'TransactWriteItems', before });
    }
    await store.createKey();
    const tokens = world.proxy.calls.map(({ body }) => body.ClientRequestToken);
    assert.equal(tokens.length, 3);
    assert.equal(new Set(tokens).size, 1);
  });

  test('one that was cancelled for another reason is not', async () => {
    for (const [more, message] of [
      [
        { CancellationReasons: [{ Code: 'ValidationError' }, { Code: 'None' }] },
        /ValidationError, None/,
      ],
      [{ message: 'cancelled [None, ItemCollectionSizeLimitExceeded]' }, /None, ItemCollection/],
      [{}, /because/],
    ]) {
      world.proxy.reset();
      const before = no('TransactionCanceledException', 400, more);
      world.proxy.faults.push({ operation: 'TransactWriteItems', before });
      await refused(store.createKey(), { code: 'DYNAMODB_REJECTED', attempts: 1, message });
    }
  });
});

describe('DynamoDB that fails', () => {
  const read = () => store.getActiveBranchKey({ branchKeyId: 'x' });

  for (const [name, status, code] of [
    ['ProvisionedThroughputExceededException', 400, 'DYNAMODB_THROTTLED'],
    ['ThrottlingException', 400, 'DYNAMODB_THROTTLED'],
    ['RequestLimitExceeded', 400, 'DYNAMODB_THROTTLED'],
    ['InternalServerError', 500, 'DYNAMODB_FAILED'],
    ['ServiceUnavailable', 503, 'DYNAMODB_FAILED'],
  ]) {
    test(`${name} is repeated, and reported in the end`, async () => {
      world.proxy.faults.push(...Array(4).fill({ before: no(name, status) }));
      await refused(read(), {
        code,
        name: 'DynamoDbError',
        operation: 'GetItem',
        table: world.table,
        serviceError: name,
        attempts: 4,
        requestId: 'REQUESTID',
        status,
      });
      assert.equal(world.proxy.calls.length, 4);
      world.proxy.faults.push({ before: no(name, status) });
      await refused(read(), { code: 'BRANCH_KEY_NOT_FOUND' });
    });
  }

  for (const [name, code] of [
    ['AccessDeniedException', 'DYNAMODB_ACCESS_DENIED'],
    ['UnrecognizedClientException', 'DYNAMODB_CREDENTIALS'],
    ['InvalidSignatureException', 'DYNAMODB_CREDENTIALS'],
    ['ValidationException', 'DYNAMODB_REJECTED'],
    ['SomethingNewException', 'DYNAMODB_REJECTED'],
    ['ConditionalCheckFailedException', 'DYNAMODB_CONDITION_FAILED'],
  ]) {
    test(`${name} is final`, async () => {
      world.proxy.faults.push({ before: no(name) });
      await refused(read(), { code, serviceError: name, attempts: 1 });
      assert.equal(world.proxy.calls.length, 1);
    });
  }

  test('no endpoint, no answer, a broken connection', async () => {
    const at = (options) => world.store({ dynamodb: world.dynamodb(options) });
    const gone = at({ endpoint: 'http://127.0.0.1:9', maxAttempts: 2 });
    const request = { branchKeyId: 'x' };
    const base = { operation: 'GetItem', table: world.table };
    await refused(gone.getActiveBranchKey(request), {
      ...base,
      code: 'DYNAMODB_UNREACHABLE',
      attempts: 2,
    });
    await refused(gone.createKey(), { code: 'DYNAMODB_UNREACHABLE' });
    await refused(gone.createKeyStore(), { code: 'DYNAMODB_UNREACHABLE' });
    world.proxy.faults.push({ before: { hang: true } });
    const hasty = at({ timeoutMs: 200, maxAttempts: 1 });
    await refused(hasty.getActiveBranchKey(request), { ...base, code: 'DYNAMODB_TIMED_OUT' });
    world.proxy.faults.push({ before: { drop: true } });
    await refused(at({ maxAttempts: 1 }).getActiveBranchKey(request), {
      ...base,
      code: 'DYNAMODB_UNREACHABLE',
    });
  });

  test('credentials that cannot be had', async () => {
    const dynamodb = world.dynamodb({ credentials: () => Promise.reject(new Error('no role')) });
    const error = await refused(world.store({ dynamodb }).getBeaconKey({ branchKeyId: 'x' }), {
      code: 'DYNAMODB_CREDENTIALS',
      operation: 'GetItem',
      table: world.table,
      message: /no role/,
    });
    assert.equal(error.attempts, 0);
  });

  test('nonsense', async () => {
    const item = { 'branch-key-id': { S: 'x' } };
    for (const answer of [
      { raw: '' },
      { raw: 'null' },
      { raw: '[]' },
      { raw: '{' },
      { raw: '{"Item":5}' },
      { raw: '{"Item":{"a":5}}' },
      { raw: '{"Item":{"a":{}}}' },
      { raw: '{"Item":{"a":{"S":"1","N":"2"}}}' },
      { raw: '{"Item":{"a":{"S":5}}}' },
      { raw: '{"Item":{"enc":{"B":"*"}}}' },
      { raw: '{"Item":{"a":{"S":"1"},"a":{"S":"2"}}}' },
      { raw: JSON.stringify({ Item: { ...item, more: { S: 'x'.repeat(1 << 20) } } }) },
    ]) {
      world.proxy.faults.push({ before: { status: 200, ...answer } });
      const error = await refused(read(), { code: 'MALFORMED_DYNAMODB_RESPONSE' });
      assert.match(error.message, /GetItem/);
    }
    for (const raw of [
      '{}',
      '{"Table":{}}',
      '{"Table":{"KeySchema":[]}}',
      '{"Table":{"KeySchema":5}}',
    ]) {
      world.proxy.faults.push({ before: { status: 200, raw } });
      await refused(store.createKeyStore(), { code: 'MALFORMED_DYNAMODB_RESPONSE' });
    }
    // An item without any attribute of ours.
    world.proxy.faults.push({ before: { status: 200, raw: '{"Item":{}}' } });
    await refused(read(), { code: 'MALFORMED_BRANCH_KEY' });
  });
});

describe('KMS that refuses', () => {
  test('a disabled key, one that waits for its deletion', async () => {
    const key = await world.kms.createKey();
    const own = world.store({ kmsKeyArn: key.arn });
    const made = await own.createKey({ encryptionContext: CONTEXT });
    const { branchKeyId, version } = made;
    const all = [
      ['Decrypt', () => own.getActiveBranchKey({ branchKeyId })],
      ['Decrypt', () => own.getBranchKeyVersion({ branchKeyId, version })],
      ['Decrypt', () => own.getBeaconKey({ branchKeyId })],
      ['ReEncrypt', () => own.versionKey({ branchKeyId })],
      ['GenerateDataKeyWithoutPlaintext', () => own.createKey()],
    ];
    await administer(world.kms, 'DisableKey', { KeyId: key.arn });
    for (const [operation, act] of all) {
      await refused(act, { code: 'KMS_KEY_DISABLED', operation, keyId: key.arn });
    }
    await administer(world.kms, 'ScheduleKeyDeletion', { KeyId: key.arn });
    for (const [operation, act] of all) {
      await refused(act, { code: 'KMS_KEY_PENDING_DELETION', operation });
    }
    await administer(world.kms, 'CancelKeyDeletion', { KeyId: key.arn });
    await administer(world.kms, 'EnableKey', { KeyId: key.arn });
    for (const [, act] of all) await act();
  });

  test('denied, throttled, out of reach: its own error, and nothing written', async () => {
    const { branchKeyId } = await store.createKey();
    const before = await world.records(branchKeyId);
    for (const [arm, code] of [
      [
        () => world.kms.faults.failNext(1, 400, { errorName: 'AccessDeniedException' }),
        'KMS_ACCESS_DENIED',
      ],
      [() => world.kms.faults.throttleNext(4), 'KMS_THROTTLED'],
      [() => world.kms.faults.failNext(4, 503), 'KMS_FAILED'],
    ]) {
      arm();
      await refused(store.getActiveBranchKey({ branchKeyId }), { code, name: 'KmsError' });
      arm();
      await refused(store.versionKey({ branchKeyId }), { code, name: 'KmsError' });
      world.kms.faults.clear();
    }
    assert.deepEqual(await world.records(branchKeyId), before);
  });

  test('a KMS that answers with another key or other bytes', async () => {
    const { branchKeyId } = await store.createKey();
    const lying = (change) => {
      const kms = world.kmsClient({
        fetch: async (url, init) => {
          const body = await (await fetch(url, init)).json();
          return new Response(JSON.stringify({ ...body, ...change }));
        },
      });
      return world.store({ kms });
    };
    const KeyId = (await world.kms.createKey()).arn;
    await refused(lying({ KeyId }).getActiveBranchKey({ branchKeyId }), {
      code: 'BRANCH_KEY_MISMATCH',
    });
    await refused(lying({ Plaintext: 'AAAA' }).getActiveBranchKey({ branchKeyId }), {
      code: 'BRANCH_KEY_MISMATCH',
    });
    await refused(lying({ KeyId }).versionKey({ branchKeyId }), {
      code: 'BRANCH_KEY_WRONG_KMS_KEY',
    });
    await refused(lying({ KeyId }).createKey(), { code: 'BRANCH_KEY_WRONG_KMS_KEY' });
    // ReEncrypt says which key it decrypted with, too.
    const source = { SourceKeyId: KeyId };
    await refused(lying(source).versionKey({ branchKeyId }), { code: 'BRANCH_KEY_WRONG_KMS_KEY' });
    await refused(lying(source).createKey(), { code: 'BRANCH_KEY_WRONG_KMS_KEY' });
  });

  test('a key that is not there', async () => {
    const kmsKeyArn = world.key.arn.replace(/key\/.*/, `key/${randomUUID()}`);
    const lost = world.store({ kmsKeyArn });
    await refused(lost.createKey(), { code: 'KMS_KEY_NOT_FOUND', keyId: kmsKeyArn });
    assert.equal(world.proxy.calls.length, 0);
  });
});

describe('wrong calls', () => {
  const argument = { code: 'INVALID_ARGUMENT', name: 'UsageError' };

  test('an id of one’s own without an encryption context', async () => {
    for (const encryptionContext of [undefined, {}]) {
      await refused(store.createKey({ branchKeyId: 'bare', encryptionContext }), {
        ...argument,
        message: /encryption context/,
      });
    }
    await refused(store.createKey({ branchKeyId: '', encryptionContext: CONTEXT }), argument);
    assert.equal(world.proxy.calls.length + world.kms.countCalls(), 0);
  });

  test('discovery does not write', async () => {
    for (const kmsConfiguration of [
      { type: 'discovery' },
      { type: 'mrkDiscovery', region: 'us-east-1' },
    ]) {
      const reader = world.store({ kmsConfiguration });
      for (const act of [
        () => reader.createKey(),
        () => reader.createKey({ branchKeyId: 'x', encryptionContext: CONTEXT }),
        () => reader.versionKey({ branchKeyId: 'x' }),
      ]) {
        await refused(act, { code: 'INVALID_CONFIG', message: /discovery only reads/ });
      }
    }
    assert.equal(world.proxy.calls.length + world.kms.countCalls(), 0);
  });

  test('arguments of the wrong type', async () => {
    for (const act of [
      () => store.createKey(null),
      () => store.createKey({ branchKeyId: 5 }),
      () => store.createKey({ encryptionContext: [] }),
      () => store.createKey({ encryptionContext: { a: 1 } }),
      () => store.versionKey(),
      () => store.versionKey({}),
      () => store.versionKey({ branchKeyId: '' }),
      () => store.getActiveBranchKey('id'),
      () => store.getActiveBranchKey({ branchKeyId: null }),
      () => store.getBranchKeyVersion({ branchKeyId: 'x' }),
      () => store.getBranchKeyVersion({ branchKeyId: 'x', version: 'latest' }),
      () => store.getBranchKeyVersion({ branchKeyId: 'x', version: `${randomUUID()} ` }),
      () => store.getBeaconKey({ branchKeyId: 7 }),
      // Lone surrogates would all become one character in the table.
      () => store.getBeaconKey({ branchKeyId: 'a\ud800' }),
      () => store.createKey({ branchKeyId: '\udc00', encryptionContext: CONTEXT }),
      () => store.createKey({ encryptionContext: { 'a\ud800': 'b' } }),
      () => store.createKey({ encryptionContext: { a: 'b\udfff' } }),
    ]) {
      await refused(act, argument);
    }
    const long = { encryptionContext: { a: 'x'.repeat(65_536) } };
    await refused(store.createKey(long), { code: 'MALFORMED_ENCRYPTION_CONTEXT' });
    assert.equal(world.proxy.calls.length + world.kms.countCalls(), 0);
  });

  test('options that cannot be used', async () => {
    const good = {
      dynamodb: world.dynamodb(),
      tableName: 't',
      logicalKeyStoreName: 'l',
      kms: world.kmsClient(),
      kmsKeyArn: world.key.arn,
    };
    keyStore(good);
    const { kmsKeyArn: _, ...bare } = good;
    const alias = world.key.arn.replace(/key\/.*/, 'alias/a');
    for (const [code, options] of [
      ['INVALID_ARGUMENT', undefined],
      ['INVALID_ARGUMENT', { ...good, dynamodb: undefined }],
      ['INVALID_ARGUMENT', { ...good, dynamodb: good.kms }],
      ['INVALID_ARGUMENT', { ...good, dynamodb: world.official }],
      ['INVALID_ARGUMENT', { ...good, kms: good.dynamodb }],
      ['INVALID_ARGUMENT', { ...good, tableName: undefined }],
      ['INVALID_ARGUMENT', { ...good, logicalKeyStoreName: 5 }],
      ['INVALID_ARGUMENT', { ...good, logicalKeyStoreName: 'l\ud800' }],
      ['INVALID_ARGUMENT', { ...good, grantTokens: 'token' }],
      ['INVALID_ARGUMENT', { ...good, grantTokens: [5] }],
      ['INVALID_ARGUMENT', { ...good, keyStoreId: 5 }],
      ['INVALID_ARGUMENT', { ...bare, kmsConfiguration: 'discovery' }],
      ['INVALID_ARGUMENT', { ...bare, kmsConfiguration: { type: 'kmsKeyArn' } }],
      ['INVALID_ARGUMENT', { ...bare, kmsConfiguration: { type: 'mrkDiscovery' } }],
      ['INVALID_CONFIG', { ...good, tableName: '' }],
      ['INVALID_CONFIG', { ...good, logicalKeyStoreName: '' }],
      ['INVALID_CONFIG', bare],
      ['INVALID_CONFIG', { ...good, kmsConfiguration: { type: 'discovery' } }],
      ['INVALID_CONFIG', { ...bare, kmsConfiguration: { type: 'toString' } }],
      ['INVALID_CONFIG', { ...bare, kmsConfiguration: {} }],
      ['INVALID_CONFIG', { ...bare, kmsConfiguration: { type: 'mrkDiscovery', region: '' } }],
      ['MALFORMED_KEY_ID', { ...good, kmsKeyArn: alias }],
      ['MALFORMED_KEY_ID', { ...good, kmsKeyArn: 'alias/a' }],
      ['MALFORMED_KEY_ID', { ...good, kmsKeyArn: world.key.keyId }],
      ['MALFORMED_KEY_ID', { ...good, kmsKeyArn: '' }],
      ['MALFORMED_KEY_ID', { ...bare, kmsConfiguration: { type: 'kmsMrkArn', kmsKeyArn: alias } }],
    ]) {
      await refused(() => keyStore(options), { code });
    }
  });

  test('client options that cannot be used', async () => {
    for (const [code, options] of [
      ['INVALID_ARGUMENT', { timeoutMs: 0 }],
      ['INVALID_ARGUMENT', { fetch: 5 }],
      ['INVALID_CONFIG', { endpoint: 'ftp://x' }],
      ['INVALID_CONFIG', { endpoint: undefined, region: undefined, credentials: undefined }],
      ['INVALID_CONFIG', { headers: { 'x-amz-target': 'x' } }],
    ]) {
      await refused(async () => world.dynamodb(options), { code });
    }
  });
});
