// Attributes whose names begin with aws_dbe_ belong to the format: sealing refuses them by name, or drops them on
// request; it never loses them in silence.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ItemEncryptor, rawAesKeyring } from '../../pkg/entrypoints/index.js';

const keyring = rawAesKeyring({
  keyNamespace: 'ns',
  keyName: 'key',
  wrappingKey: new Uint8Array(32),
});
const encryptor = (more = {}) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'pk',
    attributeActions: { pk: 'SIGN_ONLY', e: 'ENCRYPT_AND_SIGN' },
    algorithmSuite: '6700',
    keyring,
    ...more,
  });
const ITEM = { pk: { S: 'p' }, e: { S: 'secret' } };
const BEACON = { aws_dbe_b_e: { S: 'beacon' } };
const dropping = { dropReservedAttributes: true };
const forcing = { plaintextOverride: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' };
const refused = (run, attribute, message) =>
  assert.rejects(run, (error) => {
    assert.equal(error.code, 'RESERVED_NAME', error);
    assert.equal(error.attribute, attribute);
    assert.match(error.message, message);
    return true;
  });

test('sealing refuses them by name', async () => {
  const one = encryptor();
  for (const name of ['aws_dbe_b_e', 'aws_dbe_v_1', 'aws_dbe_', 'aws_dbe_header']) {
    await refused(() => one.encryptItem({ ...ITEM, [name]: { S: 'x' } }), name, /reserved/);
    await refused(
      () => one.encryptItems([ITEM, { ...ITEM, [name]: { S: 'x' } }]),
      name,
      /reserved/,
    );
    const document = { pk: 'p', e: 'secret', [name]: 'x' };
    await refused(() => one.encryptDocument(document), name, /reserved/);
    await refused(() => encryptor(forcing).encryptItem({ ...ITEM, [name]: { S: 'x' } }), name, /./);
  }
});

test('an item that is sealed already is not sealed again', async () => {
  for (const more of [{}, dropping]) {
    const { item } = await encryptor(more).encryptItem(ITEM);
    await refused(() => encryptor(more).encryptItem(item), 'aws_dbe_head', /encrypted already/);
    const { aws_dbe_foot } = item;
    const half = { ...ITEM, aws_dbe_foot };
    await refused(() => encryptor(more).encryptItem(half), 'aws_dbe_foot', /encrypted already/);
  }
});

test('on request they are dropped, or left alone in plaintext', async () => {
  const { item } = await encryptor(dropping).encryptItem({ ...ITEM, ...BEACON });
  assert.deepEqual(Object.keys(item), ['pk', 'e', 'aws_dbe_head', 'aws_dbe_foot']);
  assert.deepEqual((await encryptor().decryptItem(item)).item, ITEM);
  const plain = { ...ITEM, ...BEACON };
  const forced = await encryptor({ ...forcing, ...dropping }).encryptItem(plain);
  assert.deepEqual(forced, { item: plain });
});

test('opening does not mind them; resealing refuses those that it would lose', async () => {
  const { item } = await encryptor().encryptItem(ITEM);
  const stored = { ...item, ...BEACON };
  assert.deepEqual((await encryptor().decryptItem(stored)).item, ITEM);
  await refused(() => encryptor().resealItems([stored]), 'aws_dbe_b_e', /reserved/);
  const { items } = await encryptor(dropping).resealItems([stored]);
  assert.deepEqual((await encryptor().decryptItem(items[0])).item, ITEM);
  assert.ok(!('aws_dbe_b_e' in items[0]));
  const [again] = (await encryptor().resealItems([item])).items;
  assert.deepEqual((await encryptor().decryptItem(again)).item, ITEM);
});

test('the option is a boolean', () => {
  for (const value of [1, 'true', null]) {
    const make = () => encryptor({ dropReservedAttributes: value });
    assert.throws(make, { code: 'INVALID_ARGUMENT', message: /dropReservedAttributes/ });
  }
});
