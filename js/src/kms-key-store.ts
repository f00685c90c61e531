/** The caller's store of public keys, made safe: it can neither fail nor hold up a call. */

import type { KmsEvent, PublicKeyStore, StoredPublicKey } from './kms-types.js';

interface Surroundings {
  readonly timeoutMs: number | undefined;
  readonly region: string | undefined;
  readonly observe: (event: KmsEvent) => void;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** What the core calls. A failure of the store becomes an event, and the key is fetched. */
export function storeHost(store: PublicKeyStore | undefined, around: Surroundings) {
  const failed = (operation: string, keyId: string, startedMs: number) =>
    around.observe({
      operation,
      keyId,
      ...(around.region === undefined ? {} : { region: around.region }),
      startedMs,
      durationMs: Math.max(0, Date.now() - startedMs),
      attempts: 0,
      outcome: 'HOST_FAILED',
      encryptionContextKeys: [],
    });
  return {
    async loadPublicKey(keyId: string): Promise<StoredPublicKey | undefined> {
      const startedMs = Date.now();
      try {
        const loading = Promise.resolve(store?.load(keyId));
        return await within(around.timeoutMs ?? DEFAULT_TIMEOUT_MS, loading);
      } catch {
        failed('LoadPublicKey', keyId, startedMs);
        return undefined;
      }
    },
    savePublicKey(keyId: string, entry: StoredPublicKey): void {
      const startedMs = Date.now();
      new Promise((saved) => saved(store?.save(keyId, entry))).catch(() =>
        failed('SavePublicKey', keyId, startedMs),
      );
    },
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
