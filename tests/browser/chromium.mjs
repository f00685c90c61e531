// A real Chromium for the suites of this folder, and where its screenshots go.

import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const executablePath = process.env.CHROMIUM ?? CANDIDATES.find((path) => existsSync(path));
if (executablePath === undefined || !existsSync(executablePath)) {
  // One line, instead of a failure for each test.
  console.error('no Chromium: install the package chromium, or set CHROMIUM to its path');
  process.exit(1);
}

export async function launch() {
  // Chromium's sandbox refuses to run as root, which is what containers usually are.
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath,
    args: isRoot ? ['--no-sandbox', ...ARGUMENTS] : ARGUMENTS,
  });
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
