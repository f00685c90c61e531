/** TransactGetItems (P9). */

import type { AttributeMap } from '../../items/attribute-value.js';
import type { Input, Operation } from '../call.js';
import { check } from '../check.js';
import { listOf, objectsIn } from '../members.js';
import { openAll, type Got } from '../open.js';
import type { EncryptedTable } from '../table.js';

export const transactGetItems: Operation = (input, { tables, signal }) => {
  const entries = objectsIn(input, 'TransactItems') as { readonly Get?: Input }[];
  const tableOf = entries.map((entry): EncryptedTable | undefined => {
    const table = tables.find(entry.Get?.['TableName']);
    if (table) check(table, 'Get', entry.Get!);
    return table;
  });
  if (!tableOf.some(Boolean)) return undefined;
  return {
    input,
    output: async (output) => {
      const responses = [...listOf<{ Item?: AttributeMap }>(output, 'Responses')];
      const gots = responses.flatMap(({ Item: item }, index): Got[] => {
        const table = tableOf[index];
        return table && item ? [{ table, item, index }] : [];
      });
      const opened = await openAll(gots, signal);
      for (const [i, { index }] of gots.entries())
        responses[index] = { ...responses[index], Item: opened[i]! };
      return { ...output, Responses: responses };
    },
  };
};
