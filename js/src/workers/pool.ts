/** Threads that work on items, and what each of them has to do. */

import { tooMany, withFrames } from '../core/core.js';
import { atItem, FieldsealError, usage } from '../errors.js';
import { packBatch, type Batch, type BatchOptions, type Outcome } from '../items/batch.js';
import type { PackedInput } from '../items/codec/pack.js';
import { ownValue } from '../util/plain-object.js';
import { signalOf, untilAborted } from '../util/signal.js';
import { turn } from '../util/waiting.js';
import { AT_ONCE, failureOf, Thread, type Job, type Making } from './thread.js';

/** Bytes of packed items in a part: many times what a message costs, and not so many that one thread ends long after the others. */
const PART_BYTES = 128 << 10;
/** The most items of a part, and those of the first one, whose size nobody knows yet. */
const PART_ITEMS = 256;
const FIRST_ITEMS = 16;

/** A part of a batch, which crosses at once. */
interface Part<T> {
  readonly job: Job;
  readonly items: number;
  readonly bytes: number;
  readonly outcomes: Promise<Outcome<T>[]>;
}

export class Pool {
  readonly #making: Making;
  readonly #threads: (Thread | undefined)[];
  readonly #waiting: Job[] = [];
  readonly #calls = new Set<Promise<unknown>>();
  /** Bytes of packed items that calls hold which have not ended. */
  #held = 0;
  #lastId = 0;
  #closing: Promise<void> | undefined;

  constructor(threads: number, making: Making) {
    this.#making = making;
    this.#threads = Array<undefined>(threads).fill(undefined);
  }

  /** Starts all threads. Rejects, when all have ended, with the reason of one that cannot work. */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#threads.map((_, i) => this.#thread(i).ready));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Runs a batch, part by part; otherwise as `runBatch`. All items have been read when the call returns. */
  async run<T>(batch: Batch<T>, options: BatchOptions): Promise<Outcome<T>[]> {
    const settle = options.settle === true;
    const signal = signalOf(options.signal);
    if (this.#closing) throw usage('INVALID_ARGUMENT', 'the workers were closed', 'Start others.');
    const call = withFrames(this.#run(batch, settle, signal), signal);
    this.#calls.add(call);
    try {
      return await call;
    } finally {
      this.#calls.delete(call);
    }
  }

  /** Ends all threads when all calls have ended. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    // Called while items are read, by a getter of theirs, it is before their call is known.
    await Promise.resolve();
    await Promise.allSettled(this.#calls);
    await Promise.all(this.#threads.map(async (thread) => thread?.end()));
  }

  async #run<T>(
    batch: Batch<T>,
    settle: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Outcome<T>[]> {
    const parts: Part<T>[] = [];
    try {
      const { items } = batch;
      // So that the threads share a small batch, too.
      const most = Math.min(PART_ITEMS, Math.ceil(items.length / this.#threads.length));
      let count = Math.min(most, FIRST_ITEMS);
      for (let first = 0; first < items.length; first += count) {
        if (parts.length > 0) count = Math.min(most, fitting(parts.at(-1)!));
        const part = this.#part(batch, settle, first, count);
        parts.push(part);
        this.#waiting.push(part.job);
        this.#share();
        // Packing many items takes a while, in which the threads would run out of work.
        for (const thread of this.#threads) thread?.look();
      }
      const all: Outcome<T>[] = [];
      // In order: of several parts that fail, the first one's error is that of the batch.
      for (const { outcomes } of parts) all.push(...(await untilAborted(outcomes, signal)));
      return all;
    } catch (error) {
      for (const { job } of parts) this.#withdraw(job);
      throw error;
    } finally {
      for (const { bytes } of parts) this.#held -= bytes;
    }
  }

  /** Packs a part of a batch, and holds its bytes. */
  #part<T>(batch: Batch<T>, settle: boolean, first: number, count: number): Part<T> {
    const { work, maxPendingBytes } = batch;
    const items = batch.items.slice(first, first + count);
    const inBatch = (error: unknown): unknown =>
      batch.items.length === 1 ? error : inWhole(error, first, items.length);
    let packed;
    let input: Uint8Array<ArrayBuffer>;
    try {
      packed = packBatch({ ...batch, items }, settle, first);
      input = written(packed.input);
    } catch (error) {
      throw inBatch(error);
    }
    const bytes = input.length;
    if (this.#held + bytes > maxPendingBytes) {
      input.fill(0);
      throw tooMany(this.#held + bytes, maxPendingBytes);
    }
    this.#held += bytes;
    const { read } = packed;
    let job: Job;
    const outcomes = new Promise<Outcome<T>[]>((resolve, reject) => {
      job = {
        order: { id: ++this.#lastId, work, input, settle },
        take: ({ output, errors }) => {
          try {
            resolve(read(output, bytes, errors));
          } catch (error) {
            reject(inBatch(error));
          }
        },
        // What ends a batch in the core ends the call, as it does without workers.
        fail: (error) => reject(inBatch(error)),
        // With one error for each that is told: a thread that ends may have had several parts, of several calls.
        lose: (error) => {
          if (settle) resolve(items.map((_, i) => ({ error: again(error, first + i) })));
          else reject(inBatch(again(error)));
        },
      };
    });
    // Another part may have failed before.
    outcomes.catch(() => undefined);
    return { job: job!, bytes, items: items.length, outcomes };
  }

  /** Gives the threads what waits for them. */
  #share(): void {
    while (this.#waiting.length > 0) {
      const rooms = this.#threads.map((thread) => thread?.room ?? AT_ONCE);
      const most = Math.max(...rooms);
      if (most === 0) return;
      const job = this.#waiting.shift()!;
      try {
        this.#thread(rooms.indexOf(most)).give(job);
      } catch (error) {
        job.order.input.fill(0);
        job.lose(failureOf(error));
      }
    }
  }

  /** One of the threads; started, where there is none or it has ended. */
  #thread(i: number): Thread {
    const changed = (ended: boolean): void => {
      if (!ended) return this.#share();
      this.#threads[i] = undefined;
      // A call that fails with it takes back first what nobody needs to begin.
      const share = (): void => this.#share();
      turn().then(share, share);
    };
    try {
      return (this.#threads[i] ??= new Thread(this.#making, changed));
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Ends what is done for a job, or lets it not begin. */
  #withdraw({ order }: Job): void {
    const at = this.#waiting.findIndex((job) => job.order === order);
    if (at < 0) return void this.#threads.some((thread) => thread?.withdraw(order.id));
    this.#waiting.splice(at, 1);
    order.input.fill(0);
  }
}

/** How many items like those of a part make a part of the right length. */
function fitting({ items, bytes }: Part<unknown>): number {
  return Math.max(1, Math.floor((PART_BYTES * items) / bytes));
}

/** The packed items, in memory of their own. */
function written(input: PackedInput): Uint8Array<ArrayBuffer> {
  let memory = new Uint8Array(input.byteLength);
  const grow = (length: number) => {
    const longer = new Uint8Array(length);
    longer.set(memory);
    memory.fill(0);
    memory = longer;
    return { memory, at: 0 };
  };
  try {
    const length = input.writeInto(memory, 0, grow);
    return memory.subarray(0, length);
  } catch (error) {
    memory.fill(0);
    throw error;
  }
}

/** The error of a part of so many items, as that of the batch in which it begins at `first`. */
function inWhole(error: unknown, first: number, items: number): unknown {
  if (!(error instanceof FieldsealError)) return error;
  const place = ownValue(error, 'itemIndex') ?? (items === 1 ? 0 : undefined);
  return place === undefined ? error : atItem(error, first + place);
}

/** What happened to a part, as an error of its own, or of one of its items. */
function again(error: FieldsealError, itemIndex = ownValue(error, 'itemIndex')): FieldsealError {
  const { cause } = error;
  const one = FieldsealError.fromJSON({ ...error.toJSON(), itemIndex });
  return cause === undefined ? one : Object.assign(one, { cause });
}
