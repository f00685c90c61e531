/** Checks of strings that callers give. */

import { usage, wrong } from '../errors.js';
import { hiddenProperty, isArray, isPlainObject } from './plain-object.js';

/** Refuses what is not a string, or one that UTF-8 cannot hold. */
export function mustBeStrings(options: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'string') throw wrong(name, 'a string', value);
    wellFormed(name, value);
  }
}

/** Refuses what is not an array. */
export function mustBeArray(name: string, value: unknown, of: string): void {
  if (isArray(value)) return;
  throw wrong(name, `an array of ${of}`, value);
}

/** The strings of an option; refuses anything else. */
export function stringArray(name: string, value: readonly string[]): string[] {
  mustBeArray(name, value, 'strings');
  value.forEach((text, i) => mustBeStrings({ [`${name}[${i}]`]: text }));
  return value as string[];
}

/** Whether there is half a surrogate pair in the text; with the `u` flag a pair is one character. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** Refuses lone surrogates: in UTF-8 they would become U+FFFD, and two names one. */
export function wellFormed(name: string, text: string): void {
  if (!hasLoneSurrogate(text)) return;
  throw usage('INVALID_ARGUMENT', `${name} has a lone surrogate, which is not a character`);
}

/** A copy of an object of strings, each read once; refuses anything else. `undefined` is one that is absent. */
export function optionalStringMap(
  name: string,
  value: unknown,
): Record<string, string> | undefined {
  if (value === undefined) return undefined;
  if (!isPlainObject(value)) throw wrong(name, 'an object of strings', value);
  const hidden = hiddenProperty(value);
  if (hidden !== undefined) throw usage('INVALID_ARGUMENT', `${name} has ${hidden}`);
  const read = ([key, member]: [string, unknown]) => [
    key,
    optionalString(`${name}['${key}']`, member ?? null),
  ];
  return Object.fromEntries(Object.entries(value).map(read)) as Record<string, string>;
}

/** The value; refuses what is not a string. `undefined` is one that is absent. */
export function optionalString(name: string, value: unknown): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw wrong(name, 'a string', value);
  return value;
}
