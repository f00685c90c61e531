// A table brought under encryption by many workers, as `examples/seal-table-distributed` has it: Step Functions and Lambda on MiniStack,
// containers as processes, each with workers that are killed. ITEMS=100000 for the long form (`make test-distributed`).

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { build } from 'esbuild';
import { Job } from 'kubernetes-models/batch/v1';
import validateStateMachine from 'asl-validator';
import { parse } from 'yaml';

import { ItemEncryptor, KmsClient, awsKmsKeyring } from '../../pkg/entrypoints/index.js';
import { updateItem } from '../../pkg/entrypoints/tables.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { until } from '../support/until.mjs';
import { startWorld } from '../tables/live.mjs';
import { CREDENTIALS, NEWEST } from '../tables/support.mjs';

const ITEMS = Number(process.env.ITEMS ?? 400);
const TOTAL_SEGMENTS = 8;
const example = (name) =>
  fileURLToPath(new URL(`../../examples/seal-table-distributed/${name}`, import.meta.url));
const read = (name) => readFileSync(example(name), 'utf8');
const region = 'us-east-1';

let world;
let kms;
let key;
let folder;
before(async () => {
  // What the state machine waits is a tenth: MiniStack's own setting.
  process.env.SFN_WAIT_SCALE = '0.1';
  [world, kms] = await Promise.all([startWorld(), startDevKms({ region })]);
  key = await kms.createKey();
  folder = mkdtempSync(join(tmpdir(), 'fieldseal-distributed-'));
  await build({
    entryPoints: {
      lambda: fileURLToPath(new URL('seal-table-distributed/dying-lambda.mjs', import.meta.url)),
      container: example('container.mjs'),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'warning' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    nodePaths: [fileURLToPath(new URL('../node_modules', import.meta.url))],
  });
});
after(async () => {
  await Promise.all([world?.close(), kms?.close()]);
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** How the example seals items. */
const table = () => ({
  logicalTableName: 'customers',
  partitionKeyName: 'customer_id',
  attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN', visits: 'SIGN_ONLY' },
  algorithmSuite: '6700',
  keyring: awsKmsKeyring({
    kms: new KmsClient({ region, endpoint: kms.url }),
    generatorKeyId: key.arn,
  }),
});

/** A table with items in plaintext, and one for checkpoints. */
async function makeTables(count) {
  const [TableName, CheckpointTable] = [`customers-${randomUUID()}`, `checkpoints-${randomUUID()}`];
  const create = (name, ...keys) =>
    world.plain.send(
      new NEWEST.CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: keys.map(([AttributeName, AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
        KeySchema: keys.map(([AttributeName], i) => ({
          AttributeName,
          KeyType: i === 0 ? 'HASH' : 'RANGE',
        })),
      }),
    );
  await create(TableName, ['customer_id', 'S']);
  await create(CheckpointTable, ['job', 'S'], ['segment', 'N']);
  for (let at = 0; at < count; at += 25) {
    const puts = Array.from({ length: Math.min(25, count - at) }, (_, i) => ({
      PutRequest: { Item: itemOf(at + i) },
    }));
    await world.plain.send(
      new NEWEST.BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }),
    );
  }
  const environment = {
    TABLE_NAME: TableName,
    CHECKPOINT_TABLE: CheckpointTable,
    LEASE_SECONDS: '2',
    WAIT_SECONDS: '0.3',
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: world.settings.endpoint,
    KMS_ENDPOINT: kms.url,
    KMS_KEY_ARN: key.arn,
  };
  return { TableName, CheckpointTable, environment };
}

const itemOf = (i) => ({
  customer_id: { S: `c-${i}` },
  ssn: { S: `078-05-${1000 + i}` },
  visits: { N: '0' },
});

/** Every item is sealed, opens, and is what it was, but for the visits that writers counted. */
async function assertSealed(TableName, count, visits = new Map()) {
  const stored = await world.stored(TableName);
  assert.equal(stored.length, count);
  const opened = await new ItemEncryptor(table()).decryptItems(stored);
  const expected = new Map(Array.from({ length: count }, (_, i) => [`c-${i}`, itemOf(i)]));
  for (const { item, header } of opened) {
    const id = item.customer_id.S;
    assert.ok(header, `${id} is in plaintext`);
    assert.deepEqual(item, {
      ...expected.get(id),
      visits: { N: String(visits.get(id) ?? 0) },
    });
  }
}

/** How many items are sealed. */
async function sealedOf(TableName) {
  return (await world.stored(TableName)).filter(({ aws_dbe_head }) => aws_dbe_head).length;
}

/** Who has each segment, and which are sealed. */
async function segmentsOf(CheckpointTable) {
  const records = await world.stored(CheckpointTable);
  return new Map(records.map(({ segment, ...record }) => [Number(segment.N), record]));
}

describe('descriptions', () => {
  test('the state machine follows the language', () => {
    const definition = JSON.parse(read('state-machine.json'));
    assert.deepEqual(validateStateMachine(definition).errors, []);
    delete definition.States.Segments.ItemProcessor.States.Wait.Seconds;
    assert.notDeepEqual(validateStateMachine(definition).errors, []);
  });

  test('the Kubernetes Job follows its schema', () => {
    const manifest = parse(read('kubernetes-job.yaml'));
    new Job(manifest).validate();
    assert.equal(manifest.spec.completions, TOTAL_SEGMENTS);
    manifest.spec.template.spec.containers[0].env[0].value = 7;
    assert.throws(() => new Job(manifest).validate(), /value/);
  });

  test('the AWS Batch job definition is a request that AWS’s description of the API takes', () => {
    const file = (path) => fileURLToPath(new URL(path, import.meta.url));
    const faults = (definition) =>
      execFileSync(
        // MiniStack's environment: with botocore, which carries the descriptions.
        file('../../build/venv/bin/python'),
        [file('seal-table-distributed/batch-job-definition.py')],
        { input: JSON.stringify(definition), encoding: 'utf8' },
      );
    const definition = JSON.parse(read('batch-job-definition.json'));
    assert.equal(faults(definition), '');
    const { containerProperties } = definition;
    assert.deepEqual(
      containerProperties.environment.find(({ name }) => name === 'TOTAL_SEGMENTS').value,
      String(TOTAL_SEGMENTS),
    );
    containerProperties.environment[0].value = 7;
    containerProperties.env = [];
    delete definition.type;
    const found = faults(definition);
    for (const what of [/"type"/, /"env"/, /environment\[0\]\.value/]) assert.match(found, what);
  });
});

test('Step Functions and Lambda: two workers are killed, writers go on, everything is sealed', async () => {
  const { TableName, CheckpointTable, environment } = await makeTables(ITEMS);
  const DYING = [2, 5];
  const zip = join(folder, 'function.zip');
  execFileSync('python3', ['-m', 'zipfile', '-c', zip, join(folder, 'lambda.mjs')]);
  const [lambda, sfn] = [new LambdaClient(world.settings), new SFNClient(world.settings)];
  const FunctionName = `worker-${randomUUID()}`;
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs22.x',
      Handler: 'lambda.handler',
      Role: 'arn:aws:iam::000000000000:role/worker',
      Code: { ZipFile: readFileSync(zip) },
      // So near to its limit that each call does one page, as on a machine where a page takes long.
      Timeout: 60,
      Environment: {
        Variables: {
          ...environment,
          DYING: DYING.join(),
          DYING_AFTER: '20',
          DYING_FOLDER: folder,
        },
      },
    }),
  );
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name: `seal-${randomUUID()}`,
      definition: read('state-machine.json').replace(/\$\{WorkerFunction\}/, FunctionName),
      roleArn: 'arn:aws:iam::000000000000:role/seal-table',
    }),
  );
  const segments = Array.from({ length: TOTAL_SEGMENTS }, (_, segment) => ({
    segment,
    totalSegments: TOTAL_SEGMENTS,
  }));
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify({ segments }) }),
  );

  // Others count visits meanwhile, of items in plaintext and of sealed ones.
  const visits = new Map();
  const reads = { plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' };
  const tables = { [TableName]: { ...table(), ...reads } };
  const writer = world.client();
  let execution;
  do {
    const id = `c-${Math.floor(Math.random() * ITEMS)}`;
    const visit = (item) => ({ ...item, visits: { N: String(Number(item.visits.N) + 1) } });
    await updateItem(writer, { TableName, Key: { customer_id: { S: id } } }, visit, { tables });
    visits.set(id, (visits.get(id) ?? 0) + 1);
    execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  } while (execution.status === 'RUNNING');
  for (const client of [lambda, sfn]) client.destroy();

  assert.equal(execution.status, 'SUCCEEDED', execution.cause);
  for (const segment of DYING) assert.ok(existsSync(join(folder, `died-${segment}`)), `${segment}`);
  const states = await segmentsOf(CheckpointTable);
  assert.equal(states.size, TOTAL_SEGMENTS);
  for (const [, { sealed, owner }] of states)
    assert.deepEqual([sealed?.BOOL, owner], [true, undefined]);
  assert.ok(visits.size > 0);
  await assertSealed(TableName, ITEMS, visits);
});

describe('containers', () => {
  /** Starts a worker; `exited` is its code or signal. */
  function start(environment) {
    const child = spawn(process.execPath, [join(folder, 'container.mjs')], {
      env: {
        PATH: process.env.PATH,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const worker = { child, output: '', errors: '' };
    child.stdout.on('data', (data) => (worker.output += data));
    child.stderr.on('data', (data) => (worker.errors += data));
    worker.exited = new Promise((resolve) =>
      child.once('close', (code, signal) => resolve(signal ?? code)),
    );
    return worker;
  }

  test('an AWS Batch array job: one for each index, another one for one that is killed', async () => {
    const count = 300;
    const { TableName, environment } = await makeTables(count);
    const batch = (index) =>
      start({ ...environment, TOTAL_SEGMENTS: '2', AWS_BATCH_JOB_ARRAY_INDEX: String(index) });
    const [first, second] = [batch(0), batch(1)];
    // In the middle of its work: it has the segment.
    await until('sealed items', async () => (await sealedOf(TableName)) > 10);
    first.child.kill('SIGKILL');
    assert.equal(await first.exited, 'SIGKILL');
    const again = batch(0);
    assert.deepEqual(
      [await second.exited, await again.exited],
      [0, 0],
      second.errors + again.errors,
    );
    await assertSealed(TableName, count);
  });

  test('a Kubernetes Indexed Job: a pod that is to end stops after its page, and one in its place goes on', async () => {
    const count = 300; // two pages
    const { TableName, CheckpointTable, environment } = await makeTables(count);
    const pod = () => start({ ...environment, TOTAL_SEGMENTS: '1', JOB_COMPLETION_INDEX: '0' });
    const first = pod();
    await until('an owner', async () => (await segmentsOf(CheckpointTable)).get(0)?.owner);
    first.child.kill('SIGTERM');
    assert.equal(await first.exited, 75, first.errors);
    const left = (await segmentsOf(CheckpointTable)).get(0);
    assert.deepEqual([left.owner, left.sealed], [undefined, undefined]);
    assert.ok(left.checkpoint);
    const second = pod();
    assert.equal(await second.exited, 0, second.errors);
    await assertSealed(TableName, count);
  });

  test('two workers on one segment: one works, and the other waits and finds it done', async () => {
    const count = 100;
    const { TableName, environment } = await makeTables(count);
    const pod = { ...environment, LEASE_SECONDS: '600', TOTAL_SEGMENTS: '1' };
    const pods = [1, 2].map(() => start({ ...pod, JOB_COMPLETION_INDEX: '0' }));
    for (const pod of pods) assert.equal(await pod.exited, 0, pod.errors);
    assert.equal(pods.filter(({ output }) => output !== '').length, 1);
    await assertSealed(TableName, count);
  });

  test('a worker that is held up for longer than its lease stops, and spoils nothing', async () => {
    const count = 100;
    const { TableName, CheckpointTable, environment } = await makeTables(count);
    const pod = () => start({ ...environment, TOTAL_SEGMENTS: '1', JOB_COMPLETION_INDEX: '0' });
    const slow = pod();
    await until('sealed items', async () => (await sealedOf(TableName)) > 10);
    slow.child.kill('SIGSTOP');
    const { owner } = (await segmentsOf(CheckpointTable)).get(0);
    const next = pod();
    assert.equal(await next.exited, 0, next.errors);
    const before = (await segmentsOf(CheckpointTable)).get(0);
    assert.notDeepEqual(before.owner, owner);
    slow.child.kill('SIGCONT');
    assert.equal(await slow.exited, 0, slow.errors);
    assert.deepEqual((await segmentsOf(CheckpointTable)).get(0), before);
    await assertSealed(TableName, count);
  });

  test('an index that is none, or beyond the segments, is refused', async () => {
    const { environment } = await makeTables(0);
    for (const index of [{}, { JOB_COMPLETION_INDEX: '1' }, { JOB_COMPLETION_INDEX: 'x' }]) {
      const worker = start({ ...environment, TOTAL_SEGMENTS: '1', ...index });
      assert.equal(await worker.exited, 1);
      assert.match(worker.errors, /must be below TOTAL_SEGMENTS/);
    }
  });
});
