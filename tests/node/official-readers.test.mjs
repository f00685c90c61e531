// Messages as they are by default, long ones: AWS's library for Node opens them, whole and as a stream, and refuses what was changed.

import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, test } from 'node:test';

import {
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node';

import { EncryptionClient, rawAesKeyring } from '../../pkg/entrypoints/index.js';

const FRAME = 65_536;
const names = { keyNamespace: 'namespace', keyName: 'name' };
const wrappingKey = new Uint8Array(32).fill(5);
const keyring = rawAesKeyring({ ...names, wrappingKey });
const client = new EncryptionClient();

const official = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const theirs = new RawAesKeyringNode({
  ...names,
  unencryptedMasterKey: wrappingKey,
  wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
});

/** The plaintext of a stream of the official library; `chunk` is how much it is given at once. */
async function streamed(ciphertext, chunk) {
  const pieces = [];
  for (let at = 0; at < ciphertext.length; at += chunk)
    pieces.push(Buffer.from(ciphertext.subarray(at, at + chunk)));
  const opened = [];
  const collect = new Writable({
    write(piece, _, done) {
      opened.push(piece);
      done();
    },
  });
  await pipeline(Readable.from(pieces), official.decryptStream(theirs), collect);
  return Buffer.concat(opened);
}

for (const algorithmSuite of ['0478', '0578']) {
  describe(`suite ${algorithmSuite}`, () => {
    const seal = (plaintext) => client.encrypt(plaintext, { keyring, algorithmSuite });

    for (const length of [0, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 5 * FRAME + 7]) {
      test(`${length} bytes`, async () => {
        const plaintext = Buffer.alloc(length, 'fieldseal');
        const { ciphertext, header } = await seal(plaintext);
        assert.equal(header.frameLength, FRAME);
        const { plaintext: whole, messageHeader } = await official.decrypt(theirs, ciphertext);
        assert.equal(messageHeader.frameLength, FRAME);
        assert.ok(plaintext.equals(whole));
        assert.ok(plaintext.equals(await streamed(ciphertext, 10_000)));
      });
    }

    test('a bit of each frame, and the end that is missing: refused', async () => {
      const { ciphertext } = await seal(Buffer.alloc(2 * FRAME + 1));
      for (const at of [1000, FRAME + 1000, ciphertext.length - 200]) {
        const changed = ciphertext.slice();
        changed[at] ^= 1;
        await assert.rejects(official.decrypt(theirs, changed), `${at}`);
      }
      await assert.rejects(official.decrypt(theirs, ciphertext.subarray(0, -1)));
    });
  });
}
