/** How bytes are written as text (`js/build/inlined.mjs`). */
interface Code {
  /** What the text consists of. */
  readonly digits: string;
  /** How many of them, the last ones, are followed by another. */
  readonly prefixes: number;
  /** The bytes that one digit stands for, in the order of the digits; then those of two. */
  readonly order: readonly number[];
  /** How many bytes there are. */
  readonly length: number;
}

/** The bytes that `text` has. */
export function decoded(
  { digits, prefixes, order, length }: Code,
  text: string,
): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(128);
  for (let i = 0; i < digits.length; i++) values[digits.charCodeAt(i)] = i;
  const single = digits.length - prefixes;
  const byValue = Uint8Array.from(order);
  const bytes = new Uint8Array(length);
  for (let i = 0, at = 0; i < length; i++) {
    let value = values[text.charCodeAt(at++)]!;
    if (value >= single)
      value = single + (value - single) * digits.length + values[text.charCodeAt(at++)]!;
    bytes[i] = byValue[value]!;
  }
  return bytes;
}
