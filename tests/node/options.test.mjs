// Options are read once, when they are given: what the caller changes afterwards has no effect, even where the core is made
// anew, nor has what every object inherits; unknown names are refused. For everything exported that takes options.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { after, describe, test } from 'node:test';

// First the smaller core: the other one replaces it, as where a page loads both.
import * as items from '../../pkg/entrypoints/items.js';
import { Core, core } from '../../pkg/core/core.js';

const names = { logicalTableName: 'people', partitionKeyName: 'id' };
const wrappingKey = () => new Uint8Array(32).fill(7);
const aes = (Module = items) =>
  Module.rawAesKeyring({ keyNamespace: 'ns', keyName: 'key', wrappingKey: wrappingKey() });
const ITEM = { id: { S: 'a' }, ssn: { S: '078-05-1120' }, note: { S: 'n' }, ':x': { S: 'x' } };
const ACTIONS = { id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN', note: 'SIGN_ONLY', ':x': 'DO_NOTHING' };
const encryptorOptions = () => ({
  ...names,
  attributeActions: { ...ACTIONS },
  allowedUnsignedAttributes: [':x'],
  algorithmSuite: '6700',
  keyring: aes(),
});

/** Changes options as one would to use them again for a migration. */
function turnOff(options) {
  options.plaintextOverride = 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ';
  options.logicalTableName = 'others';
  options.attributeActions.ssn = 'DO_NOTHING';
  options.allowedUnsignedAttributes.push('ssn');
  delete options.algorithmSuite;
}

async function seals(encryptor) {
  const { item, header } = await encryptor.encryptItem(ITEM);
  assert.ok(item.ssn.B, 'ssn is encrypted');
  assert.equal(header.algorithmSuite, '6700');
  assert.equal(header.encryptionContext['aws-crypto-table-name'], 'people');
  return item;
}

const options = encryptorOptions();
const early = new items.ItemEncryptor(options);
turnOff(options);
const small = core();

const fieldseal = await import('../../pkg/entrypoints/index.js');
const testing = await import('../../pkg/testing/index.js');
const forms = await import('../../pkg/entrypoints/forms.js');
const workers = await import('../../pkg/entrypoints/workers.js');
const { planBeacon, sealTable } = await import('../../pkg/entrypoints/tables.js');
const { EncryptionClient, ItemEncryptor, KmsClient, DynamoDbClient, UsageError } = fieldseal;

/** Ends the instance of the core; all objects are made anew in the next one. */
function trap() {
  const old = core();
  const stop = () => {
    throw new WebAssembly.RuntimeError('unreachable');
  };
  assert.throws(() => old.make(stop), { code: 'INTERNAL' });
  assert.notEqual(core(), old);
}

test('options that were changed have no effect on a core that can do more, nor after a trap', async () => {
  assert.equal(small.complete, false);
  assert.notEqual(core(), small);
  const item = await seals(early);
  trap();
  await seals(early);
  assert.deepEqual((await early.decryptItem(item)).item, ITEM);
  await assert.rejects(early.decryptItem({ ...ITEM }), UsageError);
});

// What the table's entries are made with.
const pem = { publicKeyEncoding: { type: 'spki', format: 'pem' } };
const der8 = { type: 'pkcs8', format: 'der' };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048, ...pem, privateKeyEncoding: der8 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256', ...pem, privateKeyEncoding: der8 });
const bytes = (buffer) => new Uint8Array(buffer);
const ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const BRANCH = '11111111-2222-4333-8444-555555555555';
const endpoint = 'http://127.0.0.1:9';
const kms = new KmsClient({ endpoint, region: 'us-east-1' });
const dynamodb = new DynamoDbClient({ endpoint, region: 'us-east-1' });
const keyring = aes(fieldseal);
const cache = fieldseal.localCache();
const branchKeys = () => [
  {
    branchKeyId: 'b',
    version: BRANCH,
    branchKey: wrappingKey(),
    beaconKey: wrappingKey(),
    encryptionContext: { tenant: 'a' },
  },
];
const branches = fieldseal.staticKeyStore(branchKeys());
const client = new EncryptionClient();
const message = new TextEncoder().encode('a message');
const { ciphertext } = await client.encrypt(message, { keyring });
const signature = {
  ...(await (async () => {
    const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
    ]);
    const { createSign, KeyObject } = await import('node:crypto');
    const privateKey = KeyObject.from(pair.privateKey);
    return {
      publicKey: bytes(await webcrypto.subtle.exportKey('spki', pair.publicKey)),
      message,
      signature: bytes(createSign('sha256').update(message).sign(privateKey)),
    };
  })()),
  signingAlgorithm: 'ECDSA_SHA_256',
};
const devKms = await testing.startDevKms();
after(() => devKms.close());
const encryptor = new ItemEncryptor(encryptorOptions());
const sealed = (await encryptor.encryptItem(ITEM)).item;
const table = { ...names, attributeActions: ACTIONS, allowedUnsignedAttributes: [':x'] };
const token = await forms.sealField('ssn', 'a secret', { keyring });
const form = { fieldseal: JSON.parse(fieldseal.toDynamoJson(sealed)), email: 'a' };
const store = (more = {}) => fieldseal.keyStore({ ...STORE.valid(), ...more });
const service = () => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
  headers: { 'x-tenant': 'a' },
  fetch: globalThis.fetch,
  timeoutMs: 1000,
  maxAttempts: 1,
  userAgent: 'app',
  onEvent() {},
});
const STORE = {
  make: fieldseal.keyStore,
  valid: () => ({
    dynamodb,
    kms,
    tableName: 'keys',
    logicalKeyStoreName: 'keys',
    kmsConfiguration: { type: 'kmsKeyArn', kmsKeyArn: ARN },
    grantTokens: ['token'],
    keyStoreId: BRANCH,
  }),
};

/**
 * Everything that takes options: `make` takes them, `valid` are some that it takes, as many as go together. `absent` for
 * those that may be left out altogether.
 */
const MAKERS = {
  ItemEncryptor: {
    make: (o) => new ItemEncryptor(o),
    valid: () => ({ ...encryptorOptions(), documentOptions: { removeUndefinedValues: true } }),
    nested: ['documentOptions'],
  },
  EncryptionClient: {
    make: (o) => new EncryptionClient(o),
    valid: () => ({ commitmentPolicy: 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT', maxEncryptedDataKeys: 3 }),
  },
  KmsClient: {
    make: (o) => new KmsClient(o),
    valid: () => ({
      ...service(),
      pinnedPublicKeys: { [ARN]: 'ab'.repeat(32) },
      publicKeyStore: { load() {}, save() {} },
    }),
  },
  DynamoDbClient: { make: (o) => new DynamoDbClient(o), valid: service },
  'KmsClient.decrypt': {
    make: (o) => kms.decrypt({ ciphertextBlob: message, keyId: ARN }, o),
    valid: () => ({ signal: new AbortController().signal }),
    fails: true,
  },
  wrapKeyMaterial: {
    make: fieldseal.wrapKeyMaterial,
    valid: () => ({
      keyMaterial: message,
      publicKey: createPublicKey(rsa.publicKey).export({ type: 'spki', format: 'der' }),
      wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    }),
  },
  planBeacon: {
    make: (o) => planBeacon(['a', 'b'], o),
    valid: () => ({
      target: { maxFalsePositives: 0.5, minGroupSize: 2, maxGuessed: 0.9 },
      population: 3,
      numberOfPartitions: 2,
      seed: 1,
    }),
    nested: ['target'],
  },
  'BeaconPlan.toSvg': {
    make: (o) => planBeacon(['a', 'b'], { target: { maxGuessed: 0.9 } }).toSvg(o),
    valid: () => ({ title: 'a' }),
  },
  sealTable: {
    make: (o) => sealTable({ send: async () => ({}) }, o),
    valid: () => ({
      TableName: 'customers',
      table: encryptorOptions(),
      mode: 'reseal',
      from: new ItemEncryptor(encryptorOptions()),
      totalSegments: 4,
      segments: [1, 2],
      capacityUnitsPerSecond: 10,
      checkpoint: 'AAAA',
      onCheckpoint() {},
      dryRun: true,
      signal: new AbortController().signal,
    }),
  },
  rawAesKeyring: {
    make: fieldseal.rawAesKeyring,
    valid: () => ({ keyNamespace: 'ns', keyName: 'key', wrappingKey: wrappingKey() }),
  },
  rawRsaKeyring: {
    make: fieldseal.rawRsaKeyring,
    valid: () => ({
      keyNamespace: 'ns',
      keyName: 'key',
      paddingScheme: 'OAEP_SHA256_MGF1',
      publicKey: new TextEncoder().encode(rsa.publicKey),
      privateKey: bytes(rsa.privateKey),
      hazmatAllowPkcs1Decryption: false,
    }),
  },
  rawEcdhKeyring: {
    make: fieldseal.rawEcdhKeyring,
    valid: () => ({
      curveSpec: 'P256',
      keyAgreementScheme: {
        type: 'static',
        senderPrivateKey: bytes(ec.privateKey),
        recipientPublicKey: new TextEncoder().encode(ec.publicKey),
      },
    }),
    nested: ['keyAgreementScheme'],
  },
  awsKmsKeyring: {
    make: fieldseal.awsKmsKeyring,
    valid: () => ({ kms, generatorKeyId: ARN, keyIds: [ARN], grantTokens: ['token'] }),
  },
  awsKmsMrkKeyring: {
    make: fieldseal.awsKmsMrkKeyring,
    valid: () => ({ kms, generatorKeyId: ARN, keyIds: [], grantTokens: ['token'] }),
  },
  awsKmsDiscoveryKeyring: {
    make: fieldseal.awsKmsDiscoveryKeyring,
    valid: () => ({
      kms: () => kms,
      discoveryFilter: { partition: 'aws', accountIds: ['111122223333'] },
      regions: ['us-east-1', 'eu-west-1'],
      grantTokens: ['token'],
    }),
    nested: ['discoveryFilter'],
  },
  awsKmsMrkDiscoveryKeyring: {
    make: fieldseal.awsKmsMrkDiscoveryKeyring,
    valid: () => ({
      kms,
      discoveryFilter: { partition: 'aws', accountIds: ['111122223333'] },
      region: 'us-east-1',
      grantTokens: ['token'],
    }),
    nested: ['discoveryFilter'],
  },
  awsKmsRsaKeyring: {
    make: fieldseal.awsKmsRsaKeyring,
    valid: () => ({
      kmsKeyId: ARN,
      publicKey: new TextEncoder().encode(rsa.publicKey),
      encryptionAlgorithm: 'RSAES_OAEP_SHA_1',
      kms,
      grantTokens: ['token'],
    }),
  },
  awsKmsEcdhKeyring: {
    make: fieldseal.awsKmsEcdhKeyring,
    valid: () => ({
      kms,
      curveSpec: 'P256',
      keyAgreementScheme: {
        type: 'static',
        senderKmsKeyId: ARN,
        senderPublicKey: new TextEncoder().encode(ec.publicKey),
        recipientPublicKey: new TextEncoder().encode(ec.publicKey),
      },
      grantTokens: ['token'],
    }),
    nested: ['keyAgreementScheme'],
  },
  awsKmsHierarchicalKeyring: {
    make: fieldseal.awsKmsHierarchicalKeyring,
    valid: () => ({
      keyStore: branches,
      branchKeyId: 'b',
      ttlSeconds: 60,
      cache,
      partitionId: 'p',
    }),
  },
  customKeyring: {
    make: fieldseal.customKeyring,
    valid: () => ({
      providerId: 'token',
      onEncrypt: async () => ({ providerInfo: bytes([1]), ciphertext: bytes([1]) }),
      onDecrypt: async () => undefined,
      onGenerate: async () => ({
        dataKey: wrappingKey(),
        providerInfo: bytes([1]),
        ciphertext: bytes([1]),
      }),
    }),
  },
  multiKeyring: {
    make: fieldseal.multiKeyring,
    valid: () => ({ generator: keyring, children: [keyring] }),
  },
  requiredEncryptionContextCmm: {
    make: fieldseal.requiredEncryptionContextCmm,
    valid: () => ({ keyring, requiredKeys: ['tenant'] }),
  },
  cachingCmm: {
    make: fieldseal.cachingCmm,
    valid: () => ({
      keyring,
      cache,
      maxAgeSeconds: 60,
      maxBytes: 1000,
      maxMessages: 10,
      partitionId: 'p',
    }),
  },
  localCache: {
    make: fieldseal.localCache,
    valid: () => ({ capacity: 10, onEvent() {} }),
  },
  stormTrackingCache: {
    make: fieldseal.stormTrackingCache,
    valid: () => ({
      capacity: 10,
      onEvent() {},
      gracePeriodSeconds: 10,
      graceIntervalSeconds: 1,
      fanOut: 5,
      inFlightTtlSeconds: 5,
    }),
  },
  staticKeyStore: {
    make: (o) => fieldseal.staticKeyStore(branchKeys(), o),
    valid: () => ({ logicalKeyStoreName: 'store' }),
  },
  'a key of staticKeyStore': {
    make: (o) => fieldseal.staticKeyStore([o]),
    valid: () => branchKeys()[0],
  },
  keyStore: { ...STORE, nested: ['kmsConfiguration'] },
  startItemWorkers: {
    make: async (o) => {
      const started = await workers.startItemWorkers(o);
      try {
        await seals({ encryptItem: async (item) => (await started.encryptItems([item]))[0] });
      } finally {
        await started.close();
      }
    },
    valid: () => ({
      ...encryptorOptions(),
      keyring: { type: 'rawAes', keyNamespace: 'n', keyName: 'k', wrappingKey: wrappingKey() },
      threads: 1,
    }),
  },
  readPublicKey: {
    make: (o) => fieldseal.readPublicKey(signature.publicKey, o),
    valid: () => ({ certificate: false }),
  },
  fetchPublicKey: {
    make: (o) => fieldseal.fetchPublicKey('https://example.org/key.pem', o),
    valid: () => ({
      fetch: async () => new Response(signature.publicKey),
      timeoutMs: 100,
      certificate: false,
    }),
  },
  checkKeyPair: {
    make: (o) => fieldseal.checkKeyPair(keyring, o),
    valid: () => ({ opens: keyring, encryptionContext: { tenant: 'a' } }),
  },
  recipient: {
    make: (o) => fieldseal.recipient('aes:', o),
    valid: () => ({ key: wrappingKey() }),
  },
  verifySignature: { make: fieldseal.verifySignature, valid: () => ({ ...signature }) },
  inspect: {
    make: (o) => fieldseal.inspect(ciphertext, o),
    valid: () => ({ maxHeaderLength: 10_000 }),
  },
  toAttributeMap: {
    make: (o) => fieldseal.toAttributeMap({ a: 1 }, o),
    valid: () => ({ removeUndefinedValues: true, convertClassInstanceToMap: true }),
  },
  fromAttributeMap: {
    make: (o) => fieldseal.fromAttributeMap({ a: { N: '1' } }, o),
    valid: () => ({ numbers: 'NumberValue' }),
  },
  sealField: {
    make: (o) => forms.sealField('ssn', 'a secret', o),
    valid: () => ({ keyring, encryptionContext: { tenant: 'a' } }),
  },
  openField: {
    make: (o) => forms.openField('ssn', token, o),
    valid: () => ({ keyring, encryptionContext: {} }),
  },
  openForm: {
    make: (o) => forms.openForm(form, o),
    valid: () => ({
      keyring,
      table,
      as: 'item',
      field: 'fieldseal',
      seal: ['ssn'],
      plain: ['email', 'more'],
      lists: ['topics'],
      optional: ['more'],
      onFile() {},
      maxFields: 10,
      maxBodyBytes: 10_000,
      maxFileBytes: 10,
      maxFiles: 1,
    }),
    nested: ['table'],
  },
  checkSealed: {
    make: (o) => forms.checkSealed(token, o),
    valid: () => ({ name: 'ssn', keyNames: ['key'], suites: ['0578'], maxLength: 10_000 }),
  },
  startDevKms: {
    make: async (o) => (await testing.startDevKms(o)).close(),
    valid: () => ({ port: 0, regions: ['us-east-1'], account: '111122223333', log: false }),
    code: 'DEV_KMS_INVALID_OPTION',
  },
  'DevKms.createKey': {
    make: (o) => devKms.createKey(o),
    valid: () => ({ keySpec: 'HMAC_256', description: 'a key' }),
    code: 'DEV_KMS_INVALID_OPTION',
  },
  'DevKms.loadKey': {
    make: (o) => devKms.loadKey(o),
    valid: () => ({ keyId: crypto.randomUUID(), material: wrappingKey() }),
    code: 'DEV_KMS_INVALID_OPTION',
  },
  'ItemEncryptor.resealItems': {
    make: (o) => encryptor.resealItems([sealed], o),
    valid: () => ({ from: encryptor }),
  },
  'ItemEncryptor.resealAll': {
    make: async (o) => encryptor.resealAll([sealed], o).next(),
    valid: () => ({ from: encryptor, batchSize: 2 }),
  },
  'ItemEncryptor.encryptDocument': {
    make: (o) => encryptor.encryptDocument({ id: 'a' }, o),
    valid: () => ({ numbers: 'auto', removeUndefinedValues: true }),
  },
  'ItemEncryptor.decryptDocument': {
    make: (o) => encryptor.decryptDocument(fieldseal.fromAttributeMap(sealed), o),
    valid: () => ({ numbers: 'auto', removeUndefinedValues: true }),
  },
  'ItemEncryptor.encryptDocuments': {
    make: (o) => encryptor.encryptDocuments([{ id: 'a' }], o),
    valid: () => ({ numbers: 'auto', convertEmptyValues: true, settle: true }),
  },
  'ItemEncryptor.decryptDocuments': {
    make: (o) => encryptor.decryptDocuments([fieldseal.fromAttributeMap(sealed)], o),
    valid: () => ({ numbers: 'auto', settle: true }),
  },
  'EncryptionClient.encrypt': {
    make: (o) => client.encrypt(message, o),
    valid: () => ({
      keyring,
      encryptionContext: { tenant: 'a' },
      algorithmSuite: '0478',
      frameLength: 100,
    }),
  },
  'EncryptionClient.decrypt': {
    make: (o) => client.decrypt(ciphertext, o),
    valid: () => ({ keyring, encryptionContext: {} }),
  },
  'EncryptionClient.reseal': {
    make: (o) => client.reseal(ciphertext, o),
    valid: () => ({ from: { keyring }, to: { keyring, frameLength: 100 } }),
    nested: ['from', 'to'],
  },
  'EncryptionClient.encryptStream': {
    make: (o) => client.encryptStream(o),
    valid: () => ({
      keyring,
      encryptionContext: {},
      algorithmSuite: '0478',
      frameLength: 100,
      plaintextLength: 3,
      onProgress() {},
    }),
  },
  'EncryptionClient.decryptStream': {
    make: (o) => client.decryptStream(o),
    valid: () => ({
      keyring,
      encryptionContext: {},
      requireUnsigned: true,
      maxFrameLength: 1000,
      onProgress() {},
    }),
  },
  'KeyStore.createKey': {
    make: (o) => store().createKey(o),
    valid: () => ({ branchKeyId: 'b', encryptionContext: { tenant: 'a' } }),
    fails: true,
  },
  ...Object.fromEntries(
    [
      'versionKey',
      'getActiveBranchKey',
      'getBeaconKey',
      'getBranchKeyVersion',
      'restoreActive',
    ].map((name) => [
      `KeyStore.${name}`,
      {
        make: (o) => store()[name](o),
        valid: () => ({
          branchKeyId: 'b',
          ...(/Version$|restore/.test(name) && { version: BRANCH }),
        }),
        fails: true,
      },
    ]),
  ),
};

/** What takes no options of its own: values, AWS-shaped requests. */
const WITHOUT = new Set([
  ...Object.keys(fieldseal).filter((name) => name.endsWith('Error')),
  'DevKmsError',
  ...['NumberValue', 'defaultCmm', 'openTelemetryEvents', 'openTelemetryMetrics'],
  ...['publicKeyFingerprint'],
  ...['toDynamoJson', 'fromDynamoJson', 'defineTable'],
  // A form is in a page: tests/browser/forms.test.mjs.
  'sealForm',
  ...['encryptItem', 'decryptItem', 'encryptItems', 'decryptItems'].map(
    (n) => `ItemEncryptor.${n}`,
  ),
  ...['createKeyStore', 'getKeyStoreInfo'].map((name) => `KeyStore.${name}`),
]);

test('everything that is exported and takes options is in the table', () => {
  const classes = {
    ItemEncryptor,
    EncryptionClient,
    KeyStore: store().constructor,
    DynamoDbClient,
  };
  const methods = Object.entries(classes).flatMap(([name, { prototype }]) =>
    Object.getOwnPropertyNames(prototype)
      .filter((method) => method !== 'constructor' && !method.startsWith('_'))
      .map((method) => `${name}.${method}`),
  );
  const exported = [fieldseal, items, forms, workers, testing].flatMap((module) =>
    Object.keys(module),
  );
  const missing = [...exported, ...methods].filter(
    (name) => !Object.hasOwn(MAKERS, name) && !WITHOUT.has(name),
  );
  assert.deepEqual(missing, []);
});

/** What came of a call, whichever way it fails. */
async function outcome(run) {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

/** Calls that need a table or KMS cannot succeed here: then it must not be the options that fail. */
async function succeeds({ make, fails }, given, why) {
  const { error } = await outcome(() => make(given));
  if (fails) assert.match(error?.code, /^(DYNAMODB|KMS)_UNREACHABLE$/, `${why}: ${error}`);
  else assert.equal(error, undefined, `${why}: ${error?.stack}`);
}

/** The names that a refusal lists. */
async function knownNames({ make, valid }) {
  const { error } = await outcome(() => make({ ...valid(), nonsense: 1 }));
  return /Known are (.*)\.$/.exec(error.message)[1].split(', ');
}

/** Has properties on every object's prototype while `run` runs. */
async function polluted(properties, run) {
  for (const [name, value] of Object.entries(properties)) {
    const descriptor = { value, configurable: true, enumerable: false, writable: true };
    Object.defineProperty(Object.prototype, name, descriptor);
  }
  try {
    return await run();
  } finally {
    for (const name of Object.keys(properties)) delete Object.prototype[name];
  }
}

/** Records what the core's objects are made of: all configurations, without handles, which differ between instances. */
function recorded(run) {
  const configs = [];
  const { make } = Core.prototype;
  Core.prototype.make = function (start) {
    return make.call(this, (glue) =>
      start(
        new Proxy(glue, {
          get: (target, name) =>
            typeof target[name] !== 'function'
              ? target[name]
              : (...args) => {
                  configs.push([name, structuredClone(args.map(plain))]);
                  return target[name](...args);
                },
        }),
      ),
    );
  };
  try {
    run();
  } finally {
    Core.prototype.make = make;
  }
  return configs;
}

const HANDLES = ['kms', 'keyStore', 'dynamodb', 'cache', 'materials', 'generator', 'children'];
function plain(arg) {
  if (typeof arg === 'function') return 'function';
  if (Array.isArray(arg)) return [...arg];
  if (typeof arg === 'number' || typeof arg === 'function') return 'handle';
  if (typeof arg !== 'object' || arg === null) return arg;
  const entries = Object.entries(arg).filter(([name]) => !HANDLES.includes(name));
  return Object.fromEntries(entries.filter(([, value]) => typeof value !== 'function'));
}

/** Ruins options and all that is in them, as deep as objects are plain. */
function ruin(value) {
  if (value instanceof Uint8Array) value.fill(0);
  if (Array.isArray(value)) value.length = 0;
  if (Object.getPrototypeOf(value ?? '') !== Object.prototype) return;
  for (const name of Object.keys(value)) {
    ruin(value[name]);
    value[name] = 'ruined';
  }
}

/** The core's object behind what was made. */
const coreObject = (made) => made?.object ?? made?._object;

for (const [name, entry] of Object.entries(MAKERS)) {
  const { make, valid, nested = [], code = 'INVALID_ARGUMENT' } = entry;

  describe(name, () => {
    test('takes what the table says', () => succeeds(entry, valid(), 'valid'));

    test('refuses unknown options by name and lists those there are', async () => {
      const { error } = await outcome(() => make({ ...valid(), nonsense: 1 }));
      assert.equal(error?.code, code, String(error));
      assert.match(error.message, /'nonsense' is not known/);
      const known = await knownNames(entry);
      for (const given of Object.keys(valid())) assert.ok(known.includes(given), given);
      for (const inner of nested) {
        const options = valid();
        options[inner] = { ...options[inner], nonsense: 1 };
        const { error } = await outcome(() => make(options));
        assert.equal(error?.code, code, String(error));
        assert.match(error.message, new RegExp(`${inner}: 'nonsense' is not known`));
      }
    });

    test('undefined counts as absent, whatever the name', async () => {
      const given = valid();
      const absent = (await knownNames(entry)).filter((known) => !Object.hasOwn(given, known));
      for (const known of [...absent, 'nonsense']) given[known] = undefined;
      await succeeds(entry, given, 'undefined');
    });

    test('refuses what is not a plain object', async () => {
      class Options {}
      const inherits = Object.create(valid());
      for (const wrong of [null, 'options', 5, [], () => {}, new Options(), inherits, new Map()]) {
        const { error } = await outcome(() => make(wrong));
        assert.equal(error?.code, code, `${String(error)} for ${String(wrong)}`);
        assert.match(error.message, /must be an object, not /);
      }
    });

    test('reads each option once', async () => {
      const counts = {};
      const given = {};
      for (const [option, value] of Object.entries(valid())) {
        const get = () => {
          counts[option] = (counts[option] ?? 0) + 1;
          return value;
        };
        Object.defineProperty(given, option, { get, enumerable: true });
      }
      await succeeds(entry, given, 'getters');
      for (const option of Object.keys(given)) assert.equal(counts[option], 1, option);
    });

    test('is not reached by what every object inherits', async () => {
      const given = valid();
      const poison = {};
      for (const known of await knownNames(entry)) {
        if (!Object.hasOwn(given, known)) poison[known] = Symbol('inherited');
      }
      const { error, value } = await polluted(poison, () => outcome(() => make(given)));
      if (entry.fails) assert.match(error?.code, /_UNREACHABLE$/, String(error));
      else assert.equal(error, undefined, `${error?.stack}`);
      const object = coreObject(value);
      if (object) {
        trap();
        await polluted(poison, async () => object.handle(core()));
      }
    });

    test('has a copy of its own, all the way down', async () => {
      const given = valid();
      let value;
      const before = recorded(() => {
        const made = make(given);
        if (!(made instanceof Promise)) value = made;
        else made.catch(() => {});
      });
      const object = coreObject(value);
      if (!object) return;
      ruin(given);
      trap();
      const after = recorded(() => object.handle(core()));
      // Objects within it are made anew first, and may be older.
      assert.deepEqual(after.at(-1), before.at(-1));
      assert.ok(before.length > 0);
    });
  });
}

test('what calls read while they wait is their own', async () => {
  const from = { keyring, encryptionContext: { tenant: 'a' } };
  const long = new Uint8Array(300_000).fill(1);
  const pending = client.encrypt(long, from);
  ruin(from);
  const { header } = await pending;
  assert.equal(header.encryptionContext.tenant, 'a');

  const reseal = { from: { keyring }, to: { keyring, encryptionContext: { tenant: 'b' } } };
  const resealing = client.reseal((await client.encrypt(long, { keyring })).ciphertext, reseal);
  ruin(reseal);
  assert.equal((await resealing).header.encryptionContext.tenant, 'b');

  const all = { from: encryptor, batchSize: 1 };
  const batches = encryptor.resealAll([sealed, sealed], all);
  ruin(all);
  let done = 0;
  for await (const batch of batches) done = batch.done;
  assert.equal(done, 2);

  const documents = { numbers: 'NumberValue' };
  const sealing = encryptor.encryptDocument({ id: 'a' }, documents);
  ruin(documents);
  assert.equal((await sealing).header.algorithmSuite, '6700');

  const given = { ...signature, message: message.slice(), signature: signature.signature.slice() };
  const verifying = fieldseal.verifySignature(given);
  ruin(given);
  assert.equal(await verifying, true);
});

test('an inherited plaintextOverride or hazmat option takes no effect', async () => {
  const override = 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ';
  await polluted({ plaintextOverride: override, hazmatAllowPkcs1Decryption: true }, async () => {
    const strict = new ItemEncryptor(encryptorOptions());
    await seals(strict);
    trap();
    await seals(strict);
    const pkcs1 = fieldseal.rawRsaKeyring({
      keyNamespace: 'ns',
      keyName: 'key',
      paddingScheme: 'PKCS1',
      publicKey: rsa.publicKey,
      privateKey: bytes(rsa.privateKey),
    });
    const { ciphertext } = await client.encrypt(message, { keyring: pkcs1 });
    await assert.rejects(client.decrypt(ciphertext, { keyring: pkcs1 }), (error) => {
      assert.match(JSON.stringify(error), /hazmatAllowPkcs1Decryption/);
      return true;
    });
  });
});

test('a request to KMS has what its caller gave it, and nothing inherited', async () => {
  const { arn } = await devKms.createKey();
  const requests = [];
  const spy = new KmsClient({
    endpoint: devKms.url,
    fetch: (url, init) => {
      requests.push(JSON.parse(new TextDecoder().decode(init.body)));
      return fetch(url, init);
    },
  });
  const inherited = { grantTokens: ['evil'], encryptionContext: { evil: 'yes' }, evil: 1 };
  await polluted(inherited, () => spy.generateDataKey({ keyId: arn, keySpec: 'AES_256' }));
  assert.deepEqual(requests, [{ KeyId: arn, KeySpec: 'AES_256' }]);
});

describe('hints', () => {
  const hint = (options, near) =>
    assert.throws(() => new ItemEncryptor({ ...encryptorOptions(), ...options }), {
      code: 'INVALID_ARGUMENT',
      message: near,
    });
  test('a part of a name', () => {
    const { attributeActions: actions, ...others } = encryptorOptions();
    assert.throws(() => new ItemEncryptor({ ...others, actions }), {
      code: 'INVALID_ARGUMENT',
      message:
        /'actions' is not known; did you mean 'attributeActions'\?.*Known are logicalTableName,/,
    });
    hint({ tableName: 't' }, /did you mean 'logicalTableName'/);
    hint({ cmmObject: 1 }, /did you mean 'cmm'/);
  });
  test('one letter too many, too few, another one, or two that changed places', () => {
    for (const name of ['keyrings', 'keyrng', 'kayring', 'kyering', 'KeyRing', 'eyring']) {
      hint({ [name]: 1 }, new RegExp(`'${name}' is not known; did you mean 'keyring'`));
    }
  });
  test('none for what is like no option', () => {
    for (const name of ['zzz', 'xy', 'somethingElse', '__proto__', 'toString']) {
      const options = JSON.parse(`{${JSON.stringify(name)}: 1}`);
      const descriptor = { value: 1, enumerable: true };
      const given = Object.defineProperty(encryptorOptions(), name, descriptor);
      assert.ok(Object.hasOwn(options, name));
      assert.throws(() => new ItemEncryptor(given), {
        message: new RegExp(`'${name}' is not known\\. Known are `),
      });
    }
  });
});

describe('values that an option cannot have are refused with those that it can', () => {
  const rsaOptions = MAKERS.rawRsaKeyring.valid();
  const cases = [
    ['ItemEncryptor', { plaintextOverride: 'ALLOW' }, 'INVALID_CONFIG', /'ALLOW'/, /FORBID_PL/],
    ['ItemEncryptor', { algorithmSuite: '6702' }, 'SUITE_NOT_ALLOWED', /'6702'/, /'6700', '6701'/],
    ['ItemEncryptor', { algorithmSuite: 6700 }, 'SUITE_NOT_ALLOWED', /a number/, /'6700', '6701'/],
    [
      'ItemEncryptor',
      { attributeActions: { id: 'ENCRYPT' } },
      'INVALID_CONFIG',
      /'ENCRYPT'/,
      /'id'/,
    ],
    ['ItemEncryptor', { attributeActions: { id: 1 } }, 'INVALID_CONFIG', /a number/, /SIGN_ONLY/],
    [
      'ItemEncryptor',
      { attributeActions: 'x' },
      'INVALID_ARGUMENT',
      /a string/,
      /must be an object/,
    ],
    ['ItemEncryptor', { attributeActions: new Map() }, 'INVALID_ARGUMENT', /Map/, /an object/],
    ['ItemEncryptor', { allowedUnsignedAttributes: 'x' }, 'INVALID_ARGUMENT', /a string/, /array/],
    ['EncryptionClient', { commitmentPolicy: 'NONE' }, 'INVALID_CONFIG', /'NONE'/, /FORBID_ENC/],
    ['rawRsaKeyring', { paddingScheme: 'NONE' }, 'INVALID_CONFIG', /'NONE'/, /PKCS1/],
    ['rawRsaKeyring', { paddingScheme: rsaOptions.privateKey }, 'INVALID_ARGUMENT', /string/, /./],
    [
      'rawRsaKeyring',
      { paddingScheme: rsa.publicKey },
      'INVALID_CONFIG',
      /not another string/,
      /PKCS1/,
    ],
    ['awsKmsRsaKeyring', { encryptionAlgorithm: 'RSA' }, 'INVALID_CONFIG', /'RSA'/, /RSAES_/],
    [
      'rawEcdhKeyring',
      { curveSpec: 'P224' },
      'INVALID_ARGUMENT',
      /'P224'/,
      /'P256', 'P384', 'P521'/,
    ],
    ['rawEcdhKeyring', { keyAgreementScheme: {} }, 'INVALID_ARGUMENT', /undefined/, /ephemeral/],
    ['awsKmsEcdhKeyring', { keyAgreementScheme: 1 }, 'INVALID_ARGUMENT', /a number/, /an object/],
    ['awsKmsKeyring', { keyIds: ARN }, 'INVALID_ARGUMENT', /keyIds/, /array of strings/],
    ['awsKmsKeyring', { grantTokens: [1] }, 'INVALID_ARGUMENT', /grantTokens\[0\]/, /a string/],
    ['awsKmsDiscoveryKeyring', { discoveryFilter: null }, 'INVALID_ARGUMENT', /null/, /Filter/],
    ['multiKeyring', { children: keyring }, 'INVALID_ARGUMENT', /children/, /array of keyrings/],
    ['requiredEncryptionContextCmm', { requiredKeys: 'k' }, 'INVALID_ARGUMENT', /requiredK/, /arr/],
    ['keyStore', { kmsConfiguration: { type: 'any' } }, 'INVALID_CONFIG', /'any'/, /mrkDiscovery/],
    ['fromAttributeMap', { numbers: 'bigint' }, 'INVALID_ARGUMENT', /'bigint'/, /NumberValue/],
  ];
  for (const [name, change, code, ...patterns] of cases) {
    test(`${name}: ${Object.keys(change)[0]}, ${patterns[0]}`, () => {
      const run = () => MAKERS[name].make({ ...MAKERS[name].valid(), ...change });
      assert.throws(run, (error) => {
        assert.equal(error.code, code, String(error));
        for (const pattern of patterns) assert.match(error.message, pattern);
        return true;
      });
    });
  }
  test('an option of another type of scheme', () => {
    const { keyAgreementScheme, ...others } = MAKERS.rawEcdhKeyring.valid();
    const scheme = { ...keyAgreementScheme, type: 'ephemeral' };
    assert.throws(() => fieldseal.rawEcdhKeyring({ ...others, keyAgreementScheme: scheme }), {
      message: /keyAgreementScheme: 'senderPrivateKey' is not known/,
    });
  });
  test('openTelemetryEvents: another service', () => {
    const tracer = { startSpan() {} };
    assert.throws(() => fieldseal.openTelemetryEvents(tracer, 'S3'), { code: 'INVALID_ARGUMENT' });
  });
  test('options that contain themselves', () => {
    const children = [keyring];
    children.push(children);
    assert.throws(() => fieldseal.multiKeyring({ children }), {
      code: 'INVALID_ARGUMENT',
      message: /children contains itself/,
    });
  });
  test('a key whose buffer was transferred', () => {
    const gone = wrappingKey();
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const run = () =>
      MAKERS.rawAesKeyring.make({ ...MAKERS.rawAesKeyring.valid(), wrappingKey: gone });
    assert.throws(run, { code: 'INVALID_ARGUMENT', message: /wrappingKey/ });
  });
});

describe('properties that would be dropped', () => {
  const tenant = (descriptor) => Object.defineProperty({ a: 'b' }, 'tenant', descriptor);
  const CONTEXTS = {
    inherited: Object.create({ tenant: 'a' }),
    'inherited from an object without a prototype': Object.create(
      Object.assign(Object.create(null), { tenant: 'a' }),
    ),
    'named by a symbol': { [Symbol('tenant')]: 'a' },
    'not enumerable': tenant({ value: 'a', enumerable: false }),
  };
  const TAKERS = {
    encrypt: (encryptionContext) => client.encrypt(message, { keyring, encryptionContext }),
    decrypt: (encryptionContext) => client.decrypt(ciphertext, { keyring, encryptionContext }),
    'a request to KMS': (encryptionContext) =>
      kms.encrypt({ keyId: ARN, plaintext: message, encryptionContext }),
    createKey: (encryptionContext) => store().createKey({ branchKeyId: 'b', encryptionContext }),
    staticKeyStore: async (encryptionContext) =>
      fieldseal.staticKeyStore([{ ...branchKeys()[0], encryptionContext }]),
    attributeActions: async (attributeActions) =>
      new ItemEncryptor({ ...encryptorOptions(), attributeActions }),
    headers: async (headers) => new KmsClient({ endpoint, headers }),
  };
  for (const [taker, take] of Object.entries(TAKERS)) {
    for (const [how, context] of Object.entries(CONTEXTS)) {
      test(`${taker}: ${how}`, () => assert.rejects(take(context), { code: 'INVALID_ARGUMENT' }));
    }
  }
});

test('a branch key supplier that returns half a character is refused', async () => {
  const keyring = fieldseal.awsKmsHierarchicalKeyring({
    keyStore: branches,
    branchKeyIdSupplier: () => 'tenant-\ud800',
    ttlSeconds: 60,
  });
  await assert.rejects(client.encrypt(message, { keyring }), /lone surrogate/);
});

test('inspect reads an item of its own', () => {
  for (const wrong of [null, undefined, 'item', [], Object.create(sealed)]) {
    assert.throws(() => fieldseal.inspect(wrong), { code: 'INVALID_ARGUMENT' });
  }
  assert.equal(fieldseal.inspect(sealed).algorithmSuite, '6700');
});

test('what an array gives a function besides its element is not an option', () => {
  const options = [{ generator: aes() }, { children: [aes(), aes()] }];
  assert.equal(options.map(items.multiKeyring).length, 2);
});
