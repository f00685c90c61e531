/** Just enough DER (X.690) to read a public key's kind and an ECDSA signature, strictly. */

/** One value: its tag and content. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OBJECT_ID = 0x06;
export const SEQUENCE = 0x30;

/** More than a certificate has in a row, which has the most of what is read here. */
const MAX_VALUES = 16;

/**
 * The values that stand in a row in `bytes`, with nothing before, between or behind.
 *
 * @returns `undefined` for anything that is not DER: a length that is cut short, indefinite or not
 * in its shortest form, a tag of several bytes; and for more values than anything has, before they fill the memory.
 */
export function derValues(bytes: Uint8Array): DerValue[] | undefined {
  const values: DerValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1];
    if (first === undefined || (tag & 0x1f) === 0x1f || values.length === MAX_VALUES) {
      return undefined;
    }
    at += 2;
    let length = first;
    if (first >= 0x80) {
      const digits = first & 0x7f;
      // Three bytes of length are 16 MB: no key has more.
      if (digits === 0 || digits > 3 || at + digits > bytes.length) return undefined;
      length = 0;
      for (let i = 0; i < digits; i++) length = length * 256 + (bytes[at + i] as number);
      at += digits;
      if (length < 0x80 || length < 256 ** (digits - 1)) return undefined;
    }
    if (at + length > bytes.length) return undefined;
    values.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return values;
}

/** The values within the one value of this tag that `bytes` are. */
export function derWithin(bytes: Uint8Array, tag: number): DerValue[] | undefined {
  const values = derValues(bytes);
  const [value] = values ?? [];
  return values?.length === 1 && value?.tag === tag ? derValues(value.content) : undefined;
}

/**
 * An ECDSA signature in DER (RFC 3279, section 2.2.3) as `r || s`, each of `size` bytes.
 *
 * @returns `undefined` if it is not exactly that: bytes left over, numbers that are negative, zero,
 * too large or not in their shortest form.
 */
export function rawEcdsaSignature(
  der: Uint8Array,
  size: number,
): Uint8Array<ArrayBuffer> | undefined {
  const numbers = derWithin(der, SEQUENCE);
  if (numbers?.length !== 2) return undefined;
  const raw = new Uint8Array(2 * size);
  for (const [i, { tag, content }] of numbers.entries()) {
    const [first, second] = content;
    if (tag !== INTEGER || first === undefined || first >= 0x80) return undefined;
    // A zero in front is there to keep the number positive, and for nothing else.
    if (first === 0 && (second === undefined || second < 0x80)) return undefined;
    const digits = first === 0 ? content.subarray(1) : content;
    if (digits.length > size) return undefined;
    raw.set(digits, (i + 1) * size - digits.length);
  }
  return raw;
}
