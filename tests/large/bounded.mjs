// Sends a stream of some length through a process of its own and bounds what that process needs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('stream.mjs', import.meta.url));
const MOST = 64 * 2 ** 20;
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export function boundedMemory(name, bytes, frameLength = 65_536) {
  test(`a stream of ${name} in less than ${mib(MOST)} more than an idle process`, async (t) => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [script, String(bytes), String(frameLength)]);
    const { total, sealed, idle, peak, growth, seconds } = JSON.parse(stdout);
    t.diagnostic(
      `${mib(total)} as ${mib(sealed)} and back in ${seconds.toFixed(1)} s: resident ` +
        `${mib(idle)} idle, ${mib(peak)} at most, growth ${mib(growth)}`,
    );
    assert.equal(total, bytes);
    assert.ok(sealed > total, 'more than the plaintext came out of the encryption');
    assert.ok(growth < MOST, `grew by ${mib(growth)}`);
  });
}
