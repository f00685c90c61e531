// No damaged message is opened: every byte of a message of every suite is changed, every length is
// tried, and what a stream gives out before it fails is the beginning of the plaintext. All of it
// through one instance of the core, which goes on working.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

// Internal: the instance of the core, to tell one from the next.
import { core } from '../../pkg/core/core.js';
import { inspect } from '../../pkg/entrypoints/index.js';
import { Random } from '../interop/random.mjs';
import { concat, throughStream } from '../support/esdk.mjs';
import { seed } from '../support/seed.mjs';
import { aes, bytes, clientFor, refused, signs, SUITES } from './messages-support.mjs';

const PLAINTEXT = bytes(40);
const CONTEXT = { tenant: 'é', purpose: 'test' };
/** What is wrong with a message, never with the caller or with this library. */
const VERDICTS = [
  'MALFORMED_MESSAGE',
  'MALFORMED_ENCRYPTION_CONTEXT',
  'MALFORMED_ENCRYPTED_DATA_KEY',
  'MALFORMED_KEY',
  'NO_KEYRING_OPENED',
  'COMMITMENT_MISMATCH',
  'HEADER_TAG_MISMATCH',
  'FRAME_TAG_MISMATCH',
  'SIGNATURE_MISMATCH',
  'LIMIT_EXCEEDED',
];

let instance;
const keyring = aes();
const messages = new Map();
const headers = new Map();
const read = (suite, message) => clientFor(suite).decrypt(message, { keyring });

before(async () => {
  instance = core();
  for (const suite of SUITES) {
    const options = { keyring, algorithmSuite: suite, frameLength: 16, encryptionContext: CONTEXT };
    const { ciphertext, header } = await clientFor(suite).encrypt(PLAINTEXT, options);
    messages.set(suite, ciphertext);
    headers.set(suite, header);
  }
});
after(() => assert.equal(core(), instance, 'one and the same instance'));

async function stillWorks(suite) {
  assert.deepEqual((await read(suite, messages.get(suite))).plaintext, PLAINTEXT);
  assert.equal(core(), instance, 'one and the same instance');
}

for (const suite of SUITES) {
  test(`${suite}: no changed byte is accepted`, async () => {
    const message = messages.get(suite);
    const seen = new Map();
    for (let i = 0; i < message.length; i++) {
      for (const change of [1, 0x80, 0xff]) {
        const other = message.slice();
        other[i] ^= change;
        const { code } = await refused(() => read(suite, other), VERDICTS);
        seen.set(code, (seen.get(code) ?? 0) + 1);
      }
    }
    console.log(`${suite}: ${message.length} bytes, ${JSON.stringify(Object.fromEntries(seen))}`);
    assert.ok(seen.size >= 4, 'several checks did it');
    assert.equal(seen.has('SIGNATURE_MISMATCH'), signs(suite));
    await stillWorks(suite);
  });

  test(`${suite}: a stream gives out nothing but the beginning of the plaintext`, async () => {
    const message = messages.get(suite);
    for (let i = 0; i < message.length; i += 3) {
      const other = message.slice();
      other[i] ^= 1 << (i % 8);
      const released = [];
      const stream = clientFor(suite).decryptStream({ keyring });
      const chunk = 1 + (i % 64);
      const error = await refused(() => throughStream(stream, other, chunk, released), VERDICTS);
      const before = concat(released);
      assert.deepEqual(before, PLAINTEXT.subarray(0, before.length), `byte ${i}`);
      assert.ok(before.length <= 32, 'not the last frame');
      const header = await stream.header.catch((reason) => reason);
      if (header !== error) assert.deepEqual(header, headers.get(suite), 'that of the message');
      assert.ok(before.length === 0 || header !== error);
    }
    await stillWorks(suite);
  });

  test(`${suite}: no truncation and no addition is accepted`, async () => {
    const message = messages.get(suite);
    for (let n = 0; n < message.length; n++) {
      await refused(() => read(suite, message.subarray(0, n)), 'MALFORMED_MESSAGE');
    }
    for (const more of [[0], [0, 0], [...message]]) {
      const longer = concat([message, Uint8Array.from(more)]);
      await refused(() => read(suite, longer), 'MALFORMED_MESSAGE', /bytes at its end/);
      const stream = clientFor(suite).decryptStream({ keyring });
      await refused(() => throughStream(stream, longer, 5), 'MALFORMED_MESSAGE');
    }
    await stillWorks(suite);
  });
}

test('base64 text given as bytes is named', async () => {
  for (const suite of SUITES) {
    const text = Buffer.from(Buffer.from(messages.get(suite)).toString('base64'));
    await refused(() => read(suite, text), 'MALFORMED_MESSAGE', /base64/);
    const stream = clientFor(suite).decryptStream({ keyring });
    await refused(() => throughStream(stream, text, 1), 'MALFORMED_MESSAGE', /base64/);
    assert.throws(() => inspect(text), { code: 'MALFORMED_MESSAGE', message: /base64/ });
  }
});

test('10,000 damaged or random messages', async (t) => {
  const r = new Random(seed(t, 'hostile'));
  const verdicts = new Map();
  for (let i = 0; i < 10_000; i++) {
    const suite = r.pick(SUITES);
    let message = Buffer.from(messages.get(suite));
    for (let left = r.int(1, 3); left > 0; left--) {
      const at = r.int(0, Math.max(0, message.length - 1));
      switch (r.int(0, 7)) {
        case 0:
          message = Buffer.from(r.bytes(r.int(0, 300)));
          break;
        case 1:
          message = message.subarray(0, at);
          break;
        case 2:
          message = Buffer.concat([message.subarray(0, at), r.bytes(r.int(1, 40))]);
          break;
        case 3: {
          // Lengths and counts that lie.
          const lie = r.pick([0, 1, 0xffff, 0x7fffffff, 0xffffffff]);
          if (message.length > 4) message.writeUInt32BE(lie, r.int(0, message.length - 4));
          break;
        }
        case 4:
          message = Buffer.concat([message.subarray(0, at), message.subarray(at + r.int(1, 9))]);
          break;
        case 5:
          message = Buffer.concat([message.subarray(0, at), message.subarray(at - r.int(1, 9))]);
          break;
        default:
          if (message.length > 0) message[at] ^= r.int(1, 255);
      }
    }
    if (message.equals(messages.get(suite))) continue;
    const { code } = await refused(() => read(suite, message), VERDICTS);
    verdicts.set(code, (verdicts.get(code) ?? 0) + 1);
    try {
      inspect(message);
    } catch (error) {
      assert.match(error.code, /^MALFORMED_/);
    }
  }
  console.log(JSON.stringify(Object.fromEntries(verdicts)));
  for (const suite of SUITES) await stillWorks(suite);
});
