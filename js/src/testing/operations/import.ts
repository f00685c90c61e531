import {
  constants,
  createDecipheriv,
  generateKeyPair,
  privateDecrypt,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import {
  DevKmsError,
  invalidCiphertext,
  invalidState,
  KmsFault,
  unsupported,
  validation,
} from '../errors.js';
import { DAY_MS, seconds, type Key } from '../keys.js';
import { importSecret, versionOf } from '../material.js';
import type { Store } from '../store.js';
import { requireNotPendingDeletion, requireState, type Call } from './call.js';

const ALGORITHMS = [
  'RSAES_PKCS1_V1_5',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
  'SM2PKE',
];
/** The fixed initial value of AES key wrap with padding: RFC 5649, section 3. */
const KEY_WRAP_PAD_IV = Buffer.from('a65959a6', 'hex');

interface ImportToken {
  readonly arn: string;
  readonly algorithm: string;
  readonly wrappingKey: KeyObject;
  readonly validTo: number;
}

// Wrapping keys live a day at most in AWS and one run at most here: none goes to the state file.
const tokens = new WeakMap<Store, Map<string, ImportToken>>();

const tokensOf = (store: Store): Map<string, ImportToken> => {
  const known = tokens.get(store) ?? new Map<string, ImportToken>();
  tokens.set(store, known);
  return known;
};

export async function getParametersForImport(call: Call): Promise<object> {
  const { input, store, now } = call;
  const keyId = input.keyId();
  const algorithm = input.text('WrappingAlgorithm', { values: ALGORITHMS });
  const spec = input.text('WrappingKeySpec', {
    values: ['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2'],
  });
  input.check();
  const key = requireExternal(call, keyId);
  requireNotPendingDeletion(key);
  if (algorithm === 'RSAES_PKCS1_V1_5' || algorithm === 'SM2PKE' || spec === 'SM2') {
    throw unsupported(`The development KMS does not wrap with ${algorithm} and ${spec}.`);
  }
  const modulusLength = Number(spec.slice('RSA_'.length));
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength });
  const token = randomBytes(96).toString('base64');
  const validTo = now + DAY_MS;
  tokensOf(store).set(token, { arn: key.arn, algorithm, wrappingKey: pair.privateKey, validTo });
  return {
    KeyId: key.arn,
    ImportToken: token,
    PublicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    ParametersValidTo: seconds(validTo),
  };
}

export function importKeyMaterial(call: Call): object {
  const { input, store, now } = call;
  const keyId = input.keyId();
  const token = input.blob('ImportToken', { min: 1, max: 6144 });
  const wrapped = input.blob('EncryptedKeyMaterial', { min: 1, max: 6144 });
  const model =
    input.optionalText('ExpirationModel', {
      values: ['KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE'],
    }) ?? 'KEY_MATERIAL_EXPIRES';
  const validTo = input.optionalTimestamp('ValidTo');
  const importType = input.optionalText('ImportType', {
    values: ['NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL'],
  });
  input.check();

  const key = requireExternal(call, keyId);
  requireState(key, ['PendingImport', 'Enabled', 'Disabled']);
  const expires = model === 'KEY_MATERIAL_EXPIRES';
  if (expires && validTo === undefined) {
    throw validation('A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES');
  }
  if (!expires && validTo !== undefined) {
    throw validation('A validTo date must not be set if the key material does not expire');
  }
  const { family } = key;
  if (importType === 'NEW_KEY_MATERIAL' && family.versions.length > 0) {
    throw unsupported('The development KMS does not rotate imported key material.');
  }
  const known = tokensOf(store).get(token.toString('base64'));
  if (known === undefined || known.arn !== key.arn)
    throw new KmsFault('InvalidImportTokenException');
  if (known.validTo <= now) throw new KmsFault('ExpiredImportTokenException');

  const version = versionOf(requireMaterial(key, unwrap(known, wrapped)), now);
  const current = family.versions.at(-1);
  // A key keeps its material for life; importing again is for material that expired or was deleted.
  if (current !== undefined && current.id !== version.id) {
    throw new KmsFault('IncorrectKeyMaterialException');
  }
  if (current === undefined) family.versions.push(version);
  key.expiresAt = expires ? validTo : undefined;
  key.hasMaterial = true;
  if (key.state === 'PendingImport') key.state = 'Enabled';
  store.touch();
  return { KeyId: key.arn, KeyMaterialId: symmetricOnly(key, version.id) };
}

export function deleteImportedKeyMaterial(call: Call): object {
  const keyId = call.input.keyId();
  call.input.check();
  const key = requireExternal(call, keyId);
  requireNotPendingDeletion(key);
  if (key.state === 'PendingImport') throw invalidState(key.arn, 'pending import');
  // The family keeps the material: only the same may be imported again, and replicas still use it.
  key.state = 'PendingImport';
  key.hasMaterial = false;
  key.expiresAt = undefined;
  call.store.touch();
  return { KeyId: key.arn, KeyMaterialId: symmetricOnly(key, key.family.versions.at(-1)?.id) };
}

const symmetricOnly = (key: Key, id: string | undefined): string | undefined =>
  key.family.spec === 'SYMMETRIC_DEFAULT' ? id : undefined;

function requireExternal(call: Call, keyId: string): Key {
  const key = call.findManaged(keyId);
  if (key.family.origin !== 'EXTERNAL') {
    throw unsupported(`${key.arn} origin is AWS_KMS which is not valid for this operation.`);
  }
  return key;
}

function unwrap({ algorithm, wrappingKey }: ImportToken, wrapped: Buffer): Buffer {
  const decryption = {
    key: wrappingKey,
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: algorithm.endsWith('_SHA_1') ? 'sha1' : 'sha256',
  };
  try {
    if (!algorithm.startsWith('RSA_AES_KEY_WRAP_')) return privateDecrypt(decryption, wrapped);
    const at = (wrappingKey.asymmetricKeyDetails?.modulusLength as number) / 8;
    const aesKey = privateDecrypt(decryption, wrapped.subarray(0, at));
    const decipher = createDecipheriv('id-aes256-wrap-pad', aesKey, KEY_WRAP_PAD_IV);
    return Buffer.concat([decipher.update(wrapped.subarray(at)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

function requireMaterial(key: Key, material: Buffer): Buffer {
  try {
    return importSecret(key.family.spec, material);
  } catch (error) {
    if (error instanceof DevKmsError) throw new KmsFault('IncorrectKeyMaterialException');
    throw error;
  }
}
