// ECDH keyrings in each browser: sealed in a page that holds a public key and nothing else, opened by
// KMS; key pairs that no script can read.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  awsKmsEcdhKeyring,
  fromDynamoJson,
  inspect,
  ItemEncryptor,
  KmsClient,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { CURVES, ecdhPair } from '../support/ecdh.mjs';
import { inEachBrowser, visit } from './browsers.mjs';
import { startSite } from './site.mjs';

const TABLE = {
  logicalTableName: 'customers',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
};
const RECORD = { id: 'c-1', ssn: '219-09-9999' };
let site;
let kms;

before(async () => {
  site = await startSite();
  kms = await startDevKms();
});
after(async () => {
  await kms?.close();
  await site?.close();
});
beforeEach(() => kms.clearCalls());

/** Runs in the page. */
async function install(table) {
  const fieldseal = await import('/pkg/entrypoints/index.js');
  globalThis.suite = {
    items: (curveSpec, keyAgreementScheme) => {
      const keyring = fieldseal.rawEcdhKeyring({ curveSpec, keyAgreementScheme });
      return new fieldseal.ItemEncryptor({ ...table, keyring });
    },
    fieldseal,
  };
}

inEachBrowser((name, browser) => {
  let page;
  before(async () => {
    page = await visit(browser(), site.url);
    await page.evaluate(install, TABLE);
  });

  /** Seals the record in the page; answers the item as DynamoDB JSON. */
  const sealInPage = (curve, scheme) =>
    page.evaluate(
      async ([curveSpec, keyAgreementScheme, record]) => {
        const { items, fieldseal } = globalThis.suite;
        const item = Object.fromEntries(
          Object.entries(record).map(([name, value]) => [name, { S: value }]),
        );
        const sealed = await items(curveSpec, keyAgreementScheme).encryptItem(item);
        return fieldseal.toDynamoJson(sealed.item);
      },
      [curve, scheme, RECORD],
    );

  /** The addresses of what the page has asked for. */
  const requested = () =>
    page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));

  for (const curve of CURVES) {
    describe(curve, () => {
      test('sealed in the page without credentials or a request, opened by KMS', async () => {
        const key = await kms.createKey({
          keySpec: `ECC_NIST_${curve}`,
          keyUsage: 'KEY_AGREEMENT',
        });
        const scheme = { type: 'ephemeral', recipientPublicKey: key.publicKeyPem };
        const earlier = await requested();
        const item = fromDynamoJson(await sealInPage(curve, scheme));
        assert.deepEqual(await requested(), earlier);
        assert.equal(inspect(item).encryptedDataKeys[0].keyProviderId, 'raw-ecdh');
        const keyring = awsKmsEcdhKeyring({
          kms: new KmsClient({ endpoint: kms.url }),
          curveSpec: curve,
          keyAgreementScheme: { type: 'discovery', recipientKmsKeyId: key.arn },
        });
        const opener = new ItemEncryptor({ ...TABLE, keyring });
        const opened = (await opener.decryptItem(item)).item;
        assert.deepEqual(opened, { id: { S: RECORD.id }, ssn: { S: RECORD.ssn } });
        assert.deepEqual(await page.evaluate(() => globalThis.problems), []);
      });

      test('a pair whose private half no script can read', async () => {
        const other = ecdhPair(curve);
        const answer = await page.evaluate(
          async ([curveSpec, recipientPublicKey, record]) => {
            const { items } = globalThis.suite;
            const algorithm = { name: 'ECDH', namedCurve: curveSpec.replace('P', 'P-') };
            const pair = await crypto.subtle.generateKey(algorithm, false, ['deriveBits']);
            const scheme = { type: 'static', senderPrivateKey: pair, recipientPublicKey };
            const encryptor = items(curveSpec, scheme);
            const { document } = await encryptor.encryptDocument(record);
            const opened = await encryptor.decryptDocument(document);
            const alone = items(curveSpec, {
              type: 'discovery',
              recipientPrivateKey: pair.privateKey,
            });
            const error = await alone.decryptDocument(document).catch((caught) => caught);
            return {
              host: typeof globalThis.process,
              opened: opened.document,
              said: error.message,
            };
          },
          [curve, other.publicKey, RECORD],
        );
        assert.equal(answer.host, 'undefined');
        assert.deepEqual(answer.opened, RECORD);
        assert.match(answer.said, /give the CryptoKeyPair/);
      });

      test('a PKCS#8 private key, with its public half and without', async () => {
        const { privateKey, publicKey } = ecdhPair(curve);
        const openedWith = (key) =>
          page.evaluate(
            async ([curveSpec, recipientPrivateKey, recipientPublicKey, record]) => {
              const { items } = globalThis.suite;
              const sealer = items(curveSpec, { type: 'ephemeral', recipientPublicKey });
              const { document } = await sealer.encryptDocument(record);
              const opener = items(curveSpec, { type: 'discovery', recipientPrivateKey });
              try {
                return (await opener.decryptDocument(document)).document;
              } catch (error) {
                return error.message;
              }
            },
            [curve, key, publicKey, RECORD],
          );
        assert.deepEqual(await openedWith(privateKey), RECORD);
        const opened = await openedWith(withoutPublicHalf(privateKey));
        // Firefox does not compute it.
        if (name === 'Firefox')
          assert.match(opened, /recipientPrivateKey does not contain its public key/);
        else assert.deepEqual(opened, RECORD);
      });
    });
  }
});

/** The same PKCS#8 without the optional public key of its ECPrivateKey. */
function withoutPublicHalf(pem) {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const tlv = (tag, body) => {
    const length = body.length < 128 ? [body.length] : [0x81, body.length];
    return Buffer.concat([Buffer.from([tag, ...length]), body]);
  };
  const read = (bytes) => {
    const long = bytes[1] > 128 ? bytes[1] - 128 : 0;
    const length = long ? Number(`0x${bytes.toString('hex', 2, 2 + long)}`) : bytes[1];
    const start = 2 + long;
    return { body: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
  };
  const { body } = read(der);
  const version = body.subarray(0, 3);
  const algorithm = read(body.subarray(3));
  const algorithmDer = body.subarray(3, body.length - algorithm.rest.length);
  const inner = read(read(algorithm.rest).body).body;
  const secret = read(inner.subarray(3));
  const kept = inner.subarray(0, inner.length - secret.rest.length);
  const key = tlv(0x04, tlv(0x30, kept));
  const bare = tlv(0x30, Buffer.concat([version, algorithmDer, key]));
  assert.ok(bare.length < der.length - 60);
  return `-----BEGIN PRIVATE KEY-----\n${bare.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}
