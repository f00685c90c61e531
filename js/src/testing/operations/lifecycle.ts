import { invalidState } from '../errors.js';
import { DAY_MS, seconds, type Key } from '../keys.js';
import { requireNotPendingDeletion, requireState, type Call } from './call.js';

function managedKey(call: Call): Key {
  const keyId = call.input.keyId();
  call.input.check();
  return call.findManaged(keyId);
}

export function enableKey(call: Call): void {
  const key = managedKey(call);
  requireState(key, ['Enabled', 'Disabled']);
  key.state = 'Enabled';
  call.store.touch();
}

export function disableKey(call: Call): void {
  const key = managedKey(call);
  requireState(key, ['Enabled', 'Disabled']);
  key.state = 'Disabled';
  call.store.touch();
}

export function scheduleKeyDeletion(call: Call): object {
  const { input, store, now } = call;
  const days = input.optionalInteger('PendingWindowInDays', { min: 7, max: 30 }) ?? 30;
  const key = managedKey(call);
  requireNotPendingDeletion(key);
  key.pendingWindowInDays = days;
  // Replicas would be cut off from their primary, so it waits until they are gone.
  const waits = key.region === key.family.primaryRegion && store.regionsOf(key.family).length > 1;
  key.state = waits ? 'PendingReplicaDeletion' : 'PendingDeletion';
  key.deletionAt = waits ? undefined : now + days * DAY_MS;
  store.touch();
  return {
    KeyId: key.arn,
    DeletionDate: key.deletionAt === undefined ? undefined : seconds(key.deletionAt),
    KeyState: key.state,
    PendingWindowInDays: days,
  };
}

export function cancelKeyDeletion(call: Call): object {
  const key = managedKey(call);
  if (key.state !== 'PendingDeletion' && key.state !== 'PendingReplicaDeletion') {
    throw invalidState(key.arn, 'not pending deletion');
  }
  // Disabled, not Enabled: coming back into use is a decision of its own. A key without its
  // imported material goes back to waiting for it.
  key.state = key.hasMaterial ? 'Disabled' : 'PendingImport';
  key.deletionAt = undefined;
  key.pendingWindowInDays = undefined;
  call.store.touch();
  return { KeyId: key.arn };
}
