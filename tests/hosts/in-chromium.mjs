// For hosts that build pages: opens one in Chromium, and prints its outcome.

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

import { launch } from '../browser/chromium.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const TIME_LIMIT_MS = 60_000;

/** Opens a page, and waits for the line that programs/report.mjs prints. */
export async function outcomeAt(url) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const said = [];
    page.on('pageerror', ({ message }) => said.push(message));
    const printed = page.waitForEvent('console', {
      predicate: (message) => {
        said.push(message.text());
        return message.text().startsWith('OUTCOME ');
      },
      timeout: TIME_LIMIT_MS,
    });
    await page.goto(url);
    const line = await printed.catch(() => {
      throw new Error(`${url} printed no outcome:\n${said.join('\n')}`);
    });
    console.log(line.text());
  } finally {
    await browser.close();
  }
}

/** Serves a folder for as long as `work` goes on. */
export async function serving(folder, work) {
  const server = createServer((request, response) => {
    const file = join(folder, new URL(request.url, 'http://x').pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    return response.end(readFileSync(file));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
