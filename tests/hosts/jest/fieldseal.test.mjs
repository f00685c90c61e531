import { expect, test } from '@jest/globals';
import * as fieldseal from 'fieldseal';

import { outcome } from './report.mjs';

test('fieldseal', async () => {
  const text = await outcome(fieldseal);
  console.log(`OUTCOME ${text}`);
  expect(JSON.parse(text).failed).toEqual([]);
}, 60_000);
