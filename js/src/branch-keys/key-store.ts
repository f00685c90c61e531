/** The branch key store: branch keys on a DynamoDB table, wrapped by KMS. */

import { core, CoreObject } from '../core/core.js';
import type { Glue } from '../generated/glue.js';
import { signalOption, type CallOptions } from '../util/signal.js';
import { DynamoDbClient } from '../aws/dynamodb-client.js';
import { internal, usage, wrong } from '../errors.js';
import type { kind } from '../util/kind.js';
import { KmsClient, type EncryptionContext } from '../kms/client.js';
import { COPY, KEEP, readOptions, readVariant, type OptionNames } from '../util/options.js';
import { setOwn } from '../util/plain-object.js';
import { optionalString, optionalStringMap, stringArray, wellFormed } from '../util/strings.js';
import { markClass } from '../util/shared.js';

/** Which KMS key wraps the branch keys of a key store; never an alias. {@link KeyStoreOptions} shows them. */
export type KeyStoreKmsConfiguration =
  /** This key ARN and no other. */
  | { readonly type: 'kmsKeyArn'; readonly kmsKeyArn: string }
  /** This key ARN; if it is a multi-Region key, records of its replicas too. */
  | { readonly type: 'kmsMrkArn'; readonly kmsKeyArn: string }
  /** The key ARN that each record names. Reads only. */
  | { readonly type: 'discovery' }
  /** The same; if that is a multi-Region key, its replica in `region`. Reads only. */
  | { readonly type: 'mrkDiscovery'; readonly region: string };

/**
 * Options of {@link keyStore}.
 *
 * @example
 * ```ts
 * import { DynamoDbClient, KmsClient, keyStore, type KeyStoreOptions } from 'fieldseal'
 *
 * const region = 'eu-central-1'
 * const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } // or a function that fetches them
 * const common = {
 *   dynamodb: new DynamoDbClient({ region, credentials }),
 *   kms: new KmsClient({ region, credentials }),
 *   tableName: 'branch-keys',
 *   logicalKeyStoreName: 'branch-keys',
 * }
 * const kmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
 * const writer: KeyStoreOptions = { ...common, kmsKeyArn }
 * const reader: KeyStoreOptions = { ...common, kmsConfiguration: { type: 'discovery' } }
 *
 * for (const options of [writer, reader]) {
 *   const { kmsConfiguration } = await keyStore(options).getKeyStoreInfo()
 *   console.log(kmsConfiguration.type)
 * }
 * // → kmsKeyArn
 * // → discovery
 * ```
 */
export interface KeyStoreOptions {
  /** Has the table. */
  readonly dynamodb: DynamoDbClient;
  /** The table's name. */
  readonly tableName: string;
  /**
   * The name that is bound to every key of the store. It stays when a table is restored from a
   * backup under another name; two tables must not share one.
   */
  readonly logicalKeyStoreName: string;
  /** Wraps and unwraps the keys; its requests say `aws-kms-hierarchy` in their user agent. */
  readonly kms: KmsClient;
  /** Short for `kmsConfiguration: { type: 'kmsKeyArn', kmsKeyArn }`. Give one of the two. */
  readonly kmsKeyArn?: string | undefined;
  /** Which KMS key wraps the branch keys, where `kmsKeyArn` is not enough. */
  readonly kmsConfiguration?: KeyStoreKmsConfiguration | undefined;
  /** For all KMS calls. */
  readonly grantTokens?: readonly string[] | undefined;
  /** The key store's id; by default a random UUID. */
  readonly keyStoreId?: string | undefined;
}

/** What {@link KeyStore.createKey} takes. */
export interface CreateKeyRequest {
  /** An id of your own, which needs an encryption context; by default a random UUID. */
  readonly branchKeyId?: string | undefined;
  /** Bound to all versions of the key and to its beacon key. Not secret: it stands in the table. */
  readonly encryptionContext?: EncryptionContext | undefined;
}

/**
 * A branch key and its version that encrypts now, as {@link KeyStore.createKey} and {@link KeyStore.versionKey} return
 * it.
 */
export interface BranchKeyVersion {
  /** The branch key's id. */
  readonly branchKeyId: string;
  /** UUID, 36 characters. */
  readonly version: string;
}

/** One version of a branch key, with the key itself, as {@link KeyStore.getActiveBranchKey} returns it. */
export interface BranchKey extends BranchKeyVersion {
  /** The encryption context given to {@link KeyStore.createKey}. */
  readonly encryptionContext: Readonly<Record<string, string>>;
  /** The key in plaintext, 32 bytes: a secret. Overwrite it (`fill(0)`) when you are done. */
  readonly branchKey: Uint8Array;
}

/** The beacon key of a branch key, as {@link KeyStore.getBeaconKey} returns it. */
export interface BeaconKey {
  /** The branch key's id. */
  readonly branchKeyId: string;
  /** The encryption context given to {@link KeyStore.createKey}. */
  readonly encryptionContext: Readonly<Record<string, string>>;
  /** The key in plaintext, 32 bytes: a secret. Overwrite it (`fill(0)`) when you are done. */
  readonly beaconKey: Uint8Array;
}

/** What a key store was made of, as {@link KeyStore.getKeyStoreInfo} returns it. */
export interface KeyStoreInfo {
  /** The id that was given, or a random UUID. */
  readonly keyStoreId: string;
  /** The table's name. */
  readonly tableName: string;
  /** The name that is bound to every key. */
  readonly logicalKeyStoreName: string;
  /** Grant tokens of all KMS calls. */
  readonly grantTokens: readonly string[];
  /** Which KMS key wraps the branch keys. */
  readonly kmsConfiguration: KeyStoreKmsConfiguration;
}

export interface KeyStore {
  readonly [kind]: 'branch key store';
}

/**
 * A branch key store, compatible with that of the AWS libraries: either side uses what the other
 * created (`framework/branch-key-store.md`). Made by {@link keyStore}. Reading needs `dynamodb:GetItem` and
 * `kms:Decrypt` only.
 *
 * Errors: {@link KeyStoreError} (no such key, a changed record, another writer came first …),
 * {@link DynamoDbError} and {@link KmsError} (what the services answered), {@link UsageError}.
 *
 * @example
 * ```ts
 * import { DynamoDbClient, KmsClient, keyStore } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // A KMS on this machine, and DynamoDB wherever AWS_ENDPOINT_URL_DYNAMODB says. For AWS: { region, credentials }.
 * const dev = await startDevKms()
 * const { arn } = await dev.createKey()
 * const region = 'eu-central-1'
 * const endpoint = process.env.AWS_ENDPOINT_URL_DYNAMODB
 * const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
 * const store = keyStore({
 *   dynamodb: new DynamoDbClient({ endpoint, region, credentials }),
 *   kms: new KmsClient({ endpoint: dev.url, region: dev.region }),
 *   kmsKeyArn: arn,
 *   tableName: 'example-branch-keys',
 *   logicalKeyStoreName: 'example-branch-keys',
 * })
 * await store.createKeyStore() // the table, unless it is there
 * console.log((await store.getKeyStoreInfo()).tableName) // → example-branch-keys
 *
 * const { branchKeyId, version } = await store.createKey({ encryptionContext: { tenant: 'a' } })
 * const rotated = await store.versionKey({ branchKeyId })
 *
 * const active = await store.getActiveBranchKey({ branchKeyId })
 * console.log(active.version === rotated.version, active.branchKey.length) // → true 32
 * const first = await store.getBranchKeyVersion({ branchKeyId, version })
 * console.log(first.encryptionContext) // → { tenant: 'a' }
 * const { beaconKey } = await store.getBeaconKey({ branchKeyId })
 * for (const key of [active.branchKey, first.branchKey, beaconKey]) key.fill(0)
 * await dev.close()
 * ```
 */
export class KeyStore {
  /** @internal */
  readonly _object: CoreObject;
  /** @internal */
  readonly _tableName: string;
  readonly #info: KeyStoreInfo;

  /** @internal */
  constructor(options: KeyStoreOptions) {
    const given = readOptions(options, {
      dynamodb: COPY,
      tableName: COPY,
      logicalKeyStoreName: COPY,
      kms: COPY,
      kmsKeyArn: COPY,
      kmsConfiguration: COPY,
      grantTokens: COPY,
      keyStoreId: COPY,
    });
    const { dynamodb, kms, tableName, logicalKeyStoreName, kmsKeyArn, grantTokens = [] } = given;
    if (!(dynamodb instanceof DynamoDbClient)) {
      throw wrong('dynamodb', 'a DynamoDbClient', dynamodb);
    }
    if (!(kms instanceof KmsClient)) throw wrong('kms', 'a KmsClient', kms);
    needed('tableName', tableName);
    needed('logicalKeyStoreName', logicalKeyStoreName);
    if ((kmsKeyArn === undefined) === (given.kmsConfiguration === undefined)) {
      throw usage('INVALID_CONFIG', 'give either kmsKeyArn or kmsConfiguration');
    }
    const kmsConfiguration = checkedConfiguration(
      given.kmsConfiguration ?? { type: 'kmsKeyArn', kmsKeyArn: kmsKeyArn as string },
    );
    stringArray('grantTokens', grantTokens);
    optionalString('keyStoreId', given.keyStoreId);

    const { type: kmsType, ...key } = kmsConfiguration;
    const config = { tableName, logicalKeyStoreName, grantTokens, kmsType, ...key };
    let { keyStoreId } = given;
    this._object = new CoreObject((owner) => {
      const clients = { dynamodb: dynamodb._object.handle(owner), kms: kms._object.handle(owner) };
      const whole = { ...config, ...clients, keyStoreId };
      return owner.make((glue) => glue.make_key_store(whole));
    });
    // Kept, so that the id stays the same when the core is replaced. It waits for nothing.
    const made = this.#start('GetKeyStoreInfo', {}) as { keyStoreId: string };
    keyStoreId = made.keyStoreId;
    this._tableName = tableName;
    this.#info = Object.freeze({
      keyStoreId,
      tableName,
      logicalKeyStoreName,
      grantTokens: Object.freeze(grantTokens),
      kmsConfiguration,
    });
  }

  /**
   * Makes sure that the table is there, has the keys of a key store and can be used. Creates it if
   * there is none (on-demand capacity) and waits for it, up to two minutes.
   *
   * @returns the table's ARN
   * @throws KeyStoreError `KEY_STORE_TABLE` if the table has other keys or does not become ready
   */
  async createKeyStore(options?: CallOptions): Promise<{ readonly tableArn: string }> {
    return this.#send('CreateKeyStore', {}, options);
  }

  /**
   * Creates a branch key: its first version, which is the active one, and its beacon key.
   *
   * @throws KeyStoreError `BRANCH_KEY_EXISTS`
   * @throws UsageError `INVALID_ARGUMENT` for an id without an encryption context;
   *   `INVALID_CONFIG` if the key store only reads
   */
  async createKey(
    request: CreateKeyRequest = {},
    options?: CallOptions,
  ): Promise<BranchKeyVersion> {
    const given = readRequest('createKey', request, { branchKeyId: COPY, encryptionContext: KEEP });
    const { branchKeyId, encryptionContext = {} } = given;
    if (branchKeyId !== undefined) needed('createKey: branchKeyId', branchKeyId);
    optionalStringMap('createKey: encryptionContext', encryptionContext);
    const pairs = Object.entries(encryptionContext);
    // A key or value that changes on its way would be another one in the table.
    for (const part of pairs.flat()) wellFormed('createKey: encryptionContext', part);
    return this.#send('CreateKey', { branchKeyId, encryptionContext: pairs }, options);
  }

  /**
   * Makes a new version of a branch key the active one. Earlier versions still open what they
   * sealed; the beacon key stays.
   *
   * @throws KeyStoreError `BRANCH_KEY_NOT_FOUND`; `BRANCH_KEY_NOT_ACTIVE`, see {@link restoreActive};
   *   `BRANCH_KEY_CHANGED` if another writer came
   *   first, in which case nothing was written; and as {@link getActiveBranchKey}
   * @throws UsageError `INVALID_CONFIG` if the key store only reads
   */
  async versionKey(
    request: { readonly branchKeyId: string },
    options?: CallOptions,
  ): Promise<BranchKeyVersion> {
    return this.#send('VersionKey', ofKey('versionKey', request), options);
  }

  /**
   * Writes the active record of a branch key that lost it (`BRANCH_KEY_NOT_ACTIVE`), from the record of a version,
   * which encrypts from then on. What versions there are stands in the table; which one sealed something, in what was
   * sealed.
   *
   * @throws KeyStoreError `BRANCH_KEY_EXISTS` if the active record is there, in which case nothing was written;
   *   `BRANCH_KEY_NOT_FOUND` if the version is not; and as {@link getBranchKeyVersion}
   * @throws UsageError `INVALID_ARGUMENT` if `version` is not a UUID; `INVALID_CONFIG` if the key store only reads
   *
   * @example
   * ```ts
   * import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
   * import { DynamoDbClient, KeyStoreError, KmsClient, keyStore } from 'fieldseal'
   * import { startDevKms } from 'fieldseal/testing'
   *
   * const dev = await startDevKms()
   * const { arn } = await dev.createKey()
   * const dynamodb = {
   *   region: 'eu-central-1',
   *   credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
   *   ...(process.env.AWS_ENDPOINT_URL_DYNAMODB && { endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB }),
   * }
   * const tableName = 'example-restored-keys'
   * const store = keyStore({
   *   dynamodb: new DynamoDbClient(dynamodb),
   *   kms: new KmsClient({ endpoint: dev.url, region: dev.region }),
   *   kmsKeyArn: arn,
   *   tableName,
   *   logicalKeyStoreName: tableName,
   * })
   * await store.createKeyStore()
   * const { branchKeyId, version } = await store.createKey()
   *
   * // Somebody deletes the record that says which version is the active one …
   * const Key = { 'branch-key-id': { S: branchKeyId }, type: { S: 'branch:ACTIVE' } }
   * await new DynamoDBClient(dynamodb).send(new DeleteItemCommand({ TableName: tableName, Key }))
   * const failure = await store.getActiveBranchKey({ branchKeyId }).catch((error: unknown) => error)
   * console.log(failure instanceof KeyStoreError && failure.code) // → BRANCH_KEY_NOT_ACTIVE
   *
   * // … and the version that was active becomes so again.
   * const restored = await store.restoreActive({ branchKeyId, version })
   * console.log(restored.version === version) // → true
   * await dev.close()
   * ```
   */
  async restoreActive(
    request: {
      readonly branchKeyId: string;
      readonly version: string;
    },
    options?: CallOptions,
  ): Promise<BranchKeyVersion> {
    return this.#send('RestoreActive', ofVersion('restoreActive', request), options);
  }

  /**
   * The active version, with the key in plaintext: for use outside of this package's keyrings.
   * Whoever has the bytes needs neither KMS nor the table any more.
   *
   * @throws KeyStoreError `BRANCH_KEY_NOT_FOUND`; `BRANCH_KEY_NOT_ACTIVE`; `MALFORMED_BRANCH_KEY`,
   * `BRANCH_KEY_MISMATCH`,
   *   `BRANCH_KEY_WRONG_KMS_KEY` if the record must not be used
   */
  async getActiveBranchKey(
    request: { readonly branchKeyId: string },
    options?: CallOptions,
  ): Promise<BranchKey> {
    return this.#key('GetActiveBranchKey', ofKey('getActiveBranchKey', request), options);
  }

  /**
   * A version by its UUID, with the key in plaintext; see {@link getActiveBranchKey}.
   *
   * @throws UsageError `INVALID_ARGUMENT` if `version` is not a UUID
   */
  async getBranchKeyVersion(
    request: {
      readonly branchKeyId: string;
      readonly version: string;
    },
    options?: CallOptions,
  ): Promise<BranchKey> {
    return this.#key('GetBranchKeyVersion', ofVersion('getBranchKeyVersion', request), options);
  }

  /**
   * The beacon key, in plaintext; see {@link getActiveBranchKey}.
   *
   * @throws KeyStoreError as {@link getActiveBranchKey}
   */
  async getBeaconKey(
    request: { readonly branchKeyId: string },
    options?: CallOptions,
  ): Promise<BeaconKey> {
    return this.#key('GetBeaconKey', ofKey('getBeaconKey', request), options);
  }

  /** What the key store was made of. */
  async getKeyStoreInfo(): Promise<KeyStoreInfo> {
    return this.#info;
  }

  async #key<T>(operation: string, request: object, options?: CallOptions): Promise<T> {
    const key = await this.#send<Record<string, unknown>>(operation, request, options);
    const encryptionContext: Record<string, string> = {};
    for (const [name, value] of key['encryptionContext'] as [string, string][]) {
      setOwn(encryptionContext, name, value);
    }
    return { ...key, encryptionContext } as T;
  }

  async #send<T>(operation: string, request: object, options?: CallOptions): Promise<T> {
    return this.#start(operation, request, signalOption(options)) as Promise<T>;
  }

  #start(operation: string, request: object, signal?: AbortSignal): unknown {
    const start = (glue: Glue, store: number): number =>
      glue.key_store_call(store, operation, request);
    return core().run([this._object], start, never, signal);
  }
}
markClass('KeyStore', KeyStore);

/**
 * A branch key store on a DynamoDB table (`framework/branch-key-store.md`). Sends nothing;
 * {@link KeyStore.createKeyStore} makes the table.
 *
 * @throws UsageError `INVALID_CONFIG`, `INVALID_ARGUMENT`
 * @throws MalformedInputError `MALFORMED_KEY_ID` if the KMS key is not given by a key ARN
 *
 * @example
 * ```ts
 * import {
 *   DynamoDbClient,
 *   EncryptionClient,
 *   KmsClient,
 *   awsKmsHierarchicalKeyring,
 *   keyStore,
 * } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // A KMS on this machine, and DynamoDB wherever AWS_ENDPOINT_URL_DYNAMODB says. For AWS: { region, credentials }.
 * const dev = await startDevKms()
 * const { arn } = await dev.createKey()
 * const endpoint = process.env.AWS_ENDPOINT_URL_DYNAMODB
 * const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
 * const store = keyStore({
 *   dynamodb: new DynamoDbClient({ endpoint, region: 'eu-central-1', credentials }),
 *   kms: new KmsClient({ endpoint: dev.url, region: dev.region }),
 *   kmsKeyArn: arn,
 *   tableName: 'example-keys-of-a-shop',
 *   logicalKeyStoreName: 'keys-of-a-shop',
 * })
 * await store.createKeyStore()
 * const { branchKeyId } = await store.createKey()
 *
 * const keyring = awsKmsHierarchicalKeyring({ keyStore: store, branchKeyId, ttlSeconds: 600 })
 * const client = new EncryptionClient()
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), { keyring })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * await dev.close()
 * ```
 */
export function keyStore(options: KeyStoreOptions): KeyStore {
  return new KeyStore(options);
}

function checkedConfiguration(given: KeyStoreKmsConfiguration): KeyStoreKmsConfiguration {
  const names = {
    kmsKeyArn: { type: COPY, kmsKeyArn: COPY },
    kmsMrkArn: { type: COPY, kmsKeyArn: COPY },
    discovery: { type: COPY },
    mrkDiscovery: { type: COPY, region: COPY },
  } as const;
  const checked = readVariant('kmsConfiguration', given, names, 'INVALID_CONFIG');
  if (checked.type === 'mrkDiscovery') needed('kmsConfiguration.region', checked.region);
  else if (checked.type !== 'discovery') needed('kmsConfiguration.kmsKeyArn', checked.kmsKeyArn);
  return Object.freeze({ ...checked });
}

function readRequest<T extends object>(operation: string, request: T, names: OptionNames<T>): T {
  return readOptions(request, names, `${operation}'s request`);
}

type VersionRequest = { readonly branchKeyId: string; readonly version: string };

/** A request that names a branch key and nothing else. */
function ofKey(operation: string, request: Omit<VersionRequest, 'version'>): object {
  const { branchKeyId } = readRequest(operation, request, { branchKeyId: COPY });
  needed(`${operation}: branchKeyId`, branchKeyId);
  return { branchKeyId };
}

/** A request that names a version of a branch key. */
function ofVersion(operation: string, request: VersionRequest): object {
  const names = { branchKeyId: COPY, version: COPY } as const;
  const { branchKeyId, version } = readRequest(operation, request, names);
  needed(`${operation}: branchKeyId`, branchKeyId);
  needed(`${operation}: version`, version);
  return { branchKeyId, version };
}

function needed(name: string, value: unknown): void {
  optionalString(name, value ?? null);
  wellFormed(name, value as string);
}

function never(): never {
  throw internal('a key store call ended with bytes');
}
