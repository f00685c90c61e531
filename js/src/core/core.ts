/**
 * One instance of the WebAssembly core: calls in, requests of the core to its host out.
 *
 * What needs no host ends within the call that started it. For everything else the core asks (HTTP, time,
 * credentials, private keys), this file performs the requests and answers, until the task has ended.
 */

import {
  errorFromCore,
  FieldsealError,
  internal,
  limit,
  unsupported,
  type CoreError,
} from '../errors.js';
import type { Glue } from '../generated/glue.js';
import { isBinary, windowOf } from '../util/bytes.js';
import { hostCrypto } from '../host/crypto.js';
import { canReplace, coreBuild, newInstance } from './registry.js';
import { finalizer, weakly } from '../util/finalizer.js';
import { markClass, shared } from '../util/shared.js';
import { onAbort } from '../util/signal.js';
import { idle, sleep, turn } from '../util/waiting.js';

// Status codes of `crates/wasm/src/task.rs`.
const PACKED = 0;
const VALUE = 1;
const PENDING = 3;

/**
 * Serves the requests of one core object: a method for each kind of request. The signal aborts when nobody waits for the
 * answer any more: then the method settles soon. What a method for an event gives back is ignored.
 */
type Host = Readonly<Record<string, (details: unknown, signal?: unknown) => unknown>>;

/** What the core has of a host: a function that takes the name of the method first. */
type HostCall = (kind: string, details: unknown, signal?: unknown) => unknown;

interface HostRequest {
  readonly id: number;
  readonly kind: string;
  readonly host: HostCall;
  readonly details: unknown;
}

/** Something in the core that an operation works with. */
interface Used {
  /** Its handle in the instance. */
  handle(owner: Core): number;
}

interface Waiting {
  /** What it works with stays alive until it has ended, and with it the hosts that it asks. */
  readonly uses: readonly Used[];
  readonly read: (output: Uint8Array) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  /** Bytes of input that the core holds for it. */
  readonly held: number;
  /** Takes its listener off the caller's signal. */
  readonly unlisten: (() => void) | undefined;
}

/** Room for more bytes of input in all: where they go now. */
export type Grow = (length: number) => { readonly memory: Uint8Array; readonly at: number };

/** What operations that wait may hold of input, in bytes, unless an option says otherwise. */
export const MAX_PENDING_BYTES = 256 << 20;

/**
 * Linear memory never shrinks. An instance that needed more than this once is replaced as soon as it has nothing to do;
 * what it cached is fetched anew then.
 */
const GROWN = 128 << 20;

const state = shared<{ current: Core | undefined }>;

/** The instance in use; made when it is first needed, again after a trap, and when a core that can do more came. */
export function core(): Core {
  const { current: before } = state();
  if (before?.complete === coreBuild().complete) return before;
  const current = (state().current = new Core());
  before?.rest();
  return current;
}

export class Core {
  /** How many messages are worked on piece by piece, each of which has its place in this instance: it stays for them. */
  sessions = 0;
  /** Whether it can do everything, or only what `fieldseal/items` offers. */
  readonly complete: boolean;
  /** Absent once the instance has stopped: nothing keeps its memory then. */
  #instance: { readonly glue: Glue; readonly memory: WebAssembly.Memory } | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #serving = new Map<number, AbortController>();
  /** What the task that is just starting works with. */
  #starting: readonly Used[] | undefined;
  #view: Uint8Array<ArrayBuffer> = new Uint8Array();
  #woken = false;
  /** Bytes of input that operations hold that wait, and those reserved for the next one. */
  #held = 0;
  #reserved = 0;

  constructor() {
    this.complete = coreBuild().complete;
    const { glue, instance } = newInstance();
    glue.__wbg_set_wasm(instance.exports);
    const start = instance.exports['__wbindgen_start'];
    if (typeof start === 'function') (start as () => void)();
    this.#instance = { glue, memory: instance.exports['memory'] as WebAssembly.Memory };
    const host = hostCrypto(() => this.memory);
    if (!host) return;
    const serve: HostCall = (kind, details) => (host as unknown as Host)[kind]!(details);
    glue.set_host_crypto(host.call, serve, host.minFrame, host.minBatch);
  }

  /**
   * Whether this instance works; when one has trapped, everything in it is lost. One that was replaced by a core that
   * can do more ends what it has begun.
   */
  get alive(): boolean {
    return this.#instance !== undefined;
  }

  /** Linear memory, as it is now. */
  get memory(): Uint8Array<ArrayBuffer> {
    const { buffer } = this.#live().memory;
    // Growing detaches the old buffer.
    if (this.#view.buffer !== buffer) this.#view = new Uint8Array(buffer);
    return this.#view;
  }

  /**
   * Room for `length` bytes of input; returns where in {@link memory} they go.
   *
   * @throws LimitError when operations that wait hold so much that it would be more than `max` bytes in all
   */
  reserveInput(length: number, max = MAX_PENDING_BYTES): number {
    return this.#reserve(length, false, max);
  }

  #reserve(length: number, keep: boolean, max: number): number {
    if (this.#held + length > max) throw tooMany(this.#held + length, max);
    this.#reserved = length;
    return this.#call((glue) => glue.reserve_input(length, keep));
  }

  /**
   * Has `write` put up to `length` bytes of input into memory, from the address that it is given; returns how many it
   * says it has written. It may ask for more room, which keeps what is written and may lie elsewhere. When it throws,
   * what it wrote is wiped.
   */
  fillInput(
    length: number,
    write: (memory: Uint8Array, at: number, grow: Grow) => number,
    max = MAX_PENDING_BYTES,
  ): number {
    const start = this.reserveInput(length, max);
    const grow: Grow = (longer) => {
      const at = this.#reserve(longer, true, max);
      return { memory: this.memory, at };
    };
    return this.#discarding(() => write(this.memory, start, grow));
  }

  /** Wipes the input if `work` throws. */
  #discarding<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#reserved = 0;
      if (this.alive) this.tell((glue) => glue.discard_input());
      throw error;
    }
  }

  /**
   * Starts a task whose result is in the output buffer; `read` must copy what it needs.
   *
   * @param uses - what the task works with: `start` gets the handles, in the same order
   * @param signal - ends the task when it aborts: the promise rejects with its reason, and what was asked of the host is
   * withdrawn. One that has aborted already is the caller's to look for.
   */
  run<T>(
    uses: readonly Used[],
    start: (glue: Glue, ...handles: number[]) => number,
    read: (output: Uint8Array) => T,
    signal?: AbortSignal,
  ): T | Promise<T> {
    const held = this.#reserved;
    const handles = this.#discarding(() => uses.map((used) => used.handle(this)));
    this.#reserved = 0;
    const outer = this.#starting;
    this.#starting = uses;
    let status: number;
    try {
      status = this.#call((glue) => start(glue, ...handles));
    } finally {
      this.#starting = outer;
    }
    if (status < PENDING) {
      this.rest();
      return this.#result(status, read) as T;
    }
    return withFrames(this.#wait<T>(status - PENDING, { uses, read, held }, signal), signal);
  }

  /**
   * A host as an object of the core gets it: weakly. The core would keep it for ever, since whatever a host's functions
   * lead to would stay, the JavaScript object whose end lets the core's object go included. So the host lives as long
   * as the JavaScript object that has it, and as the operations that use that.
   */
  weakly(host: object): HostCall {
    const held = weakly(host as Host);
    return (kind, details, signal) => {
      if (kind === 'wake') return this.#wake();
      // What the task with this id works with: fetches that others join keep it, too.
      if (kind === 'uses') return this.#waiting.get(details as number)?.uses ?? this.#starting;
      return held.deref()?.[kind]?.(details, signal);
    };
  }

  /** Makes an object of the core; returns its handle. */
  make(make: (glue: Glue) => number): number {
    return this.#call((glue) => {
      const handle = make(glue);
      if (handle < 0) throw errorFromCore(glue.take_value() as CoreError);
      return handle;
    });
  }

  /** A value of the core that no task makes. */
  read<T>(read: (glue: Glue) => T): T {
    return this.#call(read);
  }

  /** Lets an object of the core go. */
  release(handle: number): void {
    if (this.alive) this.#call((glue) => glue.release(handle));
  }

  /** Tells the core something that has no answer. */
  tell(act: (glue: Glue) => void): void {
    this.#call(act);
  }

  /** Lets work go on for which nobody waits, once the call that made it is over. */
  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      this.#go();
    });
  }

  #wait<T>(
    id: number,
    task: Pick<Waiting, 'uses' | 'read' | 'held'>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const waiting = new Promise<T>((resolve, reject) => {
      const abort = (): void => this.#cancel(id, signal?.reason);
      const unlisten = signal && onAbort(signal, abort);
      this.#held += task.held;
      this.#waiting.set(id, {
        ...task,
        resolve: resolve as Waiting['resolve'],
        reject,
        unlisten,
      });
      // What the caller's objects did while they were read.
      if (signal?.aborted) abort();
    });
    this.#go();
    return waiting;
  }

  /** Takes the task out of those that wait, if it is still there. */
  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (!waiting) return undefined;
    this.#waiting.delete(id);
    this.#held -= waiting.held;
    waiting.unlisten?.();
    return waiting;
  }

  #cancel(id: number, reason: unknown): void {
    this.#settle(id)?.reject(reason);
    this.#go((glue) => glue.cancel(id));
  }

  /** Lets the core go on after `act`. What ends it is told by the tasks that wait, and by nothing else. */
  #go(act?: (glue: Glue) => void): void {
    if (!this.alive) return;
    try {
      if (act) this.#call(act);
      this.#pump();
    } catch (error) {
      // What an object of the caller's throws while the core reads it leaves the core in the middle of its work, too.
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- a trap has stopped it in `#call`
      if (this.alive) this.#stop(internal(`the core stopped: ${(error as Error).name}`));
    }
  }

  /** What a task that ended with `status` answers; throws what it failed with. */
  #result(status: number, read: (output: Uint8Array) => unknown): unknown {
    const { glue } = this.#live();
    if (status !== PACKED) {
      const value = this.#call(() => glue.take_value());
      if (status === VALUE) return value;
      throw errorFromCore(value as CoreError);
    }
    return this.#call(() => {
      const at = glue.output_ptr();
      try {
        return read(this.memory.subarray(at, at + glue.output_len()));
      } finally {
        glue.wipe_output();
      }
    });
  }

  /** Settles the tasks that have ended, and sends out what the others ask for. */
  #pump(): void {
    const { glue } = this.#live();
    for (;;) {
      const id = this.#call(() => glue.next_finished());
      if (id < 0) break;
      const status = this.#call(() => glue.finished_status());
      const waiting = this.#settle(id);
      if (!waiting) continue;
      try {
        waiting.resolve(this.#result(status, waiting.read));
      } catch (error) {
        waiting.reject(error);
      }
    }
    for (const id of this.#call(() => glue.take_withdrawn())) this.#serving.get(id)?.abort();
    const requests = this.#call(() => glue.take_requests()) as HostRequest[];
    // All of them first: what serves one may call here and withdraw the others.
    for (const { id } of requests) this.#serving.set(id, new AbortController());
    for (const request of requests) {
      this.#perform(request, this.#serving.get(request.id)!.signal).then(
        (value) => this.#answer(request.id, true, value),
        (reason: unknown) => this.#answer(request.id, false, reason),
      );
    }
    this.rest();
  }

  async #perform(request: HostRequest, signal: AbortSignal): Promise<unknown> {
    const { kind, host, details } = request;
    // Withdrawn between the core's call and here: what would have served it would have wiped this.
    if (signal.aborted) wipe(details);
    signal.throwIfAborted();
    if (kind === 'turn') return turn();
    if (kind === 'sleep') return sleep(details as number, signal);
    if (kind === 'idle') return idle(details as number, signal);
    const served = host(kind, details, signal);
    if (served !== undefined) return served;
    // It went although an operation uses it: nothing can be relied on any more.
    const gone = internal(`no host serves '${kind}'`);
    this.#stop(gone);
    throw gone;
  }

  #answer(id: number, fulfilled: boolean, value: unknown): void {
    this.#serving.delete(id);
    if (!this.alive) return wipe(value);
    this.#go((glue) => glue.answer(id, fulfilled, value));
  }

  #live(): { readonly glue: Glue; readonly memory: WebAssembly.Memory } {
    if (this.#instance) return this.#instance;
    throw internal('the core stopped');
  }

  /** Calls into the core. A trap ends this instance: its memory can no longer be trusted. */
  #call<T>(call: (glue: Glue) => T): T {
    const { glue } = this.#live();
    try {
      return call(glue);
    } catch (error) {
      if (!endsInstance(error)) throw this.complete ? error : orMissing(error);
      const trap = internal(`the core stopped: ${error.message}`);
      this.#stop(trap);
      throw trap;
    }
  }

  /**
   * Ends an instance that was replaced, and one that needed much memory once, when nothing is left to do in it but waits
   * of its caches.
   */
  rest(): void {
    if (!this.#instance) return;
    if (this === state().current) {
      if (this.#instance.memory.buffer.byteLength <= GROWN || !canReplace()) return;
    }
    queueMicrotask(() => {
      if (!this.#instance || this.#waiting.size > 0 || this.sessions > 0) return;
      this.#stop(internal('the core was replaced'));
    });
  }

  /** Ends this instance: what waits is told, what the host does is called off, and its memory is wiped and let go. */
  #stop(reason: Error): void {
    if (state().current === this) state().current = undefined;
    const { memory } = this.#live();
    this.#instance = undefined;
    this.#view = new Uint8Array();
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(reason);
    for (const abort of this.#serving.values()) abort.abort();
    new Uint8Array(memory.buffer).fill(0);
  }
}

/** The error for operations that hold more bytes of input than they may. */
export function tooMany(bytes: number, max: number): FieldsealError {
  return limit(`${bytes} bytes in operations at once are more than maxPendingBytes, ${max}`);
}

/**
 * Gives the error of a task that waited the stack of who waits for it, where V8 can tell: it was made when a response came,
 * and the frames of that say nothing.
 */
export async function withFrames<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // The reason of a signal is the caller's own.
    const own = error instanceof FieldsealError && error !== signal?.reason;
    if (own) (Error as { captureStackTrace?(error: Error): void }).captureStackTrace?.(error);
    throw error;
  }
}

/** Wipes what the host gave and nobody takes: it may be a plaintext data key. */
export function wipe(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const member of [value, ...(Object.values(value) as unknown[])]) {
    if (isBinary(member)) windowOf(member)?.fill(0);
  }
}

/**
 * Whether the core was left in the middle of its work: by a trap, or because the host's stack ran out (a
 * RangeError; in Firefox an InternalError of its own).
 */
function endsInstance(error: unknown): error is Error {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return true;
  return error instanceof Error && error.name === 'InternalError' && !('code' in error);
}

/** A function that the glue of the items core does not have: its caller came from another entry point. */
function orMissing(error: unknown): unknown {
  if (!(error instanceof TypeError && / is not a function/.test(error.message))) return error;
  return unsupported(
    'this by the core of fieldseal/items',
    "Import 'fieldseal' where you use it; with 'fieldseal/slim', call its `init(…)` first.",
  );
}

const released = finalizer<{ owner: Core; handle: number }>(({ owner, handle }) =>
  owner.release(handle),
);

/** An object of the core, made anew when its instance was replaced. */
export class CoreObject {
  readonly #make: (core: Core) => number;
  #owner: Core | undefined;
  #handle = -1;

  /** Makes the object at once, so that a wrong configuration is refused where it is written. */
  constructor(make: (core: Core) => number) {
    this.#make = make;
    this.handle(core());
  }

  /** Its handle in `owner`. */
  handle(owner: Core): number {
    if (this.#owner !== owner) {
      const handle = this.#make(owner);
      // One that was replaced is not held any more.
      this.#owner?.release(this.#handle);
      this.#handle = handle;
      this.#owner = owner;
      released.unregister(this);
      released.register(this, { owner, handle: this.#handle }, this);
    }
    return this.#handle;
  }
}
markClass('CoreObject', CoreObject);
