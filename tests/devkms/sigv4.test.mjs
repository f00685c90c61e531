import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EncryptCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import { startDevKms } from '../../pkg/testing/index.js';
import { bytes, client, CREDENTIALS, raw, refused } from './support.mjs';

const TEMPORARY = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'another',
  sessionToken: 'token==/+',
};

let kms;
let key;
before(async () => {
  kms = await startDevKms({
    credentials: [CREDENTIALS, TEMPORARY],
    regions: ['us-east-1', 'eu-west-1'],
  });
  key = await kms.createKey();
});
after(() => kms.close());

/** Sends one command with a client of these options and throws the client away. */
async function send(options, command = new ListKeysCommand({})) {
  const aws = client(kms, options);
  try {
    return await aws.send(command);
  } finally {
    aws.destroy();
  }
}

/** Lets the client sign, then changes the request behind its back. */
function tampering(change) {
  const aws = client(kms);
  aws.middlewareStack.add(
    (next) => (args) => {
      change(args.request);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  return aws;
}

describe('SigV4', () => {
  test('the official client gets in, with long-lived and with temporary credentials', async () => {
    await send({}, new EncryptCommand({ KeyId: key.arn, Plaintext: bytes('x') }));
    await send({ credentials: TEMPORARY });
    await send({ region: 'eu-west-1' });
    await send({ endpoint: kms.urlFor('us-east-1') });
    await send({ endpoint: `${kms.url}/a path/with%20escapes?and=a&query=1` });
  });

  test('no signature is MissingAuthenticationTokenException', async () => {
    const { status, json } = await raw(kms, 'ListKeys', {});
    assert.deepEqual(
      [status, json],
      [
        400,
        { __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' },
      ],
    );
  });

  for (const header of [
    'Bearer abc',
    'AWS4-HMAC-SHA256 Credential=x',
    'AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=' + '0'.repeat(64),
  ]) {
    test(`an incomplete Authorization header (${header.slice(0, 40)}) is IncompleteSignatureException`, async () => {
      const { json } = await raw(kms, 'ListKeys', {}, { headers: { authorization: header } });
      assert.equal(json.__type, 'IncompleteSignatureException');
    });
  }

  test('an unknown access key is UnrecognizedClientException', () =>
    refused(
      send({ credentials: { ...CREDENTIALS, accessKeyId: 'AKIDNOBODY' } }),
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ));

  test('a missing, wrong or needless session token is UnrecognizedClientException', async () => {
    const { sessionToken, ...withoutToken } = TEMPORARY;
    for (const credentials of [
      withoutToken,
      { ...TEMPORARY, sessionToken: 'other' },
      { ...CREDENTIALS, sessionToken },
    ]) {
      await refused(send({ credentials }), 'UnrecognizedClientException');
    }
  });

  test('a wrong secret is InvalidSignatureException', () =>
    refused(
      send({ credentials: { ...CREDENTIALS, secretAccessKey: 'wrong' } }),
      'InvalidSignatureException',
      /^The request signature we calculated does not match/,
    ));

  const changes = [
    ['the body', (request) => (request.body = '[]')],
    ['the operation', (request) => (request.headers['x-amz-target'] = 'TrentService.ListAliases')],
    [
      'the date',
      (request) => {
        const date = new Date(Date.now() - 60_000)
          .toISOString()
          .replace(/\.\d+/, '')
          .replaceAll(/[-:]/g, '');
        request.headers['x-amz-date'] = date;
      },
    ],
    ['the path', (request) => (request.path = '/eu-west-1')],
    ['the query', (request) => (request.query = { a: 'b' })],
    [
      'a signature digit',
      (request) => {
        request.headers.authorization = request.headers.authorization.replace(/.$/, (c) =>
          c === '0' ? '1' : '0',
        );
      },
    ],
    [
      'the Region of the scope',
      (request) => {
        request.headers.authorization = request.headers.authorization.replace(
          '/us-east-1/',
          '/eu-west-1/',
        );
      },
    ],
    ['a session token nobody signed', (request) => (request.headers['x-amz-security-token'] = 'x')],
    [
      'the day of the scope',
      (request) => {
        request.headers.authorization = request.headers.authorization.replace(
          /\/\d{8}\//,
          '/20200101/',
        );
      },
    ],
    [
      'the service of the scope',
      (request) => {
        request.headers.authorization = request.headers.authorization.replace('/kms/', '/s3/');
      },
    ],
    [
      'the operation left unsigned',
      (request) => {
        request.headers.authorization = request.headers.authorization.replace(';x-amz-target', '');
      },
    ],
    [
      'the host left unsigned',
      (request) => {
        request.headers.authorization = request.headers.authorization.replace('host;', '');
      },
    ],
  ];
  for (const [what, change] of changes) {
    test(`changed after signing: ${what} is InvalidSignatureException`, async () => {
      const aws = tampering(change);
      await refused(aws.send(new ListKeysCommand({})), 'InvalidSignatureException');
      aws.destroy();
    });
  }

  test('four minutes of clock skew are fine, six are not', async () => {
    for (const minutes of [-4, 4]) await send({ systemClockOffset: minutes * 60_000 });
    await refused(
      send({ systemClockOffset: -6 * 60_000 }),
      'InvalidSignatureException',
      /^Signature expired: /,
    );
    await refused(
      send({ systemClockOffset: 6 * 60_000 }),
      'InvalidSignatureException',
      /^Signature not yet current: /,
    );
  });

  test('a date that is none is IncompleteSignatureException', async () => {
    const aws = tampering((request) => (request.headers['x-amz-date'] = 'yesterday'));
    await refused(aws.send(new ListKeysCommand({})), 'IncompleteSignatureException');
    aws.destroy();
  });

  test('a Region this server does not answer for is InvalidSignatureException', () =>
    refused(send({ region: 'ap-south-1' }), 'InvalidSignatureException', /valid region/));

  test('a refused caller changes nothing', async () => {
    const { json } = await raw(kms, 'DisableKey', { KeyId: key.keyId });
    assert.equal(json.__type, 'MissingAuthenticationTokenException');
    await send({}, new EncryptCommand({ KeyId: key.arn, Plaintext: bytes('x') }));
  });
});

test('without credentials any Authorization header will do', async () => {
  const open = await startDevKms();
  const { status } = await raw(open, 'ListKeys', {}, { headers: { authorization: 'Bearer abc' } });
  assert.equal(status, 200);
  await open.close();
});
