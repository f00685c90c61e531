// What the pages of forms.test.mjs have in common.

import { rawAesKeyring } from '../../pkg/entrypoints/items.js';
import { sealForm } from '../../pkg/entrypoints/forms.js';

export { sealForm };

export const form = document.forms[0];
export const keyring = () =>
  rawAesKeyring({
    keyNamespace: 'shop',
    keyName: 'key-1',
    wrappingKey: new Uint8Array(32).fill(7),
  });
export const table = { logicalTableName: 'customers', partitionKeyName: 'customer_id' };

const listen = EventTarget.prototype.addEventListener.bind(form);

/** What the form's events have told. */
export const errors = [];
export const progress = [];
const wakes = [];
listen('fieldseal-error', ({ detail }) => {
  errors.push({ ...detail.error.toJSON(), cause: detail.error.cause !== undefined });
  wakes.splice(0).forEach((wake) => wake());
});
listen('fieldseal-progress', ({ detail }) => progress.push(detail));

/** Until the form has failed. */
export const failed = () => new Promise((resolve) => wakes.push(resolve));

/** Until what is under way has been sent. */
export async function settled() {
  await new Promise((resolve) => setTimeout(resolve, 20));
  // To its end: Firefox keeps no page that has requests under way.
  await (await fetch('/settled')).text();
}

/** Until the answer to the first submission is there: WebKit drops another one that comes just before it. */
export async function answered() {
  while (globalThis.frames.out.document.title !== 'received')
    await new Promise((wake) => setTimeout(wake, 5));
}

export function seal(options) {
  // Keyrings need the core: a page that cannot load it is guarded all the same.
  const of = { keyring, table, ...options };
  return sealForm(form, of.as === 'tokens' ? { ...of, table: undefined } : of);
}

export function thrown(work) {
  try {
    work();
    return 'nothing';
  } catch ({ name, code, attribute, message }) {
    return { name, code, attribute, message };
  }
}

export const message = () => {
  const found = document.querySelector('[role=alert]');
  if (!found || found.hidden) return undefined;
  const described = [...document.querySelectorAll('[aria-describedby]')].filter((one) =>
    one.getAttribute('aria-describedby').split(' ').includes(found.id),
  );
  return {
    text: found.textContent,
    of: described.map((one) => one.getAttribute('name') ?? 'form'),
  };
};
