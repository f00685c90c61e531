// Items at the limits of what one call takes, some 2 GB of memory: `make test-large`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ItemEncryptor, rawAesKeyring } from '../../pkg/entrypoints/index.js';

const encryptor = new ItemEncryptor({
  logicalTableName: 't',
  partitionKeyName: 'pk',
  attributeActions: { pk: 'SIGN_ONLY', e: 'ENCRYPT_AND_SIGN', b: 'SIGN_ONLY' },
  algorithmSuite: '6700',
  keyring: rawAesKeyring({ keyNamespace: 'ns', keyName: 'k', wrappingKey: new Uint8Array(32) }),
});
const limited = { code: 'LIMIT_EXCEEDED' };
const LIMIT = 2 ** 28;

test('sealing refuses what would be too long to be opened', async () => {
  const pk = { S: 'p' };
  // In itself below the limit, but not as a ciphertext beside its header.
  const e = { S: 'a'.repeat(LIMIT - 100) };
  await assert.rejects(encryptor.encryptItem({ pk, e }), limited);
  await assert.rejects(encryptor.encryptItem({ pk, e: { S: 'a'.repeat(LIMIT) } }), limited);
  // Below it in UTF-16, above it in UTF-8.
  await assert.rejects(
    encryptor.encryptItem({ pk, e: { S: '漢'.repeat(LIMIT / 3 + 1) } }),
    limited,
  );
  const b = { B: new Uint8Array(LIMIT / 2) };
  await assert.rejects(encryptor.encryptItem({ pk, b, e: b }), limited);
  await assert.rejects(encryptor.encryptItem({ pk, b: { B: new Uint8Array(LIMIT) } }), limited);
});

test('what it does not refuse is opened', async () => {
  // Room is made for three bytes of UTF-8 each, of what operations may hold at once.
  const e = { S: 'a'.repeat(80_000_000) };
  const { item } = await encryptor.encryptItem({ pk: { S: 'p' }, e });
  const opened = await encryptor.decryptItem(item);
  assert.ok(opened.item.e.S === e.S);
});
