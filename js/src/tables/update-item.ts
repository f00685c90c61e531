/** Changing an encrypted record: read, open, change, seal, put, and all of it again where another writer came first. */

import { usage, wrong } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { toDynamoJson } from '../items/dynamo-json.js';
import { attributesOf, documentOf, type NativeDocument } from '../items/document.js';
import { COPY, KEEP, mustBeCount, readOptions } from '../util/options.js';
import { isObject, isPlainObject } from '../util/plain-object.js';
import { signalOf, type CallOptions } from '../util/signal.js';
import { mustBeClient } from './aws-client.js';
import { EncryptedRecord, MAX_ATTEMPTS } from './encrypted-record.js';
import { isKeyValue, mustBeAttributeMap } from './form.js';
import { tablesOf } from './plugin.js';
import { requestOf } from './request.js';
import type { Client } from './sdk.js';
import { inTable, readTables, type EncryptedTable, type Tables } from './table.js';

/** Which record is changed: the second argument of {@link updateItem}. */
export interface RecordKey<T extends object = AttributeMap> {
  /** The table's name or ARN. */
  readonly TableName: string;
  /** The record's key: attribute values, or native ones; what `change` gets and returns is of the same kind. */
  readonly Key: T;
}

/**
 * Options of {@link updateItem}.
 *
 * @example
 * ```ts
 * import type { UpdateItemOptions } from 'fieldseal/tables'
 *
 * // Many write to this record: rather wait than fail.
 * const options: UpdateItemOptions = { maxAttempts: 50, signal: AbortSignal.timeout(30_000) }
 * console.log(options.maxAttempts) // → 50
 * ```
 */
export interface UpdateItemOptions extends CallOptions {
  /** The tables, as {@link encryptedTables} takes them; by default those of the client's plugin. */
  readonly tables?: Tables | undefined;
  /** How often the record is put before the call gives up because others keep changing it. 1 or more; default 10. */
  readonly maxAttempts?: number | undefined;
}

/** Makes the new item of the one that is there; `undefined`: of none, or that there is nothing to write. */
type Change<T> = (item: T | undefined) => T | undefined | Promise<T | undefined>;

/**
 * Changes a record of an encrypted table: reads it consistently, opens it, gives the item in plaintext to `change`, seals
 * what that returns, and puts it, provided that the record is still the one that was read. Where it is not, all of this is
 * done again with the new one, after a random wait that grows with each attempt.
 *
 * The item is an attribute map where `Key` is one, and otherwise a native document, as `DynamoDBDocumentClient` has them.
 *
 * @param client - any client of AWS's SDK for DynamoDB, with or without the plugin
 * @param change - gets the item, `undefined` where there is none; returns the new one, or `undefined` to write nothing.
 * It is called once for each attempt. The key must stay as it is
 * @returns the item as it is now; `undefined` where there is none, and none was made
 * @throws DynamoDbError `DYNAMODB_CONDITION_FAILED` when others changed the record at every attempt
 * @throws UsageError `INVALID_ARGUMENT` for another key, for a table that is not among the tables, and for a `change` that
 * changed its item and returned nothing; and what encryptors, `change` and the client throw
 *
 * @example
 * ```ts
 * import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { rawAesKeyring } from 'fieldseal'
 * import { updateItem } from 'fieldseal/tables'
 *
 * const keyring = rawAesKeyring({
 *   keyNamespace: 'shop',
 *   keyName: 'key-1',
 *   wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 * })
 * const tables = {
 *   'example-accounts': {
 *     logicalTableName: 'accounts',
 *     partitionKeyName: 'account_id',
 *     attributeActions: { account_id: 'SIGN_ONLY', balance: 'ENCRYPT_AND_SIGN' },
 *     keyring,
 *   },
 * } as const
 * const client = new DynamoDBClient({
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
 * })
 * await client.send(
 *   new CreateTableCommand({
 *     TableName: 'example-accounts',
 *     BillingMode: 'PAY_PER_REQUEST',
 *     AttributeDefinitions: [{ AttributeName: 'account_id', AttributeType: 'S' }],
 *     KeySchema: [{ AttributeName: 'account_id', KeyType: 'HASH' }],
 *   }),
 * )
 *
 * interface Account {
 *   account_id: string
 *   balance: number
 * }
 * const deposit = (amount: number) =>
 *   updateItem<Account>(
 *     client,
 *     { TableName: 'example-accounts', Key: { account_id: 'a-1' } },
 *     (account) => ({ account_id: 'a-1', balance: (account?.balance ?? 0) + amount }),
 *     { tables },
 *   )
 * await Promise.all([deposit(10), deposit(20), deposit(30)])
 * console.log(await deposit(0)) // → { account_id: 'a-1', balance: 60 }
 * ```
 */
export async function updateItem(
  client: Client,
  record: RecordKey<AttributeMap>,
  change: Change<AttributeMap>,
  options?: UpdateItemOptions,
): Promise<AttributeMap | undefined>;
/** The same with native documents, as `Key` is one. That the document has the type `T` is the caller's word. */
export async function updateItem<T extends object = NativeDocument>(
  client: Client,
  record: RecordKey<object>,
  change: (item: T | undefined) => T | undefined | Promise<T | undefined>,
  options?: UpdateItemOptions,
): Promise<T | undefined>;
export async function updateItem(
  client: Client,
  record: RecordKey<object>,
  change: Change<AttributeMap> | Change<object>,
  options: UpdateItemOptions = {},
): Promise<object | undefined> {
  const given = readOptions(options, { tables: KEEP, maxAttempts: COPY, signal: KEEP });
  const { TableName, Key } = readOptions(record, { TableName: COPY, Key: KEEP }, 'the record');
  const { maxAttempts = MAX_ATTEMPTS } = given;
  mustBeCount('maxAttempts', maxAttempts);
  mustBeClient('client', client);
  if (typeof change !== 'function') throw wrong('change', 'a function', change);
  const table = tableOf(client, TableName, given.tables);
  if (!isPlainObject(Key)) throw wrong('Key', 'an object', Key);
  const signal = signalOf(given.signal);
  const read = Object.values(Key).some(isKeyValue)
    ? mapChange(change as Change<AttributeMap>)
    : documentChange(table, change as Change<object>);
  const key = read.key(Key);
  mustBeKey(table, key);
  const { item } = await new EncryptedRecord(client, table, TableName, key, signal).change(
    (item) => read.change(item),
    maxAttempts,
  );
  return item && read.result(item);
}

/** `change` and what it is called with, as attribute maps or as documents. */
interface Changing {
  key(given: object): AttributeMap;
  /** What `change` makes of an item; `undefined`: nothing is to be written. */
  change(item: AttributeMap | undefined): Promise<AttributeMap | undefined>;
  /** An item as the caller has it. */
  result(item: AttributeMap): object;
}

function mapChange(change: Change<AttributeMap>): Changing {
  return {
    key: (given) => requestOf(given as AttributeMap),
    change: (item) => called(change, item, (given) => given),
    result: (item) => item,
  };
}

function documentChange(table: EncryptedTable, change: Change<object>): Changing {
  const toMap = (document: object) => attributesOf(document, table.documentOptions);
  const toDocument = (item: AttributeMap) => documentOf(item, table.documentOptions);
  return {
    key: (given) => requestOf(toMap(given)),
    change: (item) => called(change, item && toDocument(item), toMap),
    result: toDocument,
  };
}

/** Calls `change`. One that changes the item in place and returns nothing would lose what it did. */
async function called<T extends object>(
  change: Change<T>,
  item: T | undefined,
  toMap: (item: T) => AttributeMap,
): Promise<AttributeMap | undefined> {
  const before = item && toDynamoJson(toMap(item));
  const changed = await change(item);
  if (changed !== undefined) {
    if (isObject(changed)) return toMap(changed);
    throw wrong('what change returns', 'an item or undefined', changed);
  }
  if (item && toDynamoJson(toMap(item)) !== before) {
    const problem = 'change changed the item and returned nothing';
    throw usage('INVALID_ARGUMENT', problem, 'Return the item, so that it is written.');
  }
  return undefined;
}

/** The table of a record. */
function tableOf(client: Client, name: string, tables: Tables | undefined): EncryptedTable {
  const all = tables === undefined ? tablesOf(client) : readTables(tables);
  if (all === undefined) {
    throw usage(
      'INVALID_ARGUMENT',
      'the client has no encrypted tables',
      'Give `tables`, or a client with the plugin.',
    );
  }
  const table = all.find(name);
  if (table) return table;
  throw usage('INVALID_ARGUMENT', `'${name}' is not among the encrypted tables`, 'Add it to them.');
}

/** Refuses a key that has not exactly the table's key attributes. */
function mustBeKey(table: EncryptedTable, key: AttributeMap): void {
  mustBeAttributeMap(table, key);
  const names = Object.keys(key);
  if (
    names.length === table.keyNames.length &&
    table.keyNames.every((name) => names.includes(name))
  )
    return;
  const error = usage('INVALID_ARGUMENT', `Key must have exactly ${table.keyNames.join(' and ')}`);
  throw inTable(error, table.name);
}
