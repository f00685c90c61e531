// The official library in Node.

import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node';

export async function client({ keyNamespace, keyName, wrappingKey }) {
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const keyring = new RawAesKeyringNode({
    keyNamespace,
    keyName,
    unencryptedMasterKey: wrappingKey,
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const suites = {
    '0478': AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    '0578': AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
  };
  return {
    async encrypt(plaintext, suite, encryptionContext) {
      const options = { suiteId: suites[suite], encryptionContext, frameLength: 4096 };
      return (await encrypt(keyring, plaintext, options)).result;
    },
    async decrypt(ciphertext) {
      return (await decrypt(keyring, ciphertext)).plaintext;
    },
  };
}
