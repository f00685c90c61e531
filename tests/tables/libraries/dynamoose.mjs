// An application on Dynamoose 4, which wants the aggregated client.

import dynamoose from 'dynamoose';

export const aggregated = true;

// `createdAt` and `updatedAt` are its own; an update sets the latter.
export const actions = {
  ssn: 'ENCRYPT_AND_SIGN',
  name: 'ENCRYPT_AND_SIGN',
  city: 'SIGN_ONLY',
  visits: 'ENCRYPT_AND_SIGN',
  createdAt: 'SIGN_ONLY',
  updatedAt: 'SIGN_ONLY',
};

function customersOf(client, name) {
  dynamoose.aws.ddb.set(client);
  const schema = new dynamoose.Schema(
    {
      pk: { type: String, hashKey: true },
      sk: { type: String, rangeKey: true },
      ssn: String,
      name: { type: Object, schema: { first: String, last: String } },
      city: String,
      visits: { type: Number, default: 0 },
    },
    { timestamps: true },
  );
  const model = dynamoose.model(`Customer-${name}`, schema, { tableName: name });
  new dynamoose.Table(name, [model], { create: false, waitForActive: false });
  return model;
}

const timeless = (record) => {
  if (!record) return record;
  const { createdAt: _, updatedAt: __, ...rest } = JSON.parse(JSON.stringify(record));
  return rest;
};

export async function application(client, name) {
  const Customer = customersOf(client, name);
  const seen = [];
  const key = (i) => ({ pk: 'customer', sk: `c-${i}` });
  const record = (i) => ({
    ...key(i),
    ssn: `078-05-11${10 + i}`,
    name: { first: 'Ada', last: 'Lovelace' },
    city: i % 2 ? 'Bern' : 'Basel',
  });
  for (const i of [1, 2]) seen.push(timeless(await Customer.create(record(i))));
  seen.push(await Customer.create(record(1)).catch((error) => error.name));
  await new Customer(record(3)).save();
  seen.push(timeless(await Customer.get(key(1))));
  seen.push(await Customer.get(key(9)));
  seen.push(timeless(await Customer.get(key(2), { consistent: true })));
  await Customer.batchPut([4, 5, 6].map(record));
  const got = await Customer.batchGet([4, 5].map(key));
  seen.push([...got].map(timeless).sort((a, b) => (a.sk < b.sk ? -1 : 1)));
  const query = () => Customer.query('pk').eq('customer');
  seen.push([...(await query().exec())].map(timeless));
  seen.push([...(await query().where('sk').beginsWith('c-').limit(2).exec())].map(timeless));
  seen.push([...(await query().filter('city').eq('Bern').exec())].map(timeless));
  seen.push((await query().count().exec()).count);
  seen.push([...(await query().sort('descending').exec())].map(({ sk }) => sk));
  seen.push([...(await query().all(0, 3).exec())].length);
  seen.push((await Customer.scan().exec()).length);
  await Customer.delete(key(3));
  await Customer.batchDelete([key(4)]);
  const saved = await Customer.get(key(5));
  saved.city = 'Chur';
  await saved.save();
  seen.push(timeless(await Customer.get(key(5))));
  await dynamoose.transaction([
    Customer.transaction.create(record(7)),
    Customer.transaction.delete(key(6)),
  ]);
  const both = await dynamoose.transaction([
    Customer.transaction.get(key(1)),
    Customer.transaction.get(key(7)),
  ]);
  seen.push(both.map(timeless));
  seen.push([...(await query().exec())].map(({ sk }) => sk));
  return seen;
}

export const update = async (client, name) => {
  const Customer = customersOf(client, name);
  const key = { pk: 'customer', sk: 'c-1' };
  return timeless(await Customer.update(key, { $SET: { city: 'Chur' }, $ADD: { visits: 2 } }));
};
