/**
 * The package comes twice, as ES modules and as CommonJS, and one program may load both: its own modules import, a
 * dependency requires. Then both work on one core, with each other's objects.
 *
 * @module
 */

import { VERSION } from '../generated/version.js';
import { hostModule } from './host-module.js';
import { isObject } from './plain-object.js';

/** Of each version its own: another one may have other classes and another core. */
const key = (name: string): symbol => Symbol.for(`fieldseal ${VERSION} ${name}`);

let state: object | undefined;

/** What there is once for both: an object that is empty at first, of which every module knows its own part. */
export function shared<T extends object>(): T {
  return (state ??= place()) as T;
}

/**
 * On `globalThis`, where there can be CommonJS. Not in a page: from there any script could get at the core's memory, and
 * with it at keys. A page that bundles both has two cores, which take each other's objects all the same.
 */
function place(): object {
  // It inherits nothing: what somebody puts on every object is no part of it.
  const own = Object.create(null) as object;
  if (hostModule('node:module') === undefined) return own;
  const core = key('core');
  const locked = { value: own, writable: false, enumerable: false, configurable: false };
  // Refused when it is there, or when nothing can be put there.
  if (Reflect.defineProperty(globalThis, core, locked)) return own;
  return ofOtherCopy(Object.getOwnPropertyDescriptor(globalThis, core)?.value) ?? own;
}

/** What was found in its place, if it may be the other copy's; each works alone beside anything else. */
function ofOtherCopy(found: unknown): object | undefined {
  try {
    const may = isObject(found) && Object.getPrototypeOf(found) === null;
    return may && Object.isExtensible(found) ? found : undefined;
  } catch {
    // A proxy.
    return undefined;
  }
}

/** Has `instanceof` take an object of the other copy's class for what it is, by a mark on the class's prototype. */
export function markClass(name: string, Class: abstract new (...args: never) => object): void {
  const mark = key(name);
  Object.defineProperty(Class.prototype, mark, { value: true });
  Object.defineProperty(Class, Symbol.hasInstance, {
    value(this: typeof Class, object: unknown) {
      // Each of the object's prototypes: asking it for the property would ask a proxy's traps.
      for (let at = object; isObject(at);) {
        at = Object.getPrototypeOf(at);
        // A class that the caller derives has no mark.
        if (this === Class ? isObject(at) && Object.hasOwn(at, mark) : at === this.prototype)
          return true;
      }
      return false;
    },
  });
}
