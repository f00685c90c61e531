import { constants, privateDecrypt, publicEncrypt } from 'node:crypto';
import { open, parseBlob, seal } from '../ciphertext.js';
import { incorrectKey, invalidCiphertext, KmsFault, validation } from '../errors.js';
import { encryptionAlgorithms, type Key } from '../keys.js';
import { privateKeyOf, publicKeyOf, type KeyVersion } from '../material.js';
import { ENCRYPTION_ALGORITHMS, SPECS } from '../specs.js';
import { readCommon, refuseRecipient, requireAlgorithm, requireUsable, type Call } from './call.js';

const SYMMETRIC = 'SYMMETRIC_DEFAULT';
const MAX_PLAINTEXT = 4096;
const MAX_CIPHERTEXT = 6144;

type Context = ReadonlyMap<string, string>;

export function encrypt(call: Call): object {
  const { input } = call;
  const keyId = input.keyId();
  const plaintext = input.blob('Plaintext', { min: 1, max: MAX_PLAINTEXT });
  const context = input.context();
  const algorithm = readAlgorithm(call, 'EncryptionAlgorithm');
  readCommon(call);
  input.check();

  const key = call.find(keyId);
  return {
    CiphertextBlob: encryptWith(key, algorithm, plaintext, context, 'Encrypt').toString('base64'),
    KeyId: key.arn,
    EncryptionAlgorithm: algorithm,
  };
}

export function decrypt(call: Call): object {
  const { input } = call;
  const ciphertext = input.optionalBlob('CiphertextBlob', { min: 1, max: MAX_CIPHERTEXT });
  const keyId = input.optionalKeyId();
  const context = input.context();
  const algorithm = readAlgorithm(call, 'EncryptionAlgorithm');
  const ignoreCiphertext = readIgnoreCiphertext(call);
  readCommon(call);
  input.check();
  refuseRecipient(call);

  if (ignoreCiphertext) {
    const key = call.find(requireKeyId(keyId, 'KeyId'));
    requireUsable(key, 'ENCRYPT_DECRYPT', 'Decrypt');
    return { KeyId: key.arn, EncryptionAlgorithm: algorithm };
  }
  const source = { ciphertext: requireCiphertext(ciphertext), keyId, algorithm, context };
  const { key, plaintext, version } = decryptWith(call, source, 'KeyId', 'Decrypt');
  return {
    KeyId: key.arn,
    Plaintext: plaintext.toString('base64'),
    EncryptionAlgorithm: algorithm,
    KeyMaterialId: algorithm === SYMMETRIC ? version.id : undefined,
  };
}

export function reEncrypt(call: Call): object {
  const { input } = call;
  const ciphertext = input.optionalBlob('CiphertextBlob', { min: 1, max: MAX_CIPHERTEXT });
  const sourceKeyId = input.optionalKeyId('SourceKeyId');
  const destinationKeyId = input.keyId('DestinationKeyId');
  const sourceContext = input.context('SourceEncryptionContext');
  const destinationContext = input.context('DestinationEncryptionContext');
  const sourceAlgorithm = readAlgorithm(call, 'SourceEncryptionAlgorithm');
  const destinationAlgorithm = readAlgorithm(call, 'DestinationEncryptionAlgorithm');
  const ignoreCiphertext = readIgnoreCiphertext(call);
  readCommon(call);
  input.check();

  if (ignoreCiphertext) {
    const source = call.find(requireKeyId(sourceKeyId, 'SourceKeyId'));
    requireUsable(source, 'ENCRYPT_DECRYPT', 'ReEncryptFrom');
    requireUsable(call.find(destinationKeyId), 'ENCRYPT_DECRYPT', 'ReEncryptTo');
    return {};
  }
  const source = {
    ciphertext: requireCiphertext(ciphertext),
    keyId: sourceKeyId,
    algorithm: sourceAlgorithm,
    context: sourceContext,
  };
  const opened = decryptWith(call, source, 'SourceKeyId', 'ReEncryptFrom');
  const key = call.find(destinationKeyId);
  const sealed = encryptWith(
    key,
    destinationAlgorithm,
    opened.plaintext,
    destinationContext,
    'ReEncryptTo',
  );
  return {
    CiphertextBlob: sealed.toString('base64'),
    SourceKeyId: opened.key.arn,
    KeyId: key.arn,
    SourceEncryptionAlgorithm: sourceAlgorithm,
    DestinationEncryptionAlgorithm: destinationAlgorithm,
    SourceKeyMaterialId: sourceAlgorithm === SYMMETRIC ? opened.version.id : undefined,
    DestinationKeyMaterialId:
      destinationAlgorithm === SYMMETRIC ? currentVersion(key).id : undefined,
  };
}

/** The material that encrypts now. Any key that passed `requireUsable` has some. */
export const currentVersion = ({ family }: Key): KeyVersion => family.versions.at(-1) as KeyVersion;

/** Encrypts under a key of any kind that can. */
export function encryptWith(
  key: Key,
  algorithm: string,
  plaintext: Buffer,
  context: Context,
  as: string,
): Buffer {
  requireUsable(key, 'ENCRYPT_DECRYPT', as);
  requireAlgorithm(key, algorithm, encryptionAlgorithms(key.family) ?? []);
  const version = currentVersion(key);
  if (algorithm === SYMMETRIC) return seal(key.family.keyId, version, plaintext, context);

  refuseContext(context);
  const max = maxOaepPlaintext(key, algorithm);
  if (plaintext.length > max) {
    throw validation(
      `Algorithm ${algorithm} and key spec ${key.family.spec} cannot encrypt data larger than ${max} bytes.`,
    );
  }
  return publicEncrypt({ key: publicKeyOf(version), ...oaep(algorithm) }, plaintext);
}

interface Source {
  readonly ciphertext: Buffer;
  readonly keyId: string | undefined;
  readonly algorithm: string;
  readonly context: Context;
}

function decryptWith(
  call: Call,
  source: Source,
  member: string,
  as: string,
): { key: Key; plaintext: Buffer; version: KeyVersion } {
  return source.algorithm === SYMMETRIC
    ? decryptSymmetric(call, source, as)
    : decryptAsymmetric(call, source, member, as);
}

function decryptSymmetric(call: Call, { ciphertext, keyId, context }: Source, as: string) {
  // A key that was named has to exist before its ciphertext is looked at.
  const named = keyId === undefined ? undefined : call.find(keyId);
  const blob = parseBlob(ciphertext);
  if (named !== undefined && named.family.keyId !== blob.keyId) throw incorrectKey();
  const found = named ?? call.store.findByKeyId(blob.keyId, call.region);
  if (found === undefined) {
    throw new KmsFault(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    );
  }
  const key = found === named ? found : call.note(found);
  requireUsable(key, 'ENCRYPT_DECRYPT', as);
  const version = key.family.versions.find(({ id }) => id === blob.materialId);
  if (version === undefined) throw invalidCiphertext();
  return { key, plaintext: open(blob, version, context), version };
}

function decryptAsymmetric(call: Call, source: Source, member: string, as: string) {
  const { ciphertext, keyId, algorithm, context } = source;
  // Nothing in an RSA ciphertext says which key made it.
  const key = call.find(requireKeyId(keyId, member));
  requireUsable(key, 'ENCRYPT_DECRYPT', as);
  requireAlgorithm(key, algorithm, encryptionAlgorithms(key.family) ?? []);
  refuseContext(context);
  const version = currentVersion(key);
  if (ciphertext.length !== modulusBytes(key)) throw invalidCiphertext();
  try {
    const plaintext = privateDecrypt(
      { key: privateKeyOf(version), ...oaep(algorithm) },
      ciphertext,
    );
    return { key, plaintext, version };
  } catch {
    throw invalidCiphertext();
  }
}

/** The hash is used for the label and for MGF1 alike, in KMS as in OpenSSL. */
const oaep = (algorithm: string) => ({
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: algorithm === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256',
});

const modulusBytes = (key: Key): number => (SPECS[key.family.spec].modulusBits as number) / 8;

/** RFC 8017, section 7.1.1: k - 2 hLen - 2. */
const maxOaepPlaintext = (key: Key, algorithm: string): number =>
  modulusBytes(key) - 2 * (algorithm === 'RSAES_OAEP_SHA_1' ? 20 : 32) - 2;

function refuseContext(context: Context): void {
  if (context.size > 0) {
    throw validation('Encryption context is not supported with asymmetric encryption algorithms.');
  }
}

const readAlgorithm = ({ input }: Call, member: string): string =>
  input.optionalText(member, { values: ENCRYPTION_ALGORITHMS }) ?? SYMMETRIC;

function readIgnoreCiphertext({ input }: Call): boolean {
  const modifiers = input.texts('DryRunModifiers', { values: ['IGNORE_CIPHERTEXT'] });
  return input.flag('DryRun') && modifiers.includes('IGNORE_CIPHERTEXT');
}

function requireKeyId(keyId: string | undefined, member: string): string {
  if (keyId === undefined) {
    throw validation(`${member} is required to decrypt without a symmetric ciphertext.`);
  }
  return keyId;
}

function requireCiphertext(ciphertext: Buffer | undefined): Buffer {
  if (ciphertext === undefined) {
    throw validation(
      "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    );
  }
  return ciphertext;
}
