// Two origins: a shop, whose page has the form, and a vault, whose frames have the fields that the shop must not see. The shop
// stores tokens, and has no key.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import { checkSealed } from '../../pkg/entrypoints/forms.js';
import { FieldsealError } from '../../pkg/entrypoints/items.js';

const TYPES = { css: 'text/css', html: 'text/html', js: 'text/javascript' };
const PACKAGE = /^\/pkg(\/[a-z-]+)*\/[\w-]+\.js$/;
const SHOP = ['/index.html', '/shop.css'];
const VAULT = '/element.js /embedders.js /fields.js /frame.css /frame.html /frame.js'.split(' ');

/**
 * @param key - what `GetPublicKey` said of the key
 * @param {(tokens: object) => void} store
 * @param {Record<string, string>} pages - of the shop besides, by their paths
 */
export async function startServers({ key, store, pages = {} }) {
  const origins = {};
  /** The files name the origins of an imaginary shop. */
  const named = (source) =>
    source
      .replaceAll('https://shop.example', origins.shop)
      .replaceAll('https://vault.example', origins.vault);
  const file = (path, headers) => ({
    type: TYPES[path.split('.').at(-1)],
    body: named(readFileSync(new URL(path, import.meta.url), 'utf8')),
    headers,
  });

  async function shop(request, pathname) {
    if (pathname === '/customers') return storeTokens(await text(request), key.keyId, store);
    if (Object.hasOwn(pages, pathname)) return { type: 'text/html', body: named(pages[pathname]) };
    const path = pathname === '/' ? '/index.html' : pathname;
    if (!SHOP.includes(path)) return undefined;
    return file(`shop${path}`, {
      'content-security-policy':
        `default-src 'none'; script-src ${origins.vault}; frame-src ${origins.vault}; ` +
        "style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    });
  }

  function vault(request, pathname) {
    if (pathname === '/public-key') {
      return { type: 'application/json', body: JSON.stringify(key) };
    }
    if (PACKAGE.test(pathname)) return file(`../..${pathname}`);
    if (!VAULT.includes(pathname)) return undefined;
    return file(`vault${pathname}`, {
      // What the frame may do, whatever the page around it says of its sandbox; and which pages may embed it.
      'content-security-policy':
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; " +
        "form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; " +
        `sandbox allow-scripts allow-same-origin; frame-ancestors ${origins.shop}`,
      'permissions-policy': 'camera=(), clipboard-read=(), geolocation=(), microphone=()',
      'origin-agent-cluster': '?1',
      // The shop's page loads the element's script.
      'access-control-allow-origin': origins.shop,
    });
  }

  const servers = [await serve(shop, Number(process.env.PORT ?? 0)), await serve(vault, 0)];
  [origins.shop, origins.vault] = servers.map(({ origin }) => origin);
  return { ...origins, close: () => Promise.all(servers.map((server) => server.close())) };
}

/** Stores what is sealed for the vault's key, and nothing else: no plaintext by a mistake of the page. */
async function storeTokens(body, keyId, store) {
  const sent = Object.fromEntries(new URLSearchParams(body));
  try {
    for (const name of ['ssn', 'card']) {
      await checkSealed(sent[name] ?? '', { name, keyNames: [keyId] });
    }
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    return { status: 400, type: 'text/plain', body: error.message };
  }
  store(sent);
  return { type: 'text/plain', body: 'Stored.' };
}

async function serve(answer, port) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const { status = 200, type, body, headers } = (await answer(request, pathname)) ?? NOTHING;
    response
      .writeHead(status, {
        'content-type': type,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        ...headers,
      })
      .end(body);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

const NOTHING = { status: 404, type: 'text/plain', body: 'There is nothing here.' };
