/** TransactGetItems (P9). */

import type { AttributeMap } from '../../items/attribute-value.js';
import type { Input, Operation } from '../call.js';
import { check } from '../check.js';
import { mapOf, mapsForEach, objectsIn } from '../members.js';
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
      const responses = [...mapsForEach(output, 'Responses', entries)];
      const gots = responses.flatMap((response, index): Got[] => {
        const item = mapOf<AttributeMap>(response, 'Item');
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
