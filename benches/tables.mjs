// What encrypted tables cost, through DynamoDBDocumentClient: a Query page of 100 items of about 1 KiB with 20 attributes, 10 of them
// encrypted, and a BatchWrite of 25, under branch keys that are warm. The service answers from memory, within the process:
// what is measured is the SDK and the plugin.
//
//   make bench-tables             (TURNS=…: how often the sides take turns)

import * as dynamodb from '../tests/node_modules/@aws-sdk/client-dynamodb/dist-cjs/index.js';
import * as lib from '../tests/node_modules/@aws-sdk/lib-dynamodb/dist-cjs/index.js';
import {
  ItemEncryptor,
  awsKmsHierarchicalKeyring,
  staticKeyStore,
  toDynamoJson,
} from '../pkg/entrypoints/index.js';
import { encryptedTables } from '../pkg/entrypoints/tables.js';
import { inTurns, median } from './turns.mjs';

const TURNS = Number(process.env.TURNS ?? 9);
const SAMPLE_MS = 300;
const TableName = 'bench';

const version = '11111111-2222-4333-8444-555555555555';
const keyStore = staticKeyStore([
  { branchKeyId: 'shop', version, branchKey: new Uint8Array(32).fill(1) },
]);
const keyring = awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'shop', ttlSeconds: 3600 });

/** A table whose items have so many attributes, half of them encrypted. */
const tableOf = (attributes) => ({
  logicalTableName: 'bench',
  partitionKeyName: 'pk',
  attributeActions: Object.fromEntries([
    ['pk', 'SIGN_ONLY'],
    ...Array.from({ length: attributes - 1 }, (_, i) => [
      `attribute${i}`,
      i < attributes / 2 ? 'ENCRYPT_AND_SIGN' : 'SIGN_ONLY',
    ]),
  ]),
  algorithmSuite: '6700',
  keyring,
});
const itemOf = (attributes, i) => ({
  pk: `customer-${i}`,
  ...Object.fromEntries(
    Array.from({ length: attributes - 1 }, (_, n) => [
      `attribute${n}`,
      `${i}-${n}-`.padEnd(38, 'x'),
    ]),
  ),
});

/** A document client whose service always gives this body. */
function clientOf(body, table) {
  const bytes = Buffer.from(body);
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  const requestHandler = {
    metadata: { handlerProtocol: 'http/1.1' },
    destroy() {},
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    handle: async () => ({ response: { statusCode: 200, headers, body: bytes } }),
  };
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const client = new dynamodb.DynamoDBClient({
    region: 'eu-central-1',
    endpoint: 'http://127.0.0.1:1',
    credentials,
    requestHandler,
  });
  if (table) client.middlewareStack.use(encryptedTables({ tables: { [TableName]: table } }));
  return lib.DynamoDBDocumentClient.from(client);
}

/** Median milliseconds of each, all taking turns. */
const measure = async (cases) => (await inTurns(cases, TURNS, SAMPLE_MS)).map(median);

const query = {
  TableName,
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': 'customer-1' },
};

/** A page of items: [the SDK on plain items, the SDK on sealed ones, the SDK with the plugin]. */
async function page(items, attributes) {
  const table = tableOf(attributes);
  const documents = Array.from({ length: items }, (_, i) => itemOf(attributes, i));
  const encryptor = new ItemEncryptor(table);
  const sealed = await encryptor.encryptDocuments(documents);
  const plain = new ItemEncryptor({
    ...table,
    plaintextOverride: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  });
  const body = (results) =>
    `{"Count":${items},"Items":[${results.map(({ item }) => toDynamoJson(item)).join()}]}`;
  const [plainBody, sealedBody] = [body(await plain.encryptDocuments(documents)), body(sealed)];
  const clients = [clientOf(plainBody), clientOf(sealedBody), clientOf(sealedBody, table)];
  return clients.map((client) => async () => {
    const { Items } = await client.send(new lib.QueryCommand(query));
    if (Items.length !== items) throw new Error('items are missing');
  });
}

function batchWrite(items, attributes) {
  const puts = Array.from({ length: items }, (_, i) => ({
    PutRequest: { Item: itemOf(attributes, i) },
  }));
  const clients = [clientOf('{}'), clientOf('{}', tableOf(attributes))];
  return clients.map(
    (client) => () =>
      client.send(new lib.BatchWriteCommand({ RequestItems: { [TableName]: puts } })),
  );
}

const ms = (time) => `${time.toFixed(2)} ms`;

const [plain, sealed, opened] = await measure(await page(100, 20));
console.log(
  `Query, 100 items: plain ${ms(plain)}, sealed and not opened ${ms(sealed)}, with the plugin ${ms(opened)}`,
);
console.log(
  `  the plugin's part ${ms(opened - sealed)}, ${((opened - sealed) / sealed).toFixed(2)} of the SDK's on the same page, ` +
    `${((opened - sealed) / plain).toFixed(2)} of that on a plain one`,
);
const [writePlain, writeSealed] = await measure(batchWrite(25, 20));
console.log(`BatchWrite, 25 items: plain ${ms(writePlain)}, with the plugin ${ms(writeSealed)}`);

for (const [what, sizes, make] of [
  ['items of 20 attributes', [25, 50, 100, 200], (n) => page(n, 20)],
  ['attributes, 50 items', [10, 20, 40, 80], (n) => page(50, n)],
]) {
  const parts = [];
  for (const size of sizes) {
    const [, before, after] = await measure(await make(size));
    parts.push(`${size}: ${ms(after - before)}`);
  }
  console.log(`the plugin's part by ${what}: ${parts.join(', ')}`);
}

// The check of a request alone: an update of unsigned attributes whose expressions grow.
const unsigned = {
  ...tableOf(20),
  allowedUnsignedAttributePrefix: ':',
};
const update = (terms) => {
  const names = Array.from({ length: terms }, (_, i) => [`#n${i}`, `:counter${i}`]);
  const values = Array.from({ length: terms }, (_, i) => [`:v${i}`, i]);
  const set = names.map(([name], i) => `${name} = if_not_exists(${name}, :v${i})`).join(', ');
  return {
    TableName,
    Key: { pk: 'customer-1' },
    UpdateExpression: `SET ${set}`,
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeNames: Object.fromEntries(names),
    ExpressionAttributeValues: Object.fromEntries(values),
  };
};
const checks = [];
for (const terms of [1, 5, 20, 80]) {
  const input = update(terms);
  const clients = [clientOf('{}'), clientOf('{}', unsigned)];
  const [without, checked] = await measure(
    clients.map((client) => () => client.send(new lib.UpdateCommand(input))),
  );
  checks.push(
    `${input.UpdateExpression.length} characters: ${((checked - without) * 1000).toFixed(0)} µs`,
  );
}
console.log(`the plugin's part of an UpdateItem: ${checks.join(', ')}`);
