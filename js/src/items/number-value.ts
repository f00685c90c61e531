/**
 * Numbers as DynamoDB has them: up to 38 significant digits, more than a JavaScript number holds.
 *
 * @module
 */

import { isObject, kindOf } from '../util/plain-object.js';
import { usage } from '../errors.js';
import { markClass } from '../util/shared.js';

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Integers of up to 15 digits without superfluous zeros: always safe, and by far the most. */
const SMALL_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;

/** DynamoDB's range ends at 126 digits; beyond, a bigint would only be a way to use up memory. */
const MAX_BIGINT_DIGITS = 130;

/** Whether the text is a decimal number, with or without an exponent. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/**
 * A number kept as a decimal string, so that none of its digits is lost. It has the shape of `NumberValue` of
 * `@aws-sdk/util-dynamodb`, and `marshall` and the DocumentClient store it as the number that it is.
 *
 * Sets are the exception: they take one of these only beside a `number` or a `bigint`. For sets in which every number
 * has more digits than a `number` holds, give the option `numbers: (digits) => NumberValue.from(digits)` with their
 * class.
 *
 * @example
 * ```ts
 * import { NumberValue, toAttributeMap } from 'fieldseal'
 *
 * const pi = new NumberValue('3.14159265358979323846264338327950288')
 * console.log(toAttributeMap({ pi })) // → { pi: { N: '3.14159265358979323846264338327950288' } }
 * console.log(pi.toString() === pi.value, pi.toAttributeValue().N === pi.value) // → true true
 *
 * // JSON keeps its digits as a string; a comparison with numbers works where a number has them all.
 * console.log(JSON.stringify({ price: NumberValue.from('12.50') })) // → {"price":"12.50"}
 * console.log(NumberValue.from('12.50').toJSON(), NumberValue.from(7n).valueOf()) // → 12.50 7
 * ```
 */
export class NumberValue {
  /**
   * `marshall` takes objects for numbers by the name of their class; by `instanceof` it knows its own class only.
   *
   * @internal
   */
  static readonly name = 'Number';

  /** The decimal string. */
  readonly value: string;

  /**
   * @param value - decimal text, a bigint, a safe number, or an `N` attribute value
   * @throws UsageError `INVALID_ARGUMENT` when it is not a number, or one that has lost digits
   */
  constructor(value: string | number | bigint | { readonly N: string }) {
    const text = isObject(value) ? value.N : value;
    if (typeof text === 'number') {
      this.value = textOfNumber(text, undefined);
    } else if (typeof text === 'bigint') {
      this.value = text.toString();
    } else if (typeof text === 'string' && isDecimal(text)) {
      this.value = text;
    } else {
      const kind = typeof text === 'string' ? 'other text' : kindOf(text);
      throw usage('INVALID_ARGUMENT', `a NumberValue must be a decimal number, not ${kind}`);
    }
  }

  /**
   * As the constructor.
   *
   * @throws UsageError `INVALID_ARGUMENT` when it is not a number, or one that has lost digits
   */
  static from(value: string | number | bigint | { readonly N: string }): NumberValue {
    return new NumberValue(value);
  }

  /** The decimal string. */
  toString(): string {
    return this.value;
  }

  /**
   * The decimal string; NaN beyond `Number.MAX_SAFE_INTEGER`, since a JavaScript number would lose whole digits there.
   */
  valueOf(): string | number {
    // `marshall` compares the nearest number with that limit, and refuses those beyond it. No comparison with NaN holds.
    return Math.abs(Number(this.value)) > Number.MAX_SAFE_INTEGER ? NaN : this.value;
  }

  /** The decimal string, as a JSON string: a JSON number would lose digits where it is read. */
  toJSON(): string {
    return this.value;
  }

  /** As an `N` attribute value. */
  toAttributeValue(): { N: string } {
    return { N: this.value };
  }
}
markClass('NumberValue', NumberValue);

/**
 * The text of a {@link NumberValue}, ours or another copy's or the AWS SDK's: an object of a class, with text in
 * `value` (any text, if it is not ours) and a way to become an attribute value.
 *
 * @returns `undefined` for everything else
 */
export function textOfNumberValue(value: object): string | undefined {
  const { value: text, toAttributeValue } = value as Record<string, unknown>;
  const is = typeof text === 'string' && typeof toAttributeValue === 'function';
  return is ? text : undefined;
}

/**
 * A JavaScript number as text for DynamoDB.
 *
 * @param attribute - named in the error
 * @throws UsageError `INVALID_ARGUMENT` for NaN, infinities and numbers beyond
 * `Number.MAX_SAFE_INTEGER`, all of which are integers that may have lost digits
 */
export function textOfNumber(value: number, attribute: string | undefined): string {
  if (!Number.isFinite(value)) {
    const what = Number.isNaN(value) ? 'NaN' : 'an infinity';
    throw usage('INVALID_ARGUMENT', `${what} is not a DynamoDB number`, 'Leave it out.', attribute);
  }
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    const message = 'a number beyond Number.MAX_SAFE_INTEGER may have lost digits';
    throw usage('INVALID_ARGUMENT', message, 'Use a bigint or a NumberValue.', attribute);
  }
  return String(value);
}

/**
 * DynamoDB's number without loss: a number when that says the same, else a bigint for integers,
 * else a {@link NumberValue}.
 *
 * @returns `undefined` when the text is not a decimal number
 */
export function numberFromText(text: string): number | bigint | NumberValue | undefined {
  if (SMALL_INTEGER.test(text)) return Number(text);
  const exact = parseDecimal(text);
  if (exact === undefined) return undefined;
  // DynamoDB has no negative zero.
  if (exact.digits === '') return 0;
  const number = Number(text);
  const isInteger = exact.exponent >= 0;
  const fits = isInteger ? Number.isSafeInteger(number) : Number.isFinite(number);
  if (fits && sameDecimal(exact, parseDecimal(String(number)))) return number;
  if (!isInteger || exact.digits.length + exact.exponent > MAX_BIGINT_DIGITS) {
    return new NumberValue(text);
  }
  const magnitude = BigInt(exact.digits + '0'.repeat(exact.exponent));
  return exact.negative ? -magnitude : magnitude;
}

/** `digits × 10^exponent`, without zeros at either end of the digits; none at all for zero. */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** Takes time in proportion to the text, whatever is in it. `undefined` where it is not a decimal number. */
export function parseDecimal(text: string): Decimal | undefined {
  if (!isDecimal(text)) return undefined;
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  // Not a regular expression: /0+$/ is quadratic on text that somebody else chose.
  while (end > 0 && digits[end - 1] === '0') end--;
  return {
    negative: text.startsWith('-'),
    digits: digits.slice(0, end),
    exponent: Number(power) - fraction.length + (digits.length - end),
  };
}

function sameDecimal(a: Decimal, b: Decimal | undefined): boolean {
  return (
    b !== undefined &&
    a.negative === b.negative &&
    a.digits === b.digits &&
    a.exponent === b.exponent
  );
}
