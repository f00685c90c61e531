// A real Chromium for the suites of this folder, and where its screenshots go.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

import { ENTER, INSECURE_HOST, isRoot, programPath } from './programs.mjs';

const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`,
];

/** @param path - of another Chromium than the machine's */
export async function launch(path) {
  const executablePath =
    path ??
    programPath({
      name: 'Chromium',
      variable: 'CHROMIUM',
      candidates: [
        '/usr/bin/chromium',
        '/usr/bin/chromium-browser',
        '/usr/bin/google-chrome',
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      ],
      debian: 'chromium',
    });
  const args = isRoot ? ['--no-sandbox', ...ARGUMENTS] : ARGUMENTS;
  // Pages that were left are kept, as people's browsers do.
  const ignoreDefaultArgs = ['--disable-back-forward-cache'];
  return chromium.launch({ executablePath, args, ignoreDefaultArgs });
}

/** As browsers.mjs wants it. */
export async function launchChromium(path) {
  const browser = await launch(path);
  return {
    version: browser.version(),
    async open(url) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(url);
      return {
        run: (expression) => page.evaluate(expression),
        async frame(find) {
          const element = await page.evaluateHandle(find);
          const frame = await element.asElement().contentFrame();
          return {
            run: (expression) => frame.evaluate(expression),
            type: (text) => frame.locator('input').pressSequentially(text.replaceAll(ENTER, '\n')),
          };
        },
        choose: (path) => page.setInputFiles('input[type=file]', path),
        async slow(rate) {
          const session = await context.newCDPSession(page);
          await session.send('Emulation.setCPUThrottlingRate', { rate });
        },
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}

/** A page that remembers what went wrong in it and what it sent. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems = [];
  const requests = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('request', (request) => requests.push(request));
  return { page, problems, requests };
}

const screenshots = new URL('../../build/screenshots/', import.meta.url);

export async function screenshot(page, name) {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({
    path: fileURLToPath(new URL(`${name}.png`, screenshots)),
    fullPage: true,
  });
}
