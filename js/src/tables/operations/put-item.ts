/** PutItem (P2, P10). */

import type { AttributeMap } from '../../items/attribute-value.js';
import type { Handling, Operation } from '../call.js';
import { check } from '../check.js';
import { mustBeWritable } from '../form.js';
import { Asked } from '../record-key.js';
import { openAttributes, openItemOfError } from '../returned.js';
import { sealOne } from '../seal.js';

export const putItem: Operation = async (
  input,
  { tables, signal },
): Promise<Handling | undefined> => {
  const table = tables.find(input['TableName']);
  if (!table) return undefined;
  check(table, 'PutItem', input);
  mustBeWritable(table, input['Item']);
  const Item = await sealOne(table, input['Item'] as AttributeMap, signal);
  const asked = new Asked(table, [Item]);
  return {
    input: { ...input, Item },
    output: (output) => openAttributes(asked, output, signal),
    error: (error) => openItemOfError(asked, error, signal),
  };
};
