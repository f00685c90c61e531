// A search for secrets in the core's linear memory.

import { lastRoundKey } from './aes.mjs';

/** The forms in which a key would give itself away, by their names: as it is, and as HMAC's inner and outer key. */
export function formsOf(name, key) {
  const padded = (byte) => Buffer.from(key.map((b) => b ^ byte));
  return { [name]: key, [`${name} ^ 36`]: padded(0x36), [`${name} ^ 5c`]: padded(0x5c) };
}

/** The same for one that may be AES's, too: the last of its round keys, and that as our cipher keeps it. */
export function formsOfAes(name, key) {
  const forms = formsOf(name, key);
  if (![16, 24, 32].includes(key.length)) return forms;
  const last = lastRoundKey(key);
  return {
    ...forms,
    [`${name}, expanded`]: last,
    [`${name}, expanded ^ 63`]: Buffer.from(last.map((byte) => byte ^ 0x63)),
  };
}

/** The pieces by which bytes are known: 16 in a row at their ends and in their middle. */
export function pieces(name, bytes) {
  const length = Math.min(16, bytes.length);
  const starts = new Set([0, (bytes.length - length) >> 1, bytes.length - length]);
  return [...starts].map((start) => ({
    name,
    start,
    bytes: bytes.subarray(start, start + length),
  }));
}

/** Those of several secrets, by their names. */
export const piecesOf = (secrets) =>
  Object.entries(secrets).flatMap(([name, bytes]) => pieces(name, bytes));

/** Which of the pieces are in linear memory, and where; one pass for all of them. */
export function search({ buffer }, needles) {
  const memory = Buffer.from(buffer);
  const first = new Uint8Array(0x10000);
  const known = new Map();
  for (const needle of needles) {
    first[needle.bytes.readUInt16LE(0)] = 1;
    const key = needle.bytes.readUInt32LE(0);
    known.set(key, [...(known.get(key) ?? []), needle]);
  }
  const found = [];
  for (let at = 0; at + 4 <= memory.length; at++) {
    if (first[memory[at] | (memory[at + 1] << 8)] === 0) continue;
    for (const { name, start, bytes } of known.get(memory.readUInt32LE(at)) ?? []) {
      if (bytes.equals(memory.subarray(at, at + bytes.length))) found.push({ name, start, at });
    }
  }
  return found;
}

/**
 * What an operation leaves in the stack: whether something was wiped, and how many bytes down something is left. The linker puts the stack
 * first: it begins at 896 KiB (Makefile) and grows down. Between calls it is empty, so that it can be filled with a pattern;
 * what an operation leaves in it is neither that nor zero.
 *
 * @param memory - a function that returns the view of linear memory: it may grow
 */
export async function stackAfter(memory, run) {
  const [top, floor, pattern] = [0xe0000, 0x1000, 0xa5];
  memory().fill(pattern, floor, top);
  await run();
  const stack = memory().subarray(floor, top);
  const left = stack.findIndex((byte) => byte !== pattern && byte !== 0);
  return { wiped: stack.includes(0), down: left === -1 ? 0 : stack.length - left };
}
