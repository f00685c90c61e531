// Nothing that was made and dropped stays, although the functions it was made with lead back to it: the core knows its
// hosts weakly. And what an operation in progress needs stays, although its caller has dropped everything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Internal: the instance of the core.
import { core } from '../../pkg/core/core.js';
import * as fieldseal from '../../pkg/entrypoints/index.js';

const { DynamoDbClient, EncryptionClient, ItemEncryptor, KmsClient } = fieldseal;
const { awsKmsHierarchicalKeyring, awsKmsKeyring, cachingCmm, customKeyring } = fieldseal;
const { keyStore, localCache, multiKeyring, requiredEncryptionContextCmm, stormTrackingCache } =
  fieldseal;
const { staticKeyStore } = fieldseal;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const turn = () => new Promise(setImmediate);

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const VERSION = 'e9ce18a3-edb5-4272-9f86-1cacb7997ff6';
const store = staticKeyStore([
  { branchKeyId: 'a', version: VERSION, branchKey: new Uint8Array(32).fill(1) },
]);

const ANSWER = {
  KeyId: KEY,
  Plaintext: Buffer.alloc(32, 7).toString('base64'),
  CiphertextBlob: 'AAAA',
};
const credentials = async () => ({ accessKeyId: 'AKIA', secretAccessKey: 'secret' });
const publicKeys = { load: async () => undefined, save() {} };

const kmsWith = (options) =>
  new KmsClient({ endpoint: 'http://localhost:1', region: 'eu-central-1', ...options });
const encryptor = (materials) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    algorithmSuite: '6700',
    ...materials,
  });
const ITEM = { id: { S: '1' }, secret: { S: 'quiet' } };

/** How many objects the core has, but for those that were there before. */
let objects = 0;
const instance = core();
for (const [name, change] of Object.entries({ make: 1, release: -1 })) {
  const call = instance[name].bind(instance);
  instance[name] = (argument) => {
    const result = call(argument);
    objects += change;
    return result;
  };
}

/** Collects until nothing goes any more; `done` ends it early. */
async function collect(done, rounds = 50) {
  for (let i = 0; i < rounds && !done(); i++) {
    gc();
    await turn();
  }
}

// Each makes an owner from a function that leads to the owner. `lead` is called for what the function would do with it.
const OWNERS = {
  'branchKeyIdSupplier of a hierarchical keyring': (lead) =>
    awsKmsHierarchicalKeyring({
      keyStore: store,
      branchKeyIdSupplier: () => lead(),
      ttlSeconds: 60,
    }),
  'onEvent of a hierarchical keyring': (lead) =>
    awsKmsHierarchicalKeyring({ keyStore: store, branchKeyId: 'a', ttlSeconds: 60, onEvent: lead }),
  'functions of a custom keyring': (lead) =>
    customKeyring({ providerId: 'p', onEncrypt: lead, onDecrypt: lead, onGenerate: lead }),
  'onEvent of a local cache': (lead) => localCache({ onEvent: lead }),
  'onEvent of a storm tracking cache': (lead) => stormTrackingCache({ onEvent: lead }),
  'fetch of a KMS client': (lead) => kmsWith({ fetch: lead }),
  'credentials of a KMS client': (lead) => kmsWith({ credentials: lead }),
  'onEvent of a KMS client': (lead) => kmsWith({ onEvent: lead }),
  'publicKeyStore of a KMS client': (lead) =>
    kmsWith({ publicKeyStore: { load: async () => void lead(), save: lead } }),
  'fetch of a DynamoDB client': (lead) =>
    new DynamoDbClient({ endpoint: 'http://localhost:1', fetch: lead }),
  'credentials of a DynamoDB client': (lead) =>
    new DynamoDbClient({ endpoint: 'http://localhost:1', region: 'r', credentials: lead }),
  'onEvent of a DynamoDB client': (lead) =>
    new DynamoDbClient({ endpoint: 'http://localhost:1', onEvent: lead }),
  'fetch of the client in a keyring': (lead) =>
    awsKmsKeyring({ kms: kmsWith({ fetch: lead }), generatorKeyId: KEY }),
  'fetch of the client in the keyring of a multi-keyring in a CMM of an encryptor': (lead) => {
    const keyring = awsKmsKeyring({ kms: kmsWith({ fetch: lead }), generatorKeyId: KEY });
    const requiredKeys = ['aws-crypto-public'];
    const cmm = requiredEncryptionContextCmm({
      keyring: multiKeyring({ generator: keyring }),
      requiredKeys,
    });
    return encryptor({ cmm: cachingCmm({ cmm, cache: localCache(), maxAgeSeconds: 60 }) });
  },
  'fetch of a client in a key store': (lead) =>
    keyStore({
      dynamodb: new DynamoDbClient({ endpoint: 'http://localhost:1', fetch: lead }),
      kms: kmsWith({ fetch: lead }),
      tableName: 't',
      logicalKeyStoreName: 't',
      kmsKeyArn: KEY,
    }),
};

for (const [name, make] of Object.entries(OWNERS)) {
  test(`owners go although a function leads to them: ${name}`, async () => {
    const before = objects;
    let gone = 0;
    const registry = new FinalizationRegistry(() => gone++);
    const COUNT = 1000;
    (() => {
      for (let i = 0; i < COUNT; i++) {
        const owner = make(() => owner);
        registry.register(owner);
      }
    })();
    assert.ok(objects >= before + COUNT, 'the core has an object for each');
    await collect(() => gone === COUNT);
    assert.equal(gone, COUNT);
    // The core's objects go when the collector says that their owners went.
    await collect(() => objects <= before);
    assert.ok(objects <= before, `${objects - before} are left in the core`);
    assert.equal(core(), instance);
  });
}

/** A KMS that answers after the collector has run a few times. */
function slowFetch(calls = { n: 0 }) {
  return async () => {
    calls.n++;
    for (let i = 0; i < 5; i++) {
      await turn();
      gc();
    }
    return Response.json(ANSWER);
  };
}

test('a call is repeated although its caller has dropped the client', async () => {
  const answers = [{ status: 500 }, { status: 500 }, {}];
  const fetch = async () => Response.json(ANSWER, answers.shift());
  const decrypted = kmsWith({ fetch }).decrypt({ keyId: KEY, ciphertextBlob: new Uint8Array(3) });
  let over = false;
  const end = () => (over = true);
  void decrypted.then(end, end);
  await collect(() => over, 10_000);
  assert.equal((await decrypted).keyId, KEY);
  assert.deepEqual(answers, []);
});

test('an item is sealed although its caller has dropped everything', async () => {
  const calls = { n: 0 };
  const options = { fetch: slowFetch(calls), credentials, publicKeyStore: publicKeys };
  const work = Array.from({ length: 5 }, () => {
    const single = () => awsKmsKeyring({ kms: kmsWith(options), generatorKeyId: KEY });
    const keyring = multiKeyring({ generator: single(), children: [single(), single()] });
    return encryptor({
      cmm: cachingCmm({ keyring, cache: localCache(), maxAgeSeconds: 60 }),
    }).encryptItem(ITEM);
  });
  for (const { item } of await Promise.all(work)) assert.ok(item.secret.B);
  assert.ok(calls.n >= 15);
});

test('an item is sealed under a branch key although its caller has dropped everything', async () => {
  const supplier = async () => {
    for (let i = 0; i < 5; i++) {
      await turn();
      gc();
    }
    return 'a';
  };
  const events = [];
  const keyring = () =>
    awsKmsHierarchicalKeyring({
      keyStore: store,
      branchKeyIdSupplier: supplier,
      ttlSeconds: 60,
      onEvent: ({ kind }) => events.push(kind),
    });
  const { item } = await encryptor({ keyring: keyring() }).encryptItem(ITEM);
  assert.ok(item.secret.B);
  assert.deepEqual(events, ['miss', 'fetched']);
});

test('a message and a stream are sealed and opened although their callers have dropped everything', async () => {
  const single = () => awsKmsKeyring({ kms: kmsWith({ fetch: slowFetch() }), generatorKeyId: KEY });
  // Each with a client of its own, which is asked when the one before has answered.
  const keyring = () => multiKeyring({ generator: single(), children: [single(), single()] });
  const plaintext = Buffer.alloc(10_000, 'plain');
  const { ciphertext } = await new EncryptionClient().encrypt(plaintext, { keyring: keyring() });
  const opened = await new EncryptionClient().decrypt(ciphertext, { keyring: keyring() });
  assert.deepEqual(Buffer.from(opened.plaintext), plaintext);
  const next = { from: { keyring: keyring() }, to: { keyring: keyring() } };
  const resealed = await new EncryptionClient().reseal(ciphertext, next);
  const pieces = new Blob([resealed.ciphertext]).stream();
  const stream = new EncryptionClient().decryptStream({ keyring: keyring() });
  gc();
  const streamed = await new Response(pieces.pipeThrough(stream)).bytes();
  assert.deepEqual(Buffer.from(streamed), plaintext);
});

test('a fetch that another keyring waits for goes on although the keyring that began it is gone', async () => {
  // Both share the cache and its partition, so that the second joins what the first began. The first is given up and
  // dropped while DynamoDB is asked; KMS, which it would ask next, is a client of its own.
  const answers = [];
  const names = { tableName: 't', logicalKeyStoreName: 't', kmsKeyArn: KEY };
  let asked = 0;
  let release;
  const released = new Promise((resolve) => (release = resolve));
  const dynamodb = () =>
    new DynamoDbClient({
      endpoint: 'http://localhost:1',
      fetch: async () => {
        asked++;
        await released;
        return Response.json({ Item: record() });
      },
    });
  const kms = () =>
    kmsWith({
      fetch: async () => {
        answers.push('KMS');
        return Response.json({ ...ANSWER, CiphertextBlob: undefined });
      },
    });
  const cache = localCache();
  const keyring = () =>
    awsKmsHierarchicalKeyring({
      keyStore: keyStore({ dynamodb: dynamodb(), kms: kms(), ...names }),
      branchKeyId: 'a',
      ttlSeconds: 60,
      cache,
      partitionId: 'p',
    });
  const controller = new AbortController();
  const first = encryptor({ keyring: keyring() }).encryptItem(ITEM, { signal: controller.signal });
  const second = encryptor({ keyring: keyring() }).encryptItem(ITEM);
  controller.abort(new Error('given up'));
  await assert.rejects(first, /given up/);
  await collect(() => false, 5);
  release();
  const { item } = await second;
  assert.ok(item.secret.B);
  assert.equal(asked, 1, 'the second waited for what the first began');
  assert.deepEqual(answers, ['KMS']);
});

test('a fetch goes on for others when the one that began it is gone, and the one that drove it, too', async () => {
  // An outer fetch, of a caching CMM, is begun by the first and driven on by the second, which is woken first: then it
  // begins an inner one, of a branch key, with the first one's key store. The third waits for that alone.
  const inner = localCache();
  const outer = localCache();
  const names = { tableName: 't', logicalKeyStoreName: 't', kmsKeyArn: KEY };
  let asked = 0;
  let [tell, answer] = [];
  const told = new Promise((resolve) => (tell = resolve));
  const answered = new Promise((resolve) => (answer = resolve));
  const dynamodb = () =>
    new DynamoDbClient({
      endpoint: 'http://localhost:1',
      fetch: async () => {
        asked++;
        await answered;
        return Response.json({ Item: record() });
      },
    });
  const kms = () =>
    kmsWith({ fetch: async () => Response.json({ ...ANSWER, CiphertextBlob: undefined }) });
  const keyring = (branchKey) =>
    awsKmsHierarchicalKeyring({
      keyStore: keyStore({ dynamodb: dynamodb(), kms: kms(), ...names }),
      ttlSeconds: 60,
      cache: inner,
      partitionId: 'p',
      ...branchKey,
    });
  const cmm = (branchKey) =>
    cachingCmm({ keyring: keyring(branchKey), cache: outer, maxAgeSeconds: 60, partitionId: 'q' });
  const [first, second] = [new AbortController(), new AbortController()];
  const branchKeyIdSupplier = () => told;
  const failed = [
    encryptor({ cmm: cmm({ branchKeyIdSupplier }) }).encryptItem(ITEM, { signal: first.signal }),
    encryptor({ cmm: cmm({ branchKeyId: 'a' }) }).encryptItem(ITEM, { signal: second.signal }),
  ].map((call) => assert.rejects(call, /given up/));
  await turn();
  first.abort(new Error('given up'));
  tell('a');
  for (let i = 0; i < 10 && asked === 0; i++) await turn();
  const third = encryptor({ keyring: keyring({ branchKeyId: 'a' }) }).encryptItem(ITEM);
  second.abort(new Error('given up'));
  await Promise.all(failed);
  await collect(() => false, 10);
  answer();
  assert.ok((await third).item.secret.B);
  assert.equal(asked, 1, 'the third waited for what the others began');
});

/** The active record of branch key `a`, as a key store writes it. */
function record() {
  return {
    'branch-key-id': { S: 'a' },
    type: { S: 'branch:ACTIVE' },
    version: { S: `branch:version:${VERSION}` },
    enc: { B: 'AAAA' },
    'kms-arn': { S: KEY },
    'create-time': { S: '2026-01-01T00:00:00.000000Z' },
    'hierarchy-version': { N: '1' },
  };
}

test('a host that is gone although an operation needs it ends the instance with INTERNAL', async () => {
  const owner = core();
  const config = { endpoint: 'http://localhost:1' };
  const client = owner.make((glue) => glue.make_kms(config, owner.weakly({})));
  const request = { keyId: KEY, ciphertextBlob: new Uint8Array(3) };
  const call = owner.run([], (glue) => glue.kms_call(client, 'Decrypt', request), assert.fail);
  await assert.rejects(call, { code: 'INTERNAL' });
  assert.equal(owner.alive, false);
  assert.notEqual(core(), owner);
});
