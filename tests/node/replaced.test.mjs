// The core of fieldseal/items gives way to the whole core when that is imported: it ends what it has begun, and is wiped.

import assert from 'node:assert/strict';
import { test } from 'node:test';

// Internal: the instance of the core.
import { core } from '../../pkg/core/core.js';
import {
  ItemEncryptor,
  KmsClient,
  awsKmsKeyring,
  rawAesKeyring,
} from '../../pkg/entrypoints/items.js';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/k';
const wrappingKey = Buffer.from('a wrapping key of 32 bytes, sure');
const encryptor = (keyring) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    algorithmSuite: '6700',
    keyring,
  });
const item = { id: { S: '1' }, secret: { S: 'quiet' } };

test('the core that was replaced ends what it has begun, and is wiped', async () => {
  const items = encryptor(rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey }));
  const otherKey = wrappingKey.map((byte) => byte ^ 0xff);
  const other = rawAesKeyring({ keyNamespace: 'n', keyName: 'other', wrappingKey: otherKey });
  const { item: sealed } = await items.encryptItem(item);
  let answer;
  const answered = new Promise((resolve) => (answer = resolve));
  const fetch = async () => {
    await answered;
    const [Plaintext, CiphertextBlob] = [Buffer.alloc(32, 7).toString('base64'), 'AAAA'];
    return Response.json({ KeyId: KEY, Plaintext, CiphertextBlob });
  };
  const kms = new KmsClient({ endpoint: 'http://localhost:1', fetch });
  const begun = encryptor(awsKmsKeyring({ kms, generatorKeyId: KEY })).encryptItem(item);
  const before = core();
  const { memory } = before;
  assert.equal(before.complete, false);

  await import('../../pkg/entrypoints/index.js');
  assert.equal((await items.decryptItem(sealed)).item.secret.S, 'quiet');
  assert.equal(core().complete, true);
  await new Promise(setImmediate);
  assert.ok(before.alive, 'something is begun in it');
  const holds = (key) => Buffer.from(memory.buffer).includes(key);
  assert.ok(!holds(wrappingKey), 'a keyring that moved leaves its key behind');
  assert.ok(holds(otherKey), 'control: that of one that did not is in it');

  answer();
  assert.ok((await begun).item.secret.B);
  await new Promise(setImmediate);
  assert.equal(before.alive, false);
  assert.ok(memory.every((byte) => byte === 0));
  assert.equal((await items.decryptItem(sealed)).item.secret.S, 'quiet');
  const sealer = encryptor(other);
  assert.ok((await sealer.encryptItem(item)).item.secret.B);
});
