// Raw ECDH keyrings in Node: with node:crypto, and with WebCrypto as in a browser.

import assert from 'node:assert/strict';
import { createPublicKey, ECDH } from 'node:crypto';
import { describe } from 'node:test';

import {
  inspect,
  multiKeyring,
  rawAesKeyring,
  rawEcdhKeyring,
} from '../../pkg/entrypoints/index.js';
import { customers, CUSTOMER, notOpened, refused, roundTrip } from '../kms/support.mjs';
import { CRYPTO_HOSTS, testOn } from '../support/crypto-hosts.mjs';
import { changedKey, CURVES, derOf, ecdhPair, fieldsOf } from '../support/ecdh.mjs';

const keyring = (curveSpec, keyAgreementScheme) =>
  rawEcdhKeyring({ curveSpec, keyAgreementScheme });
const statically = (curve, own, other) =>
  keyring(curve, {
    type: 'static',
    senderPrivateKey: own.privateKey,
    recipientPublicKey: other.publicKey,
  });
const ephemeral = (curve, { publicKey }) =>
  keyring(curve, { type: 'ephemeral', recipientPublicKey: publicKey });
const discovery = (curve, { privateKey }) =>
  keyring(curve, { type: 'discovery', recipientPrivateKey: privateKey });
const sealed = async (ring) => (await customers({ keyring: ring }).encryptItem(CUSTOMER)).item;
const open = async (ring, item) => (await customers({ keyring: ring }).decryptItem(item)).item;

// The same tests twice: hiding node:crypto is what makes Node a browser.
for (const host of CRYPTO_HOSTS) {
  const onHost = testOn(host);

  for (const curve of CURVES) {
    describe(`${curve} by ${host}`, () => {
      const [alice, bob, eve] = [ecdhPair(curve), ecdhPair(curve), ecdhPair(curve)];

      onHost('static: each opens what either sealed', async () => {
        const [a, b] = [statically(curve, alice, bob), statically(curve, bob, alice)];
        for (const [sealer, opener] of [
          [a, b],
          [b, a],
          [a, a],
        ]) {
          const item = await roundTrip(
            customers({ keyring: sealer }),
            customers({ keyring: opener }),
          );
          const [key] = inspect(item).encryptedDataKeys;
          assert.equal(key.keyProviderId, 'raw-ecdh');
          const size = { P256: 75, P384: 107, P521: 143 }[curve];
          assert.equal(key.keyProviderInfo.length, size);
        }
        // Discovery is asked for the recipient only.
        assert.deepEqual(await open(discovery(curve, bob), await sealed(a)), CUSTOMER);
        await notOpened(open(discovery(curve, alice), await sealed(a)), 'KEYRING_NOT_MINE');
      });

      for (const algorithmSuite of ['6700', '6701']) {
        onHost(`ephemeral to discovery, suite ${algorithmSuite}`, async () => {
          const options = { algorithmSuite };
          const sealer = customers({ keyring: ephemeral(curve, bob) }, options);
          const opener = customers({ keyring: discovery(curve, bob) }, options);
          const [one, two] = [await roundTrip(sealer, opener), await roundTrip(sealer, opener)];
          const sender = (item) =>
            Buffer.from(inspect(item).encryptedDataKeys[0].keyProviderInfo).toString('hex', 38);
          assert.notEqual(sender(one), sender(two));
        });
      }

      onHost('another private key: not mine, with what it is and what was found', async () => {
        const item = await sealed(ephemeral(curve, bob));
        const [reason] = await notOpened(open(discovery(curve, eve), item), 'KEYRING_NOT_MINE');
        const name = curve.replace('P', 'P-');
        assert.ok(reason.message.includes(name), reason.message);
        assert.match(reason.message, /of sender 0[23][0-9a-f]{16}… for 0[23][0-9a-f]{16}…/);
        for (const ring of [statically(curve, eve, bob), statically(curve, bob, eve)]) {
          await notOpened(open(ring, item), 'KEYRING_NOT_MINE');
        }
        const theirs = await sealed(statically(curve, alice, bob));
        for (const ring of [
          statically(curve, alice, eve),
          statically(curve, eve, bob),
          statically(curve, bob, eve),
        ]) {
          await notOpened(open(ring, theirs), 'KEYRING_NOT_MINE');
        }
      });

      onHost('what a scheme cannot do it says', async () => {
        await refused(sealed(discovery(curve, bob)), {
          code: 'KEYRING_CANNOT',
          message: /discovery scheme/,
        });
        const item = await sealed(ephemeral(curve, bob));
        const [reason] = await notOpened(open(ephemeral(curve, bob), item), 'KEYRING_CANNOT');
        assert.match(reason.message, /discovery scheme with the recipient's private key/);
      });

      onHost('data of another keyring is passed by', async () => {
        const aes = rawAesKeyring({
          keyNamespace: 'ns',
          keyName: 'key',
          wrappingKey: new Uint8Array(32),
        });
        await notOpened(open(discovery(curve, bob), await sealed(aes)), 'KEYRING_NOT_MINE');
        const both = multiKeyring({ generator: aes, children: [ephemeral(curve, bob)] });
        const item = await sealed(both);
        assert.deepEqual(await open(discovery(curve, bob), item), CUSTOMER);
        assert.deepEqual(await open(aes, item), CUSTOMER);
        assert.deepEqual(await open(both, item), CUSTOMER);
      });

      onHost('every field of the data key counts', async () => {
        const item = await sealed(ephemeral(curve, bob));
        const opener = discovery(curve, bob);
        for (const [part, fields] of Object.entries(fieldsOf(curve))) {
          for (const [field, [from, to]] of Object.entries(fields)) {
            for (
              let at = from;
              at < to;
              at += field === 'version' ? 1 : Math.ceil((to - from) / 4)
            ) {
              const changed = changedKey(item, part, (bytes) => (bytes[at] ^= 1));
              const error = await refused(open(opener, changed), { code: 'NO_KEYRING_OPENED' });
              const [{ code }] = error.reasons;
              const about = `${field} at ${at}: ${code}`;
              if (part === 'ciphertext') assert.equal(code, 'WRAPPED_KEY_MISMATCH', about);
              else if (field === 'recipient key') assert.equal(code, 'KEYRING_NOT_MINE', about);
              else if (field !== 'sender key') {
                assert.equal(code, 'MALFORMED_ENCRYPTED_DATA_KEY', about);
              } else {
                // Half of all x have a point: another sender, or none.
                const codes = ['WRAPPED_KEY_MISMATCH', 'MALFORMED_ENCRYPTED_DATA_KEY'];
                assert.ok(codes.includes(code), about);
              }
            }
          }
        }
      });

      onHost('sender and recipient swapped in the header do not open', async () => {
        const [a, b] = [statically(curve, alice, bob), statically(curve, bob, alice)];
        const n = fieldsOf(curve).keyProviderInfo['recipient key'][1] - 5;
        const swapped = changedKey(await sealed(a), 'keyProviderInfo', (bytes) => {
          const recipient = Buffer.from(bytes.subarray(5, 5 + n));
          bytes.copyWithin(5, 9 + n, 9 + 2 * n);
          bytes.set(recipient, 9 + n);
        });
        for (const ring of [a, b]) await notOpened(open(ring, swapped), 'WRAPPED_KEY_MISMATCH');
        await notOpened(open(discovery(curve, bob), swapped), 'KEYRING_NOT_MINE');
      });

      onHost('another table or partition value: another encryption context', async () => {
        const item = await sealed(ephemeral(curve, bob));
        const moved = { ...item, customer_id: { S: 'c-2' } };
        await notOpened(open(discovery(curve, bob), moved), 'WRAPPED_KEY_MISMATCH');
        const other = customers(
          { keyring: discovery(curve, bob) },
          { logicalTableName: 'archive' },
        );
        await notOpened(other.decryptItem(item), 'WRAPPED_KEY_MISMATCH');
      });

      onHost('keys as PEM bytes, DER, CryptoKey and CryptoKeyPair', async () => {
        const algorithm = { name: 'ECDH', namedCurve: curve.replace('P', 'P-') };
        const { subtle } = crypto;
        const spki = new Uint8Array(derOf(bob.publicKey));
        const recipients = [bob.publicKey, new TextEncoder().encode(bob.publicKey), spki];
        const pkcs8 = derOf(bob.privateKey);
        const load = (extractable) =>
          subtle.importKey('pkcs8', pkcs8, algorithm, extractable, ['deriveBits']);
        const publicKey = await subtle.importKey('spki', spki, algorithm, true, []);
        const privates = [
          bob.privateKey,
          new TextEncoder().encode(bob.privateKey),
          pkcs8,
          await load(true),
          { privateKey: await load(false), publicKey },
        ];
        for (const recipient of recipients) {
          const item = await sealed(ephemeral(curve, { publicKey: recipient }));
          for (const privateKey of privates) {
            assert.deepEqual(await open(discovery(curve, { privateKey }), item), CUSTOMER);
          }
        }
        const made = await subtle.generateKey(algorithm, false, ['deriveBits']);
        const ring = keyring(curve, {
          type: 'static',
          senderPrivateKey: made,
          recipientPublicKey: bob.publicKey,
        });
        const item = await sealed(ring);
        assert.deepEqual(await open(ring, item), CUSTOMER);
        assert.deepEqual(await open(discovery(curve, bob), item), CUSTOMER);
        // The public half has to come from somewhere.
        const alone = discovery(curve, { privateKey: await load(false) });
        const [reason] = await notOpened(open(alone, item), 'MALFORMED_KEY');
        assert.match(reason.message, /recipientPrivateKey .* give the CryptoKeyPair/);
      });

      onHost('a compressed public key in its SubjectPublicKeyInfo', async () => {
        const der = derOf(bob.publicKey);
        const n = { P256: 65, P384: 97, P521: 133 }[curve];
        const name = { P256: 'prime256v1', P384: 'secp384r1', P521: 'secp521r1' }[curve];
        const point = ECDH.convertKey(der.slice(-n), name, undefined, undefined, 'compressed');
        const oids = createPublicKey(bob.publicKey).export({ type: 'spki', format: 'der' });
        const start = oids.indexOf(0x30, 2);
        const algorithm = oids.subarray(start, start + 2 + oids[start + 1]);
        const bits = Buffer.concat([Buffer.from([3, point.length + 1, 0]), point]);
        const body = Buffer.concat([algorithm, bits]);
        const spki = Buffer.concat([Buffer.from([0x30, body.length]), body]);
        const item = await sealed(ephemeral(curve, { publicKey: new Uint8Array(spki) }));
        assert.deepEqual(await open(discovery(curve, bob), item), CUSTOMER);
      });
    });
  }

  describe(`what is refused, by ${host}`, () => {
    const [alice, other] = [ecdhPair('P256'), ecdhPair('P384')];
    const rsaLike = ecdhPair('secp256k1');

    onHost('a private key on another curve', async () => {
      if (host === 'node:crypto') {
        const make = () => discovery('P256', other);
        await refused(make, { code: 'MALFORMED_KEY', message: /recipientPrivateKey .* P-256/ });
        await refused(() => discovery('P256', rsaLike), { code: 'MALFORMED_KEY' });
      } else {
        const item = await sealed(ephemeral('P256', alice));
        const [reason] = await notOpened(open(discovery('P256', other), item), 'MALFORMED_KEY');
        assert.match(reason.message, /recipientPrivateKey .* P-256/);
      }
      const algorithm = { name: 'ECDH', namedCurve: 'P-384' };
      const pair = await crypto.subtle.generateKey(algorithm, true, ['deriveBits']);
      for (const privateKey of [pair, pair.privateKey, pair.publicKey]) {
        await refused(() => discovery('P256', { privateKey }), { code: 'MALFORMED_KEY' });
      }
      const idle = await crypto.subtle.generateKey(algorithm, true, ['deriveKey']);
      await refused(() => discovery('P384', { privateKey: idle }), { code: 'MALFORMED_KEY' });
      const signing = { name: 'ECDSA', namedCurve: 'P-256' };
      const wrong = await crypto.subtle.generateKey(signing, true, ['sign']);
      await refused(() => discovery('P256', { privateKey: wrong }), { code: 'MALFORMED_KEY' });
    });

    const bad = (der, at) => {
      const changed = new Uint8Array(der);
      changed[at < 0 ? changed.length + at : at] ^= 1;
      return changed;
    };
    for (const [what, publicKey, message] of [
      ['a public key on another curve', other.publicKey, /recipientPublicKey: .*P-384.*P-256/],
      ['one on a curve of no keyring', rsaLike.publicKey, /not for ECDH on/],
      ['a private key', alice.privateKey, /private key where a public key/],
      ['damaged PEM', alice.publicKey.replace('MF', 'M*'), /damaged PEM/],
      ['no key at all', 'key', /neither PEM, base64 of DER nor a JWK/],
      ['no bytes', new Uint8Array(), /is empty/],
      ['a point off the curve', bad(derOf(alice.publicKey), -1), /not a point of P-256/],
      ['the other coordinate off', bad(derOf(alice.publicKey), -40), /not a point of P-256/],
      ['another tag', bad(derOf(alice.publicKey), -65), /not a point of P-256/],
      ['DER cut short', derOf(alice.publicKey).slice(0, -1), /not a SubjectPublicKeyInfo/],
      [
        'the point at infinity',
        new Uint8Array([
          ...[0x30, 0x19, ...derOf(alice.publicKey).slice(2, 23)],
          ...[0x03, 0x02, 0x00, 0x00],
        ]),
        /not a point of P-256/,
      ],
    ]) {
      onHost(what, async () => {
        const make = () => ephemeral('P256', { publicKey });
        await refused(make, { code: 'MALFORMED_KEY', message });
      });
    }

    for (const [what, scheme, code] of [
      ['no scheme', undefined, 'INVALID_ARGUMENT'],
      ['a scheme that is a text', 'static', 'INVALID_ARGUMENT'],
      ['an unknown scheme', { type: 'both' }, 'INVALID_ARGUMENT'],
      ['ephemeral without a recipient', { type: 'ephemeral' }, 'INVALID_ARGUMENT'],
      ['discovery without a key', { type: 'discovery' }, 'INVALID_ARGUMENT'],
      ['a key that is a number', { type: 'discovery', recipientPrivateKey: 5 }, 'INVALID_ARGUMENT'],
      [
        'a public key for a private',
        { type: 'discovery', recipientPrivateKey: alice.publicKey },
        'MALFORMED_KEY',
      ],
      [
        'half a pair',
        { type: 'discovery', recipientPrivateKey: { privateKey: {} } },
        'INVALID_ARGUMENT',
      ],
    ]) {
      onHost(what, async () => {
        await refused(() => keyring('P256', scheme), { code });
      });
    }
    for (const curve of [undefined, 'P-256', 'P512', 'SM2', '__proto__', 'toString']) {
      onHost(`the curve ${curve}`, async () => {
        await refused(() => ephemeral(curve, alice), { code: 'INVALID_ARGUMENT' });
      });
    }
  });
}
