/**
 * Tells an observer, which can neither fail nor change what it observes: what it throws or rejects with is dropped. It
 * is told when the call that makes this one is over, so that it may call the core itself.
 */
export function tell<T>(observer: ((value: T) => unknown) | undefined, value: T): void {
  void Promise.resolve(value)
    .then(observer)
    .catch(() => {});
}
