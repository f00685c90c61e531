// Browser code: seals form fields with a public key, before anything is sent. In your project the
// import is `from 'fieldseal'`.

import {
  awsKmsRsaKeyring,
  ItemEncryptor,
  toAttributeMap,
  toDynamoJson,
} from '../../pkg/entrypoints/index.js';

/** A function that seals customers, made from the key that your server or your build hands out. */
export function sealer({ keyId, publicKeyPem }) {
  const items = new ItemEncryptor({
    logicalTableName: 'customers',
    partitionKeyName: 'customer_id',
    attributeActions: {
      customer_id: 'SIGN_ONLY',
      name: 'ENCRYPT_AND_SIGN',
      ssn: 'ENCRYPT_AND_SIGN',
    },
    keyring: awsKmsRsaKeyring({ kmsKeyId: keyId, publicKey: publicKeyPem }),
  });
  /** The sealed record as JSON, ready to be sent. A field without an action is an error. */
  return async (fields) => {
    const { item } = await items.encryptItem(toAttributeMap(fields));
    return toDynamoJson(item);
  };
}
