/** What the functions on messages take and return. */

import type { MessageSuite, StoredMessageHeader } from '../inspect.js';
import type { Cmm, Keyring } from '../keyrings/keyring.js';
import type { CallOptions } from '../util/signal.js';

/** How far a stream has come, in bytes since its start. */
export interface StreamProgress {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A pair for `pipeThrough`: bytes in, bytes out. It has the shape of a `TransformStream`. */
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
  readonly cmm?: Cmm | undefined;
  /**
   * When encrypting: pairs that are bound to the message, and stored in it readably. When decrypting: pairs
   * that the message must have, including those that it does not store. Keys must not begin with `aws-crypto-`.
   */
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
}

export interface EncryptOptions extends MaterialsOptions {
  /** By default `0578` (signs), or `0478` with the KMS RSA keyring; under the forbidding policy `0378` or `0178`. */
  readonly algorithmSuite?: MessageSuite | undefined;
  /** Bytes of plaintext in a frame, 1 to 2^32 − 1; default 4096. Readers hold a whole frame in memory. */
  readonly frameLength?: number | undefined;
}

export interface EncryptStreamOptions extends EncryptOptions {
  /** The most bytes that will come; more is refused with `LIMIT_EXCEEDED`. Without it, anything may come. */
  readonly plaintextLength?: number | undefined;
  readonly onProgress?: ((progress: StreamProgress) => void) | undefined;
}

export type DecryptOptions = MaterialsOptions;

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
  readonly onProgress?: ((progress: StreamProgress) => void) | undefined;
}

/** The header of a message that was made here or has verified. */
export interface MessageHeader extends StoredMessageHeader {
  /** All of the encryption context: what is stored, and what is only authenticated. */
  readonly encryptionContext: Readonly<Record<string, string>>;
}

export interface ResealOptions extends CallOptions {
  /** How the message is opened. */
  readonly from: DecryptOptions;
  /**
   * How it is sealed anew. Suite, frame length and encryption context are the old message's where this names no
   * others; of a context, all of it, including what the old message did not store.
   */
  readonly to: EncryptOptions;
}

export interface ResealResult extends EncryptResult {
  /** How many KMS calls it took. */
  readonly kmsCalls: number;
}

export interface EncryptResult {
  readonly ciphertext: Uint8Array<ArrayBuffer>;
  readonly header: MessageHeader;
}

export interface DecryptResult {
  readonly plaintext: Uint8Array<ArrayBuffer>;
  readonly header: MessageHeader;
}
