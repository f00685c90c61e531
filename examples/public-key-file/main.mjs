// Outside AWS: whoever has public.pem seals, offline; whoever has the private key opens. The same
// file may come from KMS (`aws kms get-public-key`), and then KMS opens.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  awsKmsRsaKeyring,
  ItemEncryptor,
  KmsClient,
  rawRsaKeyring,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js'; // users write 'fieldseal/testing'

const table = {
  logicalTableName: 'patients',
  partitionKeyName: 'patient_id',
  attributeActions: { patient_id: 'SIGN_ONLY', diagnosis: 'ENCRYPT_AND_SIGN' },
};
const patient = { patient_id: 'p-1', diagnosis: 'confidential' };
const names = { keyNamespace: 'clinic', keyName: '2025', paddingScheme: 'OAEP_SHA256_MGF1' };
const folder = mkdtempSync(join(tmpdir(), 'fieldseal-'));
const [privateFile, publicFile] = ['private.pem', 'public.pem'].map((name) => join(folder, name));
const dev = await startDevKms();
try {
  // Or: openssl genpkey -algorithm RSA -out private.pem
  //     openssl pkey -in private.pem -pubout -out public.pem
  const pair = generateKeyPairSync('rsa', { modulusLength: 3072 });
  writeFileSync(publicFile, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(privateFile, pem, { mode: 0o600 });

  const publicKey = readFileSync(publicFile, 'utf8');
  const sender = new ItemEncryptor({ ...table, keyring: rawRsaKeyring({ ...names, publicKey }) });
  const { document: sealed } = await sender.encryptDocument(patient);
  await assert.rejects(sender.decryptDocument(sealed), { code: 'NO_KEYRING_OPENED' });

  const privateKey = readFileSync(privateFile, 'utf8');
  const holder = new ItemEncryptor({ ...table, keyring: rawRsaKeyring({ ...names, privateKey }) });
  assert.deepEqual((await holder.decryptDocument(sealed)).document, patient);

  // The same with a key whose private half KMS keeps; the file and the ARN are all that is needed.
  const key = await dev.createKey({ keySpec: 'RSA_2048' });
  writeFileSync(publicFile, key.publicKeyPem);
  const fromFile = { kmsKeyId: key.arn, publicKey: readFileSync(publicFile) };
  const offline = new ItemEncryptor({ ...table, keyring: awsKmsRsaKeyring(fromFile) });
  const { document } = await offline.encryptDocument(patient);
  assert.equal(dev.countCalls(), 0);

  const kms = new KmsClient({ endpoint: dev.url, region: dev.region });
  const keyring = awsKmsRsaKeyring({ kmsKeyId: key.arn, kms });
  const service = new ItemEncryptor({ ...table, keyring });
  assert.deepEqual((await service.decryptDocument(document)).document, patient);
  await assert.rejects(holder.decryptDocument(document), { code: 'NO_KEYRING_OPENED' });
  console.log('public-key-file: sealed offline, opened with the private key and through KMS');
} finally {
  await dev.close();
  rmSync(folder, { recursive: true });
}
