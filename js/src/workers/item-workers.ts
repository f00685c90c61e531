/** Workers that seal, open and reseal items: the interface, and how they are started. */

import { compiledCore } from '../core/registry.js';
import type { CustomConfig } from '../generated/config.js';
import { unsupported } from '../errors.js';
import { nodeCrypto } from '../host/private-key.js';
import type { AttributeMap } from '../items/attribute-value.js';
import type { Batch, BatchOptions, Outcome } from '../items/batch.js';
import type { NativeDocument } from '../items/document.js';
import {
  BATCH_OPTIONS,
  ItemEncryptor,
  TABLE_OPTIONS,
  type ItemEncryptorOptions,
  type ItemResult,
  type ResealItemsResult,
} from '../items/item-encryptor.js';
import type { TableDefinition } from '../items/table.js';
import { makeKeyring } from '../keyrings/keyring.js';
import { hostModule } from '../util/host-module.js';
import { COPY, mustBeCount, readOptions } from '../util/options.js';
import { ownValue } from '../util/plain-object.js';
import type { KeyringConfiguration } from './configuration.js';
import { handOver } from './hand-over.js';
import { Pool } from './pool.js';
import { withoutProgram, type NodeThreads } from './thread.js';

const DEFAULT_THREADS = 4;
const MAX_THREADS = 128;

/**
 * A table and its keyring, as workers know them: an option of {@link startItemWorkers}, whose example has two of them.
 */
export interface WorkerTable<T extends object = NativeDocument> extends Omit<
  TableDefinition<T>,
  'documentOptions'
> {
  /** The keyring, as plain data. */
  readonly keyring: KeyringConfiguration;
}

/**
 * Options of {@link startItemWorkers}: what an `ItemEncryptor` takes, with the keyring as plain data. A CMM and `search` cannot
 * go to another thread.
 *
 * @example
 * ```ts
 * import { startItemWorkers, type ItemWorkersOptions } from 'fieldseal/workers'
 *
 * const options: ItemWorkersOptions = {
 *   threads: 2,
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: {
 *     type: 'rawAes',
 *     keyNamespace: 'shop',
 *     keyName: 'key-1',
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   },
 * }
 * const workers = await startItemWorkers(options)
 * const sealed = await workers.encryptItems([{ customer_id: { S: 'c-1' } }])
 * console.log(sealed.length) // → 1
 * await workers.close()
 * ```
 */
export interface ItemWorkersOptions<T extends object = NativeDocument> extends WorkerTable<T> {
  /** What opens items that are to be resealed; by default the same as seals them. */
  readonly from?: WorkerTable<T> | undefined;
  /**
   * How many threads, at most 128; by default as many as the machine runs at once, but not more than four: what they do takes the
   * calling thread a third of the time that it would take alone. Each has a core of its own, of some megabytes.
   */
  readonly threads?: number | undefined;
}

/**
 * Threads that work on items, as {@link startItemWorkers} starts them. Its methods do what those of an `ItemEncryptor` do, with
 * the same outcomes and errors, and in the order given. A call reads all items before it returns. What its items hold in bytes
 * while they wait is bounded by `maxPendingBytes`.
 *
 * A thread that ends while it works fails with `HOST_FAILED`: the call, or with `settle` the items that it had. Another thread takes
 * its place. Threads that have nothing to do do not keep the process alive.
 */
export interface ItemWorkers {
  /**
   * Seals items, each with its own data key. Every item has an outcome of its own: a result or an error.
   *
   * @throws HostError `HOST_FAILED`; and as `ItemEncryptor.encryptItems`
   */
  encryptItems(
    items: readonly AttributeMap[],
    options: BatchOptions & { readonly settle: true },
  ): Promise<Outcome<ItemResult>[]>;
  /** Seals items, each with its own data key. The first error ends the call. */
  encryptItems(items: readonly AttributeMap[], options?: BatchOptions): Promise<ItemResult[]>;
  /**
   * Opens items. Every item has an outcome of its own: a result or an error.
   *
   * @throws HostError `HOST_FAILED`; and as `ItemEncryptor.decryptItems`
   */
  decryptItems(
    items: readonly AttributeMap[],
    options: BatchOptions & { readonly settle: true },
  ): Promise<Outcome<ItemResult>[]>;
  /** Opens items. The first error ends the call. */
  decryptItems(items: readonly AttributeMap[], options?: BatchOptions): Promise<ItemResult[]>;
  /**
   * Opens items with the keyring of `from` and seals them anew.
   *
   * @throws HostError `HOST_FAILED`; and as `ItemEncryptor.resealItems`
   */
  resealItems(items: readonly AttributeMap[], options?: BatchOptions): Promise<ResealItemsResult>;
  /** Ends the threads, once all calls have ended. No other can begin then: it throws UsageError `INVALID_ARGUMENT`. */
  close(): Promise<void>;
}

/** Where the program of the threads is: known by the entry point, which is beside it in every form of the package. */
let program: (() => URL) | undefined;

/** @internal Says where the program of the threads is. */
export function provideProgram(where: () => URL): void {
  program = where;
}

/**
 * Starts threads that seal, open and reseal many items at once: for a whole table, an import, a rotation of keys. Node only. What
 * takes less than a few milliseconds is done sooner by an `ItemEncryptor` itself.
 *
 * Bytes of keys go to the threads by way of keys of Node's cryptography, which are not in JavaScript's memory, and no copy stays in
 * the calling thread: wipe yours when this has returned. Strings, PEM and `secretAccessKey` among them, cannot be wiped.
 *
 * @throws UsageError `INVALID_CONFIG` for what cannot go to another thread; `INVALID_ARGUMENT`; and what `ItemEncryptor` and the
 * functions throw that make keyrings
 * @throws UnsupportedError in browsers and wherever there are no threads of Node's
 *
 * @example
 * ```ts
 * import { startItemWorkers, type WorkerTable } from 'fieldseal/workers'
 *
 * const table = {
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 * } as const
 * const key = (keyName: string): WorkerTable => ({
 *   ...table,
 *   keyring: {
 *     type: 'rawAes',
 *     keyNamespace: 'shop',
 *     keyName,
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   },
 * })
 * const before = key('key-1')
 * const after = key('key-2')
 * const items = Array.from({ length: 1000 }, (_, i) => ({
 *   customer_id: { S: `c-${i}` },
 *   ssn: { S: '078-05-1120' },
 * }))
 *
 * const workers = await startItemWorkers(before)
 * const sealed = await workers.encryptItems(items, { signal: AbortSignal.timeout(60_000) })
 * const opened = await workers.decryptItems(sealed.map(({ item }) => item))
 * console.log(opened.length, opened[999]?.item.ssn) // → 1000 { S: '078-05-1120' }
 * await workers.close()
 *
 * // After a rotation of the key.
 * const resealing = await startItemWorkers({ ...after, from: before })
 * const resealed = await resealing.resealItems(sealed.map(({ item }) => item))
 * console.log(resealed.items.length, resealed.failed.length) // → 1000 0
 * await resealing.close()
 * ```
 */
export async function startItemWorkers<T extends object = NativeDocument>(
  options: ItemWorkersOptions<T>,
): Promise<ItemWorkers> {
  const { node, url, availableParallelism, ...threading } = host();
  const names = { ...TABLE_OPTIONS, keyring: COPY } as const;
  const all = { ...names, from: COPY, threads: COPY } as const;
  // Nothing is read by name from what is left of them, which inherits.
  const given = readOptions<ItemWorkersOptions>(options as never, all);
  const { threads = Math.min(availableParallelism(), DEFAULT_THREADS), ...tables } = given;
  const { threads: _, keyring: __, from: ___, ...table } = given;
  // From here on, the copies of the options have no bytes, and no other has.
  const handed = handOver(node, tables);
  const from = ownValue(handed, 'from');
  if (from !== undefined) readOptions<WorkerTable>(from, names, 'from');
  mustBeCount('threads', threads, MAX_THREADS);
  const start = { module: compiledCore(), tables: handed };
  const pool = new Pool(threads, { ...threading, url, start });
  const front = new Front(table, pool);
  await pool.start();
  return {
    encryptItems: front.encryptItems.bind(front),
    decryptItems: front.decryptItems.bind(front),
    resealItems: async (items, options = {}) =>
      front.resealItems(items, { ...readOptions(options, BATCH_OPTIONS) }),
    close: () => pool.close(),
  };
}

/** What this takes of its host. */
function host() {
  const node = nodeCrypto();
  const threads = (hostModule('node:worker_threads') ?? {}) as Partial<NodeThreads>;
  const os = (hostModule('node:os') ?? {}) as Partial<typeof import('node:os')>;
  const { MessageChannel, receiveMessageOnPort, Worker } = threads;
  const { availableParallelism } = os;
  if (node && MessageChannel && receiveMessageOnPort && Worker && availableParallelism && program) {
    const threading = { MessageChannel, receiveMessageOnPort, Worker };
    return { node, availableParallelism, url: programUrl(program), ...threading };
  }
  throw unsupported(
    'worker threads of Node',
    'Use an ItemEncryptor; in a browser, in a worker of your own.',
  );
}

function programUrl(where: () => URL): URL {
  try {
    return where();
  } catch (error) {
    // In a bundle of CommonJS no module knows where it is.
    throw withoutProgram(error);
  }
}

/**
 * The encryptor of the calling thread, which checks the options, reads items and makes those that it gives back. It has no key: the
 * pool does its work.
 */
class Front extends ItemEncryptor {
  readonly #pool: Pool;

  constructor(table: Omit<ItemEncryptorOptions, 'keyring' | 'cmm'>, pool: Pool) {
    const config: CustomConfig = { type: 'custom', providerId: 'worker threads', generates: false };
    super({ ...table, keyring: makeKeyring(() => config, {}) });
    this.#pool = pool;
  }

  protected override _run<R>(batch: Batch<R>, options: BatchOptions): Promise<Outcome<R>[]> {
    return this.#pool.run(batch, options);
  }
}
