/** The item encryptor: DynamoDB items in, DynamoDB items out, wire-compatible with AWS's libraries. */

import { DEFAULT_MAX_ITEM_KEYS } from '../generated/limits.js';
import { ACTION_NAMES, ITEM_SUITES, PLAINTEXT_OVERRIDE_NAMES } from '../generated/config.js';
import type { AttributeMap } from './attribute-value.js';
import {
  endOf,
  failureOf,
  isFailure,
  runBatch,
  type Batch,
  type BatchOptions,
  type ItemFailure,
  type Outcome,
} from './batch.js';
import { readContext } from '../util/encryption-context.js';
import { CoreObject } from '../core/core.js';
import { attributesOf, documentOf, type NativeDocument } from './document.js';
import { readDocumentOptions, type DocumentOptions } from './document-options.js';
import { usage, wrong } from '../errors.js';
import { inspectHeader, type StoredHeader } from '../inspect.js';
import { oneOf, type Cmm, type Keyring } from '../keyrings/keyring.js';
import { mustBeStrings, stringArray } from '../util/strings.js';
import { limitOption, pendingLimit } from '../core/limits.js';
import {
  COPY,
  KEEP,
  mustBeCount,
  mustBeOneOf,
  readOptions,
  type OptionNames,
} from '../util/options.js';
import { isArray, isPlainObject } from '../util/plain-object.js';
import { MAX_LENGTH, packItems, type PackedItem } from './codec/pack.js';
import type { CallOptions } from '../util/signal.js';
import { readSearchOptions, type Search } from '../search/reader.js';
import type { SearchOptions } from '../search/types.js';
import type { InputOf, SealedDocument, TableDefinition } from './table.js';
import { plainItem, unpackOpened, unpackSealed } from './codec/unpack.js';
import type { CryptoAction, SealedItem, StoredParts, TakeBeacons } from './codec/unpack.js';
import { Turns } from '../util/waiting.js';
import { markClass } from '../util/shared.js';

export type { CryptoAction };
export { defineTable } from './table.js';
export type {
  AttributeActions,
  PlaintextOverride,
  SealedDocument,
  TableDefinition,
} from './table.js';

/** The names of what an encryptor knows of a table's items. */
export const TABLE_OPTIONS = {
  logicalTableName: COPY,
  partitionKeyName: COPY,
  sortKeyName: COPY,
  attributeActions: COPY,
  allowedUnsignedAttributes: COPY,
  allowedUnsignedAttributePrefix: COPY,
  algorithmSuite: COPY,
  maxEncryptedDataKeys: COPY,
  maxPendingBytes: COPY,
  dropReservedAttributes: COPY,
  plaintextOverride: COPY,
} as const;

const CALL = { signal: KEEP } as const;
/** Those of what is done with many items. */
export const BATCH_OPTIONS = { ...CALL, settle: COPY } as const;

/**
 * Options of {@link ItemEncryptor}: a table, and a keyring or a CMM.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, type ItemEncryptorOptions } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const options: ItemEncryptorOptions = {
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   algorithmSuite: '6700', // no signature: less work, and readers trust whoever has the key
 *   keyring,
 * }
 * const { header } = await new ItemEncryptor(options).encryptDocument({
 *   customer_id: 'c-1',
 *   ssn: '078-05-1120',
 * })
 * console.log(header?.algorithmSuite) // → 6700
 * ```
 */
export interface ItemEncryptorOptions<
  T extends object = NativeDocument,
> extends TableDefinition<T> {
  /** Give a keyring or a CMM, not both. */
  readonly keyring?: Keyring | undefined;
  /** Give a keyring or a CMM, not both. */
  readonly cmm?: Cmm | undefined;
  /**
   * How the table is searched: sealing adds beacons, opening leaves them out. For `fieldseal` and `fieldseal/tables`, whose
   * core can do that, and not together with `plaintextOverride`.
   */
  readonly search?: SearchOptions | undefined;
}

/**
 * What a sealed item says of itself, as {@link ItemEncryptor.encryptItem} and {@link ItemEncryptor.decryptItem} return
 * it.
 */
export interface ItemHeader extends StoredHeader {
  /** The action of each of the item's attributes. */
  readonly attributeActions: Readonly<Record<string, CryptoAction>>;
  /** All of the encryption context, as the keyrings saw it. */
  readonly encryptionContext: Readonly<Record<string, string>>;
}

/** What {@link ItemEncryptor.encryptItem} and {@link ItemEncryptor.decryptItem} return. */
export interface ItemResult {
  /** The item, sealed or opened. */
  readonly item: AttributeMap;
  /** Absent when the item was, and stays, in plaintext. */
  readonly header?: ItemHeader;
}

/**
 * Options of {@link ItemEncryptor.resealItems}.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, type ResealItemsOptions } from 'fieldseal'
 *
 * const encryptor = (keyName: string) =>
 *   new ItemEncryptor({
 *     logicalTableName: 'customers',
 *     partitionKeyName: 'customer_id',
 *     attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *     keyring: rawAesKeyring({
 *       keyNamespace: 'shop',
 *       keyName,
 *       wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *     }),
 *   })
 * const [before, after] = [encryptor('key-1'), encryptor('key-2')]
 * const { item } = await before.encryptItem({ customer_id: { S: 'c-1' }, ssn: { S: '078-05-1120' } })
 * const { item: foreign } = await encryptor('key-3').encryptItem({ customer_id: { S: 'c-2' } })
 *
 * const options: ResealItemsOptions = { from: before, settle: true }
 * const { items, failed } = await after.resealItems([item, foreign], options)
 * console.log(
 *   items.length,
 *   failed.map(({ index, error }) => `${index}: ${error.code}`),
 * ) // → 1 [ '1: NO_KEYRING_OPENED' ]
 * ```
 */
export interface ResealItemsOptions extends BatchOptions {
  /** What opens the items; by default the encryptor that seals them. */
  readonly from?: ItemEncryptor<object> | undefined;
}

/** What {@link ItemEncryptor.resealItems} returns. */
export interface ResealItemsResult {
  /** In the order given; items in plaintext are sealed, or left alone where the configuration says so. */
  readonly items: readonly AttributeMap[];
  /** Items that are not among them because they failed; only where the batch settles. */
  readonly failed: readonly FailedItem[];
  /** How many KMS calls it took. */
  readonly kmsCalls: number;
}

/**
 * An item that could not be resealed by {@link ItemEncryptor.resealItems} or {@link ItemEncryptor.resealAll}. What is
 * stored of it stays as it is.
 */
export interface FailedItem extends ItemFailure {
  /** Its place among the items given, from 0. */
  readonly index: number;
  /** The item as it was given. */
  readonly item: AttributeMap;
}

/**
 * Options of {@link ItemEncryptor.resealAll}.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, type AttributeMap, type ResealAllOptions } from 'fieldseal'
 *
 * const encryptor = (keyName: string) =>
 *   new ItemEncryptor({
 *     logicalTableName: 'customers',
 *     partitionKeyName: 'customer_id',
 *     attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *     keyring: rawAesKeyring({
 *       keyNamespace: 'shop',
 *       keyName,
 *       wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *     }),
 *   })
 * const [before, after] = [encryptor('key-1'), encryptor('key-2')]
 * const plain = Array.from({ length: 10 }, (_, i): AttributeMap => ({
 *   customer_id: { S: `c-${i}` },
 *   ssn: { S: '078-05-1120' },
 * }))
 * const stored = (await before.encryptItems(plain)).map(({ item }) => item)
 *
 * const options: ResealAllOptions = {
 *   from: before,
 *   batchSize: 4,
 *   signal: AbortSignal.timeout(60_000),
 * }
 * for await (const { items, done } of after.resealAll(stored, options))
 *   console.log(items.length, done)
 * // → 4 4
 * // → 4 8
 * // → 2 10
 * ```
 */
export interface ResealAllOptions extends CallOptions {
  /** What opens the items; by default the encryptor that seals them. */
  readonly from?: ItemEncryptor<object> | undefined;
  /** Items in a batch; default 25, what one BatchWriteItem takes. */
  readonly batchSize?: number | undefined;
}

/** A batch of {@link ItemEncryptor.resealAll}. */
export interface ResealedBatch extends ResealItemsResult {
  /** Items taken so far, this batch and those that failed included. */
  readonly done: number;
  /** KMS calls so far, this batch's included. */
  readonly kmsCalls: number;
}

/**
 * What {@link ItemEncryptor.encryptDocument} and {@link ItemEncryptor.decryptDocument} return. `T` is the type of the
 * document, as the caller or the table says.
 */
export interface DocumentResult<T extends object = NativeDocument> {
  /** The document, sealed or opened, for a DocumentClient. */
  readonly document: T;
  /** The same as attribute values, for `toDynamoJson` or the low-level client. */
  readonly item: AttributeMap;
  /** Absent when the item was, and stays, in plaintext. */
  readonly header?: ItemHeader;
}

/**
 * Seals and opens the items of one table (`dynamodb-encryption-client/ddb-item-encryptor.md`). One data key for each
 * item, whatever the number of its attributes.
 *
 * Errors name the attribute, and in a batch the item. A batch that fails gives nothing back, unless it settles.
 * {@link UsageError} for what the table does not allow, {@link MalformedInputError} for what is not a sealed item,
 * {@link AuthenticationError} for one that was changed, {@link NoKeyError} without a keyring that opens it,
 * {@link LimitError}, and {@link KmsError} for what the service said.
 *
 * Packing, raw keyrings and ciphers work within the call: less than 0.1 ms an item of 20 attributes. A batch gives the host
 * its turn every 8 ms while it seals or opens, not while it packs and unpacks.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32)) // yours comes from a secret store
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 * })
 *
 * // Native values, as the DynamoDBDocumentClient takes them: for PutCommand, from GetCommand.
 * const sealed = await customers.encryptDocument({ customer_id: 'c-1', ssn: '078-05-1120' })
 * console.log(Object.keys(sealed.document)) // → [ 'customer_id', 'ssn', 'aws_dbe_head', 'aws_dbe_foot' ]
 * const opened = await customers.decryptDocument(sealed.document)
 * console.log(opened.document) // → { customer_id: 'c-1', ssn: '078-05-1120' }
 *
 * // Attribute values, as the DynamoDBClient takes them.
 * const { item } = await customers.encryptItem({
 *   customer_id: { S: 'c-2' },
 *   ssn: { S: '219-09-9999' },
 * })
 * const { item: plain, header } = await customers.decryptItem(item)
 * console.log(plain.ssn, header?.attributeActions.ssn) // → { S: '219-09-9999' } ENCRYPT_AND_SIGN
 * ```
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring } from 'fieldseal'
 *
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName: 'key-1',
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   }),
 * })
 *
 * // Many at once; with `settle`, what fails does so by itself.
 * const documents = [
 *   { customer_id: 'c-1', ssn: '078-05-1120' },
 *   { customer_id: 'c-2', ssn: '219-09-9999' },
 * ]
 * const sealed = await customers.encryptDocuments(documents)
 * const changed = sealed.map(({ document }, i) =>
 *   i === 0 ? document : { ...document, customer_id: 'c-3' },
 * )
 * for (const outcome of await customers.decryptDocuments(changed, { settle: true })) {
 *   console.log('error' in outcome ? outcome.error.code : outcome.document.ssn)
 * }
 * // → 078-05-1120
 * // → NO_KEYRING_OPENED
 *
 * const items = await customers.encryptItems([{ customer_id: { S: 'c-4' } }])
 * const [opened] = await customers.decryptItems(items.map(({ item }) => item))
 * console.log(opened?.item) // → { customer_id: { S: 'c-4' } }
 * ```
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring } from 'fieldseal'
 *
 * // After a rotation: what the old key sealed moves to the new one, without leaving the core in plaintext.
 * const encryptor = (keyName: string) =>
 *   new ItemEncryptor({
 *     logicalTableName: 'customers',
 *     partitionKeyName: 'customer_id',
 *     attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *     keyring: rawAesKeyring({
 *       keyNamespace: 'shop',
 *       keyName,
 *       wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *     }),
 *   })
 * const [before, after] = [encryptor('key-1'), encryptor('key-2')]
 * const { item } = await before.encryptItem({ customer_id: { S: 'c-1' }, ssn: { S: '078-05-1120' } })
 *
 * const { items } = await after.resealItems([item], { from: before })
 * const opened = await after.decryptItem(items[0] ?? {})
 * console.log(opened.item.ssn) // → { S: '078-05-1120' }
 *
 * // A whole table, batch by batch: store each batch before the next one is made.
 * const scanned = [item]
 * for await (const { items, failed } of after.resealAll(scanned, { from: before })) {
 *   console.log(items.length, failed.length) // → 1 0
 * }
 * ```
 */
export class ItemEncryptor<T extends object = NativeDocument> {
  /** @internal */
  readonly _object: CoreObject;
  readonly #actions: ReadonlyMap<string, CryptoAction>;
  readonly #keys: readonly string[];
  readonly #maxPendingBytes: number;
  /** Attributes that are ciphertexts once they are sealed. */
  readonly #encrypted: ReadonlySet<string>;
  readonly #search: Search | undefined;
  readonly #documentOptions: DocumentOptions;

  /**
   * @throws UsageError `INVALID_CONFIG` for a table that cannot be (a key attribute that is encrypted, an unsigned
   * attribute that is not allowed, neither keyring nor CMM, an unknown action); `INVALID_ARGUMENT` for an unknown option
   * or one of the wrong type; `SUITE_NOT_ALLOWED`; `RESERVED_NAME` for names that begin with `aws_dbe_`
   */
  constructor(options: ItemEncryptorOptions<T>) {
    const given = readOptions(options, {
      ...TABLE_OPTIONS,
      documentOptions: COPY,
      keyring: COPY,
      cmm: COPY,
      search: KEEP,
    });
    // Nothing is read from `names` by name: a rest is an ordinary object, which inherits.
    const {
      keyring,
      cmm,
      attributeActions,
      allowedUnsignedAttributes = [],
      algorithmSuite,
      maxEncryptedDataKeys,
      maxPendingBytes,
      dropReservedAttributes = false,
      plaintextOverride = 'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ',
      documentOptions = {},
      search,
      ...names
    } = given;
    this.#documentOptions = readDocumentOptions(documentOptions, {}, {}, 'documentOptions');
    const materials = oneOf({ keyring, cmm });
    if (!isPlainObject(attributeActions)) {
      throw wrong('attributeActions', 'an object', attributeActions);
    }
    const actions = Object.entries(attributeActions as Record<string, CryptoAction>);
    for (const [name, action] of actions) {
      mustBeStrings({ 'a name in attributeActions': name });
      mustBeOneOf(`the action of '${name}'`, action, ACTION_NAMES, 'INVALID_CONFIG', name);
    }
    mustBeStrings(names);
    stringArray('allowedUnsignedAttributes', allowedUnsignedAttributes);
    if (algorithmSuite !== undefined) {
      mustBeOneOf('algorithmSuite', algorithmSuite, ITEM_SUITES, 'SUITE_NOT_ALLOWED');
    }
    mustBeOneOf('plaintextOverride', plaintextOverride, PLAINTEXT_OVERRIDE_NAMES);
    if (typeof dropReservedAttributes !== 'boolean') {
      throw wrong('dropReservedAttributes', 'a boolean', dropReservedAttributes);
    }
    const { partitionKeyName, sortKeyName } = given;
    this.#keys = sortKeyName === undefined ? [partitionKeyName] : [partitionKeyName, sortKeyName];
    this.#maxPendingBytes = pendingLimit(maxPendingBytes);
    this.#actions = new Map(actions);
    const writes = plaintextOverride !== 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ';
    const encrypted = actions.filter(([, action]) => writes && action === 'ENCRYPT_AND_SIGN');
    this.#encrypted = new Set(encrypted.map(([name]) => name));
    // Made anew from this alone, whenever the core is: the caller may have changed the options since.
    const config = {
      ...names,
      attributeActions: actions,
      allowedUnsignedAttributes,
      algorithmSuite,
      maxEncryptedDataKeys: limitOption(
        'maxEncryptedDataKeys',
        maxEncryptedDataKeys,
        DEFAULT_MAX_ITEM_KEYS,
        255,
      ),
      dropReservedAttributes,
      plaintextOverride,
    };
    const searched =
      search === undefined ? undefined : readSearchOptions(search, given.logicalTableName);
    this.#search = searched;
    this._object = new CoreObject((owner) => {
      const made = { ...config, materials: materials.handle(owner) };
      return searched?.encryptor(owner, made) ?? owner.make((glue) => glue.make_encryptor(made));
    });
  }

  /**
   * Seals an item. Attributes to encrypt become `{ B }`; `aws_dbe_head` and `aws_dbe_foot` are added.
   *
   * @throws UsageError `ATTRIBUTE_WITHOUT_ACTION`, `ATTRIBUTE_MISSING` for a key attribute, `RESERVED_NAME`,
   * `KEYRING_CANNOT`, `INVALID_ARGUMENT`
   * @throws MalformedInputError `MALFORMED_ATTRIBUTE`, `MALFORMED_NUMBER`
   * @throws LimitError `LIMIT_EXCEEDED`; with KMS keyrings KmsError
   */
  async encryptItem(item: AttributeMap, options: CallOptions = {}): Promise<ItemResult> {
    return only(await this._run(this.#sealing([item]), readOptions(options, CALL)));
  }

  /**
   * Opens an item. Numbers come back normalized and sets sorted where they were encrypted.
   *
   * @throws AuthenticationError `SIGNATURE_MISMATCH`, `SIGNED_ATTRIBUTES_CHANGED`, `ATTRIBUTE_TAG_MISMATCH`,
   * `COMMITMENT_MISMATCH`: the item was changed; do not use it
   * @throws NoKeyError `NO_KEYRING_OPENED`, with the reason of each keyring: another key, another table, or a key
   * attribute that was changed
   * @throws MalformedInputError `MALFORMED_HEADER`, `MALFORMED_FOOTER`, `MALFORMED_ATTRIBUTE`
   * @throws UsageError `PLAINTEXT_ITEM` for one that was never sealed; `ATTRIBUTE_WITHOUT_ACTION`, `ATTRIBUTE_MISSING`
   * @throws LimitError `LIMIT_EXCEEDED`
   */
  async decryptItem(item: AttributeMap, options: CallOptions = {}): Promise<ItemResult> {
    return only(await this._run(this._opening([item]), readOptions(options, CALL)));
  }

  /**
   * Seals many items in one crossing into the core, each with its own data key. Every item has an outcome of its own: a
   * result or an error.
   */
  async encryptItems(
    items: readonly AttributeMap[],
    options: BatchOptions & { readonly settle: true },
  ): Promise<Outcome<ItemResult>[]>;
  /**
   * Seals many items in one crossing into the core, each with its own data key. The first error ends the batch.
   */
  async encryptItems(items: readonly AttributeMap[], options?: BatchOptions): Promise<ItemResult[]>;
  async encryptItems(
    items: readonly AttributeMap[],
    options: BatchOptions = {},
  ): Promise<Outcome<ItemResult>[]> {
    return this._run(this.#sealing(list(items)), readOptions(options, BATCH_OPTIONS));
  }

  /**
   * Opens many items in one crossing into the core. Every item has an outcome of its own: a result or an error.
   */
  async decryptItems(
    items: readonly AttributeMap[],
    options: BatchOptions & { readonly settle: true },
  ): Promise<Outcome<ItemResult>[]>;
  /** Opens many items in one crossing into the core. The first error ends the batch. */
  async decryptItems(items: readonly AttributeMap[], options?: BatchOptions): Promise<ItemResult[]>;
  async decryptItems(
    items: readonly AttributeMap[],
    options: BatchOptions = {},
  ): Promise<Outcome<ItemResult>[]> {
    return this._run(this._opening(list(items)), readOptions(options, BATCH_OPTIONS));
  }

  /**
   * Opens items and seals them anew, with this encryptor: under another keyring or the current version of the same.
   * Their values do not change, and those that are encrypted never leave the core. A batch that fails gives nothing
   * back, unless it settles.
   *
   * @throws UsageError `INVALID_CONFIG` naming an attribute that is encrypted and would not be any more, and for a table whose
   * items' partitions are chosen by a `partitionSelector`, which would have to see them
   */
  async resealItems(
    items: readonly AttributeMap[],
    options: ResealItemsOptions = {},
  ): Promise<ResealItemsResult> {
    const { from = this, settle, signal } = readOptions(options, { ...BATCH_OPTIONS, from: COPY });
    const given = list(items);
    let kmsCalls = 0;
    const resealing = this.#resealing(given, encryptorOf(from), (calls) => (kmsCalls += calls));
    const outcomes = await this._run(resealing, { settle, signal });
    const resealed: AttributeMap[] = [];
    const failed: FailedItem[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      if (isFailure(outcome)) failed.push({ index, item: given[index]!, error: outcome.error });
      else resealed.push(outcome.item);
    }
    return { items: resealed, failed, kmsCalls };
  }

  /**
   * Reseals as many items as come, batch by batch, in their order. Store each batch before asking for the next: to stop
   * is to ask no more, to resume is to begin with the items that were not stored. An item that fails is named in its
   * batch and ends nothing. The host has its turn between batches.
   *
   * @throws UsageError `INVALID_ARGUMENT`
   */
  resealAll(
    items: Iterable<AttributeMap> | AsyncIterable<AttributeMap>,
    options: ResealAllOptions = {},
  ): AsyncGenerator<ResealedBatch, void, undefined> {
    // Here and not when the first batch is asked for: the caller may have changed them by then.
    const names = { from: COPY, batchSize: COPY, signal: KEEP } as const;
    const { batchSize = 25, from = this, signal } = readOptions(options, names);
    mustBeCount('batchSize', batchSize);
    return this.#resealAll(items, batchSize, { from: encryptorOf(from), signal, settle: true });
  }

  async *#resealAll(
    items: Iterable<AttributeMap> | AsyncIterable<AttributeMap>,
    batchSize: number,
    options: ResealItemsOptions,
  ): AsyncGenerator<ResealedBatch, void, undefined> {
    let done = 0;
    let kmsCalls = 0;
    let batch: AttributeMap[] = [];
    const turns = new Turns();
    const reseal = async (): Promise<ResealedBatch> => {
      const before = done;
      const resealed = await this.resealItems(batch, options);
      done += batch.length;
      batch = [];
      kmsCalls += resealed.kmsCalls;
      await turns.next();
      const failed = resealed.failed.map((item) => ({ ...item, index: before + item.index }));
      return { items: resealed.items, failed, done, kmsCalls };
    };
    for await (const item of items) {
      // The source may use the same object for the next one.
      if (batch.push(copyOfItem(item)) >= batchSize) yield await reseal();
    }
    if (batch.length > 0) yield await reseal();
  }

  /**
   * Seals native JavaScript values, as the DocumentClient takes them.
   *
   * @throws UsageError `INVALID_ARGUMENT` for a value that cannot be stored, with its place in `attribute`; and as
   * {@link encryptItem}
   */
  async encryptDocument<D extends object = T>(
    document: InputOf<D>,
    options: DocumentOptions & CallOptions = {},
  ): Promise<DocumentResult<SealedDocument<D>>> {
    return only(await this.#encryptDocuments<D>([document], this.#how(options, CALL)));
  }

  /**
   * Opens what {@link encryptDocument} made, or any item in its DocumentClient form. That the document has the type `D`
   * is the caller's word: what was sealed is what comes back.
   *
   * A DocumentClient rounds numbers of more than 17 digits when it reads them, and a signed one does not verify any
   * more: give it `unmarshallOptions: { wrapNumbers: true }` where such numbers are signed and not encrypted.
   *
   * @throws UsageError `INVALID_ARGUMENT` for a value that cannot be stored, with its place in `attribute`; and as
   * {@link decryptItem}
   */
  async decryptDocument<D extends object = T>(
    document: InputOf<NativeDocument>,
    options: DocumentOptions & CallOptions = {},
  ): Promise<DocumentResult<D>> {
    return only(await this.#decryptDocuments<D>([document], this.#how(options, CALL)));
  }

  /**
   * Seals many documents in one crossing into the core, each with its own data key. Every document has an outcome of
   * its own: a result or an error.
   */
  async encryptDocuments<D extends object = T>(
    documents: readonly InputOf<D>[],
    options: DocumentOptions & BatchOptions & { readonly settle: true },
  ): Promise<Outcome<DocumentResult<SealedDocument<D>>>[]>;
  /**
   * Seals many documents in one crossing into the core, each with its own data key. The first error ends the batch.
   */
  async encryptDocuments<D extends object = T>(
    documents: readonly InputOf<D>[],
    options?: DocumentOptions & BatchOptions,
  ): Promise<DocumentResult<SealedDocument<D>>[]>;
  async encryptDocuments<D extends object = T>(
    documents: readonly InputOf<D>[],
    options: DocumentOptions & BatchOptions = {},
  ): Promise<Outcome<DocumentResult<SealedDocument<D>>>[]> {
    return await this.#encryptDocuments<D>(
      list(documents, 'documents'),
      this.#how(options, BATCH_OPTIONS),
    );
  }

  /**
   * Opens many documents in one crossing into the core; as {@link decryptDocument}. Every document has an outcome of
   * its own: a result or an error.
   */
  async decryptDocuments<D extends object = T>(
    documents: readonly InputOf<NativeDocument>[],
    options: DocumentOptions & BatchOptions & { readonly settle: true },
  ): Promise<Outcome<DocumentResult<D>>[]>;
  /**
   * Opens many documents in one crossing into the core; as {@link decryptDocument}. The first error ends the batch.
   */
  async decryptDocuments<D extends object = T>(
    documents: readonly InputOf<NativeDocument>[],
    options?: DocumentOptions & BatchOptions,
  ): Promise<DocumentResult<D>[]>;
  async decryptDocuments<D extends object = T>(
    documents: readonly InputOf<NativeDocument>[],
    options: DocumentOptions & BatchOptions = {},
  ): Promise<Outcome<DocumentResult<D>>[]> {
    return await this.#decryptDocuments<D>(
      list(documents, 'documents'),
      this.#how(options, BATCH_OPTIONS),
    );
  }

  #how<O extends BatchOptions>(options: DocumentOptions & O, names: OptionNames<O>) {
    return readDocumentOptions(options, this.#documentOptions, names);
  }

  #encryptDocuments<D extends object>(
    documents: readonly unknown[],
    how: DocumentOptions & BatchOptions,
  ) {
    return this.#asDocuments<SealedDocument<D>>(this.#sealing(documents), how, how);
  }

  #decryptDocuments<D extends object>(
    documents: readonly unknown[],
    how: DocumentOptions & BatchOptions,
  ) {
    // What is empty was signed so.
    const asTheyAre = readDocumentOptions({ convertEmptyValues: false }, how);
    return this.#asDocuments<D>(this._opening(documents), how, asTheyAre);
  }

  async #asDocuments<D extends object>(
    batch: Batch<ItemResult>,
    how: DocumentOptions & BatchOptions,
    toItems: DocumentOptions,
  ): Promise<Outcome<DocumentResult<D>>[]> {
    const attributes = (given: unknown) => this.#attributes(given, toItems);
    const outcomes = await this._run({ ...batch, attributes }, how);
    return outcomes.map((outcome, i) => {
      if (isFailure(outcome)) return outcome;
      try {
        return asDocument<D>(outcome, how);
      } catch (error) {
        if (how.settle !== true) throw endOf(outcomes, error, i);
        return { error: failureOf(error, i) };
      }
    });
  }

  #attributes(document: unknown, options: DocumentOptions): AttributeMap {
    const item = attributesOf(document, options);
    for (const name of this.#keys) {
      const value = Object.hasOwn(item, name) ? item[name] : undefined;
      // DynamoDB has no keys of other types. Attribute values taken for native ones are maps.
      if (!value || 'S' in value || 'N' in value || 'B' in value) continue;
      const next = 'Attribute values such as { S: … } are for encryptItem and decryptItem.';
      throw usage('INVALID_ARGUMENT', 'a key must be a string, a number or bytes', next, name);
    }
    return item;
  }

  /** @internal Runs a batch; the workers of `fieldseal/workers` do it in other threads. */
  protected _run<R>(batch: Batch<R>, options: BatchOptions): ReturnType<typeof runBatch<R>> {
    return runBatch(batch, options);
  }

  #sealing(items: readonly unknown[]): Batch<ItemResult> {
    const search = this.#search;
    return {
      items,
      givenBack: this.#encrypted,
      maxPendingBytes: this.#maxPendingBytes,
      uses: [this._object],
      work: 'encrypt_items',
      ...search?.inPartitions?.(),
      read: (output, packed, length) =>
        sealedItems(output, packed, length, search?.takeBeacons).map(
          (sealed, i): ItemResult | undefined => {
            if (!sealed?.info) return sealed && { item: sealed.item };
            const { item, header, info } = sealed;
            return sealedResult(item, () => ({
              header,
              info,
              actions: this.#actionsOf(packed[i]!),
            }));
          },
        ),
    };
  }

  /** @internal How it opens items. */
  _opening(items: readonly unknown[]): Batch<ItemResult> {
    return {
      items,
      givenBack: 'binary',
      maxPendingBytes: this.#maxPendingBytes,
      uses: [this._object],
      work: 'decrypt_items',
      read: (output, packed) =>
        unpackOpened(output, packed).map((opened): ItemResult | undefined => {
          if (!opened?.stored) return opened && { item: opened.item };
          return sealedResult(opened.item, opened.stored);
        }),
    };
  }

  #resealing(
    items: readonly AttributeMap[],
    from: ItemEncryptor,
    count: (kmsCalls: number) => void,
  ): Batch<SealedItem> {
    this.#search?.checkResealing();
    return {
      items,
      givenBack: this.#encrypted,
      maxPendingBytes: this.#maxPendingBytes,
      uses: [from._object, this._object],
      work: 'reseal_items',
      read: (output, packed, length) => {
        const end = output.length - 4;
        const view = new DataView(output.buffer, output.byteOffset, output.byteLength);
        count(view.getUint32(end, true));
        return sealedItems(output.subarray(0, end), packed, length, this.#search?.takeBeacons);
      },
    };
  }

  #actionsOf(packed: PackedItem): Record<string, CryptoAction> {
    const names = packed.names.filter((name) => !name.startsWith('aws_dbe_'));
    // fromEntries defines properties, so that an attribute may be called __proto__.
    return Object.fromEntries(names.map((name) => [name, this.#actions.get(name) ?? 'DO_NOTHING']));
  }
}
markClass('ItemEncryptor', ItemEncryptor);

/**
 * The header is parsed when it is asked for: most callers never do. A property of the result's own, so that spreading,
 * structuredClone and JSON have it too.
 */
function sealedResult(item: AttributeMap, stored: () => StoredParts): ItemResult {
  let parsed: ItemHeader | undefined;
  return {
    item,
    get header(): ItemHeader {
      if (parsed) return parsed;
      const { header, info, actions } = stored();
      return (parsed = {
        ...inspectHeader(header),
        attributeActions: actions,
        encryptionContext: readContext(info),
      });
    },
  };
}

/** Refuses anything but an encryptor. */
function encryptorOf(from: unknown): ItemEncryptor {
  if (from instanceof ItemEncryptor) return from as ItemEncryptor;
  throw wrong('from', 'an ItemEncryptor', from);
}

/** What sealing made of the items; `length` is that of the input. */
function sealedItems(
  output: Uint8Array,
  packed: readonly PackedItem[],
  length: number,
  takeBeacons: TakeBeacons | undefined,
): (SealedItem | undefined)[] {
  const sealed = unpackSealed(output, packed, takeBeacons);
  // Ciphertexts are longer than what they were made of: refused here if opening would refuse them.
  if (output.length + length >= MAX_LENGTH) {
    for (const result of sealed) if (result) packItems([result.item], 'binary').discard();
  }
  return sealed;
}

/** What a batch of one gave, which does not settle. */
function only<T>(outcomes: readonly Outcome<T>[]): T {
  return outcomes[0] as T;
}

/** A copy of an item that waits for its batch; one that has not the form of an item fails in the batch. */
function copyOfItem(item: AttributeMap): AttributeMap {
  try {
    const input = packItems([item]);
    input.discard();
    return plainItem(input.items[0]!).item;
  } catch {
    return item;
  }
}

function list<T>(items: readonly T[], what = 'items'): readonly T[] {
  // A copy: the caller may change the list while keys are fetched.
  if (isArray(items)) return Array.from(items as T[]);
  throw wrong(what, 'an array', items);
}

function asDocument<D extends object>(
  result: ItemResult,
  options: DocumentOptions,
): DocumentResult<D> {
  const document = documentOf(result.item, options) as D;
  const { item } = result;
  if (!Object.hasOwn(result, 'header')) return { document, item };
  return {
    document,
    item,
    get header() {
      return result.header!;
    },
  };
}
