import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until the answer is truthy, and gives it. What never comes fails by its own name after two minutes: Node
 * gives a test no limit, and its file would be held up until the runner ends it.
 *
 * @template T
 * @param {string} what - that is waited for
 * @param {() => T | Promise<T>} ask
 */
export async function until(what, ask) {
  const end = performance.now() + 120_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`${what}: not after two minutes`);
    await sleep(20);
  }
}
