import { isRegion, keyArn, partitionOf } from '../arn.js';
import { KmsFault, unsupported, validation } from '../errors.js';
import type { Key } from '../keys.js';
import { requireState, type Call } from './call.js';
import { describe } from './keys.js';
import { readPolicy } from './policies.js';
import { readTags } from './tags.js';

const REGION_RULE = { min: 1, max: 32, pattern: /^([a-z]+-){2,3}\d+$/ };

export function replicateKey(call: Call): object {
  const { input, store } = call;
  const keyId = input.keyId();
  const region = input.text('ReplicaRegion', REGION_RULE);
  const description = input.optionalText('Description', { max: 8192 });
  const policy = readPolicy(input);
  const tags = readTags(input);
  input.flag('BypassPolicyLockoutSafetyCheck');
  input.check();

  const primary = requirePrimary(call, keyId);
  const { family } = primary;
  requireServed(call, region);
  const arn = keyArn(region, family.account, family.keyId);
  if (store.keys.has(arn)) {
    throw new KmsFault('AlreadyExistsException', `Key '${arn}' already exists`);
  }
  const state = family.origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled';
  const replica = store.addKey(family, region, call.now, { state, description, policy, tags });
  return {
    // The real service answers before the replica is ready. Here it is ready as soon as the
    // caller can ask, but a caller who trusts this answer must still see what AWS would say.
    ReplicaKeyMetadata: {
      ...describe(store, replica),
      ...(state === 'Enabled' ? { KeyState: 'Creating', Enabled: false } : {}),
    },
    ReplicaPolicy: replica.policy,
    ReplicaTags: [...tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
  };
}

export function updatePrimaryRegion(call: Call): void {
  const { input, store } = call;
  const keyId = input.keyId();
  const region = input.text('PrimaryRegion', REGION_RULE);
  input.check();

  const { family, arn } = requirePrimary(call, keyId);
  const target = store.keys.get(keyArn(region, family.account, family.keyId));
  if (target === undefined || target.region === family.primaryRegion) {
    throw new KmsFault('NotFoundException', `${arn} has no replica key in ${region}.`);
  }
  requireState(target, ['Enabled']);
  family.primaryRegion = region;
  store.touch();
}

function requirePrimary(call: Call, keyId: string): Key {
  const key = call.findManaged(keyId);
  if (!key.family.multiRegion) throw unsupported(`${key.arn} is not a multi-Region key.`);
  if (key.region !== key.family.primaryRegion) {
    throw unsupported(`${key.arn} is not a multi-Region primary key.`);
  }
  requireState(key, ['Enabled']);
  return key;
}

function requireServed({ region, regions }: Call, wanted: string): void {
  const served = regions === undefined ? isRegion(wanted) : regions.includes(wanted);
  if (!served || partitionOf(wanted) !== partitionOf(region)) {
    throw validation(`Region ${wanted} is not a Region this key can be replicated to.`);
  }
}
