// Documents and the tables that they belong to. Compiled, never run.

import { defineTable, fromAttributeMap, ItemEncryptor, toAttributeMap } from 'fieldseal/items';
import type { AttributeMap, DocumentResult, ItemHeader, Keyring, Outcome } from 'fieldseal/items';

declare const keyring: Keyring;
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_ extends true>(): void => undefined;

interface Customer {
  customer_id: string;
  ssn: string;
  visits: number;
  note?: string;
}
const customer: Customer = { customer_id: 'c-1', ssn: '756', visits: 1 };

// A table is written down once, wherever it is used.
const customers = defineTable<Customer>({
  logicalTableName: 'customers',
  partitionKeyName: 'customer_id',
  attributeActions: {
    customer_id: 'SIGN_ONLY',
    ssn: 'ENCRYPT_AND_SIGN',
    visits: 'SIGN_ONLY',
    note: 'ENCRYPT_AND_SIGN',
  },
  documentOptions: { removeUndefinedValues: true },
});
const items = new ItemEncryptor({ ...customers, keyring });
is<Same<typeof items, ItemEncryptor<Customer>>>();

export async function typed(): Promise<void> {
  const sealed = await items.encryptDocument(customer);
  is<Same<(typeof sealed.document)['ssn'], string | Uint8Array>>();
  is<Same<(typeof sealed.document)['aws_dbe_head'], Uint8Array | undefined>>();
  is<Same<typeof sealed.header, ItemHeader | undefined>>();
  is<Same<typeof sealed.item, AttributeMap>>();
  const item: Record<string, any> = sealed.document;
  const { document } = await items.decryptDocument(sealed.document);
  is<Same<typeof document, Customer>>();
  is<Same<(typeof document)['note'], string | undefined>>();
  const many = await items.decryptDocuments([item]);
  is<Same<typeof many, DocumentResult<Customer>[]>>();
  const settled = await items.decryptDocuments([item], { settle: true, numbers: 'auto' });
  is<Same<typeof settled, Outcome<DocumentResult<Customer>>[]>>();
  const [first] = settled;
  const visits: number | undefined = first && 'document' in first ? first.document.visits : 0;
  const sealedOnes = await items.encryptDocuments([customer], { settle: false });
  const head: Uint8Array | undefined = sealedOnes[0]?.document.aws_dbe_head;
  for await (const batch of other.resealAll([], { from: items })) void batch;
  return void [visits, head];
}

// Without a type of records, anything goes in and nothing is known of what comes out.
const other = new ItemEncryptor({
  logicalTableName: 't',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', s: 'ENCRYPT_AND_SIGN' },
  keyring,
});
is<Same<typeof other, ItemEncryptor>>();
const takes = (encryptor: ItemEncryptor): ItemEncryptor => encryptor;
takes(items);

export async function untyped(): Promise<void> {
  const { document } = await other.encryptDocument(customer);
  is<Same<typeof document, Record<string, unknown>>>();
  await other.encryptDocument({ id: 1, deep: [{ a: new Set([1n]) }] });
  // Or it is said in the call.
  const opened = await other.decryptDocument<Customer>(document);
  is<Same<typeof opened.document, Customer>>();
  const sealed = await other.encryptDocument<Customer>(customer);
  is<Same<(typeof sealed.document)['visits'], number | Uint8Array>>();
  const map: AttributeMap = toAttributeMap(customer);
  const back = fromAttributeMap<Customer>(map);
  is<Same<typeof back, Customer>>();
  toAttributeMap(new Map([['a', 1]]));
}

// A table without a type of records keeps its literals, and its actions are checked where it stands.
const shared = defineTable({
  logicalTableName: 't',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', anything: 'DO_NOTHING' },
  allowedUnsignedAttributes: ['anything'],
});
is<Same<ReturnType<typeof make>, ItemEncryptor>>();
const make = () => new ItemEncryptor({ ...shared, keyring });
const explicit = new ItemEncryptor<Customer>({ ...customers, keyring, algorithmSuite: '6700' });
is<Same<typeof explicit, ItemEncryptor<Customer>>>();
