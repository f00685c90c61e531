/** The bytes of hexadecimal digits of this package's own. */
export function fromHex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16));
}
