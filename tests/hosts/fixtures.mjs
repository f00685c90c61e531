// What the suite is given: keys of its own, and what the official libraries sealed (tests/vectors/), as JSON.

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));

const encodings = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
};
const rsaPair = () => generateKeyPairSync('rsa', { modulusLength: 2048, ...encodings });
const ecPair = (namedCurve) => generateKeyPairSync('ec', { namedCurve, ...encodings });

const PADDINGS = ['OAEP_SHA1_MGF1', 'OAEP_SHA256_MGF1', 'OAEP_SHA384_MGF1', 'OAEP_SHA512_MGF1'];

/** The item that the suite opens with its RSA key, sealed here by the package in Node. */
async function sealedByNode(fieldseal, publicKey, item, table) {
  const sealed = {};
  for (const paddingScheme of PADDINGS) {
    const names = { keyNamespace: 'clinic', keyName: '2026', paddingScheme };
    const keyring = fieldseal.rawRsaKeyring({ ...names, publicKey });
    const made = await new fieldseal.ItemEncryptor({ ...table, keyring }).encryptItem(item);
    sealed[paddingScheme] = fieldseal.toDynamoJson(made.item);
  }
  return sealed;
}

/**
 * @param fieldseal - the package, in Node
 * @param suite - suite.mjs, for its item
 */
export async function makeFixtures(fieldseal, { RECORD, ALL }) {
  const random = vectors('official-random');
  const messages = vectors('official-messages');
  const pick = ({ keys, positive }, ids) =>
    positive
      .filter(({ id }) => ids.includes(id))
      .map((entry) => ({ ...entry, key: keys[entry.decrypt_keyrings[0]] }));
  const { publicKey, privateKey } = rsaPair();
  return {
    // Of suites 67 00 and 67 01.
    items: pick(random, ['official-random-058', 'official-random-016']).map(
      ({ id, config, key, encrypted, decrypted }) => ({
        id,
        config,
        key,
        encrypted: JSON.stringify(encrypted),
        decrypted: JSON.stringify(decrypted),
      }),
    ),
    // Of suites 04 78, 05 78, 01 46 and 02 14.
    messages: pick(messages, [
      'official-message-18',
      'official-message-21',
      'official-message-08',
      'official-message-12',
    ]).map(({ id, key, ciphertext, plaintext }) => ({ id, key, ciphertext, plaintext })),
    rsa: { publicKey, privateKey, otherPrivateKey: rsaPair().privateKey },
    ec: { P256: ecPair('P-256'), P384: ecPair('P-384'), P521: ecPair('P-521') },
    sealedByNode: await sealedByNode(fieldseal, publicKey, RECORD, ALL),
  };
}
