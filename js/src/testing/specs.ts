/** Key specs that the development KMS can create, with {@link DevKms.createKey}. */
export type KeySpec =
  | 'SYMMETRIC_DEFAULT'
  | 'RSA_2048'
  | 'RSA_3072'
  | 'RSA_4096'
  | 'ECC_NIST_P256'
  | 'ECC_NIST_P384'
  | 'ECC_NIST_P521'
  | 'ECC_SECG_P256K1'
  | 'HMAC_224'
  | 'HMAC_256'
  | 'HMAC_384'
  | 'HMAC_512';

/** What a key of {@link DevKms.createKey} may be used for; fixed when it is created. */
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT';

export const KEY_USAGES: readonly KeyUsage[] = [
  'ENCRYPT_DECRYPT',
  'SIGN_VERIFY',
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
];

export type Curve = 'prime256v1' | 'secp384r1' | 'secp521r1' | 'secp256k1';

/** One row of the key spec reference: what the material is, and what it can do. */
export interface SpecRules {
  readonly usages: readonly [KeyUsage, ...KeyUsage[]];
  readonly kind: 'symmetric' | 'hmac' | 'rsa' | 'ec';
  /** Bytes of a symmetric or HMAC key. */
  readonly keyBytes?: number;
  readonly modulusBits?: number;
  readonly curve?: Curve;
  readonly encryption?: readonly string[];
  readonly signing?: readonly string[];
  readonly mac?: readonly string[];
}

const OAEP = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const;
const RSA_SIGNING = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
] as const;

const rsa = (modulusBits: number): SpecRules => ({
  usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  kind: 'rsa',
  modulusBits,
  encryption: OAEP,
  signing: RSA_SIGNING,
});

const ec = (curve: Curve, signing: string, keyAgreement = true): SpecRules => ({
  usages: keyAgreement ? ['SIGN_VERIFY', 'KEY_AGREEMENT'] : ['SIGN_VERIFY'],
  kind: 'ec',
  curve,
  signing: [signing],
});

const hmac = (bits: number): SpecRules => ({
  usages: ['GENERATE_VERIFY_MAC'],
  kind: 'hmac',
  keyBytes: bits / 8,
  mac: [`HMAC_SHA_${bits}`],
});

/** https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html */
export const SPECS: Readonly<Record<KeySpec, SpecRules>> = {
  SYMMETRIC_DEFAULT: {
    usages: ['ENCRYPT_DECRYPT'],
    kind: 'symmetric',
    keyBytes: 32,
    encryption: ['SYMMETRIC_DEFAULT'],
  },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ec('prime256v1', 'ECDSA_SHA_256'),
  ECC_NIST_P384: ec('secp384r1', 'ECDSA_SHA_384'),
  ECC_NIST_P521: ec('secp521r1', 'ECDSA_SHA_512'),
  ECC_SECG_P256K1: ec('secp256k1', 'ECDSA_SHA_256', false),
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
};

/** The rules of a spec that a caller names; `undefined` if there is none of that name. */
export function rulesOf(spec: string): SpecRules | undefined {
  return Object.hasOwn(SPECS, spec) ? SPECS[spec as KeySpec] : undefined;
}

/** Specs the real service knows and this one does not make: refused by name, not as a typo. */
export const UNSUPPORTED_SPECS: readonly string[] = [
  'ECC_NIST_EDWARDS25519',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
  'SM2',
];

export const ENCRYPTION_ALGORITHMS: readonly string[] = ['SYMMETRIC_DEFAULT', ...OAEP, 'SM2PKE'];

export const SIGNING_ALGORITHMS: readonly string[] = [
  ...RSA_SIGNING,
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'SM2DSA',
  'ML_DSA_SHAKE_256',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
];

export const MAC_ALGORITHMS: readonly string[] = [
  'HMAC_SHA_224',
  'HMAC_SHA_256',
  'HMAC_SHA_384',
  'HMAC_SHA_512',
];
