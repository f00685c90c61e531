/** Keeps plaintext in the page, whatever the page's own code does. */

import { usage } from '../errors.js';
import { attribute, controls, listen, marked, method, outermost } from './dom.js';
import { watch } from './watch.js';

/** The attribute of fields to be sealed. */
export const MARK = 'data-seal';

/** A field as it is sent. */
export type Entry<Value = FormDataEntryValue> = readonly [name: string, value: Value];

/** What a form may have to send with its fields: not what a `<fieldset>` or an `<output>` is. */
const isField = (element: Element): boolean =>
  /^(input|select|textarea|button|.*-.*)$/.test(element.localName);

/** What follows a submission that was prevented. */
export interface Submission {
  /** Whether another one is in progress: one at a time. */
  readonly busy: boolean;
  /** @param end - as {@link watch} returns it */
  begin(submitter: HTMLElement | null, end: () => boolean): void;
}

/**
 * Two things keep plaintext in. What the browser wants to submit is prevented before any other listener runs. And sealed fields are taken out of every `FormData` of the form,
 * whoever has it made: `form.submit()`, code of the page, a submission that something kept from here.
 */
export class Guard {
  readonly #form: HTMLFormElement;
  readonly #submit: Submission;
  /** Named in an option. */
  #named: readonly string[] = [];
  /** All that were ever named or marked: without their marks, their fields may still be sent. */
  readonly #seen = new Set<string>();
  /** Submissions that came by already: they pass several places. */
  readonly #events = new WeakSet<Event>();
  readonly #stop = new AbortController();
  #collecting = false;

  constructor(form: HTMLFormElement, submit: Submission) {
    this.#form = form;
    this.#submit = submit;
    const { signal } = this.#stop;
    for (const target of outermost(form)) {
      listen<SubmitEvent>(target, 'submit', (event) => this.#onSubmit(event), signal);
      listen<FormDataEvent>(target, 'formdata', (event) => this.#onFormData(event), signal);
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Names fields to be sealed, beside those that are marked. */
  name(names: readonly string[]): void {
    this.#named = names;
    this.#look();
  }

  /**
   * The names of all fields to be sealed, as the page is now: of entries those, too, that were to be sealed before.
   *
   * @throws UsageError `INVALID_ARGUMENT` for a mark that would have no effect
   */
  names(entries: readonly Entry[]): ReadonlySet<string> {
    const fields = controls(this.#form);
    for (const element of [...marked(this.#form, MARK), ...fields]) {
      if (attribute(element, MARK) === null) continue;
      const problem = problemOf(element, fields);
      if (problem === undefined) continue;
      const next = `${MARK} belongs on a field that has a name.`;
      throw usage(
        'INVALID_ARGUMENT',
        `${MARK} stands on a <${element.localName}> ${problem}`,
        next,
      );
    }
    const names = new Set([...this.#named, ...this.#look()]);
    for (const [name] of entries) if (this.#seen.has(name)) names.add(name);
    return names;
  }

  /** What the browser would send, plaintext included. */
  collect(submitter: HTMLElement | null): Entry[] {
    this.#collecting = true;
    try {
      const data = formDataOf(this.#form, submitter);
      // Browsers that do not know the second argument: Chromium before 112, Firefox before 111. Of an image they miss the place.
      if (submitter && (submitter as HTMLInputElement).type !== 'image') {
        const name = attribute(submitter, 'name') ?? '';
        const value = attribute(submitter, 'value') ?? '';
        if (name !== '' && !data.getAll(name).includes(value)) data.append(name, value);
      }
      // Without the submitter: an image adds names that no field has.
      const [stray] = strays(this.#form, formDataOf(this.#form, null)).filter(
        (name) => !this.#named.includes(name),
      );
      if (stray === undefined) return [...data];
      const problem = `a field '${stray}' that may be a part of what is to be sealed`;
      throw usage('INVALID_ARGUMENT', problem, 'Name it in seal.', stray);
    } finally {
      this.#collecting = false;
    }
  }

  /** The names of the fields that are marked now; remembers them. */
  #look(): string[] {
    const fields = controls(this.#form).filter((field) => attribute(field, MARK) !== null);
    const names = fields.map((field) => attribute(field, 'name') ?? '');
    for (const name of [...this.#named, ...names]) this.#seen.add(name);
    return names;
  }

  #onFormData({ target, formData }: FormDataEvent): void {
    if (target !== this.#form || this.#collecting) return;
    this.#look();
    const names = [...this.#seen, ...strays(this.#form, formData)];
    for (const name of names) formData.delete(name);
    // Listeners of the page come after this one.
    for (const method of ['append', 'set'] as const) {
      const add = formData[method];
      formData[method] = (...entry: unknown[]) => {
        if (!names.includes(String(entry[0]))) Reflect.apply(add, formData, entry);
      };
    }
  }

  #onSubmit(event: SubmitEvent): void {
    // What a script has made submits nothing, unless it is Firefox's. Nor does a dialog's form send anything.
    if (event.target !== this.#form || !event.isTrusted || this.#events.has(event)) return;
    this.#events.add(event);
    if (method(this.#form, event.submitter) === 'dialog') return;
    event.preventDefault();
    if (this.#submit.busy) event.stopImmediatePropagation();
    else this.#submit.begin(event.submitter, watch(event));
  }
}

function problemOf(element: Element, fields: readonly Element[]): string | undefined {
  if (!isField(element)) return 'that is not a field';
  if (!fields.includes(element)) return 'that the form does not send';
  const name = attribute(element, 'name');
  return name === null || name === '' ? 'without a name' : undefined;
}

/**
 * Names that no field of the form has, where an element of the page's own is to be sealed: it may send more than under its own
 * name.
 */
function strays(form: HTMLFormElement, data: FormData): string[] {
  const fields = controls(form);
  const own = fields.some((one) => one.localName.includes('-') && attribute(one, MARK) !== null);
  if (!own) return [];
  const names = fields.flatMap((one) => [attribute(one, 'name'), attribute(one, 'dirname')]);
  return [...data.keys()].filter((name) => !names.includes(name));
}

function formDataOf(form: HTMLFormElement, submitter: HTMLElement | null): FormData {
  try {
    return new FormData(form, submitter);
  } catch {
    const next = 'Give one of its submit buttons, or none.';
    throw usage('INVALID_ARGUMENT', 'the submitter is not a button of the form', next);
  }
}
