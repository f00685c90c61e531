/** The caller's store of public keys, made safe: it can neither fail nor hold up a call. */

import { spkiOf } from '../keys/forms.js';
import type { KmsEvent, PublicKeyStore, StoredPublicKey } from './types.js';
import { isObject, ownValue } from '../util/plain-object.js';
import { DEFAULT_TIMEOUT_MS } from '../generated/limits.js';
import { within } from '../util/time-limit.js';

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
    async loadPublicKey(keyId: string, signal?: AbortSignal): Promise<ReadKey | undefined> {
      const startedMs = Date.now();
      try {
        const ms = around.timeoutMs ?? DEFAULT_TIMEOUT_MS;
        return copyOf(await within(ms, signal, undefined, () => store?.load(keyId)));
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

/** More than any key has, and little enough to be read at once. */
const MAX_NAMES = 100;
const MAX_TEXT = 1 << 16;

/** A stored key with its DER in the place of its PEM. */
interface ReadKey extends Omit<StoredPublicKey, 'publicKeyPem'> {
  readonly publicKey: Uint8Array;
}

function derOf(pem: string): Uint8Array {
  try {
    return spkiOf('publicKeyPem', pem);
  } catch {
    return new Uint8Array();
  }
}

/**
 * A stored key as the core reads it: strings and arrays of strings, nothing that is the store's own. What is missing or of
 * another kind makes it no key; the core says so.
 */
function copyOf(stored: unknown): ReadKey | undefined {
  if (!isObject(stored)) return undefined;
  const member = (name: keyof StoredPublicKey): unknown =>
    ownValue(stored as StoredPublicKey, name);
  const textOf = (value: unknown): string =>
    typeof value === 'string' && value.length <= MAX_TEXT ? value : '';
  const text = (name: keyof StoredPublicKey): string => textOf(member(name));
  const texts = (name: keyof StoredPublicKey): string[] => {
    const list = member(name);
    if (!Array.isArray(list)) return [];
    const length = Math.min(list.length, MAX_NAMES);
    return Array.from({ length }, (_, i) => textOf(list[i]));
  };
  return {
    keyId: text('keyId'),
    publicKey: derOf(text('publicKeyPem')),
    fingerprint: text('fingerprint'),
    keySpec: text('keySpec'),
    keyUsage: text('keyUsage'),
    encryptionAlgorithms: texts('encryptionAlgorithms'),
    signingAlgorithms: texts('signingAlgorithms'),
    keyAgreementAlgorithms: texts('keyAgreementAlgorithms'),
  };
}
