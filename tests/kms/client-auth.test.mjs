// How requests are authenticated: SigV4 with static and fetched credentials, headers of the
// caller's own, nothing.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';

import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, refused, serverOf, utf8 } from './support.mjs';

const LONG_TERM = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const TEMPORARY = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'another/secret+key',
  sessionToken: 'IQoJb3JpZ2luX2VjE//+==',
};
const SECRET = 'SECRET';
const MINUTE = 60_000;

let dev;
let key;
before(async () => {
  dev = await startDevKms({
    credentials: [LONG_TERM, TEMPORARY],
    regions: ['us-east-1', 'eu-west-1'],
  });
  key = await dev.createKey();
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
});

const describeKey = (options) => clientOf(dev, options).describeKey({ keyId: key.arn });

/** A provider that counts how often it is asked; each answer expires `minutes` from now. */
function provider(...minutes) {
  const provide = async () => {
    const left = minutes[Math.min(provide.calls++, minutes.length - 1)];
    const expiration = left === undefined ? undefined : new Date(Date.now() + left * MINUTE);
    return { ...TEMPORARY, expiration };
  };
  provide.calls = 0;
  return provide;
}

describe('SigV4', () => {
  test('every operation is signed so that the service accepts it', async () => {
    const kms = clientOf(dev, { credentials: LONG_TERM });
    const encryptionContext = { ünïcode: 'жар-птица', 'with space': ' a  b ' };
    const common = { keyId: key.arn, encryptionContext };
    const { ciphertextBlob } = await kms.encrypt({ ...common, plaintext: utf8('x') });
    await kms.decrypt({ ...common, ciphertextBlob });
    await kms.generateDataKey({ ...common, keySpec: 'AES_256' });
    await kms.generateDataKeyWithoutPlaintext({ ...common, keySpec: 'AES_256' });
    await kms.reEncrypt({
      ciphertextBlob,
      sourceEncryptionContext: encryptionContext,
      destinationKeyId: key.arn,
    });
    await kms.describeKey({ keyId: key.arn });
    const rsa = await dev.createKey({ keySpec: 'RSA_2048' });
    await kms.getPublicKey({ keyId: rsa.arn });
    assert.deepEqual(
      dev.calls.map(({ status }) => status),
      Array(7).fill(200),
    );
  });

  test('temporary credentials with their session token', () =>
    describeKey({ credentials: TEMPORARY }));

  test('an empty session token is none', () =>
    describeKey({ credentials: { ...LONG_TERM, sessionToken: '' } }));

  test('a path, a query and x-amz- headers are part of the signature', async () => {
    await describeKey({
      credentials: TEMPORARY,
      endpoint: `${dev.url}/eu-west-1/a%20b/?x=1&empty&x=0`,
      headers: { 'X-Amz-Tenant': ' t-1 ', traceparent: '00-abc' },
    });
  });

  test('the Region of the signature decides', async () => {
    const far = await dev.createKey({ region: 'eu-west-1' });
    const kms = clientOf(dev, { credentials: LONG_TERM, region: 'eu-west-1' });
    assert.equal((await kms.describeKey({ keyId: far.keyId })).arn, far.arn);
    await refused(describeKey({ credentials: LONG_TERM, region: 'eu-west-1' }), {
      code: 'KMS_KEY_NOT_FOUND',
    });
  });

  for (const [what, credentials, serviceError] of [
    ['a wrong secret', { ...LONG_TERM, secretAccessKey: 'x' }, 'InvalidSignatureException'],
    [
      'an unknown access key',
      { ...LONG_TERM, accessKeyId: 'AKIDX' },
      'UnrecognizedClientException',
    ],
    [
      'a missing session token',
      { ...TEMPORARY, sessionToken: undefined },
      'UnrecognizedClientException',
    ],
    [
      'a wrong session token',
      { ...TEMPORARY, sessionToken: 'other' },
      'UnrecognizedClientException',
    ],
    [
      'a needless session token',
      { ...LONG_TERM, sessionToken: 'token' },
      'UnrecognizedClientException',
    ],
  ]) {
    test(`${what} is refused once`, async () => {
      const error = await refused(describeKey({ credentials }), {
        code: 'KMS_CREDENTIALS',
        name: 'KmsError',
        serviceError,
        operation: 'DescribeKey',
        keyId: key.arn,
        attempts: 1,
        next: 'Refresh or correct the credentials, and check the clock.',
      });
      assert.equal(dev.calls.length, 1);
      assert.equal(error.requestId, dev.calls[0].requestId);
      for (const secret of [credentials.secretAccessKey, credentials.sessionToken]) {
        if (secret?.length > 5) assert.ok(!JSON.stringify(error).includes(secret));
      }
    });
  }

  test('no credentials at all', () =>
    refused(describeKey({}), {
      code: 'KMS_CREDENTIALS',
      serviceError: 'MissingAuthenticationTokenException',
      attempts: 1,
    }));

  for (const minutes of [-10, 10]) {
    test(`a clock ${minutes} minutes off is corrected, once`, async () => {
      const skewed = await startDevKms({
        credentials: [LONG_TERM],
        now: () => new Date(Date.now() + minutes * MINUTE),
      });
      const { arn } = await skewed.createKey();
      const events = [];
      const options = { credentials: LONG_TERM, maxAttempts: 1, onEvent: (e) => events.push(e) };
      const kms = clientOf(skewed, options);
      for (let i = 0; i < 3; i++) assert.equal((await kms.describeKey({ keyId: arn })).arn, arn);
      assert.deepEqual(
        skewed.calls.map(({ status }) => status),
        [400, 200, 200, 200],
      );
      assert.equal(skewed.calls[0].errorName, 'InvalidSignatureException');
      assert.deepEqual(
        events.map(({ attempts, repetitions }) => [attempts, repetitions]),
        [
          [2, [{ attempt: 1, reason: 'CLOCK_SKEW', backoffMs: 0 }]],
          [1, undefined],
          [1, undefined],
        ],
      );
      await skewed.close();
    });

    test(`a clock ${minutes} minutes off that the client is told of is right at once`, async () => {
      const now = () => new Date(Date.now() + minutes * MINUTE);
      const skewed = await startDevKms({ credentials: [LONG_TERM], now });
      const { arn } = await skewed.createKey();
      const systemClockOffset = minutes * MINUTE;
      const kms = clientOf(skewed, { credentials: LONG_TERM, systemClockOffset });
      await kms.describeKey({ keyId: arn });
      assert.equal(skewed.calls.length, 1);
      await skewed.close();
    });

    test(`a clock ${minutes} minutes off without a Date to correct it by is an error`, async () => {
      const now = () => new Date(Date.now() + minutes * MINUTE);
      const skewed = await startDevKms({ credentials: [LONG_TERM], now });
      const { arn } = await skewed.createKey();
      // As a browser whose CORS does not expose it.
      const hiding = async (url, init) => {
        const response = await fetch(url, init);
        const headers = new Headers(response.headers);
        headers.delete('date');
        return new Response(response.body, { status: response.status, headers });
      };
      const kms = clientOf(skewed, { credentials: LONG_TERM, fetch: hiding });
      await refused(kms.describeKey({ keyId: arn }), {
        code: 'KMS_CREDENTIALS',
        serviceError: 'InvalidSignatureException',
        message: minutes > 0 ? /Signature expired.*check the clock/ : /not yet current.*the clock/,
        attempts: 1,
      });
      await skewed.close();
    });
  }
});

describe('provider functions', () => {
  test('one without expiration is asked once', async () => {
    const credentials = provider(undefined);
    const kms = clientOf(dev, { credentials });
    for (let i = 0; i < 3; i++) await kms.describeKey({ keyId: key.arn });
    assert.equal(credentials.calls, 1);
  });

  test('fifty calls at once ask it once', async () => {
    const credentials = provider(60);
    const kms = clientOf(dev, { credentials });
    await Promise.all(Array.from({ length: 50 }, () => kms.describeKey({ keyId: key.arn })));
    assert.equal(credentials.calls, 1);
    assert.equal(dev.calls.length, 50);
  });

  test('it is not asked before a call needs it', () => {
    const credentials = provider(60);
    clientOf(dev, { credentials });
    assert.equal(credentials.calls, 0);
  });

  for (const [minutes, calls, why] of [
    [[60], 1, 'far from expiring: kept'],
    [[6], 1, 'six minutes left: kept'],
    [[4, 60], 1, 'four minutes left: kept for two of them'],
    [[4], 1, 'always four minutes left: not fetched for each call'],
    [[-1, 60], 2, 'expired a minute ago: fetched anew'],
  ]) {
    test(why, async () => {
      const credentials = provider(...minutes);
      const kms = clientOf(dev, { credentials });
      for (let i = 0; i < 3; i++) await kms.describeKey({ keyId: key.arn });
      assert.equal(credentials.calls, calls);
      assert.equal(dev.calls.length, 3);
    });
  }

  test('one that fails while the last credentials hold is not needed', async () => {
    let calls = 0;
    // Six minutes less a moment: asked again when less than five are left, by the clock that is moved below.
    const expiration = new Date(Date.now() + 6 * MINUTE);
    const credentials = async () => {
      if (++calls > 1) throw new Error('the metadata service is away');
      return { ...LONG_TERM, expiration };
    };
    const kms = clientOf(dev, { credentials });
    await kms.describeKey({ keyId: key.arn });
    const later = clientOf(dev, { credentials, systemClockOffset: 0 });
    const { now } = Date;
    try {
      Date.now = () => now.call(Date) + 2 * MINUTE;
      for (let i = 0; i < 5; i++) await kms.describeKey({ keyId: key.arn });
      assert.equal(calls, 2, 'asked once more, and not for half a minute');
    } finally {
      Date.now = now;
    }
    await refused(later.describeKey({ keyId: key.arn }), {
      code: 'KMS_CREDENTIALS',
      message: /the metadata service is away/,
    });
  });

  for (const errorName of ['ExpiredTokenException', 'UnrecognizedClientException']) {
    test(`${errorName}: new credentials are fetched and the call repeated once`, async () => {
      let calls = 0;
      const forced = [];
      const credentials = async (options) => {
        forced.push(options?.forceRefresh);
        return calls++ === 0 ? LONG_TERM : TEMPORARY;
      };
      dev.faults.failNext(1, 400, { errorName });
      const kms = clientOf(dev, { credentials, maxAttempts: 1 });
      assert.equal((await kms.describeKey({ keyId: key.arn })).arn, key.arn);
      assert.deepEqual([calls, dev.calls.length], [2, 2]);
      assert.deepEqual(forced, [undefined, true]);
    });

    test(`${errorName} with the same credentials again is final`, async () => {
      const credentials = provider(60);
      dev.faults.failNext(9, 400, { errorName });
      await refused(describeKey({ credentials }), {
        code: 'KMS_CREDENTIALS',
        serviceError: errorName,
        attempts: 1,
      });
      assert.deepEqual([credentials.calls, dev.calls.length], [2, 1]);
    });
  }

  test('InvalidSignatureException is not a reason to fetch others', async () => {
    const credentials = provider(60);
    dev.faults.failNext(9, 400, { errorName: 'InvalidSignatureException' });
    await refused(describeKey({ credentials }), { code: 'KMS_CREDENTIALS', attempts: 1 });
    assert.equal(credentials.calls, 1);
  });

  for (const [what, credentials, message] of [
    ['rejects', async () => Promise.reject(new Error('signed out')), /no credentials: signed out/],
    [
      'throws',
      () => {
        throw new Error('no profile');
      },
      /no credentials: no profile/,
    ],
    ['rejects with text', () => Promise.reject('nobody is signed in'), /nobody is signed in/],
    ['rejects with nothing', () => Promise.reject(), /no credentials/],
    ['rejects with bytes', () => Promise.reject(Buffer.from(SECRET)), /an instance of Buffer/],
    ['rejects with characters', () => Promise.reject([...SECRET]), /it threw an array/],
    ['rejects with no prototype', () => Promise.reject(Object.create(null)), /it threw an object/],
    [
      'rejects with an error of another realm',
      () => Promise.reject(runInNewContext('new Error("signed out there")')),
      /no credentials: signed out there/,
    ],
    [
      'answers with a getter that throws',
      async () => ({
        ...LONG_TERM,
        get sessionToken() {
          throw new Error('the vault is shut');
        },
      }),
      /no credentials: the vault is shut/,
    ],
    ['answers undefined', async () => undefined, /accessKeyId and secretAccessKey/],
    ['answers text', async () => 'AKID', /accessKeyId and secretAccessKey/],
    ['answers half', async () => ({ accessKeyId: 'AKID' }), /accessKeyId and secretAccessKey/],
    [
      'answers an empty id',
      async () => ({ ...LONG_TERM, accessKeyId: '' }),
      /access key id is empty/,
    ],
    ['answers an empty secret', async () => ({ ...LONG_TERM, secretAccessKey: '' }), /is empty/],
    ['answers a token of bytes', async () => ({ ...LONG_TERM, sessionToken: 5 }), /sessionToken/],
    ['answers a date of text', async () => ({ ...LONG_TERM, expiration: '2030' }), /expiration/],
    ['answers no date', async () => ({ ...LONG_TERM, expiration: new Date(NaN) }), /expiration/],
    ['breaks the header', async () => ({ ...LONG_TERM, accessKeyId: 'a\r\nb' }), /malformed/],
  ]) {
    test(`one that ${what}: nothing is sent, the error says why`, async () => {
      const error = await refused(describeKey({ credentials }), {
        code: 'KMS_CREDENTIALS',
        name: 'KmsError',
        operation: 'DescribeKey',
        keyId: key.arn,
        attempts: 0,
        message,
      });
      assert.equal(dev.calls.length, 0);
      assert.ok(!error.message.includes(LONG_TERM.secretAccessKey));
      assert.doesNotMatch(error.message, /83,69,67|S,E,C/);
      assert.equal(error.message.match(/no credentials/g)?.length ?? 1, 1, error.message);
    });
  }

  test('a failure is not kept: the next call asks again', async () => {
    let calls = 0;
    const kms = clientOf(dev, {
      credentials: async () => {
        if (calls++ === 0) throw new Error('not yet');
        return TEMPORARY;
      },
    });
    await refused(kms.describeKey({ keyId: key.arn }), { code: 'KMS_CREDENTIALS' });
    assert.equal((await kms.describeKey({ keyId: key.arn })).arn, key.arn);
  });

  test('static credentials of the wrong form', () =>
    refused(describeKey({ credentials: { accessKeyId: 'AKID' } }), {
      code: 'KMS_CREDENTIALS',
      attempts: 0,
    }));
});

describe('headers of the caller', () => {
  /** A proxy of one's own: checks a bearer token, then passes requests on to a KMS. */
  async function proxy(t) {
    const behind = await startDevKms();
    t.after(() => behind.close());
    const { url, requests } = await serverOf(t, async (request, response) => {
      if (request.headers.authorization !== 'Bearer open sesame') {
        response.writeHead(401).end();
        return;
      }
      const { body } = requests.at(-1);
      const { 'content-type': type, 'x-amz-target': target } = request.headers;
      const headers = { 'content-type': type, 'x-amz-target': target };
      const answer = await fetch(behind.url, { method: 'POST', headers, body });
      response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    });
    return { behind, url, requests };
  }

  test('a bearer token opens a proxy of one’s own', async (t) => {
    const { behind, url, requests } = await proxy(t);
    const { arn } = await behind.createKey();
    const kms = clientOf({ url }, { headers: { Authorization: 'Bearer open sesame' } });
    const { ciphertextBlob } = await kms.encrypt({ keyId: arn, plaintext: utf8('x') });
    assert.deepEqual((await kms.decrypt({ ciphertextBlob })).plaintext, utf8('x'));
    assert.equal(behind.calls.length, 2);
    for (const { headers } of requests) assert.ok(!('x-amz-date' in headers), 'nothing is signed');
  });

  for (const headers of [{}, { authorization: 'Bearer guess' }]) {
    test(`a proxy refuses ${JSON.stringify(headers)}`, async (t) => {
      const { behind, url } = await proxy(t);
      await refused(clientOf({ url }, { headers }).describeKey({ keyId: 'alias/a' }), {
        code: 'KMS_CREDENTIALS',
        status: 401,
        attempts: 1,
      });
      assert.equal(behind.calls.length, 0);
    });
  }

  test('a custom fetch may add what changes from call to call', async (t) => {
    const { behind, url } = await proxy(t);
    const { arn } = await behind.createKey();
    const kms = clientOf(
      { url },
      {
        fetch: (to, init) =>
          fetch(to, {
            ...init,
            headers: [...init.headers, ['authorization', 'Bearer open sesame']],
          }),
      },
    );
    assert.equal((await kms.describeKey({ keyId: arn })).arn, arn);
  });

  for (const [what, broken] of [
    [
      'throws',
      () => {
        throw new Error('offline');
      },
    ],
    ['rejects', () => Promise.reject(new Error('offline'))],
    ['rejects with text', () => Promise.reject('offline')],
    [
      'rejects with an error of another realm',
      () => Promise.reject(runInNewContext('new TypeError("offline")')),
    ],
  ]) {
    test(`a custom fetch that ${what}`, async () => {
      const kms = clientOf({ url: 'http://127.0.0.1:1' }, { fetch: broken, maxAttempts: 2 });
      await refused(kms.describeKey({ keyId: 'alias/a' }), {
        code: 'KMS_UNREACHABLE',
        message: /offline/,
        attempts: 2,
      });
    });
  }

  for (const [what, answer] of [
    ['nothing', undefined],
    ['an object', {}],
    [
      'a status of text',
      { status: '200', headers: [], arrayBuffer: async () => new ArrayBuffer(0) },
    ],
  ]) {
    test(`a custom fetch that answers ${what}`, async () => {
      const kms = clientOf(
        { url: 'http://127.0.0.1:1' },
        { fetch: async () => answer, maxAttempts: 1 },
      );
      await refused(kms.describeKey({ keyId: 'alias/a' }), { code: 'KMS_UNREACHABLE' });
    });
  }
});
