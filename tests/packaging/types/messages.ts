// Messages and KMS, with what the host describes of itself or without. Compiled, never run.

import {
  awsKmsKeyring,
  EncryptionClient,
  FieldsealError,
  inspect,
  KmsClient,
  rawAesKeyring,
} from 'fieldseal';
import type { CallOptions, MessageHeader } from 'fieldseal';
import * as slim from 'fieldseal/slim';
import * as itemsSlim from 'fieldseal/items/slim';

const client = new EncryptionClient({ maxEncryptedDataKeys: Infinity });
const kms = new KmsClient({
  region: 'eu-central-1',
  credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
});

export async function roundTrip(bytes: Uint8Array, options: CallOptions): Promise<MessageHeader> {
  await slim.init(bytes);
  await itemsSlim.init(bytes);
  const keyring = awsKmsKeyring({ kms, generatorKeyId: 'alias/a' });
  const { ciphertext } = await client.encrypt(bytes, { keyring, ...options });
  // Bytes of an ArrayBuffer of their own, in every version.
  const own: ReturnType<Uint8Array['slice']> = ciphertext;
  const { plaintext, header } = await client.decrypt(own, { keyring });
  plaintext.fill(0);
  inspect(ciphertext).encryptedDataKeys.map(({ keyProviderId }) => keyProviderId);
  try {
    await kms.decrypt({ ciphertextBlob: ciphertext });
  } catch (error) {
    if (error instanceof FieldsealError) throw error;
  }
  return header;
}

// @ts-expect-error a key is bytes
rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey: 'secret' });
// @ts-expect-error no such suite
client.encrypt(new Uint8Array(), { keyring: undefined, algorithmSuite: '9999' });
