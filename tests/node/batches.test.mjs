// Batches that settle: each item has its own outcome. What operations may hold while they wait, and that long work gives the
// host its turn.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fieldseal from '../../pkg/entrypoints/index.js';

const { EncryptionClient, ItemEncryptor, KmsClient, awsKmsKeyring, rawAesKeyring } = fieldseal;

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/k';
const wrappingKey = Buffer.alloc(32, 7);
const aes = (keyName = 'k') => rawAesKeyring({ keyNamespace: 'n', keyName, wrappingKey });

const encryptor = (keyring = aes(), more = {}) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN', plain: 'SIGN_ONLY' },
    algorithmSuite: '6700',
    keyring,
    ...more,
  });

const PLAINTEXT = 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ';

const item = (i) => ({ id: { S: `i-${i}` }, secret: { S: `secret ${i}` }, plain: { N: `${i}` } });

test('a batch that settles keeps what succeeded and says what failed', async () => {
  const items = encryptor();
  const batch = [
    item(0),
    { ...item(1), forgotten: { S: 'x' } },
    item(2),
    { id: { S: 3 } },
    item(4),
  ];
  const outcomes = await items.encryptItems(batch, { settle: true });
  assert.equal(outcomes.length, 5);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.error?.code),
    [undefined, 'ATTRIBUTE_WITHOUT_ACTION', undefined, 'MALFORMED_ATTRIBUTE', undefined],
  );
  assert.deepEqual([outcomes[1].error.itemIndex, outcomes[3].error.itemIndex], [1, 3]);
  assert.equal(outcomes[1].error.attribute, 'forgotten');

  const sealed = [outcomes[0].item, outcomes[2].item, outcomes[4].item];
  const forged = { ...sealed[1], plain: { N: '7' } };
  const opened = await items.decryptItems([sealed[0], forged, sealed[2], {}], { settle: true });
  assert.deepEqual(opened[0].item, item(0));
  assert.equal(opened[1].error.name, 'AuthenticationError');
  assert.deepEqual(opened[2].item, item(4));
  assert.equal(opened[3].error.code, 'ATTRIBUTE_MISSING');

  // Without it, one fault ends the batch.
  await assert.rejects(items.decryptItems([sealed[0], forged]), { itemIndex: 1 });
  assert.deepEqual(await items.encryptItems([], { settle: true }), []);
});

test('what every object inherits makes no failure of a result', async () => {
  const items = encryptor();
  const sealed = await items.encryptItem(item(0));
  const inherited = { error: new Error('inherited'), header: 'inherited' };
  try {
    Object.assign(Object.prototype, inherited);
    const { items: resealed, failed } = await items.resealItems([sealed.item]);
    assert.deepEqual([resealed.length, failed.length], [1, 0]);
    const [outcome] = await items.encryptDocuments([{ id: '1', secret: 's' }], { settle: true });
    assert.ok(Object.hasOwn(outcome, 'document'));
    const plain = encryptor(aes(), { plaintextOverride: PLAINTEXT });
    const result = await plain.encryptDocument({ id: '1', secret: 's' });
    assert.deepEqual(Object.keys(result), ['document', 'item']);
  } finally {
    for (const name of Object.keys(inherited)) delete Object.prototype[name];
  }
});

test('resealing goes on after an item that fails', async () => {
  const [old, next] = [encryptor(aes('old')), encryptor(aes('next'))];
  const sealed = (await old.encryptItems([0, 1, 2, 3, 4].map(item))).map(({ item }) => item);
  sealed[2] = { ...sealed[2], plain: { N: '7' } };
  const done = [];
  const failed = [];
  for await (const batch of next.resealAll(sealed, { from: old, batchSize: 2 })) {
    done.push([batch.items.length, batch.failed.length, batch.done]);
    failed.push(...batch.failed);
    for (const item of batch.items) await next.decryptItem(item);
  }
  assert.deepEqual(done, [
    [2, 0, 2],
    [1, 1, 4],
    [1, 0, 5],
  ]);
  assert.equal(failed[0].index, 2);
  assert.deepEqual(failed[0].item, sealed[2]);
  assert.equal(failed[0].error.name, 'AuthenticationError');
  await assert.rejects(next.resealItems(sealed, { from: old }), { itemIndex: 2 });
  const settled = await next.resealItems(sealed, { from: old, settle: true });
  assert.deepEqual([settled.items.length, settled.failed[0].index], [4, 2]);
});

/** A KMS that is too busy for the first requests. */
function busyKms(refusals) {
  const state = { sent: 0 };
  const answer = {
    KeyId: KEY,
    Plaintext: Buffer.alloc(32, 1).toString('base64'),
    CiphertextBlob: Buffer.alloc(60, 2).toString('base64'),
  };
  const fetch = async () =>
    ++state.sent <= refusals
      ? Response.json({ __type: 'ThrottlingException' }, { status: 400 })
      : Response.json(answer);
  const kms = new KmsClient({ endpoint: 'http://localhost:1', fetch, maxAttempts: 1 });
  return { state, keyring: awsKmsKeyring({ kms, generatorKeyId: KEY }) };
}

test('a batch that settles tries once more what the service was too busy for', async () => {
  const { state, keyring } = busyKms(7);
  const outcomes = await encryptor(keyring).encryptItems(
    Array.from({ length: 30 }, (_, i) => item(i)),
    { settle: true },
  );
  assert.deepEqual(
    outcomes.map(({ error }) => error),
    Array(30).fill(undefined),
  );
  assert.equal(state.sent, 37, 'a request for each, and one more for each that was refused');

  const hopeless = busyKms(Infinity);
  const all = await encryptor(hopeless.keyring).encryptItems([item(0), item(1)], { settle: true });
  assert.deepEqual(
    all.map(({ error }) => error.code),
    ['KMS_THROTTLED', 'KMS_THROTTLED'],
  );
  assert.equal(hopeless.state.sent, 4);
});

test('long work gives the host its turn', async () => {
  let turns = 0;
  let counting = true;
  const count = () => {
    turns++;
    if (counting) setImmediate(count);
  };
  const during = async (work) => {
    turns = 0;
    counting = true;
    setImmediate(count);
    await work();
    counting = false;
    await new Promise(setImmediate);
    return turns;
  };
  const many = Array.from({ length: 3000 }, (_, i) => item(i));
  const items = encryptor(aes(), { algorithmSuite: '6701' });
  assert.ok((await during(() => items.encryptItems(many))) > 3);
  const client = new EncryptionClient();
  const long = new Uint8Array(64 << 20);
  const options = { keyring: aes(), algorithmSuite: '0478' };
  assert.ok((await during(() => client.encrypt(long, options))) > 3);
  const stream = client.encryptStream(options);
  const copy = async () => {
    const writer = stream.writable.getWriter();
    const written = writer.write(long).then(() => writer.close());
    for await (const chunk of stream.readable) void chunk;
    await written;
  };
  assert.ok((await during(copy)) > 3);
  const resealing = async () => {
    const source = items.resealAll((await items.encryptItems(many)).map(({ item }) => item));
    for await (const batch of source) assert.equal(batch.failed.length, 0);
  };
  assert.ok((await during(resealing)) > 3);
});

/** A KMS that never answers. */
function silentKeyring() {
  const fetch = (_url, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const kms = new KmsClient({ endpoint: 'http://localhost:1', fetch });
  return awsKmsKeyring({ kms, generatorKeyId: KEY });
}

test('what operations hold while they wait is bounded, and only what does not fit fails', async () => {
  const keyring = silentKeyring();
  const large = { ...item(0), secret: { B: new Uint8Array(300_000) } };
  const items = encryptor(keyring, { maxPendingBytes: 1_000_000 });
  const controller = new AbortController();
  const why = new Error('enough');
  const held = [1, 2, 3].map(() => items.encryptItem(large, { signal: controller.signal }));
  const outcomes = Promise.all(held.map((one) => assert.rejects(one, (error) => error === why)));
  await assert.rejects(items.encryptItem(large), {
    code: 'LIMIT_EXCEEDED',
    message: /maxPendingBytes/,
  });
  const client = new EncryptionClient({ maxPendingBytes: 1_000_000 });
  await assert.rejects(client.encrypt(new Uint8Array(110_000), { keyring: aes() }), {
    code: 'LIMIT_EXCEEDED',
  });
  // Others have bounds of their own, and go on.
  await encryptor(aes()).encryptItem(large);
  controller.abort(why);
  await outcomes;
  // What ended makes room.
  await encryptor(aes(), { maxPendingBytes: 1_000_000 }).encryptItem(large);
  for (const maxPendingBytes of [0, -1, 1.5, '1', null]) {
    assert.throws(() => encryptor(aes(), { maxPendingBytes }), { name: 'UsageError' });
  }
});

test('what operations hold is counted as it is: text by its bytes', async () => {
  const keyring = silentKeyring();
  const controller = new AbortController();
  const { signal } = controller;
  const bytes = { x: 1, ж: 2, 語: 3 };
  const operations = [];
  for (const [unit, width] of Object.entries(bytes)) {
    // All of them at once: what the others hold counts, too.
    const max = 1_300_000 * (operations.length + 1);
    const text = { ...item(0), secret: { S: unit.repeat(1_000_000 / width) } };
    operations.push(encryptor(keyring, { maxPendingBytes: max }).encryptItem(text, { signal }));
    const more = encryptor(keyring, { maxPendingBytes: max }).encryptItem(text);
    await assert.rejects(more, { code: 'LIMIT_EXCEEDED' });
  }
  const outcomes = Promise.allSettled(operations);
  const why = new Error('enough');
  controller.abort(why);
  for (const { reason } of await outcomes) assert.equal(reason, why);
});

test('items that cannot be read fail alone in a batch that settles', async () => {
  const thrown = new Error('not now');
  const unreadable = {
    id: { S: '2' },
    get secret() {
      throw thrown;
    },
  };
  const keyring = rawAesKeyring({
    keyNamespace: 'n',
    keyName: 'k',
    wrappingKey: new Uint8Array(32),
  });
  const items = new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    keyring,
  });
  const good = { id: { S: '1' }, secret: { S: 'x' } };
  // The second time it would be another one.
  let reads = 0;
  const liar = {
    id: { S: '3' },
    get secret() {
      return reads++ === 0 ? { S: 'the truth' } : { X: 'a lie' };
    },
  };
  const [{ item: told }] = await items.encryptItems([liar, unreadable], { settle: true });
  assert.equal((await items.decryptItem(told)).item.secret.S, 'the truth');
  assert.equal(reads, 1);
  const outcomes = await items.encryptItems([good, unreadable, good], { settle: true });
  const { error } = outcomes[1];
  assert.deepEqual([error.code, error.itemIndex, error.cause], ['INVALID_ARGUMENT', 1, thrown]);
  const { item } = outcomes[0];
  const batches = [];
  for await (const batch of items.resealAll([item, unreadable, item])) batches.push(batch);
  assert.deepEqual(
    batches.map(({ items, failed }) => [items.length, failed.map(({ index }) => index)]),
    [[2, [1]]],
  );
});

test('documents in batches, as items', async () => {
  const items = encryptor();
  const documents = [0, 1, 2].map((i) => ({ id: `d-${i}`, secret: i, plain: [i] }));
  const sealed = (await items.encryptDocuments(documents)).map(({ document }) => document);
  assert.ok(sealed.every(({ secret }) => secret instanceof Uint8Array));
  const opened = await items.decryptDocuments(sealed);
  assert.deepEqual(
    opened.map(({ document }) => document),
    documents,
  );
  assert.deepEqual(opened[2].item.secret, { N: '2' });
  assert.equal(opened[1].header.attributeActions.secret, 'ENCRYPT_AND_SIGN');
  assert.deepEqual(await items.encryptDocuments([]), []);

  // One fault ends the batch and says where.
  const date = { id: 'd', secret: new Date() };
  await assert.rejects(items.encryptDocuments([documents[0], date]), {
    itemIndex: 1,
    attribute: 'secret',
    code: 'INVALID_ARGUMENT',
  });
  await assert.rejects(items.decryptDocuments([sealed[0], { ...sealed[1], plain: 7 }]), {
    itemIndex: 1,
    name: 'AuthenticationError',
  });
  const alone = await items.encryptDocument(date).catch((error) => error);
  assert.equal(alone.itemIndex, undefined);
  for (const run of [items.encryptDocuments, items.decryptDocuments]) {
    await assert.rejects(run.call(items, documents[0]), { message: /documents must be an array/ });
    await assert.rejects(run.call(items, documents, { numbers: 'all' }), { message: /numbers/ });
    await assert.rejects(run.call(items, documents, { settled: true }), { message: /'settle'/ });
  }
  await assert.rejects(items.encryptDocument(documents[0], { settle: true }), {
    message: /'settle' is not known/,
  });
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(items.encryptDocuments(documents, { signal }), { message: 'enough' });
});

test('a batch of documents that settles', async () => {
  const items = encryptor();
  const documents = [0, 1, 2].map((i) => ({ id: `d-${i}`, secret: i }));
  const hostile = {
    id: 'd',
    get secret() {
      throw new TypeError('no');
    },
  };
  const given = [documents[0], { id: 'd', secret: new Date() }, documents[1], hostile, null];
  const outcomes = await items.encryptDocuments(given, { settle: true });
  assert.deepEqual(
    outcomes.map(({ error }) => error && [error.code, error.itemIndex, error.attribute]),
    [
      undefined,
      ['INVALID_ARGUMENT', 1, 'secret'],
      undefined,
      ['INVALID_ARGUMENT', 3, undefined],
      ['INVALID_ARGUMENT', 4, undefined],
    ],
  );
  assert.equal(outcomes[3].error.cause.message, 'no');
  const sealed = [outcomes[0].document, { ...outcomes[2].document, plain: 7 }];
  sealed.push((await items.encryptDocument(documents[2])).document);
  const numbers = (digits) => {
    if (digits === '2') throw new RangeError('two');
    return digits;
  };
  const opened = await items.decryptDocuments(sealed, { settle: true, numbers });
  assert.deepEqual(opened[0].document, { id: 'd-0', secret: '0' });
  assert.deepEqual([opened[1].error.name, opened[1].error.itemIndex], ['AuthenticationError', 1]);
  assert.deepEqual([opened[2].error.itemIndex, opened[2].error.cause.message], [2, 'two']);
  await assert.rejects(items.decryptDocuments([sealed[0], sealed[2]], { numbers }), RangeError);
  // One error for many items, which is the caller's: each failure says its own item.
  for (const keep of [(error) => error, Object.freeze]) {
    const shared = keep(
      new fieldseal.UsageError({ code: 'INVALID_ARGUMENT', message: 'no', next: 'No.' }),
    );
    const refuse = () => {
      throw shared;
    };
    const failed = await items.decryptDocuments([sealed[0], sealed[2]], {
      settle: true,
      numbers: refuse,
    });
    assert.deepEqual(
      failed.map(({ error }) => error.itemIndex),
      [0, 1],
    );
    assert.ok(failed.every(({ error }) => error === shared || error.cause === shared));
  }
});

test('conversion options of an encryptor, and of a call', async () => {
  const numbers = (digits) => `#${digits}`;
  const documentOptions = { numbers, removeUndefinedValues: true };
  const items = encryptor(aes(), { documentOptions });
  // Read once: what the caller changes afterwards has no effect.
  documentOptions.numbers = 'auto';
  const document = { id: 'd', secret: 1, plain: undefined };
  const { document: sealed } = await items.encryptDocument(document);
  assert.deepEqual((await items.decryptDocument(sealed)).document, { id: 'd', secret: '#1' });
  const [{ document: own }] = await items.decryptDocuments([sealed], { numbers: 'auto' });
  assert.deepEqual(own, { id: 'd', secret: 1 });
  await assert.rejects(items.encryptDocument(document, { removeUndefinedValues: false }), {
    attribute: 'plain',
  });
  for (const documentOptions of [{ numbers: 'all' }, { signal: undefined, settle: true }, 7]) {
    assert.throws(() => encryptor(aes(), { documentOptions }), {
      code: 'INVALID_ARGUMENT',
    });
  }
});
