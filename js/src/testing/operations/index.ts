import { unsupported } from '../errors.js';
import { createAlias, deleteAlias, listAliases, updateAlias } from './aliases.js';
import { deriveSharedSecret, getPublicKey, sign, verify } from './asymmetric.js';
import type { Operation } from './call.js';
import {
  generateDataKey,
  generateDataKeyPair,
  generateDataKeyPairWithoutPlaintext,
  generateDataKeyWithoutPlaintext,
  generateRandom,
} from './data-keys.js';
import { decrypt, encrypt, reEncrypt } from './encryption.js';
import {
  createGrant,
  listGrants,
  listRetirableGrants,
  retireGrant,
  revokeGrant,
} from './grants.js';
import { deleteImportedKeyMaterial, getParametersForImport, importKeyMaterial } from './import.js';
import { createKey, describeKey, getKeyLastUsage, listKeys, updateKeyDescription } from './keys.js';
import { cancelKeyDeletion, disableKey, enableKey, scheduleKeyDeletion } from './lifecycle.js';
import { generateMac, verifyMac } from './mac.js';
import { replicateKey, updatePrimaryRegion } from './multi-region.js';
import { getKeyPolicy, listKeyPolicies, putKeyPolicy } from './policies.js';
import {
  disableKeyRotation,
  enableKeyRotation,
  getKeyRotationStatus,
  listKeyRotations,
  rotateKeyOnDemand,
} from './rotation.js';
import { listResourceTags, tagResource, untagResource } from './tags.js';

/** Cryptographic operations: they accept DryRun and count as use of the key. */
const CRYPTOGRAPHIC = {
  Decrypt: decrypt,
  DeriveSharedSecret: deriveSharedSecret,
  Encrypt: encrypt,
  GenerateDataKey: generateDataKey,
  GenerateDataKeyPair: generateDataKeyPair,
  GenerateDataKeyPairWithoutPlaintext: generateDataKeyPairWithoutPlaintext,
  GenerateDataKeyWithoutPlaintext: generateDataKeyWithoutPlaintext,
  GenerateMac: generateMac,
  ReEncrypt: reEncrypt,
  Sign: sign,
  Verify: verify,
  VerifyMac: verifyMac,
} as const satisfies Record<string, Operation>;

const MANAGEMENT = {
  CancelKeyDeletion: cancelKeyDeletion,
  CreateAlias: createAlias,
  CreateGrant: createGrant,
  CreateKey: createKey,
  DeleteAlias: deleteAlias,
  DeleteImportedKeyMaterial: deleteImportedKeyMaterial,
  DescribeKey: describeKey,
  DisableKey: disableKey,
  DisableKeyRotation: disableKeyRotation,
  EnableKey: enableKey,
  EnableKeyRotation: enableKeyRotation,
  GenerateRandom: generateRandom,
  GetKeyLastUsage: getKeyLastUsage,
  GetKeyPolicy: getKeyPolicy,
  GetKeyRotationStatus: getKeyRotationStatus,
  GetParametersForImport: getParametersForImport,
  GetPublicKey: getPublicKey,
  ImportKeyMaterial: importKeyMaterial,
  ListAliases: listAliases,
  ListGrants: listGrants,
  ListKeyPolicies: listKeyPolicies,
  ListKeyRotations: listKeyRotations,
  ListKeys: listKeys,
  ListResourceTags: listResourceTags,
  ListRetirableGrants: listRetirableGrants,
  PutKeyPolicy: putKeyPolicy,
  ReplicateKey: replicateKey,
  RetireGrant: retireGrant,
  RevokeGrant: revokeGrant,
  RotateKeyOnDemand: rotateKeyOnDemand,
  ScheduleKeyDeletion: scheduleKeyDeletion,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAlias: updateAlias,
  UpdateKeyDescription: updateKeyDescription,
  UpdatePrimaryRegion: updatePrimaryRegion,
} as const satisfies Record<string, Operation>;

/** Operations of the real service that have no meaning without what stands behind them there. */
const UNSUPPORTED = [
  'ConnectCustomKeyStore',
  'CreateCustomKeyStore',
  'Decapsulate',
  'DeleteCustomKeyStore',
  'DescribeCustomKeyStores',
  'DisconnectCustomKeyStore',
  'Encapsulate',
  'UpdateCustomKeyStore',
];

const refuse: Operation = ({ operation }) => {
  throw unsupported(`The development KMS does not support ${operation}.`);
};

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ...Object.entries(CRYPTOGRAPHIC),
  ...Object.entries(MANAGEMENT),
  ...UNSUPPORTED.map((name) => [name, refuse] as const),
]);

/** The operations that the development KMS has, as {@link DevKms.countCalls} takes them. */
export type OperationName = keyof typeof CRYPTOGRAPHIC | keyof typeof MANAGEMENT;

export const operationNamed = (name: string): Operation | undefined => OPERATIONS.get(name);

export const isCryptographic = (name: string): boolean => Object.hasOwn(CRYPTOGRAPHIC, name);
