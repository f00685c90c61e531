/** The AWS KMS hierarchical keyring. */

import type { HierarchicalConfig } from '../generated/config.js';
import { storeObject, type BranchKeyStore } from '../branch-keys/branch-key-store.js';
import {
  cacheObject,
  checkObserver,
  checkSeconds,
  defaultCache,
  type CacheEvent,
  type MaterialsCache,
} from '../caches/cache.js';
import { CoreObject } from '../core/core.js';
import { usage, wrong } from '../errors.js';
import { callersValue } from '../util/caller-function.js';
import { contextOf, type Pairs } from '../util/encryption-context.js';
import { COPY, readOptions } from '../util/options.js';
import { kindOf } from '../util/plain-object.js';
import { hasLoneSurrogate, mustBeStrings } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';

/**
 * Options of {@link awsKmsHierarchicalKeyring}.
 *
 * @example
 * ```ts
 * import { EncryptionClient, awsKmsHierarchicalKeyring, staticKeyStore } from 'fieldseal'
 * import type { AwsKmsHierarchicalKeyringOptions } from 'fieldseal'
 *
 * const key = (branchKeyId: string) => ({
 *   branchKeyId,
 *   version: crypto.randomUUID(),
 *   branchKey: crypto.getRandomValues(new Uint8Array(32)),
 * })
 * // A branch key for each tenant, named by what is sealed.
 * const options: AwsKmsHierarchicalKeyringOptions = {
 *   keyStore: staticKeyStore([key('tenant-a'), key('tenant-b')]),
 *   branchKeyIdSupplier: ({ tenant }) => `tenant-${tenant}`,
 *   ttlSeconds: 600,
 *   onEvent: ({ kind, branchKeyId }) => console.log(kind, branchKeyId),
 * }
 * const keyring = awsKmsHierarchicalKeyring(options)
 * const client = new EncryptionClient()
 * const { header } = await client.encrypt(new Uint8Array(1), {
 *   keyring,
 *   encryptionContext: { tenant: 'b' },
 * })
 * // → miss tenant-b
 * // → fetched tenant-b
 * console.log(header.encryptedDataKeys[0]?.keyName) // → tenant-b
 * ```
 */
export interface AwsKmsHierarchicalKeyringOptions {
  /** Where the branch keys are. */
  readonly keyStore: BranchKeyStore;
  /** The branch key for everything. Give this or `branchKeyIdSupplier`. */
  readonly branchKeyId?: string | undefined;
  /**
   * Names the branch key for an encryption context, such as one for each tenant. Asked on encryption and on
   * decryption, with the full context, the signature's public key included. It has ten seconds.
   */
  readonly branchKeyIdSupplier?:
    ((encryptionContext: Readonly<Record<string, string>>) => string | Promise<string>) | undefined;
  /** Seconds for which a branch key is used before it is fetched anew, fractions allowed; more than zero. */
  readonly ttlSeconds: number;
  /** By default a storm-tracking cache of its own; `'none'` fetches each time. */
  readonly cache?: MaterialsCache | 'none' | undefined;
  /**
   * Keyrings with the same cache, `partitionId`, logical key store name and branch key share entries; by default
   * none do.
   */
  readonly partitionId?: string | undefined;
  /** Observes the keyring's own cache; a cache that you give has its own option for that. */
  readonly onEvent?: ((event: CacheEvent) => void) | undefined;
}

/**
 * Wraps data keys with keys derived from a branch key, which a key store unwraps now and then: two calls for each
 * `ttlSeconds`, whatever the number of items (`framework/aws-kms/aws-kms-hierarchical-keyring.md`).
 *
 * @throws UsageError `INVALID_CONFIG` or `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import { ItemEncryptor, awsKmsHierarchicalKeyring, staticKeyStore } from 'fieldseal'
 *
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: awsKmsHierarchicalKeyring({
 *     // In production keyStore({ … }): branch keys on a DynamoDB table, wrapped by KMS.
 *     keyStore: staticKeyStore([
 *       {
 *         branchKeyId: 'customers',
 *         version: crypto.randomUUID(),
 *         branchKey: crypto.getRandomValues(new Uint8Array(32)),
 *       },
 *     ]),
 *     branchKeyId: 'customers',
 *     ttlSeconds: 600,
 *   }),
 * })
 * const sealed = await customers.encryptDocument({ customer_id: 'c-1', ssn: '078-05-1120' })
 * const { document } = await customers.decryptDocument(sealed.document)
 * console.log(document) // → { customer_id: 'c-1', ssn: '078-05-1120' }
 * ```
 */
export function awsKmsHierarchicalKeyring(options: AwsKmsHierarchicalKeyringOptions): Keyring {
  const given = readOptions(options, {
    keyStore: COPY,
    branchKeyId: COPY,
    branchKeyIdSupplier: COPY,
    ttlSeconds: COPY,
    cache: COPY,
    partitionId: COPY,
    onEvent: COPY,
  });
  const { branchKeyId, branchKeyIdSupplier: supplier, ttlSeconds, partitionId, onEvent } = given;
  const store = storeObject(given.keyStore);
  if ((branchKeyId === undefined) === (supplier === undefined)) {
    throw usage('INVALID_CONFIG', 'give either branchKeyId or branchKeyIdSupplier');
  }
  if (branchKeyId !== undefined) mustBeStrings({ branchKeyId });
  if (supplier !== undefined && typeof supplier !== 'function') {
    throw wrong('branchKeyIdSupplier', 'a function', supplier);
  }
  if (partitionId !== undefined) mustBeStrings({ partitionId });
  checkSeconds('ttlSeconds', ttlSeconds);
  checkObserver(onEvent);
  if (onEvent !== undefined && given.cache !== undefined) {
    throw usage('INVALID_CONFIG', 'give onEvent to the cache, or no cache');
  }
  const cache = cacheOf(given.cache ?? defaultCache(ttlSeconds, onEvent));
  const host = supplier && {
    branchKeyId: (details: Asked, signal?: AbortSignal) => branchKeyIdOf(supplier, details, signal),
  };
  return makeKeyring(
    (owner): HierarchicalConfig => ({
      type: 'hierarchical',
      keyStore: store.handle(owner),
      cache: cache?.handle(owner),
      branchKeyId,
      ttlSeconds,
      partitionId,
    }),
    host,
  );
}

function cacheOf(cache: MaterialsCache | 'none'): CoreObject | undefined {
  return cache === 'none' ? undefined : cacheObject(cache);
}

interface Asked {
  readonly encryptionContext: Pairs;
}

/** Asks the supplier. Rejects with a string, the form that the core expects. */
async function branchKeyIdOf(
  supplier: NonNullable<AwsKmsHierarchicalKeyringOptions['branchKeyIdSupplier']>,
  { encryptionContext }: Asked,
  signal: AbortSignal | undefined,
): Promise<string> {
  const context = contextOf(encryptionContext);
  const id: unknown = await callersValue(signal, () => supplier(context));
  if (typeof id !== 'string') throw `it returned ${kindOf(id)}, not a string`;
  // In UTF-8 it would become U+FFFD, and the ids of two tenants one.
  if (hasLoneSurrogate(id))
    throw 'it returned an id with a lone surrogate, which is not a character';
  return id;
}
