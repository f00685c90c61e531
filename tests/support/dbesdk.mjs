// The item format once more, in a few lines over node:crypto and independent of the core: enough
// to find the keys of a sealed item, and to seal items that no honest writer makes. Raw AES, RSA
// and ECDH keys only.

import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  hkdfSync,
  privateDecrypt,
  constants,
  randomBytes,
} from 'node:crypto';

const NO_SALT = Buffer.alloc(0);
const ZERO_IV = Buffer.alloc(12);

const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u64 = (n) => Buffer.from(n.toString(16).padStart(16, '0'), 'hex');
const hkdf = (key, info) => Buffer.from(hkdfSync('sha512', key, NO_SALT, info, 32));
const labelled = (label, messageId) => Buffer.concat([Buffer.from(label), messageId]);

function gcmSeal(key, iv, aad, plaintext) {
  const cipher = createCipheriv(`aes-${key.length * 8}-gcm`, key, iv).setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function gcmOpen(key, iv, aad, sealed) {
  const decipher = createDecipheriv(`aes-${key.length * 8}-gcm`, key, iv).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

/** A header's parts; writing them gives the same bytes. */
export function parseHeader(bytes) {
  const rest = Buffer.from(bytes);
  let at = 0;
  const take = (n) => rest.subarray(at, (at += n));
  const sized = () => take(take(2).readUInt16BE());
  const [version, flavor] = take(2);
  const messageId = take(32);
  const legend = sized();
  const context = [];
  for (let n = take(2).readUInt16BE(); n > 0; n--) context.push([sized(), sized()]);
  const dataKeys = [];
  for (let [n] = take(1); n > 0; n--) {
    dataKeys.push({ providerId: sized(), providerInfo: sized(), ciphertext: sized() });
  }
  return { version, flavor, messageId, legend, context, dataKeys, commitment: take(32) };
}

const sized = (bytes) => [u16(bytes.length), bytes];

/** The bytes of a header's parts. */
export function writeHeader(header, commitment = header.commitment) {
  return Buffer.concat([
    Buffer.from([header.version, header.flavor]),
    header.messageId,
    ...sized(header.legend),
    u16(header.context.length),
    ...header.context.flat().flatMap(sized),
    Buffer.from([header.dataKeys.length]),
    ...header.dataKeys.flatMap((key) =>
      [key.providerId, key.providerInfo, key.ciphertext].flatMap(sized),
    ),
    commitment,
  ]);
}

/** An encryption context as additional authenticated data. */
export function contextBytes(context) {
  const pairs = Object.entries(context).map((pair) => pair.map((text) => Buffer.from(text)));
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  return Buffer.concat([u16(pairs.length), ...pairs.flat().flatMap(sized)]);
}

/** A keyring's unwrapping of the intermediate key: `wrapped` is its part of the ciphertext. */
export function rawAesUnwrap(wrappingKey) {
  return (dataKey, wrapped, aad) =>
    gcmOpen(wrappingKey, dataKey.providerInfo.subarray(-12), aad, wrapped);
}

/** The same with an RSA private key. */
export function rawRsaUnwrap(key, oaepHash) {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return (_, wrapped) => privateDecrypt({ key, padding, oaepHash }, wrapped);
}

/** The same with the private half of a KMS RSA key, which wraps a digest of the context as well. */
export function kmsRsaUnwrap(key) {
  const unwrap = rawRsaUnwrap(key, 'sha256');
  return (dataKey, wrapped) => unwrap(dataKey, wrapped).subarray(48);
}

/** The same with a branch key (32 bytes). */
export function branchKeyUnwrap(branchKey) {
  return (dataKey, wrapped, aad) => {
    const [salt, iv, version] = [
      [0, 16],
      [16, 28],
      [28, 44],
    ].map((at) => wrapped.subarray(...at));
    const context = [dataKey.providerId, dataKey.providerInfo, version, aad];
    const key = branchWrappingKey(branchKey, dataKey.providerId, salt);
    return gcmOpen(key, iv, Buffer.concat(context), wrapped.subarray(44));
  };
}

/** The key that a hierarchical keyring wraps one key with. */
export function branchWrappingKey(branchKey, providerId, salt) {
  const input = [Buffer.of(0, 0, 0, 1), providerId, Buffer.of(0), salt, Buffer.of(0, 0, 1, 0)];
  return createHmac('sha256', branchKey).update(Buffer.concat(input)).digest();
}

const CURVES = {
  33: { openssl: 'prime256v1', name: 'p256' },
  49: { openssl: 'secp384r1', name: 'p384' },
  67: { openssl: 'secp521r1', name: 'p521' },
};

/** What an ECDH keyring derives for the recipient with this private key (PEM). */
export function ecdhKeys(privateKey, providerInfo, salt, aad) {
  const size = providerInfo.readUInt32BE(1);
  const recipient = providerInfo.subarray(5, 5 + size);
  const sender = providerInfo.subarray(-size);
  const { openssl, name } = CURVES[size];
  const own = createECDH(openssl);
  own.setPrivateKey(createPrivateKey(privateKey).export({ format: 'jwk' }).d, 'base64url');
  if (!own.getPublicKey(undefined, 'compressed').equals(recipient)) throw new Error('not for us');
  const secret = own.computeSecret(sender);
  const texts = ['ecdh-key-derivation', name, 'HMAC_SHA384'].map((text) => `${text}\0`);
  const fixedInfo = Buffer.concat([
    ...texts.map((text) => Buffer.from(text)),
    sender,
    recipient,
    Buffer.from([0, 1, 0]),
    aad,
  ]);
  const block = (n) =>
    createHmac('sha384', secret)
      .update(Buffer.from([0, 0, 0, n]))
      .update(fixedInfo)
      .update(Buffer.from([0]))
      .update(salt)
      .update(Buffer.from([0, 0, 2, 0]))
      .digest();
  const derived = Buffer.concat([block(1), block(2)]);
  return {
    secret,
    fixedInfo,
    commitment: derived.subarray(0, 32),
    wrapping: derived.subarray(32, 64),
  };
}

/** The same with the recipient's private key for ECDH. */
export function ecdhUnwrap(privateKey) {
  return (dataKey, wrapped, aad) => {
    const [salt, commitment] = [wrapped.subarray(0, 32), wrapped.subarray(32, 64)];
    const keys = ecdhKeys(privateKey, dataKey.providerInfo, salt, aad);
    if (!keys.commitment.equals(commitment)) throw new Error('another commitment');
    return gcmOpen(keys.wrapping, ZERO_IV, keys.fixedInfo, wrapped.subarray(64));
  };
}

/**
 * Every secret of a sealed item, found from its header, its full encryption context and the
 * keyring's key.
 */
export function secretsOf(headerBytes, context, unwrap, encryptedFields) {
  const header = parseHeader(headerBytes);
  const aad = contextBytes(context);
  const [dataKey] = header.dataKeys;
  const intermediate = unwrap(dataKey, dataKey.ciphertext.subarray(48), aad);
  const wrapping = hkdf(intermediate, 'AWS_MPL_INTERMEDIATE_KEYWRAP_ENC');
  const plain = gcmOpen(wrapping, ZERO_IV, aad, dataKey.ciphertext.subarray(0, 48));
  const root = hkdf(plain, labelled('AWS_DBE_DERIVE_KEY', header.messageId));
  const secrets = {
    'extracted from the intermediate key': extract(intermediate),
    'extracted from the data key': extract(plain),
    'intermediate key': intermediate,
    'key-encryption key': wrapping,
    'symmetric signing key': hkdf(intermediate, 'AWS_MPL_INTERMEDIATE_KEYWRAP_MAC'),
    'data key': plain,
    'commit key': hkdf(plain, labelled('AWS_DBE_COMMIT_KEY', header.messageId)),
    'field root key': root,
  };
  for (let i = 0; i < encryptedFields; i++) secrets[`field key ${i}`] = fieldKey(root, i).key;
  return secrets;
}

/** HKDF's pseudorandom key. */
function extract(key) {
  return createHmac('sha512', Buffer.alloc(64)).update(key).digest();
}

function fieldKey(root, offset) {
  const counter = Buffer.from('AwsDbeField,\0\0\0\0');
  counter.writeUInt32BE(3 * offset, 12);
  const stream = createCipheriv('aes-256-ctr', root, counter).update(Buffer.alloc(44));
  return { key: stream.subarray(0, 32), nonce: stream.subarray(32) };
}

/**
 * Seals an item (version 1, suite 67 00) whose encrypted attributes hold any type and any bytes.
 *
 * @param {{table, namespace, name, wrappingKey, partitionKey: string, partitionValue: string}}
 * config
 * @param {Record<string, {type: Buffer, value: Buffer}>} attributes to be encrypted; ASCII names
 * @returns the item: names to `{B: Buffer}` or `{S}`
 */
export function sealAnything(config, attributes) {
  const pk = Buffer.from(config.partitionValue);
  const context = {
    'aws-crypto-table-name': config.table,
    'aws-crypto-partition-name': config.partitionKey,
    [`aws-crypto-attr.${config.partitionKey}`]: Buffer.concat([u16(1), pk]).toString('base64'),
  };
  const aad = contextBytes(context);
  const [plain, intermediate, iv] = [randomBytes(32), randomBytes(32), randomBytes(12)];
  const wrapping = hkdf(intermediate, 'AWS_MPL_INTERMEDIATE_KEYWRAP_ENC');
  const ciphertext = Buffer.concat([
    gcmSeal(wrapping, ZERO_IV, aad, plain),
    gcmSeal(config.wrappingKey, iv, aad, intermediate),
  ]);
  const lengths = Buffer.from('000000800000000c', 'hex');
  const providerInfo = Buffer.concat([Buffer.from(config.name), lengths, iv]);
  const fields = [
    ...Object.entries(attributes).map(([name, field]) => ({ name, ...field, encrypted: true })),
    { name: config.partitionKey, type: u16(1), value: pk, encrypted: false },
  ].map((field) => ({ ...field, path: path(config.table, field.name) }));
  fields.sort((a, b) => Buffer.compare(a.path, b.path));
  const header = {
    version: 1,
    flavor: 0,
    messageId: randomBytes(32),
    legend: Buffer.from(fields.map(({ encrypted }) => (encrypted ? 'e' : 's')).join('')),
    context: [],
    dataKeys: [{ providerId: Buffer.from(config.namespace), providerInfo, ciphertext }],
  };
  const commitKey = hkdf(plain, labelled('AWS_DBE_COMMIT_KEY', header.messageId));
  const partial = writeHeader(header, NO_SALT);
  const commitment = createHmac('sha512', commitKey).update(partial).digest().subarray(0, 32);
  const head = writeHeader(header, commitment);
  const root = hkdf(plain, labelled('AWS_DBE_DERIVE_KEY', header.messageId));
  const record = createHash('sha384').update(head).update(u64(aad.length)).update(aad);
  const item = { [config.partitionKey]: { S: config.partitionValue } };
  let offset = 0;
  for (const { name, path, type, value, encrypted } of fields) {
    if (!encrypted) {
      record.update(path).update(u64(value.length)).update('PLAINTEXT').update(type).update(value);
      continue;
    }
    const { key, nonce } = fieldKey(root, offset++);
    const sealed = Buffer.concat([type, gcmSeal(key, nonce, path, value)]);
    record
      .update(path)
      .update(u64(sealed.length - 2))
      .update('ENCRYPTED')
      .update(sealed);
    item[name] = { B: sealed };
  }
  const signing = hkdf(intermediate, 'AWS_MPL_INTERMEDIATE_KEYWRAP_MAC');
  const foot = createHmac('sha384', signing).update(record.digest()).digest();
  return { ...item, aws_dbe_head: { B: head }, aws_dbe_foot: { B: foot } };
}

function path(table, name) {
  return Buffer.concat([
    Buffer.from(table),
    u64(1),
    Buffer.from('$'),
    u64(name.length),
    Buffer.from(name),
  ]);
}
