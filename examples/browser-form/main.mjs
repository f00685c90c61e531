// Proves the server under Node: what the page sends is opened through KMS, and plaintext is refused. With PORT set it goes on, and
// shows the page.

import assert from 'node:assert/strict';

import {
  awsKmsRsaKeyring,
  ItemEncryptor,
  KmsClient,
  toDynamoJson,
} from '../../pkg/entrypoints/items.js';
import { startDevKms } from '../../pkg/testing/index.js'; // users write 'fieldseal/testing'
import { startServer } from './server.mjs';
import { fields, table } from './table.js';

const dev = await startDevKms();
const kms = new KmsClient({ endpoint: dev.url, region: dev.region });
const { arn } = await dev.createKey({ keySpec: 'RSA_2048' });
const { publicKeyPem } = await kms.getPublicKey({ keyId: arn });
const stored = [];
const server = await startServer({
  key: { keyId: arn, publicKeyPem },
  keyring: awsKmsRsaKeyring({ kmsKeyId: arn, kms }),
  store: (customer) => stored.push(customer),
});
const post = (body) =>
  fetch(`${server.url}customers`, { method: 'POST', body: new URLSearchParams(body) });

try {
  // The record as the page seals it, with the public key and without a call.
  const sealed = Object.fromEntries(fields.seal.map((name) => [name, 'ENCRYPT_AND_SIGN']));
  const items = new ItemEncryptor({
    ...table,
    attributeActions: { customer_id: 'SIGN_ONLY', ...sealed },
    keyring: awsKmsRsaKeyring({ kmsKeyId: arn, publicKey: publicKeyPem }),
  });
  const { item } = await items.encryptDocument({
    customer_id: 'c-1',
    ssn: '219-09-9999',
    notes: '',
  });
  const plain = { email: 'ada@example.org', _csrf: 'a-token' };

  const accepted = await post({ fieldseal: toDynamoJson(item), ...plain });
  assert.equal(accepted.status, 200, await accepted.text());
  assert.deepEqual(stored, [
    { customer_id: 'c-1', ssn: '219-09-9999', notes: '', email: 'ada@example.org' },
  ]);

  const refused = await post({ ssn: '219-09-9999', notes: '', ...plain });
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /^the field 'ssn' is to be sealed, and came in plaintext/);
  console.log(
    'browser-form: opened with',
    dev.countCalls('Decrypt'),
    'KMS call; plaintext refused',
  );
  if (process.env.PORT) {
    console.log(`The page: ${server.url}`);
    await new Promise(() => undefined);
  }
} finally {
  await server.close();
  await dev.close();
}
