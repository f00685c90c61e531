// How the three pages seal.

import { awsKmsRsaKeyring } from 'fieldseal/items';

import { table } from './table.js';

/** Called when a form is first sent, and again if that failed. */
async function keyring() {
  const response = await fetch('/public-key');
  const { keyId, publicKeyPem } = await response.json();
  return awsKmsRsaKeyring({ kmsKeyId: keyId, publicKey: publicKeyPem });
}

export const options = { keyring, table };
