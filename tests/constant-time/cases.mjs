// What is traced: sealing and opening with secrets of equal lengths. A case returns what a public signature shows of
// its numbers, by which runs are compared with their like.

const NAMES = { keyNamespace: 'namespace', keyName: 'name' };

/** Characters without meaning to any parser, as many as asked for. */
const text = (bytes) => Buffer.from(bytes).toString('hex').slice(0, bytes.length);

const PUBLIC_KEY = 'aws-crypto-public-key';

/**
 * What is public: how long r and s are in DER (`signature` ends with it) and whether their first byte is 0, and the sign of the
 * public key, its first byte.
 */
function signatureShape(signed, signature, length) {
  const header = Buffer.from(signed);
  const at = header.indexOf(PUBLIC_KEY) + PUBLIC_KEY.length + 2;
  const tag = Buffer.from(header.toString('latin1', at, at + 4), 'base64')[0];
  if (tag !== 2 && tag !== 3) throw new Error('no public key in the header');
  const number = (lengthAt) =>
    `${signature.at(lengthAt)} bytes from ${Number(signature.at(lengthAt + 1) > 0)}`;
  const r = 3 - length;
  const s = r + signature.at(r) + 2;
  return `r of ${number(r)}, s of ${number(s)}, key of tag ${tag}`;
}

/**
 * Opens. Not traced where the core itself verifies a signature: that takes a time that depends on the signature, on its key
 * and on what is signed, which are all public. What else there is to opening is traced with the suites that do not sign, and
 * in the core of `fieldseal/items`, whose host verifies.
 */
const open = ({ step, entry }, signed, work) =>
  signed && entry === 'slim' ? work() : step('opening', work);

async function item(api, run, options) {
  const { secret, step } = run;
  const keyring = api.rawAesKeyring({ ...NAMES, wrappingKey: secret(options.keyLength ?? 32) });
  const encryptor = new api.ItemEncryptor({
    logicalTableName: 'people',
    partitionKeyName: 'id',
    attributeActions: {
      id: 'SIGN_ONLY',
      name: 'ENCRYPT_AND_SIGN',
      photo: 'ENCRYPT_AND_SIGN',
      tags: 'ENCRYPT_AND_SIGN',
      plain: 'SIGN_ONLY',
    },
    algorithmSuite: options.suite,
    keyring: options.keyring?.(api, secret) ?? keyring,
  });
  const plain = {
    id: { S: 'id' },
    name: { S: text(secret(options.nameLength ?? 40)) },
    photo: { B: secret(300) },
    tags: { L: [{ S: text(secret(9)) }, { B: secret(20) }] },
    plain: { S: 'plain' },
  };
  const { item: sealed } = await step('sealing', () => encryptor.encryptItem(plain));
  await open(run, options.suite === '6701', () => encryptor.decryptItem(sealed));
  return options.suite === '6701'
    ? signatureShape(sealed.aws_dbe_head.B, sealed.aws_dbe_foot.B, 103)
    : undefined;
}

async function message(api, run, suite, signatureLength) {
  const { secret, step } = run;
  const keyring = api.rawAesKeyring({ ...NAMES, wrappingKey: secret(32) });
  const client = new api.EncryptionClient({ commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' });
  const committing = new api.EncryptionClient();
  const algorithmSuite = suite;
  const sealer = /^0[45]/.test(suite) ? committing : client;
  const plaintext = secret(700);
  const options = {
    keyring,
    encryptionContext: { purpose: 'test' },
    algorithmSuite,
    frameLength: 256,
  };
  const { ciphertext } = await step('sealing', () => sealer.encrypt(plaintext, options));
  // P-256 is the host's to verify.
  const signed = signatureLength === 103;
  await open(run, signed, () => sealer.decrypt(ciphertext, { keyring }));
  return signatureLength && signatureShape(ciphertext, ciphertext, signatureLength);
}

function hierarchical(api, secret) {
  const version = '3b8a1c52-6f0e-4d7b-9a45-0c1d2e3f4a5b';
  const branchKeyId = 'branch';
  const branchKey = { branchKeyId, version, branchKey: secret(32), beaconKey: secret(32) };
  const keyStore = api.staticKeyStore([branchKey], { logicalKeyStoreName: 'store' });
  return api.awsKmsHierarchicalKeyring({
    keyStore,
    branchKeyId,
    ttlSeconds: 600,
    partitionId: 'partition',
  });
}

/** What both cores do. */
export const ITEM_CASES = {
  'items under an AES key of 128 bits': (api, run) =>
    item(api, run, { suite: '6700', keyLength: 16 }),
  'items under an AES key of 192 bits': (api, run) =>
    item(api, run, { suite: '6700', keyLength: 24 }),
  'items under an AES key of 256 bits': (api, run) => item(api, run, { suite: '6700' }),
  'items that are signed with P-384': (api, run) => item(api, run, { suite: '6701' }),
};

/** What the core of `fieldseal/items` does not do. */
export const OTHER_CASES = {
  'items under a branch key': (api, run) =>
    item(api, run, { suite: '6700', keyring: hierarchical }),
};
// The suites, and the lengths of their signatures.
for (const [suite, signatureLength] of [
  ['0014'],
  ['0046'],
  ['0078'],
  ['0114'],
  ['0146'],
  ['0178'],
  ['0214', 71],
  ['0346', 103],
  ['0378', 103],
  ['0478'],
  ['0578', 103],
]) {
  OTHER_CASES[`messages of suite ${suite}`] = (api, run) =>
    message(api, run, suite, signatureLength);
}

/** Of two lengths by turns: a trace that does not show them shows nothing. */
export const UNEQUAL_CASES = {
  'items with names of two lengths': (api, run) =>
    item(api, run, { suite: '6700', nameLength: 40 + (run.seed % 2) }),
};

export const CASES = { ...ITEM_CASES, ...OTHER_CASES, ...UNEQUAL_CASES };
