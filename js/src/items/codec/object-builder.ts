/**
 * Result objects made from names that are known only at run time.
 *
 * @module
 */

import { setOwn } from '../../util/plain-object.js';

/**
 * Builds objects from names and values. Items of one table mostly have the same names, so the
 * second object in a row with the same names is cloned from a blank one: V8 turns an object that
 * grows property by property into a hash table after about 16, which costs three times as much and
 * makes whatever the caller does with it slower.
 */
export class ObjectBuilder<T> {
  #names: readonly string[] = [];
  #blank: Record<string, unknown> | undefined = undefined;

  /** An object with these own properties in this order. Keeps the names until the next call. */
  build(names: readonly string[], values: readonly T[]): Record<string, T> {
    if (!sameNames(names, this.#names)) {
      this.#names = names;
      this.#blank = undefined;
      return grow(names, values);
    }
    this.#blank ??= blankObject(names);
    // `__proto__` is an own property of the blank object, so assignment replaces its value.
    const object = { ...this.#blank } as Record<string, T>;
    for (let i = 0; i < names.length; i++) object[names[i] as string] = values[i] as T;
    return object;
  }
}

/** Whether these are the same names in the same order. */
export function sameNames(names: readonly string[], known: readonly string[]): boolean {
  if (names === known) return true;
  if (names.length !== known.length) return false;
  for (let i = 0; i < names.length; i++) if (names[i] !== known[i]) return false;
  return true;
}

function grow<T>(names: readonly string[], values: readonly T[]): Record<string, T> {
  const object: Record<string, T> = {};
  for (let i = 0; i < names.length; i++) setOwn(object, names[i] as string, values[i] as T);
  return object;
}

/** Through JSON, because its parser makes objects with a fixed shape, however many names. */
function blankObject(names: readonly string[]): Record<string, unknown> {
  const members = names.map((name) => `${JSON.stringify(name)}:null`);
  return JSON.parse(`{${members.join(',')}}`) as Record<string, unknown>;
}
