/** Tokens: one string for each field, for backends that have string columns. */

import { usage } from '../errors.js';
import { fromBase64, toBase64 } from '../util/base64.js';
import { KEEP, COPY, readOptions } from '../util/options.js';
import { mustBeStrings } from '../util/strings.js';
import type { CallOptions } from '../util/signal.js';
import { utf8Decoder, utf8Encoder } from '../util/utf8.js';
import { messages } from './complete.js';
import { malformed } from './errors.js';
import type { FormKeys } from './types.js';

/** What every token begins with. */
export const PREFIX = 'fieldseal:';
/** The key of the encryption context that has the field's name. */
export const NAME_KEY = 'fieldseal-name';
/** The key that ties a file to its description. */
export const FILE_KEY = 'fieldseal-file';

/**
 * Options of {@link sealField} and {@link openField}.
 *
 * @example
 * ```ts
 * import { rawAesKeyring } from 'fieldseal/items'
 * import { openField, sealField, type FieldOptions } from 'fieldseal/forms'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const options: FieldOptions = {
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 *   encryptionContext: { customer_id: 'c-1' }, // in another customer's row it does not open
 * }
 * const token = await sealField('ssn', '078-05-1120', options)
 * console.log(await openField('ssn', token, options)) // → 078-05-1120
 * ```
 */
export interface FieldOptions extends FormKeys, CallOptions {
  /**
   * Pairs that are bound to the token, and stored in it readably: what tells the row, say. Opening must give the same. The
   * key `fieldseal-name` is the field's own.
   */
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
}

const NAMES = { keyring: COPY, cmm: COPY, encryptionContext: COPY, signal: KEEP } as const;

/**
 * Seals a string as a token: `fieldseal:` and a message of the AWS Encryption SDK in base64url. The field's name is bound to it,
 * under the key `fieldseal-name` of the encryption context. It takes the complete core, which is loaded then.
 *
 * @param name - the field's name, readable in the token; at least one character
 * @param value - any string
 * @throws UsageError `INVALID_ARGUMENT`, `INVALID_CONFIG`, `RESERVED_NAME`; UnsupportedError `UNSUPPORTED` where the complete core
 * is not there; what {@link EncryptionClient.encrypt} throws
 *
 * @example
 * ```ts
 * import { rawAesKeyring } from 'fieldseal/items'
 * import { openField, sealField } from 'fieldseal/forms'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const token = await sealField('ssn', '078-05-1120', { keyring })
 * console.log(token.slice(0, 10)) // → fieldseal:
 * console.log(await openField('ssn', token, { keyring })) // → 078-05-1120
 * ```
 */
export async function sealField(
  name: string,
  value: string,
  options: FieldOptions,
): Promise<string> {
  const how = readField(name, options);
  mustBeStrings({ 'the value': value });
  const { ciphertext } = await (await messages()).encrypt(utf8Encoder().encode(value), how);
  return PREFIX + toBase64Url(ciphertext);
}

/**
 * Opens what {@link sealField} made.
 *
 * @param name - the field's name: a token of another field is refused
 * @throws MalformedInputError `MALFORMED_MESSAGE` for what is not a token; AuthenticationError `ENCRYPTION_CONTEXT_MISMATCH` for one
 * of another field or another context; what {@link sealField} and {@link EncryptionClient.decrypt} throw
 *
 * @example
 * ```ts
 * import { AuthenticationError, rawAesKeyring } from 'fieldseal/items'
 * import { openField, sealField } from 'fieldseal/forms'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const token = await sealField('ssn', '078-05-1120', { keyring })
 * const failure = await openField('card', token, { keyring }).catch((error: unknown) => error)
 * console.log(failure instanceof AuthenticationError && failure.code) // → ENCRYPTION_CONTEXT_MISMATCH
 * ```
 */
export async function openField(
  name: string,
  token: string,
  options: FieldOptions,
): Promise<string> {
  return (await openToken(name, token, options)).value;
}

/** The same, with the encryption context. */
export async function openToken(
  name: string,
  token: string,
  options: FieldOptions,
): Promise<{ value: string; context: Readonly<Record<string, string>> }> {
  const how = readField(name, options);
  const message = messageOf(token, name);
  const { plaintext, header } = await (await messages()).decrypt(message, how);
  return { value: textOf(plaintext, name), context: header.encryptionContext };
}

function textOf(bytes: Uint8Array, name: string): string {
  try {
    return utf8Decoder().decode(bytes);
  } catch {
    throw malformed('what it seals is not UTF-8', 'Seal strings.', name, 'MALFORMED_MESSAGE');
  }
}

function readField(name: string, options: FieldOptions): FieldOptions {
  mustBeStrings({ 'the name': name });
  if (name === '') throw usage('INVALID_ARGUMENT', 'the name is empty');
  const { keyring, cmm, encryptionContext, signal } = readOptions(options, NAMES);
  const context = { ...encryptionContext };
  if (Object.hasOwn(context, NAME_KEY)) {
    const problem = `encryptionContext has ${NAME_KEY}, which is the field's name`;
    throw usage('RESERVED_NAME', problem, 'Leave it out: it is added.');
  }
  return { keyring, cmm, encryptionContext: { ...context, [NAME_KEY]: name }, signal };
}

/** The message in a token; its field is named in the error, and its value is not. */
export function messageOf(token: unknown, name: string): Uint8Array<ArrayBuffer> {
  mustBeStrings({ 'the token': token });
  const bytes = isToken(token) ? fromBase64Url(token.slice(PREFIX.length)) : undefined;
  if (bytes) return bytes;
  const next = 'Give what sealField made.';
  throw malformed(`not '${PREFIX}' and base64url`, next, name, 'MALFORMED_MESSAGE');
}

export const isToken = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith(PREFIX);

const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]+$/.test(text)) return undefined;
  const padded = text.padEnd(Math.ceil(text.length / 4) * 4, '=');
  return fromBase64(padded.replaceAll('-', '+').replaceAll('_', '/'));
}
