/** Partial batch responses: what a Lambda function returns when it could not handle all of a stream's batch. */

import { wrong } from '../../errors.js';
import { isFailure } from '../../items/batch.js';
import { tell } from '../../util/observe.js';
import { KEEP, readOptions } from '../../util/options.js';
import { isArray, isPlainObject } from '../../util/plain-object.js';
import { signalOf, type CallOptions } from '../../util/signal.js';
import { readTables, type Tables } from '../table.js';
import { openStreamRecords, type StreamChange } from './open-stream-record.js';
import { malformed, membersOf } from './read.js';

/**
 * Options of {@link processStreamEvent}.
 *
 * @example
 * ```ts
 * import type { ProcessStreamEventOptions } from 'fieldseal/tables'
 *
 * const options: ProcessStreamEventOptions = { onError: (error) => console.error(error) }
 * console.log(Object.keys(options)) // → [ 'onError' ]
 * ```
 */
export interface ProcessStreamEventOptions<R extends object = object> extends CallOptions {
  /**
   * Is told why a record could not be opened or handled, with the record as it came: Lambda learns only that it failed, so that
   * nobody else says it. It is not waited for, and what it throws is dropped.
   */
  readonly onError: (error: unknown, record: R) => void;
}

/** What a Lambda function returns to say what of a batch it did not handle; see {@link processStreamEvent}. */
export interface StreamEventResponse {
  /** The first record that failed, by its sequence number; of each shard, where records are of several. Empty if all were handled. */
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/**
 * Handles an event that Lambda gives for DynamoDB Streams or Kinesis Data Streams for DynamoDB: opens its records, all in one go,
 * and calls `onRecord` for each, in order. At the first record that cannot be opened, or for which `onRecord` fails, it stops, since
 * a stream's records are handled in order, and returns what Lambda needs to give that one and all after it again.
 *
 * **The event source mapping must have `FunctionResponseTypes: ['ReportBatchItemFailures']`.** Without it, Lambda takes every response
 * for a success, and what failed is lost. A record that never opens holds up its shard until `MaximumRetryAttempts` or
 * `MaximumRecordAgeInSeconds` is reached: set one, and an `OnFailure` destination. With `BisectBatchOnFunctionError`, Lambda divides
 * the batch at the record that is returned.
 *
 * Lambda may give a record more than once: `onRecord` has to bear that.
 *
 * @param tables - as {@link encryptedTables} takes them
 * @param event - as Lambda gives it
 * @param onRecord - handles a change; what it returns is waited for. It gets the record as it came, too
 * @throws UsageError as {@link encryptedTables}; MalformedInputError `MALFORMED_DYNAMODB_RESPONSE` for an event that is not of a
 * stream, or whose records lack sequence numbers. Then, as when the signal aborts, Lambda gives the whole batch again
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, toDynamoJson } from 'fieldseal'
 * import { processStreamEvent } from 'fieldseal/tables'
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
 * // The Lambda function.
 * const handler = (event: { Records: object[] }) =>
 *   processStreamEvent(
 *     { 'prod-customers': customers },
 *     event,
 *     ({ eventName, newItem }) => console.log(eventName, newItem?.ssn?.S),
 *     { onError: (error) => console.log(String(error).split(':')[0]) },
 *   )
 *
 * // What Lambda gives it.
 * const { item } = await new ItemEncryptor(customers).encryptDocument({
 *   customer_id: 'c-1',
 *   ssn: '078-05-1120',
 * })
 * const record = (SequenceNumber: string, city?: string) => ({
 *   eventName: 'INSERT',
 *   eventSourceARN:
 *     'arn:aws:dynamodb:eu-central-1:111122223333:table/prod-customers/stream/2026-01-01T00:00:00.000',
 *   dynamodb: {
 *     Keys: { customer_id: { S: 'c-1' } },
 *     NewImage: { ...(JSON.parse(toDynamoJson(item)) as object), ...(city && { city: { S: city } }) },
 *     SequenceNumber,
 *     StreamViewType: 'NEW_IMAGE',
 *   },
 * })
 * console.log(await handler({ Records: [record('111'), record('222', 'Lisbon'), record('333')] }))
 * // → INSERT 078-05-1120
 * // → AuthenticationError
 * // → { batchItemFailures: [ { itemIdentifier: '222' } ] }
 * ```
 */
export async function processStreamEvent<R extends object>(
  tables: Tables,
  event: { readonly Records: readonly R[] },
  onRecord: (change: StreamChange, record: R) => unknown,
  options: ProcessStreamEventOptions<R>,
): Promise<StreamEventResponse> {
  const given = readOptions(options, { onError: KEEP, signal: KEEP });
  const { onError } = given;
  const signal = signalOf(given.signal);
  if (typeof onError !== 'function') throw wrong('onError', 'a function', onError);
  if (typeof onRecord !== 'function') throw wrong('onRecord', 'a function', onRecord);
  const all = readTables(tables);
  const records = recordsOf(event);
  // Before anything is handled: what has no number could not be said to have failed.
  const places = records.map(placeOf);
  const changes = await openStreamRecords(all, records, undefined, signal);
  const failed = new Map<string, string>();
  for (const [i, record] of records.entries()) {
    const { shard, sequenceNumber } = places[i]!;
    if (failed.has(shard)) continue;
    signal?.throwIfAborted();
    try {
      const change = changes[i]!;
      if (isFailure(change)) throw change.error;
      await onRecord(change, record);
    } catch (error) {
      failed.set(shard, sequenceNumber);
      tell(() => onError(error, record), undefined);
    }
  }
  return {
    batchItemFailures: Array.from(failed.values(), (itemIdentifier) => ({ itemIdentifier })),
  };
}

function recordsOf<R>(event: { readonly Records: readonly R[] }): readonly R[] {
  if (isPlainObject(event) && isArray(event.Records)) return event.Records;
  throw malformed('stream record', 'the event has no array Records');
}

/** Where a record is in its stream. All of an event are of one shard; those of Kinesis say of which. */
function placeOf(given: unknown): { readonly shard: string; readonly sequenceNumber: string } {
  const record = membersOf('stream record', 'a record', given);
  const { dynamodb = {}, kinesis, eventID } = record;
  const sequenceNumber =
    kinesis === undefined
      ? membersOf('stream record', 'dynamodb', dynamodb)['SequenceNumber']
      : membersOf('stream record', 'kinesis', kinesis)['sequenceNumber'];
  // Lambda takes the empty one for a failure of the whole batch.
  if (typeof sequenceNumber !== 'string' || sequenceNumber === '') {
    throw malformed('stream record', 'a record of the event has no sequence number');
  }
  const shard = kinesis !== undefined && typeof eventID === 'string' ? eventID.split(':')[0]! : '';
  return { shard, sequenceNumber };
}
