/** The proof that somebody can open what is sealed. */

import { FieldsealError, usage, withoutAdvice } from '../errors.js';
import { keyringObject, type Keyring } from '../keyrings/keyring.js';
import { EncryptionClient } from '../messages/encryption-client.js';
import type { EncryptedDataKey } from '../inspect.js';
import { COPY, KEEP, readOptions } from '../util/options.js';
import type { CallOptions } from '../util/signal.js';

/**
 * Options of {@link checkKeyPair}.
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { checkKeyPair, recipient, type CheckKeyPairOptions } from 'fieldseal'
 *
 * const pair = generateKeyPairSync('ec', {
 *   namedCurve: 'P-256',
 *   publicKeyEncoding: { type: 'spki', format: 'pem' },
 *   privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
 * })
 * const options: CheckKeyPairOptions = { opens: recipient('ecdh:', { key: pair.privateKey }) }
 * const { encryptedDataKeys } = await checkKeyPair(
 *   recipient('ecdh:', { key: pair.publicKey }),
 *   options,
 * )
 * console.log(encryptedDataKeys.length) // → 1
 * ```
 */
export interface CheckKeyPairOptions extends CallOptions {
  /** The keyring that has to open it; by default the one that sealed it. */
  readonly opens?: Keyring | undefined;
  /** Sealed under it, where a policy of the key asks for one. By default none. */
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
}

/** What {@link checkKeyPair} found when all is well. */
export interface CheckKeyPairResult {
  /** The wrapped data keys that were made, one of which was opened. */
  readonly encryptedDataKeys: readonly EncryptedDataKey[];
}

/**
 * Proves that what a keyring seals can be opened, by the same keyring or another one: it seals something that is worth
 * nothing, opens it, and compares. Keys that do not fit, and permissions that nobody gave, show when a program starts
 * and not when the first record is read.
 *
 * Of a multi-keyring, one key that opens is enough: check each of its keyrings.
 *
 * @throws FieldsealError with the code of the reason, and in `message` what is missing: `KMS_ACCESS_DENIED` (a permission, by its name),
 * `KMS_WRONG_KEY_USAGE` or `KEYRING_CANNOT` (a key of another usage, or one half of the key), `WRAPPED_KEY_MISMATCH`,
 * `KMS_INVALID_CIPHERTEXT` or `KMS_INCORRECT_KEY` (halves of two keys), `KEYRING_NOT_MINE` (a key of another name). `cause` is the error
 * itself.
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { FieldsealError, checkKeyPair, rawRsaKeyring } from 'fieldseal'
 *
 * const pair = () =>
 *   generateKeyPairSync('rsa', {
 *     modulusLength: 2048,
 *     publicKeyEncoding: { type: 'spki', format: 'pem' },
 *     privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
 *   })
 * const [ours, theirs] = [pair(), pair()]
 * const mixedUp = rawRsaKeyring({
 *   keyNamespace: 'shop',
 *   keyName: 'inbox',
 *   paddingScheme: 'OAEP_SHA256_MGF1',
 *   publicKey: ours.publicKey,
 *   privateKey: theirs.privateKey,
 * })
 * const failure = await checkKeyPair(mixedUp).catch((error: unknown) => error)
 * if (failure instanceof FieldsealError) console.log(failure.code) // → WRAPPED_KEY_MISMATCH
 * ```
 */
export async function checkKeyPair(
  keyring: Keyring,
  options: CheckKeyPairOptions = {},
): Promise<CheckKeyPairResult> {
  const given = readOptions(options, { opens: COPY, encryptionContext: KEEP, signal: KEEP });
  const { opens = keyring, encryptionContext = {}, signal } = given;
  keyringObject('keyring', keyring);
  keyringObject('opens', opens);
  const client = new EncryptionClient();
  const probe = crypto.getRandomValues(new Uint8Array(32));
  // The suite without a signature, which every keyring serves.
  const sealing = { keyring, encryptionContext, algorithmSuite: '0478', signal } as const;
  const { ciphertext, header } = await client.encrypt(probe, sealing).catch((error: unknown) => {
    throw explained('seal', error, signal);
  });
  const { plaintext } = await client
    .decrypt(ciphertext, { keyring: opens, encryptionContext, signal })
    .catch((error: unknown) => {
      throw explained('open', error, signal);
    });
  if (plaintext.length !== probe.length || plaintext.some((byte, i) => byte !== probe[i])) {
    throw usage('KEYRING_CANNOT', 'the keyring opens something else than what it sealed');
  }
  return { encryptedDataKeys: header.encryptedDataKeys };
}

/** What is missing, by the code of the reason; without one here the reason's own words say it. */
const MISSING: Readonly<Record<string, readonly [what: string, next: string]>> = {
  WRAPPED_KEY_MISMATCH: [
    'the private key is not the other half of the public key, or the wrapping key is another',
    'Give both halves of one key: compare publicKeyFingerprint of each.',
  ],
  KMS_INVALID_CIPHERTEXT: [
    'the public key is not that of the KMS key',
    'Download it again with GetPublicKey, or leave publicKey out.',
  ],
  KMS_INCORRECT_KEY: ['another KMS key sealed it', 'Name the same KMS key on both sides.'],
  KEYRING_NOT_MINE: [
    'the keyring that opens has a key of another name',
    'Give both keyrings the same key, with the same namespace and name.',
  ],
};

function explained(
  step: 'seal' | 'open',
  error: unknown,
  signal: AbortSignal | undefined,
): unknown {
  if (!(error instanceof FieldsealError) || signal?.aborted) return error;
  const root =
    error.reasons?.find(({ code }) => code === error.rootCode) ?? error.reasons?.[0] ?? error;
  const { code, keyId, operation, serviceError, status, requestId, attempts } = root;
  let [what, next] = MISSING[code] ?? [withoutAdvice(root.message, root.next), root.next];
  if (code === 'KMS_ACCESS_DENIED') {
    what = `the permission kms:${operation} for the key '${keyId}' is missing`;
    next = `Allow kms:${operation} in the key's policy, or in that of whoever calls.`;
  }
  if (code === 'KMS_WRONG_KEY_USAGE') {
    what = `the key '${keyId}' has another key usage or spec than ${operation} needs`;
    next = 'Use a key that was created for this: ENCRYPT_DECRYPT, or KEY_AGREEMENT for ECDH.';
  }
  const does = step === 'seal' ? 'the keyring cannot seal' : 'what it sealed cannot be opened';
  const details = { keyId, operation, serviceError, status, requestId, attempts };
  const known = Object.entries(details).filter(([, value]) => value !== undefined);
  const Class = root.constructor as typeof FieldsealError;
  const init = { ...Object.fromEntries(known), code, message: `${does}: ${what}`, next };
  return new Class({ ...init, cause: error });
}
