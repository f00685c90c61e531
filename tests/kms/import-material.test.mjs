// Key material of one's own: wrapped here, opened by Node's cryptography and by the development KMS; the states of a key
// without material. The official client does the same with what is wrapped here.

import assert from 'node:assert/strict';
import {
  constants,
  createDecipheriv,
  generateKeyPairSync,
  privateDecrypt,
  randomBytes,
} from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import * as aws from '@aws-sdk/client-kms';
import { wrapKeyMaterial } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, refused, text, utf8 } from './support.mjs';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const DAY = 86_400_000;

let dev;
let kms;
let official;
let now = Date.now();
before(async () => {
  dev = await startDevKms({ now: () => new Date(now) });
  kms = clientOf(dev);
  official = new aws.KMSClient({ endpoint: dev.url, region: dev.region, credentials: CREDENTIALS });
});
after(() => {
  official.destroy();
  return dev.close();
});

const pairs = new Map();
function pairOf(modulusLength) {
  if (!pairs.has(modulusLength))
    pairs.set(modulusLength, generateKeyPairSync('rsa', { modulusLength }));
  const { publicKey, privateKey } = pairs.get(modulusLength);
  return {
    privateKey,
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
  };
}

const oaep = (key) => ({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' });

describe('wrapping', () => {
  test('a host that fails midway: nothing of the material is left in what was made for it', async (t) => {
    const { publicKey } = pairOf(2048);
    const wrappingAlgorithm = 'RSA_AES_KEY_WRAP_SHA_256';
    for (const [length, failsAt] of [
      [5, 1],
      [8, 1],
      [32, 1],
      [32, 3],
      [1218, 200],
    ]) {
      const keyMaterial = new Uint8Array(randomBytes(length));
      const made = [];
      let blocks = 0;
      const { encrypt } = crypto.subtle;
      const failing = t.mock.method(crypto.subtle, 'encrypt', async (algorithm, key, bytes) => {
        if (algorithm.name === 'AES-CBC' && ++blocks === failsAt) throw new Error('no memory');
        return encrypt.call(crypto.subtle, algorithm, key, bytes);
      });
      const bytesOf = Uint8Array;
      globalThis.Uint8Array = new Proxy(bytesOf, {
        construct(target, given, as) {
          made.push(Reflect.construct(target, given, as));
          return made.at(-1);
        },
      });
      try {
        await assert.rejects(
          wrapKeyMaterial({ keyMaterial, publicKey, wrappingAlgorithm }),
          /no memory/,
        );
      } finally {
        globalThis.Uint8Array = bytesOf;
        failing.mock.restore();
      }
      assert.equal(blocks, failsAt);
      const start = keyMaterial.subarray(-5);
      const own = made.filter(({ buffer }) => buffer !== keyMaterial.buffer);
      const kept = own.filter((bytes) => Buffer.from(bytes).includes(start));
      assert.deepEqual(kept, [], `${length} bytes, block ${failsAt}`);
      assert.ok(made.some(({ length: bytes }) => bytes === 8 + 8 * Math.ceil(length / 8)));
    }
  });

  for (const bits of [2048, 3072, 4096]) {
    test(`RSAES_OAEP_SHA_256 under RSA_${bits}: what Node opens, up to the limit`, async () => {
      const { publicKey, privateKey } = pairOf(bits);
      const most = bits / 8 - 66;
      const wrappingAlgorithm = 'RSAES_OAEP_SHA_256';
      for (const length of [1, 32, most]) {
        const keyMaterial = new Uint8Array(randomBytes(length));
        const wrapped = await wrapKeyMaterial({ keyMaterial, publicKey, wrappingAlgorithm });
        assert.deepEqual(new Uint8Array(privateDecrypt(oaep(privateKey), wrapped)), keyMaterial);
      }
      const keyMaterial = new Uint8Array(most + 1);
      await refused(wrapKeyMaterial({ keyMaterial, publicKey, wrappingAlgorithm }), {
        code: 'LIMIT_EXCEEDED',
        message: new RegExp(`bytes: ${most + 1}, at most ${most}; use RSA_AES_KEY_WRAP_SHA_256`),
      });
    });
  }

  test('RSA_AES_KEY_WRAP_SHA_256 of any length: what OpenSSL unwraps', async () => {
    const { publicKey, privateKey } = pairOf(2048);
    const wrappingAlgorithm = 'RSA_AES_KEY_WRAP_SHA_256';
    for (const length of [1, 7, 8, 9, 15, 16, 17, 32, 128, 1218, 2375, 5600]) {
      const keyMaterial = new Uint8Array(randomBytes(length));
      const given = keyMaterial.slice();
      const wrapped = await wrapKeyMaterial({ keyMaterial: given, publicKey, wrappingAlgorithm });
      assert.deepEqual(given, keyMaterial, 'the caller’s own is left alone');
      const aesKey = privateDecrypt(oaep(privateKey), wrapped.subarray(0, 256));
      assert.equal(aesKey.length, 32);
      const iv = Buffer.from('a65959a6', 'hex');
      const decipher = createDecipheriv('id-aes256-wrap-pad', aesKey, iv);
      const opened = Buffer.concat([decipher.update(wrapped.subarray(256)), decipher.final()]);
      assert.deepEqual(new Uint8Array(opened), keyMaterial, `${length} bytes`);
    }
  });

  test('what cannot be wrapped', async () => {
    const { publicKey } = pairOf(2048);
    const good = {
      keyMaterial: new Uint8Array(32),
      publicKey,
      wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    };
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    for (const [change, code] of [
      [{ keyMaterial: new Uint8Array() }, 'INVALID_ARGUMENT'],
      [{ keyMaterial: 'secret' }, 'INVALID_ARGUMENT'],
      [{ keyMaterial: undefined }, 'INVALID_ARGUMENT'],
      [{ keyMaterial: new Uint8Array(5601) }, 'LIMIT_EXCEEDED'],
      [{ publicKey: undefined }, 'INVALID_ARGUMENT'],
      [{ publicKey: new Uint8Array(9) }, 'MALFORMED_KEY'],
      [{ publicKey: ec.export({ format: 'der', type: 'spki' }) }, 'MALFORMED_KEY'],
      [{ wrappingAlgorithm: 'RSAES_PKCS1_V1_5' }, 'INVALID_ARGUMENT'],
      [{ wrappingAlgorithm: 'RSAES_OAEP_SHA_1' }, 'INVALID_ARGUMENT'],
      [{ extra: 1 }, 'INVALID_ARGUMENT'],
    ]) {
      await refused(wrapKeyMaterial({ ...good, ...change }), { code });
    }
    for (const none of [undefined, null, 5]) {
      await refused(wrapKeyMaterial(none), { code: 'INVALID_ARGUMENT' });
    }
  });
});

/** Imports material as our client does it. */
async function importInto(keyId, keyMaterial, wrappingAlgorithm, more) {
  const request = { keyId, wrappingAlgorithm, wrappingKeySpec: 'RSA_2048' };
  const { importToken, publicKey, parametersValidToMs } = await kms.getParametersForImport(request);
  assert.ok(parametersValidToMs > now);
  const encryptedKeyMaterial = await wrapKeyMaterial({ keyMaterial, publicKey, wrappingAlgorithm });
  return kms.importKeyMaterial({ keyId, importToken, encryptedKeyMaterial, ...more });
}

describe('import', () => {
  const forEver = { expirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' };

  test('the life of a key: pending, enabled, expired, imported again, deleted', async () => {
    const { keyId, keyState, origin } = await kms.createKey({ origin: 'EXTERNAL' });
    assert.deepEqual([keyState, origin], ['PendingImport', 'EXTERNAL']);
    const encrypt = () => kms.encrypt({ keyId, plaintext: utf8('hello') });
    await refused(encrypt(), { code: 'KMS_INVALID_STATE' });

    const material = new Uint8Array(randomBytes(32));
    const validToMs = now + DAY;
    await importInto(keyId, material, 'RSAES_OAEP_SHA_256', { validToMs });
    const imported = await kms.describeKey({ keyId });
    assert.deepEqual(
      [imported.keyState, imported.expirationModel, imported.validToMs],
      ['Enabled', 'KEY_MATERIAL_EXPIRES', validToMs],
    );
    const { ciphertextBlob } = await encrypt();

    now += DAY + 1000;
    await refused(encrypt(), { code: 'KMS_INVALID_STATE' });
    assert.equal((await kms.describeKey({ keyId })).keyState, 'PendingImport');
    const other = new Uint8Array(randomBytes(32));
    await refused(importInto(keyId, other, 'RSAES_OAEP_SHA_256', forEver), {
      code: 'KMS_REJECTED',
      serviceError: 'IncorrectKeyMaterialException',
    });
    await importInto(keyId, material, 'RSA_AES_KEY_WRAP_SHA_256', forEver);
    assert.equal(text((await kms.decrypt({ ciphertextBlob })).plaintext), 'hello');

    const { keyMaterialId } = await kms.deleteImportedKeyMaterial({ keyId });
    assert.match(keyMaterialId, /^[0-9a-f]{64}$/);
    await refused(kms.decrypt({ ciphertextBlob }), { code: 'KMS_INVALID_STATE' });
  });

  test('an RSA key, and an import token of another key', async () => {
    const { keyId } = await kms.createKey({
      origin: 'EXTERNAL',
      keySpec: 'RSA_2048',
      keyUsage: 'ENCRYPT_DECRYPT',
    });
    const { privateKey } = pairOf(2048);
    const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }));
    await importInto(keyId, pkcs8, 'RSA_AES_KEY_WRAP_SHA_256', forEver);
    const { publicKey } = await kms.getPublicKey({ keyId });
    assert.deepEqual(publicKey, pairOf(2048).publicKey);

    const other = await kms.createKey({ origin: 'EXTERNAL' });
    const wrappingAlgorithm = 'RSAES_OAEP_SHA_256';
    const parameters = { wrappingAlgorithm, wrappingKeySpec: 'RSA_2048' };
    const foreign = await kms.getParametersForImport({ keyId: other.keyId, ...parameters });
    const third = await kms.createKey({ origin: 'EXTERNAL' });
    await refused(
      kms.importKeyMaterial({
        keyId: third.keyId,
        importToken: foreign.importToken,
        encryptedKeyMaterial: await wrapKeyMaterial({
          keyMaterial: new Uint8Array(32).fill(1),
          publicKey: foreign.publicKey,
          wrappingAlgorithm,
        }),
        ...forEver,
      }),
      { code: 'KMS_REJECTED', serviceError: 'InvalidImportTokenException' },
    );
    await refused(
      kms.getParametersForImport({ keyId: (await dev.createKey()).keyId, ...parameters }),
      {
        code: 'KMS_WRONG_KEY_USAGE',
      },
    );
  });

  test('the official client imports what is wrapped here', async () => {
    const { KeyMetadata } = await official.send(new aws.CreateKeyCommand({ Origin: 'EXTERNAL' }));
    const { KeyId } = KeyMetadata;
    const parameters = await official.send(
      new aws.GetParametersForImportCommand({
        KeyId,
        WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
        WrappingKeySpec: 'RSA_3072',
      }),
    );
    await official.send(
      new aws.ImportKeyMaterialCommand({
        KeyId,
        ImportToken: parameters.ImportToken,
        EncryptedKeyMaterial: await wrapKeyMaterial({
          keyMaterial: new Uint8Array(32).fill(3),
          publicKey: parameters.PublicKey,
          wrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
        }),
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      }),
    );
    assert.equal((await kms.describeKey({ keyId: KeyId })).keyState, 'Enabled');
  });
});
