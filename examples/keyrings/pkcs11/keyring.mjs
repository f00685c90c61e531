// A keyring on a PKCS #11 token: smart card, HSM or SoftHSM. Data keys are wrapped with the public half of an RSA key, by Node;
// only the token, which has the private half, unwraps them. OpenSC's pkcs11-tool talks to it.

import { spawn } from 'node:child_process';
import {
  constants,
  createHash,
  createPublicKey,
  publicEncrypt,
  timingSafeEqual,
} from 'node:crypto';

import { customKeyring } from '../../../pkg/entrypoints/index.js'; // 'fieldseal'

/**
 * @param token - `module`: path of the token's PKCS #11 library; `tokenLabel`; `keyLabel` of the RSA key, of 2,048 bits or
 * more; `pin`, which only unwrapping needs
 */
export async function pkcs11Keyring({ module, tokenLabel, keyLabel, pin }) {
  const tool = (args, options) =>
    run('pkcs11-tool', ['--module', module, '--token-label', tokenLabel, ...args], options);
  const der = await tool(['--read-object', '--type', 'pubkey', '--label', keyLabel]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const providerInfo = Buffer.from(keyLabel);
  // SoftHSM has no other hash for OAEP, where collisions of SHA-1 do no harm.
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
  const mechanism = ['--mechanism', 'RSA-PKCS-OAEP', '--hash-algorithm', 'SHA-1'];

  return customKeyring({
    providerId: 'pkcs11-rsa-oaep',

    onEncrypt({ dataKey, aad }) {
      // RSA has no associated data: what binds the key to the context goes in with it.
      const bound = Buffer.concat([digest(aad), dataKey]);
      const ciphertext = publicEncrypt({ key, ...oaep }, bound);
      bound.fill(0);
      return { providerInfo, ciphertext };
    },

    async onDecrypt({ encryptedDataKey, aad }, { signal }) {
      if (!providerInfo.equals(encryptedDataKey.providerInfo)) return undefined; // not mine
      const args = ['--login', '--pin', 'env:PKCS11_PIN', '--decrypt', '--label', keyLabel];
      const options = { signal, input: encryptedDataKey.ciphertext, env: { PKCS11_PIN: pin } };
      const bound = await tool([...args, ...mechanism], options);
      const expected = digest(aad);
      if (bound.length < 32 || !timingSafeEqual(bound.subarray(0, 32), expected)) {
        throw new Error('the key was wrapped for another encryption context');
      }
      return bound.subarray(32);
    },
  });
}

const digest = (aad) => createHash('sha256').update(aad).digest();

/** Runs a program; returns what it writes. Its error says what was wrong. */
function run(program, args, { signal, input, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { signal, env: { ...process.env, ...env } });
    const output = [];
    let said = '';
    child.stdout.on('data', (data) => output.push(data));
    child.stderr.on('data', (data) => (said += data));
    // One that fails early does not read.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => {
      const bytes = Buffer.concat(output);
      output.forEach((part) => part.fill(0));
      if (code === 0) return resolve(bytes);
      const [problem] = /^error: .*/m.exec(said) ?? [said.trim()];
      reject(new Error(`${program}: ${problem}`));
    });
  });
}
