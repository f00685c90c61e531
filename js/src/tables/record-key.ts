/**
 * Which record an item is. An item's signature says that it is one of the table's, not that it is the one that was asked for: whoever
 * answers for the table could return another record, which opens.
 *
 * @module
 */

import { AuthenticationError } from '../errors.js';
import type { AttributeMap, AttributeValue } from '../items/attribute-value.js';
import { parseDecimal } from '../items/number-value.js';
import { toBase64 } from '../util/base64.js';
import { isArray, isPlainObject, ownValue } from '../util/plain-object.js';
import { windowOf } from '../util/bytes.js';
import type { EncryptedTable } from './table.js';

/** The records that a request is about, by their keys. */
export class Asked {
  readonly #keys: ReadonlySet<string>;

  /** @param items - keys, or items with them, as the caller gave them; without any, no response fits */
  constructor(
    readonly table: EncryptedTable,
    items: unknown,
  ) {
    const given: readonly unknown[] = isArray(items) ? items : [];
    this.#keys = new Set(
      given.filter(isPlainObject).map((item) => keyText(table, item as AttributeMap)),
    );
  }

  /**
   * Returns the item if it is one of them.
   *
   * @param item - opened, so that its key attributes were verified; or a key
   * @throws AuthenticationError `RECORD_MISMATCH`
   */
  mustHave(item: AttributeMap): AttributeMap {
    if (this.#keys.has(keyText(this.table, item))) return item;
    throw anotherRecord(this.table);
  }
}

/** The error of a response about a record that the request was not about. */
export function anotherRecord({ name }: EncryptedTable): AuthenticationError {
  return new AuthenticationError({
    code: 'RECORD_MISMATCH',
    message: 'the response has another record than the one that was asked for',
    next: 'Do not use it; find out what answers for the table.',
    table: name,
  });
}

/** Whether two values of a key are one to DynamoDB. */
export function isSameKeyValue(
  a: AttributeValue | undefined,
  b: AttributeValue | undefined,
): boolean {
  return JSON.stringify(valueText(a)) === JSON.stringify(valueText(b));
}

/** One string for each key: two values that are one to DynamoDB have the same. */
export function keyText(table: EncryptedTable, item: AttributeMap): string {
  return JSON.stringify(table.keyNames.map((name) => valueText(ownValue(item, name))));
}

function valueText(value: AttributeValue | undefined): readonly string[] {
  if (value?.S !== undefined) return ['S', value.S];
  if (value?.N !== undefined) return ['N', decimal(value.N)];
  if (value?.B !== undefined) return ['B', toBase64(windowOf(value.B) ?? value.B)];
  return [];
}

/** One spelling of a decimal number: to DynamoDB `1.0` is `1`. */
function decimal(text: string): string {
  const { negative, digits = '', exponent = 0 } = parseDecimal(text) ?? {};
  if (digits === '') return '0';
  return `${negative ? '-' : ''}${digits}e${exponent}`;
}
