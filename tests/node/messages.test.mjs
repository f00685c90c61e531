// The messages of the official libraries through the npm package, in Node, with each engine that
// can do the bodies' AES-GCM.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

// Internal: the instance of the core, and its choice of a cipher.
import { hostCrypto } from '../../pkg/host/crypto.js';
import { core } from '../../pkg/core/core.js';
import * as fieldseal from '../../pkg/entrypoints/index.js';
import { engines, useEngine, usualEngine } from '../support/engines.mjs';
import { damaged, runMessages } from '../support/esdk.mjs';
import { messageFiles } from '../support/message-files.mjs';

const internals = { core, hostCrypto };
const files = messageFiles();
after(() => usualEngine(internals));

for (const { name, corpus } of files) {
  for (const engine of engines(internals)) {
    test(`${name} with the engine '${engine}'`, async () => {
      const instance = core();
      const host = useEngine(internals, engine);
      const { passed, failures, leftOut } = await runMessages(fieldseal, corpus);
      console.log(
        `${name}, ${engine}: ${passed} checks passed, ${leftOut.length} left out; ` +
          `the host did ${host.frames} frames`,
      );
      leftOut.forEach((reason) => console.log(`  left out: ${reason}`));
      assert.deepEqual(failures, []);
      assert.ok(passed > 0);
      assert.equal(host.frames > 0, engine !== 'core', 'the engine that was asked for');
      assert.equal(core(), instance, 'one and the same instance');
    });
  }

  test(`${name} with wrong expectations fails`, async () => {
    usualEngine(internals);
    const wrong = damaged(corpus);
    const { failures, leftOut } = await runMessages(fieldseal, wrong, { chunks: [4096] });
    const { positive, negative = [] } = corpus;
    const least = positive.length + negative.length - leftOut.length;
    assert.ok(failures.length >= least, `only ${failures.length} of ${least} noticed`);
  });
}
