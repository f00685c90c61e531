// Tables that are searched, for the suites of search: branch keys, a configuration that has every kind of beacon, and the table
// itself on a server.

import { randomUUID } from 'node:crypto';

import { awsKmsHierarchicalKeyring, staticKeyStore } from '../../pkg/entrypoints/index.js';
import { compoundBeacon, standardBeacon, virtualField } from '../../pkg/entrypoints/tables.js';
import { NEWEST } from './support.mjs';

/** A version of a branch key; keys are of its number, so that they are the same in every process. */
export const branchKey = (branchKeyId, number = 1, version = randomUUID()) => ({
  branchKeyId,
  version,
  branchKey: new Uint8Array(32).fill(number),
  beaconKey: new Uint8Array(32).fill(branchKeyId.charCodeAt(branchKeyId.length - 1)),
});
export const PEOPLE_KEY = branchKey('people');

const SINGLE = { type: 'single', branchKeyId: 'people', cacheTtlSeconds: 600 };

/** A table of people. `search` is changed by a function of what it is. */
export function people(options = {}, search = (usual) => usual) {
  const keyStore = staticKeyStore([PEOPLE_KEY]);
  return {
    logicalTableName: `people-${randomUUID()}`,
    partitionKeyName: 'id',
    attributeActions: {
      id: 'SIGN_ONLY',
      country: 'SIGN_ONLY',
      province: 'SIGN_ONLY',
      joined: 'SIGN_ONLY',
      ssn: 'ENCRYPT_AND_SIGN',
      city: 'ENCRYPT_AND_SIGN',
      tags: 'ENCRYPT_AND_SIGN',
      notes: 'ENCRYPT_AND_SIGN',
      ':views': 'DO_NOTHING',
    },
    allowedUnsignedAttributePrefix: ':',
    algorithmSuite: '6700',
    keyring: awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'people', ttlSeconds: 600 }),
    search: search({
      keyStore,
      keySource: SINGLE,
      standardBeacons: [
        standardBeacon('ssn', { length: 32 }),
        standardBeacon('city', { length: 12 }),
        standardBeacon('tags', { length: 16, style: { type: 'asSet' } }),
        standardBeacon('lastFour', { length: 10 }),
      ],
      virtualFields: [
        virtualField('lastFour', [
          { location: 'ssn', transforms: [{ type: 'suffix', length: 4 }] },
          { location: 'province' },
        ]),
      ],
      compoundBeacons: [
        compoundBeacon('place', {
          split: '.',
          signedParts: [{ name: 'province', prefix: 'S-' }],
          encryptedParts: [{ name: 'city', prefix: 'C-' }],
          constructors: [{ parts: [{ name: 'province' }, { name: 'city', required: false }] }],
        }),
        compoundBeacon('cohort', {
          split: '|',
          signedParts: [
            { name: 'country', prefix: 'N+' },
            { name: 'joined', prefix: 'J+' },
          ],
        }),
      ],
    }),
    ...options,
  };
}

const keySchema = (names) =>
  names.map((AttributeName, i) => ({ AttributeName, KeyType: i ? 'RANGE' : 'HASH' }));

/**
 * Makes a table; `indexes` has the keys of global indexes by their names. Keys are strings, but for those in `numbers`.
 *
 * @returns {Promise<string>} its name
 */
export async function createTable(client, { keys = ['id'], indexes = {}, numbers = [] } = {}) {
  const TableName = `searched-${randomUUID()}`;
  const names = new Set([...keys, ...Object.values(indexes).flat()]);
  const GlobalSecondaryIndexes = Object.entries(indexes).map(([IndexName, of]) => ({
    IndexName,
    KeySchema: keySchema(of),
    Projection: { ProjectionType: 'ALL' },
  }));
  await client.send(
    new NEWEST.CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: Array.from(names, (AttributeName) => ({
        AttributeName,
        AttributeType: numbers.includes(AttributeName) ? 'N' : 'S',
      })),
      KeySchema: keySchema(keys),
      ...(GlobalSecondaryIndexes.length > 0 ? { GlobalSecondaryIndexes } : {}),
    }),
  );
  return TableName;
}

/** The indexes of people by beacons. */
export const INDEXES = {
  'by-ssn': ['aws_dbe_b_ssn'],
  'by-city': ['aws_dbe_b_city', 'joined'],
  'by-place': ['country', 'aws_dbe_b_place'],
  'by-cohort': ['cohort'],
};

/** Values of an expression, as attribute values of strings. */
export const texts = (values) =>
  Object.fromEntries(Object.entries(values).map(([name, S]) => [`:${name}`, { S }]));

/** Counts what a client sends, and shows the last of it. */
export function watch(client) {
  const seen = [];
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        seen.push({ command: commandName, body: JSON.parse(String(args.request.body)) });
        return next(args);
      },
    { step: 'finalizeRequest', name: 'watch' },
  );
  return seen;
}

export const byId = (items) => items.map(({ id }) => id.S ?? id).sort();
