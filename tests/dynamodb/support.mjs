// What the suites of items on DynamoDB share: MiniStack, a table like any other, the official clients, and the
// development KMS.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { KmsClient } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { startMiniStack } from '../kms/ministack.mjs';

export { notOpened, refused } from '../kms/support.mjs';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

/** Servers and clients of one suite; `close` stops them. */
export async function startWorld() {
  const [stack, kms] = await Promise.all([startMiniStack(), startDevKms()]);
  const clients = new Map();
  /** The official client of a Region: its signature says which Region's tables are meant. */
  const dynamodb = (region = stack.region) => {
    if (!clients.has(region)) {
      const options = { endpoint: stack.url, region, credentials: CREDENTIALS };
      clients.set(region, new DynamoDBClient(options));
    }
    return clients.get(region);
  };
  const makeTable = async (options = {}) => {
    const TableName = `customers-${randomUUID()}`;
    await dynamodb().send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'customer_id', AttributeType: 'S' },
          { AttributeName: 'line', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'customer_id', KeyType: 'HASH' },
          { AttributeName: 'line', KeyType: 'RANGE' },
        ],
        ...options,
      }),
    );
    return TableName;
  };
  const close = async () => {
    for (const client of clients.values()) client.destroy();
    await Promise.all([kms.close(), stack.stop()]);
  };
  return {
    stack,
    kms,
    dynamodb,
    documents: () =>
      DynamoDBDocumentClient.from(dynamodb(), { marshallOptions: { removeUndefinedValues: true } }),
    // Signed, so that the development KMS knows which Region's endpoint is meant. Without a signature it takes that of
    // the key ARN, so that no call would be one across.
    kmsClient: (region = kms.region, options = {}) =>
      new KmsClient({ endpoint: kms.url, region, credentials: CREDENTIALS, ...options }),
    makeTable,
    close,
  };
}

export const keyOf = ({ customer_id, line }) => ({ customer_id, line });

/** Puts an item and reads it back, as the table has it. */
export async function stored(client, TableName, Item) {
  await client.send(new PutItemCommand({ TableName, Item }));
  return read(client, TableName, keyOf(Item));
}

export async function read(client, TableName, Key) {
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  return Item;
}

/** None of these texts is to be seen in what the table holds, as text or in bytes. */
export function hides(stored, ...secrets) {
  const bytes = [];
  const json = JSON.stringify(stored, (_, value) => {
    if (!(value instanceof Uint8Array)) return value;
    bytes.push(Buffer.from(value));
    return Buffer.from(value).toString('base64');
  });
  for (const secret of secrets) {
    assert.ok(!json.includes(secret), `the table shows ${secret}`);
    assert.ok(
      bytes.every((one) => !one.includes(secret)),
      `the table's bytes show ${secret}`,
    );
  }
}
