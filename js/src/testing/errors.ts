/**
 * What can be wrong with the way the development KMS was started or loaded, as a stable string: the `code` of
 * {@link DevKmsError}.
 */
export type DevKmsErrorCode =
  | 'DEV_KMS_HOST_NOT_LOOPBACK'
  | 'DEV_KMS_INVALID_OPTION'
  | 'DEV_KMS_INVALID_KEY'
  | 'DEV_KMS_STATE_FILE';

/**
 * A mistake in the program that starts the development KMS. Faults of a KMS *request* never take
 * this form: they go over the wire under their AWS names.
 *
 * @example
 * ```ts
 * import { DevKmsError, startDevKms } from 'fieldseal/testing'
 *
 * const failure = await startDevKms({ host: '0.0.0.0' }).catch((error: unknown) => error)
 * console.log(failure instanceof DevKmsError && failure.code) // → DEV_KMS_HOST_NOT_LOOPBACK
 * ```
 */
export class DevKmsError extends Error {
  /** Always `DevKmsError`, minified or not. */
  override readonly name = 'DevKmsError';
  /** The stable code. */
  readonly code: DevKmsErrorCode;

  constructor(code: DevKmsErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A request was refused. `type` is the AWS error name that goes into `__type`.
 *
 * The message stays undefined where the real service sends none: telling a bad tag from a wrong
 * encryption context would help an attacker, so InvalidCiphertextException explains nothing.
 */
export class KmsFault extends Error {
  readonly type: string;
  readonly status: number;
  readonly wireMessage: string | undefined;

  constructor(type: string, message?: string, status = 400) {
    super(message ?? type);
    this.name = type;
    this.type = type;
    this.status = status;
    this.wireMessage = message;
  }
}

export const validation = (message: string): KmsFault =>
  new KmsFault('ValidationException', message);

export const unsupported = (message: string): KmsFault =>
  new KmsFault('UnsupportedOperationException', message);

export const invalidCiphertext = (): KmsFault => new KmsFault('InvalidCiphertextException');

export const incorrectKey = (): KmsFault =>
  new KmsFault(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  );

export const invalidState = (arn: string, what: string): KmsFault =>
  new KmsFault('KMSInvalidStateException', `${arn} is ${what}.`);
