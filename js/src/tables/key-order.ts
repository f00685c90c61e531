/** The order of sort keys, as DynamoDB has it. */

import type { AttributeValue } from '../items/attribute-value.js';

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
  const [one, other] = [decimal(a), decimal(b)];
  if (one.sign !== other.sign) return one.sign - other.sign;
  const size =
    one.exponent === other.exponent
      ? Number(one.digits > other.digits) - Number(one.digits < other.digits)
      : one.exponent - other.exponent;
  return one.sign * size;
}

interface Decimal {
  readonly sign: -1 | 0 | 1;
  /** Where the point is, from before the first digit. */
  readonly exponent: number;
  /** Without zeros on either side. */
  readonly digits: string;
}

function decimal(text: string): Decimal {
  const [, minus, whole = '', fraction = '', e = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const all = whole + fraction;
  const digits = all.replace(/^0+|0+$/g, '');
  if (digits === '') return { sign: 0, exponent: 0, digits };
  const zeros = all.length - all.replace(/^0+/, '').length;
  const exponent = whole.length - zeros + Number(e);
  return { sign: minus === '-' ? -1 : 1, exponent, digits };
}
