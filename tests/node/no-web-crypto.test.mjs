// A host without WebCrypto, such as a browser on a page that is not https: private keys have nowhere to be.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';

import * as fieldseal from '../../pkg/entrypoints/index.js';
import { ecdhPair } from '../support/ecdh.mjs';

const { rawEcdhKeyring, rawRsaKeyring } = fieldseal;
const alice = ecdhPair('P256');
const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const { getBuiltinModule } = process;
const usual = Object.getOwnPropertyDescriptor(globalThis, 'crypto');

before(() => {
  process.getBuiltinModule = undefined;
  const { crypto } = globalThis;
  const value = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  Object.defineProperty(globalThis, 'crypto', { ...usual, get: () => value });
});
after(() => {
  process.getBuiltinModule = getBuiltinModule;
  Object.defineProperty(globalThis, 'crypto', usual);
});

const names = { keyNamespace: 'n', keyName: 'k', paddingScheme: 'OAEP_SHA256_MGF1' };
const { privateKey, publicKey: recipientPublicKey } = alice;
const ecdh = (keyAgreementScheme) => rawEcdhKeyring({ curveSpec: 'P256', keyAgreementScheme });

for (const [what, make] of [
  ['RSA', () => rawRsaKeyring({ ...names, privateKey: rsa.privateKey })],
  ['ECDH discovery', () => ecdh({ type: 'discovery', recipientPrivateKey: privateKey })],
  ['static ECDH', () => ecdh({ type: 'static', senderPrivateKey: privateKey, recipientPublicKey })],
  ['ephemeral ECDH', () => ecdh({ type: 'ephemeral', recipientPublicKey })],
]) {
  test(`a keyring for ${what} says what is missing`, () => {
    assert.throws(make, (error) => {
      assert.equal(error.code, 'UNSUPPORTED');
      assert.match(error.message, /WebCrypto \(browsers have it on https pages only\)/);
      return true;
    });
  });
}

test('an RSA public key needs no WebCrypto', async () => {
  const keyring = rawRsaKeyring({ ...names, publicKey: rsa.publicKey });
  const client = new fieldseal.EncryptionClient();
  const { ciphertext } = await client.encrypt(Uint8Array.of(1, 2, 3), { keyring });
  assert.ok(ciphertext.length > 3);
});
