/** One error for many items. */

import type { ErrorInit } from '../errors.js';
import { FieldsealError } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { toDynamoJson } from '../items/dynamo-json.js';
import { markClass } from '../util/shared.js';

/** The most items that an error names. */
const MAX_ERRORS = 20;

/** An item that could not be sealed or opened; a member of {@link ItemsError.errors}. */
export interface ItemError {
  /** Its place in the request's or the response's list, from 0. */
  readonly index: number;
  /** Its key attributes, as attribute values; those that it has. Keys are never encrypted. */
  readonly key: AttributeMap;
  /** Why. */
  readonly error: FieldsealError;
}

/**
 * Items of a request or of a response that could not be sealed or opened: of BatchWriteItem, TransactWriteItems,
 * BatchGetItem, TransactGetItems, Query and Scan. Nothing was sent, or nothing is given back. Code `ITEMS_FAILED`; `rootCode` is the code
 * of the first one.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
 * import { rawAesKeyring } from 'fieldseal'
 * import { ItemsError, encryptedTables } from 'fieldseal/tables'
 *
 * const keyring = rawAesKeyring({
 *   keyNamespace: 'shop',
 *   keyName: 'key-1',
 *   wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 * })
 * const client = new DynamoDBClient({ region: 'eu-central-1' })
 * client.middlewareStack.use(
 *   encryptedTables({
 *     tables: {
 *       customers: {
 *         logicalTableName: 'customers',
 *         partitionKeyName: 'customer_id',
 *         attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *         keyring,
 *       },
 *     },
 *   }),
 * )
 * const put = (Item: object) => ({ PutRequest: { Item: { ...Item } } })
 * const customers = [
 *   put({ customer_id: 'c-1', ssn: '078-05-1120' }),
 *   put({ customer_id: 'c-2', note: 'has no action' }),
 * ]
 * const failure = await DynamoDBDocumentClient.from(client)
 *   .send(new BatchWriteCommand({ RequestItems: { customers } }))
 *   .catch((error: unknown) => error)
 * if (failure instanceof ItemsError) {
 *   for (const { index, key, error } of failure.errors) console.log(index, key, error.code)
 *   console.log(failure.toJSON().failed)
 * }
 * // → 1 { customer_id: { S: 'c-2' } } ATTRIBUTE_WITHOUT_ACTION
 * // → 1
 * ```
 */
export class ItemsError extends FieldsealError {
  /** Which items, and why; at most 20. */
  readonly errors: readonly ItemError[];
  /** How many items failed, those that {@link errors} has no room for included. */
  readonly failed: number;

  constructor(
    init: ErrorInit & { readonly errors: readonly ItemError[]; readonly failed: number },
  ) {
    const { errors, failed, ...rest } = init;
    super(rest);
    this.errors = errors;
    this.failed = failed;
  }

  /** As every error's; with `errors` and `failed`. `FieldsealError.fromJSON` makes a `FieldsealError` of it, without them. */
  override toJSON(): Record<string, unknown> {
    const errors = this.errors.map(({ index, key, error }) => ({
      index,
      key: JSON.parse(toDynamoJson(key)) as unknown,
      error: error.toJSON(),
    }));
    return { ...super.toJSON(), errors, failed: this.failed };
  }
}
Object.defineProperty(ItemsError.prototype, 'name', {
  value: 'ItemsError',
  configurable: true,
  writable: true,
});
markClass('ItemsError', ItemsError);

/** The error of all items that failed; there is at least one. */
export function itemsError(doing: 'sealed' | 'opened', all: readonly ItemError[]): ItemsError {
  const [first] = all as [ItemError];
  const errors = all.slice(0, MAX_ERRORS);
  const { code, next } = first.error;
  return new ItemsError({
    code: 'ITEMS_FAILED',
    message:
      `${all.length} ${all.length === 1 ? 'item' : 'items'} could not be ${doing}, the first at ` +
      `position ${first.index}: ${firstSentence(first.error)}`,
    next: all.length === 1 ? next : 'See errors: it says of each item which one it is, and why.',
    rootCode: first.error.rootCode ?? code,
    ...(first.error.table === undefined ? {} : { table: first.error.table }),
    cause: first.error,
    errors,
    failed: all.length,
  });
}

/** What went wrong, without the advice. */
function firstSentence({ message, next }: FieldsealError): string {
  return message.slice(0, -next.length).trimEnd();
}
