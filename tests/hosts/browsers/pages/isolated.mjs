// A page that is isolated from other origins has memory that threads share: such bytes are taken as others are.

import * as fieldseal from 'fieldseal';

import fixtures from '../fixtures.mjs';
import { outcome } from '../report.mjs';
import { ALL, RECORD, check, same } from '../suite.mjs';
import { both, outcomeOf } from './checks.mjs';

const { EncryptionClient, ItemEncryptor, rawAesKeyring, rawEcdhKeyring, rawRsaKeyring } = fieldseal;

function shared(given) {
  const bytes = typeof given === 'string' ? new TextEncoder().encode(given) : given;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
const wrappingKey = () => shared(crypto.getRandomValues(new Uint8Array(32)));
const aes = (key = wrappingKey()) =>
  rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey: key });

async function toAndFro(sealer, opener = sealer, item = RECORD) {
  const sealed = await new ItemEncryptor({ ...ALL, keyring: sealer }).encryptItem(item);
  const bytes = Object.entries(sealed.item).map(([name, value]) =>
    value.B ? [name, { B: shared(value.B) }] : [name, value],
  );
  const opened = await new ItemEncryptor({ ...ALL, keyring: opener }).decryptItem(
    Object.fromEntries(bytes),
  );
  same(opened.item, RECORD, 'the item');
}

async function throughStream({ readable, writable }, bytes) {
  const writer = writable.getWriter();
  const writing = (async () => {
    for (let at = 0; at < bytes.length; at += 7001) {
      await writer.write(shared(bytes.subarray(at, at + 7001)));
    }
    await writer.close();
  })();
  const result = new Uint8Array(await new Response(readable).arrayBuffer());
  await writing;
  return result;
}

globalThis.outcome = (async () => {
  const shares = await outcomeOf({
    'the page is isolated': async () =>
      check(globalThis.crossOriginIsolated, 'crossOriginIsolated'),
    'a wrapping key and attributes': () =>
      toAndFro(aes(), undefined, { ...RECORD, photo: { B: shared(RECORD.photo.B) } }),
    'RSA keys': async () => {
      const { publicKey, privateKey } = fixtures.rsa;
      const names = { keyNamespace: 'n', keyName: 'k', paddingScheme: 'OAEP_SHA256_MGF1' };
      await toAndFro(
        rawRsaKeyring({ ...names, publicKey: shared(publicKey) }),
        rawRsaKeyring({ ...names, privateKey: shared(privateKey) }),
      );
    },
    'ECDH keys': async () => {
      const { publicKey, privateKey } = fixtures.ec.P384;
      const keyring = (keyAgreementScheme) =>
        rawEcdhKeyring({ curveSpec: 'P384', keyAgreementScheme });
      await toAndFro(
        keyring({ type: 'ephemeral', recipientPublicKey: shared(publicKey) }),
        keyring({ type: 'discovery', recipientPrivateKey: shared(privateKey) }),
      );
    },
    'a message': async () => {
      const client = new EncryptionClient();
      const keyring = aes();
      const plaintext = crypto.getRandomValues(new Uint8Array(50_000));
      const { ciphertext } = await client.encrypt(shared(plaintext), { keyring });
      const opened = await client.decrypt(shared(ciphertext), { keyring });
      same(opened.plaintext, plaintext, 'the plaintext');
      const streamed = await throughStream(client.encryptStream({ keyring }), plaintext);
      same(
        await throughStream(client.decryptStream({ keyring }), streamed),
        plaintext,
        'the stream',
      );
    },
    // The page and the core work on bytes that change; what is sealed is one of their states.
    'bytes that another thread changes': async () => {
      const bytes = shared(new Uint8Array(200_000));
      const worker = new Worker('writing-worker.js', { type: 'module' });
      await new Promise((resolve) => {
        worker.onmessage = resolve;
        worker.postMessage(bytes);
      });
      const client = new EncryptionClient();
      const keyring = aes();
      const states = new Set();
      for (let i = 0; i < 20; i++) {
        const { ciphertext } = await client.encrypt(bytes, { keyring });
        const { plaintext } = await client.decrypt(ciphertext, { keyring });
        states.add(plaintext.join());
      }
      worker.terminate();
      check(states.size > 1, 'the bytes changed');
    },
  });
  return both(shares, JSON.parse(await outcome(fieldseal)));
})();
