// Searchable encryption: what the package makes of the inputs of `official-beacons.json`, and what the official library makes of
// them. The same code runs in Node and in a browser; `fieldseal` is the package with what `fieldseal/tables` has.

import { canonical, hierarchicalKeyringOf, staticKeyStoreOf, tableOf } from './vectors.mjs';

/**
 * Requests that are sent otherwise: the official library has `contains` of a beacon of a string find the whole string only, so that
 * what contains it is lost; here DynamoDB is not asked, and the items are looked through.
 */
const SENT_OTHERWISE = {
  bc226: {
    filter_expression: 'attribute_not_exists ( #aws_dbe_none )',
    names: { '#aws_dbe_none': 'aws_dbe_none' },
    values: null,
  },
};

/** The codes of what both refuse. */
const REFUSALS = ['TABLE_REQUEST_REFUSED', 'INVALID_CONFIG', 'BEACON_NOT_POSSIBLE'];

const transformOf = (transform) => {
  const [[type, options]] = Object.entries(transform);
  return { type, ...options };
};
const styleOf = (style) => {
  const [[type, options]] = Object.entries(style);
  return type === 'plain' ? undefined : { type, ...options };
};
const signedPartOf = ({ name, prefix, loc }) => ({ name, prefix, location: loc });

/** What `search` is, from a vector's configuration. */
function searchOf(fieldseal, search, key, partitionSelector) {
  return {
    keyStore: staticKeyStoreOf(fieldseal, key),
    keySource: { type: 'single', branchKeyId: key.branch_key_id, cacheTtlSeconds: 60 },
    standardBeacons: search.standard_beacons.map((beacon) =>
      fieldseal.standardBeacon(beacon.name, {
        length: beacon.length,
        location: beacon.loc,
        style: beacon.style && styleOf(beacon.style),
        numberOfPartitions: beacon.number_of_partitions,
      }),
    ),
    compoundBeacons: search.compound_beacons?.map((beacon) =>
      fieldseal.compoundBeacon(beacon.name, {
        split: beacon.split,
        encryptedParts: beacon.encrypted,
        signedParts: beacon.signed?.map(signedPartOf),
        constructors: beacon.constructors?.map((parts) => ({ parts })),
      }),
    ),
    virtualFields: search.virtual_fields?.map(({ name, parts }) =>
      fieldseal.virtualField(
        name,
        parts.map(({ loc, trans }) => ({ location: loc, transforms: trans?.map(transformOf) })),
      ),
    ),
    maximumNumberOfPartitions: search.maximum_number_of_partitions,
    defaultNumberOfPartitions: search.default_number_of_partitions,
    partitionSelector,
  };
}

function beaconTableOf(fieldseal, config, keys, partitionSelector) {
  const key = keys[config.keyring];
  const table = tableOf(config, hierarchicalKeyringOf(fieldseal, key));
  const { search } = config;
  return search ? { ...table, search: searchOf(fieldseal, search, key, partitionSelector) } : table;
}

/** What each partition adds to an item. */
async function added(fieldseal, { config, input }, keys) {
  const item = fieldseal.fromDynamoJson(JSON.stringify(input.item));
  const all = [];
  for (
    let partition = 0;
    partition < (config.search?.maximum_number_of_partitions ?? 1);
    partition++
  ) {
    const table = beaconTableOf(fieldseal, config, keys, () => partition);
    const encryptor = new fieldseal.ItemEncryptor(table);
    const { item: stored } = await encryptor.encryptItem(item);
    const { item: opened } = await encryptor.decryptItem(stored);
    const left = Object.keys(opened).filter((name) => name.startsWith('aws_dbe_'));
    if (left.length > 0) throw new Error(`opened, it has ${left}`);
    const more = Object.entries(stored).filter(
      ([name]) => !Object.hasOwn(item, name) && !/^aws_dbe_(head|foot)$/.test(name),
    );
    all.push(Object.fromEntries(more));
  }
  return all;
}

/** A request as the plugin sends it: its middlewares without a client. */
async function sent(fieldseal, commandName, { config, input }, keys) {
  const middlewares = {};
  const stack = { addRelativeTo: (middleware, { name }) => (middlewares[name] ??= middleware) };
  const table = beaconTableOf(fieldseal, config, keys);
  fieldseal.encryptedTables({ tables: { table } }).applyToStack(stack);
  let request;
  const respond = middlewares.fieldsealResponse(() => ({ output: { $metadata: {} } }));
  const send = middlewares.fieldsealRequest(
    (args) => {
      request = args.input;
      return respond(args);
    },
    { commandName },
  );
  const given = {
    TableName: 'table',
    KeyConditionExpression: input.key_condition_expression ?? undefined,
    FilterExpression: input.filter_expression ?? undefined,
    ExpressionAttributeNames: input.names ?? undefined,
    ExpressionAttributeValues: input.values
      ? fieldseal.fromDynamoJson(JSON.stringify(input.values))
      : undefined,
  };
  await send({ input: given, request: {} });
  return {
    key_condition_expression: request.KeyConditionExpression ?? null,
    filter_expression: request.FilterExpression ?? null,
    names: request.ExpressionAttributeNames ?? null,
    values: request.ExpressionAttributeValues ?? null,
  };
}

/** Does what a vector says. */
async function run(fieldseal, vector, keys) {
  const table = () => beaconTableOf(fieldseal, vector.config, keys);
  const { transform, input } = vector;
  switch (transform) {
    case 'put-item-input':
      return added(fieldseal, vector, keys);
    case 'scan-input':
      return sent(fieldseal, 'ScanCommand', vector, keys);
    case 'query-input':
      return sent(fieldseal, 'QueryCommand', vector, keys);
    case 'number-of-queries': {
      const query = {
        TableName: 'table',
        KeyConditionExpression: input.key_condition_expression,
        ExpressionAttributeValues: input.values,
      };
      const tables = { table: table() };
      return { number_of_queries: fieldseal.getNumberOfQueries(tables, query) };
    }
    case 'resolve-attributes': {
      const item = fieldseal.fromDynamoJson(JSON.stringify(input.item));
      const { virtualFields, compoundBeacons } = fieldseal.resolveAttributes(table(), item);
      return { virtual_fields: virtualFields, compound_beacons: compoundBeacons };
    }
    default:
      throw new Error(`transform ${transform}`);
  }
}

/** What is compared of what the official library made. */
function expected({ id, transform, output, added }) {
  if (transform === 'put-item-input') return added;
  const { index_name: _, ...rest } = output;
  if (transform !== 'scan-input') return rest;
  return { ...rest, key_condition_expression: null, ...SENT_OTHERWISE[id] };
}

/**
 * Does what one vector says, and compares.
 *
 * @returns {Promise<'same' | 'refused' | 'sent otherwise'>}
 */
export async function runBeacon(fieldseal, vector, keys) {
  const from = (json) => canonical(fieldseal.fromDynamoJson(JSON.stringify({ x: { M: json } })));
  const text = (result) => {
    const { values, ...rest } = result;
    if (values === undefined) return canonical(result);
    return canonical({ ...rest, values: null }) + (values === null ? '' : from(values));
  };
  let result;
  try {
    result = await run(fieldseal, vector, keys);
  } catch (error) {
    if (vector.official_error && REFUSALS.includes(error.code)) return 'refused';
    throw error;
  }
  if (vector.official_error) throw new Error(`is not refused: ${vector.official_error}`);
  const want = text(expected(vector));
  if (![result].flat().some((one) => text(one) === want)) {
    throw new Error(`${canonical(result)} instead of ${canonical(expected(vector))}`);
  }
  return Object.hasOwn(SENT_OTHERWISE, vector.id) ? 'sent otherwise' : 'same';
}
