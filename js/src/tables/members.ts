/** Members of inputs and outputs: the caller's and the service's, of any form. */

import { MalformedInputError, wrong, type FieldsealError } from '../errors.js';
import { isArray, isPlainObject, kindOf } from '../util/plain-object.js';

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

/** A list in a response, none if it is absent. */
export function listOf<T>(output: Members, name: string): readonly T[] {
  return list<T>(output[name] ?? [], name);
}

/** The lists in a map of a response, by their names. */
export function listsOf<T>(output: Members, name: string): [string, readonly T[]][] {
  const map = output[name] ?? {};
  if (!isPlainObject(map)) throw malformed(name, 'a map', map);
  return Object.entries(map).map(([key, value]) => [key, list<T>(value, `${name}['${key}']`)]);
}

function list<T>(value: unknown, name: string): readonly T[] {
  if (isArray(value)) return value as T[];
  throw malformed(name, 'a list', value);
}

/** A response that the service does not give. */
export function malformed(name: string, wanted: string, value: unknown): FieldsealError {
  return new MalformedInputError({
    code: 'MALFORMED_DYNAMODB_RESPONSE',
    message: `malformed DynamoDB response: ${name} must be ${wanted}, not ${kindOf(value)}`,
    next: 'Check that the endpoint speaks the DynamoDB JSON protocol.',
  });
}
