// The same for `init`: whatever it is given.

import * as fieldseal from 'fieldseal/slim';

import { check } from '../suite.mjs';
import { outcomeOf, refusal } from './checks.mjs';
import { moduleOfWorker } from './module-of-worker.mjs';

const refused = async (given) => {
  const error = await refusal(fieldseal, 'UNSUPPORTED', () => fieldseal.init(given));
  check(error.message.includes("In a page, add 'wasm-unsafe-eval'"), error.message);
};

/** @param withModule - whether a module of a worker reaches the page, and is refused */
export async function forbiddenSlim(withModule) {
  const outcome = await outcomeOf({
    'init with a response': () => refused(fetch('core.wasm')),
    'init with bytes': async () => refused(await (await fetch('core.wasm')).arrayBuffer()),
    ...(withModule && {
      "init with a worker's module": async () => refused(await moduleOfWorker()),
    }),
    'a keyring': () =>
      refusal(fieldseal, 'NOT_INITIALIZED', () =>
        fieldseal.rawAesKeyring({
          keyNamespace: 'n',
          keyName: 'k',
          wrappingKey: new Uint8Array(32),
        }),
      ),
  });
  return JSON.stringify(outcome);
}
