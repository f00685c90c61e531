import { randomBytes } from 'node:crypto';
import { KmsFault, unsupported } from '../errors.js';
import { DAY_MS, seconds, type Key } from '../keys.js';
import { versionOf } from '../material.js';
import { requireNotPendingDeletion, requireState, type Call } from './call.js';
import { paginate, readPage } from './paging.js';

const MAX_ON_DEMAND_ROTATIONS = 25;

export function enableKeyRotation(call: Call): void {
  const { input } = call;
  const keyId = input.keyId();
  const days = input.optionalInteger('RotationPeriodInDays', { min: 90, max: 2560 });
  input.check();
  const key = requireRotatable(call, keyId);
  requireState(key, ['Enabled']);
  const { family } = key;
  const periodInDays = days ?? family.rotation?.periodInDays ?? 365;
  family.rotation = { periodInDays, nextAt: call.now + periodInDays * DAY_MS };
  call.store.touch();
}

export function disableKeyRotation(call: Call): void {
  const keyId = call.input.keyId();
  call.input.check();
  const key = requireRotatable(call, keyId);
  requireState(key, ['Enabled']);
  key.family.rotation = undefined;
  call.store.touch();
}

export function getKeyRotationStatus(call: Call): object {
  const keyId = call.input.keyId();
  call.input.check();
  const key = call.findManaged(keyId);
  requireSymmetric(key);
  // The real service reports rotation as off while a key waits to be deleted.
  const rotation = key.state.startsWith('Pending') ? undefined : key.family.rotation;
  return {
    KeyId: key.arn,
    KeyRotationEnabled: rotation !== undefined,
    RotationPeriodInDays: rotation?.periodInDays,
    NextRotationDate: rotation === undefined ? undefined : seconds(rotation.nextAt),
  };
}

export function rotateKeyOnDemand(call: Call): object {
  const keyId = call.input.keyId();
  call.input.check();
  const key = requireRotatable(call, keyId);
  requireState(key, ['Enabled']);
  const { versions } = key.family;
  const done = versions.filter(({ rotation }) => rotation === 'ON_DEMAND').length;
  if (done >= MAX_ON_DEMAND_ROTATIONS) {
    throw new KmsFault(
      'LimitExceededException',
      `The on-demand rotations limit has been reached for the given keyId: ${key.arn}.`,
    );
  }
  versions.push(versionOf(randomBytes(32), call.now, 'ON_DEMAND'));
  call.store.touch();
  return { KeyId: key.arn };
}

export function listKeyRotations(call: Call): object {
  const { input } = call;
  const keyId = input.keyId();
  const include =
    input.optionalText('IncludeKeyMaterial', { values: ['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY'] }) ??
    'ROTATIONS_ONLY';
  const asked = readPage(input, { limit: 100, max: 1000 });
  input.check();
  const key = call.findManaged(keyId);
  requireSymmetric(key);
  requireNotPendingDeletion(key);
  const { versions } = key.family;
  const entries = versions.map((version, index) => ({
    order: String(index).padStart(6, '0'),
    entry: {
      KeyId: key.arn,
      KeyMaterialId: version.id,
      KeyMaterialState: index === versions.length - 1 ? 'CURRENT' : 'NON_CURRENT',
      // The material a key was created with did not come from a rotation.
      RotationDate: version.rotation === undefined ? undefined : seconds(version.createdAt),
      RotationType: version.rotation,
    },
    rotated: version.rotation !== undefined,
  }));
  const wanted = entries.filter(({ rotated }) => rotated || include === 'ALL_KEY_MATERIAL');
  const { page, more } = paginate(wanted, ({ order }) => order, asked);
  return { Rotations: page.map(({ entry }) => entry), ...more };
}

function requireRotatable(call: Call, keyId: string): Key {
  const key = call.findManaged(keyId);
  requireSymmetric(key);
  if (key.family.origin !== 'AWS_KMS') {
    throw unsupported(`${key.arn} origin is EXTERNAL which is not valid for this operation.`);
  }
  if (key.family.multiRegion && key.region !== key.family.primaryRegion) {
    throw unsupported(`${key.arn} is a multi-Region replica key: rotate its primary key instead.`);
  }
  return key;
}

function requireSymmetric(key: Key): void {
  if (key.family.spec !== 'SYMMETRIC_DEFAULT') {
    throw unsupported(
      `${key.arn} key spec is ${key.family.spec} which is not valid for this operation.`,
    );
  }
}
