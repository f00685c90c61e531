/** The item encryptor: DynamoDB items in, DynamoDB items out, wire-compatible with AWS's libraries. */

import type { AttributeMap } from './attribute-value.js';
import { readContext } from './context.js';
import { core, CoreObject, type Core } from './core.js';
import { fromAttributeMap, toAttributeMap } from './document.js';
import { readDocumentOptions, type DocumentOptions } from './document-options.js';
import { FieldsealError, usage } from './errors.js';
import { inspectHeader, type StoredHeader } from './inspect.js';
import { oneOf, strings, texts, type Cmm, type Keyring } from './keyrings.js';
import { limitOption } from './limits.js';
import { COPY, mustBeOneOf, readOptions } from './options.js';
import { isPlainObject, kindOf } from './own.js';
import { MAX_LENGTH, packItems, type GivenBack, type PackedItem } from './pack.js';
import { ACTIONS, plainItem, unpackOpened, unpackSealed } from './unpack.js';
import type { CryptoAction, SealedItem, StoredParts } from './unpack.js';

export type { CryptoAction };

const OVERRIDES = [
  'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ',
] as const;

export type PlaintextOverride = (typeof OVERRIDES)[number];

const SUITES = ['6700', '6701'] as const;

export interface ItemEncryptorOptions {
  /** Bound to every item: give the same wherever its copies are opened, whatever the table is called there. */
  readonly logicalTableName: string;
  readonly partitionKeyName: string;
  readonly sortKeyName?: string | undefined;
  /** The action of every attribute that an item may have. Key attributes are `SIGN_ONLY`. */
  readonly attributeActions: Readonly<Record<string, CryptoAction>>;
  /** Names that are not signed; exactly those with the action `DO_NOTHING`. */
  readonly allowedUnsignedAttributes?: readonly string[] | undefined;
  /** Names that begin so are not signed; better than a list, since it also covers attributes to come. */
  readonly allowedUnsignedAttributePrefix?: string | undefined;
  /**
   * `6701` (ECDSA signature, the default) or `6700` (none; the default for the KMS RSA keyring, which
   * cannot serve the other).
   */
  readonly algorithmSuite?: (typeof SUITES)[number] | undefined;
  /**
   * The most encrypted data keys that an item may have, sealed or opened: 1 to 255, or `Infinity`; default 32. Each may take
   * a call to a service; more are refused with `LIMIT_EXCEEDED` before any keyring is asked.
   */
  readonly maxEncryptedDataKeys?: number | undefined;
  /** Whether items in plaintext are written and read; by default neither. For migrations. */
  readonly plaintextOverride?: PlaintextOverride | undefined;
  /**
   * Drop attributes whose names begin with `aws_dbe_` when sealing, as the specification of AWS's item encryptor allows,
   * instead of refusing them by name, as AWS's clients of DynamoDB do. Default `false`.
   */
  readonly dropReservedAttributes?: boolean | undefined;
  /** Give a keyring or a CMM, not both. */
  readonly keyring?: Keyring | undefined;
  readonly cmm?: Cmm | undefined;
}

/** What a sealed item says of itself. */
export interface ItemHeader extends StoredHeader {
  /** The action of each of the item's attributes. */
  readonly attributeActions: Readonly<Record<string, CryptoAction>>;
  /** All of the encryption context, as the keyrings saw it. */
  readonly encryptionContext: Readonly<Record<string, string>>;
}

export interface ItemResult {
  readonly item: AttributeMap;
  /** Absent when the item was, and stays, in plaintext. */
  readonly header?: ItemHeader;
}

export interface ResealItemsOptions {
  /** What opens the items; by default the encryptor that seals them. */
  readonly from?: ItemEncryptor | undefined;
}

export interface ResealItemsResult {
  /** In the order given; items in plaintext are sealed, or left alone where the configuration says so. */
  readonly items: readonly AttributeMap[];
  /** How many KMS calls it took. */
  readonly kmsCalls: number;
}

export interface ResealAllOptions extends ResealItemsOptions {
  /** Items in a batch; default 25, what one BatchWriteItem takes. */
  readonly batchSize?: number | undefined;
}

export interface ResealedBatch extends ResealItemsResult {
  /** Items resealed so far, this batch included. */
  readonly done: number;
  /** KMS calls so far, this batch's included. */
  readonly kmsCalls: number;
}

export interface DocumentResult {
  readonly document: Record<string, unknown>;
  /** The same as attribute values, for `toDynamoJson` or the low-level client. */
  readonly item: AttributeMap;
  /** Absent when the item was, and stays, in plaintext. */
  readonly header?: ItemHeader;
}

/**
 * Seals and opens the items of one table. One data key for each item, whatever the number of its attributes.
 *
 * Errors name the attribute, and in a batch the item; a batch that fails gives nothing back.
 */
export class ItemEncryptor {
  readonly #object: CoreObject;
  readonly #actions: ReadonlyMap<string, CryptoAction>;
  readonly #keys: readonly string[];
  /** Attributes that are ciphertexts once they are sealed. */
  readonly #encrypted: ReadonlySet<string>;

  constructor(options: ItemEncryptorOptions) {
    const given = readOptions(options, {
      logicalTableName: COPY,
      partitionKeyName: COPY,
      sortKeyName: COPY,
      attributeActions: COPY,
      allowedUnsignedAttributes: COPY,
      allowedUnsignedAttributePrefix: COPY,
      algorithmSuite: COPY,
      maxEncryptedDataKeys: COPY,
      dropReservedAttributes: COPY,
      plaintextOverride: COPY,
      keyring: COPY,
      cmm: COPY,
    });
    // Nothing is read from `names` by name: a rest is an ordinary object, which inherits.
    const {
      keyring,
      cmm,
      attributeActions,
      allowedUnsignedAttributes = [],
      algorithmSuite,
      maxEncryptedDataKeys,
      dropReservedAttributes = false,
      plaintextOverride = OVERRIDES[2],
      ...names
    } = given;
    const materials = oneOf({ keyring, cmm });
    if (!isPlainObject(attributeActions)) {
      const problem = `attributeActions must be an object, not ${kindOf(attributeActions)}`;
      throw usage('INVALID_ARGUMENT', problem);
    }
    const actions = Object.entries(attributeActions as Record<string, CryptoAction>);
    for (const [name, action] of actions) {
      texts({ 'a name in attributeActions': name });
      mustBeOneOf(`the action of '${name}'`, action, ACTIONS, 'INVALID_CONFIG', name);
    }
    texts(names);
    strings('allowedUnsignedAttributes', allowedUnsignedAttributes);
    if (algorithmSuite !== undefined) {
      mustBeOneOf('algorithmSuite', algorithmSuite, SUITES, 'SUITE_NOT_ALLOWED');
    }
    mustBeOneOf('plaintextOverride', plaintextOverride, OVERRIDES);
    if (typeof dropReservedAttributes !== 'boolean') {
      throw usage('INVALID_ARGUMENT', 'dropReservedAttributes must be a boolean');
    }
    const { partitionKeyName, sortKeyName } = given;
    this.#keys = sortKeyName ? [partitionKeyName, sortKeyName] : [partitionKeyName];
    this.#actions = new Map(actions);
    const writes = plaintextOverride !== OVERRIDES[0];
    const encrypted = actions.filter(([, action]) => writes && action === 'ENCRYPT_AND_SIGN');
    this.#encrypted = new Set(encrypted.map(([name]) => name));
    // Made anew from this alone, whenever the core is: the caller may have changed the options since.
    const config = {
      ...names,
      attributeActions: actions,
      allowedUnsignedAttributes,
      algorithmSuite,
      maxEncryptedDataKeys: limitOption('maxEncryptedDataKeys', maxEncryptedDataKeys, 32, 255),
      dropReservedAttributes,
      plaintextOverride,
    };
    this.#object = new CoreObject((owner) =>
      owner.make((glue) => glue.make_encryptor({ ...config, materials: materials.handle(owner) })),
    );
  }

  /** Seals an item. Attributes to encrypt become `{ B }`; `aws_dbe_head` and `aws_dbe_foot` are added. */
  async encryptItem(item: AttributeMap): Promise<ItemResult> {
    return only(await this.#encrypt([item]));
  }

  /** Opens an item. Numbers come back normalized and sets sorted where they were encrypted. */
  async decryptItem(item: AttributeMap): Promise<ItemResult> {
    return only(await this.#decrypt([item]));
  }

  /** Seals many items in one crossing into the core, each with its own data key. */
  async encryptItems(items: readonly AttributeMap[]): Promise<ItemResult[]> {
    return this.#encrypt(list(items));
  }

  /** Opens many items in one crossing into the core. */
  async decryptItems(items: readonly AttributeMap[]): Promise<ItemResult[]> {
    return this.#decrypt(list(items));
  }

  /**
   * Opens items and seals them anew, with this encryptor: under another keyring or the current version of the same. Their
   * values do not change, and those that are encrypted never leave the core. A batch that fails gives nothing back.
   *
   * @throws UsageError `INVALID_CONFIG` naming an attribute that is encrypted and would not be any more
   */
  async resealItems(
    items: readonly AttributeMap[],
    options: ResealItemsOptions = {},
  ): Promise<ResealItemsResult> {
    const { from = this } = readOptions(options, { from: COPY });
    if (typeof from !== 'object' || from === null || !(#object in from)) {
      throw usage('INVALID_ARGUMENT', 'from must be an ItemEncryptor');
    }
    const owner = core();
    const [old, next] = [from.#object.handle(owner), this.#object.handle(owner)];
    const { packed, length } = cross(owner, list(items), this.#encrypted);
    return owner.run(
      (glue) => glue.reseal_items(old, next, false, length),
      (output) => {
        const end = output.length - 4;
        const view = new DataView(output.buffer, output.byteOffset, output.byteLength);
        const sealed = sealedItems(output.subarray(0, end), packed, length);
        return { items: sealed.map(({ item }) => item), kmsCalls: view.getUint32(end, true) };
      },
    );
  }

  /**
   * Reseals as many items as come, batch by batch, in their order. Store each batch before asking for the next: to stop is
   * to ask no more, to resume is to begin with the items that were not stored.
   */
  resealAll(
    items: Iterable<AttributeMap> | AsyncIterable<AttributeMap>,
    options: ResealAllOptions = {},
  ): AsyncGenerator<ResealedBatch, void, undefined> {
    // Here and not when the first batch is asked for: the caller may have changed them by then.
    const { batchSize = 25, ...how } = readOptions(options, { from: COPY, batchSize: COPY });
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw usage('INVALID_ARGUMENT', 'batchSize must be a whole number of at least 1');
    }
    return this.#resealAll(items, batchSize, how);
  }

  async *#resealAll(
    items: Iterable<AttributeMap> | AsyncIterable<AttributeMap>,
    batchSize: number,
    options: ResealItemsOptions,
  ): AsyncGenerator<ResealedBatch, void, undefined> {
    let done = 0;
    let kmsCalls = 0;
    let batch: AttributeMap[] = [];
    const reseal = async (): Promise<ResealedBatch> => {
      const resealed = await this.resealItems(batch, options);
      batch = [];
      done += resealed.items.length;
      kmsCalls += resealed.kmsCalls;
      return { items: resealed.items, done, kmsCalls };
    };
    for await (const item of items) {
      // The source may use the same object for the next one.
      if (batch.push(copyOfItem(item, batch.length)) >= batchSize) yield await reseal();
    }
    if (batch.length > 0) yield await reseal();
  }

  /** Seals native JavaScript values, as the DocumentClient takes them. */
  async encryptDocument(
    document: Readonly<Record<string, unknown>>,
    options: DocumentOptions = {},
  ): Promise<DocumentResult> {
    const how = readDocumentOptions(options);
    return asDocument(await this.encryptItem(this.#attributes(document, how)), how);
  }

  /** Opens what {@link encryptDocument} made, or any item in its DocumentClient form. */
  async decryptDocument(
    document: Readonly<Record<string, unknown>>,
    options: DocumentOptions = {},
  ): Promise<DocumentResult> {
    const how = readDocumentOptions(options);
    return asDocument(await this.decryptItem(this.#attributes(document, how)), how);
  }

  #attributes(document: Readonly<Record<string, unknown>>, options: DocumentOptions): AttributeMap {
    const item = toAttributeMap(document, options);
    for (const name of this.#keys) {
      const value = Object.hasOwn(item, name) ? item[name] : undefined;
      // DynamoDB has no keys of other types. Attribute values taken for native ones are maps.
      if (!value || 'S' in value || 'N' in value || 'B' in value) continue;
      const next = 'Attribute values such as { S: … } are for encryptItem and decryptItem.';
      throw usage('INVALID_ARGUMENT', 'a key must be a string, a number or bytes', next, name);
    }
    return item;
  }

  #encrypt(items: readonly AttributeMap[]): ItemResult[] | Promise<ItemResult[]> {
    const owner = core();
    const handle = this.#object.handle(owner);
    const { packed, length } = cross(owner, items, this.#encrypted);
    return owner.run(
      (glue) => glue.encrypt_items(handle, false, length),
      (output) =>
        sealedItems(output, packed, length).map(({ item, info }, i): ItemResult => {
          if (!info) return { item };
          return new SealedResult(item, () => ({
            header: item['aws_dbe_head']?.B,
            info,
            actions: this.#actionsOf(packed[i]!),
          }));
        }),
    );
  }

  #decrypt(items: readonly AttributeMap[]): ItemResult[] | Promise<ItemResult[]> {
    const owner = core();
    const handle = this.#object.handle(owner);
    const { packed, length } = cross(owner, items, 'binary');
    return owner.run(
      (glue) => glue.decrypt_items(handle, false, length),
      (output) =>
        unpackOpened(output, packed).map((opened): ItemResult => {
          const { item, stored } = opened;
          return stored ? new SealedResult(item, stored) : { item };
        }),
    );
  }

  #actionsOf(packed: PackedItem): Record<string, CryptoAction> {
    const names = packed.names.filter((name) => !name.startsWith('aws_dbe_'));
    // fromEntries defines properties, so that an attribute may be called __proto__.
    return Object.fromEntries(names.map((name) => [name, this.#actions.get(name) ?? 'DO_NOTHING']));
  }
}

/** The header is parsed when it is asked for: most callers never do. */
class SealedResult implements ItemResult {
  #header: ItemHeader | undefined;
  readonly #stored: () => StoredParts;

  constructor(
    readonly item: AttributeMap,
    stored: () => StoredParts,
  ) {
    this.#stored = stored;
  }

  get header(): ItemHeader {
    if (this.#header) return this.#header;
    const { header, info, actions } = this.#stored();
    return (this.#header = {
      ...inspectHeader(header),
      attributeActions: actions,
      encryptionContext: readContext(info),
    });
  }
}

/** Writes items into the core's memory; the core is called next, in the same turn. */
function cross(
  owner: Core,
  items: readonly AttributeMap[],
  givenBack: GivenBack,
): { packed: readonly PackedItem[]; length: number } {
  const input = packItems(items, givenBack);
  try {
    const length = owner.fillInput(input.byteLength, (memory, at) => input.writeInto(memory, at));
    return { packed: input.items, length };
  } finally {
    input.discard();
  }
}

/** What sealing made of the items; `length` is that of the input. */
function sealedItems(
  output: Uint8Array,
  packed: readonly PackedItem[],
  length: number,
): SealedItem[] {
  const sealed = unpackSealed(output, packed);
  // Ciphertexts are longer than what they were made of: refused here if opening would refuse them.
  if (output.length + length >= MAX_LENGTH) {
    for (const { item } of sealed) packItems([item], 'binary').discard();
  }
  return sealed;
}

function only(results: readonly ItemResult[]): ItemResult {
  return results[0]!;
}

/** A copy of an item that waits for its batch, in which it has this position. */
function copyOfItem(item: AttributeMap, itemIndex: number): AttributeMap {
  try {
    const input = packItems([item]);
    input.discard();
    return plainItem(input.items[0]!).item;
  } catch (error) {
    throw error instanceof FieldsealError ? Object.assign(error, { itemIndex }) : error;
  }
}

function list(items: readonly AttributeMap[]): readonly AttributeMap[] {
  if (Array.isArray(items)) return items;
  throw usage('INVALID_ARGUMENT', 'the items must be an array');
}

function asDocument(result: ItemResult, options: DocumentOptions): DocumentResult {
  const document = fromAttributeMap(result.item, options);
  const { item } = result;
  if (!(result instanceof SealedResult)) return { document, item };
  return {
    document,
    item,
    get header() {
      return result.header;
    },
  };
}
