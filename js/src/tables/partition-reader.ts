/** The query of one partition: its pages, one after another. */

import type { AttributeMap } from '../items/attribute-value.js';
import { toDynamoJson } from '../items/dynamo-json.js';
import { searchRequest, type SearchRequest } from '../search/request.js';
import { ownValue } from '../util/plain-object.js';
import { send } from './aws-client.js';
import type { Input } from './call.js';
import { keyOf } from './form.js';
import { compareKeys } from './key-order.js';
import { malformed, mapOf, mapsOf } from './members.js';
import { query } from './operations/query-and-scan.js';
import { BEGINNING, ENDED, type Place } from './partition-cursor.js';
import { keyText } from './record-key.js';
import type { Client, Output } from './sdk.js';
import { inTable, type EncryptedTable, type EncryptedTableMap } from './table.js';

/** What the queries of all partitions have in common. */
export interface Querying {
  readonly client: Client;
  readonly tables: EncryptedTableMap;
  readonly table: EncryptedTable;
  /** The attribute by which items are in order; `undefined`: they are in none. */
  readonly sortKey: string | undefined;
  readonly backwards: boolean;
}

/** What DynamoDB is asked for, as text: by the key condition, and by the filter. */
export interface AskedFor {
  readonly keys: string;
  readonly filter: string;
}

/** The query of one partition. */
export class PartitionReader {
  /** Whether it finds what another partition asks for, too, so that DynamoDB must not look through it by beacons. */
  withoutFilter = false;
  /** Opened items that have not been given. */
  #items: AttributeMap[] = [];
  #place: Place;
  /** Where the next page begins; `undefined` with `#last`: there is none. */
  #next: AttributeMap | undefined;
  #last = false;

  constructor(
    readonly how: Querying,
    readonly request: Input,
    place: Place,
  ) {
    this.#place = place;
    this.#next = place.start;
    this.#last = place.ended;
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
    this.#place = { ...this.#place, given: this.#place.given + 1, last: this.#lastOf(item) };
    return item;
  }

  /** Has nothing to give: another one gives it. */
  end(): void {
    this.#last = true;
  }

  /** Whether its next item comes before that of another one. */
  isBefore({ head }: PartitionReader): boolean {
    return this.#order(this.head, head) < 0;
  }

  /** Negative where `one` comes before `other`. Without a sort key all are equal; those that lack it come last. */
  #order(one: AttributeMap | undefined, other: AttributeMap | undefined): number {
    const { sortKey, backwards } = this.how;
    if (sortKey === undefined) return 0;
    const [a, b] = [one, other].map((item) => item && ownValue(item, sortKey));
    if (!a || !b) return Number(!a) - Number(!b);
    return backwards ? compareKeys(b, a) : compareKeys(a, b);
  }

  /** What a cursor says of an item. A sort key is not encrypted. */
  #lastOf(item: AttributeMap): AttributeMap {
    const { table, sortKey } = this.how;
    const sorted = sortKey === undefined ? undefined : ownValue(item, sortKey);
    return { ...keyOf(table, item), ...(sorted && { [sortKey!]: sorted }) };
  }

  /** What it asks DynamoDB for. */
  async asksFor(signal: AbortSignal): Promise<AskedFor> {
    const { table } = this.how;
    const { searched, name } = table;
    try {
      const sent: SearchRequest = searched
        ? await searchRequest(searched, 'Query', this.request, signal)
        : this.request;
      return {
        keys: asText(sent, 'KeyConditionExpression'),
        filter: asText(sent, 'FilterExpression'),
      };
    } catch (error) {
      throw inTable(error, name);
    }
  }

  async readPage(signal: AbortSignal): Promise<this> {
    const { client, tables } = this.how;
    const start = this.#next;
    // The page that a cursor is in is that of the query that it came from.
    const resumed = this.#place.given > 0 && start === this.#place.start;
    const Limit = resumed ? this.#place.limit : (this.request['Limit'] as number | undefined);
    const input = { ...this.request, Limit, ...(start ? { ExclusiveStartKey: start } : {}) };
    const handling = await query(input, { tables, signal, updates: undefined });
    const sent = handling?.input ?? input;
    const asked = this.withoutFilter ? unfiltered(sent) : sent;
    const output = await send<Output>(client, 'QueryCommand', asked, signal);
    const opened = (await handling?.output?.(output)) ?? output;
    const items = mapsOf<AttributeMap>(opened, 'Items');
    const given = resumed ? this.#givenOf(items) : 0;
    this.#items = items.slice(given);
    this.#place = { ...(resumed ? this.#place : BEGINNING), start, given, limit: Limit };
    this.#next = mapOf<AttributeMap>(output, 'LastEvaluatedKey');
    if (start && this.#next && toDynamoJson(start) === toDynamoJson(this.#next)) {
      throw malformed('LastEvaluatedKey is the ExclusiveStartKey, so that pages would never end');
    }
    this.#last = this.#next === undefined;
    return this;
  }

  /** How many items of a page had been given: up to the last one. Others may have been written or deleted since. */
  #givenOf(items: readonly AttributeMap[]): number {
    const { last } = this.#place;
    if (last === undefined) return 0;
    const { table, sortKey } = this.how;
    const key = keyText(table, last);
    const at = items.findIndex((item) => keyText(table, item) === key);
    if (at >= 0) return at + 1;
    // It is gone. What comes before it in the order was given; without one, the page is given again, so that nothing is lost.
    if (sortKey === undefined || !ownValue(last, sortKey)) return 0;
    const later = items.findIndex((item) => this.#order(item, last) >= 0);
    return later < 0 ? items.length : later;
  }
}

/** An expression with the values that it uses. */
function asText(sent: SearchRequest, name: 'KeyConditionExpression' | 'FilterExpression'): string {
  const expression = sent[name] ?? '';
  const values = sent.ExpressionAttributeValues ?? {};
  const used = expression.match(/:\w+/g) ?? [];
  return `${expression} ${used.map((value) => toDynamoJson({ of: ownValue(values, value)! })).join()}`;
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
