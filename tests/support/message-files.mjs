// The files of messages: those in tests/vectors, and the published ones where they lie beside the
// checkout. Node only; a browser is given what this reads.

import { existsSync, readFileSync } from 'node:fs';

import { readZip } from './zip.mjs';

const COMMITTED = new URL('../vectors/official-messages.json', import.meta.url);
const PUBLISHED = new URL('../../../shared/vectors/esdk.json', import.meta.url);
const ARCHIVE = new URL('../../../shared/vectors/aws/v4-Net-4.0.1.zip', import.meta.url);

/** @returns {{name: string, corpus: object}[]} */
export function messageFiles() {
  const load = (url) => JSON.parse(readFileSync(url, 'utf8'));
  const files = [{ name: 'official-messages.json', corpus: load(COMMITTED) }];
  if (existsSync(PUBLISHED)) files.push({ name: 'esdk.json', corpus: load(PUBLISHED) });
  else console.log('left out: the published set esdk.json does not lie beside the checkout');
  if (existsSync(ARCHIVE)) files.push({ name: 'v4-Net-4.0.1.zip', corpus: fromArchive() });
  else console.log('left out: the published set v4-Net-4.0.1.zip does not lie beside the checkout');
  return files;
}

/** The archive's manifest in the terms of the other files. */
function fromArchive() {
  const files = readZip(readFileSync(ARCHIVE));
  const json = (path) => JSON.parse(files.get(path).toString());
  const at = (url) => files.get(url.slice('file://'.length)).toString('base64');
  const material = json('keys.json').keys;
  const keys = {};
  const positive = [];
  let kms = 0;
  for (const [id, test] of Object.entries(json('manifest.json').tests)) {
    if (test['master-keys'].some(({ type }) => type === 'aws-kms')) {
      kms++;
      continue;
    }
    // Each key by itself; those that cannot decrypt are there for a multi-keyring alone.
    const specs = test['master-keys'].map((key) => specOf(material[key.key], key));
    const names = specs.map((spec) => `${spec.type} ${spec.name} ${spec.padding ?? ''}`.trim());
    specs.forEach((spec, i) => (keys[names[i]] = spec));
    if (names.length > 1) {
      const all = names.join(' + ');
      keys[all] = { type: 'multi', generator: undefined, children: specs };
      names.push(all);
    }
    const context = test['encryption-context'];
    const isRequired = test.cmm === 'RequiredEncryptionContext';
    positive.push({
      id,
      description: test.cmm,
      decrypt_keyrings: names.filter((name) => !keys[name].public_pem),
      suite: `0x${id.slice(0, 4)}`,
      // Of each suite, one message in pieces of every size.
      chunks: positive.some((one) => one.id.slice(0, 4) === id.slice(0, 4)) ? [4096] : undefined,
      // The manifest does not say.
      frame_length: null,
      encryption_context: context,
      required_ec_keys: isRequired ? Object.keys(context) : undefined,
      plaintext: at(test.result.output.plaintext),
      ciphertext: at(test.ciphertext),
    });
  }
  console.log(`left out: ${kms} messages of v4-Net-4.0.1.zip under KMS keys of another account`);
  return { keys, positive };
}

function specOf(material, { 'provider-id': namespace, 'padding-hash': hash }) {
  const name = material['key-id'];
  if (material.algorithm === 'aes') {
    const key = Buffer.from(material.material, 'base64').toString('hex');
    return { type: 'raw-aes', namespace, name, key };
  }
  const padding = `OAEP_${hash.toUpperCase()}_MGF1`;
  const half = material.type === 'private' ? 'private_pem' : 'public_pem';
  return { type: 'raw-rsa', namespace, name, padding, [half]: material.material };
}
