// An application on @aws-sdk/client-dynamodb: attribute values.

import * as sdk from '@aws-sdk/client-dynamodb';

/** Attributes of its records, beside the keys, and what is to be done with them. */
export const actions = {
  ssn: 'ENCRYPT_AND_SIGN',
  name: 'ENCRYPT_AND_SIGN',
  city: 'SIGN_ONLY',
  visits: 'ENCRYPT_AND_SIGN',
};

export async function application(client, TableName) {
  const seen = [];
  const send = async (name, input) => {
    const output = await client.send(new sdk[`${name}Command`](input));
    return output;
  };
  const item = (i) => ({
    pk: { S: 'customer' },
    sk: { S: `c-${i}` },
    ssn: { S: `078-05-11${10 + i}` },
    name: { M: { first: { S: 'Ada' }, last: { S: 'Lovelace' } } },
    city: { S: i % 2 ? 'Bern' : 'Basel' },
    visits: { N: String(i) },
  });
  const Key = (i) => ({ pk: { S: 'customer' }, sk: { S: `c-${i}` } });
  for (const i of [1, 2, 3]) await send('PutItem', { TableName, Item: item(i) });
  seen.push((await send('GetItem', { TableName, Key: Key(1), ConsistentRead: true })).Item);
  seen.push((await send('GetItem', { TableName, Key: Key(9) })).Item);
  const requests = [4, 5, 6, 7].map((i) => ({ PutRequest: { Item: item(i) } }));
  seen.push(
    (await send('BatchWriteItem', { RequestItems: { [TableName]: requests } })).UnprocessedItems,
  );
  const keys = { RequestItems: { [TableName]: { Keys: [4, 5].map(Key) } } };
  const { Responses } = await send('BatchGetItem', keys);
  seen.push(Responses[TableName].sort((a, b) => (a.sk.S < b.sk.S ? -1 : 1)));
  const all = {
    TableName,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
    ExpressionAttributeValues: { ':pk': { S: 'customer' }, ':sk': { S: 'c-' } },
  };
  seen.push((await send('Query', all)).Items);
  const filter = {
    ...all,
    FilterExpression: 'city = :city',
    ExpressionAttributeValues: { ...all.ExpressionAttributeValues, ':city': { S: 'Bern' } },
    ScanIndexForward: false,
  };
  const filtered = await send('Query', filter);
  seen.push([filtered.Items, filtered.Count, filtered.ScannedCount]);
  for await (const { Items } of sdk.paginateQuery({ client, pageSize: 2 }, all)) seen.push(Items);
  seen.push((await send('Query', { ...all, Select: 'COUNT' })).Count);
  seen.push((await send('Scan', { TableName })).Items.length);
  const replaced = { TableName, Item: item(1), ReturnValues: 'ALL_OLD' };
  seen.push((await send('PutItem', replaced)).Attributes);
  const conditional = { TableName, Item: item(2), ConditionExpression: 'attribute_not_exists(pk)' };
  seen.push(await send('PutItem', conditional).catch((error) => error.name));
  const returning = { ...conditional, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  seen.push(await send('PutItem', returning).catch((error) => error.Item));
  const remove = { TableName, Key: Key(3), ReturnValues: 'ALL_OLD' };
  seen.push((await send('DeleteItem', remove)).Attributes);
  const where = {
    ConditionExpression: 'city = :city',
    ExpressionAttributeValues: { ':city': { S: 'Bern' } },
  };
  seen.push(
    await send('DeleteItem', { TableName, Key: Key(4), ...where }).catch(({ name }) => name),
  );
  await send('TransactWriteItems', {
    TransactItems: [
      { Put: { TableName, Item: item(8) } },
      { Delete: { TableName, Key: Key(5) } },
      { ConditionCheck: { TableName, Key: Key(7), ...where } },
    ],
  });
  const gets = { TransactItems: [7, 8].map((i) => ({ Get: { TableName, Key: Key(i) } })) };
  seen.push((await send('TransactGetItems', gets)).Responses);
  return seen;
}

export const update = async (client, TableName) => {
  const input = {
    TableName,
    Key: { pk: { S: 'customer' }, sk: { S: 'c-1' } },
    UpdateExpression: 'SET #n.#l = :last ADD visits :one',
    ConditionExpression: 'visits < :max AND city = :city',
    ExpressionAttributeNames: { '#n': 'name', '#l': 'last' },
    ExpressionAttributeValues: {
      ':last': { S: 'King' },
      ':one': { N: '1' },
      ':max': { N: '100' },
      ':city': { S: 'Bern' },
    },
    ReturnValues: 'ALL_NEW',
  };
  return (await client.send(new sdk.UpdateItemCommand(input))).Attributes;
};
