/** The KMS client as far as sealing and opening go: any endpoint that speaks the AWS KMS API. */

import { core, type CoreObject } from '../core/core.js';
import type { Glue } from '../generated/glue.js';
import { signalOption, type CallOptions } from '../util/signal.js';
import { internal, wrong } from '../errors.js';
import { optionalString, optionalStringMap } from '../util/strings.js';
import { storeHost } from './public-key-store.js';
import { checked } from './request.js';
import type {
  DecryptRequest,
  DecryptResponse,
  EncryptRequest,
  EncryptResponse,
  GenerateDataKeyRequest,
  GenerateDataKeyResponse,
  GetPublicKeyResponse,
  KeyMetadata,
  KeyRequest,
  KmsEvent,
  PublicKeyStore,
  ReEncryptRequest,
  ReEncryptResponse,
} from './types.js';
import { COPY, KEEP, readOptions } from '../util/options.js';
import {
  isObject,
  SERVICE_OPTIONS,
  serviceClient,
  type ServiceClientOptions,
} from '../aws/service-client.js';

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
    const given = readOptions<KmsClientOptions>(options, {
      ...SERVICE_OPTIONS,
      pinnedPublicKeys: COPY,
      publicKeyStore: KEEP,
    });
    checkKeyOptions(given);
    const { pinnedPublicKeys, publicKeyStore, timeoutMs, region } = given;
    const config = {
      pins: Object.entries(pinnedPublicKeys ?? {}),
      stores: publicKeyStore !== undefined,
    };
    this._object = serviceClient(
      given,
      (glue, config, host) => glue.make_kms(config, host),
      config,
      (observe) => storeHost(publicKeyStore, { timeoutMs, region, observe }),
    );
  }

  /** Downloads a public key. One call for each key id: the client keeps it. */
  async getPublicKey(request: KeyRequest, options?: CallOptions): Promise<GetPublicKeyResponse> {
    return this._send('GetPublicKey', request, options);
  }

  /**
   * Drops the public key kept for this key id, for example after an alias moved to another key.
   * What a `publicKeyStore` has is the store's.
   */
  forgetPublicKey(keyId: string): void {
    optionalString('keyId', keyId ?? null);
    const start = (glue: Glue, client: number): number =>
      glue.kms_call(client, 'ForgetPublicKey', keyId);
    void core().run([this._object], start, never);
  }

  /** Makes a data key: once in plaintext, once wrapped by the key. */
  async generateDataKey(
    request: GenerateDataKeyRequest,
    options?: CallOptions,
  ): Promise<GenerateDataKeyResponse> {
    return this._send('GenerateDataKey', request, options);
  }

  /** Makes a data key that nobody has seen yet. */
  async generateDataKeyWithoutPlaintext(
    request: GenerateDataKeyRequest,
    options?: CallOptions,
  ): Promise<Omit<GenerateDataKeyResponse, 'plaintext'>> {
    return this._send('GenerateDataKeyWithoutPlaintext', request, options);
  }

  /** Encrypts up to 4,096 bytes. */
  async encrypt(request: EncryptRequest, options?: CallOptions): Promise<EncryptResponse> {
    return this._send('Encrypt', request, options);
  }

  /** Decrypts what {@link encrypt}, {@link generateDataKey} or the public key made. */
  async decrypt(request: DecryptRequest, options?: CallOptions): Promise<DecryptResponse> {
    return this._send('Decrypt', request, options);
  }

  /** Moves a ciphertext to another key or context, within KMS. */
  async reEncrypt(request: ReEncryptRequest, options?: CallOptions): Promise<ReEncryptResponse> {
    return this._send('ReEncrypt', request, options);
  }

  /** What a key is and whether it can be used. */
  async describeKey(request: KeyRequest, options?: CallOptions): Promise<KeyMetadata> {
    return this._send('DescribeKey', request, options);
  }

  /** @internal */
  async _send<T>(operation: string, request: object, options?: CallOptions): Promise<T> {
    const signal = signalOption(options);
    const given = checked(operation, request);
    // The results are values, not packed bytes.
    const start = (glue: Glue, client: number): number => glue.kms_call(client, operation, given);
    return core().run([this._object], start, never, signal) as Promise<T>;
  }
}

function never(): never {
  throw internal('an output of a KMS call');
}

function checkKeyOptions(options: KmsClientOptions): void {
  optionalStringMap('pinnedPublicKeys', options.pinnedPublicKeys);
  const store: unknown = options.publicKeyStore;
  if (store === undefined) return;
  const methods = isObject(store) ? (store as Record<string, unknown>) : {};
  if (typeof methods['load'] !== 'function' || typeof methods['save'] !== 'function') {
    throw wrong('publicKeyStore', 'an object with the functions load and save', store);
  }
}
