/** The KMS client: any endpoint that speaks the AWS KMS API. */

import { core, type CoreObject } from './core.js';
import {
  isObject,
  serviceClient,
  text,
  texts,
  wrong,
  type ServiceClientOptions,
  type ServiceEvent,
} from './service-client.js';

export type { KmsCredentials } from './service-client.js';

/** One KMS call. */
export interface KmsEvent extends ServiceEvent {
  readonly keyId?: string;
  /** The keys of the encryption context; their values are not logged. */
  readonly encryptionContextKeys: readonly string[];
}

/** How to reach a KMS endpoint and what to tell of its calls. */
export interface KmsClientOptions extends ServiceClientOptions<KmsEvent> {}

export type EncryptionContext = Readonly<Record<string, string>>;

interface WithGrants {
  /** Grant tokens of grants that are not yet everywhere in effect. */
  readonly grantTokens?: readonly string[] | undefined;
}

export interface KeyRequest extends WithGrants {
  /** Key id, key ARN, alias name or alias ARN. */
  readonly keyId: string;
}

export interface GetPublicKeyResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** DER-encoded SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** The same as PEM. */
  readonly publicKeyPem: string;
  /** SHA-256 of `publicKey`, 32 bytes: what to pin and to compare. */
  readonly fingerprint: Uint8Array;
  readonly keySpec: string;
  readonly keyUsage: string;
  readonly encryptionAlgorithms: readonly string[];
  readonly signingAlgorithms: readonly string[];
  readonly keyAgreementAlgorithms: readonly string[];
}

export interface GenerateDataKeyRequest extends KeyRequest {
  /** Exactly one of `keySpec` and `numberOfBytes`. */
  readonly keySpec?: 'AES_128' | 'AES_256' | undefined;
  /** 1 to 1,024. */
  readonly numberOfBytes?: number | undefined;
  readonly encryptionContext?: EncryptionContext | undefined;
}

export interface GenerateDataKeyResponse {
  /** Key ARN. */
  readonly keyId: string;
  readonly plaintext: Uint8Array;
  readonly ciphertextBlob: Uint8Array;
}

export interface EncryptRequest extends KeyRequest {
  /** 1 to 4,096 bytes; for more, encrypt with a data key (envelope encryption). */
  readonly plaintext: Uint8Array;
  readonly encryptionContext?: EncryptionContext | undefined;
  readonly encryptionAlgorithm?: string | undefined;
}

export interface EncryptResponse {
  readonly keyId: string;
  readonly ciphertextBlob: Uint8Array;
  readonly encryptionAlgorithm?: string;
}

export interface DecryptRequest extends WithGrants {
  readonly ciphertextBlob: Uint8Array;
  /** Needed for asymmetric keys, and wise for all. */
  readonly keyId?: string | undefined;
  readonly encryptionContext?: EncryptionContext | undefined;
  readonly encryptionAlgorithm?: string | undefined;
}

export interface DecryptResponse {
  readonly keyId: string;
  readonly plaintext: Uint8Array;
  readonly encryptionAlgorithm?: string;
}

export interface ReEncryptRequest extends WithGrants {
  readonly ciphertextBlob: Uint8Array;
  readonly sourceKeyId?: string | undefined;
  readonly sourceEncryptionContext?: EncryptionContext | undefined;
  readonly sourceEncryptionAlgorithm?: string | undefined;
  readonly destinationKeyId: string;
  readonly destinationEncryptionContext?: EncryptionContext | undefined;
  readonly destinationEncryptionAlgorithm?: string | undefined;
}

export interface ReEncryptResponse {
  readonly keyId: string;
  readonly ciphertextBlob: Uint8Array;
  readonly sourceKeyId?: string;
  readonly sourceEncryptionAlgorithm?: string;
  readonly destinationEncryptionAlgorithm?: string;
}

/** Metadata of a key, as DescribeKey gives it. */
export interface KeyMetadata {
  readonly keyId: string;
  readonly arn: string;
  readonly accountId?: string;
  readonly enabled: boolean;
  /** `Enabled`, `Disabled`, `PendingDeletion` … */
  readonly keyState: string;
  readonly keyUsage: string;
  readonly keySpec: string;
  readonly description?: string;
  readonly keyManager?: string;
  readonly origin?: string;
  readonly creationDateMs?: number;
  readonly deletionDateMs?: number;
  readonly encryptionAlgorithms: readonly string[];
  readonly signingAlgorithms: readonly string[];
  readonly keyAgreementAlgorithms: readonly string[];
  readonly multiRegion: boolean;
  readonly multiRegionKeyType?: string;
  readonly primaryKeyArn?: string;
  readonly replicaKeyArns: readonly string[];
}

/**
 * A client for one KMS endpoint. Requests time out, and are repeated with growing pauses when the
 * service is throttling, failing or out of reach; never after a definite no.
 *
 * Errors are {@link KmsError}s: operation, key id, the service's error name and request id.
 */
export class KmsClient {
  /** @internal */
  readonly _object: CoreObject;

  constructor(options: KmsClientOptions = {}) {
    this._object = serviceClient(options, (glue, config, host) => glue.make_kms(config, host));
  }

  /** Downloads a public key. One call for each key id: the client keeps it. */
  async getPublicKey(request: KeyRequest): Promise<GetPublicKeyResponse> {
    return this.#send('GetPublicKey', request);
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

  /** What a key is and whether it can be used. */
  async describeKey(request: KeyRequest): Promise<KeyMetadata> {
    return this.#send('DescribeKey', request);
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

const BYTES = ['plaintext', 'ciphertextBlob'];
const CONTEXTS = ['encryptionContext', 'sourceEncryptionContext', 'destinationEncryptionContext'];

/**
 * The request without members that are undefined, which the core does not take for absent ones.
 * Checked here, since the core's words for a wrong type would quote the value.
 */
function checked(operation: string, request: object): Record<string, unknown> {
  if (!isObject(request)) throw wrong(`${operation}'s request`, 'an object', request);
  const given = Object.entries(request).filter(([, value]) => value !== undefined);
  for (const [member, value] of given as [string, unknown][]) {
    const name = `${operation}: ${member}`;
    if (BYTES.includes(member)) {
      if (!(value instanceof Uint8Array)) throw wrong(name, 'a Uint8Array', value);
    } else if (CONTEXTS.includes(member)) {
      texts(name, value);
    } else if (member === 'grantTokens') {
      if (!Array.isArray(value)) throw wrong(name, 'an array of strings', value);
      value.forEach((token: unknown, i) => text(`${name}[${i}]`, token ?? null));
    } else if (member === 'numberOfBytes') {
      if (!Number.isInteger(value)) throw wrong(name, 'a whole number', value);
    } else {
      text(name, value);
    }
  }
  return Object.fromEntries(given);
}
