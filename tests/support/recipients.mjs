// Makes tests/vectors/recipients.json: `node tests/support/recipients.mjs --write`, after `make build`. Fresh keys, and for
// each of them a message that JavaScript sealed and one that Rust did. The development KMS has those that are in KMS; in Rust what
// reads and writes its ciphertexts has them, tests/native/dev_kms.rs.

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import {
  EncryptionClient,
  KmsClient,
  recipient,
  staticKeyStore,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';

const path = fileURLToPath(new URL('../vectors/recipients.json', import.meta.url));

export const recipients = () => JSON.parse(readFileSync(path, 'utf8'));

/** A development KMS with the keys that are in KMS, replicas included. */
export async function kmsWith(keys) {
  const dev = await startDevKms();
  for (const { recipient, replica, material, privateKey, keySpec } of Object.values(keys)) {
    if (!recipient.startsWith('kms')) continue;
    for (const notation of [recipient, replica].filter(Boolean)) {
      const secret = privateKey ?? new Uint8Array(Buffer.from(material, 'base64'));
      await dev.loadKey({ keyId: arnOf(notation), material: secret, ...(keySpec && { keySpec }) });
    }
  }
  return dev;
}

const arnOf = (notation) => notation.slice(notation.indexOf(':') + 1);

/** A client of the Region that a recipient's key is in. */
function clientOf(dev, notation) {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  return new KmsClient({ endpoint: dev.url, region: arnOf(notation).split(':')[3], credentials });
}

/** The options of a recipient: with the private half it opens, else it seals. `dev` has the keys that are in KMS. */
export function optionsOf(key, isPrivate, dev) {
  switch (key.recipient.split(':')[0]) {
    case 'kms':
      return { kms: clientOf(dev, key.recipient) };
    case 'kms-rsa':
      return isPrivate ? { kms: clientOf(dev, key.recipient) } : { key: key.publicKey };
    case 'aes':
      return { key: new Uint8Array(Buffer.from(key.key, 'base64')) };
    case 'branch': {
      const { branchKeyId, version } = key;
      const branchKey = new Uint8Array(Buffer.from(key.branchKey, 'base64'));
      return { keyStore: staticKeyStore([{ branchKeyId, version, branchKey }]) };
    }
    default:
      return { key: isPrivate ? key.privateKey : key.publicKey };
  }
}

function pair(type, options, more) {
  const { publicKey, privateKey } = generateKeyPairSync(type, {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { ...more, publicKey, privateKey };
}

async function write() {
  const base64 = (bytes) => Buffer.from(bytes).toString('base64');
  const keys = {};
  for (const modulusLength of [2048, 3072]) {
    keys[`RSA ${modulusLength}`] = pair('rsa', { modulusLength }, { recipient: 'rsa:' });
  }
  for (const curve of ['P-256', 'P-384', 'P-521']) {
    keys[curve] = pair('ec', { namedCurve: curve }, { recipient: 'ecdh:', curve });
  }
  for (const length of [16, 24, 32]) {
    keys[`AES ${8 * length}`] = { recipient: 'aes:', key: base64(randomBytes(length)) };
  }
  keys.branch = {
    recipient: 'branch:branch-keys/tenant/1',
    branchKeyId: 'tenant/1',
    version: '3f2a5d6e-8c41-4f0b-9f6b-2d1c7a90b5e4',
    branchKey: base64(randomBytes(32)),
  };
  const kmsKey = 'arn:aws:kms:eu-central-1:111122223333:key/';
  const replica = 'arn:aws:kms:us-east-1:111122223333:key/';
  for (const name of ['KMS', 'KMS, another']) {
    const material = base64(randomBytes(32));
    keys[name] = { recipient: `kms:${kmsKey}${randomUUID()}`, material };
  }
  const id = `mrk-${randomBytes(16).toString('hex')}`;
  keys['KMS multi-Region'] = {
    recipient: `kms:${kmsKey}${id}`,
    replica: `kms:${replica}${id}`,
    material: base64(randomBytes(32)),
  };
  for (const modulusLength of [2048, 3072]) {
    const keySpec = `RSA_${modulusLength}`;
    const more = { recipient: `kms-rsa:${kmsKey}${randomUUID()}`, keySpec };
    keys[`KMS ${keySpec}`] = pair('rsa', { modulusLength }, more);
  }
  const dev = await kmsWith(keys);
  const client = new EncryptionClient();
  const messages = [];
  for (const [name, key] of Object.entries(keys)) {
    const plaintext = new TextEncoder().encode(`sealed by JavaScript for ${name}`);
    const keyring = recipient(key.recipient, optionsOf(key, false, dev));
    const { ciphertext } = await client.encrypt(plaintext, { keyring, algorithmSuite: '0478' });
    messages.push({
      recipient: key.recipient,
      key: name,
      by: 'javascript',
      plaintext: base64(plaintext),
      ciphertext: base64(ciphertext),
    });
  }
  await dev.close();
  const file = (all) =>
    writeFileSync(path, `${JSON.stringify({ keys, messages: all }, null, 1)}\n`);
  file(messages);
  const rust = execFileSync(
    'cargo',
    ['test', '--locked', '--quiet', '--test', 'recipients', '--', '--ignored', '--nocapture'],
    { encoding: 'utf8' },
  );
  const lines = rust.matchAll(/^.*sealed (\{.*\})$/gm);
  file([...messages, ...Array.from(lines, ([, json]) => JSON.parse(json))]);
}

if (process.argv.includes('--write')) await write();
