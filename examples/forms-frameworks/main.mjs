// Builds the three pages and asks for each. With PORT set it goes on, and shows them.

import assert from 'node:assert/strict';

import { awsKmsRsaKeyring, KmsClient } from '../../pkg/entrypoints/items.js';
import { startDevKms } from '../../pkg/testing/index.js'; // users write 'fieldseal/testing'
import { startSite } from './site.mjs';

const dev = await startDevKms();
const kms = new KmsClient({ endpoint: dev.url, region: dev.region });
const { arn } = await dev.createKey({ keySpec: 'RSA_2048' });
const { publicKeyPem } = await kms.getPublicKey({ keyId: arn });
const site = await startSite({
  key: { keyId: arn, publicKeyPem },
  keyring: awsKmsRsaKeyring({ kmsKeyId: arn, kms }),
  store: ({ customer_id }) => console.log('stored:', customer_id),
});
try {
  const pages = ['react', 'vue', 'svelte'].map((name) => `${site.url}${name}/`);
  for (const page of pages) assert.equal((await fetch(page)).status, 200);
  console.log('forms-frameworks:', pages.join(' '));
  if (process.env.PORT) await new Promise(() => undefined);
} finally {
  await site.close();
  await dev.close();
}
