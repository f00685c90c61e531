// A site that serves pages with one form, and keeps every request that comes. The package is bundled: a page of each test would load
// a hundred files.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const ROOT = new URL('../../', import.meta.url);
const SERVED = '/tests/support/problems.mjs';
/** As strict as a page with a form can be. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; form-action 'self'; frame-src 'self'; " +
  "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

export async function startFormSite() {
  const scripts = await bundled();
  /** Every request but those for the site's own files. */
  const received = [];
  const waiting = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const policy = searchParams.has('no-wasm') ? POLICY.replace(" 'wasm-unsafe-eval'", '') : POLICY;
    const answer = (type, body) =>
      response
        .writeHead(200, { 'content-type': type, 'content-security-policy': policy })
        .end(body);
    if (pathname === '/page') {
      return answer(
        'text/html',
        `<!doctype html><html lang="en"><meta charset="utf-8"><title>form</title>
        <script type="module" src="/tests/support/problems.mjs"></script>
        ${searchParams.get('html')}<iframe name="out" title="out"></iframe>`,
      );
    }
    if (pathname === '/favicon.ico') return response.writeHead(204).end();
    if (pathname === '/settled') return answer('text/plain', '');
    if (scripts.has(pathname)) return answer('text/javascript', scripts.get(pathname));
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    received.push({ method, url, type: headers['content-type'], body: Buffer.concat(chunks) });
    waiting.splice(0).forEach((wake) => wake());
    return answer('text/html', '<!doctype html><title>received</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    received,
    /** The address of a page with this markup. */
    page: (html, more = '') => `${origin}/page?html=${encodeURIComponent(html)}${more}`,
    /** The next request that comes, as the web has it. */
    async next() {
      while (received.length === 0) await new Promise((resolve) => waiting.push(resolve));
      const { method, url, type, body } = received.shift();
      const init = method === 'GET' ? {} : { headers: { 'content-type': type }, body };
      return new Request(`${origin}${url}`, { method, ...init });
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The scripts of the site by their paths: of the package two, the complete core apart. */
async function bundled() {
  const { outputFiles } = await build({
    entryPoints: ['tests/browser/forms-page.mjs'],
    absWorkingDir: fileURLToPath(ROOT),
    bundle: true,
    splitting: true,
    format: 'esm',
    write: false,
    outdir: '/',
    logLevel: 'warning',
  });
  const scripts = outputFiles.map(({ path, text }) => [path, text]);
  return new Map([...scripts, [SERVED, readFileSync(new URL(`.${SERVED}`, ROOT))]]);
}
