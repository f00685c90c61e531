/** A thread, as the one that gives it work sees it. */

import type { MessagePort, Worker } from 'node:worker_threads';

import { FieldsealError, HostError, unsupported } from '../errors.js';
import type { PackedOutput } from '../items/batch.js';
import { describe } from '../host/http.js';
import { isObject, ownCopy } from '../util/plain-object.js';
import type { Failed, Order, Report, Start, Started, Withdrawal } from './messages.js';

/** Work that a thread has, or waits for. */
export interface Job {
  readonly order: Order;
  /** Reads what the thread made, before it is wiped. */
  take(made: PackedOutput): void;
  /** The core did not do it. */
  fail(error: FieldsealError): void;
  /** The thread ended, or there is none. */
  lose(error: FieldsealError): void;
}

/** Orders that a thread has at once: one that it works on, and one so that it need not wait for the next. */
export const AT_ONCE = 2;

/** What is used of `node:worker_threads`. */
export type NodeThreads = typeof import('node:worker_threads');

/** What threads are made with. */
export interface Making extends Pick<
  NodeThreads,
  'MessageChannel' | 'receiveMessageOnPort' | 'Worker'
> {
  /** Their program. */
  readonly url: URL;
  /** What all of them are started with. */
  readonly start: Omit<Start, 'port'>;
}

export class Thread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #receive: NodeThreads['receiveMessageOnPort'];
  readonly #jobs = new Map<number, Job>();
  readonly #changed: (ended: boolean) => void;
  /** Settles when it can work, or cannot. */
  readonly ready: Promise<void>;
  #isReady = false;
  #isEnding = false;
  #failure: FieldsealError | undefined;

  /** @param changed - is told when it has done something, and whether it has ended */
  constructor(making: Making, changed: (ended: boolean) => void) {
    const { MessageChannel, receiveMessageOnPort, Worker, url, start } = making;
    this.#receive = receiveMessageOnPort;
    this.#changed = changed;
    const { port1, port2 } = new MessageChannel();
    const workerData = { ...start, port: port2 } satisfies Start;
    const options = ownCopy({ workerData, transferList: [port2], execArgv: [] });
    const worker = new Worker(url, options);
    this.#worker = worker;
    this.#port = port1;
    port1.on('message', (report: Report) => this.#hear(report));
    this.ready = new Promise((resolve, reject) => {
      worker.on('message', (said: unknown) => {
        if (!isStarted(said)) return;
        // Then it ends by itself.
        if (hasFailed(said)) return void (this.#failure = FieldsealError.fromJSON(said.failed));
        this.#isReady = true;
        this.#hold();
        resolve();
      });
      worker.on('error', (error) => (this.#failure ??= failureOf(error)));
      worker.on('exit', (code) => {
        this.#end(code);
        reject(this.#failure!);
      });
    });
    // Whoever waits for it is told; of one that takes the place of another, the jobs are.
    this.ready.catch(() => undefined);
  }

  /** How many more orders it takes. */
  get room(): number {
    return AT_ONCE - this.#jobs.size;
  }

  /** Gives it an order, whose input goes with it. */
  give(job: Job): void {
    this.#jobs.set(job.order.id, job);
    this.#port.postMessage(job.order, [job.order.input.buffer]);
    this.#hold();
  }

  /** Ends an order, whatever it has become; returns whether it was here. */
  withdraw(id: number): boolean {
    if (!this.#jobs.has(id)) return false;
    this.#port.postMessage({ withdrawn: id } satisfies Withdrawal);
    return true;
  }

  /** Takes what it has done by now, while the calling thread goes on and hears nothing. */
  look(): void {
    for (;;) {
      const received = this.#receive(this.#port);
      if (!received) return;
      this.#hear(received.message as Report);
    }
  }

  /** Ends the thread, and what it does. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }

  #hear(report: Report): void {
    const job = this.#jobs.get(report.id);
    this.#jobs.delete(report.id);
    this.#hold();
    try {
      if (hasFailed(report)) job?.fail(FieldsealError.fromJSON(report.failed));
      else job?.take(report);
    } finally {
      if (!hasFailed(report)) report.output.fill(0);
      this.#changed(false);
    }
  }

  /** It keeps the process alive while it has something to do, or somebody waits for its end. */
  #hold(): void {
    const isIdle = this.#isReady && !this.#isEnding && this.#jobs.size === 0;
    const how = isIdle ? 'unref' : 'ref';
    this.#worker[how]();
    this.#port[how]();
  }

  #end(code: number): void {
    this.look();
    this.#port.close();
    this.#failure ??= died(`a worker thread ended, with exit code ${code}`);
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of jobs) job.lose(this.#failure);
    this.#changed(true);
  }
}

/** Modules that NODE_OPTIONS names run in the thread, too, and may say anything in its name. */
const isStarted = (said: unknown): said is Started =>
  isObject(said) && (Object.hasOwn(said, 'ready') || hasFailed(said));

/** Of its own, since every object may inherit a `failed`. */
const hasFailed = (said: object): said is Failed => Object.hasOwn(said, 'failed');

function died(message: string, cause?: unknown): HostError {
  const next = 'Try again: another thread takes its place.';
  return new HostError({ code: 'HOST_FAILED', message, next, cause });
}

/** Why there is no thread, or not any more. */
export function failureOf(error: unknown): FieldsealError {
  if (error instanceof FieldsealError) return error;
  const { code } = Object(error) as { code?: unknown };
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    return withoutProgram(error);
  }
  return died(`a worker thread failed: ${describe(error)}`, error);
}

/** The program of the threads cannot be found: most often because a bundler put this module elsewhere. */
export function withoutProgram(cause: unknown): FieldsealError {
  return unsupported(
    'worker threads where the file of their program is not beside this one',
    "Leave 'fieldseal/workers' out of the bundle: name it among the bundler's external modules.",
    { cause },
  );
}
