// The vectors of the official libraries through the browser build, in Chromium.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { launch, openPage } from './chromium.mjs';
import { startSite } from './site.mjs';

const here = new URL('../vectors/', import.meta.url);
const files = readdirSync(here)
  .filter((name) => name.endsWith('.json') && !name.endsWith('-messages.json'))
  .map((name) => new URL(name, here));
const published = new URL('../../../shared/vectors/dbesdk.json', import.meta.url);
if (existsSync(published)) files.push(published);
else console.log('left out: the published set dbesdk.json does not lie beside the checkout');
if (files.length === 0) console.log('left out: there is no vector file to run');

const nameOf = (file) => file.pathname.split('/').at(-1);
let site;
let browser;

// Without a test, Node would run `before` and never `after`.
if (files.length > 0) {
  before(async () => {
    const corpora = files.map((file) => [`/vectors/${nameOf(file)}`, () => readFileSync(file)]);
    site = await startSite(Object.fromEntries(corpora));
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });
}

/** Runs a corpus in the page; `damage` makes every positive vector wrong. */
async function run(path, damage = false) {
  const { page, problems } = await openPage(browser);
  await page.goto(site.url);
  const result = await page.evaluate(
    async ([from, wrong]) => {
      const fieldseal = await import('/pkg/entrypoints/index.js');
      const { runCorpus } = await import('/tests/support/vectors.mjs');
      const corpus = await (await fetch(from)).json();
      if (wrong) for (const { decrypted } of corpus.positive) decrypted.intruder = { S: 'x' };
      // So that the answer stands for the browser's own RSA, not for another host's.
      const host = typeof globalThis.process;
      return { host, ...(await runCorpus(fieldseal, corpus)) };
    },
    [path, damage],
  );
  assert.equal(result.host, 'undefined');
  assert.deepEqual(problems, []);
  await page.context().close();
  return result;
}

// No browser decrypts PKCS #1 v1.5; whatever needs it is counted and named, never passed over.
const isPkcs1 = (failure) => failure.includes('WebCrypto has no RSA PKCS #1 v1.5 decryption');

for (const file of files) {
  test(`${nameOf(file)} in Chromium`, async () => {
    const { passed, failures, leftOut } = await run(`/vectors/${nameOf(file)}`);
    const cannot = failures.filter(isPkcs1);
    console.log(
      `${nameOf(file)}: ${passed} checks passed, ${leftOut.length} left out, ` +
        `${cannot.length} beyond a browser (RSA PKCS #1 v1.5 decryption)`,
    );
    leftOut.forEach((reason) => console.log(`  left out: ${reason}`));
    cannot.forEach((reason) => console.log(`  beyond a browser: ${reason.split('\n')[0]}`));
    assert.deepEqual(
      failures.filter((failure) => !isPkcs1(failure)),
      [],
    );
    assert.ok(passed > 0);
  });

  const positives = JSON.parse(readFileSync(file, 'utf8')).positive?.length ?? 0;
  if (positives === 0) continue;
  test(`${nameOf(file)} with wrong expectations fails`, async () => {
    const { failures } = await run(`/vectors/${nameOf(file)}`, true);
    assert.ok(failures.length >= positives, `only ${failures.length} of ${positives} noticed`);
  });
}
