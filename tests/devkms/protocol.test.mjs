// The wire: what no client would send, what browsers ask first, what the log keeps.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import * as sdk from '@aws-sdk/client-kms';
import { startDevKms } from '../../pkg/testing/index.js';
import { bytes, client, raw, refused } from './support.mjs';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let kms;
let key;
before(async () => {
  kms = await startDevKms();
  key = await kms.createKey();
});
after(() => kms.close());

describe('the JSON protocol', () => {
  test('an answer has its content type and a request id, and says what it comes from', async () => {
    const { status, headers, json } = await raw(kms, 'DescribeKey', { KeyId: key.keyId });
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/x-amz-json-1.1');
    assert.match(headers.get('x-amzn-requestid'), UUID);
    assert.match(headers.get('server'), /for development and tests only/);
    assert.equal(json.KeyMetadata.KeyId, key.keyId);
    assert.equal(typeof json.KeyMetadata.CreationDate, 'number');
  });

  test('an operation without output answers nothing', async () => {
    const { status, text } = await raw(kms, 'EnableKey', { KeyId: key.keyId });
    assert.deepEqual([status, text], [200, '']);
  });

  test('an error names its type and a request id', async () => {
    const { status, headers, json } = await raw(kms, 'DescribeKey', { KeyId: 'nobody' });
    assert.equal(status, 400);
    assert.deepEqual(json, { __type: 'NotFoundException', message: "Invalid keyId 'nobody'" });
    assert.equal(headers.get('x-amzn-errortype'), 'NotFoundException');
    assert.match(headers.get('x-amzn-requestid'), UUID);
  });

  test('InvalidCiphertextException has no message at all', async () => {
    const { json } = await raw(kms, 'Decrypt', { CiphertextBlob: 'AAAA' });
    assert.deepEqual(json, { __type: 'InvalidCiphertextException' });
  });

  test('unknown members are ignored', async () => {
    const { status } = await raw(kms, 'DescribeKey', {
      KeyId: key.keyId,
      Colour: 'blue',
      GrantTokens: [],
    });
    assert.equal(status, 200);
  });

  test('null is the same as absent', async () => {
    const input = {
      KeyId: key.keyId,
      Plaintext: 'aGk=',
      EncryptionContext: null,
      GrantTokens: null,
    };
    assert.equal((await raw(kms, 'Encrypt', input)).status, 200);
  });

  test('half a surrogate pair in an encryption context is refused: it has no bytes to bind', async () => {
    for (const context of ['{"\\ud800":"x"}', '{"x":"\\udfff"}']) {
      const body = `{"KeyId":"${key.keyId}","Plaintext":"aGk=","EncryptionContext":${context}}`;
      assert.equal((await raw(kms, 'Encrypt', body)).json.__type, 'SerializationException');
    }
    const whole = `{"KeyId":"${key.keyId}","Plaintext":"aGk=","EncryptionContext":{"\\ud83d\\ude00":"x"}}`;
    assert.equal((await raw(kms, 'Encrypt', whole)).status, 200);
  });

  const plaintext = { KeyId: () => key.keyId, Plaintext: 'aGk=' };
  const bodies = [
    ['no JSON', 'Encrypt', '{', 'SerializationException'],
    ['an empty body', 'ListKeys', '', 'SerializationException'],
    ['an array', 'ListKeys', '[]', 'SerializationException'],
    ['a bare string', 'ListKeys', '"x"', 'SerializationException'],
    ['null', 'ListKeys', 'null', 'SerializationException'],
    ['invalid UTF-8', 'ListKeys', new Uint8Array([0x7b, 0xff, 0x7d]), 'SerializationException'],
    [
      'a number for a string',
      'DescribeKey',
      { KeyId: 7 },
      'SerializationException',
      'NUMBER_VALUE can not be converted to a String',
    ],
    [
      'a string for a number',
      'GenerateRandom',
      { NumberOfBytes: '32' },
      'SerializationException',
      'STRING_VALUE can not be converted to an Integer',
    ],
    ['a fraction', 'GenerateRandom', { NumberOfBytes: 1.5 }, 'SerializationException'],
    ['an object for a string', 'DescribeKey', { KeyId: {} }, 'SerializationException'],
    [
      'a string for a boolean',
      'Encrypt',
      { ...plaintext, DryRun: 'true' },
      'SerializationException',
    ],
    [
      'a string for a list',
      'Encrypt',
      { ...plaintext, GrantTokens: 'x' },
      'SerializationException',
    ],
    [
      'a number in a list of strings',
      'Encrypt',
      { ...plaintext, GrantTokens: [1] },
      'SerializationException',
    ],
    [
      'a number in an encryption context',
      'Encrypt',
      { ...plaintext, EncryptionContext: { a: 1 } },
      'SerializationException',
    ],
    [
      'a null in an encryption context',
      'Encrypt',
      { ...plaintext, EncryptionContext: { a: null } },
      'SerializationException',
    ],
    [
      'a list for an encryption context',
      'Encrypt',
      { ...plaintext, EncryptionContext: ['a'] },
      'SerializationException',
    ],
    [
      'a string for a structure',
      'Decrypt',
      { CiphertextBlob: 'AAAA', Recipient: 'x' },
      'SerializationException',
    ],
    ['a string among the tags', 'CreateKey', { Tags: ['x'] }, 'SerializationException'],
    [
      'base64 with spaces',
      'Encrypt',
      { ...plaintext, Plaintext: 'aG k=' },
      'SerializationException',
    ],
    ['base64 for URLs', 'Encrypt', { ...plaintext, Plaintext: '_-8=' }, 'SerializationException'],
    [
      'base64 without padding',
      'Encrypt',
      { ...plaintext, Plaintext: 'aGk' },
      'SerializationException',
    ],
    [
      'no KeyId',
      'DescribeKey',
      {},
      'ValidationException',
      "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    ],
    [
      'several faults',
      'Encrypt',
      { EncryptionAlgorithm: 'X' },
      'ValidationException',
      /^3 validation errors detected: .*'keyId'.*; .*'plaintext'.*; .*'encryptionAlgorithm'/,
    ],
    [
      'a member every object has',
      'DescribeKey',
      '{"__proto__":{"KeyId":"x"}}',
      'ValidationException',
      /'keyId'/,
    ],
  ];
  for (const [what, operation, body, type, message] of bodies) {
    test(`${operation} with ${what} is ${type}`, async () => {
      const input = typeof body?.KeyId === 'function' ? { ...body, KeyId: body.KeyId() } : body;
      const { status, json } = await raw(kms, operation, input);
      assert.deepEqual([status, json.__type], [400, type]);
      if (message instanceof RegExp) assert.match(json.message, message);
      else if (message !== undefined) assert.equal(json.message, message);
    });
  }

  const requests = [
    ['an unknown operation', 'Explode', {}, 400],
    ['an operation every object has', 'toString', {}, 400],
    ['no operation', undefined, {}, 400],
    ['another service', 'x', { headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' } }, 400],
    ['another content type', 'ListKeys', { headers: { 'content-type': 'application/json' } }, 404],
    ['GET', 'ListKeys', { method: 'GET' }, 404],
    ['PUT', 'ListKeys', { method: 'PUT' }, 404],
  ];
  for (const [what, operation, options, status] of requests) {
    test(`${what} is UnknownOperationException`, async () => {
      const answer = await raw(kms, operation, {}, options);
      assert.deepEqual(
        [answer.status, answer.json],
        [status, { __type: 'UnknownOperationException' }],
      );
    });
  }

  test('every operation of the official client is known', async () => {
    const names = Object.keys(sdk)
      .filter((name) => /^[A-Z].*Command$/.test(name))
      .map((name) => name.replace(/Command$/, ''));
    assert.ok(names.length > 50);
    const unsupported = [];
    for (const name of names) {
      const { json } = await raw(kms, name, {});
      assert.ok(
        !['UnknownOperationException', 'KMSInternalException'].includes(json?.__type),
        name,
      );
      if (json?.__type === 'UnsupportedOperationException') unsupported.push(name);
    }
    assert.deepEqual(unsupported.sort(), [
      'ConnectCustomKeyStore',
      'CreateCustomKeyStore',
      'Decapsulate',
      'DeleteCustomKeyStore',
      'DescribeCustomKeyStores',
      'DisconnectCustomKeyStore',
      'Encapsulate',
      'UpdateCustomKeyStore',
    ]);
  });

  test('a body above 1 MiB is refused, one just below is read', async () => {
    const filler = (size) => JSON.stringify({ KeyId: key.keyId, Filler: 'x'.repeat(size) });
    assert.equal((await raw(kms, 'DescribeKey', filler(1024 * 1024 - 100))).status, 200);
    const { status, json } = await raw(kms, 'DescribeKey', filler(1024 * 1024));
    assert.deepEqual([status, json.__type], [413, 'RequestEntityTooLargeException']);
  });

  test('what is no HTTP at all ends that connection only', async () => {
    const answer = await new Promise((resolve) => {
      const socket = connect(kms.port, '127.0.0.1', () =>
        socket.write('\u0000\u0001 nonsense\r\n\r\n'),
      );
      let data = '';
      socket.on('data', (chunk) => (data += chunk));
      socket.on('error', () => resolve(data));
      socket.on('close', () => resolve(data));
    });
    assert.match(answer, /^HTTP\/1.1 400/);
    assert.equal((await raw(kms, 'ListKeys', {})).status, 200);
  });

  test('a client that goes away in the middle of its request does no harm', async () => {
    await new Promise((resolve) => {
      const socket = connect(kms.port, '127.0.0.1', () => {
        socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"KeyId"', () =>
          socket.destroy(),
        );
      });
      socket.on('close', resolve);
    });
    assert.equal((await raw(kms, 'ListKeys', {})).status, 200);
  });

  test('a client that never finishes is cut off, and holds nobody up meanwhile', async () => {
    const strict = await startDevKms({ requestTimeoutMs: 1000 });
    const closed = new Promise((resolve) => {
      const socket = connect(strict.port, '127.0.0.1', () => {
        socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
      });
      socket.on('error', () => {});
      socket.on('data', () => {});
      socket.on('close', resolve);
    });
    assert.equal((await raw(strict, 'ListKeys', {})).status, 200);
    await closed;
    await strict.close();
  });
});

describe('CORS', () => {
  const preflight = (server, headers) => fetch(server.url, { method: 'OPTIONS', headers });
  const asked =
    'authorization,content-type,x-amz-date,x-amz-target,x-amz-security-token,x-amz-user-agent,amz-sdk-request,amz-sdk-invocation-id,x-my-proxy';

  test('a preflight is answered for every header a KMS client sends', async () => {
    const before = kms.countCalls();
    const response = await preflight(kms, {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': asked,
    });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.match(response.headers.get('access-control-allow-methods'), /POST/);
    const allowed = response.headers.get('access-control-allow-headers').split(', ');
    for (const name of asked.split(',')) assert.ok(allowed.includes(name), name);
    assert.equal(kms.countCalls(), before);
  });

  test("headers that are nobody's business are not allowed", async () => {
    const response = await preflight(kms, {
      origin: 'https://app.example',
      'access-control-request-headers': 'cookie, x-ok, host',
    });
    const allowed = response.headers.get('access-control-allow-headers').split(', ');
    assert.deepEqual(
      [allowed.includes('cookie'), allowed.includes('host'), allowed.includes('x-ok')],
      [false, false, true],
    );
  });

  test('answers and errors alike can be read, request id included', async () => {
    for (const KeyId of [key.keyId, 'nobody']) {
      const { headers } = await raw(
        kms,
        'DescribeKey',
        { KeyId },
        { headers: { origin: 'https://a.example' } },
      );
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.match(headers.get('access-control-expose-headers'), /x-amzn-requestid/);
    }
  });

  test('with corsOrigin other origins are left without permission', async () => {
    const strict = await startDevKms({ corsOrigin: 'https://app.example' });
    const good = await preflight(strict, { origin: 'https://app.example' });
    assert.equal(good.headers.get('access-control-allow-origin'), 'https://app.example');
    assert.equal(good.headers.get('vary'), 'Origin');
    const bad = await preflight(strict, { origin: 'https://evil.example' });
    assert.equal(bad.headers.get('access-control-allow-origin'), null);
    await strict.close();
  });
});

describe('the call log', () => {
  test('one record per call, with what an auditor asks for and no secret', async () => {
    kms.clearCalls();
    const aws = client(kms);
    const EncryptionContext = { tenant: 'secret-tenant', app: 'secret-app' };
    const Plaintext = bytes('secret-plaintext');
    const answer = await aws.send(
      new sdk.EncryptCommand({ KeyId: key.keyId, Plaintext, EncryptionContext }),
    );
    await refused(
      aws.send(new sdk.DecryptCommand({ CiphertextBlob: bytes('x') })),
      'InvalidCiphertextException',
    );
    await refused(
      aws.send(new sdk.DescribeKeyCommand({ KeyId: 'alias/none' })),
      'NotFoundException',
    );
    aws.destroy();

    const [encrypt, decrypt, describeKey] = kms.calls;
    assert.equal(kms.calls.length, 3);
    const { at, requestId, ...rest } = encrypt;
    assert.ok(at instanceof Date);
    assert.equal(requestId, answer.$metadata.requestId);
    assert.deepEqual(rest, {
      operation: 'Encrypt',
      keyId: key.arn,
      region: 'us-east-1',
      status: 200,
      encryptionContextKeys: ['app', 'tenant'],
    });
    assert.deepEqual(
      [decrypt.status, decrypt.errorName, decrypt.keyId],
      [400, 'InvalidCiphertextException', undefined],
    );
    assert.equal(describeKey.keyId, 'alias/none');
    assert.equal(JSON.stringify(kms.calls).includes('secret'), false);
    assert.equal(
      JSON.stringify(kms.calls).includes(Buffer.from('secret-plaintext').toString('base64')),
      false,
    );

    assert.equal(kms.countCalls(), 3);
    assert.equal(kms.countCalls('Encrypt'), 1);
    assert.equal(kms.countCalls('Sign'), 0);
    kms.clearCalls();
    assert.equal(kms.countCalls(), 0);
  });

  test('log: true prints a line per call', async (context) => {
    const print = context.mock.method(console, 'error', () => {});
    const chatty = await startDevKms({ log: true });
    await raw(chatty, 'DescribeKey', { KeyId: 'nobody' });
    await chatty.close();
    const lines = print.mock.calls.map(({ arguments: [line] }) => line);
    assert.equal(lines.length, 1);
    assert.match(lines[0], /^\[dev-kms\] \S+ DescribeKey us-east-1 nobody 400 NotFoundException$/);
  });

  test('helpers are no calls', async () => {
    kms.clearCalls();
    await kms.createKey({ multiRegion: true, replicaRegions: ['eu-west-1'], alias: 'alias/quiet' });
    assert.equal(kms.countCalls(), 0);
  });
});
