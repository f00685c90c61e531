/** Helpers for tables that are searched. */

import { wrong } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { ItemEncryptor, type ItemEncryptorOptions } from '../items/item-encryptor.js';
import { numberOfQueries, resolved } from '../search/request.js';
import { isPlainObject, setOwn } from '../util/plain-object.js';
import { requestOf } from './request.js';
import { inTable, readTables, type Tables } from './table.js';

/** A query, as `QueryCommand` takes it; what of it matters here. {@link getNumberOfQueries} has an example. */
export interface PartitionedQuery {
  /** The table's name or ARN. */
  readonly TableName?: string | undefined;
  /** What asks for beacons. */
  readonly KeyConditionExpression?: string | undefined;
  /** Makes no difference, but uses names and values. */
  readonly FilterExpression?: string | undefined;
  /** Makes no difference, but uses names. */
  readonly ProjectionExpression?: string | undefined;
  /** Names that the expressions use. */
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  /** Values that the expressions use. */
  readonly ExpressionAttributeValues?: AttributeMap | undefined;
}

/**
 * How many queries find everything that a query asks for: one for each value of `:aws_dbe_partition` from 0 on
 * (`ddb-get-number-of-queries.md`). 1 for a table without partitions. `queryPartitions` sends them.
 *
 * @param tables - as {@link encryptedTables} takes them
 * @throws UsageError as {@link encryptedTables}, and `INVALID_ARGUMENT` for a table that is not among them;
 * MalformedInputError `MALFORMED_EXPRESSION`
 *
 * @example
 * ```ts
 * import { awsKmsHierarchicalKeyring, staticKeyStore } from 'fieldseal'
 * import { getNumberOfQueries, standardBeacon } from 'fieldseal/tables'
 *
 * const keyStore = staticKeyStore([
 *   {
 *     branchKeyId: 'people',
 *     version: crypto.randomUUID(),
 *     branchKey: crypto.getRandomValues(new Uint8Array(32)),
 *     beaconKey: crypto.getRandomValues(new Uint8Array(32)),
 *   },
 * ])
 * const tables = {
 *   people: {
 *     logicalTableName: 'people',
 *     partitionKeyName: 'id',
 *     attributeActions: { id: 'SIGN_ONLY', city: 'ENCRYPT_AND_SIGN', ssn: 'ENCRYPT_AND_SIGN' },
 *     keyring: awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'people', ttlSeconds: 600 }),
 *     search: {
 *       keyStore,
 *       keySource: { type: 'single', branchKeyId: 'people', cacheTtlSeconds: 600 },
 *       standardBeacons: [
 *         standardBeacon('city', { length: 10 }), // many live in one: it has a beacon for each partition
 *         standardBeacon('ssn', { length: 32, numberOfPartitions: 1 }),
 *       ],
 *       maximumNumberOfPartitions: 5,
 *     },
 *   },
 * } as const
 * const query = (attribute: string) => ({
 *   TableName: 'people',
 *   KeyConditionExpression: `${attribute} = :v`,
 *   ExpressionAttributeValues: { ':v': { S: 'x' } },
 * })
 * console.log(getNumberOfQueries(tables, query('city'))) // → 5
 * console.log(getNumberOfQueries(tables, query('ssn'))) // → 1
 * ```
 */
export function getNumberOfQueries(tables: Tables, query: PartitionedQuery): number {
  if (!isPlainObject(query)) throw wrong('the query', 'an object', query);
  const request = requestOf<PartitionedQuery>(query);
  const table = readTables(tables).find(request.TableName);
  if (!table) throw wrong('TableName', 'one of the tables', request.TableName);
  if (!table.searched) return 1;
  try {
    return numberOfQueries(table.searched, request);
  } catch (error) {
    throw inTable(error, table.name);
  }
}

/** What {@link resolveAttributes} returns. */
export interface ResolvedAttributes {
  /** The virtual fields that the item has, by their names. */
  readonly virtualFields: Readonly<Record<string, string>>;
  /** The compound beacons that the item has, by their names, with nothing of them hashed. */
  readonly compoundBeacons: Readonly<Record<string, string>>;
}

/**
 * What virtual fields and compound beacons are made of in an item in plaintext: for debugging, when a query does not find what
 * it should.
 *
 * @param table - a table as `ItemEncryptor` takes it
 * @throws UsageError as `ItemEncryptor`; `BEACON_NOT_POSSIBLE`, with the attribute, where none can be made
 *
 * @example
 * ```ts
 * import { awsKmsHierarchicalKeyring, staticKeyStore } from 'fieldseal'
 * import { compoundBeacon, resolveAttributes, standardBeacon } from 'fieldseal/tables'
 *
 * const keyStore = staticKeyStore([
 *   {
 *     branchKeyId: 'people',
 *     version: crypto.randomUUID(),
 *     branchKey: crypto.getRandomValues(new Uint8Array(32)),
 *     beaconKey: crypto.getRandomValues(new Uint8Array(32)),
 *   },
 * ])
 * const people = {
 *   logicalTableName: 'people',
 *   partitionKeyName: 'id',
 *   attributeActions: { id: 'SIGN_ONLY', state: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'people', ttlSeconds: 600 }),
 *   search: {
 *     keyStore,
 *     keySource: { type: 'single', branchKeyId: 'people', cacheTtlSeconds: 600 },
 *     standardBeacons: [standardBeacon('ssn', { length: 32 })],
 *     compoundBeacons: [
 *       compoundBeacon('stateAndSsn', {
 *         split: '.',
 *         signedParts: [{ name: 'state', prefix: 'S-' }],
 *         encryptedParts: [{ name: 'ssn', prefix: 'N-' }],
 *       }),
 *     ],
 *   },
 * } as const
 * const item = { id: { S: 'p-1' }, state: { S: 'WA' }, ssn: { S: '078-05-1120' } }
 * console.log(resolveAttributes(people, item).compoundBeacons)
 * // → { stateAndSsn: 'S-WA.N-078-05-1120' }
 * ```
 */
export function resolveAttributes(
  table: ItemEncryptorOptions,
  item: AttributeMap,
): ResolvedAttributes {
  const [fields, beacons] = resolved(new ItemEncryptor(table)._object, item);
  return { virtualFields: texts(fields), compoundBeacons: texts(beacons) };
}

function texts(map: AttributeMap): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(map)) setOwn(texts, name, value.S!);
  return texts;
}
