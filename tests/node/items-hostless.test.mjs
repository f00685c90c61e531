// The core of fieldseal/items leaves RSA encryption and the verification of signatures to the host: where that has no
// cryptography, as pages without HTTPS, it says so, and nothing is opened unverified.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';

// Internal: the instance of the core, and its choice of cryptography.
import { core } from '../../pkg/core/core.js';
import { hostCrypto } from '../../pkg/host/crypto.js';
import {
  ItemEncryptor,
  multiKeyring,
  rawAesKeyring,
  rawRsaKeyring,
} from '../../pkg/entrypoints/items.js';
import { useEngine, usualEngine } from '../support/engines.mjs';

const internals = { core, hostCrypto };
after(() => usualEngine(internals));

const { publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const names = { keyNamespace: 'ns', keyName: 'key' };
const aes = rawAesKeyring({ ...names, wrappingKey: new Uint8Array(32).fill(7) });
const rsa = rawRsaKeyring({ ...names, paddingScheme: 'OAEP_SHA256_MGF1', publicKey });
const ITEM = { id: { S: 'a' }, ssn: { S: '078-05-1120' } };

function encryptor(keyring, algorithmSuite) {
  return new ItemEncryptor({
    logicalTableName: 'people',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
    algorithmSuite,
    keyring,
  });
}

const unsupported = { code: 'UNSUPPORTED', name: 'UnsupportedError', message: /WebCrypto.*HTTPS/ };

test('it is the core of fieldseal/items', () => assert.equal(core().complete, false));

for (const engine of ['core', 'node', 'web']) {
  const hostless = engine === 'core';

  test(`${engine}: signed items`, async () => {
    useEngine(internals, engine);
    const items = encryptor(aes, '6701');
    const { item } = await items.encryptItem(ITEM);
    if (hostless) await assert.rejects(items.decryptItem(item), unsupported);
    else assert.deepEqual((await items.decryptItem(item)).item, ITEM);
    // A bad signature is told from a host that cannot say.
    const other = (await items.encryptItem(ITEM)).item.aws_dbe_foot.B;
    const expected = hostless ? unsupported : { code: 'SIGNATURE_MISMATCH' };
    const forged = { B: item.aws_dbe_foot.B.slice() };
    forged.B.set(other.subarray(-103), forged.B.length - 103);
    await assert.rejects(items.decryptItem({ ...item, aws_dbe_foot: forged }), expected);
  });

  test(`${engine}: items without a signature`, async () => {
    useEngine(internals, engine);
    const items = encryptor(aes, '6700');
    const { item } = await items.encryptItem(ITEM);
    assert.deepEqual((await items.decryptItem(item)).item, ITEM);
    item.ssn.B[4] ^= 1;
    await assert.rejects(items.decryptItem(item), { name: 'AuthenticationError' });
  });

  test(`${engine}: RSA keyrings`, async () => {
    useEngine(internals, engine);
    for (const keyring of [rsa, multiKeyring({ generator: aes, children: [rsa] })]) {
      const sealing = encryptor(keyring, '6700').encryptItem(ITEM);
      if (hostless) await assert.rejects(sealing, unsupported);
      else assert.notDeepEqual((await sealing).item.ssn, ITEM.ssn);
    }
  });
}
