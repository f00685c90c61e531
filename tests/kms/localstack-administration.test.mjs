// Keys looked after on LocalStack: created, imported, tagged, granted, rotated, deleted.

import { after, before, describe } from 'node:test';

import { administration } from './administration-cases.mjs';
import { localStackRunsHere, startLocalStack } from './localstack.mjs';

describe('LocalStack', { skip: !localStackRunsHere() }, () => {
  let stack;
  before(async () => {
    stack = await startLocalStack();
    console.log(`LocalStack ${stack.version}`);
  });
  after(() => stack?.stop());

  administration('LocalStack', () => ({ url: stack.url, region: 'us-east-1' }), {
    'CreateKey with a policy': { operation: 'GetKeyPolicy', what: 'it wants a PolicyName' },
    'GetKeyPolicy, PutKeyPolicy, ListKeyPolicies': {
      operation: 'GetKeyPolicy',
      what: 'it wants a PolicyName',
    },
    'PutKeyPolicy refuses what is not a policy': {
      operation: 'PutKeyPolicy',
      what: 'it takes any string for a policy',
    },
    'EnableKeyRotation of an HMAC key': { operation: 'EnableKeyRotation', what: 'it succeeds' },
    'RotateKeyOnDemand, ListKeyRotations': {
      operation: 'ListKeyRotations',
      what: 'it does not have it',
    },
    'ListKeyRotations of a key that was not rotated': {
      operation: 'ListKeyRotations',
      what: 'it does not have it',
    },
    'ImportKeyMaterial that expires': { operation: 'DescribeKey', what: 'no ValidTo' },
    'ImportKeyMaterial with the token of another key': {
      operation: 'ImportKeyMaterial',
      what: 'it succeeds',
    },
    'ImportKeyMaterial of nonsense': {
      operation: 'ImportKeyMaterial',
      what: 'an internal error instead of InvalidCiphertextException',
    },
  });
});
