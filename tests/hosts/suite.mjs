// What the package must do in every host: one program, of the language and the package only. Realms may differ: bytes are
// told by their tag, errors by the package's own classes.

export const ALL = {
  logicalTableName: 'customers',
  partitionKeyName: 'id',
  attributeActions: {
    id: 'SIGN_ONLY',
    name: 'SIGN_ONLY',
    ssn: 'ENCRYPT_AND_SIGN',
    balance: 'ENCRYPT_AND_SIGN',
    photo: 'ENCRYPT_AND_SIGN',
    notes: 'ENCRYPT_AND_SIGN',
  },
};
export const RECORD = {
  id: { S: 'c-1' },
  name: { S: 'readable' },
  ssn: { S: '756.1234.5678.97 – Überweisung 😀' },
  balance: { N: '12345678901234567890.5' },
  photo: { B: new Uint8Array([0, 1, 2, 255]) },
  notes: { M: { list: { L: [{ BOOL: true }, { NULL: true }] }, set: { SS: ['a', 'b'] } } },
};
const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1f5b3c2e-6b0f-4c11-9d58-0e4b1f3a7c21';
const WRAPPING_KEY = new Uint8Array(32).map((_, i) => (i * 37 + 11) & 255);

const isBytes = (value) => Object.prototype.toString.call(value) === '[object Uint8Array]';
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** A value as one text, whatever the order of its members. */
function canonical(value) {
  if (isBytes(value)) return `bytes:${Array.from(value)}`;
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)}}`;
}

export function check(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
}

export function same(found, wanted, what) {
  const [a, b] = isBytes(found) ? [found, wanted] : [canonical(found), canonical(wanted)];
  const equal = a.length === b.length && (a === b || a.every?.((byte, i) => byte === b[i]));
  if (!equal) throw new Error(`${what} is another: ${canonical(found).slice(0, 300)}`);
}

/** Bytes that do not repeat. */
function manyBytes(length) {
  const bytes = new Uint8Array(length);
  for (let i = 0, x = 1; i < length; i++) bytes[i] = x = (x * 75 + 74) % 65537;
  return bytes;
}

/** The bytes with one bit flipped, at a share of their length. */
function flipped(bytes, where = 0.5) {
  const copy = new Uint8Array(bytes);
  copy[Math.floor(copy.length * where)] ^= 1;
  return copy;
}

function streamOf(bytes, chunk) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, (at += chunk)));
    },
  });
}

async function collect(stream) {
  const all = [];
  const reader = stream.getReader();
  for (let part; !(part = await reader.read()).done;) all.push(part.value);
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Runs the suite on the package, whole or `fieldseal/items` (which has no messages and no ECDH).
 *
 * @param fieldseal - the module
 * @param fixtures - of fixtures.mjs; with `kms`, a development KMS that the host can reach
 * @returns {Promise<{passed: string[], failed: {name: string, error: string}[]}>}
 */
export async function runSuite(fieldseal, fixtures) {
  const result = { passed: [], failed: [] };
  const attempt = async (name, run) => {
    try {
      await run();
      result.passed.push(name);
    } catch (error) {
      const { name: kind, code, message, stack } = error ?? {};
      const where = String(stack ?? '')
        .split('\n')
        .slice(1, 5)
        .join('\n');
      result.failed.push({ name, error: `${kind} [${code}] ${message ?? error}\n${where}` });
    }
  };
  /** What is refused is refused with an error of the package, and not as its own fault. */
  const refused = async (what, run) => {
    let accepted;
    try {
      accepted = await run();
    } catch (error) {
      check(error instanceof fieldseal.FieldsealError, `${what}: a FieldsealError, not ${error}`);
      check(error.code !== 'INTERNAL' && error.code !== 'HOST_FAILED', `${what}: ${error.message}`);
      return error;
    }
    throw new Error(`${what} was accepted: ${canonical(accepted).slice(0, 100)}`);
  };

  const { ItemEncryptor, EncryptionClient, KmsClient, rawAesKeyring, rawRsaKeyring } = fieldseal;
  const aes = (key = WRAPPING_KEY) =>
    rawAesKeyring({ keyNamespace: 'shop', keyName: 'k-1', wrappingKey: key });
  const encryptor = (keyring, more) => new ItemEncryptor({ ...ALL, keyring, ...more });
  const opens = async (sealed, keyring) => {
    same((await encryptor(keyring).decryptItem(sealed)).item, RECORD, 'the item');
  };

  for (const algorithmSuite of ['6700', '6701']) {
    await attempt(`an item of suite ${algorithmSuite}`, async () => {
      const items = encryptor(aes(), { algorithmSuite });
      const { item } = await items.encryptItem(RECORD);
      check(isBytes(item.ssn.B) && isBytes(item.aws_dbe_head.B), 'sealed attributes are bytes');
      const text = fieldseal.toDynamoJson(item);
      check(!text.includes('756.1234') && text.includes('readable'), 'what is secret is sealed');
      const { item: opened, header } = await items.decryptItem(fieldseal.fromDynamoJson(text));
      same(opened, RECORD, 'the item');
      same(header.algorithmSuite, algorithmSuite, 'the suite');
      same(fieldseal.inspect(item).encryptedDataKeys.length, 1, 'the number of data keys');
      for (const name of ['ssn', 'aws_dbe_head', 'aws_dbe_foot']) {
        const changed = { ...item, [name]: { B: flipped(item[name].B) } };
        await refused(`a changed ${name}`, () => items.decryptItem(changed));
      }
      await refused('a changed name', () => items.decryptItem({ ...item, name: { S: 'x' } }));
      const other = encryptor(aes(flipped(WRAPPING_KEY)));
      const error = await refused('another key', () => other.decryptItem(item));
      same(error.code, 'NO_KEYRING_OPENED', 'the code');
    });
  }
  await attempt('a document', async () => {
    const items = encryptor(aes());
    const given = {
      id: 'c-1',
      name: 'n',
      ssn: 'secret',
      balance: 5,
      notes: { list: [true, null] },
    };
    const { document } = await items.encryptDocument(given);
    check(isBytes(document.ssn), 'what is secret is sealed');
    same((await items.decryptDocument(document)).document, given, 'the document');
  });
  for (const { id, config, key, encrypted, decrypted } of fixtures.items) {
    await attempt(`the official library's ${id}`, async () => {
      const items = new ItemEncryptor({
        logicalTableName: config.table,
        partitionKeyName: config.partition_key,
        sortKeyName: config.sort_key,
        attributeActions: config.actions,
        allowedUnsignedAttributePrefix: config.unsigned_prefix,
        allowedUnsignedAttributes: config.unsigned_attributes,
        algorithmSuite: config.suite?.slice(2),
        keyring: officialKeyring(key),
      });
      const { item } = await items.decryptItem(fieldseal.fromDynamoJson(encrypted));
      same(item, fieldseal.fromDynamoJson(decrypted), 'the item');
    });
  }
  function officialKeyring({ namespace, name, key }) {
    const wrappingKey = fromHex(key);
    return rawAesKeyring({ keyNamespace: namespace, keyName: name, wrappingKey });
  }

  const { rsa, ec } = fixtures;
  for (const bits of ['1', '256', '384', '512']) {
    await attempt(`an RSA public key, offline, OAEP with SHA-${bits}`, async () => {
      const paddingScheme = `OAEP_SHA${bits}_MGF1`;
      const names = { keyNamespace: 'clinic', keyName: '2026', paddingScheme };
      const sealer = rawRsaKeyring({ ...names, publicKey: rsa.publicKey });
      const { item } = await encryptor(sealer).encryptItem(RECORD);
      const opener = rawRsaKeyring({ ...names, privateKey: rsa.privateKey });
      await opens(item, opener);
      // By another implementation: what Node sealed.
      const given = fieldseal.fromDynamoJson(fixtures.sealedByNode[paddingScheme]);
      await opens(given, opener);
      await refused('another RSA key', () =>
        encryptor(rawRsaKeyring({ ...names, privateKey: rsa.otherPrivateKey })).decryptItem(item),
      );
    });
  }
  await attempt('an RSA public key of KMS, offline', async () => {
    const { awsKmsRsaKeyring, inspect } = fieldseal;
    const keyring = awsKmsRsaKeyring({ kmsKeyId: KEY_ARN, publicKey: rsa.publicKey });
    const { item } = await encryptor(keyring).encryptItem(RECORD);
    const [{ keyProviderId }] = inspect(item).encryptedDataKeys;
    same(keyProviderId, 'aws-kms-rsa', 'the provider');
  });
  await attempt('a short key is refused', async () => {
    const error = await refused('five bytes', async () => aes(new Uint8Array(5)));
    check(typeof error.next === 'string' && error.message.endsWith(error.next), 'advice');
  });
  if (fixtures.kms) {
    const { endpoint, region, credentials, keyId } = fixtures.kms;
    await attempt('KMS: a round trip', async () => {
      const kms = new KmsClient({ endpoint, region, credentials });
      const keyring = fieldseal.awsKmsKeyring({ kms, generatorKeyId: keyId });
      const { item } = await encryptor(keyring).encryptItem(RECORD);
      await opens(item, keyring);
    });
    await attempt('KMS: a refusal', async () => {
      const kms = new KmsClient({ endpoint, region, credentials });
      const generatorKeyId = keyId.replace(/.{12}$/, '000000000000');
      const keyring = fieldseal.awsKmsKeyring({ kms, generatorKeyId });
      const error = await refused('a key that is not there', () =>
        encryptor(keyring).encryptItem(RECORD),
      );
      same([error.code, error.status], ['KMS_KEY_NOT_FOUND', 400], 'code and status');
    });
  }
  if (!EncryptionClient) return result;

  for (const [curveSpec, { publicKey, privateKey }] of Object.entries(ec)) {
    await attempt(`ECDH on ${curveSpec}`, async () => {
      const keyring = (keyAgreementScheme) =>
        fieldseal.rawEcdhKeyring({ curveSpec, keyAgreementScheme });
      const sealer = keyring({ type: 'ephemeral', recipientPublicKey: publicKey });
      const { item } = await encryptor(sealer).encryptItem(RECORD);
      await opens(item, keyring({ type: 'discovery', recipientPrivateKey: privateKey }));
    });
  }
  const client = new EncryptionClient();
  const plaintext = manyBytes(fixtures.messageLength ?? 1 << 20);
  for (const algorithmSuite of ['0478', '0578']) {
    await attempt(`a message of suite ${algorithmSuite}`, async () => {
      const encryptionContext = { tenant: 'é 1' };
      const options = { keyring: aes(), encryptionContext, algorithmSuite };
      const { ciphertext } = await client.encrypt(plaintext, options);
      const opened = await client.decrypt(ciphertext, { keyring: aes() });
      same(opened.plaintext, plaintext, 'the plaintext');
      same(opened.header.encryptionContext.tenant, 'é 1', 'the context');
      for (const where of [0.02, 0.5, 0.9999]) {
        const changed = flipped(ciphertext, where);
        await refused('a changed message', () => client.decrypt(changed, { keyring: aes() }));
      }
    });
    await attempt(`a stream of suite ${algorithmSuite}`, async () => {
      const options = { keyring: aes(), algorithmSuite };
      const sealing = streamOf(plaintext, 65_000).pipeThrough(client.encryptStream(options));
      const ciphertext = await collect(sealing);
      const opening = (bytes) =>
        collect(streamOf(bytes, 10_007).pipeThrough(client.decryptStream({ keyring: aes() })));
      same(await opening(ciphertext), plaintext, 'the plaintext');
      same(
        (await client.decrypt(ciphertext, { keyring: aes() })).plaintext,
        plaintext,
        'as a whole',
      );
      await refused('a changed stream', () => opening(flipped(ciphertext)));
    });
  }
  // Suites with keys of 128, 192 and 256 bits, with frames that are worth the way to the host.
  for (const algorithmSuite of ['0014', '0046', '0078']) {
    await attempt(`a message of suite ${algorithmSuite}, 64 KiB`, async () => {
      const old = new EncryptionClient({ commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' });
      const bytes = manyBytes(1 << 16);
      const { ciphertext } = await old.encrypt(bytes, { keyring: aes(), algorithmSuite });
      same((await old.decrypt(ciphertext, { keyring: aes() })).plaintext, bytes, 'the plaintext');
      await refused('a changed message', () =>
        old.decrypt(flipped(ciphertext), { keyring: aes() }),
      );
    });
  }
  for (const { id, key, ciphertext, plaintext: wanted } of fixtures.messages) {
    await attempt(`the official library's ${id}`, async () => {
      const old = new EncryptionClient({ commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' });
      const opened = await old.decrypt(fromBase64(ciphertext), { keyring: officialKeyring(key) });
      same(opened.plaintext, fromBase64(wanted), 'the plaintext');
    });
  }
  return result;
}
