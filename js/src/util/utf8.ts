/**
 * Encoders of text. Made when they are first needed: a test runner's sandbox may get them after this package was loaded.
 *
 * @module
 */

let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

export const utf8Encoder = (): TextEncoder => (encoder ??= new TextEncoder());

/** Refuses what is not UTF-8, and keeps a byte order mark. */
export const utf8Decoder = (): TextDecoder =>
  (decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }));
