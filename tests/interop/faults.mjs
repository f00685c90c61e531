// What can be wrong with an item or a configuration: faults put into a good case, by name. Each
// changes the copies that it is given and answers its name, or undefined when the case has no
// place for it.

import { randomName, randomNumber, randomText, randomValue } from './generate.mjs';

const HEAD = 'aws_dbe_head';
const FOOT = 'aws_dbe_foot';

const bytesOf = (value) => Buffer.from(value.B, 'base64');
const binary = (bytes) => ({ B: Buffer.from(bytes).toString('base64') });

function set(object, name, value) {
  const open = { enumerable: true, writable: true, configurable: true };
  Object.defineProperty(object, name, { value, ...open });
}

/** Changes to bytes, as an attacker or a broken disk makes them. */
const BYTE_FAULTS = {
  'bit flipped': (r, bytes) => {
    if (bytes.length === 0) return undefined;
    bytes[r.int(0, bytes.length - 1)] ^= 1 << r.int(0, 7);
    return bytes;
  },
  'byte replaced': (r, bytes) => {
    if (bytes.length === 0) return undefined;
    bytes[r.int(0, bytes.length - 1)] ^= r.int(1, 255);
    return bytes;
  },
  'bit flipped near the start': (r, bytes) => {
    if (bytes.length < 2) return undefined;
    bytes[r.int(0, Math.min(bytes.length, 48) - 1)] ^= 1 << r.int(0, 7);
    return bytes;
  },
  truncated: (r, bytes) =>
    bytes.length === 0 ? undefined : bytes.subarray(0, r.int(0, bytes.length - 1)),
  extended: (r, bytes) => Buffer.concat([bytes, r.bytes(r.int(1, 60))]),
  'a byte taken out': (r, bytes) => {
    if (bytes.length === 0) return undefined;
    const at = r.int(0, bytes.length - 1);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  },
  'all random': (r, bytes) => r.bytes(bytes.length),
  'random of another length': (r) => r.bytes(r.int(0, 400)),
};

function encrypted(config, item) {
  const names = Object.keys(item).filter(
    (name) => Object.hasOwn(config.actions, name) && config.actions[name] === 'ENCRYPT_AND_SIGN',
  );
  return names.filter((name) => 'B' in item[name]);
}

function plain(config, item) {
  const sealed = new Set([...encrypted(config, item), HEAD, FOOT]);
  return Object.keys(item).filter((name) => !sealed.has(name));
}

function bytesOfAttribute(pick) {
  return (r, { config, item }) => {
    const names = pick(config, item);
    if (names.length === 0) return undefined;
    const name = r.pick(names);
    if (!('B' in item[name])) return undefined;
    const [fault, change] = r.pick(Object.entries(BYTE_FAULTS));
    const bytes = change(r, bytesOf(item[name]));
    if (!bytes) return undefined;
    set(item, name, binary(bytes));
    return fault;
  };
}

/** Faults of sealed items and of the configuration that reads them. `case`: `{config, item}`. */
export const SEALED_FAULTS = {
  header: bytesOfAttribute(() => [HEAD]),
  footer: bytesOfAttribute(() => [FOOT]),
  ciphertext: bytesOfAttribute(encrypted),
  'header or footer of another type': (r, { item }) => {
    const name = r.pick([HEAD, FOOT]);
    const B = item[name].B;
    set(item, name, r.pick([{ S: B }, { BS: [B] }, { L: [{ B }] }, { NULL: true }]));
    return name;
  },
  'attribute missing': (r, { item }) => {
    const name = r.pick(Object.keys(item));
    delete item[name];
    return name === HEAD || name === FOOT ? name : 'other';
  },
  'attribute added': (r, { config, item }) => {
    const prefix = r.chance(30) ? (config.unsigned_prefix ?? 'aws_dbe_') : '';
    const name = prefix + randomName(r);
    if (Object.hasOwn(item, name)) return undefined;
    set(item, name, randomValue(r, 2));
    return prefix ? 'one that is not signed' : 'a signed one';
  },
  'attribute renamed': (r, { item }) => {
    const [from, to] = [r.pick(Object.keys(item)), randomName(r)];
    if (Object.hasOwn(item, to)) return undefined;
    set(item, to, item[from]);
    delete item[from];
    return 'renamed';
  },
  'value in plaintext replaced': (r, { config, item }) => {
    const names = plain(config, item);
    if (names.length === 0) return undefined;
    set(item, r.pick(names), randomValue(r, 2));
    return 'replaced';
  },
  'value in plaintext made invalid': (r, { config, item }) => {
    const names = plain(config, item);
    if (names.length === 0) return undefined;
    const [fault, value] = r.pick(invalidValues(r));
    set(item, r.pick(names), value);
    return fault;
  },
  'number written otherwise': (r, { config, item }) => {
    const names = plain(config, item).filter((name) => 'N' in item[name]);
    if (names.length === 0) return undefined;
    const name = r.pick(names);
    const N = item[name].N.replace(/^-?/, (sign) => `${sign}0`);
    set(item, name, { N: N.includes('.') || /e/i.test(N) ? N : `${N}.0` });
    return 'equal';
  },
  'set reordered': (r, { config, item }) => {
    const set_ = plain(config, item).find((name) => (item[name].SS ?? item[name].NS)?.length > 1);
    if (set_ === undefined) return undefined;
    (item[set_].SS ?? item[set_].NS).reverse();
    return 'equal';
  },
  'NULL changed to false': (r, { config, item }) => {
    const name = plain(config, item).find((one) => item[one].NULL === true);
    if (name === undefined) return undefined;
    set(item, name, { NULL: false });
    return 'equal';
  },
  'two ciphertexts swapped': (r, { config, item }) => {
    const names = encrypted(config, item);
    if (names.length < 2) return undefined;
    const [a, b] = [item[names[0]], item[names[1]]];
    set(item, names[0], b);
    set(item, names[1], a);
    return 'swapped';
  },
  'recipient tags swapped': (r, { item }) => {
    const foot = bytesOf(item[FOOT]);
    if (foot.length < 96) return undefined;
    const swapped = [foot.subarray(48, 96), foot.subarray(0, 48), foot.subarray(96)];
    set(item, FOOT, binary(Buffer.concat(swapped)));
    return foot.length - 103 >= 96 || foot.length % 48 === 0 ? 'several' : 'one and the signature';
  },
  'another table': (r, { config }) => {
    config.table += 'x';
    return 'another';
  },
  'another sort key': (r, { config, item }) => {
    const other = Object.keys(item).find(
      (name) => name && name !== config.partition_key && name !== config.sort_key,
    );
    config.sort_key = config.sort_key === undefined ? other : undefined;
    if (config.sort_key && !Object.hasOwn(config.actions, config.sort_key)) return undefined;
    return 'another';
  },
  'unsigned prefix forgotten': (r, { config }) => {
    if (config.unsigned_prefix === undefined) return undefined;
    config.unsigned_prefix = undefined;
    for (const [name, action] of Object.entries(config.actions)) {
      if (action === 'DO_NOTHING') delete config.actions[name];
    }
    config.unsigned_attributes = undefined;
    return 'forgotten';
  },
  'signed attribute read as unsigned': (r, { config, item }) => {
    const keys = [config.partition_key, config.sort_key];
    const name = Object.keys(item).find(
      (one) => !one.startsWith('aws_dbe_') && !keys.includes(one),
    );
    if (name === undefined) return undefined;
    set(config.actions, name, 'DO_NOTHING');
    config.unsigned_attributes = [...(config.unsigned_attributes ?? []), name];
    return 'read as unsigned';
  },
  'another branch key': (r, { config }) => {
    const { keyring } = config;
    if (keyring.type !== 'hierarchical') return undefined;
    const other = {
      branch_key: Buffer.from(r.bytes(32)).toString('hex'),
      version: keyring.version.replace(/[0-9a-f]$/, (digit) => (digit === '0' ? '1' : '0')),
      branch_key_id: `${keyring.branch_key_id}x`,
    };
    const name = r.pick(Object.keys(other));
    keyring[name] = other[name];
    return name;
  },
  'another wrapping key': (r, { config }) => {
    if (config.keyring.type !== 'raw-aes') return undefined;
    config.keyring.key = Buffer.from(r.bytes(config.keyring.key.length / 2)).toString('hex');
    return 'another';
  },
  'another key name': (r, { config }) => {
    if (!config.keyring.type.startsWith('raw-')) return undefined;
    config.keyring[r.pick(['name', 'namespace'])] += 'x';
    return 'another';
  },
};

/** Values that no item may have, each with its fault's name. */
export function invalidValues(r) {
  const number = randomNumber(r);
  const nested = (levels) => {
    let value = { S: 'x' };
    for (let i = 1; i < levels; i++) value = i % 2 ? { L: [value] } : { M: { k: value } };
    return value;
  };
  const bad = r.times(r.int(0, 8), () => r.pick([...'0123456789+-.eE ,x'])).join('');
  const wrap = (value) => r.pick([value, { L: [value] }, { M: { k: value } }]);
  const text = randomText(r, 4);
  return [
    ['a text for a number', wrap({ N: bad })],
    ['39 digits', wrap({ N: `1${'2'.repeat(38)}` })],
    ['too large a number', wrap({ N: `${r.int(1, 9)}e126` })],
    ['too small a number', wrap({ N: `${r.int(1, 9)}e-131` })],
    ['a member of SS twice', wrap({ SS: [text, `${text}x`, text] })],
    ['a member of BS twice', wrap({ BS: ['AAEC', 'AAEC'] })],
    ['a number of NS twice', wrap({ NS: [number, number] })],
    ['a number of NS twice, written otherwise', wrap({ NS: ['1', '1.0'] })],
    ['a bad number in NS', wrap({ NS: ['1', bad] })],
    ['an empty map key', wrap({ M: { '': { S: 'x' }, a: { S: 'x' } } })],
    ['33 levels', nested(33)],
    ['34 levels', nested(34)],
  ];
}

/** Faults of items to seal and of the configuration that seals them. */
export const INPUT_FAULTS = {
  'an invalid value': (r, { item }) => {
    const [fault, value] = r.pick(invalidValues(r));
    set(item, r.pick(Object.keys(item)), value);
    return fault;
  },
  'an invalid value that is not signed': (r, { config, item }) => {
    const prefix = config.unsigned_prefix ?? '~u';
    if (Object.keys(config.actions).some((name) => name.startsWith('~u'))) return undefined;
    config.unsigned_prefix = prefix;
    const [fault, value] = r.pick(invalidValues(r));
    set(item, `${prefix}x`, value);
    return fault;
  },
  'an invalid value of a dropped attribute': (r, { item }) => {
    const [fault, value] = r.pick(invalidValues(r));
    set(item, 'aws_dbe_b_x', value);
    return fault;
  },
  'an attribute missing': (r, { item }) => {
    delete item[r.pick(Object.keys(item))];
    return 'some attribute';
  },
  'an attribute without action': (r, { config, item }) => {
    const name = randomName(r);
    if (Object.hasOwn(config.actions, name)) return undefined;
    set(item, name, randomValue(r, 1));
    return 'some name';
  },
  'a reserved name': (r, { config, item }) => {
    const name = r.pick([HEAD, FOOT, 'aws_dbe_x', 'aws-crypto-x', 'aws-crypto-attr.x']);
    const inConfig = r.chance(50);
    if (inConfig)
      set(config.actions, name, r.pick(['SIGN_ONLY', 'ENCRYPT_AND_SIGN', 'DO_NOTHING']));
    if (!inConfig || r.chance(50)) set(item, name, randomValue(r, 1));
    return name;
  },
  'another action': (r, { config }) => {
    const name = r.pick(Object.keys(config.actions));
    const action = r.pick([
      'SIGN_ONLY',
      'ENCRYPT_AND_SIGN',
      'DO_NOTHING',
      'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
    ]);
    const key = name === config.partition_key || name === config.sort_key;
    set(config.actions, name, action);
    return `${key ? 'a key' : 'an attribute'} ${action}`;
  },
  'other key names': (r, { config }) => {
    const names = Object.keys(config.actions);
    config.sort_key = r.pick(names);
    if (r.chance(50)) config.partition_key = r.pick(names);
    return 'from the actions';
  },
  'other unsigned names': (r, { config }) => {
    const name = r.pick(Object.keys(config.actions));
    if (r.chance(50)) config.unsigned_attributes = [...(config.unsigned_attributes ?? []), name];
    else config.unsigned_prefix = [...name][0] ?? '';
    return 'from the actions';
  },
  'a plaintext override': (r, { config, item }) => {
    config.plaintext_override = r.pick([
      'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
      'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
      'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ',
    ]);
    if (r.chance(30)) delete item[r.pick(Object.keys(item))];
    if (r.chance(20)) set(item, r.pick([HEAD, FOOT]), { S: 'x' });
    return config.plaintext_override;
  },
  'a wrapping key of another length': (r, { config }) => {
    if (config.keyring.type !== 'raw-aes') return undefined;
    config.keyring.key = '00'.repeat(r.pick([0, 1, 15, 17, 31, 33, 64]));
    return 'wrong';
  },
  'a branch key of another length': (r, { config }) => {
    if (config.keyring.type !== 'hierarchical') return undefined;
    config.keyring.branch_key = '00'.repeat(r.pick([0, 1, 16, 31, 33, 64]));
    return 'wrong';
  },
  'required context': (r, { config }) => {
    const keys = ['aws-crypto-table-name', 'aws-crypto-partition-name', 'aws-crypto-sort-name'];
    const others = ['aws-crypto-public-key', `aws-crypto-attr.${config.partition_key}`, 'x'];
    config.required_ec_keys = r.times(r.int(1, 2), () => r.pick([...keys, ...others]));
    return 'some keys';
  },
};
