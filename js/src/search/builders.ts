/** Parts of a search configuration, in a form that reads well. */

import { usage, wrong } from '../errors.js';
import { isArray, isPlainObject } from '../util/plain-object.js';
import type { CompoundBeacon, StandardBeacon, VirtualField, VirtualPart } from './types.js';

/**
 * A standard beacon.
 *
 * @throws UsageError `INVALID_ARGUMENT` for what is not an object, and a `name` in it
 *
 * @example
 * ```ts
 * import { ItemEncryptor, awsKmsHierarchicalKeyring, staticKeyStore } from 'fieldseal'
 * import { compoundBeacon, standardBeacon, virtualField, type SearchOptions } from 'fieldseal/tables'
 *
 * // In production keyStore({ … }): branch keys on a DynamoDB table, wrapped by KMS.
 * const keyStore = staticKeyStore([
 *   {
 *     branchKeyId: 'people',
 *     version: crypto.randomUUID(),
 *     branchKey: crypto.getRandomValues(new Uint8Array(32)),
 *     beaconKey: crypto.getRandomValues(new Uint8Array(32)),
 *   },
 * ])
 * const search: SearchOptions = {
 *   keyStore,
 *   keySource: { type: 'single', branchKeyId: 'people', cacheTtlSeconds: 600 },
 *   standardBeacons: [
 *     standardBeacon('ssn', { length: 32 }),
 *     standardBeacon('stateAndLastFour', { length: 12 }),
 *   ],
 *   virtualFields: [
 *     virtualField('stateAndLastFour', [
 *       { location: 'state' },
 *       { location: 'ssn', transforms: [{ type: 'suffix', length: 4 }] },
 *     ]),
 *   ],
 *   compoundBeacons: [
 *     compoundBeacon('stateAndSsn', {
 *       split: '.',
 *       signedParts: [{ name: 'state', prefix: 'S-' }],
 *       encryptedParts: [{ name: 'ssn', prefix: 'N-' }],
 *     }),
 *   ],
 * }
 * const people = new ItemEncryptor({
 *   logicalTableName: 'people',
 *   partitionKeyName: 'id',
 *   attributeActions: { id: 'SIGN_ONLY', state: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'people', ttlSeconds: 600 }),
 *   search,
 * })
 * const { document } = await people.encryptDocument({ id: 'p-1', state: 'WA', ssn: '078-05-1120' })
 * const beacons = Object.keys(document).filter((name) => name.startsWith('aws_dbe_b_'))
 * console.log(beacons.join())
 * // → aws_dbe_b_ssn,aws_dbe_b_stateAndLastFour,aws_dbe_b_stateAndSsn
 * ```
 */
export function standardBeacon(
  name: string,
  options: Omit<StandardBeacon, 'name'>,
): StandardBeacon {
  return named(name, options);
}

/**
 * A compound beacon. {@link standardBeacon} has an example of a table with one.
 *
 * @throws UsageError `INVALID_ARGUMENT` for what is not an object, and a `name` in it
 *
 * @example
 * ```ts
 * import { compoundBeacon } from 'fieldseal/tables'
 *
 * const place = compoundBeacon('place', {
 *   split: '.',
 *   signedParts: [{ name: 'country', prefix: 'C-' }],
 *   encryptedParts: [{ name: 'zip', prefix: 'Z-' }],
 * })
 * console.log(place.name) // → place
 * ```
 */
export function compoundBeacon(
  name: string,
  options: Omit<CompoundBeacon, 'name'>,
): CompoundBeacon {
  return named(name, options);
}

/**
 * A virtual field. {@link standardBeacon} has an example of a table with one.
 *
 * @throws UsageError `INVALID_ARGUMENT` for parts that are not an array
 *
 * @example
 * ```ts
 * import { virtualField } from 'fieldseal/tables'
 *
 * const lastFour = virtualField('lastFour', [
 *   { location: 'ssn', transforms: [{ type: 'suffix', length: 4 }] },
 * ])
 * console.log(lastFour.parts.length) // → 1
 * ```
 */
export function virtualField(name: string, parts: readonly VirtualPart[]): VirtualField {
  if (!isArray(parts)) throw wrong('the parts', 'an array', parts);
  return { name, parts };
}

function named<T extends object>(name: string, options: T): T & { readonly name: string } {
  if (!isPlainObject(options)) throw wrong('the options', 'an object', options);
  // Which of the two is meant?
  if (Object.hasOwn(options, 'name')) {
    const problem = `'${name}' has another name in its options`;
    throw usage('INVALID_ARGUMENT', problem, 'The name is the first argument only.');
  }
  return { ...options, name };
}
