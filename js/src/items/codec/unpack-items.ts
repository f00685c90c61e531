/**
 * Whole items from the core, or that there is none: after the words of what {@link unpackOpened} reads, for each item a
 * flag, and where it is set a count, and for each attribute its name's length and its node.
 *
 * @module
 */

import type { AttributeMap } from '../attribute-value.js';
import { setOwn } from '../../util/plain-object.js';
import { Bytes, Text, Words, checkCount, readValue } from './unpack.js';

/**
 * The items that the core made.
 *
 * @param output - what the core wrote, and nothing more; read before any other call of the core
 * @param count - how many there are, those that are none included
 * @throws InternalError when the two do not fit together
 */
export function unpackItems(output: Uint8Array, count: number): (AttributeMap | undefined)[] {
  const words = new Words(output);
  checkCount(words.next(), count);
  const textBytes = words.next();
  const units = words.next();
  const binaryBytes = words.next();
  const textStart = output.length - textBytes;
  checkCount(words.end, textStart - binaryBytes);
  const binary = new Bytes(output, words.end, textStart);
  const text = new Text(output.subarray(textStart), units);
  const items: (AttributeMap | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    if (words.next() === 0) {
      items.push(undefined);
      continue;
    }
    const item: AttributeMap = {};
    for (let left = words.next(); left > 0; left--) {
      const name = text.take(words.next());
      setOwn(item, name, readValue(words, binary, text));
    }
    items.push(item);
  }
  words.finish();
  binary.finish();
  text.finish();
  return items;
}
