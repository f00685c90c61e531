/** Batches of items on their way through the core, and what becomes of each item. */

import type { AttributeMap } from './attribute-value.js';
import { core, type Core, type CoreObject } from '../core/core.js';
import { atItem, errorFromCore, FieldsealError, usage, type CoreError } from '../errors.js';
import type { Glue } from '../generated/glue.js';
import { packItems, type GivenBack, type PackedInput, type PackedItem } from './codec/pack.js';
import { signalOf, type CallOptions } from '../util/signal.js';

/**
 * How a batch of items is worked on, by {@link ItemEncryptor.encryptItems} and its siblings.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, type BatchOptions } from 'fieldseal'
 *
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName: 'key-1',
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   }),
 * })
 * const batch = [
 *   { customer_id: { S: 'c-1' }, ssn: { S: '078-05-1120' } },
 *   { customer_id: { S: 'c-2' }, note: { S: 'has no action' } },
 * ]
 * const options = { settle: true, signal: AbortSignal.timeout(5_000) } satisfies BatchOptions
 * for (const outcome of await customers.encryptItems(batch, options)) {
 *   console.log('error' in outcome ? outcome.error.code : 'sealed')
 * }
 * // → sealed
 * // → ATTRIBUTE_WITHOUT_ACTION
 * ```
 */
export interface BatchOptions extends CallOptions {
  /**
   * Gives every item its own outcome, a result or an error, instead of failing with the first error. Items that the
   * service was too busy for are tried once more at the end. Default `false`.
   */
  readonly settle?: boolean | undefined;
}

/**
 * What became of an item in a batch that settles: its result, or why there is none. {@link BatchOptions} shows how to
 * tell.
 */
export type Outcome<T> = T | ItemFailure;

/**
 * Why an item of a batch that settles has no result, as {@link ItemEncryptor.encryptItems} returns it in its place.
 */
export interface ItemFailure {
  /** What went wrong; its `itemIndex` is the item's place in the batch. */
  readonly error: FieldsealError;
}

/** What is done with the items: the function of the core that starts it. */
export type Work = 'encrypt_items' | 'decrypt_items' | 'reseal_items';

/** Work on many items in one crossing. */
export interface Batch<T> {
  readonly work: Work;
  /** Items, or what {@link attributes} makes items of. */
  readonly items: readonly unknown[];
  /** Reads what was given in place of an item. */
  attributes?(given: unknown): AttributeMap;
  /** Is shown every item and its place before it crosses. */
  readonly look?: ((item: AttributeMap, place: number) => void) | undefined;
  readonly givenBack: GivenBack;
  /** The most bytes that operations may hold while they wait. */
  readonly maxPendingBytes: number;
  /** The encryptors that work on them. */
  readonly uses: readonly CoreObject[];
  /**
   * Starts the core's task on the input in a way of its own: the places of the items in it, and the handles of what it
   * uses.
   */
  start?(
    glue: Glue,
    settle: boolean,
    length: number,
    places: readonly number[],
    ...handles: number[]
  ): number;
  /** Reads the core's output: a result for each item, none for those that failed. */
  read(output: Uint8Array, items: readonly PackedItem[], length: number): (T | undefined)[];
}

/** Runs a batch; unless it settles, no outcome is a failure. */
export function runBatch<T>(
  batch: Batch<T>,
  options: BatchOptions,
): Outcome<T>[] | Promise<Outcome<T>[]> {
  const settle = options.settle === true;
  const signal = signalOf(options.signal);
  const owner = core();
  const { input, crossing, read } = packBatch(batch, settle);
  let length: number;
  try {
    length = owner.fillInput(
      input.byteLength,
      (memory, at, grow) => input.writeInto(memory, at, grow),
      batch.maxPendingBytes,
    );
  } finally {
    input.discard();
  }
  const start = (glue: Glue, ...handles: number[]): number =>
    batch.start
      ? batch.start(glue, settle, length, crossing(), ...handles)
      : startWork(batch.work, glue, handles, settle, length);
  const readAll = (output: Uint8Array) => read(output, length, errorsOf(owner, settle));
  return owner.run(batch.uses, start, readAll, signal);
}

function startWork(
  work: Work,
  glue: Glue,
  handles: readonly number[],
  settle: boolean,
  length: number,
): number {
  const start = glue[work] as (...given: (number | boolean)[]) => number;
  return start(...handles, settle, length);
}

/** The errors of the items that failed, while the output is read. */
const errorsOf = (owner: Core, settle: boolean): readonly CoreError[] =>
  settle ? (owner.read((glue) => glue.take_value()) as CoreError[]) : [];

/** What a batch is while the core works on it. */
interface PackedBatch<T> {
  /** Its items; to be written or discarded soon. */
  readonly input: PackedInput;
  /** The places of the items that cross. */
  crossing(): number[];
  /** The outcomes, from what the core made of so many bytes of input. */
  read(output: Uint8Array, length: number, errors: readonly CoreError[]): Outcome<T>[];
}

/** Reads the items of a batch. `first` is the place of its first item, where it is a part of another one. */
export function packBatch<T>(batch: Batch<T>, settle: boolean, first = 0): PackedBatch<T> {
  const failures = new Map<number, FieldsealError>();
  const { good, places } = readItems(batch, settle, failures);
  const failed = (i: number, error: unknown): void => {
    failures.set(places[i]!, failureOf(error, first + places[i]!));
  };
  const input = packItems(good, batch.givenBack, settle ? failed : undefined);
  return {
    input,
    crossing: () => places.filter((place) => !failures.has(place)),
    read: (output, length, errors) => {
      const results = batch.read(output, input.items, length);
      return outcomes(batch.items.length, first, results, errors, failures);
    },
  };
}

/** What the core made of packed items. */
export interface PackedOutput {
  readonly output: Uint8Array<ArrayBuffer>;
  readonly errors: readonly CoreError[];
}

/** Runs what another thread packed, for that thread to read. The input is wiped. */
export function runPacked(
  work: Work,
  uses: readonly CoreObject[],
  input: Uint8Array,
  settle: boolean,
  signal: AbortSignal,
): PackedOutput | Promise<PackedOutput> {
  const owner = core();
  const { length } = input;
  try {
    const copy = (memory: Uint8Array, at: number): number => {
      memory.set(input, at);
      return length;
    };
    owner.fillInput(length, copy, Infinity);
  } finally {
    input.fill(0);
  }
  return owner.run(
    uses,
    (glue, ...handles) => startWork(work, glue, handles, settle, length),
    (output) => ({ output: output.slice(), errors: errorsOf(owner, settle) }),
    signal,
  );
}

/** The items of a batch that can be read, and their places in it. One that cannot ends the batch, or fails alone. */
function readItems<T>(
  { items, attributes, look }: Batch<T>,
  settle: boolean,
  failures: Map<number, FieldsealError>,
): { good: AttributeMap[]; places: number[] } {
  const good: AttributeMap[] = [];
  const places: number[] = [];
  for (const [i, given] of items.entries()) {
    try {
      const item = attributes ? attributes(given) : (given as AttributeMap);
      look?.(item, i);
      good.push(item);
      places.push(i);
    } catch (error) {
      if (settle) failures.set(i, failureOf(error, i));
      else throw endOf(items, error, i);
    }
  }
  return { good, places };
}

/** The error with which one item ends its batch; of many, it says which. */
export function endOf(items: readonly unknown[], error: unknown, itemIndex: number): unknown {
  return items.length > 1 ? atItem(error, itemIndex) : error;
}

/** Why an item of a batch that settles has no result. */
export function failureOf(error: unknown, itemIndex: number): FieldsealError {
  // One error of the caller's may be that of many items.
  if (error instanceof FieldsealError && !Object.hasOwn(error, 'itemIndex')) {
    atItem(error, itemIndex);
    if (error.itemIndex === itemIndex) return error;
  }
  const failure = usage('INVALID_ARGUMENT', 'the item cannot be read');
  return Object.assign(failure, { itemIndex, cause: error });
}

/** Whether it is a failure; of its own, since every object may inherit an `error`. */
export function isFailure(outcome: object): outcome is ItemFailure {
  return Object.hasOwn(outcome, 'error');
}

/** Puts the results of the items that crossed and the failures of all in the order of the batch. */
function outcomes<T>(
  count: number,
  first: number,
  results: readonly (T | undefined)[],
  errors: readonly CoreError[],
  failures: ReadonlyMap<number, FieldsealError>,
): Outcome<T>[] {
  const all: Outcome<T>[] = [];
  const failed = errors.values();
  let crossed = 0;
  for (let place = 0; place < count; place++) {
    const refused = failures.get(place);
    const result = refused ? undefined : results[crossed++];
    if (result !== undefined) all.push(result);
    else {
      const error = refused ?? errorFromCore({ ...failed.next().value!, itemIndex: first + place });
      all.push({ error });
    }
  }
  return all;
}
