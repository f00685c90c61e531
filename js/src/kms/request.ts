/** Checks requests of the KMS client before they go to the core. */

import type { KMS_KINDS } from '../generated/kms-operations.js';
import { bytesOf, isBinary } from '../util/bytes.js';
import { wrong } from '../errors.js';
import { isArray, isObject, isPlainObject } from '../util/plain-object.js';
import { optionalString, optionalStringMap } from '../util/strings.js';

type Check = (name: string, value: unknown, kinds: Kinds) => void;

type Kind = (typeof KMS_KINDS)[keyof typeof KMS_KINDS];

/** What members of requests are that are not strings. */
export type Kinds = Readonly<Record<string, Kind>>;

const CHECKS: Readonly<Record<Kind, Check>> = {
  bytes,
  context: optionalStringMap,
  flag: (name, value) => {
    if (typeof value !== 'boolean') throw wrong(name, 'a boolean', value);
  },
  number: whole,
  object: members,
  objects: (name, value, kinds) => {
    if (!isArray(value)) throw wrong(name, 'an array of objects', value);
    value.forEach((member: unknown, i) => members(`${name}[${i}]`, member, kinds));
  },
  strings: textList,
};

/** Tells which material made a ciphertext: of responses only, the ciphertext says it too. */
const ANSWERED = 'keyMaterialId';

/**
 * The request without members that are undefined, which the core does not take for absent ones.
 * Checked here, where the value's type can be named; which members an operation has, and within
 * which limits, is for the core.
 */
export function checked(operation: string, request: object, kinds: Kinds): Record<string, unknown> {
  if (!isObject(request)) throw wrong(`${operation}'s request`, 'an object', request);
  return given(`${operation}: `, request, kinds);
}

function members(name: string, value: unknown, kinds: Kinds): void {
  if (!isPlainObject(value)) throw wrong(name, 'an object', value);
  given(`${name}.`, value, kinds);
}

function given(prefix: string, object: object, kinds: Kinds): Record<string, unknown> {
  const entries: [string, unknown][] = Object.entries(object);
  // What GenerateDataKeyWithoutPlaintext returns goes to Decrypt as it is.
  const present = entries.filter(([name, value]) => value !== undefined && name !== ANSWERED);
  for (const [member, value] of present) {
    const kind = Object.hasOwn(kinds, member) ? kinds[member] : undefined;
    const check: Check = kind ? CHECKS[kind] : optionalString;
    check(prefix + member, value, kinds);
  }
  // Bytes as the core takes them; it reads them before anything is awaited.
  const own = (name: string, value: unknown): unknown =>
    isBinary(value) ? bytesOf(prefix + name, value) : value;
  return Object.fromEntries(present.map(([name, value]) => [name, own(name, value)]));
}

function bytes(name: string, value: unknown): void {
  if (!isBinary(value)) throw wrong(name, 'a Uint8Array', value);
}

function whole(name: string, value: unknown): void {
  if (!Number.isInteger(value)) throw wrong(name, 'a whole number', value);
}

function textList(name: string, value: unknown): void {
  if (!isArray(value)) throw wrong(name, 'an array of strings', value);
  value.forEach((member: unknown, i) => optionalString(`${name}[${i}]`, member ?? null));
}
