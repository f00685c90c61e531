// Nothing secret of a message stays in linear memory: after each way that a message can end, all
// of it is searched for the plaintext, for the data key and the keys derived from it, and for
// every random byte that the core drew. The keys are found from outside, over node:crypto.

import assert from 'node:assert/strict';
import { hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';

// Internal: the instance of the core and its memory.
import { core } from '../../pkg/core/core.js';
import { inspect, rawAesKeyring } from '../../pkg/entrypoints/index.js';
import { contextBytes, rawAesUnwrap } from '../support/dbesdk.mjs';
import { throughStream } from '../support/esdk.mjs';
import { formsOfAes, pieces, piecesOf, search } from '../support/linear-memory.mjs';
import { clientFor, commits, refused, signs } from './messages-support.mjs';

const wrappingKey = randomBytes(32);
const keyring = rawAesKeyring({ keyNamespace: 'ns', keyName: 'key', wrappingKey });
const encryptionContext = { tenant: 'A' };
const KEY_LENGTH = { '0014': 16, '0178': 32, '0346': 24, '0478': 32, '0578': 32 };
const HASH = { '0178': 'sha256', '0346': 'sha384' };

// Every random byte that the core asks for.
const drawn = [];
const original = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
globalThis.crypto.getRandomValues = (array) => {
  original(array);
  drawn.push(Buffer.from(array));
  return array;
};

/** Every secret of a message but the plaintext, in every form that would give it away. */
function keysOf(message, context) {
  const { algorithmSuite, messageId, encryptedDataKeys } = inspect(message);
  const [edk] = encryptedDataKeys.map(({ keyProviderInfo, ciphertext }) => ({
    providerInfo: Buffer.from(keyProviderInfo),
    ciphertext: Buffer.from(ciphertext),
  }));
  const dataKey = rawAesUnwrap(wrappingKey)(edk, edk.ciphertext, contextBytes(context));
  assert.equal(dataKey.length, KEY_LENGTH[algorithmSuite]);
  const id = Buffer.from(algorithmSuite, 'hex');
  const derive = (hash, salt, info) =>
    Buffer.from(hkdfSync(hash, dataKey, salt, info, dataKey.length));
  const keys = { 'data key': dataKey };
  if (commits(algorithmSuite)) {
    const info = Buffer.concat([id, Buffer.from('DERIVEKEY')]);
    keys['derived key'] = derive('sha512', messageId, info);
  } else if (HASH[algorithmSuite]) {
    const info = Buffer.concat([id, messageId]);
    keys['derived key'] = derive(HASH[algorithmSuite], Buffer.alloc(0), info);
  }
  return Object.assign({}, ...Object.entries(keys).map(([name, key]) => formsOfAes(name, key)));
}

/** Random bytes of a message that are no secrets: its id, and the IV of its wrapped key. */
function published(message) {
  const { messageId, encryptedDataKeys } = inspect(message);
  return [messageId, ...encryptedDataKeys.map((key) => key.keyProviderInfo.subarray(-12))];
}

function findAll(secrets, open = []) {
  const needles = piecesOf(secrets);
  const shown = new Set();
  for (const bytes of open.map(Buffer.from)) {
    for (let i = 0; i + 8 <= bytes.length; i++) shown.add(bytes.toString('hex', i, i + 8));
  }
  for (const [i, bytes] of drawn.entries()) {
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      const piece = bytes.subarray(at, at + 16);
      if ([0, 4, 8].some((j) => shown.has(piece.toString('hex', j, j + 8)))) continue;
      needles.push(...pieces(`random bytes ${at} of draw ${i}`, piece));
      // Scalars of signing keys lie in memory as little-endian words.
      const turned = Buffer.from(piece).reverse();
      needles.push(...pieces(`random bytes ${at} of draw ${i}, reversed`, turned));
    }
  }
  return [...new Set(search(core().memory, needles).map(({ name }) => name))];
}

function assertClean(about, secrets, open) {
  assert.deepEqual(findAll(secrets, open), [], about);
}

/** A plaintext of `frames` frames, each of which has a marker of its own, and the markers. */
function text(frames, frameLength) {
  const plaintext = Buffer.alloc(frames * frameLength - 5);
  const markers = {};
  for (let i = 0; i < frames; i++) {
    const marker = randomBytes(Math.min(48, frameLength - 10));
    marker.copy(plaintext, i * frameLength + 3);
    markers[`marker of frame ${i}`] = marker;
  }
  return { plaintext, markers };
}

const sizes = { small: [3, 64], 'for the host': [4, 2000], long: [50, 100_000] };

for (const suite of Object.keys(KEY_LENGTH)) {
  for (const [size, [frames, frameLength]] of Object.entries(sizes)) {
    test(`${suite}, ${size}: whole messages`, async () => {
      const instance = core();
      const client = clientFor(suite);
      const { plaintext, markers } = text(frames, frameLength);
      const options = { keyring, encryptionContext, algorithmSuite: suite, frameLength };
      drawn.length = 0;
      const { ciphertext, header } = await client.encrypt(plaintext, options);
      const secrets = { ...markers, ...keysOf(ciphertext, header.encryptionContext) };
      const open = published(ciphertext);
      assert.ok(drawn.length > 0, 'random bytes were recorded');
      assertClean('encrypt', secrets, open);
      assert.ok(plaintext.equals((await client.decrypt(ciphertext, { keyring })).plaintext));
      assertClean('decrypt', secrets, open);
      // In the header, in a frame, at the end; cut off; more than there was.
      for (const at of [60, ciphertext.length >> 1, ciphertext.length - 1]) {
        const other = ciphertext.slice();
        other[at] ^= 1;
        await refused(() => client.decrypt(other, { keyring }));
        assertClean(`byte ${at} tampered with`, secrets, open);
      }
      await refused(() => client.decrypt(ciphertext.subarray(0, -1), { keyring }));
      await refused(() => client.decrypt(Buffer.concat([ciphertext, open[0]]), { keyring }));
      assertClean('cut off or longer', secrets, open);
      await refused(() =>
        clientFor(suite, { maxEncryptedDataKeys: 1 }).encrypt(plaintext, {
          ...options,
          frameLength: 0,
        }),
      );
      await refused(() =>
        client.encrypt(plaintext, { ...options, encryptionContext: { 'aws-crypto-x': '' } }),
      );
      assertClean('encryption refused', secrets, open);
      assert.equal(core(), instance, 'one and the same instance');
    });
  }
}

/** A stream in the middle: everything but `keep` bytes has been written, and what came is read. */
async function midway(stream, bytes, keep) {
  const writer = stream.writable.getWriter();
  writer.closed.catch(() => undefined);
  const reader = stream.readable.getReader();
  const given = [];
  const reading = (async () => {
    for (let next; !(next = await reader.read()).done;) given.push(Buffer.from(next.value));
  })();
  reading.catch(() => undefined);
  for (let at = 0; at < bytes.length - keep; at += 500) {
    await writer.write(bytes.subarray(at, Math.min(at + 500, bytes.length - keep)));
  }
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  return { writer, reader, reading, given };
}

/** Ways for a stream to end before its end. */
const ENDS = {
  'the reader cancels': ({ reader }) => reader.cancel(new Error('enough')),
  'the writer aborts': ({ writer }) => writer.abort(new Error('enough')),
  'an error of the caller': ({ writer }) => writer.write('text').catch(() => undefined),
};

for (const suite of Object.keys(KEY_LENGTH)) {
  test(`${suite}: streams, whatever ends them`, async () => {
    const client = clientFor(suite);
    const { plaintext, markers } = text(3, 1500);
    const options = { keyring, encryptionContext, algorithmSuite: suite, frameLength: 1500 };

    drawn.length = 0;
    const whole = client.encryptStream(options);
    const message = await throughStream(whole, plaintext, 500);
    const { encryptionContext: context } = await whole.header;
    const secrets = { ...markers, ...keysOf(message, context) };
    const open = published(message);
    assertClean('a stream that ended', secrets, open);
    const back = await throughStream(client.decryptStream({ keyring }), message, 500);
    assert.ok(plaintext.equals(back));
    assertClean('a stream that was opened', secrets, open);

    for (const [name, end] of Object.entries(ENDS)) {
      drawn.length = 0;
      const stream = client.encryptStream(options);
      const state = await midway(stream, plaintext, 0);
      const begun = Buffer.concat(state.given);
      const keys = keysOf(begun, (await stream.header).encryptionContext);
      const held = findAll({ ...markers, ...keys });
      // The control: the search finds what is there while it is needed.
      assert.ok(held.includes('marker of frame 2'), `the last frame is held: ${held}`);
      assert.ok(held.includes(suite === '0014' ? 'data key' : 'derived key'), `keys: ${held}`);
      assert.ok(!held.includes('marker of frame 0'), 'what was written is gone');
      await end(state);
      await state.reading.catch(() => undefined);
      assertClean(`encrypting, ${name}`, { ...markers, ...keys }, published(begun));
    }

    for (const [name, end] of Object.entries(ENDS)) {
      drawn.length = 0;
      const keep = 3;
      const state = await midway(client.decryptStream({ keyring }), message, keep);
      const held = findAll(secrets, open);
      assert.ok(held.includes(suite === '0014' ? 'data key' : 'derived key'), `keys: ${held}`);
      if (signs(suite)) assert.ok(held.includes('marker of frame 2'), 'the last frame waits');
      assert.ok(!held.includes('marker of frame 0'), 'what was given out is gone');
      await end(state);
      await state.reading.catch(() => undefined);
      assertClean(`decrypting, ${name}`, secrets, open);
    }

    const other = message.slice();
    other[other.length - 1] ^= 1;
    await refused(() => throughStream(client.decryptStream({ keyring }), other, 500));
    assertClean('the last byte tampered with', secrets, open);
    await refused(() =>
      throughStream(client.decryptStream({ keyring }), message.subarray(0, -1), 500),
    );
    assertClean('cut off', secrets, open);
    const bounded = client.encryptStream({ ...options, plaintextLength: 4000 });
    await refused(() => throughStream(bounded, plaintext, 500), 'LIMIT_EXCEEDED');
    assertClean('more than was announced', markers, open.concat(drawn));
  });
}

test('a stream that was made and never used leaves nothing', async () => {
  drawn.length = 0;
  const stream = clientFor('0578').encryptStream({ keyring });
  await stream.readable.cancel();
  assertClean('never used', {});
});
