// AWS's published suite, which lies beside the checkout or not at all: it is read there, and not part of the project.

import { existsSync, readFileSync } from 'node:fs';

import * as fieldseal from '../../pkg/entrypoints/index.js';

const folder = new URL('../../../shared/vectors/aws/', import.meta.url);

/** Whether it is there. */
export const isPublished = existsSync(folder);

/** One of its files. */
export const published = (name) =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));

/** An item of the suite, as JSON: numbers and texts stand for themselves, also within lists and maps. */
export function plainItem(plain) {
  const value = (v) => {
    if (typeof v === 'number') return { N: String(v) };
    if (typeof v === 'string') return { S: v };
    const [type, inner] = Object.entries(v)[0];
    if (type === 'L') return { L: inner.map(value) };
    if (type === 'M') return { M: plainItem(inner) };
    if (type === 'NS') return { NS: inner.map(String) };
    if (type === 'NULL') return { NULL: true };
    return v;
  };
  return Object.fromEntries(Object.entries(plain).map(([name, v]) => [name, value(v)]));
}

/** The branch key of its items, which stays: its store, its id, and the keyring. */
export function publishedKeys() {
  const key = published('keys').keys['static-branch-key-1'];
  const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
  const branchKeyId = key['key-id'];
  const keyStore = fieldseal.staticKeyStore([
    {
      branchKeyId,
      version: key.branchKeyVersion,
      branchKey: bytes(key.branchKey),
      beaconKey: bytes(key.beaconKey),
    },
  ]);
  const keyring = fieldseal.awsKmsHierarchicalKeyring({ keyStore, branchKeyId, ttlSeconds: 600 });
  return { keyStore, branchKeyId, keyring };
}

/** The keyring of its items. */
export const publishedKeyring = () => publishedKeys().keyring;

const named = ({ Name: name, Prefix: prefix, Loc: location }) => ({ name, prefix, location });
const encrypted = ({ Name: name, Prefix: prefix }) => ({ name, prefix });

/** How one of its tables is searched; `undefined` for one that is not. The field of a branch key is one of its text. */
export function publishedSearch({ search }, { keyStore, branchKeyId }, partitionSelector) {
  if (!search) return undefined;
  const [version] = search.versions;
  const source = { type: 'single', branchKeyId, cacheTtlSeconds: 600 };
  return {
    keyStore,
    keySource: source,
    standardBeacons: version.standardBeacons.map((beacon) => ({
      name: beacon.Name,
      length: beacon.Length,
      location: beacon.Loc,
      numberOfPartitions: beacon.numberOfPartitions,
    })),
    compoundBeacons: version.compoundBeacons?.map((beacon) => ({
      name: beacon.Name,
      split: beacon.Split,
      encryptedParts: beacon.Encrypted?.map(encrypted),
      signedParts: beacon.Signed?.map(named),
      constructors: beacon.Constructors?.map((parts) => ({ parts: parts.map(constructorPart) })),
    })),
    maximumNumberOfPartitions: version.maximumNumberOfPartitions,
    defaultNumberOfPartitions: version.defaultNumberOfPartitions,
    partitionSelector,
  };
}

const constructorPart = ({ Name: name, Required: required }) => ({ name, required });
