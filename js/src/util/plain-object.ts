/**
 * Plain objects with any name as a key, `__proto__` included.
 *
 * @module
 */

/** Sets an own property; a plain assignment to `__proto__` would change the prototype instead. */
export function setOwn<T>(object: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') {
    const descriptor = { value, configurable: true, enumerable: true, writable: true };
    Object.defineProperty(object, name, descriptor);
  } else {
    object[name] = value;
  }
}

/** A plain object's own properties, and nothing that all objects inherit; anything else as it is. */
export function ownCopy<T>(value: T): T {
  return isPlainObject(value) ? (Object.assign(Object.create(null), value) as T) : value;
}

/** The value of an own property; what all objects inherit is nobody's. */
export function ownValue<T extends object, K extends keyof T>(
  object: T,
  name: K,
): T[K] | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/**
 * Whether the value is an object literal or the like, of any realm. Instances of classes, objects
 * that inherit from others, arrays, `Map` and functions are not.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return (
    prototype === Object.prototype ||
    prototype === null ||
    // Another realm's Object.prototype, which has no prototype itself; others that have none are somebody's defaults.
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty'))
  );
}

/** Whether the value is an object that can be read: a proxy that was revoked cannot. */
export function isObject(value: unknown): value is object {
  try {
    return (
      typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== undefined
    );
  } catch {
    return false;
  }
}

export const isArray = (value: unknown): value is unknown[] =>
  isObject(value) && Array.isArray(value);

/**
 * A property of an object's own that reading its keys would drop, in words: one with a symbol for a name, or one that
 * is not enumerable; `undefined` where there is none.
 */
export function hiddenProperty(
  object: object,
  keys: readonly string[] = Object.keys(object),
): string | undefined {
  // Nearly always there is none, and these two are many times as fast as Reflect.ownKeys.
  if (Object.getOwnPropertySymbols(object).length > 0) return 'a property named by a symbol';
  const names = Object.getOwnPropertyNames(object);
  if (names.length === keys.length) return undefined;
  const name = names.find((name) => !Object.prototype.propertyIsEnumerable.call(object, name));
  return `the property '${name}' (not enumerable)`;
}

/** What a value is, for error messages: never the value itself. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (isArray(value)) return 'an array';
  if (typeof value === 'object') {
    if (!isObject(value)) return 'an object that cannot be read';
    if (isPlainObject(value)) return 'an object';
    const Class: unknown = value.constructor;
    const name = typeof Class === 'function' ? Class.name : '';
    return name === '' ? 'an instance of a class' : `an instance of ${name}`;
  }
  return value === undefined ? 'undefined' : `a ${typeof value}`;
}

/** The sentence that refuses a value of the wrong kind. */
export function mustBe(name: string, wanted: string, value: unknown): string {
  return `${name} must be ${wanted}, not ${kindOf(value)}`;
}
