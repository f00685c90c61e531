/**
 * The bytes that bind an encryption context to a ciphertext: pairs sorted by key, each key and
 * value preceded by its length. Lengths make the encoding injective, so `{ab: 'c'}` can never be
 * taken for `{a: 'bc'}`; sorting makes it independent of the order of the JSON object.
 */
export function canonicalContext(context: ReadonlyMap<string, string>): Buffer {
  const pairs = [...context].map(([key, value]) => [Buffer.from(key), Buffer.from(value)] as const);
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  return Buffer.concat([u32(pairs.length), ...pairs.flatMap((pair) => pair.map(prefixed)).flat()]);
}

const prefixed = (bytes: Buffer): Buffer => Buffer.concat([u32(bytes.length), bytes]);

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
