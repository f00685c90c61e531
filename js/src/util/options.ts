/**
 * Options objects, read once: a copy of their own properties, all the way down. Neither what the caller changes
 * afterwards nor what every object inherits has an effect.
 *
 * @module
 */

import { copyOf, isBinary } from './bytes.js';
import type { UsageCode } from '../generated/codes.js';
import { usage, wrong } from '../errors.js';
import { hiddenProperty, isObject, isPlainObject, kindOf } from './plain-object.js';

/** The option is copied: bytes, arrays and plain objects; what has a class or can be called is the caller's own. */
export const COPY = 0;
/** The option is the caller's own: an object that is called, or one that its reader copies. */
export const KEEP = 1;

/** What an options object may have, and nothing else. Add a new option here. */
export type OptionNames<T> = { readonly [Name in keyof T & string]-?: typeof COPY | typeof KEEP };

/**
 * An object that inherits nothing: its prototype is empty, frozen and has none itself. One without a prototype is a hash
 * table in V8, which takes twice as long to fill and to read.
 */
const Options = function () {} as unknown as new () => Record<string, unknown>;
Options.prototype = Object.freeze(Object.create(null)) as Record<string, unknown>;

/** No options need arrays and objects within each other as deep as this. */
const MAX_DEPTH = 16;

/**
 * The options as they are now, on an object that inherits nothing: read them from it, never from a rest of it (`...rest`).
 * `undefined` counts as absent; getters are read once. Instances of classes are refused: what stands on their prototype would
 * be dropped.
 *
 * @throws UsageError `INVALID_ARGUMENT`, naming an option that is not known
 */
export function readOptions<T extends object>(
  given: T,
  names: OptionNames<T>,
  what = 'the options',
): T {
  if (!isPlainObject(given)) {
    throw wrong(what, 'an object', given);
  }
  const kinds = names as Record<string, number>;
  const options = new Options();
  for (const name of Object.getOwnPropertyNames(given)) {
    const value = given[name];
    if (value === undefined) continue;
    if (!Object.hasOwn(kinds, name)) throw unknown(what, name, Object.keys(kinds));
    mustBeReadable(name, value);
    options[name] = kinds[name] === KEEP ? value : snapshot(name, value, 0);
  }
  return options as T;
}

function mustBeReadable(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || isObject(value)) return;
  throw wrong(name, 'something that can be read', value);
}

/** The value of an option as it is now, all the way down; `depth` is how deep it is in the option. */
export function snapshot(name: string, value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw usage('INVALID_ARGUMENT', `${name} contains itself`);
  mustBeReadable(name, value);
  const below = (member: unknown) => snapshot(name, member, depth + 1);
  if (Array.isArray(value)) return Array.from(value as unknown[], below);
  if (isBinary(value)) return copyOf(name, value);
  if (!isPlainObject(value)) return value;
  const hidden = hiddenProperty(value);
  if (hidden !== undefined)
    throw usage('INVALID_ARGUMENT', `${name} has ${hidden}, which would be dropped`);
  const copy = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value)) copy[key] = below(value[key]);
  return copy;
}

function unknown(what: string, name: string, known: readonly string[]) {
  const near = known.find((other) => isNear(name.toLowerCase(), other.toLowerCase()));
  const hint = near !== undefined ? `; did you mean '${near}'?` : '';
  const next = `Known are ${known.join(', ')}.`;
  return usage('INVALID_ARGUMENT', `${what}: '${name}' is not known${hint}`, next);
}

/** Whether one name is part of the other, or they differ in one place: a letter, or two that changed places. */
function isNear(a: string, b: string): boolean {
  if (a.includes(b) || (a.length > 2 && b.includes(a))) return true;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  let end = 0;
  while (end < a.length - same && a.at(-1 - end) === b.at(-1 - end)) end++;
  return Math.max(a.length, b.length) - same - end < 3;
}

/** Refuses what is not one of the values that an option can have. */
export function mustBeOneOf<T extends string>(
  name: string,
  value: unknown,
  values: readonly T[],
  code: UsageCode = 'INVALID_CONFIG',
  attribute?: string,
): asserts value is T {
  if (values.includes(value as T)) return;
  // What is not a name may be a secret that came to the wrong place.
  const found =
    typeof value !== 'string'
      ? kindOf(value)
      : /^\w{1,48}$/.test(value)
        ? `'${value}'`
        : 'another string';
  const known = values.map((value) => `'${value}'`).join(', ');
  const problem = `${name} must be one of ${known}, not ${found}`;
  throw usage(code, problem, 'Use one of these.', attribute);
}

/** Refuses what is not a whole number of at least 1, or one of more than `most`. */
export function mustBeCount(name: string, value: unknown, most = Infinity): void {
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most) return;
  const range = most === Infinity ? 'of at least 1' : `from 1 to ${most}`;
  throw usage('INVALID_ARGUMENT', `${name} must be a whole number ${range}`);
}

/** The options of an object whose `type` says which it may have; a copy, as {@link readOptions} made it. */
export function readVariant<T extends { readonly type: string }>(
  what: string,
  given: T,
  variants: { readonly [Type in T['type']]: OptionNames<Extract<T, { readonly type: Type }>> },
  code: UsageCode = 'INVALID_ARGUMENT',
): T {
  const type = isPlainObject(given) ? given.type : undefined;
  if (isPlainObject(given)) mustBeOneOf(`${what}.type`, type, Object.keys(variants), code);
  return readOptions(given, (variants as Record<string, OptionNames<T>>)[type!]!, what);
}
