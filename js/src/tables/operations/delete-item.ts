/** DeleteItem (P6, P10). */

import type { Operation } from '../call.js';
import { check } from '../check.js';
import { Asked } from '../record-key.js';
import { openAttributes, openItemOfError } from '../returned.js';

export const deleteItem: Operation = (input, { tables, signal }) => {
  const table = tables.find(input['TableName']);
  if (!table) return undefined;
  check(table, 'DeleteItem', input);
  const asked = new Asked(table, [input['Key']]);
  return {
    input,
    output: (output) => openAttributes(asked, output, signal),
    error: (error) => openItemOfError(asked, error, signal),
  };
};
