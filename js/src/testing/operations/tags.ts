import { KmsFault } from '../errors.js';
import type { Input } from '../input.js';
import { requireNotPendingDeletion, type Call } from './call.js';
import { paginate, readPage } from './paging.js';

const MAX_TAGS = 50;

/** Reads a Tags list, as CreateKey, ReplicateKey and TagResource take it. */
export function readTags(input: Input): Map<string, string> {
  const tags = new Map<string, string>();
  for (const tag of input.structures('Tags')) {
    const key = tag.text('TagKey', { min: 1, max: 128 });
    const value = tag.text('TagValue', { max: 256 });
    tag.check();
    if (key.startsWith('aws:')) throw tagFault('Tag keys must not begin with aws:');
    if (tags.has(key)) throw tagFault('Duplicate tag keys');
    tags.set(key, value);
  }
  if (tags.size > MAX_TAGS) throw tagFault('Too many tags');
  return tags;
}

export function tagResource(call: Call): void {
  const keyId = call.input.keyId();
  const tags = readTags(call.input);
  call.input.check();
  const key = call.findManaged(keyId);
  requireNotPendingDeletion(key);
  if (new Set([...key.tags.keys(), ...tags.keys()]).size > MAX_TAGS)
    throw tagFault('Too many tags');
  for (const [name, value] of tags) key.tags.set(name, value);
  call.store.touch();
}

export function untagResource(call: Call): void {
  const keyId = call.input.keyId();
  const names = call.input.texts('TagKeys', { min: 1, max: 128 });
  call.input.check();
  const key = call.findManaged(keyId);
  requireNotPendingDeletion(key);
  for (const name of names) key.tags.delete(name);
  call.store.touch();
}

export function listResourceTags(call: Call): object {
  const keyId = call.input.keyId();
  const asked = readPage(call.input, { limit: 50, max: 50 });
  call.input.check();
  const key = call.findManaged(keyId);
  const { page, more } = paginate([...key.tags], ([name]) => name, asked);
  return { Tags: page.map(([TagKey, TagValue]) => ({ TagKey, TagValue })), ...more };
}

const tagFault = (message: string): KmsFault => new KmsFault('TagException', message);
