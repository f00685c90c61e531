/** The KMS client, with all operations: any endpoint that speaks the AWS KMS API. */

import { KMS_KINDS } from '../generated/kms-operations.js';
import type { Kinds } from './request.js';
import {
  KmsClient as DataClient,
  type KmsClientOptions as DataClientOptions,
} from './data-client.js';
import { EXTRA_OPTIONS, extrasOf, type ClientExtraOptions } from '../aws/client-extras.js';
import { each } from './pages.js';
import type {
  AliasListEntry,
  AliasRequest,
  CreateGrantRequest,
  CreateGrantResponse,
  DeriveSharedSecretRequest,
  DeriveSharedSecretResponse,
  EnableKeyRotationRequest,
  GenerateDataKeyPairRequest,
  GenerateDataKeyPairResponse,
  GenerateMacRequest,
  GenerateMacResponse,
  GenerateRandomRequest,
  KeyIdRequest,
  KeyListEntry,
  KeyMetadata,
  KmsTag,
  ListAliasesRequest,
  ListAliasesResponse,
  ListKeysRequest,
  ListKeysResponse,
  ReplicateKeyRequest,
  ReplicateKeyResponse,
  ScheduleKeyDeletionRequest,
  ScheduleKeyDeletionResponse,
  SignRequest,
  SignResponse,
  UpdatePrimaryRegionRequest,
  VerifyMacRequest,
  VerifyMacResponse,
  VerifyRequest,
  VerifyResponse,
} from './types.js';
import type {
  CreateKeyRequest,
  DeleteImportedKeyMaterialRequest,
  GetKeyPolicyRequest,
  GetKeyPolicyResponse,
  GetKeyRotationStatusResponse,
  GetParametersForImportRequest,
  GetParametersForImportResponse,
  ImportedKeyMaterialResponse,
  ImportKeyMaterialRequest,
  ListGrantsRequest,
  ListGrantsResponse,
  ListKeyPoliciesRequest,
  ListKeyPoliciesResponse,
  ListKeyRotationsRequest,
  ListKeyRotationsResponse,
  ListResourceTagsRequest,
  ListResourceTagsResponse,
  ListRetirableGrantsRequest,
  PutKeyPolicyRequest,
  RetireGrantRequest,
  RevokeGrantRequest,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateKeyDescriptionRequest,
} from './admin-types.js';
import { isObject, ownCopy } from '../util/plain-object.js';
import type { CallOptions } from '../util/signal.js';
import { markClass } from '../util/shared.js';

export type * from './types.js';
export type * from './admin-types.js';
export * from './import-material.js';
export type { AwsCredentials } from '../aws/service-client.js';
export type { ClientExtraOptions } from '../aws/client-extras.js';

/**
 * How to reach a KMS endpoint and what to tell of its calls; see {@link openTelemetryEvents} for spans, and
 * {@link ServiceClientOptions} and {@link ClientExtraOptions} for more.
 *
 * @example
 * ```ts
 * import { KmsClient, type KmsClientOptions, type StoredPublicKey } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms() // for AWS, { region, credentials } in the place of the endpoint
 * const { arn } = await dev.createKey({ keySpec: 'RSA_2048' })
 *
 * const disk = new Map<string, StoredPublicKey>() // plain data: a file, or the browser's storage
 * const options: KmsClientOptions = {
 *   endpoint: dev.url,
 *   region: dev.region,
 *   publicKeyStore: {
 *     load: async (keyId) => disk.get(keyId),
 *     save: async (keyId, entry) => void disk.set(keyId, entry),
 *   },
 *   onEvent: ({ operation, outcome, attempts }) => console.log(operation, outcome, attempts),
 * }
 * const { fingerprint } = await new KmsClient(options).getPublicKey({ keyId: arn })
 * // → GetPublicKey OK 1
 *
 * // Later, in another process: the key comes from the store, and must be the one that was pinned.
 * const pinned = new KmsClient({ ...options, pinnedPublicKeys: { [arn]: fingerprint } })
 * console.log((await pinned.getPublicKey({ keyId: arn })).keySpec, dev.countCalls()) // → RSA_2048 1
 * await dev.close()
 * ```
 */
export interface KmsClientOptions extends DataClientOptions, ClientExtraOptions {}

/**
 * A client for one KMS endpoint. Requests time out, and are repeated with growing pauses when the
 * service is throttling, failing or out of reach; never after a definite no.
 *
 * Errors are {@link KmsError}s: operation, key id, the service's error name and request id; {@link UsageError}
 * `INVALID_ARGUMENT` for a request that the service would not take.
 *
 * An answer may get lost after the work was done. Then a call that is repeated, by the client or by
 * you, finds its own work in its way (`KMS_ALREADY_EXISTS`, or `KMS_KEY_NOT_FOUND` of a grant), or does it again
 * (`createKey`, `rotateKeyOnDemand`, `createGrant` without a name).
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms() // a KMS on this machine
 * const { keyId } = await dev.createKey()
 *
 * // For AWS: new KmsClient({ region: 'eu-central-1', credentials }).
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const { ciphertextBlob } = await kms.encrypt({
 *   keyId,
 *   plaintext: new TextEncoder().encode('hello'),
 * })
 * const { plaintext } = await kms.decrypt({ keyId, ciphertextBlob })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * await dev.close()
 * ```
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // Signatures and HMACs.
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const message = new TextEncoder().encode('invoice 7')
 *
 * const signer = {
 *   ...(await dev.createKey({ keySpec: 'ECC_NIST_P256' })),
 *   signingAlgorithm: 'ECDSA_SHA_256',
 * } as const
 * const { keyId, signingAlgorithm } = signer
 * const { signature } = await kms.sign({ keyId, message, signingAlgorithm })
 * const { signatureValid } = await kms.verify({ keyId, message, signature, signingAlgorithm })
 *
 * const hmac = await dev.createKey({ keySpec: 'HMAC_256' })
 * const { mac } = await kms.generateMac({ keyId: hmac.keyId, message, macAlgorithm: 'HMAC_SHA_256' })
 * const { macValid } = await kms.verifyMac({
 *   keyId: hmac.keyId,
 *   message,
 *   mac,
 *   macAlgorithm: 'HMAC_SHA_256',
 * })
 * console.log(signatureValid, macValid) // → true true
 * await dev.close()
 * ```
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // Key pairs, key agreement, randomness.
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const { keyId } = await dev.createKey()
 *
 * const pair = await kms.generateDataKeyPair({ keyId, keyPairSpec: 'ECC_NIST_P256' })
 * const { plaintext: privateKey } = await kms.decrypt({
 *   keyId,
 *   ciphertextBlob: pair.privateKeyCiphertextBlob,
 * })
 * console.log(Buffer.compare(privateKey, pair.privateKeyPlaintext)) // → 0
 * const unseen = await kms.generateDataKeyPairWithoutPlaintext({
 *   keyId,
 *   keyPairSpec: 'ECC_NIST_P256',
 * })
 *
 * const agrees = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' })
 * const { sharedSecret } = await kms.deriveSharedSecret({
 *   keyId: agrees.keyId,
 *   publicKey: unseen.publicKey,
 * })
 * const random = await kms.generateRandom({ numberOfBytes: 16 })
 * console.log(sharedSecret.length, random.plaintext.length) // → 32 16
 * await dev.close()
 * ```
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // Aliases and lists.
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const [first, second] = [await dev.createKey(), await dev.createKey()]
 * await kms.createAlias({ aliasName: 'alias/orders', targetKeyId: first.keyId })
 * await kms.updateAlias({ aliasName: 'alias/orders', targetKeyId: second.keyId })
 * for await (const { aliasName, targetKeyId } of kms.listAllAliases()) {
 *   console.log(aliasName, targetKeyId === second.keyId) // → alias/orders true
 * }
 * await kms.deleteAlias({ aliasName: 'alias/orders' })
 *
 * const { aliases } = await kms.listAliases({ limit: 100 })
 * const { keys, truncated } = await kms.listKeys({ limit: 1 })
 * console.log(aliases.length, keys.length, truncated) // → 0 1 true
 * let count = 0
 * for await (const _ of kms.listAllKeys()) count += 1
 * console.log(count) // → 2
 * await dev.close()
 * ```
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // The life of a key: rotation, grants, replicas, deletion.
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const { keyId, arn } = await dev.createKey({ multiRegion: true })
 * await kms.enableKeyRotation({ keyId, rotationPeriodInDays: 180 })
 * await kms.rotateKeyOnDemand({ keyId })
 *
 * const { grantToken } = await kms.createGrant({
 *   keyId: arn,
 *   granteePrincipal: 'arn:aws:iam::111122223333:role/orders',
 *   operations: ['Decrypt'],
 *   name: 'orders-decrypt',
 * })
 * console.log(grantToken.length > 0) // → true
 *
 * const { replicaKeyMetadata } = await kms.replicateKey({ keyId, replicaRegion: 'eu-west-1' })
 * console.log(replicaKeyMetadata.multiRegionKeyType) // → REPLICA
 * await kms.updatePrimaryRegion({ keyId, primaryRegion: 'eu-west-1' })
 *
 * const old = await dev.createKey()
 * await kms.disableKey({ keyId: old.keyId })
 * await kms.enableKey({ keyId: old.keyId })
 * const { keyState } = await kms.scheduleKeyDeletion({ keyId: old.keyId, pendingWindowInDays: 7 })
 * await kms.cancelKeyDeletion({ keyId: old.keyId })
 * console.log(keyState, (await kms.describeKey({ keyId: old.keyId })).keyState) // → PendingDeletion Disabled
 * await dev.close()
 * ```
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // What an audit asks: who may use a key, what it is for, when it was rotated.
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const { keyId, arn } = await kms.createKey({
 *   description: 'orders',
 *   tags: [{ tagKey: 'team', tagValue: 'shop' }],
 * })
 * await kms.updateKeyDescription({ keyId, description: 'orders and invoices' })
 * await kms.tagResource({ keyId, tags: [{ tagKey: 'stage', tagValue: 'test' }] })
 * await kms.untagResource({ keyId, tagKeys: ['team'] })
 * console.log((await kms.listResourceTags({ keyId })).tags) // → [ { tagKey: 'stage', tagValue: 'test' } ]
 *
 * const { policyNames } = await kms.listKeyPolicies({ keyId })
 * const { policy } = await kms.getKeyPolicy({ keyId })
 * await kms.putKeyPolicy({ keyId, policy })
 * console.log(policyNames, JSON.parse(policy).Version) // → [ 'default' ] 2012-10-17
 *
 * await kms.enableKeyRotation({ keyId })
 * const { rotationPeriodInDays } = await kms.getKeyRotationStatus({ keyId })
 * await kms.disableKeyRotation({ keyId })
 * await kms.rotateKeyOnDemand({ keyId })
 * const { rotations } = await kms.listKeyRotations({ keyId })
 * console.log(rotationPeriodInDays, rotations[0]?.rotationType) // → 365 ON_DEMAND
 *
 * const grant = {
 *   keyId,
 *   granteePrincipal: 'arn:aws:iam::111122223333:role/orders',
 *   retiringPrincipal: 'arn:aws:iam::111122223333:role/deploy',
 *   operations: ['Decrypt'],
 * }
 * const [first, second] = [await kms.createGrant(grant), await kms.createGrant(grant)]
 * await kms.revokeGrant({ keyId, grantId: first.grantId })
 * const { grants } = await kms.listGrants({ keyId })
 * console.log(grants.map((each) => each.keyId === arn && each.operations)) // → [ [ 'Decrypt' ] ]
 * await kms.retireGrant({ grantToken: second.grantToken })
 * const retirable = await kms.listRetirableGrants({ retiringPrincipal: grant.retiringPrincipal })
 * console.log(retirable.grants.length) // → 0
 * await dev.close()
 * ```
 *
 * @example
 * ```ts
 * import { KmsClient, wrapKeyMaterial } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const { keyId } = await kms.createKey({ origin: 'EXTERNAL', description: 'material of our own' })
 *
 * const wrappingAlgorithm = 'RSAES_OAEP_SHA_256'
 * const parameters = await kms.getParametersForImport({
 *   keyId,
 *   wrappingAlgorithm,
 *   wrappingKeySpec: 'RSA_2048',
 * })
 * const { publicKey, importToken } = parameters
 * const keyMaterial = crypto.getRandomValues(new Uint8Array(32)) // keep a copy: KMS gives none back
 * const wrapping = { keyMaterial, publicKey, wrappingAlgorithm } as const
 * await kms.importKeyMaterial({
 *   keyId,
 *   importToken,
 *   encryptedKeyMaterial: await wrapKeyMaterial(wrapping),
 *   expirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
 * })
 * keyMaterial.fill(0)
 * console.log((await kms.describeKey({ keyId })).keyState) // → Enabled
 *
 * await kms.deleteImportedKeyMaterial({ keyId })
 * console.log((await kms.describeKey({ keyId })).keyState) // → PendingImport
 * await dev.close()
 * ```
 */
export class KmsClient extends DataClient {
  /** @internal */
  protected override get _kinds(): Kinds {
    return KMS_KINDS;
  }
  /** @internal */
  protected override get _extras() {
    return { names: EXTRA_OPTIONS, read: extrasOf };
  }

  /** @throws UsageError `INVALID_ARGUMENT`, `INVALID_CONFIG` if an option cannot be used */
  constructor(options: KmsClientOptions = {}) {
    super(options);
  }

  /** Makes a key pair: the private key once in plaintext, once wrapped by the key. */
  async generateDataKeyPair(
    request: GenerateDataKeyPairRequest,
    options?: CallOptions,
  ): Promise<GenerateDataKeyPairResponse> {
    return this._send('GenerateDataKeyPair', request, options);
  }

  /** Makes a key pair whose private key nobody has seen yet. */
  async generateDataKeyPairWithoutPlaintext(
    request: GenerateDataKeyPairRequest,
    options?: CallOptions,
  ): Promise<Omit<GenerateDataKeyPairResponse, 'privateKeyPlaintext'>> {
    return this._send('GenerateDataKeyPairWithoutPlaintext', request, options);
  }

  /** Random bytes of the service. */
  async generateRandom(
    request: GenerateRandomRequest,
    options?: CallOptions,
  ): Promise<{ readonly plaintext: Uint8Array }> {
    return this._send('GenerateRandom', request, options);
  }

  /** Signs up to 4,096 bytes, or a digest. */
  async sign(request: SignRequest, options?: CallOptions): Promise<SignResponse> {
    return this._send('Sign', request, options);
  }

  /**
   * Verifies a signature. One that is not valid is an error, as with the official client:
   * `KMS_INVALID_SIGNATURE`. With the public key at hand, `verifySignature` needs no call.
   */
  async verify(request: VerifyRequest, options?: CallOptions): Promise<VerifyResponse> {
    return this._send('Verify', request, options);
  }

  /** An HMAC of up to 4,096 bytes. */
  async generateMac(
    request: GenerateMacRequest,
    options?: CallOptions,
  ): Promise<GenerateMacResponse> {
    return this._send('GenerateMac', request, options);
  }

  /** Verifies an HMAC. One that is not valid is an error, `KMS_INVALID_SIGNATURE`. */
  async verifyMac(request: VerifyMacRequest, options?: CallOptions): Promise<VerifyMacResponse> {
    return this._send('VerifyMac', request, options);
  }

  /** ECDH with a peer's public key: the private key stays in the service. */
  async deriveSharedSecret(
    request: DeriveSharedSecretRequest,
    options?: CallOptions,
  ): Promise<DeriveSharedSecretResponse> {
    // Null and other non-objects are refused below.
    const own = ownCopy(request);
    const whole = isObject(own)
      ? { ...own, keyAgreementAlgorithm: own.keyAgreementAlgorithm ?? 'ECDH' }
      : own;
    return this._send('DeriveSharedSecret', whole, options);
  }

  /** Copies a multi-Region primary key to another Region. */
  async replicateKey(
    request: ReplicateKeyRequest,
    options?: CallOptions,
  ): Promise<ReplicateKeyResponse> {
    const response = await this._send('ReplicateKey', request, options);
    return { ...response, replicaTags: withValues(response.replicaTags) };
  }

  /** Makes the replica of another Region the primary key. Ask the present primary's Region. */
  async updatePrimaryRegion(
    request: UpdatePrimaryRegionRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this._send('UpdatePrimaryRegion', request, options);
  }

  /**
   * Names a key.
   *
   * @throws KmsError `KMS_ALREADY_EXISTS`, `KMS_KEY_NOT_FOUND`
   */
  async createAlias(request: AliasRequest, options?: CallOptions): Promise<void> {
    await this._send('CreateAlias', request, options);
  }

  /**
   * Makes an alias the name of another key of the same kind. Keyrings and public keys that were
   * made with the alias before go on with the old key; {@link forgetPublicKey}.
   */
  async updateAlias(request: AliasRequest, options?: CallOptions): Promise<void> {
    await this._send('UpdateAlias', request, options);
  }

  /** Deletes an alias; its key stays. */
  async deleteAlias(
    request: Pick<AliasRequest, 'aliasName'>,
    options?: CallOptions,
  ): Promise<void> {
    await this._send('DeleteAlias', request, options);
  }

  /** One page of aliases. */
  async listAliases(
    request: ListAliasesRequest = {},
    options?: CallOptions,
  ): Promise<ListAliasesResponse> {
    return this._send('ListAliases', request, options);
  }

  /** All aliases, or all of one key; `limit` is the size of the pages. */
  listAllAliases(
    request: Omit<ListAliasesRequest, 'marker'> = {},
    options?: CallOptions,
  ): AsyncGenerator<AliasListEntry, void, undefined> {
    return each('ListAliases', request, async (page: ListAliasesRequest) => {
      const answer = await this.listAliases(page, options);
      return [answer.aliases, answer];
    });
  }

  /** One page of the account's keys in this Region. */
  async listKeys(request: ListKeysRequest = {}, options?: CallOptions): Promise<ListKeysResponse> {
    return this._send('ListKeys', request, options);
  }

  /** All of the account's keys in this Region; `limit` is the size of the pages. */
  listAllKeys(
    request: Omit<ListKeysRequest, 'marker'> = {},
    options?: CallOptions,
  ): AsyncGenerator<KeyListEntry, void, undefined> {
    return each('ListKeys', request, async (page: ListKeysRequest) => {
      const answer = await this.listKeys(page, options);
      return [answer.keys, answer];
    });
  }

  /** Gives a symmetric key new material regularly; the old goes on to decrypt. */
  async enableKeyRotation(request: EnableKeyRotationRequest, options?: CallOptions): Promise<void> {
    await this._send('EnableKeyRotation', request, options);
  }

  /** Gives a symmetric key new material now; the old goes on to decrypt. */
  async rotateKeyOnDemand(
    request: KeyIdRequest,
    options?: CallOptions,
  ): Promise<{ readonly keyId: string }> {
    return this._send('RotateKeyOnDemand', request, options);
  }

  /** Allows a principal some operations on a key. */
  async createGrant(
    request: CreateGrantRequest,
    options?: CallOptions,
  ): Promise<CreateGrantResponse> {
    return this._send('CreateGrant', request, options);
  }

  /** Makes a disabled key usable. */
  async enableKey(request: KeyIdRequest, options?: CallOptions): Promise<void> {
    await this._send('EnableKey', request, options);
  }

  /** Makes a key unusable until it is enabled again. */
  async disableKey(request: KeyIdRequest, options?: CallOptions): Promise<void> {
    await this._send('DisableKey', request, options);
  }

  /**
   * Plans a key's deletion. Once it is gone, nothing that was sealed under it can ever be opened.
   */
  async scheduleKeyDeletion(
    request: ScheduleKeyDeletionRequest,
    options?: CallOptions,
  ): Promise<ScheduleKeyDeletionResponse> {
    return this._send('ScheduleKeyDeletion', request, options);
  }

  /** Takes a planned deletion back; the key is disabled then. */
  async cancelKeyDeletion(
    request: KeyIdRequest,
    options?: CallOptions,
  ): Promise<{ readonly keyId: string }> {
    return this._send('CancelKeyDeletion', request, options);
  }

  /** Makes a key. A repetition whose first answer got lost makes another. */
  async createKey(request: CreateKeyRequest = {}, options?: CallOptions): Promise<KeyMetadata> {
    return this._send('CreateKey', request, options);
  }

  /** Says something else of a key. */
  async updateKeyDescription(
    request: UpdateKeyDescriptionRequest,
    options?: CallOptions,
  ): Promise<void> {
    await this._send('UpdateKeyDescription', request, options);
  }

  /** Adds tags to a key, or changes their values. */
  async tagResource(request: TagResourceRequest, options?: CallOptions): Promise<void> {
    await this._send('TagResource', request, options);
  }

  /** Takes tags away from a key. */
  async untagResource(request: UntagResourceRequest, options?: CallOptions): Promise<void> {
    await this._send('UntagResource', request, options);
  }

  /** One page of a key's tags. */
  async listResourceTags(
    request: ListResourceTagsRequest,
    options?: CallOptions,
  ): Promise<ListResourceTagsResponse> {
    const response = await this._send('ListResourceTags', request, options);
    return { ...response, tags: withValues(response.tags) };
  }

  /** A key's policy: who may do what with it. */
  async getKeyPolicy(
    request: GetKeyPolicyRequest,
    options?: CallOptions,
  ): Promise<GetKeyPolicyResponse> {
    return this._send('GetKeyPolicy', request, options);
  }

  /** Gives a key another policy. */
  async putKeyPolicy(request: PutKeyPolicyRequest, options?: CallOptions): Promise<void> {
    await this._send('PutKeyPolicy', request, options);
  }

  /** The names of a key's policies. */
  async listKeyPolicies(
    request: ListKeyPoliciesRequest,
    options?: CallOptions,
  ): Promise<ListKeyPoliciesResponse> {
    return this._send('ListKeyPolicies', request, options);
  }

  /** One page of a key's grants. */
  async listGrants(request: ListGrantsRequest, options?: CallOptions): Promise<ListGrantsResponse> {
    return this._send('ListGrants', request, options);
  }

  /** One page of the grants that a principal may retire. */
  async listRetirableGrants(
    request: ListRetirableGrantsRequest,
    options?: CallOptions,
  ): Promise<ListGrantsResponse> {
    return this._send('ListRetirableGrants', request, options);
  }

  /** Ends a grant that is not needed any more, as one who may retire it. */
  async retireGrant(request: RetireGrantRequest, options?: CallOptions): Promise<void> {
    await this._send('RetireGrant', request, options);
  }

  /** Takes a grant away, as one who looks after the key. */
  async revokeGrant(request: RevokeGrantRequest, options?: CallOptions): Promise<void> {
    await this._send('RevokeGrant', request, options);
  }

  /** A public key and a token for material of your own; {@link wrapKeyMaterial} wraps it. */
  async getParametersForImport(
    request: GetParametersForImportRequest,
    options?: CallOptions,
  ): Promise<GetParametersForImportResponse> {
    return this._send('GetParametersForImport', request, options);
  }

  /** Gives a key of the origin `EXTERNAL` its material; {@link wrapKeyMaterial} shows the way. */
  async importKeyMaterial(
    request: ImportKeyMaterialRequest,
    options?: CallOptions,
  ): Promise<ImportedKeyMaterialResponse> {
    return this._send('ImportKeyMaterial', request, options);
  }

  /**
   * Takes imported material away from KMS: the key cannot be used until the same is imported again, and without a copy of
   * it nothing that was sealed under the key can ever be opened.
   */
  async deleteImportedKeyMaterial(
    request: DeleteImportedKeyMaterialRequest,
    options?: CallOptions,
  ): Promise<ImportedKeyMaterialResponse> {
    return this._send('DeleteImportedKeyMaterial', request, options);
  }

  /** Whether and when a key is given new material. */
  async getKeyRotationStatus(
    request: KeyIdRequest,
    options?: CallOptions,
  ): Promise<GetKeyRotationStatusResponse> {
    return this._send('GetKeyRotationStatus', request, options);
  }

  /** Ends the regular rotation of a key. */
  async disableKeyRotation(request: KeyIdRequest, options?: CallOptions): Promise<void> {
    await this._send('DisableKeyRotation', request, options);
  }

  /** One page of the rotations of a key. */
  async listKeyRotations(
    request: ListKeyRotationsRequest,
    options?: CallOptions,
  ): Promise<ListKeyRotationsResponse> {
    return this._send('ListKeyRotations', request, options);
  }
}

/** A service may leave out a value that is empty. */
function withValues(
  tags: readonly { readonly tagKey: string; readonly tagValue?: string }[],
): readonly KmsTag[] {
  return tags.map((tag) => ({ ...tag, tagValue: tag.tagValue ?? '' }));
}
markClass('KmsClient', KmsClient);
