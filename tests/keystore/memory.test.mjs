// Branch keys pass through linear memory and leave nothing there, whether they are handed out or
// refused. (JavaScript's own heap nobody can wipe: the arrays handed out are the caller's.)

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

// Internal: the instance of the core and its memory.
import { core } from '../../pkg/core/core.js';
import { rawAesKeyring } from '../../pkg/entrypoints/index.js';
import { CONTEXT, refused, startWorld } from './support.mjs';

let world;
before(async () => {
  world = await startWorld();
  await world.store().createKeyStore();
});
after(() => world?.close());

/** In which forms a key is in memory: its ends and middle, and as KMS writes it. */
function traces(key) {
  const memory = Buffer.from(core().memory.buffer);
  const bytes = Buffer.from(key);
  const forms = {
    start: bytes.subarray(0, 16),
    middle: bytes.subarray(8, 24),
    end: bytes.subarray(16, 32),
    base64: Buffer.from(bytes.toString('base64').slice(0, 40)),
  };
  return Object.keys(forms).filter((name) => memory.includes(forms[name]));
}

/** A store whose KMS client shows what Decrypt answered, and may change it. */
function watched(seen, change = (body) => body) {
  const kms = world.kmsClient({
    fetch: async (url, init) => {
      const body = await (await fetch(url, init)).json();
      if (body.Plaintext) seen.push(Buffer.from(body.Plaintext, 'base64'));
      return Response.json(change(body));
    },
  });
  return world.store({ kms });
}

test('keys that are handed out', async () => {
  const seen = [];
  const store = watched(seen);
  const { branchKeyId, version } = await store.createKey({ encryptionContext: CONTEXT });
  await store.getActiveBranchKey({ branchKeyId });
  await store.getBranchKeyVersion({ branchKeyId, version });
  await store.getBeaconKey({ branchKeyId });
  await store.versionKey({ branchKeyId });
  await store.getActiveBranchKey({ branchKeyId });
  assert.equal(seen.length, 4, 'only reading brings keys here');
  for (const key of seen) assert.deepEqual(traces(key), []);
});

test('keys that are refused', async () => {
  const { branchKeyId } = await world.store().createKey();
  for (const change of [
    (body) => ({ ...body, KeyId: world.key.arn.replace(/key\/.*/, 'key/other') }),
    (body) => ({ ...body, KeyId: 5 }),
    ({ KeyId: _, ...body }) => body,
    (body) => ({ ...body, Plaintext: Buffer.from(body.Plaintext + 'AAAA').toString() }),
  ]) {
    const seen = [];
    const store = watched(seen, change);
    await refused(store.getActiveBranchKey({ branchKeyId }), {});
    assert.equal(seen.length, 1);
    assert.deepEqual(traces(seen[0]), []);
  }
});

test('the search finds what is there: control', async () => {
  const { branchKeyId } = await world.store().createKey();
  const { branchKey } = await world.store().getActiveBranchKey({ branchKeyId });
  assert.deepEqual(traces(branchKey), []);
  const names = { keyNamespace: 'n', keyName: 'k' };
  const keyring = rawAesKeyring({ ...names, wrappingKey: branchKey });
  assert.deepEqual(traces(branchKey), ['start', 'middle', 'end']);
  assert.ok(keyring);
});
