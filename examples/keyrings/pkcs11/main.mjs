// Data keys in a token: SoftHSM 2 and OpenSC's pkcs11-tool (Debian: apt-get install softhsm2 opensc). For your own token, give
// PKCS11_MODULE, PKCS11_TOKEN (its label), PKCS11_KEY (an RSA key's label) and PKCS11_PIN.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ItemEncryptor, multiKeyring, rawAesKeyring } from '../../../pkg/entrypoints/index.js'; // 'fieldseal'
import { pkcs11Keyring } from './keyring.mjs';

const { PKCS11_MODULE, PKCS11_TOKEN, PKCS11_KEY, PKCS11_PIN } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'fieldseal-token-'));
const own = {
  module: PKCS11_MODULE,
  tokenLabel: PKCS11_TOKEN,
  keyLabel: PKCS11_KEY,
  pin: PKCS11_PIN,
};

try {
  const token = PKCS11_MODULE ? own : softToken();
  const keyring = await pkcs11Keyring(token);
  const table = {
    logicalTableName: 'patients',
    partitionKeyName: 'patient_id',
    attributeActions: { patient_id: 'SIGN_ONLY', diagnosis: 'ENCRYPT_AND_SIGN' },
  };
  const patient = { patient_id: 'p-1', diagnosis: 'confidential' };
  const items = new ItemEncryptor({ ...table, keyring });
  const { document: sealed } = await items.encryptDocument(patient);
  assert.ok(sealed.diagnosis instanceof Uint8Array);
  assert.deepEqual((await items.decryptDocument(sealed)).document, patient);

  // Sealing needs no PIN, opening does.
  const locked = new ItemEncryptor({
    ...table,
    keyring: await pkcs11Keyring({ ...token, pin: '0' }),
  });
  await locked.encryptDocument(patient);
  const refused = await locked.decryptDocument(sealed).catch((error) => error);
  assert.equal(refused.code, 'NO_KEYRING_OPENED');
  assert.match(refused.reasons[0].message, /PIN/);

  // A second key for the day on which the token is lost.
  const spare = rawAesKeyring({
    keyNamespace: 'safe',
    keyName: '2026',
    wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
  });
  const both = multiKeyring({ generator: keyring, children: [spare] });
  const { document } = await new ItemEncryptor({ ...table, keyring: both }).encryptDocument(
    patient,
  );
  for (const one of [spare, keyring]) {
    const opened = await new ItemEncryptor({ ...table, keyring: one }).decryptDocument(document);
    assert.deepEqual(opened.document, patient);
  }
  console.log('keyrings/pkcs11: sealed with the public key, opened by the token');
} finally {
  rmSync(folder, { recursive: true });
}

/** A token of SoftHSM in the folder, with a new key. */
function softToken() {
  const module = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/local/lib/softhsm/libsofthsm2.so'].find(
    existsSync,
  );
  if (!module) {
    throw new Error('SoftHSM 2 is not installed (Debian: apt-get install softhsm2 opensc)');
  }
  const [tokenLabel, keyLabel, pin] = ['fieldseal', 'data-keys', '648219'];
  mkdirSync(join(folder, 'tokens'));
  writeFileSync(
    join(folder, 'softhsm2.conf'),
    `directories.tokendir = ${join(folder, 'tokens')}\n`,
  );
  process.env.SOFTHSM2_CONF = join(folder, 'softhsm2.conf');
  const run = (program, ...args) => execFileSync(program, args, { stdio: 'pipe' });
  const pins = ['--pin', pin, '--so-pin', '53709312'];
  run('softhsm2-util', '--init-token', '--free', '--label', tokenLabel, ...pins);
  const login = ['--module', module, '--token-label', tokenLabel, '--login', '--pin', pin];
  const key = ['--keypairgen', '--key-type', 'rsa:3072', '--label', keyLabel, '--usage-decrypt'];
  run('pkcs11-tool', ...login, ...key);
  return { module, tokenLabel, keyLabel, pin };
}
