/** Options of documents. */

import { COPY, KEEP, mustBeOneOf, readOptions } from './options.js';
import type { CallOptions } from './signal.js';

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
}

/** How attribute values become native values. */
export interface FromAttributeMapOptions {
  /**
   * What becomes of numbers. `'auto'`, the default, is without loss: a number when it has the same
   * decimal digits, else a bigint for integers, else a `NumberValue`. `'NumberValue'` always
   * gives that. A function gets the decimal text, already checked, and returns the value.
   */
  readonly numbers?: 'auto' | 'NumberValue' | ((text: string) => unknown);
}

/** How documents are converted, both ways. */
export type DocumentOptions = ToAttributeMapOptions & FromAttributeMapOptions;

/** The options of both directions as they are now: each takes those of the other, to share one object. */
export function readDocumentOptions(
  options: DocumentOptions & CallOptions,
): DocumentOptions & CallOptions {
  const given = readOptions(options, {
    removeUndefinedValues: COPY,
    convertClassInstanceToMap: COPY,
    numbers: COPY,
    signal: KEEP,
  });
  const { numbers = 'auto' } = given;
  if (typeof numbers !== 'function') {
    mustBeOneOf('numbers', numbers, ['auto', 'NumberValue'], 'INVALID_ARGUMENT');
  }
  return given;
}
