/** A run over the segments of a table: several side by side, and one sequence of what has been done. */

import { readCheckpoint, writeCheckpoint, type RunState } from '../../dynamodb/migration.js';
import { usage } from '../../errors.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import { onAbort, untilAborted } from '../../util/signal.js';
import { keys } from '../check-tables.js';
import { listOf, malformed, mapOf, mapsOf } from '../members.js';
import { keyText } from '../record-key.js';
import { inTable, type EncryptedTable } from '../table.js';
import { estimateOf, type Description, type SealTableEstimate } from './estimate.js';
import type { PageResult, PageWorker, SealTableError } from './page.js';
import type { Planner } from './plan.js';
import type { Requests } from './requests.js';

/** How many segments are worked on at once. */
const AT_ONCE = 6;
/** How many items a page has: so many are done again after a crash. */
const PAGE_ITEMS = 250;

/** What {@link sealTable} has done so far in this run, after each page. */
export interface SealTableProgress {
  /** What the whole run is expected to take, as it was estimated before anything was written. */
  readonly estimate: SealTableEstimate;
  /** Items that were read in pages. */
  readonly read: number;
  /** Items that were written; in a dry run, those that would be. */
  readonly changed: number;
  /** Items that were as asked already; with the mode `verify`, those that open. */
  readonly unchanged: number;
  /** Items that others deleted between the read and the write. */
  readonly gone: number;
  /** Items that nothing was done with. */
  readonly failed: number;
  /** Which of them the last page had, and why each failed. */
  readonly errors: readonly SealTableError[];
  /** Writes that were not done because another writer had been first; the item was read again each time. */
  readonly conflicts: number;
  /** Capacity units that were consumed, of reads and writes, indexes included. */
  readonly capacityUnits: number;
  /**
   * Where the run is, for {@link SealTableOptions.checkpoint}, also of another process. It has keys of the table in plaintext,
   * and is not authenticated: keep it where the table's keys may be.
   */
  readonly checkpoint: string;
}

/** What a run is made of. */
export interface RunParts {
  readonly table: EncryptedTable;
  readonly TableName: string;
  readonly planner: Planner;
  readonly requests: Requests;
  readonly pages: PageWorker;
  readonly ending: AbortController;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  /** What it is; `table` and progress are not known yet. */
  readonly state: RunState;
  readonly checkpoint: string | undefined;
  readonly onCheckpoint: ((checkpoint: string) => unknown) | undefined;
}

/** A page that was worked on. */
interface Page {
  readonly segment: number;
  /** The key of its last item; `undefined`: it is the segment's last page. */
  readonly last: AttributeMap | undefined;
  readonly read: number;
  readonly result: PageResult;
}

/** A page whose progress waits for being taken, and what is called when the caller has taken note of it, or never will. */
interface Ready extends Page {
  readonly taken: (noted: boolean) => void;
}

/** A run. */
export class Run {
  readonly #parts: RunParts;
  readonly #total = { read: 0, changed: 0, unchanged: 0, gone: 0, failed: 0, conflicts: 0 };
  readonly #ready: Ready[] = [];
  #wake: () => void = () => undefined;
  #estimate!: SealTableEstimate;
  #state: RunState;
  /** The segments that are open. A page counts when the caller has taken note of it: its errors are said nowhere else. */
  #open = new Map<number, AttributeMap | undefined>();
  #saving: Promise<unknown> = Promise.resolve();

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#state = parts.state;
  }

  /** The estimate, and then what has been done after each page. */
  async *progress(): AsyncGenerator<SealTableProgress, void, undefined> {
    const { ending, signal } = this.#parts;
    const stop = signal && onAbort(signal, () => ending.abort(signal.reason));
    if (signal?.aborted) ending.abort(signal.reason);
    let workers: Promise<unknown> = Promise.resolve();
    let isLeft = true;
    try {
      ending.signal.throwIfAborted();
      await this.#begin();
      yield this.#progress([], this.#open);
      const run = { over: false };
      workers = this.#work().finally(() => {
        run.over = true;
        this.#wake();
      });
      workers.catch(() => undefined);
      for (;;) {
        const next = this.#ready.shift();
        if (next) {
          try {
            yield this.#take(next);
          } finally {
            advance(this.#open, next);
            next.taken(true);
          }
        } else if (run.over) break;
        else await new Promise<void>((wake) => (this.#wake = wake));
      }
      await workers;
      isLeft = false;
    } catch (error) {
      isLeft = false;
      throw error;
    } finally {
      stop?.();
      ending.abort();
      for (const { taken } of this.#ready) taken(false);
      // Nothing goes on behind the caller's back.
      await workers.catch(() => undefined);
      // Who leaves after a page is told that its checkpoint could not be stored.
      if (isLeft) await this.#saving;
    }
  }

  /** Looks at the table, finds where the run goes on, and estimates what it takes. */
  async #begin(): Promise<void> {
    const { table, TableName, requests, planner, checkpoint } = this.#parts;
    const output = await requests.send('DescribeTableCommand', { TableName });
    const description = mapOf<Description>(output, 'Table') ?? {};
    const [problem] = keys(table, mapsOf(description, 'KeySchema'));
    if (problem) {
      throw inTable(usage('INVALID_CONFIG', problem.problem, problem.fix), table.name);
    }
    const { TableId, TableArn } = description;
    const id = [TableId, TableArn, TableName].find((id) => typeof id === 'string' && id !== '')!;
    this.#state = { ...this.#state, table: id };
    if (checkpoint !== undefined) this.#state = readCheckpoint(checkpoint, this.#state);
    this.#open = new Map(this.#state.open);
    const { totalSegments, dryRun } = this.#state;
    const how = { dryRun, share: this.#segments / totalSegments };
    this.#estimate = await estimateOf(requests, planner, TableName, description, how);
  }

  async #work(): Promise<void> {
    const { ending } = this.#parts;
    const begun = [...this.#open.keys()];
    const worker = async () => {
      try {
        for (;;) {
          const segment = begun.shift() ?? this.#nextSegment();
          if (segment === undefined) return;
          await this.#segment(segment);
        }
      } catch (error) {
        // The others end with it.
        ending.abort(error);
        throw error;
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
    if (ended.some(({ status }) => status === 'rejected')) throw ending.signal.reason;
  }

  /** How many segments the run has. */
  get #segments(): number {
    const { segments, totalSegments } = this.#state;
    return segments.length > 0 ? segments.length : totalSegments;
  }

  /** Begins another segment; `undefined`: all have been. */
  #nextSegment(): number | undefined {
    const { segments, begun } = this.#state;
    if (begun >= this.#segments) return undefined;
    const segment = segments.length > 0 ? segments[begun]! : begun;
    this.#state = { ...this.#state, begun: begun + 1 };
    this.#open.set(segment, undefined);
    return segment;
  }

  async #segment(Segment: number): Promise<void> {
    const { TableName, table, requests, pages } = this.#parts;
    for (let start = this.#open.get(Segment); ;) {
      const output = await requests.send('ScanCommand', {
        TableName,
        Segment,
        TotalSegments: this.#state.totalSegments,
        Limit: PAGE_ITEMS,
        // Whatever was written before it is there, so that nothing is left behind.
        ConsistentRead: true,
        ...(start && { ExclusiveStartKey: start }),
      });
      // Each by itself: what is not an item fails alone.
      const items = listOf(output, 'Items') as readonly AttributeMap[];
      const result = await pages.work(items);
      const last = mapOf<AttributeMap>(output, 'LastEvaluatedKey');
      if (last && start && keyText(table, last) === keyText(table, start)) {
        throw malformed(
          'LastEvaluatedKey is the ExclusiveStartKey, so that the scan would never end',
        );
      }
      start = last;
      await this.#done({ segment: Segment, last, read: items.length, result });
      if (!start) return;
    }
  }

  /** Waits until the caller has taken note of a page, and stores where the run is then. */
  async #done(page: Page): Promise<void> {
    const { onCheckpoint, ending, signal } = this.#parts;
    ending.signal.throwIfAborted();
    const noted = await new Promise<boolean>((taken) => {
      this.#ready.push({ ...page, taken });
      this.#wake();
    });
    if (noted && onCheckpoint) {
      // One after another: an older one must not replace a newer one.
      this.#saving = this.#saving.then(() => onCheckpoint(this.#checkpoint(this.#open)));
      this.#saving = untilAborted(this.#saving, signal);
      await this.#saving;
    }
    ending.signal.throwIfAborted();
  }

  /** Counts a page in; the run's progress after it. */
  #take(page: Page): SealTableProgress {
    const { errors, ...counts } = page.result;
    this.#total.read += page.read;
    this.#total.failed += errors.length;
    for (const name of ['changed', 'unchanged', 'gone', 'conflicts'] as const) {
      this.#total[name] += counts[name];
    }
    const open = new Map(this.#open);
    advance(open, page);
    return this.#progress(errors, open);
  }

  #progress(errors: readonly SealTableError[], open: RunState['open']): SealTableProgress {
    const { capacityUnits } = this.#parts.requests;
    return {
      estimate: this.#estimate,
      ...this.#total,
      errors,
      capacityUnits,
      checkpoint: this.#checkpoint(open),
    };
  }

  #checkpoint(open: RunState['open']): string {
    return writeCheckpoint({ ...this.#state, open });
  }
}

/** Goes on in a segment to the end of a page. */
function advance(open: Map<number, AttributeMap | undefined>, { segment, last }: Page): void {
  if (last) open.set(segment, last);
  else open.delete(segment);
}
