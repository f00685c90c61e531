/**
 * Encryption contexts: what callers give, and what the core hands out: `count`, then pairs of key and value, each with
 * its length; 16-bit big-endian numbers, UTF-8 text.
 *
 * @module
 */

import { MALFORMED_ENCRYPTION_CONTEXT_ADVICE } from '../generated/codes.js';
import { limit, MalformedInputError, usage, wrong } from '../errors.js';
import { hiddenProperty, isPlainObject, mustBe, setOwn } from './plain-object.js';
import { wellFormed } from './strings.js';
import { utf8Decoder } from './utf8.js';

/** The longest text of an encryption context in bytes of UTF-8, and the most pairs. */
export const MAX_16 = 0xffff;

/** The pairs of an encryption context, in the caller's order. */
export type Pairs = readonly (readonly [string, string])[];

/** The pairs of an encryption context; errors name keys, never values. */
export function contextPairs(context: unknown): Pairs {
  if (context === undefined) return [];
  if (!isPlainObject(context)) {
    const problem = mustBe('encryptionContext', 'an object of strings', context);
    throw usage('INVALID_ARGUMENT', problem);
  }
  const hidden = hiddenProperty(context);
  if (hidden !== undefined) throw usage('INVALID_ARGUMENT', `encryptionContext has ${hidden}`);
  const pairs = Object.entries(context);
  if (pairs.length > MAX_16) throw limit(`more than ${MAX_16} pairs in encryptionContext`);
  for (const [key, value] of pairs) {
    if (typeof value !== 'string') {
      throw wrong(`the value of '${key}' in encryptionContext`, 'a string', value);
    }
    wellFormed('a key of encryptionContext', key);
    wellFormed(`the value of '${key}' in encryptionContext`, value);
  }
  return pairs as [string, string][];
}

/** The encryption context that has these pairs. */
export function contextOf(pairs: Pairs): Record<string, string> {
  const context: Record<string, string> = {};
  for (const [key, value] of pairs) setOwn(context, key, value);
  return context;
}

/**
 * The pairs of an encryption context. No bytes at all are an empty context.
 *
 * @throws MalformedInputError `MALFORMED_ENCRYPTION_CONTEXT`
 */
export function readContext(info: Uint8Array): Record<string, string> {
  const context: Record<string, string> = {};
  if (info.length === 0) return context;
  const view = new DataView(info.buffer, info.byteOffset, info.byteLength);
  let at = 0;

  const number = (): number => {
    if (at + 2 > info.length) throw malformed('it is cut short');
    at += 2;
    return view.getUint16(at - 2);
  };
  const text = (): string => {
    const length = number();
    if (at + length > info.length) throw malformed('it is cut short');
    at += length;
    try {
      return utf8Decoder().decode(info.subarray(at - length, at));
    } catch {
      throw malformed('its text is not UTF-8');
    }
  };

  for (let left = number(); left > 0; left--) {
    const key = text();
    if (Object.hasOwn(context, key)) throw malformed('a key occurs twice');
    setOwn(context, key, text());
  }
  if (at !== info.length) throw malformed('bytes are left over');
  return context;
}

function malformed(problem: string): MalformedInputError {
  return new MalformedInputError({
    code: 'MALFORMED_ENCRYPTION_CONTEXT',
    message: `malformed encryption context: ${problem}`,
    next: MALFORMED_ENCRYPTION_CONTEXT_ADVICE,
  });
}
