// What WebCrypto may touch belongs to the request that asked for it: batches that fail, calls that are cancelled and
// streams that are aborted, in each browser, while WebCrypto takes its time. And the page has its turn during long work.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { inEachBrowser, visit } from './browsers.mjs';
import { startSite } from './site.mjs';

let site;
before(async () => {
  site = await startSite();
});
after(() => site?.close());

/** Runs in the page: a WebCrypto that takes its time and notes what it is given. */
async function prepare() {
  const fieldseal = await import('/pkg/entrypoints/index.js');
  const { core } = await import('/pkg/core/core.js');
  const { hostCrypto } = await import('/pkg/host/crypto.js');
  const subtle = crypto.subtle;
  const pair = await subtle.generateKey(
    {
      name: 'RSA-OAEP',
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: 'SHA-256',
    },
    true,
    ['encrypt', 'decrypt'],
  );
  const pem = async (format, key, label) => {
    const der = new Uint8Array(await subtle.exportKey(format, key));
    const lines = btoa(String.fromCharCode(...der)).replace(/.{64}/g, '$&\n');
    return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
  };
  const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  const seen = { active: 0, served: 0, foreign: [], buffers: new Set() };
  const own = hex(new Uint8Array(await subtle.exportKey('spki', pair.publicKey)));
  const publicKey = await pem('spki', pair.publicKey, 'PUBLIC KEY');
  const privateKey = await pem('pkcs8', pair.privateKey, 'PRIVATE KEY');
  const importKey = subtle.importKey.bind(subtle);
  subtle.importKey = async (format, bytes, ...rest) => {
    if (format === 'spki' && hex(new Uint8Array(bytes)) !== own) seen.foreign.push('an import');
    const key = importKey(format, bytes, ...rest);
    await later(Math.random() * 4);
    return key;
  };

  const instance = core();
  const host = { ...hostCrypto(() => instance.memory), call: undefined };
  for (const kind of ['gcm', 'verify', 'rsa']) {
    const work = host[kind];
    host[kind] = async ({ at, length }) => {
      seen.active++;
      seen.served++;
      const buffer = { at, length };
      seen.buffers.add(buffer);
      try {
        const bytes = hex(instance.memory.subarray(at, at + length));
        await later(Math.random() * 6);
        if (bytes !== hex(instance.memory.subarray(at, at + length))) seen.foreign.push(kind);
        return await work({ at, length });
      } finally {
        seen.active--;
        seen.buffers.delete(buffer);
      }
    };
  }
  instance.read((glue) =>
    glue.set_host_crypto(undefined, (kind, buffer) => host[kind](buffer), 0, 0),
  );

  const { multiKeyring, rawAesKeyring, rawRsaKeyring } = fieldseal;
  const wrappingKey = new Uint8Array(32).fill(0xa5);
  const aes = () => rawAesKeyring({ keyNamespace: 'n', keyName: 'aes', wrappingKey });
  const paddingScheme = 'OAEP_SHA256_MGF1';
  const names = { keyNamespace: 'n', keyName: 'rsa', paddingScheme };
  const rsa = rawRsaKeyring({ ...names, publicKey, privateKey });
  const encryptor = (keyring, algorithmSuite = '6700') =>
    new fieldseal.ItemEncryptor({
      logicalTableName: 't',
      partitionKeyName: 'id',
      attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
      algorithmSuite,
      keyring,
    });
  const item = (i) => ({ id: { S: `${i}` }, secret: { S: `secret of ${i}` } });
  const failing = (n, at) =>
    Array.from({ length: n }, (_, i) => (i === at ? { ...item(i), odd: { S: 'x' } } : item(i)));
  /** How the work ended, what was under way then, and what was served later. */
  const end = async (work) => {
    const outcome = await work.then(
      () => 'it succeeded',
      (error) => error.code ?? error.name,
    );
    const { active, served } = seen;
    await later(15);
    return `${outcome}, ${active} active, ${seen.served - served} later`;
  };
  const keyrings = {
    rsa,
    several: multiKeyring({ generator: rsa, children: [rsa, aes(), rsa] }),
  };
  // Before the first of its work WebCrypto proves, with a key of the proof, that it does it right.
  await encryptor(rsa).encryptItem(item(1));
  seen.foreign.length = 0;
  const made = { aes, encryptor, end, failing, item, keyrings, later, rsa, seen, wrappingKey };
  globalThis.kit = { ...fieldseal, ...made };
}

inEachBrowser((_, browser) => {
  /** Runs in a fresh page, which must report nothing. */
  async function inPage(run) {
    const page = await visit(browser(), site.url);
    try {
      await page.evaluate(prepare);
      const result = await page.evaluate(run);
      assert.deepEqual(await page.evaluate(() => globalThis.problems), []);
      return result;
    } finally {
      await page.close();
    }
  }

  test('batches that fail end what WebCrypto does for them before they say so', async () => {
    const { ends, served, foreign } = await inPage(async () => {
      const { encryptor, end, failing, item, keyrings, seen } = globalThis.kit;
      const ends = [];
      for (const keyring of Object.values(keyrings)) {
        for (const suite of ['6700', '6701']) {
          const items = encryptor(keyring, suite);
          // At once, and when requests of sixteen others are under way.
          for (const at of [1, 17, 30]) ends.push(await end(items.encryptItems(failing(40, at))));
          const { item: sealed } = await items.encryptItem(item(1));
          const bad = { ...sealed, secret: { B: new Uint8Array(40) } };
          const batch = [sealed, sealed, bad, sealed, sealed];
          ends.push(await end(items.decryptItems(batch)), await end(items.resealItems(batch)));
        }
      }
      return { ends, served: seen.served, foreign: seen.foreign };
    });
    const expected = ['ATTRIBUTE_WITHOUT_ACTION', 'SIGNATURE_MISMATCH'];
    for (const how of ends) {
      assert.ok(
        expected.some((code) => how === `${code}, 0 active, 0 later`),
        how,
      );
    }
    assert.equal(ends.length, 20);
    assert.ok(served > 50);
    assert.deepEqual(foreign, []);
  });

  test('a crafted table in a hostile message where a request was is nobody’s request', async () => {
    const { refused, foreign, whole, aimed, above, served } = await inPage(async () => {
      const { EncryptionClient, aes, encryptor, failing, rsa, seen, later, wrappingKey } =
        globalThis.kit;
      const { core } = await import('/pkg/core/core.js');
      const { subtle } = crypto;
      const items = encryptor(rsa);
      const client = new EncryptionClient();
      const kept = aes();
      const instance = core();
      // Where the attacker's messages lie. Nothing else of this is more than an attacker knows of another page.
      let message = { at: 0, length: 0 };
      const reserve = instance.reserveInput.bind(instance);
      instance.reserveInput = (length, max) => {
        const at = reserve(length, max);
        message = { at, length };
        return at;
      };
      // Where the other keyring's wrapping key is.
      const key = (() => {
        const { memory } = instance;
        for (let at = 0; at < memory.length; at++) {
          if (wrappingKey.every((byte, i) => memory[at + i] === byte)) return at;
        }
        return -1;
      })();
      const algorithm = { name: 'RSA-OAEP', modulusLength: 2048, hash: 'SHA-256' };
      const publicExponent = Uint8Array.of(1, 0, 1);
      const usages = ['encrypt', 'decrypt'];
      const pair = await subtle.generateKey({ ...algorithm, publicExponent }, true, usages);
      const spki = new Uint8Array(await subtle.exportKey('spki', pair.publicKey));

      /** Tables for the encryption of the wrapping key under the attacker's key, over that key; then that key. */
      const hostile = (length, phase, start) => {
        const bytes = new Uint8Array(length);
        bytes.set(spki, length - spki.length);
        const view = new DataView(bytes.buffer);
        const where = start + length - spki.length;
        const table = [256, where, spki.length, key, 32, key, 256];
        // Tables lie at whole words.
        const pad = -start & 3;
        for (let i = 0; 4 * i + 8 <= length - spki.length; i++) {
          view.setUint32(4 * i + pad, table[(i + phase) % table.length], true);
        }
        return bytes;
      };
      let [refused, aimed, above] = [0, 0, 0];
      for (let round = 0; round < 42; round++) {
        // From the length of one request to that of all.
        const length = spki.length + 300 + 150 * round;
        const batch = items.encryptItems(failing(20, round % 2 ? 17 : 0));
        // While WebCrypto still works on the batch, and again when it has ended.
        const attack = async () => {
          // The room for the context of the message, which is empty, stands before its bytes.
          const start = message.at + message.length - length;
          const bytes = hostile(length, round % 7, start);
          await client.decrypt(bytes, { keyring: kept }).catch(() => refused++);
          if (message.at + message.length - length === start) aimed++;
          // Nor does the message lie where a request is that is being served.
          for (const { at, length } of seen.buffers) {
            if (at < message.at + message.length && message.at < at + length) above++;
          }
        };
        await client.decrypt(new Uint8Array(length), { keyring: kept }).catch(() => {});
        await attack();
        await batch.catch(() => refused++);
        await attack();
      }
      await later(15);
      const { ciphertext } = await client.encrypt(new Uint8Array(8).fill(7), { keyring: kept });
      const { plaintext } = await client.decrypt(ciphertext, { keyring: aes() });
      const whole =
        plaintext.every((byte) => byte === 7) &&
        wrappingKey.every((byte, i) => instance.memory[key + i] === byte);
      return { refused, foreign: seen.foreign, whole, aimed, above, served: seen.served };
    });
    assert.equal(refused, 3 * 42);
    assert.ok(aimed > 42, `${aimed} messages lay where their tables say`);
    assert.ok(served > 42, 'WebCrypto was at work');
    assert.equal(above, 0);
    assert.deepEqual(foreign, [], 'no import and no work on bytes that are not its own');
    assert.ok(whole, 'the other keyring’s key is what it was');
  });

  test('a signal ends a batch, and an abort a stream, while WebCrypto works', async () => {
    const { reasons, active, foreign, works } = await inPage(async () => {
      const { EncryptionClient, encryptor, item, later, rsa, seen } = globalThis.kit;
      const items = encryptor(rsa);
      const batch = Array.from({ length: 40 }, (_, i) => item(i));
      const reasons = [];
      const reason = (error) => reasons.push(error.message);
      for (let round = 0; round < 10; round++) {
        const controller = new AbortController();
        const work = items.encryptItems(batch, { signal: controller.signal });
        await later(Math.random() * 10);
        controller.abort(new Error('batch'));
        await work.catch(reason);
      }
      for (let round = 0; round < 10; round++) {
        const stream = new EncryptionClient().encryptStream({ keyring: rsa, frameLength: 4096 });
        const reader = stream.readable.getReader();
        const writer = stream.writable.getWriter();
        writer.closed.catch(() => {});
        writer.write(new Uint8Array(100_000)).catch(() => {});
        const read = (async () => {
          while (!(await reader.read()).done);
        })();
        read.catch(() => {});
        await later(Math.random() * 20);
        void writer.abort(new Error('stream'));
        await read.catch(reason);
      }
      await later(50);
      const { item: sealed } = await items.encryptItem(item(1));
      const opened = await items.decryptItem(sealed);
      const works = opened.item.secret.S === item(1).secret.S;
      return { reasons, active: seen.active, foreign: seen.foreign, works };
    });
    assert.deepEqual(reasons, [...Array(10).fill('batch'), ...Array(10).fill('stream')]);
    assert.equal(active, 0);
    assert.deepEqual(foreign, []);
    assert.ok(works);
  });

  test('the page has its turn while many items are resealed', async () => {
    const { timers, frames, clicks, done } = await inPage(async () => {
      const { ItemEncryptor, aes } = globalThis.kit;
      const items = new ItemEncryptor({
        logicalTableName: 't',
        partitionKeyName: 'id',
        attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
        keyring: aes(),
        algorithmSuite: '6700',
      });
      // No host: the core works alone, and gives nobody a turn unless it means to.
      const { core } = await import('/pkg/core/core.js');
      core().read((glue) => glue.set_host_crypto(undefined, undefined, 0, 0));
      const plain = { id: { S: '1' }, secret: { S: 'x'.repeat(2000) } };
      const { item } = await items.encryptItem(plain);
      const count = { timers: 0, frames: 0, clicks: 0 };
      let stop = false;
      const tick = () => {
        count.timers++;
        if (!stop) setTimeout(tick);
      };
      const frame = () => {
        count.frames++;
        if (!stop) requestAnimationFrame(frame);
      };
      setTimeout(tick);
      requestAnimationFrame(frame);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        count.clicks++;
        if (!stop) port2.postMessage(0);
      };
      port2.postMessage(0);
      let done = 0;
      for await (const batch of items.resealAll(Array(4000).fill(item))) done = batch.done;
      const counted = { ...count, done };
      stop = true;
      return counted;
    });
    console.log(
      `# while items were resealed: ${timers} timers, ${frames} frames, ${clicks} messages`,
    );
    assert.equal(done, 4000);
    for (const turns of [timers, frames, clicks]) assert.ok(turns > 2);
  });
});
