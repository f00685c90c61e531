/**
 * DynamoDB JSON: attribute values as text for transport and logs, binary values as base64.
 *
 * @module
 */

import type { AttributeMap } from './attribute-value.js';
import { attributes, type BinaryForm } from './copy-attributes.js';
import { fromBase64, toBase64 } from '../util/base64.js';
import { MalformedInputError, malformedAttribute, wrong, wrongItem } from '../errors.js';
import { isPlainObject, kindOf } from '../util/plain-object.js';
import { Trail } from './value-path.js';

/**
 * An item as DynamoDB JSON, for example `{"name":{"S":"Ada"},"key":{"B":"AAEC"}}`.
 *
 * @throws UsageError `INVALID_ARGUMENT` when the item is not a plain object
 * @throws MalformedInputError `MALFORMED_ATTRIBUTE` for a value of the wrong form
 *
 * @example
 * ```ts
 * import { toDynamoJson } from 'fieldseal'
 *
 * console.log(toDynamoJson({ name: { S: 'Ada' }, key: { B: new Uint8Array([0, 1, 2]) } }))
 * // → {"name":{"S":"Ada"},"key":{"B":"AAEC"}}
 * ```
 */
export function toDynamoJson(item: AttributeMap): string {
  if (!isPlainObject(item)) {
    throw wrongItem(item);
  }
  const trail = new Trail();
  const bytes: BinaryForm = (what, member) => toBase64(trail.bytes(what, member));
  return JSON.stringify(attributes(item, trail, bytes));
}

/**
 * The item that DynamoDB JSON stands for, binary values as `Uint8Array`. Base64 must be what
 * {@link toDynamoJson} writes: standard alphabet, padded, nothing else.
 *
 * @param json - the string, or what `JSON.parse` made of it: frameworks parse request bodies themselves
 * @throws UsageError `INVALID_ARGUMENT` for anything but a string or a plain object
 * @throws MalformedInputError `MALFORMED_ATTRIBUTE` for a string that is not JSON, a value of the wrong
 * form or wrong base64, with the place in `attribute`
 *
 * @example
 * ```ts
 * import { fromDynamoJson } from 'fieldseal'
 *
 * console.log(fromDynamoJson('{"name":{"S":"Ada"},"key":{"B":"AAEC"}}'))
 * // → { name: { S: 'Ada' }, key: { B: Uint8Array(3) [ 0, 1, 2 ] } }
 * ```
 */
export function fromDynamoJson(json: string | object): AttributeMap {
  const item = typeof json === 'string' ? parse(json) : json;
  if (!isPlainObject(item)) {
    if (item === json) throw wrong('DynamoDB JSON', 'a string or an object', json);
    throw malformedAttribute(`DynamoDB JSON must be an object, not ${kindOf(item)}`);
  }
  const trail = new Trail();
  const bytes: BinaryForm = (what, member) => {
    const decoded = fromBase64(trail.string(what, member));
    if (decoded === undefined) throw trail.malformed(`${what} must be padded standard base64`);
    return decoded;
  };
  return attributes(item, trail, bytes) as AttributeMap;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the engine's error, which quotes the text.
    throw new MalformedInputError({
      code: 'MALFORMED_ATTRIBUTE',
      message: 'the text is not JSON',
      next: 'Give the text that toDynamoJson or another DynamoDB tool wrote.',
    });
  }
}
