/** BatchGetItem (P9). */

import type { Operation } from '../call.js';
import { check } from '../check.js';
import { eachKey } from '../form.js';
import { objectsByName } from '../members.js';
import { openLists } from '../returned.js';

export const batchGetItem: Operation = (input, { tables, signal }) => {
  let encrypted = false;
  for (const [name, part] of objectsByName(input, 'RequestItems')) {
    const table = tables.find(name);
    if (!table) continue;
    encrypted = true;
    check(table, 'BatchGetItem', part);
    eachKey(table, part['Keys']);
  }
  if (!encrypted) return undefined;
  return { input, output: (output) => openLists(tables, output, signal) };
};
