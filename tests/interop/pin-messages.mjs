// Writes tests/vectors/official-messages.json: messages of the official libraries, and what they
// say of faulty ones, kept so that CI can do without them.
//
//   node tests/interop/pin-messages.mjs [--seed text]
//
// The choice of cases follows from the seed. Keys and ciphertexts do not, so each run writes
// another file. Both libraries must be there (README.md), and must agree.

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { makeKeys } from './generate.mjs';
import { COMMITTING, MESSAGE_FAULTS, SUITES } from './message-cases.mjs';
import { ask, findOracle, findPythonOracle } from './oracle.mjs';
import { Random } from './random.mjs';

const LIBRARIES = 'aws-esdk 1.2.4 (Rust) and aws-encryption-sdk 4.0.7 (Python)';

const { values } = parseArgs({ options: { seed: { type: 'string' } } });
const seed = values.seed ?? 'official-messages';
const libraries = { rust: findOracle(), python: findPythonOracle() };
if (!libraries.rust || !libraries.python) {
  console.error('needs both oracles: see tests/interop/README.md');
  process.exit(2);
}
const r = new Random(seed);
const [small, large] = makeKeys().rsa;
const names = (name) => ({ namespace: 'pinned', name });
const aes = (name, bytes) => ({
  type: 'raw-aes',
  ...names(name),
  key: randomBytes(bytes).toString('hex'),
});
const rsa = (name, hash, pair) => ({
  type: 'raw-rsa',
  ...names(name),
  padding: `OAEP_${hash}_MGF1`,
  ...pair,
});
const keys = {
  aes128: aes('aes 128', 16),
  aes192: aes('aes \u00e9 192', 24),
  aes256: aes('aes \u{1f600} 256', 32),
  rsa_sha1: rsa('rsa sha1', 'SHA1', small),
  rsa_sha256: rsa('rsa sha256', 'SHA256', large),
  rsa_sha512: rsa('rsa \u540d sha512', 'SHA512', small),
};
keys.multi = {
  type: 'multi',
  generator: keys.aes256,
  children: [keys.rsa_sha256, keys.aes128],
};
/** Which keys open what a keyring sealed. */
const OPENERS = { multi: ['multi', 'aes256', 'rsa_sha256', 'aes128'] };

const CONTEXTS = {
  none: {},
  ascii: { purpose: 'test', tenant: 'A' },
  unicode: { '\u{10002}': 'pair', '\uff61': 'after it in UTF-16', '\u00e9': '', '': 'no name' },
};
const policyOf = (suite) =>
  COMMITTING.includes(suite) ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'FORBID_ENCRYPT_ALLOW_DECRYPT';

const bytes = (n) => Buffer.from(r.bytes(n)).toString('base64');

/** About forty: every suite by both libraries, then the edges of frames, keys and contexts. */
function plan() {
  const cases = [];
  const add = (by, suite, frame, plaintext, context, key, more = {}) =>
    cases.push({ by, suite, frame, plaintext, context, key, ...more });
  for (const [i, suite] of SUITES.entries()) {
    add('rust', suite, r.pick([7, 20, 33]), bytes(r.int(40, 90)), 'ascii', 'aes256');
    const key = r.pick(['aes128', 'aes192', 'rsa_sha1', 'rsa_sha512']);
    add('python', suite, 128, bytes(r.int(100, 300)), i % 2 ? 'none' : 'unicode', key);
  }
  for (const frame of [1, 15, 16, 17, 2 ** 32 - 1]) {
    add('rust', '0x0478', frame, bytes(34), 'none', 'aes256');
  }
  for (const by of ['rust', 'python']) {
    add(by, '0x0578', 128, bytes(256), 'none', 'aes256', { about: 'exact multiple' });
    add(by, '0x0178', 4096, '', 'ascii', 'aes256', { about: 'empty plaintext' });
    add(by, '0x0578', 1024, bytes(2100), 'unicode', 'multi', { about: 'several keys' });
    const required = { required: ['tenant'], about: 'required context' };
    add(by, '0x0478', 4096, bytes(9), 'ascii', 'aes256', required);
    add(by, '0x0378', 4096, bytes(9), 'ascii', 'rsa_sha256', required);
  }
  add('python', '0x0578', 0, bytes(50), 'ascii', 'aes256', { about: 'not framed' });
  add('python', '0x0014', 0, bytes(50), 'none', 'aes256', { about: 'not framed' });
  return cases;
}

async function askAll(by, requests) {
  const answers = await ask(libraries[by], requests);
  return answers.map((answer) => answer);
}

const reproduced = ({ context, required }) =>
  required && Object.fromEntries(required.map((key) => [key, CONTEXTS[context][key]]));

async function positive() {
  const cases = plan();
  const sealed = new Map();
  for (const by of ['rust', 'python']) {
    const own = cases.filter((one) => one.by === by);
    const answers = await askAll(
      by,
      own.map((one) => ({
        op: 'esdk-encrypt',
        plaintext: one.plaintext,
        keyring: keys[one.key],
        suite: one.suite,
        frame_length: one.frame,
        policy: policyOf(one.suite),
        encryption_context: CONTEXTS[one.context],
        required_ec_keys: one.required,
      })),
    );
    own.forEach((one, i) => {
      if (answers[i].error) throw new Error(`${by} ${one.suite} ${one.frame}: ${answers[i].error}`);
      sealed.set(one, answers[i]);
    });
  }
  for (const by of ['rust', 'python']) {
    const able = cases.filter((one) => by === 'rust' || one.frame < 2 ** 31);
    const back = await askAll(
      by,
      able.map((one) => ({
        op: 'esdk-decrypt',
        ciphertext: sealed.get(one).ciphertext,
        keyring: keys[one.key],
        policy: policyOf(one.suite),
        encryption_context: reproduced(one),
      })),
    );
    able.forEach((one, i) => {
      const { error, plaintext } = back[i];
      if (plaintext !== one.plaintext) throw new Error(`${by}: ${error ?? 'another plaintext'}`);
      if (by === 'rust') one.full = back[i].encryption_context;
    });
  }
  return cases.map((one, i) => ({
    id: `official-message-${String(i).padStart(2, '0')}`,
    description: one.about ?? `suite, frame length, context: ${one.context}`,
    encrypted_by: one.by,
    encrypt_policy: policyOf(one.suite),
    frame_length: one.frame,
    encryption_context: CONTEXTS[one.context],
    encrypt_keyring: one.key,
    decrypt_keyrings: OPENERS[one.key] ?? [one.key],
    suite: one.suite,
    message_encryption_context: one.full,
    required_ec_keys: one.required,
    plaintext: one.plaintext,
    ciphertext: sealed.get(one).ciphertext,
  }));
}

/** Each kind of fault on several messages; both libraries' verdicts, which must be one. */
async function negative(good) {
  const bases = good.filter(
    (one) =>
      one.plaintext.length < 300 && one.frame_length < 2 ** 31 && one.encrypt_keyring !== 'multi',
  );
  const faulty = [];
  for (const [kind, put] of Object.entries(MESSAGE_FAULTS)) {
    // What is changed in the keyring is not in the file's terms; the rest is.
    if (/wrapping key|name of the key|read only/.test(kind)) continue;
    for (let tries = 0, found = 0; tries < 60 && found < 6; tries++) {
      const isKeys = kind.includes('data keys');
      const base = isKeys ? good.find((one) => one.encrypt_keyring === 'multi') : r.pick(bases);
      const writer = {
        suite: base.suite,
        keyring: keys[base.encrypt_keyring],
        encryption_context: base.encryption_context,
        required_ec_keys: base.required_ec_keys,
      };
      const reader = {
        keyring: keys[base.encrypt_keyring],
        policy: base.encrypt_policy,
        encryption_context: base.required_ec_keys && {
          tenant: base.encryption_context.tenant,
        },
      };
      const copy = structuredClone({ writer, reader, ciphertext: base.ciphertext });
      const detail = put(r, copy);
      if (detail === undefined) continue;
      found++;
      faulty.push({ base, description: `${kind} ${detail}`.trim(), ...copy });
      if (isKeys) break;
    }
  }
  const requests = faulty.map(({ reader, ciphertext }) => ({
    op: 'esdk-decrypt',
    ...reader,
    ciphertext,
  }));
  const [rust, python] = [await askAll('rust', requests), await askAll('python', requests)];
  return faulty.map(({ base, description, reader, ciphertext }, i) => {
    const [a, b] = [rust[i], python[i]];
    const differs = Boolean(a.error) !== Boolean(b.error);
    if (differs && !description.startsWith('extended')) {
      throw new Error(`${description}: ${a.error ?? 'ok'} / ${b.error ?? 'ok'}`);
    }
    return {
      id: `official-message-fault-${String(i).padStart(3, '0')}`,
      description,
      base: base.id,
      keyring: base.encrypt_keyring,
      policy: reader.policy,
      encryption_context: reader.encryption_context,
      max_encrypted_data_keys: reader.max_encrypted_data_keys,
      result: a.error ? 'error' : 'ok',
      ...(differs ? { note: 'accepted by Python, which does not look behind the message' } : {}),
      ciphertext,
    };
  });
}

/** Each policy with each suite, and what else sealing may refuse. */
async function edgeCases() {
  const policies = ['FORBID_ENCRYPT_ALLOW_DECRYPT', 'REQUIRE_ENCRYPT_ALLOW_DECRYPT'];
  policies.push('REQUIRE_ENCRYPT_REQUIRE_DECRYPT');
  const cases = policies.flatMap((policy) => SUITES.map((suite) => ({ policy, suite })));
  for (const request of [
    { encryption_context: { 'aws-crypto-public-key': 'x' } },
    { encryption_context: { 'aws-crypto-anything': 'x' } },
    { encryption_context: { 'aws-crypto': 'x', 'AWS-CRYPTO-': 'y' } },
    { frame_length: 0 },
    { frame_length: 2 ** 32 },
    { frame_length: 128 },
  ]) {
    cases.push({ request });
  }
  const plaintext = Buffer.from('an edge case').toString('base64');
  const requests = cases.map(({ policy, suite, request }) => ({
    op: 'esdk-encrypt',
    plaintext,
    keyring: keys.aes256,
    policy,
    suite,
    ...request,
  }));
  const [rust, python] = [await askAll('rust', requests), await askAll('python', requests)];
  const verdict = ({ error }) => (error ? 'error' : 'ok');
  return cases.map((one, i) => ({
    ...one,
    keyring: 'aes256',
    rust: verdict(rust[i]),
    python: verdict(python[i]),
  }));
}

const good = await positive();
const bad = await negative(good);
const edges = await edgeCases();
const lines = (list) => `[\n${list.map((one) => JSON.stringify(one)).join(',\n')}\n]`;
const json = `{
"about": ${JSON.stringify(`By ${LIBRARIES}: node tests/interop/pin-messages.mjs --seed ${seed}. Keys made for this file.`)},
"keys": {\n${Object.entries(keys)
  .map((pair) => pair.map((v) => JSON.stringify(v)).join(': '))
  .join(',\n')}\n},
"positive": ${lines(good)},
"negative": ${lines(bad)},
"encrypt_edge_cases": ${lines(edges)}
}\n`;
JSON.parse(json);
writeFileSync(new URL('../vectors/official-messages.json', import.meta.url), json);
console.log(
  `seed ${seed}: ${good.length} messages, ${bad.length} faulty ones ` +
    `(${bad.filter((one) => one.result === 'error').length} refused), ` +
    `${edges.length} edge cases, ${Buffer.byteLength(json)} bytes`,
);
