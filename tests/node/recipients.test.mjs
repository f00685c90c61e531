// Recipients: their notation, the names of raw keys, and what either language sealed (tests/vectors/recipients.json).

import assert from 'node:assert/strict';
import {
  createHash,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import {
  DynamoDbClient,
  EncryptionClient,
  KmsClient,
  keyStore,
  rawAesKeyring,
  readPublicKey,
  recipient,
} from '../../pkg/entrypoints/index.js';
// Internal: the instance of the core and its memory.
import { core } from '../../pkg/core/core.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { notOpened, refused, text, utf8 } from '../kms/support.mjs';
import { CRYPTO_HOSTS, testOn } from '../support/crypto-hosts.mjs';
import { formsOf, pieces, piecesOf, search } from '../support/linear-memory.mjs';
import { kmsWith, optionsOf, recipients } from '../support/recipients.mjs';

const client = new EncryptionClient();
const bytes = (base64) => new Uint8Array(Buffer.from(base64, 'base64'));
const { keys, messages } = recipients();
const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const kms = new KmsClient({ region: 'eu-central-1' });
const store = () => optionsOf(keys.branch).keyStore;

const seal = async (keyring) => (await client.encrypt(utf8('for you'), { keyring })).ciphertext;
const open = async (keyring, ciphertext) =>
  text((await client.decrypt(ciphertext, { keyring })).plaintext);

let dev;
before(async () => {
  dev = await kmsWith(keys);
});
after(() => dev.close());

const kindOf = (notation) => notation.split(':')[0];

// The same tests twice: hiding node:crypto is what makes Node a browser.
for (const host of CRYPTO_HOSTS) {
  describe(`vectors by ${host}`, () => {
    const onHost = testOn(host);
    for (const { recipient: notation, key, by, plaintext, ciphertext } of messages) {
      onHost(`${key}, sealed by ${by}`, async () => {
        const opened = await client.decrypt(bytes(ciphertext), {
          keyring: recipient(notation, optionsOf(keys[key], true, dev)),
        });
        assert.deepEqual(Buffer.from(opened.plaintext), Buffer.from(plaintext, 'base64'));
        // Not with any other key of its kind.
        for (const [name, other] of Object.entries(keys)) {
          if (name === key || kindOf(other.recipient) !== kindOf(notation)) continue;
          const keyring = recipient(other.recipient, optionsOf(other, true, dev));
          await notOpened(client.decrypt(bytes(ciphertext), { keyring }), 'KEYRING_NOT_MINE');
        }
      });
    }
    onHost('a multi-Region key: its replica opens what either language sealed', async () => {
      const { replica } = keys['KMS multi-Region'];
      const keyring = recipient(replica, optionsOf({ recipient: replica }, true, dev));
      const sealed = messages.filter(({ key }) => key === 'KMS multi-Region');
      for (const { ciphertext, plaintext } of sealed) {
        const opened = await client.decrypt(bytes(ciphertext), { keyring });
        assert.deepEqual(Buffer.from(opened.plaintext), Buffer.from(plaintext, 'base64'));
      }
      assert.equal(sealed.length, 2);
    });
    onHost('a key of the same ARN with other material: KMS refuses', async () => {
      for (const { recipient: notation, key, ciphertext } of messages) {
        if (!notation.startsWith('kms')) continue;
        const { keySpec } = keys[key];
        const other = keySpec
          ? { privateKey: keys[key === 'KMS RSA_2048' ? 'RSA 2048' : 'RSA 3072'].privateKey }
          : { material: keys['AES 256'].key };
        const impostor = await kmsWith({ key: { recipient: notation, keySpec, ...other } });
        try {
          const keyring = recipient(notation, optionsOf({ recipient: notation }, true, impostor));
          const opening = client.decrypt(bytes(ciphertext), { keyring });
          await notOpened(opening, 'KMS_INVALID_CIPHERTEXT');
        } finally {
          await impostor.close();
        }
      }
    });
  });
}

describe('names', () => {
  test('of RSA keys: the fingerprint', async () => {
    const { publicKey, privateKey } = keys['RSA 2048'];
    const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
    const name = createHash('sha256').update(der).digest('hex');
    for (const key of [publicKey, privateKey]) {
      const { header } = await client.encrypt(utf8('x'), { keyring: recipient('rsa:', { key }) });
      const [{ keyProviderId, keyName }] = header.encryptedDataKeys;
      assert.deepEqual([keyProviderId, keyName], ['fieldseal', name]);
    }
  });
  test('of AES keys: half a MAC under them', async () => {
    for (const length of [16, 24, 32]) {
      const key = bytes(keys[`AES ${8 * length}`].key);
      const name = createHmac('sha256', key).update('fieldseal key id').digest('hex').slice(0, 32);
      const keyring = recipient('aes:', { key });
      const { header, ciphertext } = await client.encrypt(utf8('for you'), { keyring });
      assert.equal(header.encryptedDataKeys[0].keyName, name);
      // Whoever knows the convention needs no function for it.
      const own = rawAesKeyring({ keyNamespace: 'fieldseal', keyName: name, wrappingKey: key });
      assert.equal(await open(own, ciphertext), 'for you');
    }
  });
});

test('naming an AES key leaves nothing of it in linear memory', () => {
  const key = randomBytes(32);
  const digest = createHmac('sha256', key).update('fieldseal key id').digest();
  const needles = [
    ...piecesOf(formsOf('the key', key)),
    // The half that is not the name.
    ...pieces('the MAC', digest.subarray(16)),
  ];
  const name = core().read((glue) => glue.raw_key_name(new Uint8Array(key), false));
  assert.equal(name, digest.toString('hex', 0, 16));
  assert.deepEqual(search(core().memory, needles), []);
  // A keyring keeps its key, once: the search finds what is there.
  const keyring = recipient('aes:', { key });
  const found = new Set(search(core().memory, needles).map(({ name }) => name));
  assert.deepEqual([...found], ['the key']);
  assert.ok(keyring);
});

describe('keys', () => {
  test('RSA in other forms: DER, JWK, a pair with a CryptoKey', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
    const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
    const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
    const usages = ['decrypt'];
    const cryptoKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, usages);
    const publicKey = pair.publicKey.export({ format: 'jwk' });
    const ciphertext = await seal(recipient('rsa:', { key: publicKey }));
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
    for (const key of [
      new Uint8Array(pkcs8),
      pem,
      utf8(pem),
      { publicKey, privateKey: cryptoKey },
      { publicKey, privateKey: pem },
    ]) {
      const keyring = recipient('rsa:', { key });
      assert.equal(await open(keyring, ciphertext), 'for you');
      assert.equal(await open(keyring, await seal(keyring)), 'for you');
    }
  });
  test('ECDH with CryptoKeys', async () => {
    for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
      const algorithm = { name: 'ECDH', namedCurve };
      const pair = await webcrypto.subtle.generateKey(algorithm, false, ['deriveBits']);
      const publicKey = await readPublicKey(pair.publicKey);
      const ciphertext = await seal(recipient('ecdh:', { key: publicKey }));
      for (const key of [pair, { ...pair }]) {
        assert.equal(await open(recipient('ecdh:', { key }), ciphertext), 'for you');
      }
      const alone = await webcrypto.subtle.generateKey(algorithm, true, ['deriveBits']);
      const keyring = recipient('ecdh:', { key: alone.privateKey });
      const sealed = await seal(recipient('ecdh:', { key: await readPublicKey(alone.publicKey) }));
      assert.equal(await open(keyring, sealed), 'for you');
    }
  });
  test('half a key does half of it', async () => {
    const cannot = { code: 'KEYRING_CANNOT' };
    const { publicKey, privateKey } = keys['P-256'];
    await refused(seal(recipient('ecdh:', { key: privateKey })), cannot);
    const sealing = recipient('ecdh:', { key: publicKey });
    await notOpened(open(sealing, await seal(sealing)), 'KEYRING_CANNOT');
    const rsa = recipient('rsa:', { key: keys['RSA 2048'].publicKey });
    await notOpened(open(rsa, await seal(rsa)), 'KEYRING_CANNOT');
  });
});

describe('KMS and key stores', () => {
  test('kms: and kms-rsa:', async () => {
    const dev = await startDevKms();
    try {
      const kms = new KmsClient({ endpoint: dev.url, region: dev.region });
      const key = await dev.createKey();
      const keyring = recipient(`kms:${key.arn}`, { kms });
      assert.equal(await open(keyring, await seal(keyring)), 'for you');

      const rsa = await dev.createKey({ keySpec: 'RSA_2048' });
      const base64 = Buffer.from(rsa.publicKey).toString('base64');
      const before = dev.countCalls();
      const ciphertext = await seal(recipient(`kms-rsa:${rsa.arn}`, { key: base64 }));
      assert.equal(dev.countCalls(), before, 'the public key is enough to seal');
      const both = recipient(`kms-rsa:${rsa.arn}`, { kms });
      assert.equal(await open(both, ciphertext), 'for you');
      assert.equal(await open(both, await seal(both)), 'for you');
      assert.equal(dev.countCalls('GetPublicKey'), 1);
    } finally {
      await dev.close();
    }
  });
  test('branch: of a table names the table of the store', async () => {
    const tableName = 'branch-keys';
    const keys = keyStore({
      dynamodb: new DynamoDbClient({ region: 'eu-central-1', credentials }),
      kms,
      kmsKeyArn: arn,
      tableName,
      logicalKeyStoreName: 'customers',
    });
    assert.ok(recipient('branch:branch-keys/tenant', { keyStore: keys }));
    await refused(() => recipient('branch:customers/tenant', { keyStore: keys }), {
      code: 'INVALID_CONFIG',
      message: /names the table 'customers', and keyStore has 'branch-keys'/,
    });
    const keyring = recipient('branch:branch-keys/other', { keyStore: store() });
    await refused(seal(keyring), {
      code: 'KEYRING_CANNOT',
      message: /no version of branch key 'other'/,
    });
  });
});
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

describe('what is refused', () => {
  test('private keys of another kind, and damaged ones', async () => {
    const der = { type: 'pkcs8', format: 'der' };
    const ed25519 = generateKeyPairSync('ed25519').privateKey.export(der);
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey.export(der);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const damaged = privateKey.export(der);
    const exponent = damaged.indexOf(Buffer.from('0203010001', 'hex'));
    damaged[exponent] = 4;
    for (const key of [ed25519, pss, damaged]) {
      for (const notation of ['rsa:', 'ecdh:']) {
        await refused(() => recipient(notation, { key: new Uint8Array(key) }), {
          code: 'MALFORMED_KEY',
          message: /key is not an unencrypted PKCS#8 key of RSA or of an elliptic curve/,
        });
      }
    }
  });
  const aes = { key: new Uint8Array(32).fill(7) };
  const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ';
  const argument = 'INVALID_ARGUMENT';
  const there = /kms:ARN, kms-rsa:ARN, rsa:, ecdh:, aes: and branch:TABLE\/ID/;
  for (const [notation, code, message] of [
    ['', argument, there],
    ['aes', argument, there],
    ['age:', argument, /'age' is not a kind of recipient: there are kms:ARN/],
    ['AES:', argument, /'AES' is not a kind/],
    [`aes:${secret}`, argument, /nothing belongs behind 'aes:'/],
    [`${secret}:`, argument, /what it begins with is not a kind/],
    ['rsa: ', argument, /nothing belongs behind 'rsa:'/],
    ['kms:', 'MALFORMED_KEY_ID', /six elements/],
    ['kms:alias/form', 'MALFORMED_KEY_ID', /six elements/],
    ['kms-rsa:arn:aws:s3:eu-central-1:1:key/x', 'MALFORMED_KEY_ID', /service is not 'kms'/],
    ['kms:arn:aws:kms:eu-central-1:1:alias/x', argument, /takes the ARN of a key, not of an alias/],
    ['branch:keys', argument, /divided by '\/'/],
    ['branch:/id', argument, /the TABLE of branch:TABLE\/ID/],
    ['branch:keys/', argument, /the ID of branch:TABLE\/ID is empty/],
    [7, argument, /recipient must be a string/],
    [undefined, argument, /recipient must be a string/],
    ['aes:\ud800', argument, /lone surrogate/],
  ]) {
    test(`the notation ${String(notation)}`, async () => {
      const error = await refused(() => recipient(notation, aes), { code, message });
      assert.ok(!error.message.includes(secret), error.message);
    });
  }

  const config = 'INVALID_CONFIG';
  const { publicKey, privateKey } = keys['RSA 2048'];
  const ec = keys['P-256'];
  const secp = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const sec1 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const pem = (key, type) => key.export({ type, format: 'pem' });
  for (const [what, notation, options, code, message] of [
    ['no key', 'aes:', {}, config, /aes: needs key/],
    ['no client', `kms:${arn}`, {}, config, /kms: needs kms/],
    ['no store', 'branch:keys/id', {}, config, /branch: needs keyStore/],
    ['neither key nor client', `kms-rsa:${arn}`, {}, config, /publicKey/],
    ['a client for AES', 'aes:', { ...aes, kms }, config, /aes: does not take kms/],
    ['a key for kms:', `kms:${arn}`, { kms, key: publicKey }, config, /kms: does not take key/],
    ['a store for rsa:', 'rsa:', { key: publicKey, keyStore: store() }, config, /take keyStore/],
    ['a key for branch:', 'branch:abc/d', { ...aes, keyStore: store() }, config, /not take key/],
    ['another option', 'aes:', { ...aes, keys: 1 }, argument, /did you mean 'key'/],
    ['another client', `kms:${arn}`, { kms: {} }, argument, /a KmsClient/],
    ['another store', 'branch:abc/d', { keyStore: {} }, argument, /keyStore must be made by/],
    ['an AES key in base64', 'aes:', { key: secret }, argument, /key must be a Uint8Array/],
    ['a short AES key', 'aes:', { key: new Uint8Array(5) }, config, /16, 24 or 32 bytes/],
    ['RSA for ecdh:', 'ecdh:', { key: publicKey }, 'MALFORMED_KEY', /not on P-256, P-384 or P-521/],
    ['RSA, private, for ecdh:', 'ecdh:', { key: privateKey }, 'MALFORMED_KEY', /not on P-256/],
    ['a curve for rsa:', 'rsa:', { key: ec.publicKey }, 'MALFORMED_KEY', /not for RSA/],
    ['a curve, private, for rsa:', 'rsa:', { key: ec.privateKey }, 'MALFORMED_KEY', /not for RSA/],
    [
      'another curve',
      'ecdh:',
      { key: pem(secp.publicKey, 'spki') },
      'MALFORMED_KEY',
      /not on P-256/,
    ],
    [
      'another curve, private',
      'ecdh:',
      { key: pem(secp.privateKey, 'pkcs8') },
      'MALFORMED_KEY',
      /not on/,
    ],
    ['a key of SEC 1', 'ecdh:', { key: pem(sec1, 'sec1') }, 'MALFORMED_KEY', /must be PKCS#8/],
    ['a path', 'rsa:', { key: './key.pem' }, 'MALFORMED_KEY', /key is a path/],
    [
      'a private key for kms-rsa:',
      `kms-rsa:${arn}`,
      { key: privateKey },
      'MALFORMED_KEY',
      /key is a private key where/,
    ],
    [
      'a damaged private key',
      'rsa:',
      { key: privateKey.replace('MII', 'MI!') },
      'MALFORMED_KEY',
      /PKCS#8/,
    ],
    [
      'a cut private key',
      'rsa:',
      { key: Buffer.from(privateKey.replace(/-----.*-----|\s/g, ''), 'base64').subarray(0, 90) },
      'MALFORMED_KEY',
      /key is/,
    ],
    ['half a pair', 'rsa:', { key: { privateKey } }, argument, /key.publicKey must be/],
  ]) {
    test(what, async () => {
      const error = await refused(() => recipient(notation, options), { code, message });
      for (const piece of privateKey.match(/\S{40}/g)) assert.ok(!error.message.includes(piece));
    });
  }

  test('CryptoKeys that do not say what is needed', async () => {
    const rsa = {
      name: 'RSA-OAEP',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
    };
    const pair = await webcrypto.subtle.generateKey(rsa, true, ['encrypt', 'decrypt']);
    const code = 'MALFORMED_KEY';
    await refused(() => recipient('rsa:', { key: pair.privateKey }), {
      code,
      message: /give \{ publicKey, privateKey \}/,
    });
    await refused(() => recipient('rsa:', { key: pair.publicKey }), {
      code,
      message: /readPublicKey/,
    });
    await refused(() => recipient('rsa:', { key: pair }), { code, message: /give \{ publicKey/ });
    const signing = { name: 'ECDSA', namedCurve: 'P-256' };
    const other = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
    await refused(() => recipient('ecdh:', { key: other.privateKey }), { code });
  });
});
