/** Recipients: whom to seal for, in one string. */

import type { BranchKeyStore } from '../branch-keys/branch-key-store.js';
import { KeyStore } from '../branch-keys/key-store.js';
import { core } from '../core/core.js';
import { valueOf } from '../inspect.js';
import { malformedKey, usage, wrong } from '../errors.js';
import type { CurveSpec } from '../generated/config.js';
import type { EcdhKeyPair } from '../host/ecdh.js';
import { isCryptoKey, pkcs8 } from '../host/private-key.js';
import { awsKmsHierarchicalKeyring } from '../keyrings/aws-kms-hierarchical.js';
import { awsKmsMrkKeyring } from '../keyrings/aws-kms.js';
import { awsKmsRsaKeyring } from '../keyrings/aws-kms-rsa.js';
import type { Keyring } from '../keyrings/keyring.js';
import { rawAesKeyring } from '../keyrings/raw-aes.js';
import { rawEcdhKeyring } from '../keyrings/raw-ecdh.js';
import { rawRsaKeyring } from '../keyrings/raw-rsa.js';
import type { KmsClient } from '../kms/data-client.js';
import { bytesOf, isBinary } from '../util/bytes.js';
import { derValues, derWithin, INTEGER, OBJECT_ID, SEQUENCE } from '../util/der.js';
import { COPY, readOptions } from '../util/options.js';
import { isPlainObject } from '../util/plain-object.js';
import { mustBeStrings } from '../util/strings.js';
import { rsaSpki, spkiOf, type PublicKeyInput } from './forms.js';
import { EC, kindOf, objectId, partsOf, RSA } from './public-key.js';

/**
 * A private key of {@link recipient} with its public half: where the private key is a `CryptoKey` of RSA, which does not say
 * it.
 *
 * @example
 * ```ts
 * import { recipient, type RecipientKeyPair } from 'fieldseal'
 *
 * const algorithm = {
 *   name: 'RSA-OAEP',
 *   hash: 'SHA-256',
 *   modulusLength: 2048,
 *   publicExponent: Uint8Array.of(1, 0, 1),
 * }
 * const pair = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
 * const key: RecipientKeyPair = {
 *   publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)),
 *   privateKey: pair.privateKey, // need not be extractable
 * }
 * console.log(recipient('rsa:', { key }) !== undefined) // → true
 * ```
 */
export interface RecipientKeyPair {
  /** In any form; of ECDH a `CryptoKey`, too, if the private one is. */
  readonly publicKey: PublicKeyInput | CryptoKey;
  /** PEM or DER PKCS#8, or a `CryptoKey`. */
  readonly privateKey: string | Uint8Array | CryptoKey;
}

/**
 * Options of {@link recipient}: what its kind takes, and nothing else.
 *
 * @example
 * ```ts
 * import { KmsClient, recipient, type RecipientOptions } from 'fieldseal'
 *
 * const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
 * const options: RecipientOptions = { kms: new KmsClient({ region: 'eu-central-1' }) }
 * console.log(recipient(`kms:${arn}`, options) !== undefined) // → true
 * ```
 */
export interface RecipientOptions {
  /**
   * Of `rsa:` and `ecdh:` a public key in any form, to seal; or a private one, to open: PEM or DER PKCS#8, a `CryptoKey` of
   * ECDH, or a pair. Of `aes:` 16, 24 or 32 bytes. Of `kms-rsa:` the public key, so that sealing takes no call.
   */
  readonly key?: PublicKeyInput | CryptoKey | RecipientKeyPair | EcdhKeyPair | undefined;
  /** Of `kms:`, and of `kms-rsa:` to open: the client of the key's Region. */
  readonly kms?: KmsClient | undefined;
  /** Of `branch:`: the store of that table. */
  readonly keyStore?: BranchKeyStore | undefined;
}

/** What the core reads in the notation (`src/materials/recipient.rs`). */
interface Read {
  readonly kind: keyof typeof KINDS;
  readonly arn?: string;
  readonly table?: string;
  readonly branchKeyId?: string;
}

type Given = { readonly [Name in keyof RecipientOptions]-?: RecipientOptions[Name] };

/** Of each kind: the options that it takes, in words the first of which it needs, and its keyring. */
const KINDS = {
  'kms:': {
    needs: ['kms'],
    takes: ['kms'],
    keyring: ({ arn }: Read, { kms }: Given) =>
      awsKmsMrkKeyring({ kms: kms!, generatorKeyId: arn }),
  },
  'kms-rsa:': {
    needs: [],
    takes: ['key', 'kms'],
    keyring: ({ arn }: Read, { key, kms }: Given) =>
      awsKmsRsaKeyring({
        kmsKeyId: arn!,
        publicKey: key === undefined ? undefined : spkiOf('key', key as PublicKeyInput),
        kms,
      }),
  },
  'rsa:': { needs: ['key'], takes: ['key'], keyring: (_: Read, { key }: Given) => rsa(key) },
  'ecdh:': { needs: ['key'], takes: ['key'], keyring: (_: Read, { key }: Given) => ecdh(key) },
  'aes:': { needs: ['key'], takes: ['key'], keyring: (_: Read, { key }: Given) => aes(key) },
  'branch:': {
    needs: ['keyStore'],
    takes: ['keyStore'],
    keyring: (read: Read, { keyStore }: Given) => branch(read, keyStore!),
  },
} as const;

/** Raw keys are named by convention: the namespace of all of them. */
const NAMESPACE = 'fieldseal';
/** How long a branch key is used before it is fetched anew, in seconds. */
const TTL_SECONDS = 600;

/**
 * The keyring of a recipient, whom one string names: for configuration files, command lines and everything else that says
 * in text whom to seal for.
 *
 * | Recipient | Options | Keyring |
 * | --- | --- | --- |
 * | `kms:ARN` | `kms` | {@link awsKmsMrkKeyring} of the symmetric key |
 * | `kms-rsa:ARN` | `key`, `kms` or both | {@link awsKmsRsaKeyring}, `RSAES_OAEP_SHA_256` |
 * | `rsa:` | `key` | {@link rawRsaKeyring}, `OAEP_SHA256_MGF1`; with the private half it opens, too |
 * | `ecdh:` | `key` | {@link rawEcdhKeyring} on the key's curve: a public key seals (ephemeral), a private one opens (discovery) |
 * | `aes:` | `key` | {@link rawAesKeyring} |
 * | `branch:TABLE/ID` | `keyStore` | {@link awsKmsHierarchicalKeyring}, which keeps the branch key for ten minutes |
 *
 * Raw keys get names by convention, so that whoever has the private half needs nothing else: the namespace is `fieldseal`; the
 * name of an RSA key its fingerprint ({@link publicKeyFingerprint}), of an AES key the first 16 bytes of HMAC-SHA-256 under it
 * of `fieldseal key id`, in lower-case hexadecimal digits. The Rust crate has the same (`materials::Recipient`).
 *
 * @throws UsageError `INVALID_ARGUMENT` for another notation, naming the part that is wrong; `INVALID_CONFIG` for options that
 * its kind lacks or does not take
 * @throws MalformedInputError `MALFORMED_KEY`, `MALFORMED_KEY_ID`
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { EncryptionClient, recipient } from 'fieldseal'
 *
 * const pair = generateKeyPairSync('rsa', {
 *   modulusLength: 3072,
 *   publicKeyEncoding: { type: 'spki', format: 'pem' },
 *   privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
 * })
 * const client = new EncryptionClient()
 * const { ciphertext, header } = await client.encrypt(new TextEncoder().encode('for you'), {
 *   keyring: recipient('rsa:', { key: pair.publicKey }),
 * })
 * console.log(header.encryptedDataKeys[0]?.keyProviderId) // → fieldseal
 *
 * const { plaintext } = await client.decrypt(ciphertext, {
 *   keyring: recipient('rsa:', { key: pair.privateKey }),
 * })
 * console.log(new TextDecoder().decode(plaintext)) // → for you
 * ```
 */
export function recipient(notation: string, options: RecipientOptions = {}): Keyring {
  mustBeStrings({ recipient: notation });
  const given = readOptions(options, { key: COPY, kms: COPY, keyStore: COPY }) as Given;
  const read = valueOf<Read>((glue) => glue.read_recipient(notation));
  const { needs, takes, keyring } = KINDS[read.kind];
  for (const name of ['key', 'kms', 'keyStore'] as const) {
    const has = given[name] !== undefined;
    const mayHave = (takes as readonly string[]).includes(name);
    if (has && !mayHave) throw config(`${read.kind} does not take ${name}`, takes);
    if (!has && (needs as readonly string[]).includes(name)) {
      throw config(`${read.kind} needs ${name}`, takes);
    }
  }
  return keyring(read, given);
}

const config = (problem: string, takes: readonly string[]) =>
  usage('INVALID_CONFIG', problem, `Give it { ${takes.join(', ')} }, and nothing else.`);

/** A key as it was given: its public half, its private half, or both. */
interface Halves {
  readonly publicKey?: Uint8Array<ArrayBuffer>;
  readonly privateKey?: string | Uint8Array | CryptoKey | EcdhKeyPair;
  /** Of a private key: what it says of itself. */
  readonly kind?: string;
}

function halvesOf(key: Given['key']): Halves {
  if (isPlainObject(key) && 'privateKey' in key) return ofPair(key as unknown as RecipientKeyPair);
  if (isCryptoKey(key)) return ofCryptoKey(key, key);
  if (isPrivate(key)) return ofPrivateKey(key as string | Uint8Array);
  return { publicKey: spkiOf('key', key as PublicKeyInput) };
}

/** A pair: what it is for is said by its public half, or by a `CryptoKey`. */
function ofPair(pair: RecipientKeyPair): Halves {
  const names = { publicKey: COPY, privateKey: COPY } as const;
  const { publicKey, privateKey } = readOptions(pair, names, 'key');
  if (isCryptoKey(publicKey)) {
    if (isCryptoKey(privateKey)) return ofCryptoKey(privateKey, { publicKey, privateKey });
    throw wrong('key.publicKey', 'PEM, base64, DER or a JWK', publicKey);
  }
  return { publicKey: spkiOf('key.publicKey', publicKey), privateKey };
}

function ofCryptoKey(key: CryptoKey, given: CryptoKey | EcdhKeyPair): Halves {
  const { name, namedCurve } = key.algorithm as EcKeyAlgorithm;
  if (key.type === 'public')
    throw malformedKey('key is a public CryptoKey: give what readPublicKey makes of it');
  if (name === 'ECDH') return { privateKey: given, kind: namedCurve };
  throw malformedKey(
    'key is a CryptoKey that does not say its public key: give { publicKey, privateKey }',
  );
}

/** Whether a key in PEM or DER is a private one: labelled so, or with a version in the first place. */
function isPrivate(key: unknown): boolean {
  if (typeof key === 'string') return key.includes('PRIVATE KEY-----');
  if (!isBinary(key)) return false;
  const bytes = bytesOf('key', key);
  if (bytes[0] !== SEQUENCE) return new TextDecoder().decode(bytes).includes('PRIVATE KEY-----');
  return derWithin(bytes, SEQUENCE)?.[0]?.tag === INTEGER;
}

/** A private key in PKCS#8 (RFC 5958): of RSA with its public half, of an elliptic curve with its name. */
function ofPrivateKey(key: string | Uint8Array): Halves {
  const der = pkcs8('key', key);
  try {
    const [, algorithm, octets] = derWithin(der, SEQUENCE) ?? [];
    const [id, parameters] = (algorithm && derValues(algorithm.content)) ?? [];
    const name = id?.tag === OBJECT_ID ? objectId(id.content) : undefined;
    if (name === RSA) {
      const [, n, e] = (octets && derWithin(octets.content, SEQUENCE)) ?? [];
      if (n?.tag === INTEGER && e?.tag === INTEGER) {
        return { publicKey: rsaSpki(n.content, e.content), privateKey: key };
      }
    }
    if (name === EC && parameters) return { privateKey: key, kind: kindOf(EC, parameters) };
    throw malformedKey('key is not an unencrypted PKCS#8 key of RSA or of an elliptic curve');
  } finally {
    der.fill(0);
  }
}

function rsa(key: Given['key']): Keyring {
  const { publicKey, privateKey } = halvesOf(key);
  if (!publicKey) throw malformedKey('key is not for RSA, as rsa: needs it');
  return rawRsaKeyring({
    keyNamespace: NAMESPACE,
    keyName: nameOf(publicKey, true),
    paddingScheme: 'OAEP_SHA256_MGF1',
    publicKey,
    privateKey: privateKey as string | Uint8Array | CryptoKey | undefined,
  });
}

const CURVES: Readonly<Record<string, CurveSpec>> = {
  'P-256': 'P256',
  'P-384': 'P384',
  'P-521': 'P521',
};

function ecdh(key: Given['key']): Keyring {
  const { publicKey, privateKey, kind = publicKey && partsOf(publicKey).kind } = halvesOf(key);
  const curveSpec = Object.hasOwn(CURVES, kind ?? '') ? CURVES[kind!] : undefined;
  if (!curveSpec) throw malformedKey('key is not on P-256, P-384 or P-521, as ecdh: needs it');
  return rawEcdhKeyring({
    curveSpec,
    keyAgreementScheme:
      privateKey === undefined
        ? { type: 'ephemeral', recipientPublicKey: publicKey! }
        : { type: 'discovery', recipientPrivateKey: privateKey },
  });
}

function aes(key: Given['key']): Keyring {
  const wrappingKey = bytesOf('key', key);
  return rawAesKeyring({
    keyNamespace: NAMESPACE,
    keyName: nameOf(wrappingKey, false),
    wrappingKey,
  });
}

/** By convention; the core has it, as the Rust crate does. */
function nameOf(key: Uint8Array, isPublic: boolean): string {
  return core().read((glue) => glue.raw_key_name(key, isPublic));
}

function branch({ table, branchKeyId }: Read, keyStore: BranchKeyStore): Keyring {
  const found = keyStore instanceof KeyStore ? keyStore._tableName : table;
  if (found !== table) {
    const problem = `branch:TABLE/ID names the table '${table}', and keyStore has '${found}'`;
    throw usage('INVALID_CONFIG', problem, 'Give the store of that table, or name its table.');
  }
  return awsKmsHierarchicalKeyring({ keyStore, branchKeyId, ttlSeconds: TTL_SECONDS });
}
