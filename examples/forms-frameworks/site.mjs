// The three pages as Vite builds them, and the server that they send to.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, preview } from 'vite';

import { openForm } from '../../pkg/entrypoints/forms.js';
import { FieldsealError } from '../../pkg/entrypoints/items.js';
import { fields, table } from './table.js';

const configFile = fileURLToPath(new URL('vite.config.js', import.meta.url));

/**
 * @param key - what `GetPublicKey` said of the key
 * @param keyring - opens what is sealed for it
 * @param {(customer: object) => void} store
 */
export async function startSite({ key, keyring, store }) {
  const outDir = mkdtempSync(join(tmpdir(), 'forms-frameworks-'));
  const config = { configFile, logLevel: 'warn', build: { outDir, emptyOutDir: true } };
  await build(config);

  async function customers(request) {
    try {
      const { document, fields: plain } = await openForm(request, { keyring, table, ...fields });
      if (document.ssn.startsWith('000')) {
        const message = 'No number begins with 000.';
        return [422, { field: 'ssn', message }];
      }
      store({ ...document, ...plain });
      return [200, { message: 'Stored.' }];
    } catch (error) {
      // What a client sent wrong is named; no value is in it.
      if (error instanceof FieldsealError) return [400, { message: error.message }];
      return [500, { message: 'It failed.' }];
    }
  }
  const routes = { '/public-key': async () => [200, key], '/customers': customers };
  const api = {
    name: 'api',
    configurePreviewServer({ middlewares }) {
      for (const [path, answer] of Object.entries(routes)) {
        middlewares.use(path, async (request, response) => {
          const [status, body] = await answer(request);
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(JSON.stringify(body));
        });
      }
    },
  };
  const server = await preview({
    ...config,
    plugins: [api],
    preview: { host: '127.0.0.1', port: Number(process.env.PORT ?? 0), strictPort: true },
  });
  return {
    url: `http://127.0.0.1:${server.httpServer.address().port}/`,
    async close() {
      await server.close();
      rmSync(outDir, { recursive: true });
    },
  };
}
