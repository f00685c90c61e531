/**
 * Standard base64 with padding (RFC 4648 section 4), strict on decoding.
 *
 * @module
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const INVALID = 0xff;
const DIGITS = new Uint8Array(128).fill(INVALID);
for (let i = 0; i < 64; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

/** Bytes per call of `String.fromCharCode`, far below every engine's limit of arguments. */
const CHUNK = 8192;

/** The base64 text of the bytes. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(binary);
}

/**
 * The bytes of base64 text.
 *
 * @returns `undefined` for text that {@link toBase64} would not have written: other characters,
 * spaces, missing padding, bits left over. `atob` forgives these, and two texts for the same bytes
 * are an invitation to trouble.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const length = text.length;
  if (length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const out = new Uint8Array((length / 4) * 3 - padding);
  const digits = length - padding;
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < digits; i++) {
    const digit = DIGITS[text.charCodeAt(i)] ?? INVALID;
    if (digit === INVALID) return undefined;
    bits = (bits << 6) | digit;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[at++] = bits >> held;
      bits &= (1 << held) - 1;
    }
  }
  return bits === 0 ? out : undefined;
}
