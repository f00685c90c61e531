// What the suites of the KMS client and the KMS keyrings share.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { FieldsealError, ItemEncryptor, KmsClient } from '../../pkg/entrypoints/index.js';

export const utf8 = (text) => new TextEncoder().encode(text);
export const text = (bytes) => new TextDecoder().decode(bytes);

/** A client of the development KMS. Short time-outs: nothing here is far away. */
export function clientOf(kms, options = {}) {
  return new KmsClient({ endpoint: kms.url, region: kms.region, ...options });
}

/**
 * Asserts that `act` fails with a coded error of the package that has these details and says what
 * to do next.
 *
 * @returns the error
 */
export async function refused(act, expected) {
  let error;
  try {
    await (typeof act === 'function' ? act() : act);
  } catch (caught) {
    error = caught;
  }
  assert.ok(error, `expected ${expected.code}, but it succeeded`);
  assert.ok(error instanceof FieldsealError, `not an error of the package: ${error.stack}`);
  const { message, ...details } = expected;
  for (const [name, value] of Object.entries(details)) {
    assert.deepEqual(error[name], value, `${name} of ${error.stack}`);
  }
  if (message) assert.match(error.message, message);
  assert.ok(error.next.length > 10 && error.message.endsWith(error.next), error.message);
  return error;
}

/** Asserts that opening fails for lack of a key, with these reasons in this order. */
export async function notOpened(act, ...codes) {
  const error = await refused(act, { code: 'NO_KEYRING_OPENED', name: 'NoKeyError' });
  assert.deepEqual(
    error.reasons.map((reason) => reason.code),
    codes,
    error.stack,
  );
  // "No keyring opened it" alone would tell the user nothing.
  for (const { message } of error.reasons) {
    assert.ok(error.message.includes(message.slice(0, 40)), error.message);
  }
  return error.reasons;
}

/** A customer table, sealed with `materials` (`{ keyring }` or `{ cmm }`). */
export function customers(materials, options = {}) {
  return new ItemEncryptor({
    logicalTableName: 'customers',
    partitionKeyName: 'customer_id',
    attributeActions: {
      customer_id: 'SIGN_ONLY',
      country: 'SIGN_ONLY',
      ssn: 'ENCRYPT_AND_SIGN',
      photo: 'ENCRYPT_AND_SIGN',
      ':note': 'DO_NOTHING',
    },
    allowedUnsignedAttributePrefix: ':',
    ...materials,
    ...options,
  });
}

export const CUSTOMER = {
  customer_id: { S: 'c-1' },
  country: { S: 'CH' },
  ssn: { S: '756.1234.5678.97' },
  photo: { B: new Uint8Array([1, 2, 3]) },
  ':note': { S: 'not signed' },
};

/**
 * Seals the customer, checks what a database administrator sees, opens it again, and answers the
 * sealed item.
 */
export async function roundTrip(sealer, opener = sealer) {
  const { item: sealed } = await sealer.encryptItem(CUSTOMER);
  assert.ok(sealed.ssn.B instanceof Uint8Array && sealed.photo.B instanceof Uint8Array);
  assert.ok(!text(sealed.ssn.B).includes(CUSTOMER.ssn.S));
  assert.deepEqual(sealed.country, CUSTOMER.country);
  const { item: opened } = await opener.decryptItem(sealed);
  assert.deepEqual(opened, CUSTOMER);
  return sealed;
}

/** `item` with one bit of an attribute's bytes turned; `at` counts from the end when negative. */
export function tampered(item, attribute, at) {
  const bytes = Uint8Array.from(item[attribute].B);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] ^= 1;
  return { ...item, [attribute]: { B: bytes } };
}

/** A server on this machine that answers every request in one way; closed after the test. */
export async function serverOf(t, answer) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    await answer(request, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${server.address().port}`, requests };
}

/** Calls an operation that our client does not offer, such as DisableKey, past all clients. */
export async function administer(kms, operation, input) {
  const response = await fetch(kms.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${operation}`,
    },
    body: JSON.stringify(input),
  });
  const answer = await response.text();
  assert.equal(response.status, 200, answer);
  kms.clearCalls();
  return answer === '' ? undefined : JSON.parse(answer);
}
