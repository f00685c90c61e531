// A multi-keyring whose Regions are not all there: by default sealing fails, with `onUnavailableChild: 'skip'` it goes on with
// those that are; never without one that refuses.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import {
  awsKmsKeyring,
  EncryptionClient,
  multiKeyring,
  rawAesKeyring,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, CUSTOMER, customers, refused, text, utf8 } from './support.mjs';

let here;
let there;
let keys;
before(async () => {
  here = await startDevKms({ region: 'eu-central-1' });
  there = await startDevKms({ region: 'eu-west-1' });
  keys = [await here.createKey(), await there.createKey()];
});
after(() => Promise.all([here.close(), there.close()]));
beforeEach(() => [here, there].forEach((kms) => kms.faults.clear()));

const keyring = (kms, { arn }, options) =>
  awsKmsKeyring({
    kms: clientOf(kms, { timeoutMs: 300, maxAttempts: 2, ...options }),
    generatorKeyId: arn,
  });
const child = (kms, { arn }, options) =>
  awsKmsKeyring({
    kms: clientOf(kms, { timeoutMs: 300, maxAttempts: 2, ...options }),
    keyIds: [arn],
  });
const both = (onUnavailableChild, kms = there, options = {}) =>
  multiKeyring({
    generator: keyring(here, keys[0]),
    children: [child(kms, keys[1], options)],
    ...(onUnavailableChild && { onUnavailableChild }),
  });
const wrappedBy = ({ header }) => header.encryptedDataKeys.map(({ keyName }) => keyName);

const outages = {
  'throttled beyond the repetitions': [() => there.faults.throttleNext(99), 'KMS_THROTTLED'],
  'failing with 503': [() => there.faults.failNext(99, 503), 'KMS_FAILED'],
  'connections that break': [() => there.faults.dropNext(99), 'KMS_UNREACHABLE'],
  silence: [() => there.faults.hangNext(99), 'KMS_TIMED_OUT'],
};

describe('items and messages', () => {
  for (const [what, [arm, code]] of Object.entries(outages)) {
    test(`${what}: skipped on demand only`, async () => {
      const [a, b] = keys.map(({ arn }) => arn);
      const encryptor = customers({ keyring: both('skip') });
      const client = new EncryptionClient();
      assert.deepEqual(wrappedBy(await encryptor.encryptItem(CUSTOMER)), [a, b]);
      arm();
      const sealed = await encryptor.encryptItem(CUSTOMER);
      assert.deepEqual(wrappedBy(sealed), [a]);
      const message = await client.encrypt(utf8('hello'), { keyring: both('skip') });
      assert.deepEqual(wrappedBy(message), [a]);
      for (const then of [undefined, 'fail']) {
        await refused(customers({ keyring: both(then) }).encryptItem(CUSTOMER), { code });
      }
      there.faults.clear();
      assert.deepEqual((await encryptor.decryptItem(sealed.item)).item, CUSTOMER);
      const { plaintext } = await client.decrypt(message.ciphertext, { keyring: both() });
      assert.equal(text(plaintext), 'hello');
      // It is back.
      assert.deepEqual(wrappedBy(await encryptor.encryptItem(CUSTOMER)), [a, b]);
    });
  }

  test('nobody listens there', async () => {
    const nobody = { url: 'http://127.0.0.1:9', region: 'eu-west-1' };
    const sealed = await customers({ keyring: both('skip', nobody) }).encryptItem(CUSTOMER);
    assert.deepEqual(wrappedBy(sealed), [keys[0].arn]);
  });

  for (const errorName of ['AccessDeniedException', 'DisabledException', 'NotFoundException']) {
    test(`a child that refuses is never skipped: ${errorName}`, async () => {
      there.faults.failNext(1, 400, { errorName });
      await refused(customers({ keyring: both('skip') }).encryptItem(CUSTOMER), {
        name: 'KmsError',
        serviceError: errorName,
      });
    });
  }

  test('nor is one whose answer is nonsense, nor the generator', async () => {
    const fetch = async () => Response.json({ KeyId: 'arn', CiphertextBlob: 5 });
    await refused(customers({ keyring: both('skip', there, { fetch }) }).encryptItem(CUSTOMER), {
      code: 'MALFORMED_KMS_RESPONSE',
    });
    here.faults.failNext(99, 503);
    await refused(customers({ keyring: both('skip') }).encryptItem(CUSTOMER), {
      code: 'KMS_FAILED',
    });
  });
});

describe('the option', () => {
  test('takes fail and skip', async () => {
    const wrappingKey = new Uint8Array(32);
    const generator = rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey });
    for (const onUnavailableChild of ['', 'Skip', true, null, {}]) {
      await refused(() => multiKeyring({ generator, onUnavailableChild }), {
        code: 'INVALID_ARGUMENT',
        message: /onUnavailableChild must be one of 'fail', 'skip'/,
      });
    }
  });

  test('fieldseal/items cannot skip, and says so', async () => {
    const script = fileURLToPath(new URL('items-alone.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    const { code, message } = JSON.parse(stdout).refused;
    assert.equal(code, 'UNSUPPORTED');
    assert.match(message, /onUnavailableChild/);
  });
});
