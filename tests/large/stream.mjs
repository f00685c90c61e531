// A process of its own that encrypts and decrypts a stream of `bytes` bytes, and prints how far its
// resident memory grew above what an idle process has: one that has the package loaded and has
// sent a little through the same pipes.
//
//   node tests/large/stream.mjs <bytes> [frame length]

import { createHash } from 'node:crypto';

import { EncryptionClient, rawAesKeyring } from '../../pkg/entrypoints/index.js';

const [total, frameLength = 65_536] = process.argv.slice(2).map(Number);
const CHUNK = 1 << 16;
const client = new EncryptionClient();
const keyring = rawAesKeyring({
  keyNamespace: 'ns',
  keyName: 'key',
  wrappingKey: new Uint8Array(32).fill(7),
});

let peak = 0;
const look = () => (peak = Math.max(peak, process.memoryUsage().rss));

/** Bytes that differ from chunk to chunk, hashed as they go. */
function generator(length, hash) {
  let left = length;
  let i = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = new Uint8Array(Math.min(CHUNK, left)).fill(i & 255);
        new DataView(chunk.buffer).setUint32(0, i++);
        hash.update(chunk);
        left -= chunk.length;
        controller.enqueue(chunk);
        if (left <= 0) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

async function run(length) {
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  let [bytes, sealed, looked] = [0, 0, 0];
  const encrypting = client.encryptStream({
    keyring,
    frameLength,
    onProgress: ({ bytesOut }) => (sealed = bytesOut),
  });
  const plain = generator(length, sent)
    .pipeThrough(encrypting)
    .pipeThrough(client.decryptStream({ keyring }));
  for await (const chunk of plain) {
    received.update(chunk);
    bytes += chunk.length;
    if (bytes - looked > 1 << 22) {
      looked = bytes;
      look();
    }
  }
  if (bytes !== length || !sent.digest().equals(received.digest())) {
    throw new Error(`${bytes} of ${length} bytes came back, or others`);
  }
  return sealed;
}

await run(4 << 20);
const idle = process.memoryUsage().rss;
peak = 0;
const started = process.hrtime.bigint();
const sealed = await run(total);
look();
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(JSON.stringify({ total, sealed, idle, peak, growth: peak - idle, seconds }));
