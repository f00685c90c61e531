// Searched tables in the terms of the vectors and the oracle (`config.search`), as the package takes them.

import { tableOf } from './vectors.mjs';

const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** The branch keys of a keyring's description: its own, and those of other tenants. */
const branchKeys = (spec) =>
  [spec, ...(spec.tenants ?? [])].map((key) => ({
    branchKeyId: key.branch_key_id,
    version: key.version,
    branchKey: unhex(key.branch_key),
    beaconKey: unhex(key.beacon_key),
  }));

/** `{ name: options }` as `{ type: name, ...options }`. */
function typed(variant) {
  const [[type, options]] = Object.entries(variant);
  return { type, ...options };
}

const signedPart = ({ name, prefix, loc }) => ({ name, prefix, location: loc });

/** What an item encryptor takes, from the configuration of a searched table. */
export function searchedTableOf(fieldseal, config) {
  const { awsKmsHierarchicalKeyring, staticKeyStore } = fieldseal;
  const { keyring: key, search } = config;
  const keyStore = staticKeyStore(branchKeys(key));
  const whose = key.tenants
    ? { branchKeyIdSupplier: fieldseal.branchKeyIdFromItem(tenantOf) }
    : { branchKeyId: key.branch_key_id };
  const keyring = awsKmsHierarchicalKeyring({ keyStore, ...whose, ttlSeconds: 600 });
  const { partition_attribute: attribute } = search;
  const source =
    search.key_field_name === undefined
      ? { type: 'single', branchKeyId: search.key_store.branch_key_id }
      : { type: 'multi', keyFieldName: search.key_field_name };
  return {
    ...tableOf(config, keyring),
    search: {
      keyStore,
      keySource: { ...source, cacheTtlSeconds: 600 },
      standardBeacons: search.standard_beacons.map((beacon) => ({
        name: beacon.name,
        length: beacon.length,
        location: beacon.loc,
        style: beacon.style && typed(beacon.style),
        numberOfPartitions: beacon.number_of_partitions,
      })),
      compoundBeacons: search.compound_beacons?.map((beacon) => ({
        name: beacon.name,
        split: beacon.split,
        encryptedParts: beacon.encrypted,
        signedParts: beacon.signed?.map(signedPart),
        constructors: beacon.constructors?.map((parts) => ({ parts })),
      })),
      virtualFields: search.virtual_fields?.map((field) => ({
        name: field.name,
        parts: field.parts.map(({ loc, trans }) => ({
          location: loc,
          transforms: trans?.map(typed),
        })),
      })),
      encryptedParts: search.encrypted_parts,
      signedParts: search.signed_parts?.map(signedPart),
      maximumNumberOfPartitions: search.maximum_number_of_partitions,
      defaultNumberOfPartitions: search.default_number_of_partitions,
      partitionSelector: attribute && ((item) => Number(item[attribute]?.N ?? 0)),
    },
  };
}

/** The branch key of an item: what stands before `#` in its partition key. */
const tenantOf = ({ partitionKey }) => partitionKey.S.split('#')[0];
