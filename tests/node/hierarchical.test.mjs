// The hierarchical keyring, caches and the caching CMM through the npm package: items of the official
// libraries, suppliers, concurrency, outages, events, traps, what must be refused.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

// Internal: the instance of the core, to force a trap.
import { core } from '../../pkg/core/core.js';
import {
  FieldsealError,
  ItemEncryptor,
  KmsClient,
  UsageError,
  awsKmsHierarchicalKeyring,
  awsKmsKeyring,
  cachingCmm,
  fromDynamoJson,
  localCache,
  multiKeyring,
  rawAesKeyring,
  requiredEncryptionContextCmm,
  staticKeyStore,
  stormTrackingCache,
} from '../../pkg/entrypoints/index.js';
import { isPublished, plainItem, published, publishedKeyring } from '../support/published.mjs';
import { canonical } from '../support/vectors.mjs';
import { refuses } from './support.mjs';

const VERSION = 'e9ce18a3-edb5-4272-9f86-1cacb7997ff6';
const OTHER_VERSION = '00000000-0000-4000-8000-00000000000f';
const KEY_ARN = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const branchKey = (branchKeyId, byte = 1, version = VERSION) => ({
  branchKeyId,
  version,
  branchKey: new Uint8Array(32).fill(byte),
});
const store = (...keys) => staticKeyStore(keys.length > 0 ? keys : [branchKey('a')]);
const hierarchical = (options = {}) =>
  awsKmsHierarchicalKeyring({
    keyStore: store(),
    branchKeyId: options.branchKeyIdSupplier ? undefined : 'a',
    ttlSeconds: 60,
    ...options,
  });

function encryptor(materials, options = {}) {
  return new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'pk',
    attributeActions: { pk: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    algorithmSuite: '6700',
    ...materials,
    ...options,
  });
}

const ITEM = { pk: { S: 'one' }, secret: { S: 'quiet' } };
const same = (got, want) => assert.equal(canonical(got), canonical(want));

async function roundTrip(sealing, opening = sealing, item = ITEM) {
  const sealed = await sealing.encryptItem(item);
  same((await opening.decryptItem(sealed.item)).item, item);
  return sealed;
}

async function refused(promise, code, message = /./) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof FieldsealError, String(error));
    assert.deepEqual([error.code, message.test(error.message)], [code, true], error.message);
    return true;
  });
}

/** Collects events, and waits for those to come. */
function observer() {
  const events = [];
  let waiting = [];
  const onEvent = (event) => {
    events.push(event);
    waiting = waiting.filter((look) => !look());
  };
  const until = (fits) =>
    new Promise((resolve) => {
      const look = () => events.some(fits) && (resolve(), true);
      if (!look()) waiting.push(look);
    });
  const kinds = (kind) => events.filter((event) => event.kind === kind).length;
  return { events, onEvent, until, kinds };
}

/** Lets events arrive that were sent already. */
const soon = () => new Promise((resolve) => setImmediate(resolve));

/** Sets the clock that the core reads. */
function clock(t) {
  const { now } = Date;
  let ahead = 0;
  Date.now = () => now.call(Date) + ahead;
  t.after(() => {
    Date.now = now;
  });
  return { advance: (seconds) => (ahead += seconds * 1000) };
}

/** A KMS that generates data keys after a while, as long as it is not down. */
function kmsOf(state) {
  state.calls = 0;
  return new KmsClient({
    endpoint: 'http://127.0.0.1:9',
    maxAttempts: 1,
    fetch: async (_, { body }) => {
      state.calls++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (state.down) return Response.json({ __type: 'DisabledException' }, { status: 400 });
      const { CiphertextBlob } = JSON.parse(Buffer.from(body).toString());
      const plain = Buffer.alloc(32, CiphertextBlob ? Buffer.from(CiphertextBlob, 'base64')[0] : 7);
      const sealed = Buffer.alloc(64, plain[0]).toString('base64');
      return Response.json({
        KeyId: KEY_ARN,
        Plaintext: plain.toString('base64'),
        CiphertextBlob: CiphertextBlob ? undefined : sealed,
      });
    },
  });
}

const overKms = (state) => awsKmsKeyring({ kms: kmsOf(state), generatorKeyId: KEY_ARN });

// Items of the official libraries.

const PUBLISHED = ['decrypt_java_32', 'decrypt_java_33', 'decrypt_dotnet_32', 'iotest'];

/** What an encrypted number looks like once it was opened. */
function normalized(value) {
  if (Array.isArray(value)) return value.map(normalized);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).map(([type, v]) => {
    if (type === 'NS') return [type, v.map((n) => String(Number(n))).sort()];
    if (type === 'SS') return [type, [...v].sort()];
    return [type, type === 'N' ? String(Number(v)) : normalized(v)];
  });
  return Object.fromEntries(entries);
}

for (const file of PUBLISHED) {
  test(`items of the official libraries: ${file}`, async (t) => {
    if (!isPublished) {
      console.log(`left out: ${file}.json does not lie beside the checkout`);
      return t.skip();
    }
    const keyring = publishedKeyring();
    const opening = (config) =>
      new ItemEncryptor({
        logicalTableName: 'GazelleVectorTable',
        partitionKeyName: 'RecNum',
        attributeActions: config.attributeActionsOnEncrypt,
        allowedUnsignedAttributes: config.allowedUnsignedAttributes,
        keyring,
      });
    const item = (encrypted) => fromDynamoJson(JSON.stringify(encrypted));
    const tests =
      file === 'iotest'
        ? published(file).DecryptTests.flatMap(({ Config, EncryptedRecords, PlainTextRecords }) =>
            EncryptedRecords.map((encrypted, i) => ({
              type: 'positive-decrypt',
              config: Config,
              encrypted,
              plaintext: PlainTextRecords[i],
            })),
          )
        : Object.values(published(file).tests);
    let [opened, negative] = [0, 0];
    for (const { type, description, config, encrypted, plaintext } of tests) {
      if (type === 'negative-decrypt') {
        await assert.rejects(opening(config).decryptItem(item(encrypted)), FieldsealError);
        negative++;
        continue;
      }
      assert.equal(type, 'positive-decrypt');
      const { item: got, header } = await opening(config).decryptItem(item(encrypted));
      assert.equal(
        canonical(normalized(got)),
        canonical(normalized(item(plainItem(plaintext)))),
        description,
      );
      assert.equal(header.encryptedDataKeys[0].keyProviderId, 'aws-kms-hierarchy');
      opened++;
    }
    console.log(`${file}: ${opened} opened, ${negative} refused, none left out`);
    assert.ok(opened >= 2);
    assert.equal(negative, file === 'iotest' ? 0 : 1);
  });
}

// The keyring.

test('round trips: with its own cache, a given one, and none', async () => {
  for (const cache of [undefined, localCache(), stormTrackingCache(), 'none']) {
    for (const algorithmSuite of ['6700', '6701']) {
      const one = encryptor({ keyring: hierarchical({ cache }) }, { algorithmSuite });
      const { header } = await roundTrip(one);
      const [{ keyProviderId, keyProviderInfo, ciphertext }] = header.encryptedDataKeys;
      assert.deepEqual(
        [keyProviderId, Buffer.from(keyProviderInfo).toString(), ciphertext.length],
        ['aws-kms-hierarchy', 'a', 140],
      );
    }
  }
});

test('the newest version encrypts and all decrypt', async () => {
  const before = encryptor({ keyring: hierarchical() });
  const rotated = encryptor({
    keyring: hierarchical({ keyStore: store(branchKey('a'), branchKey('a', 2, OTHER_VERSION)) }),
  });
  await roundTrip(before, rotated);
  const { item } = await roundTrip(rotated);
  await refused(before.decryptItem(item), 'NO_KEYRING_OPENED', new RegExp(OTHER_VERSION));
});

test('other keys, other branches and changed bytes do not open', async () => {
  const { item, header } = await roundTrip(encryptor({ keyring: hierarchical() }));
  for (const keyStore of [store(branchKey('a', 2)), store(branchKey('b'))]) {
    const one = encryptor({ keyring: hierarchical({ keyStore }) });
    await refused(one.decryptItem(item), 'NO_KEYRING_OPENED');
  }
  const other = hierarchical({ keyStore: store(branchKey('b')), branchKeyId: 'b' });
  await refused(encryptor({ keyring: other }).decryptItem(item), 'NO_KEYRING_OPENED', /'b'/);
  const one = encryptor({ keyring: hierarchical() });
  const head = Buffer.from(item.aws_dbe_head.B);
  const wrapped = Buffer.from(header.encryptedDataKeys[0].ciphertext);
  const at = head.indexOf(wrapped);
  for (let i = 0; i < wrapped.length; i++) {
    const changed = Uint8Array.from(head);
    changed[at + i] ^= 1;
    const damaged = { ...item, aws_dbe_head: { B: changed } };
    await refused(one.decryptItem(damaged), 'NO_KEYRING_OPENED');
  }
  await refused(one.decryptItem({ ...item, pk: { S: 'two' } }), 'NO_KEYRING_OPENED');
});

test('with other keyrings, in a multi-keyring', async () => {
  const aes = rawAesKeyring({
    keyNamespace: 'ns',
    keyName: 'k',
    wrappingKey: new Uint8Array(32).fill(9),
  });
  const both = multiKeyring({ generator: hierarchical(), children: [aes] });
  await roundTrip(encryptor({ keyring: both }), encryptor({ keyring: aes }));
  await roundTrip(encryptor({ keyring: both }), encryptor({ keyring: hierarchical() }));
});

test('a supplier names the branch key, at once or later', async () => {
  const keyStore = store(branchKey('key of one', 1), branchKey('key of __proto__', 2));
  for (const later of [false, true]) {
    const asked = [];
    const keyring = hierarchical({
      keyStore,
      branchKeyIdSupplier: (context) => {
        asked.push(context);
        const id = `key of ${context['aws-crypto-attr.tenant']}`;
        return later ? new Promise((resolve) => setTimeout(resolve, 2, id)) : id;
      },
    });
    const tenants = ['one', '__proto__'];
    for (const tenant of tenants) {
      const cmm = tenantEncryptor(keyring, tenant);
      const { header } = await roundTrip(cmm);
      const info = Buffer.from(header.encryptedDataKeys[0].keyProviderInfo);
      assert.equal(info.toString(), `key of ${tenant}`);
    }
    assert.equal(asked.length, 4);
    assert.ok(asked.every((context) => context['aws-crypto-table-name'] === 't'));
  }
});

/** An encryptor whose context names the tenant, by an attribute. */
function tenantEncryptor(keyring, tenant) {
  const one = new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'pk',
    attributeActions: {
      pk: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
      tenant: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
      secret: 'ENCRYPT_AND_SIGN',
    },
    keyring,
  });
  const item = { ...ITEM, tenant: { S: tenant } };
  return {
    encryptItem: () => one.encryptItem(item),
    decryptItem: async (sealed) => {
      same((await one.decryptItem(sealed)).item, item);
      return { item: ITEM };
    },
  };
}

test('what a supplier does wrong is said', async () => {
  const cases = {
    'no such tenant': () => {
      throw new Error('no such tenant');
    },
    'rejected with text': () => Promise.reject('rejected with text'),
    'undefined, not a string': () => undefined,
    'a number, not a string': async () => 5,
    'an empty id': () => '',
    "'c'": () => 'c',
  };
  for (const [message, branchKeyIdSupplier] of Object.entries(cases)) {
    const one = encryptor({ keyring: hierarchical({ branchKeyIdSupplier }) });
    await refused(one.encryptItem(ITEM), 'KEYRING_CANNOT', new RegExp(message));
  }
});

test('a supplier that never answers is given up', async (t) => {
  const { setTimeout } = globalThis;
  t.after(() => (globalThis.setTimeout = setTimeout));
  let last;
  globalThis.setTimeout = (run, ms) => {
    last = { run, ms };
    return setTimeout(run, ms);
  };
  // Its time limit is what was set last when it is asked; nobody waits for that time here.
  let sealing;
  const limit = await new Promise((asked) => {
    const branchKeyIdSupplier = () => {
      asked(last);
      return new Promise(() => {});
    };
    sealing = encryptor({ keyring: hierarchical({ branchKeyIdSupplier }) }).encryptItem(ITEM);
  });
  assert.equal(limit.ms, 10_000);
  const pending = Symbol('pending');
  const turn = new Promise((resolve) => setImmediate(resolve, pending));
  assert.equal(await Promise.race([sealing, turn]), pending);
  limit.run();
  const message = /branchKeyIdSupplier failed: it did not answer within 10000 ms/;
  await refused(sealing, 'KEYRING_CANNOT', message);
});

test('configurations that are refused, and why', () => {
  const keyStore = store();
  const base = { keyStore, branchKeyId: 'a', ttlSeconds: 60 };
  const cases = [
    [{ keyStore: undefined }, 'INVALID_ARGUMENT', /keyStore/],
    [{ keyStore: {} }, 'INVALID_ARGUMENT', /keyStore/],
    [{ branchKeyId: undefined }, 'INVALID_CONFIG', /branchKeyIdSupplier/],
    [{ branchKeyIdSupplier: () => 'a' }, 'INVALID_CONFIG', /either/],
    [{ branchKeyId: '' }, 'INVALID_CONFIG', /empty/],
    [{ branchKeyId: 5 }, 'INVALID_ARGUMENT', /branchKeyId/],
    [{ branchKeyId: undefined, branchKeyIdSupplier: 'a' }, 'INVALID_ARGUMENT', /function/],
    [{ ttlSeconds: undefined }, 'INVALID_CONFIG', /ttlSeconds/],
    [{ ttlSeconds: 0 }, 'INVALID_CONFIG', /ttlSeconds/],
    [{ ttlSeconds: -1 }, 'INVALID_CONFIG', /ttlSeconds/],
    [{ ttlSeconds: NaN }, 'INVALID_CONFIG', /ttlSeconds/],
    [{ ttlSeconds: Infinity }, 'INVALID_CONFIG', /ttlSeconds/],
    [{ ttlSeconds: 1e300 }, 'INVALID_CONFIG', /ttlSeconds/],
    [{ ttlSeconds: '60' }, 'INVALID_CONFIG', /ttlSeconds/],
    [{ cache: {} }, 'INVALID_ARGUMENT', /cache/],
    [{ cache: 'some' }, 'INVALID_ARGUMENT', /cache/],
    [{ cache: stormTrackingCache(), ttlSeconds: 10 }, 'INVALID_CONFIG', /grace period/],
    [{ cache: localCache(), onEvent: () => {} }, 'INVALID_CONFIG', /onEvent/],
    [{ onEvent: 5 }, 'INVALID_ARGUMENT', /onEvent/],
    [{ partitionId: 5 }, 'INVALID_ARGUMENT', /partitionId/],
    [{ partitionId: '\ud800' }, 'INVALID_ARGUMENT', /surrogate/],
  ];
  awsKmsHierarchicalKeyring(base);
  awsKmsHierarchicalKeyring({ ...base, ttlSeconds: 0.001 });
  for (const [change, code, message] of cases) {
    const make = () => awsKmsHierarchicalKeyring({ ...base, ...change });
    refuses(make, UsageError, code, { message });
  }
});

test('key stores that are refused, and why', () => {
  const cases = [
    [undefined, 'INVALID_ARGUMENT', /array/],
    [[undefined], 'INVALID_ARGUMENT', /object/],
    [[{ ...branchKey(''), branchKeyId: '' }], 'INVALID_CONFIG', /empty/],
    [[{ ...branchKey('a'), branchKeyId: undefined }], 'INVALID_ARGUMENT', /branchKeyId/],
    [[branchKey('a', 1, 'x')], 'INVALID_CONFIG', /UUID/],
    [[branchKey('a'), branchKey('a', 2)], 'INVALID_CONFIG', /twice/],
    [[{ ...branchKey('a'), branchKey: new Uint8Array(31) }], 'INVALID_CONFIG', /32 bytes/],
    [[{ ...branchKey('a'), branchKey: 'x'.repeat(32) }], 'INVALID_ARGUMENT', /Uint8Array/],
    [[{ ...branchKey('a'), beaconKey: new Uint8Array(33) }], 'INVALID_CONFIG', /32 bytes/],
    [[{ ...branchKey('a'), encryptionContext: { a: 1 } }], 'INVALID_ARGUMENT', /string/],
    [[{ ...branchKey('a'), encryptionContext: { '\ud800': '' } }], 'INVALID_ARGUMENT', /surrogate/],
  ];
  for (const [keys, code, message] of cases) {
    refuses(() => staticKeyStore(keys), UsageError, code, { message });
  }
});

// Caches.

test('caches that are refused, and why', () => {
  const storm = [
    [{ gracePeriodSeconds: 0 }, /gracePeriodSeconds/],
    [{ graceIntervalSeconds: -1 }, /graceIntervalSeconds/],
    [{ inFlightTtlSeconds: 'x' }, /inFlightTtlSeconds/],
    [{ fanOut: 0 }, /fan-out/],
    [{ fanOut: 1.5 }, /fanOut/],
    [{ gracePeriodSeconds: 9 }, /in-flight/],
    [{ inFlightTtlSeconds: 20 }, /in-flight/],
    [{ graceIntervalSeconds: 11 }, /grace interval/],
    [{ graceIntervalSeconds: 5, inFlightTtlSeconds: 4 }, /grace interval/],
  ];
  for (const make of [localCache, stormTrackingCache]) {
    for (const capacity of [0, -1, 1.5, '5', 2 ** 32]) {
      refuses(() => make({ capacity }), UsageError, 'INVALID_CONFIG', { message: /capacity/ });
    }
    refuses(() => make({ onEvent: 'x' }), UsageError, 'INVALID_ARGUMENT', { message: /onEvent/ });
    refuses(() => make(5), UsageError, 'INVALID_ARGUMENT', { message: /options/ });
  }
  for (const [options, message] of storm) {
    refuses(() => stormTrackingCache(options), UsageError, 'INVALID_CONFIG', { message });
  }
  stormTrackingCache({
    gracePeriodSeconds: 0.5,
    graceIntervalSeconds: 0.1,
    inFlightTtlSeconds: 0.2,
  });
});

test('events tell hits, misses, calls and ends, and no secret', async (t) => {
  const time = clock(t);
  const { events, onEvent, kinds } = observer();
  const one = encryptor({ keyring: hierarchical({ onEvent, partitionId: 'p' }) });
  for (let i = 0; i < 5; i++) await roundTrip(one);
  await soon();
  assert.deepEqual([kinds('miss'), kinds('fetched'), kinds('hit')], [2, 2, 8]);
  time.advance(61);
  await roundTrip(one);
  await soon();
  assert.deepEqual([kinds('miss'), kinds('expired')], [4, 2]);
  for (const event of events) {
    assert.equal(event.branchKeyId, 'a');
    assert.equal(event.partitionId, 'p');
    assert.equal(event.materials, 'branchKey');
    assert.equal(event.outcome, event.kind === 'fetched' ? 'OK' : undefined);
    assert.equal(typeof event.durationMs, event.kind === 'fetched' ? 'number' : 'undefined');
  }
});

test('an observer that throws, rejects or seals changes nothing', async () => {
  let nested;
  const other = encryptor({ keyring: hierarchical() });
  const observers = [
    () => {
      throw new Error('observer');
    },
    async () => {
      throw new Error('async observer');
    },
    () => {
      nested = roundTrip(other);
    },
  ];
  for (const onEvent of observers) {
    await roundTrip(encryptor({ keyring: hierarchical({ onEvent }) }));
    await soon();
  }
  await nested;
});

test('keyrings share a cache by partition, store and branch', async () => {
  const { onEvent, kinds } = observer();
  const cache = localCache({ onEvent });
  const keyStore = store(branchKey('a'), branchKey('b'));
  const calls = async (options) => {
    const before = kinds('fetched');
    await encryptor({ keyring: hierarchical({ cache, keyStore, ...options }) }).encryptItem(ITEM);
    await soon();
    return kinds('fetched') - before;
  };
  assert.equal(await calls({ partitionId: 'p' }), 1);
  assert.equal(await calls({ partitionId: 'p' }), 0);
  assert.equal(await calls({ partitionId: 'q' }), 1);
  assert.equal(await calls({}), 1, 'a partition of its own');
  assert.equal(await calls({}), 1, 'another one');
  assert.equal(await calls({ partitionId: 'p', branchKeyId: 'b' }), 1);
  const others = store(branchKey('a', 9));
  assert.equal(await calls({ partitionId: 'p', keyStore: others }), 1, 'another store');
  const named = staticKeyStore([branchKey('a')], { logicalKeyStoreName: 'keys' });
  const again = staticKeyStore([branchKey('a')], { logicalKeyStoreName: 'keys' });
  assert.equal(await calls({ partitionId: 'p', keyStore: named }), 1);
  assert.equal(await calls({ partitionId: 'p', keyStore: again }), 0, 'the same by name');
  cache.clear();
  assert.equal(await calls({ partitionId: 'p' }), 1);
});

test('a full cache evicts the least recently used', async () => {
  const { events, onEvent } = observer();
  const keyStore = store(...['a', 'b', 'c'].map((id) => branchKey(id)));
  const options = { cache: localCache({ capacity: 2, onEvent }), keyStore, partitionId: 'p' };
  const use = (branchKeyId) =>
    encryptor({ keyring: hierarchical({ ...options, branchKeyId }) }).encryptItem(ITEM);
  for (const id of ['a', 'b', 'a', 'c']) await use(id);
  await soon();
  const evicted = events.filter(({ kind }) => kind === 'evicted');
  assert.deepEqual(
    evicted.map(({ branchKeyId }) => branchKeyId),
    ['b'],
  );
});

test('a process ends although its caches hold keys for an hour', async () => {
  const index = new URL('../../pkg/entrypoints/index.js', import.meta.url).href;
  const program = `
    import * as f from ${JSON.stringify(index)};
    const keyStore = f.staticKeyStore([{ branchKeyId: 'a', version: '${VERSION}', branchKey: new Uint8Array(32) }]);
    const keyring = f.awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'a', ttlSeconds: 3600 });
    const attributeActions = { pk: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' };
    const one = new f.ItemEncryptor({ logicalTableName: 't', partitionKeyName: 'pk', attributeActions, keyring });
    await one.decryptItem((await one.encryptItem({ pk: { S: 'x' }, secret: { S: 'y' } })).item);
    console.log('sealed');
  `;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 60_000,
  });
  assert.equal((await run).stdout, 'sealed\n');
});

test('a clock that is set back ends no key early, and none late', async (t) => {
  const state = {};
  const cmm = cachingCmm({ keyring: overKms(state), cache: localCache(), maxAgeSeconds: 60 });
  const one = encryptor({ cmm });
  const monotonic = performance.now.bind(performance);
  let elapsed = 0;
  performance.now = () => monotonic() + elapsed;
  t.after(() => {
    performance.now = monotonic;
  });
  const wall = clock(t);
  await one.encryptItem(ITEM);
  wall.advance(-3600);
  await one.encryptItem(ITEM);
  assert.equal(state.calls, 1);
  elapsed = 60_000;
  await one.encryptItem(ITEM);
  assert.equal(state.calls, 2, 'its time is over, whatever the wall clock says');
});

test('waits longer than a timer of the host can be do not end at once', async (t) => {
  // A fetch in flight is waited for at most so long: 31 bits of milliseconds are 24 days.
  const times = { gracePeriodSeconds: 5e6, graceIntervalSeconds: 1, inFlightTtlSeconds: 5e6 };
  const { setTimeout: original } = globalThis;
  const asked = [];
  globalThis.setTimeout = (act, ms, ...rest) => {
    asked.push(ms);
    return original(act, ms, ...rest);
  };
  t.after(() => {
    globalThis.setTimeout = original;
  });
  const cache = stormTrackingCache(times);
  const cmm = cachingCmm({ keyring: overKms({}), cache, maxAgeSeconds: 1e7 });
  const one = encryptor({ cmm });
  await Promise.all([one.encryptItem(ITEM), one.encryptItem(ITEM)]);
  assert.equal(Math.max(...asked), 0x7fff_ffff);
});

test('a trap empties the cache and nothing else', async () => {
  const { onEvent, kinds } = observer();
  const one = encryptor({ keyring: hierarchical({ cache: localCache({ onEvent }) }) });
  const { item } = await roundTrip(one);
  const before = core();
  assert.throws(
    () =>
      before.make(() => {
        throw new WebAssembly.RuntimeError('forced');
      }),
    { code: 'INTERNAL' },
  );
  assert.notEqual(core(), before);
  same((await one.decryptItem(item)).item, ITEM);
  await roundTrip(one);
  await soon();
  assert.equal(kinds('miss'), 4);
});

// The caching CMM, over a KMS that can be slow and down.

test('a thousand requests at once cost one call to KMS', async () => {
  const [state, { onEvent, kinds }] = [{}, observer()];
  const cache = localCache({ onEvent });
  const cmm = cachingCmm({ keyring: overKms(state), cache, maxAgeSeconds: 60 });
  const one = encryptor({ cmm });
  const sealed = await Promise.all(Array.from({ length: 1000 }, () => one.encryptItem(ITEM)));
  assert.equal(state.calls, 1);
  await soon();
  assert.deepEqual([kinds('miss'), kinds('joined')], [1, 999]);
  const opened = await Promise.all(sealed.map(({ item }) => one.decryptItem(item)));
  opened.forEach(({ item }) => same(item, ITEM));
  assert.equal(state.calls, 2);
  const ids = new Set(sealed.map(({ item }) => Buffer.from(item.aws_dbe_head.B).toString('hex')));
  assert.equal(ids.size, 1000, 'each with its own message id');
});

test('a batch costs one call, and sixteen of other contexts one each', async () => {
  const state = {};
  const cache = localCache();
  const cmm = cachingCmm({ keyring: overKms(state), cache, maxAgeSeconds: 60 });
  await encryptor({ cmm }).encryptItems(Array(100).fill(ITEM));
  assert.equal(state.calls, 1);
  const others = Array.from({ length: 16 }, (_, i) => ({ ...ITEM, pk: { S: `other ${i}` } }));
  await encryptor({ cmm }).encryptItems(others);
  assert.equal(state.calls, 17);
});

test('limits of messages, bytes and age', async (t) => {
  const time = clock(t);
  const calls = async (limits, items) => {
    const state = {};
    const cmm = cachingCmm({
      keyring: overKms(state),
      cache: localCache(),
      maxAgeSeconds: 60,
      ...limits,
    });
    const one = encryptor({ cmm });
    for (const item of items) {
      // And a little more: the machine's clock may be set back meanwhile.
      if (item === 'a minute') time.advance(61);
      else await one.encryptItem(item);
    }
    return state.calls;
  };
  const five = Array(5).fill(ITEM); // Each encrypts five bytes.
  assert.equal(await calls({}, five), 1);
  assert.equal(await calls({ maxMessages: 1 }, five), 5);
  assert.equal(await calls({ maxMessages: 2 }, five), 3);
  assert.equal(await calls({ maxBytes: 25 }, five), 1);
  assert.equal(await calls({ maxBytes: 24 }, five), 2);
  assert.equal(await calls({ maxBytes: 5 }, five), 5);
  assert.equal(await calls({ maxBytes: 0 }, five), 5, 'never cached');
  assert.equal(await calls({}, [ITEM, 'a minute', ITEM]), 2);
});

test('an outage in the grace period loses nothing, after it all', async (t) => {
  const time = clock(t);
  const [state, { onEvent, until, kinds, events }] = [{}, observer()];
  const cache = stormTrackingCache({ onEvent });
  const cmm = cachingCmm({ keyring: overKms(state), cache, maxAgeSeconds: 60 });
  const one = encryptor({ cmm });
  await one.encryptItem(ITEM);
  assert.equal(state.calls, 1);
  state.down = true;
  time.advance(51);
  await Promise.all(Array.from({ length: 200 }, () => one.encryptItem(ITEM)));
  await until(({ outcome }) => outcome === 'KMS_KEY_DISABLED');
  await soon();
  assert.equal(kinds('refresh'), 1);
  assert.equal(state.calls, 2, 'one of them tried, in the background');
  time.advance(2);
  state.down = false;
  await one.encryptItem(ITEM);
  const renewed = () => events.filter(({ outcome }) => outcome === 'OK').length === 2;
  await until(renewed);
  assert.equal(state.calls, 3, 'tried again after the interval, and renewed');
  state.down = true;
  time.advance(40);
  await one.encryptItem(ITEM);
  time.advance(21);
  await refused(one.encryptItem(ITEM), 'KMS_KEY_DISABLED');
});

test('errors of KMS reach all who wait for one call, and are not kept', async () => {
  const state = { down: true };
  const cmm = cachingCmm({ keyring: overKms(state), cache: localCache(), maxAgeSeconds: 60 });
  const one = encryptor({ cmm });
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => one.encryptItem(ITEM)));
  assert.ok(results.every(({ reason }) => reason?.code === 'KMS_KEY_DISABLED'));
  assert.equal(state.calls, 1);
  state.down = false;
  await one.encryptItem(ITEM);
  assert.equal(state.calls, 2);
});

test('decryption is not cached across contexts', async () => {
  const state = {};
  const cmm = cachingCmm({ keyring: overKms(state), cache: localCache(), maxAgeSeconds: 60 });
  const one = encryptor({ cmm });
  const { item } = await one.encryptItem(ITEM);
  await one.decryptItem(item);
  const calls = state.calls;
  for (const changed of [{ pk: { S: 'two' } }, { secret: { B: new Uint8Array(40) } }]) {
    await assert.rejects(one.decryptItem({ ...item, ...changed }), FieldsealError);
  }
  const renamed = encryptor({ cmm }, { logicalTableName: 'other' });
  await assert.rejects(renamed.decryptItem(item), FieldsealError);
  assert.equal(state.calls, calls + 2, 'the two with another context asked KMS');
  await one.decryptItem(item);
  assert.equal(state.calls, calls + 2);
});

test('around other CMMs, and within them', async () => {
  const requiredKeys = ['aws-crypto-table-name'];
  const over = (options) =>
    cachingCmm({ cache: localCache(), maxAgeSeconds: 60, partitionId: 'p', ...options });
  const state = {};
  const keyring = overKms(state);
  const outside = over({ cmm: requiredEncryptionContextCmm({ keyring, requiredKeys }) });
  const inside = requiredEncryptionContextCmm({ cmm: over({ keyring }), requiredKeys });
  for (const cmm of [outside, inside]) {
    state.calls = 0;
    const one = encryptor({ cmm });
    for (let i = 0; i < 3; i++) await one.encryptItem(ITEM);
    assert.equal(state.calls, 1);
    const { item } = await one.encryptItem(ITEM);
    for (let i = 0; i < 3; i++) same((await one.decryptItem(item)).item, ITEM);
    assert.equal(state.calls, 2);
  }
});

test('caching CMMs that are refused, and why', () => {
  const keyring = hierarchical();
  const base = { keyring, cache: localCache(), maxAgeSeconds: 60 };
  const cases = [
    [{ keyring: undefined }, 'INVALID_CONFIG', /keyring or cmm/],
    [{ cmm: cachingCmm(base) }, 'INVALID_CONFIG', /either/],
    [{ cache: undefined }, 'INVALID_CONFIG', /cache/],
    [{ cache: 'none' }, 'INVALID_ARGUMENT', /cache/],
    [{ cache: keyring }, 'INVALID_ARGUMENT', /cache/],
    [{ cache: stormTrackingCache(), maxAgeSeconds: 10 }, 'INVALID_CONFIG', /grace period/],
    [{ maxAgeSeconds: 0 }, 'INVALID_CONFIG', /maxAgeSeconds/],
    [{ maxAgeSeconds: undefined }, 'INVALID_CONFIG', /maxAgeSeconds/],
    [{ maxMessages: 0 }, 'INVALID_CONFIG', /messages/],
    [{ maxMessages: 2 ** 32 + 1 }, 'INVALID_CONFIG', /messages/],
    [{ maxMessages: 1.5 }, 'INVALID_CONFIG', /maxMessages/],
    [{ maxBytes: -1 }, 'INVALID_CONFIG', /maxBytes/],
    [{ maxBytes: 2 ** 60 }, 'INVALID_CONFIG', /maxBytes/],
    [{ maxBytes: '1' }, 'INVALID_CONFIG', /maxBytes/],
    [{ partitionId: {} }, 'INVALID_ARGUMENT', /partitionId/],
  ];
  cachingCmm({ ...base, maxMessages: 2 ** 32, maxBytes: 0 });
  for (const [change, code, message] of cases) {
    refuses(() => cachingCmm({ ...base, ...change }), UsageError, code, { message });
  }
});
