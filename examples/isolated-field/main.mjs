// Proves the shop's server under Node: it stores tokens, which the holder of the key opens, and refuses plaintext. With PORT set
// it goes on, and shows the page.

import assert from 'node:assert/strict';

import { openField, sealField } from '../../pkg/entrypoints/forms.js';
import { awsKmsRsaKeyring, KmsClient } from '../../pkg/entrypoints/items.js';
import { startDevKms } from '../../pkg/testing/index.js'; // users write 'fieldseal/testing'
import { startServers } from './servers.mjs';

const dev = await startDevKms();
const kms = new KmsClient({ endpoint: dev.url, region: dev.region });
const { arn } = await dev.createKey({ keySpec: 'RSA_2048' });
const { publicKeyPem } = await kms.getPublicKey({ keyId: arn });
const stored = [];
const servers = await startServers({
  key: { keyId: arn, publicKeyPem },
  store: (customer) => stored.push(customer),
});
const post = (fields) =>
  fetch(`${servers.shop}/customers`, { method: 'POST', body: new URLSearchParams(fields) });

try {
  // As the frames seal, with the public key.
  const sealing = { keyring: awsKmsRsaKeyring({ kmsKeyId: arn, publicKey: publicKeyPem }) };
  const email = 'ada@example.org';
  const ssn = await sealField('ssn', '219-09-9999', sealing);
  const card = await sealField('card', '4111111111111111', sealing);
  assert.equal((await post({ email, ssn, card })).status, 200);
  const keyring = awsKmsRsaKeyring({ kmsKeyId: arn, kms });
  assert.equal(await openField('ssn', stored[0].ssn, { keyring }), '219-09-9999');

  const refused = await post({ email, ssn: '219-09-9999', card });
  assert.equal(refused.status, 400);
  assert.doesNotMatch(await refused.text(), /219/);
  console.log('isolated-field: tokens stored and opened; plaintext refused');
  if (process.env.PORT) {
    console.log(`The page: ${servers.shop}/`);
    await new Promise(() => undefined);
  }
} finally {
  await servers.close();
  await dev.close();
}
