// Expressions evaluated here and by a DynamoDB that nobody here wrote: the same item, the same values given back, the same
// conditions fail.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import '../../pkg/entrypoints/index.js';
import { evaluateCondition, evaluateUpdate } from '../../pkg/dynamodb/expressions.js';
import { startMiniStack } from '../kms/ministack.mjs';
import { seed } from '../support/seed.mjs';
import { CREDENTIALS } from './support.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 1500);
const TableName = 'expressions';

let stack;
let client;
before(async () => {
  stack = await startMiniStack();
  client = new DynamoDBClient({
    endpoint: stack.url,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
});
after(async () => {
  client?.destroy();
  await stack?.stop();
});

/** A source of choices that a seed repeats. */
function choices(value) {
  let block = createHash('sha256').update(value).digest();
  let at = 0;
  const below = (n) => {
    if (at + 4 > block.length) {
      block = createHash('sha256').update(block).digest();
      at = 0;
    }
    at += 4;
    return block.readUInt32LE(at - 4) % n;
  };
  const one = (list) => list[below(list.length)];
  return { below, one, maybe: (n) => below(n) === 0 };
}

// MiniStack rounds sums of more digits than these.
const NUMBERS = ['0', '1', '-1', '2.5', '10', '12345678901234567890', '-0.001'];
const STRINGS = ['', 'a', 'ab', 'abc', 'b', 'Zürich', '５'];
const BINARIES = [[], [0], [0, 1], [255], [1, 2, 3]].map((bytes) => Uint8Array.from(bytes));

function scalar({ one, below }) {
  switch (below(5)) {
    case 0:
      return { N: one(NUMBERS) };
    case 1:
      return { B: one(BINARIES) };
    case 2:
      return one([{ BOOL: true }, { BOOL: false }, { NULL: true }]);
    default:
      return { S: one(STRINGS) };
  }
}

function some({ below }, list) {
  const members = list.filter(() => below(3) === 0);
  return members.length > 0 ? members : [list[below(list.length)]];
}

function value(random, depth = 2) {
  const inner = () => value(random, depth - 1);
  switch (random.below(depth > 0 ? 9 : 5)) {
    case 0:
      return { SS: some(random, STRINGS.slice(1)) };
    case 1:
      return { NS: some(random, NUMBERS) };
    case 2:
      return { BS: some(random, BINARIES.slice(1)) };
    case 5:
    case 6:
      return { L: Array.from({ length: random.below(4) }, inner) };
    case 7:
    case 8:
      return {
        M: Object.fromEntries(
          ['x', 'y', 'z'].filter(() => random.maybe(2)).map((k) => [k, inner()]),
        ),
      };
    default:
      return scalar(random);
  }
}

const ATTRIBUTES = ['a', 'b', 'c', 'd', 'e'];

/** An expression under construction: what it names, it gives. */
class Writer {
  names = {};
  values = {};

  constructor(random) {
    this.random = random;
  }

  attribute() {
    const name = this.random.one(ATTRIBUTES);
    if (!this.random.maybe(3)) return name;
    this.names[`#${name}`] = name;
    return `#${name}`;
  }

  path() {
    let path = this.attribute();
    while (this.random.maybe(3)) path += this.random.one(['.x', '.y', '[0]', '[1]', '[2]']);
    return path;
  }

  value(made = value(this.random)) {
    const name = `:v${Object.keys(this.values).length}`;
    this.values[name] = made;
    return name;
  }

  operand() {
    return this.random.maybe(2) ? this.path() : this.value();
  }

  // With values only: of two attributes that an item lacks, MiniStack says that they are equal, and DynamoDB not.
  test() {
    const { random } = this;
    switch (random.below(9)) {
      case 0:
        return `attribute_exists(${this.path()})`;
      case 1:
        return `attribute_not_exists(${this.path()})`;
      case 2: {
        const types = ['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M'];
        return `attribute_type(${this.path()}, ${this.value({ S: random.one(types) })})`;
      }
      case 3:
        return `begins_with(${this.path()}, ${this.value(random.one([{ S: 'a' }, { S: '' }, { B: Uint8Array.of(0) }, { N: '1' }]))})`;
      case 4: {
        // MiniStack does not look for bytes in bytes.
        const member = random.one([{ S: random.one(STRINGS) }, { N: random.one(NUMBERS) }]);
        return `contains(${this.path()}, ${this.value(member)})`;
      }
      case 5: {
        // For MiniStack, what has no size has the size 0.
        const size = this.value({ N: random.one(['1', '2', '3']) });
        return `size(${this.path()}) ${random.one(['=', '>=', '>'])} ${size}`;
      }
      case 6:
        return `${this.path()} BETWEEN ${this.value({ N: '-1' })} AND ${this.value({ N: '10' })}`;
      case 7:
        return `${this.path()} IN (${this.value()}, ${this.value()})`;
      default:
        return `${this.path()} ${random.one(['=', '<>', '<', '<=', '>', '>='])} ${this.value()}`;
    }
  }

  condition() {
    let condition = this.test();
    while (this.random.maybe(3)) {
      const next = this.random.maybe(4) ? `NOT ${this.test()}` : this.test();
      condition = this.random.maybe(3)
        ? `(${condition}) AND ${next}`
        : `${condition} ${this.random.one(['AND', 'OR'])} ${next}`;
    }
    return condition;
  }

  assigned() {
    const { random } = this;
    switch (random.below(6)) {
      case 0:
        return `${this.path()} ${random.one(['+', '-'])} ${this.value({ N: random.one(NUMBERS) })}`;
      case 1:
        return `if_not_exists(${this.path()}, ${this.operand()})`;
      case 2:
        return `list_append(${this.path()}, ${this.value({ L: [scalar(random)] })})`;
      case 3:
        return `list_append(if_not_exists(${this.path()}, ${this.value({ L: [] })}), ${this.value({ L: [scalar(random)] })})`;
      default:
        return this.operand();
    }
  }

  update() {
    const { random } = this;
    const list = (action) => Array.from({ length: 1 + random.below(2) }, action).join(', ');
    const sections = [
      () => `SET ${list(() => `${this.path()} = ${this.assigned()}`)}`,
      () => `REMOVE ${list(() => this.path())}`,
      () =>
        `ADD ${this.path()} ${this.value(random.one([{ N: random.one(NUMBERS) }, { SS: some(random, STRINGS.slice(1)) }, { NS: some(random, NUMBERS) }]))}`,
      () =>
        `DELETE ${this.path()} ${this.value(random.one([{ SS: some(random, STRINGS.slice(1)) }, { NS: some(random, NUMBERS) }]))}`,
    ].filter((_, i) => (i === 0 ? !random.maybe(4) : random.maybe(4)));
    return sections.length > 0
      ? sections.map((section) => section()).join(' ')
      : `REMOVE ${this.path()}`;
  }

  /** What goes with the expressions in a request. */
  placeholders() {
    const given = (name, entries) => (Object.keys(entries).length > 0 ? { [name]: entries } : {});
    return {
      ...given('ExpressionAttributeNames', this.names),
      ...given('ExpressionAttributeValues', this.values),
    };
  }
}

/** A value as one that equals it: numbers in one form, sets in one order. */
function canonical(attribute) {
  const number = (text) => {
    const [, sign, digits, exponent] = /^(-?)([\d.]+)(?:[eE]([+-]?\d+))?$/.exec(text);
    const [whole, fraction = ''] = digits.split('.');
    const all = (whole + fraction).replace(/^0+/, '');
    const stripped = all.replace(/0+$/, '');
    const power = Number(exponent ?? 0) - fraction.length + all.length - stripped.length;
    return stripped === '' ? '0' : `${sign}${stripped}e${power}`;
  };
  const [[type, member]] = Object.entries(attribute);
  switch (type) {
    case 'N':
      return { N: number(member) };
    case 'NS':
      return { NS: member.map(number).sort() };
    case 'SS':
      return { SS: [...member].sort() };
    case 'B':
      return { B: Buffer.from(member).toString('hex') };
    case 'BS':
      return { BS: member.map((bytes) => Buffer.from(bytes).toString('hex')).sort() };
    case 'L':
      return { L: member.map(canonical) };
    case 'M':
      return { M: canonicalItem(member) };
    default:
      return attribute;
  }
}

function canonicalItem(item) {
  if (item === undefined) return undefined;
  const entries = Object.entries(item).map(([name, member]) => [name, canonical(member)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the server makes of an update: the item, what it gave back, or a refusal. */
async function there(request, item) {
  if (item) await client.send(new PutItemCommand({ TableName, Item: item }));
  let answer;
  try {
    answer = await client.send(new UpdateItemCommand({ TableName, ...request }));
  } catch (error) {
    if (error.name === 'ConditionalCheckFailedException') return { refused: 'condition' };
    if (error.name === 'ValidationException') return { refused: 'invalid', message: error.message };
    throw error;
  }
  const { Key } = request;
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  const given = answer.Attributes && Object.keys(answer.Attributes).length > 0;
  return {
    item: canonicalItem(Item),
    returned: canonicalItem(given ? answer.Attributes : undefined),
  };
}

/** The same, evaluated here. */
function here(request, item) {
  let outcome;
  try {
    outcome = evaluateUpdate(request, item);
  } catch (error) {
    const codes = ['MALFORMED_EXPRESSION', 'EXPRESSION_NOT_APPLICABLE', 'LIMIT_EXCEEDED'];
    assert.ok(codes.includes(error.code), error);
    return { refused: 'invalid', message: error.message };
  }
  if (!outcome.holds) return { refused: 'condition' };
  return {
    refused: undefined,
    item: canonicalItem(outcome.item),
    returned: canonicalItem(outcome.returned),
  };
}

/** Where MiniStack is not DynamoDB, as far as AWS's documentation and those who asked AWS tell. */
const EXCUSED = {
  // It writes where paths overlap, reckons with what is not a number, and ignores places that are not there.
  'refused here': ({ ours }) => ours.refused === 'invalid',
  // It looks at the update before the condition.
  'condition after update': ({ ours, theirs }) =>
    ours.refused === 'condition' && theirs.refused === 'invalid',
  // It takes an attribute of another type for a value of one.
  'type of an attribute': ({ theirs }) => /function: begins_with, operand/.test(theirs.message),
  // An update that only removes makes no item.
  'item of nothing': ({ item, ours, theirs }) =>
    !item && !ours.refused && ours.item === undefined && Object.keys(theirs.item).length === 1,
  // For an index beyond the end of a list it gives back the whole list, and not nothing.
  'index beyond the end': ({ request, ours, theirs }) =>
    /\[\d\]/.test(request.UpdateExpression) &&
    /^UPDATED/.test(request.ReturnValues) &&
    isDeepStrictEqual(ours.item, theirs.item),
};

test('updates and conditions do here what they do there', async (t) => {
  const start = seed(t);
  const counts = { 'item written': 0, 'condition failed': 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const random = choices(`${start} ${round}`);
    const Key = { id: { S: `${start}-${round}` } };
    const attributes = ATTRIBUTES.filter(() => !random.maybe(3));
    const whole = { ...Key, ...Object.fromEntries(attributes.map((n) => [n, value(random, 3)])) };
    const writer = new Writer(random);
    const updates = !random.maybe(3);
    const request = {
      Key,
      UpdateExpression: updates ? writer.update() : 'REMOVE nothing',
      ...((!updates || random.maybe(3)) && { ConditionExpression: writer.condition() }),
      ...(random.maybe(2) && {
        ReturnValues: random.one(['ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW']),
      }),
    };
    Object.assign(request, writer.placeholders());
    const item = random.maybe(8) ? undefined : whole;
    const ours = here(request, item);
    const theirs = await there(request, item);
    const told = ({ refused, item, returned }) => ({ refused, item, returned });
    const one = { request, item, ours, theirs };
    if (isDeepStrictEqual(told(ours), told(theirs))) {
      if (ours.refused !== 'invalid') {
        counts[ours.refused === 'condition' ? 'condition failed' : 'item written']++;
      }
      continue;
    }
    const excuse = Object.keys(EXCUSED).find((name) => EXCUSED[name](one));
    assert.ok(excuse, JSON.stringify(one, undefined, 1));
    counts[excuse] = (counts[excuse] ?? 0) + 1;
  }
  t.diagnostic(JSON.stringify(counts));
  // Both happen often enough to say something, whatever the seed: a tenth to a third of the rounds.
  assert.ok(counts['item written'] > ROUNDS / 20 && counts['condition failed'] > ROUNDS / 20);
});

test('filters find here what they find there', async (t) => {
  const start = seed(t);
  const random = choices(`${start} items`);
  const table = `${TableName}-filters`;
  const key = { AttributeName: 'id', AttributeType: 'S' };
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [key],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  const items = Array.from({ length: 40 }, (_, i) => {
    const attributes = ATTRIBUTES.filter(() => !random.maybe(3));
    return {
      id: { S: String(i) },
      ...Object.fromEntries(attributes.map((name) => [name, value(random, 3)])),
    };
  });
  for (const Item of items) await client.send(new PutItemCommand({ TableName: table, Item }));
  let found = 0;
  let compared = 0;
  for (let round = 0; round < ROUNDS / 10; round++) {
    const writer = new Writer(choices(`${start} filter ${round}`));
    const FilterExpression = writer.condition();
    const request = { FilterExpression, ...writer.placeholders() };
    let held;
    let answer;
    try {
      held = evaluateCondition(request, items);
      answer = await client.send(new ScanCommand({ TableName: table, ...request }));
    } catch (error) {
      // Values of types that an operator does not take; MiniStack refuses attributes of such types, too.
      if (error.code !== 'MALFORMED_EXPRESSION') assert.match(FilterExpression, /begins_with/);
      continue;
    }
    const theirs = answer.Items.map(({ id }) => id.S).sort();
    const ours = items.filter((_, i) => held[i]).map(({ id }) => id.S);
    assert.deepEqual(ours.sort(), theirs, JSON.stringify(request));
    found += theirs.length;
    compared++;
  }
  t.diagnostic(`${compared} filters, ${found} items found`);
  assert.ok(compared > ROUNDS / 20 && found > compared);
});
