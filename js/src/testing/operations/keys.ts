import { newKeyId } from '../arn.js';
import { unsupported, validation } from '../errors.js';
import { metadata, seconds, type Key, type KeyFamily, type Origin } from '../keys.js';
import { generateSecret, versionOf } from '../material.js';
import { KEY_USAGES, SPECS, UNSUPPORTED_SPECS, type KeySpec, type KeyUsage } from '../specs.js';
import type { Store } from '../store.js';
import { readCommon, requireNotPendingDeletion, type Call } from './call.js';
import { paginate, readPage } from './paging.js';
import { readPolicy } from './policies.js';
import { readTags } from './tags.js';

const SPEC_NAMES = [...Object.keys(SPECS), ...UNSUPPORTED_SPECS];
const USAGE_NAMES = [...KEY_USAGES, 'ENCAPSULATE_DECAPSULATE'];
const ORIGINS = ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'];

export async function createKey(call: Call): Promise<object> {
  const { input, region, store, now } = call;
  const keySpec = input.optionalText('KeySpec', { values: SPEC_NAMES });
  const oldKeySpec = input.optionalText('CustomerMasterKeySpec', { values: SPEC_NAMES });
  const keyUsage = input.optionalText('KeyUsage', { values: USAGE_NAMES });
  const origin = input.optionalText('Origin', { values: ORIGINS }) ?? 'AWS_KMS';
  const description = input.optionalText('Description', { max: 8192 });
  const multiRegion = input.flag('MultiRegion');
  const policy = readPolicy(input);
  const tags = readTags(input);
  input.flag('BypassPolicyLockoutSafetyCheck');
  input.check();

  if (keySpec !== undefined && oldKeySpec !== undefined) {
    throw validation('You cannot specify KeySpec and CustomerMasterKeySpec in the same request.');
  }
  if (
    origin === 'AWS_CLOUDHSM' ||
    origin === 'EXTERNAL_KEY_STORE' ||
    input.has('CustomKeyStoreId')
  ) {
    throw unsupported('The development KMS has no custom key stores.');
  }
  const { spec, usage } = requireSpec(keySpec ?? oldKeySpec ?? 'SYMMETRIC_DEFAULT', keyUsage);

  const imported = origin === 'EXTERNAL';
  const family: KeyFamily = {
    keyId: newKeyId(multiRegion),
    account: store.account,
    spec,
    usage,
    origin: origin as Origin,
    multiRegion,
    primaryRegion: region,
    versions: imported ? [] : [versionOf(await generateSecret(spec), now)],
    rotation: undefined,
  };
  const state = imported ? 'PendingImport' : 'Enabled';
  const key = call.note(store.addKey(family, region, now, { state, description, policy, tags }));
  return { KeyMetadata: describe(store, key) };
}

/** Which spec and usage were asked for, after the rules that tie the two together. */
function requireSpec(spec: string, usage: string | undefined): { spec: KeySpec; usage: KeyUsage } {
  if (UNSUPPORTED_SPECS.includes(spec)) {
    throw unsupported(`The development KMS does not make keys of spec ${spec}.`);
  }
  if (usage === undefined && spec !== 'SYMMETRIC_DEFAULT') {
    throw validation(
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    );
  }
  const wanted = (usage ?? 'ENCRYPT_DECRYPT') as KeyUsage;
  if (!SPECS[spec as KeySpec].usages.includes(wanted)) {
    throw validation(`KeyUsage ${wanted} is not compatible with KeySpec ${spec}.`);
  }
  return { spec: spec as KeySpec, usage: wanted };
}

export const describe = (store: Store, key: Key): object =>
  metadata(key, store.regionsOf(key.family));

export function describeKey(call: Call): object {
  const keyId = call.input.keyId();
  readCommon(call);
  call.input.check();
  return { KeyMetadata: describe(call.store, call.findManaged(keyId, { aliases: true })) };
}

export function listKeys({ input, region, store }: Call): object {
  const asked = readPage(input, { limit: 100, max: 1000 });
  input.check();
  const here = [...store.keys.values()].filter(
    (key) => key.region === region && key.family.account === store.account,
  );
  const { page, more } = paginate(here, (key) => key.arn, asked);
  return { Keys: page.map(({ family, arn }) => ({ KeyId: family.keyId, KeyArn: arn })), ...more };
}

export function updateKeyDescription(call: Call): void {
  const keyId = call.input.keyId();
  const description = call.input.text('Description', { max: 8192 });
  call.input.check();
  const key = call.findManaged(keyId);
  requireNotPendingDeletion(key);
  key.description = description;
  call.store.touch();
}

export function getKeyLastUsage(call: Call): object {
  const keyId = call.input.keyId();
  call.input.check();
  const key = call.findManaged(keyId);
  const usage = key.lastUsage;
  return {
    KeyId: key.arn,
    KeyCreationDate: seconds(key.createdAt),
    TrackingStartDate: seconds(key.createdAt),
    KeyLastUsage:
      usage === undefined
        ? {}
        : {
            Operation: usage.operation,
            Timestamp: seconds(usage.at),
            KmsRequestId: usage.requestId,
          },
  };
}
