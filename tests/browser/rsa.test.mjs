// RSA private keys of a page: what a browser's own RSA gives is taken for what it must be. WebKitGTK drops the zeros that a
// plaintext begins with, as one in 256 does.

import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { after, before, test } from 'node:test';

import { fromDynamoJson, inspect } from '../../pkg/entrypoints/index.js';
import { inEachBrowser, visit } from './browsers.mjs';
import { startSite } from './site.mjs';

const ITEMS = 600;
const PADDINGS = ['OAEP_SHA1_MGF1', 'OAEP_SHA256_MGF1', 'OAEP_SHA384_MGF1', 'OAEP_SHA512_MGF1'];
const rsaPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const { publicKey, privateKey } = rsaPair();

let site;
before(async () => {
  site = await startSite();
});
after(() => site?.close());

/** Runs in the page: lets bytes be zero that are drawn from now on, where a key begins, too. */
function install() {
  const { getRandomValues } = Crypto.prototype;
  /** Those whose place can be divided by `step`, and no others: each 256th would be by chance. */
  globalThis.zeroEvery = (step) => {
    crypto.getRandomValues = (bytes) => {
      getRandomValues.call(crypto, bytes);
      if (step) bytes.forEach((byte, i) => (bytes[i] = i % step === 0 ? 0 : byte || 1));
      return bytes;
    };
  };
}

/** Runs in the page: seals items and opens them. */
async function sealAndOpen({ items, zeroed, paddingScheme, publicKey, privateKey, asCryptoKey }) {
  const { ItemEncryptor, rawRsaKeyring, toDynamoJson } = await import('/pkg/entrypoints/index.js');
  const der = Uint8Array.from(atob(privateKey.replace(/-----[^-]+-----|\s/g, '')), (char) =>
    char.charCodeAt(0),
  );
  const hash = `SHA-${/SHA(\d+)/.exec(paddingScheme)[1]}`;
  const algorithm = { name: 'RSA-OAEP', hash };
  const imported = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['decrypt']);
  globalThis.zeroEvery(zeroed);
  const keyring = rawRsaKeyring({
    ...{ keyNamespace: 'n', keyName: 'k', paddingScheme, publicKey },
    privateKey: asCryptoKey ? imported : privateKey,
  });
  const encryptor = new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    algorithmSuite: '6700',
    keyring,
  });
  const result = { sealed: [], failures: [] };
  for (let i = 0; i < items; i++) {
    const secret = { S: `secret ${i}` };
    const { item } = await encryptor.encryptItem({ id: { S: `${i}` }, secret });
    result.sealed.push(toDynamoJson(item));
    try {
      const opened = await encryptor.decryptItem(item);
      if (opened.item.secret.S !== secret.S) result.failures.push(`${i} is another`);
    } catch (error) {
      result.failures.push(`${i}: ${error}`);
    }
  }
  return result;
}

/** With how many zeros the key begins that a sealed item has under RSA: behind the data key, which that key wraps. */
function zerosOf(text, paddingScheme) {
  const [{ ciphertext }] = inspect(fromDynamoJson(text)).encryptedDataKeys;
  const oaepHash = `sha${/SHA(\d+)/.exec(paddingScheme)[1]}`;
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = privateDecrypt({ key: privateKey, padding, oaepHash }, ciphertext.slice(-256));
  const first = wrapped.findIndex((byte) => byte !== 0);
  return first === -1 ? wrapped.length : first;
}

/** Runs in the page: seals messages, whose data keys have lengths of their own, and opens them. */
async function messages({ zeroed, publicKey, privateKey }) {
  const { EncryptionClient, rawRsaKeyring } = await import('/pkg/entrypoints/index.js');
  globalThis.zeroEvery(zeroed);
  const names = { keyNamespace: 'n', keyName: 'k', paddingScheme: 'OAEP_SHA256_MGF1' };
  const keyring = rawRsaKeyring({ ...names, publicKey, privateKey });
  const given = Uint8Array.of(1, 2, 3);
  const opened = {};
  for (const algorithmSuite of ['0014', '0046', '0078', '0178', '0378', '0478', '0578']) {
    const commits = algorithmSuite >= '0478';
    const commitmentPolicy = commits
      ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT'
      : 'FORBID_ENCRYPT_ALLOW_DECRYPT';
    const client = new EncryptionClient({ commitmentPolicy });
    try {
      const { ciphertext } = await client.encrypt(given, { keyring, algorithmSuite });
      const { plaintext } = await client.decrypt(ciphertext, { keyring });
      opened[algorithmSuite] = plaintext.join();
    } catch (error) {
      opened[algorithmSuite] = error.message;
    }
  }
  return opened;
}

/** Runs in the page: how long a plaintext of four bytes is that begins with a zero. */
async function bare() {
  const hash = 'SHA-256';
  const algorithm = { name: 'RSA-OAEP', hash, modulusLength: 2048 };
  const made = { ...algorithm, publicExponent: Uint8Array.of(1, 0, 1) };
  const pair = await crypto.subtle.generateKey(made, false, ['encrypt', 'decrypt']);
  const given = Uint8Array.of(0, 2, 3, 4);
  const sealed = await crypto.subtle.encrypt({ name: 'RSA-OAEP' }, pair.publicKey, given);
  const opened = await crypto.subtle.decrypt({ name: 'RSA-OAEP' }, pair.privateKey, sealed);
  return opened.byteLength;
}

inEachBrowser((name, browser) => {
  const keys = { publicKey, privateKey };
  let page;
  before(async () => {
    page = await visit(browser(), site.url);
    await page.evaluate(install);
  });
  after(async () => {
    assert.deepEqual(await page.evaluate(() => globalThis.problems), []);
  });

  test(`${ITEMS} items`, async () => {
    const length = await page.evaluate(bare);
    console.log(`${name} gives ${length} of 4 bytes of which the first is zero`);
    const paddingScheme = 'OAEP_SHA256_MGF1';
    const given = { ...keys, items: ITEMS, paddingScheme };
    const { sealed, failures } = await page.evaluate(sealAndOpen, given);
    const odd = sealed.filter((text) => zerosOf(text, paddingScheme) > 0).length;
    console.log(`${odd} of ${ITEMS} keys began with a zero`);
    assert.equal(sealed.length, ITEMS);
    assert.deepEqual(failures, []);
  });

  for (const paddingScheme of PADDINGS) {
    for (const asCryptoKey of [false, true]) {
      const what = asCryptoKey ? 'a CryptoKey' : 'PEM';
      test(`keys that begin with zeros, ${paddingScheme}, ${what}`, async () => {
        // The first byte, and all of them.
        for (const [zeroed, zeros] of [
          [4, 1],
          [1, 32],
        ]) {
          const given = { ...keys, items: 3, zeroed, paddingScheme, asCryptoKey };
          const { sealed, failures } = await page.evaluate(sealAndOpen, given);
          assert.deepEqual(failures, []);
          for (const text of sealed) assert.equal(zerosOf(text, paddingScheme), zeros);
        }
      });
    }
  }

  test('messages of every length of data key, which begin with zeros', async () => {
    for (const zeroed of [2, 4]) {
      const opened = await page.evaluate(messages, { ...keys, zeroed });
      assert.equal(Object.keys(opened).length, 7);
      for (const text of Object.values(opened)) assert.equal(text, '1,2,3');
    }
  });

  test('another private key opens none of them', async () => {
    const { privateKey: other } = rsaPair();
    const paddingScheme = 'OAEP_SHA256_MGF1';
    const given = { publicKey, privateKey: other, items: 3, zeroed: 4, paddingScheme };
    const { failures } = await page.evaluate(sealAndOpen, given);
    assert.equal(failures.length, 3);
    for (const text of failures) assert.match(text, /NoKeyError/);
  });
});
