// An application on DynamoDB-Toolbox 2.

import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  ConditionCheck,
  DeleteItemCommand,
  DeleteTransaction,
  Entity,
  GetItemCommand,
  GetTransaction,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  ScanCommand,
  Table,
  UpdateItemCommand,
  $add,
  executeBatchGet,
  executeBatchWrite,
  executeTransactGet,
  executeTransactWrite,
  item,
  map,
  number,
  string,
} from 'dynamodb-toolbox';

// `_et`, `_ct` and `_md` are its own; a query filters by `_et`.
export const actions = {
  ssn: 'ENCRYPT_AND_SIGN',
  name: 'ENCRYPT_AND_SIGN',
  city: 'SIGN_ONLY',
  visits: 'ENCRYPT_AND_SIGN',
  _et: 'SIGN_ONLY',
  _ct: 'SIGN_ONLY',
  _md: 'SIGN_ONLY',
};

function customersOf(client, name) {
  const table = new Table({
    name,
    documentClient: DynamoDBDocumentClient.from(client),
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
  });
  const customers = new Entity({
    name: 'CUSTOMER',
    table,
    schema: item({
      pk: string().key().default('customer'),
      sk: string().key(),
      ssn: string(),
      name: map({ first: string(), last: string() }),
      city: string().optional(),
      visits: number().default(0),
    }),
  });
  return { table, customers };
}

/** Its time stamps differ from run to run. */
const timeless = (record) => {
  if (!record) return record;
  const { created: _, modified: __, ...rest } = record;
  return rest;
};

export async function application(client, name) {
  const { table, customers } = customersOf(client, name);
  const seen = [];
  const key = (i) => ({ pk: 'customer', sk: `c-${i}` });
  const record = (i) => ({
    ...key(i),
    ssn: `078-05-11${10 + i}`,
    name: { first: 'Ada', last: 'Lovelace' },
    city: i % 2 ? 'Bern' : 'Basel',
  });
  for (const i of [1, 2, 3]) await customers.build(PutItemCommand).item(record(i)).send();
  const get = (i) => customers.build(GetItemCommand).key(key(i));
  seen.push(timeless((await get(1).options({ consistent: true }).send()).Item));
  seen.push((await get(9).send()).Item);
  const replaced = customers.build(PutItemCommand).item(record(1));
  seen.push(timeless((await replaced.options({ returnValues: 'ALL_OLD' }).send()).Attributes));
  const condition = { attr: 'sk', exists: false };
  const again = customers.build(PutItemCommand).item(record(1)).options({ condition });
  seen.push(await again.send().catch((error) => error.name));
  const puts = [4, 5, 6].map((i) => customers.build(BatchPutRequest).item(record(i)));
  await executeBatchWrite(table.build(BatchWriteCommand).requests(...puts));
  const gets = [4, 5].map((i) => customers.build(BatchGetRequest).key(key(i)));
  const { Responses } = await executeBatchGet(table.build(BatchGetCommand).requests(...gets));
  seen.push(Responses[0].map(timeless));
  const query = table.build(QueryCommand).query({ partition: 'customer' }).entities(customers);
  seen.push((await query.send()).Items.map(timeless));
  seen.push((await query.options({ limit: 2 }).send()).Items.map(timeless));
  const range = { partition: 'customer', range: { gte: 'c-2' } };
  const some = table.build(QueryCommand).query(range).entities(customers);
  seen.push((await some.send()).Items.length);
  const filters = { CUSTOMER: { attr: 'city', eq: 'Bern' } };
  seen.push((await query.options({ filters }).send()).Items.map(timeless));
  seen.push((await table.build(ScanCommand).entities(customers).send()).Items.length);
  const removed = customers.build(DeleteItemCommand).key(key(3));
  seen.push(timeless((await removed.options({ returnValues: 'ALL_OLD' }).send()).Attributes));
  await executeTransactWrite(
    customers.build(PutTransaction).item(record(7)),
    customers.build(DeleteTransaction).key(key(6)),
    customers.build(ConditionCheck).key(key(1)).condition({ attr: 'city', eq: 'Bern' }),
  );
  const transaction = [1, 7].map((i) => customers.build(GetTransaction).key(key(i)));
  const { Responses: both } = await executeTransactGet(...transaction);
  seen.push(both.map(({ Item }) => timeless(Item)));
  seen.push((await query.options({ limit: 10 }).send()).Items.map(({ sk }) => sk));
  return seen;
}

export const update = async (client, name) => {
  const { customers } = customersOf(client, name);
  const change = { pk: 'customer', sk: 'c-1', city: 'Chur', visits: $add(2) };
  const command = customers.build(UpdateItemCommand).item(change);
  return timeless((await command.options({ returnValues: 'ALL_NEW' }).send()).Attributes);
};
