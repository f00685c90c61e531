// What is sealed here is opened in a frame of another origin, and the other way round. Bytes are transferred: what was
// sealed must have buffers of its own, and is nobody's once they are gone.

import * as fieldseal from 'fieldseal';

import { ALL, RECORD, check, same } from '../suite.mjs';
import { both, outcomeOf, refusal } from './checks.mjs';
import { buffersOf, wrappingKey } from './shared-key.mjs';

const { EncryptionClient, FieldsealError, ItemEncryptor, rawAesKeyring } = fieldseal;
const keyring = rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey });
const items = new ItemEncryptor({ ...ALL, keyring });
const client = new EncryptionClient();

const frame = document.querySelector('iframe');
const { port1, port2 } = new MessageChannel();
/** Asks the frame, which is sent the buffers for good. */
const ask = (what, given, buffers = []) =>
  new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    port1.postMessage({ what, given }, buffers);
  });

globalThis.outcome = (async () => {
  await new Promise((resolve) => {
    frame.onload = resolve;
    frame.src = `http://localhost:${globalThis.location.port}/other-origin-frame.html`;
  });
  frame.contentWindow.postMessage('connect', '*', [port2]);
  const inFrame = JSON.parse(await ask('suite'));
  const between = await outcomeOf({
    'an item sealed here': async () => {
      const { item } = await items.encryptItem(RECORD);
      same(await ask('open', item, buffersOf(item)), RECORD, 'the item');
      check(item.ssn.B.length === 0, 'its bytes are gone');
      await refusal(fieldseal, 'MALFORMED_ATTRIBUTE', () => items.decryptItem(item));
      const next = await items.encryptItem(RECORD);
      same((await items.decryptItem(next.item)).item, RECORD, 'the next item');
    },
    'many, of which one is sent': async () => {
      const sealed = await items.encryptItems([RECORD, RECORD, RECORD]);
      const [{ item: sent }, ...kept] = sealed;
      same(await ask('open', sent, buffersOf(sent)), RECORD, 'the item');
      for (const { item } of kept) {
        same((await items.decryptItem(item)).item, RECORD, 'another item of the batch');
      }
    },
    'an item sealed there': async () => {
      const item = await ask('seal');
      same((await items.decryptItem(item)).item, RECORD, 'the item');
    },
    'a message': async () => {
      const plaintext = crypto.getRandomValues(new Uint8Array(50_000));
      const { ciphertext } = await client.encrypt(plaintext, { keyring });
      same(await ask('openMessage', ciphertext, [ciphertext.buffer]), plaintext, 'the plaintext');
      check(ciphertext.length === 0, 'its bytes are gone');
    },
    'the error of an item that was changed': async () => {
      const { item } = await items.encryptItem(RECORD);
      const error = FieldsealError.fromJSON(await ask('open', { ...item, name: { S: 'x' } }));
      check(error instanceof FieldsealError, 'an error of the package');
      check(error.code === 'SIGNATURE_MISMATCH', error.code);
    },
  });
  return both(inFrame, between);
})();
