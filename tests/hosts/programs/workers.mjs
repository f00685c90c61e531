// Items in threads, `fieldseal/workers`: sealed there and opened here, the other way round, refused there; a wrapping key of the caller
// that may be wiped, and a program that ends when the threads have been closed.

import { ItemEncryptor, FieldsealError, rawAesKeyring } from 'fieldseal';
import { startItemWorkers } from 'fieldseal/workers';

import { ALL, RECORD, check, same } from './suite.mjs';

const COUNT = 50;
const key = (wrappingKey) => ({ keyNamespace: 'hosts', keyName: 'key', wrappingKey });
const wrappingKey = new Uint8Array(32).fill(9);
const here = new ItemEncryptor({ ...ALL, keyring: rawAesKeyring(key(wrappingKey)) });
const workers = await startItemWorkers({
  ...ALL,
  keyring: { type: 'rawAes', ...key(wrappingKey) },
  threads: 2,
});
wrappingKey.fill(0);

const items = Array.from({ length: COUNT }, (_, i) => ({ ...RECORD, id: { S: `c-${i}` } }));
const checks = {
  async 'sealed in threads'() {
    const sealed = await workers.encryptItems(items);
    const opened = await here.decryptItems(sealed.map(({ item }) => item));
    for (const [i, { item }] of opened.entries()) same(item, items[i], `item ${i}`);
  },
  async 'opened in threads'() {
    const sealed = await here.encryptItems(items);
    const opened = await workers.decryptItems(sealed.map(({ item }) => item));
    for (const [i, { item }] of opened.entries()) same(item, items[i], `item ${i}`);
  },
  async 'refused in threads'() {
    const sealed = (await here.encryptItems(items)).map(({ item }) => item);
    sealed[7].ssn.B[20] ^= 1;
    const error = await workers.decryptItems(sealed).catch((error) => error);
    check(error instanceof FieldsealError, `an error of the package, not ${error}`);
    same(error.code, 'SIGNATURE_MISMATCH', 'the code');
  },
  async closed() {
    await workers.close();
    const error = await workers.encryptItems(items).catch((error) => error);
    check(error instanceof FieldsealError, `refused after it was closed, not ${error}`);
  },
};

const outcome = { passed: 0, failed: [] };
for (const [name, run] of Object.entries(checks)) {
  try {
    await run();
    outcome.passed += 1;
  } catch (error) {
    outcome.failed.push({ name, error: String(error?.stack ?? error) });
  }
}
console.log(`OUTCOME ${JSON.stringify(outcome)}`);
