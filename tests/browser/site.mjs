// A small site on loopback that serves the browser build, the vectors and a blank page.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const ROOT = new URL('../../', import.meta.url);

/** The strictest policy under which the package is to work; a user's page adds its own KMS. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' http://127.0.0.1:*";
const BLANK =
  '<!doctype html><title>blank</title><script type="module" src="/tests/support/problems.mjs"></script>';
const SERVED = /^\/(pkg(\/[a-z-]+)*|tests\/support)\/[\w-]+\.m?js$/;

/**
 * @param {Record<string, () => string | Buffer>} extra paths besides the files: JSON documents
 */
export async function startSite(extra = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const answer = (type, body) =>
      response
        .writeHead(200, { 'content-type': type, 'content-security-policy': POLICY })
        .end(body);
    if (pathname === '/') answer('text/html', BLANK);
    else if (pathname === '/favicon.ico') response.writeHead(204).end();
    else if (pathname in extra) answer('application/json', extra[pathname]());
    else if (SERVED.test(pathname)) {
      answer('text/javascript', readFileSync(new URL(`.${pathname}`, ROOT)));
    } else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
