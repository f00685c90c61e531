// The form page and its backend: node:http and nothing else, on loopback.

import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { FieldsealError, KmsError } from '../../pkg/entrypoints/index.js'; // 'fieldseal'
import { toDynamoJson } from '../../pkg/entrypoints/index.js';
import { createService, rootOf, RowRefused } from './service.mjs';

const HOST = '127.0.0.1';
const LARGEST_BODY = 1_000_000;
const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const HEADERS = {
  // The page may run its own scripts and WebAssembly, talk to this server, and nothing else.
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * Starts the server.
 *
 * @param {{ endpoint: string, region: string, keyId: string, port?: number }} options
 */
export async function startServer({ port = 0, ...kms }) {
  const service = createService(kms);
  const files = publicFiles();
  const server = createServer((request, response) => {
    answer(service, files, request)
      .catch((error) => refusal(error))
      .then(({ status = 200, type = 'application/json', body }) => {
        response.writeHead(status, { ...HEADERS, 'content-type': type }).end(body);
      });
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  return {
    url: `http://${HOST}:${server.address().port}/`,
    service,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(service, files, request) {
  checkHost(request);
  const [pathname] = request.url.split('?');
  const route = `${request.method} ${pathname}`;
  switch (route) {
    case 'GET /public-key':
      return json(await service.publicKey());
    case 'POST /customers': {
      const row = await service.store(recordIn(await textOf(request)));
      return json({ row: JSON.parse(toDynamoJson(row)) });
    }
    case 'POST /flip': {
      const { row, flipped } = service.flip(idIn(await textOf(request)));
      return json({ row: JSON.parse(toDynamoJson(row)), flipped });
    }
    case 'POST /open': {
      const id = idIn(await textOf(request));
      const before = service.kmsCalls;
      const item = await service.open(id);
      const kmsCalls = service.kmsCalls - before;
      return json({ item: JSON.parse(toDynamoJson(item)), kmsCalls });
    }
  }
  const file = files.get(pathname);
  if (request.method === 'GET' && file) return file();
  throw new RowRefused(`${route} is not served here`, 404);
}

/** The page's own files, and the modules of the package that a browser loads. */
function publicFiles() {
  const files = new Map();
  const add = (path, file) => {
    const type = TYPES[path.split('.').at(-1)];
    files.set(path, () => ({ type, body: readFileSync(file) }));
  };
  for (const name of ['form.js', 'view.js', 'table.js', 'style.css', 'icon.svg']) {
    add(`/${name}`, new URL(name, import.meta.url));
  }
  const html = new URL('form.html', import.meta.url);
  files.set('/', () => ({ type: TYPES.html, body: readFileSync(html) }));
  const pkg = new URL('../../pkg/', import.meta.url);
  for (const name of readdirSync(pkg, { recursive: true })) {
    if (/^(?!testing\b).*\.js$/.test(name))
      add(`/pkg/${name.replaceAll('\\', '/')}`, new URL(name, pkg));
  }
  return files;
}

/** A name that resolves to this machine must not let a stranger's page talk to this server. */
function checkHost({ headers }) {
  const host = headers.host?.replace(/:\d+$/, '');
  const foreign = headers.origin !== undefined && headers.origin !== `http://${headers.host}`;
  if ((host !== HOST && host !== 'localhost') || foreign) {
    throw new RowRefused('this server answers to its own page only', 403);
  }
}

async function textOf(request) {
  const type = request.headers['content-type']?.split(';')[0];
  if (type !== 'application/json') throw new RowRefused('the body must be application/json', 415);
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LARGEST_BODY) throw new RowRefused('the body is too large', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const idIn = (text) => memberIn(text, 'customer_id', 'string');

/** What the form sends: the sealed record in its field. */
const recordIn = (text) => memberIn(text, 'fieldseal', 'object');

function memberIn(text, name, type) {
  let value;
  try {
    value = JSON.parse(text)[name];
  } catch {
    // Reported below, with JSON that does not have it.
  }
  if (typeof value !== type || value === null) {
    throw new RowRefused(`the body must be JSON that has '${name}'`, 400);
  }
  return value;
}

function json(value) {
  return { body: JSON.stringify(value) };
}

function refusal(error) {
  if (error instanceof RowRefused) {
    return {
      status: error.status,
      ...json({ error: { code: error.code, message: error.message } }),
    };
  }
  if (error instanceof FieldsealError) {
    const { code, message } = rootOf(error);
    const status = rootOf(error) instanceof KmsError ? 503 : 422;
    return { status, ...json({ error: { code, message } }) };
  }
  // Messages of unforeseen errors stay here: they may quote what the request held.
  console.error(error);
  return {
    status: 500,
    ...json({ error: { code: 'SERVER_FAILED', message: 'see the terminal' } }),
  };
}
