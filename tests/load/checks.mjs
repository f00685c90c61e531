// Tests that put load on the package, each in a process of its own.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MIB = 2 ** 20;
/** Many systems allow a process 1,024 descriptors; one for each operation would be thousands. */
const MOST_DESCRIPTORS = 1100;

async function run(t, script, ...numbers) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const arguments_ = ['--expose-gc', path, ...numbers.map(String)];
  const { stdout } = await promisify(execFile)(process.execPath, arguments_);
  t.diagnostic(stdout.trim());
  return JSON.parse(stdout);
}

const counted = (number) => number.toLocaleString('en');

export function itemsWithoutGrowth(items) {
  test(`${counted(items)} items without growth of memory`, async (t) => {
    const { growth } = await run(t, 'items.mjs', items);
    assert.equal(growth.linear, 0, 'linear memory');
    assert.ok(growth.heap < 4 * MIB, `the heap grew by ${growth.heap} bytes`);
    assert.ok(growth.resident < 64 * MIB, `the process grew by ${growth.resident} bytes`);
  });
}

/** Attempts of `timeoutMs`: in less than that, the machine must have begun all operations. */
export function silentKms(operations, timeoutMs) {
  test(`${counted(operations)} operations on a silent KMS end in time`, async (t) => {
    const result = await run(t, 'silent.mjs', operations, timeoutMs);
    const { ends, requests, limitMs, slowestMs, descriptors } = result;
    assert.deepEqual(ends, { KMS_TIMED_OUT: operations });
    assert.ok(requests > 0 && requests < operations, `${requests} requests`);
    // Beside the waits there is the work of all operations; a call that is lost takes minutes.
    assert.ok(slowestMs >= timeoutMs && slowestMs < limitMs + 60_000, `${slowestMs} ms`);
    assert.ok(descriptors < MOST_DESCRIPTORS, `${descriptors} descriptors`);
  });
}

export function sealsAtOnce(items) {
  test(`${counted(items)} seals at once on the development KMS`, async (t) => {
    const { right, generated, descriptors } = await run(t, 'seals.mjs', items);
    assert.equal(right, items);
    assert.ok(generated >= items);
    assert.ok(descriptors < MOST_DESCRIPTORS, `${descriptors} descriptors`);
  });
}

/** A day of faults, each of its ten phases so long; for the AWS SDK the same one, at the same time. */
export function dayOfFaults(callers, phaseMs) {
  test(`a day of faults with ${counted(callers)} callers: nothing lost, nothing hung`, async (t) => {
    const days = ['ours', 'sdk'].map((who) => run(t, 'day.mjs', callers, phaseMs, who));
    const [day, sdk] = await Promise.all(days);
    assert.equal(day.opened, day.tried, 'what was sealed opens');
    assert.ok(day.kept >= callers);
    // What may fail is what a service that fails answers; nothing is refused, malformed or forgotten.
    const ends = Object.values(day.phases).flatMap(Object.keys);
    const expected = /^(sealed by (both|one)|KMS_(THROTTLED|FAILED|UNREACHABLE|TIMED_OUT))$/;
    assert.deepEqual(
      ends.filter((end) => !expected.test(end) && end !== 'KMS_CREDENTIALS'),
      [],
    );
    // How many failed depends on the machine; that the clock was corrected, and that a Region was done without, does not.
    assert.ok(day.reasons.CLOCK_SKEW > 0);
    const alone = Object.values(day.phases).map((ends) => ends['sealed by one'] ?? 0);
    assert.ok(alone.some((count) => count > 0));
    // Two calls of at most ten seconds and an attempt each; a call that hangs takes minutes.
    assert.ok(day.slowestMs < 60_000, `${day.slowestMs} ms`);
    // The tokens of a client keep what is sent near what is called.
    assert.ok(day.sent < 2 * day.calls, `${day.sent} requests of ${day.calls} calls`);
    // A call that succeeded took no more requests than the AWS SDK's: those that failed, and what was sent for them, included.
    // Waits are random, and faults strike whom they find: a tenth is theirs.
    assert.equal(sdk.opened, sdk.tried);
    const [own, theirs] = [day, sdk].map(({ sent, succeeded }) => sent / succeeded);
    const both = `requests for a call that succeeded: ${own.toFixed(3)}, the AWS SDK ${theirs.toFixed(3)}`;
    t.diagnostic(both);
    assert.ok(own < 1.1 * theirs, both);
  });
}
