// Three engines behind one small interface: pages that are visited, and functions that run in them.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

import { launchChromium } from './chromium.mjs';
import { launchFirefox } from './firefox.mjs';
import { launched } from './programs.mjs';
import { launchWebKitGTK } from './webkitgtk.mjs';

/** How each is launched: `{ version, open, close }`. */
export const BROWSERS = {
  Chromium: launchChromium,
  Firefox: launchFirefox,
  WebKitGTK: launchWebKitGTK,
};

/**
 * Visits a page and waits until it has loaded.
 *
 * @returns `evaluate` runs a function in the page; what it takes and gives is JSON. `frame(find)` does so in the frame whose
 * element `find` returns in the page; its `type(text)` has the browser press the keys, in the frame's input.
 * `choose(path)` chooses a file in the page's input for files. `slow(rate)`, of Chromium only, has the processor take that many times as long
 */
export async function visit(browser, url) {
  const { run, frame, choose, slow, close } = await browser.open(url);
  return {
    evaluate: evaluateBy(run),
    async frame(find) {
      const { run, type } = await frame(`(${find})()`);
      return { evaluate: evaluateBy(run), type };
    },
    choose,
    slow,
    close,
  };
}

/** What waits in a page for what never comes fails by itself, rather than with its whole file. */
const TIME_LIMIT_MS = 240_000;

const evaluateBy = (run) => async (work, argument) => {
  const given = argument === undefined ? '' : JSON.stringify(argument);
  const text = await run(`(async () => {
    let timer;
    try {
      const tooLate = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('nothing after ${TIME_LIMIT_MS} ms')), ${TIME_LIMIT_MS});
      });
      return JSON.stringify({ value: await Promise.race([(${work})(${given}), tooLate]) });
    } catch (error) {
      return JSON.stringify({ error: \`\${error?.name}: \${error?.message}\\n\${error?.stack}\` });
    } finally {
      clearTimeout(timer);
    }
  })()`);
  const { value, error } = JSON.parse(text);
  if (error !== undefined) throw new Error(`in the page: ${error}`);
  return value;
};

/** Runs a function in a page of its own of the site, where nothing may go wrong besides. */
export async function inPage(browser, site, run, argument) {
  const page = await visit(browser, site.url);
  try {
    const result = await page.evaluate(run, argument);
    const { host, problems } = await page.evaluate(() => ({
      host: typeof globalThis.process,
      problems: globalThis.problems,
    }));
    // So that the result stands for the browser's own cryptography.
    assert.equal(host, 'undefined');
    assert.deepEqual(problems, []);
    return result;
  } finally {
    await page.close();
  }
}

/**
 * Defines tests for each browser, which is launched before them and closed after them.
 *
 * @param {(name: string, browser: () => object) => void} define
 */
export function inEachBrowser(define) {
  for (const [name, launch] of Object.entries(BROWSERS)) {
    describe(name, () => {
      let browser;
      before(async () => {
        browser = await launched(launch);
      });
      define(name, () => browser);
      // The last of the hooks: theirs have pages to look at.
      after(() => browser?.close());
    });
  }
}
