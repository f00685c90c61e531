/** What an encryptor knows of a table, and how the type of its records goes with it. */

import type { DocumentOptions, NativeDocument } from './document.js';
import type { CryptoAction } from './codec/unpack.js';

export const OVERRIDES = [
  'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ',
] as const;

export type PlaintextOverride = (typeof OVERRIDES)[number];

export const SUITES = ['6700', '6701'] as const;

/** Where the type of a table's records is kept, for the compiler only: no object has it. */
declare const RECORD: unique symbol;

/** The type as it is: nothing is inferred from where it stands. */
type Fixed<T> = [T][T extends unknown ? 0 : never];

/** The action of every attribute that a record has, optional ones included. */
export type AttributeActions<T extends object = NativeDocument> = {
  readonly [Name in keyof T & string]-?: CryptoAction;
};

/** A table: everything that sealing needs but the keys. `T` is the type of its records. */
export interface TableDefinition<T extends object = NativeDocument> {
  /** Bound to every item: give the same wherever its copies are opened, whatever the table is called there. */
  readonly logicalTableName: string;
  readonly partitionKeyName: keyof Fixed<T> & string;
  readonly sortKeyName?: (keyof Fixed<T> & string) | undefined;
  /** The action of every attribute that an item may have. Key attributes are `SIGN_ONLY`. */
  readonly attributeActions: AttributeActions<Fixed<T>>;
  /** Names that are not signed; exactly those with the action `DO_NOTHING`. */
  readonly allowedUnsignedAttributes?: readonly string[] | undefined;
  /** Names that begin so are not signed; better than a list, since it also covers attributes to come. */
  readonly allowedUnsignedAttributePrefix?: string | undefined;
  /**
   * `6701` (ECDSA signature, the default) or `6700` (none; the default for the KMS RSA keyring, which
   * cannot serve the other).
   */
  readonly algorithmSuite?: (typeof SUITES)[number] | undefined;
  /**
   * The most encrypted data keys that an item may have, sealed or opened: 1 to 255, or `Infinity`; default 32. Each may take
   * a call to a service; more are refused with `LIMIT_EXCEEDED` before any keyring is asked. So is a header
   * (`aws_dbe_head`) of more than 1 MiB, which no option lifts: DynamoDB stores no item of more than 400 KB.
   */
  readonly maxEncryptedDataKeys?: number | undefined;
  /** Whether items in plaintext are written and read; by default neither. For migrations. */
  readonly plaintextOverride?: PlaintextOverride | undefined;
  /**
   * The most bytes of items that operations may hold at once while they wait for keys, those of other encryptors and clients
   * included; what does not fit is refused with `LIMIT_EXCEEDED`. Default 256 MiB; `Infinity` lifts it.
   */
  readonly maxPendingBytes?: number | undefined;
  /**
   * Drop attributes whose names begin with `aws_dbe_` when sealing, as the specification of AWS's item encryptor allows,
   * instead of refusing them by name, as AWS's clients of DynamoDB do. Default `false`.
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

/** What a sealed document has in place of a record: bytes for what is encrypted, and the header and footer of the format. */
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
 * interface Customer { customer_id: string; ssn: string; note?: string }
 * const customers = defineTable<Customer>({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN', note: 'ENCRYPT_AND_SIGN' },
 * })
 * const items = new ItemEncryptor({ ...customers, keyring })
 * ```
 */
export function defineTable<T extends object = NativeDocument>(
  table: TableDefinition<T>,
): TableDefinition<T> {
  return table;
}
