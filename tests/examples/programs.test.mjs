// The examples and the demo as a user runs them: whole programs, their output and their exit codes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startDevKms } from '../../pkg/testing/index.js';

const examples = new URL('../../examples/', import.meta.url);

/** Runs a program without a terminal; answers its exit code and what it wrote. */
function run(program, { env = {}, onOutput } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL(program, examples))], {
      env: { ...withoutAws(), ...QUIET, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
      onOutput?.(stdout, child);
    });
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** AWS's SDK warns of Node 20 on the standard error stream. */
const QUIET = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** The machine's own AWS settings have no place here. */
function withoutAws() {
  const entries = Object.entries(process.env);
  return Object.fromEntries(
    entries.filter(([name]) => !/^(AWS_|KMS_|DYNAMODB_|PKCS11_|PORT$)/.test(name)),
  );
}

const PROGRAMS = [
  'browser-form',
  'forms-frameworks',
  'isolated-field',
  'node-dynamodb',
  'public-key-file',
  'file-stream',
  // Needs softhsm2 and opensc: `make softhsm`.
  'keyrings/pkcs11',
];
for (const name of PROGRAMS) {
  test(`${name} ends well`, async () => {
    const { code, stdout, stderr } = await run(`${name}/main.mjs`);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`${name}: `));
  });
}

test('node-dynamodb takes another KMS, and signs', async () => {
  const accessKeyId = 'AKIDEXAMPLE';
  const secretAccessKey = 'a-secret-of-the-tests';
  const kms = await startDevKms({
    region: 'eu-west-1',
    credentials: [{ accessKeyId, secretAccessKey }],
  });
  try {
    const { arn } = await kms.createKey();
    const env = { KMS_ENDPOINT: kms.url, KMS_KEY_ARN: arn, AWS_REGION: 'eu-west-1' };
    const signing = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const { code, stdout } = await run('node-dynamodb/main.mjs', { env: { ...env, ...signing } });
    assert.equal(code, 0);
    assert.ok(stdout.includes(arn));
    assert.deepEqual(
      kms.calls.map((call) => call.operation),
      ['GenerateDataKey', 'Decrypt'],
    );
    const unsigned = await run('node-dynamodb/main.mjs', { env });
    assert.notEqual(unsigned.code, 0);
    assert.match(unsigned.stderr, /KMS_CREDENTIALS/);
  } finally {
    await kms.close();
  }
});

test('node-dynamodb fails when its KMS fails', async () => {
  const kms = await startDevKms();
  try {
    const { arn } = await kms.createKey();
    kms.faults.failNext(1, 400, { operation: 'Decrypt', errorName: 'AccessDeniedException' });
    const env = { KMS_ENDPOINT: kms.url, KMS_KEY_ARN: arn, AWS_REGION: kms.region };
    const { code, stderr } = await run('node-dynamodb/main.mjs', { env });
    assert.notEqual(code, 0);
    assert.match(stderr, /KMS_ACCESS_DENIED/);
  } finally {
    await kms.close();
  }
});

test('the demo without a terminal prints its steps and ends', async () => {
  const { code, stdout, stderr } = await run('demo/demo.mjs');
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.ok(!stdout.includes('\x1b'), 'no colour without a terminal');
  assert.match(stdout, /KMS calls while sealing: 0\n/);
  assert.match(stdout, /KMS calls: 1 \(Decrypt\)\n/);
  for (const refusal of ['SIGNATURE_MISMATCH', 'KEYRING_NOT_MINE', 'KMS_INVALID_CIPHERTEXT']) {
    assert.match(stdout, new RegExp(`refused {2}.*\\b${refusal}\\b.*\\n`));
  }
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `over 80 columns: ${line}`);
  assert.match(stdout, /What to do next\n(   \S.*\n)+$/);
  const [, before] = /Seal a customer record\n(.*?)\n\n/s.exec(stdout);
  const [, seen] = /What a database administrator sees\n(.*?)\n\n/s.exec(stdout);
  const [, opened] = /What the key holder sees\n(.*?)\n\n/s.exec(stdout);
  for (const secret of [
    'Ada Lovelace',
    '219-09-9999',
    '4111 1111',
    'London',
    'founder',
    '12500.5',
  ]) {
    assert.ok(before.includes(secret), `${secret} is not shown before it is sealed`);
    assert.ok(!seen.includes(secret), `${secret} is shown to the administrator`);
    assert.ok(opened.includes(secret), `${secret} is not shown to the key holder`);
  }
  await assert.rejects(fetch(/http:\/\/127\.0\.0\.1:\d+\/(?=\n)/.exec(stdout)[0]));
});

test('the demo refuses a port that is no port, or is taken', async () => {
  const wrong = await run('demo/demo.mjs', { env: { PORT: '99999' } });
  assert.equal(wrong.code, 1);
  assert.equal(wrong.stderr, "demo: PORT must be a number from 0 to 65535, not '99999'\n");
  const other = createServer();
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = other.address();
    const taken = await run('demo/demo.mjs', { env: { PORT: String(port) } });
    assert.equal(taken.code, 1);
    assert.equal(taken.stderr, `demo: port ${port} is in use: set PORT to another one\n`);
  } finally {
    other.close();
  }
});

test('the demo can be interrupted in the middle of a step', async () => {
  let sent = false;
  const { code } = await run('demo/demo.mjs', {
    onOutput(text, child) {
      if (sent || !text.includes('1  Create a key')) return;
      sent = true;
      child.kill('SIGINT');
    },
  });
  assert.equal(code, 130);
});
