// What the host may touch belongs to the request that asked for it: batches that fail, and operations that are cancelled,
// while an asynchronous host works for them. The host here is WebCrypto with delays of its own; it sees every byte that it
// is given, and everything that it is asked after its operation has ended is counted.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';

import { core } from '../../pkg/core/core.js';
import { hostCrypto } from '../../pkg/host/crypto.js';
import * as fieldseal from '../../pkg/entrypoints/index.js';
import { Random } from '../interop/random.mjs';
import { usualEngine } from '../support/engines.mjs';

const { EncryptionClient, ItemEncryptor, KmsClient, awsKmsKeyring } = fieldseal;
const { awsKmsHierarchicalKeyring, cachingCmm, localCache, staticKeyStore } = fieldseal;
const { multiKeyring, rawAesKeyring, rawRsaKeyring, stormTrackingCache } = fieldseal;

const SEED = process.env.FIELDSEAL_SEED ?? `${Date.now()}`;
console.log(`# FIELDSEAL_SEED=${SEED}`);
const random = new Random(SEED);

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const spki = createPublicKey(publicKey).export({ type: 'spki', format: 'der' });

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The kinds of work in progress, and what they saw. */
const seen = { active: 0, served: 0, keys: [] };

/** Makes WebCrypto with delays the core's host, for as long as its instance lives. */
function delayedHost() {
  const instance = core();
  const own = hostCrypto(() => instance.memory);
  const delayed =
    (kind) =>
    async ({ at, length }) => {
      seen.active++;
      seen.served++;
      try {
        // Whatever becomes of the operation meanwhile, these bytes are the request's.
        const bytes = Buffer.from(instance.memory.subarray(at, at + length));
        await later(random.int(0, 8));
        assert.ok(
          bytes.equals(instance.memory.subarray(at, at + length)),
          `${kind}: its own bytes`,
        );
        return await own[kind]({ at, length });
      } finally {
        seen.active--;
      }
    };
  const host = { ...own, call: undefined };
  for (const kind of ['gcm', 'verify', 'rsa']) host[kind] = delayed(kind);
  instance.read((glue) =>
    glue.set_host_crypto(undefined, (kind, buffer) => host[kind](buffer), 0, 0),
  );
}

const importKey = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (format, bytes, ...rest) => {
  if (format === 'spki') seen.keys.push(Buffer.from(bytes));
  return importKey(format, bytes, ...rest);
};

delayedHost();
after(() => usualEngine({ core, hostCrypto }));

const rsa = rawRsaKeyring({
  keyNamespace: 'n',
  keyName: 'rsa',
  paddingScheme: 'OAEP_SHA256_MGF1',
  publicKey,
  privateKey,
});
const wrappingKey = Buffer.alloc(32, 0xa5);
const aes = rawAesKeyring({ keyNamespace: 'n', keyName: 'aes', wrappingKey });

const encryptor = (keyring, algorithmSuite = '6700', materials = { keyring }) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    algorithmSuite,
    ...materials,
  });

const item = (i) => ({ id: { S: `i-${i}` }, secret: { S: `secret of ${i}` } });
const unknown = (i) => ({ ...item(i), forgotten: { S: 'has no action' } });

// Before the first of its work the host proves, with a key of the proof, that it does it right.
await encryptor(rsa).encryptItem(item(1));
seen.keys.length = 0;

/** A batch that fails at once, or later: at the place of the item without an action. */
function failing(n, at) {
  return Array.from({ length: n }, (_, i) => (i === at ? unknown(i) : item(i)));
}

async function endsClean(work, expected) {
  await assert.rejects(work, expected);
  assert.equal(seen.active, 0, 'no request is served once its operation has ended');
  const { served } = seen;
  await later(20);
  assert.equal(seen.served, served, 'and none later');
}

const CONFIGURATIONS = {
  'an RSA keyring': () => encryptor(rsa),
  'an RSA keyring and a signature': () => encryptor(rsa, '6701'),
  'several RSA keyrings': () =>
    encryptor(multiKeyring({ generator: rsa, children: [rsa, aes, rsa] })),
};

for (const [name, make] of Object.entries(CONFIGURATIONS)) {
  test(`a batch that fails ends what is in progress before it says so: ${name}`, async () => {
    const items = make();
    for (let round = 0; round < 10; round++) {
      const n = random.int(2, 40);
      const at = random.int(0, n - 1);
      await endsClean(items.encryptItems(failing(n, at)), {
        code: 'ATTRIBUTE_WITHOUT_ACTION',
        itemIndex: at,
      });
    }
    const { item: sealed } = await items.encryptItem(item(1));
    for (let round = 0; round < 5; round++) {
      const bad = { ...sealed, secret: { B: Buffer.alloc(40) } };
      const batch = Array.from({ length: random.int(2, 30) }, () => sealed);
      batch[random.int(0, batch.length - 1)] = bad;
      await endsClean(items.decryptItems(batch), { name: 'AuthenticationError' });
      await endsClean(items.resealItems(batch), { name: 'AuthenticationError' });
    }
    assert.deepEqual((await items.decryptItem(sealed)).item, item(1));
  });
}

test('what was withdrawn reads and writes nothing of what came after it', async () => {
  const items = encryptor(rsa);
  const client = new EncryptionClient();
  for (let round = 0; round < 20; round++) {
    await assert.rejects(items.encryptItems(failing(random.int(2, 16), 0)), {
      code: 'ATTRIBUTE_WITHOUT_ACTION',
    });
    // Bytes of an attacker's choice, where something was a moment ago: tables that name addresses.
    const hostile = Buffer.alloc(random.int(100, 4000));
    for (let at = 0; at + 4 <= hostile.length; at += 4)
      hostile.writeUInt32LE(random.int(0, 2 ** 21), at);
    await assert.rejects(client.decrypt(hostile, { keyring: aes }), (error) => 'code' in error);
  }
  assert.ok(seen.keys.length > 20);
  for (const key of seen.keys)
    assert.ok(key.equals(spki), 'only the keyring’s own key is imported');
  // The other keyring's key is what it was.
  const { ciphertext } = await client.encrypt(new Uint8Array(8), { keyring: aes });
  const again = rawAesKeyring({ keyNamespace: 'n', keyName: 'aes', wrappingKey });
  assert.deepEqual(
    (await client.decrypt(ciphertext, { keyring: again })).plaintext,
    new Uint8Array(8),
  );
});

/** A KMS whose answers take their time; counts what is under way. */
function slowKms(ms) {
  const kms = { active: 0, sent: 0, aborted: 0 };
  const fetch = async (_url, { signal }) => {
    kms.active++;
    kms.sent++;
    try {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms());
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          kms.aborted++;
          reject(signal.reason);
        });
      });
      return Response.json({
        KeyId: 'arn:aws:kms:eu-central-1:111122223333:key/k',
        Plaintext: Buffer.alloc(32, 1).toString('base64'),
        CiphertextBlob: Buffer.alloc(60, 2).toString('base64'),
      });
    } finally {
      kms.active--;
    }
  };
  const client = new KmsClient({ endpoint: 'http://localhost:1', fetch });
  return { kms, client };
}

test('KMS calls of a batch that failed are called off, and none is sent later', async () => {
  const { kms, client } = slowKms(() => 10_000);
  const generatorKeyId = 'arn:aws:kms:eu-central-1:111122223333:key/k';
  const items = encryptor(awsKmsKeyring({ kms: client, generatorKeyId }));
  await assert.rejects(items.encryptItems(failing(40, 10)), { code: 'ATTRIBUTE_WITHOUT_ACTION' });
  assert.deepEqual([kms.active, kms.sent], [0, kms.aborted]);
  // The next call that waits sends its own request and no other.
  const before = kms.sent;
  const quick = slowKms(() => 0);
  await encryptor(awsKmsKeyring({ kms: quick.client, generatorKeyId })).encryptItem(item(1));
  assert.deepEqual([kms.sent, quick.kms.sent], [before, 1]);
});

test('requests in flight are called off before the failure of another is told', async () => {
  const keyOf = { refused: 'key/refused', hangs: 'key/hangs' };
  const arn = (name) => `arn:aws:kms:eu-central-1:111122223333:${keyOf[name]}`;
  const state = { active: 0, sent: 0 };
  let goOn;
  const full = new Promise((resolve) => (goOn = resolve));
  const fetch = async (_url, { body, signal }) => {
    state.sent++;
    if (Buffer.from(body).includes(keyOf.refused)) {
      // Not before the others hang.
      await full;
      return Response.json({ __type: 'AccessDeniedException', message: 'no' }, { status: 400 });
    }
    if (++state.active === 15) goOn();
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        state.active--;
        reject(signal.reason);
      });
    });
  };
  const kms = new KmsClient({ endpoint: 'http://localhost:1', fetch, timeoutMs: 60_000 });
  const of = (name) => awsKmsKeyring({ kms, generatorKeyId: arn(name) });
  const seal = async (name) => {
    const sealedFetch = async () =>
      Response.json({
        KeyId: arn(name),
        Plaintext: Buffer.alloc(32, 1).toString('base64'),
        CiphertextBlob: Buffer.alloc(60, 2).toString('base64'),
      });
    const client = new KmsClient({ endpoint: 'http://localhost:1', fetch: sealedFetch });
    const keyring = awsKmsKeyring({ kms: client, generatorKeyId: arn(name) });
    return (await encryptor(keyring).encryptItem(item(1))).item;
  };
  const [hangs, refused] = [await seal('hangs'), await seal('refused')];
  const items = encryptor(multiKeyring({ children: [of('hangs'), of('refused')] }));
  const batch = Array.from({ length: 40 }, (_, i) => (i === 7 ? refused : hangs));
  await assert.rejects(items.decryptItems(batch), { itemIndex: 7 });
  assert.deepEqual([state.active, state.sent], [0, 16], 'called off, and no other sent');
  await later(20);
  assert.equal(state.sent, 16);
});

test('who serves a request may abort the call: no other of its requests is served', async () => {
  const why = new Error('no longer wanted');
  const controller = new AbortController();
  const signals = [];
  const fetch = (_url, { signal }) => {
    signals.push(signal);
    controller.abort(why);
    return new Promise(() => {});
  };
  const kms = new KmsClient({ endpoint: 'http://localhost:1', fetch });
  const generatorKeyId = 'arn:aws:kms:eu-central-1:111122223333:key/k';
  const work = encryptor(awsKmsKeyring({ kms, generatorKeyId })).encryptItems(failing(16), {
    signal: controller.signal,
  });
  await assert.rejects(work, (error) => error === why);
  await later(5);
  assert.equal(signals.length, 1);
  assert.ok(signals[0].aborted);
});

const branchKeys = (supplier) =>
  awsKmsHierarchicalKeyring({
    keyStore: staticKeyStore([
      {
        branchKeyId: 'a',
        version: '3f43a9af-08c5-4317-b694-3d3e883dcaef',
        branchKey: new Uint8Array(32),
      },
    ]),
    branchKeyIdSupplier: supplier,
    ttlSeconds: 60,
  });

test('batches through caches end what is in progress, too', async () => {
  const cache = localCache({ capacity: 100 });
  const cached = () => ({ cmm: cachingCmm({ keyring: rsa, cache, maxAgeSeconds: 60 }) });
  const hierarchical = () => ({ keyring: branchKeys(() => later(1).then(() => 'a')) });
  for (const make of [hierarchical, cached]) {
    for (let round = 0; round < 5; round++) {
      const at = random.int(0, 9);
      const items = encryptor(undefined, '6700', make());
      await endsClean(items.encryptItems(failing(random.int(10, 30), at)), {
        code: 'ATTRIBUTE_WITHOUT_ACTION',
      });
      // What was called off in the middle of filling the cache is not in it, and keeps nobody from it.
      const { item: sealed } = await items.encryptItem(item(1));
      assert.deepEqual((await items.decryptItem(sealed)).item, item(1));
    }
  }
});

test('a call that waits for what another one fetches goes on when that one is cancelled', async () => {
  const { kms, client } = slowKms(() => 30);
  const keyring = awsKmsKeyring({
    kms: client,
    generatorKeyId: 'arn:aws:kms:eu-central-1:111122223333:key/k',
  });
  const cache = stormTrackingCache();
  const cmm = cachingCmm({ keyring, cache, maxAgeSeconds: 60 });
  const items = encryptor(undefined, '6700', { cmm });
  const controllers = Array.from({ length: 10 }, () => new AbortController());
  const calls = controllers.map(({ signal }) => items.encryptItem(item(1), { signal }));
  const last = items.encryptItem(item(1));
  for (const controller of controllers) controller.abort(new Error('no longer wanted'));
  await Promise.all(calls.map((call) => assert.rejects(call, /no longer wanted/)));
  assert.ok((await last).item.secret.B);
  assert.equal(kms.active, 0);
});
