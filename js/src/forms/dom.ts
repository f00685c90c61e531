/**
 * What forms have, whatever their fields are called: an input named `submit`, `action` or `elements` hides the form's own
 * property of that name, so everything is asked of the prototypes.
 *
 * @module
 */

import { tagOf } from '../util/tag.js';

/** Refuses to take for a form what is not one; other realms have classes of their own. */
export const isForm = (value: unknown): value is HTMLFormElement =>
  tagOf(value) === '[object HTMLFormElement]';

export const attribute = (element: Element, name: string): string | null =>
  Element.prototype.getAttribute.call(element, name);

export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) Element.prototype.removeAttribute.call(element, name);
  else Element.prototype.setAttribute.call(element, name, value);
}

export const append = (element: Element, child: Node): void =>
  Element.prototype.append.call(element, child);

/** The form's controls, those outside of it (`form=…`) included. */
export const controls = (form: HTMLFormElement): Element[] =>
  Array.from(Reflect.get(HTMLFormElement.prototype, 'elements', form));

/** What inside of the form has the attribute. */
export const marked = (form: HTMLFormElement, name: string): Element[] =>
  Array.from(
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- one of its overloads is, for names of elements
    Reflect.apply(Element.prototype.querySelectorAll, form, [`[${name}]`]) as NodeListOf<Element>,
  );

/** Where events of the form come by first: the window, or the shadow root, which they do not leave. */
export const outermost = (form: HTMLFormElement): EventTarget[] => [
  window,
  Node.prototype.getRootNode.call(form),
  form,
];

export const dispatch = (form: HTMLFormElement, event: Event): boolean =>
  EventTarget.prototype.dispatchEvent.call(form, event);

export function listen<E extends Event>(
  target: EventTarget,
  type: string,
  run: (event: E) => void,
  signal: AbortSignal,
): void {
  const options = { capture: true, signal };
  EventTarget.prototype.addEventListener.call(target, type, run as EventListener, options);
}

/** How a form is sent: an attribute of the button that sends it, or else of the form. */
export function sentBy(
  form: HTMLFormElement,
  submitter: Element | null,
  name: 'action' | 'method' | 'enctype' | 'target' | 'rel',
): string | null {
  return (submitter && attribute(submitter, `form${name}`)) ?? attribute(form, name);
}

export const method = (form: HTMLFormElement, submitter: Element | null): string =>
  (sentBy(form, submitter, 'method') ?? 'get').toLowerCase();
