/**
 * Weak references, where the language has them: Cloudflare's Workers do not before the compatibility date 2025-05-05, and
 * Hermes has no finalizers. Without, what was made stays as long as its instance of the core.
 *
 * @module
 */

/** Calls `end` with what was registered for an object, some time after nobody holds that any more. */
export function finalizer<T>(end: (held: T) => void): Finalizer<T> {
  if (typeof FinalizationRegistry === 'function') return new FinalizationRegistry(end);
  return { register() {}, unregister() {} };
}

interface Finalizer<T> {
  register(object: object, held: T, token: object): void;
  unregister(token: object): void;
}

/** What gives the object back for as long as somebody else holds it. */
export function weakly<T extends object>(object: T): { deref(): T | undefined } {
  return typeof WeakRef === 'function' ? new WeakRef(object) : { deref: () => object };
}
