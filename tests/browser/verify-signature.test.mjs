// Signatures of KMS keys verified in a page, by the browser's own cryptography: no call, no wasm.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { KmsClient } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { inEachBrowser, visit } from './browsers.mjs';
import { startSite } from './site.mjs';

const MESSAGE = [...new TextEncoder().encode('a message that somebody signed')];

let site;
let dev;
let kms;
before(async () => {
  site = await startSite();
  dev = await startDevKms();
  kms = new KmsClient({ endpoint: dev.url, region: dev.region });
});
after(async () => {
  await dev?.close();
  await site?.close();
});

inEachBrowser((_, browser) => {
  let page;
  before(async () => {
    page = await visit(browser(), site.url);
  });

  /** What the page says of the signature, of it with each byte changed, and of another message. */
  function inPage(given) {
    return page.evaluate(async ({ publicKey, message, signature, signingAlgorithm }) => {
      const { verifySignature, publicKeyFingerprint } = await import('/pkg/entrypoints/index.js');
      const bytes = (list) => Uint8Array.from(list);
      const verify = async (change) => {
        try {
          return await verifySignature({
            publicKey,
            message: bytes(message),
            signature: bytes(signature),
            signingAlgorithm,
            ...change,
          });
        } catch (error) {
          return error.code;
        }
      };
      const flipped = (list, at) => bytes(list.map((byte, i) => (i === at ? byte ^ 1 : byte)));
      const changed = [];
      for (const i of signature.keys()) {
        changed.push(await verify({ signature: flipped(signature, i) }));
      }
      return {
        right: await verify({}),
        changed: [...new Set(changed)],
        message: await verify({ message: flipped(message, 0) }),
        short: await verify({ signature: bytes(signature.slice(1)) }),
        empty: await verify({ signature: bytes([]) }),
        otherAlgorithm: await verify({
          signingAlgorithm: signingAlgorithm.startsWith('RSA') ? 'ECDSA_SHA_256' : 'ECDSA_SHA_1',
        }),
        noKey: await verify({ publicKey: publicKey.slice(40) }),
        fingerprint: await publicKeyFingerprint(publicKey),
      };
    }, given);
  }

  for (const [keySpec, signingAlgorithm] of [
    ['RSA_2048', 'RSASSA_PSS_SHA_256'],
    ['RSA_2048', 'RSASSA_PSS_SHA_512'],
    ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_384'],
    ['ECC_NIST_P256', 'ECDSA_SHA_256'],
    ['ECC_NIST_P384', 'ECDSA_SHA_384'],
    ['ECC_NIST_P521', 'ECDSA_SHA_512'],
  ]) {
    test(`${keySpec}, ${signingAlgorithm}`, async () => {
      const { arn: keyId } = await dev.createKey({ keySpec, keyUsage: 'SIGN_VERIFY' });
      const message = Uint8Array.from(MESSAGE);
      const { signature } = await kms.sign({ keyId, message, signingAlgorithm });
      const { publicKeyPem: publicKey, fingerprint } = await kms.getPublicKey({ keyId });
      dev.clearCalls();
      const said = await inPage({
        publicKey,
        message: MESSAGE,
        signature: [...signature],
        signingAlgorithm,
      });
      assert.deepEqual(said, {
        right: true,
        changed: [false],
        message: false,
        short: false,
        empty: false,
        otherAlgorithm: 'INVALID_ARGUMENT',
        noKey: 'MALFORMED_KEY',
        fingerprint,
      });
      assert.equal(dev.calls.length, 0);
    });
  }

  test('a key on another curve, and one that is not on its curve', async () => {
    const p256 = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' });
    const codes = await page.evaluate(
      async ([der]) => {
        const { verifySignature } = await import('/pkg/entrypoints/index.js');
        const attempt = (publicKey, signingAlgorithm) =>
          verifySignature({
            publicKey: Uint8Array.from(publicKey),
            message: new Uint8Array(1),
            signature: new Uint8Array(70),
            signingAlgorithm,
          }).catch((error) => error.code);
        const off = [...der.slice(0, -1), der.at(-1) ^ 1];
        return [
          await attempt(der, 'ECDSA_SHA_384'),
          await attempt(der, 'RSASSA_PSS_SHA_256'),
          await attempt(off, 'ECDSA_SHA_256'),
          await attempt(der, 'ECDSA_SHA_256'),
        ];
      },
      [[...p256.publicKey]],
    );
    assert.deepEqual(codes, ['INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'MALFORMED_KEY', false]);
  });
});
