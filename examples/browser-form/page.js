// Browser code: all that it takes for a form to seal itself. In your project the imports are `from 'fieldseal/items'` and
// `from 'fieldseal/forms'`.

import { sealForm } from '../../pkg/entrypoints/forms.js';
import { awsKmsRsaKeyring } from '../../pkg/entrypoints/items.js';
import { table } from './table.js';

/** Fetched when the form is first sent, and again if that failed; until it is there, nothing leaves. */
async function keyring() {
  const response = await fetch('/public-key');
  const { keyId, publicKeyPem } = await response.json();
  return awsKmsRsaKeyring({ kmsKeyId: keyId, publicKey: publicKeyPem });
}

const form = document.querySelector('form');
sealForm(form, { keyring, table });
form.querySelector('button').disabled = false;
