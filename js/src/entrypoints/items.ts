/**
 * Sealed items alone, in half the bytes: the item encryptor, raw and KMS keyrings, the KMS client. Everything here is
 * also part of `fieldseal`, under the same names and with the same classes.
 *
 * @packageDocumentation
 */

import '../core/inline-items.js';

export * from './items-api.js';
