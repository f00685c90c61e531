// What becomes of an instance of the core that trapped, and of one that needed much memory once: wiped and let go, while the
// objects that were made with it work on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Internal: the instance of the core.
import { core } from '../../pkg/core/core.js';
import { EncryptionClient, ItemEncryptor, rawAesKeyring } from '../../pkg/entrypoints/index.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

const wrappingKey = Buffer.from('a wrapping key of 32 bytes, sure');
const keyring = rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey });
const items = new ItemEncryptor({
  logicalTableName: 't',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
  algorithmSuite: '6700',
  keyring,
});
const item = (length) => ({ id: { S: '1' }, secret: { B: new Uint8Array(length) } });

/** (module (func (export "f") unreachable)) */
const UNREACHABLE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1],
  ...[3, 0, 0, 11],
);

function trap() {
  const unreachable = () => {
    new WebAssembly.Instance(new WebAssembly.Module(UNREACHABLE)).exports.f();
  };
  assert.throws(() => core().read(unreachable), { code: 'INTERNAL' });
}

test('an instance that trapped is wiped', async () => {
  await items.encryptItem(item(100));
  const instance = core();
  const { memory } = instance;
  assert.ok(Buffer.from(memory.buffer).includes(wrappingKey), 'the keyring’s key is in it');
  trap();
  assert.equal(instance.alive, false);
  assert.ok(!Buffer.from(memory.buffer).includes(wrappingKey));
  assert.ok(memory.every((byte) => byte === 0));
  assert.throws(() => instance.memory, { code: 'INTERNAL' });
});

test('nothing keeps the memory of instances that trapped', async () => {
  const memories = [];
  for (let i = 0; i < 5; i++) {
    await items.encryptItem(item(100));
    memories.push(new WeakRef(core().memory.buffer));
    trap();
  }
  await items.encryptItem(item(100));
  for (let i = 0; i < 20 && memories.some((memory) => memory.deref()); i++) {
    await new Promise(setImmediate);
    gc();
  }
  assert.deepEqual(
    memories.map((memory) => memory.deref()),
    Array(5).fill(undefined),
  );
});

test('an instance that needed much memory is replaced when it has nothing to do', async () => {
  const before = core();
  const large = Array.from({ length: 3 }, () => item(30 << 20));
  const sealed = await items.encryptItems(large);
  await new Promise(setImmediate);
  assert.notEqual(core(), before);
  assert.equal(before.alive, false);
  assert.ok(core().memory.length < 16 << 20);
  // What was made before works with the one that took its place.
  const { item: opened } = await items.decryptItem(sealed[0].item);
  assert.equal(opened.secret.B.length, 30 << 20);
});

test('a message in the middle keeps its instance', async () => {
  const client = new EncryptionClient();
  const stream = client.encryptStream({ keyring });
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const parts = [];
  const reading = (async () => {
    for (let part; !(part = await reader.read()).done;) parts.push(part.value);
  })();
  await writer.write(new Uint8Array(10_000));
  const before = core();
  await items.encryptItems(Array.from({ length: 3 }, () => item(30 << 20)));
  await new Promise(setImmediate);
  assert.equal(core(), before, 'the message is not lost');
  await writer.close();
  await reading;
  await new Promise(setImmediate);
  assert.notEqual(core(), before, 'and then it goes');
  const { plaintext } = await client.decrypt(Buffer.concat(parts), { keyring });
  assert.equal(plaintext.length, 10_000);
});
