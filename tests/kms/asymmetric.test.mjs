// Data key pairs, signatures, MACs, randomness and key agreement against the development KMS, with
// Node's cryptography as the judge of what came out.

import assert from 'node:assert/strict';
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, refused, serverOf, utf8 } from './support.mjs';

const CONTEXT = { table: 'customers', customer_id: 'c-1' };

let dev;
let kms;
let events;
let key;
before(async () => {
  dev = await startDevKms();
  events = [];
  kms = clientOf(dev, { onEvent: (event) => events.push(event) });
  key = await dev.createKey();
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
  events.length = 0;
});

const spki = (der) => createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
const pkcs8 = (der) => createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });

describe('data key pairs', () => {
  for (const keyPairSpec of ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521']) {
    test(keyPairSpec, async () => {
      const request = { keyId: key.arn, keyPairSpec, encryptionContext: CONTEXT };
      const pair = await kms.generateDataKeyPair(request);
      assert.equal(pair.keyId, key.arn);
      assert.equal(pair.keyPairSpec, keyPairSpec);
      const signature = nodeSign('sha256', utf8('m'), pkcs8(pair.privateKeyPlaintext));
      assert.ok(nodeVerify('sha256', utf8('m'), spki(pair.publicKey), signature));
      const ciphertextBlob = pair.privateKeyCiphertextBlob;
      const opened = await kms.decrypt({ ciphertextBlob, encryptionContext: CONTEXT });
      assert.deepEqual(opened.plaintext, pair.privateKeyPlaintext);
      await refused(kms.decrypt({ ciphertextBlob }), { code: 'KMS_INVALID_CIPHERTEXT' });
      assert.deepEqual(events[0].encryptionContextKeys, ['customer_id', 'table']);
    });
  }

  test('without the plaintext', async () => {
    const request = { keyId: key.arn, keyPairSpec: 'ECC_NIST_P256', encryptionContext: CONTEXT };
    const pair = await kms.generateDataKeyPairWithoutPlaintext(request);
    assert.ok(!('privateKeyPlaintext' in pair));
    const { plaintext } = await kms.decrypt({
      ciphertextBlob: pair.privateKeyCiphertextBlob,
      encryptionContext: CONTEXT,
    });
    const signature = nodeSign('sha256', utf8('m'), pkcs8(plaintext));
    assert.ok(nodeVerify('sha256', utf8('m'), spki(pair.publicKey), signature));
  });

  test('refusals', async () => {
    const rsa = await dev.createKey({ keySpec: 'RSA_2048' });
    const keyPairSpec = 'ECC_NIST_P256';
    for (const call of ['generateDataKeyPair', 'generateDataKeyPairWithoutPlaintext']) {
      const operation = call[0].toUpperCase() + call.slice(1);
      await refused(kms[call]({ keyId: rsa.arn, keyPairSpec }), {
        code: 'KMS_WRONG_KEY_USAGE',
        operation,
        keyId: rsa.arn,
        serviceError: 'InvalidKeyUsageException',
      });
      await refused(kms[call]({ keyId: key.arn, keyPairSpec: 'RSA_1024' }), {
        code: 'KMS_REJECTED',
        serviceError: 'ValidationException',
      });
      await refused(kms[call]({ keyId: key.arn }), {
        code: 'INVALID_ARGUMENT',
        message: /keyPairSpec is empty/,
      });
      await refused(kms[call]({ keyId: key.arn, keyPairSpec, numberOfBytes: 5 }), {
        code: 'INVALID_ARGUMENT',
        message: /'numberOfBytes' is not known/,
      });
    }
  });
});

describe('random bytes', () => {
  test('as many as were asked for', async () => {
    const seen = new Set();
    for (const numberOfBytes of [1, 32, 32, 1024]) {
      const { plaintext } = await kms.generateRandom({ numberOfBytes });
      assert.equal(plaintext.length, numberOfBytes);
      seen.add(Buffer.from(plaintext).toString('hex'));
    }
    assert.equal(seen.size, 4);
    assert.deepEqual(
      events.map(({ operation, keyId }) => [operation, keyId]),
      Array(4).fill(['GenerateRandom', undefined]),
    );
  });

  test('refused before the network', async () => {
    for (const numberOfBytes of [0, 1025, -1, 1.5, '32', undefined]) {
      await refused(kms.generateRandom({ numberOfBytes }), { code: 'INVALID_ARGUMENT' });
    }
    assert.equal(dev.calls.length, 0);
  });

  test('an endpoint that gives fewer', async (t) => {
    const { url } = await serverOf(t, (_, response) => response.end('{"Plaintext":"AQID"}'));
    const short = clientOf({ url, region: 'us-east-1' });
    await refused(short.generateRandom({ numberOfBytes: 32 }), {
      code: 'MALFORMED_KMS_RESPONSE',
      message: /3 bytes instead of 32/,
    });
  });
});

describe('sign and verify', () => {
  for (const [keySpec, signingAlgorithm] of [
    ['RSA_2048', 'RSASSA_PSS_SHA_256'],
    ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_512'],
    ['ECC_NIST_P256', 'ECDSA_SHA_256'],
    ['ECC_NIST_P384', 'ECDSA_SHA_384'],
    ['ECC_NIST_P521', 'ECDSA_SHA_512'],
    ['ECC_SECG_P256K1', 'ECDSA_SHA_256'],
  ]) {
    test(`${keySpec}, ${signingAlgorithm}`, async () => {
      const { arn } = await dev.createKey({ keySpec, keyUsage: 'SIGN_VERIFY' });
      const common = { keyId: arn, message: utf8('message'), signingAlgorithm };
      const { signature, ...answer } = await kms.sign(common);
      assert.deepEqual(answer, { keyId: arn, signingAlgorithm });
      const yes = { keyId: arn, signatureValid: true, signingAlgorithm };
      assert.deepEqual(await kms.verify({ ...common, signature }), yes);
      // The digest of a message is signed as the message is.
      const name = `SHA-${signingAlgorithm.slice(-3)}`;
      const digest = new Uint8Array(await crypto.subtle.digest(name, common.message));
      const digested = { ...common, message: digest, messageType: 'DIGEST' };
      assert.deepEqual(await kms.verify({ ...digested, signature }), yes);
      const { signature: another } = await kms.sign(digested);
      assert.deepEqual(await kms.verify({ ...common, signature: another }), yes);

      const changed = Uint8Array.from(signature);
      changed[changed.length - 1] ^= 1;
      for (const bad of [
        { ...common, signature: changed },
        { ...common, message: utf8('massage'), signature },
        { ...common, signature: signature.subarray(1) },
      ]) {
        dev.clearCalls();
        const error = await refused(kms.verify(bad), {
          code: 'KMS_INVALID_SIGNATURE',
          name: 'KmsError',
          operation: 'Verify',
          keyId: arn,
          serviceError: 'KMSInvalidSignatureException',
          status: 400,
          attempts: 1,
        });
        assert.equal(error.requestId, dev.calls[0].requestId);
        assert.match(error.next, /Do not use the message/);
        assert.equal(events.at(-1).outcome, 'KMS_INVALID_SIGNATURE');
      }
    });
  }

  test('refusals', async () => {
    const signer = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' });
    const common = { keyId: signer.arn, message: utf8('m'), signingAlgorithm: 'ECDSA_SHA_256' };
    for (const [request, expected] of [
      [{ keyId: key.arn }, { code: 'KMS_WRONG_KEY_USAGE', operation: 'Sign', keyId: key.arn }],
      [{ signingAlgorithm: 'ECDSA_SHA_384' }, { code: 'KMS_WRONG_KEY_USAGE' }],
      [{ signingAlgorithm: 'NONE' }, { code: 'KMS_REJECTED' }],
      [{ messageType: 'DIGEST' }, { code: 'KMS_REJECTED' }],
      [{ keyId: 'alias/nobody' }, { code: 'KMS_KEY_NOT_FOUND' }],
      [{ message: new Uint8Array() }, { code: 'INVALID_ARGUMENT', message: /message is empty/ }],
      [{ message: 'text' }, { code: 'INVALID_ARGUMENT', message: /must be a Uint8Array/ }],
      [{ signingAlgorithm: undefined }, { code: 'INVALID_ARGUMENT' }],
      [{ message: new Uint8Array(4097) }, { code: 'LIMIT_EXCEEDED', message: /digest/ }],
    ]) {
      await refused(kms.sign({ ...common, ...request }), expected);
    }
    await refused(kms.verify(common), {
      code: 'INVALID_ARGUMENT',
      message: /Verify: the signature is empty/,
    });
    await kms.disableKey({ keyId: signer.arn });
    await refused(kms.sign(common), { code: 'KMS_KEY_DISABLED', operation: 'Sign' });
  });

  test('an endpoint that answers "not valid" instead of refusing', async (t) => {
    const { url } = await serverOf(t, (_, response) => {
      response.setHeader('x-amzn-requestid', 'r-1');
      response.end(
        JSON.stringify({
          KeyId: key.arn,
          SignatureValid: false,
          MacValid: false,
          SigningAlgorithm: 'ECDSA_SHA_256',
          MacAlgorithm: 'HMAC_SHA_256',
        }),
      );
    });
    const lax = clientOf({ url, region: 'us-east-1' });
    const message = utf8('m');
    const expected = {
      code: 'KMS_INVALID_SIGNATURE',
      requestId: 'r-1',
      status: 200,
      keyId: 'alias/a',
      attempts: 1,
    };
    const verify = { keyId: 'alias/a', message, signature: utf8('s') };
    await refused(lax.verify({ ...verify, signingAlgorithm: 'ECDSA_SHA_256' }), expected);
    const mac = { keyId: 'alias/a', message, mac: utf8('s') };
    await refused(lax.verifyMac({ ...mac, macAlgorithm: 'HMAC_SHA_256' }), expected);
  });
});

describe('MACs', () => {
  for (const bits of [224, 256, 384, 512]) {
    test(`HMAC_SHA_${bits}`, async () => {
      const { arn } = await dev.createKey({
        keySpec: `HMAC_${bits}`,
        keyUsage: 'GENERATE_VERIFY_MAC',
      });
      const macAlgorithm = `HMAC_SHA_${bits}`;
      const common = { keyId: arn, message: utf8('message'), macAlgorithm };
      const { mac, ...answer } = await kms.generateMac(common);
      assert.deepEqual(answer, { keyId: arn, macAlgorithm });
      assert.equal(mac.length, bits / 8);
      const yes = { keyId: arn, macValid: true, macAlgorithm };
      assert.deepEqual(await kms.verifyMac({ ...common, mac }), yes);
      const changed = Uint8Array.from(mac);
      changed[0] ^= 1;
      for (const bad of [
        { ...common, mac: changed },
        { ...common, mac: mac.subarray(1) },
        { ...common, mac, message: utf8('massage') },
      ]) {
        const error = await refused(kms.verifyMac(bad), {
          code: 'KMS_INVALID_SIGNATURE',
          operation: 'VerifyMac',
          keyId: arn,
          serviceError: 'KMSInvalidMacException',
        });
        assert.equal(error.requestId, dev.calls.at(-1).requestId);
      }
    });
  }

  test('of a known key', async () => {
    const secret = Buffer.alloc(32, 7);
    const loaded = await dev.loadKey({
      keyId: 'aaaabbbb-cccc-dddd-eeee-ffff00001111',
      keySpec: 'HMAC_256',
      material: secret,
    });
    const message = utf8('m');
    const { mac } = await kms.generateMac({
      keyId: loaded.arn,
      message,
      macAlgorithm: 'HMAC_SHA_256',
    });
    const want = createHmac('sha256', secret).update(message).digest();
    assert.deepEqual(Buffer.from(mac), want);
  });

  test('refusals', async () => {
    const { arn } = await dev.createKey({ keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' });
    const common = { keyId: arn, message: utf8('m'), macAlgorithm: 'HMAC_SHA_256' };
    for (const [request, expected] of [
      [{ keyId: key.arn }, { code: 'KMS_WRONG_KEY_USAGE', operation: 'GenerateMac' }],
      [{ macAlgorithm: 'HMAC_SHA_512' }, { code: 'KMS_WRONG_KEY_USAGE', keyId: arn }],
      [{ message: new Uint8Array(4097) }, { code: 'LIMIT_EXCEEDED' }],
      [{ message: undefined }, { code: 'INVALID_ARGUMENT' }],
      [{ signingAlgorithm: 'x' }, { code: 'INVALID_ARGUMENT', message: /is not known/ }],
    ]) {
      await refused(kms.generateMac({ ...common, ...request }), expected);
    }
    await refused(kms.verifyMac(common), { code: 'INVALID_ARGUMENT', message: /mac is empty/ });
  });
});

describe('key agreement', () => {
  for (const [keySpec, namedCurve] of [
    ['ECC_NIST_P256', 'P-256'],
    ['ECC_NIST_P384', 'P-384'],
    ['ECC_NIST_P521', 'P-521'],
  ]) {
    test(namedCurve, async () => {
      const ours = await dev.createKey({ keySpec, keyUsage: 'KEY_AGREEMENT' });
      const peer = generateKeyPairSync('ec', { namedCurve });
      const publicKey = new Uint8Array(peer.publicKey.export({ type: 'spki', format: 'der' }));
      const derived = await kms.deriveSharedSecret({ keyId: ours.arn, publicKey });
      const same = diffieHellman({
        privateKey: peer.privateKey,
        publicKey: spki(ours.publicKey),
      });
      assert.deepEqual(Buffer.from(derived.sharedSecret), same);
      assert.equal(derived.keyId, ours.arn);
      assert.equal(derived.keyAgreementAlgorithm, 'ECDH');
    });
  }

  test('refusals', async () => {
    const ours = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' });
    const other = await dev.createKey({ keySpec: 'ECC_NIST_P384', keyUsage: 'KEY_AGREEMENT' });
    const common = { keyId: ours.arn, publicKey: ours.publicKey };
    for (const [request, expected] of [
      [{ publicKey: other.publicKey }, { code: 'KMS_REJECTED', operation: 'DeriveSharedSecret' }],
      [{ publicKey: ours.publicKey.subarray(1) }, { code: 'KMS_REJECTED', keyId: ours.arn }],
      [{ keyId: key.arn }, { code: 'KMS_WRONG_KEY_USAGE' }],
      [{ keyAgreementAlgorithm: 'X25519' }, { code: 'KMS_REJECTED' }],
      [{ publicKey: ours.publicKeyPem }, { code: 'INVALID_ARGUMENT' }],
      [{ publicKey: undefined }, { code: 'INVALID_ARGUMENT', message: /publicKey is empty/ }],
    ]) {
      await refused(kms.deriveSharedSecret({ ...common, ...request }), expected);
    }
    for (const request of [null, undefined, 'x']) {
      await refused(kms.deriveSharedSecret(request), { code: 'INVALID_ARGUMENT' });
    }
  });
});

test('grant tokens go with every call that takes them', async () => {
  const grantTokens = ['token-1', 'token-2'];
  const bodies = [];
  const spy = async (url, init) => {
    bodies.push(JSON.parse(Buffer.from(init.body).toString()));
    return fetch(url, init);
  };
  const spied = clientOf(dev, { fetch: spy });
  const signer = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' });
  const agree = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' });
  const hmac = await dev.createKey({ keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' });
  const message = utf8('m');
  const pair = { keyId: key.arn, keyPairSpec: 'ECC_NIST_P256', grantTokens };
  await spied.generateDataKeyPair(pair);
  await spied.generateDataKeyPairWithoutPlaintext(pair);
  const sign = { keyId: signer.arn, message, signingAlgorithm: 'ECDSA_SHA_256', grantTokens };
  const { signature } = await spied.sign(sign);
  await spied.verify({ ...sign, signature });
  const mac = { keyId: hmac.arn, message, macAlgorithm: 'HMAC_SHA_256', grantTokens };
  await spied.verifyMac({ ...mac, mac: (await spied.generateMac(mac)).mac });
  await spied.deriveSharedSecret({ keyId: agree.arn, publicKey: agree.publicKey, grantTokens });
  await spied.createGrant({
    keyId: key.arn,
    granteePrincipal: 'arn:aws:iam::111122223333:user/a',
    operations: ['Decrypt'],
    grantTokens,
  });
  assert.equal(bodies.length, 8);
  for (const body of bodies) assert.deepEqual(body.GrantTokens, grantTokens);
});
