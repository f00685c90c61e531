/** TransactWriteItems (P4). */

import { usage } from '../../errors.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import type { Input, Operation } from '../call.js';
import { check } from '../check.js';
import { mustBeWritable } from '../form.js';
import { mapOf, mapsForEach, objectsIn } from '../members.js';
import { openAll, type Got } from '../open.js';
import type { Placed } from '../in-batches.js';
import { mustHaveNoItems } from '../returned.js';
import { sealAll } from '../seal.js';
import { Asked } from '../record-key.js';

/** What an entry may be. */
const KINDS = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const;
type Kind = (typeof KINDS)[number];
/** Why an entry was cancelled. */
type Reason = { Item?: AttributeMap };
type Entry = { readonly [Each in Kind]?: Input };

export const transactWriteItems: Operation = async (input, { tables, signal }) => {
  const entries = objectsIn(input, 'TransactItems') as readonly Entry[];
  const puts: Placed[] = [];
  const askedOf = entries.map((entry, index): Asked | undefined => {
    const kind = kindOf(entry, index);
    const part = entry[kind]!;
    const table = tables.find(part['TableName']);
    if (!table) return undefined;
    check(table, kind, part);
    if (kind === 'Put') {
      mustBeWritable(table, part['Item']);
      puts.push({ table, item: part['Item'] as AttributeMap, index });
    }
    return new Asked(table, [part[kind === 'Put' ? 'Item' : 'Key']]);
  });
  if (!askedOf.some(Boolean)) return undefined;

  const sealed = await sealAll(puts, signal);
  const sent = [...entries];
  for (const [i, { index }] of puts.entries()) {
    const Put = { ...entries[index]!.Put, Item: sealed[i]! };
    sent[index] = { ...entries[index], Put };
  }
  return {
    input: { ...input, TransactItems: sent },
    error: async (error) => {
      mustHaveNoItems(error, 'CancellationReasons');
      const reasons = mapsForEach<Reason>(error, 'CancellationReasons', entries);
      const gots = reasons.flatMap((reason, index): Got[] => {
        const item = mapOf<AttributeMap>(reason, 'Item');
        const asked = askedOf[index];
        return asked && item ? [{ table: asked.table, asked, item, index }] : [];
      });
      const opened = await openAll(gots, signal);
      for (const [i, { index }] of gots.entries()) reasons[index]!.Item = opened[i]!;
    },
  };
};

/** Refuses an entry that is none of the four: what it would do is not known. */
function kindOf(entry: Entry, index: number): Kind {
  const kinds = KINDS.filter((kind) => entry[kind]);
  const [kind] = kinds;
  if (kind !== undefined && kinds.length === 1) return kind;
  throw usage(
    'INVALID_ARGUMENT',
    `TransactItems[${index}] must have one of ${KINDS.join(', ')}`,
    'Correct the entry.',
  );
}
