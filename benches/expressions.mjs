// What requests on encrypted tables cost before they are sent: their expressions checked in Node, and an update and filters
// evaluated. Cost grows with the length of an expression: the last column is the time for each of its parts.
//
//   node benches/expressions.mjs          (after `make build`)

import { performance } from 'node:perf_hooks';

import '../pkg/entrypoints/index.js';
import {
  TableRules,
  checkRequest,
  evaluateCondition,
  evaluateUpdate,
  statementTables,
} from '../pkg/dynamodb/expressions.js';

const SAMPLES = Number(process.env.SAMPLES ?? 60);
const CALLS = Number(process.env.CALLS ?? 200);

const attributeActions = { id: 'SIGN_ONLY', at: 'SIGN_ONLY' };
for (let i = 0; i < 20; i++)
  attributeActions[`attr${i}`] = i < 10 ? 'ENCRYPT_AND_SIGN' : 'SIGN_ONLY';
const table = new TableRules({
  attributeActions,
  allowedUnsignedAttributePrefix: ':',
  partitionKeyName: 'id',
  sortKeyName: 'at',
});

const S = (text) => ({ S: text });
const item = { id: S('1'), at: { N: '5' } };
for (let i = 0; i < 20; i++) item[`attr${i}`] = S(`attribute value number ${i}`.padEnd(50, 'x'));

/** An update with `n` parts, each with a name and a value of its own. */
function update(n, prefix) {
  const all = Array.from({ length: n }, (_, i) => i);
  return {
    UpdateExpression: `SET ${all.map((i) => `#${i} = :${i}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(all.map((i) => [`#${i}`, `${prefix}${i}`])),
    ExpressionAttributeValues: Object.fromEntries(all.map((i) => [`:${i}`, S(`value ${i}`)])),
  };
}

const query = {
  KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
  FilterExpression: 'attr11 = :a AND (begins_with(attr12, :b) OR attribute_not_exists(attr13))',
  ExpressionAttributeNames: { '#pk': 'id', '#sk': 'at' },
  ExpressionAttributeValues: {
    ':pk': S('1'),
    ':from': { N: '1' },
    ':to': { N: '9' },
    ':a': S('a'),
    ':b': S('b'),
  },
};
const put = { ConditionExpression: 'attribute_not_exists(id)' };
const filter = {
  FilterExpression: 'contains(attr3, :a) AND at > :n',
  ExpressionAttributeValues: { ':a': S('number'), ':n': { N: '4' } },
};
const page = Array.from({ length: 100 }, () => item);

const refused = { ...update(1, 'attr') };
const tryCheck = () => {
  try {
    checkRequest(table, 'UpdateItem', refused);
  } catch {
    // Refused, as it should be.
  }
};

const cases = [
  ['check: GetItem', () => checkRequest(table, 'GetItem', {}), 1],
  ['check: PutItem, one condition', () => checkRequest(table, 'PutItem', put), 1],
  ['check: Query, key condition and filter', () => checkRequest(table, 'Query', query), 1],
  ...[3, 10, 40, 160].map((n) => {
    const request = update(n, ':');
    return [
      `check: UpdateItem, ${n} attributes`,
      () => checkRequest(table, 'UpdateItem', request),
      n,
    ];
  }),
  ['check: UpdateItem, refused', tryCheck, 1],
  [
    'tables of a PartiQL statement',
    () => statementTables('SELECT * FROM "customers" WHERE id = ?'),
    1,
  ],
  ...[3, 10].map((n) => {
    const request = {
      ...update(n, 'attr'),
      Key: { id: item.id, at: item.at },
      ReturnValues: 'ALL_NEW',
    };
    return [`evaluate: UpdateItem, ${n} of 22 attributes`, () => evaluateUpdate(request, item), n];
  }),
  ['evaluate: filter, 1 item', () => evaluateCondition(filter, [item]), 1],
  ['evaluate: filter, 100 items', () => evaluateCondition(filter, page), 100],
];

console.log('µs a call: minimum and median of samples; each part of it');
for (const [name, run, parts] of cases) {
  const calls = Math.max(5, Math.round(CALLS / parts));
  const samples = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run();
    samples.push(((performance.now() - start) * 1000) / calls);
  }
  samples.sort((a, b) => a - b);
  const figures = [samples[0], samples[samples.length >> 1], samples[0] / parts];
  console.log(name.padEnd(44), ...figures.map((figure) => figure.toFixed(2).padStart(9)));
}
