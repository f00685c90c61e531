/** Forms that seal themselves. */

import { usage, UnsupportedError, wrong, type FieldsealError } from '../errors.js';
import { limitOption } from '../core/limits.js';
import { oneOf, type Keyring } from '../keyrings/keyring.js';
import { once } from '../util/once.js';
import { COPY, KEEP, mustBeOneOf, readOptions, type OptionNames } from '../util/options.js';
import { isArray, isPlainObject } from '../util/plain-object.js';
import { onAbort, signalOf, untilAborted } from '../util/signal.js';
import { mustBeStrings, stringArray } from '../util/strings.js';
import { turn } from '../util/waiting.js';
import { submit } from './carrier.js';
import { attribute, controls, dispatch, isForm, method, sentBy, setAttribute } from './dom.js';
import { shown } from './errors.js';
import { Guard, MARK, type Submission } from './guard.js';
import { Notice } from './notice.js';
import { isNoFile } from './files.js';
import { resultOf, sealContent, type Content, type Sealed, type Sealing } from './sealer.js';
import { actionsOf, encryptorOf, readTable } from './table.js';
import type {
  FormKeys,
  FormProgressDetail,
  FormSealing,
  FormStyle,
  FormTable,
  SealedForm,
  SealOptions,
} from './types.js';

/**
 * Options of {@link sealForm}.
 *
 * @example
 * ```ts
 * import { rawAesKeyring } from 'fieldseal/items'
 * import { sealForm, type SealFormOptions } from 'fieldseal/forms'
 *
 * document.body.innerHTML = `<form>
 *   <input name="customer_id" value="c-1" /><input name="ssn" value="078-05-1120" /></form>`
 * const fetchKey = async () => crypto.getRandomValues(new Uint8Array(32)) // yours is a public key
 * const options: SealFormOptions = {
 *   // Called when a form is first sealed, and again if that failed: the form is guarded at once.
 *   keyring: async () =>
 *     rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey: await fetchKey() }),
 *   table: { logicalTableName: 'customers', partitionKeyName: 'customer_id' },
 *   seal: ['ssn'],
 *   maxFileBytes: 1 << 20,
 *   message: ({ retryable }) => (retryable ? 'Please try again later.' : 'Please call us.'),
 * }
 * const { item } = await sealForm(document.querySelector('form')!, options).seal()
 * console.log(item?.customer_id) // → { S: 'c-1' }
 * ```
 */
export interface SealFormOptions extends Omit<FormKeys, 'keyring'> {
  /**
   * Give a keyring or a CMM, not both. A function is called when something is first sealed, and again if it failed: for a
   * key that is fetched, while the form is guarded already.
   */
  readonly keyring?: Keyring | (() => Keyring | Promise<Keyring>) | undefined;
  /** The table of the record; of `tokens` there is none. */
  readonly table?: FormTable | undefined;
  /** Names of fields to be sealed, beside those that have the attribute `data-seal`. */
  readonly seal?: readonly string[] | undefined;
  /** One sealed record in one field, `item`, the default; or `tokens`, a string for each value in its own field. */
  readonly as?: FormStyle | undefined;
  /** The name of the field that has the sealed record; default `fieldseal`. */
  readonly field?: string | undefined;
  /** The most bytes that a file to be sealed may have: at least 1, or `Infinity`; default 100 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** What people read when the form was not sent; by default English, and what the error says. */
  readonly message?: ((error: FieldsealError) => string) | undefined;
}

const NAMES: OptionNames<SealFormOptions> = {
  keyring: COPY,
  cmm: COPY,
  table: COPY,
  seal: COPY,
  as: COPY,
  field: COPY,
  maxFileBytes: COPY,
  message: COPY,
};

const MAX_FILE = 100 << 20;

/** What seals each form; an attempt that failed keeps its form, too. */
const attached = new WeakMap<HTMLFormElement, Attached>();

/**
 * Has a form seal itself: when it is submitted, the fields marked `data-seal`, or named in `seal`, are encrypted, and what is sent is
 * what the form would have sent otherwise, but for their plaintext. It carries the sealed record in one field, `fieldseal`, or with
 * `as: 'tokens'` one token in the place of each value; files are sealed as streams, and sent as they would have been.
 *
 * From this call on no sealed field leaves the page in plaintext, even where it throws: submissions are prevented before anything
 * else, and sealed fields are taken out of every `FormData` of the form. If sealing fails, nothing is sent and the form keeps its
 * values; an event `fieldseal-error` ({@link FormErrorDetail}) and a message at the end of the form say why, unless the event's
 * default is prevented. `fieldseal-progress` ({@link FormProgressDetail}) tells how far a file is. Listeners of the page for `submit`
 * run once, and as always: one that prevents the default has the form not sent.
 *
 * @throws UsageError `INVALID_ARGUMENT` for what is not a form, one that is sealed already, marks that would have no effect, and
 * fields that are not there; `INVALID_CONFIG` without a field to seal, and as {@link ItemEncryptor}
 *
 * @example
 * ```ts
 * import { rawAesKeyring } from 'fieldseal/items'
 * import { openForm, sealForm } from 'fieldseal/forms'
 *
 * document.body.innerHTML = `<form method="post" action="/customers">
 *   <input name="email" value="ada@example.org" />
 *   <input name="ssn" value="078-05-1120" data-seal />
 * </form>`
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32)) // yours is a public key: recipient('rsa:', { key })
 * const keyring = () => rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const table = { logicalTableName: 'customers', partitionKeyName: 'customer_id' }
 * // A function: should the core not load here, the form is guarded all the same.
 * const sealing = sealForm(document.querySelector('form')!, { keyring, table })
 *
 * // Submitting it sends this; here it is done by hand.
 * const { formData } = await sealing.seal()
 * console.log([...formData.keys()]) // → [ 'fieldseal', 'email' ]
 *
 * const { document: customer } = await openForm(formData, {
 *   keyring: keyring(),
 *   table,
 *   seal: ['ssn'],
 *   plain: ['email'],
 * })
 * console.log(customer.ssn) // → 078-05-1120
 * sealing.stop()
 * ```
 */
export function sealForm(form: HTMLFormElement, options: SealFormOptions): FormSealing {
  if (!isForm(form)) throw wrong('form', 'a <form>', form, 'Give what querySelector finds.');
  const before = attached.get(form);
  if (before?.failed === false) {
    const next = 'Call its stop() first.';
    throw usage('INVALID_ARGUMENT', 'the form is sealed already', next);
  }
  before?.stop();
  const sealing = new Attached(form);
  attached.set(form, sealing);
  sealing.configure(options);
  return {
    seal: (given) => sealing.seal(given),
    send: (url, init) => sealing.send(url, init),
    stop: () => sealing.stop(),
  };
}

/** Everything but the keyring, which may have to be fetched. */
type Settings = Omit<Sealing, 'keyring' | 'cmm' | 'signal' | 'onProgress'>;

class Attached implements Submission {
  readonly #form: HTMLFormElement;
  readonly #guard: Guard;
  #notice: Notice;
  #settings: Settings | undefined;
  #keys: () => Promise<FormKeys> = () => Promise.resolve({});
  /** Why it was not configured. */
  #failure: unknown;
  /** Whether the page's own listeners are being called. */
  #asking = false;
  /** The sealing that is in progress: one at a time. */
  #current: AbortController | undefined;
  /** Changes whenever the page is left. */
  #visit = {};
  readonly #leave = (): void => {
    this.#visit = {};
    this.#current?.abort();
  };

  constructor(form: HTMLFormElement) {
    this.#form = form;
    this.#guard = new Guard(form, this);
    this.#notice = new Notice(form, byDefault);
    // Whoever comes back finds the form as it was; nothing is sent behind their back.
    window.addEventListener('pagehide', this.#leave);
  }

  get failed(): boolean {
    return this.#settings === undefined;
  }

  stop(): void {
    this.#guard.stop();
    this.#leave();
    this.#notice.clear();
    window.removeEventListener('pagehide', this.#leave);
    if (attached.get(this.#form) === this) attached.delete(this.#form);
  }

  /** Reads the options. The form is guarded whatever they are: by marks and by what names can be read. */
  configure(options: SealFormOptions): void {
    try {
      this.#settings = this.#read(options);
    } catch (error) {
      this.#failure = error;
      const seal: unknown = isPlainObject(options) ? options.seal : [];
      if (isArray(seal)) this.#guard.name(seal.filter((name) => typeof name === 'string'));
      throw error;
    }
  }

  #read(options: SealFormOptions): Settings {
    const given = readOptions(options, NAMES);
    const { keyring, cmm, as = 'item', field = 'fieldseal', message = byDefault } = given;
    const { seal = [], maxFileBytes } = given;
    const table = given.table === undefined ? undefined : readTable(given.table);
    const named = stringArray('seal', seal);
    this.#guard.name(named);
    mustBeOneOf('as', as, ['item', 'tokens']);
    mustBeStrings({ field });
    if (typeof message !== 'function') throw wrong('message', 'a function', message);
    this.#notice = new Notice(this.#form, message);
    const max = limitOption('maxFileBytes', maxFileBytes, MAX_FILE, Number.MAX_SAFE_INTEGER);
    const sealed = this.#guard.names([]);
    this.#mustHave(sealed, named);
    if ((as === 'item') !== (table !== undefined)) {
      const problem = as === 'item' ? 'an item needs a table' : 'tokens have no table';
      throw usage('INVALID_CONFIG', problem, 'Give it with as: item, and only there.');
    }
    if (table) actionsOf(table, sealed);
    if (typeof keyring === 'function') {
      const fetch = once(async () => Promise.resolve(keyring()));
      this.#keys = async () => ({ keyring: await fetch(), cmm });
    } else {
      this.#keys = () => Promise.resolve({ keyring, cmm });
      check(() => table && encryptorOf({ keyring, cmm }, table, sealed));
      oneOf({ keyring, cmm });
    }
    return { as, table, field, maxFileBytes: max };
  }

  #mustHave(sealed: ReadonlySet<string>, named: readonly string[]): void {
    if (sealed.size === 0) {
      const next = `Mark fields with ${MARK}, or name them in seal.`;
      throw usage('INVALID_CONFIG', 'no field of the form is to be sealed', next);
    }
    const there = new Set(this.#guard.collect(null).map(([name]) => name));
    for (const element of controls(this.#form)) there.add(attribute(element, 'name') ?? '');
    const missing = named.find((name) => !there.has(name));
    if (missing === undefined) return;
    const problem = `the form has no field '${missing}'`;
    throw usage('INVALID_ARGUMENT', problem, 'Correct the name in seal.', missing);
  }

  async seal(options: SealOptions = {}): Promise<SealedForm> {
    const { submitter = null, signal } = readOptions(options, { submitter: KEEP, signal: KEEP });
    return this.#byHand(submitter, signal, (sealed) => sealed);
  }

  async send(url: string | URL, init: RequestInit = {}): Promise<Response> {
    return this.#byHand(null, init.signal ?? undefined, ({ json }) => {
      if (json === undefined) {
        const next = 'Take formData of seal(), for a multipart request.';
        throw usage('INVALID_ARGUMENT', 'files do not go into JSON', next);
      }
      const headers = new Headers(init.headers);
      headers.set('content-type', 'application/json');
      return fetch(url, { method: 'POST', ...init, headers, body: json });
    });
  }

  get busy(): boolean {
    return this.#asking || this.#current !== undefined;
  }

  /** Sends what the browser would have sent, sealed. What fails is told by the message and the event, and by nothing else. */
  begin(submitter: HTMLElement | null, end: () => boolean): void {
    this.#asking = true;
    const visit = this.#visit;
    this.#told(async () => {
      // Not sooner: between two listeners of the page there may be time for whatever waits for less.
      await turn();
      this.#asking = false;
      if (!end() || visit !== this.#visit) return;
      await this.#alone(undefined, async (signal) => {
        const sealed = await this.#seal(submitter, signal, true);
        submit(this.#form, submitter, sealed.entries);
      });
    }).catch(() => undefined);
  }

  async #byHand<T>(
    submitter: HTMLElement | null,
    given: AbortSignal | undefined,
    use: (sealed: SealedForm) => T | Promise<T>,
  ): Promise<T> {
    return this.#alone(given, (signal) =>
      this.#told(async () => {
        const sealed = await this.#seal(submitter, signal, false);
        return use(resultOf(sealed, this.#settings!.field));
      }),
    );
  }

  /** Tells the page, and whoever fills in the form, why something failed. */
  async #told<T>(work: () => Promise<T>): Promise<T> {
    this.#notice.clear();
    try {
      return await work();
    } catch (error) {
      const left = error instanceof DOMException && error.name === 'AbortError';
      if (!left) this.#notice.show(shown(error));
      throw error;
    }
  }

  /** One at a time; ends when the page is left, or when the caller's signal aborts. */
  async #alone<T>(
    given: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const signal = signalOf(given);
    if (this.#current) {
      throw usage('INVALID_ARGUMENT', 'the form is being sealed already', 'Wait until it is.');
    }
    const current = new AbortController();
    const unlisten = signal && onAbort(signal, () => current.abort(signal.reason));
    this.#current = current;
    setAttribute(this.#form, 'aria-busy', 'true');
    try {
      return await untilAborted(work(current.signal), current.signal);
    } finally {
      unlisten?.();
      this.#current = undefined;
      setAttribute(this.#form, 'aria-busy', null);
    }
  }

  /** Seals what is in the form, all of which is read before anything waits. */
  async #seal(
    submitter: HTMLElement | null,
    signal: AbortSignal,
    natively: boolean,
  ): Promise<Sealed> {
    if (!this.#settings) throw this.#failure;
    const entries = this.#guard.collect(submitter);
    const sealed = this.#guard.names(entries);
    const content = { entries, sealed, lists: lists(this.#form, sealed) };
    if (natively && !sendsFiles(this.#form, submitter)) mustBeStringsOnly(content);
    const keys = await this.#keys();
    oneOf(keys);
    signal.throwIfAborted();
    const done = await sealContent(content, {
      ...this.#settings,
      ...keys,
      signal,
      onProgress: (detail) => this.#progress(detail),
    });
    signal.throwIfAborted();
    return done;
  }

  #progress(detail: FormProgressDetail): void {
    dispatch(this.#form, new CustomEvent('fieldseal-progress', { detail, bubbles: true }));
  }
}

const byDefault = ({ message }: FieldsealError): string => `This form was not sent: ${message}`;

/** Does it, but for what this page may not be able to do until it is submitted. */
function check(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
  }
}

const sendsFiles = (form: HTMLFormElement, submitter: HTMLElement | null): boolean =>
  method(form, submitter) === 'post' &&
  sentBy(form, submitter, 'enctype')?.toLowerCase() === 'multipart/form-data';

/** Refuses files where browsers send their names only. */
function mustBeStringsOnly({ entries, sealed }: Content): void {
  for (const [name, value] of entries) {
    if (!sealed.has(name) || typeof value === 'string' || isNoFile(value)) continue;
    const next = 'Give the form method="post" and enctype="multipart/form-data".';
    throw usage('INVALID_ARGUMENT', 'the form sends names of files only', next, name);
  }
}

/** Of the sealed fields, those that may have several values: a select or file input of many, or several that share a name. */
function lists(form: HTMLFormElement, sealed: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const once = new Set<string>();
  for (const element of controls(form)) {
    const name = attribute(element, 'name') ?? '';
    // Not the attribute, which may be in capitals.
    const { type } = element as HTMLInputElement;
    if (!sealed.has(name) || type === 'radio') continue;
    const several = attribute(element, 'multiple') !== null && type !== 'email';
    if (several || once.has(name)) found.add(name);
    once.add(name);
  }
  return found;
}
