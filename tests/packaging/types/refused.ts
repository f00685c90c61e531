// What must not compile. Compiled, never run: a line that would compile is an error itself.

import {
  awsKmsHierarchicalKeyring,
  cachingCmm,
  defineTable,
  ItemEncryptor,
  keyStore,
  KmsClient,
  localCache,
  toAttributeMap,
} from 'fieldseal';
import type { BranchKeyStore, FieldsealErrorCode, Keyring } from 'fieldseal';

declare const keyring: Keyring;
interface Customer {
  customer_id: string;
  ssn: string;
  note?: string;
}
const names = { logicalTableName: 't', partitionKeyName: 'customer_id' } as const;

defineTable<Customer>({
  ...names,
  // @ts-expect-error ssn has no action
  attributeActions: { customer_id: 'SIGN_ONLY', note: 'ENCRYPT_AND_SIGN' },
});
defineTable<Customer>({
  ...names,
  // @ts-expect-error a property that may be absent needs an action, too
  attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
});
const attributeActions = {
  customer_id: 'SIGN_ONLY',
  ssn: 'ENCRYPT_AND_SIGN',
  note: 'ENCRYPT_AND_SIGN',
} as const;
defineTable<Customer>({
  ...names,
  // @ts-expect-error no record has this attribute
  attributeActions: { ...attributeActions, ssnn: 'SIGN_ONLY', ...{} },
});
// @ts-expect-error the key is not an attribute
defineTable<Customer>({ ...names, partitionKeyName: 'id', attributeActions });
// @ts-expect-error no such action
defineTable({ ...names, attributeActions: { customer_id: 'HIDE' } });
// @ts-expect-error the type of records asks for more actions
new ItemEncryptor<Customer>({ ...names, attributeActions: { customer_id: 'SIGN_ONLY' }, keyring });

const customers = defineTable<Customer>({ ...names, attributeActions });
const items = new ItemEncryptor({ ...customers, keyring });
export const typed = [
  // @ts-expect-error ssn is missing
  items.encryptDocument({ customer_id: 'c-1' }),
  // @ts-expect-error ssn is not a number
  items.encryptDocument({ customer_id: 'c-1', ssn: 756 }),
  // @ts-expect-error no such attribute
  items.encryptDocument({ customer_id: 'c-1', ssn: '756', email: 'a' }),
  // @ts-expect-error a list, and not a list of lists
  items.encryptDocuments([[{ customer_id: 'c-1', ssn: '756' }]]),
  // @ts-expect-error one document settles with nothing
  items.encryptDocument({ customer_id: 'c-1', ssn: '756' }, { settle: true }),
  // @ts-expect-error no such treatment of numbers
  items.decryptDocument({}, { numbers: 'bigint' }),
];

const other = new ItemEncryptor({ ...names, attributeActions, keyring });
export const untyped = [
  // @ts-expect-error an array is not a document
  other.encryptDocument([]),
  // @ts-expect-error nor is a string
  other.decryptDocument('{}'),
  // @ts-expect-error nor nothing, as GetCommand returns for an item that is not there
  other.decryptDocument(undefined),
  // @ts-expect-error a document, not a list
  other.encryptDocuments({ customer_id: 'c-1' }),
  // @ts-expect-error text
  toAttributeMap('text'),
];
export async function results(): Promise<unknown> {
  const { document } = await items.decryptDocument({});
  // @ts-expect-error what was opened has the type of the table's records
  const number: number = document.ssn;
  const [outcome] = await items.decryptDocuments([{}], { settle: true });
  // @ts-expect-error it may have failed
  return [number, outcome?.document];
}

// @ts-expect-error members of the package's own are not declared
export const object = new KmsClient()._object;
export const made = (store: BranchKeyStore) => [
  // @ts-expect-error keyrings are made by functions of the package only
  cachingCmm({ keyring: {}, cache: localCache() }),
  // @ts-expect-error and caches
  cachingCmm({ keyring, cache: new Map() }),
  // @ts-expect-error and key stores
  awsKmsHierarchicalKeyring({ keyStore: {}, branchKeyId: 'b', ttlSeconds: 1 }),
  awsKmsHierarchicalKeyring({ keyStore: store, branchKeyId: 'b', ttlSeconds: 1 }),
  // @ts-expect-error and clients
  keyStore({ dynamodb: {}, kms: new KmsClient(), tableName: 't', logicalKeyStoreName: 't' }),
];
// @ts-expect-error no such code
export const code: FieldsealErrorCode = 'KMS_SOMETHING';
