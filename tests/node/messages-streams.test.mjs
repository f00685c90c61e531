// Streams of messages: pace, ends of every kind, what is promised before the end, and what feeds
// them.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import * as nodeWeb from 'node:stream/web';
import { after, before, test } from 'node:test';

// Internal: the instance of the core, to end it.
import { core } from '../../pkg/core/core.js';
import {
  awsKmsKeyring,
  awsKmsRsaKeyring,
  EncryptionClient,
  inspect,
  KmsClient,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf } from '../kms/support.mjs';
import { concat, throughStream } from '../support/esdk.mjs';
import { messageFiles } from '../support/message-files.mjs';
import { aes, bytes, clientFor, refused, signs, SUITES } from './messages-support.mjs';

const client = new EncryptionClient();
const keyring = aes();
const sealed = async (plaintext, options = {}) =>
  (await client.encrypt(plaintext, { keyring, ...options })).ciphertext;
const opened = async (message) => (await client.decrypt(message, { keyring })).plaintext;
const turns = async (n = 20) => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
};
const collect = async (readable) => new Uint8Array(await new Response(readable).arrayBuffer());

/** A source of `count` chunks, or of what `chunk` makes, that counts how often it is asked; `ends` is told a cancellation. */
function source(count, chunk, state = {}) {
  state.pulls = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (state.pulls === state.failAfter) throw state.failure;
        const i = state.pulls++;
        if (i === count) controller.close();
        else controller.enqueue(typeof chunk === 'function' ? chunk(i) : chunk);
      },
      cancel(reason) {
        state.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
}

test('any chunk size, both ways, for every suite', async () => {
  const plaintext = bytes(100);
  for (const algorithmSuite of SUITES) {
    const one = clientFor(algorithmSuite);
    for (const chunk of [1, 2, 15, 16, 17, 33, 100, 1000]) {
      const stream = one.encryptStream({ keyring, algorithmSuite, frameLength: 16 });
      const message = await throughStream(stream, plaintext, chunk);
      const { encryptionContext, ...stored } = await stream.header;
      assert.deepEqual(inspect(message), stored);
      assert.equal('aws-crypto-public-key' in encryptionContext, signs(algorithmSuite));
      assert.deepEqual((await one.decrypt(message, { keyring })).plaintext, plaintext);
      const back = one.decryptStream({ keyring });
      assert.deepEqual(await throughStream(back, message, chunk), plaintext);
      assert.deepEqual(await back.header, await stream.header);
    }
  }
});

test('an empty stream is an empty message', async () => {
  for (const algorithmSuite of ['0478', '0578']) {
    const none = new Uint8Array();
    const message = await throughStream(client.encryptStream({ keyring, algorithmSuite }), none, 1);
    assert.deepEqual(await opened(message), none);
    const back = await throughStream(client.decryptStream({ keyring }), message, 1);
    assert.deepEqual(back, none);
  }
  // Nothing at all is no message.
  await refused(
    () => throughStream(client.decryptStream({ keyring }), new Uint8Array(), 1),
    'MALFORMED_MESSAGE',
  );
});

test('empty chunks change nothing', async () => {
  const chunks = [[], [1, 2], [], [], [3], []].map((list) => Uint8Array.from(list));
  const from = new Blob(chunks).stream();
  const empty = ReadableStream.from ? ReadableStream.from(chunks) : from;
  const message = await collect(empty.pipeThrough(client.encryptStream({ keyring })));
  assert.deepEqual(await opened(message), Uint8Array.of(1, 2, 3));
});

test('a slow reader holds the source back', async () => {
  const chunk = bytes(64 * 1024);
  const message = await sealed(bytes(64 * 1024 * 100), { frameLength: 65536 });
  const streams = {
    encrypt: [client.encryptStream({ keyring }), chunk],
    decrypt: [
      client.decryptStream({ keyring }),
      (i) => message.subarray(65536 * i, 65536 * (i + 1)),
    ],
  };
  for (const [name, [stream, chunks]] of Object.entries(streams)) {
    const state = {};
    const reader = source(1000, chunks, state).pipeThrough(stream).getReader();
    await turns();
    const idle = state.pulls;
    assert.ok(idle <= 2, `${name}: ${idle} chunks were taken before anything was read`);
    let most = 0;
    for (let read = 1; read <= 10; read++) {
      assert.equal((await reader.read()).done, false);
      await turns();
      most = Math.max(most, state.pulls - read);
    }
    assert.ok(most <= 4, `${name}: ${most} chunks ahead of the reader`);
    assert.ok(state.pulls >= 8, `${name}: it goes on when it is read`);
    await reader.cancel('enough');
    await turns();
    const end = state.pulls;
    await turns();
    assert.equal(state.pulls, end, `${name}: nothing is asked for after the end`);
  }
});

test('cancelling the readable side cancels the source, and ends the header', async () => {
  for (const stream of [client.encryptStream({ keyring }), client.decryptStream({ keyring })]) {
    const state = {};
    const why = new Error('enough');
    const message = await sealed(bytes(9000));
    const chunk = (i) => message.subarray(20 * i, 20 * i + 20);
    const reader = source(5000, chunk, state).pipeThrough(stream).getReader();
    const reading = reader.read().catch(() => undefined);
    await turns(2);
    await reader.cancel(why);
    await reading;
    await turns();
    assert.equal(state.cancelled, why);
    // The header of an encryption was written before.
    const header = await stream.header.catch((reason) => reason);
    assert.ok(header === why || header.messageId);
  }
});

test('cancelling without a reason has an error nevertheless', async () => {
  const stream = client.decryptStream({ keyring });
  await stream.readable.cancel();
  const cancelled = { code: 'INVALID_ARGUMENT', message: /cancelled/ };
  await assert.rejects(stream.header, cancelled);
  await assert.rejects(stream.writable.getWriter().write(Uint8Array.of(2)), cancelled);
});

test('a chunk that is taken away while it waits is not taken for a shorter one', async () => {
  const message = await sealed(bytes(5_000_000), { frameLength: 1000 });
  for (const [stream, chunk] of [
    [client.encryptStream({ keyring, frameLength: 1000 }), bytes(3_000_000)],
    [client.decryptStream({ keyring }), message],
  ]) {
    const writer = stream.writable.getWriter();
    writer.closed.catch(() => undefined);
    const writing = assert.rejects(writer.write(chunk), {
      code: 'INVALID_ARGUMENT',
      message: /taken away/,
    });
    await turns();
    structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
    await assert.rejects(collect(stream.readable), { code: 'INVALID_ARGUMENT' });
    await writing;
  }
});

test('aborting the writable side fails the readable one with the reason', async () => {
  for (const make of [
    () => client.encryptStream({ keyring }),
    () => client.decryptStream({ keyring }),
  ]) {
    for (const written of [0, 1]) {
      const stream = make();
      const why = new Error('changed my mind');
      const writer = stream.writable.getWriter();
      writer.closed.catch(() => undefined);
      const reader = stream.readable.getReader();
      const reading = (async () => {
        while (!(await reader.read()).done);
      })();
      const outcome = assert.rejects(reading, why);
      if (written) await writer.write(Uint8Array.of(2));
      await writer.abort(why);
      await outcome;
      const header = await stream.header.catch((reason) => reason);
      assert.ok(header === why || header.messageId);
    }
    const stream = make();
    await stream.writable.abort();
    await assert.rejects(stream.readable.getReader().read(), { name: 'AbortError' });
  }
});

test('an abort tells both sides at once, whatever they wait for', async () => {
  // A KMS that never answers, and a reader that does not come.
  const kms = new KmsClient({
    endpoint: 'http://localhost:1',
    fetch: (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  });
  const generatorKeyId = 'arn:aws:kms:eu-central-1:111122223333:key/k';
  const silent = awsKmsKeyring({ kms, generatorKeyId });
  for (const make of [
    () => client.encryptStream({ keyring: silent }),
    () => client.encryptStream({ keyring }),
  ]) {
    const stream = make();
    const why = new Error('changed my mind');
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const writing = assert.rejects(writer.write(new Uint8Array(100_000)), why);
    const closed = assert.rejects(writer.closed, why);
    const reading = assert.rejects(reader.closed, why);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await writer.abort(why);
    await Promise.all([writing, closed, reading]);
  }
});

test('an error of the source comes out at the other end', async () => {
  const message = await sealed(bytes(100_000), { frameLength: 1000 });
  const cases = [
    [client.encryptStream({ keyring }), bytes(5000)],
    [client.decryptStream({ keyring }), message.subarray(0, 50_000)],
  ];
  for (const [stream, chunk] of cases) {
    const state = { failAfter: 1, failure: new Error('the disk is gone') };
    const piped = source(3, chunk, state).pipeThrough(stream);
    await assert.rejects(collect(piped), state.failure);
  }
});

test('an error of the message comes out at both ends, once', async () => {
  const message = await sealed(bytes(1000), { frameLength: 100 });
  message[message.length - 300] ^= 1;
  const stream = client.decryptStream({ keyring });
  const writer = stream.writable.getWriter();
  const closed = assert.rejects(writer.closed, { code: 'FRAME_TAG_MISMATCH' });
  const reading = collect(stream.readable);
  const outcome = assert.rejects(reading, { code: 'FRAME_TAG_MISMATCH' });
  await writer.write(message.subarray(0, 600));
  await assert.rejects(writer.write(message.subarray(600)), { code: 'FRAME_TAG_MISMATCH' });
  await assert.rejects(writer.write(message), { code: 'FRAME_TAG_MISMATCH' });
  await Promise.all([closed, outcome]);
  assert.equal((await stream.header).frameLength, 100, 'the header had verified');

  const state = {};
  const other = client.decryptStream({ keyring });
  await refused(() => collect(source(9, bytes(50), state).pipeThrough(other)), 'MALFORMED_MESSAGE');
  await turns();
  assert.equal(state.cancelled?.code, 'MALFORMED_MESSAGE', 'the source is told');
  await refused(() => other.header, 'MALFORMED_MESSAGE');
});

test('no unhandled rejection is left by a stream that nobody looks after', async () => {
  const seen = [];
  const note = (reason) => seen.push(reason);
  process.on('unhandledRejection', note);
  const stream = client.decryptStream({ keyring });
  const writer = stream.writable.getWriter();
  await writer.write(Uint8Array.of(9, 9, 9)).catch(() => undefined);
  writer.closed.catch(() => undefined);
  await turns();
  process.off('unhandledRejection', note);
  assert.deepEqual(seen, []);
});

test('the header is there before the end', async () => {
  const encryptionContext = { a: 'b' };
  const stream = client.encryptStream({ keyring, encryptionContext, frameLength: 10 });
  const writer = stream.writable.getWriter();
  const writing = writer.write(bytes(25));
  const header = await stream.header;
  assert.equal(header.encryptionContext.a, 'b');
  assert.equal(header.frameLength, 10);
  const message = collect(stream.readable);
  await writing;
  await writer.close();

  const back = client.decryptStream({ keyring });
  const other = back.writable.getWriter();
  const whole = await message;
  const reader = back.readable.getReader();
  let known = false;
  const noted = back.header.then(() => (known = true));
  const first = reader.read();
  let at = 0;
  while (!known) {
    await other.write(whole.subarray(at, ++at));
    await turns(1);
  }
  assert.ok(at < whole.length - 100, 'before the body');
  await noted;
  assert.deepEqual(await back.header, header);
  const rest = other.write(whole.subarray(at));
  assert.deepEqual((await first).value.subarray(0, 10), bytes(10));
  await reader.cancel();
  await rest.catch(() => undefined);
});

test('requireUnsigned refuses suites that sign before anything comes out', async () => {
  for (const algorithmSuite of SUITES) {
    const one = clientFor(algorithmSuite);
    const { ciphertext } = await one.encrypt(bytes(50), {
      keyring,
      algorithmSuite,
      frameLength: 9,
    });
    const released = [];
    const stream = one.decryptStream({ keyring, requireUnsigned: true });
    const run = () => throughStream(stream, ciphertext, 10, released);
    if (signs(algorithmSuite)) {
      await refused(run, 'SUITE_NOT_ALLOWED', /requireUnsigned/);
      assert.equal(released.length, 0);
      await refused(() => stream.header, 'SUITE_NOT_ALLOWED');
    } else {
      assert.deepEqual(await run(), bytes(50));
    }
  }
});

test('the last frame of a signed message waits for the signature', async () => {
  for (const algorithmSuite of SUITES.filter(signs)) {
    const one = clientFor(algorithmSuite);
    const options = { keyring, algorithmSuite, frameLength: 10 };
    for (const length of [5, 10, 35]) {
      const plaintext = bytes(length);
      const { ciphertext } = await one.encrypt(plaintext, options);
      const before = length - (length % 10 || 10);
      for (const flip of [0, 1]) {
        const stream = one.decryptStream({ keyring });
        const writer = stream.writable.getWriter();
        writer.closed.catch(() => undefined);
        const reader = stream.readable.getReader();
        const released = [];
        const reading = (async () => {
          for (let next; !(next = await reader.read()).done;) released.push(next.value);
        })();
        reading.catch(() => undefined);
        await writer.write(ciphertext.subarray(0, -1));
        await turns();
        assert.deepEqual(concat(released), plaintext.subarray(0, before), algorithmSuite);
        const last = Uint8Array.of(ciphertext.at(-1) ^ flip);
        if (flip) {
          await refused(() => writer.write(last), 'SIGNATURE_MISMATCH');
          await refused(() => reading, 'SIGNATURE_MISMATCH');
          assert.equal(concat(released).length, before);
        } else {
          await writer.write(last);
          await writer.close();
          await reading;
          assert.deepEqual(concat(released), plaintext);
        }
      }
    }
  }
});

test('maxFrameLength bounds what is held', async () => {
  const message = await sealed(bytes(3000), { frameLength: 1000, algorithmSuite: '0478' });
  const read = (maxFrameLength) => () =>
    throughStream(client.decryptStream({ keyring, maxFrameLength }), message, 100);
  assert.deepEqual(await read(1000)(), bytes(3000));
  await refused(read(999), 'LIMIT_EXCEEDED', /maxFrameLength/);
  // A short last frame alone is not longer than it is, whatever the header says.
  const short = await sealed(bytes(10), { frameLength: 2 ** 32 - 1 });
  const stream = client.decryptStream({ keyring, maxFrameLength: 10 });
  assert.deepEqual(await throughStream(stream, short, 7), bytes(10));

  const [{ corpus }] = messageFiles();
  const { messageKeyring } = await import('../support/esdk.mjs');
  const fieldseal = await import('../../pkg/entrypoints/index.js');
  const single = corpus.positive.filter((entry) => entry.frame_length === 0);
  assert.ok(single.length > 0);
  for (const entry of single) {
    const one = new EncryptionClient({ commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' });
    const materials = { keyring: messageKeyring(fieldseal, corpus.keys[entry.encrypt_keyring]) };
    const whole = Buffer.from(entry.ciphertext, 'base64');
    const plain = Buffer.from(entry.plaintext, 'base64');
    const open = (maxFrameLength) => () =>
      throughStream(one.decryptStream({ ...materials, maxFrameLength }), whole, 5);
    assert.ok(plain.equals(await open(plain.length)()));
    await refused(open(plain.length - 1), 'LIMIT_EXCEEDED');
  }
});

test('plaintextLength bounds what comes', async () => {
  for (const [plaintextLength, length, code] of [
    [10, 10, undefined],
    [10, 9, undefined],
    [10, 11, 'LIMIT_EXCEEDED'],
    [0, 0, undefined],
    [0, 1, 'LIMIT_EXCEEDED'],
    [2 ** 40, 5, undefined],
  ]) {
    for (const chunk of [1, 100]) {
      const stream = client.encryptStream({ keyring, plaintextLength });
      const run = () => throughStream(stream, bytes(length), chunk);
      if (code) await refused(run, code, /plaintextLength/);
      else assert.deepEqual(await opened(await run()), bytes(length));
    }
  }
});

test('progress is told, and ends at what went through', async () => {
  const plaintext = bytes(3_000_000);
  const told = { encrypt: [], decrypt: [] };
  const stream = client.encryptStream({ keyring, onProgress: (p) => told.encrypt.push(p) });
  const message = await throughStream(stream, plaintext, 250_000);
  const back = client.decryptStream({ keyring, onProgress: (p) => told.decrypt.push(p) });
  await throughStream(back, message, 250_000);
  const ends = {
    encrypt: { bytesIn: plaintext.length, bytesOut: message.length },
    decrypt: { bytesIn: message.length, bytesOut: plaintext.length },
  };
  for (const [name, list] of Object.entries(told)) {
    assert.ok(list.length >= 12);
    assert.deepEqual(list.at(-1), ends[name]);
    for (const [i, { bytesIn, bytesOut }] of list.slice(1).entries()) {
      assert.ok(bytesIn >= list[i].bytesIn && bytesOut >= list[i].bytesOut);
    }
  }
});

for (const [what, onProgress] of [
  [
    'throws',
    () => {
      throw new Error('observer');
    },
  ],
  ['rejects', async () => Promise.reject(new Error('observer'))],
  ['never answers', () => new Promise(() => {})],
]) {
  test(`an onProgress that ${what} changes nothing`, async (t) => {
    const unhandled = t.mock.fn();
    process.on('unhandledRejection', unhandled);
    const plaintext = bytes(10_000);
    const message = await throughStream(
      client.encryptStream({ keyring, onProgress }),
      plaintext,
      1000,
    );
    const back = await throughStream(client.decryptStream({ keyring, onProgress }), message, 1000);
    assert.deepEqual(back, plaintext);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    assert.equal(unhandled.mock.callCount(), 0);
  });
}

test('sources and sinks of every kind', async () => {
  const plaintext = bytes(200_000);
  const message = await sealed(plaintext, { frameLength: 5000 });
  const of = (data) => ({
    Blob: () => new Blob([data]).stream(),
    Response: () => new Response(data).body,
    'stream/web': () =>
      new nodeWeb.ReadableStream({
        start(controller) {
          for (let at = 0; at < data.length; at += 999) {
            controller.enqueue(data.subarray(at, at + 999));
          }
          controller.close();
        },
      }),
    'a Node stream': () => Readable.toWeb(Readable.from([Buffer.from(data)])),
    'a byte stream': () =>
      new ReadableStream({
        type: 'bytes',
        start(controller) {
          controller.enqueue(data.slice());
          controller.close();
        },
      }),
  });
  for (const [name, make] of Object.entries(of(plaintext))) {
    const piped = make().pipeThrough(client.encryptStream({ keyring }));
    assert.deepEqual(await opened(await collect(piped)), plaintext, name);
  }
  for (const [name, make] of Object.entries(of(message))) {
    const piped = make().pipeThrough(client.decryptStream({ keyring }));
    assert.deepEqual(await collect(piped), plaintext, name);
    const asNode = Readable.fromWeb(make().pipeThrough(client.decryptStream({ keyring })));
    assert.ok(Buffer.concat(await asNode.toArray()).equals(plaintext), name);
  }
  // One into the other, nothing in between.
  const both = new Blob([plaintext])
    .stream()
    .pipeThrough(client.encryptStream({ keyring }))
    .pipeThrough(client.decryptStream({ keyring }));
  assert.deepEqual(await collect(both), plaintext);
});

test('streams of one client side by side, and whole messages between their pieces', async () => {
  const texts = Array.from({ length: 5 }, (_, i) => bytes(5000 + i, i));
  const streams = texts.map(() => client.encryptStream({ keyring, frameLength: 100 }));
  const results = streams.map(({ readable }) => collect(readable));
  const writers = streams.map(({ writable }) => writable.getWriter());
  for (let at = 0; at < 5100; at += 300) {
    for (const [i, writer] of writers.entries()) {
      await writer.write(texts[i].subarray(at, at + 300));
      assert.deepEqual(await opened(await sealed(texts[i])), texts[i]);
    }
  }
  for (const writer of writers) await writer.close();
  const messages = await Promise.all(results);
  const back = await Promise.all(
    messages.map((message) => throughStream(client.decryptStream({ keyring }), message, 77)),
  );
  assert.deepEqual(back, texts);
});

test('what a caller changes after a write was awaited does not change the message', async () => {
  const stream = client.encryptStream({ keyring, frameLength: 64 });
  const result = collect(stream.readable);
  const writer = stream.writable.getWriter();
  const buffer = bytes(40);
  await writer.write(buffer);
  buffer.fill(0);
  await writer.write(buffer);
  await writer.close();
  assert.deepEqual(await opened(await result), concat([bytes(40), new Uint8Array(40)]));
});

/** More memory than WebAssembly has: the core's allocator aborts. */
const trap = () =>
  assert.throws(() => core().reserveInput(0xffff_fff0, Infinity), { code: 'INTERNAL' });

test('a trap in the middle is told clearly, and the next message works', async () => {
  const message = await sealed(bytes(1000), { frameLength: 100 });
  for (const make of [
    () => client.encryptStream({ keyring }),
    () => client.decryptStream({ keyring }),
  ]) {
    for (const written of [0, 1]) {
      const stream = make();
      const instance = core();
      const writer = stream.writable.getWriter();
      writer.closed.catch(() => undefined);
      const reading = collect(stream.readable);
      reading.catch(() => undefined);
      if (written) await writer.write(message.subarray(0, 700));
      trap();
      assert.notEqual(core(), instance);
      const stopped = { code: 'INTERNAL', message: /the core stopped/ };
      await assert.rejects(writer.write(message.subarray(700)), stopped);
      await assert.rejects(reading, stopped);
      if (!written) await assert.rejects(stream.header, stopped);
      assert.deepEqual(await opened(message), bytes(1000));
      const next = await throughStream(client.decryptStream({ keyring }), message, 100);
      assert.deepEqual(next, bytes(1000));
    }
  }
});

let dev;
before(async () => {
  dev = await startDevKms();
});
after(() => dev.close());

test('KMS keyrings in streams, and what KMS refuses', async () => {
  const key = await dev.createKey();
  const rsa = await dev.createKey({ keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' });
  const kms = clientOf(dev, { maxAttempts: 1 });
  const keyrings = {
    symmetric: awsKmsKeyring({ kms, generatorKeyId: key.arn }),
    RSA: awsKmsRsaKeyring({ kms, kmsKeyId: rsa.arn }),
  };
  const plaintext = bytes(10_000);
  const encryptionContext = { tenant: 'A' };
  for (const [name, one] of Object.entries(keyrings)) {
    const options = { keyring: one, encryptionContext };
    const stream = client.encryptStream(options);
    const message = await throughStream(stream, plaintext, 3000);
    assert.equal((await stream.header).algorithmSuite, name === 'RSA' ? '0478' : '0578');
    const back = client.decryptStream({ keyring: one });
    assert.deepEqual(await throughStream(back, message, 1), plaintext, name);
    assert.equal((await back.header).encryptionContext.tenant, 'A');
    assert.deepEqual((await client.decrypt(message, { keyring: one })).plaintext, plaintext);

    dev.faults.failNext(1, 400, { operation: 'Decrypt', errorName: 'AccessDeniedException' });
    const refusing = client.decryptStream({ keyring: one });
    const error = await refused(() => throughStream(refusing, message, 500), 'NO_KEYRING_OPENED');
    assert.match(error.reasons[0].serviceError ?? '', /AccessDenied/);
    await refused(() => refusing.header, 'NO_KEYRING_OPENED');
    assert.deepEqual((await client.decrypt(message, { keyring: one })).plaintext, plaintext);
  }
  dev.faults.failNext(1, 400, { operation: 'GenerateDataKey', errorName: 'DisabledException' });
  const stream = client.encryptStream({ keyring: keyrings.symmetric });
  const error = await refused(() => throughStream(stream, plaintext, 500));
  assert.match(error.serviceError, /Disabled/);
  await assert.rejects(stream.header, error);
  // Cancelled while KMS is asked.
  dev.faults.setLatency(100);
  const waiting = client.encryptStream({ keyring: keyrings.symmetric });
  const writer = waiting.writable.getWriter();
  writer.closed.catch(() => undefined);
  const writing = writer.write(plaintext).catch((reason) => reason);
  const reader = waiting.readable.getReader();
  await reader.cancel(new Error('too slow'));
  await writing;
  dev.faults.clear();
  const again = await throughStream(client.encryptStream({ keyring }), plaintext, 500);
  assert.deepEqual(await opened(again), plaintext);
});
