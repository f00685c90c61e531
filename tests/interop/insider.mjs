// Items that hold together, sealed by somebody who has the key, with encrypted attributes that no honest
// writer makes: what opening checks once every signature has verified.

import { sealAnything } from '../support/dbesdk.mjs';

const KEY = Buffer.alloc(32, 7);
const TABLE = { table: 't', partitionKey: 'pk', partitionValue: 'x' };

/** The configuration that reads them. */
export const INSIDER_CONFIG = {
  table: 't',
  partition_key: 'pk',
  suite: '0x6700',
  actions: { pk: 'SIGN_ONLY', e: 'ENCRYPT_AND_SIGN' },
  keyring: { type: 'raw-aes', namespace: 'ns', name: 'key', key: KEY.toString('hex') },
};

const S = '0001';
const N = '0002';
const SETS = { SS: '0101', NS: '0102', BS: '01ff' };
const MAP = '0200';
const LIST = '0300';

const hex = (text) => Buffer.from(text).toString('hex');
const u32 = (n) => n.toString(16).padStart(8, '0');
const sized = (text) => u32(Buffer.byteLength(text)) + hex(text);
const set = (...members) => u32(members.length) + members.map(sized).join('');
const entry = (key, value = S + sized('v')) => S + sized(key) + value;

function nested(levels) {
  let [type, value] = [S, hex('x')];
  for (let i = 1; i < levels; i++) {
    [type, value] = [LIST, u32(1) + type + u32(value.length / 2) + value];
  }
  return value;
}

/** Name, type, value, and whether it opens. */
const VALUES = [
  ['text', S, hex('v'), true],
  ['text that is empty', S, '', true],
  ['text that is not UTF-8', S, 'ff'],
  ['text with a surrogate', S, 'eda080'],
  ['text cut within a character', S, 'c3'],
  // Numbers were normalized by whoever sealed them; nobody looks again.
  ['a number that is none', N, hex('abc'), true],
  ['a number of 39 digits', N, hex('1'.repeat(39)), true],
  ['a number that is not normalized', N, hex('007'), true],
  ['a number that is not UTF-8', N, 'ff'],
  ['bytes', 'ffff', '00ff', true],
  ['null', '0000', '', true],
  ['null with a byte', '0000', '00'],
  ['a boolean of no bytes', '0004', ''],
  ['a boolean of two bytes', '0004', '0001'],
  ['a boolean of value 2', '0004', '02'],
  ...Object.entries(SETS).flatMap(([name, type]) => [
    [`${name} of no members`, type, set(), true],
    [`${name} out of order`, type, set('2', '1'), true],
    [`${name} with a member twice`, type, set('1', '1')],
    [`${name} that ends within its count`, type, '000000'],
    [`${name} that lacks a member`, type, u32(2) + sized('1')],
    [`${name} with a byte too many`, type, `${set('1')}00`],
    [`${name} that counts 4,294,967,295 members`, type, `ffffffff${sized('1')}`],
    [`${name} with a member of 4 GiB`, type, '00000001ffffffff31'],
  ]),
  ['SS with a member that is not UTF-8', SETS.SS, '0000000100000001ff'],
  ['NS with a number in two forms', SETS.NS, set('1', '1.0'), true],
  ['a map', MAP, u32(1) + entry('k'), true],
  ['a map out of order', MAP, u32(2) + entry('k') + entry('a'), true],
  ['a map with a key twice', MAP, u32(2) + entry('k') + entry('k')],
  ['a map with an empty key', MAP, u32(1) + entry('')],
  ['a map with a key of 65,535 bytes', MAP, u32(1) + entry('k'.repeat(65535)), true],
  ['a map with a key of 65,536 bytes', MAP, u32(1) + entry('k'.repeat(65536))],
  ['a map with a key that is a number', MAP, u32(1) + N + sized('1') + S + sized('v')],
  ['a map with a key that is not UTF-8', MAP, `${u32(1)}000100000001ff${S}${sized('v')}`],
  ['a map with a value of unknown type', MAP, u32(1) + entry('k', `0777${sized('v')}`)],
  ['a map with a byte too many', MAP, `${u32(0)}00`],
  ['a map that lacks an entry', MAP, u32(1)],
  ['a map that counts 4,294,967,295 entries', MAP, `ffffffff${entry('k')}`],
  ['a list', LIST, u32(1) + S + sized('v'), true],
  ['a list with a value of unknown type', LIST, `${u32(1)}abcd${sized('v')}`],
  ['a list with a null that has a byte', LIST, `${u32(1)}0000${sized('v')}`],
  ['a list with a value beyond its end', LIST, `${u32(1)}${S}000000ff61`],
  ['a list with a byte too many', LIST, `${u32(0)}00`],
  ['a list that counts 4,294,967,295 values', LIST, 'ffffffff'],
  ['32 levels', LIST, nested(32), true],
  ['33 levels', LIST, nested(33)],
  ['10,000 levels', LIST, nested(10_000)],
  ...['0005', '0100', '0301', 'ff00', 'fffe'].map((type) => [`unknown type ${type}`, type, '00']),
];

/** `{name, ok, config, item}` for each, the item as DynamoDB JSON. */
export function insiderItems() {
  const { namespace, name } = INSIDER_CONFIG.keyring;
  const config = { ...TABLE, namespace, name, wrappingKey: KEY };
  return VALUES.map(([about, type, value, ok = false]) => {
    const field = { type: Buffer.from(type, 'hex'), value: Buffer.from(value, 'hex') };
    const item = Object.entries(sealAnything(config, { e: field }));
    const json = item.map(([key, v]) => [key, v.B ? { B: v.B.toString('base64') } : v]);
    return { name: about, ok, config: INSIDER_CONFIG, item: Object.fromEntries(json) };
  });
}
