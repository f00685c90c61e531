// What comes back is what was sealed or verified, whatever the caller does with the objects it gave
// while KMS is awaited, and afterwards.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { awsKmsKeyring, ItemEncryptor, KmsClient } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';

const TABLE = {
  logicalTableName: 'customers',
  partitionKeyName: 'id',
  attributeActions: {
    id: 'SIGN_ONLY',
    ssn: 'ENCRYPT_AND_SIGN',
    secret: 'ENCRYPT_AND_SIGN',
    photo: 'SIGN_ONLY',
    address: 'SIGN_ONLY',
    tags: 'SIGN_ONLY',
    ':note': 'DO_NOTHING',
  },
  allowedUnsignedAttributePrefix: ':',
  algorithmSuite: '6700',
};

const item = () => ({
  id: { S: 'genuine' },
  ssn: { S: '078-05-1120' },
  secret: { B: new Uint8Array(100).fill(1) },
  photo: { B: new Uint8Array(200).fill(2) },
  address: { M: { zip: { L: [{ S: '12345' }, { B: Uint8Array.of(3) }] }, on: { BOOL: true } } },
  tags: { SS: ['a', 'b'] },
  ':note': { B: new Uint8Array(70).fill(4) },
});
const document = () => ({
  id: 'genuine',
  ssn: '078-05-1120',
  secret: new Uint8Array(100).fill(1),
  photo: Buffer.alloc(200, 2),
  address: { zip: ['12345', Uint8Array.of(3)], on: true },
  tags: new Set(['a', 'b']),
  ':note': new Uint8Array(70).fill(4),
});

/** Changes everything below an object that can be changed. */
function forge(object) {
  if (object instanceof Uint8Array) return void object.fill(0xee);
  if (object instanceof Set) return void object.add('forged');
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (typeof value === 'object') forge(value);
    else object[key] = typeof value === 'boolean' ? !value : 'forged';
  }
  if (!Array.isArray(object)) object.forged = { S: 'forged' };
}

let dev;
const held = [];
let waiting;
let encryptor;
let migrating;
before(async () => {
  dev = await startDevKms();
  // Every request waits until it is let go.
  const fetch = async (...request) => {
    await new Promise((resolve) => {
      held.push(resolve);
      waiting?.();
    });
    return globalThis.fetch(...request);
  };
  const kms = new KmsClient({ endpoint: dev.url, region: dev.region, fetch, timeoutMs: 60_000 });
  const keyring = awsKmsKeyring({ kms, generatorKeyId: (await dev.createKey()).arn });
  encryptor = new ItemEncryptor({ ...TABLE, keyring });
  migrating = new ItemEncryptor({
    ...TABLE,
    keyring,
    plaintextOverride: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  });
});
after(() => dev.close());

/** Runs `start`, and `meanwhile` when a request waits; then lets every request go. */
async function whileAwaited(start, meanwhile = () => {}) {
  const asked = new Promise((resolve) => (waiting = resolve));
  const running = start();
  await asked;
  meanwhile();
  waiting = () => held.splice(0).forEach((go) => go());
  waiting();
  return running;
}

const sealed = async (one) => (await whileAwaited(() => encryptor.encryptItem(one))).item;
const opened = async (one) => (await whileAwaited(() => encryptor.decryptItem(one))).item;

describe('changed while KMS is awaited', () => {
  test('an item that is sealed', async () => {
    const one = item();
    const result = await whileAwaited(
      () => encryptor.encryptItem(one),
      () => forge(one),
    );
    const { id, photo, address, tags } = item();
    assert.deepEqual(
      [result.item.id, result.item.photo, result.item.address, result.item.tags],
      [id, photo, address, tags],
    );
    assert.deepEqual(result.item[':note'], item()[':note']);
    assert.deepEqual(await opened(result.item), item());
  });

  test('an item that is opened, and its header', async () => {
    const one = await sealed(item());
    const { header } = await whileAwaited(() => encryptor.decryptItem(structuredClone(one)));
    const result = await whileAwaited(
      () => encryptor.decryptItem(one),
      () => forge(one),
    );
    assert.deepEqual(result.item, item());
    assert.deepEqual(result.header, header);
  });

  test('a list, of one and the same object', async () => {
    const row = item();
    const results = await whileAwaited(
      () => encryptor.encryptItems([row, row]),
      () => forge(row),
    );
    const rows = results.map((result) => result.item);
    const list = await whileAwaited(
      () => encryptor.decryptItems(rows),
      () => rows.splice(0).forEach(forge),
    );
    assert.deepEqual(
      list.map((result) => result.item),
      [item(), item()],
    );
  });

  test('documents, both ways', async () => {
    const one = document();
    const result = await whileAwaited(
      () => encryptor.encryptDocument(one),
      () => forge(one),
    );
    const stored = structuredClone(result.document);
    const back = await whileAwaited(
      () => encryptor.decryptDocument(stored),
      () => forge(stored),
    );
    assert.deepEqual(back.document, { ...document(), photo: new Uint8Array(200).fill(2) });
    assert.deepEqual(back.item, item());
  });

  test('items that are resealed', async () => {
    const one = await sealed(item());
    const { items } = await whileAwaited(
      () => encryptor.resealItems([one]),
      () => forge(one),
    );
    assert.deepEqual(await opened(items[0]), item());
  });

  test('a row object that the source of resealAll uses again', async () => {
    const given = [await sealed(item()), await sealed({ ...item(), id: { S: 'another' } })];
    const source = function* () {
      const row = {};
      for (const one of given) yield Object.assign(row, one);
    };
    const batches = encryptor.resealAll(source());
    const { value } = await whileAwaited(() => batches.next());
    const ids = value.items.map(({ id }) => id.S);
    assert.deepEqual(ids, ['genuine', 'another']);
    assert.deepEqual(await opened(value.items[0]), item());
  });
});

describe('changed afterwards', () => {
  test('the object that was given does not change the result, nor the result the object', async () => {
    const one = item();
    const result = await sealed(one);
    forge(one);
    assert.deepEqual(await opened(result), item());
    const back = await opened(result);
    forge(back);
    assert.deepEqual(await opened(result), item());
  });

  test('items that stay in plaintext are copies', async () => {
    const one = item();
    const { item: written } = await migrating.encryptItem(one);
    const { item: read } = await migrating.decryptItem(one);
    forge(one);
    assert.deepEqual(written, item());
    assert.deepEqual(read, item());
  });
});

test('a getter or a proxy that gives another value the second time', async () => {
  let reads = 0;
  const one = {
    ...item(),
    get id() {
      return { S: reads++ === 0 ? 'genuine' : 'forged' };
    },
  };
  const members = ['12345', 'forged'];
  one.address = {
    M: {
      zip: { L: [{ S: '12345' }, { B: Uint8Array.of(3) }] },
      on: new Proxy(
        { BOOL: true },
        { get: (_, key) => key === 'BOOL' && members.shift() === '12345' },
      ),
    },
  };
  const result = await sealed(one);
  assert.equal(reads, 1);
  assert.deepEqual(await opened(result), item());
});

describe('what a KMS request has within it is read once, and not by the core', () => {
  const keyId = 'alias/a';
  const client = (sent) =>
    new KmsClient({
      endpoint: 'http://localhost/',
      maxAttempts: 1,
      fetch: async (_, { body }) => {
        sent.push(JSON.parse(Buffer.from(body)));
        return new Response('{}', { status: 400 });
      },
    });
  /** An object whose member is another each time it is read; the second time may throw. */
  const changing = (second) => {
    let reads = 0;
    return {
      get a() {
        if (reads++ === 0) return 'first';
        return second();
      },
    };
  };

  for (const [what, second] of [
    ['another value', () => 'second'],
    [
      'an error',
      () => {
        throw new Error('read twice');
      },
    ],
    [
      'an error that would end the core',
      () => {
        throw new RangeError('read twice');
      },
    ],
  ]) {
    test(`a context that gives ${what} the second time`, async () => {
      const sent = [];
      const plaintext = new Uint8Array(1);
      const request = { keyId, plaintext, encryptionContext: changing(second) };
      await assert.rejects(client(sent).encrypt(request), { name: 'KmsError' });
      assert.deepEqual(
        sent.map(({ EncryptionContext }) => EncryptionContext),
        [{ a: 'first' }],
      );
    });
  }

  test('lists, objects and what they have', async () => {
    const sent = [];
    const [operations, tags] = [['Decrypt'], [{ tagKey: 'k', tagValue: 'v' }]].map((list) => {
      let reads = 0;
      const get = (target, key, receiver) => {
        if (key === '0') assert.equal(reads++, 0);
        return Reflect.get(target, key, receiver);
      };
      return new Proxy(list, { get });
    });
    const constraints = { encryptionContextSubset: changing(() => 'second') };
    const kms = client(sent);
    const grant = { keyId, granteePrincipal: 'arn:aws:iam::1:root', operations, constraints };
    await assert.rejects(kms.createGrant(grant), { name: 'KmsError' });
    const replica = { keyId, replicaRegion: 'eu-west-1', tags };
    await assert.rejects(kms.replicateKey(replica), { name: 'KmsError' });
    assert.deepEqual(sent[0].Operations, ['Decrypt']);
    assert.deepEqual(sent[0].Constraints, { EncryptionContextSubset: { a: 'first' } });
    assert.deepEqual(sent[1].Tags, [{ TagKey: 'k', TagValue: 'v' }]);
  });
});
