/** A query of all partitions of a beacon: several queries side by side, and one sequence of items. */

import { numberOfQueries, searchRequest } from '../search/request.js';
import { wrong } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { toDynamoJson } from '../items/dynamo-json.js';
import { COPY, KEEP, mustBeCount, readOptions } from '../util/options.js';
import { isPlainObject, ownValue } from '../util/plain-object.js';
import { onAbort, signalOf, type CallOptions } from '../util/signal.js';
import { mustBeStrings } from '../util/strings.js';
import { send } from './aws-client.js';
import type { Input } from './call.js';
import { compareKeys } from './key-order.js';
import { query } from './operations/query-and-scan.js';
import { BEGINNING, ENDED, readCursor, writeCursor, type Place } from './partition-cursor.js';
import { requestOf } from './request.js';
import type { Client, Output } from './sdk.js';
import {
  inTable,
  readTables,
  type EncryptedTable,
  type EncryptedTableMap,
  type Tables,
} from './table.js';

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
  /** Goes on behind the last item that came before {@link PartitionItems.cursor} was read. */
  readonly cursor?: string | undefined;
  /**
   * The sort key of the index that is queried: items come in its order, of all partitions. By default that of the table, where no
   * index is named. Items that lack it come last.
   */
  readonly sortKeyName?: string | undefined;
}

/** The items that {@link queryPartitions} finds, opened, each once. */
export interface PartitionItems extends AsyncIterableIterator<AttributeMap> {
  /**
   * Where it is, for {@link QueryPartitionsOptions.cursor}, also of another process: behind the last item that was given.
   * `undefined` when all has been. It has keys of the table in plaintext, and beacons.
   */
  readonly cursor: string | undefined;
}

/**
 * Queries all partitions of a beacon, at most ten at once, and gives what was asked for as one sequence: in the order of the sort key,
 * where that is known, else as it comes. `Limit` is for all items together. The first error ends it. Where two partitions have the
 * same beacon for a value, an item is found in both and given once; not so if a cursor lies between.
 *
 * @param client - any client of AWS's SDK for DynamoDB, with or without the plugin
 * @param input - as `QueryCommand` takes it, without `:aws_dbe_partition`, `ExclusiveStartKey` and `Select`
 * @param tables - as {@link encryptedTables} takes them
 * @throws UsageError `INVALID_ARGUMENT` for a table that is not among them, an input with what it must not have, or a cursor of
 * another query; and as a query does by the plugin
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
  if (!isPlainObject(input)) throw wrong('the input', 'an object', input);
  // What the caller changes meanwhile is not asked for.
  const request = requestOf<Input>(input);
  for (const name of ['ExclusiveStartKey', 'Select', 'AttributesToGet']) {
    if (request[name] !== undefined) throw wrong(name, 'left out', request[name]);
  }
  const limit = request['Limit'];
  if (limit !== undefined) mustBeCount('Limit', limit);
  const values = request['ExpressionAttributeValues'];
  if (isPlainObject(values) && Object.hasOwn(values, PARTITION)) {
    throw wrong(PARTITION, 'left out', ownValue(values as AttributeMap, PARTITION));
  }
  const all = readTables(tables);
  const table = all.find(request['TableName']);
  if (!table) throw wrong('TableName', 'one of the tables', request['TableName']);
  const queries = queriesFor(table, request);
  const readers = readCursor(cursor, queries).map(
    (place, partition) =>
      new PartitionReader(client, all, table, forPartition(request, partition, queries), place),
  );
  const sortKey =
    sortKeyName ?? (request['IndexName'] === undefined ? table.keyNames[1] : undefined);
  return new Items(readers, {
    sortKey,
    backwards: request['ScanIndexForward'] === false,
    limit: limit as number | undefined,
    signal: signalOf(given.signal),
  });
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

/** The query of one partition: its pages, one after another. */
class PartitionReader {
  /** Whether it finds what another partition asks for, too, so that DynamoDB must not look through it by beacons. */
  withoutFilter = false;
  /** Opened items that have not been given. */
  #items: AttributeMap[] = [];
  #place: Place;
  /** Where the next page begins; `undefined` with `#last`: there is none. */
  #next: AttributeMap | undefined;
  #last = false;

  constructor(
    readonly client: Client,
    readonly tables: EncryptedTableMap,
    readonly table: EncryptedTable,
    readonly request: Input,
    place: Place,
  ) {
    this.#place = place;
    this.#next = place.start;
    this.#last = place.ended;
  }

  get #limit(): number | undefined {
    return this.request['Limit'] as number | undefined;
  }

  get place(): Place {
    if (this.#items.length > 0) return this.#place;
    if (this.#last) return ENDED;
    // A page that was given as a whole need not be read again.
    return this.#next === this.#place.start ? this.#place : { ...BEGINNING, start: this.#next };
  }

  /** Whether a page has to be read before it is known what comes next. */
  get needsPage(): boolean {
    return this.#items.length === 0 && !this.#last;
  }

  /** The item that comes next. */
  get head(): AttributeMap | undefined {
    return this.#items[0];
  }

  take(): AttributeMap | undefined {
    const item = this.#items.shift();
    if (!item) return undefined;
    this.#place = { ...this.#place, given: this.#place.given + 1, last: this.#keyOf(item) };
    return item;
  }

  /** Has nothing to give: another one gives it. */
  end(): void {
    this.#last = true;
  }

  #keyOf(item: AttributeMap): AttributeMap {
    return Object.fromEntries(this.table.keyNames.map((name) => [name, ownValue(item, name)!]));
  }

  async readPage(signal: AbortSignal): Promise<this> {
    const start = this.#next;
    // The page that a cursor is in is that of the query that it came from.
    const resumed = this.#place.given > 0 && start === this.#place.start;
    const Limit = resumed ? this.#place.limit : this.#limit;
    const input = { ...this.request, Limit, ...(start ? { ExclusiveStartKey: start } : {}) };
    const handling = await query(input, { tables: this.tables, signal, updates: undefined });
    const sent = handling?.input ?? input;
    const asked = this.withoutFilter ? unfiltered(sent) : sent;
    const output = await send<Output>(this.client, 'QueryCommand', asked, signal);
    const opened = (await handling?.output?.(output)) ?? output;
    const items = (ownValue(opened, 'Items') ?? []) as AttributeMap[];
    const given = resumed ? this.#givenOf(items) : 0;
    this.#items = items.slice(given);
    this.#place = { ...(resumed ? this.#place : BEGINNING), start, given, limit: Limit };
    this.#next = ownValue(output, 'LastEvaluatedKey') as AttributeMap | undefined;
    this.#last = this.#next === undefined;
    return this;
  }

  /** How many items of a page had been given: up to the last one. Others may have been written or deleted since. */
  #givenOf(items: readonly AttributeMap[]): number {
    const { given, last } = this.#place;
    if (last === undefined) return 0;
    const key = toDynamoJson(last);
    const at = items.findIndex((item) => toDynamoJson(this.#keyOf(item)) === key);
    return at < 0 ? Math.min(given - 1, items.length) : at + 1;
  }
}

/** The request without its filter, and without what only the filter needs. */
function unfiltered(sent: Input): Input {
  const { FilterExpression: _, ...others } = sent;
  const rest: Record<string, unknown> = others;
  const expressions = [others['KeyConditionExpression'], others['ProjectionExpression']];
  const used = new Set(expressions.join(' ').match(/[#:]\w+/g));
  for (const name of ['ExpressionAttributeNames', 'ExpressionAttributeValues']) {
    const entries = Object.entries(rest[name] ?? {}).filter(([placeholder]) =>
      used.has(placeholder),
    );
    rest[name] = entries.length > 0 ? Object.fromEntries(entries) : undefined;
  }
  return rest;
}

interface Merging {
  readonly sortKey: string | undefined;
  readonly backwards: boolean;
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

  constructor(readers: readonly PartitionReader[], how: Merging) {
    this.#readers = readers;
    this.#how = how;
    this.#items = this.#all();
    this.#ended.catch(() => undefined);
  }

  get cursor(): string | undefined {
    const places = this.#readers.map(({ place }) => place);
    return places.every(({ ended }) => ended) ? undefined : writeCursor(places);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<AttributeMap, undefined>> {
    return this.#items.next();
  }

  return(): Promise<IteratorResult<AttributeMap, undefined>> {
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
      await this.#findTwins();
      for (;;) {
        if (limit !== undefined && this.#given >= limit) return;
        const reader = await this.#nextReader();
        const item = reader?.take();
        if (!item) return;
        this.#given++;
        yield item;
      }
    } finally {
      signal?.removeEventListener('abort', end);
      this.#ending.abort();
    }
  }

  /**
   * Beacons are short: partitions may ask DynamoDB for the same, and one of them gives it then. Their filters may differ; what was
   * asked for is told when the items are open.
   */
  async #findTwins(): Promise<void> {
    if (this.#readers.length === 1) return;
    const asked = new Map<string, { reader: PartitionReader; filter: string }>();
    for (const reader of this.#readers) {
      const { keys, filter } = await asks(reader, this.#ending.signal);
      const twin = asked.get(keys);
      if (!twin) {
        asked.set(keys, { reader, filter });
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
      if (known && (ready.length > 0 || waiting.length === 0)) return this.#first(ready);
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
    // A signal of its own: hosts warn of one that many requests listen to.
    const page = new AbortController();
    const listening = onAbort(this.#ending.signal, () => page.abort(this.#ending.signal.reason));
    try {
      return await reader.readPage(page.signal);
    } catch (error) {
      // The others end with it.
      this.#ending.abort(error);
      throw error;
    } finally {
      listening();
      this.#pages.delete(reader);
    }
  }

  #first(ready: readonly PartitionReader[]): PartitionReader | undefined {
    const { sortKey, backwards } = this.#how;
    if (sortKey === undefined) return ready[0];
    const key = ({ head }: PartitionReader) => ownValue(head!, sortKey);
    return ready.reduce((first: PartitionReader | undefined, reader) => {
      const [one, other] = [first && key(first), key(reader)];
      if (!first || !one) return reader;
      if (!other) return first;
      const order = compareKeys(other, one);
      return (backwards ? order > 0 : order < 0) ? reader : first;
    }, undefined);
  }
}

/** What DynamoDB is asked for, as text: by the key condition, and by the filter. */
async function asks({ table, request }: PartitionReader, signal: AbortSignal) {
  const sent = table.searched && (await searchRequest(table.searched, 'Query', request, signal));
  const values = sent?.ExpressionAttributeValues ?? {};
  const asked = (expression = '') => {
    const used = expression.match(/:\w+/g) ?? [];
    return `${expression} ${used.map((name) => toDynamoJson({ of: ownValue(values, name)! })).join()}`;
  };
  return { keys: asked(sent?.KeyConditionExpression), filter: asked(sent?.FilterExpression) };
}
