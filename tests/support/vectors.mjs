// One corpus, one reader: the vector files, run through the package's public API. The same code runs in Node and
// in a browser; `package` is the module under test.

/** The keyring of a vector's description, or undefined when it is of a kind that does not exist yet. */
export function keyringOf(fieldseal, spec) {
  const { rawAesKeyring, rawRsaKeyring, multiKeyring } = fieldseal;
  const names = { keyNamespace: spec.namespace, keyName: spec.name };
  switch (spec.type) {
    case 'raw-aes':
      return rawAesKeyring({ ...names, wrappingKey: unhex(spec.key) });
    case 'raw-rsa':
      return rawRsaKeyring({
        ...names,
        paddingScheme: spec.padding,
        publicKey: spec.public_pem ?? undefined,
        privateKey: spec.private_pem ?? undefined,
      });
    case 'multi': {
      const generator = spec.generator && keyringOf(fieldseal, spec.generator);
      const children = (spec.children ?? []).map((child) => keyringOf(fieldseal, child));
      if ((spec.generator && !generator) || children.includes(undefined)) return undefined;
      return multiKeyring({ generator: generator ?? undefined, children });
    }
    case 'raw-ecdh': {
      const type = spec.scheme;
      const schemes = {
        static: { senderPrivateKey: spec.private_pem, recipientPublicKey: spec.public_pem },
        ephemeral: { recipientPublicKey: spec.public_pem },
        discovery: { recipientPrivateKey: spec.private_pem },
      };
      const keyAgreementScheme = { type, ...schemes[type] };
      return fieldseal.rawEcdhKeyring({ curveSpec: spec.curve, keyAgreementScheme });
    }
    case 'hierarchical':
      return hierarchicalKeyringOf(fieldseal, spec);
    case 'raw-ecdh':
      return undefined;
    default:
      throw new Error(`keyring ${spec.type}`);
  }
}

/** A hierarchical keyring of a vector's description, over a static key store. */
export function hierarchicalKeyringOf({ awsKmsHierarchicalKeyring, staticKeyStore }, spec) {
  const key = {
    branchKeyId: spec.branch_key_id,
    version: spec.version,
    branchKey: unhex(spec.branch_key),
    beaconKey: spec.beacon_key ? unhex(spec.beacon_key) : undefined,
    encryptionContext: spec.encryption_context ?? undefined,
  };
  const { branchKeyId } = key;
  return awsKmsHierarchicalKeyring({
    keyStore: staticKeyStore([key]),
    branchKeyId,
    ttlSeconds: 600,
  });
}

/** The item encryptor of a vector's configuration. */
export function encryptorOf(fieldseal, config, keyring) {
  return new fieldseal.ItemEncryptor({
    logicalTableName: config.table,
    partitionKeyName: config.partition_key,
    sortKeyName: config.sort_key,
    attributeActions: config.actions,
    allowedUnsignedAttributePrefix: config.unsigned_prefix,
    allowedUnsignedAttributes: config.unsigned_attributes,
    algorithmSuite: config.suite?.slice(2),
    plaintextOverride: config.plaintext_override,
    keyring,
  });
}

/** An item in one canonical text, whatever the order of its attributes and maps. */
export function canonical(value) {
  if (value instanceof Uint8Array) return `bytes:${hex(value)}`;
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}

/**
 * Runs every entry of a corpus file.
 *
 * @returns {Promise<{passed: number, failures: string[], leftOut: string[]}>}
 */
export async function runCorpus(fieldseal, corpus) {
  const result = { passed: 0, failures: [], leftOut: [] };
  const from = (json) => fieldseal.fromDynamoJson(JSON.stringify(json));
  const attempt = async (about, run) => {
    try {
      const left = await run();
      if (left) result.leftOut.push(`${about}: ${left}`);
      else result.passed++;
    } catch (error) {
      result.failures.push(`${about}: ${error?.stack ?? error}`);
    }
  };
  const later = (name) => `${name} is a keyring of a later release`;
  const same = (got, want) => {
    if (canonical(got) !== canonical(from(want)))
      throw new Error(`another item: ${canonical(got)}`);
  };
  const refused = async (run) => {
    let answer;
    try {
      answer = await run();
    } catch (error) {
      if (!(error instanceof fieldseal.FieldsealError) || error.code === 'INTERNAL') throw error;
      return;
    }
    throw new Error(`was accepted: ${canonical(answer.item)}`);
  };

  for (const entry of corpus.positive ?? []) {
    for (const name of entry.decrypt_keyrings) {
      await attempt(`${entry.id} opened with ${name}`, async () => {
        const keyring = keyringOf(fieldseal, corpus.keys[name]);
        if (!keyring) return later(name);
        const encryptor = encryptorOf(fieldseal, entry.config, keyring);
        const { item, header } = await encryptor.decryptItem(from(entry.encrypted));
        same(item, entry.decrypted);
        sameHeader(header, entry.decrypt_header);
      });
    }
    await attempt(`${entry.id} sealed with ${entry.encrypt_keyring}`, async () => {
      const keyring = keyringOf(fieldseal, corpus.keys[entry.encrypt_keyring]);
      if (!keyring) return later(entry.encrypt_keyring);
      const encryptor = encryptorOf(fieldseal, entry.config, keyring);
      const { item } = await encryptor.encryptItem(from(entry.plaintext));
      for (const [attribute, action] of Object.entries(entry.config.actions)) {
        if (action === 'ENCRYPT_AND_SIGN' && Object.hasOwn(item, attribute) && !item[attribute].B) {
          throw new Error(`'${attribute}' was left in plaintext`);
        }
      }
      // An ephemeral ECDH keyring opens nothing: one that does is named first.
      const opener = keyringOf(fieldseal, corpus.keys[entry.decrypt_keyrings[0]]);
      const opened = await encryptorOf(fieldseal, entry.config, opener).decryptItem(item);
      same(opened.item, entry.decrypted);
    });
  }
  for (const entry of corpus.tampered ?? []) {
    await attempt(`${entry.id} ${entry.description}`, async () => {
      const keyring = keyringOf(fieldseal, corpus.keys[entry.keyring]);
      if (!keyring) return later(entry.keyring);
      const encryptor = encryptorOf(fieldseal, entry.config, keyring);
      const open = async () => encryptor.decryptItem(from(entry.encrypted));
      if (entry.decrypted) same((await open()).item, entry.decrypted);
      else await refused(open);
    });
  }
  for (const entry of corpus.encrypt_edge_cases ?? []) {
    await attempt(`edge case: ${entry.description}`, async () => {
      if (typeof entry.config === 'string') return 'too large to be in the file';
      const keyring = keyringOf(fieldseal, corpus.keys[entry.keyring]);
      const seal = async () => {
        const encryptor = encryptorOf(fieldseal, entry.config, keyring);
        return encryptor.encryptItem(from(entry.plaintext));
      };
      if (entry.result !== 'ok') return refused(seal);
      const encryptor = encryptorOf(fieldseal, entry.config, keyring);
      same((await encryptor.decryptItem((await seal()).item)).item, entry.decrypted);
      same((await encryptor.decryptItem(from(entry.encrypted))).item, entry.decrypted);
    });
  }
  return result;
}

function sameHeader(header, want) {
  const got = {
    actions: header.attributeActions,
    stored: header.storedEncryptionContext,
    full: header.encryptionContext,
    keys: header.encryptedDataKeys.map((k) => [k.keyProviderId, hex(k.keyProviderInfo)]),
  };
  const wanted = {
    actions: want.attribute_actions_on_encrypt,
    stored: want.stored_encryption_context,
    full: want.encryption_context,
    keys: want.encrypted_data_keys.map((k) => [k.provider_id, hex(unbase64(k.provider_info))]),
  };
  // The official library lists signed attributes only in some versions, all in others: compare those it names.
  for (const name of Object.keys(got.actions))
    if (!Object.hasOwn(wanted.actions, name)) delete got.actions[name];
  if (canonical(got) !== canonical(wanted)) throw new Error(`another header: ${canonical(got)}`);
}

const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const unbase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
