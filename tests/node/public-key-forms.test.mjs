// Every form in which people have a public key, wherever one is taken; and what they give by mistake, by its name.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import * as items from '../../pkg/entrypoints/items.js';
import {
  awsKmsEcdhKeyring,
  awsKmsRsaKeyring,
  EncryptionClient,
  KmsClient,
  MalformedInputError,
  publicKeyFingerprint,
  rawEcdhKeyring,
  rawRsaKeyring,
  readPublicKey,
  recipient,
  UsageError,
  verifySignature,
} from '../../pkg/entrypoints/index.js';

const testdata = (name) =>
  readFileSync(new URL(`../../src/crypto/testdata/${name}`, import.meta.url), 'utf8');

const pairs = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'RSA of 3072 bits': generateKeyPairSync('rsa', { modulusLength: 3072, publicExponent: 3 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
};
const pemOf = (key) => key.export({ type: 'spki', format: 'pem' });
const derOf = (key) => key.export({ type: 'spki', format: 'der' });
const pkcs8 = (key) => key.export({ type: 'pkcs8', format: 'pem' });
const utf8 = (text) => new TextEncoder().encode(text);

/** All forms that every taker reads, by what they are. */
function formsOf(key) {
  const [pem, der, jwk] = [pemOf(key), derOf(key), key.export({ format: 'jwk' })];
  const base64 = der.toString('base64');
  const [first, ...lines] = pem.trim().split('\n');
  const last = lines.pop();
  const copies = new Uint8Array(der.length + 9);
  copies.set(der, 5);
  return {
    PEM: pem,
    'PEM with CRLF': pem.replaceAll('\n', '\r\n'),
    'PEM without a line end at its end': pem.trim(),
    'PEM with blank lines around it': `\n\n  ${pem}\n\n`,
    'PEM behind a comment': `the form's key, since May\n${pem}`,
    'PEM with \\n in two characters': pem.replaceAll('\n', '\\n'),
    'PEM with \\r\\n in four characters': pem.replaceAll('\n', '\\r\\n'),
    'PEM in quotation marks': `"${pem.replaceAll('\n', '\\n')}"`,
    'PEM with spaces for line ends': pem.replaceAll('\n', ' '),
    'PEM on one line': pem.replaceAll('\n', ''),
    'PEM whose base64 is one line': [first, lines.join(''), last].join('\n'),
    'PEM as bytes': utf8(pem),
    'PEM on one line as bytes': utf8(pem.replaceAll('\n', '')),
    'PEM behind a byte order mark': utf8(`\ufeff${pem}`),
    DER: new Uint8Array(der),
    'DER in a Buffer': der,
    'DER within another buffer': copies.subarray(5, 5 + der.length),
    'DER as an ArrayBuffer': new Uint8Array(der).buffer,
    'base64 DER, as the AWS CLI prints it': `${base64}\n`,
    'base64 DER in lines': lines.join('\n'),
    'base64 DER as bytes': utf8(base64),
    JWK: jwk,
    'JWK with what says nothing of the key': { ...jwk, kid: 'a', use: 'enc', alg: 'x', ext: true },
    'JWK as JSON': JSON.stringify(jwk),
    'JWK as bytes of JSON': utf8(JSON.stringify(jwk, null, 2)),
    'JWK set with one key': { keys: [jwk] },
    'JWK set with one key as JSON': JSON.stringify({ keys: [{ ...jwk, kid: 'k' }] }),
  };
}

const client = new EncryptionClient();
const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const kms = new KmsClient({ endpoint: 'http://127.0.0.1:1', region: 'eu-central-1' });

const rawRsa = (from, publicKey, privateKey) =>
  from.rawRsaKeyring({
    keyNamespace: 'n',
    keyName: 'k',
    paddingScheme: 'OAEP_SHA256_MGF1',
    publicKey,
    ...(privateKey && { privateKey: pkcs8(privateKey) }),
  });
const ephemeral = (curve, recipientPublicKey) =>
  rawEcdhKeyring({
    curveSpec: curve.replace('-', ''),
    keyAgreementScheme: { type: 'ephemeral', recipientPublicKey },
  });

describe('forms', () => {
  for (const [kind, { publicKey, privateKey }] of Object.entries(pairs)) {
    const curve = kind.startsWith('P-') ? kind : undefined;
    for (const [form, given] of Object.entries(formsOf(publicKey))) {
      test(`${kind}: ${form}`, async () => {
        const fingerprint = await publicKeyFingerprint(derOf(publicKey));
        assert.equal(await publicKeyFingerprint(given), fingerprint);
        assert.equal(await readPublicKey(given), pemOf(publicKey));
        // What is sealed with it, the private key opens.
        const [seals, opens] = curve
          ? [
              ephemeral(curve, given),
              rawEcdhKeyring({
                curveSpec: curve.replace('-', ''),
                keyAgreementScheme: { type: 'discovery', recipientPrivateKey: pkcs8(privateKey) },
              }),
            ]
          : [rawRsa({ rawRsaKeyring }, given), rawRsa({ rawRsaKeyring }, undefined, privateKey)];
        const { ciphertext } = await client.encrypt(utf8('for you'), { keyring: seals });
        const { plaintext } = await client.decrypt(ciphertext, { keyring: opens });
        assert.equal(new TextDecoder().decode(plaintext), 'for you');
      });
    }
  }

  test('the other keyrings, and those of fieldseal/items', () => {
    const [rsa, ec] = [formsOf(pairs.RSA.publicKey), formsOf(pairs['P-384'].publicKey)];
    for (const given of Object.values(rsa)) {
      awsKmsRsaKeyring({ kmsKeyId: arn, publicKey: given });
      items.awsKmsRsaKeyring({ kmsKeyId: arn, publicKey: given });
      rawRsa(items, given);
    }
    for (const given of Object.values(ec)) {
      const keys = { senderKmsKeyId: arn, senderPublicKey: given, recipientPublicKey: given };
      const keyAgreementScheme = { type: 'static', ...keys };
      awsKmsEcdhKeyring({ kms, curveSpec: 'P384', keyAgreementScheme });
    }
  });

  test('verifySignature takes them, a CryptoKey included', async () => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const pair = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const message = utf8('invoice 7');
    const raw = new Uint8Array(await webcrypto.subtle.sign(algorithm, pair.privateKey, message));
    const number = (digits) => {
      const from = digits.findIndex((digit) => digit !== 0);
      const shown = [...digits.subarray(from)];
      if (shown[0] >= 0x80) shown.unshift(0);
      return [2, shown.length, ...shown];
    };
    const both = [...number(raw.subarray(0, 32)), ...number(raw.subarray(32))];
    const signature = Uint8Array.of(0x30, both.length, ...both);
    const der = new Uint8Array(await webcrypto.subtle.exportKey('spki', pair.publicKey));
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    for (const publicKey of [pair.publicKey, ...Object.values(formsOf(key))]) {
      const options = { publicKey, message, signature, signingAlgorithm: 'ECDSA_SHA_256' };
      assert.equal(await verifySignature(options), true);
    }
  });

  test('a JWK whose modulus has a zero in front, as some write it', async () => {
    const jwk = pairs.RSA.publicKey.export({ format: 'jwk' });
    const n = Buffer.concat([Buffer.of(0), Buffer.from(jwk.n, 'base64url')]).toString('base64url');
    assert.equal(await readPublicKey({ ...jwk, n }), pemOf(pairs.RSA.publicKey));
  });

  test('a CryptoKey', async () => {
    for (const [name, algorithm, usages] of [
      ['ECDH', { namedCurve: 'P-521' }, ['deriveBits']],
      ['RSA-OAEP', { ...rsaParams, hash: 'SHA-256' }, ['encrypt', 'decrypt']],
    ]) {
      const pair = await webcrypto.subtle.generateKey({ name, ...algorithm }, false, usages);
      const spki = new Uint8Array(await webcrypto.subtle.exportKey('spki', pair.publicKey));
      const pem = await readPublicKey(pair.publicKey);
      assert.equal(await publicKeyFingerprint(pem), await publicKeyFingerprint(spki));
      assert.equal(await publicKeyFingerprint(pair.publicKey), await publicKeyFingerprint(spki));
      await rejects(readPublicKey(pair.privateKey), /publicKey is a private CryptoKey/);
    }
  });

  test('what a keyring was made with may change afterwards', async () => {
    const jwk = pairs.RSA.publicKey.export({ format: 'jwk' });
    const keyring = rawRsa({ rawRsaKeyring }, jwk, pairs.RSA.privateKey);
    jwk.n = pairs['RSA of 3072 bits'].publicKey.export({ format: 'jwk' }).n;
    const { ciphertext } = await client.encrypt(utf8('x'), { keyring });
    assert.equal((await client.decrypt(ciphertext, { keyring })).plaintext.length, 1);
  });
});

const rsaParams = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };

describe('a set of keys', () => {
  const jwks = {
    keys: Object.entries(pairs).map(([kid, { publicKey }]) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
    })),
  };
  test('one by its kid, of an object, JSON and bytes', async () => {
    for (const [kid, { publicKey }] of Object.entries(pairs)) {
      for (const set of [jwks, JSON.stringify(jwks), utf8(JSON.stringify(jwks))]) {
        assert.equal(await readPublicKey(set, { kid }), pemOf(publicKey));
      }
    }
  });
  test('none, several of one kid, no kid, no set', async () => {
    const none = await rejects(
      readPublicKey(jwks, { kid: 'p-256' }),
      /no key with the kid 'p-256'/,
      {
        Class: UsageError,
        code: 'INVALID_ARGUMENT',
      },
    );
    assert.match(none.next, /^It has 'RSA', .*'P-521'\.$/);
    const twice = { keys: [...jwks.keys, jwks.keys[0]] };
    const usage = { Class: UsageError, code: 'INVALID_ARGUMENT' };
    await rejects(readPublicKey(twice, { kid: 'RSA' }), /2 keys with the kid 'RSA'/, usage);
    await rejects(readPublicKey({ keys: [] }, { kid: 'RSA' }), /no key with the kid/, usage);
    const within = { keys: [{ kid: 'RSA', keys: [jwks.keys[0]] }] };
    await rejects(readPublicKey(within, { kid: 'RSA' }), /another kind/);
    await rejects(readPublicKey(jwks.keys[0], { kid: 'RSA' }), /not one/, usage);
    await rejects(readPublicKey(pemOf(pairs.RSA.publicKey), { kid: 'RSA' }), /not one/, usage);
    await rejects(readPublicKey(jwks, { kid: 7 }), /kid must be a string/, usage);
    await rejects(readPublicKey(jwks, { kind: 'RSA' }), /did you mean 'kid'/, usage);
  });
  test('a CryptoKey that does not let itself out', async () => {
    const spki = pairs['P-256'].publicKey.export({ type: 'spki', format: 'der' });
    const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
    const key = await crypto.subtle.importKey('spki', spki, algorithm, false, []);
    await rejects(readPublicKey(key), /a CryptoKey that is not extractable/);
  });
  test('without a choice', async () => {
    await rejects(readPublicKey(jwks), /publicKey is a set of 5 keys: choose one/);
    refusesMade(() => rawRsa({ rawRsaKeyring }, jwks), /publicKey is a set of 5 keys/);
    await rejects(readPublicKey({ keys: [] }), /a set of 0 keys/);
    await rejects(readPublicKey({ keys: [{ keys: [jwks.keys[0]] }] }), /a JWK of another kind/);
    const endless = { keys: [] };
    endless.keys.push(endless);
    await rejects(readPublicKey(endless), /a JWK of another kind/);
  });
});

describe('a certificate', () => {
  const pem = testdata('rsa2048.certificate.pem');
  const der = Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64');
  const key = createPublicKey(pem);
  const forms = {
    PEM: pem,
    'PEM with \\n': pem.replaceAll('\n', '\\n'),
    'PEM on one line': pem.replaceAll('\n', ' '),
    'PEM as bytes': utf8(pem),
    DER: der,
    base64: der.toString('base64'),
    'a chain': pem + pem.replace('MII', 'NII'),
  };
  for (const [form, given] of Object.entries(forms)) {
    test(`${form}: on request only`, async () => {
      assert.equal(await readPublicKey(given, { certificate: true }), pemOf(key));
      await rejects(readPublicKey(given), /publicKey is a certificate/);
      await rejects(publicKeyFingerprint(given), /publicKey is a certificate/);
      refusesMade(() => rawRsa({ rawRsaKeyring }, given), /publicKey is a certificate/);
      await rejects(readPublicKey(given, { certificate: false }), /publicKey is a certificate/);
    });
  }
  test('a key is taken with the option, too', async () => {
    for (const given of Object.values(formsOf(key))) {
      assert.equal(await readPublicKey(given, { certificate: true }), pemOf(key));
    }
  });
  test('damaged, cut short, of another form', async () => {
    const certificate = true;
    for (let at = 0; at < der.length - 1; at += 37) {
      await rejects(readPublicKey(der.subarray(0, at), { certificate }), /publicKey is/);
    }
    await rejects(readPublicKey(pem.replace('MII', 'M!I'), { certificate }), /is a certificate/);
    const yes = readPublicKey(der, { certificate: 'yes' });
    await rejects(yes, /certificate must be a boolean/, {
      Class: UsageError,
      code: 'INVALID_ARGUMENT',
    });
  });
});

const PRIVATE = /a private key where a public key belongs/;
const ssh = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDJxnFW ada@example.org';
const { publicKey: good, privateKey: secret } = pairs.RSA;
const jwk = good.export({ format: 'jwk' });
const point = pairs['P-256'].publicKey.export({ format: 'jwk' });
const encrypted = { cipher: 'aes-256-cbc', passphrase: 'p' };
const sec1 = pairs['P-256'].privateKey.export({ type: 'sec1', format: 'pem' });

/** What is none of the forms, and how the error calls it. */
const MISTAKES = {
  'an HTML page': ['<!doctype html><html><title>Not found</title></html>', /a page \(HTML\)/],
  'an HTML page as bytes': [utf8('\n<html>'), /a page \(HTML\)/],
  'an XML error of S3': ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', /a page/],
  'a path': ['./keys/public.pem', /a path/],
  'an absolute path': ['/etc/keys/public.der', /a path/],
  'a path of Windows': ['C:\\keys\\public.pem', /a path/],
  'the name of a file': ['public-key.pem', /a path/],
  'a URL': ['https://example.org/public-key.pem', /a URL/],
  'an ssh key': [ssh, /an ssh key: ssh-keygen/],
  'an ssh key of another kind': ['ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTI= a@b', /an ssh key/],
  'an ssh key of RFC 4716': ['---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3Nz\n', /an ssh key/],
  'an encrypted key': [
    secret.export({ type: 'pkcs8', format: 'pem', ...encrypted }),
    /an encrypted private key/,
  ],
  'an encrypted key of PKCS #1': [
    secret.export({ type: 'pkcs1', format: 'pem', ...encrypted }),
    /an encrypted private key/,
  ],
  'a private key': [pkcs8(secret), PRIVATE],
  'a private key on one line': [pkcs8(secret).replaceAll('\n', '\\n'), PRIVATE],
  'a private key as bytes': [utf8(pkcs8(secret)), PRIVATE],
  'a private key in DER': [secret.export({ type: 'pkcs8', format: 'der' }), PRIVATE],
  'a private key in base64': [
    secret.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    PRIVATE,
  ],
  'a private key of PKCS #1': [secret.export({ type: 'pkcs1', format: 'pem' }), PRIVATE],
  'a private key of PKCS #1 in DER': [secret.export({ type: 'pkcs1', format: 'der' }), PRIVATE],
  'a private key of SEC 1': [sec1, PRIVATE],
  'a private key of OpenSSH': ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n', PRIVATE],
  'a private key before the public one': [pkcs8(secret) + pemOf(good), PRIVATE],
  'a private JWK': [secret.export({ format: 'jwk' }), PRIVATE],
  'a private JWK as JSON': [JSON.stringify(secret.export({ format: 'jwk' })), PRIVATE],
  'a private JWK in a set': [{ keys: [secret.export({ format: 'jwk' })] }, PRIVATE],
  'a symmetric JWK': [{ kty: 'oct', k: 'c2VjcmV0LXNlY3JldA' }, PRIVATE],
  'a PKCS #1 key': [good.export({ type: 'pkcs1', format: 'pem' }), /PKCS #1/],
  'a PKCS #1 key in DER': [good.export({ type: 'pkcs1', format: 'der' }), /PKCS #1/],
  'a PKCS #1 key in base64': [
    good.export({ type: 'pkcs1', format: 'der' }).toString('base64'),
    /PKCS #1/,
  ],
  'a certificate': [testdata('rsa2048.certificate.pem'), /a certificate/],
  'two keys': [pemOf(good) + pemOf(good), /damaged PEM/],
  'PEM with another label': [pemOf(good).replaceAll('PUBLIC KEY', 'DH PARAMETERS'), /damaged PEM/],
  'PEM cut short': [pemOf(good).slice(0, 200), /damaged PEM/],
  'PEM without its end': [pemOf(good).replace(/-----END.*/, ''), /damaged PEM/],
  'PEM with a character changed': [pemOf(good).replace('MII', 'M!I'), /damaged PEM/],
  'PEM of nothing': ['-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n', /damaged PEM/],
  'base64 cut short': [derOf(good).toString('base64').slice(0, 100), /not a SubjectPublicKeyInfo/],
  'base64 of something else': ['c2VjcmV0LXNlY3JldC1zZWNyZXQ=', /neither PEM, base64 of DER nor/],
  'hexadecimal digits': [derOf(good).toString('hex'), /neither PEM, base64 of DER nor/],
  'DER cut short': [derOf(good).subarray(0, 50), /not a SubjectPublicKeyInfo/],
  words: ['the key of the form', /neither PEM, base64 of DER nor/],
  nothing: ['', /publicKey is empty/],
  'white space': [' \n', /publicKey is empty/],
  'no bytes': [new Uint8Array(), /publicKey is empty/],
  'other bytes': [Uint8Array.of(1, 2, 3), /neither PEM, base64 of DER nor/],
  'damaged JSON': [JSON.stringify(jwk).slice(0, 40), /damaged JSON/],
  'another object': [{ publicKey: pemOf(good) }, /a JWK of another kind/],
  'a JWK without a modulus': [{ ...jwk, n: undefined }, /JWK whose n is missing or damaged/],
  'a private key as a JWK without d, but with its primes': [
    { ...secret.export({ format: 'jwk' }), d: undefined },
    PRIVATE,
  ],
  'a JWK with one prime': [{ ...jwk, q: secret.export({ format: 'jwk' }).q }, PRIVATE],
  'a JWK with a modulus that no key has': [
    { ...jwk, n: 'AQAB'.repeat(1025) },
    /JWK whose n is missing or damaged/,
  ],
  'a JWK without an exponent': [{ kty: 'RSA', n: jwk.n }, /JWK whose e is missing or damaged/],
  'a JWK with base64 of another alphabet': [{ ...jwk, n: `${jwk.n}+!` }, /JWK whose n is/],
  'a JWK with numbers': [{ ...jwk, e: 65537 }, /JWK whose e is missing or damaged/],
  'a JWK on another curve': [{ ...point, crv: 'secp256k1' }, /a JWK of another kind/],
  'a JWK on a curve that all objects have': [{ ...point, crv: 'constructor' }, /of another kind/],
  'a JWK with a short coordinate': [{ ...point, x: point.x.slice(0, 40) }, /JWK whose x is/],
  'a JWK with the coordinates of another curve': [{ ...point, crv: 'P-384' }, /JWK whose x is/],
  'a JWK of Ed25519': [
    generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
    /a JWK of another kind/,
  ],
};

describe('mistakes are named', () => {
  for (const [what, [given, words]] of Object.entries(MISTAKES)) {
    test(what, async () => {
      const errors = [
        await rejects(readPublicKey(given), words),
        await rejects(publicKeyFingerprint(given), words),
        refusesMade(() => rawRsa({ rawRsaKeyring }, given), words),
        refusesMade(() => rawRsa(items, given), words),
        refusesMade(() => awsKmsRsaKeyring({ kmsKeyId: arn, publicKey: given }), words),
        refusesMade(() => ephemeral('P-256', given), named(words, 'recipientPublicKey')),
      ];
      // Nothing of it is in an error: it may be a secret.
      const json = typeof given === 'object' && !ArrayBuffer.isView(given);
      const shown = json ? JSON.stringify(given) : Buffer.from(given).toString('latin1');
      const pieces = shown.match(/[A-Za-z0-9+/_-]{16}/g) ?? [];
      for (const { message } of errors) {
        for (const piece of pieces) assert.ok(!message.includes(piece), `${piece} in ${message}`);
      }
    });
  }

  test('values of another type', async () => {
    const usage = { Class: UsageError, code: 'INVALID_ARGUMENT' };
    const words = /publicKey must be PEM, base64, DER or a JWK/;
    for (const value of [7, true, null, Symbol('key'), [1, 2], new Map(), () => 'key', good]) {
      await rejects(readPublicKey(value), words, usage);
      await rejects(publicKeyFingerprint(value), words, usage);
      refusesMade(() => rawRsa({ rawRsaKeyring }, value), words, usage);
    }
    await rejects(readPublicKey(undefined), words, usage);
  });

  test('long input, in a time that grows as its length does', async () => {
    const began = performance.now();
    const zeros = new Uint8Array(40 << 20);
    zeros[0] = 0x30;
    await rejects(readPublicKey(zeros), /not a SubjectPublicKeyInfo/);
    await rejects(readPublicKey(zeros, { certificate: true }), /not a SubjectPublicKeyInfo/);
    refusesMade(() => recipient('ecdh:', { key: zeros }), /not a SubjectPublicKeyInfo/);
    for (const piece of [' ', '"', '.', '/', '\\', '\n', '-', 'A']) {
      const text = `a${piece.repeat(250_000)} b`;
      await rejects(readPublicKey(text), /publicKey is (neither PEM|damaged PEM)/);
      await rejects(readPublicKey(text, { certificate: true }), /neither PEM|damaged PEM/);
    }
    // Where it grew as the square of the length, one of the texts took half a minute; 20 million empty values, 4 GB.
    assert.ok(performance.now() - began < 10_000);
  });

  test('a CryptoKey, where nothing can be awaited', async () => {
    const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
    const pair = await webcrypto.subtle.generateKey(algorithm, false, ['deriveBits']);
    const words = /recipientPublicKey is a CryptoKey, which has to be awaited: readPublicKey/;
    refusesMade(() => ephemeral('P-256', pair.publicKey), words);
    assert.ok(ephemeral('P-256', await readPublicKey(pair.publicKey)));
  });

  test('a key of another kind than the keyring', () => {
    const ec = pairs['P-256'].publicKey.export({ format: 'jwk' });
    refusesMade(() => rawRsa({ rawRsaKeyring }, ec), /not for RSA/);
    refusesMade(() => ephemeral('P-384', ec), /P-256 where P-384 is needed/);
    refusesMade(() => ephemeral('P-256', jwk), /not for ECDH/);
    // x and y of the right length that are no point.
    refusesMade(() => ephemeral('P-256', { ...ec, y: ec.x }), /not a point/);
  });
});

/** The words as a keyring has them that calls the key by another name, or hands it to the core. */
function named(words, name) {
  return new RegExp(words.source.replace('publicKey', name));
}

async function rejects(promise, words, expected) {
  const error = await promise.then(
    () => assert.fail('it was taken'),
    (reason) => reason,
  );
  return check(error, words, expected);
}

function refusesMade(make, words, expected) {
  try {
    make();
  } catch (error) {
    return check(error, words, expected);
  }
  return assert.fail('it was taken');
}

function check(error, words, { Class = MalformedInputError, code = 'MALFORMED_KEY' } = {}) {
  assert.ok(error instanceof Class, `expected ${Class.name}, got ${error}`);
  assert.equal(error.code, code);
  assert.match(error.message, words);
  return error;
}
