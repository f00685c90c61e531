// A file that is never whole in memory: sealed and opened as streams, in the message format of the
// AWS Encryption SDK. Any of its implementations opens file.sealed.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';

import {
  awsKmsKeyring,
  EncryptionClient,
  inspect,
  KmsClient,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js'; // users write 'fieldseal/testing'

const folder = mkdtempSync(join(tmpdir(), 'fieldseal-'));
const path = (name) => join(folder, name);
const dev = await startDevKms();
try {
  await writeFile(path('file'), randomBytes(3_000_000));
  const kms = new KmsClient({ endpoint: dev.url, region: dev.region });
  const keyring = awsKmsKeyring({ kms, generatorKeyId: (await dev.createKey()).arn });
  const client = new EncryptionClient();
  const encryptionContext = { document: 'scan-17', tenant: 'clinic' };

  const pipe = (from, transform, to) =>
    Readable.toWeb(createReadStream(path(from)))
      .pipeThrough(transform)
      .pipeTo(Writable.toWeb(createWriteStream(path(to))));

  await pipe('file', client.encryptStream({ keyring, encryptionContext }), 'file.sealed');

  // What the sealed file says of itself, to anyone; its beginning is enough.
  const start = new Uint8Array(2048);
  const sealed = await open(path('file.sealed'));
  await sealed.read(start);
  await sealed.close();
  const { algorithmSuite, storedEncryptionContext } = inspect(start);
  assert.equal(storedEncryptionContext.document, 'scan-17');

  // The context that is given must be the file's, so that nobody can put another file in its place.
  const opening = client.decryptStream({ keyring, encryptionContext });
  await pipe('file.sealed', opening, 'file.opened');
  assert.equal((await opening.header).encryptionContext.tenant, 'clinic');
  assert.deepEqual(await readFile(path('file.opened')), await readFile(path('file')));
  await assert.rejects(
    pipe(
      'file.sealed',
      client.decryptStream({ keyring, encryptionContext: { document: 'scan-18' } }),
      'no',
    ),
    { code: 'ENCRYPTION_CONTEXT_MISMATCH' },
  );

  // One changed byte. What came out before it is part of the file; remove it, as you would a partial download.
  const file = await open(path('file.sealed'), 'r+');
  const { buffer } = await file.read({ buffer: new Uint8Array(1), position: 2_000_000 });
  await file.write(Uint8Array.of(buffer[0] ^ 1), 0, 1, 2_000_000);
  await file.close();
  await assert.rejects(pipe('file.sealed', client.decryptStream({ keyring }), 'no'), {
    code: 'FRAME_TAG_MISMATCH',
  });

  console.log(
    `file-stream: 3 MB sealed with suite ${algorithmSuite}, ${dev.countCalls()} KMS calls in all`,
  );
} finally {
  await dev.close();
  rmSync(folder, { recursive: true });
}
