/** Keyrings, which wrap the data keys, and CMMs: what all of them are. Each has a file of its own. */

import { CoreObject, type Core } from '../core/core.js';
import { usage, wrong } from '../errors.js';
import type { KeyringConfig } from '../generated/config.js';
import type { kind } from '../util/kind.js';
import { isObject } from '../util/plain-object.js';
import { markClass } from '../util/shared.js';

/**
 * Wraps and unwraps data keys. Made by the functions of this package, such as {@link rawAesKeyring} and
 * {@link awsKmsKeyring}; for one of your own there is {@link customKeyring}.
 */
export interface Keyring {
  readonly [kind]: 'keyring';
}

/**
 * A cryptographic materials manager (CMM): decides which data key and which encryption context a message or an item
 * gets. Made by {@link defaultCmm}, {@link requiredEncryptionContextCmm} and {@link cachingCmm}; goes wherever a
 * keyring goes, as `cmm`.
 */
export interface Cmm {
  readonly [kind]: 'cmm';
}

class Materials {
  constructor(
    readonly object: CoreObject,
    readonly type: 'keyring' | 'cmm',
  ) {}
}
markClass('Materials', Materials);

/** The core's object behind a keyring or CMM; refuses anything else that was given in its place. */
export function materialsObject(name: string, value: Keyring | Cmm | undefined): CoreObject {
  if (isObject(value) && value instanceof Materials) return value.object;
  throw wrong(name, 'a keyring or CMM that a function of fieldseal made', value);
}

export function keyringObject(name: string, value: Keyring | undefined): CoreObject {
  const object = materialsObject(name, value);
  if ((value as unknown as Materials).type === 'keyring') return object;
  // The options that take a CMM, too, have it under a name of its own; a multi-keyring has none.
  const next = name === 'keyring' ? 'Give it as cmm.' : 'Give the keyring that it was made with.';
  throw usage('INVALID_ARGUMENT', `${name} must be a keyring, not a CMM`, next);
}

/**
 * A keyring of the core's.
 *
 * @param config - in each instance of it, whose handles it holds
 * @param host - serves its requests
 */
export function makeKeyring(config: (owner: Core) => KeyringConfig, host?: object): Keyring {
  const object = new CoreObject((owner) => {
    const made = config(owner);
    return owner.make((glue) => glue.make_keyring(made, host && owner.weakly(host)));
  });
  return new Materials(object, 'keyring') as unknown as Keyring;
}

/** A CMM that the core makes. */
export function makeCmm(make: ConstructorParameters<typeof CoreObject>[0]): Cmm {
  return cmmOf(new CoreObject(make));
}

/** The CMM that an object of the core is. */
export function cmmOf(object: CoreObject): Cmm {
  return new Materials(object, 'cmm') as unknown as Cmm;
}

/** The keyring or CMM of an options object that takes either. */
export function oneOf(options: {
  keyring?: Keyring | undefined;
  cmm?: Cmm | undefined;
}): CoreObject {
  if ((options.keyring === undefined) === (options.cmm === undefined)) {
    throw usage('INVALID_CONFIG', 'give either keyring or cmm', 'Give one of the two.');
  }
  return options.keyring === undefined
    ? materialsObject('cmm', options.cmm)
    : keyringObject('keyring', options.keyring);
}
