// Proves seal.js under Node: it seals without one KMS call, and the holder of the key opens it.

import assert from 'node:assert/strict';

import {
  awsKmsRsaKeyring,
  fromDynamoJson,
  ItemEncryptor,
  KmsClient,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js'; // users write 'fieldseal/testing'
import { sealer } from './seal.js';

const dev = await startDevKms();
try {
  const kms = new KmsClient({ endpoint: dev.url, region: dev.region });
  const { arn } = await dev.createKey({ keySpec: 'RSA_2048' });
  const key = await kms.getPublicKey({ keyId: arn }); // what GET /public-key answers

  const calls = dev.countCalls();
  const seal = sealer(key);
  const sealed = await seal({ customer_id: 'c-1', name: 'Ada Lovelace', ssn: '219-09-9999' });
  assert.equal(dev.countCalls(), calls, 'sealing needs no KMS');
  const row = fromDynamoJson(sealed);
  assert.deepEqual(row.customer_id, { S: 'c-1' });
  assert.ok(!Buffer.from(row.ssn.B).includes('219-09-9999'));
  await assert.rejects(seal({ customer_id: 'c-2', phone: '555' }), {
    code: 'ATTRIBUTE_WITHOUT_ACTION',
    attribute: 'phone',
  });

  // The service that may use the private key; the same table, the key through KMS.
  const items = new ItemEncryptor({
    logicalTableName: 'customers',
    partitionKeyName: 'customer_id',
    attributeActions: {
      customer_id: 'SIGN_ONLY',
      name: 'ENCRYPT_AND_SIGN',
      ssn: 'ENCRYPT_AND_SIGN',
    },
    keyring: awsKmsRsaKeyring({ kmsKeyId: arn, kms }),
  });
  const { item } = await items.decryptItem(row);
  assert.deepEqual(item.ssn, { S: '219-09-9999' });
  console.log('browser-form: sealed with 0 KMS calls, opened with', dev.countCalls('Decrypt'));
} finally {
  await dev.close();
}
