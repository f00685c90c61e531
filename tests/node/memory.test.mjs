// Nothing secret stays in linear memory: after each kind of operation all of it is searched for
// the plaintexts, for the item's data key and every key derived from it, and for every random byte
// that the core drew (signing keys among them). The keys are found from outside, by unwrapping the
// data key over node:crypto.
//
// What stays by design: the wrapping key of a raw AES keyring, once, for as long as the keyring
// lives; branch keys in a static key store and in the cache of a hierarchical keyring; data keys in
// the cache of a caching CMM. Private keys for RSA and ECDH never enter. What this cannot see: of what a cipher
// expands a key to, other round keys than the last, and copies in JavaScript's own heap, which nobody can wipe.

import assert from 'node:assert/strict';
import {
  constants,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  privateDecrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Internal: the instance of the core and its memory.
import { core } from '../../pkg/core/core.js';
import { packItems } from '../../pkg/items/codec/pack.js';
import {
  evaluateCondition,
  evaluateUpdate,
  statementTables,
} from '../../pkg/dynamodb/expressions.js';
import * as fieldseal from '../../pkg/entrypoints/index.js';
import {
  branchKeyUnwrap,
  branchWrappingKey,
  contextBytes,
  ecdhKeys,
  ecdhUnwrap,
  kmsRsaUnwrap,
  parseHeader,
  rawAesUnwrap,
  rawRsaUnwrap,
  secretsOf,
} from '../support/dbesdk.mjs';
import { ecdhPair } from '../support/ecdh.mjs';
import {
  formsOfAes,
  pieces,
  piecesOf,
  search as searchIn,
  stackAfter,
} from '../support/linear-memory.mjs';

const { ItemEncryptor, KmsClient, awsKmsKeyring, awsKmsRsaKeyring, multiKeyring } = fieldseal;
const { awsKmsHierarchicalKeyring, cachingCmm, localCache, staticKeyStore } = fieldseal;
const { awsKmsEcdhKeyring, rawAesKeyring, rawEcdhKeyring, rawRsaKeyring } = fieldseal;

const KEY_ARN = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const wrappingKey = randomBytes(32);
const branchKey = randomBytes(32);
const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

// Every random byte that the core asks for, by the call that asked.
const drawn = [];
const original = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
globalThis.crypto.getRandomValues = (array) => {
  original(array);
  drawn.push(Buffer.from(array));
  return array;
};

const search = (needles) => searchIn(core().memory, needles);
const find = (bytes) => search(pieces('', bytes));

/** The forms in which a key would give itself away: also as KMS answers, where the last characters depend on what follows. */
const forms = (name, key) => ({
  ...formsOfAes(name, key),
  [`${name} in base64`]: Buffer.from(key.toString('base64').slice(0, 40)),
});

/** Random bytes that each item shows: its message id, IVs and salts of its wrapped keys. */
const published = new Set();

function publish(results) {
  for (const { item } of results) {
    const { messageId, dataKeys } = parseHeader(item.aws_dbe_head.B);
    // The IVs of raw AES, the salts of ECDH, salt and IV of a hierarchical keyring behind the wrapped data key.
    const shown = dataKeys.flatMap(({ providerInfo, ciphertext }) => [
      providerInfo.subarray(-12),
      ciphertext.subarray(48, 80),
      ciphertext.subarray(48, 76),
    ]);
    for (const bytes of [messageId, ...shown]) {
      for (let i = 0; i + 8 <= bytes.length; i++) published.add(bytes.toString('hex', i, i + 8));
    }
  }
}

function isPublished(piece) {
  return [0, 4, 8].some((at) => published.has(piece.toString('hex', at, at + 8)));
}

function assertClean(about, secrets) {
  const needles = piecesOf(secrets);
  for (const [i, bytes] of drawn.entries()) {
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      const piece = bytes.subarray(at, at + 16);
      if (isPublished(piece)) continue;
      const name = `random bytes ${at} of draw ${i}`;
      needles.push(...pieces(name, piece));
      // Scalars of signing keys lie in memory as little-endian words.
      needles.push(...pieces(`${name}, reversed`, Buffer.from(piece).reverse()));
    }
  }
  const left = search(needles).map(
    ({ name, start, at }) => `${name} (from byte ${start}) at ${at.toString(16)}`,
  );
  assert.deepEqual(left, [], about);
  assert.ok(drawn.length > 0, 'random bytes were recorded');
  drawn.length = 0;
}

/** Values that occur nowhere else. */
function item() {
  const text = () => `secret ${randomBytes(18).toString('base64')}`;
  const marker = text();
  const values = {
    pk: { S: text() },
    text: { S: text() },
    number: { N: String(randomBytes(12).readBigUInt64BE()) + String(Date.now()) },
    binary: { B: new Uint8Array(randomBytes(48)) },
    nested: {
      M: { key: { L: [{ S: text() }, { SS: [text(), text()] }] }, bs: { BS: [randomBytes(24)] } },
    },
    // Larger than the buffers that are kept, and than the room that vectors start with.
    large: { S: Array(4000).fill(marker).join(' € ') },
    signed: { S: text() },
    unsigned: { S: text() },
  };
  const { L, SS } = { L: values.nested.M.key.L[0], SS: values.nested.M.key.L[1].SS };
  const plaintexts = {
    'partition key': Buffer.from(values.pk.S),
    text: Buffer.from(values.text.S),
    number: Buffer.from(values.number.N),
    binary: Buffer.from(values.binary.B),
    'nested text': Buffer.from(L.S),
    'member of a set': Buffer.from(SS[0]),
    'another member': Buffer.from(SS[1]),
    'member of a binary set': Buffer.from(values.nested.M.bs.BS[0]),
    'large text': Buffer.from(marker),
    'signed text': Buffer.from(values.signed.S),
    'unsigned text': Buffer.from(values.unsigned.S),
  };
  return { values, plaintexts };
}

const ENCRYPTED = ['text', 'number', 'binary', 'nested', 'large'];

function encryptor(keyring, algorithmSuite) {
  const attributeActions = { pk: 'SIGN_ONLY', signed: 'SIGN_ONLY', unsigned: 'DO_NOTHING' };
  for (const name of ENCRYPTED) attributeActions[name] = 'ENCRYPT_AND_SIGN';
  return new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'pk',
    attributeActions,
    allowedUnsignedAttributes: ['unsigned'],
    algorithmSuite,
    keyring,
  });
}

/** KMS, as far as decrypting with one RSA key and refusing everything else goes. */
function kmsOf(answer) {
  return new KmsClient({ endpoint: 'http://127.0.0.1:9', maxAttempts: 1, fetch: answer });
}

async function rsaKms(_, { headers, body }) {
  const { CiphertextBlob } = JSON.parse(Buffer.from(body).toString());
  assert.ok(headers.some(([, value]) => value === 'TrentService.Decrypt'));
  const ciphertext = Buffer.from(CiphertextBlob, 'base64');
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const plain = privateDecrypt({ key: rsa.privateKey, padding, oaepHash: 'sha256' }, ciphertext);
  const answer = { KeyId: KEY_ARN, Plaintext: plain.toString('base64') };
  return Response.json({ ...answer, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' });
}

const names = { keyNamespace: 'ns', keyName: 'key' };
const aes = () => rawAesKeyring({ ...names, wrappingKey });
const rawRsa = () => rawRsaKeyring({ ...names, paddingScheme: 'OAEP_SHA256_MGF1', ...rsa });
const kmsRsa = (kms) => awsKmsRsaKeyring({ kmsKeyId: KEY_ARN, publicKey: rsa.publicKey, kms });

/** Names are given: random ones stay, and are no secrets. */
const hierarchical = () =>
  awsKmsHierarchicalKeyring({
    keyStore: staticKeyStore(
      [{ branchKeyId: 'a', version: randomUUID(), branchKey: new Uint8Array(branchKey) }],
      { logicalKeyStoreName: 'keys' },
    ),
    branchKeyId: 'a',
    ttlSeconds: 600,
    partitionId: 'p',
  });
const branch = hierarchical();
const ecdh = Object.fromEntries(['P256', 'P384', 'P521'].map((curve) => [curve, ecdhPair(curve)]));
const sender = ecdhPair('P384');
const rawEcdh = (curveSpec, keyAgreementScheme) =>
  rawEcdhKeyring({ curveSpec, keyAgreementScheme });
const ephemeral = (curve) => ({
  seals: () => rawEcdh(curve, { type: 'ephemeral', recipientPublicKey: ecdh[curve].publicKey }),
  opens: () => rawEcdh(curve, { type: 'discovery', recipientPrivateKey: ecdh[curve].privateKey }),
  unwrap: ecdhUnwrap(ecdh[curve].privateKey),
  agreed: ecdh[curve].privateKey,
});

/** KMS, as far as agreeing with the key of the P-384 pair goes. */
async function ecdhKms(_, { body }) {
  const { PublicKey, KeyAgreementAlgorithm } = JSON.parse(Buffer.from(body).toString());
  const { privateKey } = ecdh.P384;
  if (!PublicKey) {
    const answer = { KeyUsage: 'KEY_AGREEMENT', KeySpec: 'ECC_NIST_P384', KeyId: KEY_ARN };
    const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    return Response.json({ ...answer, PublicKey: der.toString('base64') });
  }
  const key = Buffer.from(PublicKey, 'base64');
  const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
  const secret = diffieHellman({ privateKey: createPrivateKey(privateKey), publicKey });
  const answer = { KeyId: KEY_ARN, SharedSecret: secret.toString('base64') };
  return Response.json({ ...answer, KeyAgreementAlgorithm });
}

/** Each way to hold keys: what seals, what opens, and how the test itself unwraps. */
const KEYRINGS = {
  'raw AES': { seals: aes, opens: aes, unwrap: rawAesUnwrap(wrappingKey) },
  'raw RSA': { seals: rawRsa, opens: rawRsa, unwrap: rawRsaUnwrap(rsa.privateKey, 'sha256') },
  'multi: AES, RSA': {
    seals: () => multiKeyring({ generator: aes(), children: [rawRsa()] }),
    opens: rawRsa,
    unwrap: rawAesUnwrap(wrappingKey),
  },
  hierarchical: { seals: () => branch, opens: () => branch, unwrap: branchKeyUnwrap(branchKey) },
  'KMS RSA, offline; opened by KMS': {
    seals: () => kmsRsa(),
    opens: () => kmsRsa(kmsOf(rsaKms)),
    unwrap: kmsRsaUnwrap(rsa.privateKey),
    suites: ['6700'],
  },
  'raw ECDH, ephemeral, P-256': ephemeral('P256'),
  'raw ECDH, ephemeral, P-521': ephemeral('P521'),
  'raw ECDH, static, P-384; opened by KMS': {
    seals: () =>
      rawEcdh('P384', {
        type: 'static',
        senderPrivateKey: sender.privateKey,
        recipientPublicKey: ecdh.P384.publicKey,
      }),
    opens: () =>
      awsKmsEcdhKeyring({
        kms: kmsOf(ecdhKms),
        curveSpec: 'P384',
        keyAgreementScheme: { type: 'discovery', recipientKmsKeyId: KEY_ARN },
      }),
    unwrap: ecdhUnwrap(ecdh.P384.privateKey),
    agreed: ecdh.P384.privateKey,
  },
};

/** Every secret of the sealed items, in every form. */
function secretsOfAll(results, unwrap, agreed) {
  const all = {};
  publish(results);
  for (const [i, { item, header }] of results.entries()) {
    const head = item.aws_dbe_head.B;
    const found = secretsOf(head, header.encryptionContext, unwrap, ENCRYPTED.length);
    for (const [name, key] of Object.entries(found))
      Object.assign(all, forms(`item ${i}: ${name}`, key));
    if (agreed === undefined) continue;
    const [{ providerInfo, ciphertext }] = parseHeader(head).dataKeys;
    const aad = contextBytes(header.encryptionContext);
    const keys = ecdhKeys(agreed, providerInfo, ciphertext.subarray(48, 80), aad);
    Object.assign(all, forms(`item ${i}: shared secret`, keys.secret));
    Object.assign(all, forms(`item ${i}: wrapping key`, keys.wrapping));
  }
  return all;
}

/** The parts of the RSA private key, and the scalars of the others. */
function privateKeys() {
  const jwk = createPrivateKey(rsa.privateKey).export({ format: 'jwk' });
  const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi'].map((name) => [`RSA ${name}`, jwk[name]]);
  for (const [name, pair] of Object.entries({ ...ecdh, sender })) {
    const { d } = createPrivateKey(pair.privateKey).export({ format: 'jwk' });
    secrets.push([`ECDH ${name}`, d]);
  }
  return Object.fromEntries(secrets.map(([name, text]) => [name, Buffer.from(text, 'base64url')]));
}

const refused = (run) => assert.rejects(run, (error) => error instanceof fieldseal.FieldsealError);

for (const [name, { seals, opens, unwrap, agreed, suites = ['6700', '6701'] }] of Object.entries(
  KEYRINGS,
)) {
  for (const suite of suites) {
    test(`${name}, ${suite}`, async () => {
      const instance = core();
      const [sealing, opening] = [encryptor(seals(), suite), encryptor(opens(), suite)];
      const one = item();
      const many = Array.from({ length: 5 }, item);
      const plaintexts = (items) =>
        Object.assign(
          {},
          ...items.map(({ plaintexts }, i) =>
            Object.fromEntries(Object.entries(plaintexts).map(([k, v]) => [`item ${i}: ${k}`, v])),
          ),
        );

      const sealed = await sealing.encryptItem(one.values);
      const secrets = {
        ...secretsOfAll([sealed], unwrap, agreed),
        ...plaintexts([one]),
        ...privateKeys(),
      };
      // Unwrapped rightly: the key that the test found opens the field.
      assertClean('encryptItem', secrets);

      const batch = await sealing.encryptItems(many.map(({ values }) => values));
      const batchSecrets = { ...secretsOfAll(batch, unwrap, agreed), ...plaintexts(many) };
      assertClean('encryptItems', batchSecrets);

      drawn.push(randomBytes(16)); // Opening draws nothing.
      const opened = await opening.decryptItem(sealed.item);
      assert.equal(opened.item.text.S, one.values.text.S);
      assertClean('decryptItem', secrets);

      drawn.push(randomBytes(16));
      await opening.decryptItems(batch.map(({ item }) => item));
      assertClean('decryptItems', batchSecrets);

      const flipped = (attribute) => {
        const bytes = Uint8Array.from(sealed.item[attribute].B);
        bytes[bytes.length - 1] ^= 1;
        return { ...sealed.item, [attribute]: { B: bytes } };
      };
      for (const attribute of ['aws_dbe_head', 'aws_dbe_foot', 'text', 'large']) {
        drawn.push(randomBytes(16));
        await refused(() => opening.decryptItem(flipped(attribute)));
        assertClean(`${attribute} tampered with`, secrets);
        drawn.push(randomBytes(16));
        await refused(() => opening.decryptItems([sealed.item, flipped(attribute)]));
        assertClean(`${attribute} tampered with in the last item of a batch`, secrets);
      }

      // Refused while it is half done: earlier attributes are serialized, other items of the batch
      // sealed.
      const bad = { ...one.values, zzz: { S: 'x' } };
      drawn.push(randomBytes(16));
      await refused(() => sealing.encryptItem(bad));
      await refused(() => sealing.encryptItem({ ...one.values, number: { N: '1e999' } }));
      await refused(() => sealing.encryptItem({ ...one.values, nested: { SS: ['a', 'a'] } }));
      await refused(() => sealing.encryptItems([one.values, bad]));
      assertClean('encryption refused', plaintexts([one]));

      drawn.push(randomBytes(16));
      const stranger = encryptor(rawAesKeyring({ ...names, wrappingKey: randomBytes(32) }), suite);
      await refused(() => stranger.decryptItem(sealed.item));
      assertClean('opened with a wrong key', secrets);
      assert.equal(core(), instance, 'one and the same instance');
    });
  }
}

test('a KMS that refuses leaves nothing behind either', async () => {
  const failing = kmsOf(async () =>
    Response.json({ __type: 'DisabledException' }, { status: 400 }),
  );
  const sealing = encryptor(
    multiKeyring({
      generator: aes(),
      children: [awsKmsKeyring({ kms: failing, generatorKeyId: KEY_ARN, keyIds: [KEY_ARN] })],
    }),
    '6700',
  );
  const { values, plaintexts } = item();
  await refused(() => sealing.encryptItem(values));
  assertClean('encryption refused by KMS', plaintexts);
  const sealed = await encryptor(kmsRsa(), '6700').encryptItem(values);
  const secrets = secretsOfAll([sealed], kmsRsaUnwrap(rsa.privateKey));
  await refused(() => encryptor(kmsRsa(failing), '6700').decryptItem(sealed.item));
  assertClean('decryption refused by KMS', { ...secrets, ...plaintexts });
});

test('what the host decrypts and agrees on is wiped where it was made', async () => {
  const host = process.getBuiltinModule('node:crypto');
  const made = [];
  const originals = ['privateDecrypt', 'diffieHellman'].map((name) => [name, host[name]]);
  for (const [name, original] of originals) {
    host[name] = (...given) => {
      const result = original.apply(host, given);
      assert.ok(result.some((byte) => byte !== 0));
      made.push(result);
      return result;
    };
  }
  try {
    const ecdh = ecdhPair('P256');
    const names = { keyNamespace: 'ns', keyName: 'rsa', paddingScheme: 'OAEP_SHA256_MGF1' };
    const keyAgreementScheme = {
      type: 'static',
      senderPrivateKey: ecdh.privateKey,
      recipientPublicKey: ecdh.publicKey,
    };
    for (const keyring of [
      rawRsaKeyring({ ...names, ...rsa }),
      rawEcdhKeyring({ curveSpec: 'P256', keyAgreementScheme }),
    ]) {
      const one = encryptor(keyring, '6700');
      await one.decryptItem((await one.encryptItem(item().values)).item);
    }
  } finally {
    for (const [name, original] of originals) host[name] = original;
  }
  assert.ok(made.length >= 2);
  for (const result of made) assert.ok(result.every((byte) => byte === 0));
});

test('input that could not be written to its end is wiped', async () => {
  const secret = randomBytes(64);
  const gone = new Uint8Array(500);
  const values = {
    ...item().values,
    e: { B: secret },
    gone: { B: gone },
    // Once the walk is past them, so that only writing notices.
    get later() {
      structuredClone(gone.buffer, { transfer: [gone.buffer] });
      return { S: 'x' };
    },
  };
  await refused(() => encryptor(aes(), '6700').encryptItem(values));
  assert.deepEqual(find(secret), []);

  const client = new fieldseal.EncryptionClient();
  const text = secret.toString('base64');
  const encryptionContext = { first: text, second: 'x'.repeat(65_536) };
  await refused(() => client.encrypt(secret, { keyring: aes(), encryptionContext }));
  assert.deepEqual(find(Buffer.from(text)), []);
});

test('the search finds what is there: control, during a call to KMS', async () => {
  let arrived;
  const called = new Promise((resolve) => {
    arrived = resolve;
  });
  let answer;
  const answered = new Promise((resolve) => {
    answer = resolve;
  });
  const kms = kmsOf(async () => {
    arrived();
    return answered;
  });
  const { values, plaintexts } = item();
  // The generator has made the data key when the child asks KMS to wrap it too.
  const child = awsKmsKeyring({ kms, keyIds: [KEY_ARN] });
  drawn.length = 0;
  const pending = encryptor(
    multiKeyring({ generator: aes(), children: [child] }),
    '6701',
  ).encryptItem(values);
  const outcome = refused(() => pending);
  await called;
  for (const name of Object.keys(plaintexts)) {
    // Binary members of a set lie in the buffer as all others.
    assert.ok(
      find(plaintexts[name]).length > 0,
      `${name} is in the buffer while the item is being sealed`,
    );
  }
  const all = drawn.flatMap((bytes) =>
    Array.from({ length: bytes.length >> 4 }, (_, i) => bytes.subarray(16 * i, 16 * i + 16)),
  );
  assert.ok(
    all.some((piece) => find(piece).length > 0),
    'keys that were just drawn are there',
  );
  answer(Response.json({ __type: 'DisabledException' }, { status: 400 }));
  await outcome;
  assertClean('afterwards', plaintexts);
});

test('what is searched for is what AES makes of a key (FIPS 197, A.1 to A.3)', () => {
  const vectors = {
    '2b7e151628aed2a6abf7158809cf4f3c': 'd014f9a8c9ee2589e13f0cc8b6630ca6',
    '8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b': 'e98ba06f448c773c8ecc720401002202',
    '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4':
      'fe4890d1e6188d0b046df344706c631e',
  };
  for (const [key, last] of Object.entries(vectors)) {
    const found = formsOfAes('key', Buffer.from(key, 'hex'))['key, expanded'];
    assert.equal(found.toString('hex'), last);
  }
});

test('random bytes that an aborted operation left over are wiped with it', async () => {
  const never = kmsOf(() => new Promise(() => undefined));
  const child = awsKmsKeyring({ kms: never, keyIds: [KEY_ARN] });
  const keyring = multiKeyring({ generator: aes(), children: [child] });
  const client = new fieldseal.EncryptionClient();
  const items = Array.from({ length: 25 }, () => item().values);
  for (const [name, start] of [
    ['an item', (options) => encryptor(keyring, '6701').encryptItem(items[0], options)],
    ['a batch', (options) => encryptor(keyring, '6701').encryptItems(items, options)],
    ['a message', (options) => client.encrypt(randomBytes(50), { keyring, ...options })],
  ]) {
    drawn.length = 0;
    const controller = new AbortController();
    const outcome = assert.rejects(start({ signal: controller.signal }), { name: 'AbortError' });
    await new Promise(setImmediate);
    const held = drawn.some((bytes) => find(bytes.subarray(-16)).length > 0);
    assert.ok(held, `${name}: control, bytes that nothing has needed yet are there`);
    controller.abort();
    await outcome;
    assertClean(`${name}, aborted`, {});
  }
});

test('so are those of one that is aborted while the core works on it', async (t) => {
  const wrapped = { CiphertextBlob: 'AAAA', KeyId: KEY_ARN };
  const kms = kmsOf(async () => Response.json(wrapped));
  const child = awsKmsKeyring({ kms, keyIds: [KEY_ARN] });
  const keyring = multiKeyring({ generator: aes(), children: [child] });
  const client = new fieldseal.EncryptionClient();
  // What the host tries once is tried.
  await client.encrypt(randomBytes(9000), { keyring });
  const host = process.getBuiltinModule('node:crypto');
  const { createCipheriv } = host;
  t.after(() => {
    host.createCipheriv = createCipheriv;
  });
  const controller = new AbortController();
  let aborted = 0;
  host.createCipheriv = (...given) => {
    controller.abort();
    aborted++;
    return createCipheriv(...given);
  };
  drawn.length = 0;
  const { signal } = controller;
  const work = client.encrypt(randomBytes(9000), { keyring, signal });
  await assert.rejects(work, { name: 'AbortError' });
  assert.equal(aborted, 1);
  await new Promise(setImmediate);
  assertClean('a message, aborted while its frame was sealed', {});
});

test('a raw AES keyring holds its key once, and no longer than it lives', () => {
  const instance = core();
  const key = randomBytes(32);
  const config = { type: 'rawAes', ...names, wrappingKey: new Uint8Array(key) };
  const handle = instance.make((glue) => glue.make_keyring(config, undefined));
  const starts = () => find(key).filter(({ start }) => start === 0);
  assert.equal(starts().length, 1, 'in the keyring, and in no copy that its making left');
  instance.release(handle);
  assert.deepEqual(find(key), [], 'released');
});

test('cached branch keys are gone with their cache, and when they expire', async (t) => {
  const instance = core();
  const make = (act) => instance.make(act);
  const { now } = Date;
  t.after(() => {
    Date.now = now;
  });
  const key = randomBytes(32);
  const starts = () => find(key).filter(({ start }) => start === 0).length;
  const keys = [
    {
      branchKeyId: 'a',
      version: randomUUID(),
      branchKey: new Uint8Array(key),
      encryptionContext: [],
    },
  ];
  const keyStore = make((glue) => glue.make_static_key_store({ keys }));
  assert.equal(starts(), 1, 'in the store, and in no copy that its making left');
  const settings = { capacity: 10 };
  const cache = make((glue) => glue.make_cache(settings, instance.weakly({})));
  const ring = { type: 'hierarchical', keyStore, cache, branchKeyId: 'a', ttlSeconds: 600 };
  const keyring = make((glue) => glue.make_keyring(ring, undefined));
  const actions = [
    ['pk', 'SIGN_ONLY'],
    ['secret', 'ENCRYPT_AND_SIGN'],
  ];
  const table = { logicalTableName: 't', partitionKeyName: 'pk', attributeActions: actions };
  const config = { ...table, materials: keyring, algorithmSuite: '6700' };
  const sealing = make((glue) => glue.make_encryptor(config));
  const one = { pk: { S: 'x' }, secret: { S: 'y' } };
  const seal = () => {
    const input = packItems([one]);
    const at = instance.reserveInput(input.byteLength);
    const length = input.writeInto(instance.memory, at, assert.fail);
    const copy = (output) => Buffer.from(output);
    return instance.run([], (glue) => glue.encrypt_items(sealing, false, length), copy);
  };
  const sealed = await seal();
  const salts = forms('branch key', key);
  delete salts['branch key'];
  for (const [name, form] of Object.entries(salts)) assert.deepEqual(find(form), [], name);
  assert.equal(starts(), 2, 'control: in the store and in the cache');
  const salt = saltOf(sealed);
  const derived = branchWrappingKey(key, Buffer.from('aws-kms-hierarchy'), salt);
  assert.deepEqual(find(derived), [], 'the key derived from it is not kept');
  instance.tell((glue) => glue.clear_cache(cache));
  assert.equal(starts(), 1, 'cleared');
  await seal();
  assert.equal(starts(), 2);
  Date.now = () => now.call(Date) + 601_000;
  await seal();
  assert.equal(starts(), 2, 'the one that expired is gone, the new one is there');
  // The keyring's own store goes first, then the keyring, last the cache.
  instance.release(keyStore);
  instance.release(sealing);
  instance.release(keyring);
  assert.equal(starts(), 1, 'in the cache, which lives');
  instance.release(cache);
  assert.deepEqual(find(key), [], 'released');
});

test('a keyring that was dropped leaves no branch key, though its observer leads to it', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  const key = randomBytes(32);
  const client = new fieldseal.EncryptionClient();
  // A function of its own, whose variables are gone when it has returned.
  async function use() {
    const owner = { events: 0 };
    owner.keyring = awsKmsHierarchicalKeyring({
      keyStore: staticKeyStore([{ branchKeyId: 'a', version: randomUUID(), branchKey: key }]),
      branchKeyId: 'a',
      ttlSeconds: 3600,
      onEvent: () => owner.events++,
    });
    await client.encrypt(Buffer.from('x'), { keyring: owner.keyring });
    gc();
    await client.encrypt(Buffer.from('x'), { keyring: owner.keyring });
    await new Promise(setImmediate);
    assert.equal(owner.events, 3, 'a miss, what was fetched, and a hit');
    assert.ok(find(key).length > 0, 'control: in the store and in the cache');
  }
  await use();
  for (let round = 0; round < 50 && find(key).length > 0; round++) {
    gc();
    await new Promise(setImmediate);
  }
  assert.deepEqual(find(key), []);
  drawn.length = 0;
});

/** The salt of the one wrapped key in a sealed item: it follows the key's id and 48 bytes. */
function saltOf(sealed) {
  const info = Buffer.from('aws-kms-hierarchy\0\x01a\0\x8c', 'latin1');
  const at = sealed.indexOf(info);
  assert.ok(at > 0);
  return sealed.subarray(at + info.length + 48, at + info.length + 64);
}

test('cached data keys are gone with their cache', async () => {
  const cache = localCache();
  const limits = { cache, maxAgeSeconds: 600, partitionId: 'p' };
  const cmm = cachingCmm({ keyring: aes(), ...limits });
  const attributeActions = { pk: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' };
  const table = { logicalTableName: 't', partitionKeyName: 'pk', attributeActions };
  for (const algorithmSuite of ['6700', '6701']) {
    const one = new ItemEncryptor({ ...table, algorithmSuite, cmm });
    const { item, header } = await one.encryptItem({ pk: { S: 'x' }, secret: { S: 'y' } });
    await one.decryptItem(item);
    const unwrap = rawAesUnwrap(wrappingKey);
    const secrets = secretsOf(item.aws_dbe_head.B, header.encryptionContext, unwrap, 1);
    const { 'data key': dataKey, 'symmetric signing key': signingKey, ...others } = secrets;
    assert.ok(find(dataKey).length > 0 && find(signingKey).length > 0, 'control: cached');
    for (const [name, secret] of Object.entries(others)) assert.deepEqual(find(secret), [], name);
    cache.clear();
    assert.deepEqual([...find(dataKey), ...find(signingKey)], [], algorithmSuite);
  }
  drawn.length = 0;
});

test('a wrapping key that is refused is not kept', () => {
  const key = randomBytes(31);
  assert.throws(() => rawAesKeyring({ ...names, wrappingKey: key }), { code: 'INVALID_CONFIG' });
  assert.deepEqual(find(key), []);
});

test('credentials that sign KMS requests stay only as long as they are cached', async () => {
  const secretAccessKey = randomBytes(30).toString('base64');
  const signed = new KmsClient({
    endpoint: 'http://127.0.0.1:9',
    region: 'us-west-2',
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey },
    fetch: async () => Response.json({ __type: 'DisabledException' }, { status: 400 }),
  });
  await refused(() => signed.describeKey({ keyId: KEY_ARN }));
  const places = find(Buffer.from(secretAccessKey)).filter(({ start }) => start === 0);
  assert.ok(places.length <= 1, `the secret access key is in memory ${places.length} times`);
});

test('no operation goes deeper into the stack than is wiped', async () => {
  const sealing = ['6700', '6701'].map((suite) => encryptor(aes(), suite));
  const many = Array.from({ length: 5 }, item);
  // As deep as attributes and expressions go.
  let nested = { N: '1.5' };
  for (let level = 1; level < 31; level++)
    nested = level % 2 ? { L: [nested] } : { M: { x: nested } };
  const evaluated = {
    Key: { id: { S: '1' } },
    UpdateExpression: `SET copy = ${'if_not_exists(gone, '.repeat(150)}:v${')'.repeat(150)}`,
    ConditionExpression: `a <> :v${' OR (a <> :v'.repeat(140)}${')'.repeat(140)}`,
    ExpressionAttributeValues: { ':v': nested },
    ReturnValues: 'UPDATED_NEW',
  };
  // The first signature computes tables of public constants, far down, which stay in its stack.
  for (const one of sealing) await one.encryptItem(many[0].values);
  for (const one of sealing) {
    const results = [];
    for (const run of [
      async () => results.push(...(await one.encryptItems(many.map(({ values }) => values)))),
      () => one.decryptItems(results.map((result) => result.item)),
      () => encryptor(rawRsa(), '6701').encryptItem(many[0].values),
      () => refused(() => one.encryptItem({ ...many[0].values, nested: { N: 'x' } })),
      () => assert.ok(evaluateUpdate(evaluated, { ...evaluated.Key, deep: nested }).holds),
    ]) {
      const { wiped, down } = await stackAfter(() => core().memory, run);
      assert.ok(wiped, 'something was wiped');
      assert.ok(down > 0 && down < 1024, `${down} bytes down, something is left`);
    }
  }
});

test('expressions evaluated on plaintext leave none of it', () => {
  const secrets = Object.fromEntries(
    ['stored', 'assigned', 'compared', 'nested'].map((name) => [
      name,
      randomBytes(24).toString('hex'),
    ]),
  );
  const digits = (n) => randomBytes(n).reduce((text, byte) => text + (byte % 10), '1');
  const numbers = { term: digits(30), sum: digits(30) };
  const Key = { id: { S: 'c-1' } };
  const item = {
    ...Key,
    secret: { S: secrets.stored },
    list: { L: [{ M: { deep: { B: Buffer.from(secrets.nested) } } }] },
    n: { N: numbers.sum },
    set: { SS: [`${secrets.stored}-a`, `${secrets.stored}-b`] },
  };
  const request = {
    Key,
    UpdateExpression: 'SET other = :assigned, n = n + :n, list[4] = secret DELETE #set :set',
    ConditionExpression: 'secret <> :compared AND contains(list[0].deep, :part) AND n > :n',
    ExpressionAttributeNames: { '#set': 'set' },
    ExpressionAttributeValues: {
      ':assigned': { S: secrets.assigned },
      ':compared': { S: secrets.compared },
      ':part': { B: Buffer.from(secrets.nested.slice(8, 40)) },
      ':n': { N: `0.${numbers.term.slice(0, 7)}` },
      ':set': { SS: [`${secrets.stored}-a`] },
    },
    ReturnValues: 'ALL_OLD',
  };
  const { item: after } = evaluateUpdate(request, item);
  assert.equal(after.other.S, secrets.assigned);
  assert.ok(after.n.N.startsWith(numbers.sum));
  assert.deepEqual(
    evaluateUpdate(
      {
        ...request,
        ConditionExpression: 'secret = :compared OR NOT contains(list[0].deep, :part)',
      },
      item,
    ),
    { holds: false },
  );
  assert.throws(
    () =>
      evaluateUpdate(
        { ...request, UpdateExpression: 'SET secret = secret + :n, a = :assigned ADD #set :set' },
        item,
      ),
    { code: 'EXPRESSION_NOT_APPLICABLE' },
  );
  assert.throws(() => statementTables(`UPDATE x SET y = '${secrets.assigned}' -- z`), {
    code: 'MALFORMED_EXPRESSION',
  });
  const filter = {
    FilterExpression: 'begins_with(secret, :v)',
    ExpressionAttributeValues: { ':v': { S: secrets.stored } },
  };
  assert.deepEqual(evaluateCondition(filter, [item, after, {}]), [true, true, false]);
  const needles = { ...secrets, ...numbers };
  assertClean(
    'expressions',
    Object.fromEntries(Object.entries(needles).map(([name, text]) => [name, Buffer.from(text)])),
  );
});
