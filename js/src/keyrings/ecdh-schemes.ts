/** What the keyrings by key agreement have in common. */

import { CURVE_SPECS } from '../generated/config.js';
import type { PublicKeyInput } from '../keys/forms.js';
import { mustBeOneOf } from '../util/options.js';

/** A public key of {@link rawEcdhKeyring} and {@link awsKmsEcdhKeyring}, in any form. */
export type EcdhPublicKey = PublicKeyInput;

/** Refuses what is not the name of a curve. */
export function checkCurve(curveSpec: unknown): void {
  mustBeOneOf('curveSpec', curveSpec, CURVE_SPECS, 'INVALID_ARGUMENT');
}
