/** Options of documents. */

import { COPY, mustBeOneOf, readOptions, type OptionNames } from '../util/options.js';

/**
 * How native values become attribute values; options of {@link toAttributeMap}.
 *
 * @example
 * ```ts
 * import { toAttributeMap, type ToAttributeMapOptions } from 'fieldseal'
 *
 * class Address {
 *   constructor(readonly street: string) {}
 * }
 * const options: ToAttributeMapOptions = {
 *   removeUndefinedValues: true,
 *   convertClassInstanceToMap: true,
 *   convertEmptyValues: true,
 * }
 * const customer = {
 *   name: 'Ada',
 *   middleName: undefined,
 *   note: '',
 *   address: new Address('Lindenstr. 4'),
 * }
 * console.log(JSON.stringify(toAttributeMap(customer, options)))
 * // → {"name":{"S":"Ada"},"note":{"NULL":true},"address":{"M":{"street":{"S":"Lindenstr. 4"}}}}
 * ```
 */
export interface ToAttributeMapOptions {
  /** Leave out `undefined` in objects, arrays and sets instead of refusing it. Default `false`. */
  readonly removeUndefinedValues?: boolean;
  /**
   * Take instances of classes as maps of their own enumerable properties instead of refusing them.
   * Default `false`. Objects whose content would be lost are refused all the same: built-in ones
   * (`Date`, `RegExp`, `Error`, `Promise`, `Blob`, boxed values …), and those without such
   * properties or with others (not enumerable, inherited, named by symbols).
   */
  readonly convertClassInstanceToMap?: boolean;
  /**
   * Make `NULL` of empty strings, byte arrays and sets. Give it the same value as the `marshallOptions` of a
   * DocumentClient that stores the document: what is signed must be what is stored. Default `false`. Opening converts
   * nothing so.
   */
  readonly convertEmptyValues?: boolean;
}

/**
 * How attribute values become native values; options of {@link fromAttributeMap}.
 *
 * @example
 * ```ts
 * import { fromAttributeMap, type FromAttributeMapOptions } from 'fieldseal'
 *
 * const item = { balance: { N: '12.5' }, serial: { N: '12345678901234567890' } }
 * const options: FromAttributeMapOptions = { numbers: (digits) => `exactly ${digits}` }
 * console.log(fromAttributeMap(item)) // → { balance: 12.5, serial: 12345678901234567890n }
 * console.log(fromAttributeMap(item, options))
 * // → { balance: 'exactly 12.5', serial: 'exactly 12345678901234567890' }
 * ```
 */
export interface FromAttributeMapOptions {
  /**
   * What becomes of numbers. `'auto'`, the default, is without loss: a number when it has the same
   * decimal digits, else a bigint for integers, else a `NumberValue`. `'NumberValue'` always
   * gives that. A function gets the decimal string, already checked, and returns the value: for `NumberValue` of
   * `@aws-sdk/lib-dynamodb`, `(digits) => NumberValue.from(digits)`.
   */
  readonly numbers?: 'auto' | 'NumberValue' | ((text: string) => unknown);
}

/**
 * How documents are converted, both ways: of an encryptor (`documentOptions`) or of a call.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, type DocumentOptions } from 'fieldseal'
 *
 * const documentOptions: DocumentOptions = { removeUndefinedValues: true, numbers: 'NumberValue' }
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', balance: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName: 'key-1',
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   }),
 *   documentOptions,
 * })
 * const sealed = await customers.encryptDocument({
 *   customer_id: 'c-1',
 *   balance: 12.5,
 *   note: undefined,
 * })
 * const opened = await customers.decryptDocument(sealed.document)
 * console.log(String(opened.document.balance)) // → 12.5
 * const plain = await customers.decryptDocument(sealed.document, { numbers: 'auto' }) // of this call alone
 * console.log(plain.document) // → { customer_id: 'c-1', balance: 12.5 }
 * ```
 */
export type DocumentOptions = ToAttributeMapOptions & FromAttributeMapOptions;

const NAMES = {
  removeUndefinedValues: COPY,
  convertClassInstanceToMap: COPY,
  convertEmptyValues: COPY,
  numbers: COPY,
} as const;

/**
 * The options of both directions as they are now: each takes those of the other, to share one object.
 *
 * @param defaults - options that were read before; those given now go first
 * @param more - what else the object may have
 */
export function readDocumentOptions<T extends object>(
  options: DocumentOptions & T,
  defaults?: DocumentOptions,
  more?: OptionNames<T>,
  what?: string,
): DocumentOptions & T {
  const names = { ...NAMES, ...more } as OptionNames<DocumentOptions & T>;
  const given = readOptions(options, names, what);
  const { numbers = 'auto' } = given;
  if (typeof numbers !== 'function') {
    mustBeOneOf('numbers', numbers, ['auto', 'NumberValue'], 'INVALID_ARGUMENT');
  }
  return Object.assign(Object.create(null) as typeof given, defaults, given);
}
