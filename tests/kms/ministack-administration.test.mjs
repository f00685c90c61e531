// Keys looked after on MiniStack: created, imported, tagged, granted, rotated, deleted.

import { after, before } from 'node:test';

import { administration } from './administration-cases.mjs';
import { startMiniStack } from './ministack.mjs';

let stack;
before(async () => {
  stack = await startMiniStack();
  console.log(`MiniStack ${stack.version}`);
});
after(() => stack?.stop());

administration('MiniStack', () => stack, {
  'PutKeyPolicy refuses what is not a policy': {
    operation: 'PutKeyPolicy',
    what: 'it takes any string for a policy',
  },
  ListRetirableGrants: { operation: 'ListRetirableGrants', what: 'it does not have it' },
  'GetKeyRotationStatus says the period': {
    operation: 'GetKeyRotationStatus',
    what: 'no NextRotationDate',
  },
  'RotateKeyOnDemand, ListKeyRotations': {
    operation: 'RotateKeyOnDemand',
    what: 'it does not have it',
  },
  'ListKeyRotations of a key that was not rotated': {
    operation: 'ListKeyRotations',
    what: 'it does not have it',
  },
  'CancelKeyDeletion of a key that nobody deletes': {
    operation: 'CancelKeyDeletion',
    what: 'it succeeds',
  },
});
