/**
 * One instance of the WebAssembly core: calls in, requests of the core to its host out.
 *
 * What needs no host ends within the call that started it. For everything else the core asks (HTTP, time,
 * credentials, private keys), this file performs the requests and answers, until the task has ended.
 */

import { errorFromCore, internal, unsupported, type CoreError } from './errors.js';
import type { Glue } from './glue.js';
import { hostCrypto } from './host-crypto.js';
import { coreBuild, coreModule } from './module.js';

// Status codes of `src/wasm/task.rs`.
const PACKED = 0;
const VALUE = 1;
const PENDING = 3;

/** Serves the requests of one core object: a method for each kind of request. */
export type Host = {
  readonly [kind: string]: ((details: never) => Promise<unknown>) | ((event: never) => void);
};

interface HostRequest {
  readonly id: number;
  readonly kind: string;
  readonly host: Record<string, (details: unknown) => Promise<unknown>>;
  readonly details: unknown;
}

interface Waiting {
  readonly read: (output: Uint8Array) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

let current: Core | undefined;

/** The instance in use; made when it is first needed, again after a trap, and when a core that can do more came. */
export function core(): Core {
  if (current?.complete !== coreBuild().complete) current = new Core();
  return current as Core;
}

export class Core {
  /** Whether it can do everything, or only what `fieldseal/items` offers. */
  readonly complete: boolean;
  readonly #glue: Glue;
  readonly #memory: WebAssembly.Memory;
  readonly #waiting = new Map<number, Waiting>();
  #view: Uint8Array<ArrayBuffer> = new Uint8Array();
  #woken = false;
  #trapped = false;

  constructor() {
    const { complete, makeGlue } = coreBuild();
    this.complete = complete;
    const glue = makeGlue();
    const instance = new WebAssembly.Instance(coreModule(), { './fieldseal_bg.js': glue });
    glue.__wbg_set_wasm(instance.exports);
    const start = instance.exports['__wbindgen_start'];
    if (typeof start === 'function') start();
    this.#glue = glue;
    this.#memory = instance.exports['memory'] as WebAssembly.Memory;
    const host = hostCrypto(() => this.memory);
    if (host) glue.set_host_crypto(host.call, host, host.minFrame, host.minBatch);
  }

  /**
   * Whether this instance works; when one has trapped, everything in it is lost. One that was replaced by a core that
   * can do more ends what it has begun.
   */
  get alive(): boolean {
    return !this.#trapped;
  }

  /** Linear memory, as it is now. */
  get memory(): Uint8Array<ArrayBuffer> {
    // Growing detaches the old buffer.
    if (this.#view.buffer !== this.#memory.buffer) this.#view = new Uint8Array(this.#memory.buffer);
    return this.#view;
  }

  /** Room for `length` bytes of input; answers where in {@link memory} they go. */
  reserveInput(length: number): number {
    return this.#call((glue) => glue.reserve_input(length));
  }

  /**
   * Has `write` put up to `length` bytes of input into memory, from the address that it is given; returns how many it
   * says it has written. When it throws, what it wrote is wiped.
   */
  fillInput(length: number, write: (memory: Uint8Array, at: number) => number): number {
    const at = this.reserveInput(length);
    try {
      return write(this.memory, at);
    } catch (error) {
      this.tell((glue) => glue.discard_input());
      throw error;
    }
  }

  /** Starts a task whose result is in the output buffer; `read` must copy what it needs. */
  run<T>(start: (glue: Glue) => number, read: (output: Uint8Array) => T): T | Promise<T> {
    const status = this.#call(start);
    return status < PENDING ? (this.#result(status, read) as T) : this.#wait<T>(status, read);
  }

  /** Makes an object of the core; answers its handle. */
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
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      if (!this.alive) return;
      try {
        this.#pump();
      } catch {
        // A trap: every task that waits has been told.
      }
    });
  }

  #wait<T>(status: number, read: (output: Uint8Array) => unknown): Promise<T> {
    const waiting = new Promise<T>((resolve, reject) => {
      this.#waiting.set(status - PENDING, { read, resolve: resolve as Waiting['resolve'], reject });
    });
    this.#pump();
    return waiting;
  }

  /** What a task that ended with `status` answers; throws what it failed with. */
  #result(status: number, read: (output: Uint8Array) => unknown): unknown {
    const glue = this.#glue;
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

  /** Settles the tasks that have ended and sends out what the others ask for. */
  #pump(): void {
    const glue = this.#glue;
    for (;;) {
      const id = this.#call(() => glue.next_finished());
      if (id < 0) break;
      const status = this.#call(() => glue.finished_status());
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (!waiting) continue;
      try {
        waiting.resolve(this.#result(status, waiting.read));
      } catch (error) {
        waiting.reject(error);
      }
    }
    for (const request of this.#call(() => glue.take_requests()) as HostRequest[]) {
      this.#perform(request).then(
        (value) => this.#answer(request.id, true, value),
        (reason: unknown) => this.#answer(request.id, false, reason),
      );
    }
  }

  async #perform({ kind, host, details }: HostRequest): Promise<unknown> {
    if (kind === 'sleep') {
      return new Promise((wake) => setTimeout(wake, Math.min(details as number, MAX_WAIT_MS)));
    }
    if (kind === 'idle') return idle(details as number);
    const serve = host[kind];
    if (!serve) throw internal(`no host serves '${kind}'`);
    return serve.call(host, details);
  }

  #answer(id: number, fulfilled: boolean, value: unknown): void {
    if (!this.alive) return;
    try {
      this.#call((glue) => glue.answer(id, fulfilled, value));
      this.#pump();
    } catch {
      // A trap: every task that waits has been told.
    }
  }

  /** Calls into the core. A trap ends this instance: its memory can no longer be trusted. */
  #call<T>(call: (glue: Glue) => T): T {
    try {
      return call(this.#glue);
    } catch (error) {
      if (!endsInstance(error)) throw this.complete ? error : orMissing(error);
      this.#trapped = true;
      if (current === this) current = undefined;
      const trap = internal(`the core stopped: ${error.message}`);
      for (const { reject } of this.#waiting.values()) reject(trap);
      this.#waiting.clear();
      throw trap;
    }
  }
}

/** Longer waits would end at once: hosts count them in 31 bits. */
const MAX_WAIT_MS = 0x7fff_ffff;

/** A wait that does not keep the process alive. */
function idle(ms: number): Promise<void> {
  return new Promise((wake) => {
    const timer: unknown = setTimeout(wake, Math.min(ms, MAX_WAIT_MS));
    // Browsers and Deno have numbers for timers, the others objects.
    if (typeof timer === 'object') (timer as { unref?(): void } | null)?.unref?.();
    else (globalThis as { Deno?: Deno }).Deno?.unrefTimer?.(timer as number);
  });
}

interface Deno {
  unrefTimer?(timer: number): void;
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

const released = new FinalizationRegistry<{ owner: Core; handle: number }>(({ owner, handle }) =>
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
      this.#handle = this.#make(owner);
      this.#owner = owner;
      released.register(this, { owner, handle: this.#handle });
    }
    return this.#handle;
  }
}
