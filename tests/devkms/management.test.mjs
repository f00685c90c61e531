// Aliases, rotation, multi-Region keys, grants and imported material.
import assert from 'node:assert/strict';
import {
  constants,
  createCipheriv,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  GetParametersForImportCommand,
  GetPublicKeyCommand,
  ImportKeyMaterialCommand,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyRotationsCommand,
  ListRetirableGrantsCommand,
  ReplicateKeyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  UpdateAliasCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import { startDevKms } from '../../pkg/testing/index.js';
import { bytes, client, refused, text } from './support.mjs';

const DAY = 86_400_000;

let kms;
let aws;
let now;
let clients;
before(async () => {
  now = Date.now();
  kms = await startDevKms({ now: () => new Date(now) });
  aws = client(kms);
  clients = { 'us-east-1': aws };
});
after(async () => {
  for (const each of Object.values(clients)) each.destroy();
  await kms.close();
});
const inRegion = (region) => (clients[region] ??= client(kms, { region }));
const encrypt = (KeyId, via = aws) =>
  via.send(new EncryptCommand({ KeyId, Plaintext: bytes('hello') }));
const decrypt = (CiphertextBlob, via = aws, KeyId = undefined) =>
  via.send(new DecryptCommand({ CiphertextBlob, KeyId }));
const describeKey = async (KeyId, via = aws) =>
  (await via.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;

describe('aliases', () => {
  const create = (AliasName, TargetKeyId) =>
    aws.send(new CreateAliasCommand({ AliasName, TargetKeyId }));

  test('create, list, move, delete', async () => {
    const [one, two] = [await kms.createKey(), await kms.createKey()];
    await create('alias/app/main', one.keyId);
    await create('alias/app/other', one.arn);
    const { Aliases, Truncated } = await aws.send(new ListAliasesCommand({ KeyId: one.arn }));
    assert.deepEqual(
      Aliases.map(({ AliasName }) => AliasName),
      ['alias/app/main', 'alias/app/other'],
    );
    assert.equal(Truncated, false);
    assert.equal(Aliases[0].AliasArn, 'arn:aws:kms:us-east-1:111122223333:alias/app/main');
    assert.equal(Aliases[0].TargetKeyId, one.keyId);
    assert.ok(Aliases[0].CreationDate instanceof Date);

    const { CiphertextBlob } = await encrypt('alias/app/main');
    await aws.send(new UpdateAliasCommand({ AliasName: 'alias/app/main', TargetKeyId: two.keyId }));
    assert.equal((await encrypt('alias/app/main')).KeyId, two.arn);
    assert.equal((await decrypt(CiphertextBlob)).KeyId, one.arn);
    await refused(decrypt(CiphertextBlob, aws, 'alias/app/main'), 'IncorrectKeyException');

    await aws.send(new DeleteAliasCommand({ AliasName: 'alias/app/main' }));
    await refused(encrypt('alias/app/main'), 'NotFoundException', /is not found\.$/);
  });

  test('ListAliases pages', async () => {
    const { arn } = await kms.createKey();
    for (const name of ['p1', 'p2', 'p3']) await create(`alias/${name}`, arn);
    const first = await aws.send(new ListAliasesCommand({ KeyId: arn, Limit: 2 }));
    assert.equal(first.Truncated, true);
    const rest = await aws.send(new ListAliasesCommand({ KeyId: arn, Marker: first.NextMarker }));
    const names = [...first.Aliases, ...rest.Aliases].map(({ AliasName }) => AliasName);
    assert.deepEqual(names, ['alias/p1', 'alias/p2', 'alias/p3']);
    await refused(aws.send(new ListAliasesCommand({ Marker: 'bogus' })), 'InvalidMarkerException');
  });

  const badNames = [
    [
      'without its prefix',
      'main',
      'ValidationException',
      /^Alias must start with the prefix "alias\/"/,
    ],
    ['reserved for AWS', 'alias/aws/s3', 'NotAuthorizedException'],
    ['with a colon', 'alias/a:b', 'InvalidAliasNameException'],
    ['that is only a prefix', 'alias/', 'InvalidAliasNameException'],
    ['with other characters', 'alias/a b', 'ValidationException', /regular expression pattern/],
    ['that is too long', `alias/${'x'.repeat(251)}`, 'ValidationException'],
  ];
  for (const [what, name, error, message] of badNames) {
    test(`a name ${what} is refused`, async () => {
      const { keyId } = await kms.createKey();
      await refused(create(name, keyId), error, message);
    });
  }

  test('an alias that exists, a target that does not or is an alias', async () => {
    const { keyId } = await kms.createKey();
    await create('alias/taken', keyId);
    const taken =
      'An alias with the name arn:aws:kms:us-east-1:111122223333:alias/taken already exists';
    await refused(create('alias/taken', keyId), 'AlreadyExistsException', taken);
    await refused(
      create('alias/x', 'alias/taken'),
      'ValidationException',
      'Aliases must refer to keys. Not aliases',
    );
    await refused(create('alias/x', '00000000-0000-0000-0000-000000000000'), 'NotFoundException');
    const update = (AliasName, TargetKeyId) =>
      aws.send(new UpdateAliasCommand({ AliasName, TargetKeyId }));
    await refused(update('alias/absent', keyId), 'NotFoundException', /alias\/absent is not found/);
    const mac = await kms.createKey({ keySpec: 'HMAC_256' });
    await refused(update('alias/taken', mac.keyId), 'ValidationException', /another type/);
    await refused(
      aws.send(new DeleteAliasCommand({ AliasName: 'alias/absent' })),
      'NotFoundException',
    );
  });

  test('an alias belongs to one Region', async () => {
    await kms.createKey({ alias: 'alias/here' });
    await refused(encrypt('alias/here', inRegion('eu-west-1')), 'NotFoundException', /eu-west-1/);
  });
});

describe('rotation', () => {
  const rotations = async (KeyId, IncludeKeyMaterial) =>
    (await aws.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial }))).Rotations;

  test('RotateKeyOnDemand: old ciphertext opens, new ciphertext is under new material', async () => {
    const { arn: KeyId } = await kms.createKey();
    const old = (await encrypt(KeyId)).CiphertextBlob;
    const before = (await describeKey(KeyId)).CurrentKeyMaterialId;
    assert.deepEqual(await rotations(KeyId), []);

    const rotated = await aws.send(new RotateKeyOnDemandCommand({ KeyId }));
    assert.equal(rotated.KeyId, KeyId);
    const current = (await describeKey(KeyId)).CurrentKeyMaterialId;
    assert.notEqual(current, before);
    const opened = await decrypt(old);
    assert.deepEqual([text(opened.Plaintext), opened.KeyMaterialId], ['hello', before]);
    const fresh = await decrypt((await encrypt(KeyId)).CiphertextBlob);
    assert.equal(fresh.KeyMaterialId, current);

    const [entry, ...more] = await rotations(KeyId);
    assert.equal(more.length, 0);
    assert.deepEqual(
      [entry.KeyId, entry.RotationType, entry.KeyMaterialId, entry.KeyMaterialState],
      [KeyId, 'ON_DEMAND', current, 'CURRENT'],
    );
    assert.ok(entry.RotationDate instanceof Date);
    const all = await rotations(KeyId, 'ALL_KEY_MATERIAL');
    assert.deepEqual(
      all.map(({ KeyMaterialId }) => KeyMaterialId),
      [before, current],
    );
    assert.deepEqual(
      all.map(({ KeyMaterialState }) => KeyMaterialState),
      ['NON_CURRENT', 'CURRENT'],
    );
  });

  test('25 on-demand rotations and no more', async () => {
    const { arn: KeyId } = await kms.createKey();
    const first = (await encrypt(KeyId)).CiphertextBlob;
    for (let i = 0; i < 25; i += 1) await aws.send(new RotateKeyOnDemandCommand({ KeyId }));
    await refused(aws.send(new RotateKeyOnDemandCommand({ KeyId })), 'LimitExceededException');
    assert.equal(text((await decrypt(first)).Plaintext), 'hello');
    const page = await aws.send(new ListKeyRotationsCommand({ KeyId, Limit: 20 }));
    assert.equal(page.Truncated, true);
    const rest = await aws.send(new ListKeyRotationsCommand({ KeyId, Marker: page.NextMarker }));
    assert.equal(page.Rotations.length + rest.Rotations.length, 25);
  });

  test('automatic rotation: on, due, off', async () => {
    const { arn: KeyId } = await kms.createKey();
    const status = () => aws.send(new GetKeyRotationStatusCommand({ KeyId }));
    const off = await status();
    assert.equal(off.KeyRotationEnabled, false);
    assert.equal(off.NextRotationDate, undefined);

    await aws.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    const on = await status();
    assert.deepEqual([on.KeyId, on.KeyRotationEnabled, on.RotationPeriodInDays], [KeyId, true, 90]);
    assert.equal(on.NextRotationDate.getTime(), now + 90 * DAY);
    const { CiphertextBlob } = await encrypt(KeyId);

    now += 181 * DAY;
    const entries = await rotations(KeyId);
    assert.deepEqual(
      entries.map(({ RotationType }) => RotationType),
      ['AUTOMATIC', 'AUTOMATIC'],
    );
    assert.equal(text((await decrypt(CiphertextBlob)).Plaintext), 'hello');

    await aws.send(new DisableKeyRotationCommand({ KeyId }));
    now += 400 * DAY;
    assert.equal((await rotations(KeyId)).length, 2);
  });

  test('refusals', async () => {
    const { arn: KeyId } = await kms.createKey();
    for (const RotationPeriodInDays of [89, 2561]) {
      const command = new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays });
      await refused(aws.send(command), 'ValidationException', /rotationPeriodInDays/);
    }
    const rsa = await kms.createKey({ keySpec: 'RSA_2048' });
    for (const Command of [
      EnableKeyRotationCommand,
      DisableKeyRotationCommand,
      GetKeyRotationStatusCommand,
      RotateKeyOnDemandCommand,
      ListKeyRotationsCommand,
    ]) {
      await refused(aws.send(new Command({ KeyId: rsa.arn })), 'UnsupportedOperationException');
    }
    await aws.send(new DisableKeyCommand({ KeyId }));
    for (const Command of [
      EnableKeyRotationCommand,
      DisableKeyRotationCommand,
      RotateKeyOnDemandCommand,
    ]) {
      await refused(aws.send(new Command({ KeyId })), 'DisabledException');
    }
    await aws.send(new ScheduleKeyDeletionCommand({ KeyId }));
    await refused(aws.send(new RotateKeyOnDemandCommand({ KeyId })), 'KMSInvalidStateException');
  });
});

describe('multi-Region keys', () => {
  const replicate = (KeyId, ReplicaRegion, via = aws) =>
    via.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion, Description: 'copy' }));
  const primary = async () =>
    (await aws.send(new CreateKeyCommand({ MultiRegion: true }))).KeyMetadata;

  test('a primary key has an mrk- id and no replicas yet', async () => {
    const key = await primary();
    assert.match(key.KeyId, /^mrk-[0-9a-f]{32}$/);
    assert.equal(key.MultiRegion, true);
    assert.deepEqual(key.MultiRegionConfiguration, {
      MultiRegionKeyType: 'PRIMARY',
      PrimaryKey: { Arn: key.Arn, Region: 'us-east-1' },
      ReplicaKeys: [],
    });
  });

  test('ReplicateKey: each Region opens what the other sealed, under its own ARN', async () => {
    const key = await primary();
    const west = inRegion('us-west-2');
    await refused(encrypt(key.KeyId, west), 'NotFoundException');
    const { ReplicaKeyMetadata, ReplicaPolicy } = await replicate(key.KeyId, 'us-west-2');
    const arn = key.Arn.replace('us-east-1', 'us-west-2');
    assert.equal(ReplicaKeyMetadata.Arn, arn);
    assert.equal(ReplicaKeyMetadata.KeyState, 'Creating');
    assert.equal(JSON.parse(ReplicaPolicy).Id, 'key-default-1');

    const replica = await describeKey(arn, west);
    assert.deepEqual([replica.KeyState, replica.Description], ['Enabled', 'copy']);
    const configuration = {
      PrimaryKey: { Arn: key.Arn, Region: 'us-east-1' },
      ReplicaKeys: [{ Arn: arn, Region: 'us-west-2' }],
    };
    assert.deepEqual(replica.MultiRegionConfiguration, {
      MultiRegionKeyType: 'REPLICA',
      ...configuration,
    });
    const original = await describeKey(key.Arn);
    assert.deepEqual(original.MultiRegionConfiguration, {
      MultiRegionKeyType: 'PRIMARY',
      ...configuration,
    });

    const fromEast = await encrypt(key.Arn);
    assert.equal((await decrypt(fromEast.CiphertextBlob, west)).KeyId, arn);
    assert.equal((await decrypt(fromEast.CiphertextBlob, west, arn)).KeyId, arn);
    const fromWest = await encrypt(key.KeyId, west);
    assert.equal(fromWest.KeyId, arn);
    assert.equal(text((await decrypt(fromWest.CiphertextBlob)).Plaintext), 'hello');
  });

  test('asymmetric multi-Region keys have one public key', async () => {
    const key = await kms.createKey({
      keySpec: 'ECC_NIST_P256',
      multiRegion: true,
      replicaRegions: ['eu-west-1'],
    });
    const [a, b] = await Promise.all(
      [aws, inRegion('eu-west-1')].map((via) =>
        via.send(new GetPublicKeyCommand({ KeyId: key.keyId })),
      ),
    );
    assert.deepEqual(a.PublicKey, b.PublicKey);
    assert.notEqual(a.KeyId, b.KeyId);
  });

  test('a single-Region key is unknown elsewhere, and so is its ciphertext', async () => {
    const { arn, keyId } = await kms.createKey();
    const { CiphertextBlob } = await encrypt(arn);
    const west = inRegion('us-west-2');
    await refused(encrypt(keyId, west), 'NotFoundException', /does not exist/);
    await refused(encrypt(arn, west), 'NotFoundException', 'Invalid arn us-east-1');
    await refused(
      decrypt(CiphertextBlob, west),
      'AccessDeniedException',
      /does not exist in this region/,
    );
  });

  test('states and rotation: the first are of each Region, the second of the primary key', async () => {
    const key = await kms.createKey({ multiRegion: true, replicaRegions: ['us-west-2'] });
    const west = inRegion('us-west-2');
    const arn = key.arn.replace('us-east-1', 'us-west-2');
    const { CiphertextBlob } = await encrypt(key.arn);
    await aws.send(new DisableKeyCommand({ KeyId: key.arn }));
    await refused(decrypt(CiphertextBlob), 'DisabledException', `${key.arn} is disabled.`);
    await decrypt(CiphertextBlob, west);

    const other = await kms.createKey({ multiRegion: true, replicaRegions: ['us-west-2'] });
    await refused(
      west.send(new RotateKeyOnDemandCommand({ KeyId: other.keyId })),
      'UnsupportedOperationException',
      /replica/,
    );
    await aws.send(new RotateKeyOnDemandCommand({ KeyId: other.keyId }));
    const [there, here] = [await describeKey(other.keyId, west), await describeKey(other.keyId)];
    assert.equal(there.CurrentKeyMaterialId, here.CurrentKeyMaterialId);
    await refused(decrypt(CiphertextBlob, west, other.keyId), 'IncorrectKeyException');
    assert.equal((await describeKey(arn, west)).KeyState, 'Enabled');
  });

  test('UpdatePrimaryRegion makes the replica primary', async () => {
    const key = await kms.createKey({ multiRegion: true, replicaRegions: ['us-west-2'] });
    await aws.send(
      new UpdatePrimaryRegionCommand({ KeyId: key.keyId, PrimaryRegion: 'us-west-2' }),
    );
    const { MultiRegionConfiguration } = await describeKey(key.keyId);
    assert.equal(MultiRegionConfiguration.MultiRegionKeyType, 'REPLICA');
    assert.equal(MultiRegionConfiguration.PrimaryKey.Region, 'us-west-2');
    assert.equal(MultiRegionConfiguration.ReplicaKeys[0].Region, 'us-east-1');
    await refused(
      replicate(key.keyId, 'eu-west-1'),
      'UnsupportedOperationException',
      /not a multi-Region primary/,
    );
    await replicate(key.keyId, 'eu-west-1', inRegion('us-west-2'));
  });

  test('a primary key outlives its replicas', async () => {
    const key = await kms.createKey({ multiRegion: true, replicaRegions: ['us-west-2'] });
    const west = inRegion('us-west-2');
    const waiting = await aws.send(
      new ScheduleKeyDeletionCommand({ KeyId: key.arn, PendingWindowInDays: 10 }),
    );
    assert.equal(waiting.KeyState, 'PendingReplicaDeletion');
    assert.equal(waiting.DeletionDate, undefined);
    const metadata = await describeKey(key.arn);
    assert.equal(metadata.PendingDeletionWindowInDays, 10);
    await refused(
      encrypt(key.arn),
      'KMSInvalidStateException',
      `${key.arn} is pending replica deletion.`,
    );

    await west.send(new ScheduleKeyDeletionCommand({ KeyId: key.keyId, PendingWindowInDays: 7 }));
    now += 7 * DAY;
    const started = await describeKey(key.arn);
    assert.equal(started.KeyState, 'PendingDeletion');
    assert.equal(started.DeletionDate.getTime(), now + 10 * DAY);
    await aws.send(new CancelKeyDeletionCommand({ KeyId: key.arn }));
    assert.deepEqual((await describeKey(key.arn)).MultiRegionConfiguration.ReplicaKeys, []);
  });

  test('refusals', async () => {
    const single = await kms.createKey();
    await refused(
      replicate(single.keyId, 'us-west-2'),
      'UnsupportedOperationException',
      /not a multi-Region key/,
    );
    const key = await primary();
    await replicate(key.KeyId, 'us-west-2');
    await refused(replicate(key.KeyId, 'us-west-2'), 'AlreadyExistsException');
    await refused(replicate(key.KeyId, 'us-east-1'), 'AlreadyExistsException');
    await refused(replicate(key.KeyId, 'cn-north-1'), 'ValidationException', /cn-north-1/);
    await refused(replicate(key.KeyId, 'Atlantis'), 'ValidationException', /regular expression/);
    const move = (KeyId, PrimaryRegion) =>
      aws.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion }));
    await refused(move(key.KeyId, 'eu-west-1'), 'NotFoundException');
    await refused(move(key.KeyId, 'us-east-1'), 'NotFoundException');
    await refused(move(single.keyId, 'us-west-2'), 'UnsupportedOperationException');
    await aws.send(new DisableKeyCommand({ KeyId: key.KeyId }));
    await refused(replicate(key.KeyId, 'eu-west-1'), 'DisabledException');
    await refused(move(key.KeyId, 'us-west-2'), 'DisabledException');
  });
});

describe('grants', () => {
  const role = (name) => `arn:aws:iam::111122223333:role/${name}`;

  test('create, list, retire, revoke', async () => {
    const { arn: KeyId } = await kms.createKey();
    const request = {
      KeyId,
      GranteePrincipal: role('app'),
      RetiringPrincipal: role('admin'),
      Operations: ['Decrypt', 'GenerateDataKey'],
      Constraints: { EncryptionContextSubset: { tenant: 'one' } },
      Name: 'once',
    };
    const grant = await aws.send(new CreateGrantCommand(request));
    assert.match(grant.GrantId, /^[0-9a-f]{64}$/);
    const again = await aws.send(new CreateGrantCommand(request));
    assert.equal(again.GrantId, grant.GrantId);
    assert.notEqual(again.GrantToken, grant.GrantToken);

    const { Grants } = await aws.send(new ListGrantsCommand({ KeyId }));
    assert.equal(Grants.length, 1);
    const { CreationDate, IssuingAccount, ...entry } = Grants[0];
    assert.ok(CreationDate instanceof Date);
    assert.deepEqual(entry, { ...request, GrantId: grant.GrantId });
    const retirable = await aws.send(
      new ListRetirableGrantsCommand({ RetiringPrincipal: role('admin') }),
    );
    assert.deepEqual(
      retirable.Grants.map(({ GrantId }) => GrantId),
      [grant.GrantId],
    );

    await aws.send(new RetireGrantCommand({ GrantToken: again.GrantToken }));
    const second = await aws.send(new CreateGrantCommand({ ...request, Name: undefined }));
    await aws.send(new RevokeGrantCommand({ KeyId, GrantId: second.GrantId }));
    const third = await aws.send(new CreateGrantCommand({ ...request, Name: undefined }));
    await aws.send(new RetireGrantCommand({ KeyId, GrantId: third.GrantId }));
    assert.deepEqual((await aws.send(new ListGrantsCommand({ KeyId }))).Grants, []);
  });

  test('refusals', async () => {
    const { arn: KeyId } = await kms.createKey();
    const create = (input) =>
      aws.send(
        new CreateGrantCommand({
          KeyId,
          GranteePrincipal: role('a'),
          Operations: ['Decrypt'],
          ...input,
        }),
      );
    await refused(create({ GranteePrincipal: undefined }), 'ValidationException');
    await refused(create({ Operations: [] }), 'ValidationException');
    await refused(create({ Operations: ['Fly'] }), 'ValidationException', /enum value set/);
    await refused(create({ KeyId: '00000000-0000-0000-0000-000000000000' }), 'NotFoundException');
    await refused(create({ DryRun: true }), 'DryRunOperationException');
    assert.deepEqual((await aws.send(new ListGrantsCommand({ KeyId }))).Grants, []);
    const { GrantId, GrantToken } = await create({});
    await refused(
      aws.send(new RevokeGrantCommand({ KeyId, GrantId, DryRun: true })),
      'DryRunOperationException',
    );
    await refused(
      aws.send(new RetireGrantCommand({ GrantToken, DryRun: true })),
      'DryRunOperationException',
    );
    assert.equal((await aws.send(new ListGrantsCommand({ KeyId, GrantId }))).Grants.length, 1);
    await refused(
      aws.send(new RevokeGrantCommand({ KeyId, GrantId: 'f'.repeat(64) })),
      'NotFoundException',
    );
    await refused(
      aws.send(new RetireGrantCommand({ GrantToken: 'bogus' })),
      'InvalidGrantTokenException',
    );
    await refused(aws.send(new RetireGrantCommand({ KeyId })), 'ValidationException');
    await aws.send(new DisableKeyCommand({ KeyId }));
    await refused(create({}), 'DisabledException');
  });
});

describe('imported key material', () => {
  const external = async (input = {}) =>
    (await aws.send(new CreateKeyCommand({ Origin: 'EXTERNAL', ...input }))).KeyMetadata;
  const parameters = (KeyId, WrappingAlgorithm = 'RSAES_OAEP_SHA_256', via = aws) =>
    via.send(
      new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' }),
    );
  const oaep = (publicKey, oaepHash, data) =>
    publicEncrypt(
      {
        key: Buffer.from(publicKey),
        format: 'der',
        type: 'spki',
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash,
      },
      data,
    );
  const importInto = async (KeyId, material, input = {}, via = aws) => {
    const { PublicKey, ImportToken } = await parameters(KeyId, 'RSAES_OAEP_SHA_256', via);
    return via.send(
      new ImportKeyMaterialCommand({
        KeyId,
        ImportToken,
        EncryptedKeyMaterial: oaep(PublicKey, 'sha256', material),
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
        ...input,
      }),
    );
  };

  test('a key waits for its material, works with it, and takes only the same again', async () => {
    const key = await external();
    assert.deepEqual([key.KeyState, key.Enabled, key.Origin], ['PendingImport', false, 'EXTERNAL']);
    await refused(encrypt(key.Arn), 'KMSInvalidStateException', `${key.Arn} is pending import.`);

    const material = randomBytes(32);
    const imported = await importInto(key.Arn, material);
    assert.equal(imported.KeyId, key.Arn);
    const ready = await describeKey(key.Arn);
    assert.deepEqual(
      [ready.KeyState, ready.ExpirationModel],
      ['Enabled', 'KEY_MATERIAL_DOES_NOT_EXPIRE'],
    );
    const { CiphertextBlob } = await encrypt(key.Arn);

    await aws.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.Arn }));
    await refused(
      decrypt(CiphertextBlob),
      'KMSInvalidStateException',
      `${key.Arn} is pending import.`,
    );
    await refused(importInto(key.Arn, randomBytes(32)), 'IncorrectKeyMaterialException');
    await importInto(key.Arn, material);
    assert.equal(text((await decrypt(CiphertextBlob)).Plaintext), 'hello');
  });

  test('cancelled deletion does not bring deleted material back', async () => {
    const key = await external();
    await importInto(key.Arn, randomBytes(32));
    await aws.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.Arn }));
    await aws.send(new ScheduleKeyDeletionCommand({ KeyId: key.Arn }));
    await aws.send(new CancelKeyDeletionCommand({ KeyId: key.Arn }));
    assert.equal((await describeKey(key.Arn)).KeyState, 'PendingImport');
  });

  test('replicas take the material of their primary key and no other', async () => {
    const key = await external({ MultiRegion: true });
    const material = randomBytes(32);
    await importInto(key.Arn, material);
    const west = inRegion('us-west-2');
    await aws.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: 'us-west-2' }));
    await refused(encrypt(key.KeyId, west), 'KMSInvalidStateException', /pending import/);
    await refused(
      importInto(key.KeyId, randomBytes(32), {}, west),
      'IncorrectKeyMaterialException',
    );
    await importInto(key.KeyId, material, {}, west);
    const { CiphertextBlob } = await encrypt(key.KeyId, west);
    assert.equal(text((await decrypt(CiphertextBlob)).Plaintext), 'hello');
  });

  test('material that expires', async () => {
    const key = await external();
    const ValidTo = new Date(now + DAY);
    await importInto(key.Arn, randomBytes(32), {
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo,
    });
    const { ExpirationModel } = await describeKey(key.Arn);
    assert.equal(ExpirationModel, 'KEY_MATERIAL_EXPIRES');
    await encrypt(key.Arn);
    now += 2 * DAY;
    await refused(encrypt(key.Arn), 'KMSInvalidStateException', /pending import/);
  });

  for (const [algorithm, hash] of [
    ['RSA_AES_KEY_WRAP_SHA_1', 'sha1'],
    ['RSA_AES_KEY_WRAP_SHA_256', 'sha256'],
  ]) {
    test(`a private key wrapped with ${algorithm}`, async () => {
      const key = await external({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const { PublicKey, ImportToken } = await parameters(key.Arn, algorithm);
      const aesKey = randomBytes(32);
      const cipher = createCipheriv('id-aes256-wrap-pad', aesKey, Buffer.from('a65959a6', 'hex'));
      const EncryptedKeyMaterial = Buffer.concat([
        oaep(PublicKey, hash, aesKey),
        cipher.update(privateKey.export({ format: 'der', type: 'pkcs8' })),
        cipher.final(),
      ]);
      const ExpirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE';
      await aws.send(
        new ImportKeyMaterialCommand({
          KeyId: key.Arn,
          ImportToken,
          EncryptedKeyMaterial,
          ExpirationModel,
        }),
      );
      const got = await aws.send(new GetPublicKeyCommand({ KeyId: key.Arn }));
      assert.deepEqual(
        Buffer.from(got.PublicKey),
        publicKey.export({ format: 'der', type: 'spki' }),
      );
      const input = { KeyId: key.Arn, Message: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256' };
      await aws.send(new SignCommand(input));
    });
  }

  test('refusals', async () => {
    const key = await external();
    const own = await kms.createKey();
    const origin = `${own.arn} origin is AWS_KMS which is not valid for this operation.`;
    await refused(parameters(own.arn), 'UnsupportedOperationException', origin);
    await refused(parameters(key.Arn, 'RSAES_PKCS1_V1_5'), 'UnsupportedOperationException');
    await refused(importInto(key.Arn, randomBytes(31)), 'IncorrectKeyMaterialException');
    await refused(
      importInto(key.Arn, randomBytes(32), { ExpirationModel: undefined }),
      'ValidationException',
      'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
    );
    await refused(
      importInto(key.Arn, randomBytes(32), { ImportToken: bytes('x') }),
      'InvalidImportTokenException',
    );
    const garbage = { EncryptedKeyMaterial: randomBytes(256) };
    await refused(importInto(key.Arn, randomBytes(32), garbage), 'InvalidCiphertextException');
    const other = await external();
    const { ImportToken } = await parameters(other.Arn);
    await refused(
      importInto(key.Arn, randomBytes(32), { ImportToken }),
      'InvalidImportTokenException',
    );
    await refused(
      aws.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.Arn })),
      'KMSInvalidStateException',
    );
    const stale = await parameters(key.Arn);
    now += DAY;
    await refused(
      aws.send(
        new ImportKeyMaterialCommand({
          KeyId: key.Arn,
          ImportToken: stale.ImportToken,
          EncryptedKeyMaterial: oaep(stale.PublicKey, 'sha256', randomBytes(32)),
          ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
        }),
      ),
      'ExpiredImportTokenException',
    );
    await importInto(key.Arn, randomBytes(32));
    await refused(
      aws.send(new RotateKeyOnDemandCommand({ KeyId: key.Arn })),
      'UnsupportedOperationException',
    );
  });
});
