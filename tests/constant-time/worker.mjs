// Runs one case in a core of its own, with secrets and randomness made from a seed, and tells what its trace was.

import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

import { CASES } from './cases.mjs';

const { module, entry, name, seed, stopAt } = workerData;

/** Bytes that look random and are a function of the seed. */
function stream(label) {
  let [buffer, counter] = [Buffer.alloc(0), 0];
  return (length) => {
    while (buffer.length < length) {
      const next = createHash('sha512').update(`${label} ${seed} ${counter++}`).digest();
      buffer = Buffer.concat([buffer, next]);
    }
    const bytes = buffer.subarray(0, length);
    buffer = buffer.subarray(length);
    return new Uint8Array(bytes);
  };
}

const random = stream('random');
let draws = 0;
globalThis.crypto.getRandomValues = (array) => {
  draws += 1;
  array.set(random(array.length));
  return array;
};

let trace;
/** An instance of the core; the package tries a small module, too. */
function traced(instance) {
  if (instance.exports?.trace_hash) trace = instance.exports;
  return instance;
}
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    return traced(new target(...args));
  },
});

const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...args) => {
  return traced(await instantiate(...args));
};

const api = await import(`../../pkg/entrypoints/${entry}.js`);
await api.init(module);

const steps = [];
/** Runs a step of the case and keeps its trace. */
async function step(about, work) {
  // The instance is made by the first use: before it is measured.
  api.rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32) });
  trace.trace_hash.value = 0n;
  trace.trace_count.value = 0;
  trace.trace_stop.value = stopAt?.step === steps.length ? stopAt.event : -1;
  const result = await work();
  steps.push({
    about,
    hash: trace.trace_hash.value,
    events: trace.trace_count.value >>> 0,
    there: trace.trace_hash_there.value,
    site: trace.trace_site.value,
  });
  return result;
}

const shape = await CASES[name](api, { secret: stream('secret'), step, seed, entry });
parentPort.postMessage({ steps, shape: `${shape ?? ''} ${draws} draws` });
