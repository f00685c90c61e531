import assert from 'node:assert/strict';
import {
  constants,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  DeriveSharedSecretCommand,
  DisableKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { createHmac } from 'node:crypto';
import { startDevKms } from '../../pkg/testing/index.js';
import { bytes, client, refused } from './support.mjs';

let kms;
let aws;
const keys = {};
before(async () => {
  kms = await startDevKms();
  aws = client(kms);
  for (const keySpec of [
    'RSA_2048',
    'ECC_NIST_P256',
    'ECC_NIST_P384',
    'ECC_NIST_P521',
    'ECC_SECG_P256K1',
  ]) {
    keys[keySpec] = await kms.createKey({ keySpec, keyUsage: 'SIGN_VERIFY' });
  }
  // A modulus whose length is no multiple of 16 bits would be a different path; 3072 is one that
  // KMS has besides 2048.
  keys.RSA_3072 = await kms.createKey({ keySpec: 'RSA_3072', keyUsage: 'SIGN_VERIFY' });
});
after(async () => {
  aws.destroy();
  await kms.close();
});

const sign = (input) => aws.send(new SignCommand(input));
const verify = (input) => aws.send(new VerifyCommand(input));
const digestOf = (algorithm, message) =>
  createHash(`sha${algorithm.slice(-3)}`)
    .update(message)
    .digest();

/** What somebody without KMS would do with the public key. */
function verifyOffline(key, algorithm, message, signature) {
  const options = algorithm.startsWith('RSASSA_PSS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  return nodeVerify(
    `sha${algorithm.slice(-3)}`,
    message,
    { key: key.publicKeyPem, ...options },
    signature,
  );
}

const combinations = [
  ...['RSA_2048', 'RSA_3072'].flatMap((spec) =>
    ['PKCS1_V1_5', 'PSS'].flatMap((p) =>
      [256, 384, 512].map((b) => [spec, `RSASSA_${p}_SHA_${b}`]),
    ),
  ),
  ['ECC_NIST_P256', 'ECDSA_SHA_256'],
  ['ECC_NIST_P384', 'ECDSA_SHA_384'],
  ['ECC_NIST_P521', 'ECDSA_SHA_512'],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256'],
];

describe('Sign and Verify', () => {
  const message = bytes('a message to sign');
  for (const [spec, SigningAlgorithm] of combinations) {
    test(`${spec} ${SigningAlgorithm}: RAW and DIGEST are the same signature scheme`, async () => {
      const { arn: KeyId } = keys[spec];
      const digest = digestOf(SigningAlgorithm, message);
      const forms = [
        { Message: message, MessageType: 'RAW' },
        { Message: digest, MessageType: 'DIGEST' },
        { Message: message },
      ];
      for (const form of forms) {
        const signed = await sign({ KeyId, SigningAlgorithm, ...form });
        assert.equal(signed.KeyId, KeyId);
        assert.equal(signed.SigningAlgorithm, SigningAlgorithm);
        assert.ok(verifyOffline(keys[spec], SigningAlgorithm, message, signed.Signature));
        for (const check of forms) {
          const { Signature } = signed;
          const verified = await verify({ KeyId, SigningAlgorithm, Signature, ...check });
          assert.equal(verified.SignatureValid, true);
          assert.equal(verified.KeyId, KeyId);
        }
      }
    });

    test(`${spec} ${SigningAlgorithm}: no other message, signature or key will do`, async () => {
      const { arn: KeyId } = keys[spec];
      const digest = digestOf(SigningAlgorithm, message);
      const { Signature } = await sign({ KeyId, SigningAlgorithm, Message: message });
      const bad = 'KMSInvalidSignatureException';
      const input = { KeyId, SigningAlgorithm, Signature };
      await refused(verify({ ...input, Message: bytes('another message') }), bad);
      const otherDigest = digestOf(SigningAlgorithm, 'another message');
      await refused(verify({ ...input, Message: otherDigest, MessageType: 'DIGEST' }), bad);
      for (let at = 0; at < Signature.length; at += 7) {
        const damaged = Signature.slice();
        damaged[at] ^= 1;
        await refused(verify({ ...input, Signature: damaged, Message: message }), bad);
        await refused(
          verify({ ...input, Signature: damaged, Message: digest, MessageType: 'DIGEST' }),
          bad,
        );
      }
      for (const cut of [
        Signature.slice(0, -1),
        Signature.slice(0, 1),
        new Uint8Array([...Signature, 0]),
      ]) {
        await refused(verify({ ...input, Signature: cut, Message: message }), bad);
        await refused(
          verify({ ...input, Signature: cut, Message: digest, MessageType: 'DIGEST' }),
          bad,
        );
      }
      const short = { KeyId, SigningAlgorithm, Message: digest.subarray(1), MessageType: 'DIGEST' };
      const wording = `Digest is invalid length for algorithm ${SigningAlgorithm}.`;
      await refused(sign(short), 'ValidationException', wording);
      await refused(verify({ ...short, Signature }), 'ValidationException', wording);
    });
  }

  test('PSS and PKCS #1 signatures are not taken for each other', async () => {
    const { arn: KeyId } = keys.RSA_2048;
    const { Signature } = await sign({
      KeyId,
      SigningAlgorithm: 'RSASSA_PSS_SHA_256',
      Message: message,
    });
    const input = { KeyId, SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256', Signature };
    await refused(verify({ ...input, Message: message }), 'KMSInvalidSignatureException');
    const digest = digestOf('_256', message);
    await refused(
      verify({ ...input, Message: digest, MessageType: 'DIGEST' }),
      'KMSInvalidSignatureException',
    );
  });

  test('a digest signed offline verifies, whatever its leading zeros', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    const material = privateKey.export({ format: 'der', type: 'pkcs8' });
    const key = await kms.loadKey({
      keyId: 'aaaaaaaa-0000-4000-8000-000000000001',
      keySpec: 'ECC_NIST_P384',
      material,
    });
    for (let i = 0; i < 20; i += 1) {
      const text = bytes(`message ${i}`);
      const input = { KeyId: key.arn, SigningAlgorithm: 'ECDSA_SHA_384' };
      const Message = digestOf('_384', text);
      await verify({
        ...input,
        Message,
        MessageType: 'DIGEST',
        Signature: nodeSign('sha384', text, privateKey),
      });
      const { Signature } = await sign({ ...input, Message, MessageType: 'DIGEST' });
      assert.ok(nodeVerify('sha384', text, privateKey, Signature));
    }
  });

  const misuse = [
    [
      'an algorithm of another curve',
      'ECC_NIST_P256',
      { SigningAlgorithm: 'ECDSA_SHA_384' },
      'InvalidKeyUsageException',
      'Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.',
    ],
    [
      'an RSA algorithm with an EC key',
      'ECC_NIST_P256',
      { SigningAlgorithm: 'RSASSA_PSS_SHA_256' },
      'InvalidKeyUsageException',
    ],
    ['an unknown algorithm', 'RSA_2048', { SigningAlgorithm: 'RSASSA_MD5' }, 'ValidationException'],
    [
      'a message type of ML-DSA',
      'RSA_2048',
      { SigningAlgorithm: 'RSASSA_PSS_SHA_256', MessageType: 'EXTERNAL_MU' },
      'ValidationException',
    ],
    [
      'an empty message',
      'RSA_2048',
      { SigningAlgorithm: 'RSASSA_PSS_SHA_256', Message: new Uint8Array(0) },
      'ValidationException',
    ],
    [
      'more than 4096 bytes',
      'RSA_2048',
      { SigningAlgorithm: 'RSASSA_PSS_SHA_256', Message: new Uint8Array(4097) },
      'ValidationException',
    ],
    [
      'a dry run',
      'RSA_2048',
      { SigningAlgorithm: 'RSASSA_PSS_SHA_256', DryRun: true },
      'DryRunOperationException',
    ],
  ];
  for (const [what, spec, input, name, wording] of misuse) {
    test(`Sign refuses ${what}`, () =>
      refused(sign({ KeyId: keys[spec].arn, Message: message, ...input }), name, wording));
  }

  test('keys of other usages do not sign or verify', async () => {
    const symmetric = await kms.createKey();
    const input = { KeyId: symmetric.arn, Message: message, SigningAlgorithm: 'ECDSA_SHA_256' };
    const because = (operation) =>
      `${symmetric.arn} key usage is ENCRYPT_DECRYPT which is not valid for ${operation}.`;
    await refused(sign(input), 'InvalidKeyUsageException', because('Sign'));
    await refused(
      verify({ ...input, Signature: bytes('x') }),
      'InvalidKeyUsageException',
      because('Verify'),
    );
  });

  test('a disabled key does not even verify', async () => {
    const { arn: KeyId } = await kms.createKey({ keySpec: 'ECC_NIST_P256' });
    const input = { KeyId, Message: message, SigningAlgorithm: 'ECDSA_SHA_256' };
    const { Signature } = await sign(input);
    await aws.send(new DisableKeyCommand({ KeyId }));
    await refused(verify({ ...input, Signature }), 'DisabledException');
  });
});

describe('GetPublicKey', () => {
  test('gives SubjectPublicKeyInfo and the algorithms of the key', async () => {
    const key = await kms.createKey({ keySpec: 'RSA_2048', alias: 'alias/public' });
    const { $metadata, PublicKey, ...rest } = await aws.send(
      new GetPublicKeyCommand({ KeyId: 'alias/public' }),
    );
    assert.deepEqual(rest, {
      KeyId: key.arn,
      CustomerMasterKeySpec: 'RSA_2048',
      KeySpec: 'RSA_2048',
      KeyUsage: 'ENCRYPT_DECRYPT',
      EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    });
    assert.deepEqual(PublicKey, key.publicKey);
    const parsed = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
    assert.equal(parsed.asymmetricKeyDetails.modulusLength, 2048);
  });

  test('symmetric and HMAC keys have none, disabled keys show none', async () => {
    const symmetric = await kms.createKey();
    const mac = await kms.createKey({ keySpec: 'HMAC_256' });
    for (const { arn: KeyId } of [symmetric, mac]) {
      await refused(aws.send(new GetPublicKeyCommand({ KeyId })), 'UnsupportedOperationException');
    }
    const { arn: KeyId } = await kms.createKey({ keySpec: 'ECC_NIST_P256' });
    await aws.send(new DisableKeyCommand({ KeyId }));
    await refused(aws.send(new GetPublicKeyCommand({ KeyId })), 'DisabledException');
  });
});

describe('DeriveSharedSecret', () => {
  const derive = (input) =>
    aws.send(new DeriveSharedSecretCommand({ KeyAgreementAlgorithm: 'ECDH', ...input }));

  for (const [keySpec, namedCurve, length] of [
    ['ECC_NIST_P256', 'prime256v1', 32],
    ['ECC_NIST_P384', 'secp384r1', 48],
    ['ECC_NIST_P521', 'secp521r1', 66],
  ]) {
    test(`${keySpec}: both sides have the same ${length} bytes`, async () => {
      const key = await kms.createKey({ keySpec, keyUsage: 'KEY_AGREEMENT' });
      const peer = generateKeyPairSync('ec', { namedCurve });
      const PublicKey = peer.publicKey.export({ format: 'der', type: 'spki' });
      const derived = await derive({ KeyId: key.arn, PublicKey });
      assert.equal(derived.KeyId, key.arn);
      assert.equal(derived.KeyAgreementAlgorithm, 'ECDH');
      assert.equal(derived.KeyOrigin, 'AWS_KMS');
      assert.equal(derived.SharedSecret.length, length);
      const publicKey = createPublicKey(key.publicKeyPem);
      const theirs = diffieHellman({ privateKey: peer.privateKey, publicKey });
      assert.deepEqual(Buffer.from(derived.SharedSecret), theirs);
    });
  }

  test('two keys of the server agree', async () => {
    const make = () => kms.createKey({ keySpec: 'ECC_NIST_P384', keyUsage: 'KEY_AGREEMENT' });
    const [a, b] = [await make(), await make()];
    const one = await derive({ KeyId: a.arn, PublicKey: b.publicKey });
    const two = await derive({ KeyId: b.arn, PublicKey: a.publicKey });
    assert.deepEqual(one.SharedSecret, two.SharedSecret);
  });

  test('refusals', async () => {
    const key = await kms.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' });
    const spki = (curve) => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
      return publicKey.export({ format: 'der', type: 'spki' });
    };
    const good = spki('prime256v1');
    const offCurve = Buffer.from(good);
    offCurve[offCurve.length - 1] ^= 1;
    const KeyId = key.arn;
    await refused(derive({ KeyId, PublicKey: spki('secp384r1') }), 'ValidationException', /curve/);
    await refused(derive({ KeyId, PublicKey: bytes('not a key') }), 'ValidationException', /DER/);
    await refused(derive({ KeyId, PublicKey: offCurve }), 'ValidationException');
    const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsaSpki = rsa.export({ format: 'der', type: 'spki' });
    await refused(derive({ KeyId, PublicKey: rsaSpki }), 'ValidationException');
    await refused(
      derive({ KeyId, PublicKey: good, KeyAgreementAlgorithm: 'X25519' }),
      'ValidationException',
    );
    await refused(
      derive({ KeyId: keys.ECC_NIST_P256.arn, PublicKey: good }),
      'InvalidKeyUsageException',
    );
    await refused(derive({ KeyId, PublicKey: good, DryRun: true }), 'DryRunOperationException');
    const asSigner = { KeyId, Message: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256' };
    await refused(sign(asSigner), 'InvalidKeyUsageException');
    await aws.send(new DisableKeyCommand({ KeyId }));
    await refused(derive({ KeyId, PublicKey: good }), 'DisabledException');
  });
});

describe('MACs', () => {
  const Message = bytes('a message');
  const generate = (input) => aws.send(new GenerateMacCommand({ Message, ...input }));
  const check = (input) => aws.send(new VerifyMacCommand({ Message, ...input }));

  for (const [bits, keyBytes] of [
    [224, 28],
    [256, 32],
    [384, 48],
    [512, 64],
  ]) {
    test(`HMAC_${bits}: GenerateMac gives what HMAC is, VerifyMac takes nothing else`, async () => {
      const material = new Uint8Array(keyBytes).fill(bits % 251);
      const keyId = `bbbbbbbb-0000-4000-8000-000000000${bits}`;
      const { arn: KeyId } = await kms.loadKey({ keyId, keySpec: `HMAC_${bits}`, material });
      const MacAlgorithm = `HMAC_SHA_${bits}`;
      const made = await generate({ KeyId, MacAlgorithm });
      assert.deepEqual([made.KeyId, made.MacAlgorithm], [KeyId, MacAlgorithm]);
      const expected = createHmac(`sha${bits}`, material).update(Message).digest();
      assert.deepEqual(Buffer.from(made.Mac), expected);
      const { MacValid } = await check({ KeyId, MacAlgorithm, Mac: made.Mac });
      assert.equal(MacValid, true);
      for (let at = 0; at < made.Mac.length; at += 1) {
        const Mac = made.Mac.slice();
        Mac[at] ^= 0x80;
        await refused(check({ KeyId, MacAlgorithm, Mac }), 'KMSInvalidMacException');
      }
      const Mac = made.Mac.slice(0, -1);
      await refused(check({ KeyId, MacAlgorithm, Mac }), 'KMSInvalidMacException');
      await refused(
        check({ KeyId, MacAlgorithm, Mac: made.Mac, Message: bytes('another') }),
        'KMSInvalidMacException',
      );
    });
  }

  test('refusals', async () => {
    const { arn: KeyId } = await kms.createKey({ keySpec: 'HMAC_256' });
    const wording = 'Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.';
    await refused(
      generate({ KeyId, MacAlgorithm: 'HMAC_SHA_512' }),
      'InvalidKeyUsageException',
      wording,
    );
    await refused(
      generate({ KeyId, MacAlgorithm: 'HMAC_MD5' }),
      'ValidationException',
      /enum value set/,
    );
    await refused(
      generate({ KeyId, MacAlgorithm: 'HMAC_SHA_256', DryRun: true }),
      'DryRunOperationException',
    );
    const empty = generate({ KeyId, MacAlgorithm: 'HMAC_SHA_256', Message: new Uint8Array(0) });
    await refused(empty, 'ValidationException');
    const symmetric = await kms.createKey();
    await refused(
      generate({ KeyId: symmetric.arn, MacAlgorithm: 'HMAC_SHA_256' }),
      'InvalidKeyUsageException',
      `${symmetric.arn} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`,
    );
    await aws.send(new DisableKeyCommand({ KeyId }));
    await refused(generate({ KeyId, MacAlgorithm: 'HMAC_SHA_256' }), 'DisabledException');
  });
});
