/** TransactGetItems (P9). */

import type { AttributeMap } from '../../items/attribute-value.js';
import type { Input, Operation } from '../call.js';
import { check } from '../check.js';
import { listOf, objectsIn } from '../members.js';
import { openAll, type Got } from '../open.js';
import { Asked } from '../record-key.js';

export const transactGetItems: Operation = (input, { tables, signal }) => {
  const entries = objectsIn(input, 'TransactItems') as { readonly Get?: Input }[];
  const askedOf = entries.map((entry): Asked | undefined => {
    const table = tables.find(entry.Get?.['TableName']);
    if (!table) return undefined;
    check(table, 'Get', entry.Get!);
    return new Asked(table, [entry.Get!['Key']]);
  });
  if (!askedOf.some(Boolean)) return undefined;
  return {
    input,
    output: async (output) => {
      const responses = [...listOf<{ Item?: AttributeMap }>(output, 'Responses')];
      const gots = responses.flatMap(({ Item: item }, index): Got[] => {
        const asked = askedOf[index];
        return asked && item ? [{ table: asked.table, asked, item, index }] : [];
      });
      const opened = await openAll(gots, signal);
      for (const [i, { index }] of gots.entries())
        responses[index] = { ...responses[index], Item: opened[i]! };
      return { ...output, Responses: responses };
    },
  };
};
