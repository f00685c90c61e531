/**
 * How a sealed item takes the place of the one that was read, so that nothing that others write meanwhile is lost.
 *
 * UpdateItem, and not PutItem: an attribute that somebody adds, whose name nobody knows before, stays.
 *
 * @module
 */

import { LIMIT_EXCEEDED_ADVICE } from '../../generated/codes.js';
import { LimitError } from '../../errors.js';
import type { AttributeMap, AttributeValue } from '../../items/attribute-value.js';
import { FOOTER, HEADER } from '../../items/codec/pack.js';
import { setOwn } from '../../util/plain-object.js';
import type { EncryptedTable } from '../table.js';

/** What DynamoDB takes of an expression: characters, and operators, of which a comparison and the AND before it are two. */
const MAX_LENGTH = 4096;
const MAX_OPERATORS = 300;
/** A member that the SDK loses of what it reads: a condition is all that sees it. */
const LOST = '__proto__';

/** The parts of UpdateItem that change the item. */
export interface SealingUpdate {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Readonly<Record<string, AttributeValue>>;
}

/**
 * Sets what sealing changes, provided that the item is what was read. Of a sealed one, its footer is the same, which no other
 * sealing makes. Of one in plaintext: it has no header and no footer; everything that will be signed has the value that was
 * read, and what is configured to be signed and was not there still is not. So it is for what a sealed one has unsigned. What is not
 * signed then either is not touched, and may change.
 *
 * @param signed - what of a sealed one is signed; by default all that will be
 * @throws LimitError for more attributes than an expression takes
 */
export function sealingUpdate(
  table: EncryptedTable,
  stored: AttributeMap,
  sealed: AttributeMap,
  signed?: ReadonlySet<string>,
): SealingUpdate {
  const terms = new Terms();
  const isKey = (name: string) => table.keyNames.includes(name);
  const set = Object.keys(sealed)
    .filter((name) => !isKey(name) && isMade(table, name))
    .map((name) => `${terms.name(name)}=${terms.value(sealed[name]!)}`);
  const removed = Object.keys(stored).filter((name) => !Object.hasOwn(sealed, name));
  const remove = removed.map((name) => terms.name(name));
  const conditions = [
    ...(isSealed(stored) ? sameSealed(table, stored, signed, terms) : same(table, stored, terms)),
  ];
  const update = `SET ${set.join()}${remove.length > 0 ? ` REMOVE ${remove.join()}` : ''}`;
  const condition = conditions.join(' AND ');
  mustFitExpression(table, update, condition, 2 * conditions.length - 1);
  return {
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: terms.names,
    ExpressionAttributeValues: terms.values,
  };
}

/** Whether sealing makes the attribute: a ciphertext, a beacon, the header or the footer. */
function isMade(table: EncryptedTable, name: string): boolean {
  return (
    name.startsWith('aws_dbe_') ||
    table.actionOf(name) === 'ENCRYPT_AND_SIGN' ||
    table.signedBeacons.includes(name)
  );
}

function isSealed(stored: AttributeMap): boolean {
  return Object.hasOwn(stored, FOOTER);
}

function* sameSealed(
  table: EncryptedTable,
  stored: AttributeMap,
  signed: ReadonlySet<string> | undefined,
  terms: Terms,
): Generator<string> {
  yield `${terms.name(FOOTER)}=${terms.value(stored[FOOTER]!)}`;
  // Others may change the rest, and the footer stays.
  if (signed) yield* sameAttributes(table, stored, terms, signed);
}

function* same(table: EncryptedTable, stored: AttributeMap, terms: Terms): Generator<string> {
  // An update of a record that was deleted would make one.
  yield `attribute_exists(${terms.name(table.keyNames[0]!)})`;
  for (const name of [HEADER, FOOTER]) yield `attribute_not_exists(${terms.name(name)})`;
  yield* sameAttributes(table, stored, terms, new Set());
}

/** What will be signed is as it was read, there or not; but for what has been signed. */
function* sameAttributes(
  table: EncryptedTable,
  stored: AttributeMap,
  terms: Terms,
  signed: ReadonlySet<string>,
): Generator<string> {
  for (const name of Object.keys(stored)) {
    if (table.keyNames.includes(name) || !table.signs(name)) continue;
    if (!signed.has(name)) yield `${terms.name(name)}=${terms.value(stored[name]!)}`;
  }
  const willBe = [...table.actions()].flatMap(([name]) => (table.signs(name) ? [name] : []));
  for (const name of new Set([LOST, ...willBe])) {
    if (!Object.hasOwn(stored, name)) yield `attribute_not_exists(${terms.name(name)})`;
  }
}

/** Names and values of expressions, under placeholders as short as may be. */
class Terms {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};
  readonly #known = new Map<string, string>();
  #count = 0;

  name(name: string): string {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const placeholder = `#${this.#known.size.toString(36)}`;
    this.#known.set(name, placeholder);
    setOwn(this.names, placeholder, name);
    return placeholder;
  }

  value(value: AttributeValue): string {
    const placeholder = `:${(this.#count++).toString(36)}`;
    setOwn(this.values, placeholder, value);
    return placeholder;
  }
}

function mustFitExpression(
  table: EncryptedTable,
  update: string,
  condition: string,
  operators: number,
): void {
  if (Math.max(update.length, condition.length) <= MAX_LENGTH && operators <= MAX_OPERATORS) return;
  throw new LimitError({
    code: 'LIMIT_EXCEEDED',
    message:
      'the item and its configuration have more attributes than one conditional update can name',
    next: LIMIT_EXCEEDED_ADVICE,
    table: table.name,
  });
}
