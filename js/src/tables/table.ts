/** A table whose items are encrypted, as the plugin knows it. */

import type { CoreObject } from '../core/core.js';
import { TableRules } from '../dynamodb/expressions.js';
import { FieldsealError, usage, wrong } from '../errors.js';
import { ItemEncryptor, type ItemEncryptorOptions } from '../items/item-encryptor.js';
import { readDocumentOptions, type DocumentOptions } from '../items/document-options.js';
import type { CryptoAction } from '../items/codec/unpack.js';
import { signedBeacons } from '../search/request.js';
import type { BeaconStyle, SearchOptions } from '../search/types.js';
import { snapshot } from '../util/options.js';
import { isPlainObject, setOwn } from '../util/plain-object.js';
import { TableMap } from './names.js';

/**
 * Tables by their names or ARNs: what {@link encryptedTables}, {@link updateItem} and {@link checkTables} take. Each is
 * what an `ItemEncryptor` takes.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tables of any type of records
export type Tables = Readonly<Record<string, ItemEncryptorOptions<any>>>;

/** The tables, read. */
export type EncryptedTableMap = TableMap<EncryptedTable>;

/** A beacon that is stored as `aws_dbe_b_NAME`. */
export interface StoredBeacon {
  /** The attribute, or the virtual field, that it is of; none of a compound beacon. */
  readonly location?: string;
  /** Why it cannot be the key of an index. */
  readonly notAKey?: string;
}

/** Everything that requests on one table need. */
export class EncryptedTable {
  /** Seals and opens its items. */
  readonly encryptor: ItemEncryptor;
  /** What requests on it may do. */
  readonly rules: TableRules;
  /** The names of its key attributes: partition key, sort key. */
  readonly keyNames: readonly string[];
  /** What its items call it. */
  readonly logicalName: string;
  /** Whether items in plaintext are read, so that one that lacks its header is not refused. */
  readonly readsPlaintext: boolean;
  /** The core's encryptor of a table that is searched. */
  readonly searched: CoreObject | undefined;
  /** The attributes that sealing makes in plaintext. */
  readonly signedBeacons: readonly string[];
  /** The beacons that are stored beside the attributes, by their names. */
  readonly beacons: ReadonlyMap<string, StoredBeacon>;
  /** How its documents are converted. */
  readonly documentOptions: DocumentOptions;
  readonly #actions: ReadonlyMap<string, CryptoAction>;
  readonly #unsignedPrefix: string | undefined;

  /**
   * @param name - what it was configured as: a name or an ARN
   * @param options - what was configured
   */
  constructor(
    readonly name: string,
    options: ItemEncryptorOptions,
  ) {
    this.encryptor = new ItemEncryptor(options);
    this.logicalName = options.logicalTableName;
    this.documentOptions = readDocumentOptions(options.documentOptions ?? {});
    const { partitionKeyName, sortKeyName, attributeActions } = options;
    const { allowedUnsignedAttributes, allowedUnsignedAttributePrefix, plaintextOverride } =
      options;
    const searched = options.search !== undefined;
    this.searched = searched ? this.encryptor._object : undefined;
    this.signedBeacons = searched ? signedBeacons(this.encryptor._object) : [];
    this.beacons = storedBeacons(options.search, this.signedBeacons);
    // What the encryptor has checked.
    this.rules = new TableRules({
      partitionKeyName,
      sortKeyName,
      attributeActions,
      allowedUnsignedAttributes,
      allowedUnsignedAttributePrefix,
      plaintextOverride,
      searchedBy: this.searched,
    });
    this.keyNames =
      sortKeyName === undefined ? [partitionKeyName] : [partitionKeyName, sortKeyName];
    // What is allowed to be unsigned by its name needs no action.
    const unsigned = (allowedUnsignedAttributes ?? []).map((name) => [name, 'DO_NOTHING'] as const);
    const signed = this.signedBeacons.map((name) => [name, 'SIGN_ONLY'] as const);
    this.#actions = new Map([...unsigned, ...Object.entries(attributeActions), ...signed]);
    this.#unsignedPrefix = allowedUnsignedAttributePrefix;
    this.readsPlaintext = plaintextOverride?.endsWith('ALLOW_PLAINTEXT_READ') ?? false;
  }

  /** What is configured to be done with an attribute; `undefined` for one that items must not have. */
  actionOf(attribute: string): CryptoAction | undefined {
    const action = this.#actions.get(attribute);
    if (action !== undefined || this.#unsignedPrefix === undefined) return action;
    return attribute.startsWith(this.#unsignedPrefix) ? 'DO_NOTHING' : undefined;
  }

  /** Whether the signature covers an attribute of an item: all but those that are allowed to be unsigned. */
  signs(attribute: string): boolean {
    return !attribute.startsWith('aws_dbe_') && this.actionOf(attribute) !== 'DO_NOTHING';
  }

  /** The attributes that are configured by their names, with what is done with them. */
  actions(): Iterable<readonly [attribute: string, action: CryptoAction]> {
    return this.#actions;
  }
}

function storedBeacons(
  search: SearchOptions | undefined,
  signedBeacons: readonly string[],
): Map<string, StoredBeacon> {
  const beacons = new Map<string, StoredBeacon>();
  for (const { name, location = name, style } of search?.standardBeacons ?? []) {
    beacons.set(name, { location, ...(style && NOT_A_KEY[style.type]) });
  }
  for (const { name } of search?.compoundBeacons ?? []) {
    if (!signedBeacons.includes(name)) beacons.set(name, {});
  }
  return beacons;
}

const SET = { notAKey: 'a beacon of a set, which no key is' };
const NOT_A_KEY: Readonly<Record<BeaconStyle['type'], StoredBeacon>> = {
  partOnly: { notAKey: 'a beacon that is only a part of others, and not stored' },
  shared: {},
  asSet: SET,
  sharedSet: SET,
};

/**
 * Reads tables as callers give them.
 *
 * @throws UsageError `INVALID_CONFIG` and `INVALID_ARGUMENT`, as the encryptors' own, with the table's name; for two
 * tables of one logical name
 */
export function readTables(given: Tables, what = 'tables'): EncryptedTableMap {
  if (!isPlainObject(given)) throw wrong(what, 'an object', given);
  const entries = Object.entries(given);
  if (entries.length === 0) {
    throw usage('INVALID_CONFIG', `${what} is empty`, 'Name the tables whose items are encrypted.');
  }
  const tables = entries.map(([name, options]): [string, EncryptedTable] => {
    try {
      return [name, new EncryptedTable(name, asTheyAre(options as ItemEncryptorOptions))];
    } catch (error) {
      throw inTable(error, name);
    }
  });
  mustDiffer(tables.map(([, table]) => table));
  return new TableMap(tables);
}

/** The options as they are now: an encryptor, rules and beacons are made of them, and each reads them again. */
function asTheyAre(options: ItemEncryptorOptions): ItemEncryptorOptions {
  if (!isPlainObject(options)) return options;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(options)) setOwn(copy, name, snapshot(name, value, 0));
  return copy as unknown as ItemEncryptorOptions;
}

/** Logical and physical names are one to one (`ddb-sdk-integration.md`): an item says only the former. */
function mustDiffer(tables: readonly EncryptedTable[]): void {
  const seen = new Map<string, string>();
  for (const { name, logicalName } of tables) {
    const physical = name.slice(name.lastIndexOf('/') + 1);
    const other = seen.get(logicalName);
    seen.set(logicalName, physical);
    if (other === undefined || other === physical) continue;
    throw usage(
      'INVALID_CONFIG',
      `the tables '${other}' and '${physical}' have the same logicalTableName`,
      'Give each table a logical name of its own.',
    );
  }
}

/** The error with the table's name; errors of others as they are. */
export function inTable(error: unknown, table: string): unknown {
  if (error instanceof FieldsealError && error.table === undefined)
    Reflect.set(error, 'table', table);
  return error;
}
