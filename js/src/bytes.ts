/**
 * Binary values in whatever form JavaScript has them.
 *
 * @module
 */

const BUFFER_TAG = /^\[object (Shared)?ArrayBuffer\]$/;

/** Whether the value is an `ArrayBuffer` or a view of one (Node's `Buffer` included). */
export function isBinary(value: unknown): value is ArrayBufferView | ArrayBufferLike {
  if (typeof value !== 'object' || value === null) return false;
  // By tag, not instanceof: buffers come from other realms too (frames, vm contexts, jsdom).
  return ArrayBuffer.isView(value) || BUFFER_TAG.test(Object.prototype.toString.call(value));
}

/**
 * Exactly the bytes that the value shows, not copied: a subarray is its window, not its buffer.
 *
 * @returns `undefined` when the value's buffer is detached (transferred) or no longer covers it
 */
export function windowOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array | undefined {
  if (value instanceof Uint8Array && value.byteLength > 0) return value;
  try {
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
    // A view that its buffer no longer covers claims to be empty; its methods tell the truth.
    if (ArrayBuffer.isView(value) && 'includes' in value) (value as Uint8Array).includes(0);
    return bytes;
  } catch {
    return undefined;
  }
}
