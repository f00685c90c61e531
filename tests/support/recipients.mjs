// Makes tests/vectors/recipients.json: `node tests/support/recipients.mjs --write`, after `make build`. Fresh keys, and for
// each of them a message that JavaScript sealed and one that Rust did.

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { EncryptionClient, recipient, staticKeyStore } from '../../pkg/entrypoints/index.js';

const path = fileURLToPath(new URL('../vectors/recipients.json', import.meta.url));

export const recipients = () => JSON.parse(readFileSync(path, 'utf8'));

/** The options of a recipient: with the private half it opens, else it seals. */
export function optionsOf(key, isPrivate) {
  switch (key.recipient.split(':')[0]) {
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
  const client = new EncryptionClient();
  const messages = [];
  for (const [name, key] of Object.entries(keys)) {
    const plaintext = new TextEncoder().encode(`sealed by JavaScript for ${name}`);
    const keyring = recipient(key.recipient, optionsOf(key, false));
    const { ciphertext } = await client.encrypt(plaintext, { keyring, algorithmSuite: '0478' });
    messages.push({
      recipient: key.recipient,
      key: name,
      by: 'javascript',
      plaintext: base64(plaintext),
      ciphertext: base64(ciphertext),
    });
  }
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
