// Requests on encrypted tables across the boundary: js/src/dynamodb/expressions.ts. What the rules and the grammar are is
// tested in Rust (src/dynamodb/expressions/tests).

import assert from 'node:assert/strict';
import test from 'node:test';
import '../../pkg/entrypoints/index.js';
import {
  TableRules,
  checkRequest,
  checkUpdated,
  evaluateCondition,
  evaluateKeyCondition,
  evaluateUpdate,
  statementTables,
} from '../../pkg/dynamodb/expressions.js';
import { FieldsealError, LimitError, MalformedInputError, UsageError } from '../../pkg/errors.js';
import { refuses } from './support.mjs';

const options = {
  attributeActions: {
    id: 'SIGN_ONLY',
    ssn: 'ENCRYPT_AND_SIGN',
    city: 'SIGN_ONLY',
    views: 'DO_NOTHING',
    ':note': 'DO_NOTHING',
  },
  allowedUnsignedAttributes: ['views'],
  allowedUnsignedAttributePrefix: ':',
  partitionKeyName: 'id',
};
const table = new TableRules(options);

/** Asserts that the table's rules refuse the request for this attribute, or for none. */
function refusesRequest(operation, request, attribute, message) {
  const error = refuses(
    () => checkRequest(table, operation, request),
    UsageError,
    'TABLE_REQUEST_REFUSED',
    { attribute, message },
  );
  assert.ok(error.message.includes(error.next), 'says what to do');
}

const names = { '#ssn': 'ssn', '#v': 'views' };

test('requests that the rules allow pass', () => {
  checkRequest(table, 'GetItem', {});
  checkRequest(table, 'GetItem', { Key: { id: { S: '1' } }, TableName: 't', ConsistentRead: true });
  checkRequest(table, 'UpdateItem', {
    UpdateExpression: 'SET #v = :v',
    ConditionExpression: 'attribute_exists(ssn) AND city <> :c',
    ExpressionAttributeNames: { '#v': 'views' },
    ExpressionAttributeValues: { ':v': { N: '1' }, ':c': { S: 'Ulm' } },
    ReturnValues: 'UPDATED_NEW',
  });
  // What is not there, in each of the ways in which the SDK takes it for that.
  checkRequest(table, 'Query', {
    KeyConditionExpression: 'id = :id',
    FilterExpression: undefined,
    ProjectionExpression: null,
    ExpressionAttributeNames: null,
    ExpressionAttributeValues: { ':id': { S: '1' } },
    KeyConditions: undefined,
    QueryFilter: {},
    AttributesToGet: [],
    ConditionalOperator: null,
    Select: 'COUNT',
  });
});

test('requests that they do not allow are refused, by the attribute', () => {
  const values = { ':v': { S: 'x' } };
  for (const [operation, request, attribute] of [
    ['UpdateItem', { UpdateExpression: 'SET #ssn = :v' }, 'ssn'],
    ['Update', { UpdateExpression: 'SET city.x = :v' }, 'city'],
    ['PutItem', { ConditionExpression: '#ssn = :v' }, 'ssn'],
    ['ConditionCheck', { ConditionExpression: 'begins_with(#ssn, :v)' }, 'ssn'],
    ['Query', { KeyConditionExpression: 'id = :v', FilterExpression: 'contains(ssn, :v)' }, 'ssn'],
    ['Scan', { FilterExpression: '#ssn = :v' }, 'ssn'],
  ]) {
    const text = Object.values(request).join(' ');
    refusesRequest(
      operation,
      {
        ...request,
        ...(text.includes('#ssn') && { ExpressionAttributeNames: { '#ssn': 'ssn' } }),
        ExpressionAttributeValues: values,
      },
      attribute,
    );
  }
  refusesRequest('GetItem', { ProjectionExpression: 'id, city' }, 'ssn', /leaves out/);
});

test('legacy parameters are refused by name', () => {
  const attributes = { city: { Value: { S: 'x' } } };
  for (const [name, value] of Object.entries({
    Expected: attributes,
    AttributeUpdates: attributes,
    KeyConditions: attributes,
    QueryFilter: attributes,
    ScanFilter: attributes,
    AttributesToGet: ['id'],
    ConditionalOperator: 'AND',
  })) {
    refusesRequest('UpdateItem', { [name]: value }, undefined, new RegExp(` ${name}\\b`));
  }
});

test('expressions that cannot be read, and requests of other forms', () => {
  const check =
    (request, operation = 'Scan') =>
    () =>
      checkRequest(table, operation, request);
  refuses(check({ FilterExpression: 'a =' }), MalformedInputError, 'MALFORMED_EXPRESSION', {
    message: /FilterExpression, character 4: syntax error/,
  });
  refuses(check({ FilterExpression: '#ssn = a' }), MalformedInputError, 'MALFORMED_EXPRESSION');
  refuses(check({ ExpressionAttributeNames: names }), MalformedInputError, 'MALFORMED_EXPRESSION');
  refuses(check({ FilterExpression: ' '.repeat(4097) }), LimitError, 'LIMIT_EXCEEDED');
  refuses(check({}, 'BatchWriteItem'), UsageError, 'INVALID_ARGUMENT', {
    message: /BatchWriteItem/,
  });
  for (const [request, name] of [
    [{ FilterExpression: 5 }, 'FilterExpression'],
    [{ UpdateExpression: ['SET a = b'] }, 'UpdateExpression'],
    [{ ExpressionAttributeNames: ['#a'] }, 'ExpressionAttributeNames'],
    [{ ExpressionAttributeNames: { '#a': 1 } }, 'ExpressionAttributeNames, #a'],
    [{ ExpressionAttributeValues: 'x' }, 'ExpressionAttributeValues'],
  ]) {
    refuses(check(request), UsageError, 'INVALID_ARGUMENT', { message: new RegExp(name) });
  }
  // Strings that UTF-8 has no bytes for.
  for (const request of [
    { FilterExpression: 'a = \ud800' },
    { ExpressionAttributeNames: { '#a': '\udfff' }, FilterExpression: '#a = a' },
  ]) {
    assert.throws(check(request), FieldsealError);
  }
});

test('names that objects inherit are names', () => {
  const hostile = JSON.parse('{"__proto__":"ssn","#constructor":"ssn"}');
  refuses(
    () =>
      checkRequest(table, 'Scan', { FilterExpression: 'a = b', ExpressionAttributeNames: hostile }),
    MalformedInputError,
    'MALFORMED_EXPRESSION',
    { message: /unused in expressions: keys: \{#constructor, __proto__\}/ },
  );
});

test('what an update gives back is unsigned', () => {
  checkUpdated(table, []);
  checkUpdated(table, ['views', ':x']);
  refuses(() => checkUpdated(table, ['views', 'ssn']), UsageError, 'TABLE_REQUEST_REFUSED', {
    attribute: 'ssn',
  });
});

test('tables of statements', () => {
  assert.deepEqual(statementTables('SELECT * FROM "orders"."by-email"'), ['orders']);
  assert.deepEqual(statementTables('update "Größe" set x = 1'), ['Größe']);
  assert.deepEqual(statementTables('select * from a.b'), ['a', 'a.b']);
  refuses(() => statementTables('DROP TABLE x'), MalformedInputError, 'MALFORMED_EXPRESSION');
  refuses(() => statementTables(undefined), UsageError, 'INVALID_ARGUMENT');
});

test('updates are evaluated, with their conditions', () => {
  const Key = { id: { S: '1' } };
  const bytes = Uint8Array.of(0, 255);
  const before = {
    id: { S: '1' },
    ssn: { S: '078-05-1120' },
    tags: { SS: ['a', 'b'] },
    list: { L: [{ N: '1' }, { M: { x: { B: bytes } } }, { NULL: true }, { BOOL: false }] },
    numbers: { NS: ['1', '2'] },
    binaries: { BS: [bytes] },
    'ünïcode 💾': { S: '💾' },
  };
  const request = {
    Key,
    UpdateExpression: 'SET #s = :s, list[1].x = list[0] ADD tags :t REMOVE binaries',
    ConditionExpression: 'begins_with(#s, :p)',
    ExpressionAttributeNames: { '#s': 'ssn' },
    ExpressionAttributeValues: { ':s': { S: 'ü' }, ':p': { S: '078' }, ':t': { SS: ['c', 'a'] } },
  };
  const after = {
    id: { S: '1' },
    ssn: { S: 'ü' },
    tags: { SS: ['a', 'b', 'c'] },
    list: { L: [{ N: '1' }, { M: { x: { N: '1' } } }, { NULL: true }, { BOOL: false }] },
    numbers: { NS: ['1', '2'] },
    'ünïcode 💾': { S: '💾' },
  };
  const copy = structuredClone(before);
  assert.deepEqual(evaluateUpdate(request, before), {
    holds: true,
    item: after,
    returned: undefined,
  });
  assert.deepEqual(before, copy);
  assert.deepEqual(
    evaluateUpdate({ ...request, ReturnValues: 'ALL_OLD' }, before).returned,
    before,
  );
  assert.deepEqual(evaluateUpdate({ ...request, ReturnValues: 'ALL_NEW' }, before).returned, after);
  assert.deepEqual(evaluateUpdate({ ...request, ReturnValues: 'UPDATED_OLD' }, before).returned, {
    ssn: before.ssn,
    list: { L: [{ M: { x: { B: bytes } } }] },
    tags: before.tags,
    binaries: before.binaries,
  });
  assert.deepEqual(evaluateUpdate(request, after), { holds: false });
  assert.deepEqual(evaluateUpdate(request, undefined), { holds: false });
  // The item is new, or there is none to be made.
  assert.deepEqual(
    evaluateUpdate({ Key, UpdateExpression: 'SET copy = id' }, undefined).holds,
    true,
  );
  assert.deepEqual(evaluateUpdate({ Key, UpdateExpression: 'REMOVE x' }, undefined), {
    holds: true,
    item: undefined,
    returned: undefined,
  });
  assert.deepEqual(evaluateUpdate({ Key, ReturnValues: 'ALL_NEW' }, undefined), {
    holds: true,
    item: Key,
    returned: Key,
  });
});

test('what does not go with the item is told as DynamoDB tells it', () => {
  const Key = { id: { S: '1' } };
  const update =
    (UpdateExpression, more = {}) =>
    () =>
      evaluateUpdate({ Key, UpdateExpression, ...more }, { ...Key, s: { S: 'secret' } });
  const value = (attribute) => ({ ExpressionAttributeValues: { ':v': attribute } });
  for (const [expression, more, message] of [
    ['SET a.b = :v', value({ N: '1' }), /document path provided .* is invalid for update/],
    ['SET a = gone', {}, /refers to an attribute that does not exist in the item/],
    [
      'SET s = s + :v',
      value({ N: '1' }),
      /operand in the update expression has an incorrect data type/,
    ],
    ['SET id = :v', value({ S: '2' }), /part of the key/],
    ['SET n = :v + :v', value({ N: '9e125' }), /number overflow/],
  ]) {
    const error = refuses(update(expression, more), UsageError, 'EXPRESSION_NOT_APPLICABLE', {
      message,
    });
    assert.ok(error.attribute);
    assert.ok(!error.message.includes('secret'));
  }
  refuses(update('SET a = :v', value({ N: 5 })), MalformedInputError, 'MALFORMED_ATTRIBUTE', {
    attribute: ':v',
    itemIndex: undefined,
  });
  refuses(update('SET a = :v', value('x')), MalformedInputError, 'MALFORMED_ATTRIBUTE');
  refuses(update('SET a = :v', value({ N: 'five' })), FieldsealError, 'MALFORMED_NUMBER');
  refuses(update('ADD a :v', value({ S: 'x' })), MalformedInputError, 'MALFORMED_EXPRESSION');
  refuses(
    update('SET a = :v', { ...value({ S: 'x' }), ReturnValues: 'none' }),
    UsageError,
    'INVALID_ARGUMENT',
  );
  refuses(update('SET a = s', { ReturnValues: 5 }), UsageError, 'INVALID_ARGUMENT');
});

test('conditions are evaluated on many items at once', () => {
  const request = {
    FilterExpression: 'contains(ssn, :part) AND #n > :n',
    ExpressionAttributeNames: { '#n': 'n' },
    ExpressionAttributeValues: { ':part': { S: '05' }, ':n': { N: '1.50' } },
  };
  const items = [
    { ssn: { S: '078-05-1120' }, n: { N: '1.6' } },
    { ssn: { S: '078-05-1120' }, n: { N: '1.5' } },
    { ssn: { S: '078' }, n: { N: '2' } },
    {},
  ];
  assert.deepEqual(evaluateCondition(request, items), [true, false, false, false]);
  assert.deepEqual(evaluateCondition(request, []), []);
  assert.deepEqual(evaluateCondition({}, items), [true, true, true, true]);
  refuses(
    () => evaluateCondition({ ...request, FilterExpression: 'ssn = :part' }, items),
    MalformedInputError,
    'MALFORMED_EXPRESSION',
    { message: /unused/ },
  );
});

test('of a query, the key condition alone is evaluated, whatever else the request has', () => {
  const request = {
    KeyConditionExpression: '#id = :id AND line BETWEEN :a AND :b',
    FilterExpression: 'city = :city',
    ExpressionAttributeNames: { '#id': 'id' },
    ExpressionAttributeValues: {
      ':id': { B: new Uint8Array([1]) },
      ':a': { N: '2' },
      ':b': { N: '1e1' },
      ':city': { S: 'Bern' },
    },
  };
  const key = (byte, N) => ({ id: { B: new Uint8Array([byte]) }, line: { N } });
  const keys = [key(1, '2.0'), key(1, '10'), key(1, '10.01'), key(2, '5'), {}];
  assert.deepEqual(evaluateKeyCondition(request, keys), [true, true, false, false, false]);
  assert.deepEqual(evaluateKeyCondition({}, keys.slice(0, 1)), [true]);
  refuses(
    () => evaluateKeyCondition({ ...request, FilterExpression: 'city =' }, keys),
    MalformedInputError,
    'MALFORMED_EXPRESSION',
  );
});

test('rules outlive the options that they were made from', () => {
  const mutable = structuredClone(options);
  const rules = new TableRules(mutable);
  mutable.attributeActions.ssn = 'DO_NOTHING';
  mutable.allowedUnsignedAttributes.push('ssn');
  const request = { UpdateExpression: 'REMOVE ssn' };
  refuses(() => checkRequest(rules, 'UpdateItem', request), UsageError, 'TABLE_REQUEST_REFUSED');
  assert.throws(
    () => new TableRules({ ...options, attributeActions: { id: 'NO_ACTION' } }),
    UsageError,
  );
});
