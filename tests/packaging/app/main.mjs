// The smallest complete program: seals a record and opens it again. Every runtime and bundler runs
// this file.

import {
  FieldsealError,
  ItemEncryptor,
  awsKmsRsaKeyring,
  inspect,
  rawAesKeyring,
  toDynamoJson,
} from 'fieldseal';

const KEY_ID = 'arn:aws:kms:eu-central-1:111122223333:key/1f5b3c2e-6b0f-4c11-9d58-0e4b1f3a7c21';

/** @returns what was done, in one line; throws when anything is not as it should be */
export async function main(publicKey) {
  const table = {
    logicalTableName: 'customers',
    partitionKeyName: 'customer_id',
    attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
  };
  const keyring = rawAesKeyring({
    keyNamespace: 'shop',
    keyName: 'k-1',
    wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
  });
  const items = new ItemEncryptor({ ...table, keyring });
  const record = { customer_id: { S: 'c-1' }, ssn: { S: '756.1234.5678.97' } };
  const { item } = await items.encryptItem(record);
  // All of it, whose points are not in base64: three of its digits are there by chance.
  if (toDynamoJson(item).includes(record.ssn.S)) throw new Error('the value was not encrypted');
  if (!(item.ssn.B instanceof Uint8Array)) throw new Error('the value is not bytes');
  const opened = (await items.decryptItem(item)).item;
  if (opened.ssn.S !== record.ssn.S) throw new Error('another value came back');

  let refusal;
  const swapped = { ...item, customer_id: { S: 'c-2' } };
  await items.decryptItem(swapped).catch((error) => (refusal = error));
  if (!(refusal instanceof FieldsealError)) throw new Error('a changed item was opened');

  const offline = awsKmsRsaKeyring({ kmsKeyId: KEY_ID, publicKey });
  const sealed = (await new ItemEncryptor({ ...table, keyring: offline }).encryptItem(record)).item;
  const [{ keyProviderId }] = inspect(sealed).encryptedDataKeys;
  return `opened ${opened.ssn.S}; refused with ${refusal.code}; sealed for ${keyProviderId}`;
}
