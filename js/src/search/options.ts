/** A search configuration, read: checked in its form here, and in its meaning by the core. */

import { storeObject } from '../branch-keys/branch-key-store.js';
import { cacheObject, checkObserver, checkSeconds, defaultCache } from '../caches/cache.js';
import { usage, wrong } from '../errors.js';
import type { StandardBeaconConfig, TransformConfig } from '../generated/config.js';
import { COPY, mustBeOneOf, readOptions, readVariant, type OptionNames } from '../util/options.js';
import { isPlainObject, kindOf } from '../util/plain-object.js';
import { mustBeArray, mustBeStrings } from '../util/strings.js';
import { takeBeacons } from './beacons.js';
import { inPartitions } from './in-partitions.js';
import type { Search } from './reader.js';
import type {
  BeaconConstructor,
  BeaconKeyCaching,
  BeaconKeySource,
  BeaconStyle,
  CompoundBeacon,
  ConstructorPart,
  EncryptedPart,
  MultiBeaconKey,
  SearchOptions,
  SignedPart,
  SingleBeaconKey,
  StandardBeacon,
  Transform,
  VirtualField,
  VirtualPart,
} from './types.js';

/**
 * Reads it.
 *
 * @throws UsageError `INVALID_ARGUMENT` and `INVALID_CONFIG`, with the place of what is wrong
 */
export function readSearch(given: SearchOptions, logicalTableName: string): Search {
  const options = readOptions<SearchOptions>(
    given,
    {
      keyStore: COPY,
      keySource: COPY,
      standardBeacons: COPY,
      compoundBeacons: COPY,
      virtualFields: COPY,
      encryptedParts: COPY,
      signedParts: COPY,
      maximumNumberOfPartitions: COPY,
      defaultNumberOfPartitions: COPY,
      partitionSelector: COPY,
    },
    'search',
  );
  const store = storeObject(options.keyStore);
  const source = readSource(options.keySource);
  const { maximumNumberOfPartitions, defaultNumberOfPartitions, partitionSelector } = options;
  mustBeWholeNumber('search.maximumNumberOfPartitions', maximumNumberOfPartitions);
  mustBeWholeNumber('search.defaultNumberOfPartitions', defaultNumberOfPartitions);
  if (partitionSelector !== undefined && typeof partitionSelector !== 'function') {
    throw wrong('search.partitionSelector', 'a function', partitionSelector);
  }
  const count = maximumNumberOfPartitions ?? 1;
  const config = {
    ...source.config,
    standardBeacons: list('search.standardBeacons', options.standardBeacons, readStandardBeacon),
    compoundBeacons: list('search.compoundBeacons', options.compoundBeacons, readCompoundBeacon),
    virtualFields: list('search.virtualFields', options.virtualFields, readVirtualField),
    encryptedParts: list('search.encryptedParts', options.encryptedParts, readEncryptedPart),
    signedParts: list('search.signedParts', options.signedParts, readSignedPart),
    maximumNumberOfPartitions,
    defaultNumberOfPartitions,
  };
  return {
    encryptor: (owner, table) => {
      const search = {
        ...config,
        keyStore: store.handle(owner),
        cache: source.cache?.handle(owner),
      };
      return owner.make((glue) => glue.make_searchable_encryptor(table, search));
    },
    takeBeacons,
    inPartitions:
      partitionSelector &&
      (() =>
        inPartitions((item) =>
          checkedPartition(partitionSelector(item, count, logicalTableName), count),
        )),
    checkResealing() {
      if (!partitionSelector) return;
      const problem =
        'search.partitionSelector has to see the items, and resealing does not show them';
      const next = "Use decryptItems and encryptItems, or sealTable with the mode 'reseal'.";
      throw usage('INVALID_CONFIG', problem, next);
    },
  };
}

function checkedPartition(partition: unknown, count: number): number {
  if (Number.isInteger(partition) && Number(partition) >= 0 && Number(partition) < count) {
    return Number(partition);
  }
  const found = typeof partition === 'number' ? partition : kindOf(partition);
  const problem = `partitionSelector returned ${found}, not a whole number from 0 to ${count - 1}`;
  throw usage('INVALID_ARGUMENT', problem);
}

function readSource(given: BeaconKeySource) {
  const caching: OptionNames<BeaconKeyCaching> = {
    cacheTtlSeconds: COPY,
    cache: COPY,
    partitionId: COPY,
    onEvent: COPY,
  };
  const what = 'search.keySource';
  const source = readVariant<BeaconKeySource>(what, given, {
    single: { type: COPY, branchKeyId: COPY, ...caching } satisfies OptionNames<SingleBeaconKey>,
    multi: { type: COPY, keyFieldName: COPY, ...caching } satisfies OptionNames<MultiBeaconKey>,
  });
  const key =
    source.type === 'single'
      ? { branchKeyId: source.branchKeyId }
      : { keyFieldName: source.keyFieldName };
  const { cacheTtlSeconds: ttlSeconds, cache, partitionId, onEvent } = source;
  mustBeStrings(prefixed(what, key));
  checkSeconds(`${what}.cacheTtlSeconds`, ttlSeconds);
  if (partitionId !== undefined) mustBeStrings({ [`${what}.partitionId`]: partitionId });
  checkObserver(onEvent);
  if (onEvent !== undefined && cache !== undefined) {
    throw usage('INVALID_CONFIG', `${what}: give onEvent to the cache, or no cache`);
  }
  return {
    config: { ...key, ttlSeconds, partitionId },
    cache: cache === 'none' ? undefined : cacheObject(cache ?? defaultCache(ttlSeconds, onEvent)),
  };
}

function prefixed(what: string, values: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${what}.${name}`, value]),
  );
}

/** Reads the members of an array; each knows its place. */
function list<T extends object, R>(
  what: string,
  given: readonly T[] | undefined,
  read: (member: T, what: string) => R,
): R[] {
  if (given === undefined) return [];
  mustBeArray(what, given, 'objects');
  return given.map((member, i) => read(member, `${what}[${i}]`));
}

function mustBeWholeNumber(what: string, value: unknown): void {
  if (value === undefined || (Number.isInteger(value) && Number(value) >= 0)) return;
  throw wrong(what, 'a whole number', value);
}

/** Refuses strings that are none, where they are given. */
function mustBeTexts(what: string, values: Readonly<Record<string, unknown>>): void {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  mustBeStrings(prefixed(what, Object.fromEntries(given)));
}

function readStandardBeacon(given: StandardBeacon, what: string): StandardBeaconConfig {
  const beacon = readOptions<StandardBeacon>(
    given,
    { name: COPY, length: COPY, location: COPY, style: COPY, numberOfPartitions: COPY },
    what,
  );
  const { name, length, location, numberOfPartitions } = beacon;
  mustBeStrings({ [`${what}.name`]: name });
  mustBeTexts(what, { location });
  if (!Number.isInteger(length) || length < 1 || length > 63) {
    const found = typeof length === 'number' ? length : kindOf(length);
    const problem = `${what}.length must be a whole number of bits, 1 to 63, not ${found}`;
    throw usage('INVALID_CONFIG', problem, undefined, name);
  }
  mustBeWholeNumber(`${what}.numberOfPartitions`, numberOfPartitions);
  return {
    name,
    length,
    location,
    numberOfPartitions,
    ...readStyle(beacon.style, `${what}.style`),
  };
}

function readStyle(
  given: BeaconStyle | undefined,
  what: string,
): { style?: string; other?: string } {
  if (given === undefined) return {};
  const style = readVariant<BeaconStyle>(
    what,
    given,
    {
      partOnly: { type: COPY },
      shared: { type: COPY, other: COPY },
      asSet: { type: COPY },
      sharedSet: { type: COPY, other: COPY },
    },
    'INVALID_CONFIG',
  );
  if (style.type !== 'shared' && style.type !== 'sharedSet') return { style: style.type };
  mustBeStrings({ [`${what}.other`]: style.other });
  return { style: style.type, other: style.other };
}

function readCompoundBeacon(given: CompoundBeacon, what: string) {
  const beacon = readOptions<CompoundBeacon>(
    given,
    { name: COPY, split: COPY, encryptedParts: COPY, signedParts: COPY, constructors: COPY },
    what,
  );
  mustBeStrings({ [`${what}.name`]: beacon.name });
  mustBeOneCharacter(`${what}.split`, beacon.split);
  if (beacon.constructors !== undefined && beacon.constructors.length === 0) {
    throw usage('INVALID_CONFIG', `${what}.constructors is empty`, 'Leave it out.', beacon.name);
  }
  return {
    name: beacon.name,
    split: beacon.split,
    encryptedParts: list(`${what}.encryptedParts`, beacon.encryptedParts, readEncryptedPart),
    signedParts: list(`${what}.signedParts`, beacon.signedParts, readSignedPart),
    constructors: list(`${what}.constructors`, beacon.constructors, readConstructor),
  };
}

function mustBeOneCharacter(what: string, value: unknown): void {
  mustBeStrings({ [what]: value });
  if ((value as string).length === 1) return;
  throw usage('INVALID_CONFIG', `${what} must be one character`);
}

function readEncryptedPart(given: EncryptedPart, what: string) {
  const { name, prefix } = readOptions<EncryptedPart>(given, { name: COPY, prefix: COPY }, what);
  mustBeStrings(prefixed(what, { name, prefix }));
  return { name, prefix };
}

function readSignedPart(given: SignedPart, what: string) {
  const names = { name: COPY, prefix: COPY, location: COPY } as const;
  const { name, prefix, location } = readOptions<SignedPart>(given, names, what);
  mustBeStrings(prefixed(what, { name, prefix }));
  mustBeTexts(what, { location });
  return { name, prefix, location };
}

function readConstructor(given: BeaconConstructor, what: string) {
  const { parts } = readOptions<BeaconConstructor>(given, { parts: COPY }, what);
  mustBeArray(`${what}.parts`, parts, 'objects');
  return { parts: list(`${what}.parts`, parts, readConstructorPart) };
}

function readConstructorPart(given: ConstructorPart, what: string) {
  const names = { name: COPY, required: COPY } as const;
  const { name, required = true } = readOptions<ConstructorPart>(given, names, what);
  mustBeStrings({ [`${what}.name`]: name });
  if (typeof required !== 'boolean') throw wrong(`${what}.required`, 'a boolean', required);
  return { name, required };
}

function readVirtualField(given: VirtualField, what: string) {
  const { name, parts } = readOptions<VirtualField>(given, { name: COPY, parts: COPY }, what);
  mustBeStrings({ [`${what}.name`]: name });
  mustBeArray(`${what}.parts`, parts, 'objects');
  return { name, parts: list(`${what}.parts`, parts, readVirtualPart) };
}

function readVirtualPart(given: VirtualPart, what: string) {
  const names = { location: COPY, transforms: COPY } as const;
  const { location, transforms } = readOptions<VirtualPart>(given, names, what);
  mustBeStrings({ [`${what}.location`]: location });
  return { location, transforms: list(`${what}.transforms`, transforms, readTransform) };
}

const TRANSFORMS = {
  upper: { type: COPY },
  lower: { type: COPY },
  insert: { type: COPY, literal: COPY },
  prefix: { type: COPY, length: COPY },
  suffix: { type: COPY, length: COPY },
  substring: { type: COPY, low: COPY, high: COPY },
  segment: { type: COPY, split: COPY, index: COPY },
  segments: { type: COPY, split: COPY, low: COPY, high: COPY },
} as const;

function readTransform(given: Transform, what: string): TransformConfig {
  const type = isPlainObject(given) ? given.type : undefined;
  mustBeOneOf(`${what}.type`, type, Object.keys(TRANSFORMS) as Transform['type'][]);
  const names: Readonly<Record<string, typeof COPY>> = TRANSFORMS[type];
  const transform = readOptions(given as Transform & Record<string, unknown>, names as never, what);
  for (const name of Object.keys(names)) {
    const [place, value] = [`${what}.${name}`, transform[name]];
    if (name === 'split') mustBeOneCharacter(place, value);
    else if (name === 'literal') mustBeStrings({ [place]: value });
    else if (name !== 'type' && !isInt32(value)) throw wrong(place, 'a whole number', value);
  }
  const { length, index, low, high, split, literal } = transform as Partial<
    Record<'length' | 'index' | 'low' | 'high', number> & Record<'split' | 'literal', string>
  >;
  return { type, text: split ?? literal, length, index, low, high };
}

function isInt32(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
}
