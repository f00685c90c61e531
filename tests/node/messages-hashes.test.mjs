// What is signed is hashed by Node, piece by piece, where it lies. Each hash is looked at: it was fed the message as it was
// given out, or as it was verified, once; and it goes when its message has gone, however that ended.

import assert from 'node:assert/strict';
import nodeCrypto from 'node:crypto';
import { afterEach, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Internal: the instance of the core.
import { core } from '../../pkg/core/core.js';
import { throughStream } from '../support/esdk.mjs';
import { aes, bytes, clientFor, refused } from './messages-support.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const turn = () => new Promise(setImmediate);

/** The hashes that were begun: what they were fed, how often they were ended, and the hashes, weakly. */
let hashes = [];
/** How many times one is fed before it fails, or says something else. */
let failsAfter = Infinity;
let wrong = false;

const { createHash } = nodeCrypto;
nodeCrypto.createHash = (name) => {
  const hash = createHash(name);
  const seen = { name, fed: [], ended: 0, ref: new WeakRef(hash) };
  hashes.push(seen);
  const { update, digest } = hash;
  hash.update = (piece) => {
    if (seen.fed.length >= failsAfter) throw new Error('out of order');
    seen.fed.push(Buffer.from(piece));
    return update.call(hash, piece);
  };
  hash.digest = () => {
    seen.ended++;
    const made = digest.call(hash);
    return wrong ? made.subarray(1) : made;
  };
  return hash;
};

afterEach(() => {
  hashes = [];
  failsAfter = Infinity;
  wrong = false;
});

const keyring = aes();
const FRAME = 10_000;
const sealing = (suite) => ({ keyring, algorithmSuite: suite, frameLength: FRAME });
const NAMES = { '0214': 'sha256', '0346': 'sha384', '0378': 'sha384', '0578': 'sha384' };

/** The message without its footer, which is a length and the signature. */
const signed = (message, suite) =>
  message.subarray(0, message.length - (suite === '0214' ? 73 : 105));

const client = clientFor('0578');
const message = (await client.encrypt(bytes(300_000), sealing('0578'))).ciphertext;

// The proofs that the host gives before its first hash are over now.
await clientFor('0214').encrypt(bytes(50_000), sealing('0214'));
hashes = [];

/** Asserts that just one hash was made, of exactly these bytes. */
function hashedOnce(expected, suite) {
  assert.equal(hashes.length, 1);
  const [{ name, fed, ended }] = hashes;
  assert.equal(name, NAMES[suite]);
  assert.equal(ended, 1);
  assert.ok(Buffer.concat(fed).equals(expected), 'what was hashed is the message');
}

/** Asserts that nothing holds the hashes that were made. */
async function areGone(made = hashes) {
  assert.ok(made.length > 0);
  for (let i = 0; i < 50 && made.some(({ ref }) => ref.deref()); i++) {
    // What was looked at stays until the host's turn.
    await turn();
    gc();
    await turn();
  }
  assert.equal(made.filter(({ ref }) => ref.deref()).length, 0, 'no hash is held');
}

for (const suite of Object.keys(NAMES)) {
  const client = clientFor(suite);
  for (const length of [9_000, FRAME, 100_000, 1_000_000]) {
    test(`${suite}, ${length} bytes: what is given out is what was hashed, once`, async () => {
      const { ciphertext } = await client.encrypt(bytes(length), sealing(suite));
      hashedOnce(signed(ciphertext, suite), suite);
      const whole = async () => (await client.decrypt(ciphertext, { keyring })).plaintext;
      const by = (chunk) => () =>
        throughStream(client.decryptStream({ keyring }), ciphertext, chunk);
      for (const [piece, way] of [
        [128 << 10, whole],
        [1000, by(1000)],
        [70_000, by(70_000)],
      ]) {
        hashes = [];
        const plaintext = await way();
        assert.ok(Buffer.from(plaintext).equals(bytes(length)));
        // A message on P-256 in one piece: what verifies it hashes it, too.
        if (suite === '0214' && ciphertext.length <= piece) continue;
        hashedOnce(signed(ciphertext, suite), suite);
      }
      hashes = [];
      const stream = client.encryptStream(sealing(suite));
      hashedOnce(signed(await throughStream(stream, bytes(length), 33_333), suite), suite);
      await areGone();
    });
  }
}

test('short messages, and those that are not signed, are left to the core', async () => {
  for (const [suite, length] of [
    ['0578', 7_000],
    ['0578', 0],
    ['0478', 1_000_000],
  ]) {
    const client = clientFor(suite);
    const { ciphertext } = await client.encrypt(bytes(length), sealing(suite));
    assert.ok(
      Buffer.from((await client.decrypt(ciphertext, { keyring })).plaintext).equals(bytes(length)),
    );
  }
  assert.equal(hashes.length, 0);
});

test('chunks that the caller changes once they are written', async () => {
  const { readable, writable } = client.decryptStream({ keyring });
  const opened = new Response(readable).arrayBuffer();
  const writer = writable.getWriter();
  for (let at = 0; at < message.length; at += 50_000) {
    const chunk = message.slice(at, at + 50_000);
    const written = writer.write(chunk);
    await written;
    chunk.fill(0xff);
  }
  await writer.close();
  assert.ok(Buffer.from(await opened).equals(bytes(300_000)));
  hashedOnce(signed(message, '0578'), '0578');
});

test('a byte that was changed, in the message or the signature, is refused', async () => {
  for (const at of [message.length - 1, message.length - 50, 200_000]) {
    const changed = message.slice();
    changed[at] ^= 1;
    await refused(
      () => client.decrypt(changed, { keyring }),
      ['SIGNATURE_MISMATCH', 'FRAME_TAG_MISMATCH', 'MALFORMED_MESSAGE'],
    );
    await refused(
      () => throughStream(client.decryptStream({ keyring }), changed, 40_000),
      ['SIGNATURE_MISMATCH', 'FRAME_TAG_MISMATCH', 'MALFORMED_MESSAGE'],
    );
  }
  await areGone();
});

test('a hash that fails, or has another length, fails its message and goes', async () => {
  const ways = [
    () => client.encrypt(bytes(300_000), sealing('0578')),
    () => client.decrypt(message, { keyring }),
    () => throughStream(client.encryptStream(sealing('0578')), bytes(300_000), 40_000),
    () => throughStream(client.decryptStream({ keyring }), message, 40_000),
  ];
  for (const way of ways) {
    for (failsAfter of [0, 1, 2]) await refused(way, 'HOST_FAILED');
    failsAfter = Infinity;
    wrong = true;
    await refused(way, 'HOST_FAILED');
    wrong = false;
  }
  assert.equal(hashes.length, 16);
  await areGone();
  const { plaintext } = await client.decrypt(message, { keyring });
  assert.ok(Buffer.from(plaintext).equals(bytes(300_000)), 'and the next one is as before');
});

/** A stream that is in the middle of its message, with a hash begun. */
async function half(stream, input) {
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const read = (async () => {
    while (!(await reader.read()).done);
  })();
  read.catch(() => undefined);
  writer.closed.catch(() => undefined);
  await writer.write(input.subarray(0, 150_000));
  assert.equal(hashes.length, 1);
  assert.ok(hashes[0].fed.length > 0);
  return { writer, reader };
}

for (const [name, make, input] of [
  [
    'encrypted',
    (options) => client.encryptStream({ ...sealing('0578'), ...options }),
    bytes(300_000),
  ],
  ['decrypted', (options) => client.decryptStream({ keyring, ...options }), message],
]) {
  test(`a message that is ${name} and aborted by its writer lets go of its hash`, async () => {
    const { writer } = await half(make({}), input);
    await writer.abort(new Error('no longer wanted'));
    await areGone();
    assert.equal(hashes[0].ended, 0);
  });

  test(`a message that is ${name} and cancelled by its reader lets go of its hash`, async () => {
    const { reader } = await half(make({}), input);
    await reader.cancel();
    await areGone();
    assert.equal(hashes[0].ended, 0);
  });

  test(`a message that is ${name} and ended by a signal lets go of its hash`, async () => {
    const controller = new AbortController();
    await half(make({ signal: controller.signal }), input);
    controller.abort();
    await areGone();
    assert.equal(hashes[0].ended, 0);
  });

  test(`a message that is ${name} and forgotten lets go of its hash`, async () => {
    await (async () => void (await half(make({}), input)))();
    await areGone();
    assert.equal(hashes[0].ended, 0);
  });

  test(`a message that is ${name} in an instance that traps lets go of its hash`, async () => {
    const { writer } = await half(make({}), input);
    assert.throws(
      () =>
        core().read(() => {
          throw new WebAssembly.RuntimeError('unreachable');
        }),
      { code: 'INTERNAL' },
    );
    await assert.rejects(writer.write(input.subarray(150_000)), { code: 'INTERNAL' });
    await areGone();
    assert.equal(hashes[0].ended, 0);
  });
}
