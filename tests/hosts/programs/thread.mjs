// In a thread, which gets the compiled core from the main one.

import { readFileSync } from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

if (isMainThread) {
  const bytes = readFileSync(new URL('node_modules/fieldseal/core.wasm', import.meta.url));
  const module = new WebAssembly.Module(bytes);
  const worker = new Worker(new URL(import.meta.url), { workerData: module });
  worker.once('message', (text) => console.log(`OUTCOME ${text}`));
} else {
  const fieldseal = await import('fieldseal/slim');
  const { outcome } = await import('./report.mjs');
  await fieldseal.init(workerData);
  parentPort.postMessage(await outcome(fieldseal));
}
