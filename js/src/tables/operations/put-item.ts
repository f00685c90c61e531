/** PutItem (P2, P10). */

import type { AttributeMap } from '../../items/attribute-value.js';
import type { Handling, Operation } from '../call.js';
import { check } from '../check.js';
import { mustBeWritable } from '../form.js';
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
  return {
    input: { ...input, Item },
    output: (output) => openAttributes(table, output, signal),
    error: (error) => openItemOfError(table, error, signal),
  };
};
