/** A message in the middle: the core has its state, this layer feeds it pieces. */

import { lengthOf } from '../util/bytes.js';
import { core, type Core, type CoreObject } from '../core/core.js';
import { internal } from '../errors.js';
import type { Glue } from '../generated/glue.js';
import { fromPairs } from '../inspect.js';
import type { MessageHeader } from './types.js';
import type { Pairs } from '../util/encryption-context.js';
import { writeInput, writeTwoContexts } from './input.js';
import { finalizer } from '../util/finalizer.js';

/** `handles` are those of the session and of its materials. */
type Start = (glue: Glue, length: number, ...handles: number[]) => number;

/** Makes the place of a message in the core. */
function open(owner: Core): number {
  const handle = owner.make((glue) => glue.make_session());
  owner.sessions++;
  return handle;
}

function close({ owner, handle }: { owner: Core; handle: number }): void {
  owner.sessions--;
  owner.release(handle);
  owner.rest();
}

const abandoned = finalizer(close);

export class Session {
  readonly #owner: Core = core();
  readonly #handle = open(this.#owner);
  readonly #abort = new AbortController();
  readonly #maxPending: number;
  readonly #materials: readonly CoreObject[];

  /**
   * @param maxPending - the most bytes that operations may hold while they wait
   * @param materials - the CMMs that the message begins with; they stay as long as the session
   */
  constructor(maxPending: number, materials: readonly CoreObject[]) {
    this.#maxPending = maxPending;
    this.#materials = materials;
    abandoned.register(this, { owner: this.#owner, handle: this.#handle }, this);
  }

  /** The core's number of it. */
  handle(): number {
    return this.#handle;
  }

  /** Begins the message; returns what it begins with. */
  begin(context: Pairs, start: Start): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    this.#mustLive();
    return this.#start(start, writeInput(this.#owner, this.#maxPending, context));
  }

  /** Begins a message that is opened and sealed anew; `context` is the new one's, if it has one of its own. */
  beginReseal(
    reproduced: Pairs,
    context: Pairs | undefined,
    start: Start,
  ): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    this.#mustLive();
    return this.#start(start, writeTwoContexts(this.#owner, reproduced, context));
  }

  #start(start: Start, length: number): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    const uses = [this, ...this.#materials];
    const begin = (glue: Glue, ...handles: number[]): number => start(glue, length, ...handles);
    return this.#owner.run(uses, begin, copy, this.#abort.signal);
  }

  /** How many KMS calls a message that was resealed has taken. */
  kmsCalls(): number {
    return this.#owner.read((glue) => glue.reseal_calls(this.#handle));
  }

  /**
   * Works on the next piece; returns what `read` makes of what that gives: a copy, unless told.
   *
   * @param place - `more` where at least a byte follows, `open` where it is not known what does
   */
  next<T = Uint8Array<ArrayBuffer>>(
    bytes: Uint8Array | undefined,
    place: 'more' | 'open' | 'last',
    read: (output: Uint8Array) => T = copy as (output: Uint8Array) => T,
  ): T | Promise<T> {
    this.#mustLive();
    const given = bytes ? lengthOf(bytes) : 0;
    const write = (memory: Uint8Array, at: number): number => {
      if (bytes) memory.set(bytes, at);
      return given;
    };
    const length = this.#owner.fillInput(given, write, this.#maxPending);
    const start = (glue: Glue, session: number): number =>
      glue.next_piece(session, place === 'last', place === 'more', length);
    return this.#owner.run([this], start, read, this.#abort.signal);
  }

  #mustLive(): void {
    this.#abort.signal.throwIfAborted();
    if (!this.#owner.alive) throw internal('the core stopped in the middle of a message');
  }

  /**
   * How many bytes come after the header of a message if so many bytes of plaintext go in, or out of a message of so
   * many bytes; 0 while that is not known.
   */
  room(length: number): number {
    return this.#owner.read((glue) => glue.session_room(this.#handle, length));
  }

  /** The header, once it has verified and while the message is in the middle. */
  header(): MessageHeader | undefined {
    type Raw = Parameters<typeof fromPairs<MessageHeader>>[0] & {
      readonly encryptionContext: readonly (readonly [string, string])[];
    };
    const raw = this.#owner.read((glue) => glue.session_header(this.#handle)) as Raw | undefined;
    if (!raw) return undefined;
    const encryptionContext = Object.fromEntries(raw.encryptionContext);
    return { ...fromPairs<MessageHeader>(raw), encryptionContext };
  }

  /**
   * Lets go of the message; what the core held of it is wiped. What is in progress is called off and rejects with the
   * reason.
   */
  dispose(reason?: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(reason);
    abandoned.unregister(this);
    close({ owner: this.#owner, handle: this.#handle });
  }
}

function copy(output: Uint8Array): Uint8Array<ArrayBuffer> {
  return output.slice();
}
