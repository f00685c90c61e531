// Who lives through the day of faults (tests/load/day.mjs): our keyrings, or `@aws-sdk/client-kms`, which makes the same calls with
// the same limits. Each seals under a key of either Region, does without the far one while that cannot be had, and opens by the near one.

import {
  KMSClient,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
} from '@aws-sdk/client-kms';
import {
  awsKmsKeyring,
  ItemEncryptor,
  KmsClient,
  multiKeyring,
} from '../../pkg/entrypoints/index.js';

const TIMEOUT_MS = 2_000;
const MAX_ATTEMPTS = 4;

/** What was called, and how often requests were sent for it. */
export const counts = { calls: 0, succeeded: 0, sent: 0, reasons: {} };

/**
 * @param {{ near, far, keys, credentials: () => () => Promise<object>, gone: () => boolean }} world
 * @returns `{ seal, open }`: `seal(item)` resolves to `{ keys, open }`, by how many keys it is sealed and what opens it
 */
export function ours({ near, far, keys, credentials, gone }) {
  const clientOf = (dev, lost) =>
    new KmsClient({
      endpoint: dev.url,
      region: dev.region,
      credentials: credentials(),
      timeoutMs: TIMEOUT_MS,
      operationTimeoutMs: 10_000,
      maxAttempts: MAX_ATTEMPTS,
      fetch: async (url, init) => {
        counts.sent += 1;
        if (lost()) throw new TypeError('fetch failed');
        return fetch(url, init);
      },
      onEvent: ({ outcome, repetitions = [] }) => {
        counts.calls += 1;
        counts.succeeded += Number(outcome === 'OK');
        const { reasons } = counts;
        for (const { reason } of repetitions) reasons[reason] = (reasons[reason] ?? 0) + 1;
      },
    });
  const encryptor = new ItemEncryptor({
    logicalTableName: 'day',
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', text: 'ENCRYPT_AND_SIGN' },
    algorithmSuite: '6700',
    keyring: multiKeyring({
      generator: awsKmsKeyring({ kms: clientOf(near, () => false), generatorKeyId: keys[0].arn }),
      children: [awsKmsKeyring({ kms: clientOf(far, gone), keyIds: [keys[1].arn] })],
      onUnavailableChild: 'skip',
    }),
  });
  return async (item) => {
    const sealed = await encryptor.encryptItem(item);
    const open = async () => {
      const { item: found } = await encryptor.decryptItem(sealed.item);
      return JSON.stringify(found) === JSON.stringify(item);
    };
    return { keys: sealed.header.encryptedDataKeys.length, open };
  };
}

/** The same by the AWS SDK; no item is sealed, that is the keyrings' work. */
export function sdk({ near, far, keys, credentials, gone }) {
  const clientOf = (dev, lost) => {
    const client = new KMSClient({
      endpoint: dev.url,
      region: dev.region,
      credentials: credentials(),
      maxAttempts: MAX_ATTEMPTS,
      requestHandler: { requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
    });
    const { requestHandler } = client.config;
    const handle = requestHandler.handle.bind(requestHandler);
    requestHandler.handle = async (...request) => {
      counts.sent += 1;
      if (lost()) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return handle(...request);
    };
    return async (command) => {
      counts.calls += 1;
      const response = await client.send(command);
      counts.succeeded += 1;
      return response;
    };
  };
  const [here, there] = [clientOf(near, () => false), clientOf(far, gone)];
  return async ({ id }) => {
    const EncryptionContext = { id: id.S };
    const made = await here(
      new GenerateDataKeyCommand({ KeyId: keys[0].arn, KeySpec: 'AES_256', EncryptionContext }),
    );
    const { Plaintext, CiphertextBlob } = made;
    const second = new EncryptCommand({ KeyId: keys[1].arn, Plaintext, EncryptionContext });
    const sealedTwice = await there(second).then(
      () => true,
      () => false,
    );
    const open = async () => {
      const command = new DecryptCommand({ CiphertextBlob, EncryptionContext });
      return Buffer.from((await here(command)).Plaintext).equals(Plaintext);
    };
    return { keys: sealedTwice ? 2 : 1, open };
  };
}
