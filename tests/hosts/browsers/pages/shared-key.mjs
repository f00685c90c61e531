// What a page and its frame have in common.

export const wrappingKey = new Uint8Array(32).fill(7);

/** The buffers of an item's bytes. */
export const buffersOf = (item) =>
  Object.values(item).flatMap(({ B }) => (B === undefined ? [] : [B.buffer]));
