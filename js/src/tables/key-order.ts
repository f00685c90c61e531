/** The order of sort keys, as DynamoDB has it. */

import type { AttributeValue } from '../items/attribute-value.js';
import { parseDecimal } from '../items/number-value.js';

/** Negative, 0 or positive; values of different types have no order, and stay as they are. */
export function compareKeys(a: AttributeValue, b: AttributeValue): number {
  if (a.S !== undefined && b.S !== undefined) return compareTexts(a.S, b.S);
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.B !== undefined && b.B !== undefined) return compareBytes(a.B, b.B);
  return 0;
}

/** By code points, which is the order of their UTF-8. */
function compareTexts(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  if (i === a.length || i === b.length) return a.length - b.length;
  const [one, other] = [a.charCodeAt(i), b.charCodeAt(i)];
  // Half of a pair stands for a code point above all others.
  const above = (unit: number) => Number(unit >= 0xd800 && unit <= 0xdfff);
  return above(one) === above(other) ? one - other : above(one) - above(other);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return (a[i] ?? -1) - (b[i] ?? -1);
}

/** Of at most 38 digits, which no number of JavaScript holds. */
function compareNumbers(a: string, b: string): number {
  const [one, other] = [signed(a), signed(b)];
  if (one.sign !== other.sign) return one.sign - other.sign;
  const size =
    one.point === other.point
      ? Number(one.digits > other.digits) - Number(one.digits < other.digits)
      : one.point - other.point;
  return one.sign * size;
}

/** Its sign, where its point is from before the first digit, and its digits; zero has none. */
function signed(text: string) {
  const { negative = false, digits = '', exponent = 0 } = parseDecimal(text) ?? {};
  if (digits === '') return { sign: 0, point: 0, digits };
  return { sign: negative ? -1 : 1, point: digits.length + exponent, digits };
}
