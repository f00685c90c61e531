// A KMS that has little left; the short form of benches/pressure.mjs. What it counts is random within limits, and those
// limits hold however slow the machine is: a slow one is throttled less.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pressure, SDK_VERSION } from '../../benches/pressure-cases.mjs';

test('next to nothing fails, and no more is sent than needed', async (t) => {
  const size = { perSecond: 50, calls: 100, atOnce: 8, items: 40, tenants: 40 };
  t.diagnostic(`beside @aws-sdk/client-kms ${SDK_VERSION}`);
  const counted = {
    calls: size.calls,
    adaptive: size.calls,
    items: size.items,
    keys: size.tenants,
  };
  const rows = await pressure(size);
  for (const [i, wanted] of Object.values(counted).entries()) {
    const { what, ours, theirs } = rows[i];
    t.diagnostic(`${what}: ${JSON.stringify({ ours, theirs })}`);
    // Three attempts at most; a call that is throttled waits for half a second on average, in which 25 others pass.
    assert.ok(
      ours.requests >= wanted && ours.requests <= 2.2 * wanted,
      `${what}: ${ours.requests}`,
    );
    assert.ok(ours.failures <= wanted / 5, `${what}: ${ours.failures} failures`);
    // Only throttles fail, and each of them says so.
    assert.deepEqual(
      Object.keys(ours.codes).filter((code) => code !== 'KMS_THROTTLED'),
      [],
    );
  }
});
