// An application on @aws-sdk/lib-dynamodb: native values.

import * as lib from '@aws-sdk/lib-dynamodb';

export const actions = {
  ssn: 'ENCRYPT_AND_SIGN',
  name: 'ENCRYPT_AND_SIGN',
  tags: 'ENCRYPT_AND_SIGN',
  city: 'SIGN_ONLY',
  visits: 'ENCRYPT_AND_SIGN',
};

const documentsOf = (client) =>
  lib.DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

export async function application(client, TableName) {
  const documents = documentsOf(client);
  const seen = [];
  const send = (name, input) => documents.send(new lib[`${name}Command`](input));
  const item = (i) => ({
    pk: 'customer',
    sk: `c-${i}`,
    ssn: `078-05-11${10 + i}`,
    name: { first: 'Ada', last: 'Lovelace', middle: undefined },
    tags: new Set(['a', 'b']),
    city: i % 2 ? 'Bern' : 'Basel',
    visits: i,
  });
  const Key = (i) => ({ pk: 'customer', sk: `c-${i}` });
  for (const i of [1, 2, 3]) await send('Put', { TableName, Item: item(i) });
  seen.push((await send('Get', { TableName, Key: Key(1), ConsistentRead: true })).Item);
  seen.push((await send('Get', { TableName, Key: Key(9) })).Item);
  const requests = [4, 5, 6, 7].map((i) => ({ PutRequest: { Item: item(i) } }));
  await send('BatchWrite', { RequestItems: { [TableName]: requests } });
  const keys = { RequestItems: { [TableName]: { Keys: [4, 5].map(Key) } } };
  const { Responses } = await send('BatchGet', keys);
  seen.push(Responses[TableName].sort((a, b) => (a.sk < b.sk ? -1 : 1)));
  const all = {
    TableName,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
    ExpressionAttributeValues: { ':pk': 'customer', ':sk': 'c-' },
  };
  seen.push((await send('Query', all)).Items);
  const filter = {
    ...all,
    FilterExpression: 'city = :city',
    ExpressionAttributeValues: { ...all.ExpressionAttributeValues, ':city': 'Bern' },
  };
  const filtered = await send('Query', filter);
  seen.push([filtered.Items, filtered.Count, filtered.ScannedCount]);
  for await (const page of lib.paginateQuery({ client: documents, pageSize: 2 }, all))
    seen.push(page.Items, page.LastEvaluatedKey);
  for await (const { Count } of lib.paginateScan({ client: documents }, { TableName }))
    seen.push(Count);
  seen.push((await send('Put', { TableName, Item: item(1), ReturnValues: 'ALL_OLD' })).Attributes);
  const conditional = { TableName, Item: item(2), ConditionExpression: 'attribute_not_exists(pk)' };
  seen.push(await send('Put', conditional).catch((error) => error.name));
  const returning = { ...conditional, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  seen.push(await send('Put', returning).catch((error) => error.Item.ssn));
  seen.push((await send('Delete', { TableName, Key: Key(3), ReturnValues: 'ALL_OLD' })).Attributes);
  await send('TransactWrite', {
    TransactItems: [{ Put: { TableName, Item: item(8) } }, { Delete: { TableName, Key: Key(5) } }],
  });
  const gets = { TransactItems: [7, 8].map((i) => ({ Get: { TableName, Key: Key(i) } })) };
  seen.push((await send('TransactGet', gets)).Responses);
  const full = lib.DynamoDBDocument.from(client);
  await full.put({ TableName, Item: { ...Key(10), ssn: '078-05-1120' } });
  seen.push((await full.get({ TableName, Key: Key(10) })).Item);
  return seen;
}

export const update = async (client, TableName) => {
  const input = {
    TableName,
    Key: { pk: 'customer', sk: 'c-1' },
    UpdateExpression: 'SET #n.#l = :last, visits = visits + :one DELETE tags :tag',
    ExpressionAttributeNames: { '#n': 'name', '#l': 'last' },
    ExpressionAttributeValues: { ':last': 'King', ':one': 1, ':tag': new Set(['a']) },
    ReturnValues: 'UPDATED_NEW',
  };
  return (await documentsOf(client).send(new lib.UpdateCommand(input))).Attributes;
};
