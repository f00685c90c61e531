// RSA encryption through the npm package by each engine: the core's own, node:crypto and WebCrypto. Node decrypts, by
// itself and through the keyring.

import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { after, test } from 'node:test';

// Internal: the instance of the core, and its choice of cryptography.
import { core } from '../../pkg/core/core.js';
import { hostCrypto } from '../../pkg/host/crypto.js';
import * as fieldseal from '../../pkg/entrypoints/index.js';
import { engines, useEngine, usualEngine } from '../support/engines.mjs';

const internals = { core, hostCrypto };
after(() => usualEngine(internals));

const HASHES = {
  PKCS1: undefined,
  OAEP_SHA1_MGF1: 'sha1',
  OAEP_SHA256_MGF1: 'sha256',
  OAEP_SHA384_MGF1: 'sha384',
  OAEP_SHA512_MGF1: 'sha512',
};

const pair = (modulusLength) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const pairs = { 2048: pair(2048), 3072: pair(3072) };
const ITEM = { id: { S: 'a' }, ssn: { S: '078-05-1120' } };

function encryptor(keyring) {
  return new fieldseal.ItemEncryptor({
    logicalTableName: 'people',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
    algorithmSuite: '6700',
    keyring,
  });
}

function keyringOf(paddingScheme, keys) {
  return fieldseal.rawRsaKeyring({ keyNamespace: 'ns', keyName: 'rsa', paddingScheme, ...keys });
}

/** The data key as Node unwraps it. */
function unwrap(item, paddingScheme, privateKey) {
  const [{ ciphertext }] = fieldseal.inspect(item).encryptedDataKeys;
  // In items, what the keyring wrapped stands behind the intermediate wrapping's 48 bytes.
  const wrapped = ciphertext.subarray(48);
  const oaepHash = HASHES[paddingScheme];
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return privateDecrypt({ key: privateKey, padding, oaepHash }, wrapped);
}

for (const engine of engines(internals)) {
  for (const paddingScheme of Object.keys(HASHES)) {
    for (const [bits, { publicKey, privateKey }] of Object.entries(pairs)) {
      test(`${engine}, ${paddingScheme}, ${bits} bits`, async () => {
        const host = useEngine(internals, engine);
        const seal = encryptor(keyringOf(paddingScheme, { publicKey }));
        const { item } = await seal.encryptItem(ITEM);
        assert.equal(host.rsa, engine === 'core' ? 0 : 1, 'the engine that was asked for');
        const [{ ciphertext }] = fieldseal.inspect(item).encryptedDataKeys;
        assert.equal(ciphertext.length, 48 + bits / 8);
        // Node 20 unwraps PKCS #1 v1.5 only where its OpenSSL hides failures; the core does.
        const hazmatAllowPkcs1Decryption = paddingScheme === 'PKCS1';
        if (!hazmatAllowPkcs1Decryption) {
          assert.equal(unwrap(item, paddingScheme, privateKey).length, 32);
        }
        const open = encryptor(
          keyringOf(paddingScheme, { privateKey, hazmatAllowPkcs1Decryption }),
        );
        assert.deepEqual((await open.decryptItem(item)).item, ITEM);
        const refused = async (keyring) =>
          assert.rejects(encryptor(keyring).decryptItem(item), { code: 'NO_KEYRING_OPENED' });
        await refused(keyringOf(paddingScheme, { privateKey: pair(2048).privateKey }));
        const other = paddingScheme === 'OAEP_SHA1_MGF1' ? 'OAEP_SHA256_MGF1' : 'OAEP_SHA1_MGF1';
        await refused(keyringOf(other, { privateKey }));
      });
    }
  }

  test(`${engine}: keys that RSA does not have are refused where they are written`, () => {
    useEngine(internals, engine);
    const short = pair(1024).publicKey;
    assert.throws(() => keyringOf('OAEP_SHA256_MGF1', { publicKey: short }), {
      code: 'UNSUPPORTED',
    });
    assert.throws(() => keyringOf('OAEP_SHA256_MGF1', { publicKey: 'no key' }), {
      code: 'MALFORMED_KEY',
    });
  });
}
