// The vectors of the official libraries through the browser build, in each browser.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { inEachBrowser, inPage } from './browsers.mjs';
import { startSite } from './site.mjs';

const here = new URL('../vectors/', import.meta.url);
const files = readdirSync(here)
  .filter((name) => /^official-(?!messages).*\.json$/.test(name))
  .map((name) => new URL(name, here));
const published = new URL('../../../shared/vectors/dbesdk.json', import.meta.url);
if (existsSync(published)) files.push(published);
else console.log('left out: the published set dbesdk.json does not lie beside the checkout');

const nameOf = (file) => file.pathname.split('/').at(-1);
let site;

before(async () => {
  const corpora = files.map((file) => [`/vectors/${nameOf(file)}`, () => readFileSync(file)]);
  site = await startSite(Object.fromEntries(corpora));
});
after(() => site?.close());

/** Runs in the page: a corpus; with `wrong` every positive vector expects something else. */
async function runFile([from, wrong]) {
  const [index, tables] = await Promise.all(
    ['index', 'tables'].map((name) => import(`/pkg/entrypoints/${name}.js`)),
  );
  const fieldseal = { ...index, ...tables };
  const { runCorpus } = await import('/tests/support/vectors.mjs');
  const corpus = await (await fetch(from)).json();
  if (wrong) {
    for (const { decrypted } of corpus.positive ?? []) decrypted.intruder = { S: 'x' };
    for (const vector of corpus.vectors ?? []) (vector.output ?? vector.added ?? {}).intruder = 'x';
  }
  return runCorpus(fieldseal, corpus);
}

// No browser decrypts PKCS #1 v1.5; whatever needs it is counted and named, never passed over.
const isPkcs1 = (failure) => failure.includes('WebCrypto has no RSA PKCS #1 v1.5 decryption');

inEachBrowser((browserName, browser) => {
  for (const file of files) {
    test(`${nameOf(file)}`, async () => {
      const given = [`/vectors/${nameOf(file)}`, false];
      const { passed, failures, leftOut } = await inPage(browser(), site, runFile, given);
      const cannot = failures.filter(isPkcs1);
      console.log(
        `${nameOf(file)} in ${browserName}: ${passed} checks passed, ${leftOut.length} left out, ` +
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

    const { positive = [], vectors = [] } = JSON.parse(readFileSync(file, 'utf8'));
    const positives = positive.length + vectors.filter((vector) => !vector.official_error).length;
    if (positives === 0) continue;
    test(`${nameOf(file)} with wrong expectations fails`, async () => {
      const given = [`/vectors/${nameOf(file)}`, true];
      const { failures } = await inPage(browser(), site, runFile, given);
      assert.ok(failures.length >= positives, `only ${failures.length} of ${positives} noticed`);
    });
  }
});
