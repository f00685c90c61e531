/** Checks requests of the KMS client before they go to the core. */

import type { KMS_KINDS } from '../generated/kms-operations.js';
import { bytesOf, isBinary } from '../util/bytes.js';
import { limit, wrong } from '../errors.js';
import { isArray, isObject, isPlainObject } from '../util/plain-object.js';
import { optionalString, optionalStringMap } from '../util/strings.js';

/** Reads a member once: what is checked is what the core is given, and nothing of the caller's runs within the core. */
type Read = (name: string, value: unknown, kinds: Kinds) => unknown;

type Kind = (typeof KMS_KINDS)[keyof typeof KMS_KINDS];

/** What members of requests are that are not strings. */
export type Kinds = Readonly<Record<string, Kind>>;

const READERS: Readonly<Record<Kind, Read>> = {
  bytes: (name, value) => {
    if (!isBinary(value)) throw wrong(name, 'a Uint8Array', value);
    const bytes = bytesOf(name, value);
    few(name, bytes);
    return bytes;
  },
  context: (name, value) => {
    if (isPlainObject(value)) few(name, Object.keys(value));
    return optionalStringMap(name, value);
  },
  flag: (name, value) => {
    if (typeof value !== 'boolean') throw wrong(name, 'a boolean', value);
    return value;
  },
  number: (name, value) => {
    if (!Number.isInteger(value)) throw wrong(name, 'a whole number', value);
    return value;
  },
  object: members,
  objects: (name, value, kinds) => {
    if (!isArray(value)) throw wrong(name, 'an array of objects', value);
    few(name, value);
    return Array.from(value, (member: unknown, i) => members(`${name}[${i}]`, member, kinds));
  },
  strings: (name, value) => {
    if (!isArray(value)) throw wrong(name, 'an array of strings', value);
    few(name, value);
    return Array.from(value, (member: unknown, i) => text(`${name}[${i}]`, member ?? null));
  },
};

/** No request is longer than this in AWS, in bytes: what is, would fill the core's memory before KMS refuses it. */
const MAX = 1 << 20;

function few(name: string, { length }: { readonly length: number }): void {
  if (length > MAX) throw limit(`${name}: ${length}, at most ${MAX}`);
}

/** Tells which material made a ciphertext: of responses only, the ciphertext says it too. */
const ANSWERED = 'Decrypt: keyMaterialId';

/**
 * The request without members that are undefined, which the core does not take for absent ones.
 * Checked here, where the value's type can be named; which members an operation has, and within
 * which limits, is for the core.
 */
export function checked(operation: string, request: object, kinds: Kinds): Record<string, unknown> {
  if (!isObject(request)) throw wrong(`${operation}'s request`, 'an object', request);
  return given(`${operation}: `, request, kinds);
}

function text(name: string, value: unknown): string | undefined {
  const read = optionalString(name, value);
  few(name, read ?? '');
  return read;
}

function members(name: string, value: unknown, kinds: Kinds): Record<string, unknown> {
  if (!isPlainObject(value)) throw wrong(name, 'an object', value);
  return given(`${name}.`, value, kinds);
}

function given(prefix: string, object: object, kinds: Kinds): Record<string, unknown> {
  const entries: [string, unknown][] = Object.entries(object);
  // What GenerateDataKeyWithoutPlaintext returns goes to Decrypt as it is.
  const present = entries.filter(
    ([name, value]) => value !== undefined && prefix + name !== ANSWERED,
  );
  return Object.fromEntries(
    present.map(([member, value]) => {
      const kind = Object.hasOwn(kinds, member) ? kinds[member] : undefined;
      const read: Read = kind ? READERS[kind] : text;
      return [member, read(prefix + member, value, kinds)];
    }),
  );
}
