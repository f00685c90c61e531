// A Node service whose table is encrypted: the client of AWS's SDK has one line more, and everything else is as it was. By
// default against a KMS for development and a table in memory; with your own:
//   KMS_ENDPOINT=https://kms.eu-west-1.amazonaws.com AWS_REGION=eu-west-1 KMS_KEY_ARN=arn:… \
//   DYNAMODB_TABLE=orders AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… node main.mjs

import assert from 'node:assert/strict';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { awsKmsKeyring, KmsClient } from '../../pkg/entrypoints/index.js'; // 'fieldseal'
import { encryptedTables } from '../../pkg/entrypoints/tables.js'; // 'fieldseal/tables'
import { startDevKms } from '../../pkg/testing/index.js'; // 'fieldseal/testing'
import { startMemoryTable } from './memory.mjs';

const { KMS_ENDPOINT, KMS_KEY_ARN, DYNAMODB_TABLE, AWS_REGION } = process.env;
const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
const credentials = {
  accessKeyId: AWS_ACCESS_KEY_ID,
  secretAccessKey: AWS_SECRET_ACCESS_KEY,
  sessionToken: process.env.AWS_SESSION_TOKEN,
};
const dev = KMS_ENDPOINT ? undefined : await startDevKms();
const memory = DYNAMODB_TABLE ? undefined : await startMemoryTable('order_id', 'line');
try {
  let calls = 0;
  const region = dev?.region ?? AWS_REGION;
  const kms = new KmsClient({
    endpoint: KMS_ENDPOINT ?? dev.url,
    region,
    // Or a provider of @aws-sdk/credential-providers; without one, requests are not signed.
    credentials: AWS_ACCESS_KEY_ID ? async () => credentials : undefined,
    onEvent: () => calls++,
  });
  const generatorKeyId = dev ? (await dev.createKey()).arn : KMS_KEY_ARN;
  const TableName = DYNAMODB_TABLE ?? 'orders';
  const dynamodb = new DynamoDBClient(
    memory
      ? { region, endpoint: memory.url, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }
      : { region },
  );
  // The one line.
  dynamodb.middlewareStack.use(
    encryptedTables({
      tables: {
        [TableName]: {
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
        },
      },
    }),
  );
  const documents = DynamoDBDocumentClient.from(dynamodb);

  const order = {
    order_id: 'o-1',
    line: 1,
    customer: { name: 'Ada', card: '4111 1111 1111 1111' },
    tags: new Set(['gift', 'rush']),
  };
  const Key = { order_id: 'o-1', line: 1 };
  await documents.send(new PutCommand({ TableName, Item: order }));
  if (memory) assert.ok(!JSON.stringify(memory.items()).includes('4111'));
  const { Item } = await documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
  assert.deepEqual(Item, order);
  assert.equal(calls, 2, 'one GenerateDataKey, one Decrypt, however many attributes');

  // What would make the record unreadable, or find nothing, does not leave this process.
  const update = new UpdateCommand({
    TableName,
    Key,
    UpdateExpression: 'SET customer.card = :card',
    ExpressionAttributeValues: { ':card': '4242' },
  });
  await assert.rejects(documents.send(update), {
    code: 'TABLE_REQUEST_REFUSED',
    attribute: 'customer',
  });
  const scan = new ScanCommand({
    TableName,
    FilterExpression: 'contains(tags, :tag)',
    ExpressionAttributeValues: { ':tag': 'rush' },
  });
  await assert.rejects(documents.send(scan), { code: 'TABLE_REQUEST_REFUSED', attribute: 'tags' });
  console.log(`node-dynamodb: sealed and opened with ${generatorKeyId}`);
  dynamodb.destroy();
} finally {
  memory?.close();
  await dev?.close();
}
