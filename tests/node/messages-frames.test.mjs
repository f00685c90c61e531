// Frames of any length beside the pieces in which long messages cross: every message has the frames that it should have, and
// opens; whoever does the AES. A tag that does not match gives nothing out, wherever in a frame the change is.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';

// Internal: the instance of the core, and its choice of a cipher.
import { core } from '../../pkg/core/core.js';
import { inspect } from '../../pkg/entrypoints/index.js';
import { hostCrypto } from '../../pkg/host/crypto.js';
import { engines, useEngine, usualEngine } from '../support/engines.mjs';
import { throughStream } from '../support/esdk.mjs';
import { aes, clientFor, refused } from './messages-support.mjs';

const internals = { core, hostCrypto };
after(() => usualEngine(internals));

const KIB = 1024;
const keyring = aes();
const client = clientFor('0578');
// Bytes that do not repeat within what is tried.
const ALL = new Uint8Array(4_200_000);
for (let at = 0, block = Buffer.from('0'); at < ALL.length; at += 64) {
  block = createHash('sha512').update(block).digest();
  ALL.set(block.subarray(0, Math.min(64, ALL.length - at)), at);
}

/** The lengths of the frames of a message, as it says them, and that nothing but a footer is behind the last. */
function framesOf(message, footer) {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const { headerLength, frameLength } = lengths(message);
  const found = [];
  let at = headerLength;
  for (;;) {
    const last = view.getUint32(at) === 0xffff_ffff;
    assert.equal(view.getUint32(last ? at + 4 : at), found.length + 1);
    const length = last ? view.getUint32(at + 20) : frameLength;
    found.push(length);
    at += (last ? 24 : 16) + length + 16;
    if (last) break;
  }
  assert.equal(message.length - at, footer);
  return found;
}

/** A header of version 2: everything before the frame length is counted, and behind it are commitment and tag. */
function lengths(message) {
  const { frameLength } = inspect(message);
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  let at = 1 + 2 + 32;
  at += 2 + view.getUint16(at);
  const keys = view.getUint16(at);
  at += 2;
  for (let i = 0; i < 3 * keys; i++) at += 2 + view.getUint16(at);
  assert.equal(view.getUint32(at + 1), frameLength);
  return { headerLength: at + 1 + 4 + 32 + 16, frameLength };
}

const expected = (length, frameLength) => {
  const full = Math.max(0, Math.ceil(length / frameLength) - 1);
  return [...Array(full).fill(frameLength), length - full * frameLength];
};

for (const engine of engines(internals)) {
  test(`frames below, at and above what crosses at once, with the engine '${engine}'`, async () => {
    useEngine(internals, engine);
    for (const [frameLength, ...sizes] of [
      [1000, 131_072, 131_073, 300_000],
      [64 * KIB, 128 * KIB + 1, 256 * KIB, 300_000],
      [100_000, 200_000, 300_001],
      [128 * KIB, 128 * KIB, 256 * KIB, 256 * KIB + 1],
      [128 * KIB + 1, 256 * KIB + 2, 300_000],
      [256 * KIB, 200_000, 256 * KIB, 512 * KIB, 600_000],
      [1024 * KIB, 500_000, 1024 * KIB, 2048 * KIB, 2_200_000],
      [1024 * KIB + 1, 1024 * KIB + 2, 2_200_000],
      [2 ** 32 - 1, 700_000],
    ]) {
      for (const size of sizes) {
        for (const algorithmSuite of ['0478', '0578']) {
          const plaintext = ALL.subarray(0, size);
          const options = { keyring, algorithmSuite, frameLength };
          const what = `${algorithmSuite}, ${size} bytes in frames of ${frameLength}`;
          const { ciphertext } = await client.encrypt(plaintext, options);
          const footer = algorithmSuite === '0578' ? 105 : 0;
          assert.deepEqual(framesOf(ciphertext, footer), expected(size, frameLength), what);
          const opened = (await client.decrypt(ciphertext, { keyring })).plaintext;
          assert.ok(Buffer.from(opened).equals(plaintext), what);
          const stream = client.encryptStream(options);
          const streamed = await throughStream(stream, plaintext, 1_500_000);
          assert.deepEqual(framesOf(streamed, footer), expected(size, frameLength), what);
        }
      }
    }
  });

  test(`a change anywhere in a long frame gives nothing out, with the engine '${engine}'`, async () => {
    useEngine(internals, engine);
    const options = { keyring, algorithmSuite: '0478', frameLength: 256 * KIB };
    const { ciphertext } = await client.encrypt(ALL.subarray(0, 600_000), options);
    const { headerLength } = lengths(ciphertext);
    for (const place of [0, 70_000, 256 * KIB - 1, 256 * KIB + 15]) {
      const changed = ciphertext.slice();
      // In the second frame.
      changed[headerLength + (16 + 256 * KIB + 16) + 16 + place] ^= 1;
      await refused(() => client.decrypt(changed, { keyring }), 'FRAME_TAG_MISMATCH');
      const released = [];
      const stream = client.decryptStream({ keyring });
      await refused(
        () => throughStream(stream, changed, 1_500_000, released),
        'FRAME_TAG_MISMATCH',
      );
      const given = Buffer.concat(released);
      assert.ok(given.length <= 256 * KIB);
      assert.ok(given.equals(ALL.subarray(0, given.length)));
      // Nor does the core keep of it what was opened before the tag was looked at.
      const memory = Buffer.from(core().memory);
      for (const at of [256 * KIB, 256 * KIB + 100_000, 512 * KIB - 64])
        assert.equal(memory.indexOf(ALL.subarray(at, at + 32)), -1, `plaintext from ${at} on`);
    }
  });
}

test('a client that may hold little encrypts long frames nevertheless', async () => {
  usualEngine(internals);
  const careful = clientFor('0478', { maxPendingBytes: 200_000 });
  const plaintext = ALL.subarray(0, 1_300_000);
  const options = { keyring, algorithmSuite: '0478', frameLength: 1024 * KIB };
  const { ciphertext } = await careful.encrypt(plaintext, options);
  assert.deepEqual(framesOf(ciphertext, 0), expected(1_300_000, 1024 * KIB));
  const tiny = clientFor('0478', { maxPendingBytes: 100_000 });
  await refused(() => tiny.encrypt(plaintext, options), 'LIMIT_EXCEEDED');
});

test('a buffer that is taken away between two pieces is refused', async () => {
  const buffer = new ArrayBuffer(3 << 20);
  const work = client.encrypt(new Uint8Array(buffer), { keyring, frameLength: 1 << 20 });
  structuredClone(buffer, { transfer: [buffer] });
  const outcome = await work.then(
    () => 'whole',
    ({ code }) => code,
  );
  assert.equal(outcome, 'INVALID_ARGUMENT');
});
