/** How a table is searched, for encryptors; what reads it comes with the core that can do it. */

import type { Core } from '../core/core.js';
import { unsupported } from '../errors.js';
import type { EncryptorConfig } from '../generated/config.js';
import type { Batch } from '../items/batch.js';
import type { TakeBeacons } from '../items/codec/unpack.js';
import type { SearchOptions } from './types.js';

/** How a table is searched, as its encryptor uses it. */
export interface Search {
  /** Makes the core's encryptor of the table: its handle. */
  encryptor(owner: Core, table: EncryptorConfig): number;
  readonly takeBeacons: TakeBeacons;
  /** How a batch is sealed whose items' partitions are chosen; absent: the core takes them at random. */
  readonly inPartitions?: (() => Pick<Batch<unknown>, 'look' | 'start'>) | undefined;
  /**
   * Sees whether items can be resealed without anybody looking at them.
   *
   * @throws UsageError `INVALID_CONFIG` where their partitions are chosen
   */
  checkResealing(): void;
}

type Reader = (options: SearchOptions, logicalTableName: string) => Search;

let reader: Reader | undefined;

/** Makes it known. */
export function provideSearch(read: Reader): void {
  reader = read;
}

/**
 * Reads how a table is searched.
 *
 * @throws UnsupportedError where nothing that can search was imported
 */
export const readSearchOptions: Reader = (options, logicalTableName) => {
  if (reader) return reader(options, logicalTableName);
  throw unsupported('search', "Import from 'fieldseal' or 'fieldseal/tables'.");
};
