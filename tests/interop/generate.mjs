// Random configurations and items: everything that the format allows, its edges more often than
// chance would.

import { generateKeyPairSync } from 'node:crypto';

import { normalNumber } from './model.mjs';

const ODD_NAMES = [
  '',
  ' ',
  '.',
  '..',
  'a.b',
  'a[0]',
  '[0]',
  '$',
  '$.a',
  '#',
  '/',
  'a b',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '0',
  '10',
  '9',
  'S',
  'M',
  'B',
  'aws_dbe',
  'aws-crypto',
  '\u00e9',
  'e\u0301',
  '\u540d\u524d',
  '\ue000',
  '\uff61',
  '\ufffd',
  '\u{10002}',
  '\u{1f600}',
  '\u{10ffff}',
  'a\u{10002}',
  'a\uff61',
  '\u2028',
  '\u0000',
  '\u0001',
  '\ufeff',
  'z',
  'aa',
  'Z',
  '\u00df',
  '\u202e',
  'k'.repeat(255),
  '\u00e9'.repeat(100),
];

const ALPHABETS = [
  'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 _-',
  'a\u00e9\u00df\u0142\u0416\u05d0\u0e01\u4e2d\uac00\ue000\ufb01\uff61\ufffd',
  'a\u0301\u0300\u0308\u200d\u200f',
  'a\u{10000}\u{10002}\u{1f600}\u{1f468}\u{e0100}\u{10ffff}\uff61\ue000',
  '\u0000\u0001\t\n\r"\\/\u007f\u0080\u2028\u2029\ufeff',
].map((alphabet) => [...alphabet]);

const PADDINGS = ['OAEP_SHA1_MGF1', 'OAEP_SHA256_MGF1', 'OAEP_SHA384_MGF1', 'OAEP_SHA512_MGF1'];

const CURVES = { P256: 'prime256v1', P384: 'secp384r1', P521: 'secp521r1' };

/** Key pairs for a run. Not from the seed: a reproduction prints the keys that it needs. */
export function makeKeys() {
  const pair = (type, options) => {
    const { publicKey, privateKey } = generateKeyPairSync(type, {
      ...options,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    return { public_pem: publicKey, private_pem: privateKey };
  };
  return {
    rsa: [2048, 3072].map((modulusLength) => pair('rsa', { modulusLength })),
    ecdh: Object.entries(CURVES).map(([curve, namedCurve]) => ({
      curve,
      sender: pair('ec', { namedCurve }),
      recipient: pair('ec', { namedCurve }),
    })),
  };
}

/** Text of one alphabet. */
export function randomText(r, most = 24) {
  const alphabet = r.pick(ALPHABETS);
  return r.times(r.int(0, most), () => r.pick(alphabet)).join('');
}

/** A number that DynamoDB accepts, in one of its many forms. */
export function randomNumber(r) {
  if (r.chance(12)) {
    return r.pick(['0', '-0', '+0', '0.0', '-0.000', '0e999', '.0', '0.', '00', '-0e-7', '0E+5']);
  }
  if (r.chance(12)) {
    const nines = '9'.repeat(38);
    return r.pick([
      '1e125',
      '-1e125',
      `${nines}e88`,
      `9.${nines.slice(1)}E+125`,
      '1e-130',
      '-1E-130',
      nines,
      `-0.${nines}`,
      `${nines.slice(1)}e-130`,
      `1${'0'.repeat(125)}`,
    ]);
  }
  if (r.chance(30)) return String(r.int(-1000, 100000));
  const digits = significant(r);
  // The exponent of the leading digit; then the same value with its point elsewhere.
  const leading = r.chance(15) ? r.pick([-130, -129, -1, 0, 1, 124, 125]) : r.int(-40, 40);
  const whole = r.int(0, digits.length);
  const power = leading + 1 - whole;
  let mantissa = digits.slice(0, whole);
  if (whole < digits.length || r.chance(30)) mantissa += `.${digits.slice(whole)}`;
  if (r.chance(20) && mantissa.includes('.')) mantissa += '0'.repeat(r.int(1, 5));
  if (r.chance(20)) mantissa = '0'.repeat(r.int(1, 5)) + mantissa;
  const sign = r.pick(['', '', '-', '-', '+']);
  const exponent = power === 0 && r.chance(70) ? '' : `${r.pick(['e', 'E'])}${signed(r, power)}`;
  return sign + mantissa + exponent;
}

function significant(r) {
  const digits = r.times(r.chance(20) ? 38 : r.int(1, 38), () => r.int(0, 9));
  digits[0] ||= 1;
  digits[digits.length - 1] ||= 7;
  return digits.join('');
}

function signed(r, power) {
  if (power < 0) return String(power);
  return r.pick(['', '+']) + (r.chance(10) ? '00' : '') + power;
}

const base64 = (bytes) => Buffer.from(bytes).toString('base64');

function unique(r, make, key = (one) => one) {
  const found = new Map(r.times(r.int(0, 6), () => make()).map((one) => [key(one), one]));
  return [...found.values()];
}

/** A value of any type; `levels` more levels of lists and maps are allowed below it. */
export function randomValue(r, levels = r.chance(90) ? 4 : 31) {
  const deep = levels > 4;
  const types = ['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS'];
  const type = levels > 0 && r.chance(deep ? 97 : 30) ? r.pick(['L', 'M']) : r.pick(types);
  switch (type) {
    case 'S':
      return { S: r.chance(2) ? randomText(r).repeat(300) : randomText(r) };
    case 'N':
      return { N: randomNumber(r) };
    case 'B':
      return { B: base64(r.bytes(r.chance(3) ? r.int(1000, 5000) : r.int(0, 40))) };
    case 'BOOL':
    case 'NULL':
      return { [type]: r.chance(50) };
    case 'SS':
      return { SS: unique(r, () => randomText(r, 6)) };
    case 'NS':
      return { NS: unique(r, () => randomNumber(r), normalNumber) };
    case 'BS':
      return { BS: unique(r, () => base64(r.bytes(r.int(0, 5)))) };
    case 'L':
      return { L: r.times(deep ? 1 : r.int(0, 4), () => randomValue(r, levels - 1)) };
    case 'M': {
      const keys = new Set(r.times(deep ? 1 : r.int(0, 4), () => randomName(r) || 'empty'));
      return { M: Object.fromEntries([...keys].map((key) => [key, randomValue(r, levels - 1)])) };
    }
  }
}

/** An attribute's name or a map key. */
export function randomName(r) {
  const name = r.chance(35) ? r.pick(ODD_NAMES) : randomText(r, 12);
  return /^(aws_dbe_|aws-crypto-)/.test(name) ? `x${name}` : name;
}

/** A keyring of raw or branch keys, a multi-keyring in one of five cases. */
export function randomKeyring(r, keys, mayNest = true) {
  const named = { namespace: `ns ${randomText(r, 8)}`, name: randomText(r, 12) || 'key' };
  if (mayNest && r.chance(20)) {
    return {
      type: 'multi',
      generator: randomKeyring(r, keys, false),
      // A child must not generate: a multi-keyring among the children has none that does.
      children: r.times(r.int(0, 4), () => {
        const child = randomKeyring(r, keys, false);
        return r.chance(10) ? { type: 'multi', children: [child] } : child;
      }),
    };
  }
  if (r.chance(25)) return randomHierarchical(r);
  if (r.chance(65)) {
    const key = Buffer.from(r.bytes(r.pick([16, 24, 32]))).toString('hex');
    return { type: 'raw-aes', ...named, key };
  }
  if (keys.ecdh.length > 0 && r.chance(60)) return randomEcdh(r, r.pick(keys.ecdh));
  const padding = r.chance(15) ? 'PKCS1' : r.pick(PADDINGS);
  return { type: 'raw-rsa', ...named, padding, ...r.pick(keys.rsa) };
}

/** Both key pairs of an ECDH keyring: out of sight of JSON, for {@link opener}. */
const PAIRS = Symbol('pairs');

export function randomEcdh(r, pairs) {
  const { curve, sender, recipient } = pairs;
  const common = { type: 'raw-ecdh', curve, [PAIRS]: pairs };
  const { public_pem } = recipient;
  return r.chance(50)
    ? { ...common, scheme: 'ephemeral', public_pem }
    : { ...common, scheme: 'static', private_pem: sender.private_pem, public_pem };
}

/** A keyring that opens what this one sealed; of ECDH keyrings there are up to three that do. */
export function opener(r, keyring) {
  if (keyring.type === 'multi') {
    const children = keyring.children.map((child) => opener(r, child));
    const generator = keyring.generator && opener(r, keyring.generator);
    return { ...keyring, generator, children };
  }
  if (keyring.type !== 'raw-ecdh') return keyring;
  const { sender, recipient } = keyring[PAIRS];
  const { type, curve } = keyring;
  const own = { type, curve, private_pem: recipient.private_pem };
  const discovery = { ...own, scheme: 'discovery' };
  if (keyring.scheme === 'ephemeral') return discovery;
  const reverse = { ...own, scheme: 'static', public_pem: sender.public_pem };
  return r.pick([keyring, reverse, discovery]);
}

export function randomHierarchical(r) {
  const hex = (n) => Buffer.from(r.bytes(n)).toString('hex');
  const uuid = () => hex(16).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
  return {
    type: 'hierarchical',
    branch_key_id: r.chance(50) ? uuid() : randomText(r, 20) || 'branch',
    version: uuid(),
    branch_key: hex(32),
    beacon_key: hex(32),
    encryption_context: r.chance(30) ? { [randomText(r, 8) || 'k']: randomText(r, 8) } : undefined,
  };
}

/** The keyrings that a keyring is made of, multi-keyrings apart. */
export function leaves(keyring) {
  if (keyring.type !== 'multi') return [keyring];
  return [keyring.generator, ...keyring.children].filter(Boolean).flatMap(leaves);
}

/** A configuration and an item that it can seal. */
export function randomCase(r, keys) {
  // Neither key attributes nor those of the encryption context can do without a name.
  const [partition, sort] = pair(r, () => randomName(r) || 'id');
  const others = r.times(r.chance(5) ? 60 : r.int(0, 13), () => randomName(r));
  const inContext = r.chance(40);
  const key = inContext ? 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' : 'SIGN_ONLY';
  const actions = {};
  const item = {};
  // defineProperty, because one of the names is __proto__.
  const set = (object, name, value) =>
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  const keyValue = () =>
    r.pick([
      () => ({ S: randomText(r) }),
      () => ({ N: randomNumber(r) }),
      () => ({ B: base64(r.bytes(9)) }),
    ])();
  const config = {
    table: r.chance(10) ? '' : `T${randomText(r, 10)}`,
    partition_key: partition,
    sort_key: sort,
    actions,
    suite: r.pick(['0x6700', '0x6701', undefined]),
    keyring: randomKeyring(r, keys),
  };
  for (const name of [partition, sort]) {
    if (name === undefined) continue;
    set(actions, name, key);
    // Any type will do: the library does not ask for DynamoDB's three.
    set(item, name, r.chance(95) ? keyValue() : randomValue(r, 2));
  }
  const prefix = r.chance(40) ? r.pick([':', 'u_', '\u00e9', '\u{1f600}', '__', 'a']) : undefined;
  const isUnsigned = (name) => prefix !== undefined && name.startsWith(prefix);
  if (
    prefix !== undefined &&
    ![partition, sort].some((name) => name !== undefined && isUnsigned(name))
  ) {
    config.unsigned_prefix = prefix;
    if (r.chance(50)) others.push(...new Set(r.times(2, () => prefix + randomText(r, 4))));
  }
  const listed = [];
  for (const name of new Set(others)) {
    if (name === partition || name === sort) continue;
    const prefixed = config.unsigned_prefix !== undefined && isUnsigned(name);
    const unsigned = prefixed || r.chance(10);
    if (unsigned) {
      if (!prefixed) listed.push(name);
      if (!prefixed || r.chance(50)) set(actions, name, 'DO_NOTHING');
    } else {
      const choice = r.pick(inContext && name !== '' ? ['e', 's', 'c'] : ['e', 'e', 's']);
      set(actions, name, { e: 'ENCRYPT_AND_SIGN', s: 'SIGN_ONLY', c: key }[choice]);
    }
    // Configured attributes may be absent, those of the encryption context may not.
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    const inItem = action === 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' || r.chance(90);
    let value = randomValue(r);
    // Values in the context stay below what makes the official library exhaust its stack (some 20
    // KB).
    while (action === key && JSON.stringify(value).length > 5000) value = randomValue(r);
    if (inItem) set(item, name, value);
  }
  if (listed.length > 0) config.unsigned_attributes = listed;
  if (r.chance(8)) {
    set(item, r.pick(['aws_dbe_b_x', 'aws_dbe_v_1', 'aws_dbe_']), randomValue(r, 1));
  }
  return { config, item };
}

/** One text or two different ones. */
function pair(r, make) {
  const [first, second] = [make(), make()];
  return first === second || r.chance(50) ? [first] : [first, second];
}

/**
 * A configuration that reads what `config` seals; on read its actions for signed attributes are
 * not asked.
 */
export function readerOf(r, config) {
  const whole = opener(r, config.keyring);
  const keyring = r.chance(50) ? whole : r.pick(leaves(whole));
  if (r.chance(75)) return { ...config, keyring };
  const keys = new Set([config.partition_key, config.sort_key]);
  const actions = Object.entries(config.actions)
    .filter(([name, action]) => keys.has(name) || action === 'DO_NOTHING')
    .map(([name, action]) => [name, action === 'DO_NOTHING' ? action : 'SIGN_ONLY']);
  return { ...config, keyring, actions: Object.fromEntries(actions) };
}
