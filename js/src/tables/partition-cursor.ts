/** Where a query of many partitions is, as text that another process can go on from. */

import { usage } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { fromDynamoJson, toDynamoJson } from '../items/dynamo-json.js';
import { fromBase64, toBase64 } from '../util/base64.js';
import { isPlainObject } from '../util/plain-object.js';
import { utf8Decoder, utf8Encoder } from '../util/utf8.js';
import { webCrypto } from '../util/web-crypto.js';

/** Where a query of one partition is. */
export interface Place {
  /** The ExclusiveStartKey of the page that it is in; `undefined` for the first one. */
  readonly start: AttributeMap | undefined;
  /** How many items of that page have been given. */
  readonly given: number;
  /** The last one of them: the attributes of its key, and of the sort key where there is an order. */
  readonly last?: AttributeMap | undefined;
  /** The Limit of that page. */
  readonly limit?: number | undefined;
  /** Whether there is nothing behind them. */
  readonly ended: boolean;
}

/** What a cursor says. */
export interface Cursor {
  /** Where the query of each partition is. */
  readonly places: readonly Place[];
  /** Which query it is of: its {@link fingerprintOf}, where there is one. */
  readonly query: string | undefined;
}

/** Where a query begins. */
export const BEGINNING: Place = { start: undefined, given: 0, ended: false };
/** Where it ends. */
export const ENDED: Place = { ...BEGINNING, ended: true };

/** A place as it is written; what is `undefined` is left out. */
interface Written {
  readonly start?: string | undefined;
  readonly given?: number | undefined;
  readonly last?: string | undefined;
  readonly limit?: number | undefined;
}

/** Enough for no two queries to have the same. */
const FINGERPRINT_BYTES = 12;

/**
 * What tells one query from others. It is a plain hash, for whoever holds a cursor: give it nothing that could be guessed and that
 * DynamoDB does not see. `undefined` where the host has no WebCrypto.
 */
export async function fingerprintOf(request: readonly unknown[]): Promise<string | undefined> {
  const bytes = utf8Encoder().encode(JSON.stringify(request));
  const digest = await webCrypto()?.digest('SHA-256', bytes);
  return digest && toBase64(new Uint8Array(digest, 0, FINGERPRINT_BYTES));
}

/** The cursor as text. */
export function writeCursor({ places, query }: Cursor): string {
  const key = (attributes: AttributeMap | undefined) => attributes && toDynamoJson(attributes);
  const partitions = places.map(({ start, given, last, limit, ended }): Written | 0 => {
    if (ended) return 0;
    return given === 0
      ? { start: key(start) }
      : { start: key(start), given, last: key(last), limit };
  });
  return toBase64(utf8Encoder().encode(JSON.stringify({ fieldseal: 1, query, partitions })));
}

/**
 * Reads it; that of a query that begins, without text.
 *
 * @throws UsageError `INVALID_ARGUMENT` for what {@link writeCursor} has not written for as many partitions
 */
export function readCursor(text: string | undefined, partitions: number): Cursor {
  if (text === undefined) {
    return { places: Array.from({ length: partitions }, () => BEGINNING), query: undefined };
  }
  const cursor = parsed(text);
  if (cursor?.places.length === partitions) return cursor;
  throw ofAnother();
}

/** The error of a cursor that is not one of the query. */
export function ofAnother() {
  return usage(
    'INVALID_ARGUMENT',
    'the cursor is not one of this query',
    'Give a cursor as it came, with the query, and the configuration of the table, that it came from.',
  );
}

function parsed(text: string): Cursor | undefined {
  try {
    const bytes = fromBase64(text);
    const cursor: unknown = bytes && JSON.parse(utf8Decoder().decode(bytes));
    if (!isPlainObject(cursor) || cursor['fieldseal'] !== 1) return undefined;
    const { query, partitions } = cursor;
    if (query !== undefined && typeof query !== 'string') return undefined;
    if (!Array.isArray(partitions)) return undefined;
    const places = partitions.map(place);
    return places.includes(undefined) ? undefined : { places: places as Place[], query };
  } catch {
    return undefined;
  }
}

function place(written: unknown): Place | undefined {
  if (written === 0) return ENDED;
  if (!isPlainObject(written)) return undefined;
  const { start, given = 0, last, limit } = written as Written;
  const key = (text: string | undefined) => (text === undefined ? undefined : fromDynamoJson(text));
  const at = { ...BEGINNING, start: key(start) };
  if (given === 0) return last === undefined && limit === undefined ? at : undefined;
  const isCount = (count: number) => Number.isSafeInteger(count) && count >= 1;
  if (!isCount(given) || !(limit === undefined || isCount(limit)) || last === undefined)
    return undefined;
  return { ...at, given, last: key(last), limit };
}
