/** Sealing items each in the partition that is chosen for it. */

import type { AttributeMap } from '../items/attribute-value.js';
import type { Batch } from '../items/batch.js';

/** How one batch is sealed. */
export function inPartitions(
  partitionOf: (item: AttributeMap) => number,
): Pick<Batch<unknown>, 'look' | 'start'> {
  const partitions: number[] = [];
  return {
    look: (item, i) => (partitions[i] = partitionOf(item)),
    start: (glue, settle, length, places, encryptor) => {
      const chosen = Uint8Array.from(places, (i) => partitions[i]!);
      return glue.encrypt_items_in_partitions(encryptor, settle, length, chosen);
    },
  };
}
