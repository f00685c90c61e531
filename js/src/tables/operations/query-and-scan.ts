/** Query (P7, P13) and Scan (P8, P13). */

import { usage } from '../../errors.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import type { CoreObject } from '../../core/core.js';
import { FOOTER, HEADER } from '../../items/codec/pack.js';
import { needsLooking, searchRequest } from '../../search/request.js';
import type { Handling, Input, Operation } from '../call.js';
import { check } from '../check.js';
import { evaluateKeyCondition, packedRequest, valuesOf } from '../../dynamodb/expressions.js';
import { isKeyValue } from '../form.js';
import { mapsOf } from '../members.js';
import { anotherRecord } from '../record-key.js';
import { openAll, openFound } from '../open.js';
import { inTable, type EncryptedTable } from '../table.js';

/** What both are: they differ in their parameters, which are checked by name. */
const reading =
  (operation: 'Query' | 'Scan'): Operation =>
  async (input, { tables, signal }) => {
    const table = tables.find(input['TableName']);
    if (!table) return undefined;
    check(table, operation, input);
    if (table.searched) return searching(operation, input, table, table.searched, signal);
    return {
      input: wholeItems(input),
      output: async (output) => {
        const items = mapsOf<AttributeMap>(output, 'Items');
        if (items.length === 0) return output;
        if (input['IndexName'] !== undefined) mustBeWhole(table, items);
        const gots = items.map((item, index) => ({ table, item, index }));
        const Items = await openAll(gots, signal);
        mustBeAsked(table, input, Items);
        return { ...output, Items };
      },
    };
  };

export const query = reading('Query');
export const scan = reading('Scan');

/** The same of a table that is searched (P7, P8): written with beacons, and of what is found only what was asked for. */
async function searching(
  operation: 'Query' | 'Scan',
  input: Input,
  table: EncryptedTable,
  searched: CoreObject,
  signal: AbortSignal | undefined,
): Promise<Handling> {
  try {
    const sent = await searchRequest(searched, operation, input, signal);
    if (input['Select'] === 'COUNT') mustCount(searched, input);
    const request = [packedRequest(input), valuesOf(input)] as const;
    return {
      input: { ...wholeItems(input), ...sent },
      output: async (output) => {
        const items = mapsOf<AttributeMap>(output, 'Items');
        if (items.length === 0) return output;
        if (input['IndexName'] !== undefined) mustBeWhole(table, items);
        const Items = await openFound(table, request, items, signal);
        return { ...output, Items, Count: Items.length };
      },
    };
  } catch (error) {
    throw inTable(error, table.name);
  }
}

/** Refuses to have DynamoDB count what has to be looked through. */
function mustCount(searched: CoreObject, input: Input): void {
  if (!needsLooking(searched, input)) return;
  throw usage(
    'TABLE_REQUEST_REFUSED',
    "Select: 'COUNT' would count items that the beacons find and that were not asked for",
    'Leave Select out, and take the Count of the response: it is of the items that were asked for.',
  );
}

/**
 * An index that does not project all attributes returns parts of items, which cannot be verified. Asked for all, a local
 * index fetches them from the table, and of a global one DynamoDB says that it does not have them.
 */
function wholeItems(input: Input): Input {
  const { IndexName, Select, ProjectionExpression } = input;
  if (IndexName === undefined || ProjectionExpression !== undefined) return input;
  if (Select !== undefined && Select !== 'ALL_PROJECTED_ATTRIBUTES') return input;
  return { ...input, Select: 'ALL_ATTRIBUTES' };
}

/** Says of items that an index left something out of what they are; by themselves they look as if they were not encrypted. */
function mustBeWhole(table: EncryptedTable, items: readonly AttributeMap[]): void {
  if (table.readsPlaintext) return;
  if (items.every((item) => Object.hasOwn(item, HEADER) && Object.hasOwn(item, FOOTER))) return;
  const error = usage(
    'TABLE_REQUEST_REFUSED',
    'the index returned items without what is signed, so that they cannot be verified',
    'Let the index project all attributes; or read the keys with a client that has no plugin, and the items from the table.',
  );
  throw inTable(error, table.name);
}

/** Refuses records that a query's key condition does not ask for: they open, too. */
function mustBeAsked(table: EncryptedTable, input: Input, items: readonly AttributeMap[]): void {
  const condition = input['KeyConditionExpression'];
  if (typeof condition !== 'string') return;
  // Names that the condition may have: to hand over all of every item would cost as much as to open it.
  const names = new Set([
    ...(condition.match(/\w+/g) ?? []),
    ...Object.values((input['ExpressionAttributeNames'] as Record<string, string> | null) ?? {}),
  ]);
  const keys = items.map((item) =>
    Object.fromEntries(
      Object.entries(item).filter(([name, value]) => names.has(name) && isKeyValue(value)),
    ),
  );
  if (!evaluateKeyCondition(input, keys).every(Boolean)) throw anotherRecord(table);
}
