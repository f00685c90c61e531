/** Caches of cryptographic materials, shared by keyrings and CMMs. */

import type { CacheConfig } from '../generated/config.js';
import { core, CoreObject } from '../core/core.js';
import { usage, wrong } from '../errors.js';
import type { kind } from '../util/kind.js';
import { tell } from '../util/observe.js';
import { COPY, readOptions } from '../util/options.js';
import { markClass } from '../util/shared.js';

/**
 * Something that happened in a cache, for `onEvent` of {@link LocalCacheOptions} and
 * {@link StormTrackingCacheOptions}. Never holds a secret.
 */
export interface CacheEvent {
  /**
   * - `hit`: a request was served from the cache.
   * - `miss`: it was not, and made a call to the key store or the underlying CMM.
   * - `joined`: it was not, and waits for a call that another request made.
   * - `refresh`: it was served in the grace period, and set off a call in the background.
   * - `fetched`: a call ended.
   * - `expired`, `exhausted`, `evicted`: an entry left: at its end, at its limit of bytes or messages, to make
   *   room for another.
   */
  readonly kind:
    'hit' | 'miss' | 'joined' | 'refresh' | 'fetched' | 'expired' | 'exhausted' | 'evicted';
  /** What the entry is or would have been. */
  readonly materials: 'encryption' | 'decryption' | 'branchKey' | 'beaconKey';
  /** The partition's name, or a UUID where none was given. */
  readonly partitionId: string;
  /** Of branch and beacon keys. */
  readonly branchKeyId?: string;
  /** Of `fetched`: milliseconds that the call took. */
  readonly durationMs?: number;
  /** Of `fetched`: `OK`, or the code of the error. */
  readonly outcome?: string;
}

/**
 * A cache, made by {@link localCache} or {@link stormTrackingCache}. Keyrings and CMMs that are given the same one
 * share its entries if their `partitionId`s are equal, and for keyrings the logical names of their key stores and the
 * branch keys.
 *
 * Cached keys lie in the memory of the core for as long as cache or keyring are in use, and are wiped when they
 * expire, make room for others, or the cache goes.
 *
 * Entries end as soon as one of two clocks says so: the monotonic one, which in many hosts stops while the machine
 * sleeps, or the wall clock. Setting the wall clock back changes nothing; setting it forward may end entries early.
 */
export interface MaterialsCache {
  readonly [kind]: 'cache';
  /** Wipes all entries. What is in use at this moment is wiped when it no longer is. */
  clear(): void;
}

/**
 * Options of {@link localCache}.
 *
 * @example
 * ```ts
 * import {
 *   EncryptionClient,
 *   cachingCmm,
 *   localCache,
 *   rawAesKeyring,
 *   type LocalCacheOptions,
 * } from 'fieldseal'
 *
 * const counts = new Map<string, number>()
 * const options: LocalCacheOptions = {
 *   capacity: 500,
 *   onEvent: ({ kind }) => counts.set(kind, (counts.get(kind) ?? 0) + 1),
 * }
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const cmm = cachingCmm({ keyring, cache: localCache(options), maxAgeSeconds: 60 })
 * const client = new EncryptionClient()
 * for (let i = 0; i < 5; i++) await client.encrypt(new Uint8Array(1), { cmm })
 * console.log(counts.get('miss'), counts.get('hit')) // → 1 4
 * ```
 */
export interface LocalCacheOptions {
  /** The most entries, at least 1; by default 1,000. One more replaces the one least recently used. */
  readonly capacity?: number | undefined;
  /**
   * Called for each event, soon after it, for as long as the cache, or a keyring or CMM that uses it, is held. What it
   * throws is ignored.
   */
  readonly onEvent?: ((event: CacheEvent) => void) | undefined;
}

/**
 * Options of {@link stormTrackingCache}.
 *
 * @example
 * ```ts
 * import { stormTrackingCache, type StormTrackingCacheOptions } from 'fieldseal'
 *
 * // For branch keys with `ttlSeconds: 600`: renewed in their last 30 seconds, by one call every five.
 * const options: StormTrackingCacheOptions = {
 *   capacity: 200,
 *   gracePeriodSeconds: 30,
 *   graceIntervalSeconds: 5,
 *   inFlightTtlSeconds: 10,
 *   fanOut: 4,
 * }
 * console.log(typeof stormTrackingCache(options).clear) // → function
 * ```
 */
export interface StormTrackingCacheOptions extends LocalCacheOptions {
  /**
   * Seconds before an entry's end in which it is fetched anew, in the background, while it still serves; by default
   * 10. Must be shorter than the entries live.
   */
  readonly gracePeriodSeconds?: number | undefined;
  /** Seconds between attempts in the grace period; by default 1. */
  readonly graceIntervalSeconds?: number | undefined;
  /** The most calls to the key store at once; by default 20. */
  readonly fanOut?: number | undefined;
  /**
   * Seconds for which requests wait for a call that another one made, before the next of them makes its own; by
   * default 10. At least the grace interval, at most the grace period.
   */
  readonly inFlightTtlSeconds?: number | undefined;
}

/**
 * A local cache, least recently used first out (`framework/local-cryptographic-materials-cache.md`). Requests for what
 * is being fetched wait for that one call.
 *
 * @throws UsageError `INVALID_CONFIG` or `INVALID_ARGUMENT`: an option of the wrong type or out of range
 *
 * @example
 * ```ts
 * import { EncryptionClient, cachingCmm, localCache, rawAesKeyring } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const cache = localCache({ capacity: 100 })
 * const cmm = cachingCmm({ keyring, cache, maxAgeSeconds: 60 })
 * const client = new EncryptionClient()
 * const first = await client.encrypt(new Uint8Array(1), { cmm })
 * const second = await client.encrypt(new Uint8Array(1), { cmm }) // the same data key
 *
 * cache.clear()
 * const third = await client.encrypt(new Uint8Array(1), { cmm }) // another one
 * const wrapped = [first, second, third].map(({ header }) =>
 *   String(header.encryptedDataKeys[0]?.ciphertext),
 * )
 * console.log(new Set(wrapped).size) // → 2
 * ```
 */
export function localCache(options: LocalCacheOptions = {}): MaterialsCache {
  const { capacity, onEvent } = readOptions(options, { capacity: COPY, onEvent: COPY });
  checkObserver(onEvent);
  return new Cache({ capacity }, onEvent);
}

/**
 * A cache that also keeps storms of requests from the key store: entries are renewed before they end, by one call,
 * and an outage shorter than the grace period goes unnoticed
 * (`framework/storm-tracking-cryptographic-materials-cache.md`). What hierarchical keyrings use by default.
 *
 * @throws UsageError `INVALID_CONFIG` or `INVALID_ARGUMENT`: an option of the wrong type or out of range, or times
 * that do not fit together
 *
 * @example
 * ```ts
 * import {
 *   EncryptionClient,
 *   awsKmsHierarchicalKeyring,
 *   staticKeyStore,
 *   stormTrackingCache,
 * } from 'fieldseal'
 *
 * // Two keyrings that share what was fetched: the same cache, partition, key store name and branch key.
 * const cache = stormTrackingCache({ onEvent: ({ kind }) => console.log(kind) })
 * const branchKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyStore = staticKeyStore([{ branchKeyId: 'shop', version: crypto.randomUUID(), branchKey }])
 * const keyring = () =>
 *   awsKmsHierarchicalKeyring({
 *     keyStore,
 *     branchKeyId: 'shop',
 *     ttlSeconds: 600,
 *     cache,
 *     partitionId: 'orders',
 *   })
 *
 * const client = new EncryptionClient()
 * await client.encrypt(new Uint8Array(1), { keyring: keyring() })
 * // → miss
 * // → fetched
 * await client.encrypt(new Uint8Array(1), { keyring: keyring() })
 * // → hit
 * ```
 */
export function stormTrackingCache(options: StormTrackingCacheOptions = {}): MaterialsCache {
  const { onEvent, ...settings } = readOptions(options, {
    capacity: COPY,
    onEvent: COPY,
    gracePeriodSeconds: COPY,
    graceIntervalSeconds: COPY,
    fanOut: COPY,
    inFlightTtlSeconds: COPY,
  });
  checkObserver(onEvent);
  return new Cache({ ...settings, storm: true }, onEvent);
}

/** The cache of a keyring that was given none. */
export function defaultCache(ttlSeconds: number, onEvent?: (event: CacheEvent) => void) {
  return new Cache({ forTtlSeconds: ttlSeconds }, onEvent);
}

interface Cache extends MaterialsCache {}
class Cache {
  readonly object: CoreObject;

  constructor(settings: CacheConfig, onEvent: ((event: CacheEvent) => void) | undefined) {
    const config: CacheConfig = { ...settings, observed: onEvent !== undefined };
    const host = { onEvent: (event: CacheEvent) => tell(onEvent, event) };
    this.object = new CoreObject((owner) =>
      owner.make((glue) => glue.make_cache(config, owner.weakly(host))),
    );
  }

  clear(): void {
    const owner = core();
    const handle = this.object.handle(owner);
    owner.tell((glue) => glue.clear_cache(handle));
  }
}
markClass('Cache', Cache);

/** The core's object behind a cache. */
export function cacheObject(value: MaterialsCache): CoreObject {
  if (value instanceof Cache) return value.object;
  throw usage('INVALID_ARGUMENT', 'cache must be made by localCache or stormTrackingCache');
}

/** Refuses an observer that is no function. */
export function checkObserver(onEvent: unknown): void {
  if (onEvent === undefined || typeof onEvent === 'function') return;
  throw wrong('onEvent', 'a function', onEvent);
}

/** Refuses a time that no entry could live. */
export function checkSeconds(name: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0.001 && value <= 1e12) return;
  throw usage('INVALID_CONFIG', `${name} must be a number of seconds, 0.001 to 10^12`);
}
