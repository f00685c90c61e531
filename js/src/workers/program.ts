/** What runs in a thread of `fieldseal/workers`: an encryptor, and packed items in and out. */

import type { MessagePort } from 'node:worker_threads';

import { complete } from '../core/complete.js';
import { registerCore } from '../core/registry.js';
import { FieldsealError, HostError } from '../errors.js';
import { describe } from '../host/http.js';
import { nodeCrypto } from '../host/private-key.js';
import { runPacked } from '../items/batch.js';
import { ItemEncryptor } from '../items/item-encryptor.js';
import { hostModule } from '../util/host-module.js';
import { received } from './hand-over.js';
import type { WorkerTable } from './item-workers.js';
import { keyringOf } from './keyrings.js';
import type { Failure, Order, Report, Start, Started, Withdrawal } from './messages.js';

const { parentPort, workerData } = hostModule('node:worker_threads') as {
  readonly parentPort: MessagePort;
  readonly workerData: Start;
};

type Table = WorkerTable & { readonly from?: WorkerTable };

/** The encryptors of the options, and of their `from`. */
function encryptors(handed: unknown): [encryptor: ItemEncryptor, from: ItemEncryptor] {
  const secrets: Uint8Array[] = [];
  try {
    const read = received(nodeCrypto()!, handed, (bytes) => secrets.push(bytes));
    const { from, ...table } = read as Table;
    const encryptor = encryptorOf('', table);
    return [encryptor, from === undefined ? encryptor : encryptorOf('from.', from)];
  } finally {
    // Keyrings have copies.
    for (const bytes of secrets) bytes.fill(0);
  }
}

function encryptorOf(name: string, { keyring, ...table }: WorkerTable): ItemEncryptor {
  return new ItemEncryptor({ ...table, keyring: keyringOf(`${name}keyring`, keyring) });
}

function failureOf(error: unknown): Failure {
  const known =
    error instanceof FieldsealError
      ? error
      : new HostError({
          code: 'HOST_FAILED',
          message: `a worker thread failed: ${describe(error)}`,
          next: 'Try again with fewer items at once.',
        });
  return known.toJSON();
}

function begin({ module, tables, port }: Start): void {
  registerCore({ ...complete, load: () => module });
  const [encryptor, from] = encryptors(tables);
  const uses = {
    encrypt_items: [encryptor._object],
    decrypt_items: [encryptor._object],
    reseal_items: [from._object, encryptor._object],
  };
  const report = (what: Report, transfer: ArrayBuffer[] = []) => port.postMessage(what, transfer);
  const running = new Map<number, AbortController>();
  const perform = async ({ id, work, input, settle }: Order): Promise<void> => {
    const stop = new AbortController();
    running.set(id, stop);
    try {
      const made = await runPacked(work, uses[work], input, settle, stop.signal);
      report({ id, ...made }, [made.output.buffer]);
    } catch (error) {
      report({ id, failed: failureOf(error) });
    } finally {
      running.delete(id);
    }
  };
  // Nothing can be said any more: the thread ends, and that says it.
  const end = (error: unknown) =>
    setImmediate(() => {
      throw error;
    });
  port.on('message', (message: Order | Withdrawal) => {
    if ('withdrawn' in message) running.get(message.withdrawn)?.abort();
    else perform(message).catch(end);
  });
}

function start(): Started {
  try {
    begin(workerData);
    return { ready: true };
  } catch (error) {
    return { failed: failureOf(error) };
  }
}
parentPort.postMessage(start());
