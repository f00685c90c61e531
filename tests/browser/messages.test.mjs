// The messages of the official libraries through the browser build, in each browser: with the core's
// own AES, with WebCrypto, and as the package chooses between them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { messageFiles } from '../support/message-files.mjs';
import { inEachBrowser, inPage } from './browsers.mjs';
import { startSite } from './site.mjs';

const files = messageFiles();
const pathOf = (name) => `/vectors/${name}`;
let site;

before(async () => {
  const corpora = files.map(({ name, corpus }) => [pathOf(name), () => JSON.stringify(corpus)]);
  site = await startSite(Object.fromEntries(corpora));
});
after(() => site?.close());

/** Runs in the page. */
async function runFile([from, engine, sizes, wrong]) {
  const fieldseal = await import('/pkg/entrypoints/index.js');
  const internals = {
    ...(await import('/pkg/core/core.js')),
    ...(await import('/pkg/host/crypto.js')),
  };
  const { engines, useEngine } = await import('/tests/support/engines.mjs');
  const { damaged, runMessages } = await import('/tests/support/esdk.mjs');
  const corpus = await (await fetch(from)).json();
  const host = useEngine(internals, engine);
  // JSON has no Infinity.
  const chunks = [...sizes, Infinity];
  for (const entry of corpus.positive) entry.chunks &&= [4096];
  const result = await runMessages(fieldseal, wrong ? damaged(corpus) : corpus, { chunks });
  return { ...result, frames: host.frames, engines: engines(internals) };
}

// No browser decrypts PKCS #1 v1.5; whatever needs it is counted and named, never passed over.
const isPkcs1 = (failure) => failure.includes('WebCrypto has no RSA PKCS #1 v1.5 decryption');

inEachBrowser((browserName, browser) => {
  // One byte at a time is Node's to prove: here it takes minutes. Nor do few bytes at a time depend on the engine.
  const sizes = browserName === 'Chromium' ? [7, 4096] : [4096];

  for (const { name, corpus } of files) {
    for (const engine of ['core', 'web']) {
      test(`${name} with the engine '${engine}'`, async () => {
        const result = await inPage(browser(), site, runFile, [pathOf(name), engine, sizes]);
        const { passed, failures, leftOut, frames } = result;
        const cannot = failures.filter(isPkcs1);
        console.log(
          `${name} in ${browserName}, ${engine}: ${passed} checks passed, ${leftOut.length} left out, ` +
            `${cannot.length} beyond a browser; the host did ${frames} frames`,
        );
        leftOut.forEach((reason) => console.log(`  left out: ${reason}`));
        cannot.forEach((reason) => console.log(`  beyond a browser: ${reason.split('\n')[0]}`));
        assert.deepEqual(
          failures.filter((failure) => !isPkcs1(failure)),
          [],
        );
        assert.deepEqual(result.engines, ['core', 'web']);
        assert.ok(passed > 0);
        assert.equal(frames > 0, engine === 'web', 'the engine that was asked for');
      });
    }

    test(`${name} with wrong expectations fails`, async () => {
      const given = [pathOf(name), 'core', [4096], true];
      const { failures, leftOut } = await inPage(browser(), site, runFile, given);
      const { positive, negative = [] } = corpus;
      const least = positive.length + negative.length - leftOut.length;
      assert.ok(failures.length >= least, `only ${failures.length} of ${least} noticed`);
    });
  }

  test('every suite with frames that the package itself gives to the host', async () => {
    const { frames, opened } = await inPage(browser(), site, async () => {
      const { EncryptionClient, rawAesKeyring } = await import('/pkg/entrypoints/index.js');
      const { core } = await import('/pkg/core/core.js');
      const { hostCrypto } = await import('/pkg/host/crypto.js');
      const instance = core();
      const own = hostCrypto(() => instance.memory);
      let frames = 0;
      const counted = {
        ...own,
        gcm(at) {
          frames++;
          return own.gcm(at);
        },
      };
      instance.read((glue) =>
        glue.set_host_crypto(
          undefined,
          (kind, buffer) => counted[kind](buffer),
          own.minFrame,
          own.minBatch,
        ),
      );
      const keyring = rawAesKeyring({
        keyNamespace: 'n',
        keyName: 'k',
        wrappingKey: new Uint8Array(32),
      });
      const plaintext = crypto.getRandomValues(new Uint8Array(60_000));
      const opened = [];
      const old = ['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0346', '0378'];
      for (const algorithmSuite of [...old, '0478', '0578']) {
        const commitmentPolicy = old.includes(algorithmSuite)
          ? 'FORBID_ENCRYPT_ALLOW_DECRYPT'
          : 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT';
        const client = new EncryptionClient({ commitmentPolicy });
        try {
          const options = { keyring, algorithmSuite, frameLength: 16_384 };
          const { ciphertext } = await client.encrypt(plaintext, options);
          const back = await client.decrypt(ciphertext, { keyring });
          opened.push([algorithmSuite, back.plaintext.every((b, i) => b === plaintext[i])]);
        } catch (error) {
          opened.push([algorithmSuite, error.message]);
        }
      }
      return { frames, opened };
    });
    assert.deepEqual(
      opened.filter(([, ok]) => ok !== true),
      [],
    );
    assert.equal(opened.length, 11);
    assert.ok(frames > 0);
  });
});
