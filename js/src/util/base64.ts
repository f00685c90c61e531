/**
 * Standard base64 with padding (RFC 4648 section 4), strict on decoding.
 *
 * @module
 */

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
 * spaces, missing padding, bits left over. `atob` forgives these, and two strings for the same bytes
 * are an invitation to trouble.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  if (btoa(binary) !== text) return undefined;
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
