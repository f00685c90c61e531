// Seals many items at once with a KMS that takes requests and never answers them, or begins to and stops, while
// garbage is collected. Prints how they ended, when the last did, and how many descriptors were open at most.
//
//   node --expose-gc tests/load/silent.mjs <operations> <milliseconds for an attempt>

import { createServer } from 'node:http';

import { ItemEncryptor, KmsClient, awsKmsKeyring } from '../../pkg/entrypoints/index.js';
import { watchDescriptors } from './descriptors.mjs';

const [total, timeoutMs] = process.argv.slice(2).map(Number);
const maxAttempts = 2;

let requests = 0;
const server = createServer((request, response) => {
  request.resume();
  if (requests++ % 2 === 0) response.writeHead(200).write('{');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const kms = new KmsClient({
  endpoint: `http://127.0.0.1:${server.address().port}`,
  timeoutMs,
  maxAttempts,
});
const generatorKeyId =
  'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const encryptor = new ItemEncryptor({
  logicalTableName: 'table',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', name: 'ENCRYPT_AND_SIGN' },
  // Without signatures: what is waited for is KMS.
  algorithmSuite: '6700',
  keyring: awsKmsKeyring({ kms, generatorKeyId }),
});

const descriptors = watchDescriptors();
const collecting = setInterval(globalThis.gc, 500);
const ends = {};
let slowestMs = 0;
await Promise.all(
  Array.from({ length: total }, async (_, i) => {
    const started = performance.now();
    let end = 'OK';
    try {
      await encryptor.encryptItem({ id: { S: `${i}` }, name: { S: 'name' } });
    } catch ({ code }) {
      end = code;
    }
    ends[end] = (ends[end] ?? 0) + 1;
    slowestMs = Math.max(slowestMs, performance.now() - started);
  }),
);
clearInterval(collecting);
console.log(
  JSON.stringify({
    ends,
    requests,
    limitMs: timeoutMs * maxAttempts,
    slowestMs: Math.round(slowestMs),
    descriptors: descriptors.most(),
  }),
);
process.exit();
