// What an error advises is what helps: for the mistakes that are made most, one by one.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as f from '../../pkg/entrypoints/index.js';

const rawAes = (keyName, fill = 0) =>
  f.rawAesKeyring({ keyNamespace: 'ns', keyName, wrappingKey: new Uint8Array(32).fill(fill) });
const keyring = rawAes('k');
const OPTIONS = {
  logicalTableName: 't',
  partitionKeyName: 'pk',
  attributeActions: {
    pk: 'SIGN_ONLY',
    a: 'ENCRYPT_AND_SIGN',
    b: 'SIGN_ONLY',
    c: 'SIGN_ONLY',
    ':n': 'DO_NOTHING',
  },
  allowedUnsignedAttributePrefix: ':',
  keyring,
};
const items = new f.ItemEncryptor(OPTIONS);
const client = new f.EncryptionClient();
const plain = { pk: { S: '1' }, a: { S: 'x' }, b: { S: 'y' }, ':n': { S: 'n' } };
const { item } = await items.encryptItem(plain);
const { document } = await items.encryptDocument({ pk: '1', a: 'x', b: 'y' });
const { ciphertext } = await client.encrypt(new Uint8Array(3), { keyring });
const throughJson = (value) => JSON.parse(JSON.stringify(value));
const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const without = (names, of = item) =>
  Object.fromEntries(Object.entries(of).filter(([name]) => !names.includes(name)));
const strings = Object.fromEntries(
  Object.entries(document).map(([k, v]) => [k, v instanceof Uint8Array ? base64(v) : v]),
);

const DYNAMO_JSON = /toDynamoJson.*fromDynamoJson/;
const PROJECTION = /projection/;

/** What is done, the code, and what `next` must say. */
const CASES = [
  [
    'an item through JSON',
    () => items.decryptItem(throughJson(item)),
    'MALFORMED_ATTRIBUTE',
    DYNAMO_JSON,
  ],
  [
    'DynamoDB JSON that was only parsed',
    () => items.decryptItem(JSON.parse(f.toDynamoJson(item))),
    'MALFORMED_ATTRIBUTE',
    DYNAMO_JSON,
  ],
  [
    'DynamoDB JSON as text',
    () => items.decryptItem(f.toDynamoJson(item)),
    'INVALID_ARGUMENT',
    /fromDynamoJson/,
  ],
  [
    'a document through JSON',
    () => items.decryptDocument(throughJson(document)),
    'MALFORMED_HEADER',
    DYNAMO_JSON,
  ],
  ['a document with base64', () => items.decryptDocument(strings), 'MALFORMED_HEADER', DYNAMO_JSON],
  [
    'a footer that is text',
    () => items.decryptDocument({ ...document, aws_dbe_foot: strings.aws_dbe_foot }),
    'MALFORMED_FOOTER',
    DYNAMO_JSON,
  ],
  [
    'an item of native values',
    () => items.encryptItem({ pk: '1' }),
    'MALFORMED_ATTRIBUTE',
    /encryptDocument/,
  ],
  [
    'a document of attribute values',
    () => items.encryptDocument(plain),
    'INVALID_ARGUMENT',
    /encryptItem/,
  ],
  ['sealing twice', () => items.encryptItem(item), 'RESERVED_NAME', /open it first.*resealItems/],
  [
    'an item without its header',
    () => items.decryptItem(without(['aws_dbe_head'])),
    'MALFORMED_HEADER',
    PROJECTION,
  ],
  [
    'an item without its footer',
    () => items.decryptItem(without(['aws_dbe_foot'])),
    'MALFORMED_FOOTER',
    PROJECTION,
  ],
  [
    'an item without both',
    () => items.decryptItem(without(['aws_dbe_head', 'aws_dbe_foot'])),
    'PLAINTEXT_ITEM',
    // The advice to allow plaintext would give out ciphertext as values.
    /^(?!.*plaintextOverride).*projections/,
  ],
  [
    'an item of the legacy client',
    () => items.decryptItem({ ...plain, '*amzn-ddb-map-desc*': { B: new Uint8Array(9) } }),
    'PLAINTEXT_ITEM',
    /^Decrypt it with that client, and seal it anew\.$/,
  ],
  [
    'an item that lacks a signed attribute',
    () => items.decryptItem(without(['b'])),
    'SIGNED_ATTRIBUTES_CHANGED',
    /UpdateItem.*projection/,
  ],
  [
    'an item with one more',
    () => items.decryptItem({ ...item, c: { S: '' } }),
    'SIGNED_ATTRIBUTES_CHANGED',
    /UpdateItem/,
  ],
  [
    'an item whose signed value changed',
    () => items.decryptItem({ ...item, b: { S: 'z' } }),
    'SIGNATURE_MISMATCH',
    /UpdateItem/,
  ],
  [
    'plaintext in the place of a ciphertext',
    () => items.decryptItem({ ...item, a: { S: 'z' } }),
    'MALFORMED_ATTRIBUTE',
    /UpdateItem.*restore/,
  ],
  [
    'base64 instead of a message',
    () => client.decrypt(base64(ciphertext), { keyring }),
    'INVALID_ARGUMENT',
    /^Decode base64 first\.$/,
  ],
  [
    'a message through JSON',
    () => client.decrypt(throughJson(ciphertext), { keyring }),
    'INVALID_ARGUMENT',
    /base64/,
  ],
  [
    'base64 as bytes',
    () => client.decrypt(Buffer.from(base64(ciphertext)), { keyring }),
    'MALFORMED_MESSAGE',
    /^Give all bytes of an AWS/,
  ],
  [
    'a key as text',
    () => f.rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey: 'AAAA' }),
    'INVALID_ARGUMENT',
    /^Decode base64 first\.$/,
  ],
  ['text to encrypt', () => client.encrypt('text', { keyring }), 'INVALID_ARGUMENT', /TextEncoder/],
  [
    'an unknown action',
    () => new f.ItemEncryptor({ ...OPTIONS, attributeActions: { pk: 'SIGN' } }),
    'INVALID_CONFIG',
    /^Use one of these\.$/,
  ],
  [
    'no keyring',
    () => new f.ItemEncryptor({ ...OPTIONS, keyring: undefined }),
    'INVALID_CONFIG',
    /Give one of the two/,
  ],
  [
    'a string for a list',
    () => new f.ItemEncryptor({ ...OPTIONS, allowedUnsignedAttributes: 'a' }),
    'INVALID_ARGUMENT',
    /^Give an array of strings\.$/,
  ],
  ['a header from JSON', () => f.inspect(throughJson(item)), 'INVALID_ARGUMENT', /fromDynamoJson/],
  [
    'a wrong key',
    () => new f.ItemEncryptor({ ...OPTIONS, keyring: rawAes('k', 1) }).decryptItem(item),
    'NO_KEYRING_OPENED',
    /table name and the key attributes/,
  ],
  [
    'another context',
    () => client.decrypt(ciphertext, { keyring, encryptionContext: { a: 'b' } }),
    'NO_KEYRING_OPENED',
    /encryption context/,
  ],
];

for (const [what, run, code, next] of CASES) {
  test(`advice for ${what}`, async () => {
    const error = await (async () => run())().then(
      () => assert.fail('it succeeded'),
      (reason) => reason,
    );
    assert.equal(error.code, code, error.message);
    assert.match(error.next, next);
    assert.ok(error.message.endsWith(error.next));
    assert.doesNotMatch(error.message, / {2}/);
  });
}

test('an option that is not known is named before what is missing for it', () => {
  const { attributeActions: actions, ...rest } = OPTIONS;
  const message = /'actions' is not known; did you mean 'attributeActions'\?/;
  assert.throws(() => new f.ItemEncryptor({ ...rest, actions }), { message });
});

test('changed sets of signed attributes are counted', async () => {
  const message = (found) =>
    new RegExp(`of attributes to verify, the item has ${found}; 3 were signed`);
  await assert.rejects(items.decryptItem(without(['b'])), { message: message(2) });
  await assert.rejects(items.decryptItem({ ...item, c: { S: '' } }), { message: message(4) });
});

test('keys of others are named where they have names', async () => {
  const of = (keyring) => new f.ItemEncryptor({ ...OPTIONS, keyring });
  const message = /wrapped by 'ns' key 'k', this keyring is raw AES key 'other' of 'ns'/;
  await assert.rejects(of(rawAes('other')).decryptItem(item), { message });
  // Two public keys have no name.
  const { publicKey } = await crypto.subtle.generateKey(
    { name: 'ECDH', namedCurve: 'P-256' },
    true,
    ['deriveBits'],
  );
  const recipientPublicKey = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
  const keyAgreementScheme = { type: 'ephemeral', recipientPublicKey };
  const ecdh = of(f.rawEcdhKeyring({ curveSpec: 'P256', keyAgreementScheme }));
  const { item: sealed } = await ecdh.encryptItem(plain);
  const error = await items.decryptItem(sealed).catch((reason) => reason);
  assert.match(error.message, /wrapped by 'raw-ecdh', this keyring is/);
  assert.ok(!('keyId' in error.reasons[0]));
  assert.equal(error.rootCode, 'KEYRING_NOT_MINE');
});

test('resealing that would lay an attribute open says so in one line', async () => {
  const open = { ...OPTIONS.attributeActions, a: 'SIGN_ONLY' };
  const next = new f.ItemEncryptor({ ...OPTIONS, attributeActions: open });
  const error = await next.resealItems([item], { from: items }).catch((reason) => reason);
  assert.match(error.message, /does not change actions; open and seal the item for that/);
  assert.doesNotMatch(error.message, / {2}/);
});

test('the reason that says most is the root of an error', async () => {
  const failing = (type, status) => {
    const fetch = async () => new Response(JSON.stringify({ __type: type }), { status });
    const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
    const kms = new f.KmsClient({ region: 'eu-west-1', credentials, fetch, maxAttempts: 1 });
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000';
    return f.awsKmsKeyring({ kms, generatorKeyId: arn });
  };
  const refused = failing('AccessDeniedException', 400);
  const busy = failing('ThrottlingException', 400);
  const broken = failing('KMSInternalException', 500);
  const context = failing('InvalidCiphertextException', 400);
  const unreachable = (() => {
    const fetch = async () => {
      throw new TypeError('fetch failed');
    };
    const kms = new f.KmsClient({ endpoint: 'http://localhost:1', fetch, maxAttempts: 1 });
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000';
    return f.awsKmsKeyring({ kms, generatorKeyId: arn });
  })();
  // A message with a key of KMS: what the other keyring wraps comes from a key that is there.
  const working = (() => {
    const fetch = async (url, { body }) => {
      const { KeyId, Plaintext } = JSON.parse(new TextDecoder().decode(body));
      const Key = base64(new Uint8Array(32));
      const reply = { KeyId, CiphertextBlob: 'AAAA', Plaintext: Plaintext ?? Key };
      return new Response(JSON.stringify(reply));
    };
    const kms = new f.KmsClient({ endpoint: 'http://localhost:1', fetch });
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000';
    return f.awsKmsKeyring({ kms, generatorKeyId: arn });
  })();
  const sealed = await client.encrypt(new Uint8Array(1), { keyring: working });
  const rootOf = async (...children) => {
    const keyring = f.multiKeyring({ children });
    const error = await client.decrypt(sealed.ciphertext, { keyring }).catch((reason) => reason);
    assert.equal(error.code, 'NO_KEYRING_OPENED');
    assert.equal(error.toJSON().rootCode, error.rootCode);
    return [error.rootCode, error.retryable, error.next];
  };
  const [grant, slow, later, check] = [
    /Grant/,
    /Slow down/,
    /later/,
    /table name and the key attr/,
  ];
  for (const [children, code, retryable, next] of [
    [[refused], 'KMS_ACCESS_DENIED', false, grant],
    [[keyring, refused], 'KMS_ACCESS_DENIED', false, grant],
    [[refused, busy], 'KMS_THROTTLED', true, slow],
    [[broken, refused], 'KMS_FAILED', true, later],
    [[keyring, unreachable], 'KMS_UNREACHABLE', true, /endpoint URL/],
    // With another encryption context, KMS says no more than this.
    [[context], 'KMS_INVALID_CIPHERTEXT', false, check],
    [[keyring, context], 'KMS_INVALID_CIPHERTEXT', false, check],
    [[context, refused], 'KMS_ACCESS_DENIED', false, grant],
    [[keyring], 'KEYRING_NOT_MINE', false, check],
  ]) {
    const [root, again, advice] = await rootOf(...children);
    assert.deepEqual([root, again], [code, retryable]);
    assert.match(advice, next);
  }
});

test('a CMM in the place of a keyring: the advice fits the option', () => {
  const cmm = f.defaultCmm(keyring);
  const advice = (make) => {
    try {
      make();
    } catch ({ message }) {
      return message;
    }
    return assert.fail('was accepted');
  };
  assert.match(
    advice(() => new f.ItemEncryptor({ ...OPTIONS, keyring: cmm })),
    /keyring must be a keyring, not a CMM. Give it as cmm/,
  );
  for (const options of [{ generator: cmm }, { children: [cmm] }]) {
    assert.match(
      advice(() => f.multiKeyring(options)),
      /^(generator|children\[0\]) must be a keyring, not a CMM. Give the keyring/,
    );
  }
});
