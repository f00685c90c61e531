// Random tables, and requests on them: every operation on items, with expressions, legacy parameters and faults. What a
// request uses is noted while it is made (`used`, `faults`), so that differences can be told from it alone.
//
// Requests and responses are the JSON of DynamoDB's protocol. In a response `{ $seal: { table, item, by } }` stands for that
// item, sealed by one of the two libraries.

import { randomHierarchical, randomName, randomValue } from './generate.mjs';
import { actionOf } from './model.mjs';

const CONTEXT = 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT';
const NAMES = ['ssn', 'city', 'note', 'a.b', 'Data2', 'x_y', '\u00e9t\u00e9', 'a b', 'toString'];
const NAMES_TOO = ['tags', 'order', 'list[0]', '\u{1f600}', 'Size', 'aws_dbe', 'n'];
const LEGACY = { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'x' }] };

const entriesTo = Object.fromEntries;
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/** A table's configuration, as the oracle takes it. */
function randomConfig(r, logicalName) {
  const inContext = r.chance(35);
  const key = inContext ? CONTEXT : 'SIGN_ONLY';
  const sort = r.chance(60) ? 'sk' : undefined;
  const actions = new Map([['pk', key]]);
  if (sort) actions.set(sort, key);
  const config = { table: logicalName, partition_key: 'pk', sort_key: sort };
  // `__proto__` is lost by AWS's SDK for JavaScript.
  const more = r.times(r.int(0, 3), () => randomName(r)).filter((n) => n && n !== '__proto__');
  const others = new Set([...NAMES, ...NAMES_TOO, ...more].filter(() => r.chance(60)));
  const unsigned = [];
  for (const name of others) {
    if (actions.has(name) || name.startsWith(':')) continue;
    if (r.chance(15)) {
      unsigned.push(name);
      actions.set(name, 'DO_NOTHING');
    } else {
      const kinds = ['ENCRYPT_AND_SIGN', 'ENCRYPT_AND_SIGN', 'SIGN_ONLY', inContext && CONTEXT];
      actions.set(name, r.pick(kinds.filter(Boolean)));
    }
  }
  if (unsigned.length > 0) config.unsigned_attributes = unsigned;
  if (r.chance(60)) {
    config.unsigned_prefix = ':';
    for (const name of [':views', ':seen']) if (r.chance(60)) actions.set(name, 'DO_NOTHING');
  }
  if (r.chance(12)) {
    config.plaintext_override = r.pick([
      'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
      'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
      'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ',
    ]);
  }
  const hex = Buffer.from(r.bytes(32)).toString('hex');
  const keyring = r.chance(90)
    ? { type: 'raw-aes', namespace: 'ns', name: `key of ${logicalName}`, key: hex }
    : randomHierarchical(r);
  const suite = r.chance(85) ? '0x6700' : '0x6701';
  return { ...config, actions: entriesTo(actions), suite, keyring };
}

/** Whether a record's signature covers attributes of this name, or would have to. */
export function isSigned(config, name) {
  if (name.startsWith('aws_dbe_')) return true;
  if (config.unsigned_prefix && name.startsWith(config.unsigned_prefix)) return false;
  return !config.unsigned_attributes?.includes(name);
}
export const isEncrypted = (config, name) => actionOf(config, name) === 'ENCRYPT_AND_SIGN';

const keyValue = (r) =>
  r.pick([
    () => ({ S: `k${r.int(0, 999)}` }),
    () => ({ N: String(r.int(-99, 999)) }),
    () => ({ B: base64(r.bytes(r.int(1, 9))) }),
  ])();

/** Large values in the encryption context exhaust the official library's stack. */
function smallValue(r) {
  for (;;) {
    const value = randomValue(r, 2);
    if (JSON.stringify(value).length < 700) return value;
  }
}

function randomItem(r, config) {
  const entries = [];
  for (const [name, action] of Object.entries(config.actions)) {
    if (name === 'pk' || name === 'sk') entries.push([name, keyValue(r)]);
    else if (action === CONTEXT || r.chance(60)) entries.push([name, smallValue(r)]);
  }
  if (config.unsigned_prefix && r.chance(30)) entries.push([':extra', smallValue(r)]);
  return entriesTo(entries);
}

const keyOf = (config, item) =>
  entriesTo(Object.entries(item).filter(([n]) => n === 'pk' || n === config.sort_key));

/** One request or entry on one table; its expressions share names and values. */
class Part {
  names = new Map();
  values = new Map();
  /** The key that a key condition asks for, if it is this alone. */
  partition;
  constructor(r, made, table, config) {
    Object.assign(this, { r, made, table, config, physical: table });
    this.attributes = Object.keys(config.actions);
  }

  fault(what) {
    this.made.faults.push(what);
  }

  note(where, kind, attribute, nested = false, plain = false) {
    this.made.used.push({ table: this.table, where, kind, attribute, nested, plain });
  }

  attribute() {
    const { r } = this;
    if (r.chance(7)) return r.pick(['unknown', ':free', 'aws_dbe_head', 'aws_dbe_b_ssn', 'aws-x']);
    return r.pick(this.attributes);
  }

  name(attribute) {
    if (/^[A-Za-z][A-Za-z0-9_]*$/.test(attribute) && this.r.chance(50)) return attribute;
    const known = [...this.names].find(([, name]) => name === attribute);
    if (known && this.r.chance(80)) return known[0];
    const placeholder = `#${this.r.pick(['n', 'N_', '0'])}${this.names.size}`;
    this.names.set(placeholder, attribute);
    return placeholder;
  }

  value(value) {
    const placeholder = `:${this.r.pick(['v', 'V_', '0'])}${this.values.size}`;
    this.values.set(placeholder, value ?? this.scalar());
    return placeholder;
  }

  scalar() {
    const { r } = this;
    return r.pick([{ S: 'x' }, { N: String(r.int(0, 99)) }, { B: base64(r.bytes(3)) }]);
  }

  /** A path, `nested` in one of five cases; `plain` if its attribute is written by its name. */
  path(where, kind, attribute = this.attribute(), mayNest = true) {
    const { r } = this;
    const steps = mayNest && r.chance(20) ? r.int(1, 2) : 0;
    const step = () =>
      r.pick([() => `[${r.int(0, 9)}]`, () => '.inner', () => `.${this.name('in.ner')}`])();
    const name = this.name(attribute);
    this.note(where, kind, attribute, steps > 0, name === attribute);
    return name + r.times(steps, step).join('');
  }

  /** A condition of some levels. */
  condition(where, levels = 2) {
    const { r } = this;
    if (levels > 0 && r.chance(35)) {
      const [a, b] = [this.condition(where, levels - 1), this.condition(where, levels - 1)];
      const [and, or, not] = r.pick([
        ['AND', 'OR', 'NOT'],
        ['and', 'or', 'not'],
      ]);
      const pair = r.pick([`${a} ${and} ${b}`, `${a} ${or} ${b}`]);
      return r.pick([pair, `(${pair})`, `${not} (${pair})`]);
    }
    const path = (kind = 'compare') => this.path(where, kind);
    const op = r.pick(['=', '<>', '<', '<=', '>', '>=']);
    return r.pick([
      () => `${path()} ${op} ${this.value()}`,
      () => `${path()}${op}${this.value()}`,
      () => `${this.value()} ${op} ${path()}`,
      () => `${path()} BETWEEN ${this.value({ N: '1' })} AND ${this.value({ N: '9' })}`,
      () => `${path()} IN (${r.times(r.int(1, 3), () => this.value()).join(', ')})`,
      () => `attribute_exists(${path('exists')})`,
      () => `attribute_not_exists( ${path('exists')} )`,
      () => `attribute_type(${path()}, ${this.value({ S: r.pick(['S', 'N', 'B', 'M']) })})`,
      () => `begins_with(${path()}, ${this.value({ S: 'x' })})`,
      () => `contains(${path()}, ${this.value({ S: 'x' })})`,
      () => `size(${path('size')}) ${op} ${this.value({ N: '3' })}`,
      () => `size (${path('size')}) ${op} ${this.value({ N: '3' })}`,
    ])();
  }

  keyCondition() {
    const { r } = this;
    const on = (name) => this.path('key', 'compare', name, false);
    const first = r.chance(12) ? this.attribute() : 'pk';
    const value = this.value();
    const partition = `${on(first)} = ${value}`;
    this.partition = first === 'pk' ? { pk: this.values.get(value) } : undefined;
    if (!r.chance(50)) return partition;
    const second = r.chance(20) ? this.attribute() : 'sk';
    if (second === first) return partition;
    const sort = r.pick([
      () => `${on(second)} ${r.pick(['=', '<', '<=', '>', '>='])} ${this.value()}`,
      () => `begins_with(${on(second)}, ${this.value({ S: 'x' })})`,
      () => `${on(second)} BETWEEN ${this.value({ S: 'a' })} AND ${this.value({ S: 'b' })}`,
    ])();
    this.partition = undefined;
    return `${partition} AND ${sort}`;
  }

  update() {
    const { r } = this;
    // Mostly of unsigned attributes, since any other update is refused.
    const unsigned = this.attributes.filter((name) => !isSigned(this.config, name));
    if (this.config.unsigned_prefix) unsigned.push(':free', ':views');
    const onlyUnsigned = unsigned.length > 0 && r.chance(60);
    const targets = new Set();
    const attribute = () => (onlyUnsigned ? r.pick(unsigned) : this.attribute());
    const target = () => {
      const name = attribute();
      if (targets.has(name)) return undefined;
      targets.add(name);
      return this.path('update', 'change', name);
    };
    const read = () => this.path('update', 'read', attribute());
    const some = (make) => {
      const made = r.times(r.int(1, 2), () => {
        const path = target();
        return path && make(path);
      });
      return made.filter(Boolean).join(', ');
    };
    const clauses = {
      SET: () =>
        some(
          (path) =>
            `${path} = ${r.pick([
              () => this.value(),
              () => `${read()} + ${this.value({ N: '1' })}`,
              () => `${this.value({ N: '5' })} - ${read()}`,
              () => `if_not_exists(${read()}, ${this.value()})`,
              () => `list_append(${read()}, ${this.value({ L: [{ S: 'x' }] })})`,
              () =>
                `if_not_exists(${read()}, ${this.value({ N: '0' })}) + ${this.value({ N: '1' })}`,
            ])()}`,
        ),
      REMOVE: () => some((path) => path),
      ADD: () => some((path) => `${path} ${this.value({ N: '1' })}`),
      DELETE: () => some((path) => `${path} ${this.value({ SS: ['x'] })}`),
    };
    const order = r.pick(['SET', 'REMOVE', 'ADD', 'DELETE', 'SET REMOVE', 'ADD SET', 'SET DELETE']);
    const written = order.split(' ').map((verb) => [verb, clauses[verb]()]);
    const whole = written.filter(([, actions]) => actions);
    return whole
      .map(([verb, actions]) => `${r.chance(80) ? verb : verb.toLowerCase()} ${actions}`)
      .join(' ');
  }

  projection() {
    const { r, config } = this;
    const signed = Object.keys(config.actions).filter((name) => isSigned(config, name));
    const whole = r.chance(50);
    const wanted = whole
      ? [...signed, 'aws_dbe_head', 'aws_dbe_foot']
      : [...new Set(r.times(r.int(1, 3), () => this.attribute()))];
    if (whole && r.chance(30)) wanted.splice(r.int(0, wanted.length - 1), 1);
    const given = whole ? new Set(wanted) : new Set();
    if (![...signed, 'aws_dbe_head', 'aws_dbe_foot'].every((name) => given.has(name)))
      this.fault('partial projection');
    const list = wanted.map((name) => this.path('projection', 'read', name, !whole));
    return list.join(r.pick([',', ', ']));
  }

  /** An expression with any white space, or with something wrong in it. */
  spoilt(expression) {
    const { r } = this;
    if (!r.chance(5)) {
      const space = r.chance(92) ? ' ' : r.pick(['  ', '\n', '\t']);
      if (!space.startsWith(' ') && expression.includes(' ')) this.fault('tab or line feed');
      return expression.replaceAll(' ', space);
    }
    this.fault('spoilt expression');
    const at = r.int(0, expression.length);
    const inserted = r.pick([
      '',
      '(',
      ')',
      ' AND ',
      '#',
      ':',
      ',',
      '.',
      '=',
      ' x ',
      '[',
      '\u00e9',
      '%',
    ]);
    return expression.slice(0, at) + inserted + expression.slice(at + (inserted ? 0 : 1));
  }

  /** The members of the request that the expressions need. */
  placeholders() {
    const { names, values } = this;
    return {
      ...(names.size > 0 ? { ExpressionAttributeNames: entriesTo(names) } : {}),
      ...(values.size > 0 ? { ExpressionAttributeValues: entriesTo(values) } : {}),
    };
  }

  maybeCondition(percent = 45) {
    if (!this.r.chance(percent)) return {};
    return { ConditionExpression: this.spoilt(this.condition('condition')) };
  }

  maybeLegacy(...members) {
    const { r } = this;
    if (!r.chance(4)) return {};
    const name = r.pick(members);
    this.fault(`legacy ${name}`);
    return {
      [name]: {
        Expected: () => ({ city: { Exists: false } }),
        ConditionalOperator: () => 'AND',
        AttributesToGet: () => ['pk', 'city'],
        AttributeUpdates: () => ({ city: { Action: 'PUT', Value: { S: 'x' } } }),
        KeyConditions: () => ({ pk: LEGACY }),
        QueryFilter: () => ({ city: LEGACY }),
        ScanFilter: () => ({ city: LEGACY }),
      }[name](),
    };
  }

  /** An item to be written, in one of six cases with a fault. */
  item() {
    const { r, config } = this;
    const item = randomItem(r, config);
    if (!r.chance(16)) return item;
    const fault = r.pick(['key missing', 'no action', 'reserved name', 'context missing', 'value']);
    const entries = Object.entries(item);
    const put = (name, value) => entriesTo([...entries.filter(([n]) => n !== name), [name, value]]);
    const without = (name) => entriesTo(entries.filter(([n]) => n !== name));
    this.fault(`item: ${fault}`);
    switch (fault) {
      case 'key missing':
        return without(r.pick(config.sort_key ? ['pk', 'sk'] : ['pk']));
      case 'no action':
        return put('other', { S: 'x' });
      case 'reserved name':
        return put(r.pick(['aws_dbe_head', 'aws_dbe_v_1', 'aws_dbe_b_ssn', 'aws_dbe_']), {
          S: 'x',
        });
      case 'context missing':
        return without(r.pick(Object.keys(config.actions)));
      case 'value':
        return put(r.pick(this.attributes.filter((n) => n !== 'pk' && n !== 'sk').concat('pk')), {
          N: r.pick(['', 'x', '1e999', '1 ']),
        });
    }
  }

  /** The key that a response has where one was asked for. */
  asked(key) {
    if (!key || !this.r.chance(4)) return key;
    this.fault('another record');
    return {};
  }

  key() {
    return keyOf(this.config, randomItem(this.r, this.config));
  }

  /** A stored item that a response has, that of a key: sealed by one of the two, or as it should not be. */
  stored(key) {
    const { r, config, table } = this;
    const item = { ...randomItem(r, config), ...this.asked(key) };
    if (r.chance(5)) {
      this.fault('stored in plaintext');
      return item;
    }
    const tamper = r.chance(5) ? r.pick(['drop', 'add', 'change', 'head']) : undefined;
    if (tamper) this.fault(`stored: ${tamper}`);
    return { $seal: { table, item, by: r.pick(['ours', 'theirs']), tamper } };
  }
}

/** Whole items of a response, tampered with after they were sealed. */
export function tampered(config, sealed, how) {
  const entries = Object.entries(sealed);
  const first = entries.find(
    ([n]) => isSigned(config, n) && !n.startsWith('aws_dbe_') && n !== 'pk' && n !== 'sk',
  );
  switch (how) {
    case 'drop':
      return entriesTo(entries.filter(([n]) => n !== (first?.[0] ?? 'aws_dbe_foot')));
    case 'add':
      return { ...sealed, added: { S: 'x' } };
    case 'change':
      return { ...sealed, [first?.[0] ?? 'pk']: { S: 'changed' } };
    case 'head':
      return entriesTo(entries.filter(([n]) => n !== 'aws_dbe_head'));
  }
  return sealed;
}

const OPERATIONS = {
  PutItem(p) {
    const { r } = p;
    const ReturnValues = r.pick([undefined, 'NONE', 'ALL_OLD']);
    const input = { TableName: p.physical, Item: p.item(), ...p.maybeCondition(), ReturnValues };
    Object.assign(input, p.placeholders(), p.maybeLegacy('Expected', 'ConditionalOperator'));
    return {
      input,
      response:
        ReturnValues === 'ALL_OLD' && !p.made.faults.some((fault) => fault.startsWith('item: '))
          ? { Attributes: p.stored(keyOf(p.config, input.Item)) }
          : {},
    };
  },
  DeleteItem(p) {
    const { r } = p;
    const ReturnValues = r.pick([undefined, 'ALL_OLD']);
    const input = { TableName: p.physical, Key: p.key(), ...p.maybeCondition(70), ReturnValues };
    Object.assign(input, p.placeholders(), p.maybeLegacy('Expected', 'ConditionalOperator'));
    return { input, response: ReturnValues ? { Attributes: p.stored(input.Key) } : {} };
  },
  UpdateItem(p) {
    const { r, config } = p;
    const ReturnValues = r.pick([
      undefined,
      'NONE',
      'ALL_OLD',
      'ALL_NEW',
      'UPDATED_OLD',
      'UPDATED_NEW',
    ]);
    const UpdateExpression = p.spoilt(p.update());
    const input = {
      TableName: p.physical,
      Key: p.key(),
      UpdateExpression,
      ReturnValues,
      ...p.maybeCondition(30),
    };
    const legacy = p.maybeLegacy('Expected', 'ConditionalOperator', 'AttributeUpdates');
    Object.assign(input, p.placeholders(), legacy);
    if (!ReturnValues || ReturnValues === 'NONE') return { input, response: {} };
    if (ReturnValues.startsWith('ALL'))
      return { input, response: { Attributes: p.stored(input.Key) } };
    const named = p.made.used.filter(({ where, kind }) => where === 'update' && kind === 'change');
    const Attributes = entriesTo(named.map(({ attribute }) => [attribute, { N: '1' }]));
    if (r.chance(10)) Attributes[r.pick(Object.keys(config.actions))] = { N: '1' };
    for (const attribute of Object.keys(Attributes)) p.note('returned', 'read', attribute);
    return { input, response: { Attributes } };
  },
  GetItem(p) {
    const { r } = p;
    const input = {
      TableName: p.physical,
      Key: p.key(),
      ...(r.chance(30) ? { ConsistentRead: true } : {}),
    };
    if (r.chance(25)) input.ProjectionExpression = p.spoilt(p.projection());
    Object.assign(input, p.placeholders(), p.maybeLegacy('AttributesToGet'));
    return { input, response: r.chance(85) ? { Item: p.stored(input.Key) } : {} };
  },
  Query(p) {
    const { r } = p;
    const input = { TableName: p.physical, KeyConditionExpression: p.spoilt(p.keyCondition()) };
    if (r.chance(40)) input.FilterExpression = p.spoilt(p.condition('filter'));
    return reading(p, input, [
      'AttributesToGet',
      'KeyConditions',
      'QueryFilter',
      'ConditionalOperator',
    ]);
  },
  Scan(p) {
    const { r } = p;
    const input = { TableName: p.table };
    if (r.chance(60)) input.FilterExpression = p.spoilt(p.condition('filter'));
    if (r.chance(20)) Object.assign(input, { Segment: 0, TotalSegments: 2 });
    return reading(p, input, ['AttributesToGet', 'ScanFilter', 'ConditionalOperator']);
  },
  BatchGetItem(p, world) {
    const { r } = p;
    const response = { Responses: {} };
    const RequestItems = {};
    for (const [name, part] of world.some()) {
      const Keys = r.times(r.int(1, 3), () => part.key());
      RequestItems[name] = { Keys };
      if (r.chance(12)) RequestItems[name].ProjectionExpression = part.spoilt(part.projection());
      Object.assign(RequestItems[name], part.maybeLegacy('AttributesToGet'));
      const { ExpressionAttributeNames } = part.placeholders();
      if (ExpressionAttributeNames)
        RequestItems[name].ExpressionAttributeNames = ExpressionAttributeNames;
      response.Responses[name] = Keys.map((key) => part.stored(key));
    }
    return { input: { RequestItems }, response };
  },
  BatchWriteItem(p, world) {
    const { r } = p;
    const RequestItems = {};
    const places = [];
    for (const [name, part] of world.some()) {
      const count = r.int(1, 4);
      RequestItems[name] = r.times(count, () =>
        r.chance(70)
          ? { PutRequest: { Item: part.item() } }
          : { DeleteRequest: { Key: part.key() } },
      );
      for (let i = 0; i < count; i++) if (r.chance(25)) places.push([name, i]);
    }
    return { input: { RequestItems }, response: places.length > 0 ? { $unprocessed: places } : {} };
  },
  TransactGetItems(p, world) {
    const { r } = p;
    const Responses = [];
    const TransactItems = r.times(r.int(1, 4), () => {
      const [TableName, part] = world.one();
      const Get = { TableName, Key: part.key() };
      if (r.chance(12)) Get.ProjectionExpression = part.spoilt(part.projection());
      const { ExpressionAttributeNames } = part.placeholders();
      if (ExpressionAttributeNames) Get.ExpressionAttributeNames = ExpressionAttributeNames;
      Responses.push(r.chance(80) ? { Item: part.stored(Get.Key) } : {});
      return { Get };
    });
    return { input: { TransactItems }, response: { Responses } };
  },
  TransactWriteItems(p, world) {
    const { r } = p;
    const TransactItems = r.times(r.int(1, 3), () => {
      const [TableName, part] = world.one();
      const kind = r.pick(['Put', 'Update', 'Delete', 'ConditionCheck']);
      const entry = { TableName };
      if (kind === 'Put') entry.Item = part.item();
      else entry.Key = part.key();
      if (kind === 'Update') entry.UpdateExpression = part.spoilt(part.update());
      Object.assign(entry, part.maybeCondition(kind === 'ConditionCheck' ? 100 : 30));
      return { [kind]: Object.assign(entry, part.placeholders()) };
    });
    if (r.chance(3)) {
      p.made.faults.push('empty entry');
      TransactItems.push({});
    }
    return { input: { TransactItems, ClientRequestToken: 'token' }, response: {} };
  },
  ExecuteStatement: (p) => ({ input: { Statement: statement(p) }, response: {} }),
  BatchExecuteStatement: (p) => ({
    input: { Statements: p.r.times(p.r.int(1, 3), () => ({ Statement: statement(p) })) },
    response: {},
  }),
  ExecuteTransaction: (p) => ({
    input: {
      TransactStatements: p.r.times(p.r.int(1, 3), () => ({ Statement: statement(p) })),
      ClientRequestToken: 'token',
    },
    response: {},
  }),
};

function reading(p, input, legacy) {
  const { r } = p;
  if (r.chance(12)) input.ProjectionExpression = p.spoilt(p.projection());
  if (r.chance(15)) input.IndexName = r.pick(['by-city', 'pk-index']);
  if (r.chance(8)) input.Select = r.pick(['COUNT', 'ALL_ATTRIBUTES']);
  if (r.chance(10)) input.ExclusiveStartKey = p.key();
  if (r.chance(20)) input.Limit = r.int(1, 9);
  Object.assign(input, p.placeholders(), p.maybeLegacy(...legacy));
  // What a key condition of several tests asks for is not known here.
  const anyFits = input.KeyConditionExpression === undefined;
  const count = anyFits || p.partition || r.chance(20) ? r.int(0, 3) : 0;
  const Items = input.Select === 'COUNT' ? undefined : r.times(count, () => p.stored(p.partition));
  if (!anyFits && !p.partition && Items?.length) p.fault('another record');
  const counts = { Count: Items?.length ?? 2, ScannedCount: (Items?.length ?? 2) + r.int(0, 1) };
  const LastEvaluatedKey = r.chance(20) ? p.key() : undefined;
  return {
    input,
    response: {
      ...(Items ? { Items } : {}),
      ...counts,
      ...(LastEvaluatedKey ? { LastEvaluatedKey } : {}),
    },
  };
}

function statement(p) {
  const { r } = p;
  const name = r.pick([p.table, 'plain', `${p.table}2`]);
  const quoted = r.pick([`"${name}"`, `"${name}"`, name, `"${name}"."by-city"`, `${name}.index`]);
  if (quoted === `${name}.index`) p.fault('index of an unquoted table');
  const sql = r.pick([
    `SELECT * FROM ${quoted} WHERE pk = 'x'`,
    `select pk, "city" from ${quoted}`,
    `INSERT INTO ${quoted} VALUE {'pk': 'x', 'note': 'from plain'}`,
    `UPDATE ${quoted} SET city = 'x' WHERE pk = 'y'`,
    `DELETE FROM ${quoted} WHERE pk = 'x' RETURNING ALL OLD *`,
    `EXISTS(SELECT * FROM ${quoted} WHERE pk = 'x')`,
  ]);
  if (!r.chance(5)) return sql;
  p.made.faults.push('spoilt statement');
  const at = r.int(0, sql.length);
  return sql.slice(0, at) + sql.slice(at + 1);
}

/**
 * A random call: `{ tables, operation, input, response, used, faults, arn }`. `tables` are configurations by name; requests may
 * be on `plain`, too, which is none of them.
 */
export function randomCall(r) {
  const tables = { 'table-one': randomConfig(r, 'one') };
  if (r.chance(40)) tables['table-two'] = randomConfig(r, 'two');
  const made = { tables, used: [], faults: [] };
  const physical = (name) => {
    if (!r.chance(2)) return name;
    made.arn = true;
    return `arn:aws:dynamodb:eu-central-1:111122223333:table/${name}`;
  };
  const part = (name) => new Part(r, made, name, tables[name] ?? randomConfig(r, 'plain'));
  const names = [...Object.keys(tables), 'plain'];
  const world = {
    some: () => {
      const chosen = names.filter((_, i) => i === 0 || r.chance(50));
      return chosen.map((name) => [
        physical(name),
        name === 'plain' ? plain(part(name)) : part(name),
      ]);
    },
    one: () => {
      const name = r.pick(['table-one', ...names]);
      return [physical(name), name === 'plain' ? plain(part(name)) : part(name)];
    },
  };
  made.operation = r.pick([
    ...Object.keys(OPERATIONS),
    ...[
      'PutItem',
      'UpdateItem',
      'DeleteItem',
      'Query',
      'Scan',
      'TransactWriteItems',
      'BatchWriteItem',
    ],
  ]);
  const name = r.pick(['table-one', 'table-one', 'table-one', ...names]);
  const p = name === 'plain' ? plain(part(name)) : part(name);
  if (!/Batch|Transact|Execute/.test(made.operation)) p.physical = physical(name);
  const { input, response } = OPERATIONS[made.operation](p, world);
  const clean = JSON.parse(JSON.stringify({ input, response }));
  return { ...made, ...clean };
}

/** A part about the table that is not configured: what is stored there is not sealed, and nothing in it is a fault. */
function plain(part) {
  part.note = () => {};
  part.fault = () => {};
  part.stored = (key) => ({ ...randomItem(part.r, part.config), ...key });
  return part;
}
