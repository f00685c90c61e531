/** Keyrings of the caller's own. */

import type { CustomConfig } from '../generated/config.js';
import { wipe } from '../core/core.js';
import { wrong } from '../errors.js';
import { takeSecret } from '../host/private-key.js';
import { bytesOf, windowOf } from '../util/bytes.js';
import { callersValue } from '../util/caller-function.js';
import { contextOf, MAX_16, type Pairs } from '../util/encryption-context.js';
import { COPY, KEEP, readOptions } from '../util/options.js';
import { mustBeStrings } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';

/**
 * What a function of {@link customKeyring} wrapped, and what another unwraps: the fields that are stored in the item or
 * message.
 */
export interface WrappedDataKey {
  /** Says which key wrapped it, in a form of your own; may be empty. At most 65,535 bytes, readable by everyone. */
  readonly providerInfo: Uint8Array;
  /** The wrapped key: 1 to 65,535 bytes, in an item at most 65,487. */
  readonly ciphertext: Uint8Array;
}

/**
 * What an HSM or a key management service generated and wrapped, for `onGenerate` of {@link customKeyring}.
 */
export interface GeneratedDataKey extends WrappedDataKey {
  /** `keyLength` bytes; wiped once they were read. */
  readonly dataKey: Uint8Array;
}

/** What every function of a {@link customKeyring} is told. */
export interface CustomKeyringRequest {
  /** The full encryption context, the signature's public key included. */
  readonly encryptionContext: Readonly<Record<string, string>>;
  /**
   * The encryption context in bytes, always the same for the same context: bind the wrapped key to it (as additional
   * authenticated data), or it can be put in the place of another one.
   */
  readonly aad: Uint8Array;
  /** The algorithm suite in four hexadecimal digits: `'6700'`, `'0478'`. */
  readonly suite: string;
  /** The length of keys to wrap in bytes: 16, 24 or 32. */
  readonly keyLength: number;
}

/** What a {@link customKeyring} is to wrap. */
export interface CustomEncryptRequest extends CustomKeyringRequest {
  /** The plaintext key; a copy, wiped as soon as the function has settled. Of an item, it is not the data key itself. */
  readonly dataKey: Uint8Array;
}

/** What a {@link customKeyring} is to unwrap. */
export interface CustomDecryptRequest extends CustomKeyringRequest {
  /** One that was stored under the keyring's `providerId`. It comes from the item or message: do not trust it. */
  readonly encryptedDataKey: WrappedDataKey;
}

type MaybePromise<T> = T | PromiseLike<T>;

/**
 * Functions of a custom keyring. They may be asynchronous, have ten seconds each, and run many at a time. The signal
 * aborts when nobody waits for the result any more. When one throws or rejects, the message goes into the error of the
 * operation.
 *
 * @example
 * ```ts
 * import { createHash } from 'node:crypto'
 * import { EncryptionClient, KmsClient, customKeyring, type CustomKeyringOptions } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // In the place of another cloud's service, which makes keys and wraps them in one call.
 * const dev = await startDevKms()
 * const { keyId } = await dev.createKey()
 * const cloud = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const bound = (aad: Uint8Array) => ({ aad: createHash('sha256').update(aad).digest('base64') })
 * const providerInfo = new TextEncoder().encode(keyId)
 *
 * const options: CustomKeyringOptions = {
 *   providerId: 'my-cloud',
 *   onGenerate: async ({ aad, keyLength }, { signal }) => {
 *     const request = { keyId, numberOfBytes: keyLength, encryptionContext: bound(aad) }
 *     const { plaintext, ciphertextBlob } = await cloud.generateDataKey(request, { signal })
 *     return { providerInfo, dataKey: plaintext, ciphertext: ciphertextBlob }
 *   },
 *   onEncrypt: async ({ dataKey, aad }, { signal }) => {
 *     const request = { keyId, plaintext: dataKey, encryptionContext: bound(aad) }
 *     const { ciphertextBlob } = await cloud.encrypt(request, { signal })
 *     return { providerInfo, ciphertext: ciphertextBlob }
 *   },
 *   onDecrypt: async ({ encryptedDataKey: { providerInfo, ciphertext }, aad }, { signal }) => {
 *     if (new TextDecoder().decode(providerInfo) !== keyId) return undefined // not mine
 *     const request = { keyId, ciphertextBlob: ciphertext, encryptionContext: bound(aad) }
 *     return (await cloud.decrypt(request, { signal })).plaintext
 *   },
 * }
 * const keyring = customKeyring(options)
 * const client = new EncryptionClient()
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), { keyring })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * console.log(dev.calls.map(({ operation }) => operation)) // → [ 'GenerateDataKey', 'Decrypt' ]
 * await dev.close()
 * ```
 */
export interface CustomKeyringOptions {
  /** Stored with every wrapped key: names the kind of keyring. At most 65,535 bytes; must not begin with `aws-kms`. */
  readonly providerId: string;
  /** Wraps a key. */
  readonly onEncrypt: (
    request: CustomEncryptRequest,
    options: { readonly signal: AbortSignal },
  ) => MaybePromise<WrappedDataKey>;
  /**
   * Unwraps a key: its bytes, which are wiped once they were read, or `undefined` where another key wrapped it ("not
   * mine"). Throw where it is this keyring's and cannot be unwrapped: other wrapped keys and keyrings are tried, and
   * the message is among the reasons of `NO_KEYRING_OPENED`.
   */
  readonly onDecrypt: (
    request: CustomDecryptRequest,
    options: { readonly signal: AbortSignal },
  ) => MaybePromise<Uint8Array | undefined>;
  /**
   * Makes a key and wraps it, as the GenerateDataKey of an HSM does. Asked in the place of `onEncrypt` where there is
   * no data key yet: as a keyring alone, or as the generator of a multi-keyring. Without it, the core makes the key.
   */
  readonly onGenerate?:
    | ((
        request: CustomKeyringRequest,
        options: { readonly signal: AbortSignal },
      ) => MaybePromise<GeneratedDataKey>)
    | undefined;
}

/**
 * Wraps data keys with functions of your own: the key management service of another cloud, Vault's transit engine, a
 * PKCS #11 token. One key is wrapped into one; for several recipients, put several into a {@link multiKeyring}.
 *
 * The plaintext keys are handed to JavaScript here, which can copy them and cannot be made to forget them: no other
 * keyring does that.
 *
 * @throws UsageError `INVALID_CONFIG` or `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
 * import { EncryptionClient, customKeyring } from 'fieldseal'
 *
 * // In the place of a service that wraps keys and binds them to `aad`.
 * const secret = randomBytes(32)
 * const hsm = {
 *   async wrap(key: Uint8Array, aad: Uint8Array) {
 *     const nonce = randomBytes(12)
 *     const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(aad)
 *     return new Uint8Array(
 *       Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]),
 *     )
 *   },
 *   async unwrap(wrapped: Uint8Array, aad: Uint8Array) {
 *     const decipher = createDecipheriv('aes-256-gcm', secret, wrapped.subarray(0, 12)).setAAD(aad)
 *     decipher.setAuthTag(wrapped.subarray(-16))
 *     return new Uint8Array(
 *       Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]),
 *     )
 *   },
 * }
 *
 * const providerInfo = new TextEncoder().encode('key-1')
 * const keyring = customKeyring({
 *   providerId: 'my-hsm',
 *   onEncrypt: async ({ dataKey, aad }) => ({
 *     providerInfo,
 *     ciphertext: await hsm.wrap(dataKey, aad),
 *   }),
 *   onDecrypt: ({ encryptedDataKey, aad }) =>
 *     new TextDecoder().decode(encryptedDataKey.providerInfo) === 'key-1'
 *       ? hsm.unwrap(encryptedDataKey.ciphertext, aad)
 *       : undefined, // not mine: other keyrings are tried
 * })
 * const client = new EncryptionClient()
 * const { ciphertext, header } = await client.encrypt(new TextEncoder().encode('hello'), { keyring })
 * console.log(header.encryptedDataKeys[0]?.keyProviderId) // → my-hsm
 * const { plaintext } = await client.decrypt(ciphertext, { keyring })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * ```
 */
export function customKeyring(options: CustomKeyringOptions): Keyring {
  const { providerId, onEncrypt, onDecrypt, onGenerate } = readOptions(options, {
    providerId: COPY,
    onEncrypt: KEEP,
    onDecrypt: KEEP,
    onGenerate: KEEP,
  });
  mustBeStrings({ providerId });
  const functions = {
    onEncrypt,
    onDecrypt,
    onGenerate: onGenerate === undefined ? onEncrypt : onGenerate,
  };
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value !== 'function') throw wrong(name, 'a function', value);
  }
  const host = {
    onEncrypt: serve(onEncrypt, (made) => wrappedKey(made)),
    onDecrypt: serve(onDecrypt, (key, length) =>
      key === undefined ? undefined : secretKey('the key', key, length),
    ),
    onGenerate: onGenerate && serve(onGenerate, generatedKey),
  };
  const generates = onGenerate !== undefined;
  const config: CustomConfig = { type: 'custom', providerId, generates };
  return makeKeyring(() => config, host);
}

/** What the core asks: a request, but for the context's pairs. */
interface Asked extends Omit<CustomKeyringRequest, 'encryptionContext'> {
  readonly encryptionContext: Pairs;
  readonly dataKey?: Uint8Array;
}

/** Serves the core's requests with a function of the caller's; `read` takes what it gives. */
function serve<Request, Given>(
  call: (request: Request, options: { readonly signal: AbortSignal }) => MaybePromise<Given>,
  read: (given: Given, length: number) => unknown,
) {
  return async (asked: Asked, signal?: AbortSignal): Promise<unknown> => {
    // The caller may change the request.
    const { dataKey, keyLength } = asked;
    const request = { ...asked, encryptionContext: contextOf(asked.encryptionContext) };
    const ask = async (signal: AbortSignal) =>
      read(await call(request as Request, { signal }), keyLength);
    try {
      return await callersValue(signal, ask, wipe);
    } finally {
      // One that was transferred to a worker is not here any more.
      if (dataKey) windowOf(dataKey)?.fill(0);
    }
  };
}

function wrappedKey(made: WrappedDataKey): WrappedDataKey {
  const fields = readOptions(made, { providerInfo: KEEP, ciphertext: KEEP }, 'what it returned');
  return storedFields(fields);
}

function generatedKey(made: GeneratedDataKey, length: number): GeneratedDataKey {
  const names = { dataKey: KEEP, providerInfo: KEEP, ciphertext: KEEP } as const;
  const fields = readOptions(made, names, 'what it returned');
  return { ...storedFields(fields), dataKey: secretKey('dataKey', fields.dataKey, length) };
}

function storedFields({ providerInfo, ciphertext }: WrappedDataKey): WrappedDataKey {
  return {
    providerInfo: field('providerInfo', providerInfo),
    ciphertext: field('ciphertext', ciphertext),
  };
}

function field(name: string, value: unknown): Uint8Array {
  const bytes = bytesOf(name, value);
  if (bytes.length > MAX_16) throw `${name} has ${bytes.length} bytes, more than ${MAX_16}`;
  return new Uint8Array(bytes);
}

/** A key of the caller's, wiped there. */
function secretKey(name: string, value: unknown, length: number): Uint8Array {
  const bytes = bytesOf(name, value);
  if (bytes.length !== length) throw `${name} has ${bytes.length} bytes, not ${length}`;
  return takeSecret(bytes);
}
