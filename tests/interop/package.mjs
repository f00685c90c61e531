// The package under test, asked in the oracle's terms: configuration and items as in its requests,
// answers as in its responses.

import * as fieldseal from '../../pkg/entrypoints/index.js';

import { encryptorOf, keyringOf as vectorKeyring } from '../support/vectors.mjs';
import { text } from './model.mjs';

const { ItemEncryptor, fromDynamoJson, toDynamoJson, FieldsealError } = fieldseal;

function keyringOf(spec) {
  const { rawAesKeyring, rawRsaKeyring, multiKeyring } = fieldseal;
  if (spec.type === 'raw-ecdh') return vectorKeyring(fieldseal, spec);
  const names = { keyNamespace: spec.namespace, keyName: spec.name };
  switch (spec.type) {
    case 'raw-aes':
      return rawAesKeyring({ ...names, wrappingKey: Buffer.from(spec.key, 'hex') });
    case 'raw-rsa':
      return rawRsaKeyring({
        ...names,
        paddingScheme: spec.padding,
        publicKey: spec.public_pem,
        privateKey: spec.private_pem,
        hazmatAllowPkcs1Decryption: true,
      });
    case 'hierarchical':
      return vectorKeyring(fieldseal, spec);
    case 'multi':
      return multiKeyring({
        generator: spec.generator && keyringOf(spec.generator),
        children: (spec.children ?? []).map(keyringOf),
      });
  }
  throw new Error(`keyring ${spec.type}`);
}

/** Seals or opens; what it refuses is answered as `{error, code}`, anything worse is thrown. */
async function answer(run, config) {
  try {
    const keyring = config.required_ec_keys ? undefined : keyringOf(config.keyring);
    const encryptor = keyring
      ? encryptorOf({ ItemEncryptor }, config, keyring)
      : withRequiredContext(config);
    const { item, header } = await run(encryptor);
    return { item: JSON.parse(toDynamoJson(item)), header: header && headerOf(header) };
  } catch (error) {
    if (!(error instanceof FieldsealError) || error.code === 'INTERNAL') throw error;
    const reasons = (error.reasons ?? []).map((reason) => reason.code);
    return { error: error.message, code: error.code, attribute: error.attribute, reasons };
  }
}

function withRequiredContext(config) {
  const cmm = fieldseal.requiredEncryptionContextCmm({
    keyring: keyringOf(config.keyring),
    requiredKeys: config.required_ec_keys,
  });
  const Encryptor = class extends ItemEncryptor {
    constructor({ keyring, ...options }) {
      super({ ...options, cmm });
    }
  };
  return encryptorOf({ ItemEncryptor: Encryptor }, config, undefined);
}

/** As the oracle's `ddb-encrypt`. */
export function seal({ config, item }) {
  return answer((e) => e.encryptItem(fromDynamoJson(JSON.stringify(item))), config);
}

/** As the oracle's `ddb-decrypt`. */
export function open({ config, item }) {
  return answer((e) => e.decryptItem(fromDynamoJson(JSON.stringify(item))), config);
}

const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/** A header in the oracle's terms. */
function headerOf(header) {
  return {
    algorithm_suite_id: header.algorithmSuite,
    attribute_actions_on_encrypt: header.attributeActions,
    encrypted_data_keys: header.encryptedDataKeys.map((key) => ({
      provider_id: key.keyProviderId,
      provider_info: base64(key.keyProviderInfo),
      ciphertext: base64(key.ciphertext),
    })),
    stored_encryption_context: header.storedEncryptionContext,
    encryption_context: header.encryptionContext,
  };
}

const SUITES = {
  ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_SYMSIG_HMAC_SHA384: '6700',
  ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384_SYMSIG_HMAC_SHA384: '6701',
};

/**
 * Fails unless two headers, ours or theirs, say the same. On reading, the official library leaves
 * out the attributes that are not signed: only what both name is compared, and what one leaves out
 * must be unsigned.
 */
export function sameHeader(ours, theirs, about) {
  for (const part of [
    'algorithm_suite_id',
    'encrypted_data_keys',
    'stored_encryption_context',
    'encryption_context',
  ]) {
    const [got, want] = [ours[part], theirs[part]].map((one) => text(SUITES[one] ?? one));
    if (got !== want) throw new Error(`${about}, header: ${part} is ${got}, officially ${want}`);
  }
  const [got, want] = [ours, theirs].map((one) =>
    Object.entries(one.attribute_actions_on_encrypt).filter(
      ([, action]) => action !== 'DO_NOTHING',
    ),
  );
  const signed = (entries) => text(Object.fromEntries(entries));
  if (signed(got) !== signed(want)) {
    throw new Error(`${about}, header: actions ${signed(got)}, officially ${signed(want)}`);
  }
}
