// AWS KMS ECDH keyrings, against the development KMS.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  awsKmsEcdhKeyring,
  awsKmsKeyring,
  inspect,
  multiKeyring,
  rawEcdhKeyring,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { changedKey, CURVES, ecdhPair, fieldsOf } from '../support/ecdh.mjs';
import {
  administer,
  clientOf,
  customers,
  CUSTOMER,
  notOpened,
  refused,
  roundTrip,
  text,
} from './support.mjs';

let dev;
let kms;
before(async () => {
  dev = await startDevKms();
  kms = clientOf(dev);
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
});

const ecdhKey = (curve) =>
  dev.createKey({ keySpec: `ECC_NIST_${curve}`, keyUsage: 'KEY_AGREEMENT' });
const statically = (curve, key, recipientPublicKey, options = {}) => {
  const { senderPublicKey, ...rest } = options;
  const senderKmsKeyId = key.arn ?? key;
  const scheme = { type: 'static', senderKmsKeyId, senderPublicKey, recipientPublicKey };
  return awsKmsEcdhKeyring({ kms, curveSpec: curve, keyAgreementScheme: scheme, ...rest });
};
const discovery = (curve, key, options = {}) => {
  const keyAgreementScheme = { type: 'discovery', recipientKmsKeyId: key.arn ?? key };
  return awsKmsEcdhKeyring({ kms, curveSpec: curve, keyAgreementScheme, ...options });
};
const ephemeral = (curve, recipientPublicKey) =>
  rawEcdhKeyring({
    curveSpec: curve,
    keyAgreementScheme: { type: 'ephemeral', recipientPublicKey },
  });
const rawDiscovery = (curve, recipientPrivateKey) =>
  rawEcdhKeyring({
    curveSpec: curve,
    keyAgreementScheme: { type: 'discovery', recipientPrivateKey },
  });
const sealed = async (keyring) => (await customers({ keyring }).encryptItem(CUSTOMER)).item;
const open = async (keyring, item) => (await customers({ keyring }).decryptItem(item)).item;
const operations = () => dev.calls.map(({ operation }) => operation);

for (const curve of CURVES) {
  describe(`${curve}`, () => {
    let alice;
    let bob;
    before(async () => {
      alice = await ecdhKey(curve);
      bob = await ecdhKey(curve);
    });

    for (const algorithmSuite of ['6700', '6701']) {
      test(`static: sealed by one KMS key, opened by the other: ${algorithmSuite}`, async () => {
        kms = clientOf(dev);
        const [a, b] = [
          statically(curve, alice, bob.publicKey),
          statically(curve, bob, alice.publicKeyPem),
        ].map((keyring) => customers({ keyring }, { algorithmSuite }));
        const item = await roundTrip(a, b);
        const once = ['GetPublicKey', 'DeriveSharedSecret'];
        assert.deepEqual(operations(), [...once, ...once]);
        const [key] = inspect(item).encryptedDataKeys;
        assert.equal(key.keyProviderId, 'aws-kms-ecdh');
        await roundTrip(b, a);
        await roundTrip(a, a);
        // The public keys are known by now.
        assert.equal(dev.countCalls('GetPublicKey'), 2);
        assert.equal(dev.countCalls('DeriveSharedSecret'), 6);
      });
    }

    test('discovery: opens for the recipient, whoever the sender', async () => {
      const item = await sealed(statically(curve, alice, bob.publicKey));
      assert.deepEqual(await open(discovery(curve, bob), item), CUSTOMER);
      // Not for the sender.
      const [reason] = await notOpened(open(discovery(curve, alice), item), 'KEYRING_NOT_MINE');
      assert.ok(reason.message.includes(alice.arn), reason.message);
    });

    test('sealed without any credentials, opened by KMS', async () => {
      const item = await sealed(ephemeral(curve, bob.publicKeyPem));
      assert.equal(dev.calls.length, 0);
      assert.equal(inspect(item).encryptedDataKeys[0].keyProviderId, 'raw-ecdh');
      assert.deepEqual(await open(discovery(curve, bob), item), CUSTOMER);
    });

    test('sealed by KMS, opened with a private key of your own, and back', async () => {
      const own = ecdhPair(curve);
      const item = await sealed(statically(curve, alice, own.publicKey));
      assert.deepEqual(await open(rawDiscovery(curve, own.privateKey), item), CUSTOMER);
      const raw = rawEcdhKeyring({
        curveSpec: curve,
        keyAgreementScheme: {
          type: 'static',
          senderPrivateKey: own.privateKey,
          recipientPublicKey: alice.publicKey,
        },
      });
      assert.deepEqual(await open(raw, item), CUSTOMER);
      const back = await sealed(raw);
      assert.deepEqual(await open(statically(curve, alice, own.publicKey), back), CUSTOMER);
      assert.deepEqual(await open(discovery(curve, alice), back), CUSTOMER);
    });

    test('a public key that is given is not fetched', async () => {
      const options = { senderPublicKey: alice.publicKeyPem };
      await roundTrip(customers({ keyring: statically(curve, alice, bob.publicKey, options) }));
      assert.deepEqual(operations(), ['DeriveSharedSecret', 'DeriveSharedSecret']);
    });

    test('every field of the data key counts', async () => {
      const item = await sealed(ephemeral(curve, bob.publicKey));
      const opener = discovery(curve, bob);
      for (const [part, fields] of Object.entries(fieldsOf(curve))) {
        for (const [field, [from, to]] of Object.entries(fields)) {
          const at = to - 1 - ((to - from) >> 1);
          const changed = changedKey(item, part, (bytes) => (bytes[at] ^= 1));
          const error = await refused(open(opener, changed), { code: 'NO_KEYRING_OPENED' });
          const [{ code }] = error.reasons;
          const codes = { ciphertext: ['WRAPPED_KEY_MISMATCH'] }[part] ??
            { 'recipient key': ['KEYRING_NOT_MINE'] }[field] ?? [
              'MALFORMED_ENCRYPTED_DATA_KEY',
              ...(field === 'sender key' ? ['WRAPPED_KEY_MISMATCH'] : []),
            ];
          assert.ok(codes.includes(code), `${field} at ${at}: ${code}`);
          assert.ok(from <= at && at < to);
        }
      }
    });
  });
}

describe('what goes wrong', () => {
  let alice;
  let bob;
  before(async () => {
    kms = clientOf(dev);
    alice = await ecdhKey('P256');
    bob = await ecdhKey('P256');
  });

  test('discovery cannot seal', async () => {
    await refused(sealed(discovery('P256', bob)), {
      code: 'KEYRING_CANNOT',
      message: /discovery scheme, which can only decrypt/,
    });
    assert.equal(dev.calls.length, 0);
  });

  test('a KMS key of another curve or usage', async () => {
    const item = await sealed(ephemeral('P256', bob.publicKey));
    const others = [
      await ecdhKey('P384'),
      await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' }),
      await dev.createKey({ keySpec: 'RSA_2048' }),
    ];
    for (const key of others) {
      const message = /not for KEY_AGREEMENT on P-256/;
      const seal = sealed(statically('P256', key, bob.publicKey));
      const error = await refused(seal, { code: 'KEYRING_CANNOT', message });
      assert.ok(error.message.includes(key.arn) && error.message.includes(key.keySpec));
      await notOpened(open(discovery('P256', key), item), 'KEYRING_CANNOT');
    }
    const symmetric = await dev.createKey();
    const seal = sealed(statically('P256', symmetric, bob.publicKey));
    await refused(seal, { keyId: symmetric.arn, operation: 'GetPublicKey' });
  });

  test('a given public key that is not of the KMS key: nothing opens it but the pair', async () => {
    const options = { senderPublicKey: ecdhPair('P256').publicKey };
    const item = await sealed(statically('P256', alice, bob.publicKey, options));
    await notOpened(open(discovery('P256', bob), item), 'WRAPPED_KEY_MISMATCH');
  });

  test('another KMS key, another recipient: not mine, with both named', async () => {
    const item = await sealed(statically('P256', alice, bob.publicKey));
    const eve = await ecdhKey('P256');
    for (const keyring of [
      statically('P256', eve, bob.publicKey),
      statically('P256', alice, eve.publicKey),
      discovery('P256', eve),
    ]) {
      const [reason] = await notOpened(open(keyring, item), 'KEYRING_NOT_MINE');
      assert.match(reason.message, /of sender 0[23].*the public key 0[23]/);
    }
    const big = await ecdhKey('P521');
    await notOpened(open(discovery('P521', big), item), 'KEYRING_NOT_MINE');
    await notOpened(
      open(awsKmsKeyring({ kms, generatorKeyId: alice.arn }), item),
      'KEYRING_NOT_MINE',
    );
  });

  test('the key is disabled: sealing and opening say so', async () => {
    const key = await ecdhKey('P256');
    const options = { senderPublicKey: key.publicKey };
    const keyring = statically('P256', key, bob.publicKey, options);
    const item = await sealed(keyring);
    await administer(dev, 'DisableKey', { KeyId: key.arn });
    const common = { code: 'KMS_KEY_DISABLED', keyId: key.arn, operation: 'DeriveSharedSecret' };
    await refused(sealed(keyring), common);
    const [reason] = await notOpened(open(keyring, item), 'KMS_KEY_DISABLED');
    assert.deepEqual([reason.operation, reason.keyId], ['DeriveSharedSecret', key.arn]);
    // The other end does not need it.
    assert.deepEqual(await open(discovery('P256', bob), item), CUSTOMER);
  });

  test('an answer of another key is not believed, nor a secret of another length', async () => {
    const item = await sealed(ephemeral('P256', bob.publicKey));
    const lying = (change) =>
      clientOf(dev, {
        fetch: async (url, init) => {
          const response = await fetch(url, init);
          const answer = await response.json();
          if (answer.SharedSecret) change(answer);
          return new Response(JSON.stringify(answer), response);
        },
      });
    for (const [change, code] of [
      [(answer) => (answer.KeyId = alice.arn), 'MALFORMED_KMS_RESPONSE'],
      [(answer) => (answer.SharedSecret = 'AAAA'), 'HOST_FAILED'],
      [(answer) => (answer.SharedSecret = '*'), 'MALFORMED_KMS_RESPONSE'],
      [(answer) => delete answer.SharedSecret, 'MALFORMED_KMS_RESPONSE'],
      [(answer) => delete answer.KeyId, 'MALFORMED_KMS_RESPONSE'],
      [
        (answer) => (answer.SharedSecret = Buffer.alloc(32).toString('base64')),
        'WRAPPED_KEY_MISMATCH',
      ],
    ]) {
      const keyring = discovery('P256', bob, { kms: lying(change) });
      await notOpened(open(keyring, item), code);
    }
  });

  test('by alias, alias ARN and key id too', async () => {
    const key = await dev.createKey({
      keySpec: 'ECC_NIST_P256',
      keyUsage: 'KEY_AGREEMENT',
      alias: 'alias/agreement',
    });
    const item = await sealed(ephemeral('P256', key.publicKey));
    const aliasArn = key.arn.replace(/key\/.*/, 'alias/agreement');
    for (const id of ['alias/agreement', aliasArn, key.keyId, key.arn]) {
      assert.deepEqual(await open(discovery('P256', id), item), CUSTOMER);
    }
  });

  test('grant tokens are sent with all its calls', async () => {
    const seen = [];
    const spied = clientOf(dev, {
      fetch: (url, init) => {
        const { GrantTokens, KeyAgreementAlgorithm } = JSON.parse(text(init.body));
        seen.push([GrantTokens, KeyAgreementAlgorithm]);
        return fetch(url, init);
      },
    });
    const keyring = statically('P256', alice, bob.publicKey, { kms: spied, grantTokens: ['t'] });
    await sealed(keyring);
    assert.deepEqual(seen, [
      [['t'], undefined],
      [['t'], 'ECDH'],
    ]);
  });

  test('in a multi-keyring: KMS for one, a private key for the other', async () => {
    const own = ecdhPair('P384');
    const keyring = multiKeyring({
      generator: statically('P256', alice, bob.publicKey),
      children: [ephemeral('P384', own.publicKey)],
    });
    const item = await sealed(keyring);
    assert.deepEqual(await open(discovery('P256', bob), item), CUSTOMER);
    assert.deepEqual(await open(rawDiscovery('P384', own.privateKey), item), CUSTOMER);
  });

  const scheme = (changes) => ({
    type: 'static',
    senderKmsKeyId: 'alias/a',
    recipientPublicKey: ecdhPair('P256').publicKey,
    ...changes,
  });
  for (const [what, options, code] of [
    ['no client', { kms: undefined }, 'INVALID_ARGUMENT'],
    ['a function for a client', { kms: () => kms }, 'INVALID_ARGUMENT'],
    ['no curve', { curveSpec: undefined }, 'INVALID_ARGUMENT'],
    ['no scheme', { keyAgreementScheme: undefined }, 'INVALID_ARGUMENT'],
    ['the raw scheme', { keyAgreementScheme: scheme({ type: 'ephemeral' }) }, 'INVALID_ARGUMENT'],
    [
      'no key id',
      { keyAgreementScheme: scheme({ senderKmsKeyId: undefined }) },
      'INVALID_ARGUMENT',
    ],
    ['an empty key id', { keyAgreementScheme: scheme({ senderKmsKeyId: '' }) }, 'MALFORMED_KEY_ID'],
    [
      'a broken ARN',
      { keyAgreementScheme: scheme({ senderKmsKeyId: 'arn:a' }) },
      'MALFORMED_KEY_ID',
    ],
    [
      'no recipient',
      { keyAgreementScheme: scheme({ recipientPublicKey: undefined }) },
      'INVALID_ARGUMENT',
    ],
    ['no public key', { keyAgreementScheme: scheme({ senderPublicKey: 'key' }) }, 'MALFORMED_KEY'],
    ['another curve', { curveSpec: 'P384' }, 'MALFORMED_KEY'],
    ['discovery of nothing', { keyAgreementScheme: { type: 'discovery' } }, 'INVALID_ARGUMENT'],
  ]) {
    test(`refuses ${what}`, async () => {
      const common = { kms, curveSpec: 'P256', keyAgreementScheme: scheme({}) };
      await refused(() => awsKmsEcdhKeyring({ ...common, ...options }), { code });
    });
  }
});
