// Results are plain data: what copies or sends them has all of it, the header included.

import assert from 'node:assert/strict';
import test from 'node:test';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { EncryptionClient, ItemEncryptor, rawAesKeyring } from '../../pkg/entrypoints/index.js';

const keyring = rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32) });
const items = new ItemEncryptor({
  logicalTableName: 't',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
  keyring,
});
const messages = new EncryptionClient();
const ITEM = { id: { S: '1' }, ssn: { S: 'x' } };
const BYTES = new Uint8Array([1, 2, 3]);

const { item } = await items.encryptItem(ITEM);
const { document } = await items.encryptDocument({ id: '1', ssn: 'x' });
const { ciphertext } = await messages.encrypt(BYTES, { keyring });
const long = new Uint8Array(5 << 20);
const sealedLong = await messages.encrypt(long, { keyring });

const RESULTS = {
  encryptItem: () => items.encryptItem(ITEM),
  decryptItem: () => items.decryptItem(item),
  encryptItems: async () => (await items.encryptItems([ITEM, ITEM]))[1],
  decryptItems: async () => (await items.decryptItems([item, item], { settle: true }))[1],
  encryptDocument: () => items.encryptDocument({ id: '1', ssn: 'x' }),
  decryptDocument: () => items.decryptDocument(document),
  encrypt: () => messages.encrypt(BYTES, { keyring }),
  decrypt: () => messages.decrypt(ciphertext, { keyring }),
  'encrypt in pieces': () => messages.encrypt(long, { keyring }),
  'decrypt in pieces': () => messages.decrypt(sealedLong.ciphertext, { keyring }),
  reseal: () => messages.reseal(ciphertext, { from: { keyring }, to: { keyring } }),
};

function sent(value) {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(value);
  const { message } = receiveMessageOnPort(port2);
  port1.close();
  return message;
}

for (const [name, run] of Object.entries(RESULTS)) {
  test(`what ${name} gives survives copies`, async () => {
    const members = ({ header }) => Object.keys(header).sort();
    const wanted = members(await run());
    assert.ok(wanted.includes('encryptedDataKeys') && wanted.includes('encryptionContext'));
    // Each copy first of all reads the header: none was read before.
    const ways = {
      spread: (r) => ({ ...r }),
      structuredClone,
      sent,
      JSON: (r) => JSON.parse(JSON.stringify(r)),
    };
    for (const [way, copyOf] of Object.entries(ways)) {
      const result = await run();
      assert.equal(Object.getPrototypeOf(result), Object.prototype);
      const copy = copyOf(result);
      assert.deepEqual(Object.keys(copy), Object.keys(result), way);
      assert.deepEqual(members(copy), wanted, way);
      if (way !== 'JSON') assert.deepEqual(copy, { ...result }, way);
      assert.equal(result.header, result.header);
    }
  });
}

test('the header of a sealed item is that of the sealing, whatever becomes of the item', async () => {
  const { item, header } = await items.encryptItem(ITEM);
  const changes = {
    deleted: (item) => delete item.aws_dbe_head,
    overwritten: (item) => item.aws_dbe_head.B.fill(0),
    transferred: (item) => structuredClone(item, { transfer: [item.aws_dbe_head.B.buffer] }),
  };
  assert.ok(item.aws_dbe_head);
  for (const [what, change] of Object.entries(changes)) {
    const result = await items.encryptItem(ITEM);
    change(result.item);
    assert.equal(result.header.algorithmSuite, header.algorithmSuite, what);
    assert.equal(Object.keys({ ...result }.header).length, Object.keys(header).length, what);
  }
});

test('a result of an item in plaintext has no header', async () => {
  const plain = new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
    plaintextOverride: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
    keyring,
  });
  assert.deepEqual(Object.keys(await plain.encryptItem(ITEM)), ['item']);
  assert.deepEqual(Object.keys(await plain.decryptItem(ITEM)), ['item']);
  const document = await plain.encryptDocument({ id: '1', ssn: 'x' });
  assert.deepEqual(Object.keys(document), ['document', 'item']);
});
