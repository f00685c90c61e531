import { randomBytes } from 'node:crypto';
import { KmsFault, unsupported, validation } from '../errors.js';
import { generatePair } from '../material.js';
import { SPECS, UNSUPPORTED_SPECS, type KeySpec } from '../specs.js';
import { readCommon, refuseRecipient, requireAlgorithm, requireUsable, type Call } from './call.js';
import { currentVersion, encryptWith } from './encryption.js';
import type { Key } from '../keys.js';

export const generateDataKey = (call: Call): object => dataKey(call, true);
export const generateDataKeyWithoutPlaintext = (call: Call): object => dataKey(call, false);
export const generateDataKeyPair = (call: Call): Promise<object> => dataKeyPair(call, true);
export const generateDataKeyPairWithoutPlaintext = (call: Call): Promise<object> =>
  dataKeyPair(call, false);

function dataKey(call: Call, withPlaintext: boolean): object {
  const { input } = call;
  const keyId = input.keyId();
  const spec = input.optionalText('KeySpec', { values: ['AES_256', 'AES_128'] });
  const count = input.optionalInteger('NumberOfBytes', { min: 1, max: 1024 });
  const context = input.context();
  readCommon(call);
  input.check();
  refuseRecipient(call);
  if ((spec === undefined) === (count === undefined)) {
    throw validation('Please specify either number of bytes or key spec.');
  }

  const key = requireSymmetric(call, call.find(keyId));
  const plaintext = randomBytes(count ?? (spec === 'AES_128' ? 16 : 32));
  const sealed = encryptWith(key, 'SYMMETRIC_DEFAULT', plaintext, context, call.operation);
  return {
    CiphertextBlob: sealed.toString('base64'),
    Plaintext: withPlaintext ? plaintext.toString('base64') : undefined,
    KeyId: key.arn,
    KeyMaterialId: currentVersion(key).id,
  };
}

async function dataKeyPair(call: Call, withPlaintext: boolean): Promise<object> {
  const { input } = call;
  const keyId = input.keyId();
  const pairSpec = input.text('KeyPairSpec', { values: PAIR_SPECS });
  const context = input.context();
  readCommon(call);
  input.check();
  refuseRecipient(call);
  if (UNSUPPORTED_SPECS.includes(pairSpec) && pairSpec !== 'ECC_NIST_EDWARDS25519') {
    throw unsupported(`The development KMS does not make key pairs of spec ${pairSpec}.`);
  }

  const key = requireSymmetric(call, call.find(keyId));
  const pair = await generatePair(pairSpec);
  const sealed = encryptWith(key, 'SYMMETRIC_DEFAULT', pair.privateKey, context, call.operation);
  return {
    PrivateKeyCiphertextBlob: sealed.toString('base64'),
    PrivateKeyPlaintext: withPlaintext ? pair.privateKey.toString('base64') : undefined,
    PublicKey: pair.publicKey.toString('base64'),
    KeyId: key.arn,
    KeyPairSpec: pairSpec,
    KeyMaterialId: currentVersion(key).id,
  };
}

/** Before anything is generated: data keys exist under symmetric keys only. */
function requireSymmetric(call: Call, key: Key): Key {
  requireUsable(key, 'ENCRYPT_DECRYPT', call.operation);
  requireAlgorithm(key, 'SYMMETRIC_DEFAULT', SPECS[key.family.spec].encryption ?? []);
  return key;
}

const PAIR_SPECS: readonly string[] = [
  ...(Object.keys(SPECS) as KeySpec[]).filter((s) => ['rsa', 'ec'].includes(SPECS[s].kind)),
  ...UNSUPPORTED_SPECS.filter((spec) => !spec.startsWith('ML_DSA')),
];

export function generateRandom(call: Call): object {
  const { input } = call;
  const count = input.optionalInteger('NumberOfBytes', { min: 1, max: 1024 });
  const store = input.optionalText('CustomKeyStoreId', { min: 1, max: 64 });
  input.check();
  refuseRecipient(call);
  if (store !== undefined) {
    throw new KmsFault(
      'CustomKeyStoreNotFoundException',
      `Custom key store ${store} is not found.`,
    );
  }
  if (count === undefined) throw validation('NumberOfBytes is required.');
  return { Plaintext: randomBytes(count).toString('base64') };
}
