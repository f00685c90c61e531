/** How a table is searched: the types of its configuration (`searchable-encryption/search-config.md`). */

import type { BranchKeyStore } from '../branch-keys/branch-key-store.js';
import type { CacheEvent, MaterialsCache } from '../caches/cache.js';
import type { AttributeMap } from '../items/attribute-value.js';

/**
 * How a table is searched, as `search` of an `ItemEncryptor`'s options: sealing adds beacons, by which queries find what is
 * encrypted. docs/search.md says what beacons reveal.
 *
 * @example
 * ```ts
 * import { staticKeyStore, type SearchOptions } from 'fieldseal'
 *
 * const keyStore = staticKeyStore([
 *   {
 *     branchKeyId: 'people',
 *     version: crypto.randomUUID(),
 *     branchKey: crypto.getRandomValues(new Uint8Array(32)),
 *     beaconKey: crypto.getRandomValues(new Uint8Array(32)),
 *   },
 * ])
 * const search: SearchOptions = {
 *   keyStore,
 *   keySource: { type: 'single', branchKeyId: 'people', cacheTtlSeconds: 600 },
 *   standardBeacons: [{ name: 'ssn', length: 32 }],
 * }
 * console.log(search.standardBeacons.length) // → 1
 * ```
 */
export interface SearchOptions {
  /** Where the keys of the beacons come from: the beacon keys of its branch keys. */
  readonly keyStore: BranchKeyStore;
  /** Which branch key an item and a query belong to. */
  readonly keySource: BeaconKeySource;
  /** At least one. {@link standardBeacon} makes them, too. */
  readonly standardBeacons: readonly StandardBeacon[];
  /** Beacons that are put together of parts. {@link compoundBeacon} makes them, too. */
  readonly compoundBeacons?: readonly CompoundBeacon[] | undefined;
  /** Values that standard beacons may be of, beside attributes. {@link virtualField} makes them, too. */
  readonly virtualFields?: readonly VirtualField[] | undefined;
  /** Encrypted parts that the constructors of every compound beacon may name. */
  readonly encryptedParts?: readonly EncryptedPart[] | undefined;
  /** Signed parts that the constructors of every compound beacon may name. */
  readonly signedParts?: readonly SignedPart[] | undefined;
  /**
   * Over how many partitions items are spread, so that a value has as many beacons: 1, the default, to 254. Never lower it on a
   * table that has items.
   */
  readonly maximumNumberOfPartitions?: number | undefined;
  /** In how many of them a beacon is that says nothing else: less than the maximum, which is the default. */
  readonly defaultNumberOfPartitions?: number | undefined;
  /**
   * Says which partition an item is written to: a whole number from 0 to `count - 1`. By default one at random, which
   * hides most.
   */
  readonly partitionSelector?:
    ((item: AttributeMap, count: number, logicalTableName: string) => number) | undefined;
}

/** Which branch key an item and a query belong to, as `keySource` of {@link SearchOptions}: one for all, or one for each tenant. */
export type BeaconKeySource = SingleBeaconKey | MultiBeaconKey;

/** How long beacon keys are kept; a part of {@link SingleBeaconKey} and {@link MultiBeaconKey}. {@link SearchOptions} has an example. */
export interface BeaconKeyCaching {
  /** Seconds for which a beacon key is used before it is fetched anew, fractions allowed; more than zero. */
  readonly cacheTtlSeconds: number;
  /** By default a storm-tracking cache of its own; `'none'` fetches each time. */
  readonly cache?: MaterialsCache | 'none' | undefined;
  /** With the same cache, `partitionId`, logical key store name and branch key, entries are shared; by default none are. */
  readonly partitionId?: string | undefined;
  /** Observes its own cache; a cache that you give has its own option for that. */
  readonly onEvent?: ((event: CacheEvent) => void) | undefined;
}

/** The beacons of all items have one key; a {@link BeaconKeySource}. {@link SearchOptions} has an example. */
export interface SingleBeaconKey extends BeaconKeyCaching {
  /** Which of the two kinds it is. */
  readonly type: 'single';
  /** The branch key. */
  readonly branchKeyId: string;
}

/**
 * The beacons of an item have the key of the branch key that wrapped its data key: one for each tenant, for example. A
 * {@link BeaconKeySource}, of {@link SearchOptions}.
 */
export interface MultiBeaconKey extends BeaconKeyCaching {
  /** Which of the two kinds it is. */
  readonly type: 'multi';
  /**
   * The attribute by which queries name the branch key: with `=` or `IN`, or as a signed part of a compound beacon. One that has no action, or
   * `DO_NOTHING`, is not stored.
   */
  readonly keyFieldName: string;
}

/** A beacon of one value: the last `length` bits of an HMAC. {@link standardBeacon} makes one, too. */
export interface StandardBeacon {
  /** What queries call it. */
  readonly name: string;
  /** How many bits it has: 1 to 63. `planBeacon` helps to choose. */
  readonly length: number;
  /**
   * The virtual field, the attribute, or the place within one, as `person.phones[0]`, that it is of; by default what has its
   * name. The attribute is `ENCRYPT_AND_SIGN`; a virtual field has one that is.
   */
  readonly location?: string | undefined;
  /** What is special about it. */
  readonly style?: BeaconStyle | undefined;
  /** In how many partitions it is, if not in the default number of them: less than the maximum. */
  readonly numberOfPartitions?: number | undefined;
}

/**
 * What is special about a standard beacon, of {@link SearchOptions}.
 *
 * - `partOnly`: it is used in compound beacons, and not stored by itself.
 * - `shared`: equal values have the beacon that they have in `other`, a beacon of the same length, so that both can be compared.
 * - `asSet`: it is of a set, and a set of the beacons of its members, for `contains`.
 * - `sharedSet`: both.
 */
export type BeaconStyle =
  | { readonly type: 'partOnly' }
  | { readonly type: 'shared'; readonly other: string }
  | { readonly type: 'asSet' }
  | { readonly type: 'sharedSet'; readonly other: string };

/**
 * A beacon that is put together of parts. With signed parts alone it is a signed beacon: an attribute of its own in plaintext, which
 * sealing adds, and which may be a key. {@link compoundBeacon} makes one, too. It is for {@link SearchOptions}.
 */
export interface CompoundBeacon {
  /** What queries call it. */
  readonly name: string;
  /** The character between two parts, which no value has in it. */
  readonly split: string;
  /** Encrypted parts of its own. */
  readonly encryptedParts?: readonly EncryptedPart[] | undefined;
  /** Signed parts of its own. */
  readonly signedParts?: readonly SignedPart[] | undefined;
  /**
   * How it is put together: the first one whose required parts an item has. By default one of all parts of its own, signed
   * ones first, all required.
   */
  readonly constructors?: readonly BeaconConstructor[] | undefined;
}

/** A part that is a standard beacon; of {@link CompoundBeacon} and {@link SearchOptions}. */
export interface EncryptedPart {
  /** The name of a standard beacon. */
  readonly name: string;
  /** What it begins with in the compound beacon; no prefix begins with another. */
  readonly prefix: string;
}

/** A part in plaintext; of {@link CompoundBeacon} and {@link SearchOptions}. */
export interface SignedPart {
  /** Its name, for constructors. */
  readonly name: string;
  /** What it begins with in the compound beacon; no prefix begins with another. */
  readonly prefix: string;
  /** The attribute, or the place within one, which is signed and not encrypted; by default the attribute of its name. */
  readonly location?: string | undefined;
}

/** How a {@link CompoundBeacon} of {@link SearchOptions} is put together. */
export interface BeaconConstructor {
  /** Its parts in their order, at least one of them required. */
  readonly parts: readonly ConstructorPart[];
}

/** A part of a {@link BeaconConstructor}, of {@link SearchOptions}. */
export interface ConstructorPart {
  /** The name of a part of the compound beacon, or of those that `search` has for all. */
  readonly name: string;
  /** Whether items without it are for the next constructor; default `true`. */
  readonly required?: boolean | undefined;
}

/** A value made of attributes, which a standard beacon may be of. {@link virtualField} makes one, too. It is for {@link SearchOptions}. */
export interface VirtualField {
  /** What standard beacons call it. */
  readonly name: string;
  /** What it is made of, one after another; an item that lacks one of them has no value. */
  readonly parts: readonly VirtualPart[];
}

/** A part of a {@link VirtualField}, of {@link SearchOptions}. */
export interface VirtualPart {
  /** The attribute, or the place within one: a string, a number, a boolean or null, in an attribute that is signed. */
  readonly location: string;
  /** What is done to it, one after another. */
  readonly transforms?: readonly Transform[] | undefined;
}

/**
 * What is done to a part of a {@link VirtualField}, of {@link SearchOptions}. Lengths and places count UTF-16 code units, as JavaScript does; negative ones count from
 * the end; those beyond either end stand for the last and the first.
 *
 * - `upper`, `lower`: of ASCII letters only.
 * - `insert`: adds `literal` behind it.
 * - `prefix`, `suffix`: its first or last `length` units; of a negative length, all but so many.
 * - `substring`: from `low` to before `high`.
 * - `segment`: of what stands between the characters `split`, the one at `index`; `''` beyond either end.
 * - `segments`: of these, those from `low` to before `high`, with `split` between them.
 */
export type Transform =
  | { readonly type: 'upper' | 'lower' }
  | { readonly type: 'insert'; readonly literal: string }
  | { readonly type: 'prefix' | 'suffix'; readonly length: number }
  | { readonly type: 'substring'; readonly low: number; readonly high: number }
  | { readonly type: 'segment'; readonly split: string; readonly index: number }
  | {
      readonly type: 'segments';
      readonly split: string;
      readonly low: number;
      readonly high: number;
    };
