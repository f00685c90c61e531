/**
 * Bytes in whatever form JavaScript has them: a `Uint8Array` (Node's `Buffer`), another typed array, a `DataView`, an
 * `ArrayBuffer` or a `SharedArrayBuffer`, of any realm (frames, vm contexts, jsdom). A view is the bytes that it shows.
 *
 * All bytes that enter the package are read here, by the language's own getters: a subclass, an own property or a
 * patched prototype can give any length, and what is written by one length and reserved by another overflows.
 *
 * @module
 */

import { tagOf } from './tag.js';
import { isObject, isPlainObject } from './plain-object.js';
import { usage, wrong } from '../errors.js';

/** A getter as a function; of the language as it was when this module was loaded. */
function getter<T>(prototype: object, name: PropertyKey): (object: unknown) => T {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name)!;
  return Function.prototype.call.bind(get!) as (object: unknown) => T;
}

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
/** The name of a typed array's class; `undefined` for everything else. */
const typeOf = getter<string | undefined>(TypedArray, Symbol.toStringTag);
const [ofArray, ofView] = [TypedArray, DataView.prototype].map((prototype) => ({
  buffer: getter<ArrayBuffer>(prototype, 'buffer'),
  byteOffset: getter<number>(prototype, 'byteOffset'),
  byteLength: getter<number>(prototype, 'byteLength'),
}));
const lengthsOfBuffers = ['ArrayBuffer', 'SharedArrayBuffer'].flatMap((name) => {
  // Shared memory is not there on every page.
  const Buffer = (globalThis as Record<string, unknown>)[name] as typeof ArrayBuffer | undefined;
  return Buffer ? [getter<number>(Buffer.prototype, 'byteLength')] : [];
});
const includes = Function.prototype.call.bind(TypedArray.includes) as (...of: unknown[]) => void;

const BUFFER_TAG = /^\[object (Shared)?ArrayBuffer\]$/;

/** The length of a `Uint8Array` as it is. */
export const lengthOf = getter<number>(TypedArray, 'length') as (bytes: Uint8Array) => number;

/**
 * Whether it is a `Uint8Array` of at most 64 bytes, but not an empty one: V8 makes no buffer for these before somebody
 * asks, which costs more than `new Uint8Array(value)`.
 */
export function isShort(value: unknown): value is Uint8Array {
  if (typeOf(value) !== 'Uint8Array') return false;
  const length = lengthOf(value as Uint8Array);
  return length > 0 && length <= 64;
}

/** Whether the value is a buffer or a view of one. */
export function isBinary(value: unknown): value is ArrayBufferView | ArrayBufferLike {
  if (!isObject(value)) return false;
  return ArrayBuffer.isView(value) || BUFFER_TAG.test(tagOf(value));
}

/**
 * The bytes that the value shows, as a `Uint8Array` of this realm that is this package's own; not copied. Its length
 * does not change, except to 0 when the buffer is taken away.
 *
 * @returns `undefined` when the value's buffer is detached (transferred) or no longer covers it
 */
export function windowOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array | undefined {
  try {
    if (!ArrayBuffer.isView(value)) return new Uint8Array(value, 0, lengthOfBuffer(value));
    const typed = typeOf(value) !== undefined;
    const { buffer, byteOffset, byteLength } = (typed ? ofArray : ofView)!;
    const length = byteLength(value);
    // One that its buffer no longer covers claims to be empty; its methods tell the truth.
    if (typed && length === 0) includes(value, 0);
    return new Uint8Array(buffer(value), byteOffset(value), length);
  } catch {
    return undefined;
  }
}

function lengthOfBuffer(value: unknown): number {
  const [ofArrayBuffer, ofShared] = lengthsOfBuffers;
  try {
    return ofArrayBuffer!(value);
  } catch {
    return ofShared!(value);
  }
}

/**
 * The bytes of an argument, as {@link windowOf}.
 *
 * @throws UsageError `INVALID_ARGUMENT` naming the argument
 */
export function bytesOf(name: string, value: unknown): Uint8Array {
  if (!isBinary(value)) {
    throw wrong(name, 'a Uint8Array', value, adviceFor(name, value));
  }
  const bytes = windowOf(value);
  if (bytes) return bytes;
  throw usage('INVALID_ARGUMENT', `the buffer of ${name} is detached, or too small for its view`);
}

/** How what was given instead of bytes becomes bytes. */
function adviceFor(name: string, value: unknown): string | undefined {
  if (typeof value === 'string') {
    const text = /^(plaintext|message|a chunk)/.test(name);
    return text ? 'Encode text with TextEncoder, decode base64.' : 'Decode base64 first.';
  }
  return isPlainObject(value) ? 'JSON does not keep bytes: send them as base64.' : undefined;
}

/** As {@link bytesOf}, copied: for what is kept. */
export function copyOf(name: string, value: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytesOf(name, value));
}
