/** Options of documents. */

import { COPY, mustBeOneOf, readOptions, type OptionNames } from '../util/options.js';

/** How native values become attribute values. */
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
   * Make `NULL` of empty strings, byte arrays and sets. Give it the same value as the `marshallOptions` of a DocumentClient
   * that stores the document: what is signed must be what is stored. Default `false`. Opening converts nothing so.
   */
  readonly convertEmptyValues?: boolean;
}

/** How attribute values become native values. */
export interface FromAttributeMapOptions {
  /**
   * What becomes of numbers. `'auto'`, the default, is without loss: a number when it has the same
   * decimal digits, else a bigint for integers, else a `NumberValue`. `'NumberValue'` always
   * gives that. A function gets the decimal string, already checked, and returns the value: for `NumberValue` of
   * `@aws-sdk/lib-dynamodb`, `(digits) => NumberValue.from(digits)`.
   */
  readonly numbers?: 'auto' | 'NumberValue' | ((text: string) => unknown);
}

/** How documents are converted, both ways. */
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
