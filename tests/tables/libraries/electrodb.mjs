// An application on ElectroDB 3.

import { Entity } from 'electrodb';

// `__edb_e__` and `__edb_v__` are its own. An update sets them and every composite of a key (`id`) as well.
export const actions = {
  id: 'SIGN_ONLY',
  ssn: 'ENCRYPT_AND_SIGN',
  name: 'ENCRYPT_AND_SIGN',
  city: 'SIGN_ONLY',
  visits: 'ENCRYPT_AND_SIGN',
  __edb_e__: 'SIGN_ONLY',
  __edb_v__: 'SIGN_ONLY',
};

const customersOf = (client, table) =>
  new Entity(
    {
      model: { entity: 'customer', version: '1', service: 'shop' },
      attributes: {
        id: { type: 'string', required: true },
        ssn: { type: 'string', required: true },
        name: { type: 'map', properties: { first: { type: 'string' }, last: { type: 'string' } } },
        city: { type: 'string' },
        visits: { type: 'number', default: 0 },
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: [] },
          sk: { field: 'sk', composite: ['id'] },
        },
      },
    },
    { client, table },
  );

export async function application(client, table) {
  const customers = customersOf(client, table);
  const seen = [];
  const record = (i) => ({
    id: `c-${i}`,
    ssn: `078-05-11${10 + i}`,
    name: { first: 'Ada', last: 'Lovelace' },
    city: i % 2 ? 'Bern' : 'Basel',
  });
  for (const i of [1, 2, 3]) seen.push((await customers.put(record(i)).go()).data);
  seen.push((await customers.create(record(4)).go()).data);
  seen.push(
    await customers
      .create(record(4))
      .go()
      .catch((error) => error.constructor.name),
  );
  seen.push((await customers.get({ id: 'c-1' }).go()).data);
  seen.push((await customers.get({ id: 'c-9' }).go()).data);
  seen.push((await customers.put([5, 6, 7].map(record)).go()).unprocessed);
  const got = await customers.get([{ id: 'c-5' }, { id: 'c-6' }]).go();
  seen.push(got.data.sort((a, b) => (a.id < b.id ? -1 : 1)));
  seen.push((await customers.query.primary({}).go()).data);
  seen.push((await customers.query.primary({}).begins({ id: 'c-' }).go({ limit: 2 })).data);
  seen.push((await customers.query.primary({}).between({ id: 'c-2' }, { id: 'c-4' }).go()).data);
  seen.push(
    (
      await customers.query
        .primary({})
        .where(({ city }, { eq }) => eq(city, 'Bern'))
        .go()
    ).data,
  );
  seen.push((await customers.query.primary({}).go({ pages: 'all', count: 3 })).data.length);
  seen.push((await customers.scan.go()).data.length);
  seen.push((await customers.delete({ id: 'c-3' }).go({ response: 'all_old' })).data);
  seen.push((await customers.remove({ id: 'c-4' }).go()).data);
  seen.push((await customers.delete([{ id: 'c-5' }, { id: 'c-6' }]).go()).unprocessed);
  seen.push((await customers.query.primary({}).go()).data.map(({ id }) => id));
  const conditional = customers.put(record(1)).where(({ city }, { eq }) => eq(city, 'Genf'));
  seen.push(await conditional.go().catch((error) => error.constructor.name));
  return seen;
}

export const update = async (client, table) =>
  (
    await customersOf(client, table)
      .patch({ id: 'c-1' })
      .set({ city: 'Chur' })
      .add({ visits: 2 })
      .go({ response: 'all_new' })
  ).data;
