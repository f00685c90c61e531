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

/** The keyring of its items: over a branch key that stays. */
export function publishedKeyring() {
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
  return fieldseal.awsKmsHierarchicalKeyring({ keyStore, branchKeyId, ttlSeconds: 600 });
}
