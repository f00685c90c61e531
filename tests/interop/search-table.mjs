// A searched table through the package, in the oracle's terms (`ddb-transforms`), before a service that has items.

import * as fieldseal from '../../pkg/entrypoints/index.js';
import * as tables from '../../pkg/entrypoints/tables.js';

import { NEWEST as sdk, encryptedClientOf, fromWire, wire } from '../tables/support.mjs';
import { searchedTableOf } from '../support/search.mjs';
import { find, holds, parse } from './condition-model.mjs';

const { FieldsealError, ItemEncryptor } = fieldseal;
const { getNumberOfQueries, resolveAttributes } = tables;

/** What `run` returns, or `{ error, code }` of what the package refuses; anything worse is thrown. */
async function outcome(run) {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof FieldsealError) || error.code === 'INTERNAL') throw error;
    const inner = (error.errors ?? []).map((one) => one.error?.code);
    return { error: error.message, code: error.code, codes: inner, attribute: error.attribute };
  }
}

/** The parts of a request that beacons change. */
export const partsOf = (request) =>
  Object.fromEntries(
    Object.entries({
      KeyConditionExpression: request.KeyConditionExpression ?? undefined,
      FilterExpression: request.FilterExpression ?? undefined,
      ExpressionAttributeNames: request.ExpressionAttributeNames ?? undefined,
      ExpressionAttributeValues: request.ExpressionAttributeValues ?? undefined,
    }).filter(([, part]) => part !== undefined && Object.keys(part).length > 0),
  );

/** Which of the stored items DynamoDB finds. */
export function found(stored, request) {
  const { KeyConditionExpression, FilterExpression } = request;
  const names = request.ExpressionAttributeNames ?? {};
  const values = request.ExpressionAttributeValues ?? {};
  const trees = [KeyConditionExpression, FilterExpression]
    .filter(Boolean)
    .map((expression) => parse(expression, names));
  return stored.filter((item) =>
    trees.every((tree) => holds(tree, values, (path) => find(item, path))),
  );
}

/** A table, or `{ error }` if its configuration is refused. */
export function openTable(config) {
  return outcome(() => {
    const options = searchedTableOf({ ...fieldseal, ...tables }, config);
    return new SearchedTable(config, options, new ItemEncryptor(options));
  });
}

class SearchedTable {
  #config;
  #options;
  #encryptor;
  #client;
  #stored = [];

  constructor(config, options, encryptor) {
    this.#config = config;
    this.#options = options;
    this.#encryptor = encryptor;
    const given = { tables: this.#tables };
    const answer = (_, request) => {
      const Items = found(this.#stored, request);
      return { Items, Count: Items.length, ScannedCount: this.#stored.length };
    };
    this.#client = encryptedClientOf(sdk, answer, { given });
  }

  get #tables() {
    return { [this.#config.table]: this.#options };
  }

  /** `{ item }`, sealed. */
  put(item) {
    return outcome(async () => ({
      item: wire((await this.#encryptor.encryptItem(fromWire(item))).item),
    }));
  }

  /** `{ item }`, opened. */
  open(item) {
    return outcome(async () => ({
      item: wire((await this.#encryptor.decryptItem(fromWire(item))).item),
    }));
  }

  /** As the oracle's `resolve-attributes`. */
  resolve(item) {
    return outcome(() => {
      const resolved = resolveAttributes(this.#options, fromWire(item));
      return {
        virtual_fields: resolved.virtualFields,
        compound_beacons: resolved.compoundBeacons,
      };
    });
  }

  /** `{ sent, found, items, count }` of a request where these items are stored; `{ sent, error }` of what is not opened. */
  async request({ operation, input }, stored) {
    this.#stored = stored;
    const { client, sent } = this.#client;
    const before = sent.length;
    const result = await outcome(async () => {
      const command = new sdk[`${operation}Command`](
        fromWire({ TableName: this.#config.table, ...input }),
      );
      const { Items, Count } = await client.send(command);
      return { items: wire(Items), count: Count };
    });
    if (sent.length === before) return result;
    const request = partsOf(sent.at(-1).input);
    return { ...result, sent: request, found: found(stored, request) };
  }

  /** `{ number_of_queries }`. */
  queries({ input }) {
    return outcome(() => ({
      number_of_queries: getNumberOfQueries(
        this.#tables,
        fromWire({ TableName: this.#config.table, ...input }),
      ),
    }));
  }
}
