/** GetItem (P9). */

import type { AttributeMap } from '../../items/attribute-value.js';
import type { Operation } from '../call.js';
import { check } from '../check.js';
import { mapOf } from '../members.js';
import { openOne } from '../open.js';
import { Asked } from '../record-key.js';

export const getItem: Operation = (input, { tables, signal }) => {
  const table = tables.find(input['TableName']);
  if (!table) return undefined;
  check(table, 'GetItem', input);
  const asked = new Asked(table, [input['Key']]);
  return {
    input,
    output: async (output) => {
      const Item = mapOf<AttributeMap>(output, 'Item');
      return Item ? { ...output, Item: await openOne(asked, Item, signal) } : output;
    },
  };
};
