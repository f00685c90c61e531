/**
 * Errors, split by whose fault they are. Every class extends {@link FieldsealError} and carries a
 * stable {@link FieldsealErrorCode}; none ever holds a secret or an attribute's value.
 *
 * @module
 */

import {
  INTERNAL_ADVICE,
  LIMIT_EXCEEDED_ADVICE,
  MALFORMED_ATTRIBUTE_ADVICE,
  MALFORMED_KEY_ADVICE,
  UNSUPPORTED_ADVICE,
  type AuthenticationCode,
  type DynamoDbCode,
  type KeyStoreCode,
  type KmsCode,
  type LimitCode,
  type MalformedCode,
  type NoKeyCode,
  type OtherCode,
  type UsageCode,
} from './generated/codes.js';
import { MAX_NAME } from './generated/limits.js';
import { isPlainObject, mustBe, ownCopy, ownValue } from './util/plain-object.js';
import { markClass } from './util/shared.js';

/**
 * Every code that an error of this package can carry; {@link FieldsealError} shows how to use it. Codes are stable
 * between releases.
 */
export type FieldsealErrorCode =
  | MalformedCode
  | AuthenticationCode
  | NoKeyCode
  | KmsCode
  | DynamoDbCode
  | KeyStoreCode
  | LimitCode
  | UsageCode
  | OtherCode;

/** What an error knows about where it happened. Fields that do not apply are absent. */
export interface ErrorDetails {
  /** The attribute's name; inside a map or a list, its path such as `address.zip[2]`. */
  readonly attribute?: string;
  /** The KMS key id that was sent, or the key id of the encrypted data key. */
  readonly keyId?: string;
  /** The DynamoDB table. */
  readonly table?: string;
  /** The branch key of a key store. */
  readonly branchKeyId?: string;
  /** Operation of the service, for example `Decrypt`. */
  readonly operation?: string;
  /** The service's own error name, for example `DisabledException`. */
  readonly serviceError?: string;
  /** HTTP status; absent when no response came. */
  readonly status?: number;
  /** The service's request id, which CloudTrail records. */
  readonly requestId?: string;
  /** How many times the request was sent. */
  readonly attempts?: number;
  /** Position of the item in the list given to a batch call, from 0. */
  readonly itemIndex?: number;
  /**
   * Of `NO_KEYRING_OPENED`, the code of the reason that says most: a service that may work later, then one that
   * refused, then a key that does not match.
   */
  readonly rootCode?: FieldsealErrorCode;
}

const TEXTS = [
  'attribute',
  'keyId',
  'table',
  'branchKeyId',
  'operation',
  'serviceError',
  'requestId',
  'rootCode',
] as const satisfies readonly (keyof ErrorInit)[];
const NUMBERS = [
  'status',
  'attempts',
  'itemIndex',
  'omittedReasons',
] as const satisfies readonly (keyof ErrorInit)[];
const DETAILS = [...TEXTS, ...NUMBERS, 'reasons'] as const;

/** Codes of failures that may pass by themselves. */
const RETRYABLE = /^(KMS|DYNAMODB)_(UNREACHABLE|TIMED_OUT|THROTTLED|FAILED)$/;

/** The longest sentence in an error, in characters. */
const MAX_MESSAGE = 2000;
/** Ranges of UTF-16 units that could forge a line of a log, or change how one is read. */
const HIDDEN = [
  [0, 0x1f],
  [0x7f, 0x9f],
  [0x61c, 0x61c],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
] as const;

/**
 * `text` as an error may show it: much of it comes from whoever wrote the data, or answers for a service. Without
 * regular expressions, which need more of the stack than may be left where an error is made.
 */
function show(text: string, max = MAX_NAME): string {
  let shown = '';
  let from = 0;
  const end = text.length > max ? max - 1 : text.length;
  for (let at = 0; at < end; at++) {
    const unit = text.charCodeAt(at);
    for (const [first, last] of HIDDEN) {
      if (unit < first || unit > last) continue;
      shown += `${text.slice(from, at)}\\u{${unit.toString(16)}}`;
      from = at + 1;
    }
  }
  return shown + text.slice(from, end) + (end < text.length ? '…' : '');
}

/** What {@link FieldsealError} is made from. */
export interface ErrorInit extends ErrorDetails {
  /** The stable code. */
  readonly code: FieldsealErrorCode;
  /** What went wrong, without the advice. */
  readonly message: string;
  /** What the caller can do about it, in one sentence. */
  readonly next: string;
  /** One error for each keyring that was tried. */
  readonly reasons?: readonly FieldsealError[];
  /** How many more reasons there were. */
  readonly omittedReasons?: number;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * The base of every error that this package throws. Its `message` says what went wrong and what to
 * do next; programs should look at `code`.
 *
 * @example
 * ```ts
 * import { FieldsealError, ItemEncryptor, rawAesKeyring } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 * })
 * try {
 *   await customers.encryptDocument({ customer_id: 'c-1', email: 'ada@example.org' })
 * } catch (error) {
 *   if (!(error instanceof FieldsealError)) throw error
 *   console.log(error.code, error.attribute, error.retryable) // → ATTRIBUTE_WITHOUT_ACTION email false
 *   console.log(error.message.endsWith(error.next)) // → true
 * }
 * ```
 *
 * @example
 * ```ts
 * import { FieldsealError, fromDynamoJson } from 'fieldseal'
 *
 * // Across threads: in the worker …
 * const inWorker = () => {
 *   try {
 *     return { item: fromDynamoJson('{') }
 *   } catch (error) {
 *     if (!(error instanceof FieldsealError)) throw error
 *     return { failed: error.toJSON() } // postMessage({ failed: … })
 *   }
 * }
 *
 * // … and where its answer arrives.
 * const { failed } = structuredClone(inWorker())
 * const error = FieldsealError.fromJSON(failed)
 * console.log(error.name, error.code) // → MalformedInputError MALFORMED_ATTRIBUTE
 * ```
 */
export class FieldsealError extends Error implements ErrorDetails {
  /** The stable code. */
  readonly code: FieldsealErrorCode;
  /** What the caller can do about it, in one sentence. Also the end of `message`. */
  readonly next: string;
  /** The attribute's name; inside a map or a list, its path such as `address.zip[2]`. */
  declare readonly attribute?: string;
  /** The KMS key id that was sent, or the key id of the encrypted data key. */
  declare readonly keyId?: string;
  /** The DynamoDB table. */
  declare readonly table?: string;
  /** The branch key of a key store. */
  declare readonly branchKeyId?: string;
  /** Operation of the service, for example `Decrypt`. */
  declare readonly operation?: string;
  /** The service's own error name, for example `DisabledException`. */
  declare readonly serviceError?: string;
  /** HTTP status; absent when no response came. */
  declare readonly status?: number;
  /** The service's request id, which CloudTrail records. */
  declare readonly requestId?: string;
  /** How many times the request was sent. */
  declare readonly attempts?: number;
  /** Position of the item in the list given to a batch call, from 0. */
  declare readonly itemIndex?: number;
  /**
   * Of `NO_KEYRING_OPENED`, the code of the reason that says most: a service that may work later, then one that
   * refused, then a key that does not match.
   */
  declare readonly rootCode?: FieldsealErrorCode;
  /** Why each keyring that was tried did not open the data, at most 20; only with `NO_KEYRING_OPENED`. */
  declare readonly reasons?: readonly FieldsealError[];
  /** How many more reasons there were than {@link reasons} has; absent when it has all. */
  declare readonly omittedReasons?: number;

  constructor(given: ErrorInit) {
    // Nothing that every object inherits is part of an error.
    const init = ownCopy(given);
    const { code, reasons } = init;
    const next = show(init.next, MAX_MESSAGE);
    const message = show(init.message, reasons ? MAX_MESSAGE * 20 : MAX_MESSAGE);
    super(sentences(message, next), 'cause' in init ? { cause: init.cause } : undefined);
    this.code = code;
    this.next = next;
    // Absent fields stay absent, so that a logged error shows only what is known.
    const fields: Record<string, unknown> = {};
    for (const name of DETAILS) {
      const value = init[name];
      if (value !== undefined) fields[name] = typeof value === 'string' ? show(value) : value;
    }
    Object.assign(this, fields);
  }

  /** Whether the same call may succeed later: a service was not reached, too slow, too busy, or failed. */
  get retryable(): boolean {
    return RETRYABLE.test(ownValue(this, 'rootCode') ?? this.code);
  }

  /** Whether a service was asked too often, and the call may succeed when it is asked less. */
  get throttled(): boolean {
    return (ownValue(this, 'rootCode') ?? this.code).endsWith('_THROTTLED');
  }

  /**
   * Plain data, for structured logs and for other threads: name, code, message, next, retryable and the details that
   * are known. Of an error itself, `postMessage` and `structuredClone` keep the message only: send this, and give it to
   * {@link FieldsealError.fromJSON} there.
   */
  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = {
      name: this.name,
      code: this.code,
      message: this.message,
      next: this.next,
      retryable: this.retryable,
    };
    for (const name of DETAILS) if (Object.hasOwn(this, name)) json[name] = this[name];
    const reasons = ownValue(this, 'reasons');
    if (reasons) json['reasons'] = reasons.map((reason) => reason.toJSON());
    return json;
  }

  /**
   * The error that {@link toJSON} made the data of, with its class, and the stack of this call.
   *
   * @throws UsageError `INVALID_ARGUMENT` for anything else
   */
  static fromJSON(json: unknown): FieldsealError {
    return restored(json);
  }
}

/**
 * The input does not have the form that its format demands; codes {@link MalformedCode}.
 *
 * @example
 * ```ts
 * import { MalformedInputError, inspect } from 'fieldseal'
 *
 * try {
 *   inspect(new TextEncoder().encode('not a message'))
 * } catch (error) {
 *   if (error instanceof MalformedInputError) console.log(error.code) // → MALFORMED_MESSAGE
 * }
 * ```
 */
export class MalformedInputError extends FieldsealError {}

/**
 * The input does not verify: do not use the data; codes {@link AuthenticationCode}.
 *
 * @example
 * ```ts
 * import { AuthenticationError, EncryptionClient, rawAesKeyring } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const client = new EncryptionClient()
 * const { ciphertext } = await client.encrypt(new Uint8Array(8), { keyring })
 *
 * ciphertext[ciphertext.length - 1]! ^= 1 // somebody changes a bit of the signature
 * const failure = await client.decrypt(ciphertext, { keyring }).catch((error: unknown) => error)
 * console.log(failure instanceof AuthenticationError && failure.code) // → SIGNATURE_MISMATCH
 * ```
 */
export class AuthenticationError extends FieldsealError {}

/**
 * No keyring has a key for the data; codes {@link NoKeyCode}. `reasons` says why each did not.
 *
 * @example
 * ```ts
 * import { EncryptionClient, NoKeyError, rawAesKeyring } from 'fieldseal'
 *
 * const aes = (keyName: string) =>
 *   rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName,
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   })
 * const client = new EncryptionClient()
 * const { ciphertext } = await client.encrypt(new Uint8Array(8), { keyring: aes('key-1') })
 *
 * const failure = await client
 *   .decrypt(ciphertext, { keyring: aes('key-2') })
 *   .catch((error: unknown) => error)
 * if (failure instanceof NoKeyError) {
 *   console.log(failure.code) // → NO_KEYRING_OPENED
 *   console.log(failure.reasons?.map(({ code, keyId }) => `${code} ${keyId}`)) // → [ 'KEYRING_NOT_MINE key-1' ]
 * }
 * ```
 */
export class NoKeyError extends FieldsealError {}

/**
 * The KMS endpoint refused, failed or could not be reached; codes {@link KmsCode}.
 *
 * @example
 * ```ts
 * import { KmsClient, KmsError } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const { keyId } = await dev.createKey()
 * await kms.disableKey({ keyId })
 *
 * const failure = await kms
 *   .encrypt({ keyId, plaintext: new Uint8Array(1) })
 *   .catch((error: unknown) => error)
 * if (failure instanceof KmsError) {
 *   console.log(failure.code, failure.serviceError, failure.status) // → KMS_KEY_DISABLED DisabledException 400
 *   console.log(failure.keyId === keyId, failure.retryable, failure.attempts) // → true false 1
 * }
 * await dev.close()
 * ```
 */
export class KmsError extends FieldsealError {}

/**
 * The DynamoDB endpoint refused, failed or could not be reached; codes {@link DynamoDbCode}.
 *
 * @example
 * ```ts
 * import { DynamoDbClient, DynamoDbError, KmsClient, keyStore } from 'fieldseal'
 *
 * const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
 * const store = keyStore({
 *   // Nobody listens there.
 *   dynamodb: new DynamoDbClient({
 *     endpoint: 'http://127.0.0.1:1',
 *     region: 'eu-central-1',
 *     credentials,
 *     maxAttempts: 1,
 *   }),
 *   kms: new KmsClient({ region: 'eu-central-1' }),
 *   kmsConfiguration: { type: 'discovery' },
 *   tableName: 'branch-keys',
 *   logicalKeyStoreName: 'branch-keys',
 * })
 * const failure = await store
 *   .getActiveBranchKey({ branchKeyId: 'shop' })
 *   .catch((error: unknown) => error)
 * if (failure instanceof DynamoDbError) {
 *   console.log(failure.code, failure.table, failure.retryable) // → DYNAMODB_UNREACHABLE branch-keys true
 * }
 * ```
 */
export class DynamoDbError extends FieldsealError {}

/**
 * The branch key store has no such key, or an unusable one; codes {@link KeyStoreCode}.
 *
 * @example
 * ```ts
 * import { DynamoDbClient, KeyStoreError, KmsClient, keyStore } from 'fieldseal'
 *
 * const store = keyStore({
 *   dynamodb: new DynamoDbClient({
 *     endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB, // AWS's own without it
 *     region: 'eu-central-1',
 *     credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
 *   }),
 *   kms: new KmsClient({ region: 'eu-central-1' }),
 *   kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
 *   tableName: 'example-empty-keys',
 *   logicalKeyStoreName: 'empty-keys',
 * })
 * await store.createKeyStore()
 * const failure = await store.versionKey({ branchKeyId: 'shop' }).catch((error: unknown) => error)
 * if (failure instanceof KeyStoreError) console.log(failure.code, failure.branchKeyId) // → BRANCH_KEY_NOT_FOUND shop
 * ```
 */
export class KeyStoreError extends FieldsealError {}

/**
 * A limit of the format, of the service or of an option; code `LIMIT_EXCEEDED`.
 *
 * @example
 * ```ts
 * import { EncryptionClient, LimitError, multiKeyring, rawAesKeyring } from 'fieldseal'
 *
 * const aes = (keyName: string) =>
 *   rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName,
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   })
 * const keyring = multiKeyring({ generator: aes('key-1'), children: [aes('key-2')] })
 * const client = new EncryptionClient({ maxEncryptedDataKeys: 1 })
 * const failure = await client
 *   .encrypt(new Uint8Array(1), { keyring })
 *   .catch((error: unknown) => error)
 * console.log(failure instanceof LimitError && failure.code) // → LIMIT_EXCEEDED
 * ```
 */
export class LimitError extends FieldsealError {}

/**
 * The call or the configuration is wrong; codes {@link UsageCode}.
 *
 * @example
 * ```ts
 * import { UsageError, rawAesKeyring } from 'fieldseal'
 *
 * try {
 *   rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey: new Uint8Array(10) })
 * } catch (error) {
 *   if (error instanceof UsageError) console.log(error.code) // → INVALID_CONFIG
 * }
 * ```
 */
export class UsageError extends FieldsealError {}

/**
 * This build or this host cannot serve the request; code `UNSUPPORTED`. Another host may, or another build of the
 * package.
 *
 * @example
 * ```ts
 * import { FieldsealError, UnsupportedError } from 'fieldseal'
 *
 * // For users of a page that is not served over https, where browsers have no WebCrypto.
 * const explain = (error: unknown) =>
 *   error instanceof UnsupportedError
 *     ? 'Please open this page over https.'
 *     : 'Please try again later.'
 *
 * const inWorker = {
 *   name: 'UnsupportedError',
 *   code: 'UNSUPPORTED',
 *   message: 'not supported: WebCrypto',
 *   next: 'Use https.',
 * }
 * console.log(explain(FieldsealError.fromJSON(inWorker))) // → Please open this page over https.
 * ```
 */
export class UnsupportedError extends FieldsealError {}

/**
 * The host's randomness or cryptography failed; code `HOST_FAILED`.
 *
 * @example
 * ```ts
 * import { FieldsealError, HostError } from 'fieldseal'
 *
 * // What says more of the machine than of the data.
 * const isOfTheMachine = (error: unknown) => error instanceof HostError
 *
 * const fromLog = {
 *   name: 'HostError',
 *   code: 'HOST_FAILED',
 *   message: 'the host has no randomness',
 *   next: 'Try again.',
 * }
 * console.log(isOfTheMachine(FieldsealError.fromJSON(fromLog))) // → true
 * ```
 */
export class HostError extends FieldsealError {}

/**
 * A broken invariant of this library; code `INTERNAL` or `MALFORMED_HOST_INPUT`. Please report it.
 *
 * @example
 * ```ts
 * import { FieldsealError, InternalError } from 'fieldseal'
 *
 * // What is worth waking somebody for.
 * const isAlarm = (error: unknown) => error instanceof InternalError
 *
 * const fromLog = {
 *   name: 'InternalError',
 *   code: 'INTERNAL',
 *   message: 'internal error: …',
 *   next: 'Please report it.',
 * }
 * console.log(isAlarm(FieldsealError.fromJSON(fromLog))) // → true
 * console.log(isAlarm(new TypeError('mine'))) // → false
 * ```
 */
export class InternalError extends FieldsealError {}

const BY_NAME: Record<string, new (init: ErrorInit) => FieldsealError> = {
  FieldsealError,
  MalformedInputError,
  AuthenticationError,
  NoKeyError,
  KmsError,
  DynamoDbError,
  KeyStoreError,
  LimitError,
  UsageError,
  UnsupportedError,
  HostError,
  InternalError,
};
// On the prototypes and not enumerable, like the built-in errors; minifiers rename classes.
for (const [value, Class] of Object.entries(BY_NAME)) {
  Object.defineProperty(Class.prototype, 'name', { value, configurable: true, writable: true });
  markClass(value, Class);
}

/** The error that this is the data of; no reason of an error has reasons. */
function restored(json: unknown, isReason = false): FieldsealError {
  const init: Record<string, unknown> = isPlainObject(json) ? ownCopy(json) : {};
  const { name, code, message, next, reasons } = init;
  const is = (type: string) => (key: string) => typeof init[key] === type;
  const isOrAbsent = (type: string) => (key: string) => init[key] === undefined || is(type)(key);
  if (
    !['name', 'code', 'message', 'next'].every(is('string')) ||
    !/^[A-Z][A-Z\d_]{1,63}$/.test(code as string) ||
    !TEXTS.every(isOrAbsent('string')) ||
    !NUMBERS.every(isOrAbsent('number')) ||
    (reasons !== undefined && (isReason || !Array.isArray(reasons)))
  ) {
    throw usage(
      'INVALID_ARGUMENT',
      'this is not the data of an error',
      'Give what toJSON returns.',
    );
  }
  const Class = Object.hasOwn(BY_NAME, name as string) ? BY_NAME[name as string]! : FieldsealError;
  // It is not in the data: whatever stands there would be shown with the error.
  delete init['cause'];
  return new Class({
    ...(init as unknown as ErrorInit),
    // The constructor adds the advice.
    message: withoutAdvice(message as string, next as string),
    ...(reasons ? { reasons: (reasons as unknown[]).map((reason) => restored(reason, true)) } : {}),
  });
}

/** Whose fault an error of the core is. */
export type CoreFault =
  | 'malformed'
  | 'unauthentic'
  | 'noKey'
  | 'notMine'
  | 'kms'
  | 'dynamoDb'
  | 'keyStore'
  | 'limit'
  | 'misuse'
  | 'unsupported'
  | 'host'
  | 'bug';

/** An error as the core reports it, before it becomes a class of this layer. */
export interface CoreError extends ErrorDetails {
  readonly fault: CoreFault;
  readonly code: FieldsealErrorCode;
  readonly message: string;
  readonly next: string;
  readonly reasons?: readonly CoreError[];
  readonly omittedReasons?: number;
}

const CLASSES: Record<CoreFault, new (init: ErrorInit) => FieldsealError> = {
  malformed: MalformedInputError,
  unauthentic: AuthenticationError,
  noKey: NoKeyError,
  notMine: NoKeyError,
  kms: KmsError,
  dynamoDb: DynamoDbError,
  keyStore: KeyStoreError,
  limit: LimitError,
  misuse: UsageError,
  unsupported: UnsupportedError,
  host: HostError,
  bug: InternalError,
};

/** The error of this layer that stands for an error of the core, its reasons included. */
export function errorFromCore(value: CoreError): FieldsealError {
  const { reasons, fault, ...init } = ownCopy(value);
  // A buffer that this layer wrote is never the caller's fault, whatever the core can tell.
  const Class =
    value.code === 'MALFORMED_HOST_INPUT' || !Object.hasOwn(CLASSES, fault)
      ? InternalError
      : CLASSES[fault];
  return new Class(reasons === undefined ? init : { ...init, reasons: reasons.map(errorFromCore) });
}

/**
 * An error about the caller's call, made by this layer. Returned, not thrown, so that the compiler
 * sees the `throw` where it is called.
 */
export function usage(
  code: UsageCode,
  message: string,
  next = `Correct the named ${code === 'INVALID_CONFIG' ? 'option' : 'argument'}.`,
  attribute?: string,
): UsageError {
  return new UsageError(located({ code, message, next }, attribute));
}

/**
 * An error of an item in a batch, which says where the item is. What the caller's getters and conversions throw may be
 * frozen, and stays as it is then.
 */
export function atItem(error: unknown, itemIndex: number): unknown {
  if (error instanceof FieldsealError) Reflect.set(error, 'itemIndex', itemIndex);
  return error;
}

/** An error about an argument of the wrong kind, which is named and not shown. */
export function wrong(
  name: string,
  wanted: string,
  value: unknown,
  next = `Give ${wanted}.`,
): UsageError {
  return usage('INVALID_ARGUMENT', mustBe(name, wanted, value), next);
}

/** An error about something else in the place of an item. */
export function wrongItem(value: unknown): UsageError {
  const next = typeof value === 'string' ? 'Read DynamoDB JSON with fromDynamoJson.' : undefined;
  return wrong('an item', 'a plain object', value, next);
}

/** An error about an attribute value's form, in the core's words. */
export function malformedAttribute(
  problem: string,
  attribute?: string,
  code: 'MALFORMED_ATTRIBUTE' | 'MALFORMED_NUMBER' = 'MALFORMED_ATTRIBUTE',
  next: string = MALFORMED_ATTRIBUTE_ADVICE,
): MalformedInputError {
  const part = code === 'MALFORMED_NUMBER' ? 'number' : 'attribute value';
  const message = `malformed ${part}: ${problem}`;
  return new MalformedInputError(located({ code, message, next }, attribute));
}

/** An error about a limit, in the core's words. */
export function limit(message: string, attribute?: string): LimitError {
  const next = LIMIT_EXCEEDED_ADVICE;
  return new LimitError(located({ code: 'LIMIT_EXCEEDED', message, next }, attribute));
}

/** A private key that cannot be read, in the core's words. */
export function malformedKey(problem: string): MalformedInputError {
  const next = MALFORMED_KEY_ADVICE;
  return new MalformedInputError({
    code: 'MALFORMED_KEY',
    message: `malformed key: ${problem}`,
    next,
  });
}

/** Something that this host does not have. */
export function unsupported(
  what: string,
  next: string = UNSUPPORTED_ADVICE,
  causes: { readonly cause?: unknown } = {},
): UnsupportedError {
  const message = `not supported: ${what}`;
  return new UnsupportedError({ code: 'UNSUPPORTED', message, next, ...causes });
}

/** A broken invariant between this layer and the core. */
export function internal(what: string): InternalError {
  const next = INTERNAL_ADVICE;
  return new InternalError({ code: 'INTERNAL', message: `internal error: ${what}`, next });
}

/** Names the attribute at the end of the message, as the core does. */
function located(init: ErrorInit, attribute: string | undefined): ErrorInit {
  if (attribute === undefined) return init;
  return { ...init, message: `${init.message} (attribute '${attribute}')`, attribute };
}

/** What {@link sentences} was given. */
export function withoutAdvice(message: string, next: string): string {
  const end = ` ${next}`;
  if (!message.endsWith(end)) return message;
  const first = message.slice(0, -end.length);
  return /[^.!?]\.$/.test(first) ? first.slice(0, -1) : first;
}

function sentences(message: string, next: string): string {
  return /[.!?]$/.test(message) ? `${message} ${next}` : `${message}. ${next}`;
}
