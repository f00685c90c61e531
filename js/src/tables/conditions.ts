/** The condition that a record is still what was read. */

import { LIMIT_EXCEEDED_ADVICE } from '../generated/codes.js';
import { LimitError } from '../errors.js';
import type { AttributeMap, AttributeValue } from '../items/attribute-value.js';
import { FOOTER } from '../items/codec/pack.js';
import type { EncryptedTable } from './table.js';

/** What a conditional write has of a condition. */
export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>>;
}

/** A comparison and the AND before it are two of the 300 operators that DynamoDB takes. */
const MAX_COMPARISONS = 150;

/**
 * That a record is still the one that was read: it has the same footer, which covers all that is signed, and the same
 * values where nothing is, since UpdateItem may change these without touching the footer. Of a record that was read in
 * plaintext, that it still has no footer, and every value is the same. Of none, that there still is none.
 *
 * @param stored - as it was read, sealed
 * @throws LimitError for more attributes than an expression can compare
 */
export function stillIs(table: EncryptedTable, stored: AttributeMap | undefined): Condition {
  const [partitionKey] = table.keyNames as [string];
  if (stored === undefined) {
    return {
      ConditionExpression: 'attribute_not_exists(#k)',
      ExpressionAttributeNames: { '#k': partitionKey },
    };
  }
  const footer = Object.hasOwn(stored, FOOTER) ? stored[FOOTER] : undefined;
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};
  const terms: string[] = [];
  const term = (name: string, value: AttributeValue | undefined): void => {
    const n = terms.length;
    names[`#f${n}`] = name;
    if (value === undefined) terms.push(`attribute_not_exists(#f${n})`);
    else {
      values[`:f${n}`] = value;
      terms.push(`#f${n} = :f${n}`);
    }
  };
  term(FOOTER, footer);
  for (const name of Object.keys(stored)) {
    if (name === FOOTER || table.keyNames.includes(name)) continue;
    if (footer === undefined || table.actionOf(name) === 'DO_NOTHING') term(name, stored[name]);
  }
  for (const [name, action] of table.actions()) {
    if (action === 'DO_NOTHING' && !Object.hasOwn(stored, name)) term(name, undefined);
  }
  // A record in plaintext that was deleted has no footer, either.
  if (footer === undefined) {
    names['#k'] = partitionKey;
    terms.push('attribute_exists(#k)');
  }
  if (terms.length > MAX_COMPARISONS) {
    throw new LimitError({
      code: 'LIMIT_EXCEEDED',
      message: `${terms.length} attributes that are not signed are more than a condition can compare, ${MAX_COMPARISONS}`,
      next: LIMIT_EXCEEDED_ADVICE,
      table: table.name,
    });
  }
  return {
    ConditionExpression: terms.join(' AND '),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  };
}
