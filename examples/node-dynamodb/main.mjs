// A Node service that seals what it puts into DynamoDB and opens what it gets. By default against
// a KMS for development; with your own:
//   KMS_ENDPOINT=https://kms.eu-west-1.amazonaws.com AWS_REGION=eu-west-1 KMS_KEY_ARN=arn:… \
//   AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… node main.mjs

import assert from 'node:assert/strict';

import { awsKmsKeyring, ItemEncryptor, KmsClient } from '../../pkg/entrypoints/index.js'; // 'fieldseal'
import { startDevKms } from '../../pkg/testing/index.js'; // 'fieldseal/testing'

const { KMS_ENDPOINT, KMS_KEY_ARN, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } =
  process.env;
const credentials = {
  accessKeyId: AWS_ACCESS_KEY_ID,
  secretAccessKey: AWS_SECRET_ACCESS_KEY,
  sessionToken: process.env.AWS_SESSION_TOKEN,
};
const dev = KMS_ENDPOINT ? undefined : await startDevKms();
try {
  let calls = 0;
  const kms = new KmsClient({
    endpoint: KMS_ENDPOINT ?? dev.url,
    region: dev?.region ?? AWS_REGION,
    // Or a provider of @aws-sdk/credential-providers; without one, requests are not signed.
    credentials: AWS_ACCESS_KEY_ID ? async () => credentials : undefined,
    onEvent: () => calls++,
  });
  const generatorKeyId = dev ? (await dev.createKey()).arn : KMS_KEY_ARN;
  const items = new ItemEncryptor({
    logicalTableName: 'orders',
    partitionKeyName: 'order_id',
    sortKeyName: 'line',
    attributeActions: {
      order_id: 'SIGN_ONLY',
      line: 'SIGN_ONLY',
      customer: 'ENCRYPT_AND_SIGN',
      tags: 'ENCRYPT_AND_SIGN',
    },
    keyring: awsKmsKeyring({ kms, generatorKeyId }),
  });

  const order = {
    order_id: 'o-1',
    line: 1,
    customer: { name: 'Ada', card: '4111 1111 1111 1111' },
    tags: new Set(['gift', 'rush']),
  };
  const sealed = (await items.encryptDocument(order)).document;
  // documents.send(new PutCommand({ TableName, Item: sealed })), later GetCommand: native values.
  assert.ok(sealed.customer instanceof Uint8Array);
  assert.deepEqual((await items.decryptDocument(sealed)).document, order);
  assert.equal(calls, 2, 'one GenerateDataKey, one Decrypt, however many attributes');
  const moved = { ...sealed, line: 2 };
  await assert.rejects(items.decryptDocument(moved), { code: 'NO_KEYRING_OPENED' });
  console.log(`node-dynamodb: sealed and opened with ${generatorKeyId}`);
} finally {
  await dev?.close();
}
