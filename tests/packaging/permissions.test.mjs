// The table of permissions in docs/keys-and-iam.md: each keyring calls what its row names, and nothing else.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  awsKmsEcdhKeyring,
  awsKmsKeyring,
  awsKmsRsaKeyring,
  ItemEncryptor,
  KmsClient,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { read } from './pages/pages.mjs';

/** The KMS permissions of each row, by who has them. */
const rows = new Map(
  [...read('docs/keys-and-iam.md').matchAll(/^\| ([^|]+) \| [^|]+ \| ([^|]+) \|/gm)].map(
    ([, who, permissions]) => [who, [...permissions.matchAll(/`kms:(\w+)`/g)].map(([, p]) => p)],
  ),
);
const record = { id: { S: '1' }, secret: { S: 'secret' } };
const encryptor = (keyring) =>
  new ItemEncryptor({
    logicalTableName: 'customers',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
    keyring,
  });

let dev;
before(async () => {
  dev = await startDevKms();
});
after(() => dev.close());

const client = () => new KmsClient({ endpoint: dev.url, region: dev.region });

/** Fails unless `work` calls exactly what the row of `who` allows. */
async function calls(who, work) {
  assert.ok(rows.has(who), who);
  dev.clearCalls();
  const result = await work();
  const called = new Set(dev.calls.map(({ operation }) => operation));
  assert.deepEqual([...called].sort(), rows.get(who).toSorted(), who);
  return result;
}

test('an RSA key: a page that seals, whoever downloads the key, a service that opens', async () => {
  const { arn: kmsKeyId } = await dev.createKey({ keySpec: 'RSA_2048' });
  const publicKey = await calls('whoever downloads that key', async () => {
    const { publicKeyPem } = await client().getPublicKey({ keyId: kmsKeyId });
    return publicKeyPem;
  });
  const { item } = await calls('a page that seals with a downloaded public key', () =>
    encryptor(awsKmsRsaKeyring({ kmsKeyId, publicKey })).encryptItem(record),
  );
  await calls('a service that opens what the page sealed', () =>
    encryptor(awsKmsRsaKeyring({ kmsKeyId, kms: client() })).decryptItem(item),
  );
});

test('symmetric keys: services that seal and that open', async () => {
  const [generatorKeyId, other] = [(await dev.createKey()).arn, (await dev.createKey()).arn];
  const items = encryptor(awsKmsKeyring({ kms: client(), generatorKeyId, keyIds: [other] }));
  const { item } = await calls('a service that seals under a symmetric key', () =>
    items.encryptItem(record),
  );
  await calls('a service that opens it', () => items.decryptItem(item));
});

test('a key agreement', async () => {
  const keySpec = { keySpec: 'ECC_NIST_P384', keyUsage: 'KEY_AGREEMENT' };
  const [sender, recipient] = [await dev.createKey(keySpec), await dev.createKey(keySpec)];
  const { publicKeyPem: recipientPublicKey } = await client().getPublicKey({
    keyId: recipient.arn,
  });
  const keyAgreementScheme = { type: 'static', senderKmsKeyId: sender.arn, recipientPublicKey };
  const keyring = awsKmsEcdhKeyring({ kms: client(), curveSpec: 'P384', keyAgreementScheme });
  await calls('both sides of a key agreement', () => encryptor(keyring).encryptItem(record));
});
