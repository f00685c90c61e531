/** The beacons of sealed items, as they come from the core: `codec/unpack.ts` has the layout. */

import type { AttributeValue } from '../items/attribute-value.js';
import type { TakeBeacons } from '../items/codec/unpack.js';
import { utf8Decoder } from '../util/utf8.js';

/** Reads the beacons that come, and takes away the attribute that goes. */
export const takeBeacons: TakeBeacons = (words, bytes, names, values) => {
  const text = () => utf8Decoder().decode(bytes.take(words.next()));
  const dropped = words.next();
  const added = { names: [] as string[], values: [] as AttributeValue[] };
  for (let left = words.next(); left > 0; left--) {
    added.names.push(text());
    const members = words.next();
    added.values.push(
      members === 0 ? { S: text() } : { SS: Array.from({ length: members - 1 }, text) },
    );
  }
  if (dropped > 0) {
    names.splice(dropped - 1, 1);
    values.splice(dropped - 1, 1);
  }
  return added;
};
