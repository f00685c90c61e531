// The KMS client, from a page in each browser to the development KMS across origins.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';

import { startDevKms } from '../../pkg/testing/index.js';
import { inEachBrowser, visit } from './browsers.mjs';
import { startSite } from './site.mjs';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a-secret-of-the-tests' };
let site;
let kms;
let rsa;

before(async () => {
  site = await startSite();
  kms = await startDevKms();
  rsa = await kms.createKey({ keySpec: 'RSA_2048', alias: 'alias/customers' });
});
after(async () => {
  await kms?.close();
  await site?.close();
});
afterEach(() => {
  kms.faults.clear();
  kms.clearCalls();
});

/** Runs in the page: what the tests have in common there. */
async function install() {
  const fieldseal = await import('/pkg/entrypoints/index.js');
  const table = {
    logicalTableName: 'customers',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
  };
  const root = (error) => (error.reasons?.length === 1 ? root(error.reasons[0]) : error);
  globalThis.suite = {
    fieldseal,
    record: { id: 'c-1', ssn: '219-09-9999' },
    items: (keyring) => new fieldseal.ItemEncryptor({ ...table, keyring }),
    /** The error that `attempt` ends in, as plain data; fails when it ends well. */
    async errorOf(attempt) {
      try {
        await attempt();
      } catch (error) {
        if (!(error instanceof fieldseal.FieldsealError)) throw error;
        return { ...root(error).toJSON(), outer: error.code };
      }
      throw new Error('was accepted');
    },
  };
}

/** A management call that the package has no method for. */
async function manage(operation, input) {
  const response = await fetch(kms.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${operation}`,
    },
    body: JSON.stringify(input),
  });
  assert.equal(response.status, 200, await response.text());
}

inEachBrowser((_, browser) => {
  let page;
  before(async () => {
    page = await visit(browser(), site.url);
    await page.evaluate(install);
  });

  /** The error of a Decrypt from the page, of data sealed there with the downloaded key. */
  function openingError(options, keyId = rsa.arn, publicKey = rsa.publicKeyPem) {
    return page.evaluate(
      async ([client, kmsKeyId, pem]) => {
        const { fieldseal, items, record, errorOf } = globalThis.suite;
        const seal = items(fieldseal.awsKmsRsaKeyring({ kmsKeyId, publicKey: pem }));
        const { document } = await seal.encryptDocument(record);
        const from = new fieldseal.KmsClient(client);
        const open = items(fieldseal.awsKmsRsaKeyring({ kmsKeyId, kms: from }));
        return errorOf(() => open.decryptDocument(document));
      },
      [{ endpoint: kms.url, region: kms.region, maxAttempts: 1, ...options }, keyId, publicKey],
    );
  }

  describe('a page and a KMS of another origin', () => {
    test('downloads a public key once, seals without KMS, opens with one call', async () => {
      const sealed = await page.evaluate(async (client) => {
        const { fieldseal, items, record } = globalThis.suite;
        const from = new fieldseal.KmsClient(client);
        const key = await from.getPublicKey({ keyId: 'alias/customers' });
        await from.getPublicKey({ keyId: 'alias/customers' });
        const keyring = fieldseal.awsKmsRsaKeyring({
          kmsKeyId: key.keyId,
          publicKey: key.publicKeyPem,
        });
        const { document } = await items(keyring).encryptDocument(record);
        globalThis.suite.sealed = document;
        return { key: { ...key, publicKey: [...key.publicKey] }, ssn: [...document.ssn] };
      }, options());
      assert.equal(sealed.key.publicKeyPem, rsa.publicKeyPem);
      assert.deepEqual(sealed.key.publicKey, [...rsa.publicKey]);
      assert.ok(!Buffer.from(sealed.ssn).includes('219-09-9999'));
      assert.deepEqual(
        kms.calls.map((call) => call.operation),
        ['GetPublicKey'],
      );
      const opened = await page.evaluate(
        async ([client, kmsKeyId]) => {
          const { fieldseal, items, sealed: row } = globalThis.suite;
          const from = new fieldseal.KmsClient(client);
          const keyring = fieldseal.awsKmsRsaKeyring({ kmsKeyId, kms: from });
          return (await items(keyring).decryptDocument(row)).document;
        },
        [options(), rsa.arn],
      );
      assert.deepEqual(opened, { id: 'c-1', ssn: '219-09-9999' });
      assert.equal(kms.countCalls('Decrypt'), 1);
      // Besides its own parts the page asked the KMS for something, and nobody else.
      const origins = await page.evaluate(() =>
        performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin),
      );
      const [, ...others] = new Set([new URL(site.url).origin, ...origins]);
      assert.deepEqual(others, [kms.url]);
    });

    test('makes data keys with a symmetric key, and survives throttling', async () => {
      const { arn } = await kms.createKey();
      kms.faults.throttleNext(2, { operation: 'GenerateDataKey' });
      const opened = await page.evaluate(
        async ([client, generatorKeyId]) => {
          const { fieldseal, items, record } = globalThis.suite;
          const from = new fieldseal.KmsClient(client);
          const encryptor = items(fieldseal.awsKmsKeyring({ kms: from, generatorKeyId }));
          const { document } = await encryptor.encryptDocument(record);
          return (await encryptor.decryptDocument(document)).document;
        },
        [options(), arn],
      );
      assert.deepEqual(opened, { id: 'c-1', ssn: '219-09-9999' });
      assert.equal(kms.countCalls('GenerateDataKey'), 3);
      assert.equal(kms.countCalls('Decrypt'), 1);
    });

    test('signs requests that the KMS verifies', async () => {
      const strict = await startDevKms({ credentials: [CREDENTIALS] });
      try {
        const { arn } = await strict.createKey({ keySpec: 'RSA_2048' });
        const download = (credentials) =>
          page.evaluate(
            async ([client, keyId]) => {
              const from = new globalThis.suite.fieldseal.KmsClient(client);
              try {
                return { keyId: (await from.getPublicKey({ keyId })).keyId };
              } catch (error) {
                return error.toJSON();
              }
            },
            [{ ...options(), endpoint: strict.url, credentials }, arn],
          );
        assert.deepEqual(await download(CREDENTIALS), { keyId: arn });
        const wrong = await download({ ...CREDENTIALS, secretAccessKey: 'another' });
        assert.equal(wrong.code, 'KMS_CREDENTIALS');
        assert.equal((await download(undefined)).code, 'KMS_CREDENTIALS');
      } finally {
        await strict.close();
      }
    });
  });

  describe('errors in the page', () => {
    test('nobody listens', async () => {
      const endpoint = `http://127.0.0.1:${await closedPort()}`;
      const error = await openingError({ endpoint });
      assert.equal(error.code, 'KMS_UNREACHABLE');
      assert.equal(error.operation, 'Decrypt');
      assert.equal(error.outer, 'NO_KEYRING_OPENED');
    });

    test('the KMS allows another origin only', async () => {
      const elsewhere = await startDevKms({ corsOrigin: 'http://elsewhere.example' });
      try {
        const error = await openingError({ endpoint: elsewhere.url });
        assert.equal(error.code, 'KMS_UNREACHABLE');
        assert.match(error.next, /CORS/);
        assert.equal(elsewhere.countCalls(), 0);
      } finally {
        await elsewhere.close();
      }
    });

    test('access denied', async () => {
      kms.faults.failNext(1, 400, { operation: 'Decrypt', errorName: 'AccessDeniedException' });
      const error = await openingError({ maxAttempts: 3 });
      assert.equal(error.code, 'KMS_ACCESS_DENIED');
      assert.equal(error.keyId, rsa.arn);
      assert.equal(error.requestId, kms.calls[0].requestId);
      assert.equal(kms.countCalls('Decrypt'), 1, 'a definite no is not asked again');
    });

    test('a disabled key, and one that waits for its deletion', async () => {
      const key = await kms.createKey({ keySpec: 'RSA_2048' });
      await manage('DisableKey', { KeyId: key.keyId });
      const disabled = await openingError({}, key.arn, key.publicKeyPem);
      assert.equal(disabled.code, 'KMS_KEY_DISABLED');
      await manage('ScheduleKeyDeletion', { KeyId: key.keyId });
      const pending = await openingError({}, key.arn, key.publicKeyPem);
      assert.equal(pending.code, 'KMS_KEY_PENDING_DELETION');
    });

    test('no such key', async () => {
      const arn = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000';
      const error = await openingError({}, arn);
      assert.equal(error.code, 'KMS_KEY_NOT_FOUND');
    });

    test('another key of the KMS', async () => {
      const other = await kms.createKey({ keySpec: 'RSA_2048' });
      // Sealed with rsa's public key under the other key's name: KMS decrypts with the wrong one.
      const error = await openingError({}, other.arn);
      assert.equal(error.code, 'KMS_INVALID_CIPHERTEXT');
    });

    test('no answer in time, throttled to the end, a failing server', async () => {
      kms.faults.hangNext(1);
      assert.equal((await openingError({ timeoutMs: 200 })).code, 'KMS_TIMED_OUT');
      kms.faults.throttleNext(2);
      const throttled = await openingError({ maxAttempts: 2 });
      assert.deepEqual([throttled.code, throttled.attempts], ['KMS_THROTTLED', 2]);
      kms.faults.failNext(1, 500);
      assert.equal((await openingError({})).code, 'KMS_FAILED');
    });

    test('RSA PKCS #1 v1.5 seals, and says that no browser opens it', async () => {
      const error = await page.evaluate(async () => {
        const { fieldseal, items, record, errorOf } = globalThis.suite;
        const pem = (label, buffer) => {
          const base64 = btoa(String.fromCharCode(...new Uint8Array(buffer)));
          return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
        };
        const pair = await crypto.subtle.generateKey(
          {
            name: 'RSA-OAEP',
            hash: 'SHA-256',
            modulusLength: 2048,
            publicExponent: new Uint8Array([1, 0, 1]),
          },
          true,
          ['encrypt', 'decrypt'],
        );
        const names = { keyNamespace: 'suite', keyName: 'rsa', paddingScheme: 'PKCS1' };
        const publicKey = pem('PUBLIC KEY', await crypto.subtle.exportKey('spki', pair.publicKey));
        const privateKey = pem(
          'PRIVATE KEY',
          await crypto.subtle.exportKey('pkcs8', pair.privateKey),
        );
        const sealed = await items(
          fieldseal.rawRsaKeyring({ ...names, publicKey }),
        ).encryptDocument(record);
        const open = items(
          fieldseal.rawRsaKeyring({ ...names, privateKey, hazmatAllowPkcs1Decryption: true }),
        );
        return errorOf(() => open.decryptDocument(sealed.document));
      });
      assert.match(error.message, /WebCrypto has no RSA PKCS #1 v1\.5 decryption/);
      assert.equal(error.code, 'UNSUPPORTED');
    });
  });
});

function options() {
  return { endpoint: kms.url, region: kms.region };
}

async function closedPort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
