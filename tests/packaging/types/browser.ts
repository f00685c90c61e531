// What needs the DOM library. Compiled, never run.

import { EncryptionClient, KmsClient, rawRsaKeyring, type Keyring } from 'fieldseal';
import { init } from 'fieldseal/slim';

declare const keyring: Keyring;
declare const file: File;
declare const privateKey: CryptoKey;
const client = new EncryptionClient();

export const sealed: ReadableStream<Uint8Array> = file
  .stream()
  .pipeThrough(client.encryptStream({ keyring }));
export const kms = new KmsClient({ region: 'a', fetch: (url, init) => fetch(url, init) });
export const call = kms.listKeys({}, { signal: AbortSignal.timeout(1000) });
export const loaded = [init(fetch('/core.wasm')), init(new Uint8Array())];
export const rsa = rawRsaKeyring({
  keyNamespace: 'n',
  keyName: 'k',
  paddingScheme: 'OAEP_SHA256_MGF1',
  privateKey,
});

declare const text: ReadableStream<string>;
// @ts-expect-error a stream of text
text.pipeThrough(client.encryptStream({ keyring }));
// @ts-expect-error not a signal
kms.listKeys({}, { signal: 5 });
// @ts-expect-error not a function
new KmsClient({ region: 'a', fetch: 'fetch' });
