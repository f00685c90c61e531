// A page that is visited has loaded: what its scripts do at once is done, however late their modules come.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { inEachBrowser, visit } from './browsers.mjs';

const LATE_MS = 500;
const FILES = {
  '/': `<!doctype html><meta charset="utf-8"><title>modules</title>
    <script type="module">import { value } from '/first.js'; globalThis.value = value;</script>`,
  '/first.js': `export { value } from '/late.js';`,
  '/late.js': 'export const value = 7;',
};
const TYPES = { '/': 'text/html' };

let server;
before(async () => {
  server = createServer(({ url }, response) => {
    if (FILES[url] === undefined) return response.writeHead(404).end();
    response.setHeader('content-type', TYPES[url] ?? 'text/javascript');
    return setTimeout(() => response.end(FILES[url]), url === '/late.js' ? LATE_MS : 0);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => {
  server.closeAllConnections();
  server.close();
});

inEachBrowser((name, browser) => {
  test('its modules have run', async () => {
    const page = await visit(browser(), `http://127.0.0.1:${server.address().port}/`);
    try {
      const found = await page.evaluate(() => [document.readyState, globalThis.value]);
      assert.deepEqual(found, ['complete', 7]);
    } finally {
      await page.close();
    }
  });
});
