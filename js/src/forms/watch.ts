/** What the page's own listeners make of a submission that is prevented before they see it. */

import { usage } from '../errors.js';

type Handler = (this: unknown, event: Event) => unknown;

/**
 * Has the event look to the page's listeners as though nobody had prevented it.
 *
 * @returns ends it once the listeners have run: returns whether the submission goes on, and throws a UsageError `INVALID_ARGUMENT`
 * if one of them threw
 */
export function watch(event: Event): () => boolean {
  const found = { prevented: false, failed: false };
  const prevent = (): void => void (found.prevented = true);
  Object.defineProperties(event, {
    preventDefault: { value: prevent },
    defaultPrevented: { get: () => found.prevented },
    returnValue: {
      get: () => !found.prevented,
      set(go) {
        if (go === false) prevent();
      },
    },
  });
  const restore = event.composedPath().map((target) => watchHandler(target, prevent));
  const note = (): void => void (found.failed = true);
  window.addEventListener('error', note);
  return () => {
    window.removeEventListener('error', note);
    for (const put of restore) put?.();
    if (!found.failed) return !found.prevented;
    const next = "The browser's console has the error; correct the listener.";
    throw usage('INVALID_ARGUMENT', 'a submit listener of the page threw an error', next);
  };
}

/** `onsubmit` prevents by returning `false`, which the event does not tell. */
function watchHandler(target: EventTarget, prevent: () => void): (() => void) | undefined {
  // A field may be called so.
  const owner = target instanceof HTMLElement ? HTMLElement.prototype : target;
  const current = (): unknown => Reflect.get(owner, 'onsubmit', target);
  const handler = current();
  if (typeof handler !== 'function') return undefined;
  const watched = function (this: unknown, event: Event): unknown {
    const result = (handler as Handler).call(this, event);
    if (result === false) prevent();
    return result;
  };
  Reflect.set(owner, 'onsubmit', watched, target);
  return () => {
    if (current() === watched) Reflect.set(owner, 'onsubmit', handler, target);
  };
}
