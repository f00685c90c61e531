/**
 * The form of what passes through the plugin: what is not an AttributeValue is refused. A native value would be taken for
 * something else, or go out in plaintext.
 *
 * @module
 */

import { FieldsealError, MalformedInputError, usage } from '../errors.js';
import type { AttributeMap, AttributeValue } from '../items/attribute-value.js';
import { packItems } from '../items/codec/pack.js';
import { isBinary } from '../util/bytes.js';
import { isPlainObject, ownValue } from '../util/plain-object.js';
import { keysMustFit } from './size.js';
import { inTable, type EncryptedTable } from './table.js';

/** How the names of the format's own attributes begin. */
const RESERVED = 'aws_dbe_';
/** What sets an object's prototype where it is assigned to. */
const LOST = '__proto__';

const NEXT =
  'Give AttributeValues to a DynamoDBClient, and native values to a DynamoDBDocumentClient of @aws-sdk/lib-dynamodb 3.654 or later.';

/**
 * Refuses a map of anything but AttributeValues: an item, a key, the values of an expression.
 *
 * @throws MalformedInputError `MALFORMED_ATTRIBUTE`, naming the attribute
 */
export function mustBeAttributeMap(table: EncryptedTable, map: unknown): void {
  if (map === undefined) return;
  try {
    packItems([map as AttributeMap]).discard();
  } catch (error) {
    throw inTable(withAdvice(error), table.name);
  }
}

/**
 * Refuses an item that has attributes of the format's own already (P17): the encryptor may be told to drop them. And one
 * that the SDK would not give back.
 *
 * @throws UsageError `RESERVED_NAME`
 */
export function mustBeWritable(table: EncryptedTable, item: unknown): void {
  mustBeAttributeMap(table, item);
  mustComeBack(table, item as AttributeMap | undefined);
  for (const name of Object.keys(item ?? {})) {
    if (!name.startsWith(RESERVED)) continue;
    const problem = `names that begin with ${RESERVED} are reserved`;
    const next =
      'Leave it out. An item that is sealed already is put with a client that has no plugin.';
    throw inTable(usage('RESERVED_NAME', problem, next, name), table.name);
  }
}

/**
 * Refuses a map with the name `__proto__` in it: the SDK and its document client lose such a member without a word, of what they
 * send or of what they get, and the record could not be verified any more.
 *
 * @throws UsageError `RESERVED_NAME`
 */
export function mustComeBack(table: EncryptedTable, map: AttributeMap | undefined): void {
  for (const [name, value] of Object.entries(map ?? {})) {
    if (name !== LOST && !loses(value)) continue;
    const problem = `the SDK loses a member of the name ${LOST}`;
    throw inTable(usage('RESERVED_NAME', problem, 'Give it another name.', name), table.name);
  }
}

function loses({ M, L }: AttributeValue): boolean {
  if (M) return Object.entries(M).some(([name, value]) => name === LOST || loses(value));
  return L?.some(loses) ?? false;
}

/** The keys of a request that has many, each of the right form and no longer than a key may be. */
export function eachKey(table: EncryptedTable, keys: unknown): void {
  if (!Array.isArray(keys)) return;
  for (const key of keys as readonly (AttributeMap | undefined)[]) {
    mustBeAttributeMap(table, key);
    if (key !== undefined) keysMustFit(table, key);
  }
}

/** The same error; what it is about is not an encryptor's method here. */
function withAdvice(error: unknown): unknown {
  if (!(error instanceof FieldsealError) || error.code !== 'MALFORMED_ATTRIBUTE') return error;
  const { code, message, next, attribute } = error;
  return new MalformedInputError({
    code,
    message: message.slice(0, -next.length).trimEnd(),
    next: NEXT,
    ...(attribute === undefined ? {} : { attribute }),
  });
}

/** The key of an item, as much of it as there is; of anything else none. */
export function keyOf(table: EncryptedTable, item: unknown): AttributeMap {
  const key: [string, AttributeValue][] = [];
  for (const name of table.keyNames) {
    const value = isPlainObject(item) ? ownValue(item, name) : undefined;
    if (isKeyValue(value)) key.push([name, value]);
  }
  return Object.fromEntries(key);
}

/** Whether it is an AttributeValue that a key can have. */
export function isKeyValue(value: unknown): value is AttributeValue {
  if (!isPlainObject(value)) return false;
  const { S, N, B } = value;
  return typeof S === 'string' || typeof N === 'string' || isBinary(B);
}
