// The AWS KMS RSA keyring against the development KMS, and the raw RSA keyring with the host's
// cryptography.

import assert from 'node:assert/strict';
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  awsKmsRsaKeyring,
  inspect,
  multiKeyring,
  rawAesKeyring,
  rawRsaKeyring,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import {
  administer,
  clientOf,
  customers,
  CUSTOMER,
  notOpened,
  refused,
  roundTrip,
  tampered,
  text,
  utf8,
} from './support.mjs';

const ALGORITHMS = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];

let dev;
let kms;
let key;
let other;
before(async () => {
  dev = await startDevKms();
  kms = clientOf(dev);
  key = await dev.createKey({ keySpec: 'RSA_2048' });
  other = await dev.createKey({ keySpec: 'RSA_2048' });
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
});

/** A keyring that knows only the public key: what a browser has. */
const offline = (from = key, options = {}) =>
  awsKmsRsaKeyring({ kmsKeyId: from.arn, publicKey: from.publicKeyPem, ...options });
const online = (from = key, options = {}) => offline(from, { kms, ...options });

describe('AWS KMS RSA keyring', () => {
  for (const encryptionAlgorithm of [undefined, ...ALGORITHMS]) {
    for (const form of ['PEM', 'PEM bytes', 'DER']) {
      test(`${form}, ${encryptionAlgorithm ?? 'default'}: sealed without a call, opened by one`, async () => {
        const publicKey = {
          PEM: key.publicKeyPem,
          'PEM bytes': utf8(key.publicKeyPem),
          DER: key.publicKey,
        }[form];
        const seal = customers({ keyring: offline(key, { publicKey, encryptionAlgorithm }) });
        const { item } = await seal.encryptItem(CUSTOMER);
        assert.equal(dev.calls.length, 0);
        const { algorithmSuite, encryptedDataKeys } = inspect(item);
        assert.equal(algorithmSuite, '6700', 'no signature: the suite is picked by itself');
        const [{ keyProviderId, keyProviderInfo, ciphertext }] = encryptedDataKeys;
        assert.deepEqual([keyProviderId, text(keyProviderInfo)], ['aws-kms-rsa', key.arn]);
        assert.equal(ciphertext.length, 48 + 256);
        const open = customers({ keyring: online(key, { encryptionAlgorithm }) });
        assert.deepEqual((await open.decryptItem(item)).item, CUSTOMER);
        assert.deepEqual(
          dev.calls.map(({ operation, encryptionContextKeys }) => [
            operation,
            encryptionContextKeys,
          ]),
          [['Decrypt', []]],
        );
      });
    }
  }

  for (const keySpec of ['RSA_3072', 'RSA_4096']) {
    for (const encryptionAlgorithm of ALGORITHMS) {
      test(`${keySpec} with ${encryptionAlgorithm}`, async () => {
        const large = await dev.createKey({ keySpec });
        await roundTrip(
          customers({ keyring: offline(large, { encryptionAlgorithm }) }),
          customers({ keyring: online(large, { encryptionAlgorithm }) }),
        );
      });
    }
  }

  test('the public key is fetched once and kept by the client', async () => {
    const fresh = clientOf(dev);
    const keyring = awsKmsRsaKeyring({ kmsKeyId: key.arn, kms: fresh });
    const items = customers({ keyring });
    const sealed = (await items.encryptItems(Array(25).fill(CUSTOMER))).map(({ item }) => item);
    await items.encryptItem(CUSTOMER);
    const again = customers({ keyring: awsKmsRsaKeyring({ kmsKeyId: key.arn, kms: fresh }) });
    await again.encryptItem(CUSTOMER);
    assert.deepEqual([dev.countCalls('GetPublicKey'), dev.calls.length], [1, 1]);
    assert.equal((await items.decryptItems(sealed)).length, 25);
  });

  test('a public key that cannot be fetched fails the seal', async () => {
    dev.faults.failNext(9, 400, { errorName: 'AccessDeniedException' });
    const keyring = awsKmsRsaKeyring({ kmsKeyId: key.arn, kms: clientOf(dev) });
    await refused(customers({ keyring }).encryptItem(CUSTOMER), {
      code: 'KMS_ACCESS_DENIED',
      operation: 'GetPublicKey',
      keyId: key.arn,
    });
  });

  test('suite 6700 by name', async () => {
    const options = { algorithmSuite: '6700' };
    await roundTrip(
      customers({ keyring: offline() }, options),
      customers({ keyring: online() }, options),
    );
  });

  test('suite 6701 is refused, and the error says what to take', async () => {
    for (const keyring of [
      offline(),
      online(),
      multiKeyring({ generator: offline() }),
      multiKeyring({ generator: aes(), children: [offline()] }),
    ]) {
      const items = customers({ keyring }, { algorithmSuite: '6701' });
      await refused(items.encryptItem(CUSTOMER), {
        code: 'SUITE_NOT_ALLOWED',
        name: 'UsageError',
        message: /KMS RSA keyring cannot serve the signing suite .*use suite 6700/,
      });
      assert.equal(dev.calls.length, 0);
    }
  });

  test('opening without a client says so', async () => {
    const { item } = await customers({ keyring: offline() }).encryptItem(CUSTOMER);
    const [reason] = await notOpened(
      customers({ keyring: offline() }).decryptItem(item),
      'KEYRING_CANNOT',
    );
    assert.match(reason.message, /no kms client to decrypt with/);
    assert.equal(dev.calls.length, 0);
  });

  test("sealed with another key's public key: KMS refuses it", async () => {
    const mixed = offline(key, { publicKey: other.publicKeyPem });
    const { item } = await customers({ keyring: mixed }).encryptItem(CUSTOMER);
    const [reason] = await notOpened(
      customers({ keyring: online() }).decryptItem(item),
      'KMS_INVALID_CIPHERTEXT',
    );
    assert.equal(reason.keyId, key.arn);
  });

  test('opened with another algorithm', async () => {
    const [sha1, sha256] = ALGORITHMS;
    const { item } = await customers({
      keyring: offline(key, { encryptionAlgorithm: sha1 }),
    }).encryptItem(CUSTOMER);
    const wrong = customers({ keyring: online(key, { encryptionAlgorithm: sha256 }) });
    await notOpened(wrong.decryptItem(item), 'KMS_INVALID_CIPHERTEXT');
  });

  test('another key: not mine, without a call', async () => {
    const { item } = await customers({ keyring: offline() }).encryptItem(CUSTOMER);
    const [reason] = await notOpened(
      customers({ keyring: online(other) }).decryptItem(item),
      'KEYRING_NOT_MINE',
    );
    assert.ok(reason.message.includes(key.arn) && reason.message.includes(other.arn));
    assert.equal(dev.calls.length, 0);
  });

  test('another table name or partition value: the digest of the context differs', async () => {
    const { item } = await customers({ keyring: offline() }).encryptItem(CUSTOMER);
    const elsewhere = customers({ keyring: online() }, { logicalTableName: 'archive' });
    await notOpened(elsewhere.decryptItem(item), 'WRAPPED_KEY_MISMATCH');
    const swapped = { ...item, customer_id: { S: 'c-2' } };
    await notOpened(customers({ keyring: online() }).decryptItem(swapped), 'WRAPPED_KEY_MISMATCH');
  });

  test('every byte of the wrapped data key counts', async () => {
    const { item } = await customers({ keyring: offline() }).encryptItem(CUSTOMER);
    const open = customers({ keyring: online() });
    const { ciphertext } = inspect(item).encryptedDataKeys[0];
    const start = Buffer.from(item.aws_dbe_head.B).indexOf(Buffer.from(ciphertext));
    for (let at = 0; at < ciphertext.length; at += 19) {
      const [{ code }] = (
        await refused(open.decryptItem(tampered(item, 'aws_dbe_head', start + at)), {
          code: 'NO_KEYRING_OPENED',
        })
      ).reasons;
      assert.equal(code, at < 48 ? 'WRAPPED_KEY_MISMATCH' : 'KMS_INVALID_CIPHERTEXT');
    }
  });

  for (const attribute of ['ssn', 'photo', 'aws_dbe_foot']) {
    test(`a bit turned in ${attribute} is found`, async () => {
      const { item } = await customers({ keyring: offline() }).encryptItem(CUSTOMER);
      await refused(customers({ keyring: online() }).decryptItem(tampered(item, attribute, -1)), {
        name: 'AuthenticationError',
      });
    });
  }

  for (const [what, act, code] of [
    ['disabled', 'DisableKey', 'KMS_KEY_DISABLED'],
    ['pending deletion', 'ScheduleKeyDeletion', 'KMS_KEY_PENDING_DELETION'],
  ]) {
    test(`the key is ${what}: sealing goes on offline, opening says so`, async () => {
      const doomed = await dev.createKey({ keySpec: 'RSA_2048' });
      await administer(dev, act, { KeyId: doomed.arn });
      const { item } = await customers({ keyring: offline(doomed) }).encryptItem(CUSTOMER);
      const open = customers({ keyring: online(doomed) });
      const [reason] = await notOpened(open.decryptItem(item), code);
      assert.deepEqual([reason.operation, reason.keyId], ['Decrypt', doomed.arn]);
    });
  }

  test('an RSA key for signing is refused when its public key is fetched', async () => {
    const signing = await dev.createKey({ keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY' });
    const fetched = customers({ keyring: awsKmsRsaKeyring({ kmsKeyId: signing.arn, kms }) });
    const error = await refused(fetched.encryptItem(CUSTOMER), { code: 'KEYRING_CANNOT' });
    assert.match(error.message, /SIGN_VERIFY\) does not offer RSAES_OAEP_SHA_256/);
    // Offline nothing tells it apart; KMS does, on opening.
    const { item } = await customers({ keyring: offline(signing) }).encryptItem(CUSTOMER);
    await notOpened(
      customers({ keyring: online(signing) }).decryptItem(item),
      'KMS_WRONG_KEY_USAGE',
    );
  });

  test('an elliptic-curve key and a symmetric key are refused when fetched', async () => {
    const curve = await dev.createKey({ keySpec: 'ECC_NIST_P256' });
    const symmetric = await dev.createKey();
    for (const [{ arn }, code] of [
      [curve, 'KEYRING_CANNOT'],
      [symmetric, 'KMS_WRONG_KEY_USAGE'],
    ]) {
      const items = customers({ keyring: awsKmsRsaKeyring({ kmsKeyId: arn, kms }) });
      await refused(items.encryptItem(CUSTOMER), { code });
    }
  });

  test('a multi-Region key: sealed in one Region, opened with the replica in another', async () => {
    const mrk = await dev.createKey({
      keySpec: 'RSA_2048',
      multiRegion: true,
      replicaRegions: ['eu-west-1'],
    });
    const replica = { ...mrk, arn: mrk.arn.replace('us-east-1', 'eu-west-1') };
    const kmsThere = clientOf(dev, { endpoint: dev.urlFor('eu-west-1'), region: 'eu-west-1' });
    const seal = customers({ keyring: offline(mrk) });
    await roundTrip(seal, customers({ keyring: offline(replica, { kms: kmsThere }) }));
    assert.deepEqual(
      dev.calls.map(({ region, keyId }) => [region, keyId]),
      [['eu-west-1', replica.arn]],
    );
    const { item } = await seal.encryptItem(CUSTOMER);
    const absent = { ...mrk, arn: mrk.arn.replace('us-east-1', 'ap-south-1') };
    await notOpened(customers({ keyring: online(absent) }).decryptItem(item), 'KMS_KEY_NOT_FOUND');
  });

  test('a single-Region key of another Region is another key', async () => {
    const { item } = await customers({ keyring: offline() }).encryptItem(CUSTOMER);
    const there = { ...key, arn: key.arn.replace('us-east-1', 'eu-west-1') };
    await notOpened(customers({ keyring: online(there) }).decryptItem(item), 'KEYRING_NOT_MINE');
  });

  test('with a raw key beside it: the browser seals for both, either opens', async () => {
    const keyring = multiKeyring({ generator: offline(), children: [aes()] });
    const { item } = await customers({ keyring }).encryptItem(CUSTOMER);
    assert.equal(inspect(item).algorithmSuite, '6700');
    for (const one of [online(), aes()]) {
      assert.deepEqual((await customers({ keyring: one }).decryptItem(item)).item, CUSTOMER);
    }
  });

  const pair = (type, options) =>
    generateKeyPairSync(type, { ...options, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  for (const [what, options, code, message] of [
    ['an alias', { kmsKeyId: 'alias/customers' }, 'INVALID_CONFIG', /alias/],
    [
      'an alias ARN',
      { kmsKeyId: 'arn:aws:kms:us-east-1:111122223333:alias/customers' },
      'INVALID_CONFIG',
      /alias/,
    ],
    ['a broken ARN', { kmsKeyId: 'arn:aws:kms' }, 'MALFORMED_KEY_ID'],
    ['no key id', { kmsKeyId: undefined }, 'INVALID_ARGUMENT', /kmsKeyId must be a string/],
    ['neither public key nor client', { publicKey: undefined }, 'INVALID_CONFIG', /publicKey/],
    ['another algorithm', { encryptionAlgorithm: 'RSAES_PKCS1_V1_5' }, 'INVALID_CONFIG', /OAEP/],
    ['text that is no PEM', { publicKey: 'hello' }, 'MALFORMED_KEY'],
    ['bytes that are no DER', { publicKey: new Uint8Array([1, 2, 3]) }, 'MALFORMED_KEY'],
    ['no bytes', { publicKey: new Uint8Array() }, 'MALFORMED_KEY'],
    ['a curve', { publicKey: pair('ec', { namedCurve: 'P-256' }).publicKey }, 'MALFORMED_KEY'],
    [
      'RSA of 1,024 bits',
      { publicKey: pair('rsa', { modulusLength: 1024 }).publicKey },
      'UNSUPPORTED',
    ],
    ['a key of another type', { publicKey: 5 }, 'INVALID_ARGUMENT', /publicKey/],
    ['a client that is none', { kms: { decrypt() {} } }, 'INVALID_ARGUMENT', /KmsClient/],
  ]) {
    test(`refuses ${what}`, () => refused(() => offline(key, options), { code, message }));
  }

  test('refuses a damaged PEM and a DER cut short', async () => {
    const publicKey = key.publicKeyPem.replace(/A/, '*');
    await refused(() => offline(key, { publicKey }), { code: 'MALFORMED_KEY' });
    await refused(() => offline(key, { publicKey: key.publicKey.subarray(0, 200) }), {
      code: 'MALFORMED_KEY',
    });
  });
});

function aes() {
  const wrappingKey = new Uint8Array(32).fill(3);
  return rawAesKeyring({ keyNamespace: 'backup', keyName: 'aes', wrappingKey });
}

describe('raw RSA keyring', () => {
  const HASHES = {
    OAEP_SHA1_MGF1: 'SHA-1',
    OAEP_SHA256_MGF1: 'SHA-256',
    OAEP_SHA384_MGF1: 'SHA-384',
    OAEP_SHA512_MGF1: 'SHA-512',
  };
  const names = { keyNamespace: 'shop', keyName: 'rsa-1' };
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const spkiPem = publicKey.export({ type: 'spki', format: 'pem' });
  const spkiDer = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const pkcs8Pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const pkcs8Der = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
  const stranger = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
  const cryptoKey = (hash, usages = ['decrypt'], name = 'RSA-OAEP') =>
    webcrypto.subtle.importKey('pkcs8', pkcs8Der, { name, hash }, false, usages);

  const rsa = (paddingScheme, options) => rawRsaKeyring({ ...names, paddingScheme, ...options });
  const sealed = async (paddingScheme, options = { publicKey: spkiPem }) =>
    (await customers({ keyring: rsa(paddingScheme, options) }).encryptItem(CUSTOMER)).item;
  const open = (paddingScheme, privateKey, item, options) =>
    customers({ keyring: rsa(paddingScheme, { privateKey, ...options }) }).decryptItem(item);

  for (const [padding, hash] of Object.entries(HASHES)) {
    for (const [form, key] of [
      ['PEM', spkiPem],
      ['DER', spkiDer],
      ['PEM bytes', utf8(spkiPem)],
    ]) {
      test(`${padding}: sealed with ${form}, opened with PEM, DER and CryptoKey`, async () => {
        const item = await sealed(padding, { publicKey: key });
        assert.equal(inspect(item).encryptedDataKeys[0].keyProviderId, 'shop');
        for (const key of [pkcs8Pem, pkcs8Der, utf8(pkcs8Pem), await cryptoKey(hash)]) {
          assert.deepEqual((await open(padding, key, item)).item, CUSTOMER);
        }
      });
    }

    test(`${padding}: another private key is refused by all forms`, async () => {
      const item = await sealed(padding);
      const pem = stranger.export({ type: 'pkcs8', format: 'pem' });
      const der = new Uint8Array(stranger.export({ type: 'pkcs8', format: 'der' }));
      const algorithm = { name: 'RSA-OAEP', hash };
      const web = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['decrypt']);
      for (const key of [pem, der, web]) {
        await notOpened(open(padding, key, item), 'WRAPPED_KEY_MISMATCH');
      }
    });

    test(`${padding}: another padding does not open it`, async () => {
      const item = await sealed(padding);
      for (const [wrong, hash] of Object.entries(HASHES)) {
        if (wrong === padding) continue;
        for (const key of [pkcs8Pem, await cryptoKey(hash)]) {
          await notOpened(open(wrong, key, item), 'WRAPPED_KEY_MISMATCH');
        }
      }
    });

    test(`${padding}: a CryptoKey for another hash is named, not tried`, async () => {
      const wrong = await cryptoKey(hash === 'SHA-1' ? 'SHA-256' : 'SHA-1');
      const [{ message }] = await notOpened(
        open(padding, wrong, await sealed(padding)),
        'UNSUPPORTED',
      );
      assert.ok(message.includes(`not for RSA-OAEP decryption with ${hash}`), message);
    });
  }

  for (const [what, make] of [
    ['for unwrapping only', () => cryptoKey('SHA-256', ['unwrapKey'])],
    ['for signing', () => cryptoKey('SHA-256', ['sign'], 'RSA-PSS')],
  ]) {
    test(`a CryptoKey ${what} is refused`, async () => {
      const item = await sealed('OAEP_SHA256_MGF1');
      await notOpened(open('OAEP_SHA256_MGF1', await make(), item), 'UNSUPPORTED');
    });
  }

  describe('PKCS #1 v1.5', () => {
    test('seals; opens only when asked for as hazmat', async () => {
      const item = await sealed('PKCS1');
      for (const hazmatAllowPkcs1Decryption of [undefined, false, 1, 'true']) {
        const [{ message }] = await notOpened(
          open('PKCS1', pkcs8Pem, item, { hazmatAllowPkcs1Decryption }),
          'UNSUPPORTED',
        );
        assert.match(message, /hazmatAllowPkcs1Decryption/);
      }
    });

    test('with hazmat: this Node opens it, or says that it refuses', async () => {
      const item = await sealed('PKCS1');
      const attempt = open('PKCS1', pkcs8Pem, item, { hazmatAllowPkcs1Decryption: true });
      // Node refuses it by argument error unless its OpenSSL hides padding failures (implicit
      // rejection).
      const { opened, error } = await attempt.then(
        ({ item }) => ({ opened: item }),
        (error) => ({ error }),
      );
      console.log(`PKCS1 with hazmat on Node ${process.version}: ${error ? 'refused' : 'opened'}`);
      if (opened) return assert.deepEqual(opened, CUSTOMER);
      assert.deepEqual(
        error.reasons.map(({ code }) => code),
        ['UNSUPPORTED'],
      );
      assert.match(error.message, /RSA_PKCS1_PADDING is no longer supported/);
    });

    test('a CryptoKey never opens it', async () => {
      const item = await sealed('PKCS1');
      const options = { hazmatAllowPkcs1Decryption: true };
      await notOpened(open('PKCS1', await cryptoKey('SHA-256'), item, options), 'UNSUPPORTED');
    });
  });

  test('without a private key it seals only, without a public key it opens only', async () => {
    const item = await sealed('OAEP_SHA256_MGF1');
    const sealer = customers({ keyring: rsa('OAEP_SHA256_MGF1', { publicKey: spkiPem }) });
    await notOpened(sealer.decryptItem(item), 'KEYRING_CANNOT');
    const opener = customers({ keyring: rsa('OAEP_SHA256_MGF1', { privateKey: pkcs8Pem }) });
    await refused(opener.encryptItem(CUSTOMER), { code: 'KEYRING_CANNOT', message: /publicKey/ });
  });

  test('another name or namespace is not mine', async () => {
    const item = await sealed('OAEP_SHA256_MGF1');
    for (const names of [{ keyName: 'rsa-2' }, { keyNamespace: 'shop2' }]) {
      await notOpened(open('OAEP_SHA256_MGF1', pkcs8Pem, item, names), 'KEYRING_NOT_MINE');
    }
  });

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encrypted = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  for (const [what, options, code] of [
    ['no key', {}, 'INVALID_CONFIG'],
    ['a namespace of KMS', { keyNamespace: 'aws-kms', publicKey: spkiPem }, 'INVALID_CONFIG'],
    ['an unknown padding', { paddingScheme: 'NONE', publicKey: spkiPem }, 'INVALID_CONFIG'],
    ['no padding', { paddingScheme: undefined, publicKey: spkiPem }, 'INVALID_ARGUMENT'],
    ['a private key in place of the public one', { publicKey: pkcs8Pem }, 'MALFORMED_KEY'],
    ['a public key in place of the private one', { privateKey: spkiPem }, 'MALFORMED_KEY'],
    [
      'PKCS#1',
      { privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }) },
      'MALFORMED_KEY',
    ],
    ['an encrypted private key', { privateKey: encrypted }, 'MALFORMED_KEY'],
    [
      'an elliptic-curve key',
      { privateKey: ec.privateKey.export({ type: 'pkcs8', format: 'pem' }) },
      'MALFORMED_KEY',
    ],
    ['DER that is none', { privateKey: new Uint8Array([0x30, 1]) }, 'MALFORMED_KEY'],
    ['damaged base64', { privateKey: pkcs8Pem.replace(/\n(.)/, '\n=') }, 'MALFORMED_KEY'],
    ['null', { privateKey: null }, 'INVALID_ARGUMENT'],
    ['a number', { privateKey: 5 }, 'INVALID_ARGUMENT'],
    ['a Node KeyObject', { privateKey }, 'INVALID_ARGUMENT'],
  ]) {
    test(`refuses ${what}`, async () => {
      await refused(() => rsa('OAEP_SHA256_MGF1', options), { code });
    });
  }

  test('the private key given as bytes may be wiped by its owner afterwards', async () => {
    const mine = pkcs8Der.slice();
    const keyring = rsa('OAEP_SHA256_MGF1', { privateKey: mine });
    mine.fill(0);
    const item = await sealed('OAEP_SHA256_MGF1');
    assert.deepEqual((await customers({ keyring }).decryptItem(item)).item, CUSTOMER);
  });
});
