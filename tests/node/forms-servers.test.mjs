// `openForm` in the servers that people use, each as docs/forms.md says: what a page sends is opened, and plaintext is refused.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';

import { serve } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';

import { openForm } from '../../pkg/entrypoints/forms.js';
import { ItemEncryptor, rawAesKeyring, toDynamoJson } from '../../pkg/entrypoints/items.js';

const keyring = rawAesKeyring({
  keyNamespace: 'shop',
  keyName: 'key-1',
  wrappingKey: new Uint8Array(32).fill(7),
});
const table = { logicalTableName: 'customers', partitionKeyName: 'customer_id' };
const options = { keyring, table, seal: ['ssn'], plain: ['email'], maxBodyBytes: 20_000 };
const SSN = '078-05-1120';

async function sealed() {
  const attributeActions = { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' };
  const encryptor = new ItemEncryptor({ ...table, attributeActions, keyring });
  return toDynamoJson((await encryptor.encryptDocument({ customer_id: 'c-1', ssn: SSN })).item);
}

/** What a route answers: the customer, or why not. */
async function answered(body) {
  try {
    const { document, fields } = await openForm(body, options);
    return [200, { ssn: document.ssn, email: fields.email }];
  } catch ({ code, attribute }) {
    return [code === 'LIMIT_EXCEEDED' ? 413 : 400, { code, attribute }];
  }
}

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const withExpress = (body, ...parsers) => {
  const app = express();
  for (const parser of parsers) app.use(parser);
  app.post('/customers', async (request, response) => {
    const [status, answer] = await answered(body(request));
    response.status(status).json(answer);
  });
  return listening(createServer(app));
};

/** Each starts a server. */
const SERVERS = {
  'bare Node': () =>
    listening(
      createServer(async (request, response) => {
        const [status, answer] = await answered(request);
        response.writeHead(status).end(JSON.stringify(answer));
      }),
    ),
  Express: () => withExpress((request) => request),
  'Express behind its parsers': () =>
    withExpress((request) => request.body ?? request, express.json(), express.urlencoded()),
  Fastify: async () => {
    const app = fastify();
    const types = ['multipart/form-data', 'application/x-www-form-urlencoded'];
    app.addContentTypeParser(types, (request, payload, done) => done(null));
    app.post('/customers', async (request, reply) => {
      const [status, answer] = await answered(request.body ?? request.raw);
      return reply.code(status).send(answer);
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server;
  },
  Hono: async () => {
    const app = new Hono();
    app.post('/customers', async (context) => {
      const [status, answer] = await answered(context.req.raw);
      return context.json(answer, status);
    });
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
    if (!server.listening) await once(server, 'listening');
    return server;
  },
};

/** Each makes the body of a request, of fields. */
const BODIES = {
  urlencoded: (fields) => ({ body: new URLSearchParams(fields) }),
  multipart(fields) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return { body };
  },
  JSON: (fields) => ({
    body: JSON.stringify(fields),
    headers: { 'content-type': 'application/json' },
  }),
};

for (const [name, start] of Object.entries(SERVERS)) {
  describe(name, () => {
    for (const [kind, bodyOf] of Object.entries(BODIES)) {
      test(`${kind}: opened, and refused`, async () => {
        const server = await start();
        try {
          const url = `http://127.0.0.1:${server.address().port}/customers`;
          const post = async (fields) => {
            const response = await fetch(url, { method: 'POST', ...bodyOf(fields) });
            return [response.status, await response.json()];
          };
          const fieldseal = await sealed();
          const email = 'ada@example.org';
          assert.deepEqual(await post({ fieldseal, email }), [200, { ssn: SSN, email }]);
          const [status, { code, attribute }] = await post({ fieldseal, email, ssn: SSN });
          assert.deepEqual([status, code, attribute], [400, 'PLAINTEXT_ITEM', 'ssn']);
          assert.deepEqual(await post({ fieldseal, email, role: 'admin' }), [
            400,
            { code: 'MALFORMED_ATTRIBUTE', attribute: 'role' },
          ]);
          const torn = fieldseal.replace('"c-1"', '"c-2"');
          assert.equal((await post({ fieldseal: torn, email }))[0], 400);
          assert.equal((await post({ fieldseal, email: 'a'.repeat(30_000) }))[0], 413);
        } finally {
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        }
      });
    }
  });
}
