/**
 * Keyrings, which wrap the data keys, and CMMs: what all of them are, raw AES and RSA, multi-keyrings. Those
 * of KMS keys and by key agreement have files of their own.
 */

import { bytesOf } from '../util/bytes.js';
import { CoreObject } from '../core/core.js';
import { usage, wrong } from '../errors.js';
import type { kind } from '../util/kind.js';
import type { KmsClient } from '../kms/data-client.js';
import { COPY, mustBeOneOf, readOptions } from '../util/options.js';
import { rsaHost, type RsaPrivateKey } from '../host/rsa.js';

/** Wraps and unwraps data keys. Made by the functions of this package. */
export interface Keyring {
  readonly [kind]: 'keyring';
}

/** A cryptographic materials manager. Made by the functions of this package. */
export interface Cmm {
  readonly [kind]: 'cmm';
}

class Materials {
  constructor(
    readonly object: CoreObject,
    readonly type: 'keyring' | 'cmm',
  ) {}
}

/** The core's object behind a keyring or CMM; refuses anything else that was given in its place. */
export function materialsObject(name: string, value: Keyring | Cmm | undefined): CoreObject {
  if (value instanceof Materials) return value.object;
  throw wrong(name, 'a keyring or CMM that a function of fieldseal made', value);
}

function keyringObject(name: string, value: Keyring | undefined): CoreObject {
  const object = materialsObject(name, value);
  if ((value as unknown as Materials).type === 'keyring') return object;
  throw usage('INVALID_ARGUMENT', `${name} must be a keyring, not a CMM`, 'Give it as cmm.');
}

/** A keyring that the core makes so. */
export function makeKeyring(make: ConstructorParameters<typeof CoreObject>[0]): Keyring {
  return new Materials(new CoreObject(make), 'keyring') as unknown as Keyring;
}

/** A CMM that the core makes. */
export function cmm(make: ConstructorParameters<typeof CoreObject>[0]): Cmm {
  return new Materials(new CoreObject(make), 'cmm') as unknown as Cmm;
}

export interface RawAesKeyringOptions {
  /** Names the owner of the key; must not begin with `aws-kms`. */
  readonly keyNamespace: string;
  /** Names the key within its namespace. */
  readonly keyName: string;
  /** 16, 24 or 32 bytes. */
  readonly wrappingKey: Uint8Array;
}

/** AES-GCM under a key that you hold. */
export function rawAesKeyring(options: RawAesKeyringOptions): Keyring {
  const { keyNamespace, keyName, wrappingKey } = readOptions(options, {
    keyNamespace: COPY,
    keyName: COPY,
    wrappingKey: COPY,
  });
  texts({ keyNamespace, keyName });
  const config = {
    type: 'rawAes',
    keyNamespace,
    keyName,
    wrappingKey: bytes('wrappingKey', wrappingKey),
  };
  return makeKeyring((owner) => owner.make((glue) => glue.make_keyring(config, undefined)));
}

const PADDING_SCHEMES = [
  'OAEP_SHA1_MGF1',
  'OAEP_SHA256_MGF1',
  'OAEP_SHA384_MGF1',
  'OAEP_SHA512_MGF1',
  'PKCS1',
] as const;

export type RsaPaddingScheme = (typeof PADDING_SCHEMES)[number];

export interface RawRsaKeyringOptions {
  /** Names the owner of the key; must not begin with `aws-kms`. */
  readonly keyNamespace: string;
  /** Names the key within its namespace. */
  readonly keyName: string;
  readonly paddingScheme: RsaPaddingScheme;
  /** PEM or DER SubjectPublicKeyInfo, 2,048 to 4,096 bits; needed to encrypt. */
  readonly publicKey?: string | Uint8Array | undefined;
  /** PEM or DER PKCS#8, or a CryptoKey for `decrypt`; needed to decrypt. */
  readonly privateKey?: RsaPrivateKey | undefined;
  /**
   * Lets `PKCS1` decrypt, in Node, Bun and Deno; use it for old data only. Bad paddings yield a random data key, in
   * constant time here, so that errors tell nobody about them (implicit rejection); what the host's bare RSA
   * operation shows by its timing is the host's. Of two wrapped data keys of one `keyName` only the first is tried:
   * that it was for another key pair cannot be known.
   */
  readonly hazmatAllowPkcs1Decryption?: boolean | undefined;
}

/** RSA under a key pair that you hold. The private key stays with the host's cryptography. */
export function rawRsaKeyring(options: RawRsaKeyringOptions): Keyring {
  const given = readOptions(options, {
    keyNamespace: COPY,
    keyName: COPY,
    paddingScheme: COPY,
    publicKey: COPY,
    privateKey: COPY,
    hazmatAllowPkcs1Decryption: COPY,
  });
  const { keyNamespace, keyName, paddingScheme, publicKey, privateKey } = given;
  texts({ keyNamespace, keyName, paddingScheme });
  mustBeOneOf('paddingScheme', paddingScheme, PADDING_SCHEMES);
  const host =
    privateKey === undefined
      ? undefined
      : rsaHost(privateKey, given.hazmatAllowPkcs1Decryption === true);
  const config = {
    type: 'rawRsa',
    keyNamespace,
    keyName,
    paddingScheme,
    publicKey: publicKey === undefined ? undefined : bytes('publicKey', publicKey),
    hasPrivateKey: host !== undefined,
  };
  return makeKeyring((owner) =>
    owner.make((glue) => glue.make_keyring(config, host && owner.weakly(host))),
  );
}

export interface MultiKeyringOptions {
  /** Makes the data keys; without one the keyring can only decrypt. */
  readonly generator?: Keyring | undefined;
  /** Wrap each data key too. */
  readonly children?: readonly Keyring[] | undefined;
}

/** Several keyrings: encrypts with all, decrypts with the first that can. */
export function multiKeyring(options: MultiKeyringOptions): Keyring;
/** @internal `mrkKeyIds` are key ids among which no multi-Region key may occur twice. */
export function multiKeyring(options: MultiKeyringOptions, mrkKeyIds: readonly string[]): Keyring;
export function multiKeyring(
  options: MultiKeyringOptions,
  mrkKeyIds: readonly string[] = [],
): Keyring {
  const given = readOptions(options, { generator: COPY, children: COPY });
  const generator =
    given.generator === undefined ? undefined : keyringObject('generator', given.generator);
  const { children: others = [] } = given;
  mustBeArray('children', others, 'keyrings');
  const children = others.map((child, i) => keyringObject(`children[${i}]`, child));
  return makeKeyring((owner) => {
    const config = {
      type: 'multi',
      generator: generator?.handle(owner),
      children: children.map((child) => child.handle(owner)),
      mrkKeyIds,
    };
    return owner.make((glue) => glue.make_keyring(config, undefined));
  });
}

/** The default CMM over a keyring; what you get wherever you give a keyring. */
export function defaultCmm(over: Keyring): Cmm {
  // The core makes one wherever it is given a keyring, so this is the keyring's own object.
  return new Materials(keyringObject('keyring', over), 'cmm') as unknown as Cmm;
}

export interface RequiredEncryptionContextCmmOptions {
  /** Give a keyring or a CMM, not both. */
  readonly keyring?: Keyring | undefined;
  readonly cmm?: Cmm | undefined;
  /** Encryption-context keys that must be given on both sides and are not stored. */
  readonly requiredKeys: readonly string[];
}

/** Requires encryption-context keys on encryption and on decryption. */
export function requiredEncryptionContextCmm(options: RequiredEncryptionContextCmmOptions): Cmm {
  const given = readOptions(options, { keyring: COPY, cmm: COPY, requiredKeys: COPY });
  const inner = oneOf(given);
  const keys = strings('requiredKeys', given.requiredKeys);
  return cmm((owner) =>
    owner.make((glue) => glue.make_required_context_cmm(inner.handle(owner), keys)),
  );
}

/** The keyring or CMM of an options object that takes either. */
export function oneOf(options: {
  keyring?: Keyring | undefined;
  cmm?: Cmm | undefined;
}): CoreObject {
  if ((options.keyring === undefined) === (options.cmm === undefined)) {
    throw usage('INVALID_CONFIG', 'give either keyring or cmm', 'Give one of the two.');
  }
  return options.keyring === undefined
    ? materialsObject('cmm', options.cmm)
    : keyringObject('keyring', options.keyring);
}

/** The core's object behind a KMS client; refuses anything else that was given in its place. */
export function clientObject(name: string, kms: KmsClient): CoreObject {
  if (kms?._object instanceof CoreObject) return kms._object;
  throw wrong(name, 'a KmsClient', kms);
}

/** Refuses what is not a text, or none that UTF-8 can hold. */
export function texts(options: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'string') throw wrong(name, 'a string', value);
    wellFormed(name, value);
  }
}

/** Refuses what is not an array. */
function mustBeArray(name: string, value: unknown, of: string): void {
  if (Array.isArray(value)) return;
  throw wrong(name, `an array of ${of}`, value);
}

/** The strings of an option; refuses anything else. */
export function strings(name: string, value: readonly string[]): string[] {
  mustBeArray(name, value, 'strings');
  value.forEach((text, i) => texts({ [`${name}[${i}]`]: text }));
  return value as string[];
}

/** Whether there is half a surrogate pair in the text; with the `u` flag a pair is one character. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** Refuses lone surrogates: in UTF-8 they would become U+FFFD, and two names one. */
export function wellFormed(name: string, text: string): void {
  if (!hasLoneSurrogate(text)) return;
  throw usage('INVALID_ARGUMENT', `${name} has a lone surrogate, which is not a character`);
}

/** A key's bytes, which {@link readOptions} has copied, or its PEM as bytes. */
export function bytes(name: string, value: string | Uint8Array): Uint8Array {
  if (typeof value === 'string' && name !== 'wrappingKey') return new TextEncoder().encode(value);
  return bytesOf(name, value);
}
