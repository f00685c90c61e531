/** Says why a form was not sent: to the page by an event, to whoever fills it in by a message tied to the form. */

import type { FieldsealError } from '../errors.js';
import { append, attribute, controls, dispatch, setAttribute } from './dom.js';
import type { FormErrorDetail } from './types.js';

const DESCRIBED = 'aria-describedby';
const INVALID = 'aria-invalid';

let count = 0;

export class Notice {
  readonly #form: HTMLFormElement;
  readonly #textOf: (error: FieldsealError) => string;
  #element: HTMLElement | undefined;
  #described: readonly Element[] = [];

  constructor(form: HTMLFormElement, textOf: (error: FieldsealError) => string) {
    this.#form = form;
    this.#textOf = textOf;
  }

  show(error: FieldsealError): void {
    this.clear();
    const detail: FormErrorDetail = { error };
    const event = new CustomEvent('fieldseal-error', { detail, bubbles: true, cancelable: true });
    // A page that shows it itself prevents the default.
    if (!dispatch(this.#form, event)) return;
    const element = this.#place();
    element.textContent = this.#textOf(error);
    element.hidden = false;
    const field = controls(this.#form).find((one) => attribute(one, 'name') === error.attribute);
    if (field) setAttribute(field, INVALID, 'true');
    this.#described = field ? [this.#form, field] : [this.#form];
    for (const one of this.#described) describe(one, element.id, true);
  }

  clear(): void {
    const element = this.#element;
    if (!element) return;
    element.hidden = true;
    element.textContent = '';
    for (const one of this.#described) {
      describe(one, element.id, false);
      if (one !== this.#form) setAttribute(one, INVALID, null);
    }
    this.#described = [];
  }

  /** Its element, at the end of the form; again where something took it out. */
  #place(): HTMLElement {
    let element = this.#element;
    if (!element) {
      element = document.createElement('p');
      element.id = `fieldseal-error-${++count}`;
      element.setAttribute('role', 'alert');
      this.#element = element;
    }
    if (!Node.prototype.contains.call(this.#form, element)) append(this.#form, element);
    return element;
  }
}

/** Adds an id to what describes an element, or takes it out. */
function describe(element: Element, id: string, add: boolean): void {
  const ids = (attribute(element, DESCRIBED) ?? '').split(/\s+/).filter((one) => one !== '');
  const others = ids.filter((one) => one !== id);
  const next = add ? [...others, id] : others;
  setAttribute(element, DESCRIBED, next.length > 0 ? next.join(' ') : null);
}
