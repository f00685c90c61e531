/** Requests of a run: as many capacity units a second as it may consume, and again where the service was too busy. */

import { ownValue } from '../../util/plain-object.js';
import { sleep } from '../../util/waiting.js';
import { send } from '../aws-client.js';
import { mapOf } from '../members.js';
import { withOwnSignal } from '../own-signal.js';
import type { Client, Output } from '../sdk.js';

type Command = Parameters<typeof send>[1];

/** How often a request is sent again that the client has sent as often as it does by itself: for a minute or two. */
export const MAX_SENT_AGAIN = 12;
/** The longest wait after the first failure, and after any, in milliseconds. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 20_000;

/** Errors that pass, by their names, whatever status they come with. */
const PASSING =
  /^(?:ProvisionedThroughputExceeded|Throttling|RequestLimitExceeded|TooManyRequests|TransactionConflict|ReplicatedWriteConflict|Timeout|RequestTimeout)/;
/** Failures of the network, as Node names them. */
const BROKEN = /^(?:E(?:CONN|PIPE|AI_AGAIN|HOST|NET|TIMEDOUT)|UND_ERR)/;

/** Sends the requests of a run. */
export class Requests {
  /** Capacity units consumed so far, of reads and writes, indexes included. */
  capacityUnits = 0;
  /** When the next request may be sent, in milliseconds. */
  #free = 0;
  /** Units of the last request of each command: as many as the next one is taken to need. */
  readonly #last = new Map<Command, number>();

  /** @param unitsPerSecond - at most so many capacity units; by default as many as the service gives */
  constructor(
    readonly client: Client,
    readonly unitsPerSecond: number | undefined,
    readonly signal: AbortSignal,
  ) {}

  /**
   * Sends a request, when it is its turn.
   *
   * @throws what the client throws, when that does not pass
   */
  async send(command: Command, input: object): Promise<Output> {
    const counts = command !== 'DescribeTableCommand';
    const asked = counts ? { ...input, ReturnConsumedCapacity: 'TOTAL' } : input;
    for (let retry = 0; ; retry++) {
      const expected = counts ? await this.#turn(command) : 0;
      try {
        const output = await withOwnSignal(this.signal, (signal) =>
          send<Output>(this.client, command, { ...asked }, signal),
        );
        if (counts) this.#consumed(command, expected, unitsOf(output));
        return output;
      } catch (error) {
        this.signal.throwIfAborted();
        // A condition that does not hold is paid for as a write.
        const units = isNamed(error, 'ConditionalCheckFailedException') ? expected : 0;
        this.#consumed(command, expected, units);
        if (retry >= MAX_SENT_AGAIN || !passes(error)) throw error;
        await this.wait(retry);
      }
    }
  }

  /** Waits with full jitter before something is done again. */
  async wait(retry: number): Promise<void> {
    await this.#sleep(Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** retry));
  }

  /** Waits for the turn of a request; returns the units that it is taken to need. */
  async #turn(command: Command): Promise<number> {
    const expected = this.#last.get(command) ?? 1;
    if (this.unitsPerSecond === undefined) return expected;
    const now = performance.now();
    const start = Math.max(now, this.#free);
    this.#free = start + this.#ms(expected);
    if (start > now) await this.#sleep(start - now);
    return expected;
  }

  #consumed(command: Command, expected: number, units: number): void {
    this.capacityUnits += units;
    if (units > 0) this.#last.set(command, units);
    this.#free += this.#ms(units - expected);
  }

  #ms(units: number): number {
    return this.unitsPerSecond === undefined ? 0 : (units / this.unitsPerSecond) * 1000;
  }

  async #sleep(ms: number): Promise<void> {
    await withOwnSignal(this.signal, (signal) => sleep(ms, signal));
    this.signal.throwIfAborted();
  }
}

/** What a response says that it has consumed; 1 where it says nothing. */
function unitsOf(output: Output): number {
  const consumed = mapOf<{ CapacityUnits?: unknown }>(output, 'ConsumedCapacity');
  const units = consumed && ownValue(consumed, 'CapacityUnits');
  return typeof units === 'number' && units >= 0 && Number.isFinite(units) ? units : 1;
}

/** Whether it is the service's error of this name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** Whether the same request may be served later. */
function passes(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata, code } = error as {
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly code?: unknown;
  };
  if (PASSING.test(error.name) || Number($metadata?.httpStatusCode) >= 500) return true;
  return typeof code === 'string' && BROKEN.test(code);
}
