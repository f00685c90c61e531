// The main job in a terminal: seal a customer record with nothing but a public key, look at it as a
// database administrator and as the key holder, try to cheat, and serve the form page.

import assert from 'node:assert/strict';

import {
  awsKmsRsaKeyring,
  FieldsealError,
  inspect,
  ItemEncryptor,
} from '../../pkg/entrypoints/index.js';
import { KmsClient, toAttributeMap } from '../../pkg/entrypoints/index.js'; // users write 'fieldseal'
import { startDevKms } from '../../pkg/testing/index.js';
import { startServer } from './server.mjs';
import { rootOf } from './service.mjs';
import { actionOf, table } from './table.js';
import { bold, dim, good, heading, line, plain, progress, step, warn } from './terminal.mjs';

// Ctrl-C ends the demo at any moment; while the page is served, that is how it succeeds.
let stop = () => process.exit(130);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop());

const port = portOf(process.env.PORT);
const kms = await startDevKms();
let server;
try {
  heading('fieldseal: field-level encryption with a public key');
  line(dim(`A KMS for development runs at ${kms.url}; it ends with this demo.`));
  const key = await createKey();
  const { publicKey, keyId } = await downloadKey(key);
  const sealed = await seal(keyId, publicKey);
  showAsAdministrator(sealed);
  await openAsKeyHolder(keyId, sealed);
  await cheat(keyId, sealed);
  await servePage(keyId);
  showNext();
} finally {
  await server?.close();
  await kms.close();
}

async function createKey() {
  step('Create a key', 'The private half is made in KMS and never leaves it.');
  const key = await progress('RSA_3072 key pair', () => kms.createKey({ keySpec: 'RSA_3072' }));
  line(key.arn);
  return key;
}

async function downloadKey({ arn }) {
  step('Download its public key', 'All that whoever seals ever needs.');
  kms.clearCalls();
  const client = new KmsClient({ endpoint: kms.url, region: kms.region });
  const { keyId, publicKeyPem, fingerprint } = await client.getPublicKey({ keyId: arn });
  line(`SHA-256  ${fingerprint}`);
  showCalls('KMS calls');
  return { keyId, publicKey: publicKeyPem };
}

function customer() {
  return {
    customer_id: 'c-1001',
    created_at: '2025-03-01T09:30:00Z',
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    ssn: '219-09-9999',
    card: '4111 1111 1111 1111',
    notes: 'Met at the analytical engine.',
    address: { street: '12 St James Square', city: 'London', lines: [1, 2] },
    tags: new Set(['vip', 'founder']),
    credit_limit: 12500.5,
    ':visits': 7,
  };
}

async function seal(kmsKeyId, publicKey) {
  step('Seal a customer record', 'Offline: a key id, a public key, no credentials.');
  showRecord(customer());
  kms.clearCalls();
  const items = new ItemEncryptor({ ...table, keyring: awsKmsRsaKeyring({ kmsKeyId, publicKey }) });
  const { document } = await items.encryptDocument(customer());
  showCalls('KMS calls while sealing', 0);
  return document;
}

function showAsAdministrator(row) {
  step(
    'What a database administrator sees',
    'Sealed attributes are noise, readable ones stay searchable.',
  );
  const forms = {
    sealed: good('sealed'),
    signed: plain('readable, signed'),
    open: plain('readable, unsigned'),
    format: dim('seal'),
  };
  for (const [name, value] of Object.entries(row)) {
    const isBytes = value instanceof Uint8Array;
    const shown = isBytes ? dim(hexOf(value)) : String(value);
    line(`${name.padEnd(13)} ${forms[actionOf(name)].padded(19)} ${shown}`);
  }
  const text = Buffer.concat(Object.values(row).filter((value) => value instanceof Uint8Array));
  for (const secret of ['Ada Lovelace', '219-09-9999', '4111 1111', 'London', 'founder']) {
    assert.ok(!text.includes(secret), `'${secret}' is readable in the row`);
  }
}

async function openAsKeyHolder(kmsKeyId, row) {
  step('What the key holder sees', 'KMS unwraps one data key for the whole record.');
  kms.clearCalls();
  const { document } = await encryptorOf(kmsKeyId).decryptDocument(row);
  assert.deepEqual(document, customer());
  showRecord(document);
  showCalls('KMS calls');
}

function showRecord(record) {
  for (const [name, value] of Object.entries(record)) {
    line(`${name.padEnd(13)} ${textOf(value)}`);
  }
}

async function cheat(kmsKeyId, row) {
  step('Cheating is refused', 'Each try ends in an error with a stable code.');
  const holder = encryptorOf(kmsKeyId);
  const flipped = { ...row, ssn: row.ssn.map((byte, i) => (i === 2 ? byte ^ 1 : byte)) };
  await refused('one byte of ssn flipped', 'SIGNATURE_MISMATCH', () =>
    holder.decryptDocument(flipped),
  );
  const moved = { ...row, customer_id: 'c-2002' };
  await refused("copied to customer c-2002's row", 'WRAPPED_KEY_MISMATCH', () =>
    holder.decryptDocument(moved),
  );
  const other = await progress('another RSA_3072 key', () =>
    kms.createKey({ keySpec: 'RSA_3072' }),
  );
  await refused('opened by the holder of another key', 'KEYRING_NOT_MINE', () =>
    encryptorOf(other.arn).decryptDocument(row),
  );
  // The refusal above goes by the key's name; this one by its mathematics.
  const [dataKey] = inspect(toAttributeMap(row)).encryptedDataKeys;
  await refused('its data key given to the other key', 'KMS_INVALID_CIPHERTEXT', () =>
    client().decrypt({
      keyId: other.arn,
      ciphertextBlob: dataKey.ciphertext,
      encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    }),
  );
}

async function servePage(keyId) {
  step('The form page', 'It seals what you type; a Node backend opens it through KMS.');
  try {
    server = await startServer({ endpoint: kms.url, region: kms.region, keyId, port });
  } catch (error) {
    if (error.code === 'EADDRINUSE') fail(`port ${port} is in use: set PORT to another one`);
    throw error;
  }
  assert.equal((await fetch(server.url)).status, 200);
  line(bold(server.url));
  if (!process.stdout.isTTY) {
    line(dim('No terminal, so the page ends here: run `make demo` in one to use it.'));
    return;
  }
  line('Open it in a browser: type, send, open as key holder, flip one byte.');
  line(dim('Ctrl-C ends the demo.'));
  await new Promise((resolve) => (stop = resolve));
  process.stdout.write('\n');
  line('Stopped: the keys and rows of this demo are gone.');
}

function showNext() {
  step('What to do next', 'From here to a form, a table or a file of your own.');
  line('npm install fieldseal');
  line('docs/forms.md             forms that seal themselves');
  line('docs/dynamodb.md          tables of DynamoDB, encrypted');
  line('docs/keys-and-iam.md      keys in KMS, and who may use them');
  line('examples/README.md        complete programs to start from');
}

function client() {
  return new KmsClient({ endpoint: kms.url, region: kms.region });
}

function encryptorOf(kmsKeyId) {
  return new ItemEncryptor({ ...table, keyring: awsKmsRsaKeyring({ kmsKeyId, kms: client() }) });
}

async function refused(what, code, attempt) {
  let error;
  try {
    await attempt();
  } catch (caught) {
    error = caught;
  }
  if (error && !(error instanceof FieldsealError)) throw error;
  assert.ok(error, `${what}: was accepted`);
  assert.equal(rootOf(error).code, code, what);
  line(`${what.padEnd(37)} ${warn('refused')}  ${code}`);
}

function showCalls(what, expected) {
  const operations = kms.calls.map((call) => call.operation);
  if (expected !== undefined) assert.equal(operations.length, expected, what);
  const names = operations.length === 0 ? '' : ` (${operations.join(', ')})`;
  line(good(`${what}: ${operations.length}${names}`));
}

function hexOf(bytes) {
  const shown = Buffer.from(bytes.subarray(0, 10)).toString('hex').replace(/../g, '$& ');
  return `${shown}${bytes.length > 10 ? '… ' : ''}(${bytes.length} bytes)`;
}

function textOf(value) {
  if (value instanceof Set) return `{ ${[...value].join(', ')} }`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function portOf(text = '0') {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  return fail(`PORT must be a number from 0 to 65535, not '${text}'`);
}

function fail(reason) {
  console.error(`demo: ${reason}`);
  process.exit(1);
}
