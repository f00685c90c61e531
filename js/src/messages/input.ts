/**
 * What a message call gives the core: an encryption context, then bytes.
 *
 * @module
 */

import { lengthOf } from '../util/bytes.js';
import type { Core } from '../core/core.js';
import { limit, usage } from '../errors.js';
import { MAX_16, type Pairs } from '../util/encryption-context.js';
import { utf8Encoder } from '../util/utf8.js';

const NOTHING = new Uint8Array();

/**
 * Fails if bytes that are read piece by piece are not all there any more: what is left of a buffer that was
 * transferred or shrank would be taken for the whole.
 */
export function mustBeWhole(bytes: Uint8Array, length: number): void {
  if (lengthOf(bytes) === length) return;
  const next = 'Keep the buffer until the call has ended, and call again.';
  throw usage('INVALID_ARGUMENT', 'the bytes were taken away while they were read', next);
}

/** Writes both into the core's input; returns the input's length. */
export function writeInput(
  owner: Core,
  maxPending: number,
  context: Pairs,
  bytes: Uint8Array = NOTHING,
): number {
  const length = lengthOf(bytes);
  const write = (memory: Uint8Array, start: number): number => {
    const at = writeContext(memory, start, context);
    memory.set(bytes, at);
    return at + length - start;
  };
  return owner.fillInput(roomFor(context) + length, write, maxPending);
}

/** Writes a context, and then another one or the fact that there is none; returns the input's length. */
export function writeTwoContexts(owner: Core, first: Pairs, second: Pairs | undefined): number {
  return owner.fillInput(roomFor(first) + 1 + roomFor(second ?? []), (memory, start) => {
    let at = writeContext(memory, start, first);
    memory[at++] = second ? 1 : 0;
    if (second) at = writeContext(memory, at, second);
    return at - start;
  });
}

/** The most bytes that a context takes. */
function roomFor(context: Pairs): number {
  let room = 2;
  for (const [key, value] of context) room += 4 + 3 * (key.length + value.length);
  return room;
}

/** Writes a string, of which there is room for all; returns how many bytes of UTF-8 it has. */
function writeText(memory: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // What is ASCII and short is there before an encoder has begun.
    if (unit > 0x7f || i === 64) return utf8Encoder().encodeInto(text, memory.subarray(at)).written;
    memory[at + i] = unit;
  }
  return text.length;
}

/** Writes a context in the caller's order; returns where it ends. */
function writeContext(memory: Uint8Array, start: number, context: Pairs): number {
  let at = start;
  const number = (n: number): void => {
    memory[at++] = n >>> 8;
    memory[at++] = n;
  };
  number(context.length);
  for (const pair of context) {
    for (const text of pair) {
      const written = writeText(memory, at + 2, text);
      if (written > MAX_16) {
        throw limit(`a string of encryptionContext has ${written} bytes, more than ${MAX_16}`);
      }
      number(written);
      at += written;
    }
  }
  return at;
}
