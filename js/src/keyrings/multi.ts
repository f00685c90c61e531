/** The multi-keyring: several keyrings as one. */

import { COPY, readOptions } from '../util/options.js';
import { mustBeArray } from '../util/strings.js';
import { keyringObject, makeKeyring, type Keyring } from './keyring.js';

export interface MultiKeyringOptions {
  /** Makes the data keys; without one the keyring can only decrypt. */
  readonly generator?: Keyring | undefined;
  /** Wrap each data key too. */
  readonly children?: readonly Keyring[] | undefined;
}

/** Several keyrings: encrypts with all, decrypts with the first that can. */
export function multiKeyring(options: MultiKeyringOptions): Keyring;
/** @internal `mrkKeyIds` are key ids among which no multi-Region key may occur twice. */
export function multiKeyring(options: MultiKeyringOptions, mrkKeyIds: readonly string[]): Keyring;
export function multiKeyring(
  options: MultiKeyringOptions,
  mrkKeyIds: readonly string[] = [],
): Keyring {
  const given = readOptions(options, { generator: COPY, children: COPY });
  const generator =
    given.generator === undefined ? undefined : keyringObject('generator', given.generator);
  const { children: others = [] } = given;
  mustBeArray('children', others, 'keyrings');
  const children = others.map((child, i) => keyringObject(`children[${i}]`, child));
  return makeKeyring((owner) => {
    const config = {
      type: 'multi',
      generator: generator?.handle(owner),
      children: children.map((child) => child.handle(owner)),
      mrkKeyIds,
    };
    return owner.make((glue) => glue.make_keyring(config, undefined));
  });
}
