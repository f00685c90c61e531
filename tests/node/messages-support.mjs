// What the suites about messages share.

import assert from 'node:assert/strict';

import { EncryptionClient, FieldsealError, rawAesKeyring } from '../../pkg/entrypoints/index.js';

export const SUITES = [
  ...['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0346', '0378'],
  ...['0478', '0578'],
];
export const commits = (suite) => suite === '0478' || suite === '0578';
export const signs = (suite) => ['0214', '0346', '0378', '0578'].includes(suite);

/** A client that may write this suite, and reads everything. */
export function clientFor(suite, options = {}) {
  const commitmentPolicy = commits(suite)
    ? 'REQUIRE_ENCRYPT_ALLOW_DECRYPT'
    : 'FORBID_ENCRYPT_ALLOW_DECRYPT';
  return new EncryptionClient({ commitmentPolicy, ...options });
}

export const wrappingKey = new Uint8Array(32).fill(7);
export const aes = (keyName = 'key') => rawAesKeyring({ keyNamespace: 'ns', keyName, wrappingKey });

/** Bytes that follow from their places. */
export const bytes = (length, first = 0) =>
  Uint8Array.from({ length }, (_, i) => (first + i * 7 + (i >> 8)) & 255);

export const utf8 = (text) => new TextEncoder().encode(text);

/**
 * Asserts that `run` fails with an error of the package.
 *
 * @param {string | string[] | undefined} code one of these, or any that does not mean a bug
 * @returns the error
 */
export async function refused(run, code, message) {
  let error;
  try {
    await run();
  } catch (caught) {
    error = caught;
  }
  assert.ok(error, `expected ${code ?? 'an error'}, but it succeeded`);
  assert.ok(error instanceof FieldsealError, `not an error of the package: ${error?.stack}`);
  assert.notEqual(error.code, 'INTERNAL', error.stack);
  if (code) assert.ok([code].flat().includes(error.code), `${error.code}: ${error.stack}`);
  if (message) assert.match(error.message, message);
  assert.ok(error.next.length > 10);
  return error;
}
