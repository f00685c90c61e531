// Every function that may wait ends when its signal aborts: with the signal's reason, and with nothing left under way.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fieldseal from '../../pkg/index.js';

const { EncryptionClient, ItemEncryptor, KmsClient, awsKmsKeyring, rawAesKeyring } = fieldseal;

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/k';

/** A KMS that never answers, and what is under way with it. */
function silentKms() {
  const state = { active: 0, sent: 0 };
  const fetch = (_url, { signal }) => {
    state.sent++;
    state.active++;
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        state.active--;
        reject(signal.reason);
      });
    });
  };
  return { state, kms: new KmsClient({ endpoint: 'http://localhost:1', fetch }) };
}

/** Each of them waits for KMS, and takes `{ signal }`. */
const CALLS = {
  'KmsClient.decrypt': (kms, options) =>
    kms.decrypt({ ciphertextBlob: Uint8Array.of(1), keyId: KEY }, options),
  'KmsClient.listAllKeys': (kms, options) => kms.listAllKeys({}, options).next(),
};

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name} ends when its signal aborts`, async () => {
    const { state, kms } = silentKms();
    const controller = new AbortController();
    const why = new Error('no longer wanted');
    const outcome = assert.rejects(
      call(kms, { signal: controller.signal }),
      (error) => error === why,
    );
    while (state.active === 0) await later(1);
    controller.abort(why);
    await outcome;
    await later(5);
    assert.equal(state.active, 0, 'nothing is under way');
    const { sent } = state;
    await later(20);
    assert.equal(state.sent, sent, 'and nothing is sent later');
  });

  test(`${name} does not begin under a signal that has aborted, or under no signal`, async () => {
    const { state, kms } = silentKms();
    const why = new Error('never wanted');
    await assert.rejects(
      async () => call(kms, { signal: AbortSignal.abort(why) }),
      (error) => error === why,
    );
    await assert.rejects(async () => call(kms, { signal: 'stop' }), { code: 'INVALID_ARGUMENT' });
    assert.equal(state.sent, 0);
  });
}
