// Searched tables on MiniStack: what is written has beacons, and what is asked for comes back, by keys of indexes and by filters.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { ItemEncryptor } from '../../pkg/entrypoints/index.js';
import { standardBeacon, updateItem } from '../../pkg/entrypoints/tables.js';
import { shows, startWorld } from './live.mjs';
import { INDEXES, byId, createTable, people, texts, watch } from './search-support.mjs';
import { NEWEST, refused } from './support.mjs';

const {
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  lib,
} = NEWEST;

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.close());

const person = (id, more = {}) => ({
  id: { S: id },
  country: { S: 'US' },
  province: { S: 'WA' },
  joined: { S: '2020-01-01' },
  ssn: { S: `${id}-05-1120` },
  city: { S: 'Seattle' },
  tags: { SS: ['new'] },
  ...more,
});
const PEOPLE = [
  person('a'),
  person('b', { city: { S: 'Spokane' }, tags: { SS: ['new', 'vip'] } }),
  person('c', { province: { S: 'OR' }, city: { S: 'Portland' }, ssn: { S: 'c-05-9999' } }),
  person('d', { country: { S: 'CA' }, province: { S: 'BC' }, city: { S: 'Vancouver' } }),
  (({ city: _, tags: __, ...rest }) => rest)(person('e', { joined: { S: '2021-06-01' } })),
  person('f', { province: { S: 'OR' }, city: { S: 'Salem' }, joined: { S: '2019-01-01' } }),
];
/** The items as they are read: signed beacons are attributes. */
const read = (item) => ({ ...item, cohort: { S: `N+${item.country.S}|J+${item.joined.S}` } });

/** A table of people on the server, the clients for it, and what they send. */
async function startTable(options, search, more = {}) {
  const TableName = await createTable(world.plain, { indexes: INDEXES, ...more });
  const table = people(options, search);
  const tables = { [TableName]: table };
  const { client, documents } = world.encrypted(tables);
  const sent = watch(client);
  const ask = (Command, input) => client.send(new Command({ TableName, ...input }));
  return {
    TableName,
    table,
    tables,
    client,
    documents,
    sent,
    put: (Item) => ask(PutItemCommand, { Item }),
    query: (KeyConditionExpression, values, input) =>
      ask(QueryCommand, { KeyConditionExpression, ExpressionAttributeValues: values, ...input }),
    scan: (FilterExpression, values, input) =>
      ask(ScanCommand, { FilterExpression, ExpressionAttributeValues: values, ...input }),
    ask,
  };
}

describe('a table with every kind of beacon', () => {
  let all;
  before(async () => {
    all = await startTable();
    const { client, TableName, put } = all;
    const [a, b, c, d, e, f] = PEOPLE;
    await put(a);
    const RequestItems = { [TableName]: [b, c, d].map((Item) => ({ PutRequest: { Item } })) };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
    const TransactItems = [e, f].map((Item) => ({ Put: { TableName, Item } }));
    await client.send(new TransactWriteItemsCommand({ TransactItems }));
  });

  test('Q5, Q7, Q11, Q13: puts, batches and transactions store beacons', async () => {
    const stored = await world.stored(all.TableName);
    assert.equal(stored.length, PEOPLE.length);
    for (const item of stored) {
      assert.match(item.aws_dbe_b_ssn.S, /^[0-9a-f]{8}$/);
      assert.match(item.aws_dbe_b_lastFour.S, /^[0-3][0-9a-f]{2}$/);
      assert.equal(Object.hasOwn(item, 'aws_dbe_b_city'), item.id.S !== 'e');
      if (item.city) assert.match(item.aws_dbe_b_place.S, /^S-(WA|OR|BC)\.C-[0-9a-f]{3}$/);
      else assert.equal(item.aws_dbe_b_place.S, 'S-WA');
      assert.equal(item.aws_dbe_b_tags?.SS.length, item.tags && (item.id.S === 'b' ? 2 : 1));
      assert.ok(!Object.hasOwn(item, 'aws_dbe_v_1'));
    }
    const secrets = PEOPLE.flatMap(({ ssn, city }) => [ssn.S, ...(city ? [city.S] : [])]);
    assert.equal(shows(stored, secrets), undefined);
  });

  test('Q7: none of it is given back', async () => {
    const { Items, Count } = await all.ask(ScanCommand, {});
    assert.deepEqual(
      Items.sort((one, other) => (one.id.S < other.id.S ? -1 : 1)),
      PEOPLE.map(read),
    );
    assert.equal(Count, PEOPLE.length);
    const { Item } = await all.ask(GetItemCommand, { Key: { id: { S: 'b' } } });
    assert.deepEqual(Item, read(PEOPLE[1]));
  });

  test('Q27, Q37: an index of a beacon is queried by the value', async () => {
    const found = await all.query('ssn = :v', texts({ v: 'b-05-1120' }), { IndexName: 'by-ssn' });
    assert.deepEqual([found.Items, found.Count], [[read(PEOPLE[1])], 1]);
    const { body } = all.sent.at(-1);
    assert.equal(body.KeyConditionExpression.replaceAll(' ', ''), 'aws_dbe_b_ssn=:v');
    assert.match(body.ExpressionAttributeValues[':v'].S, /^[0-9a-f]{8}$/);
    const named = await all.query('#n = :v', texts({ v: 'b-05-1120' }), {
      IndexName: 'by-ssn',
      ExpressionAttributeNames: { '#n': 'ssn' },
    });
    assert.deepEqual(named.Items, found.Items);
    const none = await all.query('ssn = :v', texts({ v: 'nobody' }), { IndexName: 'by-ssn' });
    assert.deepEqual([none.Items, none.Count], [[], 0]);
  });

  test('Q37: with a plaintext sort key', async () => {
    const joined = texts({ c: 'Seattle', from: '2019-06-01' });
    const query = 'city = :c AND joined >= :from';
    const { Items } = await all.query(query, joined, { IndexName: 'by-city' });
    assert.deepEqual(byId(Items), ['a']);
  });

  const FILTERS = [
    ['city = :v', { v: 'Seattle' }, 'a'],
    [':v = city', { v: 'Seattle' }, 'a'],
    ['city IN (:v, :w)', { v: 'Seattle', w: 'Salem' }, 'af'],
    ['city = :v OR ssn = :w', { v: 'Seattle', w: 'c-05-9999' }, 'ac'],
    ['city = :v AND province = :w', { v: 'Salem', w: 'OR' }, 'f'],
    ['city = :v AND province = :w', { v: 'Salem', w: 'WA' }, ''],
    ['NOT city = :v', { v: 'Seattle' }, 'bcdef'],
    ['NOT (city = :v OR province = :w)', { v: 'Seattle', w: 'OR' }, 'bde'],
    ['contains(tags, :v)', { v: 'vip' }, 'b'],
    ['contains(city, :v)', { v: 'land' }, 'c'],
    ['lastFour = :v', { v: '1120WA' }, 'abe'],
    ['attribute_exists(city)', {}, 'abcdf'],
    ['attribute_not_exists(city)', {}, 'e'],
    ['begins_with(place, :v)', { v: 'S-OR' }, 'cf'],
    ['begins_with(place, :v)', { v: 'S-OR.C-Salem' }, 'f'],
    ['contains(place, :v)', { v: 'C-Salem' }, 'f'],
    ['place < :v', { v: 'S-P' }, 'cdf'],
    ['place BETWEEN :v AND :w', { v: 'S-OR', w: 'S-OS' }, 'cf'],
    ['begins_with(cohort, :v)', { v: 'N+CA' }, 'd'],
  ];
  for (const [filter, values, wanted] of FILTERS)
    test(`Q27, Q28, Q29, Q30: a scan for ${filter} of ${Object.values(values)}`, async () => {
      const given = Object.keys(values).length > 0 ? texts(values) : undefined;
      const { Items, Count, ScannedCount } = await all.scan(filter, given);
      assert.equal(byId(Items).join(''), wanted);
      assert.deepEqual([Count, ScannedCount], [Items.length, PEOPLE.length]);
      for (const item of Items) {
        const [one] = PEOPLE.filter(({ id }) => id.S === item.id.S);
        assert.deepEqual(item, read(one));
      }
    });

  const REFUSED = [
    ['Q29', 'notes = :v', { v: 'x' }, 'notes'],
    ['Q29', 'city < :v', { v: 'x' }, 'city'],
    ['Q29', 'city <> :v', { v: 'x' }, 'city'],
    ['Q29', 'begins_with(city, :v)', { v: 'x' }, 'city'],
    ['Q29', 'city BETWEEN :v AND :w', { v: 'x', w: 'y' }, 'city'],
    ['Q27', 'city = :v AND ssn = :v', { v: 'x' }, ':v'],
    ['Q27', 'city = :v AND province = :v', { v: 'x' }, ':v'],
    ['Q30', 'place < :v', { v: 'S-OR.C-Salem.' }, 'place'],
    ['Q15', 'place = :v', { v: 'C-Salem.S-OR' }, 'place'],
    ['Q13', 'place = :v', { v: 'Salem' }, 'place'],
  ];
  for (const [rule, filter, values, attribute] of REFUSED)
    test(`${rule}: ${filter} of ${Object.values(values)} is refused`, async () => {
      const before = all.sent.length;
      const error = await refused(all.scan(filter, texts(values)), {
        code: 'TABLE_REQUEST_REFUSED',
        table: all.TableName,
      });
      assert.ok(error.message.includes(attribute), error.message);
      assert.equal(all.sent.length, before, 'it was sent');
    });

  const KEYS = [
    ['begins_with(place, :v)', { v: 'S-OR' }, 'cf'],
    ['begins_with(place, :v)', { v: 'S-OR.C-Salem' }, 'f'],
    ['begins_with(place, :v)', { v: 'S-' }, 'abcef'],
    ['place = :v', { v: 'S-WA.C-Seattle' }, 'a'],
    ['place = :v', { v: 'S-WA' }, 'e'],
    ['place BETWEEN :v AND :w', { v: 'S-OR', w: 'S-OS' }, 'cf'],
    ['place BETWEEN :v AND :w', { v: 'S-OS', w: 'S-X' }, 'abe'],
    ['place > :v', { v: 'S-P' }, 'abe'],
    ['place <= :v', { v: 'S-P' }, 'cf'],
  ];
  for (const [condition, values, wanted] of KEYS)
    test(`Q30, Q37: a query of an index for ${condition} of ${Object.values(values)}`, async () => {
      const { Items } = await all.query(
        `country = :country AND ${condition}`,
        texts({ country: 'US', ...values }),
        { IndexName: 'by-place' },
      );
      assert.equal(byId(Items).join(''), wanted);
    });

  test('Q18, Q37: a signed beacon is the key of an index', async () => {
    const given = texts({ v: 'N+US|J+2020-01-01' });
    const { Items } = await all.query('cohort = :v', given, { IndexName: 'by-cohort' });
    assert.deepEqual(byId(Items), ['a', 'b', 'c']);
  });

  test('Q28: Select COUNT where DynamoDB counts what was asked for, and else not', async () => {
    const Select = 'COUNT';
    const plain = await all.scan('province = :v', texts({ v: 'OR' }), { Select });
    assert.deepEqual([plain.Count, plain.Items], [2, undefined]);
    const signed = await all.query('cohort = :v', texts({ v: 'N+US|J+2020-01-01' }), {
      IndexName: 'by-cohort',
      Select,
    });
    assert.equal(signed.Count, 3);
    const ofPart = await all.scan('begins_with(place, :v)', texts({ v: 'S-OR' }), { Select });
    assert.equal(ofPart.Count, 2);
    const before = all.sent.length;
    const expected = { code: 'TABLE_REQUEST_REFUSED', message: /COUNT/, table: all.TableName };
    await refused(all.scan('city = :v', texts({ v: 'Salem' }), { Select }), expected);
    const place = (v) => all.scan('begins_with(place, :v)', texts({ v }), { Select });
    await refused(place('S-OR.C-Salem'), expected);
    const byCity = { IndexName: 'by-ssn', Select };
    await refused(all.query('ssn = :v', texts({ v: 'x' }), byCity), expected);
    assert.equal(all.sent.length, before, 'it was sent');
  });

  test('Q18: a projection has signed beacons, or the items could not be verified', async () => {
    const names = [...Object.keys(all.table.attributeActions), 'aws_dbe_head', 'aws_dbe_foot'];
    const project = (given) =>
      all.scan('city = :v', texts({ v: 'Salem' }), {
        ProjectionExpression: given.map((_, i) => `#p${i}`).join(),
        ExpressionAttributeNames: Object.fromEntries(given.map((name, i) => [`#p${i}`, name])),
      });
    const { Items } = await project([...names, 'cohort']);
    assert.deepEqual(Items, [read(PEOPLE[5])]);
    await refused(project(names), { code: 'TABLE_REQUEST_REFUSED', attribute: 'cohort' });
  });

  test('documents and paginators', async () => {
    const { documents, TableName } = all;
    const byCity = {
      TableName,
      IndexName: 'by-city',
      KeyConditionExpression: 'city = :c',
      ExpressionAttributeValues: { ':c': 'Seattle' },
    };
    const { Items } = await documents.send(new lib.QueryCommand(byCity));
    assert.deepEqual(byId(Items), ['a']);
    assert.equal(Items[0].ssn, 'a-05-1120');
    const found = [];
    const scan = {
      TableName,
      Limit: 1,
      FilterExpression: 'contains(tags, :t)',
      ExpressionAttributeValues: { ':t': 'new' },
    };
    let pages = 0;
    for await (const page of lib.paginateScan({ client: documents }, scan)) {
      assert.equal(page.Count, page.Items.length);
      assert.ok(page.ScannedCount <= 1);
      found.push(...page.Items);
      pages++;
    }
    assert.ok(pages >= PEOPLE.length);
    assert.deepEqual(byId(found), ['a', 'b', 'c', 'd', 'f']);
    assert.deepEqual(found.find(({ id }) => id === 'b').tags, new Set(['new', 'vip']));
  });
});

test('Q28: of what a short beacon finds only what was asked for is given, and Count says so', async () => {
  const one = (usual) => ({
    ...usual,
    standardBeacons: [standardBeacon('city', { length: 1 })],
    compoundBeacons: undefined,
    virtualFields: undefined,
  });
  const { put, query, TableName } = await startTable({}, one);
  const cities = Array.from({ length: 24 }, (_, i) => `city ${i}`);
  for (const [i, city] of cities.entries()) await put(person(`p${i}`, { city: { S: city } }));
  const beacons = new Map(
    (await world.stored(TableName)).map((item) => [item.id.S, item.aws_dbe_b_city.S]),
  );
  assert.deepEqual([...new Set(beacons.values())].sort(), ['0', '1']);
  for (const [i, city] of cities.entries()) {
    const input = { IndexName: 'by-city' };
    const { Items, Count, ScannedCount } = await query('city = :c', texts({ c: city }), input);
    assert.deepEqual([byId(Items), Count], [[`p${i}`], 1]);
    const alike = [...beacons.values()].filter((beacon) => beacon === beacons.get(`p${i}`));
    assert.equal(ScannedCount, alike.length);
  }
});

test('Q28: items are looked through whatever the order of their attributes is', async () => {
  const { put, scan } = await startTable();
  const [a] = PEOPLE;
  const names = Object.keys(a).filter((name) => name !== 'id');
  const orders = names.map((_, at) => [...names.slice(at), ...names.slice(0, at)]);
  for (const [i, order] of [...orders, [...names].reverse()].entries()) {
    const attributes = order.map((name) => [name, a[name]]);
    await put(Object.fromEntries([...attributes, ['id', { S: `order ${i}` }]]));
  }
  for (const [filter, values] of [
    ['ssn = :v', { v: a.ssn.S }],
    ['city = :v', { v: a.city.S }],
    ['contains(tags, :v)', { v: 'new' }],
    ['place = :v', { v: `S-WA.C-${a.city.S}` }],
    ['lastFour = :v', { v: '1120WA' }],
  ])
    assert.equal((await scan(filter, texts(values))).Count, orders.length + 1, filter);
});

test('Q28: what is found and not asked for stays in LastEvaluatedKey, and pages go on', async () => {
  const one = (usual) => ({
    ...usual,
    standardBeacons: [standardBeacon('city', { length: 1 })],
    compoundBeacons: undefined,
    virtualFields: undefined,
  });
  const { put, client, TableName } = await startTable({}, one);
  const items = Array.from({ length: 12 }, (_, i) =>
    person(`p${i}`, { city: { S: `city ${i}` }, joined: { S: String(i).padStart(2, '0') } }),
  );
  for (const item of items) await put(item);
  const found = [];
  let pages = 0;
  const byCity = {
    TableName,
    IndexName: 'by-city',
    Limit: 1,
    KeyConditionExpression: 'city = :c',
    ExpressionAttributeValues: texts({ c: 'city 7' }),
  };
  for await (const page of NEWEST.paginateQuery({ client }, byCity)) {
    found.push(...page.Items);
    pages++;
  }
  assert.deepEqual(byId(found), ['p7']);
  assert.ok(pages > 2, `${pages} pages`);
});

describe('Q18: a signed beacon as the key of the table', () => {
  let accounts;
  before(async () => {
    const { attributeActions, ...rest } = people({}, (usual) => ({
      ...usual,
      compoundBeacons: [usual.compoundBeacons[1]],
      virtualFields: undefined,
      standardBeacons: [standardBeacon('ssn', { length: 32 })],
    }));
    const { id: _, ...actions } = attributeActions;
    accounts = await startTable(
      { ...rest, attributeActions: actions, partitionKeyName: 'cohort' },
      undefined,
      { keys: ['cohort'], indexes: { 'by-ssn': ['aws_dbe_b_ssn'] } },
    );
  });
  const account = (joined, more) => {
    const { id: _, ...rest } = person('x', { joined: { S: joined }, ...more });
    return rest;
  };
  const key = (joined) => ({ cohort: { S: `N+US|J+${joined}` } });

  test('items are put without it, and with it where it is what its parts make', async () => {
    const { ask, put } = accounts;
    await put(account('1'));
    await put({ ...account('2'), ...key('2') });
    for (const joined of ['1', '2']) {
      const { Item } = await ask(GetItemCommand, { Key: key(joined) });
      assert.deepEqual(Item, { ...account(joined), ...key(joined) });
    }
    const stored = await world.stored(accounts.TableName);
    assert.deepEqual(stored.map(({ cohort }) => cohort.S).sort(), ['N+US|J+1', 'N+US|J+2']);
    assert.ok(stored.every((item) => !Object.hasOwn(item, 'aws_dbe_b_cohort')));
  });

  test('another one is refused, and an item without its parts', async () => {
    const { put, TableName } = accounts;
    const expected = { code: 'BEACON_NOT_POSSIBLE', attribute: 'cohort', table: TableName };
    await refused(put({ ...account('3'), ...key('4') }), expected);
    const { joined: _, ...without } = account('3');
    const error = await put(without).catch((error) => error);
    assert.ok(error.code, error);
    assert.equal((await world.stored(TableName)).length, 2);
  });

  test('queries by it, and by a beacon', async () => {
    const { query } = accounts;
    assert.equal((await query('cohort = :c', { ':c': key('1').cohort })).Count, 1);
    const bySsn = await query('ssn = :s', texts({ s: 'x-05-1120' }), { IndexName: 'by-ssn' });
    assert.equal(bySsn.Count, 2);
  });

  test('updateItem changes what is not a part of it, and else is refused', async () => {
    const { client, TableName, ask, query } = accounts;
    const where = { TableName, Key: key('1') };
    const ssn = { S: 'y-05-1120' };
    await updateItem(client, where, (item) => ({ ...item, ssn }));
    const found = await query('ssn = :s', { ':s': ssn }, { IndexName: 'by-ssn' });
    assert.deepEqual(
      found.Items.map(({ cohort }) => cohort),
      [key('1').cohort],
    );
    await refused(
      updateItem(client, where, (item) => ({ ...item, joined: { S: '9' } })),
      { code: 'BEACON_NOT_POSSIBLE', attribute: 'cohort' },
    );
    const { Item } = await ask(GetItemCommand, { Key: key('1') });
    assert.deepEqual(Item, { ...account('1', { ssn }), ...key('1') });
    await ask(DeleteItemCommand, { Key: key('1') });
    assert.equal((await query('ssn = :s', { ':s': ssn }, { IndexName: 'by-ssn' })).Count, 0);
  });
});

describe('records that change', () => {
  let all;
  before(async () => {
    all = await startTable();
    await all.put(PEOPLE[0]);
  });
  const where = () => ({ TableName: all.TableName, Key: { id: { S: 'a' } } });
  const inCity = async (city) =>
    byId((await all.query('city = :c', texts({ c: city }), { IndexName: 'by-city' })).Items);

  test('Q7: updateItem changes beacons with their values, and removes them', async () => {
    const { client } = all;
    await updateItem(client, where(), (item) => ({ ...item, city: { S: 'Olympia' } }));
    assert.deepEqual([await inCity('Seattle'), await inCity('Olympia')], [[], ['a']]);
    await updateItem(client, where(), ({ city: _, ...item }) => item);
    assert.deepEqual(await inCity('Olympia'), []);
    const [stored] = await world.stored(all.TableName);
    assert.equal(stored.aws_dbe_b_place.S, 'S-WA');
    assert.ok(!Object.hasOwn(stored, 'aws_dbe_b_city'));
  });

  test('Q18: updateItem makes signed beacons of what the item is now', async () => {
    await updateItem(all.client, where(), (item) => ({ ...item, joined: { S: '2024-01-01' } }));
    const [stored] = await world.stored(all.TableName);
    assert.equal(stored.cohort.S, 'N+US|J+2024-01-01');
  });

  test('Q7: the option updates does the same for UpdateItem', async () => {
    const { tables, TableName } = all;
    const { client, documents } = world.encrypted(tables, NEWEST, {
      updates: { client: world.plain },
    });
    const update = (UpdateExpression, values) =>
      client.send(
        new UpdateItemCommand({
          ...where(),
          UpdateExpression,
          ExpressionAttributeValues: values,
          ReturnValues: 'ALL_NEW',
        }),
      );
    const { Attributes } = await update('SET city = :c', texts({ c: 'Tacoma' }));
    assert.equal(Attributes.city.S, 'Tacoma');
    assert.deepEqual(await inCity('Tacoma'), ['a']);
    await update('REMOVE city', undefined);
    assert.deepEqual(await inCity('Tacoma'), []);
    await update('SET joined = :j', texts({ j: '2025-01-01' }));
    const [stored] = await world.stored(TableName);
    assert.equal(stored.cohort.S, 'N+US|J+2025-01-01');
    const command = new lib.UpdateCommand({
      TableName,
      Key: { id: 'a' },
      UpdateExpression: 'SET city = :c',
      ConditionExpression: 'ssn = :s',
      ExpressionAttributeValues: { ':c': 'Yakima', ':s': 'a-05-1120' },
    });
    await documents.send(command);
    assert.deepEqual(await inCity('Yakima'), ['a']);
  });

  test('conditions on what is encrypted stay refused', async () => {
    const condition = (ConditionExpression) =>
      all.ask(PutItemCommand, {
        Item: PEOPLE[0],
        ConditionExpression,
        ExpressionAttributeValues: texts({ v: 'x' }),
      });
    await refused(condition('city = :v'), {
      code: 'TABLE_REQUEST_REFUSED',
      attribute: 'city',
      table: all.TableName,
    });
  });

  test('conditions on what only queries know are refused, and those on what is stored are not', async () => {
    const put = (ConditionExpression, values) =>
      all.ask(PutItemCommand, {
        Item: PEOPLE[0],
        ConditionExpression,
        ExpressionAttributeValues: values && texts(values),
      });
    for (const [name, condition, values] of [
      ['place', 'country = :v OR place = :v', { v: 'x' }],
      ['place', 'attribute_not_exists(place)'],
      ['lastFour', 'attribute_exists(lastFour)'],
      ['lastFour', 'begins_with(lastFour, :v)', { v: 'x' }],
    ]) {
      await refused(put(condition, values), {
        code: 'TABLE_REQUEST_REFUSED',
        attribute: name,
        message: /names a beacon or a virtual field/,
      });
    }
    await put('attribute_exists(ssn) OR attribute_not_exists(ssn)');
    await put('attribute_exists(cohort) AND NOT cohort = :v', { v: 'x' });
  });

  test('Q7: resealItems gives items the beacons of the encryptor that seals them', async () => {
    const table = people({ logicalTableName: 'resealed' });
    const { search: _, ...unsearched } = table;
    const [encryptor, before] = [new ItemEncryptor(table), new ItemEncryptor(unsearched)];
    const { item: bare } = await before.encryptItem(PEOPLE[1]);
    assert.ok(!Object.keys(bare).some((name) => name.startsWith('aws_dbe_b_')));
    const { item: sealed } = await encryptor.encryptItem(PEOPLE[1]);
    const beacons = (item) =>
      Object.fromEntries(
        Object.entries(item).filter(([name]) => /^aws_dbe_b_|^cohort$/.test(name)),
      );
    const { items, failed } = await encryptor.resealItems([bare, sealed]);
    assert.deepEqual(failed, []);
    for (const item of items) {
      assert.deepEqual(beacons(item), beacons(sealed));
      assert.deepEqual((await encryptor.decryptItem(item)).item, read(PEOPLE[1]));
    }
  });
});
