// `checkTables`: tables, as DynamoDB has them, against what is configured.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkTables, compoundBeacon, standardBeacon } from '../../pkg/entrypoints/tables.js';
import { people } from './search-support.mjs';
import {
  NEWEST,
  TABLE,
  clientOf,
  customers,
  encryptedClientOf,
  refused,
  serviceError,
  tables,
} from './support.mjs';

const key = (...names) =>
  names.map((AttributeName, i) => ({ AttributeName, KeyType: i ? 'RANGE' : 'HASH' }));
const index = (IndexName, names, ProjectionType = 'ALL', NonKeyAttributes) => ({
  IndexName,
  KeySchema: key(...names),
  Projection: { ProjectionType, NonKeyAttributes },
});

/** What is found about a table of this description. */
async function found(description = {}, timeToLive = {}, options = {}) {
  const Table = { TableName: TABLE, KeySchema: key('id', 'line'), ...description };
  const answers = {
    DescribeTable: { Table },
    DescribeTimeToLive: { TimeToLiveDescription: timeToLive },
  };
  const { client } = clientOf(NEWEST, (operation) => answers[operation]);
  return await checkTables(client, tables(options));
}
const one = async (...given) => {
  const problems = await found(...given);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  const [{ table, problem, fix, ...where }] = problems;
  assert.equal(table, TABLE);
  assert.match(fix, /^[A-Z].*\.$/);
  return { ...where, problem };
};

test('a table that goes with its configuration', async () => {
  const indexes = {
    LocalSecondaryIndexes: [index('local', ['id', 'city'], 'KEYS_ONLY')],
    GlobalSecondaryIndexes: [index('global', ['city', ':views'])],
  };
  assert.deepEqual(
    await found(indexes, { TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' }),
    [],
  );
  assert.deepEqual(await found({}, { TimeToLiveStatus: 'DISABLED' }), []);
});

test('keys of the table', async () => {
  assert.match(
    (await one({ KeySchema: key('pk', 'line') })).problem,
    /'pk'.*partitionKeyName.*'id'/,
  );
  assert.equal((await one({ KeySchema: key('id') })).attribute, 'line');
  assert.match(
    (await one({}, {}, { sortKeyName: undefined })).problem,
    /'line'.*sortKeyName.*none/,
  );
  assert.equal((await found({ KeySchema: key('a', 'b') })).length, 2);
  const fixes = async (...given) => (await found(...given)).map(({ fix }) => fix);
  assert.deepEqual(await fixes({ KeySchema: key('id') }), ['Leave sortKeyName out.']);
  assert.deepEqual(await fixes({ KeySchema: key('id', 'at') }), ["Set sortKeyName to 'at'."]);
});

test('a description that says less', async () => {
  const { client } = clientOf(NEWEST, () => ({}));
  const problems = await checkTables(client, tables());
  assert.deepEqual(
    problems.map(({ attribute }) => attribute),
    ['id', 'line'],
  );
  const bare = { IndexName: 'bare', KeySchema: key('city') };
  assert.deepEqual(await found({ GlobalSecondaryIndexes: [bare, {}] }), []);
});

test('keys of indexes', async () => {
  for (const kind of ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes']) {
    const encrypted = await one({ [kind]: [index('by-ssn', ['id', 'ssn'])] });
    assert.deepEqual([encrypted.index, encrypted.attribute], ['by-ssn', 'ssn']);
    assert.match(encrypted.problem, /encrypted/);
    const unknown = await one({ [kind]: [index('by-x', ['x'])] });
    assert.match(unknown.problem, /without an action/);
  }
});

test('projections', async () => {
  for (const projection of [['KEYS_ONLY'], ['INCLUDE', ['ssn']]]) {
    const problem = await one({ GlobalSecondaryIndexes: [index('some', ['city'], ...projection)] });
    assert.equal(problem.index, 'some');
    assert.match(problem.problem, /cannot be verified/);
  }
  const all = ['ssn', 'profile', 'expires', 'aws_dbe_head', 'aws_dbe_foot'];
  assert.deepEqual(
    await found({ GlobalSecondaryIndexes: [index('all', ['city'], 'INCLUDE', all)] }),
    [],
  );
  const { attribute } = await one({
    GlobalSecondaryIndexes: [index('most', ['city'], 'INCLUDE', all.slice(0, -1))],
  });
  assert.equal(attribute, 'aws_dbe_foot');
});

test('the time to live', async () => {
  const of = (AttributeName, TimeToLiveStatus = 'ENABLED') => ({ AttributeName, TimeToLiveStatus });
  assert.match((await one({}, of('ssn'))).problem, /never expire/);
  assert.match((await one({}, of('ttl', 'ENABLING'))).problem, /without an action/);
  assert.deepEqual(await found({}, of(':ttl')), []);
  for (const off of ['DISABLED', 'DISABLING', null])
    assert.deepEqual(await found({}, of('ssn', off)), []);
  assert.deepEqual(await found({}, of(undefined)), []);
});

test('a table that is not there, and others that are', async () => {
  const { client } = encryptedClientOf(NEWEST, (operation, { TableName }) => {
    if (TableName === 'gone') return serviceError('ResourceNotFoundException');
    return operation === 'DescribeTable' ? { Table: { KeySchema: key('pk', 'line') } } : {};
  });
  const problems = await checkTables(client, {
    gone: customers({ logicalTableName: 'gone' }),
    ...tables(),
  });
  assert.deepEqual(problems.map(({ table }) => table).sort(), ['gone', TABLE].sort());
});

test('what fails otherwise fails', async () => {
  const { client } = clientOf(NEWEST, () => serviceError('AccessDeniedException'));
  await assert.rejects(checkTables(client, tables()), { name: 'AccessDeniedException' });
  await refused(checkTables(client, {}), { code: 'INVALID_CONFIG' });
  for (const wrong of [undefined, null, {}, { send: 'x' }, 'client'])
    await refused(checkTables(wrong, tables()), { code: 'INVALID_ARGUMENT', message: /client/ });
  await refused(checkTables(client, tables(), { region: 'x' }), { code: 'INVALID_ARGUMENT' });
});

test('an attribute that is allowed to be unsigned by its name has its action by that', async () => {
  const options = { allowedUnsignedAttributes: ['expires_at', 'rank'] };
  const description = { GlobalSecondaryIndexes: [index('by-rank', ['rank'])] };
  const timeToLive = { AttributeName: 'expires_at', TimeToLiveStatus: 'ENABLED' };
  assert.deepEqual(await found(description, timeToLive, options), []);
  const [{ index: where, attribute }] = await found(description, timeToLive, {});
  assert.deepEqual([where, attribute], ['by-rank', 'rank']);
});

test('Q37: beacons as keys of indexes', async () => {
  const found = async (...names) => {
    const table = people({ logicalTableName: 'people' }, (usual) => ({
      ...usual,
      standardBeacons: [
        ...usual.standardBeacons,
        standardBeacon('notes', { length: 8, style: { type: 'partOnly' } }),
      ],
      compoundBeacons: [
        ...usual.compoundBeacons,
        compoundBeacon('noted', { split: '.', encryptedParts: [{ name: 'notes', prefix: 'N-' }] }),
      ],
    }));
    const Table = {
      KeySchema: key('id'),
      GlobalSecondaryIndexes: names.map((name, i) => index(`index-${i}`, [name])),
    };
    const { client } = clientOf(NEWEST, (operation) =>
      operation === 'DescribeTable' ? { Table } : {},
    );
    return await checkTables(client, { [TABLE]: table });
  };
  const beacons = ['ssn', 'city', 'lastFour', 'place', 'noted'].map((name) => `aws_dbe_b_${name}`);
  assert.deepEqual(await found(...beacons, 'cohort', 'province', ':views'), []);

  const advice = async (name) => {
    const [{ table, index: where, attribute, problem, fix }, ...more] = await found(name);
    assert.deepEqual([table, where, attribute, more], [TABLE, 'index-0', name, []]);
    return `${problem} / ${fix}`;
  };
  const NOT_CONFIGURED = [
    ['aws_dbe_b_email', /not configured.*'email'/],
    ['aws_dbe_b_', /not configured/],
    ['aws_dbe_b_cohort', /signed beacon is stored under its own name/],
    ['aws_dbe_b_tags', /set/],
    ['aws_dbe_b_notes', /only a part of others/],
    ['ssn', /encrypted attribute.*'aws_dbe_b_ssn'/],
    ['notes', /encrypted attribute.*standard beacon.*'aws_dbe_b_notes'/],
    ['tags', /encrypted attribute/],
    ['place', /name of a beacon.*'aws_dbe_b_place'/],
    ['lastFour', /name of a beacon.*'aws_dbe_b_lastFour'/],
    ['unknown', /without an action.*attributeActions/],
  ];
  for (const [name, expected] of NOT_CONFIGURED) assert.match(await advice(name), expected);
});

test('Q37: an encrypted attribute of a table without search may have a beacon', async () => {
  const [{ fix }] = await found({ GlobalSecondaryIndexes: [index('by-ssn', ['ssn'])] });
  assert.match(fix, /SIGN_ONLY, or give it a standard beacon, and index 'aws_dbe_b_ssn'/);
  const [{ problem }] = await found({ GlobalSecondaryIndexes: [index('x', ['aws_dbe_b_ssn'])] });
  assert.match(problem, /not configured/);
});
