/** Bringing a table that exists under encryption, while it is in use. */

import { MODES } from '../dynamodb/migration.js';
import { usage, wrong } from '../errors.js';
import { ItemEncryptor, type ItemEncryptorOptions } from '../items/item-encryptor.js';
import { COPY, KEEP, mustBeCount, mustBeOneOf, readOptions } from '../util/options.js';
import { isArray, isPlainObject } from '../util/plain-object.js';
import { signalOf, type CallOptions } from '../util/signal.js';
import { mustBeStrings } from '../util/strings.js';
import { mustBeClient } from './aws-client.js';
import { PageWorker } from './migration/page.js';
import { Planner } from './migration/plan.js';
import { Requests } from './migration/requests.js';
import { Run, type SealTableProgress } from './migration/run.js';
import type { Client } from './sdk.js';
import { readTables } from './table.js';

export type { SealTableEstimate } from './migration/estimate.js';
export type { SealTableError } from './migration/page.js';
export type { SealTableProgress } from './migration/run.js';

/** The most segments that DynamoDB scans a table in. */
const MAX_SEGMENTS = 1_000_000;

/**
 * What {@link sealTable} does with a table's items.
 *
 * - `seal`: seals those in plaintext.
 * - `verify`: opens all, and writes nothing. Those in plaintext, and those that do not open, are among the errors.
 * - `reseal`: seals those anew that are not sealed by the keyring's present keys. Keys are told by their names, and branch keys
 * by their versions, too; KMS does not say which version of a KMS key it used. Those in plaintext are among the errors.
 * - `addBeacons`: seals those anew that lack beacons, or have others than are configured. Those in plaintext are among the errors.
 */
export type SealTableMode = 'seal' | 'verify' | 'reseal' | 'addBeacons';

/**
 * Options of {@link sealTable}.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, type ItemEncryptorOptions } from 'fieldseal'
 * import type { SealTableOptions } from 'fieldseal/tables'
 *
 * const table = (keyName: string): ItemEncryptorOptions => ({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName,
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   }),
 * })
 * // From one keyring to another, with a fifth of what the table can do, by one of four workers.
 * const options: SealTableOptions = {
 *   TableName: 'customers',
 *   table: table('key-2'),
 *   mode: 'reseal',
 *   from: new ItemEncryptor(table('key-1')),
 *   totalSegments: 16,
 *   segments: [0, 1, 2, 3],
 *   capacityUnitsPerSecond: 200,
 *   signal: AbortSignal.timeout(3_600_000),
 * }
 * console.log(options.mode) // → reseal
 * ```
 */
export interface SealTableOptions extends CallOptions {
  /** The table's name or ARN. */
  readonly TableName: string;
  /**
   * How its items are sealed, as an `ItemEncryptor` takes it, `search` included. `plaintextOverride` is not needed, and has no
   * effect: whether an item is sealed is seen from the item.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a table of any type of records
  readonly table: ItemEncryptorOptions<any>;
  /** What is done with the items. */
  readonly mode: SealTableMode;
  /** For `reseal`: what opens the items that are not sealed by the table's keyring; by default that. */
  readonly from?: ItemEncryptor<object> | undefined;
  /** In how many parts the table is read, 1 to 1,000,000. Six of them are worked on at once. */
  readonly totalSegments: number;
  /** Which of them this run works on, from 0; by default all. */
  readonly segments?: readonly number[] | undefined;
  /** The most capacity units that are consumed in a second, reads and writes together. More than 0; by default no limit. */
  readonly capacityUnitsPerSecond?: number | undefined;
  /** Goes on where another run was, of the same table, mode and segments. */
  readonly checkpoint?: string | undefined;
  /**
   * Is called after each page of a segment, of at most 250 items, when you have taken note of its result: when you ask for the
   * next one, or leave the loop. Store it, and give it to a later run as `checkpoint`: no item is passed over whose error you have
   * not seen. It is waited for, unless the signal aborts; what it throws ends the run.
   */
  readonly onCheckpoint?: ((checkpoint: string) => unknown) | undefined;
  /** Writes nothing, and counts what would be written. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Seals, reseals or verifies the items of a table that is in use, page by page: what is written takes the place of what was
 * read, and of nothing else. Where another writer was first, the item is read again. What is as asked already costs a read
 * only, so that a run can be repeated until nothing is changed. An item that fails is reported, and ends nothing.
 *
 * Nothing is read before the first result is asked for. It has the estimate; each of the others comes after a page. To stop is
 * to ask no more: what has been written is whole, and {@link SealTableProgress.checkpoint} says where to go on. Pages whose result
 * you have not seen are read again then. The run ends by itself when a service cannot be reached, refuses credentials, or stays too
 * busy for minutes.
 *
 * @param client - any client of AWS's SDK for DynamoDB, with or without the plugin
 * @throws UsageError `INVALID_ARGUMENT` for an option that cannot be, and when the first result is asked for, for a checkpoint of
 * another run; `INVALID_CONFIG` as `new ItemEncryptor`, and for a key that is not the table's. While it runs, what the client
 * and `onCheckpoint` throw, and KmsError or DynamoDbError of the keyring
 *
 * @example
 * ```ts
 * import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
 * import { rawAesKeyring } from 'fieldseal'
 * import { sealTable } from 'fieldseal/tables'
 *
 * const client = new DynamoDBClient({
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
 * })
 * const TableName = 'example-patients'
 * await client.send(
 *   new CreateTableCommand({
 *     TableName,
 *     BillingMode: 'PAY_PER_REQUEST',
 *     AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
 *     KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
 *   }),
 * )
 * for (const id of ['p-1', 'p-2', 'p-3']) {
 *   const Item = { id: { S: id }, ssn: { S: '078-05-1120' } }
 *   await client.send(new PutItemCommand({ TableName, Item }))
 * }
 * const note = { id: { S: 'p-4' }, note: { S: 'has no action' } }
 * await client.send(new PutItemCommand({ TableName, Item: note }))
 *
 * const table = {
 *   logicalTableName: 'patients',
 *   partitionKeyName: 'id',
 *   attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({
 *     keyNamespace: 'clinic',
 *     keyName: 'key-1',
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   }),
 * } as const
 * let stored: string | undefined // yours goes to a file or a table
 * const run = sealTable(client, {
 *   TableName,
 *   table,
 *   mode: 'seal',
 *   totalSegments: 1,
 *   onCheckpoint: (checkpoint) => (stored = checkpoint),
 * })
 * for await (const { estimate, read, changed, errors } of run) {
 *   console.log(`${read} read of about ${estimate.items}, ${changed} sealed`)
 *   for (const { key, error } of errors) console.log(key.id?.S, error.code)
 * }
 * // → 0 read of about 4, 0 sealed
 * // → 4 read of about 4, 3 sealed
 * // → p-4 ATTRIBUTE_WITHOUT_ACTION
 * console.log(typeof stored) // → string
 * ```
 */
export function sealTable(
  client: Client,
  options: SealTableOptions,
): AsyncGenerator<SealTableProgress, void, undefined> {
  const given = readOptions(options, {
    TableName: COPY,
    table: COPY,
    mode: COPY,
    from: COPY,
    totalSegments: COPY,
    segments: COPY,
    capacityUnitsPerSecond: COPY,
    checkpoint: COPY,
    onCheckpoint: COPY,
    dryRun: COPY,
    signal: KEEP,
  });
  const { TableName, mode, from, totalSegments, capacityUnitsPerSecond } = given;
  const { checkpoint, onCheckpoint, dryRun = false } = given;
  mustBeClient('client', client);
  mustBeStrings({ TableName });
  mustBeOneOf('mode', mode, MODES, 'INVALID_ARGUMENT');
  mustBeCount('totalSegments', totalSegments, MAX_SEGMENTS);
  const segments = segmentsOf(given.segments, totalSegments);
  if (capacityUnitsPerSecond !== undefined) mustBeRate(capacityUnitsPerSecond);
  if (checkpoint !== undefined) mustBeStrings({ checkpoint });
  if (onCheckpoint !== undefined && typeof onCheckpoint !== 'function') {
    throw wrong('onCheckpoint', 'a function', onCheckpoint);
  }
  if (typeof dryRun !== 'boolean') throw wrong('dryRun', 'a boolean', dryRun);
  if (from !== undefined && !(mode === 'reseal' && from instanceof ItemEncryptor)) {
    throw wrong('from', "an ItemEncryptor, with the mode 'reseal'", from);
  }
  const signal = signalOf(given.signal);
  if (!isPlainObject(given.table)) throw wrong('table', 'an object', given.table);
  const { plaintextOverride: _, ...own } = given.table;
  const table = readTables({ [TableName]: own }).find(TableName)!;
  if (mode === 'addBeacons' && !table.searched) {
    throw usage('INVALID_CONFIG', "the mode 'addBeacons' needs table.search", 'Configure beacons.');
  }
  const ending = new AbortController();
  const requests = new Requests(client, capacityUnitsPerSecond, ending.signal);
  const opener = from ?? table.encryptor;
  const planner = new Planner(table, own, mode, opener, ending.signal);
  return new Run({
    table,
    TableName,
    planner,
    requests,
    pages: new PageWorker(table, TableName, planner, requests, dryRun),
    ending,
    signal,
    state: { table: '', mode, dryRun, totalSegments, segments, begun: 0, open: new Map() },
    checkpoint,
    onCheckpoint,
  }).progress();
}

/** The segments of a run in ascending order; none: all. */
function segmentsOf(given: unknown, totalSegments: number): number[] {
  if (given === undefined) return [];
  const isSegment = (segment: unknown) =>
    Number.isInteger(segment) && Number(segment) >= 0 && Number(segment) < totalSegments;
  if (!isArray(given) || given.length === 0 || !given.every(isSegment)) {
    throw wrong('segments', 'an array of numbers from 0 to totalSegments - 1', given);
  }
  const segments = [...new Set(given as number[])].sort((a, b) => a - b);
  return segments.length === totalSegments ? [] : segments;
}

function mustBeRate(rate: unknown): void {
  if (typeof rate === 'number' && rate > 0 && Number.isFinite(rate)) return;
  throw wrong('capacityUnitsPerSecond', 'a number greater than 0', rate);
}
