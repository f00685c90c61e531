// The item that benchmarks are about, and its table: so many attributes of about 30 bytes, half of them encrypted, without
// signatures, under a raw AES key.

export const aesKey = { keyNamespace: 'ns', keyName: 'name', wrappingKey: new Uint8Array(32) };

/** @returns {{ item: object, table: object }} an item, and what an encryptor takes but for its keyring */
export function sample(attributes = 20) {
  const item = { pk: { S: 'partition-key-0001-xxxxxxxxxxx' } };
  const attributeActions = { pk: 'SIGN_ONLY' };
  for (let i = 0; i < attributes - 1; i++) {
    const name = `attr${String(i).padStart(2, '0')}`;
    item[name] = { S: `attribute value number ${String(i).padStart(7, '0')}` };
    attributeActions[name] = i < attributes / 2 ? 'ENCRYPT_AND_SIGN' : 'SIGN_ONLY';
  }
  const names = { logicalTableName: 'T', partitionKeyName: 'pk' };
  return { item, table: { ...names, attributeActions, algorithmSuite: '6700' } };
}
