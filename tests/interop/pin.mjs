// Writes tests/vectors/official-random.json: what the official library said, kept so that CI can
// do without it.
//
//   node tests/interop/pin.mjs [--seed text]
//
// The choice of cases follows from the seed. Keys and ciphertexts do not, so each run writes
// another file.

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { ask, neededOracle } from './oracle.mjs';
import { INPUT_FAULTS, SEALED_FAULTS } from './faults.mjs';
import { insiderItems } from './insider.mjs';
import { makeKeys as makeRandomKeys, randomCase } from './generate.mjs';
import { actionOf } from './model.mjs';
import { QUESTIONS } from './questions.mjs';
import { Random } from './random.mjs';
import { excuseOf, faulty } from './verdicts.mjs';
import { seal } from './package.mjs';

const LIBRARY = 'aws-db-esdk 1.3.0 (Rust)';
const POSITIVE = 76;
const MOST_BYTES = 1800;

const { values } = parseArgs({ options: { seed: { type: 'string' } } });
const seed = values.seed ?? 'official-random';
const oracle = neededOracle();
const r = new Random(seed);
const keys = makeKeys();
const keyNames = new Map(Object.entries(keys).map(([name, spec]) => [JSON.stringify(spec), name]));

const ask_ = (op, list) =>
  ask(
    oracle,
    list.map(({ config, item }) => ({ op, config, item })),
  );
const size = (value) => JSON.stringify(value).length;
const without = ({ keyring: _, ...config }) => config;
const errorOf = (answer) =>
  (/message: "(.*?)"/.exec(answer.error)?.[1] ?? answer.error).slice(0, 120);

function makeKeys() {
  const [small, large] = makeRandomKeys().rsa;
  const aes = (name, bytes) => {
    const key = randomBytes(bytes).toString('hex');
    return { type: 'raw-aes', namespace: 'pinned', name, key };
  };
  const rsa = (name, padding, pair) => ({
    type: 'raw-rsa',
    namespace: 'pinned',
    name,
    padding,
    ...pair,
  });
  const made = {
    aes128: aes('aes 128', 16),
    aes192: aes('aes \u00e9 192', 24),
    aes256: aes('aes \u{1f600} 256', 32),
    rsa_sha1: rsa('rsa sha1', 'OAEP_SHA1_MGF1', small),
    rsa_sha256: rsa('rsa sha256', 'OAEP_SHA256_MGF1', large),
    rsa_sha384: rsa('rsa sha384', 'OAEP_SHA384_MGF1', small),
    rsa_sha512: rsa('rsa \u540d sha512', 'OAEP_SHA512_MGF1', large),
    // To be encrypted to only: not every host decrypts it.
    rsa_pkcs1_public: { ...rsa('rsa pkcs1', 'PKCS1', small), private_pem: undefined },
  };
  const multi = (generator, ...children) => ({ type: 'multi', generator, children });
  return {
    ...made,
    multi_mixed: multi(made.aes256, made.rsa_sha256, made.aes128),
    multi_pkcs1: multi(made.rsa_pkcs1_public, made.aes192),
    multi_nested: multi(made.aes128, { type: 'multi', children: [made.rsa_sha1, made.aes256] }),
  };
}

/** The name of a keyring in the file. */
function keyName(spec) {
  const text = JSON.stringify(spec);
  if (!keyNames.has(text)) {
    const name = `key_${keyNames.size}`;
    keyNames.set(text, name);
    keys[name] = spec;
  }
  return keyNames.get(text);
}

/** A random case under one of the pinned keys. */
function pinnedCase() {
  const { config, item } = randomCase(r, { rsa: [{}], ecdh: [] });
  return { config: { ...config, keyring: keys[r.pick(PINNED)] }, item };
}

/** What a case is there for. */
function features({ config, item }) {
  const found = new Set();
  const version = Object.values(config.actions).some((a) => a.startsWith('SIGN_AND')) ? 'v2' : 'v1';
  const about = `${version} ${config.suite}`;
  found.add(`${about} ${keyName(config.keyring)}`).add(`table ${classOf(config.table)}`);
  found.add(`sort ${Boolean(config.sort_key)} ${about}`);
  found.add(
    `prefix ${Boolean(config.unsigned_prefix)} list ${Boolean(config.unsigned_attributes)}`,
  );
  for (const [name, value] of Object.entries(item)) {
    const isKey = name === config.partition_key || name === config.sort_key;
    const action = name.startsWith('aws_dbe_') ? 'dropped' : actionOf(config, name);
    found.add(`name ${classOf(name)} ${action}`);
    if (isKey) found.add(`key ${typeOf(value)} ${version}`);
    walk(value, 1, (one, level) => {
      found.add(`${typeOf(one)} ${action} ${level > 1 ? 'nested' : 'top'}`);
      found.add(`level ${level < 4 ? level : level > 25 ? 'deep' : 'some'} ${action}`);
      for (const text of texts(one)) found.add(`${typeOf(one)} text ${classOf(text)} ${action}`);
    });
  }
  return found;
}

const typeOf = (value) => Object.keys(value)[0];

function texts(value) {
  const [[type, member]] = Object.entries(value);
  if (type === 'S' || type === 'N') return [member];
  if (type === 'SS' || type === 'NS') return [member.length ? member.join('') : '(empty)'];
  return type === 'M' ? Object.keys(member) : [];
}

function walk(value, level, visit) {
  visit(value, level);
  for (const child of Object.values(value.M ?? value.L ?? {})) walk(child, level + 1, visit);
}

function classOf(text) {
  if (text === '') return 'empty';
  if (/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text))
    return `number ${text.replace(/\d+/g, '9')}`.slice(0, 14);
  if (/[\u{10000}-\u{10ffff}]/u.test(text))
    return /[\ue000-\uffff]/.test(text) ? 'both orders' : 'pairs';
  if (/[\u0000-\u001f]/.test(text)) return 'control';
  if (/[^\u0000-\u007f]/.test(text)) return 'beyond ascii';
  return /[.[$_#/]/.test(text) ? 'punctuation' : 'ascii';
}

/** The cases that together show the most features, small ones first. */
function choose(cases, count) {
  const seen = new Set();
  const pool = cases.map((one) => ({ one, has: features(one), bytes: size(one.item) }));
  return Array.from({ length: count }, () => {
    let best = { worth: -1 };
    for (const entry of pool) {
      const fresh = [...entry.has].filter((feature) => !seen.has(feature)).length;
      const worth = entry.taken ? -1 : fresh / (300 + entry.bytes);
      if (worth > best.worth) best = { worth, entry };
    }
    best.entry.taken = true;
    best.entry.has.forEach((feature) => seen.add(feature));
    return best.entry.one;
  });
}

const PINNED = Object.keys(keys).filter((name) => name !== 'rsa_pkcs1_public');

function pad(n) {
  return String(n).padStart(3, '0');
}

async function positive() {
  const pool = r
    .times(3000, pinnedCase)
    .filter(({ config, item }) => size(item) + size(config.actions) < MOST_BYTES);
  const chosen = choose(pool, POSITIVE);
  const sealed = await ask_('ddb-encrypt', chosen);
  const back = await ask_(
    'ddb-decrypt',
    chosen.map(({ config }, i) => ({ config, item: sealed[i].item })),
  );
  return chosen.map(({ config, item }, i) => {
    if (sealed[i].error || back[i].error) throw new Error(sealed[i].error ?? back[i].error);
    const name = keyName(config.keyring);
    // What the child keyrings wrapped, each of them can open alone.
    const alone = (config.keyring.children ?? []).filter(
      (one) => one.type !== 'multi' && one.padding !== 'PKCS1',
    );
    return {
      id: `official-random-${pad(i)}`,
      description: [...features({ config, item })].slice(0, 4).join('; '),
      config: without(config),
      encrypt_keyring: name,
      decrypt_keyrings: [name, ...alone.map(keyName)],
      plaintext: item,
      encrypted: sealed[i].item,
      decrypted: back[i].item,
      decrypt_header: header(back[i].header),
    };
  });
}

/** The part of a header that the readers compare. */
function header({ algorithm_suite_id: _, selector_context: __, ...rest }) {
  const wrapped = rest.encrypted_data_keys.map(({ ciphertext: ___, ...key }) => key);
  return { ...rest, encrypted_data_keys: wrapped };
}

/** One of each kind of fault: `cases` with `fault`, those of the fewest bytes. */
function oneOfEach(cases) {
  const smallest = new Map();
  for (const one of cases) {
    const known = smallest.get(one.fault);
    if (!known || size(one.item) < size(known.item)) smallest.set(one.fault, one);
  }
  return [...smallest.values()].filter(
    ({ item, config }) => size(item) + size(config.actions) < MOST_BYTES,
  );
}

async function tampered() {
  const small = r.times(2500, pinnedCase).filter(({ item }) => size(item) < 400);
  const sealed = await ask_('ddb-encrypt', small);
  const faults = small.map(({ config }, i) =>
    faulty(r, SEALED_FAULTS, { config, item: sealed[i].item }),
  );
  const insiders = insiderItems().map((one) => ({
    ...one,
    fault: `sealed by an insider: ${one.name}`,
  }));
  const chosen = [...oneOfEach(faults), ...oneOfEach(insiders)];
  const answers = await ask_('ddb-decrypt', chosen);
  return chosen.map(({ config, item, fault }, i) => ({
    id: `official-random-fault-${pad(i)}`,
    description: fault,
    config: without(config),
    keyring: keyName(config.keyring),
    encrypted: item,
    ...(answers[i].error
      ? { official_error: errorOf(answers[i]) }
      : { decrypted: answers[i].item }),
  }));
}

async function edgeCases() {
  const small = r.times(1500, pinnedCase).filter(({ item }) => size(item) < 400);
  const inputs = oneOfEach(small.map((one) => faulty(r, INPUT_FAULTS, one)));
  const questions = QUESTIONS.filter(({ ours, theirs }) => ours === theirs);
  const all = [...inputs, ...questions.map((one) => ({ ...one, fault: one.name }))];
  const chosen = all.filter(
    // The readers make keyrings that can be made, over the default CMM; and an empty list is ours
    // alone.
    ({ config, item, fault }) =>
      !config.required_ec_keys &&
      !/^namespace|wrapping key|neither generator/.test(fault) &&
      size(without(config)) + size(item) < MOST_BYTES &&
      size(config.keyring) < 3 * MOST_BYTES,
  );
  const sealed = await ask_('ddb-encrypt', chosen);
  const back = await ask_(
    'ddb-decrypt',
    chosen.map(({ config }, i) => ({ config, item: sealed[i].item ?? {} })),
  );
  const ours = [];
  for (const one of chosen) ours.push(await seal(one));
  return chosen.flatMap((one, i) => {
    const { config, item, fault } = one;
    if (Boolean(ours[i].error) !== Boolean(sealed[i].error)) {
      if (excuseOf(one, ours[i])) return [];
      throw new Error(
        `${fault}: we say ${ours[i].error ?? 'ok'}, they say ${sealed[i].error ?? 'ok'}`,
      );
    }
    const entry = {
      description: fault,
      config: without(config),
      keyring: keyName(config.keyring),
      plaintext: item,
    };
    if (sealed[i].error) return { ...entry, result: 'error', official_error: errorOf(sealed[i]) };
    // Forced plaintext may be sealed and yet not be readable.
    if (back[i].error) return [];
    return { ...entry, result: 'ok', encrypted: sealed[i].item, decrypted: back[i].item };
  });
}

const corpus = {
  about: `By ${LIBRARY}: node tests/interop/pin.mjs --seed ${seed}. Keys made for this file.`,
  keys,
  positive: await positive(),
  tampered: await tampered(),
  encrypt_edge_cases: await edgeCases(),
};
const lines = (list) => `[\n${list.map((one) => JSON.stringify(one)).join(',\n')}\n]`;
const json = `{
"about": ${JSON.stringify(corpus.about)},
"keys": {\n${Object.entries(keys)
  .map((pair) => pair.map((v) => JSON.stringify(v)).join(': '))
  .join(',\n')}\n},
"positive": ${lines(corpus.positive)},
"tampered": ${lines(corpus.tampered)},
"encrypt_edge_cases": ${lines(corpus.encrypt_edge_cases)}
}\n`;
JSON.parse(json);
writeFileSync(new URL('../vectors/official-random.json', import.meta.url), json);
const refused = corpus.tampered.filter((one) => !one.decrypted).length;
const errors = corpus.encrypt_edge_cases.filter((one) => one.result === 'error').length;
console.log(
  [
    `seed ${seed}: ${corpus.positive.length} positive`,
    `${corpus.tampered.length} tampered (${refused} refused)`,
    `${corpus.encrypt_edge_cases.length} edge cases (${errors} refused)`,
    `${Buffer.byteLength(json)} bytes`,
  ].join(', '),
);
