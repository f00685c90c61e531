/** Requests on searched tables: written with beacons, and what they found looked through. The work is the core's. */

import { core, type CoreObject } from '../core/core.js';
import { internal } from '../errors.js';
import { packedRequest, valuesOf, write, type RequestParts } from '../dynamodb/expressions.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { packItems } from '../items/codec/pack.js';
import { unpackItems } from '../items/codec/unpack-items.js';
import { ownValue } from '../util/plain-object.js';

/** The parts of a request that beacons change. */
export interface SearchRequest {
  readonly KeyConditionExpression?: string | undefined;
  readonly FilterExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: AttributeMap | undefined;
}

/**
 * The request as DynamoDB can answer it. Beacon keys may have to be fetched.
 *
 * @throws UsageError `TABLE_REQUEST_REFUSED`, with the beacon, the attribute or the value; MalformedInputError
 * `MALFORMED_EXPRESSION`; what the key store throws
 */
export async function searchRequest(
  encryptor: CoreObject,
  operation: 'Query' | 'Scan',
  request: RequestParts,
  signal: AbortSignal | undefined,
): Promise<SearchRequest> {
  const owner = core();
  const length = write(owner, [packedRequest(request), valuesOf(request)]);
  const [parts, values] = await owner.run(
    [encryptor],
    (glue, handle) => glue.search_request(handle, operation === 'Scan', length),
    (output) => unpackItems(output, 2),
    signal,
  );
  const names = ownValue(parts!, 'names')?.M ?? {};
  return {
    KeyConditionExpression: ownValue(parts!, 'KeyConditionExpression')?.S,
    FilterExpression: ownValue(parts!, 'FilterExpression')?.S,
    ExpressionAttributeNames: unlessEmpty(
      Object.fromEntries(
        Object.entries(names).map(([placeholder, name]) => [placeholder, name.S!]),
      ),
    ),
    ExpressionAttributeValues: unlessEmpty(values!),
  };
}

/** DynamoDB refuses empty maps. */
function unlessEmpty<T extends object>(map: T): T | undefined {
  return Object.keys(map).length > 0 ? map : undefined;
}

/** Whether what DynamoDB finds has to be looked through. */
export function needsLooking(encryptor: CoreObject, request: RequestParts): boolean {
  const owner = core();
  const handle = encryptor.handle(owner);
  const length = write(owner, [packedRequest(request), valuesOf(request)]);
  return owner.make((glue) => glue.looks_through(handle, length)) === 1;
}

/** How many queries, for the partitions 0, 1 and so on, find everything that the request asks for. */
export function numberOfQueries(encryptor: CoreObject, request: RequestParts): number {
  const owner = core();
  const handle = encryptor.handle(owner);
  const length = write(owner, [packedRequest(request), valuesOf(request)]);
  return owner.make((glue) => glue.number_of_queries(handle, length));
}

/** What virtual fields and compound beacons are made of in an item in plaintext. */
export function resolved(encryptor: CoreObject, item: AttributeMap): [AttributeMap, AttributeMap] {
  const owner = core();
  const input = packItems([item]);
  let length: number;
  try {
    length = owner.fillInput(input.byteLength, (memory, at, grow) =>
      input.writeInto(memory, at, grow),
    );
  } finally {
    input.discard();
  }
  const [fields, beacons] = owner.run(
    [encryptor],
    (glue, handle) => glue.resolve_attributes(handle, length),
    (output) => unpackItems(output, 2),
  ) as (AttributeMap | undefined)[];
  if (!fields || !beacons) throw internal('an item without its attributes');
  return [fields, beacons];
}

/** The names of the signed beacons that an encryptor adds. */
export function signedBeacons(encryptor: CoreObject): string[] {
  const owner = core();
  const handle = encryptor.handle(owner);
  owner.make((glue) => glue.signed_beacons(handle));
  return owner.read((glue) => glue.take_value()) as string[];
}
