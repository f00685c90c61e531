// Clients whose KMS has little left: the development KMS lets so many calls a second through, and throttles the others. Ours
// and `@aws-sdk/client-kms` make the same calls in the same run, one after the other, either first. Shared by the benchmark and its short
// form, tests/kms/pressure.test.mjs. Nothing here judges: each case returns what it counted.

import { createRequire } from 'node:module';

import {
  awsKmsHierarchicalKeyring,
  awsKmsKeyring,
  DynamoDbClient,
  ItemEncryptor,
  keyStore,
  KmsClient,
} from '../pkg/entrypoints/index.js';
import { startDevKms } from '../pkg/testing/index.js';

// The tests' own: the package depends on nothing.
const require = createRequire(new URL('../tests/package.json', import.meta.url));
const { DecryptCommand, GenerateDataKeyCommand, KMSClient } = require('@aws-sdk/client-kms');
export const { version: SDK_VERSION } = require('@aws-sdk/client-kms/package.json');

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const CONTEXT = { purpose: 'pressure' };

/** Runs `tasks`, `atOnce` at a time. Returns how many failed, the requests that the KMS saw, and the seconds. */
async function count(dev, tasks, atOnce = tasks.length) {
  // A second of rest: what the case before used up is back.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  dev.clearCalls();
  const started = performance.now();
  let failures = 0;
  const codes = {};
  const queue = tasks.values();
  const worker = async () => {
    for (const task of queue) {
      try {
        // Not in one expression: others count while this one waits.
        const failed = (await task()) ?? 0;
        failures += failed;
      } catch (error) {
        failures += 1;
        const code = error.code ?? error.name;
        codes[code] = (codes[code] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - started) / 1000;
  return { failures, codes, requests: dev.countCalls(), seconds };
}

const times = (n, task) => Array.from({ length: n }, () => task);

/**
 * A DynamoDB that holds one record, in memory: the branch keys of all tenants, each wrapped by KMS. As `fetch` of a client.
 */
function tableOf(records) {
  return async (_, { body }) => {
    const { Key } = JSON.parse(Buffer.from(body).toString());
    const Item = records.get(`${Key['branch-key-id'].S}|${Key.type.S}`);
    return Response.json(Item ? { Item } : {});
  };
}

/**
 * @param {{ perSecond: number, calls: number, atOnce: number, items: number, tenants: number }} size
 * @param {boolean} theirsFirst
 * @returns rows of `{ what, ours, theirs }`
 */
export async function pressure({ perSecond, calls, atOnce, items, tenants }, theirsFirst = false) {
  const dev = await startDevKms();
  const { region, url: endpoint } = dev;
  const { arn } = await dev.createKey();
  const ours = (options) =>
    new KmsClient({ endpoint, region, credentials: CREDENTIALS, ...options });
  const theirs = (options) =>
    new KMSClient({ endpoint, region, credentials: CREDENTIALS, ...options });
  const rows = [];
  const row = async (what, each) => {
    const counted = {};
    // What runs second finds compiled code, and a busier machine.
    for (const who of theirsFirst ? ['theirs', 'ours'] : ['ours', 'theirs']) {
      const { tasks, workers } = each[who];
      counted[who] = await count(dev, tasks, workers);
    }
    rows.push({ what, ...counted });
  };
  try {
    const dataKey = { keyId: arn, keySpec: 'AES_256', encryptionContext: CONTEXT };
    const command = { KeyId: arn, KeySpec: 'AES_256', EncryptionContext: CONTEXT };

    // Branch keys, made before anything is throttled; what the table has is kept here.
    const records = new Map();
    const store = keyStore({
      dynamodb: new DynamoDbClient({
        endpoint: 'http://localhost:1',
        region,
        credentials: CREDENTIALS,
        fetch: async (_, { body }) => {
          const { TransactItems } = JSON.parse(Buffer.from(body).toString());
          for (const { Put } of TransactItems ?? []) {
            const { 'branch-key-id': id, type } = Put.Item;
            records.set(`${id.S}|${type.S}`, Put.Item);
          }
          return Response.json({});
        },
      }),
      kms: ours(),
      kmsKeyArn: arn,
      tableName: 'keys',
      logicalKeyStoreName: 'keys',
    });
    const ids = Array.from({ length: tenants }, (_, i) => `tenant-${i}`);
    for (const branchKeyId of ids)
      await store.createKey({ branchKeyId, encryptionContext: CONTEXT });
    const wrapped = [];
    for (const _ of ids) {
      wrapped.push((await ours().generateDataKeyWithoutPlaintext(dataKey)).ciphertextBlob);
    }

    dev.faults.limitRate(perSecond);

    // 1. Single calls.
    const single = async (kms) => void (await kms.generateDataKey(dataKey));
    const official = theirs();
    const singleOfficial = async (client) =>
      void (await client.send(new GenerateDataKeyCommand(command)));
    const client = ours();
    const adaptive = ours({ retryMode: 'adaptive' });
    const adaptiveOfficial = theirs({ retryMode: 'adaptive' });
    const some = (task) => ({ tasks: times(calls, task), workers: atOnce });
    await row(`${calls} calls, ${atOnce} at once`, {
      ours: some(() => single(client)),
      theirs: some(() => singleOfficial(official)),
    });
    await row('the same, adaptive', {
      ours: some(() => single(adaptive)),
      theirs: some(() => singleOfficial(adaptiveOfficial)),
    });

    // 2. A batch: one data key for each item, all at once. The official client makes the same calls.
    const encryptor = new ItemEncryptor({
      logicalTableName: 'customers',
      partitionKeyName: 'id',
      attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
      algorithmSuite: '6700',
      keyring: awsKmsKeyring({ kms: ours(), generatorKeyId: arn }),
    });
    const batch = Array.from({ length: items }, (_, i) => ({
      id: { S: `c-${i}` },
      ssn: { S: '756' },
    }));
    const settled = async () => {
      const outcomes = await encryptor.encryptItems(batch, { settle: true });
      return outcomes.filter(({ error }) => error !== undefined).length;
    };
    const officialOfBatch = theirs();
    await row(`encryptItems(${items})`, {
      ours: { tasks: [settled] },
      theirs: { tasks: times(items, () => singleOfficial(officialOfBatch)) },
    });

    // 3. A hierarchical keyring that has no branch key yet: one Decrypt for each tenant, all at once.
    const cold = awsKmsHierarchicalKeyring({
      keyStore: keyStore({
        dynamodb: new DynamoDbClient({
          endpoint: 'http://localhost:1',
          region,
          credentials: CREDENTIALS,
          fetch: tableOf(records),
        }),
        kms: ours(),
        kmsKeyArn: arn,
        tableName: 'keys',
        logicalKeyStoreName: 'keys',
      }),
      branchKeyIdSupplier: (context) => context['aws-crypto-attr.tenant'],
      ttlSeconds: 600,
    });
    const hierarchical = new ItemEncryptor({
      logicalTableName: 'customers',
      partitionKeyName: 'id',
      attributeActions: {
        id: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
        tenant: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
        ssn: 'ENCRYPT_AND_SIGN',
      },
      algorithmSuite: '6700',
      keyring: cold,
    });
    const officialOfKeyring = theirs();
    const sealing = ids.map(
      (id) => async () =>
        void (await hierarchical.encryptItem({
          id: { S: 'c-1' },
          tenant: { S: id },
          ssn: { S: '756' },
        })),
    );
    const opening = wrapped.map(
      (CiphertextBlob) => async () =>
        void (await officialOfKeyring.send(
          new DecryptCommand({ KeyId: arn, CiphertextBlob, EncryptionContext: CONTEXT }),
        )),
    );
    await row(`hierarchical keyring, cold, ${tenants} branch keys`, {
      ours: { tasks: sealing },
      theirs: { tasks: opening },
    });
    for (const each of [official, adaptiveOfficial, officialOfBatch, officialOfKeyring])
      each.destroy();
  } finally {
    await dev.close();
  }
  return rows;
}
