// Messages under branch keys, with AWS's Encryption SDK for Node as the peer: its hierarchical keyring and its key
// store beside ours, on one table and one KMS. Either side creates and versions the branch keys; what either seals,
// the other opens.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import {
  awsKmsHierarchicalKeyring,
  EncryptionClient,
  inspect,
  multiKeyring,
  rawAesKeyring,
} from '../../pkg/entrypoints/index.js';
import { CONTEXT, CREDENTIALS, refused, startWorld } from './support.mjs';

const PLAINTEXT = Buffer.from('grüezi 😀 '.repeat(1000));
const MESSAGE_CONTEXT = { purpose: 'interop', straße: 'grün 😀', leer: '' };
// The suites that do not commit to their key are written only if asked for.
const POLICY = 'FORBID_ENCRYPT_ALLOW_DECRYPT';
const NON_COMMITTING = '0014 0046 0078 0114 0146 0178 0214 0346 0378'.split(' ');
const COMMITTING = ['0478', '0578'];

let world;
let official;
let clients;
before(async () => {
  [world, official] = await Promise.all([startWorld(), import('./interop/official.mjs')]);
  const { KMSClient, DynamoDBClient } = official;
  const { region } = world;
  const credentials = CREDENTIALS;
  clients = {
    kms: new KMSClient({ endpoint: world.kms.url, region, credentials }),
    dynamodb: new DynamoDBClient({ endpoint: world.stack.url, region, credentials }),
  };
  await ourStore().createKeyStore();
});
after(() => {
  clients?.kms.destroy();
  clients?.dynamodb.destroy();
  return world?.close();
});

const ourStore = (options) => world.store(options);
const theirStore = () =>
  new official.BranchKeyStoreNode({
    kmsConfiguration: { identifier: world.key.arn },
    logicalKeyStoreName: 'LogicalName',
    storage: { ddbClient: clients.dynamodb, ddbTableName: world.table },
    keyManagement: { kmsClient: clients.kms },
  });

/** Keyrings with caches of their own, so that each sees what is in the table now. */
const ourKeyring = (options) =>
  awsKmsHierarchicalKeyring({ keyStore: ourStore(), ttlSeconds: 60, ...options });
const theirKeyring = (options) =>
  new official.KmsHierarchicalKeyRingNode({
    keyStore: theirStore(),
    cacheLimitTtl: 60,
    ...options,
  });

const theirClient = (policy) => official.buildClient(official.CommitmentPolicy[policy]);

/** The two sides by the same verbs. */
const SIDES = {
  ours: {
    keyring: (options) => ourKeyring(options),
    async createKey(encryptionContext) {
      return (await ourStore().createKey({ branchKeyId: `o-${randomUUID()}`, encryptionContext }))
        .branchKeyId;
    },
    versionKey: (branchKeyId) => ourStore().versionKey({ branchKeyId }),
    async seal(keyring, { suite, policy, context = MESSAGE_CONTEXT, bytes = PLAINTEXT } = {}) {
      const client = new EncryptionClient({ commitmentPolicy: policy });
      const options = { keyring, algorithmSuite: suite, encryptionContext: context };
      return (await client.encrypt(bytes, options)).ciphertext;
    },
    async open(keyring, message, policy) {
      const client = new EncryptionClient({ commitmentPolicy: policy });
      const { plaintext, header } = await client.decrypt(message, { keyring });
      return { plaintext, context: header.encryptionContext };
    },
  },
  theirs: {
    keyring: (options) => theirKeyring(options),
    async createKey(encryptionContext) {
      const branchKeyIdentifier = `t-${randomUUID()}`;
      await theirStore().createKey({ branchKeyIdentifier, encryptionContext });
      return branchKeyIdentifier;
    },
    versionKey: (branchKeyIdentifier) => theirStore().versionKey({ branchKeyIdentifier }),
    async seal(keyring, { suite = '0578', policy, context = MESSAGE_CONTEXT, bytes } = {}) {
      const { encrypt } = theirClient(policy ?? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT');
      const suiteId = official.AlgorithmSuiteIdentifier[Number.parseInt(suite, 16)];
      const id = official.AlgorithmSuiteIdentifier[suiteId];
      const { result } = await encrypt(keyring, bytes ?? PLAINTEXT, {
        suiteId: id,
        encryptionContext: context,
      });
      return new Uint8Array(result);
    },
    async open(keyring, message, policy = 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT') {
      const { plaintext, messageHeader } = await theirClient(policy).decrypt(keyring, message);
      return { plaintext, context: messageHeader.encryptionContext };
    },
  },
};
const { ours, theirs } = SIDES;
const DIRECTIONS = [
  ['sealed here, opened there', ours, theirs],
  ['sealed there, opened here', theirs, ours],
];

async function opens(side, branchKeyId, message, { policy, context = MESSAGE_CONTEXT } = {}) {
  const opened = await side.open(side.keyring({ branchKeyId }), message, policy);
  assert.deepEqual(Buffer.from(opened.plaintext), PLAINTEXT);
  const { 'aws-crypto-public-key': key, ...rest } = opened.context;
  assert.equal(
    typeof key,
    /^0[235]/.test(inspect(message).algorithmSuite) ? 'string' : 'undefined',
  );
  assert.deepEqual({ ...rest }, context);
}

/** The version of the branch key, which stands in the encrypted data key after salt and IV. */
function versionOf(message) {
  const [key] = inspect(message).encryptedDataKeys;
  assert.equal(key.keyProviderId, 'aws-kms-hierarchy');
  const hex = Buffer.from(key.ciphertext.subarray(28, 44)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

for (const [creators, creator] of [
  ['created here', ours],
  ['created there', theirs],
]) {
  describe(`a branch key ${creators}`, () => {
    let branchKeyId;
    before(async () => {
      branchKeyId = await creator.createKey(CONTEXT);
    });

    for (const [name, sealer, opener] of DIRECTIONS) {
      for (const suite of [...COMMITTING, ...NON_COMMITTING]) {
        test(`${name}: ${suite}`, async () => {
          const policy = COMMITTING.includes(suite) ? undefined : POLICY;
          const keyring = sealer.keyring({ branchKeyId });
          const message = await sealer.seal(keyring, { suite, policy });
          assert.equal(inspect(message).algorithmSuite, suite);
          await opens(opener, branchKeyId, message, { policy });
          await opens(sealer, branchKeyId, message, { policy });
        });
      }
    }
  });
}

test('versioned by turns: each side opens what either sealed under every version', async () => {
  for (const [first, second] of [
    [ours, theirs],
    [theirs, ours],
  ]) {
    const branchKeyId = await first.createKey(CONTEXT);
    const messages = [];
    for (const versions of [undefined, second, first, second]) {
      await versions?.versionKey(branchKeyId);
      const pair = [];
      for (const side of [ours, theirs]) {
        pair.push(await side.seal(side.keyring({ branchKeyId }), {}));
      }
      // Both seal under the newest.
      const { version } = await ourStore().getActiveBranchKey({ branchKeyId });
      assert.deepEqual(pair.map(versionOf), [version, version]);
      messages.push(...pair);
    }
    assert.equal(new Set(messages.map(versionOf)).size, 4);
    for (const side of [ours, theirs]) {
      for (const message of messages) await opens(side, branchKeyId, message);
    }
  }
});

test('a keyring that has the old version cached seals with it, and the other side opens', async () => {
  for (const [, sealer, opener] of DIRECTIONS) {
    const branchKeyId = await sealer.createKey(CONTEXT);
    const keyring = sealer.keyring({ branchKeyId });
    const old = await sealer.seal(keyring);
    await opener.versionKey(branchKeyId);
    const again = await sealer.seal(keyring);
    assert.equal(versionOf(again), versionOf(old));
    for (const message of [old, again]) await opens(opener, branchKeyId, message);
    const fresh = await sealer.seal(sealer.keyring({ branchKeyId }));
    assert.notEqual(versionOf(fresh), versionOf(old));
    await opens(opener, branchKeyId, fresh);
    // A cache that has the new version fetches the old one for an old message.
    const mixed = opener.keyring({ branchKeyId });
    for (const message of [fresh, old, fresh, again]) {
      assert.equal((await opener.open(mixed, message)).plaintext.length, PLAINTEXT.length);
    }
  }
});

test('suppliers of both sides are asked with the same context', async () => {
  const ids = { a: await ours.createKey(CONTEXT), b: await theirs.createKey(CONTEXT) };
  const asked = [];
  const supplier = (context) => {
    asked.push({ ...context });
    return ids[context.tenant];
  };
  const keyrings = {
    ours: () => ourKeyring({ branchKeyIdSupplier: supplier }),
    theirs: () => theirKeyring({ branchKeyIdSupplier: { getBranchKeyId: supplier } }),
  };
  for (const [sealing, opening] of [
    ['ours', 'theirs'],
    ['theirs', 'ours'],
  ]) {
    for (const tenant of ['a', 'b']) {
      asked.length = 0;
      const context = { tenant };
      const message = await SIDES[sealing].seal(keyrings[sealing](), { context });
      const [{ keyProviderInfo }] = inspect(message).encryptedDataKeys;
      assert.equal(Buffer.from(keyProviderInfo).toString(), ids[tenant]);
      const opened = await SIDES[opening].open(keyrings[opening](), message);
      assert.deepEqual(Buffer.from(opened.plaintext), PLAINTEXT);
      assert.equal(asked.length, 2);
      assert.deepEqual(asked[0], asked[1]);
      assert.ok('aws-crypto-public-key' in asked[0]);
    }
  }
});

test('beside a raw AES key: each side opens by either', async () => {
  const branchKeyId = await ours.createKey(CONTEXT);
  const wrappingKey = new Uint8Array(randomBytes(32));
  const name = { keyNamespace: 'ns', keyName: 'name' };
  const raw = rawAesKeyring({ ...name, wrappingKey });
  const { RawAesKeyringNode, RawAesWrappingSuiteIdentifier, MultiKeyringNode } = official;
  const theirRaw = new RawAesKeyringNode({
    ...name,
    unencryptedMasterKey: wrappingKey.slice(),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const both = {
    ours: multiKeyring({ generator: ourKeyring({ branchKeyId }), children: [raw] }),
    theirs: new MultiKeyringNode({
      generator: theirKeyring({ branchKeyId }),
      children: [theirRaw],
    }),
  };
  const swapped = {
    ours: multiKeyring({ generator: raw, children: [ourKeyring({ branchKeyId })] }),
    theirs: new MultiKeyringNode({
      generator: theirRaw,
      children: [theirKeyring({ branchKeyId })],
    }),
  };
  for (const keyrings of [both, swapped]) {
    for (const [sealing, opening] of [
      ['ours', 'theirs'],
      ['theirs', 'ours'],
    ]) {
      const message = await SIDES[sealing].seal(keyrings[sealing]);
      assert.equal(inspect(message).encryptedDataKeys.length, 2);
      await opens(SIDES[opening], branchKeyId, message);
      const alone = opening === 'ours' ? raw : theirRaw;
      const { plaintext } = await SIDES[opening].open(alone, message);
      assert.deepEqual(Buffer.from(plaintext), PLAINTEXT);
    }
  }
});

test('messages without plaintext and without a context', async () => {
  const branchKeyId = await theirs.createKey(CONTEXT);
  for (const [, sealer, opener] of DIRECTIONS) {
    const bytes = Buffer.alloc(0);
    const message = await sealer.seal(sealer.keyring({ branchKeyId }), {
      suite: '0478',
      context: {},
      bytes,
    });
    const opened = await opener.open(opener.keyring({ branchKeyId }), message);
    assert.equal(opened.plaintext.length, 0);
    assert.deepEqual({ ...opened.context }, {});
  }
});

test('keys of the context that sort otherwise in UTF-16: theirs needs utf8Sorting', async () => {
  const branchKeyId = await ours.createKey(CONTEXT);
  // U+FF41 is before U+1F600 by code points and after it by UTF-16 units.
  const context = { ａ: '1', '😀': '2' };
  const sorted = theirKeyring({ branchKeyId, utf8Sorting: true });
  const byDefault = theirKeyring({ branchKeyId });
  const mine = await ours.seal(ourKeyring({ branchKeyId }), { context });
  assert.deepEqual(Buffer.from((await theirs.open(sorted, mine)).plaintext), PLAINTEXT);
  await assert.rejects(theirs.open(byDefault, mine));
  await opens(ours, branchKeyId, await theirs.seal(sorted, { context }), { context });
  const unsorted = await theirs.seal(byDefault, { context });
  await refused(ours.open(ourKeyring({ branchKeyId }), unsorted), { code: 'NO_KEYRING_OPENED' });
});

describe('what one refuses, the other refuses', () => {
  let branchKeyId;
  let messages;
  before(async () => {
    branchKeyId = await ours.createKey(CONTEXT);
    messages = [];
    for (const side of [ours, theirs]) {
      messages.push(await side.seal(side.keyring({ branchKeyId }), { suite: '0478' }));
    }
  });

  const bothRefuse = async (message, options = { branchKeyId }, code = 'NO_KEYRING_OPENED') => {
    const error = await refused(ours.open(ourKeyring(options), message), { code });
    await assert.rejects(theirs.open(theirKeyring(options), message));
    return error;
  };
  const changed = (message, at, by = 1) => {
    const copy = Uint8Array.from(message);
    copy[at] ^= by;
    return copy;
  };

  for (const [what, offset] of [
    ['salt', 0],
    ['IV', 16],
    ['branch key version', 28],
    ['wrapped data key', 44],
    ['tag', -1],
  ]) {
    test(`a changed ${what} of the encrypted data key`, async () => {
      for (const message of messages) {
        const [{ ciphertext }] = inspect(message).encryptedDataKeys;
        const start = Buffer.from(message).indexOf(Buffer.from(ciphertext));
        assert.ok(start > 0);
        const at = start + (offset < 0 ? ciphertext.length + offset : offset);
        await bothRefuse(changed(message, at));
      }
    });
  }

  test('a changed context, header, body', async () => {
    for (const message of messages) {
      const at = Buffer.from(message).indexOf('interop');
      await bothRefuse(changed(message, at, 0x20));
      // The message id is no part of what wraps the data key, but of what the data key is committed to.
      await assert.rejects(ours.open(ourKeyring({ branchKeyId }), changed(message, 5)));
      await assert.rejects(theirs.open(theirKeyring({ branchKeyId }), changed(message, 5)));
      const last = message.length - 1;
      await assert.rejects(ours.open(ourKeyring({ branchKeyId }), changed(message, last)));
      await assert.rejects(theirs.open(theirKeyring({ branchKeyId }), changed(message, last)));
    }
  });

  test('another branch key, and one that is not there', async () => {
    const other = await theirs.createKey(CONTEXT);
    for (const message of messages) {
      await bothRefuse(message, { branchKeyId: other });
      await bothRefuse(message, { branchKeyId: 'nobody' });
    }
  });

  test('provider info that names another branch key', async () => {
    const other = await ours.createKey(CONTEXT);
    assert.equal(other.length, branchKeyId.length);
    for (const message of messages) {
      const moved = Buffer.from(message);
      moved.write(other, moved.indexOf(branchKeyId));
      await bothRefuse(new Uint8Array(moved), { branchKeyId: other });
      await bothRefuse(new Uint8Array(moved), { branchKeyId });
    }
  });

  test('a version whose record is gone', async () => {
    const id = await theirs.createKey(CONTEXT);
    const sealed = [];
    for (const side of [ours, theirs])
      sealed.push(await side.seal(side.keyring({ branchKeyId: id })));
    await ours.versionKey(id);
    const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
    const type = { S: `branch:version:${versionOf(sealed[0])}` };
    const Key = { 'branch-key-id': { S: id }, type };
    await world.official.send(new DeleteItemCommand({ TableName: world.table, Key }));
    for (const message of sealed) {
      const { reasons } = await bothRefuse(message, { branchKeyId: id });
      assert.deepEqual(
        reasons.map(({ code }) => code),
        ['BRANCH_KEY_NOT_FOUND'],
      );
    }
    // The newer one is untouched.
    await opens(theirs, id, await ours.seal(ourKeyring({ branchKeyId: id })));
  });

  test('a version whose record was put in the place of another', async () => {
    const id = await ours.createKey(CONTEXT);
    const message = await theirs.seal(theirKeyring({ branchKeyId: id }));
    const { version } = await ours.versionKey(id);
    const record = await world.item(id, `branch:version:${version}`);
    await world.put({ ...record, type: { S: `branch:version:${versionOf(message)}` } });
    await bothRefuse(message, { branchKeyId: id });
  });
});
