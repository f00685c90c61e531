// The server, without a framework: it hands out the page and the public key, opens what the form sends, and refuses plaintext.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { openForm } from '../../pkg/entrypoints/forms.js';
import { FieldsealError } from '../../pkg/entrypoints/items.js';
import { fields, table } from './table.js';

const ROOT = new URL('../../', import.meta.url);
const SERVED = /^\/(pkg(\/[a-z-]+)*|examples\/browser-form)\/[\w-]+\.(css|html|js)$/;
const TYPES = { css: 'text/css', html: 'text/html', js: 'text/javascript' };

/**
 * @param key - what `GetPublicKey` said of the key
 * @param keyring - opens what is sealed for it
 * @param {(customer: object) => void} store
 */
export async function startServer({ key, keyring, store }) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const say = (status, type, text) =>
      response.writeHead(status, { 'content-type': type }).end(text);
    if (pathname === '/customers') {
      // Any framework's request does: see docs/forms.md.
      openForm(request, { keyring, table, ...fields }).then(
        ({ document, fields: { email } }) => {
          store({ ...document, email });
          say(200, 'text/plain', 'Stored.');
        },
        (error) => {
          // What a client sent wrong is named; no value is in it.
          const known = error instanceof FieldsealError;
          say(known ? 400 : 500, 'text/plain', known ? error.message : 'It failed.');
        },
      );
    } else if (pathname === '/public-key') {
      say(200, 'application/json', JSON.stringify(key));
    } else if (pathname === '/favicon.ico') {
      response.writeHead(204).end();
    } else if (pathname === '/') {
      response.writeHead(302, { location: '/examples/browser-form/index.html' }).end();
    } else if (SERVED.test(pathname)) {
      const file = readFileSync(new URL(`.${pathname}`, ROOT));
      say(200, TYPES[pathname.split('.').at(-1)], file);
    } else say(404, 'text/plain', 'There is nothing here.');
  });
  await new Promise((resolve) =>
    server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', resolve),
  );
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
