// Tests that run under each of the cryptographies that Node has: its own, and WebCrypto's where that is hidden.

import { after, test } from 'node:test';

const { getBuiltinModule } = process;
const unhide = () => {
  process.getBuiltinModule = getBuiltinModule;
};
after(unhide);

export const CRYPTO_HOSTS = ['node:crypto', 'WebCrypto'];

/** Names a test that runs on one of them. */
export const testOn = (host) => (name, run) => {
  test(name, async () => {
    if (host === 'WebCrypto') process.getBuiltinModule = undefined;
    try {
      await run();
    } finally {
      unhide();
    }
  });
};
