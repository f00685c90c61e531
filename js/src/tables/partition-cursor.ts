/** Where a query of many partitions is, as text that another process can go on from. */

import { usage } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { fromDynamoJson, toDynamoJson } from '../items/dynamo-json.js';
import { fromBase64, toBase64 } from '../util/base64.js';
import { isPlainObject } from '../util/plain-object.js';
import { utf8Decoder, utf8Encoder } from '../util/utf8.js';

/** Where a query of one partition is. */
export interface Place {
  /** The ExclusiveStartKey of the page that it is in; `undefined` for the first one. */
  readonly start: AttributeMap | undefined;
  /** How many items of that page have been given. */
  readonly given: number;
  /** The key of the last one of them. */
  readonly last?: AttributeMap | undefined;
  /** The Limit of that page. */
  readonly limit?: number | undefined;
  /** Whether there is nothing behind them. */
  readonly ended: boolean;
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

/** The places as text. */
export function writeCursor(places: readonly Place[]): string {
  const key = (attributes: AttributeMap | undefined) => attributes && toDynamoJson(attributes);
  const written = places.map(({ start, given, last, limit, ended }): Written | 0 => {
    if (ended) return 0;
    return given === 0
      ? { start: key(start) }
      : { start: key(start), given, last: key(last), limit };
  });
  return toBase64(utf8Encoder().encode(JSON.stringify({ fieldseal: 1, partitions: written })));
}

/**
 * Reads them; of a query that begins, without text.
 *
 * @throws UsageError `INVALID_ARGUMENT` for what {@link writeCursor} has not written for as many partitions
 */
export function readCursor(text: string | undefined, partitions: number): Place[] {
  if (text === undefined) return Array.from({ length: partitions }, () => BEGINNING);
  const places = parsed(text);
  if (places?.length === partitions) return places;
  throw usage(
    'INVALID_ARGUMENT',
    'the cursor is not one of such a query',
    'Give a cursor as it came, with the query, and the table, that it came from.',
  );
}

function parsed(text: string): Place[] | undefined {
  try {
    const bytes = fromBase64(text);
    const cursor: unknown = bytes && JSON.parse(utf8Decoder().decode(bytes));
    if (!isPlainObject(cursor) || cursor['fieldseal'] !== 1) return undefined;
    const { partitions } = cursor as { partitions?: unknown };
    if (!Array.isArray(partitions)) return undefined;
    const places = partitions.map(place);
    return places.includes(undefined) ? undefined : (places as Place[]);
  } catch {
    return undefined;
  }
}

function place(written: unknown): Place | undefined {
  if (written === 0) return ENDED;
  if (!isPlainObject(written)) return undefined;
  const { start, given = 0, last, limit } = written as Written;
  const isCount = (count: number) => Number.isSafeInteger(count) && count >= 0;
  if (!isCount(given) || !isCount(limit ?? 0)) return undefined;
  const key = (text: string | undefined) => (text === undefined ? undefined : fromDynamoJson(text));
  return { start: key(start), given, last: key(last), limit, ended: false };
}
