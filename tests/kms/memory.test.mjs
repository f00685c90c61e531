// No secret of a KMS call stays in linear memory: after each kind of call all of it is searched for
// what went out and what came in, as bytes and as the base64 of the protocol. Copies in JavaScript's
// own heap are the caller's.

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

// Internal: the instance of the core and its memory.
import { core } from '../../pkg/core/core.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf } from './support.mjs';

let dev;
let kms;
before(async () => {
  dev = await startDevKms();
  kms = clientOf(dev);
});
after(() => dev.close());

/** Where bytes that are known to be secret lie in memory: their beginning, middle and end. */
function traces(secret) {
  const bytes = Buffer.from(secret);
  const base64 = Buffer.from(bytes.toString('base64').slice(0, -4));
  const memory = Buffer.from(core().memory.buffer);
  return [bytes, base64].flatMap((form) => {
    const length = Math.min(16, form.length);
    const starts = [0, (form.length - length) >> 1, form.length - length];
    return starts.map((at) => memory.indexOf(form.subarray(at, at + length)));
  });
}

function assertGone(what, secret) {
  assert.ok(secret.length >= 16, 'long enough to be known again');
  assert.deepEqual(new Set(traces(secret)), new Set([-1]), `${what} is in linear memory`);
}

test('the search finds what is there', () => {
  const marker = randomBytes(48);
  const at = core().reserveInput(marker.length);
  core().memory.set(marker, at);
  assert.deepEqual(traces(marker).slice(0, 3), [at, at + 16, at + 32]);
  core().memory.fill(0, at, at + marker.length);
  assertGone('the marker', marker);
});

test('data keys, key pairs, random bytes, plaintexts', async () => {
  const { arn: keyId } = await dev.createKey();
  for (let round = 0; round < 3; round++) {
    const dataKey = await kms.generateDataKey({ keyId, keySpec: 'AES_256' });
    assertGone('a data key', dataKey.plaintext);
    const { plaintext } = await kms.decrypt({ keyId, ciphertextBlob: dataKey.ciphertextBlob });
    assert.deepEqual(plaintext, dataKey.plaintext);
    assertGone('a decrypted data key', plaintext);
    assertGone('random bytes', (await kms.generateRandom({ numberOfBytes: 64 })).plaintext);
    const secret = new Uint8Array(randomBytes(4096));
    await kms.encrypt({ keyId, plaintext: secret });
    assertGone('a plaintext', secret);
    for (const keyPairSpec of ['ECC_NIST_P256', 'RSA_2048']) {
      const pair = await kms.generateDataKeyPair({ keyId, keyPairSpec });
      const der = Buffer.from(pair.privateKeyPlaintext);
      const { d } = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
        format: 'jwk',
      });
      assertGone('a private key', Buffer.from(d, 'base64url'));
      // Its end: the beginning of every PKCS#8 key of a kind is the same and is no secret.
      assertGone('a private key in PKCS#8', der.subarray(-64));
      await kms.decrypt({ keyId, ciphertextBlob: pair.privateKeyCiphertextBlob });
      assertGone('a decrypted private key', Buffer.from(d, 'base64url'));
    }
  }
});

test('shared secrets, messages, MACs', async () => {
  const agree = await dev.createKey({ keySpec: 'ECC_NIST_P384', keyUsage: 'KEY_AGREEMENT' });
  const signer = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' });
  const hmac = await dev.createKey({ keySpec: 'HMAC_512', keyUsage: 'GENERATE_VERIFY_MAC' });
  const peer = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
  const publicKey = new Uint8Array(peer.export({ type: 'spki', format: 'der' }));
  const { sharedSecret } = await kms.deriveSharedSecret({ keyId: agree.arn, publicKey });
  assertGone('a shared secret', sharedSecret);
  const message = new Uint8Array(randomBytes(1000));
  const sign = { keyId: signer.arn, message, signingAlgorithm: 'ECDSA_SHA_256' };
  const { signature } = await kms.sign(sign);
  await kms.verify({ ...sign, signature });
  const mac = await kms.generateMac({ keyId: hmac.arn, message, macAlgorithm: 'HMAC_SHA_512' });
  assertGone('a message', message);
  assertGone('a MAC', mac.mac);
});

test('the host hands responses over and keeps none of them', async () => {
  const bodies = [];
  const spy = async (url, init) => {
    const response = await fetch(url, init);
    const body = await response.arrayBuffer();
    bodies.push(new Uint8Array(body));
    return { status: response.status, headers: response.headers, arrayBuffer: async () => body };
  };
  const spied = clientOf(dev, { fetch: spy });
  const { arn: keyId } = await dev.createKey();
  await spied.generateDataKey({ keyId, keySpec: 'AES_256' });
  assert.equal(bodies.length, 1);
  assert.ok(bodies[0].length > 100 && bodies[0].every((byte) => byte === 0));
});
