/** The KMS client, with all operations: any endpoint that speaks the AWS KMS API. */

import { KMS_KINDS } from '../generated/kms-operations.js';
import type { Kinds } from './request.js';
import { KmsClient as DataClient } from './data-client.js';
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
import { isObject, ownCopy } from '../util/plain-object.js';
import type { CallOptions } from '../util/signal.js';
import { markClass } from '../util/shared.js';

export type * from './types.js';
export type { KmsClientOptions } from './data-client.js';
export type { AwsCredentials } from '../aws/service-client.js';

/**
 * A client for one KMS endpoint. Requests time out, and are repeated with growing pauses when the
 * service is throttling, failing or out of reach; never after a definite no.
 *
 * Errors are {@link KmsError}s: operation, key id, the service's error name and request id; {@link UsageError}
 * `INVALID_ARGUMENT` for a request that the service would not take.
 *
 * An answer may get lost after the work was done. Then a call that is repeated, by the client or by
 * you, finds its own work in its way (`KMS_ALREADY_EXISTS`), or does it again (`rotateKeyOnDemand`,
 * `createGrant` without a name).
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
 */
export class KmsClient extends DataClient {
  /** @internal */
  protected override get _kinds(): Kinds {
    return KMS_KINDS;
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
    // A service may leave out a value that is empty.
    const replicaTags = response.replicaTags.map((tag) => ({ tagValue: '', ...tag }));
    return { ...response, replicaTags };
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
}
markClass('KmsClient', KmsClient);
