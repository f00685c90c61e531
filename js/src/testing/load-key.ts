import type { KeyObject } from 'node:crypto';
import { isKeyId, isMultiRegionKeyId, isRegion, parseArn, partitionOf } from './arn.js';
import { DevKmsError } from './errors.js';
import type { Key, KeyFamily } from './keys.js';
import { importSecret, versionOf } from './material.js';
import { rulesOf, type KeySpec, type KeyUsage } from './specs.js';
import { Store } from './store.js';

/**
 * A key whose id and material are given rather than made, such as those of published vectors.
 * {@link DevKms.loadKey} takes it.
 */
export interface LoadKeyInput {
  /** Key id or key ARN. An ARN also says the Region and the account. */
  readonly keyId: string;
  /**
   * 32 bytes for `SYMMETRIC_DEFAULT`, as many as the spec says for HMAC; a private key (PEM,
   * PKCS#8 DER or KeyObject) for RSA and ECC.
   */
  readonly material: Uint8Array | string | KeyObject;
  /** `SYMMETRIC_DEFAULT` unless given. */
  readonly keySpec?: KeySpec;
  /** The first usage of the spec unless given: `ENCRYPT_DECRYPT` for RSA, `SIGN_VERIFY` for ECC. */
  readonly keyUsage?: KeyUsage;
  /** What DescribeKey says of it. */
  readonly description?: string;
}

/**
 * Puts given material under a given key id. Loading a multi-Region key (`mrk-…`) in a second
 * Region with the same material makes a replica of the first.
 */
export function loadKeyInto(store: Store, input: LoadKeyInput, region: string, now: number): Key {
  const { keyId, account, region: where } = locate(store, input.keyId, region);
  const spec = input.keySpec ?? 'SYMMETRIC_DEFAULT';
  const rules = rulesOf(spec);
  if (rules === undefined) throw invalid(`keySpec ${spec} is not one the development KMS knows`);
  const usage = input.keyUsage ?? rules.usages[0];
  if (!rules.usages.includes(usage)) throw invalid(`keyUsage ${usage} does not go with ${spec}`);
  const version = versionOf(importSecret(spec, input.material), now);

  const related = store.families.get(Store.familyId(account, keyId));
  if (related !== undefined) requireSameKey(store, related, { spec, usage, where, id: version.id });
  const multiRegion = isMultiRegionKeyId(keyId);
  const family: KeyFamily = related ?? {
    keyId,
    account,
    spec,
    usage,
    origin: 'AWS_KMS',
    multiRegion,
    primaryRegion: where,
    versions: [version],
    rotation: undefined,
  };
  return store.addKey(family, where, now, { state: 'Enabled', description: input.description });
}

function locate(store: Store, id: string, region: string) {
  const arn = id.startsWith('arn:') ? parseArn(id) : undefined;
  const where = arn?.region ?? region;
  const keyId = arn === undefined ? id : arn.resource;
  if (id.startsWith('arn:') && arn?.kind !== 'key') throw invalid(`keyId ${id} is not a key ARN`);
  if (!isKeyId(keyId)) throw invalid(`keyId ${keyId} is neither a UUID nor mrk- and 32 hex digits`);
  if (!isRegion(where)) throw invalid(`${where} is not the name of a Region`);
  if (arn !== undefined && arn.partition !== partitionOf(where)) {
    throw invalid(`keyId ${id} names a partition its Region is not in`);
  }
  return { keyId, account: arn?.account ?? store.account, region: where };
}

function requireSameKey(
  store: Store,
  family: KeyFamily,
  wanted: { spec: KeySpec; usage: KeyUsage; where: string; id: string },
): void {
  const { keyId } = family;
  if (!family.multiRegion || store.regionsOf(family).includes(wanted.where)) {
    throw invalid(`key ${keyId} is already there`);
  }
  const same =
    family.spec === wanted.spec &&
    family.usage === wanted.usage &&
    family.versions.some(({ id }) => id === wanted.id);
  if (!same) throw invalid(`key ${keyId} exists in another Region with other material`);
}

const invalid = (message: string): DevKmsError => new DevKmsError('DEV_KMS_INVALID_KEY', message);
