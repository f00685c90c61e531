/** Opening records of streams. */

import { usage, type FieldsealError } from '../../errors.js';
import { isFailure, type Outcome } from '../../items/batch.js';
import { COPY, KEEP, readOptions } from '../../util/options.js';
import { signalOf, type CallOptions } from '../../util/signal.js';
import { readTables, type EncryptedTable, type EncryptedTableMap, type Tables } from '../table.js';
import { openChanges, type ItemChange } from './change.js';
import { mustHaveKeys } from './read.js';
import { readStreamRecord, type StreamEventName, type StreamRecord } from './stream-record.js';

/**
 * Options of {@link openStreamRecord}.
 *
 * @example
 * ```ts
 * import type { OpenStreamRecordOptions } from 'fieldseal/tables'
 *
 * // Records from GetRecords of DynamoDB Streams do not say which table they are of.
 * const options: OpenStreamRecordOptions = {
 *   tableName: 'prod-customers',
 *   signal: AbortSignal.timeout(10_000),
 * }
 * console.log(options.tableName) // → prod-customers
 * ```
 */
export interface OpenStreamRecordOptions extends CallOptions {
  /** The table's name or ARN, for records that do not say it: those of `GetRecords`. A record of another table is refused. */
  readonly tableName?: string | undefined;
}

/** A change of an item, opened; what {@link openStreamRecord} returns, and {@link processStreamEvent} gives. */
export interface StreamChange extends ItemChange {
  /** Whether the item was added, changed or deleted. */
  readonly eventName: StreamEventName;
  /** The table as it is called in the tables given; absent for one that is not among them, whose items are given as they are stored. */
  readonly table?: string;
  /** Whether DynamoDB deleted the item itself, because its time to live was over. Nothing in a record proves that. */
  readonly expired: boolean;
  /**
   * About when it was written, in milliseconds since 1970, with a fraction where the stream counts microseconds; absent if the
   * record does not say. Kinesis streams give records more than once and not always in order: the later one counts.
   */
  readonly approximateCreationTime?: number;
}

/**
 * Opens a record of a stream: of DynamoDB Streams, as Lambda gives it or `GetRecords` of `@aws-sdk/client-dynamodb-streams`; or of
 * Kinesis Data Streams for DynamoDB, as Lambda gives it, `GetRecords` of `@aws-sdk/client-kinesis`, or its data, parsed. Both items
 * of a record are opened in one go. Of tables that are not among those given, items are returned as they are stored, as the plugin
 * lets them pass.
 *
 * What a record says beside its items is not verified: what happened, when, and the key where there is no item.
 *
 * @param tables - as {@link encryptedTables} takes them
 * @param record - any view: keys only, the old item, the new one, or both
 * @throws MalformedInputError `MALFORMED_DYNAMODB_RESPONSE` for what is not a record, and for one without an item that its view
 * promises; `MALFORMED_ATTRIBUTE`
 * @throws AuthenticationError `RECORD_MISMATCH` for an item of another key than the record's; and as
 * {@link ItemEncryptor.decryptItem}, with `itemIndex` 0 for the old item and 1 for the new one
 * @throws UsageError `INVALID_ARGUMENT` where neither the record nor `tableName` says which table it is, or they differ
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, toDynamoJson } from 'fieldseal'
 * import { openStreamRecord } from 'fieldseal/tables'
 *
 * const customers = {
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName: 'key-1',
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   }),
 * } as const
 * const stored = await new ItemEncryptor(customers).encryptDocument({
 *   customer_id: 'c-1',
 *   ssn: '078-05-1120',
 * })
 * // As Lambda gives it.
 * const record = {
 *   eventName: 'INSERT',
 *   eventSourceARN:
 *     'arn:aws:dynamodb:eu-central-1:111122223333:table/prod-customers/stream/2026-01-01T00:00:00.000',
 *   dynamodb: {
 *     Keys: { customer_id: { S: 'c-1' } },
 *     NewImage: JSON.parse(toDynamoJson(stored.item)) as object,
 *     SequenceNumber: '111',
 *     StreamViewType: 'NEW_AND_OLD_IMAGES',
 *   },
 * }
 *
 * const change = await openStreamRecord({ 'prod-customers': customers }, record)
 * console.log(change.eventName, change.oldItem, change.newItem?.ssn)
 * // → INSERT undefined { S: '078-05-1120' }
 * ```
 */
export async function openStreamRecord(
  tables: Tables,
  record: object,
  options: OpenStreamRecordOptions = {},
): Promise<StreamChange> {
  const { tableName, signal } = readOptions(options, { tableName: COPY, signal: KEEP });
  const opening = signalOf(signal);
  const all = readTables(tables);
  const [outcome] = await openStreamRecords(all, [record], tableName, opening);
  if (isFailure(outcome!)) throw outcome.error;
  return outcome!;
}

/** A record that was read, and its place among those given. */
interface Placed {
  readonly place: number;
  readonly record: StreamRecord;
}

/** Opens records, those of a table in one crossing. Each has an outcome of its own. */
export async function openStreamRecords(
  tables: EncryptedTableMap,
  given: readonly unknown[],
  tableName: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Outcome<StreamChange>[]> {
  const outcomes = new Array<Outcome<StreamChange>>(given.length);
  const ofTables = new Map<EncryptedTable, Placed[]>();
  for (const [place, one] of given.entries()) {
    try {
      const record = readStreamRecord(one);
      const table = tableOf(tables, record, tableName);
      if (!table) outcomes[place] = streamChange(record, record, undefined);
      else {
        mustHaveKeys('stream record', table, record.keys);
        const placed = ofTables.get(table) ?? [];
        placed.push({ place, record });
        ofTables.set(table, placed);
      }
    } catch (error) {
      outcomes[place] = { error: error as FieldsealError };
    }
  }
  await Promise.all(
    Array.from(ofTables, async ([table, placed]) => {
      const changes = placed.map(({ record }) => record);
      for (const [i, opened] of (await openChanges(table, changes, signal)).entries()) {
        const { place, record } = placed[i]!;
        outcomes[place] = isFailure(opened) ? opened : streamChange(record, opened, table);
      }
    }),
  );
  return outcomes;
}

/** The table that a record is of; `undefined` for one that is not encrypted. */
function tableOf(
  tables: EncryptedTableMap,
  { tableName: own }: StreamRecord,
  told: string | undefined,
): EncryptedTable | undefined {
  if (own === undefined && told === undefined) {
    const problem = 'the record does not say which table it is of';
    throw usage('INVALID_ARGUMENT', problem, 'Give the option tableName.');
  }
  const table = tables.find(told ?? own);
  if (own === undefined || told === undefined || tables.find(own) === table) return table;
  const problem = 'tableName is another table than the record says that it is of';
  throw usage('INVALID_ARGUMENT', problem, 'Leave tableName out for records that say it.');
}

function streamChange(
  { eventName, expired, approximateCreationTime }: StreamRecord,
  { keys, oldItem, newItem }: ItemChange,
  table: EncryptedTable | undefined,
): StreamChange {
  return {
    eventName,
    ...(table && { table: table.name }),
    keys,
    ...(oldItem && { oldItem }),
    ...(newItem && { newItem }),
    expired,
    ...(approximateCreationTime !== undefined && { approximateCreationTime }),
  };
}
