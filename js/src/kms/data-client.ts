/** The KMS client as far as sealing and opening go: any endpoint that speaks the AWS KMS API. */

import type { ClientExtras } from '../generated/config.js';
import { KMS_DATA_KINDS, type KmsOperations } from '../generated/kms-operations.js';
import { core, type CoreObject } from '../core/core.js';
import type { Glue } from '../generated/glue.js';
import { signalOption, type CallOptions } from '../util/signal.js';
import { internal, wrong } from '../errors.js';
import { optionalStringMap } from '../util/strings.js';
import { storeHost } from './public-key-store.js';
import { checked, type Kinds } from './request.js';
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
  SERVICE_OPTIONS,
  serviceClient,
  type ServiceClientOptions,
} from '../aws/service-client.js';
import { isObject } from '../util/plain-object.js';
import { markClass } from '../util/shared.js';

/**
 * How to reach a KMS endpoint and what to tell of its calls; see {@link openTelemetryEvents} for spans.
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
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal/items'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms() // a KMS on this machine
 * const { keyId } = await dev.createKey({ alias: 'alias/orders' })
 *
 * // For AWS: new KmsClient({ region: 'eu-central-1', credentials }).
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * console.log((await kms.describeKey({ keyId: 'alias/orders' })).keyState) // → Enabled
 *
 * const encryptionContext = { tenant: 'a' }
 * const { ciphertextBlob } = await kms.encrypt({
 *   keyId,
 *   plaintext: new TextEncoder().encode('hello'),
 *   encryptionContext,
 * })
 * const { plaintext } = await kms.decrypt({ keyId, ciphertextBlob, encryptionContext })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 *
 * // Envelope encryption: a data key, once in plaintext and once wrapped.
 * const dataKey = await kms.generateDataKey({ keyId, keySpec: 'AES_256', encryptionContext })
 * const later = await kms.generateDataKeyWithoutPlaintext({
 *   keyId,
 *   keySpec: 'AES_256',
 *   encryptionContext,
 * })
 * console.log(dataKey.plaintext.length, 'plaintext' in later) // → 32 false
 * dataKey.plaintext.fill(0)
 *
 * // To another key, without leaving KMS.
 * const { arn } = await dev.createKey()
 * const moved = await kms.reEncrypt({
 *   ciphertextBlob,
 *   sourceEncryptionContext: encryptionContext,
 *   destinationKeyId: arn,
 *   destinationEncryptionContext: encryptionContext,
 * })
 * console.log(moved.keyId === arn) // → true
 * await dev.close()
 * ```
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal/items'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * await dev.createKey({ keySpec: 'RSA_2048', alias: 'alias/inbox' })
 *
 * // Downloaded once, and kept.
 * const { publicKeyPem } = await kms.getPublicKey({ keyId: 'alias/inbox' })
 * await kms.getPublicKey({ keyId: 'alias/inbox' })
 * console.log(publicKeyPem.split('\n')[0], dev.countCalls('GetPublicKey')) // → -----BEGIN PUBLIC KEY----- 1
 *
 * kms.forgetPublicKey('alias/inbox') // the alias names another key now
 * await kms.getPublicKey({ keyId: 'alias/inbox' })
 * console.log(dev.countCalls('GetPublicKey')) // → 2
 * await dev.close()
 * ```
 */
export class KmsClient {
  /** @internal */
  readonly _object: CoreObject;
  /** @internal */
  protected get _kinds(): Kinds {
    return KMS_DATA_KINDS;
  }
  /** @internal */
  protected get _extras(): Extras {
    return { names: {}, read: () => ({}) };
  }

  /** @throws UsageError `INVALID_ARGUMENT`, `INVALID_CONFIG` if an option cannot be used */
  constructor(options: KmsClientOptions = {}) {
    const extras = this._extras;
    const given = readOptions<KmsClientOptions>(options, {
      ...SERVICE_OPTIONS,
      ...extras.names,
      pinnedPublicKeys: COPY,
      publicKeyStore: KEEP,
    });
    checkKeyOptions(given);
    const { pinnedPublicKeys, publicKeyStore, timeoutMs, region } = given;
    const config = {
      pins: Object.entries(pinnedPublicKeys ?? {}),
      stores: publicKeyStore !== undefined,
      ...extras.read(given),
    };
    this._object = serviceClient(
      given,
      (glue, config, host) => glue.make_kms(config, host),
      config,
      (observe) => storeHost(publicKeyStore, { timeoutMs, region, observe }),
    );
  }

  /**
   * Downloads a public key. One call for each key id: the client keeps it.
   *
   * @throws AuthenticationError `PINNED_KEY_MISMATCH`
   */
  async getPublicKey(request: KeyRequest, options?: CallOptions): Promise<GetPublicKeyResponse> {
    return this._send('GetPublicKey', request, options);
  }

  /**
   * Drops the public key kept for this key id, for example after an alias moved to another key.
   * What a `publicKeyStore` has is the store's.
   */
  forgetPublicKey(keyId: string): void {
    if (typeof keyId !== 'string') throw wrong('keyId', 'a string', keyId);
    const start = (glue: Glue, client: number): number =>
      glue.kms_call(client, 'ForgetPublicKey', keyId);
    // eslint-disable-next-line @typescript-eslint/no-floating-promises -- asks nothing of the host: it has ended
    core().run([this._object], start, never);
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

  /**
   * Encrypts up to 4,096 bytes.
   *
   * @throws KmsError `KMS_KEY_NOT_FOUND`, `KMS_KEY_DISABLED`, `KMS_ACCESS_DENIED`, `KMS_WRONG_KEY_USAGE` …
   */
  async encrypt(request: EncryptRequest, options?: CallOptions): Promise<EncryptResponse> {
    return this._send('Encrypt', request, options);
  }

  /**
   * Decrypts what {@link encrypt}, {@link generateDataKey} or the public key made.
   *
   * @throws KmsError `KMS_INVALID_CIPHERTEXT`, also for another encryption context; `KMS_INCORRECT_KEY`; and as
   * {@link encrypt}
   */
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
  async _send<Name extends keyof KmsOperations>(
    operation: Name,
    request: KmsOperations[Name]['request'],
    options?: CallOptions,
  ): Promise<KmsOperations[Name]['response']> {
    const signal = signalOption(options);
    const given = checked(operation, request, this._kinds);
    // The results are values, not packed bytes.
    const start = (glue: Glue, client: number): number => glue.kms_call(client, operation, given);
    return core().run([this._object], start, never, signal);
  }
}
markClass('DataKmsClient', KmsClient);

/** What the whole client's options have more, and its part of the configuration. */
interface Extras {
  readonly names: object;
  read(options: object): Partial<ClientExtras>;
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
