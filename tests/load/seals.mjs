// Seals many items at once with the development KMS, one data key each, then opens them, and prints how many there
// were and how many descriptors were open at most.
//
//   node tests/load/seals.mjs <items>

import { ItemEncryptor, KmsClient, awsKmsKeyring } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { watchDescriptors } from './descriptors.mjs';

const total = Number(process.argv[2]);
const dev = await startDevKms();
const { arn } = await dev.createKey();
const encryptor = new ItemEncryptor({
  logicalTableName: 'table',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', name: 'ENCRYPT_AND_SIGN' },
  // Without signatures: what is waited for is KMS.
  algorithmSuite: '6700',
  keyring: awsKmsKeyring({
    kms: new KmsClient({ endpoint: dev.url, region: dev.region, timeoutMs: 300_000 }),
    generatorKeyId: arn,
  }),
});

const descriptors = watchDescriptors();
const numbers = Array.from({ length: total }, (_, i) => i);
const sealed = await Promise.all(
  numbers.map((i) => encryptor.encryptItem({ id: { S: `${i}` }, name: { S: `name ${i}` } })),
);
const opened = await Promise.all(sealed.map(({ item }) => encryptor.decryptItem(item)));
const right = opened.filter(({ item }, i) => item.name.S === `name ${i}`).length;
console.log(
  JSON.stringify({
    right,
    generated: dev.countCalls('GenerateDataKey'),
    descriptors: descriptors.most(),
  }),
);
await dev.close();
