// Random messages of the AWS Encryption SDK: how each is made, how it is read, and what can be
// wrong with either. In the terms of the oracles' requests.

import { leaves, opener, randomEcdh, randomHierarchical, randomText } from './generate.mjs';

export const COMMITTING = ['0x0478', '0x0578'];
export const SUITES = [
  ...['0x0014', '0x0046', '0x0078', '0x0114', '0x0146', '0x0178', '0x0214', '0x0346', '0x0378'],
  ...COMMITTING,
];
const PADDINGS = ['OAEP_SHA1_MGF1', 'OAEP_SHA256_MGF1', 'OAEP_SHA384_MGF1', 'OAEP_SHA512_MGF1'];
/** The longest frame that the Python library writes or reads. */
const PYTHON_FRAME = 2 ** 31 - 1;

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const name = (r) => randomText(r, 12) || 'n';

function oneKey(r, keys) {
  if (r.chance(12)) return randomHierarchical(r);
  if (r.chance(20)) return randomEcdh(r, r.pick(keys.ecdh));
  const names = { namespace: `ns ${name(r)}`, name: name(r) };
  if (r.chance(65)) {
    return { type: 'raw-aes', ...names, key: hex(r.bytes(r.pick([16, 24, 32]))) };
  }
  return { type: 'raw-rsa', ...names, padding: r.pick(PADDINGS), ...r.pick(keys.rsa) };
}

function randomKeyring(r, keys) {
  if (r.chance(70)) return oneKey(r, keys);
  const children = r.times(r.int(1, 3), () => oneKey(r, keys));
  return { type: 'multi', generator: oneKey(r, keys), children };
}

function randomContext(r) {
  const context = {};
  for (let left = r.pick([0, 0, 1, 2, 3, 8]); left > 0; left--) {
    const key = r.chance(3) ? '' : name(r);
    if (key === '__proto__' || key.startsWith('aws-crypto-')) continue;
    context[key] = r.chance(5) ? 'v'.repeat(r.int(200, 3000)) : randomText(r);
  }
  return context;
}

/** Lengths at and around the edges of a frame. */
function randomSizes(r) {
  const frame = r.chance(50)
    ? r.pick([
        1,
        2,
        15,
        16,
        17,
        128,
        128,
        256,
        384,
        1024,
        4095,
        4096,
        4097,
        65536,
        PYTHON_FRAME,
        2 ** 32 - 1,
      ])
    : r.int(1, 30) * (r.chance(50) ? 128 : r.int(1, 100));
  const frames = r.int(0, frame < 8 ? 40 : 5);
  const whole = Math.min(frames * frame, 20_000);
  const length = Math.max(0, whole + r.pick([-1, 0, 0, 1, r.int(0, 300)]));
  return { frame, length };
}

/** How a message is made, and how it is read again: `{writer, reader, plaintext}`. */
export function randomMessage(r, keysOf) {
  const suite = r.chance(8) ? undefined : r.pick(SUITES);
  const commits = suite === undefined ? r.chance(70) : COMMITTING.includes(suite);
  const policy = commits
    ? r.pick(['REQUIRE_ENCRYPT_ALLOW_DECRYPT', 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT'])
    : 'FORBID_ENCRYPT_ALLOW_DECRYPT';
  const context = randomContext(r);
  const keyring = randomKeyring(r, keysOf);
  const { frame, length } = randomSizes(r);
  const keys = Object.keys(context);
  const required = keys.length > 0 && r.chance(25) ? r.times(1, () => r.pick(keys)) : undefined;
  const edks = keyring.type === 'multi' ? 1 + keyring.children.length : 1;
  const writer = {
    keyring,
    policy,
    suite,
    frame_length: r.chance(10) ? undefined : frame,
    encryption_context: context,
    required_ec_keys: required,
    max_encrypted_data_keys: r.chance(10) ? edks : undefined,
  };
  const reproduced = required
    ? Object.fromEntries((r.chance(50) ? required : keys).map((key) => [key, context[key]]))
    : r.pick([undefined, {}, context]);
  const whole = opener(r, keyring);
  const [child] = whole.children ?? [];
  const reader = {
    // Any of the keys opens it.
    keyring: child && r.chance(50) ? child : whole,
    policy: commits
      ? r.pick(['REQUIRE_ENCRYPT_REQUIRE_DECRYPT', 'FORBID_ENCRYPT_ALLOW_DECRYPT'])
      : r.pick(['REQUIRE_ENCRYPT_ALLOW_DECRYPT', 'FORBID_ENCRYPT_ALLOW_DECRYPT']),
    encryption_context: reproduced,
    required_ec_keys: required && r.chance(50) ? required : undefined,
    max_encrypted_data_keys: r.chance(10) ? edks : undefined,
  };
  return { writer, reader, plaintext: Buffer.from(r.bytes(length)).toString('base64') };
}

/** Why the Python library cannot have this case; it takes the cipher's block size in bits for one in bytes. */
export function beyondPython({ writer: { frame_length: frame = 4096, keyring } }, isWriter) {
  // Of its test command, not of the library.
  if (leaves(keyring).some(({ type }) => type === 'hierarchical')) return 'hierarchical keyrings';
  if (frame > PYTHON_FRAME) return 'frames longer than 2^31 - 1 bytes';
  return isWriter && frame % 128 !== 0 ? 'frames that are no multiple of 128 bytes' : undefined;
}

function changeBytes(change) {
  return (r, one) => {
    const bytes = change(r, Buffer.from(one.ciphertext, 'base64'));
    one.ciphertext = Buffer.from(bytes).toString('base64');
    return '';
  };
}

const flip = (near) => (r, bytes) => {
  bytes[r.int(0, Math.min(bytes.length, near) - 1)] ^= 1 << r.int(0, 7);
  return bytes;
};

/** What can be wrong with a sealed message or with how it is read. Undefined: has no place here. */
export const MESSAGE_FAULTS = {
  'bit flipped': changeBytes(flip(Infinity)),
  'bit flipped at its start': changeBytes(flip(60)),
  'bit flipped at its end': changeBytes((r, bytes) => {
    bytes[bytes.length - r.int(1, Math.min(120, bytes.length))] ^= 1 << r.int(0, 7);
    return bytes;
  }),
  'byte replaced': changeBytes((r, bytes) => {
    bytes[r.int(0, bytes.length - 1)] ^= r.int(1, 255);
    return bytes;
  }),
  truncated: changeBytes((r, bytes) => bytes.subarray(0, r.int(0, bytes.length - 1))),
  'a byte less': changeBytes((r, bytes) => bytes.subarray(0, -1)),
  'a byte taken out': changeBytes((r, bytes) => {
    const at = r.int(0, bytes.length - 1);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  }),
  extended: changeBytes((r, bytes) => Buffer.concat([bytes, r.bytes(r.int(1, 20))])),
  'a length or count that lies': changeBytes((r, bytes) => {
    const at = r.int(0, Math.min(bytes.length - 2, 400));
    bytes.writeUInt16BE(r.pick([0, 1, 2, 0xff, 0x100, 0x7fff, 0xffff]), at);
    return bytes;
  }),
  'another wrapping key': (r, { reader }) => {
    if (reader.keyring.type !== 'raw-aes') return undefined;
    reader.keyring = { ...reader.keyring, key: hex(r.bytes(reader.keyring.key.length / 2)) };
    return '';
  },
  'another name of the key': (r, { reader }) => {
    if (!['raw-aes', 'raw-rsa'].includes(reader.keyring.type)) return undefined;
    const part = r.pick(['name', 'namespace']);
    reader.keyring = { ...reader.keyring, [part]: `${reader.keyring[part]}x` };
    return part;
  },
  'another value in the context': (r, { reader, writer }) => {
    const key = r.pick(Object.keys(writer.encryption_context));
    if (key === undefined) return undefined;
    reader.encryption_context = { ...reader.encryption_context, [key]: 'another value' };
    return '';
  },
  'a pair more in the context': (r, { reader }) => {
    reader.encryption_context = { ...reader.encryption_context, 'one more': 'x' };
    return '';
  },
  'required context not given': (r, { reader, writer }) => {
    if (!writer.required_ec_keys) return undefined;
    reader.encryption_context = undefined;
    return reader.required_ec_keys ? 'to the CMM' : 'at all';
  },
  'required when read only': (r, { reader, writer }) => {
    const key = r.pick(Object.keys(writer.encryption_context));
    if (key === undefined || writer.required_ec_keys) return undefined;
    reader.required_ec_keys = [key];
    reader.encryption_context = r.chance(50)
      ? undefined
      : { [key]: writer.encryption_context[key] };
    return reader.encryption_context ? 'and given' : 'and not given';
  },
  'a policy that refuses it': (r, { reader, writer }) => {
    if (COMMITTING.includes(writer.suite)) return undefined;
    reader.policy = 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT';
    return '';
  },
  'more data keys than allowed': (r, { reader, writer }) => {
    if (writer.keyring.type !== 'multi') return undefined;
    reader.max_encrypted_data_keys = writer.keyring.children.length;
    return '';
  },
};
