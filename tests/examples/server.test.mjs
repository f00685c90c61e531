// The backend of the form page: what it serves, and whom it refuses.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';

import { startServer } from '../../examples/demo/server.mjs';
import { fields, table } from '../../examples/demo/table.js';
import {
  awsKmsRsaKeyring,
  fromDynamoJson,
  ItemEncryptor,
  toAttributeMap,
  toDynamoJson,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';

let kms;
let server;
let items;

before(async () => {
  kms = await startDevKms();
  const { arn, publicKeyPem } = await kms.createKey({ keySpec: 'RSA_2048' });
  server = await startServer({ endpoint: kms.url, region: kms.region, keyId: arn });
  const keyring = awsKmsRsaKeyring({ kmsKeyId: arn, publicKey: publicKeyPem });
  items = new ItemEncryptor({ ...table, keyring });
});
after(async () => {
  await server.close();
  await kms.close();
});

/** A request as it is, paths and headers included, which `fetch` would tidy. */
function ask(method, path, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.url);
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode, headers: response.headers, text });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const post = (path, value, headers = {}) =>
  ask('POST', path, {
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof value === 'string' ? value : JSON.stringify(value),
  });
const codeOf = ({ text }) => JSON.parse(text).error.code;

const EMPTY = Object.fromEntries(fields.map((name) => [name, '']));

async function sealed(record = {}) {
  const { item } = await items.encryptItem(
    toAttributeMap({ customer_id: 'c-1', ...EMPTY, name: 'Ada', ssn: '219-09-9999', ...record }),
  );
  return item;
}

/** A row as the form sends it. */
const body = (item) => `{"fieldseal":${toDynamoJson(item)}}`;

test('stores a sealed row and opens it', async () => {
  const row = await sealed();
  const stored = await post('/customers', body(row));
  assert.equal(stored.status, 200);
  assert.deepEqual(JSON.parse(stored.text).row, JSON.parse(toDynamoJson(row)));
  const opened = JSON.parse((await post('/open', { customer_id: 'c-1' })).text);
  assert.deepEqual(fromDynamoJson(JSON.stringify(opened.item)).name, { S: 'Ada' });
  assert.equal(opened.kmsCalls, 1);
});

test('every answer carries the policy', async () => {
  for (const path of ['/', '/form.js', '/pkg/entrypoints/index.js', '/no-such-page']) {
    const { headers } = await ask('GET', path);
    assert.match(headers['content-security-policy'], /default-src 'none'.*'wasm-unsafe-eval'/);
    assert.doesNotMatch(headers['content-security-policy'], /unsafe-inline|'unsafe-eval'|\*/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }
});

test('a flipped byte stays flipped until it is flipped back', async () => {
  await post('/customers', body(await sealed({ customer_id: 'c-2' })));
  const id = { customer_id: 'c-2' };
  assert.deepEqual(JSON.parse((await post('/flip', id)).text).flipped.attribute, 'ssn');
  const refused = await post('/open', id);
  assert.deepEqual([refused.status, codeOf(refused)], [422, 'SIGNATURE_MISMATCH']);
  await post('/flip', id);
  assert.equal((await post('/open', id)).status, 200);
});

test('refuses rows that are not sealed', async () => {
  const row = await sealed();
  const { aws_dbe_foot: foot, ...footless } = row;
  assert.ok(foot);
  const other = await kms.createKey({ keySpec: 'RSA_2048' });
  const keyring = awsKmsRsaKeyring({ kmsKeyId: other.arn, publicKey: other.publicKeyPem });
  const { item: foreign } = await new ItemEncryptor({ ...table, keyring }).encryptItem(
    toAttributeMap({ customer_id: 'c-1', ...EMPTY }),
  );
  const cases = {
    'a readable name': [{ ...row, name: { S: 'Ada' } }, 'PLAINTEXT_ITEM'],
    'no footer': [footless, 'MALFORMED_ATTRIBUTE'],
    'an unknown attribute': [{ ...row, phone: { B: new Uint8Array([1]) } }, 'MALFORMED_ATTRIBUTE'],
    'an attribute with a name of the language': [
      { ...row, constructor: { S: 'x' } },
      'MALFORMED_ATTRIBUTE',
    ],
    'no customer': [{ ...row, customer_id: { N: '1' } }, 'ROW_REFUSED'],
    'another key': [foreign, 'MALFORMED_ATTRIBUTE'],
  };
  for (const [name, [item, code]] of Object.entries(cases)) {
    const answer = await post('/customers', body(item));
    assert.deepEqual([answer.status, codeOf(answer)], [422, code], name);
  }
  const malformed = await post('/customers', '{"fieldseal":{"customer_id":{"B":"%"}}}');
  assert.deepEqual([malformed.status, codeOf(malformed)], [422, 'MALFORMED_ATTRIBUTE']);
  const unsealed = await post('/customers', '{"name":"Ada"}');
  assert.deepEqual([unsealed.status, codeOf(unsealed)], [400, 'ROW_REFUSED']);
});

test('refuses requests that are not its page’s', async () => {
  const { host } = new URL(server.url);
  assert.equal(
    (await ask('GET', '/public-key', { headers: { host: 'rebound.example' } })).status,
    403,
  );
  const origin = 'http://elsewhere.example';
  assert.equal((await post('/open', { customer_id: 'c-1' }, { origin })).status, 403);
  const own = { origin: `http://${host}` };
  assert.notEqual((await post('/open', { customer_id: 'c-1' }, own)).status, 403);
  const form = { 'content-type': 'text/plain' };
  assert.equal((await post('/open', { customer_id: 'c-1' }, form)).status, 415);
});

test('refuses bodies and paths it does not know', async () => {
  assert.equal((await post('/open', 'no json')).status, 400);
  assert.equal((await post('/open', { customer_id: 7 })).status, 400);
  assert.equal((await post('/open', 'null')).status, 400);
  const unknown = await post('/open', { customer_id: 'nobody' });
  assert.deepEqual([unknown.status, codeOf(unknown)], [404, 'ROW_NOT_FOUND']);
  assert.equal((await post('/customers', ' '.repeat(1_000_001))).status, 413);
  for (const path of [
    '/pkg/../examples/demo/server.mjs',
    '/pkg/testing/index.js',
    '/pkg/%2e%2e/Makefile',
    '/server.mjs',
    '/service.mjs',
    '//',
  ]) {
    assert.equal((await ask('GET', path)).status, 404, path);
  }
  assert.equal((await ask('DELETE', '/')).status, 404);
});

test('says which way KMS failed, and nothing of the record', async () => {
  await post('/customers', body(await sealed({ customer_id: 'c-3' })));
  const id = { customer_id: 'c-3' };
  kms.faults.failNext(1, 400, { operation: 'Decrypt', errorName: 'AccessDeniedException' });
  const denied = await post('/open', id);
  assert.deepEqual([denied.status, codeOf(denied)], [503, 'KMS_ACCESS_DENIED']);
  assert.doesNotMatch(denied.text, /"Ada"|219-09-9999/);
  kms.faults.dropNext(2, { operation: 'Decrypt' });
  const dropped = await post('/open', id);
  assert.deepEqual([dropped.status, codeOf(dropped)], [503, 'KMS_UNREACHABLE']);
  assert.equal((await post('/open', id)).status, 200);
});
