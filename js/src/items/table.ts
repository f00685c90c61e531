/** What an encryptor knows of a table, and how the type of its records goes with it. */

import type { ItemSuite, PlaintextOverrideName } from '../generated/config.js';
import type { DocumentOptions, NativeDocument } from './document.js';
import type { CryptoAction } from './codec/unpack.js';

/**
 * Whether items in plaintext are written and read; an option of {@link TableDefinition}, for migrations.
 *
 * - `FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ`: neither. The default.
 * - `FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ`: writes sealed items only, and reads both.
 * - `FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ`: writes items in plaintext only, and reads both.
 */
export type PlaintextOverride = PlaintextOverrideName;

/** Where the type of a table's records is kept, for the compiler only: no object has it. */
declare const RECORD: unique symbol;

/** The type as it is: nothing is inferred from where it stands. */
type Fixed<T> = [T][T extends unknown ? 0 : never];

/**
 * The action of every attribute that a record has, optional ones included; a part of {@link TableDefinition}.
 */
export type AttributeActions<T extends object = NativeDocument> = {
  readonly [Name in keyof T & string]-?: CryptoAction;
};

/**
 * A table: everything that sealing needs but the keys. `T` is the type of its records. See {@link defineTable}.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, type TableDefinition } from 'fieldseal'
 *
 * const orders: TableDefinition = {
 *   logicalTableName: 'orders',
 *   partitionKeyName: 'customer_id',
 *   sortKeyName: 'placed_at',
 *   attributeActions: {
 *     customer_id: 'SIGN_ONLY',
 *     placed_at: 'SIGN_ONLY',
 *     card: 'ENCRYPT_AND_SIGN',
 *     total: 'SIGN_ONLY', // readable by reports, and nobody changes it unseen
 *     ':views': 'DO_NOTHING', // counted by UpdateItem
 *   },
 *   allowedUnsignedAttributePrefix: ':',
 *   maxEncryptedDataKeys: 2,
 * }
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const order = {
 *   customer_id: 'c-1',
 *   placed_at: '2026-03-01',
 *   card: '4111',
 *   total: 12.5,
 *   ':views': 0,
 * }
 * const { document } = await new ItemEncryptor({ ...orders, keyring }).encryptDocument(order)
 * console.log(document.total, typeof document.card) // → 12.5 object
 * ```
 */
export interface TableDefinition<T extends object = NativeDocument> {
  /** Bound to every item: give the same wherever its copies are opened, whatever the table is called there. */
  readonly logicalTableName: string;
  /** The attribute that is the table's partition key; every item has it. */
  readonly partitionKeyName: keyof Fixed<T> & string;
  /** The attribute that is the table's sort key, where it has one. */
  readonly sortKeyName?: (keyof Fixed<T> & string) | undefined;
  /**
   * The action of every attribute that an item may have. Key attributes are `SIGN_ONLY`, or all of them
   * `SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT` where any attribute is that.
   */
  readonly attributeActions: AttributeActions<Fixed<T>>;
  /** Names that are not signed; exactly those with the action `DO_NOTHING`. */
  readonly allowedUnsignedAttributes?: readonly string[] | undefined;
  /** Names that begin so are not signed; better than a list, since it also covers attributes to come. */
  readonly allowedUnsignedAttributePrefix?: string | undefined;
  /**
   * `6701` (ECDSA signature, the default) or `6700` (none; the default for the KMS RSA keyring, which
   * cannot serve the other).
   */
  readonly algorithmSuite?: ItemSuite | undefined;
  /**
   * The most encrypted data keys that an item may have, sealed or opened: 1 to 255, or `Infinity`; default 32. Each may
   * take a call to a service; more are refused with `LIMIT_EXCEEDED` before any keyring is asked. So is a header
   * (`aws_dbe_head`) of more than 1 MiB, which no option lifts: DynamoDB stores no item of more than 400 KB.
   */
  readonly maxEncryptedDataKeys?: number | undefined;
  /** Whether items in plaintext are written and read; by default neither. For migrations. */
  readonly plaintextOverride?: PlaintextOverride | undefined;
  /**
   * The most bytes of items that operations may hold at once while they wait for keys, those of other encryptors and
   * clients included; what does not fit is refused with `LIMIT_EXCEEDED`. Default 256 MiB; `Infinity` lifts it.
   */
  readonly maxPendingBytes?: number | undefined;
  /**
   * Drop attributes whose names begin with `aws_dbe_` when sealing, as the specification of AWS's item encryptor
   * allows, instead of refusing them by name, as AWS's clients of DynamoDB do. Default `false`.
   */
  readonly dropReservedAttributes?: boolean | undefined;
  /** How documents are converted; options of a call go first. */
  readonly documentOptions?: DocumentOptions | undefined;
  readonly [RECORD]?: T;
}

/** A document to seal: a record of the table, or any object where its type is not known. Not an array, `Map` or `Set`. */
export type DocumentInput<T extends object> = string extends keyof T
  ? NativeDocument | (object & { readonly [Symbol.iterator]?: never })
  : T;

/**
 * What a sealed document has in place of a record: bytes for what is encrypted, and the header and footer of the
 * format. The type of {@link ItemEncryptor.encryptDocument}'s result.
 */
export type SealedDocument<T extends object> = string extends keyof T
  ? T
  : { [Name in keyof T]: T[Name] | Uint8Array } & {
      aws_dbe_head?: Uint8Array;
      aws_dbe_foot?: Uint8Array;
    };

/** The type of a document, where it is not to be inferred from an argument. */
export type InputOf<T extends object> = DocumentInput<Fixed<T>>;

/**
 * Describes a table once, to be shared by whoever seals and opens its records. The compiler then checks that every
 * property of the record type has an action, and types documents and their results; at run time it returns the table as
 * it is.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, defineTable, rawAesKeyring } from 'fieldseal'
 *
 * interface Customer {
 *   customer_id: string
 *   ssn: string
 *   note?: string
 * }
 *
 * const customers = defineTable<Customer>({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN', note: 'ENCRYPT_AND_SIGN' },
 * })
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const items = new ItemEncryptor({ ...customers, keyring })
 * const sealed = await items.encryptDocument({ customer_id: 'c-1', ssn: '078-05-1120' })
 * const { document } = await items.decryptDocument(sealed.document) // a Customer
 * console.log(document.ssn.slice(-4)) // → 1120
 * ```
 */
export function defineTable<T extends object = NativeDocument>(
  table: TableDefinition<T>,
): TableDefinition<T> {
  return table;
}
