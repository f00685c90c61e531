// A core as text, in a module that returns its bytes: whoever bundles the package has nothing else to deliver.

/**
 * What the text is written in. Every page and server reads ASCII the same, whatever charset they declare; and without quotes,
 * backslashes, spaces, and what begins a comment, a template or a tag, no tool that rewrites the file has anything to rewrite.
 * In this order, since brotli tells commas, vowels and the like apart: others take up to 2 % more.
 */
const DIGITS =
  ',.=()-[]AEIOUaeiou0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz!#%+/:;?@^_|~';

/** The last digits are followed by another: so many of them that there are enough pairs for the other bytes. */
const PREFIXES = 3;

/**
 * Bytes as digits: one for each of the bytes that occur most, two for the others. Base64 is a quarter longer, and much
 * longer when it is compressed: there, a sequence of bytes looks different each time.
 */
function digitsOf(bytes) {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] += 1;
  const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const single = DIGITS.length - PREFIXES;
  const written = new Array(256);
  order.forEach((byte, i) => {
    const pair = i - single;
    const [first, second] = [single + Math.floor(pair / DIGITS.length), pair % DIGITS.length];
    written[byte] = pair < 0 ? DIGITS[i] : DIGITS[first] + DIGITS[second];
  });
  return { order, text: Array.from(bytes, (byte) => written[byte]).join('') };
}

/** The module in both forms. */
export function asText(bytes) {
  const { order, text } = digitsOf(bytes);
  const code = JSON.stringify({ digits: DIGITS, prefixes: PREFIXES, order, length: bytes.length });
  return {
    esm: `import { decoded } from '../core/decode.js';
export default () => decoded(${code}, '${text}');
`,
    // Mostly for Node, whose Buffer decodes base64 in a fifth of the time. By its plain name, bundlers would add one to a page.
    cjs: `'use strict';
Object.defineProperty(exports, '__esModule', { value: true });
const base64 = '${bytes.toString('base64')}';
exports.default = () => {
  const { Buffer } = globalThis;
  if (Buffer !== undefined) return Buffer.from(base64, 'base64');
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
};
`,
  };
}
