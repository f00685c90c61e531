/** Checks requests of the KMS client before they go to the core. */

import { KMS_KINDS } from '../generated/kms-operations.js';
import { bytesOf, isBinary } from '../util/bytes.js';
import { wrong } from '../errors.js';
import { isArray, isObject, isPlainObject } from '../util/plain-object.js';
import { optionalString, optionalStringMap } from '../util/strings.js';

type Check = (name: string, value: unknown) => void;

const CHECKS: Readonly<Record<(typeof KMS_KINDS)[keyof typeof KMS_KINDS], Check>> = {
  bytes,
  context: optionalStringMap,
  flag: (name, value) => {
    if (typeof value !== 'boolean') throw wrong(name, 'a boolean', value);
  },
  number: whole,
  object: members,
  objects: (name, value) => {
    if (!isArray(value)) throw wrong(name, 'an array of objects', value);
    value.forEach((member: unknown, i) => members(`${name}[${i}]`, member));
  },
  strings: textList,
};

/** How a member is checked, whichever operation it belongs to. */
function checkOf(member: string): Check {
  if (!Object.hasOwn(KMS_KINDS, member)) return optionalString;
  return CHECKS[KMS_KINDS[member as keyof typeof KMS_KINDS]];
}

/** Tells which material made a ciphertext: of responses only, the ciphertext says it too. */
const ANSWERED = 'keyMaterialId';

/**
 * The request without members that are undefined, which the core does not take for absent ones.
 * Checked here, where the value's type can be named; which members an operation has, and within
 * which limits, is for the core.
 */
export function checked(operation: string, request: object): Record<string, unknown> {
  if (!isObject(request)) throw wrong(`${operation}'s request`, 'an object', request);
  return given(`${operation}: `, request);
}

function members(name: string, value: unknown): void {
  if (!isPlainObject(value)) throw wrong(name, 'an object', value);
  given(`${name}.`, value);
}

function given(prefix: string, object: object): Record<string, unknown> {
  const entries: [string, unknown][] = Object.entries(object);
  // What GenerateDataKeyWithoutPlaintext returns goes to Decrypt as it is.
  const present = entries.filter(([name, value]) => value !== undefined && name !== ANSWERED);
  for (const [member, value] of present) {
    checkOf(member)(prefix + member, value);
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
