/** What a run is expected to take. */

import type { Mode } from '../../dynamodb/migration.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import type { KeyElement } from '../check-tables.js';
import { listOf } from '../members.js';
import type { Planner } from './plan.js';
import type { Requests } from './requests.js';

/** What a run over all of its segments is expected to take; {@link sealTable} shows it. */
export interface SealTableEstimate {
  /** Items, as DynamoDB counts them, which it does every six hours or so. */
  readonly items: number;
  /** Bytes that they take, likewise. */
  readonly bytes: number;
  /** Capacity units of the reads, which are consistent. */
  readonly readUnits: number;
  /** Capacity units of the writes, those of indexes left out, if every item is written; 0 where nothing is. */
  readonly writeUnits: number;
  /**
   * Calls of KMS if every item is opened and sealed, as the mode asks; `undefined` where that could not be tried out with one
   * item of the table.
   */
  readonly kmsCalls: number | undefined;
  /** Seconds at the rate that was asked for; `undefined` where none was. */
  readonly seconds: number | undefined;
}

/** What DescribeTable says of a table, as much as is needed here. */
export interface Description {
  readonly TableId?: string;
  readonly TableArn?: string;
  readonly ItemCount?: number;
  readonly TableSizeBytes?: number;
  readonly KeySchema?: readonly KeyElement[];
}

const READ_UNIT = 4096;
const WRITE_UNIT = 1024;
/** How many times each mode seals an item, and opens one. */
const WORK: Readonly<Record<Mode, readonly [seals: number, opens: number]>> = {
  seal: [1, 0],
  verify: [0, 1],
  reseal: [1, 1],
  addBeacons: [1, 1],
};

/**
 * Estimates what a run takes, after an item of the table.
 *
 * @param share - the part of the table that it is about, up to 1
 */
export async function estimateOf(
  requests: Requests,
  planner: Planner,
  TableName: string,
  { ItemCount, TableSizeBytes }: Description,
  how: { readonly dryRun: boolean; readonly share: number },
): Promise<SealTableEstimate> {
  const items = Math.ceil(count(ItemCount) * how.share);
  const bytes = Math.ceil(count(TableSizeBytes) * how.share);
  const tried = await tryOut(requests, planner, TableName);
  const [seals, opens] = WORK[planner.mode];
  const writes = how.dryRun || seals === 0 ? 0 : items;
  const grows = planner.mode === 'seal' ? (tried?.overhead ?? 0) : 0;
  const size = bytes / Math.max(items, 1) + grows;
  const readUnits = Math.ceil(bytes / READ_UNIT);
  const writeUnits = writes * Math.ceil(size / WRITE_UNIT);
  const rate = requests.unitsPerSecond;
  return {
    items,
    bytes,
    readUnits,
    writeUnits,
    // Where sealing asks KMS, opening does so once.
    kmsCalls: tried && items * (seals * tried.kmsCalls + opens * Math.min(tried.kmsCalls, 1)),
    seconds: rate === undefined ? undefined : (readUnits + writeUnits) / rate,
  };
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0;
}

/** What sealing one item of the table takes, without storing it; `undefined` where there is none, or it fails. */
async function tryOut(
  requests: Requests,
  planner: Planner,
  TableName: string,
): Promise<{ readonly kmsCalls: number; readonly overhead: number } | undefined> {
  const page = await requests.send('ScanCommand', {
    TableName,
    Limit: 1,
  });
  const [item] = listOf(page, 'Items') as readonly AttributeMap[];
  if (!item) return undefined;
  try {
    return { kmsCalls: await planner.kmsCalls(item), overhead: await planner.overhead(item) };
  } catch {
    requests.signal.throwIfAborted();
    // The item fails in its turn, and is reported then.
    return undefined;
  }
}
