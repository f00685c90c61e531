/** Bringing a table that exists under encryption: what its items need, and checkpoints. The work is the core's. */

import { core } from '../core/core.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { runBatch, type Outcome } from '../items/batch.js';
import { type ItemEncryptor, type ItemResult } from '../items/item-encryptor.js';
import { unpackItems } from '../items/codec/unpack-items.js';
import { write } from './expressions.js';

/** What can be done with the items of a table. */
export const MODES = ['seal', 'verify', 'reseal', 'addBeacons'] as const;
/** What is done with the items of a table. */
export type Mode = (typeof MODES)[number];

/** What an item needs: `src/dynamodb/migration/mod.rs`. */
export type Step = 'leave' | 'seal' | 'open' | 'reseal' | 'addBeacons';

/** What each of the items needs. */
export function stepsOf(mode: Mode, items: readonly AttributeMap[]): Step[] {
  const owner = core();
  const length = write(owner, items);
  owner.make((glue) => glue.migration_steps(mode, length));
  return owner.read((glue) => glue.take_value()) as Step[];
}

/** Whether a stored header is like one that was made just now: of the same suite and the same keys. */
export function sealedAlike(stored: Uint8Array, fresh: Uint8Array): boolean {
  return core().read((glue) => glue.sealed_alike(stored, fresh));
}

/** Whether the keyring that made a header just now makes such ones for all items. */
export function isSameForAll(fresh: Uint8Array): boolean {
  return core().read((glue) => glue.is_same_for_all(fresh));
}

/** Opens items; in place of those that have their beacons stands `NOT_ASKED_FOR`. */
export async function openWithoutBeacons(
  encryptor: ItemEncryptor,
  items: readonly AttributeMap[],
  signal: AbortSignal | undefined,
): Promise<Outcome<ItemResult>[]> {
  const opening = encryptor._opening(items);
  return runBatch<ItemResult>(
    {
      ...opening,
      start: (glue, settle, length, _, handle) => glue.open_without_beacons(handle, settle, length),
    },
    { settle: true, signal },
  );
}

/** What a run is, and how far it has come. */
export interface RunState {
  /** What identifies the table. */
  readonly table: string;
  readonly mode: Mode;
  readonly dryRun: boolean;
  readonly totalSegments: number;
  /** The run's segments, in ascending order; none: all. */
  readonly segments: readonly number[];
  /** How many of them have been begun. */
  readonly begun: number;
  /** Those that have not been worked through, with the key of the last item that is done. */
  readonly open: ReadonlyMap<number, AttributeMap | undefined>;
}

/** How far a run has come, as a string. */
export function writeCheckpoint(state: RunState): string {
  const owner = core();
  const length = write(owner, [packed(state)]);
  return owner.run(
    [],
    (glue) => glue.write_checkpoint(length),
    () => undefined,
  ) as unknown as string;
}

/**
 * Reads how far a run had come.
 *
 * @param run - the run that is to go on from there
 * @throws UsageError `INVALID_ARGUMENT` for what is not a checkpoint, or one of another run
 */
export function readCheckpoint(text: string, run: RunState): RunState {
  const owner = core();
  const length = write(owner, [packed(run)]);
  const [read] = owner.run(
    [],
    (glue) => glue.read_checkpoint(text, length),
    (output) => unpackItems(output, 1),
  ) as AttributeMap[];
  const open = Object.entries(read!['open']!.M!).map(([segment, { M: key = {} }]) => {
    return [Number(segment), Object.keys(key).length > 0 ? key : undefined] as const;
  });
  return { ...run, begun: Number(read!['begun']!.N), open: new Map(open) };
}

function packed(state: RunState): AttributeMap {
  const { table, mode, dryRun, totalSegments, segments, begun, open } = state;
  const inOrder = [...open].sort(([a], [b]) => a - b);
  return {
    table: { S: table },
    mode: { S: mode },
    dryRun: { BOOL: dryRun },
    totalSegments: { N: String(totalSegments) },
    segments: { L: segments.map((segment) => ({ N: String(segment) })) },
    begun: { N: String(begun) },
    open: {
      M: Object.fromEntries(inOrder.map(([segment, key]) => [String(segment), { M: key ?? {} }])),
    },
  };
}
