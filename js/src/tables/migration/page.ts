/** The items of a page: planned, written, and read again where another writer came first. */

import { DynamoDbError, type FieldsealError } from '../../errors.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import { keyOf } from '../form.js';
import { isSame } from '../encrypted-record.js';
import { mapOf } from '../members.js';
import { anotherRecord, keyText } from '../record-key.js';
import type { EncryptedTable } from '../table.js';
import type { Planner } from './plan.js';
import { isNamed, MAX_SENT_AGAIN, type Requests } from './requests.js';
import type { SealingUpdate } from './write.js';

/** An item that nothing was done with; a member of {@link SealTableProgress.errors}. */
export interface SealTableError {
  /** Its key attributes, as attribute values; those that it has. Keys are never encrypted. */
  readonly key: AttributeMap;
  /** Why. */
  readonly error: FieldsealError;
}

/** What became of the items of a page. */
export interface PageResult {
  /** Written; in a dry run, those that would be. */
  changed: number;
  /** As asked already. */
  unchanged: number;
  /** Deleted by others meanwhile. */
  gone: number;
  /** Writes that were not done because another writer had been first. */
  conflicts: number;
  readonly errors: SealTableError[];
}

/** How often an item is written before it is left to others, who keep changing it. */
const MAX_ATTEMPTS = 10;
/** How often items are sealed again for which a service was too busy, or not there. */
const MAX_RETRIES = 8;
/** How many items of a page are written or read at once: six segments stay below the 50 connections of a client. */
const AT_ONCE = 8;
/** Errors of the service that are about the item, and not about the run. */
const ABOUT_ITEM = ['ValidationException', 'ItemCollectionSizeLimitExceededException'];
/** What others do to the item, for as long as requests are sent again. */
const CONTENDED = ['TransactionConflictException', 'ReplicatedWriteConflictException'];

/** An item as it was read, and what is to take its place. */
interface Write {
  readonly stored: AttributeMap;
  readonly sealed: AttributeMap;
  readonly update: SealingUpdate;
}

/** Works on pages of a table. */
export class PageWorker {
  constructor(
    readonly table: EncryptedTable,
    readonly TableName: string,
    readonly planner: Planner,
    readonly requests: Requests,
    readonly dryRun: boolean,
  ) {}

  /**
   * Does what the items need.
   *
   * @throws what ends the run: a service that cannot be reached, is not allowed, or stays too busy
   */
  async work(items: readonly AttributeMap[]): Promise<PageResult> {
    const result: PageResult = { changed: 0, unchanged: 0, gone: 0, conflicts: 0, errors: [] };
    let left = items;
    for (let attempt = 1; left.length > 0; attempt++) {
      const writes = await this.#plan(left, result);
      if (this.dryRun) {
        result.changed += writes.length;
        return result;
      }
      const lost = await this.#write(writes, result);
      if (lost.length === 0) return result;
      result.conflicts += lost.length;
      if (attempt >= MAX_ATTEMPTS) {
        for (const { stored } of lost) this.#fail(result, stored, this.#gaveUp(attempt));
        return result;
      }
      await this.requests.wait(attempt);
      left = await this.#readAgain(lost, result);
    }
    return result;
  }

  /** What is to be written. */
  async #plan(items: readonly AttributeMap[], result: PageResult): Promise<Write[]> {
    const writes: Write[] = [];
    let left = items;
    for (let retry = 0; ; retry++) {
      // A service that works for most of a page is not what ends the run: the key of a few items may be out of reach.
      const isLast = retry >= MAX_RETRIES;
      const isOfFew = isLast && left.length * 2 < items.length;
      const again: AttributeMap[] = [];
      for (const [i, planned] of (await this.planner.plan(left)).entries()) {
        const stored = left[i]!;
        if ('error' in planned) {
          const { error } = planned;
          if (!isOfService(error) || (isOfFew && error.retryable)) {
            this.#fail(result, stored, error);
          } else if (!isLast && error.retryable) again.push(stored);
          else throw error;
        } else if (planned.sealed) writes.push({ stored, ...planned });
        else result.unchanged++;
      }
      if (again.length === 0) return writes;
      left = again;
      await this.requests.wait(retry);
    }
  }

  /** Writes items; returns those that others have changed since they were read. */
  async #write(writes: readonly Write[], result: PageResult): Promise<Write[]> {
    const lost: Write[] = [];
    await atOnce(writes, async (write) => {
      const { stored, update } = write;
      try {
        await this.requests.send('UpdateItemCommand', {
          TableName: this.TableName,
          Key: keyOf(this.table, stored),
          ...update,
        });
        result.changed++;
      } catch (error) {
        this.requests.signal.throwIfAborted();
        if (isNamed(error, 'ConditionalCheckFailedException')) lost.push(write);
        else this.#fail(result, stored, this.#aboutItem(error));
      }
    });
    return lost;
  }

  /** The items as they are now; without those that are gone, and those that were written after all. */
  async #readAgain(lost: readonly Write[], result: PageResult): Promise<AttributeMap[]> {
    const items: AttributeMap[] = [];
    await atOnce(lost, async ({ stored, sealed }) => {
      const Key = keyOf(this.table, stored);
      const output = await this.requests.send('GetItemCommand', {
        TableName: this.TableName,
        Key,
        ConsistentRead: true,
      });
      const item = mapOf<AttributeMap>(output, 'Item');
      if (item === undefined) result.gone++;
      // The write was done, its response was lost, and what failed is the one that the SDK sent again.
      else if (isSame(item, sealed)) result.changed++;
      else if (keyText(this.table, item) === keyText(this.table, Key)) items.push(item);
      else this.#fail(result, stored, anotherRecord(this.table));
    });
    return items;
  }

  #fail(result: PageResult, item: AttributeMap, error: FieldsealError): void {
    result.errors.push({ key: keyOf(this.table, item), error });
  }

  /** The error of an item that the service does not store. What ends the run is thrown. */
  #aboutItem(error: unknown): FieldsealError {
    const name = ABOUT_ITEM.find((name) => isNamed(error, name));
    if (CONTENDED.some((name) => isNamed(error, name))) return this.#gaveUp(1 + MAX_SENT_AGAIN);
    if (name === undefined) throw error;
    // Its message may have values in it.
    return new DynamoDbError({
      code: 'DYNAMODB_REJECTED',
      message: `DynamoDB refused to store the sealed item (${name})`,
      next: 'See `cause`; checkTables finds indexes whose keys are encrypted.',
      table: this.table.name,
      operation: 'UpdateItem',
      serviceError: name,
      cause: error,
    });
  }

  #gaveUp(attempts: number): DynamoDbError {
    return new DynamoDbError({
      code: 'DYNAMODB_CONDITION_FAILED',
      message: `others changed the item at each of ${attempts} attempts to write it`,
      next: 'Run it again later.',
      table: this.table.name,
      operation: 'UpdateItem',
      attempts,
    });
  }
}

/** Whether an item failed because a service did: it would fail with the others, and is not what is wrong. */
function isOfService(error: FieldsealError): boolean {
  return error.retryable || /_CREDENTIALS$/.test(error.rootCode ?? error.code);
}

/** Does something with all of them, some at once; the first error ends it, when what is under way has ended. */
async function atOnce<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  let failure: { readonly error: unknown } | undefined;
  const worker = async () => {
    for (const one of left) {
      if (failure) return;
      try {
        await work(one);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, worker));
  if (failure) throw failure.error;
}
