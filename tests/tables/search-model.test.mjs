// Random tables with beacons of a few bits, random items, queries and scans, against the same on plaintext: a second table, whose
// items have virtual fields and compound beacons as attributes, and no encryption. The same items are found, always, and nothing of
// an encrypted attribute is in what DynamoDB has stored or was sent.
// SEED=… repeats a run.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  compoundBeacon,
  queryPartitions,
  resolveAttributes,
  standardBeacon,
  virtualField,
} from '../../pkg/entrypoints/tables.js';
import { generator } from '../support/generator.mjs';
import { shows, startWorld } from './live.mjs';
import { createTable, people, watch } from './search-support.mjs';
import { NEWEST as sdk } from './support.mjs';

const SEED = Number(process.env.SEED ?? Math.trunc(Math.random() * 2 ** 31));
const TABLES = Number(process.env.TABLES ?? 5);
const ITEMS = 40;
const REQUESTS = 30;

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.close());

const S = (text) => ({ S: text });

/** What one table is made of, at random. */
function plan(random) {
  const below = (n) => Math.trunc(random() * n);
  const pick = (list) => list[below(list.length)];
  const maybe = (share = 0.5) => random() < share;
  const shuffled = (list) =>
    list
      .map((one) => [random(), one])
      .sort(([a], [b]) => a - b)
      .map(([, one]) => one);

  const maximum = pick([1, 1, 2, 3, 5]);
  const partitions = () =>
    maximum > 1 && maybe() ? { numberOfPartitions: 1 + below(maximum - 1) } : {};
  const bits = () => 1 + below(6);
  // Secrets are long enough not to be anywhere by chance, and none begins another.
  const words = (count, length) =>
    Array.from({ length: count }, () =>
      Array.from({ length }, () => pick([...'abcdefghijklmnopqrstuvwxyzäö'])).join(''),
    );
  const numbers = Array.from({ length: 5 }, () => String(10_000_000 + below(80_000_000)));
  const pools = {
    label: words(6, 9).map(S),
    mail: words(5, 10).map(S),
    amount: numbers.map((N) => ({ N })),
    tag: words(5, 9),
    area: ['aa', 'ab', 'b', 'cc'].map(S),
    kind: ['x', 'y'].map(S),
  };
  // A beacon of another name than its attribute's is an attribute of that name on plaintext.
  const aliased = maybe() ? 'mailbox' : 'mail';
  const standardBeacons = [
    standardBeacon('label', { length: bits(), ...partitions() }),
    standardBeacon(aliased, { length: bits(), location: 'mail', ...partitions() }),
    standardBeacon('amount', { length: bits(), ...partitions() }),
    standardBeacon('tag', { length: bits(), style: { type: 'asSet' }, ...partitions() }),
    standardBeacon('mixed', { length: bits(), ...partitions() }),
  ];
  const transforms = pick([
    [],
    [{ type: 'upper' }],
    [{ type: 'prefix', length: 2 }],
    [{ type: 'suffix', length: 3 }, { type: 'upper' }],
    [{ type: 'substring', low: 1, high: 4 }],
  ]);
  const virtualFields = [
    virtualField('mixed', [{ location: 'label', transforms }, { location: 'area' }]),
  ];
  const parts = [
    { name: 'area', required: true },
    { name: 'label', required: maybe() },
    ...(maybe() ? [{ name: aliased, required: maybe() }] : []),
  ];
  const compoundBeacons = [
    compoundBeacon('joined', {
      split: '.',
      signedParts: [{ name: 'area', prefix: 'A-' }],
      encryptedParts: [
        { name: 'label', prefix: 'N-' },
        { name: aliased, prefix: 'M-' },
      ],
      constructors: [{ parts }],
    }),
    compoundBeacon('overt', {
      split: '|',
      signedParts: [
        { name: 'area', prefix: 'A+' },
        { name: 'kind', prefix: 'K+' },
      ],
    }),
  ];
  const table = people(
    {
      attributeActions: {
        id: 'SIGN_ONLY',
        area: 'SIGN_ONLY',
        kind: 'SIGN_ONLY',
        label: 'ENCRYPT_AND_SIGN',
        mail: 'ENCRYPT_AND_SIGN',
        amount: 'ENCRYPT_AND_SIGN',
        tag: 'ENCRYPT_AND_SIGN',
      },
      algorithmSuite: pick(['6700', '6701']),
    },
    (usual) => ({
      ...usual,
      standardBeacons: shuffled(standardBeacons),
      virtualFields,
      compoundBeacons,
      maximumNumberOfPartitions: maximum,
      ...(maximum > 1 && maybe() ? { defaultNumberOfPartitions: 1 + below(maximum - 1) } : {}),
      partitionSelector: maybe() ? (_, count) => below(count) : undefined,
    }),
  );

  const items = Array.from({ length: ITEMS }, (_, i) => {
    const tags = pools.tag.filter(() => maybe(0.4));
    const attributes = [
      ['area', pick(pools.area)],
      ['kind', pick(pools.kind)],
      ['label', pick(pools.label)],
      ['mail', pick(pools.mail)],
      ['amount', pick(pools.amount)],
      ...(tags.length > 0 ? [['tag', { SS: tags.sort() }]] : []),
    ].filter(([name]) => name === 'area' || maybe(0.85));
    // In any order: what comes from the service has one of its own.
    return Object.fromEntries(shuffled([['id', S(`i-${i}`)], ...attributes]));
  });
  /** The same item of the table in plaintext. */
  const inPlaintext = (item) => {
    const { virtualFields: fields, compoundBeacons: beacons } = resolveAttributes(table, item);
    const more = Object.entries({ ...fields, ...beacons }).map(([name, text]) => [name, S(text)]);
    const alias = item.mail ? { [aliased]: item.mail } : {};
    return { ...item, ...Object.fromEntries(more), ...alias };
  };
  const plainItems = items.map(inPlaintext);

  /** A value that some item has there, or none. */
  const valueAt = (name) => {
    if (maybe(0.15)) return name === 'amount' ? { N: '87654321' } : S(words(1, 9)[0]);
    const has = plainItems.filter((item) => Object.hasOwn(item, name));
    return has.length > 0 ? pick(has)[name] : S('nothing');
  };
  /** The pieces of a value of the compound beacon. */
  const piecesAt = () => {
    const joined = plainItems.flatMap(({ joined: value }) => (value ? [value.S] : []));
    return (joined.length > 0 && maybe(0.9) ? pick(joined) : 'A-b').split('.');
  };

  let values;
  const used = (value) => {
    const name = `:v${Object.keys(values).length}`;
    values[name] = value;
    return name;
  };
  const BEACONS = ['label', aliased, 'amount', 'mixed'];
  const beaconTest = () => {
    const name = pick(BEACONS);
    switch (below(4)) {
      case 0:
        return `${used(valueAt(name))} = ${name}`;
      case 1:
        return `${name} IN (${[1, 2, 3].map(() => used(valueAt(name))).join(', ')})`;
      default:
        return `${name} = ${used(valueAt(name))}`;
    }
  };
  const compoundTest = () => {
    const pieces = piecesAt();
    const upTo = pieces.slice(0, 1 + below(pieces.length)).join('.');
    switch (below(5)) {
      case 0:
        return `begins_with(joined, ${used(S(upTo))})`;
      case 1:
        return `contains(joined, ${used(S(pieces.at(-1)))})`;
      case 2:
        return `joined ${pick(['<', '<=', '>', '>='])} ${used(S(pieces[0]))}`;
      case 3: {
        const [low, high] = ['A-a', pieces[0]].sort();
        return `joined BETWEEN ${used(S(low))} AND ${used(S(high))}`;
      }
      default:
        return `joined = ${used(S(pieces.join('.')))}`;
    }
  };
  const otherTest = () => {
    switch (below(7)) {
      case 0:
        return `area ${pick(['=', '<', '>=', '<>'])} ${used(pick(pools.area))}`;
      case 1:
        return `begins_with(area, ${used(S('a'))})`;
      case 2:
        return `attribute_exists(${pick(['label', 'tag', 'kind', 'mixed', 'joined', aliased])})`;
      case 3:
        return `attribute_not_exists(${pick(['label', 'amount', 'kind', 'mixed', aliased])})`;
      case 4:
        return `begins_with(overt, ${used(S(`A+${pick(pools.area).S}`))})`;
      case 5:
        return `contains(label, ${used(S(pick(pools.label).S.slice(2, 6)))})`;
      default:
        return `contains(tag, ${used(S(pick(pools.tag)))})`;
    }
  };
  const condition = (depth = 0) => {
    const kind = random();
    if (depth < 3 && kind < 0.3)
      return `(${condition(depth + 1)} ${pick(['AND', 'OR'])} ${condition(depth + 1)})`;
    if (depth < 3 && kind < 0.4) return `NOT ${condition(depth + 1)}`;
    return pick([beaconTest, beaconTest, compoundTest, otherTest])();
  };
  // DynamoDB refuses what has redundant parentheses.
  const filter = () =>
    condition().replace(/^\((.*)\)$/s, (all, inner) => {
      let open = 0;
      for (const character of inner) {
        if (character === '(') open++;
        if (character === ')' && --open < 0) return all;
      }
      return inner;
    });

  const request = () => {
    values = {};
    const kind = below(4);
    if (kind < 2) return { filter: filter(), values };
    const more = maybe(0.4) ? filter() : undefined;
    if (kind === 2) {
      const name = pick(BEACONS.filter((one) => one !== 'amount'));
      const key = `${name} = ${used(valueAt(name))}`;
      return { index: `by-${name}`, key, filter: more, values };
    }
    const pieces = piecesAt();
    const upTo = pieces.slice(0, 1 + below(pieces.length)).join('.');
    const area = `area = ${used(S(pieces[0].slice(2)))}`;
    const range = pick([
      () => `begins_with(joined, ${used(S(upTo))})`,
      () => `joined = ${used(S(pieces.join('.')))}`,
      () => `joined >= ${used(S(pieces[0]))}`,
    ]);
    return { index: 'by-joined', key: `${area} AND ${range()}`, filter: more, values };
  };
  const secrets = [pools.label, pools.mail, pools.amount]
    .flat()
    .map(({ S: text, N: number }) => text ?? number)
    .concat(pools.tag);
  const indexes = {
    'by-label': ['aws_dbe_b_label'],
    [`by-${aliased}`]: [`aws_dbe_b_${aliased}`],
    'by-mixed': ['aws_dbe_b_mixed'],
    'by-joined': ['area', 'aws_dbe_b_joined'],
  };
  return { table, items, plainItems, request, secrets, indexes };
}

test(`${TABLES} random tables`, { timeout: 600_000 }, async (t) => {
  t.diagnostic(`SEED=${SEED} TABLES=${TABLES}`);
  console.log(`SEED=${SEED} TABLES=${TABLES}`);
  const random = generator(SEED);
  const counted = { scans: 0, queries: 0, found: 0, empty: 0 };
  for (let i = 0; i < TABLES; i++) {
    const { table, items, plainItems, request, secrets, indexes } = plan(random);
    const TableName = await createTable(world.plain, { indexes });
    const PlainTable = await createTable(world.plain);
    const tables = { [TableName]: table };
    const { client } = world.encrypted(tables);
    const sent = watch(client);
    const batch = async (to, name, all) => {
      for (let at = 0; at < all.length; at += 20) {
        const puts = all.slice(at, at + 20).map((Item) => ({ PutRequest: { Item } }));
        await to.send(new sdk.BatchWriteItemCommand({ RequestItems: { [name]: puts } }));
      }
    };
    await batch(client, TableName, items);
    await batch(world.plain, PlainTable, plainItems);
    const read = new Map(
      plainItems.map((plain, at) => [
        plain.id.S,
        { ...items[at], ...(plain.overt ? { overt: plain.overt } : {}) },
      ]),
    );

    for (let n = 0; n < REQUESTS; n++) {
      const { index, key, filter, values } = request();
      const given = Object.keys(values).length > 0 ? values : undefined;
      const about = JSON.stringify({ SEED, table: i, index, key, filter, values });
      const scan = (name, FilterExpression) =>
        new sdk.ScanCommand({
          TableName: name,
          FilterExpression,
          ExpressionAttributeValues: given,
        });
      const both = [key, filter && `(${filter})`].filter(Boolean).join(' AND ');
      const wanted = await world.plain.send(
        scan(PlainTable, key ? both.replace(/^\((.*)\)$/s, '$1') : filter),
      );
      const found = [];
      try {
        if (key) {
          const input = {
            TableName,
            IndexName: index,
            KeyConditionExpression: key,
            FilterExpression: filter,
            ExpressionAttributeValues: given,
          };
          for await (const item of queryPartitions(client, input, tables)) found.push(item);
          counted.queries++;
        } else {
          found.push(...(await client.send(scan(TableName, filter))).Items);
          counted.scans++;
        }
      } catch (error) {
        throw Object.assign(new Error(`${about}: ${error.message}`), { cause: error });
      }
      const ids = (list) => list.map(({ id }) => id.S).sort();
      assert.deepEqual(ids(found), ids(wanted.Items), about);
      for (const item of found) assert.deepEqual(item, read.get(item.id.S), about);
      counted.found += found.length;
      if (found.length === 0) counted.empty++;
    }
    assert.equal(shows(await world.stored(TableName), secrets), undefined, 'what is stored');
    assert.equal(
      shows(
        sent.map(({ body }) => body),
        secrets,
      ),
      undefined,
      'what was sent',
    );
    // It would be seen.
    assert.notEqual(shows(await world.stored(PlainTable), secrets), undefined);
  }
  console.log(JSON.stringify(counted));
  assert.ok(counted.found > 0 && counted.empty > 0);
});
