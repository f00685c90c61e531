// What a React Native app gets, whose engine has no WebAssembly: everything loads, and what needs the core says so.

import * as fieldseal from 'fieldseal';
import * as items from 'fieldseal/items';

const checks = {
  loads: ({ ItemEncryptor }) => typeof ItemEncryptor === 'function',
  'what needs no core works': ({ toDynamoJson }) =>
    toDynamoJson({ a: { S: 'x' } }) === '{"a":{"S":"x"}}',
  'what needs it is refused': ({ FieldsealError, rawAesKeyring }) => {
    try {
      rawAesKeyring({ keyNamespace: 'a', keyName: 'b', wrappingKey: new Uint8Array(32) });
    } catch (error) {
      const said = /a JavaScript engine without WebAssembly/.test(error.message);
      return error instanceof FieldsealError && error.code === 'UNSUPPORTED' && said;
    }
    return false;
  },
};
let passed = 0;
const failed = [];
for (const entry of [fieldseal, items]) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      if (check(entry)) passed += 1;
      else failed.push({ name, error: 'it is not so' });
    } catch (error) {
      failed.push({ name, error: String(error) });
    }
  }
}
print(`OUTCOME ${JSON.stringify({ passed, failed })}`);
