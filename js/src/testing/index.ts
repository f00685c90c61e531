/**
 * `fieldseal/testing`: a KMS for development and tests, on this machine.
 *
 * @module
 */
export { type CallRecord } from './calls.js';
export {
  startDevKms,
  type CreateKeyInput,
  type DevKms,
  type DevKmsKey,
  type DevKmsOptions,
} from './dev-kms.js';
export { DevKmsError, type DevKmsErrorCode } from './errors.js';
export { type Faults, type FaultScope } from './faults.js';
export { type LoadKeyInput } from './load-key.js';
export { type OperationName } from './operations/index.js';
export { type DevKmsCredentials } from './sigv4.js';
export { type KeySpec, type KeyUsage } from './specs.js';
