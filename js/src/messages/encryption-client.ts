/** Messages of the AWS Encryption SDK, for what is not a record: a column, a file, a stream. */

import { DEFAULT_FRAME_LENGTH } from '../generated/limits.js';
import { contextPairs, readContext, type Pairs } from '../util/encryption-context.js';
import { bytesOf, lengthOf } from '../util/bytes.js';
import { core, type CoreObject } from '../core/core.js';
import { internal, usage } from '../errors.js';
import { inspectMessage } from '../inspect.js';
import { oneOf } from '../keyrings/keyring.js';
import { limitOption, MAX_HEADER_LENGTH, pendingLimit } from '../core/limits.js';
import { mustBeWhole, writeInput } from './input.js';
import { Session } from './session.js';
import { messageStream } from './stream.js';
import type {
  DecryptOptions,
  DecryptResult,
  DecryptStreamOptions,
  EncryptOptions,
  EncryptResult,
  EncryptStreamOptions,
  MaterialsOptions,
  MessageHeader,
  MessageStream,
  ResealOptions,
  ResealResult,
} from './types.js';
import { COPY, KEEP, mustBeOneOf, readOptions, type OptionNames } from '../util/options.js';
import { onAbort, signalOf } from '../util/signal.js';
import { Turns } from '../util/waiting.js';
import { markClass } from '../util/shared.js';

/** In the order of their numbers in the core. */
const POLICIES = [
  'FORBID_ENCRYPT_ALLOW_DECRYPT',
  'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
  'REQUIRE_ENCRYPT_REQUIRE_DECRYPT',
] as const;

/**
 * Which suites may be written and read (`framework/commitment-policy.md`); an option of {@link EncryptionClient}.
 *
 * - `REQUIRE_ENCRYPT_REQUIRE_DECRYPT`: suites that commit to their key, and no others.
 * - `REQUIRE_ENCRYPT_ALLOW_DECRYPT`: writes such suites only, and reads all.
 * - `FORBID_ENCRYPT_ALLOW_DECRYPT`: writes suites that do not commit, for readers that know no others, and reads all.
 */
export type CommitmentPolicy = (typeof POLICIES)[number];

/**
 * Options of {@link EncryptionClient}.
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring, type EncryptionClientOptions } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 *
 * // While messages without key commitment are still there, and for readers of untrusted data.
 * const options: EncryptionClientOptions = {
 *   commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
 *   maxEncryptedDataKeys: 2,
 *   maxHeaderLength: 4_096,
 * }
 * const { header } = await new EncryptionClient(options).encrypt(new Uint8Array(1), { keyring })
 * console.log(header.algorithmSuite) // → 0578
 * ```
 */
export interface EncryptionClientOptions {
  /** Default `REQUIRE_ENCRYPT_REQUIRE_DECRYPT`; the others are for migrations. */
  readonly commitmentPolicy?: CommitmentPolicy | undefined;
  /**
   * The most encrypted data keys that a message may have, made or opened: 1 to 65,535, or `Infinity`; default 64. Each
   * may take a call to a service; more are refused with `LIMIT_EXCEEDED` before any keyring is asked.
   */
  readonly maxEncryptedDataKeys?: number | undefined;
  /**
   * The longest header of a message in bytes, made or opened: 1 to 2^32 − 1, or `Infinity`; default 1 MiB. It is held
   * until all of it has come and verified; a longer one is refused with `LIMIT_EXCEEDED` as soon as it says how long it
   * is.
   */
  readonly maxHeaderLength?: number | undefined;
  /**
   * The most bytes of input that operations may hold at once while they wait for keys, those of other clients and
   * encryptors included; what does not fit is refused with `LIMIT_EXCEEDED`. Default 256 MiB; `Infinity` lifts it.
   */
  readonly maxPendingBytes?: number | undefined;
}

// The context is the caller's own: it becomes pairs at once.
const MATERIALS = { keyring: COPY, cmm: COPY, encryptionContext: KEEP, signal: KEEP } as const;
const DECRYPT: OptionNames<DecryptOptions> = MATERIALS;
const ENCRYPT: OptionNames<EncryptOptions> = {
  ...MATERIALS,
  algorithmSuite: COPY,
  frameLength: COPY,
};
const ENCRYPT_STREAM: OptionNames<EncryptStreamOptions> = {
  ...ENCRYPT,
  plaintextLength: COPY,
  onProgress: COPY,
};
const DECRYPT_STREAM: OptionNames<DecryptStreamOptions> = {
  ...DECRYPT,
  requireUnsigned: COPY,
  maxFrameLength: COPY,
  onProgress: COPY,
};

const MAX_FRAME_LENGTH = 0xffff_ffff;
const DEFAULT_MAX_HELD = 64 << 20;
const MAX_HELD = 1 << 30;
/**
 * Longer messages cross in pieces of about this many bytes: the core's memory stays small, and what crosses stays in the
 * processor's cache (benches/message.mjs). Whole frames where they are encrypted, since the core would have to gather parts;
 * up to the longest piece.
 */
const PIECE = 128 << 10;
const LONGEST_PIECE = 1 << 20;

/** The length of the pieces of what is encrypted with such frames; `maxPending` bytes may be held. */
function pieceOf(frameLength: number, maxPending: number): number {
  if (frameLength <= PIECE) return PIECE - (PIECE % frameLength);
  return frameLength <= Math.min(LONGEST_PIECE, maxPending) ? frameLength : PIECE;
}

/**
 * Encrypts and decrypts messages of the AWS Encryption SDK, format versions 1 and 2, all suites
 * (`client-apis/encrypt.md`,
 * `client-apis/decrypt.md`).
 *
 * Plaintext is any view of bytes, and exactly its window; strings are refused: encode them first. Leave it as it is
 * until the call has ended: long messages are read piece by piece.
 *
 * Errors: {@link MalformedInputError} for what is not a message, {@link AuthenticationError} for one that was changed,
 * {@link NoKeyError} without a keyring that opens it, {@link UsageError} for a suite or an option that is not allowed,
 * {@link LimitError}, and {@link KmsError} for what the service said.
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32)) // yours comes from a secret store
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const client = new EncryptionClient()
 *
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), {
 *   keyring,
 *   encryptionContext: { purpose: 'export' },
 * })
 * const { plaintext, header } = await client.decrypt(ciphertext, { keyring })
 * console.log(new TextDecoder().decode(plaintext), header.encryptionContext.purpose) // → hello export
 * ```
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring } from 'fieldseal'
 *
 * // A file of any size, in bounded memory.
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const client = new EncryptionClient()
 *
 * const file = new Blob(['hello '.repeat(100_000)])
 * const sealed = file.stream().pipeThrough(client.encryptStream({ keyring }))
 * const opened = sealed.pipeThrough(client.decryptStream({ keyring }))
 * const text = await new Response(opened).text() // resolves when all of it, and the signature, has verified
 * console.log(text.length) // → 600000
 * ```
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring } from 'fieldseal'
 *
 * // After a rotation: what the old key sealed moves to the new one.
 * const aes = (keyName: string) =>
 *   rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName,
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   })
 * const [before, after] = [aes('key-1'), aes('key-2')]
 * const client = new EncryptionClient()
 * const old = await client.encrypt(new TextEncoder().encode('hello'), { keyring: before })
 *
 * const { ciphertext } = await client.reseal(old.ciphertext, {
 *   from: { keyring: before },
 *   to: { keyring: after },
 * })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring: after })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * ```
 */
export class EncryptionClient {
  readonly #policy: number;
  readonly #maxKeys: number;
  readonly #maxHeader: number;
  readonly #maxPending: number;

  /** @throws UsageError `INVALID_CONFIG` */
  constructor(options: EncryptionClientOptions = {}) {
    const given = readOptions(options, {
      commitmentPolicy: COPY,
      maxEncryptedDataKeys: COPY,
      maxHeaderLength: COPY,
      maxPendingBytes: COPY,
    });
    const { commitmentPolicy = POLICIES[2], maxEncryptedDataKeys, maxHeaderLength } = given;
    mustBeOneOf('commitmentPolicy', commitmentPolicy, POLICIES);
    this.#maxPending = pendingLimit(given.maxPendingBytes);
    this.#policy = POLICIES.indexOf(commitmentPolicy);
    this.#maxKeys = limitOption('maxEncryptedDataKeys', maxEncryptedDataKeys, 64, 0xffff);
    this.#maxHeader = limitOption(
      'maxHeaderLength',
      maxHeaderLength,
      MAX_HEADER_LENGTH,
      0xffff_ffff,
    );
  }

  /**
   * Encrypts `plaintext` as one message, under a new data key.
   *
   * @throws UsageError `SUITE_NOT_ALLOWED` by the commitment policy, `KEYRING_CANNOT`, `REQUIRED_CONTEXT_MISSING`,
   * `RESERVED_NAME` in the encryption context, `INVALID_CONFIG`, `INVALID_ARGUMENT`
   * @throws LimitError `LIMIT_EXCEEDED`; with KMS keyrings KmsError
   */
  async encrypt(
    plaintext: Uint8Array | ArrayBuffer,
    options: EncryptOptions,
  ): Promise<EncryptResult> {
    const encryption = this.#encryption(readOptions(options, ENCRYPT, 'options'));
    // Last: the options' getters may take the buffer away.
    const bytes = bytesOf('plaintext', plaintext);
    const { context, materials, how, frameLength, signal } = encryption;
    if (lengthOf(bytes) > PIECE) {
      const message = this.#encrypting(encryption, lengthOf(bytes));
      const piece = pieceOf(frameLength, this.#maxPending);
      const { result, header } = await inPieces(message, bytes, [signal], piece);
      return { ciphertext: result, header };
    }
    const owner = core();
    const length = writeInput(owner, this.#maxPending, context, bytes);
    return owner.run(
      [materials],
      (glue, cmm) =>
        glue.encrypt_message(cmm, how, frameLength, this.#maxKeys, this.#maxHeader, length),
      (output) => {
        const [ciphertext, rest] = split(output);
        let parsed: MessageHeader | undefined;
        return {
          ciphertext,
          get header() {
            return (parsed ??= readHeader(rest));
          },
        };
      },
      signal,
    );
  }

  /**
   * Decrypts one whole message. Nothing is given out before all of it, and its signature, has verified.
   *
   * @throws AuthenticationError `HEADER_TAG_MISMATCH`, `FRAME_TAG_MISMATCH`, `SIGNATURE_MISMATCH`, `COMMITMENT_MISMATCH`,
   * `ENCRYPTION_CONTEXT_MISMATCH`: do not use the message
   * @throws NoKeyError `NO_KEYRING_OPENED`, with the reason of each keyring
   * @throws MalformedInputError `MALFORMED_MESSAGE`, `MALFORMED_ENCRYPTION_CONTEXT`
   * @throws UsageError `SUITE_NOT_ALLOWED`, `REQUIRED_CONTEXT_MISSING`, `INVALID_CONFIG`, `INVALID_ARGUMENT`
   * @throws LimitError `LIMIT_EXCEEDED`
   */
  async decrypt(
    ciphertext: Uint8Array | ArrayBuffer,
    options: DecryptOptions,
  ): Promise<DecryptResult> {
    const decryption = this.#decryption(readOptions(options, DECRYPT, 'options'));
    const bytes = bytesOf('ciphertext', ciphertext);
    const { context, materials, signal } = decryption;
    if (lengthOf(bytes) > PIECE) {
      const message = this.#decrypting(decryption, { maxFrameLength: MAX_HELD });
      const { result, header } = await inPieces(message, bytes, [signal]);
      return { plaintext: result, header };
    }
    const owner = core();
    const length = writeInput(owner, this.#maxPending, context, bytes);
    return owner.run(
      [materials],
      (glue, cmm) =>
        glue.decrypt_message(cmm, this.#policy << 16, this.#maxKeys, this.#maxHeader, length),
      (output) => {
        const [plaintext, rest] = split(output);
        let parsed: MessageHeader | undefined;
        return {
          plaintext,
          get header() {
            return (parsed ??= readHeader(rest));
          },
        };
      },
      signal,
    );
  }

  /**
   * Opens a message and seals it anew, under another keyring or the current version of the same: after a rotation, for
   * a new recipient, away from a suite. Its plaintext does not change and never leaves the core.
   *
   * @throws what {@link decrypt} and {@link encrypt} throw
   */
  async reseal(
    ciphertext: Uint8Array | ArrayBuffer,
    options: ResealOptions,
  ): Promise<ResealResult> {
    const given = readOptions(options, { from: KEEP, to: KEEP, signal: KEEP }, 'options');
    const from = this.#decryption(readOptions(given.from, DECRYPT, 'from'));
    const next = readOptions(given.to, ENCRYPT, 'to');
    const to = this.#encryption(next);
    const context = next.encryptionContext === undefined ? undefined : to.context;
    const frameLength = next.frameLength ?? 0;
    const signals = [signalOf(given.signal), from.signal, to.signal];
    const bytes = bytesOf('ciphertext', ciphertext);
    const session = new Session(this.#maxPending, [from.materials, to.materials]);
    const begin = () =>
      session.beginReseal(from.context, context, (glue, length, place, old, next) =>
        glue.begin_reseal(
          place,
          old,
          next,
          to.how,
          frameLength,
          this.#maxKeys,
          this.#maxHeader,
          length,
        ),
      );
    let kmsCalls = 0;
    const counted = () => (kmsCalls = session.kmsCalls());
    const { result, header } = await inPieces({ session, begin }, bytes, signals, PIECE, counted);
    return { ciphertext: result, header, kmsCalls };
  }

  /**
   * Encrypts what is piped through, as one message.
   *
   * @throws UsageError `INVALID_CONFIG`, `INVALID_ARGUMENT`, `SUITE_NOT_ALLOWED`; what else {@link encrypt} throws ends the
   * stream
   */
  encryptStream(options: EncryptStreamOptions): MessageStream {
    const given = readOptions(options, ENCRYPT_STREAM, 'options');
    const { plaintextLength, onProgress } = given;
    if (
      plaintextLength !== undefined &&
      !(Number.isSafeInteger(plaintextLength) && plaintextLength >= 0)
    ) {
      throw usage('INVALID_ARGUMENT', 'plaintextLength must be a whole number of bytes');
    }
    const encryption = this.#encryption(given);
    const message = this.#encrypting(encryption, plaintextLength);
    return messageStream({ ...message, onProgress, signal: encryption.signal });
  }

  /**
   * Decrypts the one message that is piped through. Each frame comes out once it has verified; with suites that
   * sign, see {@link DecryptStreamOptions.requireUnsigned}: only when the stream closes without an error is the
   * signature known to fit, and only then does the last frame come out.
   *
   * @throws UsageError `INVALID_CONFIG`, `INVALID_ARGUMENT`; what else {@link decrypt} throws ends the stream
   */
  decryptStream(options: DecryptStreamOptions): MessageStream {
    const given = readOptions(options, DECRYPT_STREAM, 'options');
    const { onProgress } = given;
    const decryption = this.#decryption(given);
    const message = this.#decrypting(decryption, given);
    return messageStream({ ...message, onProgress, signal: decryption.signal });
  }

  /** Options as they were read, checked. */
  #encryption(options: EncryptOptions): Encryption {
    const { algorithmSuite, frameLength = DEFAULT_FRAME_LENGTH } = options;
    wholeNumber('frameLength', frameLength, MAX_FRAME_LENGTH);
    let suite = 0;
    if (algorithmSuite !== undefined) {
      // 0000 is nobody's id; for the core it is no suite at all.
      if (typeof algorithmSuite !== 'string' || !/^(?!0000)[0-9a-f]{4}$/.test(algorithmSuite)) {
        throw usage(
          'SUITE_NOT_ALLOWED',
          "algorithmSuite must be four hexadecimal digits, as '0478'",
        );
      }
      suite = Number.parseInt(algorithmSuite, 16);
    }
    // Member by member: a spread takes as long as a tenth of a small message.
    const { materials, context, signal } = this.#decryption(options);
    return { materials, context, signal, how: (this.#policy << 16) | suite, frameLength };
  }

  #decryption(options: MaterialsOptions): Decryption {
    const { encryptionContext, signal } = options;
    return {
      materials: oneOf(options),
      context: contextPairs(encryptionContext),
      signal: signalOf(signal),
    };
  }

  #encrypting(
    { context, materials, how, frameLength }: Encryption,
    plaintextLength: number | undefined,
  ): { session: Session; begin: Begin } {
    const session = new Session(this.#maxPending, [materials]);
    const begin = () =>
      session.begin(context, (glue, length, place, cmm) =>
        glue.begin_encryption(
          place,
          cmm,
          how,
          frameLength,
          this.#maxKeys,
          this.#maxHeader,
          plaintextLength ?? -1,
          length,
        ),
      );
    return { session, begin };
  }

  #decrypting(
    { context, materials }: Decryption,
    { maxFrameLength = DEFAULT_MAX_HELD, requireUnsigned = false }: DecryptStreamOptions,
  ): { session: Session; begin: Begin } {
    wholeNumber('maxFrameLength', maxFrameLength, MAX_HELD);
    const session = new Session(this.#maxPending, [materials]);
    const begin = () =>
      session.begin(context, (glue, length, place, cmm) =>
        glue.begin_decryption(
          place,
          cmm,
          this.#policy << 16,
          this.#maxKeys,
          this.#maxHeader,
          maxFrameLength,
          requireUnsigned,
          length,
        ),
      );
    return { session, begin };
  }
}
markClass('EncryptionClient', EncryptionClient);

interface Decryption {
  readonly signal: AbortSignal | undefined;
  readonly materials: CoreObject;
  readonly context: Pairs;
}

interface Encryption extends Decryption {
  /** The commitment policy and the suite. */
  readonly how: number;
  readonly frameLength: number;
}

/** Begins a message; returns its first bytes. */
type Begin = () => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

/** What the core returns: bytes; the header, the encryption context and the lengths of both. */
function split(output: Uint8Array): [body: Uint8Array<ArrayBuffer>, rest: Uint8Array] {
  const start = output.length - 8 - word(output, 8) - word(output, 4);
  return [output.slice(0, start), output.slice(start)];
}

/**
 * The header, out of the rest. Results read it when it is asked for, since most callers never do, in a property of
 * their own: spreading, structuredClone and JSON take that too.
 */
function readHeader(rest: Uint8Array): MessageHeader {
  const length = word(rest, 4);
  const context = rest.subarray(length, rest.length - 8);
  return {
    ...inspectMessage(rest.subarray(0, length), length),
    encryptionContext: readContext(context),
  };
}

/** A little-endian word, so many bytes from the end. */
function word(bytes: Uint8Array, fromEnd: number): number {
  const at = bytes.length - fromEnd;
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  );
}

/** Collects what the pieces of a long message give. */
class Collector {
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;
  readonly #rest: () => number;

  /** `rest` says, when the first bytes are there, how many follow; it may be wrong, but costs a copy then. */
  constructor(rest: () => number) {
    this.#rest = rest;
  }

  readonly add = (given: Uint8Array): void => {
    if (given.length === 0) return;
    const length = this.#length + given.length;
    this.#bytes ??= new Uint8Array(Math.max(length, this.#rest()));
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.discard();
      this.#bytes = larger;
    }
    this.#bytes.set(given, this.#length);
    this.#length = length;
  };

  /** All of it, and nothing besides. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes ?? new Uint8Array();
    if (this.#length === bytes.length) return bytes;
    const taken = bytes.slice(0, this.#length);
    this.discard();
    return taken;
  }

  discard(): void {
    this.#bytes?.fill(0);
  }
}

/** Runs a long message through a session; nothing is given out unless all of it succeeds. */
async function inPieces(
  { session, begin }: { readonly session: Session; readonly begin: Begin },
  bytes: Uint8Array,
  signals: readonly (AbortSignal | undefined)[],
  piece = PIECE,
  atEnd?: () => void,
): Promise<{ result: Uint8Array<ArrayBuffer>; header: MessageHeader }> {
  const length = lengthOf(bytes);
  let begun = 0;
  const collector = new Collector(() => {
    const room = session.room(length);
    return begun + (room > 0 ? room : length);
  });
  const turns = new Turns();
  const unlisten = signals.map(
    (signal) => signal && onAbort(signal, () => session.dispose(signal.reason)),
  );
  try {
    const first = await begin();
    begun = first.length;
    collector.add(first);
    let header = session.header();
    // What is encrypted has its header by now. What is opened is ended apart from its bytes: ended, it has none to show.
    const last = header ? 'last' : 'open';
    for (let at = 0; at < length; at += piece) {
      mustBeWhole(bytes, length);
      const place = at + piece < length ? 'more' : last;
      const work = session.next(bytes.subarray(at, at + piece), place, collector.add);
      // A promise of what is done already would cost more than some pieces do.
      if (work) await work;
      header ??= session.header();
      const turn = turns.next();
      if (turn) await turn;
    }
    if (last === 'open') {
      const work = session.next(undefined, 'last', collector.add);
      if (work) await work;
    }
    atEnd?.();
    if (!header) throw internal('a message without a header');
    return { result: collector.take(), header };
  } catch (error) {
    collector.discard();
    throw error;
  } finally {
    for (const stop of unlisten) stop?.();
    session.dispose();
  }
}

function wholeNumber(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw usage(
    'INVALID_ARGUMENT',
    `${name} must be a whole number from 1 to ${max.toLocaleString('en')}`,
  );
}
