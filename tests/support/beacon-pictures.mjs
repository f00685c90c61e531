// The pictures of docs/search.md, as planBeacon draws them: `node tests/support/beacon-pictures.mjs` after `make build`
// writes them. tests/node/plan-beacon-pictures.test.mjs compares.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { planBeacon } from '../../pkg/entrypoints/tables.js';

export const images = new URL('../../docs/images/', import.meta.url);

/** The plans by the names of their pictures. */
export function plans() {
  const customers = Array.from({ length: 10_000 }, (_, i) => `C-${i}`);
  const names = Array.from({ length: 2000 }, (_, i) => [`name ${i}`, Math.round(20_000 / (i + 1))]);
  return {
    'beacon-even': {
      title: '10,000 customers, each with a number of their own',
      plan: planBeacon(customers, { target: { minGroupSize: 10 } }),
    },
    'beacon-skewed': {
      title: '2,000 family names, some of them frequent',
      plan: planBeacon(names, { target: { maxFalsePositives: 0.9 } }),
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, { title, plan }] of Object.entries(plans())) {
    writeFileSync(new URL(`${name}.svg`, images), plan.toSvg({ title }));
    console.log(`${name}: ${plan.reason} ${plan.warnings.join(' ')}`);
  }
}
