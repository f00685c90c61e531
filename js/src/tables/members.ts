/** Members of inputs and outputs: the caller's and the service's, of any form. */

import { MalformedInputError, wrong, type FieldsealError } from '../errors.js';
import { isArray, isPlainObject, mustBe } from '../util/plain-object.js';

type Members = Readonly<Record<string, unknown>>;

/** Objects in a list of a request, none if it is absent. Anything else is refused: what is in it would not be looked at. */
export function objectsIn(input: Members, name: string): readonly Members[] {
  return objects(input[name] ?? [], name);
}

/** The lists of objects in a map of a request, by their names. */
export function listsIn(input: Members, name: string): [string, readonly Members[]][] {
  return mapIn(input, name).map(([key, list]) => [key, objects(list, `${name}['${key}']`)]);
}

/** The objects in a map of a request, by their names. */
export function objectsByName(input: Members, name: string): [string, Members][] {
  return mapIn(input, name).map(([key, value]) => {
    if (isPlainObject(value)) return [key, value];
    throw wrong(`${name}['${key}']`, 'an object', value);
  });
}

function mapIn(input: Members, name: string): [string, unknown][] {
  const map = input[name] ?? {};
  if (isPlainObject(map)) return Object.entries(map);
  throw wrong(name, 'an object', map);
}

function objects(list: unknown, name: string): readonly Members[] {
  if (!isArray(list)) throw wrong(name, 'an array', list);
  for (const [i, entry] of list.entries()) {
    if (!isPlainObject(entry)) throw wrong(`${name}[${i}]`, 'an object', entry);
  }
  return list as readonly Members[];
}

/** A map in a response; `undefined` if it is absent. */
export function mapOf<T extends object>(output: object, name: string): T | undefined {
  const map = (output as Members)[name] ?? undefined;
  if (map === undefined || isPlainObject(map)) return map as T | undefined;
  throw malformed(mustBe(name, 'a map', map));
}

/** The maps in a list of a response, none if it is absent. */
export function mapsOf<T extends object>(output: object, name: string): readonly T[] {
  return maps<T>(listOf(output, name), name);
}

/** A list of a response, whatever is in it; an empty one if it is absent. */
export function listOf(output: object, name: string): readonly unknown[] {
  return list((output as Members)[name] ?? [], name);
}

/** The same list, of which each member is a map. */
export function maps<T extends object>(list: readonly unknown[], name: string): readonly T[] {
  for (const [i, entry] of list.entries()) {
    if (!isPlainObject(entry)) throw malformed(mustBe(`${name}[${i}]`, 'a map', entry));
  }
  return list as readonly T[];
}

/** The maps in a list of a response that has one for each entry of the request. */
export function mapsForEach<T extends object>(
  output: object,
  name: string,
  entries: readonly unknown[],
): readonly T[] {
  const list = mapsOf<T>(output, name);
  if (list.length <= entries.length) return list;
  throw malformed(`${name} has ${list.length} entries, and the request ${entries.length}`);
}

/** The maps in a map of a response, by their names. */
export function mapsByName(output: object, name: string): [string, Members][] {
  return Object.entries(mapOf<Members>(output, name) ?? {}).map(([key, value]) => {
    if (isPlainObject(value)) return [key, value];
    throw malformed(mustBe(`${name}['${key}']`, 'a map', value));
  });
}

/** The lists in a map of a response, by their names, whatever is in them. */
export function listsOf(output: object, name: string): [string, readonly unknown[]][] {
  return Object.entries(mapOf<Members>(output, name) ?? {}).map(([key, value]) => [
    key,
    list(value, `${name}['${key}']`),
  ]);
}

function list(value: unknown, name: string): readonly unknown[] {
  if (isArray(value)) return value;
  throw malformed(mustBe(name, 'a list', value));
}

/** A response that the service does not give. */
export function malformed(problem: string): FieldsealError {
  return new MalformedInputError({
    code: 'MALFORMED_DYNAMODB_RESPONSE',
    message: `malformed DynamoDB response: ${problem}`,
    next: 'Check that the endpoint speaks the DynamoDB JSON protocol.',
  });
}
