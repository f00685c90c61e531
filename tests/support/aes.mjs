// AES's key expansion (FIPS 197 section 5.2): what an expanded key is known by.

/** The S-box, by powers p of the field's generator 3 and their inverses q. */
const SBOX = (() => {
  const box = Buffer.alloc(256, 0x63);
  for (let p = 1, q = 1, n = 0; n < 255; n++) {
    // `box` keeps the lowest eight bits.
    const twice = q * 0x101;
    box[p] = q ^ (twice >> 7) ^ (twice >> 6) ^ (twice >> 5) ^ (twice >> 4) ^ 0x63;
    p = (p ^ (p << 1) ^ (p & 0x80 ? 0x11b : 0)) & 0xff;
    // Divided by 3.
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q = (q ^ (q & 0x80 ? 9 : 0)) & 0xff;
  }
  return box;
})();

const ROUNDS = [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36];

/** What a key of 16, 24 or 32 bytes is expanded to for the last round. */
export function lastRoundKey(key) {
  const length = key.length / 4;
  const words = Array.from({ length }, (_, i) => [...key.subarray(4 * i, 4 * i + 4)]);
  for (let i = length; i < 4 * (length + 7); i++) {
    let word = words[i - 1];
    if (i % length === 0) word = [...word.slice(1), word[0]];
    if (i % length === 0 || (length > 6 && i % length === 4)) word = word.map((byte) => SBOX[byte]);
    if (i % length === 0) word[0] ^= ROUNDS[i / length - 1];
    words.push(words[i - length].map((byte, n) => byte ^ word[n]));
  }
  return Buffer.from(words.slice(-4).flat());
}
