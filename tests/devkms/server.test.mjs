// The program around the protocol: options, Regions, faults, state file, loaded keys.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { DevKmsError, startDevKms } from '../../pkg/testing/index.js';
import { bytes, client, raw, refused, text } from './support.mjs';

const rejects = (promise, code, message = /./) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof DevKmsError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });

describe('starting', () => {
  test('only loopback addresses are listened on', async () => {
    for (const host of [
      '0.0.0.0',
      '::',
      '192.168.1.1',
      'example.com',
      '127.0.0.1.example.com',
      '127.0.0.256',
      '',
    ]) {
      await rejects(startDevKms({ host }), 'DEV_KMS_HOST_NOT_LOOPBACK', /loopback addresses only/);
    }
    for (const host of ['127.0.0.1', 'localhost']) {
      const kms = await startDevKms({ host });
      assert.equal(kms.url, `http://127.0.0.1:${kms.port}`);
      await kms.close();
    }
  });

  const options = [
    ['no Regions', { regions: [] }],
    ['a Region that is none', { regions: ['here'] }],
    ['a default Region it does not serve', { region: 'eu-west-1', regions: ['us-east-1'] }],
    ['an account of letters', { account: 'me' }],
    ['no credentials at all', { credentials: [] }],
    ['a timeout of nothing', { requestTimeoutMs: 0 }],
    ['a timeout that is a string', { requestTimeoutMs: '5' }],
    ['a port out of range', { port: 65_536 }],
    ['half a port', { port: 80.5 }],
    ['a host that is a number', { host: 5 }],
    ['a Region that is an object', { region: {} }],
    ['Regions that are a string', { regions: 'us-east-1' }],
    ['a Region among them that is a symbol', { regions: ['us-east-1', Symbol('x')] }],
    ['an account that is a number', { account: 111122223333 }],
    ['credentials that are null', { credentials: [null] }],
    ['a state file that is a number', { stateFile: 5 }],
    ['a log that is a function', { log: () => {} }],
    ['a clock that is a date', { now: new Date() }],
  ];
  for (const [what, input] of options) {
    test(`${what} is an invalid option`, () =>
      rejects(startDevKms(input), 'DEV_KMS_INVALID_OPTION'));
  }

  test('a port in use is reported', async () => {
    const kms = await startDevKms();
    await assert.rejects(startDevKms({ port: kms.port }), { code: 'EADDRINUSE' });
    await kms.close();
  });

  test('account and Region go into the ARNs, the partition follows the Region', async () => {
    const kms = await startDevKms({ account: '999988887777', region: 'cn-north-1' });
    assert.match((await kms.createKey()).arn, /^arn:aws-cn:kms:cn-north-1:999988887777:key\//);
    await kms.close();
  });

  for (const [what, now] of [
    ['throws', () => assert.fail('no time')],
    ['returns no valid date', () => new Date(NaN)],
    ['returns something else', () => 'now'],
  ]) {
    test(`a clock that ${what} fails the request, and not the process`, async (t) => {
      const printed = t.mock.method(console, 'error', () => {});
      let clock = now;
      const kms = await startDevKms({ now: () => clock(), log: true });
      t.after(() => kms.close());
      const failed = await raw(kms, 'ListKeys', {});
      assert.equal(failed.status, 500);
      assert.equal(kms.calls.at(-1).errorName, 'KMSInternalException');
      assert.match(String(printed.mock.calls[0].arguments[0]), /internal error/);
      await assert.rejects(kms.createKey(), /now must return a valid Date|no time/);
      clock = () => new Date(1e12);
      assert.equal((await raw(kms, 'ListKeys', {})).status, 200);
      assert.equal(kms.calls.at(-1).at.getTime(), 1e12);
    });
  }

  test('close ends it', async () => {
    const kms = await startDevKms();
    await kms.close();
    await assert.rejects(fetch(kms.url));
  });
});

describe('Regions', () => {
  let kms;
  before(async () => {
    kms = await startDevKms({ regions: ['us-east-1', 'eu-west-1'] });
  });
  after(() => kms.close());

  test('the signature says which Region, whatever the path says', async () => {
    const aws = client(kms, { region: 'eu-west-1', endpoint: kms.urlFor('us-east-1') });
    const key = await kms.createKey({ region: 'eu-west-1' });
    const { KeyMetadata } = await aws.send(new DescribeKeyCommand({ KeyId: key.keyId }));
    assert.match(KeyMetadata.Arn, /:eu-west-1:/);
    assert.deepEqual(
      (await aws.send(new ListKeysCommand({}))).Keys.map((k) => k.KeyId),
      [key.keyId],
    );
    aws.destroy();
  });

  test('unsigned requests: the key ARN, else the path, else the default', async () => {
    const key = await kms.createKey({ region: 'eu-west-1' });
    const byArn = await raw(kms, 'DescribeKey', { KeyId: key.arn });
    assert.equal(byArn.json.KeyMetadata.Arn, key.arn);
    const byPath = await raw(
      kms,
      'DescribeKey',
      { KeyId: key.keyId },
      { url: kms.urlFor('eu-west-1') },
    );
    assert.equal(byPath.json.KeyMetadata.Arn, key.arn);
    const byDefault = await raw(kms, 'DescribeKey', { KeyId: key.keyId });
    assert.equal(byDefault.json.__type, 'NotFoundException');
    const unserved = await raw(kms, 'DescribeKey', {
      KeyId: key.arn.replace('eu-west-1', 'ap-south-1'),
    });
    assert.deepEqual(
      [unserved.json.__type, unserved.json.message],
      ['NotFoundException', 'Invalid arn ap-south-1'],
    );
  });

  test('Regions that are not served', async () => {
    assert.throws(() => kms.urlFor('ap-south-1'), { code: 'DEV_KMS_INVALID_OPTION' });
    await rejects(kms.createKey({ region: 'ap-south-1' }), 'DEV_KMS_INVALID_OPTION');
    await assert.rejects(kms.createKey({ multiRegion: true, replicaRegions: ['ap-south-1'] }), {
      name: 'ValidationException',
    });
  });
});

describe('faults', () => {
  let kms;
  let aws;
  let key;
  before(async () => {
    kms = await startDevKms();
    aws = client(kms);
    key = await kms.createKey();
  });
  after(async () => {
    aws.destroy();
    await kms.close();
  });
  const encrypt = (via = aws, options) =>
    via.send(new EncryptCommand({ KeyId: key.arn, Plaintext: bytes('x') }), options);
  const last = () => kms.calls.at(-1);

  test('throttleNext: so many calls, then no more', async () => {
    kms.faults.throttleNext(2);
    for (let i = 0; i < 2; i += 1) {
      const error = await refused(encrypt(), 'ThrottlingException', /Reduce the frequency/);
      assert.equal(error.$metadata.httpStatusCode, 400);
      assert.ok(error.$retryable === undefined || error.$retryable.throttling);
    }
    await encrypt();
  });

  test('failNext: 500 by default, any status, any error name', async () => {
    kms.faults.failNext(1);
    kms.faults.failNext(1, 503);
    kms.faults.failNext(1, 500, { errorName: 'KeyUnavailableException' });
    for (const [name, status] of [
      ['KMSInternalException', 500],
      ['DependencyTimeoutException', 503],
      ['KeyUnavailableException', 500],
    ]) {
      const error = await refused(encrypt(), name);
      assert.equal(error.$metadata.httpStatusCode, status);
      assert.deepEqual([last().status, last().errorName], [status, name]);
    }
    await encrypt();
  });

  test('a fault for one operation leaves the others alone', async () => {
    kms.faults.failNext(1, 500, { operation: 'Decrypt' });
    await encrypt();
    await refused(
      aws.send(new DecryptCommand({ CiphertextBlob: bytes('x') })),
      'KMSInternalException',
    );
    await refused(
      aws.send(new DecryptCommand({ CiphertextBlob: bytes('x') })),
      'InvalidCiphertextException',
    );
  });

  test('dropNext: the connection closes without an answer', async () => {
    kms.faults.dropNext(1);
    await assert.rejects(encrypt(), (error) =>
      /ECONNRESET|socket hang up/.test(`${error.code} ${error.message}`),
    );
    assert.deepEqual(
      [last().operation, last().status, last().errorName],
      ['Encrypt', 0, 'ConnectionDropped'],
    );
    await encrypt();
  });

  test('hangNext: no answer until the client gives up', async () => {
    kms.faults.hangNext(1, { operation: 'Encrypt' });
    const controller = new AbortController();
    const pending = encrypt(aws, { abortSignal: controller.signal });
    while (kms.calls.at(-1)?.errorName !== 'Hang')
      await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await assert.rejects(pending, { name: 'AbortError' });
    await encrypt();
  });

  test('the official client gets over faults by itself', async () => {
    const patient = client(kms, { maxAttempts: 4 });
    kms.clearCalls();
    kms.faults.throttleNext(1);
    kms.faults.failNext(1);
    kms.faults.dropNext(1);
    await encrypt(patient);
    assert.deepEqual(
      kms.calls.map(({ status }) => status),
      [400, 500, 0, 200],
    );
    patient.destroy();
  });

  test('latency: of everything, of one operation; both end with clear', async () => {
    kms.faults.latencyMs = 60_000;
    kms.faults.setLatency(0, { operation: 'Encrypt' });
    await encrypt();
    const abortSignal = AbortSignal.timeout(50);
    await assert.rejects(aws.send(new ListKeysCommand({}), { abortSignal }), {
      name: /AbortError|TimeoutError/,
    });
    kms.faults.clear();
    assert.equal(kms.faults.latencyMs, 0);
    await aws.send(new ListKeysCommand({}));
  });

  test('clear disarms everything', async () => {
    kms.faults.throttleNext(9);
    kms.faults.dropNext(9);
    kms.faults.clear();
    await encrypt();
  });

  test('switches refuse what makes no sense', () => {
    const invalid = { code: 'DEV_KMS_INVALID_OPTION' };
    assert.throws(() => kms.faults.throttleNext(-1), invalid);
    assert.throws(() => kms.faults.dropNext(1.5), invalid);
    assert.throws(() => kms.faults.failNext(1, 200), invalid);
    assert.throws(() => {
      kms.faults.latencyMs = -1;
    }, invalid);
    assert.throws(() => kms.faults.setLatency(Number.NaN), invalid);
  });

  test('close does not wait for calls that hang', async () => {
    const other = await startDevKms();
    other.faults.hangNext(1);
    const pending = assert.rejects(raw(other, 'ListKeys', {}));
    while (other.countCalls() === 0) await new Promise((resolve) => setImmediate(resolve));
    await other.close();
    await pending;
  });
});

describe('the state file', () => {
  let directory;
  let stateFile;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dev-kms-'));
    stateFile = join(directory, 'state.json');
  });
  after(() => rm(directory, { recursive: true }));

  test('keys, aliases, grants, tags, states and old material survive a restart', async () => {
    const first = await startDevKms({ stateFile });
    let aws = client(first);
    const key = await first.createKey({ alias: 'alias/kept', description: 'kept' });
    const rsa = await first.createKey({ keySpec: 'RSA_2048' });
    const mrk = await first.createKey({ multiRegion: true, replicaRegions: ['eu-west-1'] });
    const dying = await first.createKey();
    const scheduled = await aws.send(new ScheduleKeyDeletionCommand({ KeyId: dying.arn }));
    const old = await aws.send(new EncryptCommand({ KeyId: key.arn, Plaintext: bytes('old') }));
    await aws.send(new RotateKeyOnDemandCommand({ KeyId: key.arn }));
    await aws.send(
      new TagResourceCommand({ KeyId: key.arn, Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
    );
    const { GrantId } = await aws.send(
      new CreateGrantCommand({
        KeyId: key.arn,
        GranteePrincipal: 'arn:aws:iam::111122223333:root',
        Operations: ['Decrypt'],
      }),
    );
    const before = await aws.send(new DescribeKeyCommand({ KeyId: key.arn }));
    aws.destroy();
    await first.close();

    const second = await startDevKms({ stateFile });
    aws = client(second);
    const after = await aws.send(new DescribeKeyCommand({ KeyId: 'alias/kept' }));
    assert.deepEqual(after.KeyMetadata, before.KeyMetadata);
    const opened = await aws.send(new DecryptCommand({ CiphertextBlob: old.CiphertextBlob }));
    assert.equal(text(opened.Plaintext), 'old');
    const { Tags } = await aws.send(new ListResourceTagsCommand({ KeyId: key.arn }));
    assert.deepEqual(Tags, [{ TagKey: 'a', TagValue: 'b' }]);
    const { Grants } = await aws.send(new ListGrantsCommand({ KeyId: key.arn }));
    assert.deepEqual(
      Grants.map((grant) => grant.GrantId),
      [GrantId],
    );
    const { PublicKey } = (await raw(second, 'GetPublicKey', { KeyId: rsa.arn })).json;
    assert.equal(PublicKey, Buffer.from(rsa.publicKey).toString('base64'));
    const dead = await aws.send(new DescribeKeyCommand({ KeyId: dying.arn }));
    assert.deepEqual(dead.KeyMetadata.DeletionDate, scheduled.DeletionDate);

    const sealed = await aws.send(new EncryptCommand({ KeyId: mrk.arn, Plaintext: bytes('x') }));
    const europe = client(second, { region: 'eu-west-1' });
    await europe.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }));
    europe.destroy();
    aws.destroy();
    await second.close();
  });

  test('it is written before a change is answered, whole, and for the owner only', async () => {
    const kms = await startDevKms({ stateFile: join(directory, 'other.json') });
    const aws = client(kms);
    const key = await kms.createKey();
    await aws.send(new CreateAliasCommand({ AliasName: 'alias/now', TargetKeyId: key.keyId }));
    const state = JSON.parse(await readFile(join(directory, 'other.json'), 'utf8'));
    assert.equal(state.aliases[0].name, 'alias/now');
    assert.match(state.warning, /for development and tests only/);
    assert.equal((await stat(join(directory, 'other.json'))).mode & 0o777, 0o600);

    const many = Array.from({ length: 20 }, (_, i) =>
      aws.send(new CreateAliasCommand({ AliasName: `alias/n${i}`, TargetKeyId: key.keyId })),
    );
    await Promise.all(many);
    const { aliases } = JSON.parse(await readFile(join(directory, 'other.json'), 'utf8'));
    assert.equal(aliases.length, 21);
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name.endsWith('.tmp')),
      [],
    );
    const { Aliases } = await aws.send(new ListAliasesCommand({ Limit: 100 }));
    assert.equal(Aliases.length, 21);
    aws.destroy();
    await kms.close();
  });

  test('a file that is no state file is refused and left alone', async () => {
    const contents = [
      ['not JSON', 'hello', /is not a state file/],
      ['another format', '{"format":2,"account":"111122223333"}', /unknown format 2/],
      ['a list', '[]', /unknown format/],
      ['null', 'null', /is not a state file/],
      [
        'another account',
        '{"format":1,"account":"999988887777"}',
        /belongs to account 999988887777/,
      ],
      ['members that are missing', '{"format":1,"account":"111122223333"}', /is not a state file/],
    ];
    for (const [, content, message] of contents) {
      const path = join(directory, 'bad.json');
      await writeFile(path, content);
      await rejects(startDevKms({ stateFile: path }), 'DEV_KMS_STATE_FILE', message);
      assert.equal(await readFile(path, 'utf8'), content);
    }
    await rejects(startDevKms({ stateFile: directory }), 'DEV_KMS_STATE_FILE', /cannot be read/);
  });

  test('a change that cannot be kept is not reported as done', async () => {
    const path = join(directory, 'gone', 'state.json');
    const kms = await startDevKms({ stateFile: path });
    await assert.rejects(kms.createKey(), { code: 'ENOENT' });
    const { status, json } = await raw(kms, 'CreateKey', {});
    assert.deepEqual([status, json.__type], [500, 'KMSInternalException']);
    await assert.rejects(kms.close(), { code: 'ENOENT' });
    await assert.rejects(fetch(kms.url));
  });
});

describe('loadKey', () => {
  let kms;
  before(async () => {
    kms = await startDevKms();
  });
  after(() => kms.close());
  const mrk = 'mrk-0123456789abcdef0123456789abcdef';
  const material = new Uint8Array(32).fill(9);
  const arn = (region, account, id) => `arn:aws:kms:${region}:${account}:key/${id}`;

  test('under a key id or an ARN, in other accounts too', async () => {
    const keyId = '12345678-1234-4321-8765-123456789012';
    const own = await kms.loadKey({ keyId, material, description: 'mine', region: 'eu-west-1' });
    assert.equal(own.arn, arn('eu-west-1', '111122223333', keyId));
    const foreign = arn('us-west-2', '658956600833', 'b3537ef1-d8dc-4780-9f5a-55776cbb2f7f');
    const loaded = await kms.loadKey({ keyId: foreign, material });
    assert.deepEqual([loaded.arn, loaded.region], [foreign, 'us-west-2']);
    const { json } = await raw(kms, 'Encrypt', { KeyId: foreign, Plaintext: 'aGk=' });
    assert.equal(json.KeyId, foreign);
    const { CiphertextBlob } = json;
    const opened = await raw(kms, 'Decrypt', { CiphertextBlob, KeyId: foreign });
    assert.equal(opened.json.Plaintext, 'aGk=');
  });

  test('the same material opens the same ciphertext on another server', async () => {
    const other = await startDevKms();
    const keyId = 'cccccccc-0000-4000-8000-000000000000';
    await kms.loadKey({ keyId, material });
    await other.loadKey({ keyId, material });
    const { json } = await raw(kms, 'Encrypt', { KeyId: keyId, Plaintext: 'aGk=' });
    const { CiphertextBlob } = json;
    assert.equal((await raw(other, 'Decrypt', { CiphertextBlob })).json.Plaintext, 'aGk=');
    await other.close();

    const impostor = await startDevKms();
    await impostor.loadKey({ keyId, material: new Uint8Array(32) });
    assert.equal(
      (await raw(impostor, 'Decrypt', { CiphertextBlob })).json.__type,
      'InvalidCiphertextException',
    );
    await impostor.close();
  });

  test('a multi-Region key in two Regions is primary and replica', async () => {
    await kms.loadKey({ keyId: mrk, material });
    await kms.loadKey({ keyId: mrk, material, region: 'eu-west-1' });
    const { json } = await raw(kms, 'DescribeKey', {
      KeyId: arn('eu-west-1', '111122223333', mrk),
    });
    assert.equal(json.KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType, 'REPLICA');
    await rejects(
      kms.loadKey({ keyId: mrk, material: new Uint8Array(32), region: 'us-west-2' }),
      'DEV_KMS_INVALID_KEY',
      /other material/,
    );
  });

  const pem = (type, options) =>
    generateKeyPairSync(type, options).privateKey.export({ format: 'pem', type: 'pkcs8' });
  const keyId = 'dddddddd-0000-4000-8000-000000000000';
  const bad = [
    ['a short symmetric key', { keyId, material: new Uint8Array(16) }, /must be 32 bytes/],
    ['text for a symmetric key', { keyId, material: 'x'.repeat(32) }, /must be 32 bytes/],
    ['an HMAC key of another size', { keyId, material, keySpec: 'HMAC_512' }, /must be 64 bytes/],
    [
      'an RSA key of another size',
      { keyId, keySpec: 'RSA_3072', material: pem('rsa', { modulusLength: 2048 }) },
      /3072-bit RSA/,
    ],
    [
      'a key on another curve',
      { keyId, keySpec: 'ECC_NIST_P384', material: pem('ec', { namedCurve: 'prime256v1' }) },
      /secp384r1/,
    ],
    [
      'an EC key for RSA',
      { keyId, keySpec: 'RSA_2048', material: pem('ec', { namedCurve: 'prime256v1' }) },
      /RSA private key/,
    ],
    ['no key at all', { keyId, keySpec: 'RSA_2048', material: 'PEM?' }, /RSA private key/],
    [
      'a public key',
      {
        keyId,
        keySpec: 'ECC_NIST_P256',
        material: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey,
      },
      /private key/,
    ],
    ['an unknown spec', { keyId, keySpec: 'DES', material }, /keySpec DES/],
    ['a spec that all objects have', { keyId, keySpec: 'toString', material }, /keySpec toString/],
    ['no material', { keyId, keySpec: 'RSA_2048', material: null }, /RSA private key/],
    [
      'what only looks like a key',
      { keyId, keySpec: 'ECC_NIST_P256', material: { type: 'private' } },
      /private key/,
    ],
    [
      'a usage of another spec',
      { keyId, material, keyUsage: 'SIGN_VERIFY' },
      /keyUsage SIGN_VERIFY/,
    ],
    ['a key id that is none', { keyId: 'mine', material }, /neither a UUID/],
    [
      'an alias ARN',
      { keyId: 'arn:aws:kms:us-east-1:111122223333:alias/x', material },
      /not a key ARN/,
    ],
    [
      'an ARN of the wrong partition',
      { keyId: `arn:aws-cn:kms:us-east-1:111122223333:key/${keyId}`, material },
      /partition/,
    ],
  ];
  for (const [what, input, message] of bad) {
    test(`refuses ${what}`, async () => {
      await rejects(kms.loadKey(input), 'DEV_KMS_INVALID_KEY', message);
    });
  }

  const wrongKinds = [
    ['loadKey', { material }, /keyId is missing/],
    ['loadKey', { keyId: 5, material }, /keyId must be a string, not a number/],
    ['loadKey', { keyId, material, keySpec: {} }, /keySpec must be a string, not an object/],
    ['loadKey', { keyId, material, keyUsage: Symbol('x') }, /keyUsage must be a string/],
    ['loadKey', { keyId, material, description: [] }, /description must be a string/],
    ['createKey', { keySpec: Symbol('x') }, /keySpec must be a string, not a symbol/],
    ['createKey', { region: {} }, /region must be a string, not an object/],
    ['createKey', { multiRegion: 'yes' }, /multiRegion must be a boolean, not a string/],
    ['createKey', { replicaRegions: 'eu-west-1' }, /replicaRegions must be an array of strings/],
  ];
  for (const [method, input, message] of wrongKinds) {
    test(`${method} refuses ${message.source}`, async () => {
      await rejects(kms[method](input), 'DEV_KMS_INVALID_OPTION', message);
    });
  }

  test('createKey refuses a spec that all objects have as AWS refuses any other', async () => {
    for (const keySpec of ['toString', '__proto__', 'constructor']) {
      await assert.rejects(kms.createKey({ keySpec }), { name: 'ValidationException' });
    }
  });

  test('refuses a key that is already there, and never shows material', async () => {
    const id = 'eeeeeeee-0000-4000-8000-000000000000';
    await kms.loadKey({ keyId: id, material });
    await rejects(kms.loadKey({ keyId: id, material }), 'DEV_KMS_INVALID_KEY', /already there/);
    const secret = 'super-secret-pem-text';
    await assert.rejects(
      kms.loadKey({ keyId: id, keySpec: 'RSA_2048', material: secret }),
      (error) => {
        assert.equal(error.message.includes(secret), false);
        return true;
      },
    );
  });
});
