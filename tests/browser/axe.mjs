// What axe-core finds wrong with a page, by WCAG's rules and its own, in Chromium.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const path = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const source = readFileSync(path, 'utf8');

/** The rules that are violated in a page and in its frames, each with the elements that violate it. */
export async function violations(page) {
  const found = [];
  // Each frame by itself: axe-core does not see those in closed shadow roots.
  for (const frame of page.frames()) {
    // Evaluated, not added as a script: policies of pages forbid those.
    await frame.evaluate(source);
    const inFrame = await frame.evaluate(async () => {
      // A frame is a part of a page.
      const rules = { 'page-has-heading-one': { enabled: globalThis.parent === globalThis } };
      const { violations } = await globalThis.axe.run({ iframes: false, rules });
      return violations.map(({ id, help, nodes }) => [id, help, nodes.map(({ html }) => html)]);
    });
    found.push(...inFrame);
  }
  return found;
}
