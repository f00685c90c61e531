// An application on dynamodb-onetable 2.

import { Dynamo } from 'dynamodb-onetable/Dynamo';
import { Table } from 'dynamodb-onetable';

// `_type`, `created` and `updated` are its own. An update sets `id`, `updated` and `_type`; a find filters by `_type`.
export const actions = {
  id: 'SIGN_ONLY',
  ssn: 'ENCRYPT_AND_SIGN',
  name: 'ENCRYPT_AND_SIGN',
  city: 'SIGN_ONLY',
  visits: 'ENCRYPT_AND_SIGN',
  _type: 'SIGN_ONLY',
  created: 'SIGN_ONLY',
  updated: 'SIGN_ONLY',
};

function customersOf(client, name) {
  const table = new Table({
    client: new Dynamo({ client }),
    name,
    partial: true,
    schema: {
      format: 'onetable:1.1.0',
      version: '0.0.1',
      indexes: { primary: { hash: 'pk', sort: 'sk' } },
      models: {
        Customer: {
          pk: { type: 'string', value: 'customer' },
          // eslint-disable-next-line no-template-curly-in-string -- a template of the library's own
          sk: { type: 'string', value: '${id}' },
          id: { type: 'string', required: true },
          ssn: { type: 'string', required: true },
          name: { type: 'object', schema: { first: { type: 'string' }, last: { type: 'string' } } },
          city: { type: 'string' },
          visits: { type: 'number', default: 0 },
        },
      },
      params: { isoDates: true, timestamps: true },
    },
  });
  return { table, customers: table.getModel('Customer') };
}

const timeless = (record) => {
  if (!record) return record;
  const { created: _, updated: __, ...rest } = record;
  return rest;
};

export async function application(client, name) {
  const { table, customers } = customersOf(client, name);
  const seen = [];
  const record = (i) => ({
    id: `c-${i}`,
    ssn: `078-05-11${10 + i}`,
    name: { first: 'Ada', last: 'Lovelace' },
    city: i % 2 ? 'Bern' : 'Basel',
  });
  for (const i of [1, 2, 3]) seen.push(timeless(await customers.create(record(i))));
  seen.push(await customers.create(record(1)).catch((error) => error.code ?? error.name));
  seen.push(timeless(await customers.create({ ...record(1), city: 'Chur' }, { exists: null })));
  seen.push(timeless(await customers.get({ id: 'c-1' })));
  seen.push(await customers.get({ id: 'c-9' }));
  seen.push(timeless(await customers.get({ id: 'c-2' }, { consistent: true })));
  seen.push((await customers.find({})).map(timeless));
  seen.push((await customers.find({ sk: { begins: 'c-' } }, { limit: 2 })).map(timeless));
  seen.push((await customers.find({ city: 'Bern' })).map(timeless));
  seen.push((await customers.find({}, { count: true })).count);
  seen.push((await customers.scan({})).map(timeless).length);
  const batch = {};
  for (const i of [4, 5, 6]) await customers.create(record(i), { batch });
  await table.batchWrite(batch);
  const wanted = {};
  for (const i of [4, 5]) await customers.get({ id: `c-${i}` }, { batch: wanted });
  const got = await table.batchGet(wanted, { parse: true, hidden: false });
  seen.push(got.map(timeless).sort((a, b) => (a.id < b.id ? -1 : 1)));
  seen.push(timeless(await customers.remove({ id: 'c-3' })));
  const transaction = {};
  await customers.create(record(7), { transaction });
  await customers.remove({ id: 'c-6' }, { transaction });
  await table.transact('write', transaction);
  seen.push((await customers.find({})).map(({ id }) => id));
  return seen;
}

export const update = async (client, name) => {
  const { customers } = customersOf(client, name);
  return timeless(await customers.update({ id: 'c-1', city: 'Genf' }, { add: { visits: 2 } }));
};
