/** Key stores whose branch keys the caller holds. */

import type { StaticKeyConfig, StaticKeyStoreConfig } from '../generated/config.js';
import { CoreObject } from '../core/core.js';
import { wrong } from '../errors.js';
import { bytesOf } from '../util/bytes.js';
import { contextPairs } from '../util/encryption-context.js';
import { COPY, KEEP, readOptions } from '../util/options.js';
import { mustBeStrings } from '../util/strings.js';
import type { BranchKeyStore } from './branch-key-store.js';
import { isArray } from '../util/plain-object.js';

/** One version of a branch key, for {@link staticKeyStore}. */
export interface StaticBranchKey {
  /** The branch key's id, as keyrings ask for it. */
  readonly branchKeyId: string;
  /** A UUID, in the form 8-4-4-4-12. */
  readonly version: string;
  /** 32 bytes. */
  readonly branchKey: Uint8Array;
  /** 32 bytes; needed for beacons only. */
  readonly beaconKey?: Uint8Array | undefined;
  /** Context that belongs to the branch key. */
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
}

/**
 * Options of {@link staticKeyStore}.
 *
 * @example
 * ```ts
 * import { staticKeyStore, type StaticKeyStoreOptions } from 'fieldseal'
 *
 * // Two stores of one name share what keyrings cached, and must hold the same keys.
 * const options: StaticKeyStoreOptions = { logicalKeyStoreName: 'shop-keys' }
 * const branchKey = crypto.getRandomValues(new Uint8Array(32))
 * const store = staticKeyStore(
 *   [{ branchKeyId: 'shop', version: crypto.randomUUID(), branchKey }],
 *   options,
 * )
 * console.log(typeof store) // → object
 * ```
 */
export interface StaticKeyStoreOptions {
  /**
   * Keyrings share cached branch keys only if their stores have the same name, and stores with the same name must
   * have the same keys. By default a name that no other store has.
   */
  readonly logicalKeyStoreName?: string | undefined;
}

interface StaticKeyStore extends BranchKeyStore {}
class StaticKeyStore {
  constructor(readonly _object: CoreObject) {}
}

/**
 * A key store of branch keys that you hold: for tests, and for programs without DynamoDB. The keys stay in memory
 * for as long as the store is in use.
 *
 * @param keys - the versions of each branch key, from the oldest to the newest; the newest encrypts, all decrypt
 * @throws UsageError `INVALID_CONFIG` or `INVALID_ARGUMENT`: an empty id, a version that is not a UUID or occurs twice,
 * a key that has not 32 bytes
 *
 * @example
 * ```ts
 * import { EncryptionClient, awsKmsHierarchicalKeyring, inspect, staticKeyStore } from 'fieldseal'
 *
 * const version = () => ({
 *   branchKeyId: 'shop',
 *   version: crypto.randomUUID(),
 *   branchKey: crypto.getRandomValues(new Uint8Array(32)),
 * })
 * const [old, current] = [version(), version()]
 * const keyringOf = (versions: (typeof old)[]) =>
 *   awsKmsHierarchicalKeyring({
 *     keyStore: staticKeyStore(versions),
 *     branchKeyId: 'shop',
 *     ttlSeconds: 60,
 *   })
 *
 * // The newest version seals; what an older one sealed still opens.
 * const client = new EncryptionClient()
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), {
 *   keyring: keyringOf([old]),
 * })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring: keyringOf([old, current]) })
 * console.log(new TextDecoder().decode(plaintext), inspect(ciphertext).encryptedDataKeys.length) // → hello 1
 * ```
 */
export function staticKeyStore(
  keys: readonly StaticBranchKey[],
  options: StaticKeyStoreOptions = {},
): BranchKeyStore {
  if (!isArray(keys)) {
    throw wrong('the keys', 'an array', keys);
  }
  const { logicalKeyStoreName } = readOptions(options, { logicalKeyStoreName: COPY });
  if (logicalKeyStoreName !== undefined) mustBeStrings({ logicalKeyStoreName });
  const config: StaticKeyStoreConfig = {
    logicalKeyStoreName,
    keys: (keys as readonly StaticBranchKey[]).map(staticKey),
  };
  return new StaticKeyStore(
    new CoreObject((owner) => owner.make((glue) => glue.make_static_key_store(config))),
  );
}

function staticKey(key: StaticBranchKey): StaticKeyConfig {
  const names = {
    branchKeyId: COPY,
    version: COPY,
    branchKey: COPY,
    beaconKey: COPY,
    encryptionContext: KEEP,
  } as const;
  const given = readOptions(key, names, 'a branch key');
  const { branchKeyId, version, branchKey, beaconKey, encryptionContext } = given;
  mustBeStrings({ branchKeyId, version });
  return {
    branchKeyId,
    version,
    branchKey: bytesOf('branchKey', branchKey),
    beaconKey: beaconKey === undefined ? undefined : bytesOf('beaconKey', beaconKey),
    encryptionContext: contextPairs(encryptionContext),
  };
}
