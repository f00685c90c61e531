/** Limits of DynamoDB that a sealed item may exceed although the plain one does not. */

import { LIMIT_EXCEEDED_ADVICE } from '../generated/codes.js';
import { LimitError } from '../errors.js';
import type { AttributeMap, AttributeValue } from '../items/attribute-value.js';
import { parseDecimal } from '../items/number-value.js';
import { ownValue } from '../util/plain-object.js';
import type { EncryptedTable } from './table.js';

/** 400 KB, names included. */
const MAX_ITEM_BYTES = 400 * 1024;
const MAX_KEY_BYTES = [2048, 1024];
/** A map or a list takes three bytes, and each of its members one more. */
const CONTAINER = 3;

/**
 * Refuses an item that DynamoDB would not store: too large, or with keys that are too long.
 *
 * @param item - as it is sent, sealed
 * @throws LimitError `LIMIT_EXCEEDED`
 */
export function mustFit(table: EncryptedTable, item: AttributeMap): void {
  keysMustFit(table, item);
  // Nearly always far below, and then no string need be looked at.
  if (sizeOf(item, (text) => 3 * text.length) <= MAX_ITEM_BYTES) return;
  const size = itemSize(item);
  if (size > MAX_ITEM_BYTES) {
    throw tooLong(
      `the item takes ${size.toLocaleString('en')} bytes as it is stored, more than DynamoDB's ` +
        `${MAX_ITEM_BYTES.toLocaleString('en')}`,
      table,
    );
  }
}

/** Refuses keys that are too long, of an item or alone. */
export function keysMustFit(table: EncryptedTable, item: AttributeMap): void {
  for (const [i, name] of table.keyNames.entries()) {
    const value = ownValue(item, name);
    const max = MAX_KEY_BYTES[i]!;
    const size = value === undefined ? 0 : valueSize(value, utf8Length);
    if (size <= max) continue;
    throw tooLong(
      `the ${i === 0 ? 'partition' : 'sort'} key takes ${size.toLocaleString('en')} bytes, more than DynamoDB's ` +
        max.toLocaleString('en'),
      table,
      name,
    );
  }
}

function tooLong(message: string, { name }: EncryptedTable, attribute?: string): LimitError {
  return new LimitError({
    code: 'LIMIT_EXCEEDED',
    message: attribute === undefined ? message : `${message} (attribute '${attribute}')`,
    next: LIMIT_EXCEEDED_ADVICE,
    table: name,
    ...(attribute === undefined ? {} : { attribute }),
  });
}

/** Bytes of an item as DynamoDB counts them. */
export function itemSize(item: AttributeMap): number {
  return sizeOf(item, utf8Length);
}

/** Bytes of an item as DynamoDB counts them; `length` is that of a string in UTF-8, or more. */
function sizeOf(item: AttributeMap, length: (text: string) => number): number {
  let size = 0;
  for (const name of Object.keys(item)) size += length(name) + valueSize(item[name]!, length);
  return size;
}

/** Values are of the right form here: they have crossed into the core. */
function valueSize(value: AttributeValue, length: (text: string) => number): number {
  const all = <T>(members: readonly T[], size: (member: T) => number): number =>
    members.reduce((sum, member) => sum + size(member), 0);
  if (value.S !== undefined) return length(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.SS !== undefined) return all(value.SS, length);
  if (value.NS !== undefined) return all(value.NS, numberSize);
  if (value.BS !== undefined) return all(value.BS, (bytes) => bytes.byteLength);
  if (value.L !== undefined)
    return CONTAINER + all(value.L, (member) => 1 + valueSize(member, length));
  if (value.M !== undefined)
    return CONTAINER + Object.keys(value.M).length + sizeOf(value.M, length);
  return 1;
}

/** Two digits take a byte, and a number one more; zeros at either end are not counted. */
function numberSize(text: string): number {
  const { digits = '' } = parseDecimal(text) ?? {};
  return 1 + Math.ceil(digits.length / 2);
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Half of a pair: each half is a unit already, and the pair takes four bytes.
    length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}
