/** What sealed data says of itself, without any key. */

import type { AttributeMap, AttributeValue } from './attribute-value.js';
import { core } from './core.js';
import { usage } from './errors.js';

export interface EncryptedDataKey {
  /** Which kind of keyring wrapped it: `aws-kms`, `aws-kms-rsa`, or a key namespace. */
  readonly keyProviderId: string;
  /** Which key wrapped it: an ARN for KMS keyrings; not always text. */
  readonly keyProviderInfo: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** What a sealed item's header stores. */
export interface StoredHeader {
  /** Version of the item format: 2 when attributes are part of the encryption context. */
  readonly version: 1 | 2;
  readonly algorithmSuite: '6700' | '6701';
  readonly encryptedDataKeys: readonly EncryptedDataKey[];
  /** The part of the encryption context that the item stores. */
  readonly storedEncryptionContext: Readonly<Record<string, string>>;
}

/**
 * The header of a sealed item, for logs and support. Nothing is verified: whoever can write the item can
 * write this.
 */
export function inspect(item: AttributeMap): StoredHeader {
  return inspectHeader(item['aws_dbe_head']);
}

/** @internal */
export function inspectHeader(header: AttributeValue | undefined): StoredHeader {
  const bytes = header?.B;
  if (!(bytes instanceof Uint8Array)) {
    throw usage('INVALID_ARGUMENT', 'the item has no binary attribute aws_dbe_head');
  }
  const { storedEncryptionContext, ...rest } = core().run(
    (glue) => glue.inspect_header(bytes),
    () => undefined as never,
  ) as unknown as Omit<StoredHeader, 'storedEncryptionContext'> & {
    storedEncryptionContext: [string, string][];
  };
  return { ...rest, storedEncryptionContext: Object.fromEntries(storedEncryptionContext) };
}
