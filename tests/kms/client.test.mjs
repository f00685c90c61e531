// The KMS client against the development KMS: its operations, what it refuses to send, its options.

import assert from 'node:assert/strict';
import { createHash, createPublicKey } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { KmsClient } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { administer, clientOf, refused, text, utf8 } from './support.mjs';

const CONTEXT = { table: 'customers', customer_id: 'c-1' };

let dev;
let kms;
let key;
let other;
let rsa;
before(async () => {
  dev = await startDevKms();
  kms = clientOf(dev);
  key = await dev.createKey({ alias: 'alias/customers' });
  other = await dev.createKey();
  rsa = await dev.createKey({ keySpec: 'RSA_2048' });
});
after(() => dev.close());
beforeEach(() => dev.clearCalls());

/** What the development KMS was asked, without what changes from call to call. */
const asked = () =>
  dev.calls.map(({ operation, keyId, encryptionContextKeys }) => ({
    operation,
    keyId,
    encryptionContextKeys,
  }));

describe('operations', () => {
  test('GetPublicKey: DER, PEM and fingerprint of one key', async () => {
    const got = await kms.getPublicKey({ keyId: rsa.arn });
    assert.equal(got.keyId, rsa.arn);
    assert.deepEqual(got.publicKey, rsa.publicKey);
    assert.deepEqual(
      createPublicKey(got.publicKeyPem).export({ type: 'spki', format: 'der' }),
      Buffer.from(rsa.publicKey),
    );
    const sha256 = createHash('sha256').update(rsa.publicKey).digest('hex');
    assert.equal(got.fingerprint, sha256);
    assert.equal(got.keySpec, 'RSA_2048');
    assert.equal(got.keyUsage, 'ENCRYPT_DECRYPT');
    assert.deepEqual(got.encryptionAlgorithms, ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']);
    assert.deepEqual([got.signingAlgorithms, got.keyAgreementAlgorithms], [[], []]);
  });

  for (const [spec, expected] of [
    ['ECC_NIST_P256', { keyUsage: 'SIGN_VERIFY', signingAlgorithms: ['ECDSA_SHA_256'] }],
    ['ECC_NIST_P384', { keyUsage: 'SIGN_VERIFY', signingAlgorithms: ['ECDSA_SHA_384'] }],
  ]) {
    test(`GetPublicKey of ${spec}`, async () => {
      const { arn, publicKey } = await dev.createKey({ keySpec: spec });
      const got = await kms.getPublicKey({ keyId: arn });
      assert.deepEqual(got.publicKey, publicKey);
      assert.deepEqual(got.encryptionAlgorithms, []);
      for (const [name, value] of Object.entries(expected)) assert.deepEqual(got[name], value);
    });
  }

  for (const [size, length] of [
    [{ keySpec: 'AES_128' }, 16],
    [{ keySpec: 'AES_256' }, 32],
    [{ numberOfBytes: 1 }, 1],
    [{ numberOfBytes: 64 }, 64],
    [{ numberOfBytes: 1024 }, 1024],
  ]) {
    test(`GenerateDataKey with ${JSON.stringify(size)}`, async () => {
      const got = await kms.generateDataKey({
        keyId: key.arn,
        ...size,
        encryptionContext: CONTEXT,
      });
      assert.equal(got.keyId, key.arn);
      assert.equal(got.plaintext.length, length);
      const { ciphertextBlob } = got;
      const opened = await kms.decrypt({ ciphertextBlob, encryptionContext: CONTEXT });
      assert.deepEqual(opened.plaintext, got.plaintext);
      assert.equal(opened.keyId, key.arn);
    });
  }

  test('GenerateDataKeyWithoutPlaintext keeps the key to itself', async () => {
    const request = { keyId: key.arn, keySpec: 'AES_256', encryptionContext: CONTEXT };
    const got = await kms.generateDataKeyWithoutPlaintext(request);
    assert.ok(!('plaintext' in got) || got.plaintext === undefined);
    const { plaintext } = await kms.decrypt({ ...got, encryptionContext: CONTEXT });
    assert.equal(plaintext.length, 32);
  });

  test('no two data keys are alike', async () => {
    const request = { keyId: key.arn, keySpec: 'AES_256' };
    const [a, b] = await Promise.all([kms.generateDataKey(request), kms.generateDataKey(request)]);
    assert.notDeepEqual(a.plaintext, b.plaintext);
    assert.notDeepEqual(a.ciphertextBlob, b.ciphertextBlob);
  });

  for (const keyId of ['ARN', 'key id', 'alias', 'alias ARN']) {
    test(`Encrypt with the ${keyId}, Decrypt without a key id`, async () => {
      const alias = key.arn.replace(/key\/.*/, 'alias/customers');
      const ids = {
        ARN: key.arn,
        'key id': key.keyId,
        alias: 'alias/customers',
        'alias ARN': alias,
      };
      const sealed = await kms.encrypt({
        keyId: ids[keyId],
        plaintext: utf8('grüezi'),
        encryptionContext: CONTEXT,
      });
      assert.equal(sealed.keyId, key.arn);
      assert.equal(sealed.encryptionAlgorithm, 'SYMMETRIC_DEFAULT');
      const { ciphertextBlob } = sealed;
      const opened = await kms.decrypt({ ciphertextBlob, encryptionContext: CONTEXT });
      assert.equal(text(opened.plaintext), 'grüezi');
      assert.deepEqual(
        asked().map(({ operation, encryptionContextKeys }) => [operation, encryptionContextKeys]),
        [
          ['Encrypt', ['customer_id', 'table']],
          ['Decrypt', ['customer_id', 'table']],
        ],
      );
    });
  }

  for (const encryptionAlgorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']) {
    test(`Encrypt and Decrypt with ${encryptionAlgorithm}`, async () => {
      const common = { keyId: rsa.arn, encryptionAlgorithm };
      const sealed = await kms.encrypt({ ...common, plaintext: utf8('rsa') });
      assert.equal(sealed.encryptionAlgorithm, encryptionAlgorithm);
      assert.equal(sealed.ciphertextBlob.length, 256);
      const { ciphertextBlob } = sealed;
      const opened = await kms.decrypt({ ...common, ciphertextBlob });
      assert.equal(text(opened.plaintext), 'rsa');
    });
  }

  test('4,096 bytes are sealed and opened', async () => {
    const plaintext = new Uint8Array(4096).fill(7);
    const { ciphertextBlob } = await kms.encrypt({ keyId: key.arn, plaintext });
    assert.deepEqual((await kms.decrypt({ ciphertextBlob })).plaintext, plaintext);
    assert.deepEqual(plaintext, new Uint8Array(4096).fill(7), "the caller's bytes are its own");
  });

  test('ReEncrypt to another key and context', async () => {
    const { ciphertextBlob } = await kms.encrypt({
      keyId: key.arn,
      plaintext: utf8('moved'),
      encryptionContext: CONTEXT,
    });
    const moved = await kms.reEncrypt({
      ciphertextBlob,
      sourceKeyId: key.arn,
      sourceEncryptionContext: CONTEXT,
      destinationKeyId: other.arn,
      destinationEncryptionContext: { table: 'archive' },
    });
    assert.deepEqual(
      [moved.sourceKeyId, moved.keyId, moved.destinationEncryptionAlgorithm],
      [key.arn, other.arn, 'SYMMETRIC_DEFAULT'],
    );
    const opened = await kms.decrypt({
      keyId: other.arn,
      ciphertextBlob: moved.ciphertextBlob,
      encryptionContext: { table: 'archive' },
    });
    assert.equal(text(opened.plaintext), 'moved');
    await refused(
      kms.decrypt({ ciphertextBlob: moved.ciphertextBlob, encryptionContext: CONTEXT }),
      { code: 'KMS_INVALID_CIPHERTEXT' },
    );
  });

  test('ReEncrypt from a public key to a symmetric one', async () => {
    const sourceEncryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const { ciphertextBlob } = await kms.encrypt({
      keyId: rsa.arn,
      plaintext: utf8('collected'),
      encryptionAlgorithm: sourceEncryptionAlgorithm,
    });
    const moved = await kms.reEncrypt({
      ciphertextBlob,
      sourceKeyId: rsa.arn,
      sourceEncryptionAlgorithm,
      destinationKeyId: key.arn,
    });
    assert.equal(moved.sourceEncryptionAlgorithm, sourceEncryptionAlgorithm);
    const opened = await kms.decrypt({ ciphertextBlob: moved.ciphertextBlob });
    assert.equal(text(opened.plaintext), 'collected');
  });

  test('DescribeKey tells state, usage and Regions', async () => {
    const described = await kms.describeKey({ keyId: 'alias/customers' });
    const { keyId, arn, enabled, keyState, keyUsage, keySpec, multiRegion, accountId } = described;
    assert.deepEqual(
      { keyId, arn, enabled, keyState, keyUsage, keySpec, multiRegion, accountId },
      {
        keyId: key.keyId,
        arn: key.arn,
        enabled: true,
        keyState: 'Enabled',
        keyUsage: 'ENCRYPT_DECRYPT',
        keySpec: 'SYMMETRIC_DEFAULT',
        multiRegion: false,
        accountId: '111122223333',
      },
    );
    assert.ok(described.creationDateMs > Date.UTC(2020, 0));
    const mrk = await dev.createKey({ multiRegion: true, replicaRegions: ['eu-west-1'] });
    const shared = await kms.describeKey({ keyId: mrk.arn });
    assert.equal(shared.multiRegionKeyType, 'PRIMARY');
    assert.equal(shared.primaryKeyArn, mrk.arn);
    assert.deepEqual(shared.replicaKeyArns, [mrk.arn.replace('us-east-1', 'eu-west-1')]);
  });

  test('DescribeKey of a key pending deletion tells when', async () => {
    const doomed = await dev.createKey();
    await administer(dev, 'ScheduleKeyDeletion', { KeyId: doomed.arn, PendingWindowInDays: 7 });
    const { enabled, keyState, deletionDateMs } = await kms.describeKey({ keyId: doomed.arn });
    assert.deepEqual([enabled, keyState], [false, 'PendingDeletion']);
    assert.ok(deletionDateMs > Date.now());
  });

  test('grant tokens travel with every operation', async () => {
    const bodies = [];
    const grantTokens = ['first', 'second'];
    const spied = clientOf(dev, {
      fetch: (url, init) => {
        bodies.push(JSON.parse(text(init.body)));
        return fetch(url, init);
      },
    });
    const common = { keyId: key.arn, grantTokens };
    const { ciphertextBlob } = await spied.encrypt({ ...common, plaintext: utf8('x') });
    await spied.decrypt({ ...common, ciphertextBlob });
    await spied.generateDataKey({ ...common, keySpec: 'AES_128' });
    await spied.generateDataKeyWithoutPlaintext({ ...common, keySpec: 'AES_128' });
    await spied.reEncrypt({ grantTokens, ciphertextBlob, destinationKeyId: other.arn });
    await spied.describeKey(common);
    await spied.getPublicKey({ keyId: rsa.arn, grantTokens });
    assert.equal(bodies.length, 7);
    for (const body of bodies) assert.deepEqual(body.GrantTokens, grantTokens);
    await refused(spied.describeKey({ keyId: key.arn, grantTokens: Array(11).fill('t') }), {
      code: 'KMS_REJECTED',
      serviceError: 'ValidationException',
    });
  });

  test('an ARN of another Region goes to it', async () => {
    const far = await dev.createKey({ region: 'ap-south-1' });
    assert.equal((await kms.describeKey({ keyId: far.arn })).arn, far.arn);
    await refused(kms.describeKey({ keyId: far.keyId }), { code: 'KMS_KEY_NOT_FOUND' });
  });
});

describe('public keys', () => {
  test('fifty at once are one call, and later ones none', async () => {
    const { arn } = await dev.createKey({ keySpec: 'RSA_2048' });
    const fresh = clientOf(dev);
    const all = await Promise.all(
      Array.from({ length: 50 }, () => fresh.getPublicKey({ keyId: arn })),
    );
    assert.equal(new Set(all.map(({ publicKeyPem }) => publicKeyPem)).size, 1);
    await fresh.getPublicKey({ keyId: arn });
    assert.equal(dev.countCalls('GetPublicKey'), 1);
  });

  test('answers are copies: one caller cannot change what another gets', async () => {
    const first = await kms.getPublicKey({ keyId: rsa.arn });
    first.publicKey.fill(0);
    assert.deepEqual((await kms.getPublicKey({ keyId: rsa.arn })).publicKey, rsa.publicKey);
  });

  test('each key id is fetched on its own', async () => {
    const fresh = clientOf(dev);
    const another = await dev.createKey({ keySpec: 'RSA_2048' });
    const [a, b] = await Promise.all(
      [rsa, another].map(({ arn }) => fresh.getPublicKey({ keyId: arn })),
    );
    assert.deepEqual([a.keyId, b.keyId], [rsa.arn, another.arn]);
    assert.equal(dev.countCalls('GetPublicKey'), 2);
  });

  test('a shared failure is told to all fifty and not kept', async () => {
    const fresh = clientOf(dev, { maxAttempts: 1 });
    dev.faults.failNext(1, 500, { operation: 'GetPublicKey' });
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, () => fresh.getPublicKey({ keyId: rsa.arn })),
    );
    assert.ok(all.every(({ reason }) => reason?.code === 'KMS_FAILED'));
    assert.equal(dev.countCalls('GetPublicKey'), 1);
    assert.equal((await fresh.getPublicKey({ keyId: rsa.arn })).keyId, rsa.arn);
    assert.equal(dev.countCalls('GetPublicKey'), 2);
  });

  test('a symmetric key has none', async () => {
    await refused(kms.getPublicKey({ keyId: key.arn }), {
      code: 'KMS_WRONG_KEY_USAGE',
      serviceError: 'UnsupportedOperationException',
    });
  });
});

describe('refused before the network', () => {
  const ok = { plaintext: new Uint8Array(1) };
  const cases = [
    ['encrypt', { plaintext: new Uint8Array(4097) }, 'LIMIT_EXCEEDED', /envelope encryption/],
    ['encrypt', { plaintext: new Uint8Array(1 << 20) }, 'LIMIT_EXCEEDED', /4096/],
    ['encrypt', { plaintext: new Uint8Array() }, 'INVALID_ARGUMENT', /plaintext is empty/],
    ['encrypt', {}, 'INVALID_ARGUMENT', /plaintext is empty/],
    ['encrypt', { plaintext: 'text' }, 'INVALID_ARGUMENT', /plaintext must be a Uint8Array/],
    ['encrypt', { plaintext: [1, 2] }, 'INVALID_ARGUMENT', /not an array/],
    ['encrypt', { ...ok, keyId: '' }, 'INVALID_ARGUMENT', /key id is empty/],
    ['encrypt', { ...ok, keyId: undefined }, 'INVALID_ARGUMENT', /key id is empty/],
    ['encrypt', { ...ok, keyId: 5 }, 'INVALID_ARGUMENT', /keyId must be a string/],
    ['encrypt', { ...ok, keyId: 'arn:aws:kms' }, 'MALFORMED_KEY_ID', /six elements/],
    ['encrypt', { ...ok, keyId: 'arn:aws:s3:x:1:key/a' }, 'MALFORMED_KEY_ID'],
    ['encrypt', { ...ok, encryptionAlgorithm: 1 }, 'INVALID_ARGUMENT', /must be a string/],
    ['encrypt', { ...ok, grantTokens: 'one' }, 'INVALID_ARGUMENT', /array of strings/],
    ['encrypt', { ...ok, grantTokens: [undefined] }, 'INVALID_ARGUMENT', /grantTokens\[0\]/],
    ['decrypt', {}, 'INVALID_ARGUMENT', /ciphertext is empty/],
    ['decrypt', { ciphertextBlob: new Uint8Array() }, 'INVALID_ARGUMENT', /ciphertext is empty/],
    ['decrypt', { ciphertextBlob: 'AQID' }, 'INVALID_ARGUMENT', /must be a Uint8Array/],
    ['decrypt', { ciphertextBlob: [1, 2, 3] }, 'INVALID_ARGUMENT', /must be a Uint8Array/],
    ['decrypt', { ciphertextBlob: new ArrayBuffer(0) }, 'INVALID_ARGUMENT', /ciphertext is empty/],
    ['reEncrypt', { ciphertextBlob: new Uint8Array(9) }, 'INVALID_ARGUMENT', /key id is empty/],
    ['generateDataKey', {}, 'INVALID_ARGUMENT', /keySpec .* or numberOfBytes/],
    ['generateDataKey', { keySpec: 'AES_192' }, 'INVALID_ARGUMENT', /AES_128/],
    ['generateDataKey', { keySpec: 'AES_256', numberOfBytes: 32 }, 'INVALID_ARGUMENT'],
    ['generateDataKey', { numberOfBytes: 0 }, 'INVALID_ARGUMENT', /must be 1 to 1024/],
    ['generateDataKey', { numberOfBytes: 1025 }, 'INVALID_ARGUMENT', /must be 1 to 1024/],
    ['generateDataKey', { numberOfBytes: -1 }, 'INVALID_ARGUMENT'],
    ['generateDataKey', { numberOfBytes: 1.5 }, 'INVALID_ARGUMENT', /whole number/],
    ['generateDataKeyWithoutPlaintext', { numberOfBytes: '32' }, 'INVALID_ARGUMENT'],
    ['describeKey', { keyId: undefined }, 'INVALID_ARGUMENT', /key id is empty/],
    ['getPublicKey', { keyId: '' }, 'INVALID_ARGUMENT', /key id is empty/],
    ['getPublicKey', { keyId: null }, 'INVALID_ARGUMENT', /must be a string, not null/],
    ['describeKey', null, 'INVALID_ARGUMENT', /must be an object, not null/],
    ['describeKey', 'arn', 'INVALID_ARGUMENT', /must be an object, not a string/],
  ];
  for (const [operation, request, code, message] of cases) {
    const shown = JSON.stringify(request)?.slice(0, 60);
    test(`${operation} ${shown}: ${code}`, async () => {
      const complete =
        typeof request === 'object' && request !== null ? { keyId: key.arn, ...request } : request;
      if (operation === 'reEncrypt') delete complete.keyId;
      await refused(kms[operation](complete), { code, message });
      assert.equal(dev.calls.length, 0);
    });
  }

  for (const [what, encryptionContext] of [
    ['a number', { customer_id: 42_4242 }],
    ['null', { customer_id: null }],
    ['undefined', { customer_id: undefined }],
    ['an array', ['customer_id', '424242']],
    ['a Map', new Map([['customer_id', '424242']])],
    ['text', '424242'],
  ]) {
    test(`an encryption context with ${what} is refused without quoting it`, async () => {
      const error = await refused(kms.encrypt({ keyId: key.arn, ...ok, encryptionContext }), {
        code: 'INVALID_ARGUMENT',
        name: 'UsageError',
      });
      assert.match(error.message, /encryptionContext/);
      assert.ok(!error.message.includes('424242'), error.message);
      assert.equal(dev.calls.length, 0);
    });
  }
});

describe('options', () => {
  const endpoint = 'http://127.0.0.1:1';
  const provider = async () => ({ accessKeyId: 'a', secretAccessKey: 'b' });
  for (const [options, code, message] of [
    [{}, 'INVALID_CONFIG', /endpoint or a Region/],
    [{ endpoint: 'kms.example' }, 'INVALID_CONFIG', /not an absolute URL/],
    [{ endpoint: '' }, 'INVALID_CONFIG', /not an absolute URL/],
    [{ endpoint: 'ftp://kms.example' }, 'INVALID_CONFIG', /neither https nor http/],
    [{ endpoint: 'https://user:hunter2@kms.example' }, 'INVALID_CONFIG', /user information/],
    [{ endpoint: 'https://kms.example/a/../b' }, 'INVALID_CONFIG', /segment/],
    [{ endpoint: 'https://kms.example:99999' }, 'INVALID_CONFIG', /port/],
    [{ endpoint: new Map() }, 'INVALID_ARGUMENT', /endpoint must be a string/],
    [{ region: '' }, 'INVALID_CONFIG', /Region/],
    [{ region: 'us-east-1.evil.example/' }, 'INVALID_CONFIG', /Region/],
    [{ endpoint, region: 5 }, 'INVALID_ARGUMENT', /region must be a string/],
    [{ endpoint, credentials: provider }, 'INVALID_CONFIG', /needs a Region/],
    [{ endpoint, region: 'r', credentials: 'AKID' }, 'INVALID_ARGUMENT', /credentials must be/],
    [{ endpoint, region: 'r', credentials: null }, 'INVALID_ARGUMENT', /not null/],
    [{ endpoint, timeoutMs: 0 }, 'INVALID_ARGUMENT', /timeoutMs/],
    [{ endpoint, timeoutMs: 1.5 }, 'INVALID_ARGUMENT', /timeoutMs/],
    [{ endpoint, timeoutMs: Infinity }, 'INVALID_ARGUMENT', /timeoutMs/],
    [{ endpoint, maxAttempts: 0 }, 'INVALID_ARGUMENT', /maxAttempts/],
    [{ endpoint, maxAttempts: -1 }, 'INVALID_ARGUMENT', /maxAttempts/],
    [{ endpoint, maxAttempts: '3' }, 'INVALID_ARGUMENT', /maxAttempts/],
    [{ endpoint, headers: { 'x y': 'z' } }, 'INVALID_CONFIG', /not a token/],
    [{ endpoint, headers: { a: 'b\r\nc: d' } }, 'INVALID_CONFIG', /visible ASCII/],
    [{ endpoint, headers: { host: 'evil.example' } }, 'INVALID_CONFIG', /set by the client/],
    [{ endpoint, headers: { 'X-Amz-Target': 'x' } }, 'INVALID_CONFIG', /set by the client/],
    [{ endpoint, headers: { A: '1', a: '2' } }, 'INVALID_CONFIG', /given twice/],
    [{ endpoint, headers: { a: 5 } }, 'INVALID_ARGUMENT', /headers\['a'\] must be a string/],
    [{ endpoint, headers: ['a'] }, 'INVALID_ARGUMENT', /headers must be/],
    [{ endpoint, headers: new Headers({ a: 'b' }) }, 'INVALID_ARGUMENT', /headers must be/],
    [{ endpoint, userAgent: 'a\nb' }, 'INVALID_CONFIG', /user agent/],
    [{ endpoint, fetch: 'fetch' }, 'INVALID_ARGUMENT', /fetch must be a function/],
    [{ endpoint, onEvent: {} }, 'INVALID_ARGUMENT', /onEvent must be a function/],
    [null, 'INVALID_ARGUMENT', /options must be an object/],
    [
      { endpoint, region: 'r', credentials: provider, headers: { authorization: 'Bearer x' } },
      'INVALID_CONFIG',
      /'authorization' is set by the client/,
    ],
  ]) {
    const shown = JSON.stringify(options, (_, v) => (typeof v === 'function' ? '…' : v));
    test(`${shown}: ${code}`, async () => {
      const error = await refused(() => new KmsClient(options), {
        code,
        name: 'UsageError',
        message,
      });
      assert.ok(!error.message.includes('hunter2'));
    });
  }

  test("without an endpoint it is AWS's of the Region", async () => {
    for (const [region, url] of [
      ['eu-central-1', 'https://kms.eu-central-1.amazonaws.com/'],
      ['cn-north-1', 'https://kms.cn-north-1.amazonaws.com.cn/'],
    ]) {
      const urls = [];
      const fetch = async (to) => {
        urls.push(to);
        throw new Error('no network here');
      };
      const client = new KmsClient({ region, fetch, maxAttempts: 1 });
      await refused(client.describeKey({ keyId: 'alias/a' }), { code: 'KMS_UNREACHABLE' });
      assert.deepEqual(urls, [url]);
    }
  });

  test('a custom fetch gets a request that goes nowhere else and leaves nothing behind', async () => {
    let init;
    const client = clientOf(dev, {
      userAgent: 'customers/1.0',
      fetch: (url, given) => {
        init = { ...given, body: text(given.body) };
        return fetch(url, given);
      },
    });
    await client.describeKey({ keyId: key.arn });
    const { method, redirect, credentials, cache, referrerPolicy, signal } = init;
    assert.deepEqual(
      { method, redirect, credentials, cache, referrerPolicy },
      {
        method: 'POST',
        redirect: 'manual',
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
      },
    );
    assert.ok(signal instanceof AbortSignal);
    const headers = Object.fromEntries(init.headers);
    assert.equal(headers['x-amz-target'], 'TrentService.DescribeKey');
    assert.equal(headers['content-type'], 'application/x-amz-json-1.1');
    assert.match(headers['x-amz-user-agent'], /^fieldseal\/\S+ customers\/1\.0$/);
    assert.deepEqual(JSON.parse(init.body), { KeyId: key.arn });
  });
});
