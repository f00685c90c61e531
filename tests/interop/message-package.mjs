// The package under test, asked for messages in the oracles' terms.

import * as fieldseal from '../../pkg/entrypoints/index.js';

import { materialsOf, messageKeyring, throughStream } from '../support/esdk.mjs';

const { EncryptionClient, FieldsealError, inspect } = fieldseal;

const base64 = (bytes) => Buffer.from(bytes).toString('base64');

function clientOf({ policy, max_encrypted_data_keys: maxEncryptedDataKeys }) {
  return new EncryptionClient({ commitmentPolicy: policy, maxEncryptedDataKeys });
}

function optionsOf(request) {
  const keyring = messageKeyring(fieldseal, request.keyring);
  const materials = materialsOf(fieldseal, keyring, request.required_ec_keys);
  return { ...materials, encryptionContext: request.encryption_context };
}

/** What it refuses is answered as `{error, code}`, anything worse is thrown. */
async function answer(run) {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof FieldsealError) || error.code === 'INTERNAL') throw error;
    return { error: error.message, code: error.code };
  }
}

/** As the oracles' `esdk-encrypt`; `chunk` seals it as a stream. */
export function sealMessage(request, chunk) {
  return answer(async () => {
    const options = {
      ...optionsOf(request),
      algorithmSuite: request.suite?.slice(2),
      frameLength: request.frame_length,
    };
    const plaintext = Buffer.from(request.plaintext, 'base64');
    const client = clientOf(request);
    if (chunk === undefined) {
      const { ciphertext, header } = await client.encrypt(plaintext, options);
      return { ciphertext: base64(ciphertext), ...about(header) };
    }
    const stream = client.encryptStream(options);
    const ciphertext = await throughStream(stream, plaintext, chunk);
    return { ciphertext: base64(ciphertext), ...about(await stream.header) };
  });
}

/** As the oracles' `esdk-decrypt`. */
export function openMessage(request, chunk) {
  return answer(async () => {
    const client = clientOf(request);
    const message = Buffer.from(request.ciphertext, 'base64');
    if (chunk === undefined) {
      const { plaintext, header } = await client.decrypt(message, optionsOf(request));
      return { plaintext: base64(plaintext), ...about(header) };
    }
    const stream = client.decryptStream({ ...optionsOf(request), maxFrameLength: 2 ** 30 });
    const plaintext = await throughStream(stream, message, chunk);
    return { plaintext: base64(plaintext), ...about(await stream.header) };
  });
}

function about({ algorithmSuite, encryptionContext }) {
  return { suite: `0x${algorithmSuite}`, encryption_context: encryptionContext };
}

/** Frame length and number of wrapped keys, as the message itself says. */
export function shape(ciphertext) {
  const header = inspect(Buffer.from(ciphertext, 'base64'));
  return { frame: header.frameLength, keys: header.encryptedDataKeys.length };
}
