// A page that does not let the core start: what needs it says so, and what to do.

import { check } from '../suite.mjs';
import { outcomeOf, refusal } from './checks.mjs';

const KEY = { keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32) };
const REGION = { region: 'eu-central-1' };

/** @param {{says: string, cause: string}} expected - of the error: a part of its message, the name of its cause */
export async function forbidden(fieldseal, { says, cause }) {
  const { FieldsealError, KmsClient, fromDynamoJson, inspect, rawAesKeyring } = fieldseal;
  const names = async (run) => {
    const error = await refusal(fieldseal, 'UNSUPPORTED', run);
    check(error.message.includes(says), error.message);
    // The browser's own message names what would allow far more.
    check(!error.message.includes("'unsafe-eval'"), error.message);
    check(error.cause?.name === cause, `the cause is ${error.cause?.name}`);
    check(FieldsealError.fromJSON(error.toJSON()).code === error.code, 'its JSON');
  };
  const outcome = await outcomeOf({
    'a keyring': () => names(() => rawAesKeyring(KEY)),
    'the same again': () => names(() => rawAesKeyring(KEY)),
    'a client': () => names(() => new KmsClient(REGION)),
    'what inspects': () => names(() => inspect({ aws_dbe_head: { B: new Uint8Array(100) } })),
    'what needs no core works': async () => {
      check(fromDynamoJson('{"a":{"S":"x"}}').a.S === 'x', 'the item');
    },
  });
  return JSON.stringify(outcome);
}
