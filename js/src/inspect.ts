/** What sealed data says of itself, without any key. */

import type { MessageSuiteId } from './generated/config.js';
import type { AttributeMap } from './items/attribute-value.js';
import { bytesOf, isBinary } from './util/bytes.js';
import { core } from './core/core.js';
import { usage, wrongItem } from './errors.js';
import type { Glue } from './generated/glue.js';
import { limitOption, MAX_HEADER_LENGTH } from './core/limits.js';
import { COPY, readOptions } from './util/options.js';
import { isPlainObject, ownValue } from './util/plain-object.js';

/** A data key as a sealed item or a message stores it, wrapped; {@link inspect} returns all of them. */
export interface EncryptedDataKey {
  /** Which kind of keyring wrapped it: `aws-kms`, `aws-kms-rsa`, or a key namespace. */
  readonly keyProviderId: string;
  /**
   * Which key wrapped it, for people: the ARN of a KMS key, the id of a branch key, the name of a raw key. Absent for
   * ECDH, where `keyProviderInfo` is two public keys.
   */
  readonly keyName?: string;
  /** The same as the format has it; not always text. */
  readonly keyProviderInfo: Uint8Array;
  /** The wrapped key. */
  readonly ciphertext: Uint8Array;
}

/** What a sealed item's header stores, as {@link inspect} returns it. */
export interface StoredHeader {
  /** Version of the item format: 2 when attributes are part of the encryption context. */
  readonly version: 1 | 2;
  /** `6701` has an ECDSA signature, `6700` has none. */
  readonly algorithmSuite: '6700' | '6701';
  /** The data key, wrapped once for each keyring that opens it. */
  readonly encryptedDataKeys: readonly EncryptedDataKey[];
  /** The part of the encryption context that the item stores. */
  readonly storedEncryptionContext: Readonly<Record<string, string>>;
}

/**
 * A suite of the AWS Encryption SDK. `04..` and `05..` commit to their key; `02..`, `03..` and `05..` sign. An option
 * of {@link EncryptionClient.encrypt}.
 */
export type MessageSuite = MessageSuiteId;

/** What a message's header stores (`data-format/message-header.md`), as {@link inspect} returns it. */
export interface StoredMessageHeader {
  /** Version of the message format: 2 for suites that commit to their key. */
  readonly version: 1 | 2;
  /** The suite that the message was made with. */
  readonly algorithmSuite: MessageSuite;
  /** 16 random bytes in version 1, 32 in version 2. */
  readonly messageId: Uint8Array;
  /** The data key, wrapped once for each keyring that opens it. */
  readonly encryptedDataKeys: readonly EncryptedDataKey[];
  /** The part of the encryption context that the message stores. */
  readonly storedEncryptionContext: Readonly<Record<string, string>>;
  /** Bytes of plaintext in a frame; 0 in old messages whose body is not framed. */
  readonly frameLength: number;
}

/**
 * Options of {@link inspect} for messages.
 *
 * @example
 * ```ts
 * import { LimitError, inspect, type InspectOptions } from 'fieldseal'
 *
 * // Of data from outside: a header of up to 4 KiB, and no more of it is read.
 * const options: InspectOptions = { maxHeaderLength: 4_096 }
 * const message = new Uint8Array(10_000)
 * message.set([2, 0x04, 0x78]) // version 2, suite 0478
 * message.set([0xff, 0xff], 35) // an encryption context of 65,535 bytes
 * try {
 *   inspect(message, options)
 * } catch (error) {
 *   console.log(error instanceof LimitError) // → true
 * }
 * ```
 */
export interface InspectOptions {
  /** The longest header of a message in bytes, 1 to 2^32 − 1, or `Infinity`; default 1 MiB. */
  readonly maxHeaderLength?: number | undefined;
}

/**
 * The header of a message, for logs and support. Nothing is verified: whoever can write the data can write this. The
 * message's beginning is enough.
 *
 * @throws MalformedInputError `MALFORMED_MESSAGE`; LimitError `LIMIT_EXCEEDED`; UsageError `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import { EncryptionClient, inspect, rawAesKeyring } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const { ciphertext } = await new EncryptionClient().encrypt(new Uint8Array(1), {
 *   keyring,
 *   encryptionContext: { tenant: 'a' },
 * })
 *
 * // Needs no key.
 * const { algorithmSuite, encryptedDataKeys, storedEncryptionContext } = inspect(ciphertext)
 * console.log(algorithmSuite, storedEncryptionContext.tenant) // → 0578 a
 * console.log(encryptedDataKeys[0]?.keyProviderId, encryptedDataKeys[0]?.keyName) // → shop key-1
 * ```
 */
export function inspect(message: Uint8Array, options?: InspectOptions): StoredMessageHeader;
/**
 * The header of a sealed item, for logs and support. Nothing is verified: whoever can write the data can write this.
 *
 * @throws MalformedInputError `MALFORMED_HEADER`; UsageError `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import { ItemEncryptor, inspect, rawAesKeyring } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 * })
 * const { item } = await customers.encryptItem({
 *   customer_id: { S: 'c-1' },
 *   ssn: { S: '078-05-1120' },
 * })
 * console.log(inspect(item).encryptedDataKeys[0]?.keyName) // → key-1
 * ```
 */
export function inspect(item: AttributeMap): StoredHeader;
export function inspect(
  sealed: Uint8Array | AttributeMap,
  options: InspectOptions = {},
): StoredMessageHeader | StoredHeader {
  const { maxHeaderLength } = readOptions(options, { maxHeaderLength: COPY });
  if (!isBinary(sealed)) return inspectItem(sealed);
  const max = limitOption('maxHeaderLength', maxHeaderLength, MAX_HEADER_LENGTH, 0xffff_ffff);
  return inspectMessage(bytesOf('the message', sealed), max);
}

/**
 * The header of a sealed item, for logs and support. Nothing is verified: whoever can write the data can write this.
 *
 * @throws MalformedInputError `MALFORMED_HEADER`; UsageError `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import { ItemEncryptor, inspect, rawAesKeyring } from 'fieldseal/items'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 * })
 * const { item } = await customers.encryptItem({
 *   customer_id: { S: 'c-1' },
 *   ssn: { S: '078-05-1120' },
 * })
 * console.log(inspect(item).algorithmSuite) // → 6701
 * ```
 */
export function inspectItem(item: AttributeMap): StoredHeader {
  if (!isPlainObject(item)) {
    throw wrongItem(item);
  }
  const header = ownValue(item, 'aws_dbe_head');
  return inspectHeader(header && ownValue(header, 'B'));
}

/** The core's words of a header: pairs, where this layer has an object. */
type Raw<Header> = Omit<Header, 'storedEncryptionContext'> & {
  readonly storedEncryptionContext: readonly (readonly [string, string])[];
};

/** Objects instead of pairs. */
export function fromPairs<Header extends { readonly storedEncryptionContext: unknown }>(
  raw: Raw<Header>,
): Header {
  const storedEncryptionContext = Object.fromEntries(raw.storedEncryptionContext);
  return { ...raw, storedEncryptionContext } as unknown as Header;
}

/** @internal */
export function inspectMessage(message: Uint8Array, max: number): StoredMessageHeader {
  // No more of the message is copied into the core than its header may have.
  const start = message.subarray(0, max);
  return fromPairs(valueOf<Raw<StoredMessageHeader>>((glue) => glue.inspect_message(start, max)));
}

/** The value of a task that never waits. */
export function valueOf<T>(start: (glue: Glue) => number): T {
  return core().run([], start, () => undefined) as T;
}

/** @internal */
export function inspectHeader(header: Uint8Array | undefined): StoredHeader {
  if (!isBinary(header)) {
    const next = 'Give a sealed item; read DynamoDB JSON with fromDynamoJson.';
    throw usage('INVALID_ARGUMENT', 'the item has no binary attribute aws_dbe_head', next);
  }
  const bytes = bytesOf('aws_dbe_head', header);
  return fromPairs(valueOf<Raw<StoredHeader>>((glue) => glue.inspect_header(bytes)));
}
