/** Sends a form as the browser would, with other entries. */

import { sentBy, setAttribute } from './dom.js';
import type { Entry } from './guard.js';

/** What each form sent last: WebKit sends a file without its content once nobody has it any more. */
const kept = new WeakMap<HTMLFormElement, readonly Entry<string | Blob>[]>();

/** Has the browser submit the entries to where the form goes: a form that never had the plaintext carries them. */
export function submit(
  form: HTMLFormElement,
  submitter: HTMLElement | null,
  entries: readonly Entry<string | Blob>[],
): void {
  kept.set(form, entries);
  const carrier = document.createElement('form');
  for (const name of ['action', 'method', 'enctype', 'target', 'rel'] as const) {
    setAttribute(carrier, name, sentBy(form, submitter, name));
  }
  // What browsers encode strings in; a field `_charset_` says it, too.
  carrier.acceptCharset = 'UTF-8';
  carrier.hidden = true;
  carrier.addEventListener('formdata', ({ formData }) => fill(formData, entries));
  // A form sends nothing unless it is in the page.
  document.body.append(carrier);
  carrier.submit();
  carrier.remove();
}

/** Puts the entries into a `FormData` that has none yet. */
export function fill(formData: FormData, entries: readonly Entry<string | Blob>[]): FormData {
  for (const [name, value] of entries) {
    if (typeof value === 'string') formData.append(name, value);
    // A sealed file has no name that says anything; others are files, which keep theirs.
    else if ('name' in value) formData.append(name, value);
    else formData.append(name, value, 'sealed');
  }
  return formData;
}
