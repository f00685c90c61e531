/** The caching CMM: one data key for several messages. */

import type { CachingCmmConfig } from '../generated/config.js';
import { cacheObject, checkSeconds, type MaterialsCache } from '../caches/cache.js';
import { usage } from '../errors.js';
import { makeCmm, oneOf, type Cmm, type Keyring } from '../keyrings/keyring.js';
import { mustBeStrings } from '../util/strings.js';
import { COPY, readOptions } from '../util/options.js';

/**
 * Options of {@link cachingCmm}.
 *
 * @example
 * ```ts
 * import { cachingCmm, localCache, rawAesKeyring, type CachingCmmOptions } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const options: CachingCmmOptions = {
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 *   cache: localCache({ capacity: 100 }),
 *   maxAgeSeconds: 60,
 *   maxMessages: 1_000, // whichever comes first ends a data key
 *   maxBytes: 2 ** 30,
 * }
 * console.log(typeof cachingCmm(options)) // → object
 * ```
 */
export interface CachingCmmOptions {
  /** Give a keyring or a CMM, not both. */
  readonly keyring?: Keyring | undefined;
  /** Give a keyring or a CMM, not both. */
  readonly cmm?: Cmm | undefined;
  /** Where the materials are kept. */
  readonly cache: MaterialsCache;
  /** Seconds for which a data key is used, fractions allowed; more than zero. */
  readonly maxAgeSeconds: number;
  /** Bytes that one data key may encrypt, a whole number; by default 2^63 − 1. */
  readonly maxBytes?: number | undefined;
  /** Messages or items that one data key may encrypt, 1 to 2^32, which is the default. */
  readonly maxMessages?: number | undefined;
  /** Caching CMMs with the same cache and `partitionId` share data keys; by default none do. */
  readonly partitionId?: string | undefined;
}

/**
 * Keeps data keys for reuse, which saves calls to the keyring at the price of a data key that protects more than
 * one message (`framework/caching-cmm.md`). Items and messages share a data key if their encryption contexts are equal;
 * an item's context holds its key attributes.
 *
 * @throws UsageError `INVALID_CONFIG` or `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import { EncryptionClient, KmsClient, awsKmsKeyring, cachingCmm, localCache } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const { arn } = await dev.createKey()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 *
 * const cmm = cachingCmm({
 *   keyring: awsKmsKeyring({ kms, generatorKeyId: arn }),
 *   cache: localCache(),
 *   maxAgeSeconds: 60,
 * })
 * const client = new EncryptionClient()
 * for (const text of ['one', 'two', 'three'])
 *   await client.encrypt(new TextEncoder().encode(text), { cmm })
 * console.log(dev.countCalls('GenerateDataKey')) // → 1
 * await dev.close()
 * ```
 */
export function cachingCmm(options: CachingCmmOptions): Cmm {
  const given = readOptions(options, {
    keyring: COPY,
    cmm: COPY,
    cache: COPY,
    maxAgeSeconds: COPY,
    maxBytes: COPY,
    maxMessages: COPY,
    partitionId: COPY,
  });
  const inner = oneOf(given);
  const { maxAgeSeconds, maxBytes, maxMessages, partitionId } = given;
  if (!Object.hasOwn(given, 'cache')) throw usage('INVALID_CONFIG', 'cachingCmm needs a cache');
  const cache = cacheObject(given.cache);
  checkSeconds('maxAgeSeconds', maxAgeSeconds);
  if (partitionId !== undefined) mustBeStrings({ partitionId });
  return makeCmm((owner) => {
    const handles = { materials: inner.handle(owner), cache: cache.handle(owner) };
    const limits = { maxAgeSeconds, maxBytes, maxMessages };
    const config: CachingCmmConfig = { ...handles, ...limits, partitionId };
    return owner.make((glue) => glue.make_caching_cmm(config));
  });
}
