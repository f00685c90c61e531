// An error that comes after a wait has the caller's frames: whoever reads a log finds the line that failed.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  EncryptionClient,
  ItemEncryptor,
  KmsClient,
  awsKmsKeyring,
  rawAesKeyring,
} from '../../pkg/entrypoints/index.js';

const refusing = async () => {
  const body = JSON.stringify({ __type: 'AccessDeniedException', message: 'no' });
  return new Response(body, { status: 400 });
};
const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
const kms = new KmsClient({ region: 'eu-west-1', credentials, fetch: refusing });
const keyring = awsKmsKeyring({ kms, generatorKeyId: 'alias/a' });
const raw = rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32) });
const encryptor = (keyring) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
    keyring,
  });
const client = new EncryptionClient();
const item = { id: { S: '1' }, ssn: { S: 'x' } };

const calls = {
  encrypt: async function callerOfEncrypt() {
    await client.encrypt(new Uint8Array(1), { keyring });
  },
  encryptLong: async function callerOfEncryptLong() {
    await client.encrypt(new Uint8Array(5 << 20), { keyring });
  },
  encryptItem: async function callerOfEncryptItem() {
    await encryptor(keyring).encryptItem(item);
  },
  encryptDocument: async function callerOfEncryptDocument() {
    await encryptor(keyring).encryptDocument({ id: '1', ssn: 'x' });
  },
  encryptDocuments: async function callerOfEncryptDocuments() {
    await encryptor(keyring).encryptDocuments([{ id: '1', ssn: 'x' }]);
  },
  resealItems: async function callerOfResealItems() {
    const from = encryptor(raw);
    const { item: sealed } = await from.encryptItem(item);
    await encryptor(keyring).resealItems([sealed], { from });
  },
  getPublicKey: async function callerOfGetPublicKey() {
    await kms.getPublicKey({ keyId: 'alias/a' });
  },
};

for (const [name, call] of Object.entries(calls)) {
  test(`the stack of what ${name} rejects with shows its caller`, async () => {
    const error = await call().then(
      () => assert.fail('it succeeded'),
      (reason) => reason,
    );
    assert.equal(error.rootCode ?? error.code, 'KMS_ACCESS_DENIED');
    assert.match(error.stack, new RegExp(`^${error.name}: `));
    assert.match(error.stack, new RegExp(`at async ${call.name}`));
  });
}

test('the reason of a signal keeps its own stack', async () => {
  const reason = new Error('enough');
  const { stack } = reason;
  const abort = new AbortController();
  const call = client.encrypt(new Uint8Array(1), { keyring, signal: abort.signal });
  abort.abort(reason);
  await assert.rejects(call, (error) => error === reason && error.stack === stack);
});
