// What the suites of the development KMS share: the official client, and ways to go around it.
import assert from 'node:assert/strict';
import { KMSClient } from '@aws-sdk/client-kms';

export const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

/** The official client, without retries: a test wants to see the first answer. */
export function client(kms, options = {}) {
  return new KMSClient({
    endpoint: kms.url,
    region: kms.region,
    credentials: CREDENTIALS,
    maxAttempts: 1,
    ...options,
  });
}

/** Asserts that a call is refused under an AWS error name, and returns the error. */
export async function refused(promise, name, message) {
  let error;
  try {
    await promise;
  } catch (caught) {
    error = caught;
  }
  assert.ok(error, `expected ${name}, but the call succeeded`);
  assert.equal(error.name, name, `${error.name}: ${error.message}`);
  if (message instanceof RegExp) assert.match(error.message, message);
  else if (message !== undefined) assert.equal(error.message, message);
  return error;
}

/** A request as it goes over the wire, for what no client would send. */
export async function raw(kms, operation, body, { headers = {}, url = kms.url, method } = {}) {
  const response = await fetch(url, {
    method: method ?? 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      ...(operation === undefined ? {} : { 'x-amz-target': `TrentService.${operation}` }),
      ...headers,
    },
    ...(method === 'GET'
      ? {}
      : {
          body:
            typeof body === 'object' && !(body instanceof Uint8Array) ? JSON.stringify(body) : body,
        }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text === '' ? undefined : JSON.parse(text),
  };
}

export const bytes = (text) => new TextEncoder().encode(text);
export const text = (data) => new TextDecoder().decode(data);
