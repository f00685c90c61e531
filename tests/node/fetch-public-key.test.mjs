// Public keys from where they are published: what may come, and what must not.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { fetchPublicKey, publicKeyFingerprint } from '../../pkg/entrypoints/index.js';
import { refused } from '../kms/support.mjs';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = publicKey.export({ type: 'spki', format: 'pem' });
const der = publicKey.export({ type: 'spki', format: 'der' });
const jwk = publicKey.export({ format: 'jwk' });
const fingerprint = await publicKeyFingerprint(pem);

/** What the server answers, by path: a status, a media type and a body. */
const ANSWERS = {
  '/key.pem': [200, 'application/x-x509-ca-cert', pem],
  '/key.txt': [200, 'text/plain; charset=utf-8', der.toString('base64')],
  '/key.der': [200, 'application/octet-stream', der],
  '/s3': [200, 'binary/octet-stream', pem],
  '/none': [200, undefined, pem],
  '/key.json': [200, 'Application/JSON', JSON.stringify(jwk)],
  '/jwks.json': [200, 'application/jwk-set+json', JSON.stringify({ keys: [{ ...jwk, kid: 'a' }] })],
  '/two.json': [
    200,
    'application/json',
    JSON.stringify({
      keys: [
        { kid: 'b', kty: 'OKP' },
        { ...jwk, kid: 'a' },
      ],
    }),
  ],
  '/page': [200, 'text/html', '<!doctype html><title>My app</title>'],
  '/page-as-text': [200, 'text/plain', '<!doctype html><title>My app</title>'],
  '/missing': [404, 'text/plain', pem],
  '/forbidden': [403, 'application/xml', '<Error/>'],
  '/broken': [503, 'text/plain', 'later'],
  '/partial': [206, 'text/plain', pem],
  '/empty': [204, 'text/plain', undefined],
  '/nothing': [200, 'text/plain', ''],
  '/private': [200, 'text/plain', privateKey.export({ type: 'pkcs8', format: 'pem' })],
  '/long': [200, 'text/plain', pem + '\n'.repeat(1 << 16)],
  '/moved': [302, undefined, undefined, { location: '/key.pem' }],
  '/moved-for-ever': [308, 'text/plain', pem, { location: '/key.pem' }],
};

let server;
let base;
let closed;
before(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    // Neither headers nor a body, or half a body.
    if (pathname === '/hangs') return;
    if (pathname === '/hangs-within') {
      response.writeHead(200, { 'content-type': 'text/plain' }).write(pem.slice(0, 100));
      response.on('close', () => closed?.());
      return;
    }
    if (pathname === '/breaks') return void request.socket.destroy();
    const [status, type, body, more] = ANSWERS[pathname];
    const headers = { ...(type && { 'content-type': type }), ...more };
    response.writeHead(status, headers).end(body);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

describe('what comes', () => {
  for (const path of [
    '/key.pem',
    '/key.txt',
    '/key.der',
    '/s3',
    '/none',
    '/key.json',
    '/jwks.json',
  ]) {
    test(path, async () => {
      for (const options of [
        undefined,
        { fingerprint },
        { fingerprint: fingerprint.toUpperCase() },
      ]) {
        assert.equal(await fetchPublicKey(base + path, options), pem);
        assert.equal(await fetchPublicKey(new URL(base + path), options), pem);
      }
    });
  }
  test('one key of a set', async () => {
    assert.equal(await fetchPublicKey(`${base}/two.json`, { kid: 'a', fingerprint }), pem);
    const code = 'MALFORMED_KEY';
    await refused(fetchPublicKey(`${base}/two.json`, { kid: 'b' }), { code });
    await refused(fetchPublicKey(`${base}/two.json`), { code, message: /a set of 2 keys/ });
  });
  test("by a fetch of one's own, which is told what it may do", async () => {
    let asked;
    const fetch = async (url, init) => {
      asked = { url, ...init };
      return new Response(pem, { headers: { 'content-type': 'text/plain' } });
    };
    assert.equal(await fetchPublicKey('https://example.org/key', { fetch }), pem);
    const { url, redirect, credentials, signal } = asked;
    assert.deepEqual([url, redirect, credentials], ['https://example.org/key', 'manual', 'omit']);
    assert.ok(signal instanceof AbortSignal);
  });
  test('as many bytes as may come', async () => {
    const most = pem + '\n'.repeat((1 << 16) - pem.length);
    const fetch = async () => new Response(most);
    assert.equal(await fetchPublicKey('https://example.org/key', { fetch }), pem);
  });
  test('relative to the page', async () => {
    const fetch = async (url) => new Response(url === 'https://example.org/a/key.pem' ? pem : '');
    globalThis.location = { href: 'https://example.org/a/form.html?x=1' };
    try {
      assert.equal(await fetchPublicKey('key.pem', { fetch }), pem);
    } finally {
      delete globalThis.location;
    }
  });
});

describe('what must not come', () => {
  const failed = 'HOST_FAILED';
  for (const [path, code, message, status] of [
    ['/page', failed, /answers with text\/html/, 200],
    ['/page-as-text', 'MALFORMED_KEY', /a page \(HTML\)/],
    ['/missing', failed, /the status 404/, 404],
    ['/forbidden', failed, /the status 403/, 403],
    ['/broken', failed, /the status 503/, 503],
    ['/partial', failed, /the status 206/, 206],
    ['/empty', failed, /the status 204/, 204],
    ['/nothing', 'MALFORMED_KEY', /empty/],
    ['/private', 'MALFORMED_KEY', /a private key where a public key belongs/],
    ['/long', 'LIMIT_EXCEEDED', /more than 65536 bytes/],
    ['/moved', failed, /a redirect, which is not followed/, 302],
    ['/moved-for-ever', failed, /a redirect, which is not followed/, 308],
    ['/breaks', failed, /no public key from http:\/\/127/],
  ]) {
    test(path, async () => {
      // Nor with a pin.
      for (const options of [{}, { fingerprint }]) {
        const url = `${base}${path}?token=secret`;
        const error = await refused(fetchPublicKey(url, options), { code, message, status });
        assert.ok(!error.message.includes('secret'), error.message);
      }
    });
  }

  test('another key than the pinned one', async () => {
    const pin = 'ab'.repeat(32);
    const error = await refused(fetchPublicKey(`${base}/key.pem`, { fingerprint: pin }), {
      code: 'PINNED_KEY_MISMATCH',
      name: 'AuthenticationError',
    });
    assert.ok(error.message.includes(pin) && error.message.includes(fingerprint));
  });

  test('a redirect that a fetch followed all the same', async () => {
    const fetch = (url, { signal }) => globalThis.fetch(url, { signal });
    const message = /a redirect, which is not followed/;
    await refused(fetchPublicKey(`${base}/moved`, { fetch }), { code: failed, message });
  });

  test('a body of nothing but empty chunks, which leaves no other work its turn', async () => {
    const pull = (controller) => controller.enqueue(new Uint8Array());
    const fetch = async () => new Response(new ReadableStream({ pull }));
    const message = /the body never comes/;
    await refused(fetchPublicKey('https://a.example', { fetch }), { code: 'HOST_FAILED', message });
  });
  test('a redirect of which a page sees nothing: without a status', async () => {
    const fetch = async () => ({ type: 'opaqueredirect', status: 0, body: null });
    const url = 'https://example.org/key';
    const message = /a redirect, which is not followed/;
    const error = await refused(fetchPublicKey(url, { fetch }), { code: failed, message });
    assert.ok(!('status' in error));
  });

  test('statuses at the border of redirects; the body is let go of', async () => {
    for (const [status, message] of [
      [199, /the status 199/],
      [201, /the status 201/],
      [299, /the status 299/],
      [300, /a redirect/],
      [399, /a redirect/],
      [400, /the status 400/],
    ]) {
      let cancelled = 0;
      const body = { cancel: async () => (cancelled += 1) };
      const fetch = async () => ({ status, headers: new Headers(), body });
      const refusal = fetchPublicKey('https://example.org/key', { fetch });
      await refused(refusal, { code: failed, message, status });
      assert.equal(cancelled, 1, status);
    }
  });

  test('no fetch', async () => {
    const { fetch } = globalThis;
    globalThis.fetch = undefined;
    try {
      const message = /there is no fetch/;
      await refused(fetchPublicKey('https://example.org/key'), { code: failed, message });
    } finally {
      globalThis.fetch = fetch;
    }
  });

  test('a millisecond is a time', async () => {
    const fetch = () => new Promise(() => {});
    const refusal = fetchPublicKey('https://example.org/key', { fetch, timeoutMs: 1 });
    await refused(refusal, { code: failed, message: /it was not there in time/ });
  });

  test('nobody there', async () => {
    await refused(fetchPublicKey('http://127.0.0.1:1/key.pem'), { code: failed });
  });

  test('nothing in time: neither headers nor all of the body', async () => {
    for (const path of ['/hangs', '/hangs-within']) {
      const ended = new Promise((resolve) => (closed = resolve));
      const slow = fetchPublicKey(base + path, { timeoutMs: 100 });
      await refused(slow, { code: failed, message: /it was not there in time/ });
      if (path === '/hangs-within') await ended;
    }
  });

  test('aborted before and meanwhile: the reason', async () => {
    const reason = new Error('enough');
    const aborted = AbortSignal.abort(reason);
    await assert.rejects(fetchPublicKey(`${base}/key.pem`, { signal: aborted }), reason);
    const controller = new AbortController();
    const call = fetchPublicKey(`${base}/hangs`, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(call, reason);
  });
});

describe('addresses and options', () => {
  const code = 'INVALID_ARGUMENT';
  for (const [what, url, options, message] of [
    ['no URL', 'key.pem', {}, /url is not a URL/],
    ['a number', 7, {}, /url must be a URL/],
    ['a file', 'file:///etc/key.pem', {}, /not with file:/],
    ['data', `data:text/plain,${encodeURIComponent(pem)}`, {}, /not with data:/],
    ['no TLS and no pin', 'http://example.org/key.pem', {}, /whoever is on the way/],
    ['a name that begins as this machine', 'http://localhost.example.org/', {}, /on the way/],
    ['a password', 'https://a:b@example.org/key.pem', {}, /a name or a password/],
    ['a name alone', 'https://a@example.org/key.pem', {}, /a name or a password/],
    ['a password alone', 'https://:b@example.org/key.pem', {}, /a name or a password/],
    ['half a fingerprint', 'https://example.org/', { fingerprint: 'ab' }, /64 hexadecimal digits/],
    [
      'a fingerprint in bytes',
      'https://example.org/',
      { fingerprint: new Uint8Array(32) },
      /a string/,
    ],
    ['no time', 'https://example.org/', { timeoutMs: 0 }, /timeoutMs must be/],
    ['time in words', 'https://example.org/', { timeoutMs: '1s' }, /timeoutMs must be/],
    ['another fetch', 'https://example.org/', { fetch: {} }, /fetch must be a function/],
    ['another signal', 'https://example.org/', { signal: {} }, /signal must be an AbortSignal/],
    ['another option', 'https://example.org/', { fingerprints: [] }, /did you mean 'fingerprint'/],
  ]) {
    test(what, async () => {
      const fetch = () => assert.fail('it was asked');
      await refused(fetchPublicKey(url, { fetch, ...options }), { code, message });
    });
  }
  test('no TLS with a pin', async () => {
    const fetch = async () => new Response(pem, { headers: { 'content-type': 'text/plain' } });
    assert.equal(await fetchPublicKey('http://example.org/key', { fetch, fingerprint }), pem);
  });
});
