// The published keyring tests of KMS keyrings, in all suites: starts the development KMS, loads
// keys of the published ids, and runs the native test (`tests/native/keyrings.rs`) against it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startDevKms } from '../../pkg/testing/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const published = new URL('../../../shared/vectors/aws/keys.json', import.meta.url);
const missing = existsSync(published)
  ? false
  : 'the published keys.json does not lie beside the checkout';
if (missing) console.log(`left out: ${missing}`);

let dev;
before(async () => {
  dev = await startDevKms();
});
after(() => dev.close());

const privateKey = (kind, options) =>
  generateKeyPairSync(kind, {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;

/** A key of each published id. What they are made of AWS has not published, nor does it matter. */
async function load(keys) {
  const materials = new Map();
  let n = 0;
  for (const key of Object.values(keys)) {
    const id = key['key-id']?.split('/').at(-1);
    // Replicas are the same key.
    if (key.type === 'aws-kms') {
      if (!materials.has(id)) materials.set(id, randomBytes(32));
      await dev.loadKey({ keyId: key['key-id'], material: materials.get(id) });
      n += 1;
    } else if (key.type === 'aws-kms-rsa') {
      const material = privateKey('rsa', { modulusLength: key.bits });
      const keySpec = `RSA_${key.bits}`;
      await dev.loadKey({ keyId: key['key-id'], material, keySpec, keyUsage: 'ENCRYPT_DECRYPT' });
      n += 1;
    } else if (key.type === 'aws-kms-ecdh') {
      const bits = /\d+/.exec(key['key-id'])[0];
      for (const end of ['sender-material', 'recipient-material']) {
        const material = privateKey('ec', { namedCurve: `P-${bits}` });
        const keySpec = `ECC_NIST_P${bits}`;
        await dev.loadKey({ keyId: key[end], material, keySpec, keyUsage: 'KEY_AGREEMENT' });
        n += 1;
      }
    }
  }
  return n;
}

test('the published keyring tests of KMS keyrings', { skip: missing }, async () => {
  const { keys } = JSON.parse(readFileSync(published, 'utf8'));
  assert.ok((await load(keys)) >= 11);
  const regions = ['us-west-2', 'us-east-1'];
  const endpoints = Object.fromEntries(regions.map((name) => [name, dev.urlFor(name)]));
  const { code, output } = await cargo(
    ['test', '--locked', '--quiet', '--test', 'keyrings', 'kms_keyrings', '--', '--ignored'],
    { FIELDSEAL_TEST_KMS: JSON.stringify(endpoints) },
  );
  console.log(output.replace(/^(?! *\d+ ).*\n?/gm, ''));
  assert.equal(code, 0, output);
  assert.match(output, /1 passed/);
  for (const operation of ['GenerateDataKey', 'Decrypt', 'GetPublicKey', 'DeriveSharedSecret']) {
    assert.ok(dev.countCalls(operation) > 0, operation);
  }
});

/** Runs cargo while this process serves it. */
function cargo(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn('cargo', [...args, '--nocapture'], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => (output += chunk));
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
