/** Keyrings made from their configuration, in the thread that uses them. */

import { DynamoDbClient } from '../aws/dynamodb-client.js';
import type { BranchKeyStore } from '../branch-keys/branch-key-store.js';
import { keyStore } from '../branch-keys/key-store.js';
import { staticKeyStore } from '../branch-keys/static-key-store.js';
import { wrong } from '../errors.js';
import {
  awsKmsDiscoveryKeyring,
  awsKmsMrkDiscoveryKeyring,
} from '../keyrings/aws-kms-discovery.js';
import { awsKmsEcdhKeyring } from '../keyrings/aws-kms-ecdh.js';
import { awsKmsHierarchicalKeyring } from '../keyrings/aws-kms-hierarchical.js';
import { awsKmsRsaKeyring } from '../keyrings/aws-kms-rsa.js';
import { awsKmsKeyring, awsKmsMrkKeyring } from '../keyrings/aws-kms.js';
import type { Keyring } from '../keyrings/keyring.js';
import type { KmsClientSource } from '../keyrings/kms-clients.js';
import { multiKeyring } from '../keyrings/multi.js';
import { rawAesKeyring } from '../keyrings/raw-aes.js';
import { rawEcdhKeyring } from '../keyrings/raw-ecdh.js';
import { rawRsaKeyring } from '../keyrings/raw-rsa.js';
import { KmsClient, type KmsClientOptions } from '../kms/client.js';
import { mustBeOneOf } from '../util/options.js';
import { isPlainObject } from '../util/plain-object.js';
import { mustBeArray } from '../util/strings.js';
import type { KeyringConfiguration, KeyStoreConfiguration } from './configuration.js';

type Of<Type extends KeyringConfiguration['type']> = Omit<
  Extract<KeyringConfiguration, { readonly type: Type }>,
  'type'
>;
type Makers = {
  readonly [Type in KeyringConfiguration['type']]: (options: Of<Type>, name: string) => Keyring;
};

const MAKERS: Makers = {
  rawAes: (options) => rawAesKeyring(options),
  rawRsa: (options) => rawRsaKeyring(options),
  rawEcdh: (options) => rawEcdhKeyring(options),
  awsKms: ({ kms, ...options }) => awsKmsKeyring({ ...options, kms: clientsOf(kms) }),
  awsKmsMrk: ({ kms, ...options }) => awsKmsMrkKeyring({ ...options, kms: clientsOf(kms) }),
  awsKmsDiscovery: ({ kms, ...options }) =>
    awsKmsDiscoveryKeyring({ ...options, kms: clientsOf(kms) }),
  awsKmsMrkDiscovery: ({ kms, ...options }) =>
    awsKmsMrkDiscoveryKeyring({ ...options, kms: clientsOf(kms) }),
  awsKmsRsa: ({ kms, ...options }) =>
    awsKmsRsaKeyring({ ...options, kms: kms === undefined ? undefined : client(kms) }),
  awsKmsEcdh: ({ kms, ...options }) => awsKmsEcdhKeyring({ ...options, kms: client(kms) }),
  awsKmsHierarchical: ({ keyStore, ...options }, name) =>
    awsKmsHierarchicalKeyring({ ...options, keyStore: storeOf(`${name}.keyStore`, keyStore) }),
  multi: ({ generator, children = [], ...options }, name) => {
    mustBeArray(`${name}.children`, children, 'keyrings');
    return multiKeyring({
      ...options,
      generator: generator === undefined ? undefined : keyringOf(`${name}.generator`, generator),
      children: children.map((child, i) => keyringOf(`${name}.children[${i}]`, child)),
    });
  },
};

/**
 * The keyring that a configuration describes; `name` is where it stands in the options.
 *
 * @throws UsageError and MalformedInputError, as the function that makes such a keyring does
 */
export function keyringOf(name: string, given: unknown): Keyring {
  if (!isPlainObject(given)) throw wrong(name, 'the configuration of a keyring', given);
  const { type, ...options } = given as unknown as KeyringConfiguration;
  mustBeOneOf(`${name}.type`, type, Object.keys(MAKERS));
  const make = MAKERS[type] as (options: object, name: string) => Keyring;
  return make(options, name);
}

const client = (options: KmsClientOptions): KmsClient => new KmsClient(options);

/** One client, or one for each Region where the options name none. */
function clientsOf(options: KmsClientOptions): KmsClientSource {
  const given: unknown = options;
  // What is not one is refused where the client is made.
  if (!isPlainObject(given)) return client(options);
  if (options.endpoint !== undefined || options.region !== undefined) return client(options);
  return (region) => client({ ...options, region });
}

function storeOf(name: string, given: unknown): BranchKeyStore {
  if (!isPlainObject(given)) throw wrong(name, 'the configuration of a key store', given);
  const configuration = given as unknown as KeyStoreConfiguration;
  mustBeOneOf(`${name}.type`, configuration.type, ['dynamodb', 'static']);
  if (configuration.type === 'static') {
    const { type: _, keys, ...options } = configuration;
    return staticKeyStore(keys, options);
  }
  const { type: _, dynamodb, kms, ...options } = configuration;
  return keyStore({
    ...options,
    dynamodb: new DynamoDbClient(dynamodb),
    kms: client(kms),
  });
}
