// `fieldseal/workers`: what threads seal and open is what an encryptor does, whatever becomes of the threads, and no key
// stays with the one that starts them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import crypto, { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import workerThreads from 'node:worker_threads';

import * as fieldseal from '../../pkg/entrypoints/index.js';
import { startItemWorkers } from '../../pkg/entrypoints/workers.js';
// Internal: where the threads' program is.
import { provideProgram } from '../../pkg/workers/item-workers.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { until } from '../support/until.mjs';
import { runCorpus } from '../support/vectors.mjs';

const { AuthenticationError, FieldsealError, HostError, ItemEncryptor, KmsClient } = fieldseal;
const { LimitError, NoKeyError, UnsupportedError, UsageError } = fieldseal;
const { awsKmsKeyring, customKeyring, rawAesKeyring } = fieldseal;

const table = {
  logicalTableName: 't',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN', plain: 'SIGN_ONLY' },
  algorithmSuite: '6700',
};
const wrappingKey = Buffer.alloc(32, 7);
const aesOptions = { keyNamespace: 'n', keyName: 'k', wrappingKey };
const aes = { type: 'rawAes', ...aesOptions };
const here = new ItemEncryptor({ ...table, keyring: rawAesKeyring(aesOptions) });

const item = (i) => ({ id: { S: `i-${i}` }, secret: { S: `secret ${i}` }, plain: { N: `${i}` } });
const items = (count) => Array.from({ length: count }, (_, i) => item(i));
const itemsOf = (results) => results.map((result) => result.item);

/** Starts workers that end with the test. */
async function start(t, options = {}) {
  const workers = await startItemWorkers({ ...table, threads: 2, keyring: aes, ...options });
  t.after(() => workers.close());
  return workers;
}

/** What a call rejects with. */
const failure = (promise) =>
  promise.then(
    () => assert.fail('it was accepted'),
    (error) => error,
  );

/** Every thread that is started while `run` runs, with what it was given and what it said. */
async function watchThreads(run) {
  const { MessageChannel, Worker, receiveMessageOnPort } = workerThreads;
  const threads = [];
  const byPort = new Map();
  let seen;
  workerThreads.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      const { port1 } = this;
      seen = { heard: [], posted: [], port: port1 };
      byPort.set(port1, seen);
      const { heard, posted } = seen;
      port1.on('message', (message) => heard.push(message));
      port1.postMessage = function (message, transfer) {
        posted.push(message);
        return MessagePort.prototype.postMessage.call(this, message, transfer);
      };
    }
  };
  workerThreads.receiveMessageOnPort = (port) => {
    const received = receiveMessageOnPort(port);
    if (received) byPort.get(port).heard.push(received.message);
    return received;
  };
  workerThreads.Worker = class extends Worker {
    constructor(url, options) {
      super(url, options);
      Object.assign(this, { started: options, ready: false, ...seen });
      threads.push(this);
      this.on('message', () => (this.ready = true));
    }
  };
  try {
    return await run(threads);
  } finally {
    Object.assign(workerThreads, { MessageChannel, Worker, receiveMessageOnPort });
  }
}

/** Ends a thread that is ready and has begun what it has to do. */
async function endOf(thread) {
  await until('the thread', () => thread.ready);
  await sleep(100);
  await thread.terminate();
}

describe('the vectors', () => {
  const files = [new URL('../vectors/official-random.json', import.meta.url)];
  const published = new URL('../../../shared/vectors/dbesdk.json', import.meta.url);
  if (existsSync(published)) files.push(published);
  else console.log('left out: the published set dbesdk.json does not lie beside the checkout');

  /** A thread for each configuration, of which the last few go on. */
  const started = new Map();
  after(() => closeAll());
  const closeAll = async () => {
    for (const workers of started.values()) await (await workers).close();
    started.clear();
  };
  const workersOf = async (options) => {
    const key = JSON.stringify(options);
    if (started.size > 15 && !started.has(key)) await closeAll();
    if (!started.has(key)) started.set(key, startItemWorkers({ ...options, threads: 1 }));
    const workers = started.get(key);
    // What cannot be started is not closed.
    workers.catch(() => started.delete(key));
    return workers;
  };

  /** The interface that the vectors are run through. */
  const described = (type) => (options) => ({ type, ...options });
  const inThreads = {
    ...fieldseal,
    rawAesKeyring: described('rawAes'),
    rawRsaKeyring: described('rawRsa'),
    rawEcdhKeyring: described('rawEcdh'),
    multiKeyring: described('multi'),
    awsKmsHierarchicalKeyring: described('awsKmsHierarchical'),
    staticKeyStore: (keys) => ({ type: 'static', keys }),
    ItemEncryptor: class {
      constructor(options) {
        this.options = options;
      }
      async #run(name, given) {
        const [result] = await (await workersOf(this.options))[name]([given]);
        return result;
      }
      encryptItem(given) {
        return this.#run('encryptItems', given);
      }
      decryptItem(given) {
        return this.#run('decryptItems', given);
      }
    },
  };

  for (const file of files) {
    const name = file.pathname.split('/').at(-1);
    test(name, async () => {
      const corpus = JSON.parse(readFileSync(file, 'utf8'));
      const { passed, failures, leftOut } = await runCorpus(inThreads, corpus);
      const direct = await runCorpus(fieldseal, corpus);
      console.log(`${name}: ${passed} checks passed, ${leftOut.length} left out`);
      assert.deepEqual(failures, []);
      assert.ok(passed > 0);
      assert.deepEqual([passed, leftOut], [direct.passed, direct.leftOut]);
    });
  }
});

describe('as an encryptor does', () => {
  test('many items, in their order, with their headers', async (t) => {
    const workers = await start(t);
    const given = items(1500);
    const sealed = await workers.encryptItems(given);
    assert.equal(sealed.length, 1500);
    assert.deepEqual(itemsOf(await here.decryptItems(itemsOf(sealed))), given);
    const { header } = sealed[1234];
    assert.deepEqual(header, (await here.decryptItem(sealed[1234].item)).header);

    const opened = await workers.decryptItems(itemsOf(await here.encryptItems(given)));
    assert.deepEqual(itemsOf(opened), given);
    assert.equal(opened[7].header.encryptedDataKeys[0].keyProviderId, 'n');
    assert.deepEqual(await workers.encryptItems([]), []);
  });

  test('items of all sizes and types', async (t) => {
    const attributeActions = { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' };
    const workers = await start(t, { attributeActions });
    const secrets = [
      { B: new Uint8Array(300_000).fill(3) },
      { S: '\u{1f600}'.repeat(50_000) },
      {
        L: [{ M: { __proto__key: { NULL: true } } }, { BS: [Uint8Array.of(1), Uint8Array.of(2)] }],
      },
      { NS: ['1', '2.5'] },
      { BOOL: false },
      { S: '' },
    ];
    const given = Array.from({ length: 90 }, (_, i) => ({
      id: { B: Uint8Array.of(1, i) },
      secret: secrets[i % secrets.length],
    }));
    const sealed = itemsOf(await workers.encryptItems(given));
    assert.deepEqual(itemsOf(await workers.decryptItems(sealed)), given);
  });

  test('the caller may change its items once the call has returned', async (t) => {
    const workers = await start(t);
    const given = items(600);
    const sealing = workers.encryptItems(given);
    for (const one of given) one.secret.S = 'changed';
    given.length = 0;
    const opened = await here.decryptItems(itemsOf(await sealing));
    assert.deepEqual(itemsOf(opened), items(600));
  });

  test('an item that ends a batch in the core ends the call, with settle, too', async (t) => {
    const workers = await start(t);
    let nested = { S: 'x' };
    for (let depth = 0; depth < 40; depth++) nested = { L: [nested] };
    const given = items(700);
    given[300] = { ...item(300), secret: nested };
    for (const settle of [false, true]) {
      const direct = await failure(here.encryptItems(given, { settle }));
      const error = await failure(workers.encryptItems(given, { settle }));
      assert.deepEqual([error.code, error.message], [direct.code, direct.message]);
    }
  });

  test('what fails with settle, and what ends a call without', async (t) => {
    const workers = await start(t);
    const given = items(700);
    given[3] = { id: { S: 3 } };
    given[300] = { ...item(300), forgotten: { S: 'x' } };
    given[699] = 'not an item';
    const sealed = await workers.encryptItems(given, { settle: true });
    const direct = await here.encryptItems(given, { settle: true });
    const failures = (outcomes) => outcomes.flatMap(({ error }) => (error ? [error.toJSON()] : []));
    assert.deepEqual(failures(sealed), failures(direct));
    assert.deepEqual(
      failures(sealed).map((error) => error.itemIndex),
      [3, 300, 699],
    );

    const stored = itemsOf(await here.encryptItems(items(700)));
    stored[450] = { ...stored[450], plain: { N: '7' } };
    stored[20] = { ...stored[21], id: stored[20].id };
    const opened = await workers.decryptItems(stored, { settle: true });
    assert.deepEqual(failures(opened), failures(await here.decryptItems(stored, { settle: true })));
    assert.ok(opened[450].error instanceof AuthenticationError);
    assert.ok(opened[20].error instanceof NoKeyError);
    assert.deepEqual(opened[451].item, item(451));

    for (const [run, bad] of [
      [() => workers.decryptItems(stored), stored],
      [() => workers.encryptItems(given), given],
      [() => workers.encryptItems([item(0), { ...item(1), forgotten: { S: 'x' } }])],
    ]) {
      const error = await failure(run());
      assert.equal(error.itemIndex, bad === stored ? 20 : bad === given ? 3 : 1);
    }
    // Of one item alone nobody asks which it is.
    assert.equal(
      Object.hasOwn(await failure(workers.decryptItems([stored[20]])), 'itemIndex'),
      false,
    );
    assert.equal(Object.hasOwn(await failure(workers.encryptItems([{}])), 'itemIndex'), false);
  });

  test('resealing, from another keyring', async (t) => {
    const next = { ...aes, keyName: 'k2', wrappingKey: Buffer.alloc(32, 9) };
    const workers = await start(t, { keyring: next, from: { ...table, keyring: aes } });
    const stored = itemsOf(await here.encryptItems(items(400)));
    stored[77] = { ...stored[77], plain: { N: '7' } };
    const {
      items: resealed,
      failed,
      kmsCalls,
    } = await workers.resealItems(stored, { settle: true });
    assert.deepEqual([resealed.length, kmsCalls], [399, 0]);
    assert.deepEqual(
      failed.map(({ index, item, error }) => [index, item === stored[77], error.name]),
      [[77, true, 'AuthenticationError']],
    );
    const { type: _, ...options } = next;
    const opener = new ItemEncryptor({ ...table, keyring: rawAesKeyring(options) });
    const kept = items(400).filter((_, i) => i !== 77);
    assert.deepEqual(itemsOf(await opener.decryptItems(resealed)), kept);
    assert.equal((await failure(workers.resealItems(stored))).itemIndex, 77);
    // Not an encryptor of this thread.
    const misused = await failure(workers.resealItems(stored, { from: here }));
    assert.equal(misused.code, 'INVALID_ARGUMENT');
    assert.match(misused.message, /'from' is not known/);
  });

  test('beside an encryptor of fieldseal/items, whose core has fewer keyrings', async () => {
    const entry = (name) => new URL(`../../pkg/entrypoints/${name}.js`, import.meta.url);
    const { publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const scheme = { type: 'ephemeral', recipientPublicKey: publicKey };
    const keyring = { type: 'rawEcdh', curveSpec: 'P256', keyAgreementScheme: scheme };
    const program = `
      import { ItemEncryptor, rawAesKeyring } from '${entry('items')}'
      const table = ${JSON.stringify(table)}
      const key = { keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32) }
      const encryptor = new ItemEncryptor({ ...table, keyring: rawAesKeyring(key) })
      await encryptor.encryptItem({ id: { S: 'x' } })
      const { startItemWorkers } = await import('${entry('workers')}')
      const keyring = ${JSON.stringify(keyring)}
      const workers = await startItemWorkers({ ...table, threads: 1, keyring })
      console.log((await workers.encryptItems([{ id: { S: 'x' } }])).length)`;
    assert.equal((await run(['--input-type=module', '-e', program])).stdout, '1\n');
  });

  test('a key that is another, an item that was changed', async (t) => {
    const workers = await start(t, { keyring: { ...aes, wrappingKey: Buffer.alloc(32, 8) } });
    const { item: stored } = await here.encryptItem(item(0));
    const wrong = await failure(workers.decryptItems([stored]));
    assert.ok(wrong instanceof NoKeyError);
    assert.equal(wrong.reasons[0].code, 'WRAPPED_KEY_MISMATCH');
    assert.match(wrong.stack, /workers\.test\.mjs/);

    const [sealed] = itemsOf(await workers.encryptItems([item(0)]));
    const changed = await failure(workers.decryptItems([{ ...sealed, plain: { N: '7' } }]));
    assert.ok(changed instanceof AuthenticationError && changed instanceof FieldsealError);
    assert.deepEqual(itemsOf(await workers.decryptItems([sealed])), [item(0)]);
  });
});

describe('keyrings of services', () => {
  let dev;
  let arn;
  before(async () => {
    dev = await startDevKms();
    ({ arn } = await dev.createKey());
  });
  after(() => dev.close());

  test('KMS, in as many calls', async (t) => {
    const client = { endpoint: dev.url, region: dev.region };
    const credentials = { accessKeyId: 'dev', secretAccessKey: 'dev', expiration: new Date(4e12) };
    const kms = { type: 'awsKms', kms: { ...client, credentials }, generatorKeyId: arn };
    const workers = await start(t, { keyring: kms, from: { ...table, keyring: aes } });
    const stored = itemsOf(await here.encryptItems(items(60)));
    const { items: resealed, kmsCalls } = await workers.resealItems(stored);
    assert.equal(kmsCalls, 60);
    const keyring = awsKmsKeyring({ kms: new KmsClient(client), generatorKeyId: arn });
    const opened = await new ItemEncryptor({ ...table, keyring }).decryptItems(resealed);
    assert.deepEqual(itemsOf(opened), items(60));
    assert.deepEqual(itemsOf(await workers.decryptItems(resealed)), items(60));
  });

  test('KMS in the Region that a key ARN names, and an RSA key by its public half', async (t) => {
    const rsa = await dev.createKey({ keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' });
    const client = { endpoint: dev.url, region: dev.region };
    const seals = await start(t, {
      keyring: { type: 'awsKmsRsa', kmsKeyId: rsa.arn, publicKey: rsa.publicKey },
    });
    const opens = await start(t, {
      keyring: { type: 'awsKmsRsa', kmsKeyId: rsa.arn, publicKey: rsa.publicKeyPem, kms: client },
    });
    const [sealed] = itemsOf(await seals.encryptItems([item(0)]));
    assert.deepEqual(itemsOf(await opens.decryptItems([sealed])), [item(0)]);
    assert.equal((await failure(seals.decryptItems([sealed]))).code, 'NO_KEYRING_OPENED');

    // Without an endpoint and a Region there is a client for each key ARN's: of AWS, which is not asked here.
    const anywhere = await start(t, { keyring: { type: 'awsKms', kms: {}, generatorKeyId: arn } });
    await anywhere.close();
    const alias = { type: 'awsKms', kms: {}, generatorKeyId: 'alias/a' };
    const unclear = await failure(startItemWorkers({ ...table, keyring: alias }));
    assert.match(unclear.message, /must be a key ARN/);
  });

  test('a service that refuses', async (t) => {
    const key = await dev.createKey();
    const client = { endpoint: dev.url, region: dev.region };
    const kms = new KmsClient(client);
    const workers = await start(t, {
      keyring: { type: 'awsKms', kms: client, generatorKeyId: key.arn },
    });
    await kms.disableKey({ keyId: key.arn });
    const refused = await failure(workers.encryptItems(items(2)));
    assert.deepEqual(
      [refused.name, refused.code, refused.status],
      ['KmsError', 'KMS_KEY_DISABLED', 400],
    );
    const settled = await workers.encryptItems(items(3), { settle: true });
    assert.deepEqual(
      settled.map(({ error }) => [error.code, error.itemIndex]),
      [0, 1, 2].map((i) => ['KMS_KEY_DISABLED', i]),
    );
  });

  test('a signal ends what waits, at once, and the threads go on', async (t) => {
    const kms = { endpoint: dev.url, region: dev.region };
    const workers = await start(t, { keyring: { type: 'awsKms', kms, generatorKeyId: arn } });
    dev.faults.hangNext(40);
    const stop = new AbortController();
    const reason = new Error('enough');
    const sealing = workers.encryptItems(items(200), { signal: stop.signal, settle: true });
    setTimeout(() => stop.abort(reason), 50);
    assert.equal(await failure(sealing), reason);
    dev.faults.clear();
    const sealed = await workers.encryptItems(items(3));
    assert.deepEqual(itemsOf(await workers.decryptItems(itemsOf(sealed))), items(3));
  });

  test('a thread that dies fails its items, and another takes its place', async (t) => {
    await watchThreads(async (threads) => {
      const kms = { endpoint: dev.url, region: dev.region };
      const workers = await start(t, {
        threads: 1,
        keyring: { type: 'awsKms', kms, generatorKeyId: arn },
      });
      const before = await workers.encryptItems(items(2));
      for (const settle of [false, true]) {
        // Those of the two parts that a thread has at once.
        dev.faults.hangNext(32);
        const sealing = workers.encryptItems(items(700), { settle });
        void endOf(threads.at(-1));
        if (settle) {
          const outcomes = await sealing;
          const failed = outcomes.filter(({ error }) => error);
          assert.equal(outcomes.length, 700);
          assert.deepEqual(failed.length, 16 + 256);
          for (const { error } of failed) {
            assert.ok(error instanceof HostError);
            assert.deepEqual(outcomes[error.itemIndex], { error });
          }
          const last = itemsOf(await workers.decryptItems([outcomes.at(-1).item]));
          assert.deepEqual(last, [item(699)]);
        } else {
          const died = await failure(sealing);
          assert.ok(died instanceof HostError);
          assert.equal(died.code, 'HOST_FAILED');
          assert.match(died.message, /thread/);
        }
      }
      assert.equal(threads.length, 3);
      assert.deepEqual(itemsOf(await workers.decryptItems(itemsOf(before))), items(2));
      // Each call has an error of its own, which it may say more with.
      dev.faults.hangNext(2);
      const two = [
        failure(workers.encryptItems([item(0)])),
        failure(workers.encryptItems([item(1)])),
      ];
      void endOf(threads.at(-1));
      const [first, second] = await Promise.all(two);
      assert.deepEqual([first.code, second.code], ['HOST_FAILED', 'HOST_FAILED']);
      assert.notEqual(first, second);
    });
  });
});

describe('what cannot be', () => {
  const refused = (options) => failure(startItemWorkers({ ...table, keyring: aes, ...options }));

  test('keyrings and functions do not go to another thread, and are named', async () => {
    const custom = customKeyring({ providerId: 'p', onEncrypt: () => {}, onDecrypt: () => {} });
    const kms = { region: 'eu-central-1' };
    const overKms = (more) => ({ type: 'awsKms', generatorKeyId: 'k', kms: { ...kms, ...more } });
    const cases = [
      ['keyring', { keyring: rawAesKeyring(aesOptions) }],
      ['keyring', { keyring: custom }],
      [
        'keyring.children[1]',
        { keyring: { type: 'multi', generator: aes, children: [aes, custom] } },
      ],
      ['keyring.kms', { keyring: { ...overKms(), kms: new KmsClient(kms) } }],
      ['keyring.kms', { keyring: { ...overKms(), kms: () => new KmsClient(kms) } }],
      ['keyring.kms.credentials', { keyring: overKms({ credentials: async () => ({}) }) }],
      ['keyring.kms.onEvent', { keyring: overKms({ onEvent() {} }) }],
      ['keyring.kms.fetch', { keyring: overKms({ fetch }) }],
      ['keyring.kms.endpoint', { keyring: overKms({ endpoint: new URL('http://127.0.0.1') }) }],
      ['from.keyring', { from: { ...table, keyring: custom } }],
    ];
    for (const [name, options] of cases) {
      const error = await refused(options);
      assert.ok(error instanceof UsageError, name);
      assert.equal(error.code, 'INVALID_CONFIG');
      assert.ok(error.message.startsWith(`${name} is a`), error.message);
      assert.match(error.message, /cannot go to another thread\. Give plain data/);
    }
  });

  test('what the options lack, or have too much', async () => {
    const cases = [
      [{ treads: 2 }, 'INVALID_ARGUMENT', /'treads' is not known; did you mean 'threads'/],
      [{ cmm: {} }, 'INVALID_ARGUMENT', /'cmm' is not known/],
      [{ search: {} }, 'INVALID_ARGUMENT', /'search' is not known/],
      [{ threads: 0 }, 'INVALID_ARGUMENT', /threads must be/],
      [{ threads: null }, 'INVALID_ARGUMENT', /threads must be/],
      [{ threads: 129 }, 'INVALID_ARGUMENT', /threads must be a whole number from 1 to 128/],
      [
        { from: { ...table, keyring: aes, threads: 2 } },
        'INVALID_ARGUMENT',
        /from: 'threads' is not/,
      ],
      [{ from: { keyring: aes } }, 'INVALID_ARGUMENT', /attributeActions must be an object/],
      [{ attributeActions: { id: 'ENCRYPT_AND_SIGN' } }, 'INVALID_CONFIG', /./],
      [{ algorithmSuite: '0478' }, 'SUITE_NOT_ALLOWED', /algorithmSuite/],
      [
        { keyring: undefined },
        'INVALID_ARGUMENT',
        /keyring must be the configuration of a keyring/,
      ],
      [{ keyring: {} }, 'INVALID_CONFIG', /keyring\.type must be one of 'rawAes', /],
      [{ keyring: { type: 'toString' } }, 'INVALID_CONFIG', /keyring\.type must be one of/],
      [{ keyring: { ...aes, wrappingkey: 'k' } }, 'INVALID_ARGUMENT', /did you mean 'wrappingKey'/],
      [{ keyring: { ...aes, wrappingKey: Buffer.alloc(31) } }, 'INVALID_CONFIG', /./],
      [{ keyring: { ...aes, wrappingKey: new Uint8Array() } }, 'INVALID_CONFIG', /./],
      [
        { keyring: { type: 'multi', generator: aes, children: [{ type: 'x' }] } },
        'INVALID_CONFIG',
        /keyring\.children\[0\]\.type/,
      ],
      [
        { keyring: { type: 'multi', children: aes } },
        'INVALID_ARGUMENT',
        /keyring\.children must be/,
      ],
      [
        { keyring: { type: 'awsKmsHierarchical', branchKeyId: 'b', ttlSeconds: 1, keyStore: {} } },
        'INVALID_CONFIG',
        /keyring\.keyStore\.type must be one of 'dynamodb', 'static'/,
      ],
    ];
    for (const [options, code, message] of cases) {
      const error = await refused(options);
      assert.ok(error instanceof UsageError, `${error}`);
      assert.equal(error.code, code);
      assert.match(error.message, message);
    }
    assert.equal((await failure(startItemWorkers())).code, 'INVALID_ARGUMENT');
    assert.equal((await failure(startItemWorkers(here))).code, 'INVALID_ARGUMENT');
  });

  test('a call with options that are not known, or without items', async (t) => {
    const workers = await start(t);
    for (const name of ['encryptItems', 'decryptItems', 'resealItems']) {
      const misspelt = await failure(workers[name]([item(0)], { setle: true }));
      assert.match(misspelt.message, /'setle' is not known; did you mean 'settle'/);
      assert.match((await failure(workers[name](item(0)))).message, /items must be an array/);
      const signal = await failure(workers[name]([item(0)], { signal: 1 }));
      assert.match(signal.message, /signal must be an AbortSignal/);
    }
  });

  test('a host without threads of Node', async () => {
    const entry = new URL('../../pkg/entrypoints/workers.js', import.meta.url);
    const program = `
      delete process.getBuiltinModule
      const { startItemWorkers } = await import('${entry}')
      const error = await startItemWorkers({}).catch((error) => error)
      console.log(error.name, error.code, error.message)`;
    const { stdout } = await run(['--input-type=module', '-e', program]);
    assert.match(
      stdout,
      /^UnsupportedError UNSUPPORTED not supported: worker threads of Node\. Use an/,
    );
  });

  const { Worker } = workerThreads;
  const code = (text) => new URL(`data:text/javascript,${encodeURIComponent(text)}`);
  /** Starts threads with what `change` makes of their program and options. */
  const startWith = async (change, begin = () => refused({ threads: 2 })) => {
    workerThreads.Worker = class extends Worker {
      constructor(url, options) {
        super(...change(url, options));
      }
    };
    try {
      return await begin();
    } finally {
      workerThreads.Worker = Worker;
    }
  };

  test('what a thread made and cannot be read', async (t) => {
    const program = code(`
      import { parentPort, workerData } from 'node:worker_threads'
      const { port } = workerData
      port.on('message', ({ id }) => port.postMessage({ id, output: new Uint8Array(), errors: [] }))
      parentPort.postMessage({ ready: true })`);
    const workers = await startWith(
      (_, options) => [program, options],
      () => start(t),
    );
    // The call fails: it does not wait for ever, and nothing else fails for it.
    for (const settle of [false, true]) {
      assert.ok((await failure(workers.encryptItems(items(40), { settle }))) instanceof Error);
    }
  });

  test('what every object inherits is not said by a thread, nor an option of it', async (t) => {
    for (const name of ['failed', 'eval']) {
      t.after(() => delete Object.prototype[name]);
      Object.defineProperty(Object.prototype, name, { value: true, configurable: true });
    }
    const workers = await start(t);
    const sealed = itemsOf(await workers.encryptItems(items(40)));
    assert.deepEqual(itemsOf(await workers.decryptItems(sealed)), items(40));
  });

  test('what modules say that NODE_OPTIONS has threads load, too', async () => {
    const says = `
      import { parentPort } from 'node:worker_threads'
      if (parentPort) parentPort.postMessage(null)`;
    const NODE_OPTIONS = `--import=${code(says)}`;
    assert.equal(
      (await run(['--input-type=module', '-e', SEALS_1000], { NODE_OPTIONS })).stdout,
      '1000\n',
    );
  });

  test('threads that cannot be started', async () => {
    const gone = await startWith((url, options) => [new URL('gone.js', url), options]);
    assert.ok(gone instanceof UnsupportedError);
    assert.match(gone.message, /out of the bundle/);
    provideProgram(() => new URL('program.js', undefined));
    const lost = await refused({});
    provideProgram(() => new URL('../../pkg/workers/program.js', import.meta.url));
    assert.ok(lost instanceof UnsupportedError);
    assert.equal(lost.message, gone.message);
    const throws = await startWith((_, options) => [code('throw new Error("x")'), options]);
    assert.ok(throws instanceof HostError);
    assert.match(throws.message, /a worker thread failed: x\./);
    assert.equal(throws.cause.message, 'x');
    const exits = await startWith((_, options) => [code('process.exit(3)'), options]);
    assert.ok(exits instanceof HostError);
    assert.match(exits.message, /exit code 3/);
    const none = await startWith(() => ['not absolute']);
    assert.ok(none instanceof HostError);
  });
});

/** Runs Node; rejects when it ends with another code than 0, or not at all. */
const run = (args, variables = {}) => {
  const env = { ...process.env, ...variables };
  return promisify(execFile)(process.execPath, args, { env, timeout: 60_000 });
};

/** A program that seals 1000 items, and says so. */
const SEALS_1000 = `
  import { startItemWorkers } from '${new URL('../../pkg/entrypoints/workers.js', import.meta.url)}'
  const table = ${JSON.stringify(table)}
  const wrappingKey = new Uint8Array(32)
  const keyring = { type: 'rawAes', keyNamespace: 'n', keyName: 'k', wrappingKey }
  const workers = await startItemWorkers({ ...table, threads: 2, keyring })
  const items = Array.from({ length: 1000 }, (_, i) => ({ id: { N: String(i) } }))
  workers.encryptItems(items).then((sealed) => console.log(sealed.length))`;

describe('the life of a pool', () => {
  test('closing waits for what has begun, and ends the threads', async () => {
    await watchThreads(async (threads) => {
      const workers = await startItemWorkers({ ...table, threads: 2, keyring: aes });
      const sealing = workers.encryptItems(items(500));
      const ended = threads.map((thread) => new Promise((done) => thread.on('exit', done)));
      const closing = workers.close();
      const late = await failure(workers.encryptItems(items(1)));
      assert.deepEqual([late.name, late.code], ['UsageError', 'INVALID_ARGUMENT']);
      assert.match(late.message, /the workers were closed/);
      assert.equal((await sealing).length, 500);
      await closing;
      await Promise.all(ended);
      assert.equal(threads.length, 2);
      assert.equal(await workers.close(), undefined);
      for (const name of ['encryptItems', 'decryptItems', 'resealItems']) {
        assert.equal((await failure(workers[name]([]))).code, 'INVALID_ARGUMENT');
      }
    });
  });

  test('a signal that aborted before, and one that ends work under way', async (t) => {
    const workers = await start(t);
    const reason = new Error('enough');
    const before = AbortSignal.abort(reason);
    assert.equal(await failure(workers.encryptItems(items(1), { signal: before })), reason);
    for (const delay of [0, 5, 20]) {
      const stop = new AbortController();
      const sealing = workers.encryptItems(items(5000), { signal: stop.signal });
      setTimeout(() => stop.abort(reason), delay);
      assert.equal(await failure(sealing), reason);
    }
    assert.equal((await workers.encryptItems(items(300))).length, 300);
    const never = new AbortController();
    assert.equal((await workers.encryptItems(items(30), { signal: never.signal })).length, 30);
    never.abort();
  });

  test('many calls at once share the threads, and each gets its own', async (t) => {
    const workers = await start(t);
    const calls = Array.from({ length: 30 }, async (_, call) => {
      const given = items(40).map((one) => ({ ...one, plain: { N: `${call}` } }));
      const sealed = await workers.encryptItems(given);
      assert.deepEqual(itemsOf(await workers.decryptItems(itemsOf(sealed))), given);
    });
    await Promise.all(calls);
  });

  test('what calls hold is bounded, and let go', async (t) => {
    const workers = await start(t, { maxPendingBytes: 100_000 });
    const error = await failure(workers.encryptItems(items(3000)));
    assert.ok(error instanceof LimitError);
    assert.match(
      error.message,
      /bytes in operations at once are more than maxPendingBytes, 100000/,
    );
    const first = workers.encryptItems(items(1500));
    assert.ok((await failure(workers.encryptItems(items(1500)))) instanceof LimitError);
    assert.equal((await first).length, 1500);
    assert.equal((await workers.encryptItems(items(1500))).length, 1500);
  });

  test('a thread that is ended keeps the process alive until then', async () => {
    await watchThreads(async (threads) => {
      const workers = await startItemWorkers({ ...table, threads: 1, keyring: aes });
      const [thread] = threads;
      const { terminate } = thread;
      let letGo = 0;
      thread.terminate = () => {
        const ended = terminate.call(thread);
        thread.unref = () => letGo++;
        // What it says of work that nobody waits for any more comes late.
        thread.port.emit('message', { id: 0, output: new Uint8Array(), errors: [] });
        return ended;
      };
      await workers.close();
      assert.equal(letGo, 0);
    });
  });

  test('closing while items are read', async () => {
    const workers = await startItemWorkers({ ...table, threads: 2, keyring: aes });
    let closing;
    const given = items(600);
    Object.defineProperty(given[300], 'plain', {
      enumerable: true,
      get() {
        closing = workers.close();
        return { N: '300' };
      },
    });
    assert.equal((await workers.encryptItems(given)).length, 600);
    await closing;
  });

  test('a process ends by itself when nothing is left to do, and not before', async () => {
    assert.equal((await run(['--input-type=module', '-e', SEALS_1000])).stdout, '1000\n');
  });
});

describe('secrets', () => {
  const isWiped = (bytes) => bytes.every((byte) => byte === 0);

  /** All bytes and all strings that a value holds, however deep. */
  function* contents(value, seen = new Set()) {
    if (typeof value === 'string') yield value;
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (ArrayBuffer.isView(value)) yield value;
    else for (const member of Object.values(value)) yield* contents(member, seen);
  }

  /** All bytes of this thread that are made while `run` runs, but for views of the caller's own. */
  async function bytesMadeBy(run, own = Buffer.alloc(0)) {
    const { Uint8Array } = globalThis;
    const made = [];
    globalThis.Uint8Array = new Proxy(Uint8Array, {
      construct(...given) {
        const bytes = Reflect.construct(...given);
        made.push(bytes);
        return bytes;
      },
    });
    try {
      await run();
    } finally {
      globalThis.Uint8Array = Uint8Array;
    }
    assert.ok(made.length > 0);
    return made
      .filter(({ buffer }) => buffer !== own.buffer)
      .map(({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length));
  }

  test('no copy of a key stays, also where the options are refused', async (t) => {
    const mine = Buffer.from('fedcba9876543210fedcba9876543210');
    const own = { ...table, keyring: { ...aes, wrappingKey: mine } };
    for (const begin of [
      () => start(t, { ...own, from: own }),
      () => failure(startItemWorkers({ ...own, from: { ...own, threads: 2 } })),
      () => failure(startItemWorkers({ ...own, threads: 1.5 })),
    ]) {
      const made = await bytesMadeBy(begin, mine);
      assert.deepEqual(
        made.filter((bytes) => bytes.includes(mine)),
        [],
      );
    }
  });

  test('nor an item in plaintext, where no thread can be started for it', async (t) => {
    const { Worker } = workerThreads;
    t.after(() => (workerThreads.Worker = Worker));
    let first;
    workerThreads.Worker = class extends Worker {
      constructor(...given) {
        if (first) throw new Error('no more');
        super(...given);
        first = this;
      }
    };
    const workers = await start(t, { threads: 1 });
    await first.terminate();
    const made = await bytesMadeBy(async () => {
      const error = await failure(workers.encryptItems(items(40)));
      assert.match(error.message, /a worker thread failed: no more\./);
    });
    assert.deepEqual(
      made.filter((bytes) => bytes.includes('secret 3')),
      [],
    );
  });

  test('no bytes of keys stay with the thread that starts others', async (t) => {
    const { createSecretKey } = crypto;
    const read = [];
    crypto.createSecretKey = (bytes) => {
      read.push(bytes);
      return createSecretKey(bytes);
    };
    t.after(() => (crypto.createSecretKey = createSecretKey));
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    });
    const rsa = {
      type: 'rawRsa',
      keyNamespace: 'n',
      keyName: 'r',
      paddingScheme: 'OAEP_SHA256_MGF1',
      publicKey,
      privateKey,
    };
    const mine = Buffer.from('0123456789abcdef0123456789abcdef');
    const own = { ...aes, wrappingKey: mine };
    await watchThreads(async (threads) => {
      const workers = await start(t, {
        keyring: { type: 'multi', generator: own, children: [rsa] },
        from: { ...table, keyring: own },
      });
      assert.equal(read.length, 4);
      assert.deepEqual(
        read.map((bytes) => bytes.length),
        [32, publicKey.length, privateKey.length, 32],
      );
      assert.ok(read.every(isWiped));
      assert.ok(read.every((bytes) => bytes.buffer !== mine.buffer));
      // The caller's own is the caller's.
      assert.equal(mine.toString(), '0123456789abcdef0123456789abcdef');
      for (const { started } of threads) {
        const { tables } = started.workerData;
        assert.deepEqual(
          [...contents(tables)].filter((value) => typeof value !== 'string'),
          [],
        );
        assert.equal(tables.keyring.generator.wrappingKey.type, 'secret');
      }
      // It is what another thread is started with, too, when the caller has wiped its own.
      const [sealed] = itemsOf(await workers.encryptItems([item(0)]));
      mine.fill(0);
      await Promise.all(threads.map((thread) => thread.terminate()));
      assert.deepEqual(itemsOf(await workers.decryptItems([sealed])), [item(0)]);
      assert.ok(threads.length > 2);
    });
  });

  test('nor where the options are refused', async (t) => {
    const { createSecretKey } = crypto;
    const read = [];
    crypto.createSecretKey = (bytes) => {
      read.push(bytes);
      return createSecretKey(bytes);
    };
    t.after(() => (crypto.createSecretKey = createSecretKey));
    const refusedFirst = { type: 'multi', children: [() => {}, aes] };
    await failure(
      startItemWorkers({ ...table, keyring: refusedFirst, from: { ...table, keyring: aes } }),
    );
    assert.equal(read.length, 2);
    assert.ok(read.every(isWiped));
  });

  test('items in plaintext are gone when they have crossed', async (t) => {
    await watchThreads(async (threads) => {
      const workers = await start(t);
      const sealed = itemsOf(await workers.encryptItems(items(300)));
      await workers.decryptItems(sealed);
      await failure(workers.decryptItems([...sealed, { ...sealed[0], plain: { N: '7' } }]));
      const stop = new AbortController();
      const sealing = workers.encryptItems(items(3000), { signal: stop.signal });
      stop.abort();
      await failure(sealing);
      // What a thread says of work that nobody waits for any more comes later.
      await workers.close();
      const orders = threads.flatMap(({ posted }) => posted).filter(({ input }) => input);
      assert.ok(orders.length > 4);
      assert.ok(
        orders.every(({ input }) => input.length === 0),
        'they were transferred',
      );
      const made = threads.flatMap(({ heard }) => heard).filter(({ output }) => output);
      assert.ok(made.length > 4);
      assert.ok(made.every(({ output }) => output.length > 0 && isWiped(output)));
    });
  });
});
