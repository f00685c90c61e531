// Random searched tables, their items, and requests on them, in the oracle's terms. What is wrong with one is noted while it is made
// (`faults`).

import { randomBytes } from 'node:crypto';

const hex = (r, length) => Buffer.from(r.bytes(length)).toString('hex');
const base64 = (text) => Buffer.from(text).toString('base64');
const TABLE = 'searched';
/** What the partition of an item is taken from. */
export const PARTITION_ATTRIBUTE = 'part';
const PARTITION = ':aws_dbe_partition';

const WORDS = [
  'ann',
  'Bo',
  'cy',
  'd e',
  '\u00e9t\u00e9',
  'x-1',
  'a',
  'ab',
  'abc',
  '\u{1f600}',
  '12',
  '',
];
const STATES = ['WA', 'OR', 'NY', 'CA'];
const NUMBERS = ['0', '1', '1.0', '-3', '2e1', '0020', '1999', '2024'];

/** Values of the attributes that a table may have, and what is done with them. */
const ATTRIBUTES = {
  state: ['SIGN_ONLY', (r) => ({ S: r.pick(STATES) })],
  year: ['SIGN_ONLY', (r) => ({ N: r.pick(NUMBERS) })],
  memo: ['SIGN_ONLY', (r) => ({ S: r.pick(WORDS) })],
  order: ['SIGN_ONLY', (r) => ({ N: r.pick(NUMBERS) })],
  meta: ['SIGN_ONLY', (r) => ({ M: { kind: { S: r.pick(WORDS) }, list: { L: [word(r)] } } })],
  free: ['DO_NOTHING', (r) => ({ S: r.pick(WORDS) })],
  ssn: ['ENCRYPT_AND_SIGN', (r) => ({ S: r.pick(WORDS) })],
  city: ['ENCRYPT_AND_SIGN', (r) => ({ S: r.pick(WORDS) })],
  mail: ['ENCRYPT_AND_SIGN', (r) => ({ S: `${r.pick(WORDS)}@${r.pick(WORDS)}` })],
  zip: ['ENCRYPT_AND_SIGN', (r) => ({ N: r.pick(NUMBERS) })],
  flag: ['ENCRYPT_AND_SIGN', (r) => r.pick([{ BOOL: true }, { BOOL: false }, { NULL: true }])],
  tags: ['ENCRYPT_AND_SIGN', (r) => ({ SS: some(r, WORDS.slice(0, -1)) })],
  nums: ['ENCRYPT_AND_SIGN', (r) => ({ NS: some(r, ['0', '1', '-3', '20', '7.5']) })],
  blobs: ['ENCRYPT_AND_SIGN', (r) => ({ BS: some(r, WORDS.slice(0, -1)).map(base64) })],
  person: [
    'ENCRYPT_AND_SIGN',
    (r) => ({ M: { first: word(r), phones: { L: [word(r), word(r)] }, age: { N: '42' } } }),
  ],
};
const word = (r) => ({ S: r.pick(WORDS) });
function some(r, list) {
  const kept = list.filter(() => r.chance(35));
  return kept.length > 0 ? kept : [r.pick(list)];
}

/** Standard beacons that a table may have: their names and locations. */
const STANDARD = [
  ['ssn'],
  ['city'],
  ['mailbox', 'mail'],
  ['zip'],
  ['flag'],
  ['tags'],
  ['nums'],
  ['blobs'],
  ['first', 'person.first'],
  ['phone', 'person.phones[0]'],
  ['age', 'person.age'],
];
const SETS = ['tags', 'nums', 'blobs'];
const SPLITS = ['.', '|', '~', ':'];

function transform(r) {
  const int = () => r.int(-4, 4);
  const split = () => r.pick(['@', '-', 'a', '.']);
  return r.pick([
    () => ({ upper: {} }),
    () => ({ lower: {} }),
    () => ({ insert: { literal: r.pick(['+', '', 'ab', '\u00e9']) } }),
    () => ({ prefix: { length: int() } }),
    () => ({ suffix: { length: int() } }),
    () => ({ substring: { low: int(), high: int() } }),
    () => ({ segment: { split: split(), index: int() } }),
    () => ({ segments: { split: split(), low: int(), high: int() } }),
  ])();
}

function virtualField(r, name) {
  const places = ['ssn', 'city', 'mail', 'zip', 'flag', 'person.first', 'state', 'year'];
  const wanted = r.chance(20) ? ['ssn'] : some(r, places);
  const parts = wanted.map((loc) =>
    r.chance(40) ? { loc } : { loc, trans: r.times(r.int(1, 2), () => transform(r)) },
  );
  return { name, parts };
}

const isSet = ({ style }) => Boolean(style?.asSet || style?.sharedSet);

function standardBeacons(r, fields, partitions) {
  const length = r.pick([1, 2, 4, 5, 8, 16, 32, 63, r.int(1, 63)]);
  const made = STANDARD.filter(() => r.chance(40)).map(([name, loc]) => ({ name, loc }));
  for (const { name } of fields)
    if (r.chance(85)) made.push(r.chance(50) ? { name } : { name: `of_${name}`, loc: name });
  if (made.length === 0) made.push({ name: 'ssn' });
  for (const beacon of made) {
    beacon.length = r.chance(70) ? length : r.int(1, 63);
    if (beacon.loc === undefined) delete beacon.loc;
    if (SETS.includes(beacon.name) && r.chance(75)) beacon.style = { asSet: {} };
    if (partitions > 1 && r.chance(30)) beacon.number_of_partitions = r.int(1, partitions - 1);
  }
  const [one, ...others] = made;
  for (const other of others) {
    if (!r.chance(20) || other.length !== one.length) continue;
    if (isSet(other)) other.style = { sharedSet: { other: one.name } };
    else other.style = { shared: { other: one.name } };
  }
  return made;
}

/** A compound beacon of a few parts; prefixes differ in their first character. */
function compoundBeacon(r, name, standard, global) {
  const split = r.pick(SPLITS);
  const letters = [...'KLMNPQ'];
  const prefix = () => letters.shift() + r.pick(['-', '_', '', '+']);
  const encrypted = standard
    .filter((beacon) => !isSet(beacon) && r.chance(45))
    .slice(0, 2)
    .map((beacon) => ({ name: beacon.name, prefix: prefix() }));
  const signed = ['state', 'year', 'meta.kind']
    .filter(() => r.chance(50))
    .map((loc) =>
      loc.includes('.') || r.chance(20)
        ? { name: `p_${loc[0]}`, prefix: prefix(), loc }
        : { name: loc, prefix: prefix() },
    );
  if (encrypted.length + signed.length === 0) signed.push({ name: 'state', prefix: prefix() });
  const beacon = { name, split, encrypted, signed };
  for (const list of ['encrypted', 'signed']) if (beacon[list].length === 0) delete beacon[list];
  if (r.chance(50)) {
    const own = [...signed, ...encrypted, ...(r.chance(50) ? global : [])];
    beacon.constructors = r.times(r.int(1, 2), () => {
      const parts = some(r, own).map((part) => ({ name: part.name, required: r.chance(60) }));
      if (!parts.some(({ required }) => required)) parts[0].required = true;
      return r.chance(30) ? parts.reverse() : parts;
    });
  }
  return beacon;
}

function branchKey(r, id) {
  const version = hex(r, 16).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
  return {
    branch_key_id: id,
    version,
    branch_key: hex(r, 32),
    beacon_key: hex(r, 32),
  };
}

const CONFIG_FAULTS = {
  'no standard beacons': (search) => (search.standard_beacons = []),
  length: (search, r) => (search.standard_beacons[0].length = r.pick([0, 64])),
  'beacon twice': (search) => search.standard_beacons.push({ ...search.standard_beacons[0] }),
  'location twice': (search) => {
    const [first] = search.standard_beacons;
    search.standard_beacons.push({ name: 'again', loc: first.loc ?? first.name, length: 8 });
  },
  'beacon of what is not encrypted': (search, r) =>
    search.standard_beacons.push({
      name: 'x',
      loc: r.pick(['state', 'free', 'nowhere']),
      length: 8,
    }),
  'name of an attribute': (search, r) =>
    search.standard_beacons.push({ name: r.pick(['state', 'free']), loc: 'person.x', length: 8 }),
  'reserved name': (search) =>
    search.standard_beacons.push({ name: 'aws_dbe_x', loc: 'person.x', length: 8 }),
  'location that is none': (search, r) =>
    search.standard_beacons.push({
      name: 'x',
      loc: r.pick([
        'person.',
        '.person',
        'person[a]',
        'person[',
        'person]',
        'person.[0]',
        'person[0]x',
      ]),
      length: 8,
    }),
  'list index': (search) =>
    search.standard_beacons.push({ name: 'x', loc: 'person.phones[10]', length: 8 }),
  'shared with nothing': (search) =>
    search.standard_beacons.push({ ...free('x'), style: { shared: { other: 'nothing' } } }),
  'shared with itself': (search) =>
    search.standard_beacons.push({ ...free('x'), style: { shared: { other: 'x' } } }),
  'shared in a chain': (search) =>
    search.standard_beacons.push(
      { ...free('x') },
      { ...free('y'), style: { shared: { other: 'x' } } },
      { ...free('z'), style: { shared: { other: 'y' } } },
    ),
  'shared with another length': (search) =>
    search.standard_beacons.push(
      { ...free('x') },
      { ...free('y'), length: 9, style: { shared: { other: 'x' } } },
    ),
  'part of nothing': (search) =>
    search.standard_beacons.push({ ...free('x'), style: { partOnly: {} } }),
  'set of a virtual field': (search) => {
    (search.virtual_fields ??= []).push({
      name: 'vx',
      parts: [{ loc: 'person.x' }, { loc: 'year' }],
    });
    search.standard_beacons.push({ name: 'vx', length: 8, style: { asSet: {} } });
  },
  'set as a part': (search) => {
    search.standard_beacons.push({ ...free('x'), style: { asSet: {} } });
    compound(search, { name: 'c', split: '.', encrypted: [{ name: 'x', prefix: 'X-' }] });
  },
  'part of no beacon': (search) =>
    compound(search, { name: 'c', split: '.', encrypted: [{ name: 'nothing', prefix: 'X-' }] }),
  'signed part of what is encrypted': (search) =>
    compound(search, { name: 'c', split: '.', signed: [{ name: 'person', prefix: 'X-' }] }),
  'signed part of what is not signed': (search) =>
    compound(search, { name: 'c', split: '.', signed: [{ name: 'free', prefix: 'X-' }] }),
  'prefix of a prefix': (search) =>
    compound(search, {
      name: 'c',
      split: '.',
      signed: [
        { name: 'state', prefix: 'X' },
        { name: 'year', prefix: 'X-' },
      ],
    }),
  'prefix with the split character': (search) =>
    compound(search, { name: 'c', split: '.', signed: [{ name: 'state', prefix: 'X.' }] }),
  'empty prefix': (search) =>
    compound(search, { name: 'c', split: '.', signed: [{ name: 'state', prefix: '' }] }),
  'no parts': (search) => compound(search, { name: 'c', split: '.' }),
  'constructor of nothing': (search) =>
    compound(search, cOf([[{ name: 'nothing', required: true }]])),
  'nothing required': (search) => compound(search, cOf([[{ name: 'state', required: false }]])),
  'the same required': (search) =>
    compound(
      search,
      cOf([
        [{ name: 'state', required: true }],
        [
          { name: 'state', required: true },
          { name: 'year', required: false },
        ],
      ]),
    ),
  'empty constructor': (search) => compound(search, cOf([[]])),
  'compound and standard': (search) =>
    compound(search, { ...cOf(), name: search.standard_beacons[0].name }),
  'signed beacon and attribute': (search) => compound(search, { ...cOf(), name: 'person' }),
  'virtual field and attribute': (search) => virtual(search, 'city', ['person.x', 'year']),
  'virtual field of nothing': (search) => virtual(search, 'vx', []),
  'virtual field of what is not signed': (search) => virtual(search, 'vx', ['free', 'ssn']),
  'virtual field twice': (search) => {
    virtual(search, 'vx', ['person.x', 'year']);
    virtual(search, 'vx', ['person.y', 'year']);
  },
  'virtual fields of the same': (search) => {
    virtual(search, 'vx', ['person.x', 'year']);
    virtual(search, 'vy', ['year', 'person.x']);
  },
  'beacon and virtual field of one location': (search) => {
    virtual(search, 'vx', ['person.x']);
    search.standard_beacons.push(free('x'));
  },
  partitions: (search, r) => (search.maximum_number_of_partitions = r.pick([-1, 255, 256])),
  'default partitions': (search, r) => {
    search.maximum_number_of_partitions = 3;
    search.default_number_of_partitions = r.pick([3, 4]);
    for (const beacon of search.standard_beacons) delete beacon.number_of_partitions;
  },
  'partitions of a beacon': (search, r) => {
    search.maximum_number_of_partitions = 2;
    delete search.default_number_of_partitions;
    for (const beacon of search.standard_beacons) delete beacon.number_of_partitions;
    search.standard_beacons[0].number_of_partitions = r.pick([2, 3]);
  },
  'global part twice': (search) =>
    (search.signed_parts = [
      { name: 'state', prefix: 'X-' },
      { name: 'state', prefix: 'Y-' },
    ]),
  'part of its own and for all': (search) => {
    search.signed_parts = [{ name: 'state', prefix: 'X-' }];
    compound(search, cOf());
  },
  'key field that is encrypted': (search) => (search.key_field_name = 'person'),
  'key field and beacon': (search) => (search.key_field_name = search.standard_beacons[0].name),
};
const free = (name) => ({ name, loc: `person.${name}`, length: 8 });
const compound = (search, beacon) => (search.compound_beacons ??= []).push(beacon);
const virtual = (search, name, places) =>
  (search.virtual_fields ??= []).push({ name, parts: places.map((loc) => ({ loc })) });
const cOf = (constructors) => ({
  name: 'c',
  split: '.',
  signed: [
    { name: 'state', prefix: 'X-' },
    { name: 'year', prefix: 'Y-' },
  ],
  ...(constructors ? { constructors } : {}),
});

/** A table and its items: `{ config, items, faults }`. */
export function randomCase(r) {
  const faults = [];
  const actions = { pk: 'SIGN_ONLY', [PARTITION_ATTRIBUTE]: 'SIGN_ONLY' };
  for (const [name, [action]] of Object.entries(ATTRIBUTES)) actions[name] = action;
  const several = r.chance(20);
  const key = branchKey(r, 't1');
  const keyring = several ? { ...key, tenants: [branchKey(r, 't2')] } : key;
  const partitions = r.chance(50) ? 1 : r.int(2, 5);
  const fields = ['va', 'vb'].filter(() => r.chance(30)).map((name) => virtualField(r, name));
  const standard = standardBeacons(r, fields, partitions);
  const global = { signed: [], encrypted: [] };
  if (r.chance(15)) global.signed.push({ name: 'memo', prefix: 'G-' });
  const part = standard.find((beacon) => !isSet(beacon));
  if (part && r.chance(10)) global.encrypted.push({ name: part.name, prefix: 'H-' });
  const ofTheirOwn = standard.filter(({ name }) => !global.encrypted.some((p) => p.name === name));
  const compounds = ['both', 'all']
    .filter(() => r.chance(50))
    .map((name) => compoundBeacon(r, name, ofTheirOwn, [...global.signed, ...global.encrypted]));
  for (const beacon of standard) {
    const used = compounds.some((one) => one.encrypted?.some(({ name }) => name === beacon.name));
    if (used && !beacon.style && r.chance(20)) beacon.style = { partOnly: {} };
  }
  const search = {
    key_store: keyring,
    standard_beacons: standard,
    partition_attribute: PARTITION_ATTRIBUTE,
  };
  if (several) search.key_field_name = 'tenant';
  // Without an action it is not stored.
  if (several && r.chance(60)) actions.tenant = 'SIGN_ONLY';
  if (compounds.length > 0) search.compound_beacons = compounds;
  if (several && actions.tenant && compounds.length > 0 && r.chance(50))
    (compounds[0].signed ??= []).push({ name: 'tenant', prefix: 'T-' });
  if (fields.length > 0) search.virtual_fields = fields;
  if (global.signed.length > 0) search.signed_parts = global.signed;
  if (global.encrypted.length > 0) search.encrypted_parts = global.encrypted;
  if (partitions > 1) search.maximum_number_of_partitions = partitions;
  if (partitions > 1 && r.chance(30))
    search.default_number_of_partitions = r.int(1, partitions - 1);
  if (r.chance(12)) {
    const fault = r.pick(Object.keys(CONFIG_FAULTS));
    faults.push(fault);
    CONFIG_FAULTS[fault](search, r);
  }
  const config = {
    table: TABLE,
    partition_key: 'pk',
    actions,
    unsigned_attributes: ['free', ...(several && !actions.tenant ? ['tenant'] : [])],
    suite: '0x6700',
    keyring: { type: 'hierarchical', ...keyring },
    search,
  };
  const items = r.times(r.int(2, 5), (i) => randomItem(r, config, i));
  return { config, items, faults };
}

function randomItem(r, { search }, i) {
  const tenant = search.key_field_name === 'tenant' ? r.pick(['t1', 't2']) : 't1';
  const item = { pk: { S: `${tenant}#${i}` } };
  const partitions = search.maximum_number_of_partitions ?? 1;
  item[PARTITION_ATTRIBUTE] = { N: String(r.int(0, Math.max(0, partitions - 1))) };
  if (search.key_field_name === 'tenant') item.tenant = { S: tenant };
  for (const [name, [, value]] of Object.entries(ATTRIBUTES))
    if (r.chance(85)) item[name] = value(r);
  // Values of types that the beacons do not take, or with what stands between parts.
  if (r.chance(4)) item[r.pick(['ssn', 'zip', 'state'])] = r.pick([{ L: [] }, { B: 'AAA=' }]);
  if (r.chance(4)) item.tags = { S: 'no set' };
  if (r.chance(4)) item[r.pick(['state', 'ssn', 'city'])] = { S: `a${r.pick(SPLITS)}b` };
  if (r.chance(2)) item.both = { S: 'not computed' };
  if (r.chance(2)) item.aws_dbe_b_ssn = { S: '0' };
  return item;
}

/** The values that a name of a query has in an item: a beacon's, or an attribute's. */
function valueOf(r, { config: { search } }, { item, resolved }, name) {
  const compoundText = resolved.compound_beacons?.[name];
  if (compoundText !== undefined) return { S: compoundText };
  const beacon = search.standard_beacons.find((one) => one.name === name);
  const place = beacon?.loc ?? name;
  const text = resolved.virtual_fields?.[place];
  if (text !== undefined) return { S: text };
  let value = item;
  for (const step of place.split(/[.[\]]+/).filter(Boolean))
    value = value?.[step] ?? value?.M?.[step] ?? value?.L?.[step];
  if (!value) return undefined;
  const members = value.SS ?? value.NS ?? value.BS;
  if (!members || r.chance(20)) return value;
  return { [Object.keys(value)[0][0]]: r.pick(members) };
}

/** Whether an expression stands in parentheses as a whole: DynamoDB refuses more of them. */
export function isEnclosed(expression) {
  let depth = 0;
  for (const [at, char] of [...expression].entries()) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (depth === 0) return at > 0 && at === [...expression].length - 1;
  }
  return false;
}

/** One request; its expressions share names and values. */
class Asking {
  names = new Map();
  values = new Map();
  faults = [];

  constructor(r, made, found) {
    Object.assign(this, { r, made, found });
    const { standard_beacons, compound_beacons = [] } = made.config.search;
    this.standard = standard_beacons.map(({ name }) => name);
    this.compound = compound_beacons;
    const { actions } = made.config;
    this.plain = ['pk', 'state', 'year', 'memo', 'free', 'meta.kind', 'meta.list[0]', 'part'];
    if (actions.tenant) this.plain.push('tenant');
  }

  name() {
    const { r } = this;
    if (r.chance(3)) {
      const hidden = ['person', 'mail', 'person.first', 'va', 'aws_dbe_b_ssn', 'unknown', 'order'];
      return r.pick(hidden);
    }
    if (this.compound.length > 0 && r.chance(25)) return r.pick(this.compound).name;
    return r.pick(r.chance(65) ? this.standard : this.plain);
  }

  written(name) {
    const { r } = this;
    if (!r.chance(35)) return name;
    const [attribute] = name.split(/[.[]/, 1);
    const known = [...this.names].find(([, one]) => one === attribute);
    const placeholder = known?.[0] ?? `#${r.pick(['n', 'N_'])}${this.names.size}`;
    this.names.set(placeholder, attribute);
    return placeholder + name.slice(attribute.length);
  }

  value(value) {
    const { r } = this;
    if (r.chance(4) && this.values.size > 0) return r.pick([...this.values.keys()]);
    const placeholder = `:${r.pick(['v', 'V_'])}${this.values.size}`;
    this.values.set(placeholder, value);
    return placeholder;
  }

  /** A value that some item has, or that none has. */
  known(name) {
    const { r } = this;
    const values = this.found.map((one) => valueOf(r, this.made, one, name)).filter(Boolean);
    if (values.length > 0 && r.chance(80)) return r.pick(values);
    const beacon = this.compound.find((one) => one.name === name);
    const prefix = beacon ? (beacon.signed ?? beacon.encrypted)[0].prefix : '';
    return { S: prefix + r.pick(WORDS) };
  }

  test(name = this.name()) {
    const { r } = this;
    const at = this.written(name);
    const value = (one = this.known(name)) => this.value(one);
    const beacon = this.compound.find((one) => one.name === name);
    const equal = () => r.pick([() => `${at} = ${value()}`, () => `${value()} = ${at}`])();
    const oneOf = () => `${at} IN (${r.times(r.int(1, 3), () => value()).join(', ')})`;
    const exists = () => `attribute_${r.pick(['', 'not_'])}exists(${at})`;
    const ordered = (low, high) => {
      const [one, two] = [low, high].sort((a, b) => {
        const [x, y] = [a, b].map((v) => v.S ?? Number(v.N));
        return x < y ? -1 : 1;
      });
      return `${at} BETWEEN ${this.value(one)} AND ${this.value(two)}`;
    };
    const order = () => {
      const comparator = r.pick(['<', '<=', '>', '>=']);
      return r.chance(80) ? `${at} ${comparator} ${value()}` : `${value()} ${comparator} ${at}`;
    };
    const others = [
      () => `${at} <> ${value()}`,
      order,
      () => `begins_with(${at}, ${value()})`,
      () => `size(${at}) > ${this.value({ N: '1' })}`,
      () => `attribute_type(${at}, ${this.value({ S: r.pick(['S', 'N']) })})`,
      () => `${at} = ${this.written(this.name())}`,
      () => ordered(this.known(name), this.known(name)),
    ];
    if (beacon) {
      const cut = () => {
        const { S } = this.known(name);
        const pieces = S.split(beacon.split);
        const kept = pieces.slice(0, r.int(1, pieces.length));
        const parts = [...(beacon.signed ?? []), ...(beacon.encrypted ?? [])];
        if (r.chance(35)) {
          const last = kept.pop();
          const part = parts.find(({ prefix }) => last.startsWith(prefix)) ?? parts[0];
          kept.push(part.prefix);
        }
        return { S: kept.join(beacon.split) };
      };
      return r.pick([
        equal,
        oneOf,
        exists,
        () => `${at} <> ${value()}`,
        () => `begins_with(${at}, ${value(cut())})`,
        () => `begins_with(${at}, ${value(cut())})`,
        () => `contains(${at}, ${value(cut())})`,
        () => `${at} ${r.pick(['<', '<=', '>', '>='])} ${value(cut())}`,
        () => ordered(cut(), cut()),
        r.chance(15) ? r.pick(others) : equal,
      ])();
    }
    if (this.standard.includes(name)) {
      const contains = () => `contains(${at}, ${value()})`;
      const likely = SETS.includes(name) ? [contains, contains, equal] : [equal, equal, oneOf];
      return r.pick([
        ...likely,
        ...likely,
        exists,
        contains,
        r.chance(40) ? r.pick(others) : equal,
      ])();
    }
    return r.pick([equal, oneOf, exists, () => `contains(${at}, ${value()})`, ...others])();
  }

  condition(levels = 2) {
    const { r } = this;
    if (levels === 0 || r.chance(45)) return this.test();
    const sub = () => this.condition(levels - 1);
    const [and, or, not] = r.chance(80) ? ['AND', 'OR', 'NOT'] : ['and', 'or', 'not'];
    const within = (one) => (isEnclosed(one) ? one : `(${one})`);
    return r.pick([
      () => `${sub()} ${and} ${sub()}`,
      () => `${sub()} ${and} ${sub()}`,
      () => `${sub()} ${or} ${sub()}`,
      () => `(${sub()} ${or} ${sub()})`,
      () => `${within(sub())} ${or} ${within(sub())}`,
      () => `(${sub()} ${or} ${sub()}) ${and} ${this.test()}`,
      () => `${not} ${this.test()}`,
      () => `${not} ${within(sub())}`,
    ])();
  }

  keyCondition() {
    const { r } = this;
    const compound = this.compound.map(({ name }) => name);
    const first = r.pick([...this.standard, ...this.standard, ...compound, 'pk', 'state']);
    const on = (name) => this.written(name);
    const partition = `${on(first)} = ${this.value(this.known(first))}`;
    if (!r.chance(40)) return partition;
    const second = r.pick(
      [...this.standard, ...compound, 'year', 'memo'].filter((n) => n !== first),
    );
    const value = () => this.value(this.known(second));
    const sort = r.pick([
      () => `${on(second)} = ${value()}`,
      () => `${on(second)} ${r.pick(['<', '<=', '>', '>='])} ${value()}`,
      () => `begins_with(${on(second)}, ${value()})`,
      () => `${on(second)} BETWEEN ${value()} AND ${value()}`,
    ])();
    return `${partition} AND ${sort}`;
  }

  request() {
    const { r } = this;
    const { search } = this.made.config;
    const isQuery = r.chance(55);
    const input = {};
    if (isQuery) input.KeyConditionExpression = this.keyCondition();
    if (!isQuery || r.chance(55)) input.FilterExpression = this.condition();
    if (search.key_field_name === 'tenant' && r.chance(85)) {
      const tenant = `${this.written('tenant')} = ${this.value({ S: r.pick(['t1', 't2']) })}`;
      const { FilterExpression: filter } = input;
      const rest = filter && (isEnclosed(filter) ? filter : `(${filter})`);
      input.FilterExpression = filter ? `${rest} AND ${tenant}` : tenant;
    }
    const partitions = search.maximum_number_of_partitions ?? 1;
    if (isQuery ? partitions > 1 && r.chance(90) : r.chance(2))
      this.values.set(PARTITION, { N: String(r.int(0, Math.max(0, partitions - 1))) });
    if (r.chance(2))
      this.values.set(PARTITION, r.pick([{ N: '-1' }, { N: '9' }, { S: '0' }, { N: '0.5' }]));
    if (r.chance(2)) this.spoil();
    if (r.chance(1) && input.FilterExpression)
      input.FilterExpression = `((${input.FilterExpression}))`;
    if (this.names.size > 0) input.ExpressionAttributeNames = Object.fromEntries(this.names);
    if (this.values.size > 0) input.ExpressionAttributeValues = Object.fromEntries(this.values);
    return { operation: isQuery ? 'Query' : 'Scan', input, faults: this.faults };
  }

  spoil() {
    const { r } = this;
    const what = r.pick(['value missing', 'value unused', 'name missing', 'name unused']);
    this.faults.push(what);
    const [map, extra] = what.startsWith('value') ? [this.values, { S: 'x' }] : [this.names, 'x'];
    if (what.endsWith('unused')) map.set(map === this.values ? ':unused' : '#unused', extra);
    else if (map.size > 0) map.delete([...map.keys()][0]);
  }
}

/** Requests on a table whose items are `found`: `{ item, resolved }`. */
export function randomRequests(r, made, found, count) {
  return r.times(count, () => new Asking(r, made, found).request());
}

export const newSeed = () => randomBytes(6).toString('hex');
