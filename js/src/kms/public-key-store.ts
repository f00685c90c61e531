/** The caller's store of public keys, made safe: it can neither fail nor hold up a call. */

import type { KmsEvent, PublicKeyStore, StoredPublicKey } from './types.js';
import { DEFAULT_TIMEOUT_MS, within } from '../util/time-limit.js';

interface Surroundings {
  readonly timeoutMs: number | undefined;
  readonly region: string | undefined;
  readonly observe: (event: KmsEvent) => void;
}

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
    async loadPublicKey(keyId: string, signal?: AbortSignal): Promise<StoredPublicKey | undefined> {
      const startedMs = Date.now();
      try {
        const ms = around.timeoutMs ?? DEFAULT_TIMEOUT_MS;
        return await within(ms, signal, undefined, () => store?.load(keyId));
      } catch (error) {
        // Nobody waits for it any more.
        if (signal?.aborted) throw error;
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
