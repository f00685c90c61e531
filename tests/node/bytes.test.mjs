// Bytes are read in the same way wherever they enter: as many as there are, whatever they say of themselves, and of any
// realm.

import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import vm from 'node:vm';

// Internal: the instance of the core and its memory.
import { core } from '../../pkg/core/core.js';
import * as fieldseal from '../../pkg/entrypoints/index.js';

const { EncryptionClient, inspect, rawAesKeyring, rawRsaKeyring } = fieldseal;
const client = new EncryptionClient();

class Liar extends Uint8Array {
  get length() {
    return 1;
  }
  get byteLength() {
    return 1;
  }
}

const foreign = vm.runInNewContext('(list) => Uint8Array.from(list)');
const foreignBuffer = vm.runInNewContext('(list) => Uint8Array.from(list).buffer');
/** The same bytes in all forms in which they may come. */
const FORMS = {
  'a Uint8Array': (bytes) => new Uint8Array(bytes),
  'a Buffer': (bytes) => Buffer.from(bytes),
  'a window of a larger buffer': (bytes) =>
    new Uint8Array([9, ...bytes, 9]).subarray(1, bytes.length + 1),
  'another realm’s': (bytes) => foreign([...bytes]),
  'another realm’s buffer': (bytes) => foreignBuffer([...bytes]),
  'a DataView': (bytes) => new DataView(new Uint8Array(bytes).buffer),
  'shared memory': (bytes) => {
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    return shared;
  },
  'a subclass that lies': (bytes) => new Liar(bytes),
  'an own property that lies': (bytes) =>
    Object.defineProperty(new Uint8Array(bytes), 'length', { value: 2 ** 31 }),
};

const wrappingKey = randomBytes(32);
const aes = (key) => rawAesKeyring({ keyNamespace: 'ns', keyName: 'key', wrappingKey: key });
const plain = randomBytes(100);
const spki = { type: 'spki', format: 'der' };
const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: spki,
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
});
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKey = ec.publicKey.export(spki);
const signature = createSign('sha256').update(plain).sign(ec.privateKey);
const sealed = (await client.encrypt(plain, { keyring: aes(wrappingKey) })).ciphertext;
const ecPrivate = ec.privateKey.export({ type: 'pkcs8', format: 'der' });
const fingerprint = await fieldseal.publicKeyFingerprint(publicKey);

async function opens(keyring) {
  const { ciphertext } = await client.encrypt(plain, { keyring });
  const { plaintext } = await client.decrypt(ciphertext, { keyring });
  assert.deepEqual(Buffer.from(plaintext), plain);
}

async function decryptRequest(ciphertextBlob) {
  let sent;
  const fetch = async (_, { body }) => {
    sent = JSON.parse(Buffer.from(body).toString()).CiphertextBlob;
    return Response.json({ KeyId: 'k', Plaintext: 'AA==', EncryptionAlgorithm: 'x' });
  };
  const kms = new fieldseal.KmsClient({ endpoint: 'http://127.0.0.1:9', fetch });
  await kms.decrypt({ ciphertextBlob });
  assert.equal(sent, plain.toString('base64'));
}

async function joined(readable) {
  const chunks = [];
  for await (const chunk of readable) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const piped = async (stream, bytes) => {
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  // Whoever reads is told of a failure, too.
  written.catch(() => undefined);
  const all = await joined(stream.readable);
  await written;
  return all;
};

/** Every place where bytes enter: what is given there, and what must come of it. */
const PLACES = {
  'a wrapping key': [wrappingKey, (key) => opens(aes(key))],
  'RSA keys': [
    rsa.privateKey,
    (privateKey, form) => {
      const keys = { publicKey: form(rsa.publicKey), privateKey };
      const names = { keyNamespace: 'ns', keyName: 'rsa', paddingScheme: 'OAEP_SHA256_MGF1' };
      return opens(rawRsaKeyring({ ...names, ...keys }));
    },
  ],
  'ECDH keys': [
    ecPrivate,
    (senderPrivateKey, form) => {
      const recipientPublicKey = form(publicKey);
      const keyAgreementScheme = { type: 'static', senderPrivateKey, recipientPublicKey };
      return opens(fieldseal.rawEcdhKeyring({ curveSpec: 'P256', keyAgreementScheme }));
    },
  ],
  'branch keys': [
    wrappingKey,
    (branchKey) => {
      const version = '12345678-1234-1234-1234-123456789abc';
      const keyStore = fieldseal.staticKeyStore([{ branchKeyId: 'b', version, branchKey }]);
      const options = { keyStore, branchKeyId: 'b', ttlSeconds: 1, cache: 'none' };
      return opens(fieldseal.awsKmsHierarchicalKeyring(options));
    },
  ],
  'a plaintext': [
    plain,
    async (bytes) => {
      const { ciphertext } = await client.encrypt(bytes, { keyring: aes(wrappingKey) });
      const { plaintext } = await client.decrypt(ciphertext, { keyring: aes(wrappingKey) });
      assert.deepEqual(Buffer.from(plaintext), plain);
    },
  ],
  'a message': [
    sealed,
    async (bytes) => {
      const { plaintext } = await client.decrypt(bytes, { keyring: aes(wrappingKey) });
      assert.deepEqual(Buffer.from(plaintext), plain);
    },
  ],
  'a chunk of a stream': [
    sealed,
    async (bytes) => {
      const stream = client.decryptStream({ keyring: aes(wrappingKey) });
      assert.deepEqual(await piped(stream, bytes), plain);
    },
  ],
  'a message to inspect': [sealed, (bytes) => assert.equal(inspect(bytes).algorithmSuite, '0578')],
  'a KMS request': [plain, decryptRequest],
  'a fingerprint': [
    publicKey,
    async (key) => assert.equal(await fieldseal.publicKeyFingerprint(key), fingerprint),
  ],
  'a signature': [
    signature,
    async (bytes, form) => {
      const signed = { publicKey: form(publicKey), message: form(plain), signature: bytes };
      const signingAlgorithm = 'ECDSA_SHA_256';
      assert.equal(await fieldseal.verifySignature({ ...signed, signingAlgorithm }), true);
    },
  ],
};

for (const [place, [bytes, check]] of Object.entries(PLACES)) {
  test(`${place}, in every form`, async () => {
    const instance = core();
    for (const form of Object.values(FORMS)) await check(form(bytes), form);
    assert.equal(core(), instance);
  });

  test(`${place}: what is no bytes, or not there any more, is refused`, async () => {
    const gone = new Uint8Array(bytes);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const fake = { length: 32, byteLength: 32, [Symbol.toStringTag]: 'ArrayBuffer' };
    for (const value of [gone, fake, [...bytes], new Proxy(new Uint8Array(bytes), {}), 5, {}]) {
      await assert.rejects(
        async () => check(value, () => value),
        (error) => error instanceof fieldseal.FieldsealError && error.code !== 'INTERNAL',
      );
    }
  });
}
