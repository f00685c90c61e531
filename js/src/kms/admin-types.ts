/** Requests and responses of the operations that make keys and look after them, in the names of the KMS API. */

import type { EncryptionContext, KeyIdRequest, KmsTag, Page, PageRequest } from './types.js';

/** What {@link KmsClient.createKey} takes; nothing of it is needed. */
export interface CreateKeyRequest {
  /** For example `RSA_2048`, `ECC_NIST_P256`, `HMAC_256`; by default `SYMMETRIC_DEFAULT`. */
  readonly keySpec?: string | undefined;
  /** Needed for all but symmetric keys: `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC`, `KEY_AGREEMENT`. */
  readonly keyUsage?: string | undefined;
  /** `EXTERNAL` for material that is imported; by default `AWS_KMS` makes it. */
  readonly origin?: 'AWS_KMS' | 'EXTERNAL' | (string & {}) | undefined;
  /** Whether it can have replicas in other Regions. Cannot be changed. Default `false`. */
  readonly multiRegion?: boolean | undefined;
  /** What is said of the key. Not a secret. */
  readonly description?: string | undefined;
  /** Key policy, as a string of JSON; by default the account may do everything. */
  readonly policy?: string | undefined;
  /** Accept a policy that would keep the caller from changing it. Default `false`. */
  readonly bypassPolicyLockoutSafetyCheck?: boolean | undefined;
  /** Tags of the key. */
  readonly tags?: readonly KmsTag[] | undefined;
  /** Of a key in a key store of your own. */
  readonly customKeyStoreId?: string | undefined;
  /** The id of a key outside AWS, of the origin `EXTERNAL_KEY_STORE`. */
  readonly xksKeyId?: string | undefined;
}

/** What {@link KmsClient.updateKeyDescription} takes. */
export interface UpdateKeyDescriptionRequest extends KeyIdRequest {
  /** What is said of the key; may be empty. Not a secret. */
  readonly description: string;
}

/** What {@link KmsClient.tagResource} takes. */
export interface TagResourceRequest extends KeyIdRequest {
  /** At least one. A tag that the key has gets the new value. */
  readonly tags: readonly KmsTag[];
}

/** What {@link KmsClient.untagResource} takes. */
export interface UntagResourceRequest extends KeyIdRequest {
  /** At least one. Those that the key does not have change nothing. */
  readonly tagKeys: readonly string[];
}

/** What {@link KmsClient.listResourceTags} takes. */
export interface ListResourceTagsRequest extends KeyIdRequest, PageRequest {
  /** 1 to 50. */
  readonly limit?: number | undefined;
}

/** What {@link KmsClient.listResourceTags} returns. */
export interface ListResourceTagsResponse extends Page {
  /** The tags of this page. */
  readonly tags: readonly KmsTag[];
}

/** What {@link KmsClient.getKeyPolicy} takes. */
export interface GetKeyPolicyRequest extends KeyIdRequest {
  /** By default `default`, the only one. */
  readonly policyName?: string | undefined;
}

/** What {@link KmsClient.getKeyPolicy} returns. */
export interface GetKeyPolicyResponse {
  /** The policy, as a string of JSON. */
  readonly policy: string;
  /** `default`, where the endpoint says so. */
  readonly policyName?: string;
}

/** What {@link KmsClient.putKeyPolicy} takes. */
export interface PutKeyPolicyRequest extends GetKeyPolicyRequest {
  /** The policy, as a string of JSON. */
  readonly policy: string;
  /** Accept a policy that would keep the caller from changing it. Default `false`. */
  readonly bypassPolicyLockoutSafetyCheck?: boolean | undefined;
}

/** What {@link KmsClient.listKeyPolicies} takes. */
export interface ListKeyPoliciesRequest extends KeyIdRequest, PageRequest {
  /** 1 to 1,000. */
  readonly limit?: number | undefined;
}

/** What {@link KmsClient.listKeyPolicies} returns. */
export interface ListKeyPoliciesResponse extends Page {
  /** `default` is the only one. */
  readonly policyNames: readonly string[];
}

/** What {@link KmsClient.listGrants} takes. */
export interface ListGrantsRequest extends KeyIdRequest, PageRequest {
  /** The grant of this id only. */
  readonly grantId?: string | undefined;
  /** The grants of this principal only, by its ARN. */
  readonly granteePrincipal?: string | undefined;
  /** The grants of this AWS service only. */
  readonly granteeServicePrincipal?: string | undefined;
  /** 1 to 100. */
  readonly limit?: number | undefined;
}

/** What {@link KmsClient.listRetirableGrants} takes. */
export interface ListRetirableGrantsRequest extends PageRequest {
  /** ARN of who may retire the grants. */
  readonly retiringPrincipal?: string | undefined;
  /** In its place, an AWS service. */
  readonly retiringServicePrincipal?: string | undefined;
  /** 1 to 100. */
  readonly limit?: number | undefined;
}

/** A grant, as {@link KmsClient.listGrants} and {@link KmsClient.listRetirableGrants} return it. */
export interface GrantListEntry {
  /** ARN of the key. */
  readonly keyId: string;
  /** The grant's id. */
  readonly grantId: string;
  /** What its maker named it. */
  readonly name?: string;
  /** Unix time in milliseconds. */
  readonly creationDateMs?: number;
  /** Who may use the key. */
  readonly granteePrincipal?: string;
  /** Who may retire the grant. */
  readonly retiringPrincipal?: string;
  /** The AWS service that may use the key. */
  readonly granteeServicePrincipal?: string;
  /** The AWS service that may retire the grant. */
  readonly retiringServicePrincipal?: string;
  /** The account that made it. */
  readonly issuingAccount?: string;
  /** What it allows. */
  readonly operations: readonly string[];
  /** For which encryption contexts it holds; for all, if there are none. */
  readonly constraints?: {
    /** The request's encryption context must hold these pairs. */
    readonly encryptionContextSubset?: EncryptionContext;
    /** The request's encryption context must be these pairs. */
    readonly encryptionContextEquals?: EncryptionContext;
  };
}

/** What {@link KmsClient.listGrants} and {@link KmsClient.listRetirableGrants} return. */
export interface ListGrantsResponse extends Page {
  /** The grants of this page. */
  readonly grants: readonly GrantListEntry[];
}

/** What {@link KmsClient.retireGrant} takes: a token, or a key and a grant's id. */
export interface RetireGrantRequest {
  /** As {@link KmsClient.createGrant} returned it. */
  readonly grantToken?: string | undefined;
  /** Key ARN. */
  readonly keyId?: string | undefined;
  /** As {@link KmsClient.createGrant} returned it. */
  readonly grantId?: string | undefined;
}

/** What {@link KmsClient.revokeGrant} takes. */
export interface RevokeGrantRequest extends KeyIdRequest {
  /** As {@link KmsClient.createGrant} returned it. */
  readonly grantId: string;
}

/** What {@link KmsClient.getParametersForImport} takes. */
export interface GetParametersForImportRequest extends KeyIdRequest {
  /** How the material will be wrapped; `wrapKeyMaterial` can `RSAES_OAEP_SHA_256` and `RSA_AES_KEY_WRAP_SHA_256`. */
  readonly wrappingAlgorithm:
    'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256' | 'RSAES_OAEP_SHA_1' | (string & {});
  /** The key to wrap with. */
  readonly wrappingKeySpec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | (string & {});
}

/** What {@link KmsClient.getParametersForImport} returns. */
export interface GetParametersForImportResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** Goes with the material that is wrapped with this public key. */
  readonly importToken: Uint8Array;
  /** What the material is wrapped with: SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  /** Until when both can be used, in Unix time in milliseconds: a day. */
  readonly parametersValidToMs?: number;
}

/** What {@link KmsClient.importKeyMaterial} takes. */
export interface ImportKeyMaterialRequest extends KeyIdRequest {
  /** Of {@link KmsClient.getParametersForImport}. */
  readonly importToken: Uint8Array;
  /** Of `wrapKeyMaterial`. */
  readonly encryptedKeyMaterial: Uint8Array;
  /** By default `KEY_MATERIAL_EXPIRES`, which needs `validToMs`. */
  readonly expirationModel?: 'KEY_MATERIAL_EXPIRES' | 'KEY_MATERIAL_DOES_NOT_EXPIRE' | undefined;
  /** When KMS deletes the material, in Unix time in milliseconds. */
  readonly validToMs?: number | undefined;
  /** `NEW_KEY_MATERIAL` for material to rotate to; by default what the key has had. */
  readonly importType?: 'NEW_KEY_MATERIAL' | 'EXISTING_KEY_MATERIAL' | undefined;
  /** What is said of the material. Not a secret. */
  readonly keyMaterialDescription?: string | undefined;
  /** The material that is imported again, of a key that has had several. */
  readonly keyMaterialId?: string | undefined;
}

/** What {@link KmsClient.deleteImportedKeyMaterial} takes. */
export interface DeleteImportedKeyMaterialRequest extends KeyIdRequest {
  /** The material, of a key that has had several; by default the current one. */
  readonly keyMaterialId?: string | undefined;
}

/** What {@link KmsClient.importKeyMaterial} and {@link KmsClient.deleteImportedKeyMaterial} return. */
export interface ImportedKeyMaterialResponse {
  /** Key ARN, where the endpoint says it. */
  readonly keyId?: string;
  /** Names the material, of symmetric keys. */
  readonly keyMaterialId?: string;
}

/** What {@link KmsClient.getKeyRotationStatus} returns. */
export interface GetKeyRotationStatusResponse {
  /** Key ARN, where the endpoint says it. */
  readonly keyId?: string;
  /** Whether the key is given new material regularly. */
  readonly keyRotationEnabled: boolean;
  /** Days from one rotation to the next. */
  readonly rotationPeriodInDays?: number;
  /** Unix time in milliseconds. */
  readonly nextRotationDateMs?: number;
  /** When a rotation on demand began that has not ended, in Unix time in milliseconds. */
  readonly onDemandRotationStartDateMs?: number;
}

/** What {@link KmsClient.listKeyRotations} takes. */
export interface ListKeyRotationsRequest extends KeyIdRequest, PageRequest {
  /** `ALL_KEY_MATERIAL` for the first material, too, and for what was imported; by default `ROTATIONS_ONLY`. */
  readonly includeKeyMaterial?: 'ALL_KEY_MATERIAL' | 'ROTATIONS_ONLY' | undefined;
  /** 1 to 1,000. */
  readonly limit?: number | undefined;
}

/** A rotation, as {@link KmsClient.listKeyRotations} returns it. */
export interface KeyRotation {
  /** Key ARN. */
  readonly keyId?: string;
  /** Names the material. */
  readonly keyMaterialId?: string;
  /** What was said of imported material. */
  readonly keyMaterialDescription?: string;
  /** `IMPORTED` or `PENDING_IMPORT`, of imported material. */
  readonly importState?: string;
  /** `CURRENT`, `NON_CURRENT` or `PENDING_ROTATION`. */
  readonly keyMaterialState?: string;
  /** Of imported material: `KEY_MATERIAL_EXPIRES` or `KEY_MATERIAL_DOES_NOT_EXPIRE`. */
  readonly expirationModel?: string;
  /** When imported material expires, in Unix time in milliseconds. */
  readonly validToMs?: number;
  /** Unix time in milliseconds. */
  readonly rotationDateMs?: number;
  /** `AUTOMATIC` or `ON_DEMAND`. */
  readonly rotationType?: string;
}

/** What {@link KmsClient.listKeyRotations} returns. */
export interface ListKeyRotationsResponse extends Page {
  /** The rotations of this page, the oldest first. */
  readonly rotations: readonly KeyRotation[];
}
