// The AWS KMS keyring and the multi-keyring, against the development KMS.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  awsKmsKeyring,
  defaultCmm,
  inspect,
  ItemEncryptor,
  multiKeyring,
  rawAesKeyring,
  requiredEncryptionContextCmm,
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
} from './support.mjs';

const ALIAS = 'alias/customers';

let dev;
let kms;
let key;
let other;
before(async () => {
  dev = await startDevKms();
  kms = clientOf(dev);
  key = await dev.createKey({ alias: ALIAS });
  other = await dev.createKey();
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
});

const kmsKeyring = (generatorKeyId, keyIds) => awsKmsKeyring({ kms, generatorKeyId, keyIds });
const operations = () => dev.calls.map(({ operation }) => operation);
const owners = (item) => inspect(item).encryptedDataKeys.map((k) => text(k.keyProviderInfo));

describe('AWS KMS keyring', () => {
  for (const algorithmSuite of ['6700', '6701', undefined]) {
    test(`seals and opens with suite ${algorithmSuite ?? 'by default'}`, async () => {
      const items = customers({ keyring: kmsKeyring(key.arn) }, { algorithmSuite });
      const sealed = await roundTrip(items);
      assert.deepEqual(operations(), ['GenerateDataKey', 'Decrypt']);
      assert.equal(inspect(sealed).algorithmSuite, algorithmSuite ?? '6701');
      assert.deepEqual(owners(sealed), [key.arn]);
      assert.equal(inspect(sealed).encryptedDataKeys[0].keyProviderId, 'aws-kms');
    });
  }

  test('the service sees the whole encryption context, and nothing of the item', async () => {
    const bodies = [];
    const spied = clientOf(dev, {
      fetch: (url, init) => {
        bodies.push(text(init.body));
        return fetch(url, init);
      },
    });
    const items = customers({ keyring: awsKmsKeyring({ kms: spied, generatorKeyId: key.arn }) });
    const { item } = await items.encryptItem(CUSTOMER);
    const { header } = await items.decryptItem(item);
    const [generate, decrypt] = bodies.map((body) => JSON.parse(body));
    assert.deepEqual(generate.EncryptionContext, header.encryptionContext);
    assert.deepEqual(decrypt.EncryptionContext, header.encryptionContext);
    assert.equal(generate.EncryptionContext['aws-crypto-table-name'], 'customers');
    assert.equal(generate.NumberOfBytes, 32);
    assert.equal(decrypt.KeyId, key.arn);
    for (const body of bodies) assert.ok(!body.includes('756.1234'));
  });

  test('keyIds: one GenerateDataKey, one Encrypt each; every key alone opens', async () => {
    const third = await dev.createKey();
    const items = customers({ keyring: kmsKeyring(key.arn, [other.arn, third.arn]) });
    const { item } = await items.encryptItem(CUSTOMER);
    assert.deepEqual(operations(), ['GenerateDataKey', 'Encrypt', 'Encrypt']);
    assert.deepEqual(owners(item), [key.arn, other.arn, third.arn]);
    for (const { arn } of [key, other, third]) {
      dev.clearCalls();
      const alone = customers({ keyring: kmsKeyring(arn) });
      assert.deepEqual((await alone.decryptItem(item)).item, CUSTOMER);
      assert.deepEqual(operations(), ['Decrypt']);
    }
  });

  test('keyIds without a generator open and do not seal', async () => {
    const { item } = await customers({ keyring: kmsKeyring(key.arn) }).encryptItem(CUSTOMER);
    const opener = customers({ keyring: kmsKeyring(undefined, [other.arn, key.arn]) });
    assert.deepEqual((await opener.decryptItem(item)).item, CUSTOMER);
    dev.clearCalls();
    await refused(opener.encryptItem(CUSTOMER), {
      code: 'KEYRING_CANNOT',
      message: /only decrypt/,
    });
    assert.equal(dev.calls.length, 0);
  });

  test('a key that fails does not keep another from opening', async () => {
    const doomed = await dev.createKey();
    const items = customers({ keyring: kmsKeyring(doomed.arn, [other.arn]) });
    const { item } = await items.encryptItem(CUSTOMER);
    await administer(dev, 'DisableKey', { KeyId: doomed.arn });
    assert.deepEqual((await items.decryptItem(item)).item, CUSTOMER);
    assert.deepEqual(
      dev.calls.map(({ errorName }) => errorName),
      ['DisabledException', undefined],
    );
  });

  test('a child that cannot wrap fails the whole seal', async () => {
    const doomed = await dev.createKey();
    await administer(dev, 'DisableKey', { KeyId: doomed.arn });
    const items = customers({ keyring: kmsKeyring(key.arn, [doomed.arn]) });
    await refused(items.encryptItem(CUSTOMER), {
      code: 'KMS_KEY_DISABLED',
      operation: 'Encrypt',
      keyId: doomed.arn,
    });
  });

  for (const what of ['alias', 'alias ARN', 'key id']) {
    test(`configured with an ${what} it seals, and says that it needs the ARN to open`, async () => {
      const id = {
        alias: ALIAS,
        'alias ARN': key.arn.replace(/key\/.*/, ALIAS),
        'key id': key.keyId,
      };
      const items = customers({ keyring: kmsKeyring(id[what]) });
      const { item } = await items.encryptItem(CUSTOMER);
      assert.deepEqual(owners(item), [key.arn]);
      dev.clearCalls();
      const [reason] = await notOpened(items.decryptItem(item), 'KEYRING_CANNOT');
      assert.match(reason.message, /to decrypt it needs the key's ARN/);
      assert.equal(dev.calls.length, 0);
      const { item: opened } = await customers({ keyring: kmsKeyring(key.arn) }).decryptItem(item);
      assert.deepEqual(opened, CUSTOMER);
    });
  }

  test('another key: not mine, with both names, without a call', async () => {
    const { item } = await customers({ keyring: kmsKeyring(key.arn) }).encryptItem(CUSTOMER);
    dev.clearCalls();
    const stranger = customers({ keyring: kmsKeyring(other.arn) });
    const [reason] = await notOpened(stranger.decryptItem(item), 'KEYRING_NOT_MINE');
    assert.ok(reason.message.includes(key.arn) && reason.message.includes(other.arn));
    assert.equal(dev.calls.length, 0);
  });

  for (const [what, act, code] of [
    ['disabled', 'DisableKey', 'KMS_KEY_DISABLED'],
    ['pending deletion', 'ScheduleKeyDeletion', 'KMS_KEY_PENDING_DELETION'],
  ]) {
    test(`the key is ${what}: sealing and opening say so`, async () => {
      const { arn } = await dev.createKey();
      const items = customers({ keyring: kmsKeyring(arn) });
      const { item } = await items.encryptItem(CUSTOMER);
      await administer(dev, act, { KeyId: arn });
      const common = { code, name: 'KmsError', keyId: arn, attempts: 1 };
      await refused(items.encryptItem(CUSTOMER), { ...common, operation: 'GenerateDataKey' });
      const [reason] = await notOpened(items.decryptItem(item), code);
      assert.deepEqual([reason.operation, reason.keyId], ['Decrypt', arn]);
      assert.equal(reason.requestId, dev.calls.at(-1).requestId);
    });
  }

  test('the key is gone', async () => {
    const short = await startDevKms();
    const { arn } = await short.createKey();
    const { item } = await customers({
      keyring: awsKmsKeyring({ kms: clientOf(short), generatorKeyId: arn }),
    }).encryptItem(CUSTOMER);
    await short.close();
    await notOpened(customers({ keyring: kmsKeyring(arn) }).decryptItem(item), 'KMS_KEY_NOT_FOUND');
  });

  test('the endpoint is gone', async () => {
    const short = await startDevKms();
    const { arn } = await short.createKey();
    const gone = clientOf(short, { maxAttempts: 2 });
    const items = customers({ keyring: awsKmsKeyring({ kms: gone, generatorKeyId: arn }) });
    const { item } = await items.encryptItem(CUSTOMER);
    await short.close();
    const common = { code: 'KMS_UNREACHABLE', keyId: arn, attempts: 2 };
    await refused(items.encryptItem(CUSTOMER), { ...common, operation: 'GenerateDataKey' });
    const [reason] = await notOpened(items.decryptItem(item), 'KMS_UNREACHABLE');
    assert.equal(reason.attempts, 2);
  });

  test('opened with another table name or another partition value: refused by KMS', async () => {
    const keyring = kmsKeyring(key.arn);
    const { item } = await customers({ keyring }).encryptItem(CUSTOMER);
    const elsewhere = customers({ keyring }, { logicalTableName: 'archive' });
    const [reason] = await notOpened(elsewhere.decryptItem(item), 'KMS_INVALID_CIPHERTEXT');
    assert.match(reason.next, /encryption context/);
    const swapped = { ...item, customer_id: { S: 'c-2' } };
    await notOpened(customers({ keyring }).decryptItem(swapped), 'KMS_INVALID_CIPHERTEXT');
  });

  test('context attributes are bound as well', async () => {
    const attributeActions = {
      customer_id: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
      country: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
      ssn: 'ENCRYPT_AND_SIGN',
      photo: 'ENCRYPT_AND_SIGN',
      ':note': 'DO_NOTHING',
    };
    const items = customers({ keyring: kmsKeyring(key.arn) }, { attributeActions });
    const sealed = await roundTrip(items);
    const moved = { ...sealed, country: { S: 'LI' } };
    await notOpened(items.decryptItem(moved), 'KMS_INVALID_CIPHERTEXT');
  });

  test('every byte of the wrapped data key counts', async () => {
    const items = customers({ keyring: kmsKeyring(key.arn) });
    const { item } = await items.encryptItem(CUSTOMER);
    const head = Buffer.from(item.aws_dbe_head.B);
    const { ciphertext } = inspect(item).encryptedDataKeys[0];
    const start = head.indexOf(Buffer.from(ciphertext));
    assert.ok(start > 0);
    // The wrapped data key (48 bytes), then what KMS made of the key that wraps it.
    for (let at = 0; at < ciphertext.length; at += 7) {
      const changed = tampered(item, 'aws_dbe_head', start + at);
      const error = await refused(items.decryptItem(changed), { code: 'NO_KEYRING_OPENED' });
      const [{ code }] = error.reasons;
      if (at < 48) assert.equal(code, 'WRAPPED_KEY_MISMATCH');
      else assert.match(code, /^KMS_(INVALID_CIPHERTEXT|INCORRECT_KEY)$/);
    }
  });

  for (const [attribute, at, code] of [
    ['ssn', 0, 'SIGNATURE_MISMATCH'],
    ['ssn', -1, 'SIGNATURE_MISMATCH'],
    ['aws_dbe_foot', 0, undefined],
    ['aws_dbe_foot', -1, 'SIGNATURE_MISMATCH'],
    ['aws_dbe_head', -1, 'COMMITMENT_MISMATCH'],
  ]) {
    test(`a bit turned in ${attribute} at ${at} is found`, async () => {
      const items = customers({ keyring: kmsKeyring(key.arn) });
      const { item } = await items.encryptItem(CUSTOMER);
      const error = await refused(items.decryptItem(tampered(item, attribute, at)), {});
      if (code) assert.equal(error.code, code, error.stack);
      else assert.ok(['MalformedInputError', 'AuthenticationError'].includes(error.name));
    });
  }

  test('a KMS that answers a decryption with another key is not believed', async () => {
    const lying = clientOf(dev, {
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        const answer = await response.text();
        return new Response(answer.replaceAll(key.arn, other.arn), response);
      },
    });
    const { item } = await customers({ keyring: kmsKeyring(key.arn) }).encryptItem(CUSTOMER);
    const items = customers({ keyring: awsKmsKeyring({ kms: lying, generatorKeyId: key.arn }) });
    await notOpened(items.decryptItem(item), 'MALFORMED_KMS_RESPONSE');
  });

  test('after RotateKeyOnDemand old items open, and new ones are sealed by new material', async () => {
    const { arn } = await dev.createKey();
    const items = customers({ keyring: kmsKeyring(arn) });
    const old = (await items.encryptItem(CUSTOMER)).item;
    await administer(dev, 'RotateKeyOnDemand', { KeyId: arn });
    const fresh = (await items.encryptItem(CUSTOMER)).item;
    for (const item of [old, fresh])
      assert.deepEqual((await items.decryptItem(item)).item, CUSTOMER);
  });

  test('throttled twice it seals all the same', async () => {
    dev.faults.throttleNext(2, { operation: 'GenerateDataKey' });
    await roundTrip(customers({ keyring: kmsKeyring(key.arn) }));
    assert.equal(dev.countCalls('GenerateDataKey'), 3);
  });

  test('grant tokens are sent with all its calls', async () => {
    const seen = [];
    const spied = clientOf(dev, {
      fetch: (url, init) => {
        seen.push(JSON.parse(text(init.body)).GrantTokens);
        return fetch(url, init);
      },
    });
    const options = { kms: spied, generatorKeyId: key.arn, keyIds: [other.arn] };
    await roundTrip(customers({ keyring: awsKmsKeyring({ ...options, grantTokens: ['token'] }) }));
    assert.deepEqual(seen, [['token'], ['token'], ['token']]);
  });

  for (const [what, options, code] of [
    ['no key at all', {}, 'INVALID_CONFIG'],
    ['an empty list', { keyIds: [] }, 'INVALID_CONFIG'],
    ['an empty key id', { generatorKeyId: '' }, 'MALFORMED_KEY_ID'],
    ['a broken ARN', { generatorKeyId: 'arn:aws:kms:us-east-1:1' }, 'MALFORMED_KEY_ID'],
    ['an ARN of another service', { keyIds: ['arn:aws:s3:::bucket'] }, 'MALFORMED_KEY_ID'],
    ['a key id of another type', { generatorKeyId: 5 }, 'INVALID_ARGUMENT'],
    ['no client', { kms: undefined, generatorKeyId: 'alias/a' }, 'INVALID_ARGUMENT'],
    ['the wrong client', { kms: {}, generatorKeyId: 'alias/a' }, 'INVALID_ARGUMENT'],
  ]) {
    test(`refuses ${what}`, async () => {
      await refused(() => awsKmsKeyring({ kms, ...options }), { code });
    });
  }
});

describe('batches', () => {
  const batch = Array.from({ length: 25 }, (_, i) => ({
    ...CUSTOMER,
    customer_id: { S: `c-${i}` },
  }));

  test('25 items are 25 data keys; all of them open', async () => {
    const items = customers({ keyring: kmsKeyring(key.arn) });
    const sealed = (await items.encryptItems(batch)).map(({ item }) => item);
    assert.equal(dev.countCalls('GenerateDataKey'), 25);
    assert.equal(dev.calls.length, 25);
    const opened = await items.decryptItems(sealed);
    assert.deepEqual(
      opened.map(({ item }) => item),
      batch,
    );
    assert.equal(dev.countCalls('Decrypt'), 25);
    const wrapped = sealed.map((item) => text(inspect(item).encryptedDataKeys[0].ciphertext));
    assert.equal(new Set(wrapped).size, 25);
  });

  test('one refusal fails the batch of sealing, and names an item', async () => {
    const items = customers({ keyring: kmsKeyring(key.arn) });
    dev.faults.failNext(1, 400, { errorName: 'AccessDeniedException' });
    const error = await refused(items.encryptItems(batch), { code: 'KMS_ACCESS_DENIED' });
    assert.ok(Number.isInteger(error.itemIndex) && error.itemIndex >= 0 && error.itemIndex < 25);
  });

  test('one damaged item fails the batch of opening, and is named', async () => {
    const items = customers({ keyring: kmsKeyring(key.arn) });
    const sealed = (await items.encryptItems(batch)).map(({ item }) => item);
    sealed[17] = tampered(sealed[17], 'ssn', 3);
    await refused(items.decryptItems(sealed), { code: 'SIGNATURE_MISMATCH', itemIndex: 17 });
    sealed[17] = sealed[16];
    const opened = await items.decryptItems(sealed);
    assert.deepEqual(opened[17].item, batch[16]);
  });

  test('an item of another key fails the batch, and is named', async () => {
    const items = customers({ keyring: kmsKeyring(key.arn) });
    const sealed = (await items.encryptItems(batch.slice(0, 3))).map(({ item }) => item);
    const stranger = customers({ keyring: kmsKeyring(other.arn) });
    sealed[1] = (await stranger.encryptItem(batch[1])).item;
    await refused(items.decryptItems(sealed), { code: 'NO_KEYRING_OPENED', itemIndex: 1 });
  });

  test('an item that cannot be sealed fails the batch', async () => {
    const items = customers({ keyring: kmsKeyring(key.arn) });
    const wrong = batch.with(5, { ...batch[5], unknown: { S: 'x' } });
    await refused(items.encryptItems(wrong), {
      code: 'ATTRIBUTE_WITHOUT_ACTION',
      attribute: 'unknown',
      itemIndex: 5,
    });
  });

  test('no items are no calls', async () => {
    const items = customers({ keyring: kmsKeyring(key.arn) });
    assert.deepEqual(await items.encryptItems([]), []);
    assert.equal(dev.calls.length, 0);
  });
});

describe('multi-keyring of KMS and raw keys', () => {
  const aes = (byte = 1) =>
    rawAesKeyring({
      keyNamespace: 'backup',
      keyName: `aes-${byte}`,
      wrappingKey: new Uint8Array(32).fill(byte),
    });

  for (const [what, make] of [
    ['KMS generates', () => multiKeyring({ generator: kmsKeyring(key.arn), children: [aes()] })],
    [
      'the raw key generates',
      () => multiKeyring({ generator: aes(), children: [kmsKeyring(key.arn)] }),
    ],
  ]) {
    test(`${what}: either opens`, async () => {
      const { item } = await customers({ keyring: make() }).encryptItem(CUSTOMER);
      for (const keyring of [make(), kmsKeyring(key.arn), aes()]) {
        assert.deepEqual((await customers({ keyring }).decryptItem(item)).item, CUSTOMER);
      }
    });
  }

  test('the raw key opens when KMS is gone; every reason is told when none opens', async () => {
    const short = await startDevKms();
    const { arn } = await short.createKey();
    const far = awsKmsKeyring({ kms: clientOf(short, { maxAttempts: 1 }), generatorKeyId: arn });
    const keyring = multiKeyring({ generator: far, children: [aes()] });
    const { item } = await customers({ keyring }).encryptItem(CUSTOMER);
    await short.close();
    assert.deepEqual((await customers({ keyring }).decryptItem(item)).item, CUSTOMER);
    const wrong = multiKeyring({ generator: far, children: [aes(2)] });
    const reasons = await notOpened(
      customers({ keyring: wrong }).decryptItem(item),
      'KMS_UNREACHABLE',
      'KEYRING_NOT_MINE',
      'KEYRING_NOT_MINE',
      'KEYRING_NOT_MINE',
    );
    assert.equal(reasons[0].keyId, arn);
  });

  for (const [what, options, code] of [
    ['nothing', {}, 'INVALID_CONFIG'],
    ['no children', { children: [] }, 'INVALID_CONFIG'],
    ['what is no keyring', { generator: {} }, 'INVALID_ARGUMENT'],
    ['a CMM', { children: [defaultCmm(aes())] }, 'INVALID_ARGUMENT'],
    ['null', { children: [null] }, 'INVALID_ARGUMENT'],
  ]) {
    test(`refuses ${what}`, () => refused(() => multiKeyring(options), { code }));
  }
});

describe('CMMs', () => {
  const attributeActions = {
    customer_id: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
    country: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
    ssn: 'ENCRYPT_AND_SIGN',
    photo: 'ENCRYPT_AND_SIGN',
    ':note': 'DO_NOTHING',
  };

  test('the default CMM is what a keyring gives', async () => {
    const keyring = kmsKeyring(key.arn);
    await roundTrip(customers({ cmm: defaultCmm(keyring) }), customers({ keyring }));
  });

  test('required keys are bound, but not stored', async () => {
    const requiredKeys = ['aws-crypto-attr.country'];
    const cmm = requiredEncryptionContextCmm({ keyring: kmsKeyring(key.arn), requiredKeys });
    const items = customers({ cmm }, { attributeActions });
    const sealed = await roundTrip(items);
    const { storedEncryptionContext } = inspect(sealed);
    assert.ok(!('aws-crypto-attr.country' in storedEncryptionContext));
    assert.ok(dev.calls.every((c) => c.encryptionContextKeys.includes('aws-crypto-attr.country')));
    // Whoever changes the attribute changes what KMS is asked.
    const moved = { ...sealed, country: { S: 'LI' } };
    await notOpened(items.decryptItem(moved), 'KMS_INVALID_CIPHERTEXT');
  });

  test('an item without the required attribute is not sealed', async () => {
    const requiredKeys = ['aws-crypto-attr.country'];
    const cmm = requiredEncryptionContextCmm({ keyring: kmsKeyring(key.arn), requiredKeys });
    const { country, ...item } = CUSTOMER;
    const error = await refused(customers({ cmm }, { attributeActions }).encryptItem(item), {});
    assert.ok(['REQUIRED_CONTEXT_MISSING', 'ATTRIBUTE_MISSING'].includes(error.code), error.stack);
    assert.equal(dev.calls.length, 0);
  });

  test('a required key that no item can have is never satisfied', async () => {
    const cmm = requiredEncryptionContextCmm({
      keyring: kmsKeyring(key.arn),
      requiredKeys: ['department'],
    });
    await refused(customers({ cmm }).encryptItem(CUSTOMER), { code: 'REQUIRED_CONTEXT_MISSING' });
    assert.equal(dev.calls.length, 0);
  });

  for (const [what, options] of [
    ['neither', {}],
    ['both', { keyring: true, cmm: true }],
  ]) {
    test(`an encryptor with ${what} of keyring and CMM is refused`, async () => {
      const keyring = kmsKeyring(key.arn);
      const given = options.keyring ? { keyring, cmm: defaultCmm(keyring) } : {};
      await refused(() => customers(given), { code: 'INVALID_CONFIG' });
      await refused(() => requiredEncryptionContextCmm({ ...given, requiredKeys: ['a'] }), {
        code: 'INVALID_CONFIG',
      });
    });
  }

  test('a keyring is not taken for a CMM, nor the other way round', async () => {
    const keyring = kmsKeyring(key.arn);
    await refused(() => customers({ keyring: defaultCmm(keyring) }), { code: 'INVALID_ARGUMENT' });
    await refused(() => customers({ cmm: 'keyring' }), { code: 'INVALID_ARGUMENT' });
    assert.ok(customers({ cmm: defaultCmm(keyring) }) instanceof ItemEncryptor);
  });
});
