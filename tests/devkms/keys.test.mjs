import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  GetKeyPolicyCommand,
  ListKeyPoliciesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { startDevKms } from '../../pkg/testing/index.js';
import { bytes, client, refused } from './support.mjs';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('keys', () => {
  let kms;
  let aws;
  before(async () => {
    kms = await startDevKms();
    aws = client(kms);
  });
  after(async () => {
    aws.destroy();
    await kms.close();
  });

  test('CreateKey without input makes a symmetric key with complete metadata', async () => {
    const { KeyMetadata } = await aws.send(new CreateKeyCommand({}));
    assert.match(KeyMetadata.KeyId, UUID);
    assert.match(KeyMetadata.CurrentKeyMaterialId, /^[0-9a-f]{64}$/);
    assert.ok(KeyMetadata.CreationDate instanceof Date);
    const { KeyId, CreationDate, CurrentKeyMaterialId, ...rest } = KeyMetadata;
    assert.deepEqual(rest, {
      AWSAccountId: '111122223333',
      Arn: `arn:aws:kms:us-east-1:111122223333:key/${KeyId}`,
      Enabled: true,
      Description: '',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
    });
  });

  const specs = [
    [
      'RSA_2048',
      'ENCRYPT_DECRYPT',
      'EncryptionAlgorithms',
      ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    ],
    [
      'RSA_3072',
      'SIGN_VERIFY',
      'SigningAlgorithms',
      ['PKCS1_V1_5', 'PSS'].flatMap((p) => [256, 384, 512].map((b) => `RSASSA_${p}_SHA_${b}`)),
    ],
    ['ECC_NIST_P256', 'SIGN_VERIFY', 'SigningAlgorithms', ['ECDSA_SHA_256']],
    ['ECC_NIST_P384', 'KEY_AGREEMENT', 'KeyAgreementAlgorithms', ['ECDH']],
    ['ECC_NIST_P521', 'SIGN_VERIFY', 'SigningAlgorithms', ['ECDSA_SHA_512']],
    ['ECC_SECG_P256K1', 'SIGN_VERIFY', 'SigningAlgorithms', ['ECDSA_SHA_256']],
    ['HMAC_224', 'GENERATE_VERIFY_MAC', 'MacAlgorithms', ['HMAC_SHA_224']],
    ['HMAC_512', 'GENERATE_VERIFY_MAC', 'MacAlgorithms', ['HMAC_SHA_512']],
  ];
  for (const [KeySpec, KeyUsage, member, algorithms] of specs) {
    test(`CreateKey ${KeySpec} for ${KeyUsage} lists its algorithms and no others`, async () => {
      const { KeyMetadata } = await aws.send(new CreateKeyCommand({ KeySpec, KeyUsage }));
      assert.equal(KeyMetadata.KeySpec, KeySpec);
      assert.equal(KeyMetadata.CustomerMasterKeySpec, KeySpec);
      assert.deepEqual(KeyMetadata[member], algorithms);
      const lists = Object.keys(KeyMetadata).filter((name) => name.endsWith('Algorithms'));
      assert.deepEqual(lists, [member]);
      assert.equal(KeyMetadata.CurrentKeyMaterialId, undefined);
    });
  }

  test('CreateKey understands the old name of KeySpec', async () => {
    const { KeyMetadata } = await aws.send(
      new CreateKeyCommand({ CustomerMasterKeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    );
    assert.equal(KeyMetadata.KeySpec, 'HMAC_256');
  });

  const refusals = [
    [
      'both names of KeySpec',
      { KeySpec: 'RSA_2048', CustomerMasterKeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
      'ValidationException',
    ],
    ['an asymmetric key without usage', { KeySpec: 'RSA_2048' }, 'ValidationException'],
    [
      'an RSA key for MACs',
      { KeySpec: 'RSA_2048', KeyUsage: 'GENERATE_VERIFY_MAC' },
      'ValidationException',
    ],
    ['a symmetric key for signing', { KeyUsage: 'SIGN_VERIFY' }, 'ValidationException'],
    [
      'secp256k1 for key agreement',
      { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'KEY_AGREEMENT' },
      'ValidationException',
    ],
    ['an unknown spec', { KeySpec: 'RSA_1024', KeyUsage: 'SIGN_VERIFY' }, 'ValidationException'],
    ['an unknown usage', { KeyUsage: 'ANYTHING' }, 'ValidationException'],
    [
      'a spec this server lacks',
      { KeySpec: 'ML_DSA_44', KeyUsage: 'SIGN_VERIFY' },
      'UnsupportedOperationException',
    ],
    [
      'a custom key store',
      { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1234567890abcdef0' },
      'UnsupportedOperationException',
    ],
    ['a policy that is not JSON', { Policy: 'allow all' }, 'MalformedPolicyDocumentException'],
    [
      'two tags of one name',
      {
        Tags: [
          { TagKey: 'a', TagValue: '1' },
          { TagKey: 'a', TagValue: '2' },
        ],
      },
      'TagException',
    ],
    ['a reserved tag', { Tags: [{ TagKey: 'aws:x', TagValue: '1' }] }, 'TagException'],
    ['a description that is too long', { Description: 'x'.repeat(8193) }, 'ValidationException'],
  ];
  for (const [what, input, name] of refusals) {
    test(`CreateKey refuses ${what}`, () => refused(aws.send(new CreateKeyCommand(input)), name));
  }

  test('a key answers to its id, its ARN, its alias and its alias ARN', async () => {
    const key = await kms.createKey({ alias: 'alias/four-names' });
    const aliasArn = key.arn.replace(/key\/.*/, 'alias/four-names');
    for (const KeyId of [key.keyId, key.arn, 'alias/four-names', aliasArn]) {
      const { KeyMetadata } = await aws.send(new DescribeKeyCommand({ KeyId }));
      assert.equal(KeyMetadata.Arn, key.arn);
      const encrypted = await aws.send(new EncryptCommand({ KeyId, Plaintext: bytes('x') }));
      assert.equal(encrypted.KeyId, key.arn);
    }
  });

  const absent = '01234567-89ab-cdef-0123-456789abcdef';
  const arn = (region, rest) => `arn:aws:kms:${region}:111122223333:${rest}`;
  const unknown = [
    [absent, 'NotFoundException', `Key '${arn('us-east-1', `key/${absent}`)}' does not exist`],
    [
      arn('us-east-1', `key/${absent}`),
      'NotFoundException',
      `Key '${arn('us-east-1', `key/${absent}`)}' does not exist`,
    ],
    [arn('us-west-2', `key/${absent}`), 'NotFoundException', 'Invalid arn us-west-2'],
    ['not-a-key', 'NotFoundException', "Invalid keyId 'not-a-key'"],
    ['mrk-short', 'NotFoundException', "Invalid keyId 'mrk-short'"],
    [
      'alias/nobody',
      'NotFoundException',
      `Alias ${arn('us-east-1', 'alias/nobody')} is not found.`,
    ],
    [
      arn('us-east-1', 'alias/nobody'),
      'NotFoundException',
      `Alias ${arn('us-east-1', 'alias/nobody')} is not found.`,
    ],
    ['arn:aws:s3:::bucket', 'InvalidArnException', /Invalid arn/],
    ['__proto__', 'NotFoundException', "Invalid keyId '__proto__'"],
    ['x'.repeat(2049), 'ValidationException', /Member must have length less than or equal to 2048/],
    ['', 'ValidationException', /Member must have length greater than or equal to 1/],
  ];
  for (const [KeyId, name, message] of unknown) {
    test(`DescribeKey of ${KeyId.slice(0, 60) || 'an empty id'} is ${name}`, () =>
      refused(aws.send(new DescribeKeyCommand({ KeyId })), name, message));
  }

  test('a malformed ARN is NotFoundException for cryptographic operations', () =>
    refused(
      aws.send(new EncryptCommand({ KeyId: 'arn:aws:s3:::bucket', Plaintext: bytes('x') })),
      'NotFoundException',
      /Invalid arn/,
    ));

  test('management operations do not take aliases', async () => {
    await kms.createKey({ alias: 'alias/no-management' });
    await refused(
      aws.send(new DisableKeyCommand({ KeyId: 'alias/no-management' })),
      'NotFoundException',
    );
    const KeyId = arn('us-east-1', 'alias/no-management');
    await refused(aws.send(new DisableKeyCommand({ KeyId })), 'InvalidArnException');
  });

  test('ListKeys pages through every key once', async () => {
    const fresh = await startDevKms();
    const other = client(fresh);
    const made = new Set();
    for (let i = 0; i < 5; i += 1) made.add((await fresh.createKey()).arn);
    const seen = [];
    let Marker;
    do {
      const page = await other.send(new ListKeysCommand({ Limit: 2, Marker }));
      assert.ok(page.Keys.length <= 2);
      assert.equal(page.Truncated, page.NextMarker !== undefined);
      seen.push(...page.Keys.map(({ KeyArn }) => KeyArn));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.equal(seen.length, 5);
    assert.deepEqual(new Set(seen), made);
    other.destroy();
    await fresh.close();
  });

  test('ListKeys refuses a marker it did not give out, and a limit out of range', async () => {
    await refused(aws.send(new ListKeysCommand({ Marker: 'xyz' })), 'InvalidMarkerException');
    await refused(aws.send(new ListKeysCommand({ Limit: 0 })), 'ValidationException');
    await refused(aws.send(new ListKeysCommand({ Limit: 1001 })), 'ValidationException');
  });

  test('description, tags and policy can be set and read', async () => {
    const { arn: KeyId } = await kms.createKey();
    await aws.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'mine' }));
    const { KeyMetadata } = await aws.send(new DescribeKeyCommand({ KeyId }));
    assert.equal(KeyMetadata.Description, 'mine');

    const Tags = [
      { TagKey: 'a', TagValue: '1' },
      { TagKey: 'b', TagValue: '2' },
    ];
    await aws.send(new TagResourceCommand({ KeyId, Tags }));
    await aws.send(new UntagResourceCommand({ KeyId, TagKeys: ['a'] }));
    const tags = await aws.send(new ListResourceTagsCommand({ KeyId }));
    assert.deepEqual(tags.Tags, [{ TagKey: 'b', TagValue: '2' }]);

    const before = await aws.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
    assert.equal(JSON.parse(before.Policy).Id, 'key-default-1');
    const Policy = '{"Version":"2012-10-17","Statement":[]}';
    await aws.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy }));
    assert.equal((await aws.send(new GetKeyPolicyCommand({ KeyId }))).Policy, Policy);
    const { PolicyNames } = await aws.send(new ListKeyPoliciesCommand({ KeyId }));
    assert.deepEqual(PolicyNames, ['default']);
  });

  test('a policy must be JSON, and its only name is default', async () => {
    const { arn: KeyId } = await kms.createKey();
    await refused(
      aws.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy: '[]' })),
      'MalformedPolicyDocumentException',
    );
    await refused(
      aws.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'other' })),
      'NotFoundException',
    );
  });

  test('GetKeyLastUsage tells the last cryptographic operation, and none before', async () => {
    const { arn: KeyId } = await kms.createKey();
    const unused = await aws.send(new GetKeyLastUsageCommand({ KeyId }));
    assert.deepEqual(unused.KeyLastUsage, {});
    await aws.send(new EncryptCommand({ KeyId, Plaintext: bytes('x') }));
    const { KeyLastUsage } = await aws.send(new GetKeyLastUsageCommand({ KeyId }));
    assert.equal(KeyLastUsage.Operation, 'Encrypt');
    assert.ok(KeyLastUsage.Timestamp instanceof Date);
    await refused(aws.send(new GetKeyLastUsageCommand({ KeyId: 'alias/x' })), 'NotFoundException');
  });
});

describe('key states', () => {
  let kms;
  let aws;
  let now;
  before(async () => {
    now = Date.now();
    kms = await startDevKms({ now: () => new Date(now) });
    aws = client(kms);
  });
  after(async () => {
    aws.destroy();
    await kms.close();
  });
  const encrypt = (KeyId) => aws.send(new EncryptCommand({ KeyId, Plaintext: bytes('x') }));
  const stateOf = async (KeyId) => (await aws.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;

  test('a disabled key encrypts nothing until it is enabled again', async () => {
    const { arn: KeyId } = await kms.createKey();
    await aws.send(new DisableKeyCommand({ KeyId }));
    const { KeyState, Enabled } = await stateOf(KeyId);
    assert.deepEqual({ KeyState, Enabled }, { KeyState: 'Disabled', Enabled: false });
    await refused(encrypt(KeyId), 'DisabledException', `${KeyId} is disabled.`);
    await aws.send(new EnableKeyCommand({ KeyId }));
    await encrypt(KeyId);
  });

  test('deletion is scheduled, refuses use, and can be cancelled', async () => {
    const { arn: KeyId } = await kms.createKey();
    const scheduled = await aws.send(
      new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }),
    );
    assert.equal(scheduled.KeyId, KeyId);
    assert.equal(scheduled.KeyState, 'PendingDeletion');
    assert.equal(scheduled.PendingWindowInDays, 7);
    assert.equal(scheduled.DeletionDate.getTime(), now + 7 * 86_400_000);
    assert.deepEqual((await stateOf(KeyId)).DeletionDate, scheduled.DeletionDate);

    const message = `${KeyId} is pending deletion.`;
    await refused(encrypt(KeyId), 'KMSInvalidStateException', message);
    for (const Command of [EnableKeyCommand, DisableKeyCommand, ScheduleKeyDeletionCommand]) {
      await refused(aws.send(new Command({ KeyId })), 'KMSInvalidStateException', message);
    }
    const alias = new CreateAliasCommand({ AliasName: 'alias/dying', TargetKeyId: KeyId });
    await refused(aws.send(alias), 'KMSInvalidStateException', message);
    const tag = new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] });
    await refused(aws.send(tag), 'KMSInvalidStateException', message);
    const describeIt = new UpdateKeyDescriptionCommand({ KeyId, Description: 'x' });
    await refused(aws.send(describeIt), 'KMSInvalidStateException', message);

    const cancelled = await aws.send(new CancelKeyDeletionCommand({ KeyId }));
    assert.equal(cancelled.KeyId, KeyId);
    const after = await stateOf(KeyId);
    assert.equal(after.KeyState, 'Disabled');
    assert.equal(after.DeletionDate, undefined);
    await aws.send(new EnableKeyCommand({ KeyId }));
    await encrypt(KeyId);
  });

  test('only what is pending deletion can be cancelled', async () => {
    const { arn: KeyId } = await kms.createKey();
    await refused(
      aws.send(new CancelKeyDeletionCommand({ KeyId })),
      'KMSInvalidStateException',
      `${KeyId} is not pending deletion.`,
    );
  });

  test('the waiting period is 7 to 30 days, 30 unless said', async () => {
    const { arn: KeyId } = await kms.createKey();
    for (const PendingWindowInDays of [6, 31]) {
      const command = new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays });
      await refused(aws.send(command), 'ValidationException', /pendingWindowInDays/);
    }
    const { PendingWindowInDays } = await aws.send(new ScheduleKeyDeletionCommand({ KeyId }));
    assert.equal(PendingWindowInDays, 30);
  });

  test('when the waiting period is over the key and its aliases are gone', async () => {
    const { arn: KeyId } = await kms.createKey({ alias: 'alias/gone' });
    await aws.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    now += 7 * 86_400_000;
    const late = client(kms, { systemClockOffset: 7 * 86_400_000 });
    await refused(
      late.send(new DescribeKeyCommand({ KeyId })),
      'NotFoundException',
      /does not exist/,
    );
    await refused(late.send(new DescribeKeyCommand({ KeyId: 'alias/gone' })), 'NotFoundException');
    late.destroy();
  });
});
