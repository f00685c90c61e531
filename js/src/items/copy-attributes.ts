/** Copies of items that differ from them in the form of their binary values. */

import type { AttributeValue } from './attribute-value.js';
import { setOwn } from '../util/plain-object.js';
import { soleMember, type Trail } from './value-path.js';

/** The other form of a binary value: base64 on the way out, bytes on the way in. */
export type BinaryForm = (what: string, member: unknown) => unknown;

/** A copy of the item that differs in its binary values; everything is checked on the way. */
export function attributes(
  item: Record<string, unknown>,
  trail: Trail,
  bytes: BinaryForm,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of trail.names(item)) {
    trail.attribute = name;
    setOwn(copy, name, copyValue(item[name], trail, bytes));
  }
  return copy;
}

function copyValue(value: unknown, trail: Trail, bytes: BinaryForm): unknown {
  const [type, member] = soleMember(value, trail);
  switch (type as keyof AttributeValue | '') {
    case 'S':
    case 'N':
      return { [type]: trail.string(type, member) };
    case 'B':
      return { B: bytes('B', member) };
    case 'BOOL':
    case 'NULL':
      return { [type]: trail.flag(type, member) };
    case 'SS':
    case 'NS': {
      const members = trail.array(type, member);
      return { [type]: members.map((text) => trail.string(`a member of ${type}`, text)) };
    }
    case 'BS':
      return { BS: trail.array('BS', member).map((one) => bytes('a member of BS', one)) };
    case 'M': {
      const map = trail.plainObject('M', member);
      return { M: trail.map(map, trail.entries(map), (one) => copyValue(one, trail, bytes)) };
    }
    case 'L':
      return { L: trail.list(trail.array('L', member), (one) => copyValue(one, trail, bytes)) };
    default:
      throw trail.unknownType(type);
  }
}
