// Providers of `@aws-sdk/credential-providers` take options: the client gives them none.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KmsClient } from '../../pkg/entrypoints/index.js';

test('a credentials function is called with nothing', async () => {
  const calls = [];
  const kms = new KmsClient({
    endpoint: 'http://localhost:1',
    region: 'eu-central-1',
    credentials: async (...given) => {
      calls.push(given);
      return { accessKeyId: 'AKID', secretAccessKey: 'secret' };
    },
    fetch: async () => Response.json({ Plaintext: Buffer.alloc(8).toString('base64') }),
  });
  await kms.generateRandom({ numberOfBytes: 8 });
  assert.deepEqual(calls, [[]]);
});
