// The frame of other-origin.mjs.

import * as fieldseal from 'fieldseal';

import { outcome } from '../report.mjs';
import { ALL, RECORD } from '../suite.mjs';
import { buffersOf, wrappingKey } from './shared-key.mjs';

const { EncryptionClient, ItemEncryptor, rawAesKeyring } = fieldseal;
const keyring = rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey });
const items = new ItemEncryptor({ ...ALL, keyring });

const answers = {
  suite: () => outcome(fieldseal),
  open: async (item) => (await items.decryptItem(item)).item,
  seal: async () => (await items.encryptItem(RECORD)).item,
  openMessage: async (bytes) =>
    (await new EncryptionClient().decrypt(bytes, { keyring })).plaintext,
};

globalThis.addEventListener('message', ({ ports: [port] }) => {
  port.onmessage = async ({ data: { what, given } }) => {
    try {
      const answer = await answers[what](given);
      port.postMessage(answer, what === 'seal' ? buffersOf(answer) : []);
    } catch (error) {
      port.postMessage(error.toJSON?.() ?? String(error));
    }
  };
});
