/** The sample that a plan is made from: how often each value occurs, and nothing else of it is kept. */

import { FieldsealError, UsageError, usage, wrong } from '../../errors.js';
import { isDecimal, numberFromText, parseDecimal } from '../../items/number-value.js';
import { bytesOf, isBinary } from '../../util/bytes.js';
import { isArray, isObject, isPlainObject, mustBe } from '../../util/plain-object.js';

/** What is read of a sample at most: values, or values with counts. */
export const MAX_ENTRIES = 10_000_000;
/** Different values in a sample at most. */
export const MAX_DISTINCT = 4_000_000;

const PAIRS = 'Give the values, or pairs of a value and a count: a Map, or Object.entries(counts).';

/** How often a value occurs, and how many values occur so often. */
export interface Frequency {
  readonly count: number;
  readonly values: number;
}

/** The frequencies in a sample, the highest first. */
export interface Frequencies {
  readonly items: number;
  readonly distinctValues: number;
  readonly frequencies: readonly Frequency[];
}

/** Reads a sample once. */
export function readSample(sample: unknown): Frequencies {
  const counts = countValues(sample);
  const byCount = new Map<number, number>();
  let items = 0;
  for (const count of counts.values()) {
    byCount.set(count, (byCount.get(count) ?? 0) + 1);
    items += count;
  }
  if (items > Number.MAX_SAFE_INTEGER) throw tooMany('the counts add up to more than 2^53 - 1');
  if (counts.size < 2) throw tooFew(counts.size);
  const frequencies = [...byCount].map(([count, values]) => ({ count, values }));
  frequencies.sort((a, b) => b.count - a.count);
  return { items, distinctValues: counts.size, frequencies };
}

function countValues(sample: unknown): Map<string, number> {
  const counts = new Map<string, number>();
  let read = 0;
  try {
    for (const entry of iterable(sample)) {
      if (++read > MAX_ENTRIES) throw tooMany(`more than ${MAX_ENTRIES} entries`);
      const [value, count] = isArray(entry) ? pair(entry) : [entry, 1];
      const key = keyOf(value);
      counts.set(key, (counts.get(key) ?? 0) + count);
      if (counts.size > MAX_DISTINCT) throw tooMany(`more than ${MAX_DISTINCT} different values`);
    }
  } catch (cause) {
    if (cause instanceof FieldsealError) throw cause;
    // The caller's own iterator, or a proxy.
    throw new UsageError({
      code: 'INVALID_ARGUMENT',
      message: `the sample's entry ${read} cannot be read`,
      next: 'See the cause.',
      cause,
    });
  }
  return counts;
}

function iterable(sample: unknown): Iterable<unknown> {
  const wanted = 'an array, a Map or something else that can be iterated over';
  // The characters of a string are hardly the values of a column, nor are bytes.
  if (!isObject(sample) || isBinary(sample)) throw wrong('values', wanted, sample, PAIRS);
  if (typeof (sample as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function')
    return sample as Iterable<unknown>;
  const next = Symbol.asyncIterator in sample ? 'Read it into an array first.' : PAIRS;
  throw wrong('values', wanted, sample, next);
}

function pair(entry: readonly unknown[]): [value: unknown, count: number] {
  if (entry.length !== 2) {
    const message = `an array in the sample must be a pair of a value and a count, not of ${entry.length}`;
    throw usage('INVALID_ARGUMENT', message, PAIRS);
  }
  const value = entry[0];
  const count = entry[1];
  if (typeof count !== 'number') throw wrong('a count', 'a number', count);
  if (!Number.isSafeInteger(count) || count < 1) {
    const next = 'Leave out values that do not occur; the option population counts those to come.';
    throw usage('INVALID_ARGUMENT', 'a count must be a whole number of at least 1', next);
  }
  return [value, count];
}

/**
 * What two values have in common exactly if they are the same. As in a beacon, a number is its digits; bytes are kept apart
 * from strings, since a column has one type.
 */
function keyOf(given: unknown): string {
  const value = isPlainObject(given) ? memberOf(given) : given;
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  if (Number.isFinite(value)) return numberKey(String(value));
  if (!isBinary(value)) throw wrongValue(value);
  let key = '\0';
  for (const byte of bytesOf('a value', value)) key += String.fromCharCode(byte);
  return key;
}

function memberOf(value: Record<string, unknown>): unknown {
  const [type = '', ...others] = Object.keys(value);
  const member = value[type];
  if (others.length > 0) throw wrongValue(value);
  if (type === 'N' && typeof member === 'string' && isDecimal(member)) return numberKey(member);
  if ((type === 'S' && typeof member === 'string') || (type === 'B' && isBinary(member)))
    return member;
  throw wrongValue(value);
}

/** One spelling of a number, however it is written: that of JavaScript where it has all digits. */
function numberKey(text: string): string {
  const number = numberFromText(text);
  if (typeof number !== 'object') return String(number);
  const { negative, digits, exponent } = parseDecimal(text)!;
  return `${negative ? '-' : ''}${digits}e${exponent}`;
}

function wrongValue(value: unknown): UsageError {
  const wanted = 'a string, a finite number, a bigint, bytes, or an AttributeValue S, N or B';
  const next = 'For another kind, give a string that stands for it; leave out what is absent.';
  return usage('INVALID_ARGUMENT', mustBe('a value', wanted, value), next);
}

function tooMany(what: string): UsageError {
  const next = 'Give a random sample, with the number of values as population.';
  return usage('INVALID_ARGUMENT', `the sample is too large: ${what}`, next);
}

function tooFew(distinct: number): UsageError {
  const found = distinct === 0 ? 'is empty' : 'has one value only';
  const next =
    'Give a sample with at least two different values: one alone is known without a key.';
  return usage('INVALID_ARGUMENT', `the sample ${found}`, next);
}
