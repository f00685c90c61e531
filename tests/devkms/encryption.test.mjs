import assert from 'node:assert/strict';
import { constants, privateDecrypt, publicEncrypt } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { startDevKms } from '../../pkg/testing/index.js';
import { bytes, client, refused, text } from './support.mjs';

let kms;
let aws;
let key;
let rsa;
before(async () => {
  kms = await startDevKms();
  aws = client(kms);
  key = await kms.createKey({ alias: 'alias/main' });
  rsa = await kms.createKey({ keySpec: 'RSA_2048' });
});
after(async () => {
  aws.destroy();
  await kms.close();
});

const encrypt = (input = {}) =>
  aws.send(new EncryptCommand({ KeyId: key.arn, Plaintext: bytes('hello'), ...input }));
const decrypt = (CiphertextBlob, input = {}) =>
  aws.send(new DecryptCommand({ CiphertextBlob, ...input }));

describe('symmetric encryption', () => {
  test('Encrypt and Decrypt, with and without naming the key', async () => {
    const sealed = await encrypt();
    assert.equal(sealed.KeyId, key.arn);
    assert.equal(sealed.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT');
    for (const KeyId of [undefined, key.keyId, key.arn, 'alias/main']) {
      const opened = await decrypt(sealed.CiphertextBlob, { KeyId });
      assert.equal(text(opened.Plaintext), 'hello');
      assert.equal(opened.KeyId, key.arn);
      assert.equal(opened.EncryptionAlgorithm, 'SYMMETRIC_DEFAULT');
      assert.match(opened.KeyMaterialId, /^[0-9a-f]{64}$/);
    }
  });

  test('the same plaintext never gives the same ciphertext, and never stands in it', async () => {
    const [a, b] = [await encrypt(), await encrypt()];
    assert.notDeepEqual(a.CiphertextBlob, b.CiphertextBlob);
    assert.equal(Buffer.from(a.CiphertextBlob).includes('hello'), false);
  });

  test('plaintext is 1 to 4096 bytes', async () => {
    const Plaintext = new Uint8Array(4096).fill(7);
    const { CiphertextBlob } = await encrypt({ Plaintext });
    assert.deepEqual((await decrypt(CiphertextBlob)).Plaintext, Plaintext);
    const tooLong =
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096";
    await refused(encrypt({ Plaintext: new Uint8Array(4097) }), 'ValidationException', tooLong);
    await refused(
      encrypt({ Plaintext: new Uint8Array(0) }),
      'ValidationException',
      /greater than or equal to 1/,
    );
  });

  test('a flipped bit in any byte of the blob is InvalidCiphertextException', async () => {
    const { CiphertextBlob } = await encrypt({ EncryptionContext: { a: 'b' } });
    for (let at = 0; at < CiphertextBlob.length; at += 1) {
      const damaged = CiphertextBlob.slice();
      damaged[at] ^= 1 << (at % 8);
      const context = { EncryptionContext: { a: 'b' } };
      await refused(decrypt(damaged, context), 'InvalidCiphertextException');
      await refused(decrypt(damaged, { ...context, KeyId: key.arn }), 'InvalidCiphertextException');
    }
  });

  test('a blob cut short anywhere, or with bytes added, is InvalidCiphertextException', async () => {
    const { CiphertextBlob } = await encrypt();
    for (let length = 1; length < CiphertextBlob.length; length += 1) {
      await refused(decrypt(CiphertextBlob.slice(0, length)), 'InvalidCiphertextException');
    }
    const longer = new Uint8Array([...CiphertextBlob, 0]);
    await refused(decrypt(longer), 'InvalidCiphertextException');
    await refused(decrypt(CiphertextBlob.slice(1)), 'InvalidCiphertextException');
  });

  test('InvalidCiphertextException explains nothing', async () => {
    const error = await refused(decrypt(bytes('garbage')), 'InvalidCiphertextException');
    assert.equal(error.$metadata.httpStatusCode, 400);
    assert.ok(!/tag|context|auth/i.test(error.message), error.message);
  });

  test('the encryption context must be the same, in whatever order', async () => {
    const EncryptionContext = { tenant: 'one', purpose: 'ssn', ключ: 'значение', __proto__x: '' };
    const { CiphertextBlob } = await encrypt({ EncryptionContext });
    const reversed = Object.fromEntries(Object.entries(EncryptionContext).reverse());
    const opened = await decrypt(CiphertextBlob, { EncryptionContext: reversed });
    assert.equal(text(opened.Plaintext), 'hello');
  });

  const contexts = [
    ['missing', { ab: 'c' }, undefined],
    ['empty', { ab: 'c' }, {}],
    ['added', undefined, { ab: 'c' }],
    ['split elsewhere', { ab: 'c' }, { a: 'bc' }],
    ['split into the value', { a: 'bc' }, { abc: '' }],
    ['two pairs joined', { a: 'b', c: 'd' }, { a: 'bcd' }],
    ['two pairs joined by their separator', { a: 'b', c: 'd' }, { a: 'b,c:d' }],
    ['key and value swapped', { a: 'b' }, { b: 'a' }],
    ['another case', { a: 'b' }, { A: 'b' }],
    ['one pair fewer', { a: 'b', c: 'd' }, { a: 'b' }],
    ['one pair more', { a: 'b' }, { a: 'b', c: 'd' }],
    ['values exchanged', { a: 'b', c: 'd' }, { a: 'd', c: 'b' }],
    ['a key that every object has', { a: 'b' }, { a: 'b', toString: 'x' }],
    ['another normal form', { é: 'x' }, { 'e\u0301': 'x' }],
  ];
  for (const [what, sealedWith, openedWith] of contexts) {
    test(`a wrong encryption context (${what}) is InvalidCiphertextException`, async () => {
      const { CiphertextBlob } = await encrypt({ EncryptionContext: sealedWith });
      await refused(
        decrypt(CiphertextBlob, { EncryptionContext: openedWith }),
        'InvalidCiphertextException',
      );
      await decrypt(CiphertextBlob, { EncryptionContext: sealedWith });
    });
  }

  test('another symmetric key, or one of another kind, is IncorrectKeyException', async () => {
    const { CiphertextBlob } = await encrypt();
    const other = await kms.createKey();
    const message =
      'The key ID in the request does not identify a CMK that can perform this operation.';
    await refused(decrypt(CiphertextBlob, { KeyId: other.arn }), 'IncorrectKeyException', message);
    const mac = await kms.createKey({ keySpec: 'HMAC_256' });
    await refused(decrypt(CiphertextBlob, { KeyId: mac.arn }), 'IncorrectKeyException', message);
  });

  test('a ciphertext of another server is refused as AWS refuses one of a key you cannot see', async () => {
    const other = await startDevKms();
    const theirs = client(other);
    const { CiphertextBlob } = await encrypt();
    await refused(theirs.send(new DecryptCommand({ CiphertextBlob })), 'AccessDeniedException');
    theirs.destroy();
    await other.close();
  });

  test('Decrypt of a disabled or dying key is refused', async () => {
    const mine = await kms.createKey();
    const { CiphertextBlob } = await encrypt({ KeyId: mine.arn });
    await aws.send(new DisableKeyCommand({ KeyId: mine.arn }));
    await refused(decrypt(CiphertextBlob), 'DisabledException', `${mine.arn} is disabled.`);
    await aws.send(new ScheduleKeyDeletionCommand({ KeyId: mine.arn }));
    await refused(
      decrypt(CiphertextBlob),
      'KMSInvalidStateException',
      `${mine.arn} is pending deletion.`,
    );
  });

  test('Decrypt needs a ciphertext', () =>
    refused(
      aws.send(new DecryptCommand({ KeyId: key.arn })),
      'ValidationException',
      /ciphertextBlob/,
    ));

  test('grant tokens are accepted, ten at most', async () => {
    const GrantTokens = Array.from({ length: 10 }, () => 'token');
    const { CiphertextBlob } = await encrypt({ GrantTokens });
    await decrypt(CiphertextBlob, { GrantTokens });
    await refused(
      encrypt({ GrantTokens: [...GrantTokens, 'x'] }),
      'ValidationException',
      /grantTokens/,
    );
  });

  test('keys of the wrong usage, and algorithms of the wrong key', async () => {
    const mac = await kms.createKey({ keySpec: 'HMAC_256' });
    await refused(
      encrypt({ KeyId: mac.arn }),
      'InvalidKeyUsageException',
      `${mac.arn} key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt.`,
    );
    await refused(
      encrypt({ EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      'InvalidKeyUsageException',
      'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
    );
    await refused(
      encrypt({ EncryptionAlgorithm: 'ROT13' }),
      'ValidationException',
      /enum value set/,
    );
  });
});

describe('RSA encryption', () => {
  const algorithms = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];
  for (const EncryptionAlgorithm of algorithms) {
    test(`${EncryptionAlgorithm}: Encrypt and Decrypt`, async () => {
      const sealed = await encrypt({ KeyId: rsa.arn, EncryptionAlgorithm });
      assert.equal(sealed.CiphertextBlob.length, 256);
      const opened = await decrypt(sealed.CiphertextBlob, {
        KeyId: rsa.keyId,
        EncryptionAlgorithm,
      });
      assert.equal(text(opened.Plaintext), 'hello');
      assert.deepEqual([opened.KeyId, opened.EncryptionAlgorithm], [rsa.arn, EncryptionAlgorithm]);
      assert.equal(opened.KeyMaterialId, undefined);
    });

    test(`${EncryptionAlgorithm}: opens what was sealed offline with the public key`, async () => {
      const oaepHash = EncryptionAlgorithm.endsWith('_1') ? 'sha1' : 'sha256';
      const options = {
        key: rsa.publicKeyPem,
        oaepHash,
        padding: constants.RSA_PKCS1_OAEP_PADDING,
      };
      const CiphertextBlob = publicEncrypt(options, bytes('offline'));
      const opened = await decrypt(CiphertextBlob, { KeyId: rsa.arn, EncryptionAlgorithm });
      assert.equal(text(opened.Plaintext), 'offline');
    });
  }

  const limits = [
    ['RSA_2048', 214, 190],
    ['RSA_3072', 342, 318],
    ['RSA_4096', 470, 446],
  ];
  for (const [keySpec, ...maxima] of limits) {
    test(`${keySpec} takes as much plaintext as OAEP leaves and no more`, async () => {
      const { arn: KeyId } = await kms.createKey({ keySpec });
      for (const [i, EncryptionAlgorithm] of algorithms.entries()) {
        const Plaintext = new Uint8Array(maxima[i]);
        const { CiphertextBlob } = await encrypt({ KeyId, EncryptionAlgorithm, Plaintext });
        const opened = await decrypt(CiphertextBlob, { KeyId, EncryptionAlgorithm });
        assert.equal(opened.Plaintext.length, maxima[i]);
        await refused(
          encrypt({ KeyId, EncryptionAlgorithm, Plaintext: new Uint8Array(maxima[i] + 1) }),
          'ValidationException',
          `Algorithm ${EncryptionAlgorithm} and key spec ${keySpec} cannot encrypt data larger than ${maxima[i]} bytes.`,
        );
      }
    });
  }

  test('any flipped byte, any truncation is InvalidCiphertextException', async () => {
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const { CiphertextBlob } = await encrypt({ KeyId: rsa.arn, EncryptionAlgorithm });
    const input = { KeyId: rsa.arn, EncryptionAlgorithm };
    for (let at = 0; at < CiphertextBlob.length; at += 1) {
      const damaged = CiphertextBlob.slice();
      damaged[at] ^= 0x10;
      await refused(decrypt(damaged, input), 'InvalidCiphertextException');
    }
    for (const length of [1, 128, 255]) {
      await refused(decrypt(CiphertextBlob.slice(0, length), input), 'InvalidCiphertextException');
    }
    await refused(
      decrypt(new Uint8Array([...CiphertextBlob, 0]), input),
      'InvalidCiphertextException',
    );
  });

  test('the other OAEP hash, or another RSA key, is InvalidCiphertextException', async () => {
    const { CiphertextBlob } = await encrypt({
      KeyId: rsa.arn,
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    });
    await refused(
      decrypt(CiphertextBlob, { KeyId: rsa.arn, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      'InvalidCiphertextException',
    );
    const other = await kms.createKey({ keySpec: 'RSA_2048' });
    await refused(
      decrypt(CiphertextBlob, { KeyId: other.arn, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      'InvalidCiphertextException',
    );
  });

  test('Decrypt needs the key and the algorithm', async () => {
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const { CiphertextBlob } = await encrypt({ KeyId: rsa.arn, EncryptionAlgorithm });
    await refused(decrypt(CiphertextBlob, { EncryptionAlgorithm }), 'ValidationException', /KeyId/);
    await refused(decrypt(CiphertextBlob, { KeyId: rsa.arn }), 'InvalidCiphertextException');
    await refused(
      encrypt({ KeyId: rsa.arn }),
      'InvalidKeyUsageException',
      'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    );
  });

  test('an encryption context has no place there, an empty one does no harm', async () => {
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const EncryptionContext = { a: 'b' };
    const input = { KeyId: rsa.arn, EncryptionAlgorithm };
    await refused(encrypt({ ...input, EncryptionContext }), 'ValidationException', /context/);
    const { CiphertextBlob } = await encrypt({ ...input, EncryptionContext: {} });
    await refused(
      decrypt(CiphertextBlob, { ...input, EncryptionContext }),
      'ValidationException',
      /context/,
    );
    await decrypt(CiphertextBlob, { ...input, EncryptionContext: {} });
  });

  test('a signing key neither encrypts nor decrypts', async () => {
    const { arn: KeyId } = await kms.createKey({ keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY' });
    const input = { KeyId, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' };
    await refused(
      encrypt(input),
      'InvalidKeyUsageException',
      /SIGN_VERIFY which is not valid for Encrypt/,
    );
    await refused(
      decrypt(new Uint8Array(256), input),
      'InvalidKeyUsageException',
      /not valid for Decrypt/,
    );
  });
});

describe('ReEncrypt', () => {
  test('from one key and context to another, and from symmetric to RSA and back', async () => {
    const other = await kms.createKey();
    const { CiphertextBlob } = await encrypt({ EncryptionContext: { from: '1' } });
    const moved = await aws.send(
      new ReEncryptCommand({
        CiphertextBlob,
        SourceEncryptionContext: { from: '1' },
        DestinationKeyId: other.keyId,
        DestinationEncryptionContext: { to: '2' },
      }),
    );
    assert.equal(moved.SourceKeyId, key.arn);
    assert.equal(moved.KeyId, other.arn);
    assert.equal(moved.SourceEncryptionAlgorithm, 'SYMMETRIC_DEFAULT');
    assert.notEqual(moved.SourceKeyMaterialId, moved.DestinationKeyMaterialId);
    const opened = await decrypt(moved.CiphertextBlob, { EncryptionContext: { to: '2' } });
    assert.equal(text(opened.Plaintext), 'hello');

    const toRsa = await aws.send(
      new ReEncryptCommand({
        CiphertextBlob: moved.CiphertextBlob,
        SourceEncryptionContext: { to: '2' },
        DestinationKeyId: rsa.arn,
        DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      }),
    );
    const back = await aws.send(
      new ReEncryptCommand({
        CiphertextBlob: toRsa.CiphertextBlob,
        SourceKeyId: rsa.arn,
        SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        DestinationKeyId: key.arn,
      }),
    );
    assert.equal(text((await decrypt(back.CiphertextBlob)).Plaintext), 'hello');
  });

  test('refusals name the side they are about', async () => {
    const { CiphertextBlob } = await encrypt({ EncryptionContext: { a: 'b' } });
    const other = await kms.createKey();
    const send = (input) =>
      aws.send(
        new ReEncryptCommand({
          CiphertextBlob,
          SourceEncryptionContext: { a: 'b' },
          DestinationKeyId: other.arn,
          ...input,
        }),
      );
    await refused(send({ SourceEncryptionContext: {} }), 'InvalidCiphertextException');
    await refused(send({ SourceKeyId: other.arn }), 'IncorrectKeyException');
    await refused(send({ DestinationKeyId: 'alias/none' }), 'NotFoundException');
    const mac = await kms.createKey({ keySpec: 'HMAC_256' });
    await refused(
      send({ DestinationKeyId: mac.arn }),
      'InvalidKeyUsageException',
      /not valid for ReEncryptTo/,
    );
    await refused(
      send({ SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      'ValidationException',
      /SourceKeyId/,
    );
    await aws.send(new DisableKeyCommand({ KeyId: other.arn }));
    await refused(send({}), 'DisabledException');
  });
});

describe('data keys', () => {
  const generate = (input) => aws.send(new GenerateDataKeyCommand({ KeyId: key.arn, ...input }));

  for (const [input, length] of [
    [{ KeySpec: 'AES_256' }, 32],
    [{ KeySpec: 'AES_128' }, 16],
    [{ NumberOfBytes: 1 }, 1],
    [{ NumberOfBytes: 1024 }, 1024],
  ]) {
    test(`GenerateDataKey ${JSON.stringify(input)} gives ${length} bytes`, async () => {
      const EncryptionContext = { a: 'b' };
      const made = await generate({ ...input, EncryptionContext });
      assert.equal(made.KeyId, key.arn);
      assert.equal(made.Plaintext.length, length);
      assert.match(made.KeyMaterialId, /^[0-9a-f]{64}$/);
      const opened = await decrypt(made.CiphertextBlob, { EncryptionContext });
      assert.deepEqual(opened.Plaintext, made.Plaintext);
      await refused(decrypt(made.CiphertextBlob), 'InvalidCiphertextException');
    });
  }

  const bad = [
    [
      'both KeySpec and NumberOfBytes',
      { KeySpec: 'AES_256', NumberOfBytes: 32 },
      'Please specify either number of bytes or key spec.',
    ],
    ['neither', {}, 'Please specify either number of bytes or key spec.'],
    [
      'no bytes',
      { NumberOfBytes: 0 },
      /'0' at 'numberOfBytes' failed .* greater than or equal to 1$/,
    ],
    ['too many bytes', { NumberOfBytes: 1025 }, /less than or equal to 1024$/],
    ['an unknown spec', { KeySpec: 'AES_192' }, /enum value set: \[AES_256, AES_128\]/],
  ];
  for (const [what, input, message] of bad) {
    test(`GenerateDataKey refuses ${what}`, () =>
      refused(generate(input), 'ValidationException', message));
  }

  test('GenerateDataKeyWithoutPlaintext', async () => {
    const made = await aws.send(
      new GenerateDataKeyWithoutPlaintextCommand({ KeyId: key.arn, KeySpec: 'AES_256' }),
    );
    assert.equal(made.Plaintext, undefined);
    assert.equal((await decrypt(made.CiphertextBlob)).Plaintext.length, 32);
  });

  test('data keys exist under symmetric keys only', async () => {
    await refused(
      generate({ KeyId: rsa.arn, KeySpec: 'AES_256' }),
      'InvalidKeyUsageException',
      'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    );
    const mac = await kms.createKey({ keySpec: 'HMAC_256' });
    await refused(generate({ KeyId: mac.arn, KeySpec: 'AES_256' }), 'InvalidKeyUsageException');
    await refused(
      aws.send(new GenerateDataKeyPairCommand({ KeyId: rsa.arn, KeyPairSpec: 'RSA_2048' })),
      'InvalidKeyUsageException',
    );
  });

  for (const KeyPairSpec of [
    'RSA_2048',
    'ECC_NIST_P256',
    'ECC_NIST_P521',
    'ECC_SECG_P256K1',
    'ECC_NIST_EDWARDS25519',
  ]) {
    test(`GenerateDataKeyPair ${KeyPairSpec}: private and public key belong together`, async () => {
      const made = await aws.send(new GenerateDataKeyPairCommand({ KeyId: key.arn, KeyPairSpec }));
      assert.equal(made.KeyPairSpec, KeyPairSpec);
      const { Plaintext } = await decrypt(made.PrivateKeyCiphertextBlob);
      assert.deepEqual(Plaintext, made.PrivateKeyPlaintext);
      const privateKey = createPrivateKey({
        key: Buffer.from(Plaintext),
        format: 'der',
        type: 'pkcs8',
      });
      const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
      assert.deepEqual(spki, Buffer.from(made.PublicKey));
    });
  }

  test('GenerateDataKeyPairWithoutPlaintext', async () => {
    const made = await aws.send(
      new GenerateDataKeyPairWithoutPlaintextCommand({
        KeyId: key.arn,
        KeyPairSpec: 'ECC_NIST_P384',
      }),
    );
    assert.equal(made.PrivateKeyPlaintext, undefined);
    const { Plaintext } = await decrypt(made.PrivateKeyCiphertextBlob);
    createPrivateKey({ key: Buffer.from(Plaintext), format: 'der', type: 'pkcs8' });
  });

  test('key pair specs that are unknown or unsupported', async () => {
    const send = (KeyPairSpec) =>
      aws.send(new GenerateDataKeyPairCommand({ KeyId: key.arn, KeyPairSpec }));
    await refused(send('ML_KEM_768'), 'UnsupportedOperationException');
    await refused(send('RSA_512'), 'ValidationException');
    await refused(send('AES_256'), 'ValidationException');
  });

  test('GenerateRandom gives 1 to 1024 bytes', async () => {
    for (const NumberOfBytes of [1, 44, 1024]) {
      const { Plaintext } = await aws.send(new GenerateRandomCommand({ NumberOfBytes }));
      assert.equal(Plaintext.length, NumberOfBytes);
    }
    const send = (input) => aws.send(new GenerateRandomCommand(input));
    await refused(send({}), 'ValidationException', 'NumberOfBytes is required.');
    await refused(send({ NumberOfBytes: 0 }), 'ValidationException', /greater than or equal to 1/);
    await refused(
      send({ NumberOfBytes: 1025 }),
      'ValidationException',
      /less than or equal to 1024/,
    );
    await refused(
      send({ NumberOfBytes: 1, CustomKeyStoreId: 'cks-1234567890abcdef0' }),
      'CustomKeyStoreNotFoundException',
    );
  });
});

describe('DryRun', () => {
  const message = 'The request would have succeeded, but the DryRun option is set.';

  test('what would succeed is DryRunOperationException', async () => {
    await refused(encrypt({ DryRun: true }), 'DryRunOperationException', message);
    const { CiphertextBlob } = await encrypt();
    await refused(decrypt(CiphertextBlob, { DryRun: true }), 'DryRunOperationException', message);
    await refused(
      aws.send(new GenerateDataKeyCommand({ KeyId: key.arn, KeySpec: 'AES_256', DryRun: true })),
      'DryRunOperationException',
    );
  });

  test('what would fail fails as it would', async () => {
    await refused(encrypt({ KeyId: 'alias/none', DryRun: true }), 'NotFoundException');
    await refused(decrypt(bytes('garbage'), { DryRun: true }), 'InvalidCiphertextException');
  });

  test('IGNORE_CIPHERTEXT asks about the key alone', async () => {
    const modifiers = { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] };
    const command = new DecryptCommand({ KeyId: key.arn, ...modifiers });
    await refused(aws.send(command), 'DryRunOperationException');
    await refused(aws.send(new DecryptCommand(modifiers)), 'ValidationException');
    await refused(
      aws.send(
        new ReEncryptCommand({ SourceKeyId: key.arn, DestinationKeyId: key.arn, ...modifiers }),
      ),
      'DryRunOperationException',
    );
  });
});

test('an attestation document is not something to pretend to check', async () => {
  const Recipient = {
    KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    AttestationDocument: bytes('x'),
  };
  const command = new GenerateDataKeyCommand({ KeyId: key.arn, KeySpec: 'AES_256', Recipient });
  await refused(aws.send(command), 'UnsupportedOperationException');
});

test('a key loaded from PEM opens what its owner would open', async () => {
  const { generateKeyPairSync } = await import('node:crypto');
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyId = '0fedcba9-8765-4321-0fed-cba987654321';
  const loaded = await kms.loadKey({
    keyId,
    keySpec: 'RSA_2048',
    material: privateKey.export({ format: 'pem', type: 'pkcs8' }),
  });
  const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256';
  const { CiphertextBlob } = await encrypt({ KeyId: keyId, EncryptionAlgorithm });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const opened = privateDecrypt({ key: privateKey, padding, oaepHash: 'sha256' }, CiphertextBlob);
  assert.equal(opened.toString(), 'hello');
  assert.equal(loaded.publicKeyPem, publicKey.export({ format: 'pem', type: 'spki' }));
});
