// What the key store's suites share: MiniStack for DynamoDB, the development KMS, a proxy with
// faults before DynamoDB, and the official DynamoDB client to look at the table and to tamper.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDbClient, KmsClient, keyStore } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { startMiniStack } from '../kms/ministack.mjs';

export { refused } from '../kms/support.mjs';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const CONTEXT = { tenant: 'a', straße: 'grün 😀' };

/** Servers and clients of one suite; `close` stops them. */
export async function startWorld() {
  const [stack, kms] = await Promise.all([startMiniStack(), startDevKms()]);
  const proxy = await startProxy(stack.url);
  const { region } = stack;
  const table = `keys-${randomUUID()}`;
  const official = new DynamoDBClient({ endpoint: stack.url, region, credentials: CREDENTIALS });
  const key = await kms.createKey();

  const dynamodb = (options = {}) =>
    new DynamoDbClient({ endpoint: proxy.url, region, credentials: CREDENTIALS, ...options });
  const kmsClient = (options = {}) => new KmsClient({ endpoint: kms.url, region, ...options });
  const store = (options = {}) =>
    keyStore({
      dynamodb: dynamodb(),
      tableName: table,
      logicalKeyStoreName: 'LogicalName',
      kms: kmsClient(),
      ...(options.kmsConfiguration ? {} : { kmsKeyArn: key.arn }),
      ...options,
    });

  const item = async (branchKeyId, type, tableName = table) => {
    const Key = { 'branch-key-id': { S: branchKeyId }, type: { S: type } };
    const answer = await official.send(
      new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }),
    );
    return answer.Item;
  };
  const put = (Item, TableName = table) => official.send(new PutItemCommand({ TableName, Item }));
  const records = async (branchKeyId) => {
    const answer = await official.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: '#id = :id',
        ExpressionAttributeNames: { '#id': 'branch-key-id' },
        ExpressionAttributeValues: { ':id': { S: branchKeyId } },
        ConsistentRead: true,
      }),
    );
    return answer.Items;
  };
  const makeTable = (TableName, keys) =>
    official.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: keys.map(([AttributeName, , AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
        KeySchema: keys.map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
      }),
    );
  const close = async () => {
    official.destroy();
    await Promise.all([proxy.close(), kms.close(), stack.stop()]);
  };
  return {
    stack,
    kms,
    key,
    proxy,
    region,
    table,
    official,
    dynamodb,
    kmsClient,
    store,
    item,
    put,
    records,
    makeTable,
    close,
  };
}

/**
 * Hands requests on to `target`. `faults` strike one each, in order: `before` answers in the
 * server's place, `after` changes the server's answer; `{ drop: true }` closes the connection,
 * `{ hang: true }` does not answer.
 */
async function startProxy(target) {
  const calls = [];
  const faults = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const operation = request.headers['x-amz-target']?.split('.')[1];
    const call = { operation, headers: request.headers, body: JSON.parse(body.toString()) };
    calls.push(call);
    const at = faults.findIndex((fault) => (fault.operation ?? operation) === operation);
    const [fault = {}] = at < 0 ? [] : faults.splice(at, 1);
    const send = (answer) => {
      if (answer.drop) return request.socket.destroy();
      if (answer.hang) return undefined;
      const type = 'application/x-amz-json-1.0';
      response.writeHead(answer.status, { 'content-type': type, ...answer.headers });
      return response.end(answer.raw ?? JSON.stringify(answer.body));
    };
    if (fault.before) return send(fault.before);
    const { host, connection, 'content-length': _, ...headers } = request.headers;
    const forwarded = await fetch(target, { method: 'POST', headers, body });
    const requestId = forwarded.headers.get('x-amzn-requestid');
    const answer = {
      status: forwarded.status,
      headers: requestId ? { 'x-amzn-requestid': requestId } : {},
      body: await forwarded.json(),
    };
    return send(fault.after ? fault.after(answer) : answer);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    calls,
    faults,
    operations: () => calls.map(({ operation }) => operation),
    reset() {
      calls.length = 0;
      faults.length = 0;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An error as DynamoDB writes it. */
export function no(name, status = 400, more = {}) {
  return {
    status,
    headers: { 'x-amzn-requestid': 'REQUESTID' },
    body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'because', ...more },
  };
}

/** The context that a record's key is bound to, from the record alone. */
export function contextOf(item, logicalName = 'LogicalName') {
  const pairs = Object.entries(item).filter(([name]) => name !== 'enc');
  const texts = pairs.map(([name, value]) => [name, value.S ?? value.N]);
  return { ...Object.fromEntries(texts), tablename: logicalName };
}

/** Both are 32 bytes and equal. */
export function sameKey(a, b) {
  assert.ok(a instanceof Uint8Array && a.length === 32);
  assert.deepEqual(Buffer.from(a), Buffer.from(b));
}
