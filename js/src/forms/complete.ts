/**
 * The complete core, loaded when a message is first sealed or opened: that of `fieldseal/items` has records only.
 *
 * @module
 */

import type { EncryptionClient } from '../messages/encryption-client.js';
import { MAX_HEADER_LENGTH } from '../core/limits.js';
import { unsupported } from '../errors.js';
import { inspectMessage, type StoredMessageHeader } from '../inspect.js';
import { once } from '../util/once.js';

let load: () => Promise<unknown>;

/** Says where this entry point has the complete core. */
export function provideComplete(how: () => Promise<unknown>): void {
  load = how;
}

/** A client for messages, with the core that it needs. */
export const messages = once(async (): Promise<EncryptionClient> => {
  try {
    const [module] = await Promise.all([import('../messages/encryption-client.js'), load()]);
    return new module.EncryptionClient();
  } catch (cause) {
    const next = 'It is a file of its own that the bundler made of fieldseal: deploy all of them.';
    throw unsupported('loading the part of fieldseal that seals strings and files', next, {
      cause,
    });
  }
});

/** Reads headers of messages, which takes the complete core, too. */
export async function inspector(): Promise<(message: Uint8Array) => StoredMessageHeader> {
  await messages();
  return (message) => inspectMessage(message, MAX_HEADER_LENGTH);
}
