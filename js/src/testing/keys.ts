import { keyArn, partitionOf } from './arn.js';
import type { KeyVersion } from './material.js';
import { SPECS, type KeySpec, type KeyUsage } from './specs.js';

export type KeyState =
  'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingReplicaDeletion' | 'PendingImport';

export type Origin = 'AWS_KMS' | 'EXTERNAL';

/**
 * What related multi-Region keys share: id, material, rotation. A single-Region key is a family of
 * one.
 */
export interface KeyFamily {
  readonly keyId: string;
  readonly account: string;
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  readonly origin: Origin;
  readonly multiRegion: boolean;
  primaryRegion: string;
  /** Oldest first; the last one encrypts. Empty while imported material is awaited. */
  readonly versions: KeyVersion[];
  rotation: { periodInDays: number; nextAt: number } | undefined;
}

/** One key in one Region: everything related multi-Region keys do not share. */
export interface Key {
  readonly family: KeyFamily;
  readonly region: string;
  readonly arn: string;
  readonly createdAt: number;
  description: string;
  state: KeyState;
  deletionAt: number | undefined;
  pendingWindowInDays: number | undefined;
  /** False while imported material is awaited, or awaited again, whatever the state. */
  hasMaterial: boolean;
  /** When imported material expires, for EXTERNAL keys that said so. */
  expiresAt: number | undefined;
  policy: string;
  readonly tags: Map<string, string>;
  lastUsage: { operation: string; at: number; requestId: string } | undefined;
}

export interface Alias {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly createdAt: number;
  targetArn: string;
  updatedAt: number;
}

export interface Grant {
  readonly id: string;
  readonly keyArn: string;
  readonly createdAt: number;
  /** The members of CreateGrant that ListGrants gives back. */
  readonly entry: Readonly<Record<string, unknown>>;
  readonly tokens: string[];
}

export const DAY_MS = 86_400_000;

/** KMS writes timestamps as seconds since the epoch, with a fraction. */
export const seconds = (milliseconds: number): number => milliseconds / 1000;

export function defaultPolicy(region: string, account: string): string {
  const principal = `arn:${partitionOf(region)}:iam::${account}:root`;
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: principal },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
}

export const encryptionAlgorithms = ({ spec, usage }: KeyFamily): readonly string[] | undefined =>
  usage === 'ENCRYPT_DECRYPT' ? SPECS[spec].encryption : undefined;

export const signingAlgorithms = ({ spec, usage }: KeyFamily): readonly string[] | undefined =>
  usage === 'SIGN_VERIFY' ? SPECS[spec].signing : undefined;

export const keyAgreementAlgorithms = ({ usage }: KeyFamily): readonly string[] | undefined =>
  usage === 'KEY_AGREEMENT' ? ['ECDH'] : undefined;

/** The algorithm lists DescribeKey and GetPublicKey both answer; absent lists leave the JSON. */
export const algorithmLists = (family: KeyFamily): object => ({
  EncryptionAlgorithms: encryptionAlgorithms(family),
  SigningAlgorithms: signingAlgorithms(family),
  KeyAgreementAlgorithms: keyAgreementAlgorithms(family),
});

/** The KeyMetadata structure; `regions` are those where a related key exists. */
export function metadata(key: Key, regions: readonly string[]): object {
  const { family } = key;
  const { hasMaterial } = key;
  return {
    AWSAccountId: family.account,
    KeyId: family.keyId,
    Arn: key.arn,
    CreationDate: seconds(key.createdAt),
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: family.usage,
    KeyState: key.state,
    DeletionDate: key.deletionAt === undefined ? undefined : seconds(key.deletionAt),
    // A primary key that waits for its replicas has a window and no date yet.
    PendingDeletionWindowInDays:
      key.state === 'PendingReplicaDeletion' ? key.pendingWindowInDays : undefined,
    Origin: family.origin,
    ExpirationModel:
      family.origin === 'AWS_KMS' || !hasMaterial
        ? undefined
        : key.expiresAt === undefined
          ? 'KEY_MATERIAL_DOES_NOT_EXPIRE'
          : 'KEY_MATERIAL_EXPIRES',
    ValidTo: key.expiresAt === undefined ? undefined : seconds(key.expiresAt),
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: family.spec,
    KeySpec: family.spec,
    ...algorithmLists(family),
    MacAlgorithms: SPECS[family.spec].mac,
    MultiRegion: family.multiRegion,
    MultiRegionConfiguration: family.multiRegion
      ? multiRegionConfiguration(key, regions)
      : undefined,
    CurrentKeyMaterialId:
      family.spec === 'SYMMETRIC_DEFAULT' && hasMaterial ? family.versions.at(-1)?.id : undefined,
  };
}

function multiRegionConfiguration({ family, region }: Key, regions: readonly string[]): object {
  const related = (name: string) => ({
    Arn: keyArn(name, family.account, family.keyId),
    Region: name,
  });
  return {
    MultiRegionKeyType: region === family.primaryRegion ? 'PRIMARY' : 'REPLICA',
    PrimaryKey: related(family.primaryRegion),
    ReplicaKeys: regions.filter((name) => name !== family.primaryRegion).map(related),
  };
}
