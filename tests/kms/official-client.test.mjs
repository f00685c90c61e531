// AWS's own JavaScript client, @aws-crypto/client-node, as a peer for messages: what one side
// sealed, the other opens; raw AES, raw RSA and KMS keys (on the development KMS), whole messages
// and streams.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';

import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getClient,
  KMS,
  KmsKeyringNode,
  MultiKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  RawRsaKeyringNode,
} from '@aws-crypto/client-node';
import {
  awsKmsKeyring,
  EncryptionClient,
  FieldsealError,
  inspect,
  multiKeyring,
  rawAesKeyring,
  rawRsaKeyring,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { throughStream } from '../support/esdk.mjs';
import { clientOf } from './support.mjs';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const SUITES = {
  '0014': 'ALG_AES128_GCM_IV12_TAG16',
  '0046': 'ALG_AES192_GCM_IV12_TAG16',
  '0078': 'ALG_AES256_GCM_IV12_TAG16',
  '0114': 'ALG_AES128_GCM_IV12_TAG16_HKDF_SHA256',
  '0146': 'ALG_AES192_GCM_IV12_TAG16_HKDF_SHA256',
  '0178': 'ALG_AES256_GCM_IV12_TAG16_HKDF_SHA256',
  '0214': 'ALG_AES128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256',
  '0346': 'ALG_AES192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384',
  '0378': 'ALG_AES256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384',
  '0478': 'ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY',
  '0578': 'ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384',
};
const CONTEXT = { tenant: 'A', é: '漢😀' };
const names = { keyNamespace: 'ns', keyName: 'key é' };
const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const OAEP = { OAEP_SHA1_MGF1: 'sha1', OAEP_SHA256_MGF1: 'sha256', OAEP_SHA512_MGF1: 'sha512' };

let dev;
/** Pairs of keyrings for the same keys, by name; each call makes new ones. */
const KEYRINGS = {};

function aesPair(length) {
  const key = randomBytes(length);
  const ids = RawAesWrappingSuiteIdentifier;
  return () => ({
    ours: rawAesKeyring({ ...names, wrappingKey: key }),
    theirs: new RawAesKeyringNode({
      keyNamespace: names.keyNamespace,
      keyName: names.keyName,
      // It takes no view of something larger.
      unencryptedMasterKey: Uint8Array.from(key),
      // Without it, it sorts contexts by the reader's language, which no other library does.
      utf8Sorting: true,
      wrappingSuite: ids[`AES${8 * length}_GCM_IV12_TAG16_NO_PADDING`],
    }),
  });
}

before(async () => {
  dev = await startDevKms({ credentials: [CREDENTIALS] });
  const kms = clientOf(dev, { credentials: CREDENTIALS });
  const [first, second] = [await dev.createKey(), await dev.createKey()];
  const clientProvider = getClient(KMS, { endpoint: dev.url, credentials: CREDENTIALS });
  for (const length of [16, 24, 32]) KEYRINGS[`raw AES, ${length} bytes`] = aesPair(length);
  for (const [paddingScheme, oaepHash] of Object.entries(OAEP)) {
    KEYRINGS[`raw RSA ${paddingScheme}`] = () => ({
      ours: rawRsaKeyring({ ...names, paddingScheme, ...rsa }),
      theirs: new RawRsaKeyringNode({ ...names, rsaKey: rsa, oaepHash }),
    });
  }
  KEYRINGS.KMS = () => ({
    ours: awsKmsKeyring({ kms, generatorKeyId: first.arn, keyIds: [second.arn] }),
    theirs: new KmsKeyringNode({
      clientProvider,
      generatorKeyId: first.arn,
      keyIds: [second.arn],
    }),
  });
  const aes = aesPair(32);
  KEYRINGS['multi: AES, RSA'] = () => {
    const [one, other] = [aes(), KEYRINGS['raw RSA OAEP_SHA256_MGF1']()];
    return {
      ours: multiKeyring({ generator: one.ours, children: [other.ours] }),
      theirs: new MultiKeyringNode({ generator: one.theirs, children: [other.theirs] }),
    };
  };
});
after(() => dev.close());

const isCommitting = (suite) => suite === '0478' || suite === '0578';
function clientsFor(suite) {
  const policy = isCommitting(suite)
    ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT'
    : 'FORBID_ENCRYPT_ALLOW_DECRYPT';
  return {
    ours: new EncryptionClient({ commitmentPolicy: policy }),
    theirs: buildClient(CommitmentPolicy[policy]),
  };
}

async function bothWays(suite, makeKeyrings, plaintext, frameLength, asStreams = false) {
  const { ours, theirs } = clientsFor(suite);
  const algorithmSuite = suite;
  const suiteId = AlgorithmSuiteIdentifier[SUITES[suite]];
  assert.equal(suiteId, Number.parseInt(suite, 16));
  const keyrings = makeKeyrings();
  const options = {
    keyring: keyrings.ours,
    encryptionContext: CONTEXT,
    algorithmSuite,
    frameLength,
  };
  const their = { encryptionContext: CONTEXT, suiteId, frameLength };

  const byUs = asStreams
    ? await throughStream(ours.encryptStream(options), plaintext, 10_000)
    : (await ours.encrypt(plaintext, options)).ciphertext;
  let byThem;
  if (asStreams) {
    byThem = await throughNode(theirs.encryptStream(keyrings.theirs, their), plaintext);
  } else {
    byThem = (await theirs.encrypt(keyrings.theirs, plaintext, their)).result;
  }

  // They open both, we open both: the third and fourth way show which side is wrong.
  for (const [maker, message] of Object.entries({ us: byUs, them: byThem })) {
    const about = `${suite}, sealed by ${maker}`;
    const header = inspect(message);
    assert.equal(header.algorithmSuite, suite, about);
    assert.equal(header.frameLength, frameLength, about);
    if (asStreams) {
      const out = await throughNode(theirs.decryptStream(keyrings.theirs), message);
      assert.ok(out.equals(plaintext), about);
      const stream = ours.decryptStream({ keyring: keyrings.ours });
      assert.ok(plaintext.equals(await throughStream(stream, message, 9_999)), about);
    } else {
      const { plaintext: out, messageHeader } = await theirs.decrypt(keyrings.theirs, message);
      assert.ok(out.equals(plaintext), about);
      const opened = await ours.decrypt(message, { keyring: keyrings.ours });
      assert.ok(plaintext.equals(opened.plaintext), about);
      assert.deepEqual(opened.header.encryptionContext, { ...messageHeader.encryptionContext });
    }
  }
  return { byUs, byThem };
}

/** Through a stream of theirs, which has the methods of Node's first streams only. */
function throughNode(stream, bytes) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
    Readable.from(slices(bytes, 9_999)).pipe(stream);
  });
}

function* slices(bytes, length) {
  for (let at = 0; at < bytes.length; at += length) {
    yield Buffer.from(bytes.subarray(at, at + length));
  }
}

for (const suite of Object.keys(SUITES)) {
  test(`suite ${suite}, frames of several lengths, both ways`, async () => {
    const makeKeyrings = KEYRINGS['raw AES, 32 bytes'];
    for (const frameLength of [1, 16, 100, 4096]) {
      for (const length of [0, 1, frameLength, 3 * frameLength + 1]) {
        await bothWays(suite, makeKeyrings, randomBytes(Math.min(length, 9000)), frameLength);
      }
    }
  });
}

test('each keyring, both ways, committing and not, signing and not', async () => {
  for (const [name, makeKeyrings] of Object.entries(KEYRINGS)) {
    for (const suite of ['0114', '0378', '0478', '0578']) {
      const { byUs, byThem } = await bothWays(suite, makeKeyrings, randomBytes(1000), 256);
      const owners = (message) =>
        inspect(message).encryptedDataKeys.map(({ keyProviderId, keyProviderInfo }) => [
          keyProviderId,
          // The IV of raw AES is another each time.
          Buffer.from(keyProviderInfo).toString('latin1').slice(0, 8),
        ]);
      assert.deepEqual(owners(byUs), owners(byThem), name);
    }
  }
});

test('streams against streams', async () => {
  for (const suite of ['0014', '0214', '0478', '0578']) {
    for (const name of ['raw AES, 32 bytes', 'raw RSA OAEP_SHA256_MGF1', 'KMS']) {
      for (const frameLength of [1000, 65_536]) {
        await bothWays(suite, KEYRINGS[name], randomBytes(300_001), frameLength, true);
      }
    }
  }
});

test('the same verdict on damaged messages', async () => {
  const { ours: keyring, theirs } = KEYRINGS['raw AES, 32 bytes']();
  let refusals = 0;
  for (const suite of ['0178', '0478', '0578']) {
    const clients = clientsFor(suite);
    const options = { keyring, encryptionContext: CONTEXT, algorithmSuite: suite, frameLength: 20 };
    const { ciphertext } = await clients.ours.encrypt(randomBytes(50), options);
    for (let at = 0; at < ciphertext.length; at += 5) {
      const message = Buffer.from(ciphertext);
      message[at] ^= 1 << (at & 7);
      await assert.rejects(
        clients.ours.decrypt(message, { keyring }),
        FieldsealError,
        `byte ${at}`,
      );
      await assert.rejects(clients.theirs.decrypt(theirs, message), undefined, `byte ${at}`);
      refusals++;
    }
  }
  console.log(`${refusals} damaged messages refused by both`);

  assert.ok(refusals > 200);
});
