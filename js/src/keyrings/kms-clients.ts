/** The KMS clients of a keyring: one, or one for each Region. */

import { CoreObject } from '../core/core.js';
import { usage, wrong } from '../errors.js';
import type { KmsClient } from '../kms/data-client.js';

/**
 * One client, or a function that makes a client for a Region: the function is called once for each Region that the
 * keyring needs, when the keyring is made. {@link AwsKmsKeyringOptions} shows both.
 */
export type KmsClientSource = KmsClient | ((region: string) => KmsClient);

/** The core's object behind a KMS client; refuses anything else that was given in its place. */
export function clientObject(name: string, kms: KmsClient | undefined): CoreObject {
  if (kms?._object instanceof CoreObject) return kms._object;
  throw wrong(name, 'a KmsClient', kms);
}

/** Finds the client for a Region; the Region is asked for only where the source is a function. */
export function clients(kms: KmsClientSource): (region: () => string) => CoreObject {
  if (typeof kms !== 'function') {
    const only = clientObject('kms', kms);
    return () => only;
  }
  const known = new Map<string, CoreObject>();
  return (region) => {
    const name = region();
    if (name === '') throw usage('INVALID_CONFIG', 'region must not be empty');
    const client = known.get(name) ?? clientObject(`what kms('${name}') returned`, kms(name));
    known.set(name, client);
    return client;
  };
}
