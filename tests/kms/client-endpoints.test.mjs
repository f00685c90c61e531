// Where requests go: AWS's own endpoints in all partitions, as `@aws-sdk/client-kms` and `@aws-sdk/client-dynamodb`
// resolve them; endpoints of one's own.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { DynamoDbClient, KmsClient, keyStore } from '../../pkg/entrypoints/index.js';
import { KmsClient as ItemsKmsClient } from '../../pkg/entrypoints/items.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { refused } from './support.mjs';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

const REGIONS = [
  ...['us-east-1', 'eu-central-1', 'ap-southeast-7', 'il-central-1', 'mx-central-1', 'me-west-1'],
  ...['cn-north-1', 'cn-northwest-1'],
  ...['us-gov-east-1', 'us-gov-west-1'],
  ...['us-iso-east-1', 'us-iso-west-1', 'us-isob-east-1', 'us-isob-west-1'],
  ...['us-isof-east-1', 'us-isof-south-1', 'eu-isoe-west-1', 'eusc-de-east-1'],
  // Not there yet: known by their names.
  ...['eu-east-9', 'cn-south-1', 'us-gov-north-1', 'us-iso-north-9', 'eusc-de-west-2'],
];

/** The URL that a call of ours goes to. */
async function ours(Client, options, call) {
  const urls = [];
  const fetch = async (url) => {
    urls.push(url);
    throw new Error('no network here');
  };
  const client = new Client({ ...options, credentials: CREDENTIALS, fetch, maxAttempts: 1 });
  await assert.rejects(call(client), /no network here/);
  return urls[0];
}

/** The endpoint that the official client resolves. */
async function theirs(Client, options) {
  const client = new Client({ ...options, credentials: CREDENTIALS });
  const { url } = client.config.endpointProvider({
    Region: options.region,
    UseFIPS: options.useFipsEndpoint ?? false,
    UseDualStack: options.useDualstackEndpoint ?? false,
  });
  client.destroy();
  return url.href;
}

const describeKey = (kms) => kms.describeKey({ keyId: 'alias/a' });
const getBranchKey = (dynamodb) =>
  keyStore({
    dynamodb,
    kms: new KmsClient({ region: 'eu-central-1' }),
    kmsConfiguration: { type: 'discovery' },
    tableName: 'keys',
    logicalKeyStoreName: 'keys',
  }).getActiveBranchKey({ branchKeyId: 'a' });

describe("AWS's own endpoints", () => {
  for (const useFipsEndpoint of [false, true]) {
    for (const useDualstackEndpoint of [false, true]) {
      test(`FIPS ${useFipsEndpoint}, dual stack ${useDualstackEndpoint}: those of the official clients`, async () => {
        for (const region of REGIONS) {
          const options = { region, useFipsEndpoint, useDualstackEndpoint };
          const kms = await ours(KmsClient, options, describeKey);
          assert.equal(kms, await theirs(KMSClient, options), region);
          const dynamodb = await ours(DynamoDbClient, options, getBranchKey);
          assert.equal(dynamodb, await theirs(DynamoDBClient, options), region);
        }
      });
    }
  }

  test('those of fieldseal/items', async () => {
    const script = fileURLToPath(new URL('items-alone.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...REGIONS]);
    const { urls } = JSON.parse(stdout);
    for (const region of REGIONS) {
      assert.equal(urls[region], await theirs(KMSClient, { region }), region);
    }
  });

  test('what cannot go together, and what is no option', async () => {
    const endpoint = 'http://localhost:1';
    for (const option of ['useFipsEndpoint', 'useDualstackEndpoint']) {
      const region = 'eu-central-1';
      await refused(() => new KmsClient({ region, endpoint, [option]: true }), {
        code: 'INVALID_CONFIG',
        message: /choose one of AWS's endpoints: leave out the endpoint/,
      });
      assert.ok(new KmsClient({ region, endpoint, [option]: false }));
      await refused(() => new KmsClient({ region, [option]: 'yes' }), {
        code: 'INVALID_ARGUMENT',
        message: new RegExp(`${option} must be a boolean, not a string`),
      });
      // The small core has none of these endpoints, and says so.
      await refused(() => new ItemsKmsClient({ region, [option]: true }), {
        code: 'INVALID_ARGUMENT',
        message: new RegExp(`'${option}' is not known`),
      });
    }
  });
});

describe('endpoints of one’s own', () => {
  test('a URL object, and a path before the requests; signed', async (t) => {
    const dev = await startDevKms({ credentials: [CREDENTIALS] });
    t.after(() => dev.close());
    const { arn } = await dev.createKey({ region: 'eu-west-1' });
    const options = { region: 'eu-west-1', credentials: CREDENTIALS };
    for (const endpoint of [
      new URL(dev.url),
      new URL(`${dev.url}/a/b%20c/`),
      `${dev.url}/prefix`,
      { href: `${dev.url}/x`, toString: () => `${dev.url}/of/another/realm` },
    ]) {
      const kms = new KmsClient({ ...options, endpoint });
      assert.equal((await kms.describeKey({ keyId: arn })).arn, arn);
    }
    assert.equal(dev.calls.length, 4);
    assert.ok(dev.calls.every(({ status }) => status === 200));
  });

  for (const [endpoint, code, message] of [
    [5, 'INVALID_ARGUMENT', /endpoint must be a string/],
    [{}, 'INVALID_ARGUMENT', /endpoint must be a string/],
    [{ href: 5 }, 'INVALID_ARGUMENT', /endpoint must be a string/],
    [null, 'INVALID_ARGUMENT', /endpoint must be a string/],
    ['', 'INVALID_CONFIG', /not an absolute URL/],
    [new URL('ftp://kms.example'), 'INVALID_CONFIG', /neither https nor http/],
    [new URL('https://user:hunter2@kms.example'), 'INVALID_CONFIG', /user information/],
  ]) {
    test(`refused: ${String(endpoint).replace('hunter2', '…')}`, () =>
      refused(() => new KmsClient({ endpoint }), { code, message }));
  }
});

describe('options of the whole client', () => {
  const region = 'eu-central-1';
  for (const [options, message] of [
    [{ retryMode: 'legacy' }, /retryMode must be one of 'standard', 'adaptive'/],
    [{ retryMode: 5 }, /retryMode must be one of/],
    [{ operationTimeoutMs: 0 }, /operationTimeoutMs must be a whole number/],
    [{ operationTimeoutMs: 1.5 }, /operationTimeoutMs must be a whole number/],
    [{ operationTimeoutMs: '9' }, /operationTimeoutMs must be a whole number/],
    [{ systemClockOffset: NaN }, /systemClockOffset must be a whole number/],
    [{ systemClockOffset: '5' }, /systemClockOffset must be a whole number/],
    [{ systemClockOffset: 1e300 }, /systemClockOffset must be a whole number/],
  ]) {
    test(`refused: ${JSON.stringify(options)}`, async () => {
      for (const Client of [KmsClient, DynamoDbClient]) {
        await refused(() => new Client({ region, ...options }), {
          code: 'INVALID_ARGUMENT',
          message,
        });
      }
      await refused(() => new ItemsKmsClient({ region, ...options }), {
        code: 'INVALID_ARGUMENT',
        message: /is not known/,
      });
    });
  }
});
