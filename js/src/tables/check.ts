/** What a request on an encrypted table may ask for. */

import { checkRequest } from '../dynamodb/expressions.js';
import type { AttributeMap } from '../items/attribute-value.js';
import type { Input } from './call.js';
import { mustBeAttributeMap, mustComeBack } from './form.js';
import { keysMustFit } from './size.js';
import { inTable, type EncryptedTable } from './table.js';

/** Members of requests that hold attribute values beside items. */
const MAPS = ['Key', 'ExpressionAttributeValues', 'ExclusiveStartKey'] as const;

/** What writes values of expressions. */
const UPDATES: ReadonlySet<string> = new Set(['UpdateItem', 'Update']);

/**
 * Refuses what would fail later, or silently do something else: expressions on attributes that do not allow it, legacy
 * parameters, parts of items.
 *
 * @param operation - its name, or that of an entry of a transaction (`Get`, `Put`, `Update`, `Delete`, `ConditionCheck`)
 * @param part - the request, or what of it is about this table
 * @throws FieldsealError naming the attribute or the parameter
 */
export function check(table: EncryptedTable, operation: string, part: Input): void {
  for (const name of MAPS) mustBeAttributeMap(table, part[name]);
  if (part['Key'] !== undefined) keysMustFit(table, part['Key'] as AttributeMap);
  if (UPDATES.has(operation)) {
    mustComeBack(table, part['ExpressionAttributeValues'] as AttributeMap | undefined);
  }
  try {
    checkRequest(table.rules, operation, part);
  } catch (error) {
    throw inTable(error, table.name);
  }
}
