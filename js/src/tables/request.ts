/**
 * The request as it was when it was sent. The SDK reads it again after the plugin has checked it and has waited for keys: what the
 * caller writes into it meanwhile, or a getter that returns something else, would go out unchecked, and in plaintext.
 *
 * @module
 */

import { windowOf } from '../util/bytes.js';
import { isArray, isPlainObject, setOwn } from '../util/plain-object.js';
import { tagOf } from '../util/tag.js';
import type { Input } from './call.js';

/** Deeper than any attribute value; what is within is refused on encrypted tables. */
const MAX_DEPTH = 100;

/** A copy of a command's input, or of a part of one, of which each member has been read once. */
export function requestOf<T extends object = Input>(input: T): T {
  const copies = new Map<object, unknown>();
  const request: Record<string, unknown> = {};
  // Inherited ones, too: the SDK reads them.
  for (const name in input)
    setOwn(request, name, copyOf((input as Input)[name], copies, MAX_DEPTH));
  return request as T;
}

/** Copies objects, arrays and bytes, each once; anything else is no AttributeValue, and stays what it is. */
function copyOf(value: unknown, copies: Map<object, unknown>, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (isArray(value)) {
    const copy: unknown[] = [];
    copies.set(value, copy);
    for (const member of value) copy.push(copyOf(member, copies, depth - 1));
    return copy;
  }
  if (tagOf(value) === '[object Uint8Array]') {
    const bytes = windowOf(value as Uint8Array);
    return bytes ? new Uint8Array(bytes) : value;
  }
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  copies.set(value, copy);
  for (const name of Object.keys(value)) setOwn(copy, name, copyOf(value[name], copies, depth - 1));
  return copy;
}
