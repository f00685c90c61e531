/** What streams and exports are read with: items whose bytes are base64, as in JSON, or a `Uint8Array`, as AWS's SDK has them. */

import { MalformedInputError } from '../../errors.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import { attributes } from '../../items/copy-attributes.js';
import { Trail } from '../../items/value-path.js';
import { fromBase64 } from '../../util/base64.js';
import { isPlainObject, mustBe, ownCopy } from '../../util/plain-object.js';
import { isKeyValue } from '../form.js';
import type { EncryptedTable } from '../table.js';

/** What is read, as errors call it. */
type Source = 'stream record' | 'export file' | 'export manifest';

/** An error about the form of what is read, where no attribute value is the reason. */
export function malformed(source: Source, problem: string): MalformedInputError {
  return new MalformedInputError({
    code: 'MALFORMED_DYNAMODB_RESPONSE',
    message: `malformed ${source}: ${problem}`,
    next: 'Give it as DynamoDB wrote it.',
  });
}

/** An object's own members; refuses anything else. `null` is a member that is absent. */
export function membersOf(
  source: Source,
  name: string,
  value: unknown,
): Readonly<Record<string, unknown>> {
  if (!isPlainObject(value)) throw malformed(source, mustBe(name, 'an object', value));
  const members = ownCopy(value);
  for (const [member, content] of Object.entries(members))
    if (content === null) delete members[member];
  return members;
}

/**
 * A copy of an item, or of a key, with its bytes as `Uint8Array`.
 *
 * @throws MalformedInputError `MALFORMED_ATTRIBUTE`, naming the attribute
 */
export function readItem(source: Source, name: string, value: unknown): AttributeMap {
  if (!isPlainObject(value)) throw malformed(source, mustBe(name, 'an object', value));
  const trail = new Trail();
  const item = attributes(value, trail, (what, member) => {
    if (typeof member !== 'string') return trail.bytes(what, member);
    const bytes = fromBase64(member);
    if (bytes === undefined) throw trail.malformed(`${what} must be padded standard base64`);
    return bytes;
  });
  return item as AttributeMap;
}

/** Refuses a change whose key lacks an attribute of the table's. */
export function mustHaveKeys(source: Source, table: EncryptedTable, keys: AttributeMap): void {
  for (const name of table.keyNames) {
    if (Object.hasOwn(keys, name) && isKeyValue(keys[name])) continue;
    throw malformed(source, `Keys lacks '${name}', a key attribute of the table`);
  }
}

/** What JSON stands for. The engine's own error would quote it. */
export function parseJson(source: Source, name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(source, `${name} is not JSON`);
  }
}
