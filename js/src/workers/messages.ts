/** What goes from one thread to another. */

import type { MessagePort } from 'node:worker_threads';

import type { PackedOutput, Work } from '../items/batch.js';

/** What a thread is started with. */
export interface Start {
  /** Where its orders come, and where it says what became of them. */
  readonly port: MessagePort;
  /** The core, which is compiled once for all threads. */
  readonly module: WebAssembly.Module;
  /** Options of the encryptor and, as `from`, of one that opens what is to be resealed; as `handOver` made them. */
  readonly tables: unknown;
}

/** Work on packed items. */
export interface Order {
  readonly id: number;
  readonly work: Work;
  readonly input: Uint8Array<ArrayBuffer>;
  readonly settle: boolean;
}

/** Ends the work with this id. */
export interface Withdrawal {
  readonly withdrawn: number;
}

/** An error as data. */
export type Failure = Record<string, unknown>;

/** What a thread says once: that it is ready, or cannot be. */
export type Started = { readonly ready: true } | Failed;

/** What became of an order. */
export type Report = { readonly id: number } & (PackedOutput | Failed);

/** What a thread says of what it could not do. */
export interface Failed {
  readonly failed: Failure;
}
