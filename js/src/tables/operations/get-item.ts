/** GetItem (P9). */

import type { AttributeMap } from '../../items/attribute-value.js';
import type { Operation } from '../call.js';
import { check } from '../check.js';
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
      if (output['Item'] === undefined) return output;
      return { ...output, Item: await openOne(asked, output['Item'] as AttributeMap, signal) };
    },
  };
};
