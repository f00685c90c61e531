// What axe-core finds wrong with a page, by WCAG's rules and its own, in Chromium.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const path = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const source = readFileSync(path, 'utf8');

/** The rules that are violated, each with the elements that violate it; frames included. */
export async function violations(page) {
  // Evaluated, not added as a script: policies of pages forbid those.
  for (const frame of page.frames()) await frame.evaluate(source);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run();
    return violations.map(({ id, help, nodes }) => [id, help, nodes.map(({ html }) => html)]);
  });
}
