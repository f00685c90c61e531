/** The KMS client: any endpoint that speaks the AWS KMS API. */

import { core, CoreObject } from './core.js';
import { usage } from './errors.js';
import { isPlainObject, kindOf } from './own.js';

/** AWS credentials, in the shape of `@aws-sdk/credential-providers`. */
export interface KmsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** When they end; they are fetched anew five minutes before. */
  readonly expiration?: Date | undefined;
}

/** One KMS call, after it ended: what an auditor sets beside CloudTrail. Never holds a secret. */
export interface KmsEvent {
  /** KMS operation, for example `Decrypt`. */
  readonly operation: string;
  readonly keyId?: string;
  readonly region?: string;
  /** Unix time in milliseconds. */
  readonly startedMs: number;
  /** Milliseconds, waits and retries included. */
  readonly durationMs: number;
  /** How many times the request was sent. */
  readonly attempts: number;
  /** `OK`, or the code of the error. */
  readonly outcome: string;
  readonly requestId?: string;
  /** The keys of the encryption context; their values are not logged. */
  readonly encryptionContextKeys: readonly string[];
}

export interface KmsClientOptions {
  /** http or https URL; by default AWS's endpoint of `region`. */
  readonly endpoint?: string | undefined;
  /** AWS Region; needed without `endpoint`, and with `credentials`. */
  readonly region?: string | undefined;
  /** Credentials or a function that fetches them; without, requests are not signed. */
  readonly credentials?: KmsCredentials | (() => Promise<KmsCredentials>) | undefined;
  /** More headers for every request, such as a bearer token for your own proxy. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Used in place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds for one attempt; by default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is sent at most; by default 4. */
  readonly maxAttempts?: number | undefined;
  /** Appended to `fieldseal/<version>` in `x-amz-user-agent`. */
  readonly userAgent?: string | undefined;
  /** Called after each KMS call. What it throws is ignored. */
  readonly onEvent?: ((event: KmsEvent) => void) | undefined;
}

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

interface HttpDetails {
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  readonly timeoutMs: number;
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
    checkOptions(options);
    const { endpoint, region, credentials, timeoutMs, maxAttempts, userAgent, onEvent } = options;
    const config = {
      endpoint,
      region,
      timeoutMs,
      maxAttempts,
      userAgent,
      signs: credentials !== undefined,
      headers: Object.entries(options.headers ?? {}),
      observed: onEvent !== undefined,
    };
    const fetch = options.fetch ?? globalThis.fetch;
    const host = {
      http: (details: HttpDetails) => post(fetch, details),
      credentials: () => fetchCredentials(credentials),
      onEvent: (event: KmsEvent) => {
        // An observer must not change what it observes, nor end the process with its rejection.
        new Promise((done) => done(onEvent?.(event))).catch(() => {});
      },
    };
    this._object = new CoreObject((owner) => owner.make((glue) => glue.make_kms(config, host)));
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

function checkOptions(options: KmsClientOptions): void {
  if (!isObject(options)) throw wrong('the options', 'an object', options);
  for (const name of ['endpoint', 'region', 'userAgent'] as const) text(name, options[name]);
  for (const name of ['timeoutMs', 'maxAttempts'] as const) {
    const value: unknown = options[name];
    if (value === undefined) continue;
    if (!(Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= 0xffff_ffff)) {
      throw usage('INVALID_ARGUMENT', `${name} must be a whole number of at least 1`);
    }
  }
  for (const name of ['fetch', 'onEvent'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'function') throw wrong(name, 'a function', value);
  }
  texts('headers', options.headers);
  const credentials: unknown = options.credentials;
  if (credentials !== undefined && typeof credentials !== 'function' && !isObject(credentials)) {
    throw wrong('credentials', 'an object or a function', credentials);
  }
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

function texts(name: string, value: unknown): void {
  if (value === undefined) return;
  if (!isPlainObject(value)) throw wrong(name, 'an object of strings', value);
  for (const [key, member] of Object.entries(value)) text(`${name}['${key}']`, member ?? null);
}

function text(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string') throw wrong(name, 'a string', value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function wrong(name: string, wanted: string, value: unknown) {
  return usage('INVALID_ARGUMENT', `${name} must be ${wanted}, not ${kindOf(value)}`);
}

/** Sends one request. Rejects with `{ timedOut, reason }`, the form that the core expects. */
async function post(fetch: typeof globalThis.fetch, details: HttpDetails): Promise<object> {
  const { url, headers, body, timeoutMs } = details;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      body,
      signal: abort.signal,
      // Signed requests and data keys go where they were sent, and leave nothing behind.
      redirect: 'error',
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: [...response.headers], body: bytes };
  } catch (error) {
    throw { timedOut: abort.signal.aborted, reason: describe(error) };
  } finally {
    clearTimeout(timer);
    body.fill(0);
  }
}

/** `fetch failed` says nothing; Node keeps the reason in the cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as { code?: unknown; message?: unknown } | undefined;
  const detail = cause?.code ?? cause?.message;
  return detail === undefined ? error.message : `${error.message} (${String(detail)})`;
}

async function fetchCredentials(from: KmsClientOptions['credentials']): Promise<object> {
  let found: KmsCredentials | undefined;
  try {
    found = typeof from === 'function' ? await from() : from;
  } catch (error) {
    throw describe(error);
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiration } =
    found ?? ({} as KmsCredentials);
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') {
    throw 'they need the texts accessKeyId and secretAccessKey';
  }
  if (sessionToken !== undefined && typeof sessionToken !== 'string') {
    throw 'their sessionToken is not a text';
  }
  // One that is no date would count as expired for ever.
  const expiresAtMs = expiration?.getTime?.();
  if (expiration !== undefined && !Number.isFinite(expiresAtMs)) {
    throw 'their expiration is not a valid Date';
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs };
}
