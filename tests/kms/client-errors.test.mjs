// Every way a KMS call can fail: its code, what it says, and how often the request was sent.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';

import { startDevKms } from '../../pkg/testing/index.js';
import { administer, clientOf, refused, serverOf, utf8 } from './support.mjs';

let dev;
let kms;
let key;
let rsa;
let signing;
before(async () => {
  dev = await startDevKms();
  kms = clientOf(dev);
  key = await dev.createKey();
  rsa = await dev.createKey({ keySpec: 'RSA_2048' });
  signing = await dev.createKey({ keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY' });
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
});

const OPERATIONS = {
  GetPublicKey: (kms, keyId) => kms.getPublicKey({ keyId }),
  GenerateDataKey: (kms, keyId) => kms.generateDataKey({ keyId, keySpec: 'AES_256' }),
  GenerateDataKeyWithoutPlaintext: (kms, keyId) =>
    kms.generateDataKeyWithoutPlaintext({ keyId, keySpec: 'AES_256' }),
  Encrypt: (kms, keyId) => kms.encrypt({ keyId, plaintext: utf8('x') }),
  Decrypt: (kms, keyId) => kms.decrypt({ keyId, ciphertextBlob: new Uint8Array(256) }),
  ReEncrypt: (kms, keyId) =>
    kms.reEncrypt({ destinationKeyId: keyId, ciphertextBlob: new Uint8Array(256) }),
  DescribeKey: (kms, keyId) => kms.describeKey({ keyId }),
};

/** Asserts a definite no: one request, whose id the error carries, with the service's words. */
async function no(act, expected) {
  dev.clearCalls();
  const error = await refused(act, { name: 'KmsError', attempts: 1, ...expected });
  assert.equal(dev.calls.length, 1, 'a definite no is never repeated');
  const [{ requestId, errorName, status, operation }] = dev.calls;
  assert.deepEqual(
    [error.requestId, error.serviceError, error.status, error.operation],
    [requestId, errorName, status, operation],
  );
  for (const part of [operation, requestId, errorName]) assert.ok(error.message.includes(part));
  if (error.keyId) assert.ok(error.message.includes(error.keyId));
  return error;
}

const lastBitTurned = (bytes) => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));

describe('a definite no', () => {
  const missing = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000';
  for (const [operation, call] of Object.entries(OPERATIONS)) {
    if (operation !== 'ReEncrypt') {
      test(`${operation}: no such key`, () =>
        no(call(kms, missing), {
          code: 'KMS_KEY_NOT_FOUND',
          keyId: missing,
          operation,
          next: 'Check the key id, the Region and the account.',
        }));
    }
    test(`${operation}: access denied`, () => {
      dev.faults.failNext(9, 400, { errorName: 'AccessDeniedException' });
      return no(call(kms, key.arn), {
        code: 'KMS_ACCESS_DENIED',
        keyId: key.arn,
        operation,
        next: 'Grant the caller this operation on the key.',
      });
    });
  }

  test('no such alias', () =>
    no(kms.encrypt({ keyId: 'alias/nobody', plaintext: utf8('x') }), {
      code: 'KMS_KEY_NOT_FOUND',
      keyId: 'alias/nobody',
    }));

  for (const operation of ['Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext']) {
    test(`${operation}: disabled key`, async () => {
      const { arn } = await dev.createKey();
      await administer(dev, 'DisableKey', { KeyId: arn });
      await no(OPERATIONS[operation](kms, arn), {
        code: 'KMS_KEY_DISABLED',
        serviceError: 'DisabledException',
        keyId: arn,
        next: 'Enable the key, or use another one.',
      });
    });
    test(`${operation}: key pending deletion`, async () => {
      const { arn } = await dev.createKey();
      await administer(dev, 'ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
      const error = await no(OPERATIONS[operation](kms, arn), {
        code: 'KMS_KEY_PENDING_DELETION',
        serviceError: 'KMSInvalidStateException',
        keyId: arn,
      });
      assert.match(error.next, /Cancel the key's deletion/);
    });
    test(`${operation}: key of the wrong usage`, async () => {
      await no(OPERATIONS[operation](kms, signing.arn), {
        code: 'KMS_WRONG_KEY_USAGE',
        serviceError: 'InvalidKeyUsageException',
        keyId: signing.arn,
        next: 'Use a key whose KeyUsage and KeySpec fit the operation.',
      });
    });
  }

  test('Decrypt: disabled, then pending deletion, then usable again', async () => {
    const { arn } = await dev.createKey();
    const { ciphertextBlob } = await kms.encrypt({ keyId: arn, plaintext: utf8('x') });
    const decrypt = () => kms.decrypt({ keyId: arn, ciphertextBlob });
    await administer(dev, 'DisableKey', { KeyId: arn });
    await no(decrypt, { code: 'KMS_KEY_DISABLED', keyId: arn });
    await administer(dev, 'ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    await no(decrypt, { code: 'KMS_KEY_PENDING_DELETION', keyId: arn });
    await administer(dev, 'CancelKeyDeletion', { KeyId: arn });
    await no(decrypt, { code: 'KMS_KEY_DISABLED', keyId: arn });
    await administer(dev, 'EnableKey', { KeyId: arn });
    assert.equal((await decrypt()).keyId, arn);
  });

  test('a key that waits for its material', async () => {
    const created = await administer(dev, 'CreateKey', { Origin: 'EXTERNAL' });
    const { Arn: keyId } = created.KeyMetadata;
    await no(kms.encrypt({ keyId, plaintext: utf8('x') }), {
      code: 'KMS_INVALID_STATE',
      serviceError: 'KMSInvalidStateException',
      next: "Look at the key's state (DescribeKey): wait until it allows the operation, or use another key.",
    });
  });

  test('Decrypt under another key', async () => {
    const another = await dev.createKey();
    const { ciphertextBlob } = await kms.encrypt({ keyId: key.arn, plaintext: utf8('x') });
    await no(kms.decrypt({ keyId: another.arn, ciphertextBlob }), {
      code: 'KMS_INCORRECT_KEY',
      serviceError: 'IncorrectKeyException',
      keyId: another.arn,
      next: 'Use the key that the data key was wrapped with.',
    });
  });

  test('ReEncrypt from another key names the destination', async () => {
    const another = await dev.createKey();
    const { ciphertextBlob } = await kms.encrypt({ keyId: key.arn, plaintext: utf8('x') });
    const request = { ciphertextBlob, sourceKeyId: another.arn, destinationKeyId: key.arn };
    await no(kms.reEncrypt(request), { code: 'KMS_INCORRECT_KEY', keyId: key.arn });
  });

  test('Decrypt of a ciphertext whose key is not there', async () => {
    const elsewhere = await startDevKms();
    const { arn } = await elsewhere.createKey();
    const { ciphertextBlob } = await clientOf(elsewhere).encrypt({
      keyId: arn,
      plaintext: utf8('x'),
    });
    await elsewhere.close();
    await no(kms.decrypt({ ciphertextBlob }), { code: 'KMS_ACCESS_DENIED', keyId: undefined });
  });

  for (const [what, change] of [
    ['a changed ciphertext', (r) => ({ ...r, ciphertextBlob: lastBitTurned(r.ciphertextBlob) })],
    ['another encryption context', (r) => ({ ...r, encryptionContext: { table: 'b' } })],
    ['no encryption context', (r) => ({ ...r, encryptionContext: undefined })],
    ['one pair more', (r) => ({ ...r, encryptionContext: { ...r.encryptionContext, more: '' } })],
  ]) {
    test(`Decrypt with ${what}`, async () => {
      const encryptionContext = { table: 'a' };
      const request = { keyId: key.arn, encryptionContext };
      const { ciphertextBlob } = await kms.encrypt({ ...request, plaintext: utf8('x') });
      const error = await no(kms.decrypt(change({ ...request, ciphertextBlob })), {
        code: 'KMS_INVALID_CIPHERTEXT',
        serviceError: 'InvalidCiphertextException',
      });
      assert.match(error.next, /encryption context/);
    });
  }

  test('Decrypt of noise', () =>
    no(kms.decrypt({ ciphertextBlob: new Uint8Array(200).fill(9) }), {
      code: 'KMS_INVALID_CIPHERTEXT',
    }));

  test('RSA: another padding, another length, noise', async () => {
    const common = { keyId: rsa.arn, encryptionAlgorithm: 'RSAES_OAEP_SHA_256' };
    const { ciphertextBlob } = await kms.encrypt({ ...common, plaintext: utf8('x') });
    for (const request of [
      { ...common, ciphertextBlob, encryptionAlgorithm: 'RSAES_OAEP_SHA_1' },
      { ...common, ciphertextBlob: ciphertextBlob.subarray(1) },
      { ...common, ciphertextBlob: new Uint8Array(256).fill(1) },
    ]) {
      await no(kms.decrypt(request), { code: 'KMS_INVALID_CIPHERTEXT', keyId: rsa.arn });
    }
    await no(kms.decrypt({ ...common, ciphertextBlob, encryptionAlgorithm: undefined }), {
      code: 'KMS_INVALID_CIPHERTEXT',
    });
    await no(kms.decrypt({ ...common, ciphertextBlob, encryptionAlgorithm: 'RSAES_PKCS1_V1_5' }), {
      code: 'KMS_REJECTED',
      serviceError: 'ValidationException',
    });
  });

  for (const [errorName, code] of [
    ['LimitExceededException', 'KMS_QUOTA_EXCEEDED'],
    ['InvalidGrantTokenException', 'KMS_INVALID_GRANT'],
    ['SomethingNewException', 'KMS_REJECTED'],
    ['ExpiredTokenException', 'KMS_CREDENTIALS'],
    ['MissingAuthenticationTokenException', 'KMS_CREDENTIALS'],
  ]) {
    test(errorName, () => {
      dev.faults.failNext(9, 400, { errorName });
      return no(kms.describeKey({ keyId: key.arn }), { code, serviceError: errorName });
    });
  }

  test('the name of a no outweighs a status of 500', () => {
    dev.faults.failNext(9, 500, { errorName: 'AccessDeniedException' });
    return no(kms.describeKey({ keyId: key.arn }), { code: 'KMS_ACCESS_DENIED', status: 500 });
  });
});

describe('retries', () => {
  const faults = {
    throttling: (n) => dev.faults.throttleNext(n),
    'status 500': (n) => dev.faults.failNext(n, 500),
    'status 503': (n) => dev.faults.failNext(n, 503),
    KeyUnavailableException: (n) =>
      dev.faults.failNext(n, 500, { errorName: 'KeyUnavailableException' }),
    'a dropped connection': (n) => dev.faults.dropNext(n),
  };
  const codes = { throttling: 'KMS_THROTTLED', 'a dropped connection': 'KMS_UNREACHABLE' };

  for (const [what, arm] of Object.entries(faults)) {
    for (const [operation, call] of Object.entries(OPERATIONS)) {
      if (['Decrypt', 'ReEncrypt'].includes(operation)) continue;
      test(`${operation}: twice ${what}, then an answer`, async () => {
        arm(2);
        const keyId = operation === 'GetPublicKey' ? rsa.arn : key.arn;
        const { keyId: answered } = await call(clientOf(dev), keyId);
        assert.ok(keyId.endsWith(answered));
        assert.equal(dev.countCalls(operation), 3);
      });
    }

    test(`${what} without end is given up after three attempts`, async () => {
      arm(99);
      const error = await refused(kms.describeKey({ keyId: key.arn }), {
        code: codes[what] ?? 'KMS_FAILED',
        name: 'KmsError',
        operation: 'DescribeKey',
        keyId: key.arn,
        attempts: 3,
        retryable: true,
        throttled: what === 'throttling',
      });
      assert.equal(dev.calls.length, 3);
      const answered = what !== 'a dropped connection';
      assert.equal(error.requestId, answered ? dev.calls.at(-1).requestId : undefined);
      assert.equal('status' in error, answered, 'no status without a response');
      assert.equal('requestId' in error, answered);
    });

    // After a throttle the waits are long.
    for (const maxAttempts of what === 'throttling' ? [1, 2] : [1, 2, 7]) {
      test(`${what} with maxAttempts ${maxAttempts}`, async () => {
        arm(99);
        const impatient = clientOf(dev, { maxAttempts });
        await refused(impatient.describeKey({ keyId: key.arn }), { attempts: maxAttempts });
        assert.equal(dev.calls.length, maxAttempts);
      });
    }
  }

  test('a no after a throttle ends the retries', async () => {
    dev.faults.throttleNext(1);
    dev.faults.failNext(9, 400, { errorName: 'AccessDeniedException' });
    await refused(kms.describeKey({ keyId: key.arn }), { code: 'KMS_ACCESS_DENIED', attempts: 2 });
    assert.equal(dev.calls.length, 2);
  });

  test('every attempt sends the same body', async () => {
    dev.faults.throttleNext(2);
    const bodies = [];
    const spied = clientOf(dev, {
      fetch: (url, init) => {
        bodies.push(Buffer.from(init.body).toString());
        return fetch(url, init);
      },
    });
    await spied.encrypt({ keyId: key.arn, plaintext: utf8('again') });
    assert.equal(bodies.length, 3);
    assert.equal(new Set(bodies).size, 1);
    assert.match(bodies[0], /"Plaintext":"YWdhaW4="/);
  });

  test('the body of a request is wiped once it was sent', async () => {
    let body;
    const spied = clientOf(dev, {
      fetch: (url, init) => {
        body = init.body;
        return fetch(url, init);
      },
    });
    await spied.encrypt({ keyId: key.arn, plaintext: utf8('secret') });
    assert.ok(body.length > 20 && body.every((byte) => byte === 0));
  });

  test('an answer that hangs is cut off, and asked for again', async () => {
    dev.faults.hangNext(1);
    const { arn } = await clientOf(dev, { timeoutMs: 1500 }).describeKey({ keyId: key.arn });
    assert.equal(arn, key.arn);
    assert.ok(dev.calls.length >= 2);
    assert.equal(dev.calls[0].errorName, 'Hang');
  });

  test('hanging without end times out', async () => {
    dev.faults.hangNext(99);
    const error = await refused(
      clientOf(dev, { timeoutMs: 40, maxAttempts: 3 }).describeKey({ keyId: key.arn }),
      {
        code: 'KMS_TIMED_OUT',
        name: 'KmsError',
        operation: 'DescribeKey',
        keyId: key.arn,
        attempts: 3,
        next: 'Try again, or raise timeoutMs.',
        message: /no response within 40 ms/,
      },
    );
    assert.ok(!('status' in error) && !('requestId' in error) && !('serviceError' in error));
  });

  test('a body that never ends times out too', async (t) => {
    const { url } = await serverOf(t, (request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.write('{"KeyMetadata":');
    });
    const client = clientOf({ url }, { timeoutMs: 200, maxAttempts: 1 });
    await refused(client.describeKey({ keyId: key.arn }), { code: 'KMS_TIMED_OUT', attempts: 1 });
  });
});

describe('not a KMS', () => {
  /** A port where nobody listens. */
  const closedPort = () =>
    new Promise((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
    });

  test('a closed port is unreachable, with the reason', async () => {
    const client = clientOf({ url: `http://127.0.0.1:${await closedPort()}` }, { maxAttempts: 2 });
    await refused(client.describeKey({ keyId: key.arn }), {
      code: 'KMS_UNREACHABLE',
      name: 'KmsError',
      operation: 'DescribeKey',
      keyId: key.arn,
      attempts: 2,
      status: undefined,
      message: /ECONNREFUSED/,
      next: 'Check the endpoint URL, the network and, in a browser, CORS.',
    });
  });

  test('a host name that does not exist is unreachable', async () => {
    const client = clientOf({ url: 'http://kms.invalid' }, { maxAttempts: 1 });
    await refused(client.describeKey({ keyId: key.arn }), { code: 'KMS_UNREACHABLE' });
  });

  test('TLS towards a plain port is unreachable', async () => {
    const client = clientOf({ url: dev.url.replace('http:', 'https:') }, { maxAttempts: 1 });
    await refused(client.describeKey({ keyId: key.arn }), { code: 'KMS_UNREACHABLE' });
  });

  const html = '<html><body>The page you are looking for does not exist.</body></html>';
  for (const [status, code, message, attempts] of [
    [404, 'KMS_REJECTED', /check the endpoint URL/, 1],
    [405, 'KMS_REJECTED', /check the endpoint URL/, 1],
    [400, 'KMS_REJECTED', /HTTP status 400 with 70 bytes of 'text\/html'/, 1],
    [401, 'KMS_CREDENTIALS', /HTTP status 401/, 1],
    [403, 'KMS_ACCESS_DENIED', /HTTP status 403/, 1],
    [408, 'KMS_TIMED_OUT', /HTTP status 408/, 2],
    [429, 'KMS_THROTTLED', /HTTP status 429/, 2],
    [502, 'KMS_FAILED', /HTTP status 502/, 2],
    [503, 'KMS_FAILED', /HTTP status 503/, 2],
  ]) {
    test(`an HTML page with status ${status}: ${code}`, async (t) => {
      const { url, requests } = await serverOf(t, (request, response) => {
        response.writeHead(status, { 'content-type': 'text/html' }).end(html);
      });
      const client = clientOf({ url }, { maxAttempts: 2 });
      const error = await refused(client.describeKey({ keyId: key.arn }), {
        code,
        message,
        status,
        attempts,
        operation: 'DescribeKey',
        keyId: key.arn,
      });
      assert.equal(requests.length, attempts);
      assert.ok(!error.message.includes('<html'));
    });
  }

  for (const status of [301, 302, 307, 308]) {
    test(`a redirect (${status}) is refused: data keys go where they were asked for`, async (t) => {
      const { url, requests } = await serverOf(t, (request, response) => {
        response.writeHead(status, { location: `${dev.url}/` }).end();
      });
      const client = clientOf({ url });
      await refused(client.generateDataKey({ keyId: key.arn, keySpec: 'AES_256' }), {
        name: 'KmsError',
        code: 'KMS_REJECTED',
        status,
        retryable: false,
        message: /the endpoint redirects, give its final URL/,
      });
      assert.equal(requests.length, 1);
      assert.equal(dev.calls.length, 0);
    });
  }

  const arn = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000';
  const dataKey = (plaintext) => ({ KeyId: arn, CiphertextBlob: 'AQID', Plaintext: plaintext });
  const right = Buffer.alloc(32, 1).toString('base64');
  for (const [what, body, problem] of [
    ['nothing', '', /with invalid JSON/],
    ['an HTML page', html, /with invalid JSON/],
    ['half an object', '{"KeyId":', /invalid JSON/],
    ['an array', '[1,2]', /other than a JSON object/],
    ['text', '"hello"', /other than a JSON object/],
    ['null', 'null', /other than a JSON object/],
    ['an empty object', {}, /with no KeyId/],
    ['fields of other types', { KeyId: 5 }, /a KeyId of the wrong type/],
    ['no key id', { ...dataKey(right), KeyId: undefined }, /no KeyId/],
    ['no ciphertext', { ...dataKey(right), CiphertextBlob: '' }, /no CiphertextBlob/],
    ['a plaintext that is no Base64', dataKey('***'), /Plaintext that is not Base64/],
    ['a short data key', dataKey(Buffer.alloc(16).toString('base64')), /16 bytes instead of 32/],
    ['a long data key', dataKey(Buffer.alloc(33).toString('base64')), /33 bytes instead of 32/],
    ['an empty data key', dataKey(''), /0 bytes instead of 32/],
    [
      'bytes that are not UTF-8',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
      /invalid JSON|fields/,
    ],
    ['two MiB', `{"KeyId":"${'x'.repeat(2 << 20)}"}`, /more than 1 MiB/],
    ['deep nesting', '{"KeyMetadata":'.repeat(20_000), /invalid JSON|fields/],
  ]) {
    test(`status 200 with ${what}`, async (t) => {
      const raw = typeof body === 'string' || Buffer.isBuffer(body);
      const { url, requests } = await serverOf(t, (request, response) => {
        response.end(raw ? body : JSON.stringify(body));
      });
      const client = clientOf({ url });
      await refused(client.generateDataKey({ keyId: arn, keySpec: 'AES_256' }), {
        code: 'MALFORMED_KMS_RESPONSE',
        name: 'MalformedInputError',
        message: problem,
        next: 'Check that the endpoint speaks the AWS KMS JSON protocol.',
      });
      assert.equal(requests.length, 1, 'nonsense is not asked for twice');
    });
  }

  test('an answer with needless JSON escapes and unknown fields is understood', async (t) => {
    const escaped = `{"New":[{}],"KeyId":"${arn}","CiphertextBlob":"AQ\\u0049D",
      "Plaintext":"${right.slice(0, -1)}\\u003d"}`;
    const { url } = await serverOf(t, (request, response) => response.end(escaped));
    const got = await clientOf({ url }).generateDataKey({ keyId: arn, keySpec: 'AES_256' });
    assert.deepEqual(got.plaintext, new Uint8Array(32).fill(1));
    assert.deepEqual(got.ciphertextBlob, new Uint8Array([1, 2, 3]));
  });

  test('GetPublicKey with something that is no public key', async (t) => {
    const body = {
      KeyId: arn,
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeySpec: 'RSA_2048',
      PublicKey: 'AQID',
    };
    const { url } = await serverOf(t, (request, response) => response.end(JSON.stringify(body)));
    await refused(clientOf({ url }).getPublicKey({ keyId: arn }), { code: 'MALFORMED_KEY' });
  });

  test('Retry-After as a date is one of the service’s clock', async (t) => {
    const date = 'Wed, 21 Oct 2015 07:28:00 GMT';
    for (const [retryAfter, least, most] of [
      ['Wed, 21 Oct 2015 07:28:01 GMT', 1000, 1000],
      ['Wed, 21 Oct 2015 07:27:00 GMT', 0, 50],
      // What hosts take for a date, too, and HTTP does not have.
      ['2099-10-21T07:28:01Z', 0, 50],
      ['Oct 21 2099', 0, 50],
      ['nonsense GMT', 0, 50],
    ]) {
      let calls = 0;
      const { url } = await serverOf(t, (request, response) => {
        calls += 1;
        if (calls === 1) response.writeHead(503, { 'retry-after': retryAfter, date }).end();
        else response.end(JSON.stringify(dataKey(right)));
      });
      let event;
      const kms = clientOf({ url }, { onEvent: (reported) => (event = reported) });
      await kms.generateDataKey({ keyId: arn, keySpec: 'AES_256' });
      const { backoffMs } = event.repetitions[0];
      assert.ok(backoffMs >= least && backoffMs <= most, `${retryAfter}: ${backoffMs}`);
    }
  });

  test('Retry-After of a proxy is heeded without harm when it is nonsense', async (t) => {
    let calls = 0;
    const { url } = await serverOf(t, (request, response) => {
      calls += 1;
      if (calls === 1) response.writeHead(503, { 'retry-after': 'soon' }).end();
      else response.end(JSON.stringify(dataKey(right)));
    });
    await clientOf({ url }).generateDataKey({ keyId: arn, keySpec: 'AES_256' });
    assert.equal(calls, 2);
  });
});

test('an error as JSON has what a log needs, and nothing else', async () => {
  const error = await refused(kms.encrypt({ keyId: 'alias/nobody', plaintext: utf8('hunter2') }), {
    code: 'KMS_KEY_NOT_FOUND',
  });
  const json = JSON.parse(JSON.stringify(error));
  assert.deepEqual(Object.keys(json).sort(), [
    'attempts',
    'code',
    'keyId',
    'message',
    'name',
    'next',
    'operation',
    'requestId',
    'retryable',
    'serviceError',
    'status',
  ]);
  const plaintext = Buffer.from('hunter2').toString('base64');
  assert.ok(!JSON.stringify(json).includes('hunter2') && !JSON.stringify(json).includes(plaintext));
});
