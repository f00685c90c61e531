// Made by `make bindings` from the descriptions in Rust; not to be edited.

import type { GetPublicKeyResponse, KeyMetadata } from '../kms/types.js';

/** By operation, as requests go to the core and responses come from it. */
export interface KmsOperations {
  GetPublicKey: {
    request: {
      readonly keyId: string;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: GetPublicKeyResponse;
  };
  GenerateDataKey: {
    request: {
      readonly keyId: string;
      readonly keySpec?: string | undefined;
      readonly numberOfBytes?: number | undefined;
      readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: {
      readonly keyId: string;
      readonly ciphertextBlob: Uint8Array;
      readonly keyMaterialId?: string;
      readonly plaintext: Uint8Array;
    };
  };
  GenerateDataKeyWithoutPlaintext: {
    request: {
      readonly keyId: string;
      readonly keySpec?: string | undefined;
      readonly numberOfBytes?: number | undefined;
      readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: {
      readonly keyId: string;
      readonly ciphertextBlob: Uint8Array;
      readonly keyMaterialId?: string;
    };
  };
  GenerateDataKeyPair: {
    request: {
      readonly keyId: string;
      readonly keyPairSpec: string;
      readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: {
      readonly keyId: string;
      readonly keyPairSpec: string;
      readonly publicKey: Uint8Array;
      readonly privateKeyCiphertextBlob: Uint8Array;
      readonly keyMaterialId?: string;
      readonly privateKeyPlaintext: Uint8Array;
    };
  };
  GenerateDataKeyPairWithoutPlaintext: {
    request: {
      readonly keyId: string;
      readonly keyPairSpec: string;
      readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: {
      readonly keyId: string;
      readonly keyPairSpec: string;
      readonly publicKey: Uint8Array;
      readonly privateKeyCiphertextBlob: Uint8Array;
      readonly keyMaterialId?: string;
    };
  };
  GenerateRandom: {
    request: {
      readonly numberOfBytes: number;
    };
    response: {
      readonly plaintext: Uint8Array;
    };
  };
  Encrypt: {
    request: {
      readonly keyId: string;
      readonly encryptionAlgorithm?: string | undefined;
      readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
      readonly grantTokens?: readonly string[] | undefined;
      readonly plaintext: Uint8Array;
    };
    response: {
      readonly keyId: string;
      readonly ciphertextBlob: Uint8Array;
      readonly encryptionAlgorithm?: string;
    };
  };
  Decrypt: {
    request: {
      readonly keyId?: string | undefined;
      readonly ciphertextBlob: Uint8Array;
      readonly encryptionAlgorithm?: string | undefined;
      readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: {
      readonly keyId: string;
      readonly encryptionAlgorithm?: string;
      readonly keyMaterialId?: string;
      readonly plaintext: Uint8Array;
    };
  };
  ReEncrypt: {
    request: {
      readonly destinationKeyId: string;
      readonly sourceKeyId?: string | undefined;
      readonly ciphertextBlob: Uint8Array;
      readonly sourceEncryptionAlgorithm?: string | undefined;
      readonly destinationEncryptionAlgorithm?: string | undefined;
      readonly sourceEncryptionContext?: Readonly<Record<string, string>> | undefined;
      readonly destinationEncryptionContext?: Readonly<Record<string, string>> | undefined;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: {
      readonly keyId: string;
      readonly ciphertextBlob: Uint8Array;
      readonly sourceKeyId?: string;
      readonly sourceEncryptionAlgorithm?: string;
      readonly destinationEncryptionAlgorithm?: string;
      readonly sourceKeyMaterialId?: string;
      readonly destinationKeyMaterialId?: string;
    };
  };
  Sign: {
    request: {
      readonly keyId: string;
      readonly signingAlgorithm: string;
      readonly messageType?: string | undefined;
      readonly grantTokens?: readonly string[] | undefined;
      readonly message: Uint8Array;
    };
    response: {
      readonly keyId: string;
      readonly signature: Uint8Array;
      readonly signingAlgorithm: string;
    };
  };
  Verify: {
    request: {
      readonly keyId: string;
      readonly signingAlgorithm: string;
      readonly messageType?: string | undefined;
      readonly signature: Uint8Array;
      readonly grantTokens?: readonly string[] | undefined;
      readonly message: Uint8Array;
    };
    response: {
      readonly keyId: string;
      readonly signatureValid: true;
      readonly signingAlgorithm: string;
    };
  };
  GenerateMac: {
    request: {
      readonly keyId: string;
      readonly macAlgorithm: string;
      readonly grantTokens?: readonly string[] | undefined;
      readonly message: Uint8Array;
    };
    response: {
      readonly keyId: string;
      readonly macAlgorithm: string;
      readonly mac: Uint8Array;
    };
  };
  VerifyMac: {
    request: {
      readonly keyId: string;
      readonly macAlgorithm: string;
      readonly mac: Uint8Array;
      readonly grantTokens?: readonly string[] | undefined;
      readonly message: Uint8Array;
    };
    response: {
      readonly keyId: string;
      readonly macValid: true;
      readonly macAlgorithm: string;
    };
  };
  DeriveSharedSecret: {
    request: {
      readonly keyId: string;
      readonly keyAgreementAlgorithm: string;
      readonly publicKey: Uint8Array;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: {
      readonly keyId: string;
      readonly keyAgreementAlgorithm?: string;
      readonly keyOrigin?: string;
      readonly sharedSecret: Uint8Array;
    };
  };
  DescribeKey: {
    request: {
      readonly keyId: string;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: KeyMetadata;
  };
  ReplicateKey: {
    request: {
      readonly keyId: string;
      readonly replicaRegion: string;
      readonly description?: string | undefined;
      readonly policy?: string | undefined;
      readonly bypassPolicyLockoutSafetyCheck?: boolean | undefined;
      readonly tags?:
        | readonly {
            readonly tagKey: string;
            readonly tagValue?: string | undefined;
          }[]
        | undefined;
    };
    response: {
      readonly replicaKeyMetadata: KeyMetadata;
      readonly replicaPolicy?: string;
      readonly replicaTags: readonly {
        readonly tagKey: string;
        readonly tagValue?: string;
      }[];
    };
  };
  UpdatePrimaryRegion: {
    request: {
      readonly keyId: string;
      readonly primaryRegion: string;
    };
    response: unknown;
  };
  CreateAlias: {
    request: {
      readonly aliasName: string;
      readonly targetKeyId: string;
    };
    response: unknown;
  };
  UpdateAlias: {
    request: {
      readonly aliasName: string;
      readonly targetKeyId: string;
    };
    response: unknown;
  };
  DeleteAlias: {
    request: {
      readonly aliasName: string;
    };
    response: unknown;
  };
  ListAliases: {
    request: {
      readonly keyId?: string | undefined;
      readonly limit?: number | undefined;
      readonly marker?: string | undefined;
    };
    response: {
      readonly aliases: readonly {
        readonly aliasName: string;
        readonly aliasArn?: string;
        readonly targetKeyId?: string;
        readonly creationDateMs?: number;
        readonly lastUpdatedDateMs?: number;
      }[];
      readonly truncated: boolean;
      readonly nextMarker?: string;
    };
  };
  EnableKeyRotation: {
    request: {
      readonly keyId: string;
      readonly rotationPeriodInDays?: number | undefined;
    };
    response: unknown;
  };
  DisableKeyRotation: {
    request: {
      readonly keyId: string;
    };
    response: unknown;
  };
  GetKeyRotationStatus: {
    request: {
      readonly keyId: string;
    };
    response: {
      readonly keyId?: string;
      readonly keyRotationEnabled: boolean;
      readonly rotationPeriodInDays?: number;
      readonly nextRotationDateMs?: number;
      readonly onDemandRotationStartDateMs?: number;
    };
  };
  ListKeyRotations: {
    request: {
      readonly keyId: string;
      readonly includeKeyMaterial?: string | undefined;
      readonly limit?: number | undefined;
      readonly marker?: string | undefined;
    };
    response: {
      readonly rotations: readonly {
        readonly keyId?: string;
        readonly keyMaterialId?: string;
        readonly keyMaterialDescription?: string;
        readonly importState?: string;
        readonly keyMaterialState?: string;
        readonly expirationModel?: string;
        readonly validToMs?: number;
        readonly rotationDateMs?: number;
        readonly rotationType?: string;
      }[];
      readonly truncated: boolean;
      readonly nextMarker?: string;
    };
  };
  RotateKeyOnDemand: {
    request: {
      readonly keyId: string;
    };
    response: {
      readonly keyId: string;
    };
  };
  CreateGrant: {
    request: {
      readonly keyId: string;
      readonly granteePrincipal?: string | undefined;
      readonly retiringPrincipal?: string | undefined;
      readonly granteeServicePrincipal?: string | undefined;
      readonly retiringServicePrincipal?: string | undefined;
      readonly operations: readonly string[];
      readonly constraints?:
        | {
            readonly encryptionContextSubset?: Readonly<Record<string, string>> | undefined;
            readonly encryptionContextEquals?: Readonly<Record<string, string>> | undefined;
          }
        | undefined;
      readonly name?: string | undefined;
      readonly grantTokens?: readonly string[] | undefined;
    };
    response: {
      readonly grantId: string;
      readonly grantToken: string;
    };
  };
  ListGrants: {
    request: {
      readonly keyId: string;
      readonly grantId?: string | undefined;
      readonly granteePrincipal?: string | undefined;
      readonly granteeServicePrincipal?: string | undefined;
      readonly limit?: number | undefined;
      readonly marker?: string | undefined;
    };
    response: {
      readonly grants: readonly {
        readonly keyId: string;
        readonly grantId: string;
        readonly name?: string;
        readonly creationDateMs?: number;
        readonly granteePrincipal?: string;
        readonly retiringPrincipal?: string;
        readonly granteeServicePrincipal?: string;
        readonly retiringServicePrincipal?: string;
        readonly issuingAccount?: string;
        readonly operations: readonly string[];
        readonly constraints?: {
          readonly encryptionContextSubset?: Readonly<Record<string, string>>;
          readonly encryptionContextEquals?: Readonly<Record<string, string>>;
        };
      }[];
      readonly truncated: boolean;
      readonly nextMarker?: string;
    };
  };
  ListRetirableGrants: {
    request: {
      readonly retiringPrincipal?: string | undefined;
      readonly retiringServicePrincipal?: string | undefined;
      readonly limit?: number | undefined;
      readonly marker?: string | undefined;
    };
    response: {
      readonly grants: readonly {
        readonly keyId: string;
        readonly grantId: string;
        readonly name?: string;
        readonly creationDateMs?: number;
        readonly granteePrincipal?: string;
        readonly retiringPrincipal?: string;
        readonly granteeServicePrincipal?: string;
        readonly retiringServicePrincipal?: string;
        readonly issuingAccount?: string;
        readonly operations: readonly string[];
        readonly constraints?: {
          readonly encryptionContextSubset?: Readonly<Record<string, string>>;
          readonly encryptionContextEquals?: Readonly<Record<string, string>>;
        };
      }[];
      readonly truncated: boolean;
      readonly nextMarker?: string;
    };
  };
  RetireGrant: {
    request: {
      readonly grantToken?: string | undefined;
      readonly keyId?: string | undefined;
      readonly grantId?: string | undefined;
    };
    response: unknown;
  };
  RevokeGrant: {
    request: {
      readonly keyId: string;
      readonly grantId: string;
    };
    response: unknown;
  };
  CreateKey: {
    request: {
      readonly keySpec?: string | undefined;
      readonly keyUsage?: string | undefined;
      readonly origin?: string | undefined;
      readonly multiRegion?: boolean | undefined;
      readonly description?: string | undefined;
      readonly policy?: string | undefined;
      readonly bypassPolicyLockoutSafetyCheck?: boolean | undefined;
      readonly tags?:
        | readonly {
            readonly tagKey: string;
            readonly tagValue?: string | undefined;
          }[]
        | undefined;
      readonly customKeyStoreId?: string | undefined;
      readonly xksKeyId?: string | undefined;
    };
    response: KeyMetadata;
  };
  UpdateKeyDescription: {
    request: {
      readonly keyId: string;
      readonly description?: string | undefined;
    };
    response: unknown;
  };
  TagResource: {
    request: {
      readonly keyId: string;
      readonly tags: readonly {
        readonly tagKey: string;
        readonly tagValue?: string | undefined;
      }[];
    };
    response: unknown;
  };
  UntagResource: {
    request: {
      readonly keyId: string;
      readonly tagKeys: readonly string[];
    };
    response: unknown;
  };
  ListResourceTags: {
    request: {
      readonly keyId: string;
      readonly limit?: number | undefined;
      readonly marker?: string | undefined;
    };
    response: {
      readonly tags: readonly {
        readonly tagKey: string;
        readonly tagValue?: string;
      }[];
      readonly truncated: boolean;
      readonly nextMarker?: string;
    };
  };
  GetKeyPolicy: {
    request: {
      readonly keyId: string;
      readonly policyName?: string | undefined;
    };
    response: {
      readonly policy: string;
      readonly policyName?: string;
    };
  };
  PutKeyPolicy: {
    request: {
      readonly keyId: string;
      readonly policyName?: string | undefined;
      readonly policy: string;
      readonly bypassPolicyLockoutSafetyCheck?: boolean | undefined;
    };
    response: unknown;
  };
  ListKeyPolicies: {
    request: {
      readonly keyId: string;
      readonly limit?: number | undefined;
      readonly marker?: string | undefined;
    };
    response: {
      readonly policyNames: readonly string[];
      readonly truncated: boolean;
      readonly nextMarker?: string;
    };
  };
  GetParametersForImport: {
    request: {
      readonly keyId: string;
      readonly wrappingAlgorithm: string;
      readonly wrappingKeySpec: string;
    };
    response: {
      readonly keyId: string;
      readonly importToken: Uint8Array;
      readonly publicKey: Uint8Array;
      readonly parametersValidToMs?: number;
    };
  };
  ImportKeyMaterial: {
    request: {
      readonly keyId: string;
      readonly importToken: Uint8Array;
      readonly encryptedKeyMaterial: Uint8Array;
      readonly expirationModel?: string | undefined;
      readonly validToMs?: number | undefined;
      readonly importType?: string | undefined;
      readonly keyMaterialDescription?: string | undefined;
      readonly keyMaterialId?: string | undefined;
    };
    response: {
      readonly keyId?: string;
      readonly keyMaterialId?: string;
    };
  };
  DeleteImportedKeyMaterial: {
    request: {
      readonly keyId: string;
      readonly keyMaterialId?: string | undefined;
    };
    response: {
      readonly keyId?: string;
      readonly keyMaterialId?: string;
    };
  };
  EnableKey: {
    request: {
      readonly keyId: string;
    };
    response: unknown;
  };
  DisableKey: {
    request: {
      readonly keyId: string;
    };
    response: unknown;
  };
  ScheduleKeyDeletion: {
    request: {
      readonly keyId: string;
      readonly pendingWindowInDays?: number | undefined;
    };
    response: {
      readonly keyId: string;
      readonly deletionDateMs?: number;
      readonly keyState?: string;
      readonly pendingWindowInDays?: number;
    };
  };
  CancelKeyDeletion: {
    request: {
      readonly keyId: string;
    };
    response: {
      readonly keyId: string;
    };
  };
  ListKeys: {
    request: {
      readonly limit?: number | undefined;
      readonly marker?: string | undefined;
    };
    response: {
      readonly keys: readonly {
        readonly keyId: string;
        readonly keyArn: string;
      }[];
      readonly truncated: boolean;
      readonly nextMarker?: string;
    };
  };
}

/** What those members of requests are that are not strings, of operations on data and data keys. */
export const KMS_DATA_KINDS = {
  ciphertextBlob: 'bytes',
  destinationEncryptionContext: 'context',
  encryptionContext: 'context',
  grantTokens: 'strings',
  numberOfBytes: 'number',
  plaintext: 'bytes',
  sourceEncryptionContext: 'context',
} as const;

/** What those members of requests are that are not strings, of all operations. */
export const KMS_KINDS = {
  bypassPolicyLockoutSafetyCheck: 'flag',
  ciphertextBlob: 'bytes',
  constraints: 'object',
  destinationEncryptionContext: 'context',
  encryptedKeyMaterial: 'bytes',
  encryptionContext: 'context',
  encryptionContextEquals: 'context',
  encryptionContextSubset: 'context',
  grantTokens: 'strings',
  importToken: 'bytes',
  limit: 'number',
  mac: 'bytes',
  message: 'bytes',
  multiRegion: 'flag',
  numberOfBytes: 'number',
  operations: 'strings',
  pendingWindowInDays: 'number',
  plaintext: 'bytes',
  publicKey: 'bytes',
  rotationPeriodInDays: 'number',
  signature: 'bytes',
  sourceEncryptionContext: 'context',
  tagKeys: 'strings',
  tags: 'objects',
  validToMs: 'number',
} as const;
