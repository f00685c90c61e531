/** Branch key ids from the attributes of an item (`ddb-encryption-branch-key-id-supplier.md`). */

import { usage, wrong } from '../errors.js';
import type { AttributeMap, AttributeValue } from '../items/attribute-value.js';
import { fromBase64 } from '../util/base64.js';
import { isPlainObject, setOwn } from '../util/plain-object.js';
import { utf8Decoder } from '../util/utf8.js';

/** What {@link branchKeyIdFromItem} shows of an item. */
export interface ItemKeys {
  /** The value of the partition key. */
  readonly partitionKey: AttributeValue;
  /** The value of the sort key; `undefined` for a table without one. */
  readonly sortKey: AttributeValue | undefined;
  /**
   * Both by their names, and every attribute that is `SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT`. Of other types than strings,
   * numbers, booleans, nulls and bytes they are not shown.
   */
  readonly attributes: Readonly<AttributeMap>;
}

const ATTRIBUTE = 'aws-crypto-attr.';
const LEGEND = 'aws-crypto-legend';

/**
 * Makes a `branchKeyIdSupplier` for a hierarchical keyring of one that looks at the item's key attributes: one branch key
 * for each tenant, for example. When an item is opened, these attributes are what it says, and not yet verified: a branch key
 * that is not the right one opens nothing.
 *
 * @param choose - returns the branch key's id
 * @throws UsageError `INVALID_ARGUMENT` for what is not a function
 *
 * @example
 * ```ts
 * import { ItemEncryptor, awsKmsHierarchicalKeyring, staticKeyStore } from 'fieldseal'
 * import { branchKeyIdFromItem } from 'fieldseal/tables'
 *
 * const branchKey = (branchKeyId: string) => ({
 *   branchKeyId,
 *   version: crypto.randomUUID(),
 *   branchKey: crypto.getRandomValues(new Uint8Array(32)),
 * })
 * const invoices = new ItemEncryptor({
 *   logicalTableName: 'invoices',
 *   partitionKeyName: 'tenant',
 *   sortKeyName: 'number',
 *   attributeActions: { tenant: 'SIGN_ONLY', number: 'SIGN_ONLY', total: 'ENCRYPT_AND_SIGN' },
 *   keyring: awsKmsHierarchicalKeyring({
 *     keyStore: staticKeyStore([branchKey('tenant-a'), branchKey('tenant-b')]),
 *     branchKeyIdSupplier: branchKeyIdFromItem(({ partitionKey }) => `tenant-${partitionKey.S}`),
 *     ttlSeconds: 600,
 *   }),
 * })
 * const { header } = await invoices.encryptDocument({ tenant: 'b', number: 7, total: 12.5 })
 * console.log(header?.encryptedDataKeys[0]?.keyName) // → tenant-b
 * ```
 */
export function branchKeyIdFromItem(
  choose: (item: ItemKeys) => string | Promise<string>,
): (encryptionContext: Readonly<Record<string, string>>) => string | Promise<string> {
  if (typeof choose !== 'function') throw wrong('the first argument', 'a function', choose);
  return (context) => choose(keysOf(isPlainObject(context) ? context : {}));
}

function keysOf(context: Readonly<Record<string, string>>): ItemKeys {
  const attributes: AttributeMap = {};
  const names = Object.keys(context).filter((key) => key.startsWith(ATTRIBUTE));
  // By the UTF-8 of their names, as the legend has them: the order of code points.
  const letters = Object.hasOwn(context, LEGEND) ? context[LEGEND]! : undefined;
  for (const [i, key] of names.sort(byCodePoints).entries()) {
    const value = decoded(context[key]!, letters?.[i]);
    if (value) setOwn(attributes, key.slice(ATTRIBUTE.length), value);
  }
  const key = (kind: string): AttributeValue | undefined => {
    const name = context[`aws-crypto-${kind}-name`];
    return name !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  };
  const partitionKey = key('partition');
  if (!partitionKey) {
    throw usage('INVALID_ARGUMENT', 'the encryption context is not that of an item');
  }
  return { partitionKey, sortKey: key('sort'), attributes };
}

function byCodePoints(a: string, b: string): number {
  const [one, two] = [Array.from(a), Array.from(b)];
  for (const [i, character] of one.entries()) {
    const difference = character.codePointAt(0)! - (two[i]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return one.length - two.length;
}

/** A value as the context has it: text of the type that the legend says, or base64 of two bytes of type and the value. */
function decoded(text: string, letter: string | undefined): AttributeValue | undefined {
  if (letter === 'S') return { S: text };
  if (letter === 'N') return { N: text };
  if (letter === 'L') return text === 'null' ? { NULL: true } : { BOOL: text === 'true' };
  const bytes = fromBase64(text);
  if (!bytes || bytes.length < 2) return undefined;
  const value = bytes.slice(2);
  switch ((bytes[0]! << 8) | bytes[1]!) {
    case 0x0000:
      return { NULL: true };
    case 0x0001:
      return { S: utf8Decoder().decode(value) };
    case 0x0002:
      return { N: utf8Decoder().decode(value) };
    case 0x0004:
      return { BOOL: value[0] === 1 };
    case 0xffff:
      return { B: value };
    default:
      return undefined;
  }
}
