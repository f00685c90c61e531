/** A record that is read, opened, changed, sealed and put; all of it again where another writer came first. */

import { DynamoDbError, usage } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { FOOTER } from '../items/codec/pack.js';
import { toBase64 } from '../util/base64.js';
import { ownValue } from '../util/plain-object.js';
import { sleep } from '../util/waiting.js';
import { send } from './aws-client.js';
import { stillIs } from './conditions.js';
import { mustBeWritable } from './form.js';
import { mapOf } from './members.js';
import { openOne } from './open.js';
import { Asked, isSameKeyValue } from './record-key.js';
import type { Client, Output } from './sdk.js';
import { sealOne } from './seal.js';
import { inTable, type EncryptedTable } from './table.js';

/** How often a record is put before it is given up. */
export const MAX_ATTEMPTS = 10;
/** The longest wait after the first conflict, and after any, in milliseconds. */
const FIRST_WAIT = 50;
const LONGEST_WAIT = 2000;
/**
 * How long the item that came with a conflict is taken for the present one, in milliseconds. After a longer wait it is as good as
 * surely changed where many write: of 20 clients at once, one gave up after 10 attempts in 99 of 100 runs, and none does if the
 * record is read again.
 */
const FRESH = 20;

/** What became of a record. */
export interface Changed {
  /** The item as it is now, in plaintext; `undefined` where there is none. */
  readonly item: AttributeMap | undefined;
  /** What the service said to the write; `undefined` where there was nothing to write. */
  readonly output: Output | undefined;
}

/** Makes the new item of the one that is there; `undefined`: there is nothing to write. */
export type ChangeItem = (
  item: AttributeMap | undefined,
) => AttributeMap | undefined | Promise<AttributeMap | undefined>;

/** A record as it is stored and what it says. */
interface Read {
  readonly stored: AttributeMap | undefined;
  readonly item: AttributeMap | undefined;
}

/** A record, and the client for it. */
export class EncryptedRecord {
  readonly #client: Client;
  readonly #table: EncryptedTable;
  readonly #request: { readonly TableName: string; readonly Key: AttributeMap };
  readonly #asked: Asked;
  readonly #signal: AbortSignal | undefined;

  constructor(
    client: Client,
    table: EncryptedTable,
    TableName: string,
    Key: AttributeMap,
    signal: AbortSignal | undefined,
  ) {
    this.#client = client;
    this.#table = table;
    this.#request = { TableName, Key };
    this.#asked = new Asked(table, [Key]);
    this.#signal = signal;
  }

  /**
   * Changes the record.
   *
   * @throws DynamoDbError `DYNAMODB_CONDITION_FAILED` when others changed it at every attempt
   */
  async change(change: ChangeItem, maxAttempts: number): Promise<Changed> {
    let read = await this.#open(await this.#get());
    for (let attempt = 1; ; attempt++) {
      const item = await change(read.item);
      if (item === undefined) return { item: read.item, output: undefined };
      mustBeWritable(this.#table, item);
      this.#mustKeepKey(item);
      const sealed = await sealOne(this.#table, this.#withoutBeacons(item), this.#signal);
      const newer = await this.#put(sealed, read.stored);
      if ('output' in newer) return { item, output: newer.output };
      if (isSame(newer.item, sealed)) return { item, output: undefined };
      if (attempt >= maxAttempts) throw this.#gaveUp(attempt);
      const waited = await this.#wait(attempt);
      // The service may not give it.
      const given = waited < FRESH ? newer.item : undefined;
      const stored = given ?? (await this.#get());
      if (isSame(stored, sealed)) return { item, output: undefined };
      read = await this.#open(stored);
    }
  }

  /** Signed beacons are made of what the item is now, but for those that are keys, which stay. */
  #withoutBeacons(item: AttributeMap): AttributeMap {
    const made = this.#table.signedBeacons.filter((name) => !this.#table.keyNames.includes(name));
    if (made.length === 0) return item;
    const kept = Object.entries(item).filter(([name]) => !made.includes(name));
    return Object.fromEntries(kept);
  }

  async #get(): Promise<AttributeMap | undefined> {
    const input = { ...this.#request, ConsistentRead: true };
    const output = await send<Output>(this.#client, 'GetItemCommand', input, this.#signal);
    return mapOf(output, 'Item');
  }

  async #open(stored: AttributeMap | undefined): Promise<Read> {
    if (stored === undefined) return { stored, item: undefined };
    return { stored, item: await openOne(this.#asked, stored, this.#signal) };
  }

  /** Puts the item; returns what is there instead if that is not what was read any more. */
  async #put(
    Item: AttributeMap,
    stored: AttributeMap | undefined,
  ): Promise<{ readonly item: AttributeMap | undefined } | { readonly output: Output }> {
    const input = {
      TableName: this.#request.TableName,
      Item,
      ...stillIs(this.#table, stored),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    try {
      return { output: await send(this.#client, 'PutItemCommand', input, this.#signal) };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ConditionalCheckFailedException')
        throw error;
      return { item: mapOf(error, 'Item') };
    }
  }

  #mustKeepKey(item: AttributeMap): void {
    const { Key } = this.#request;
    for (const name of this.#table.keyNames) {
      if (isSameKeyValue(ownValue(item, name), Key[name])) continue;
      const problem = 'change returned an item with another key';
      const next = 'Keep the key. To move a record, put a new one and delete the old one.';
      throw inTable(usage('INVALID_ARGUMENT', problem, next, name), this.#table.name);
    }
  }

  /** Waits with full jitter; returns how long, in milliseconds. */
  async #wait(attempt: number): Promise<number> {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1));
    const time = Math.random() * longest;
    await sleep(time, this.#signal ?? new AbortController().signal);
    this.#signal?.throwIfAborted();
    return time;
  }

  #gaveUp(attempts: number): DynamoDbError {
    return new DynamoDbError({
      code: 'DYNAMODB_CONDITION_FAILED',
      message: `the record was changed by others at each of ${attempts} attempts to change it`,
      next: 'Try again later, or raise maxAttempts.',
      table: this.#table.name,
      operation: 'PutItem',
      attempts,
    });
  }
}

/**
 * Whether what is stored is what was just put: no two items have the same footer. Then the put was done, the answer to it was
 * lost, and what failed is the one that the SDK sent again. Changed once more, a sum would be added twice.
 */
export function isSame(stored: AttributeMap | undefined, put: AttributeMap): boolean {
  const footer = (item: AttributeMap) => (Object.hasOwn(item, FOOTER) ? item[FOOTER] : undefined);
  const [one, other] = [stored && footer(stored), footer(put)];
  return one?.B !== undefined && other?.B !== undefined && toBase64(one.B) === toBase64(other.B);
}
