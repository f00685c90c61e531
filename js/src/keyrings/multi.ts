/** The multi-keyring: several keyrings as one. */

import type { MultiConfig } from '../generated/config.js';
import { COPY, mustBeOneOf, readOptions } from '../util/options.js';
import { mustBeArray } from '../util/strings.js';
import { keyringObject, makeKeyring, type Keyring } from './keyring.js';

/**
 * Options of {@link multiKeyring}: a generator, children or both.
 *
 * @example
 * ```ts
 * import { multiKeyring, rawAesKeyring, type MultiKeyringOptions } from 'fieldseal'
 *
 * const aes = (keyName: string) =>
 *   rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName,
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   })
 *
 * // After a rotation: seals under the new key, opens what either sealed.
 * const options: MultiKeyringOptions = { generator: aes('key-2'), children: [aes('key-1')] }
 * // Seals under one key while the other's service is down.
 * const available: MultiKeyringOptions = { ...options, onUnavailableChild: 'skip' }
 * // Opens, and cannot seal: there is no generator.
 * const readOnly: MultiKeyringOptions = { children: [aes('key-2'), aes('key-1')] }
 * console.log([options, available, readOnly].map((each) => typeof multiKeyring(each))) // → [ 'object', 'object', 'object' ]
 * ```
 */
export interface MultiKeyringOptions {
  /** Makes the data keys; without one the keyring can only decrypt. */
  readonly generator?: Keyring | undefined;
  /** Wrap each data key too. */
  readonly children?: readonly Keyring[] | undefined;
  /**
   * What happens to sealing when a child's service cannot be reached, takes too long, throttles or fails, after the
   * client's repetitions. `fail`, the default, is what the specification says. `skip` seals without that child, so that a
   * Region that is down does not stop the others: `header.encryptedDataKeys` of the result says which wrapped. A child
   * that refuses (access denied, a disabled key) always fails, and so does the generator. Not in `fieldseal/items`.
   */
  readonly onUnavailableChild?: 'fail' | 'skip' | undefined;
}

/**
 * Several keyrings as one: seals with all of them, opens with the first that can (`framework/multi-keyring.md`).
 *
 * @throws UsageError `INVALID_CONFIG` without generator and children; `INVALID_ARGUMENT` for what is not a keyring
 *
 * @example
 * ```ts
 * import { EncryptionClient, multiKeyring, rawAesKeyring } from 'fieldseal'
 *
 * const aes = (keyName: string) =>
 *   rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName,
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   })
 * const [everyday, vault] = [aes('everyday'), aes('vault')]
 * const client = new EncryptionClient()
 *
 * const keyring = multiKeyring({ generator: everyday, children: [vault] })
 * const { ciphertext, header } = await client.encrypt(new TextEncoder().encode('both'), { keyring })
 * console.log(header.encryptedDataKeys.map(({ keyName }) => keyName)) // → [ 'everyday', 'vault' ]
 *
 * // Either key opens it alone.
 * const { plaintext } = await client.decrypt(ciphertext, { keyring: vault })
 * console.log(new TextDecoder().decode(plaintext)) // → both
 * ```
 */
export function multiKeyring(options: MultiKeyringOptions): Keyring {
  return keyringOfSeveral(options, []);
}

/** The same; `mrkKeyIds` are key ids among which no multi-Region key may occur twice. */
export function keyringOfSeveral(
  options: MultiKeyringOptions,
  mrkKeyIds: readonly string[],
): Keyring {
  const given = readOptions(options, { generator: COPY, children: COPY, onUnavailableChild: COPY });
  const generator =
    given.generator === undefined ? undefined : keyringObject('generator', given.generator);
  const { children: others = [], onUnavailableChild: then = 'fail' } = given;
  mustBeOneOf('onUnavailableChild', then, ['fail', 'skip'], 'INVALID_ARGUMENT');
  mustBeArray('children', others, 'keyrings');
  const children = others.map((child, i) => keyringObject(`children[${i}]`, child));
  return makeKeyring((owner): MultiConfig => ({
    type: 'multi',
    generator: generator?.handle(owner),
    children: children.map((child) => child.handle(owner)),
    mrkKeyIds,
    skipsUnavailable: then === 'skip',
  }));
}
