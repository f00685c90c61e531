// The entry `fieldseal/items` alone: beside the whole package, its core is the whole one. Prints where requests of all Regions
// go, and how what this core cannot do is refused.

import { KmsClient, multiKeyring, rawAesKeyring } from '../../pkg/entrypoints/items.js';

const urls = {};
for (const region of process.argv.slice(2)) {
  const fetch = async (url) => {
    urls[region] = url;
    throw new Error('no network here');
  };
  const kms = new KmsClient({ region, fetch, maxAttempts: 1 });
  await kms.describeKey({ keyId: 'alias/a' }).catch(() => undefined);
}
const wrappingKey = new Uint8Array(32);
const generator = rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey });
let refused;
try {
  multiKeyring({ generator, onUnavailableChild: 'skip' });
} catch ({ code, message }) {
  refused = { code, message };
}
console.log(JSON.stringify({ urls, refused }));
