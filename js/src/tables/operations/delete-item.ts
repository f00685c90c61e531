/** DeleteItem (P6, P10). */

import type { Operation } from '../call.js';
import { check } from '../check.js';
import { openAttributes, openItemOfError } from '../returned.js';

export const deleteItem: Operation = (input, { tables, signal }) => {
  const table = tables.find(input['TableName']);
  if (!table) return undefined;
  check(table, 'DeleteItem', input);
  return {
    input,
    output: (output) => openAttributes(table, output, signal),
    error: (error) => openItemOfError(table, error, signal),
  };
};
