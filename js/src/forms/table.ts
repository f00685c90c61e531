/** The encryptor of a form's records. */

import { usage } from '../errors.js';
import {
  ItemEncryptor,
  type CryptoAction,
  type ItemEncryptorOptions,
  type TableDefinition,
} from '../items/item-encryptor.js';
import { COPY, readOptions, type OptionNames } from '../util/options.js';
import { ownValue, setOwn } from '../util/plain-object.js';
import { mustBeStrings } from '../util/strings.js';
import type { FormKeys, FormTable } from './types.js';

type TableKeys = Pick<FormTable, 'partitionKeyName' | 'sortKeyName'>;

/** The attributes that are a table's key. */
export const keysOf = ({ partitionKeyName, sortKeyName }: TableKeys): string[] =>
  sortKeyName === undefined ? [partitionKeyName] : [partitionKeyName, sortKeyName];

/** A table may say more than forms need: it is shared with whatever else works on it. */
const NAMES: OptionNames<FormTable & Omit<TableDefinition, keyof FormTable>> = {
  logicalTableName: COPY,
  partitionKeyName: COPY,
  sortKeyName: COPY,
  attributeActions: COPY,
  algorithmSuite: COPY,
  maxEncryptedDataKeys: COPY,
  allowedUnsignedAttributes: COPY,
  allowedUnsignedAttributePrefix: COPY,
  plaintextOverride: COPY,
  maxPendingBytes: COPY,
  dropReservedAttributes: COPY,
  documentOptions: COPY,
};

/** The options of a table. */
export const readTable = <Table extends TableKeys>(table: Table): Table =>
  readOptions(table as never, NAMES as never, 'table');

/**
 * The actions of a table whose sealed fields are encrypted.
 *
 * @throws UsageError `INVALID_CONFIG` naming a field that would not be encrypted
 */
export function actionsOf(
  table: FormTable,
  sealed: Iterable<string>,
): Record<string, CryptoAction> {
  const { logicalTableName, partitionKeyName, attributeActions } = table;
  mustBeStrings({ logicalTableName, partitionKeyName });
  const keys = keysOf(table);
  const actions: Record<string, CryptoAction> = {};
  for (const name of keys) setOwn(actions, name, 'SIGN_ONLY');
  for (const name of sealed) {
    if (keys.includes(name)) {
      const problem = `'${name}' is a key of the table, which is stored readably`;
      throw usage('INVALID_CONFIG', problem, 'Do not mark it to be sealed.', name);
    }
    setOwn(actions, name, 'ENCRYPT_AND_SIGN');
    if (!attributeActions || ownValue(attributeActions, name) === 'ENCRYPT_AND_SIGN') continue;
    const problem = `the action of '${name}', which is to be sealed, is not ENCRYPT_AND_SIGN`;
    throw usage('INVALID_CONFIG', problem, 'Correct attributeActions.', name);
  }
  return attributeActions ? { ...attributeActions } : actions;
}

/** The encryptor of a table: sealed fields are encrypted, whatever the table says of plaintext. */
export function encryptorOf(
  keys: FormKeys,
  table: FormTable,
  sealed: Iterable<string>,
): ItemEncryptor {
  return new ItemEncryptor({
    ...(table as ItemEncryptorOptions),
    plaintextOverride: undefined,
    attributeActions: actionsOf(table, sealed),
    keyring: keys.keyring,
    cmm: keys.cmm,
  });
}
