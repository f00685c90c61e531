/** The KMS client: any endpoint that speaks the AWS KMS API. */

import { core, type CoreObject } from './core.js';
import { storeHost } from './kms-key-store.js';
import { each } from './kms-pages.js';
import { checked } from './kms-request.js';
import type {
  AliasListEntry,
  AliasRequest,
  CreateGrantRequest,
  CreateGrantResponse,
  DecryptRequest,
  DecryptResponse,
  DeriveSharedSecretRequest,
  DeriveSharedSecretResponse,
  EnableKeyRotationRequest,
  EncryptRequest,
  EncryptResponse,
  GenerateDataKeyPairRequest,
  GenerateDataKeyPairResponse,
  GenerateDataKeyRequest,
  GenerateDataKeyResponse,
  GenerateMacRequest,
  GenerateMacResponse,
  GenerateRandomRequest,
  GetPublicKeyResponse,
  KeyIdRequest,
  KeyListEntry,
  KeyMetadata,
  KeyRequest,
  KmsEvent,
  ListAliasesRequest,
  ListAliasesResponse,
  ListKeysRequest,
  ListKeysResponse,
  PublicKeyStore,
  ReEncryptRequest,
  ReEncryptResponse,
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
} from './kms-types.js';
import {
  isObject,
  serviceClient,
  text,
  texts,
  wrong,
  type ServiceClientOptions,
} from './service-client.js';

export type * from './kms-types.js';

export type { KmsCredentials } from './service-client.js';

/** How to reach a KMS endpoint and what to tell of its calls; see `openTelemetryEvents` for spans. */
export interface KmsClientOptions extends ServiceClientOptions<KmsEvent> {
  /**
   * Key ids and the fingerprints that their public keys must have, as `getPublicKey` and
   * `publicKeyFingerprint` give them. Another key is refused with `PINNED_KEY_MISMATCH`, wherever
   * it came from and whichever keyring asked for it.
   *
   * A pin holds for the key id that is asked for and for the key ARN that is answered. Pin what
   * you ask for: behind an alias without a pin, the endpoint chooses the key.
   */
  readonly pinnedPublicKeys?: Readonly<Record<string, string>> | undefined;
  /** Keeps public keys beyond the life of this client. */
  readonly publicKeyStore?: PublicKeyStore | undefined;
}

/**
 * A client for one KMS endpoint. Requests time out, and are repeated with growing pauses when the
 * service is throttling, failing or out of reach; never after a definite no.
 *
 * Errors are {@link KmsError}s: operation, key id, the service's error name and request id.
 *
 * An answer may get lost after the work was done. Then a call that is repeated, by the client or by
 * you, finds its own work in its way (`KMS_ALREADY_EXISTS`), or does it again (`rotateKeyOnDemand`,
 * `createGrant` without a name).
 */
export class KmsClient {
  /** @internal */
  readonly _object: CoreObject;

  constructor(options: KmsClientOptions = {}) {
    checkKeyOptions(options);
    const { pinnedPublicKeys, publicKeyStore, timeoutMs, region } = options;
    const config = {
      pins: Object.entries(pinnedPublicKeys ?? {}),
      stores: publicKeyStore !== undefined,
    };
    this._object = serviceClient(
      options,
      (glue, config, host) => glue.make_kms(config, host),
      config,
      (observe) => storeHost(publicKeyStore, { timeoutMs, region, observe }),
    );
  }

  /** Downloads a public key. One call for each key id: the client keeps it. */
  async getPublicKey(request: KeyRequest): Promise<GetPublicKeyResponse> {
    return this.#send('GetPublicKey', request);
  }

  /**
   * Drops the public key kept for this key id, for example after an alias moved to another key.
   * What a `publicKeyStore` has is the store's.
   */
  forgetPublicKey(keyId: string): void {
    text('keyId', keyId ?? null);
    const owner = core();
    const handle = this._object.handle(owner);
    void owner.run((glue) => glue.kms_call(handle, 'ForgetPublicKey', keyId), never);
  }

  /** Makes a data key: once in plaintext, once wrapped by the key. */
  async generateDataKey(request: GenerateDataKeyRequest): Promise<GenerateDataKeyResponse> {
    return this.#send('GenerateDataKey', request);
  }

  /** Makes a data key that nobody has seen yet. */
  async generateDataKeyWithoutPlaintext(
    request: GenerateDataKeyRequest,
  ): Promise<Omit<GenerateDataKeyResponse, 'plaintext'>> {
    return this.#send('GenerateDataKeyWithoutPlaintext', request);
  }

  /** Makes a key pair: the private key once in plaintext, once wrapped by the key. */
  async generateDataKeyPair(
    request: GenerateDataKeyPairRequest,
  ): Promise<GenerateDataKeyPairResponse> {
    return this.#send('GenerateDataKeyPair', request);
  }

  /** Makes a key pair whose private key nobody has seen yet. */
  async generateDataKeyPairWithoutPlaintext(
    request: GenerateDataKeyPairRequest,
  ): Promise<Omit<GenerateDataKeyPairResponse, 'privateKeyPlaintext'>> {
    return this.#send('GenerateDataKeyPairWithoutPlaintext', request);
  }

  /** Random bytes of the service. */
  async generateRandom(
    request: GenerateRandomRequest,
  ): Promise<{ readonly plaintext: Uint8Array }> {
    return this.#send('GenerateRandom', request);
  }

  /** Encrypts up to 4,096 bytes. */
  async encrypt(request: EncryptRequest): Promise<EncryptResponse> {
    return this.#send('Encrypt', request);
  }

  /** Decrypts what {@link encrypt}, {@link generateDataKey} or the public key made. */
  async decrypt(request: DecryptRequest): Promise<DecryptResponse> {
    return this.#send('Decrypt', request);
  }

  /** Moves a ciphertext to another key or context, within KMS. */
  async reEncrypt(request: ReEncryptRequest): Promise<ReEncryptResponse> {
    return this.#send('ReEncrypt', request);
  }

  /** Signs up to 4,096 bytes, or a digest. */
  async sign(request: SignRequest): Promise<SignResponse> {
    return this.#send('Sign', request);
  }

  /**
   * Verifies a signature. One that is not valid is an error, as with the official client:
   * `KMS_INVALID_SIGNATURE`. With the public key at hand, `verifySignature` needs no call.
   */
  async verify(request: VerifyRequest): Promise<VerifyResponse> {
    return this.#send('Verify', request);
  }

  /** An HMAC of up to 4,096 bytes. */
  async generateMac(request: GenerateMacRequest): Promise<GenerateMacResponse> {
    return this.#send('GenerateMac', request);
  }

  /** Verifies an HMAC. One that is not valid is an error, `KMS_INVALID_SIGNATURE`. */
  async verifyMac(request: VerifyMacRequest): Promise<VerifyMacResponse> {
    return this.#send('VerifyMac', request);
  }

  /** ECDH with a peer's public key: the private key stays in the service. */
  async deriveSharedSecret(
    request: DeriveSharedSecretRequest,
  ): Promise<DeriveSharedSecretResponse> {
    // Null and other non-objects are refused below.
    const keyAgreementAlgorithm = request?.keyAgreementAlgorithm ?? 'ECDH';
    const whole = isObject(request) ? { ...request, keyAgreementAlgorithm } : request;
    return this.#send('DeriveSharedSecret', whole);
  }

  /** What a key is and whether it can be used. */
  async describeKey(request: KeyRequest): Promise<KeyMetadata> {
    return this.#send('DescribeKey', request);
  }

  /** Copies a multi-Region primary key to another Region. */
  async replicateKey(request: ReplicateKeyRequest): Promise<ReplicateKeyResponse> {
    return this.#send('ReplicateKey', request);
  }

  /** Makes the replica of another Region the primary key. Ask the present primary's Region. */
  async updatePrimaryRegion(request: UpdatePrimaryRegionRequest): Promise<void> {
    await this.#send('UpdatePrimaryRegion', request);
  }

  /** Names a key. */
  async createAlias(request: AliasRequest): Promise<void> {
    await this.#send('CreateAlias', request);
  }

  /**
   * Makes an alias the name of another key of the same kind. Keyrings and public keys that were
   * made with the alias before go on with the old key; {@link forgetPublicKey}.
   */
  async updateAlias(request: AliasRequest): Promise<void> {
    await this.#send('UpdateAlias', request);
  }

  /** Deletes an alias; its key stays. */
  async deleteAlias(request: Pick<AliasRequest, 'aliasName'>): Promise<void> {
    await this.#send('DeleteAlias', request);
  }

  /** One page of aliases. */
  async listAliases(request: ListAliasesRequest = {}): Promise<ListAliasesResponse> {
    return this.#send('ListAliases', request);
  }

  /** All aliases, or all of one key; `limit` is the size of the pages. */
  listAllAliases(
    request: Omit<ListAliasesRequest, 'marker'> = {},
  ): AsyncGenerator<AliasListEntry, void, undefined> {
    return each('ListAliases', request, async (page: ListAliasesRequest) => {
      const answer = await this.listAliases(page);
      return [answer.aliases, answer];
    });
  }

  /** One page of the account's keys in this Region. */
  async listKeys(request: ListKeysRequest = {}): Promise<ListKeysResponse> {
    return this.#send('ListKeys', request);
  }

  /** All of the account's keys in this Region; `limit` is the size of the pages. */
  listAllKeys(
    request: Omit<ListKeysRequest, 'marker'> = {},
  ): AsyncGenerator<KeyListEntry, void, undefined> {
    return each('ListKeys', request, async (page: ListKeysRequest) => {
      const answer = await this.listKeys(page);
      return [answer.keys, answer];
    });
  }

  /** Gives a symmetric key new material regularly; the old goes on to decrypt. */
  async enableKeyRotation(request: EnableKeyRotationRequest): Promise<void> {
    await this.#send('EnableKeyRotation', request);
  }

  /** Gives a symmetric key new material now; the old goes on to decrypt. */
  async rotateKeyOnDemand(request: KeyIdRequest): Promise<{ readonly keyId: string }> {
    return this.#send('RotateKeyOnDemand', request);
  }

  /** Allows a principal some operations on a key. */
  async createGrant(request: CreateGrantRequest): Promise<CreateGrantResponse> {
    return this.#send('CreateGrant', request);
  }

  /** Makes a disabled key usable. */
  async enableKey(request: KeyIdRequest): Promise<void> {
    await this.#send('EnableKey', request);
  }

  /** Makes a key unusable until it is enabled again. */
  async disableKey(request: KeyIdRequest): Promise<void> {
    await this.#send('DisableKey', request);
  }

  /**
   * Plans a key's deletion. Once it is gone, nothing that was sealed under it can ever be opened.
   */
  async scheduleKeyDeletion(
    request: ScheduleKeyDeletionRequest,
  ): Promise<ScheduleKeyDeletionResponse> {
    return this.#send('ScheduleKeyDeletion', request);
  }

  /** Takes a planned deletion back; the key is disabled then. */
  async cancelKeyDeletion(request: KeyIdRequest): Promise<{ readonly keyId: string }> {
    return this.#send('CancelKeyDeletion', request);
  }

  async #send<T>(operation: string, request: object): Promise<T> {
    const given = checked(operation, request);
    const owner = core();
    const handle = this._object.handle(owner);
    // The results are values, not packed bytes.
    return owner.run((glue) => glue.kms_call(handle, operation, given), never) as Promise<T>;
  }
}

function never(): never {
  throw new Error('a KMS call answers with a value');
}

function checkKeyOptions(options: KmsClientOptions): void {
  if (!isObject(options)) throw wrong('the options', 'an object', options);
  texts('pinnedPublicKeys', options.pinnedPublicKeys);
  const store: unknown = options.publicKeyStore;
  if (store === undefined) return;
  const methods = isObject(store) ? (store as Record<string, unknown>) : {};
  if (typeof methods['load'] !== 'function' || typeof methods['save'] !== 'function') {
    throw wrong('publicKeyStore', 'an object with the functions load and save', store);
  }
}
