import * as fieldseal from 'fieldseal';
import { expect, test } from 'vitest';

import { outcome } from './report.mjs';

test('fieldseal', { timeout: 60_000 }, async () => {
  const text = await outcome(fieldseal);
  console.log(`OUTCOME ${text}`);
  expect(JSON.parse(text).failed).toEqual([]);
});
