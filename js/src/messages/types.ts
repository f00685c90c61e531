/** What the functions on messages take and return. */

import type { MessageSuite, StoredMessageHeader } from '../inspect.js';
import type { Cmm, Keyring } from '../keyrings/keyring.js';
import type { CallOptions } from '../util/signal.js';

/**
 * How far a stream has come, in bytes since its start: what `onProgress` of {@link EncryptStreamOptions} and
 * {@link DecryptStreamOptions} is given.
 */
export interface StreamProgress {
  /** Bytes that were written to the stream. */
  readonly bytesIn: number;
  /** Bytes that were read from it. */
  readonly bytesOut: number;
}

/**
 * A pair for `pipeThrough`: bytes in, bytes out. It has the shape of a `TransformStream`, and is made by
 * {@link EncryptionClient.encryptStream} and {@link EncryptionClient.decryptStream}.
 */
export interface MessageStream extends ReadableWritablePair<
  Uint8Array<ArrayBuffer>,
  Uint8Array | ArrayBuffer
> {
  /**
   * The message's header: when encrypting, once it is written; when decrypting, once it has verified
   * under the data key. Rejects with what ended the stream before.
   */
  readonly header: Promise<MessageHeader>;
}

export interface MaterialsOptions extends CallOptions {
  /** Give a keyring or a CMM, not both. */
  readonly keyring?: Keyring | undefined;
  /** Give a keyring or a CMM, not both. */
  readonly cmm?: Cmm | undefined;
  /**
   * When encrypting: pairs that are bound to the message, and stored in it readably. When decrypting: pairs
   * that the message must have, including those that it does not store. Keys must not begin with `aws-crypto-`.
   */
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
}

/**
 * Options of {@link EncryptionClient.encrypt}.
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring, type EncryptOptions } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const options: EncryptOptions = {
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 *   encryptionContext: { tenant: 'a' }, // readable in the message, and bound to it
 *   algorithmSuite: '0478', // commits to its key, does not sign
 *   frameLength: 65_536,
 * }
 * const { header } = await new EncryptionClient().encrypt(new Uint8Array(100_000), options)
 * console.log(header.algorithmSuite, header.frameLength) // → 0478 65536
 * ```
 */
export interface EncryptOptions extends MaterialsOptions {
  /** By default `0578` (signs), or `0478` with the KMS RSA keyring; under the forbidding policy `0378` or `0178`. */
  readonly algorithmSuite?: MessageSuite | undefined;
  /**
   * Bytes of plaintext in a frame, 1 to 2^32 − 1; default 65536. Readers of streams hold a whole frame in memory: give 4096,
   * which AWS's libraries have, for those that have no room for more.
   */
  readonly frameLength?: number | undefined;
}

/**
 * Options of {@link EncryptionClient.encryptStream}.
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring, type EncryptStreamOptions } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * let progress = 0
 * const options: EncryptStreamOptions = {
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 *   plaintextLength: 1_000_000, // one byte more is refused
 *   onProgress: ({ bytesIn }) => (progress = bytesIn / 1_000_000),
 * }
 * const file = new Blob([new Uint8Array(1_000_000)])
 * const sealed = file.stream().pipeThrough(new EncryptionClient().encryptStream(options))
 * const { byteLength } = await new Response(sealed).arrayBuffer()
 * console.log(progress, byteLength > 1_000_000) // → 1 true
 * ```
 */
export interface EncryptStreamOptions extends EncryptOptions {
  /** The most bytes that will come; more is refused with `LIMIT_EXCEEDED`. Without it, anything may come. */
  readonly plaintextLength?: number | undefined;
  /** Called after each piece. What it throws is ignored. */
  readonly onProgress?: ((progress: StreamProgress) => void) | undefined;
}

/**
 * Options of {@link EncryptionClient.decrypt}.
 *
 * @example
 * ```ts
 * import {
 *   AuthenticationError,
 *   EncryptionClient,
 *   rawAesKeyring,
 *   type DecryptOptions,
 * } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const client = new EncryptionClient()
 * const { ciphertext } = await client.encrypt(new Uint8Array(1), {
 *   keyring,
 *   encryptionContext: { tenant: 'a' },
 * })
 *
 * // What the message must say of itself: another tenant's is refused.
 * const options: DecryptOptions = { keyring, encryptionContext: { tenant: 'b' } }
 * const failure = await client.decrypt(ciphertext, options).catch((error: unknown) => error)
 * console.log(failure instanceof AuthenticationError && failure.code) // → ENCRYPTION_CONTEXT_MISMATCH
 * ```
 */
export type DecryptOptions = MaterialsOptions;

/**
 * Options of {@link EncryptionClient.decryptStream}.
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring, type DecryptStreamOptions } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const client = new EncryptionClient()
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), {
 *   keyring,
 *   algorithmSuite: '0478',
 * })
 *
 * const options: DecryptStreamOptions = {
 *   keyring,
 *   requireUnsigned: true, // every frame that comes out is what was sealed
 *   maxFrameLength: 1 << 20, // a longer frame is not waited for
 * }
 * const opened = new Blob([ciphertext]).stream().pipeThrough(client.decryptStream(options))
 * console.log(await new Response(opened).text()) // → hello
 * ```
 */
export interface DecryptStreamOptions extends DecryptOptions {
  /**
   * Refuse suites that sign (`SUITE_NOT_ALLOWED`). Their signature is at the end: frames that come out before are
   * known to be from someone who can open the message, not yet from who signed it. The last frame waits.
   */
  readonly requireUnsigned?: boolean | undefined;
  /**
   * The longest frame, or body without frames, in bytes, 1 to 2^30; default 64 MiB. A frame is held until it has
   * verified; longer ones are refused with `LIMIT_EXCEEDED`.
   */
  readonly maxFrameLength?: number | undefined;
  /** Called after each piece. What it throws is ignored. */
  readonly onProgress?: ((progress: StreamProgress) => void) | undefined;
}

/**
 * The header of a message that was made here or has verified, as {@link EncryptionClient.encrypt} and
 * {@link EncryptionClient.decrypt} return it.
 */
export interface MessageHeader extends StoredMessageHeader {
  /** All of the encryption context: what is stored, and what is only authenticated. */
  readonly encryptionContext: Readonly<Record<string, string>>;
}

/**
 * Options of {@link EncryptionClient.reseal}.
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring, type ResealOptions } from 'fieldseal'
 *
 * const aes = (keyName: string) =>
 *   rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName,
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   })
 * const [before, after] = [aes('key-1'), aes('key-2')]
 * const client = new EncryptionClient()
 * const { ciphertext } = await client.encrypt(new Uint8Array(1), {
 *   keyring: before,
 *   encryptionContext: { tenant: 'a' },
 * })
 *
 * // Another key and another suite; the encryption context stays.
 * const options: ResealOptions = {
 *   from: { keyring: before },
 *   to: { keyring: after, algorithmSuite: '0478' },
 * }
 * const { header } = await client.reseal(ciphertext, options)
 * console.log(header.encryptedDataKeys[0]?.keyName, header.encryptionContext) // → key-2 { tenant: 'a' }
 * ```
 */
export interface ResealOptions extends CallOptions {
  /** How the message is opened. */
  readonly from: DecryptOptions;
  /**
   * How it is sealed anew. Suite, frame length and encryption context are the old message's where this names no
   * others; of a context, all of it, including what the old message did not store.
   */
  readonly to: EncryptOptions;
}

/** What {@link EncryptionClient.reseal} returns. */
export interface ResealResult extends EncryptResult {
  /** How many KMS calls it took. */
  readonly kmsCalls: number;
}

/** What {@link EncryptionClient.encrypt} returns. */
export interface EncryptResult {
  /** The message. */
  readonly ciphertext: Uint8Array<ArrayBuffer>;
  /** What the message says of itself. */
  readonly header: MessageHeader;
}

/** What {@link EncryptionClient.decrypt} returns. */
export interface DecryptResult {
  /** What was encrypted. */
  readonly plaintext: Uint8Array<ArrayBuffer>;
  /** What the message says of itself, verified. */
  readonly header: MessageHeader;
}
