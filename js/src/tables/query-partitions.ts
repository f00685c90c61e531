/** A query of all partitions of a beacon: several queries side by side, and one sequence of items. */

import { numberOfQueries } from '../search/request.js';
import { usage, wrong } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { COPY, KEEP, mustBeCount, readOptions } from '../util/options.js';
import { isPlainObject, ownValue } from '../util/plain-object.js';
import { signalOf, type CallOptions } from '../util/signal.js';
import { mustBeStrings } from '../util/strings.js';
import { mustBeClient } from './aws-client.js';
import type { Input } from './call.js';
import { check } from './check.js';
import { withOwnSignal } from './own-signal.js';
import { fingerprintOf, ofAnother, readCursor, writeCursor } from './partition-cursor.js';
import { PartitionReader, type AskedFor, type Querying } from './partition-reader.js';
import { requestOf } from './request.js';
import type { Client } from './sdk.js';
import { inTable, readTables, type EncryptedTable, type Tables } from './table.js';

/** How many queries are sent at once. */
const AT_ONCE = 10;
/** The value of a query that says which partition it is for. */
const PARTITION = ':aws_dbe_partition';

/**
 * Options of {@link queryPartitions}.
 *
 * @example
 * ```ts
 * import type { QueryPartitionsOptions } from 'fieldseal/tables'
 *
 * // The index is sorted by this attribute: items come in its order, whatever partition they are in.
 * const options: QueryPartitionsOptions = {
 *   sortKeyName: 'placed_at',
 *   signal: AbortSignal.timeout(30_000),
 * }
 * console.log(options.sortKeyName) // → placed_at
 * ```
 */
export interface QueryPartitionsOptions extends CallOptions {
  /**
   * Goes on behind the last item that came before {@link PartitionItems.cursor} was read. The query is the same then, but for `Limit`. If
   * that item has been deleted since, others of its page may come again: of those with its sort key, or, without `sortKeyName`, all.
   */
  readonly cursor?: string | undefined;
  /**
   * The sort key of the index that is queried: items come in its order, of all partitions. By default that of the table, where no
   * index is named; of an index without it, items come in no order. It cannot be a beacon, which items lack when they are open.
   */
  readonly sortKeyName?: string | undefined;
}

/** The items that {@link queryPartitions} finds, opened, each once. */
export interface PartitionItems extends AsyncIterableIterator<AttributeMap> {
  /**
   * Where it is, for {@link QueryPartitionsOptions.cursor}, also of another process: behind the last item that was given.
   * `undefined` when all has been. It has keys of the table and of the index as DynamoDB has them, beacons for example, and a hash of
   * the request that DynamoDB gets; nothing of what is encrypted.
   */
  readonly cursor: string | undefined;
}

/**
 * Queries all partitions of a beacon, at most ten at once, and gives what was asked for as one sequence: in the order of the sort key,
 * where that is known, else as it comes. `Limit` is for all items together. The first error ends it. Where two partitions have the
 * same beacon for a value, an item is found in both and given once.
 *
 * Each call reads `tables` anew: beacon keys are fetched for each, unless `search.keySource` has a `cache` and a `partitionId`.
 *
 * @param client - any client of AWS's SDK for DynamoDB, with or without the plugin
 * @param input - as `QueryCommand` takes it, without `:aws_dbe_partition`, `ExclusiveStartKey` and `Select`
 * @param tables - as {@link encryptedTables} takes them
 * @throws UsageError `INVALID_ARGUMENT` for a table that is not among them, an input with what it must not have, or a `sortKeyName`
 * that items lack. From `next()`: the same for a cursor of another query, by what DynamoDB is asked for, where the host has
 * WebCrypto; and whatever a query by the plugin throws
 *
 * @example
 * ```ts
 * import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
 * import { awsKmsHierarchicalKeyring, staticKeyStore } from 'fieldseal'
 * import { encryptedTables, queryPartitions, standardBeacon } from 'fieldseal/tables'
 *
 * const keyStore = staticKeyStore([
 *   {
 *     branchKeyId: 'visits',
 *     version: crypto.randomUUID(),
 *     branchKey: crypto.getRandomValues(new Uint8Array(32)),
 *     beaconKey: crypto.getRandomValues(new Uint8Array(32)),
 *   },
 * ])
 * const tables = {
 *   'example-visits': {
 *     logicalTableName: 'visits',
 *     partitionKeyName: 'id',
 *     attributeActions: { id: 'SIGN_ONLY', at: 'SIGN_ONLY', city: 'ENCRYPT_AND_SIGN' },
 *     keyring: awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'visits', ttlSeconds: 600 }),
 *     search: {
 *       keyStore,
 *       keySource: { type: 'single', branchKeyId: 'visits', cacheTtlSeconds: 600 },
 *       standardBeacons: [standardBeacon('city', { length: 8 })],
 *       maximumNumberOfPartitions: 3,
 *     },
 *   },
 * } as const
 * const client = new DynamoDBClient({
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
 * })
 * client.middlewareStack.use(encryptedTables({ tables }))
 * await client.send(
 *   new CreateTableCommand({
 *     TableName: 'example-visits',
 *     BillingMode: 'PAY_PER_REQUEST',
 *     AttributeDefinitions: [
 *       { AttributeName: 'id', AttributeType: 'S' },
 *       { AttributeName: 'aws_dbe_b_city', AttributeType: 'S' },
 *       { AttributeName: 'at', AttributeType: 'N' },
 *     ],
 *     KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
 *     GlobalSecondaryIndexes: [
 *       {
 *         IndexName: 'by-city',
 *         KeySchema: [
 *           { AttributeName: 'aws_dbe_b_city', KeyType: 'HASH' },
 *           { AttributeName: 'at', KeyType: 'RANGE' },
 *         ],
 *         Projection: { ProjectionType: 'ALL' },
 *       },
 *     ],
 *   }),
 * )
 * for (let at = 1; at <= 9; at++) {
 *   const city = at % 3 === 0 ? 'Lisbon' : 'Porto'
 *   const Item = { id: { S: `v-${at}` }, at: { N: String(at) }, city: { S: city } }
 *   await client.send(new PutItemCommand({ TableName: 'example-visits', Item }))
 * }
 *
 * const lisbon = queryPartitions(
 *   client,
 *   {
 *     TableName: 'example-visits',
 *     IndexName: 'by-city',
 *     KeyConditionExpression: 'city = :city',
 *     ExpressionAttributeValues: { ':city': { S: 'Lisbon' } },
 *   },
 *   tables,
 *   { sortKeyName: 'at' },
 * )
 * for await (const visit of lisbon) console.log(visit.id?.S, visit.at?.N)
 * // → v-3 3
 * // → v-6 6
 * // → v-9 9
 * ```
 */
export function queryPartitions(
  client: Client,
  input: object,
  tables: Tables,
  options: QueryPartitionsOptions = {},
): PartitionItems {
  const given = readOptions(options, { cursor: COPY, sortKeyName: COPY, signal: KEEP });
  const { cursor, sortKeyName } = given;
  if (cursor !== undefined) mustBeStrings({ cursor });
  if (sortKeyName !== undefined) mustBeStrings({ sortKeyName });
  mustBeClient('client', client);
  if (!isPlainObject(input)) throw wrong('the input', 'an object', input);
  // What the caller changes meanwhile is not asked for.
  const request = requestOf<Input>(input);
  for (const name of ['ExclusiveStartKey', 'Select', 'AttributesToGet']) {
    if (request[name] !== undefined) throw wrong(name, 'left out', request[name]);
  }
  const { IndexName, Limit: limit } = request;
  if (IndexName !== undefined) mustBeStrings({ IndexName });
  if (limit !== undefined) mustBeCount('Limit', limit);
  const values = request['ExpressionAttributeValues'];
  if (isPlainObject(values) && Object.hasOwn(values, PARTITION)) {
    throw wrong(PARTITION, 'left out', ownValue(values as AttributeMap, PARTITION));
  }
  const all = readTables(tables);
  const table = all.find(request['TableName']);
  if (!table) throw wrong('TableName', 'one of the tables', request['TableName']);
  if (sortKeyName !== undefined) mustBeInItems(table, sortKeyName);
  const how: Querying = {
    client,
    tables: all,
    table,
    sortKey: sortKeyName ?? (IndexName === undefined ? table.keyNames[1] : undefined),
    backwards: request['ScanIndexForward'] === false,
  };
  const queries = queriesFor(table, request);
  const { places, query } = readCursor(cursor, queries);
  const readers = places.map(
    (place, partition) =>
      new PartitionReader(how, forPartition(request, partition, queries), place),
  );
  return new Items(readers, {
    ...how,
    request,
    given: cursor,
    query,
    limit: limit as number | undefined,
    signal: signalOf(given.signal),
  });
}

/** Refuses a sort key by which opened items have no order: what is encrypted was sorted as something else, and beacons are gone. */
function mustBeInItems(table: EncryptedTable, sortKeyName: string): void {
  const action = table.actionOf(sortKeyName);
  if (action !== undefined && action !== 'ENCRYPT_AND_SIGN') return;
  const problem = `sortKeyName is ${action ? 'an encrypted attribute' : 'not an attribute'} of the table, by which items have no order`;
  const next =
    'Name the sort key of the index if it is an attribute in plaintext; else leave it out.';
  throw inTable(usage('INVALID_ARGUMENT', problem, next, sortKeyName), table.name);
}

function queriesFor(table: EncryptedTable, request: Input): number {
  try {
    return table.searched ? numberOfQueries(table.searched, request) : 1;
  } catch (error) {
    throw inTable(error, table.name);
  }
}

function forPartition(request: Input, partition: number, queries: number): Input {
  if (queries === 1) return request;
  const values = request['ExpressionAttributeValues'] as AttributeMap;
  return {
    ...request,
    ExpressionAttributeValues: { ...values, [PARTITION]: { N: String(partition) } },
  };
}

interface Merging extends Querying {
  /** The caller's request. */
  readonly request: Input;
  /** The cursor that was given. */
  readonly given: string | undefined;
  /** Which query it is of. */
  readonly query: string | undefined;
  readonly limit: number | undefined;
  readonly signal: AbortSignal | undefined;
}

class Items implements PartitionItems {
  readonly #readers: readonly PartitionReader[];
  readonly #how: Merging;
  readonly #ending = new AbortController();
  readonly #pages = new Map<PartitionReader, Promise<PartitionReader>>();
  /** Fails when it ends, whatever the client makes of the signal. */
  readonly #ended = new Promise<never>((_, reject) => {
    const { signal } = this.#ending;
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  readonly #items: AsyncGenerator<AttributeMap, undefined, undefined>;
  #given = 0;
  /** Its cursor so long as nothing has been asked. */
  #untouched: string | undefined;
  #query: string | undefined;
  /** The first error of a page; it may be `undefined`. */
  #failure: { readonly error: unknown } | undefined;
  /** Whether the caller wants no more. */
  #returned = false;

  constructor(readers: readonly PartitionReader[], how: Merging) {
    this.#readers = readers;
    this.#how = how;
    this.#untouched = how.given;
    this.#items = this.#all();
    this.#ended.catch(() => undefined);
  }

  get cursor(): string | undefined {
    const places = this.#readers.map(({ place }) => place);
    if (places.every(({ ended }) => ended)) return undefined;
    return this.#untouched ?? writeCursor({ places, query: this.#query });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<AttributeMap, undefined>> {
    return this.#items.next();
  }

  return(): Promise<IteratorResult<AttributeMap, undefined>> {
    this.#returned = true;
    // Requests in flight are of no use any more.
    this.#ending.abort();
    return this.#items.return(undefined);
  }

  async *#all(): AsyncGenerator<AttributeMap, undefined, undefined> {
    const { limit, signal } = this.#how;
    const end = () => this.#ending.abort(signal?.reason);
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end, { once: true });
    try {
      await Promise.race([this.#ended, this.#begin()]);
      for (;;) {
        if (limit !== undefined && this.#given >= limit) return;
        const reader = await this.#nextReader();
        const item = reader?.take();
        if (!item) return;
        this.#given++;
        yield item;
      }
    } catch (error) {
      // Whoever waits for the next item meanwhile is told that there is none.
      if (this.#returned) return;
      throw this.#failure ? this.#failure.error : error;
    } finally {
      signal?.removeEventListener('abort', end);
      this.#ending.abort();
    }
  }

  /** What there is to know before the first page: whether the cursor is of this query, and which partitions ask for the same. */
  async #begin(): Promise<void> {
    const { signal } = this.#ending;
    const { table, request, query } = this.#how;
    signal.throwIfAborted();
    check(table, 'Query', request);
    const asked: AskedFor[] = [];
    for (const reader of this.#readers) asked.push(await reader.asksFor(signal));
    this.#query = await fingerprintOf([identityOf(request), asked]);
    if (query !== undefined && this.#query !== undefined && query !== this.#query)
      throw ofAnother();
    this.#untouched = undefined;
    this.#endTwins(asked);
  }

  /**
   * Beacons are short: partitions may ask DynamoDB for the same, and one of them gives it then. Their filters may differ; what was
   * asked for is told when the items are open.
   */
  #endTwins(asked: readonly AskedFor[]): void {
    const first = new Map<string, { reader: PartitionReader; filter: string }>();
    for (const [i, reader] of this.#readers.entries()) {
      const { keys, filter } = asked[i]!;
      const twin = first.get(keys);
      if (!twin) {
        first.set(keys, { reader, filter });
        continue;
      }
      reader.end();
      if (twin.filter !== filter) twin.reader.withoutFilter = true;
    }
  }

  /** The reader whose item comes next, once that is known. */
  async #nextReader(): Promise<PartitionReader | undefined> {
    for (;;) {
      this.#ending.signal.throwIfAborted();
      const waiting = this.#readers.filter((reader) => reader.needsPage);
      const ready = this.#readers.filter(({ head }) => head !== undefined);
      // In order, an item is next only when all others are known to come later.
      const known = this.#how.sortKey === undefined || waiting.length === 0;
      if (known && (ready.length > 0 || waiting.length === 0)) {
        return ready.reduce(
          (first: PartitionReader | undefined, reader) =>
            first && !reader.isBefore(first) ? first : reader,
          undefined,
        );
      }
      for (const reader of waiting) {
        if (this.#pages.size >= AT_ONCE) break;
        if (this.#pages.has(reader)) continue;
        const page = this.#page(reader);
        // The first error is the one that is thrown.
        page.catch(() => undefined);
        this.#pages.set(reader, page);
      }
      await Promise.race([this.#ended, ...this.#pages.values()]);
    }
  }

  async #page(reader: PartitionReader): Promise<PartitionReader> {
    try {
      return await withOwnSignal(this.#ending.signal, (signal) => reader.readPage(signal));
    } catch (error) {
      // The others end with it.
      if (!this.#ending.signal.aborted) this.#failure = { error };
      this.#ending.abort(error);
      throw error;
    } finally {
      this.#pages.delete(reader);
    }
  }
}

/**
 * What of the caller's request makes it another one, beside what DynamoDB is asked for. Not the values: what is looked at only when
 * items are open must not be guessed from a cursor.
 */
function identityOf(request: Input): unknown[] {
  const names = Object.entries(request['ExpressionAttributeNames'] ?? {}).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const { TableName, IndexName, ScanIndexForward } = request;
  const { KeyConditionExpression, FilterExpression, ProjectionExpression } = request;
  const expressions = [KeyConditionExpression, FilterExpression, ProjectionExpression];
  return [TableName, IndexName, ScanIndexForward !== false, expressions, names];
}
